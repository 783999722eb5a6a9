// What an eye would catch, looked for in the page itself. Runs in the browser; returns a sentence for each thing that is wrong.
export function seen({ lang, phone }) {
  const wrong = [];
  const words = (element) => element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
  const visible = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest(phone ? ".vh, .defs, dialog, .skip, .cards thead" : ".vh, .defs, dialog, .skip");
  const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);

  // Labels in drawings stay inside them and apart from each other.
  for (const svg of all("svg:has(text)")) {
    const edge = svg.closest("table")?.getBoundingClientRect() ?? svg.getBoundingClientRect();
    const labels = [...svg.querySelectorAll("text")].filter((label) => visible(label) && label.textContent.trim());
    const boxes = labels.map((label) => ({ label, box: label.getBoundingClientRect() })).filter(({ box }) => box.width > 0).sort((one, other) => one.box.left - other.box.left);
    boxes.forEach(({ label, box }, place) => {
      if (box.left < edge.left - 1 || box.right > edge.right + 1) wrong.push(`label outside its drawing: ${words(label)}`);
      const next = boxes[place + 1]?.box;
      if (next && next.left < box.right && next.top < box.bottom && box.top < next.bottom) wrong.push(`labels on each other: ${words(label)}`);
    });
  }

  // Nothing runs out of its cell, and what is cut short says so.
  for (const cell of all("td, th, dd, dt, h1, h2, p, button, figcaption, .clip")) {
    const style = getComputedStyle(cell);
    if (cell.scrollWidth <= cell.clientWidth + 1 || style.display.startsWith("inline") || style.overflowX === "auto") continue;
    if (style.textOverflow !== "ellipsis" && !cell.querySelector("svg")) wrong.push(`cut or running out: ${words(cell)}`);
  }
  const brush = document.createElement("canvas").getContext("2d");
  for (const input of all("input[placeholder]")) {
    brush.font = getComputedStyle(input).font;
    if (brush.measureText(input.placeholder).width > input.clientWidth - 16) wrong.push(`hint cut: ${input.placeholder}`);
  }

  // Words are words of the language: no codes, and in English no Chinese but what people entered.
  for (const label of all("b, dt, th[scope=col], .st, .sev, legend, summary, h2")) {
    if (/^[a-z]+([._][a-z]+)+$/.test(words(label)) && !label.closest(".mono, code, pre")) wrong.push(`a code for a word: ${words(label)}`);
  }
  if (lang === "en") {
    for (const label of all("th[scope=col], dt, label, legend, button, summary, h2, .meta, .st, .sev, .lead, .empty, nav a, .notice, .plain.small li")) {
      const own = label.cloneNode(true);
      own.querySelectorAll("select, [lang], .vh").forEach((data) => data.remove());
      if (/\p{Script=Han}/u.test(own.textContent) && !label.closest("[lang^=zh]:not(html), .brand")) wrong.push(`Chinese in English: ${words(label)}`);
    }
  }

  // A finger hits what it means: a control is 40 px high (a choice by its label), and 19 px beside the middle of a link no other one opens.
  if (phone) {
    for (const control of all("button, input:not([type=radio], [type=checkbox]), select, textarea, summary")) {
      const { height } = control.getBoundingClientRect();
      if (height < 40) wrong.push(`${height.toFixed(0)} px high: ${control.tagName} ${words(control)}`);
    }
    const target = (element) => element?.closest("a[href], button, summary, select, input");
    const led = (one) => one?.getAttribute("href")?.replace(/#.*/, "") ?? one;
    for (const link of all("a[href]")) {
      if (link.closest("svg")) continue;
      const line = link.parentElement;
      if (line.matches("p, figcaption, dd, .notice") && words(line).length > words(link).length + 12) continue;
      link.scrollIntoView({ block: "center", inline: "nearest" });
      const box = link.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      for (const at of [y - 19, y + 19]) {
        const other = target(document.elementFromPoint(x, at));
        if (other && other !== link && led(other) !== led(link) && box.height < 40) wrong.push(`too near: ${words(link)} and ${words(other)}`);
      }
    }
    scrollTo(0, 0);
  }
  return [...new Set(wrong)];
}
