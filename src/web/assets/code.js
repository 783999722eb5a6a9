// Renews the session code when its minute is over, counted from when it came, for clocks go wrong. What cannot be renewed is hidden: it has expired.
const soon = 2000;
let ends = performance.now() + left();

function left() {
  return Number(document.querySelector("[data-code]").dataset.left ?? Infinity);
}

function tell() {
  const place = document.querySelector("[data-seconds]");
  if (!place) return;
  place.textContent = place.dataset.seconds.replace("{0}", Math.max(0, Math.ceil((ends - performance.now()) / 1000)));
  place.hidden = ends <= performance.now();
}

async function renew() {
  let wait = soon;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-code]");
    if (next) {
      document.querySelector("[data-code]").replaceWith(next);
      ends = performance.now() + left();
      wait = left();
      tell();
    } else if (answer.ok || answer.status === 403) {
      location.reload(); // the session is over
      return;
    } else {
      lose();
    }
  } catch {
    lose();
  }
  later(wait);
}

function lose() {
  document.querySelectorAll("[data-shown]").forEach((shown) => shown.setAttribute("hidden", ""));
  document.querySelector("[data-lost]").hidden = false;
}

function later(wait) {
  if (Number.isFinite(wait)) setTimeout(renew, wait + 50);
}

tell();
setInterval(tell, 1000);
later(left());
