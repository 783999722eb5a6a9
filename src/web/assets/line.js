// The reading cursor of the lesson line: one minute read across all rows. It counts what the server drew.

const COUNTS = ["credited", "partial", "disputed"];

export function line(table) {
  const box = table.parentElement;
  const readout = box.parentElement.querySelector("[data-readout]") ?? box.nextElementSibling;
  const track = table.querySelector("[data-track]");
  const rows = [...table.querySelectorAll("[data-presence]")].map((cell) => spans(cell));
  const media = [...table.querySelectorAll("[data-media]")].flatMap((cell) => spans(cell));
  const from = Number(table.dataset.from);
  const until = Number(table.dataset.until);
  const cursor = document.createElement("div");
  cursor.className = "cursor";
  cursor.hidden = true;
  box.append(cursor);
  let share = 0;

  function read(to) {
    share = Math.min(Math.max(to, 0), 1);
    const left = track.getBoundingClientRect().left - box.getBoundingClientRect().left;
    cursor.hidden = false;
    cursor.style.left = `${left + share * track.clientWidth}px`;
    if (!readout || readout === box) return;
    const at = share * 100;
    const present = rows.filter((row) => row.some((span) => COUNTS.includes(span.kind) && covers(span, at))).length;
    const seen = media.some((span) => span.kind === "media" && covers(span, at)) ? present : 0;
    const clock = new Date(from + share * (until - from) + Number(table.dataset.offset) * 60000).toISOString().slice(11, 16);
    const words = [clock, String(present), String(rows.length)];
    const said = table.dataset.reading.replace(/\{(\d)\}/g, (_, place) => words[place]);
    readout.textContent = `${said} · ${table.dataset.pictured.replace("{0}", String(seen))}`;
  }

  box.addEventListener("pointermove", (event) => {
    const edge = track.getBoundingClientRect();
    if (event.clientX >= edge.left && event.clientX <= edge.right) read((event.clientX - edge.left) / edge.width);
  });
  table.addEventListener("focusin", (event) => {
    const bar = event.target.querySelector?.("rect[x]");
    if (bar && event.target.closest("[data-presence]")) read(bar.x.baseVal.valueInSpecifiedUnits / 100);
  });
  table.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    read(share + (step * 60000) / (until - from));
  });
}

function spans(cell) {
  return [...cell.querySelectorAll("rect[x][width]")].map((rect) => ({
    kind: rect.getAttribute("class"),
    from: rect.x.baseVal.valueInSpecifiedUnits,
    until: rect.x.baseVal.valueInSpecifiedUnits + rect.width.baseVal.valueInSpecifiedUnits,
  }));
}

function covers(span, at) {
  return span.from <= at && at < span.until;
}
