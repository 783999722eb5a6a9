// Keyboard: j and k move through the rows of a list, Enter opens, / searches, ? helps.

const ROWS = "[data-rows] a.row, [data-rows] a.name";

export function keys(page) {
  const help = page.getElementById("help");
  page.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target)) return;
    if (event.key === "j" || event.key === "k") move(page, event.key === "j" ? 1 : -1);
    else if (event.key === "/") page.querySelector("[data-search]")?.focus();
    else if (event.key === "?") help?.open ? help.close() : help?.showModal();
    else return;
    event.preventDefault();
  });
}

function writing(target) {
  return target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
}

// The row after or before the one that has the focus; the first one on the screen when none has it.
function move(page, step) {
  const rows = [...page.querySelectorAll(ROWS)];
  if (rows.length === 0) return;
  const here = rows.indexOf(page.activeElement);
  const first = rows.findIndex((row) => row.getBoundingClientRect().top >= 0);
  const next = here < 0 ? Math.max(first, 0) : Math.min(Math.max(here + step, 0), rows.length - 1);
  rows[next].focus();
  rows[next].closest("tr, li")?.scrollIntoView({ block: "nearest" });
}
