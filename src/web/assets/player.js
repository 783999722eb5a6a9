// A place named in the page is shown in the player of the page, instead of on a page of its own.
export function player(video) {
  document.querySelectorAll("a[data-at]").forEach((link) => {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      video.currentTime = Number(link.dataset.at);
      video.scrollIntoView({ block: "nearest" });
      video.play().catch(() => {}); // where the browser does not want to, the picture stands at the place
    });
  });
}
