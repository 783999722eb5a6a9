// The matrix read out: who, which lesson, what was credited, for the cell under the pointer or the focus; arrows walk the cells.

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export function matrix(table) {
  const readout = table.closest("section")?.querySelector("[data-readout]");
  const heads = table.tHead.rows[0].cells;
  let lit;

  function tell(link) {
    const cell = link?.closest("tbody td");
    if (!cell || !readout) return;
    const head = heads[cell.cellIndex];
    const lesson = head.querySelector("a");
    if (!lesson) return;
    lit?.removeAttribute("data-here");
    lit = head;
    lit.setAttribute("data-here", "");
    const name = document.createElement("b");
    name.textContent = cell.parentElement.cells[0].textContent;
    readout.replaceChildren(name, ` · ${lesson.textContent} · ${lesson.title} · ${link.title}`);
  }

  table.addEventListener("pointerover", (event) => tell(event.target.closest("a")));
  table.addEventListener("focusin", (event) => tell(event.target.closest("a")));
  table.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const cell = event.target.closest("tbody td");
    if (!step || !cell) return;
    const row = table.tBodies[0].rows[cell.parentElement.sectionRowIndex + step[0]];
    const next = row?.cells[cell.cellIndex + step[1]]?.querySelector("a");
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}
