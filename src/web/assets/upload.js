// Many files at once, over tus 1.0: what breaks goes on where the server stands, also after the browser was closed.

const CHUNK = 4 * 1024 * 1024;
const AT_ONCE = 3;
// Tries in a row without a byte more; the pause doubles from a second to half a minute.
const TRIES = 12;
const LONGEST = 30_000;
const PLACE = "/v1/uploads";

export function upload(form) {
  const section = form.closest("section");
  const find = (name) => section.querySelector(`[data-${name}]`);
  const words = find("words").dataset;
  const codes = Object.fromEntries([...find("codes").children].map((item) => [item.dataset.code, item.textContent]));
  const headers = { "tus-resumable": "1.0.0", "x-csrf-token": form.elements.csrf.value };
  const picker = form.elements.file;
  const start = find("start");
  const items = [];

  // The browser's own button speaks the browser's language; the words around it are the page's.
  picker.classList.add("vh");
  picker.parentElement.classList.add("scripted");
  find("plain").hidden = true;
  find("scripted").hidden = false;
  start.disabled = true;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    for (const item of items) if (item.state === "waiting") item.state = "queued";
    turn();
  });
  picker.addEventListener("change", () => {
    add(picker.files);
    picker.value = "";
  });
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.dataset.over = "";
  });
  form.addEventListener("dragleave", () => delete form.dataset.over);
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    delete form.dataset.over;
    add(event.dataTransfer.files);
  });
  addEventListener("beforeunload", (event) => {
    if (items.some((item) => item.state === "queued" || item.state === "sending")) event.preventDefault();
  });

  function kindOf(name) {
    if (form.elements.kind.value) return form.elements.kind.selectedOptions[0];
    const ending = name.split(".").pop().toLowerCase();
    const options = [...form.elements.kind.options].filter((option) => option.value);
    return options.find((option) => option.dataset.endings.split(" ").includes(ending)) ?? options.at(-1);
  }

  function add(files) {
    const lesson = form.elements.lesson.selectedOptions[0];
    for (const file of files) {
      const kind = kindOf(file.name);
      const claim = { kind: kind.value, class: form.dataset.class, lesson: lesson.value, filename: file.name };
      const key = ["keshi.upload", file.name, file.size, file.lastModified, claim.kind, claim.class, claim.lesson].join("|");
      if (items.some((item) => item.key === key && item.state !== "gone")) continue;
      const row = find("row").content.firstElementChild.cloneNode(true);
      const part = (name) => row.querySelector(`[data-${name}]`);
      part("name").textContent = file.name;
      part("place").textContent = `${kind.textContent} · ${lesson.value ? lesson.textContent : words.whole}`;
      const item = { file, claim, key, row, part, state: "waiting" };
      part("do").addEventListener("click", () => (item.state === "sending" ? pause(item) : resume(item)));
      part("drop").addEventListener("click", () => remove(item));
      items.push(item);
      find("queue").tBodies[0].append(row);
      show(item, words.waiting);
    }
    find("queue").hidden = items.length === 0;
    picker.required = false;
    tell();
  }

  // How an item stands: a sentence, and what can be done.
  function show(item, said, at) {
    item.part("said").textContent = said;
    if (at !== undefined) item.row.querySelector("progress").value = item.file.size ? at / item.file.size : 0;
    const act = item.part("do");
    act.hidden = !["sending", "paused", "broken"].includes(item.state);
    act.textContent = item.state === "sending" ? words.pause : words.resume;
    item.part("drop").hidden = ["kept", "refused", "sealing"].includes(item.state);
    item.row.querySelector("progress").hidden = ["kept", "refused"].includes(item.state);
    tell();
  }

  function tell() {
    const waiting = items.filter((item) => item.state === "waiting").length;
    start.disabled = waiting === 0;
    start.textContent = waiting ? `${start.dataset.word ?? (start.dataset.word = start.textContent)} (${waiting})` : (start.dataset.word ?? start.textContent);
  }

  function turn() {
    const sending = items.filter((item) => item.state === "sending").length;
    for (const item of items.filter((item) => item.state === "queued").slice(0, AT_ONCE - sending)) run(item);
  }

  function pause(item) {
    item.state = "paused";
    item.stop.abort();
  }

  function resume(item) {
    item.state = "queued";
    turn();
  }

  async function remove(item) {
    item.stop?.abort();
    item.state = "gone";
    item.row.remove();
    tell();
    const place = localStorage.getItem(item.key);
    localStorage.removeItem(item.key);
    if (place) await fetch(place, { method: "DELETE", headers }).catch(() => {});
    turn();
  }

  async function run(item) {
    item.state = "sending";
    item.stop = new AbortController();
    try {
      const told = await send(item);
      localStorage.removeItem(item.key);
      item.state = told.state;
      told.state === "kept" ? kept(item, told.evidence) : refused(item, told.problem);
    } catch (trouble) {
      if (item.state === "gone") return;
      if (trouble.problem) {
        item.state = "refused";
        refused(item, trouble.problem);
      } else {
        if (item.state !== "paused") item.state = "broken";
        show(item, item.state === "paused" ? words.paused : (codes[trouble.said] ?? words.broken));
      }
    }
    turn();
  }

  function kept(item, evidence) {
    show(item, "");
    const seal = document.createElement("a");
    seal.className = "seal";
    seal.href = `/evidence/${evidence.id}#proof`;
    seal.textContent = evidence.receipt.log.index;
    item.part("said").replaceChildren(`${words.kept} `, seal);
    if (evidence.receipt.accepted_rows !== undefined) item.part("said").append(` · ${words.taken.replace("{0}", evidence.receipt.accepted_rows)}`);
    list(item, evidence.receipt.refused_rows);
  }

  function refused(item, problem) {
    show(item, "");
    const word = document.createElement("b");
    word.className = "warn";
    word.textContent = words.refused;
    item.part("said").replaceChildren(word, ` ${codes[problem.code] || problem.detail}`);
    list(item, problem.rows);
  }

  function list(item, rows) {
    if (!rows?.length) return;
    const shown = item.part("rows");
    shown.hidden = false;
    for (const row of rows.slice(0, 20)) {
      const line = document.createElement("li");
      line.textContent = `${words.row.replace("{0}", row.row)}: ${row.message}`;
      shown.append(line);
    }
  }

  async function send(item) {
    let failures = 0;
    let pause = 1_000;
    for (;;) {
      try {
        const { place, at } = await standing(item);
        return await rest(item, place, at, () => ([failures, pause] = [0, 1_000]));
      } catch (trouble) {
        if (trouble.problem || trouble.said || item.stop.signal.aborted || ++failures >= TRIES) throw trouble;
        show(item, words.broken);
        await new Promise((done) => setTimeout(done, pause));
        pause = Math.min(pause * 2, LONGEST);
      }
    }
  }

  // Where an upload stands; a new one where none is known or the known one has gone.
  async function standing(item) {
    const known = localStorage.getItem(item.key);
    if (known) {
      const answer = await fetch(known, { method: "HEAD", headers, signal: item.stop.signal });
      if (answer.ok) {
        document.querySelector(`[data-unfinished="${known.split("/").pop()}"]`)?.remove();
        return { place: known, at: Number(answer.headers.get("upload-offset")) };
      }
      if (answer.status !== 404) throw await trouble(answer);
    }
    const metadata = Object.entries(item.claim).filter(([, value]) => value).map(([name, value]) => `${name} ${base64(value)}`).join(",");
    const begun = { ...headers, "upload-length": item.file.size, "upload-metadata": metadata };
    const answer = await fetch(PLACE, { method: "POST", headers: begun, signal: item.stop.signal });
    if (!answer.ok) throw await trouble(answer);
    const place = answer.headers.get("location");
    localStorage.setItem(item.key, place);
    return { place, at: 0 };
  }

  async function rest(item, place, from, moved) {
    let at = from;
    show(item, "", at);
    while (at < item.file.size) {
      const body = item.file.slice(at, at + CHUNK);
      const part = { ...headers, "upload-offset": at, "content-type": "application/offset+octet-stream" };
      if (at + body.size >= item.file.size) show(item, words.sealing);
      const answer = await fetch(place, { method: "PATCH", headers: part, body, signal: item.stop.signal });
      // Somebody else's bytes came first, or it has gone: ask where it stands.
      if (answer.status === 409 || answer.status === 404) throw new Error("it stands elsewhere");
      // All is there and was looked at: what became of it is told below.
      if (!answer.ok && answer.status !== 422) throw await trouble(answer);
      at = answer.ok ? Number(answer.headers.get("upload-offset")) : item.file.size;
      moved();
      show(item, `${Math.floor((at / item.file.size) * 100)} %`, at);
    }
    const answer = await fetch(place, { signal: item.stop.signal });
    if (!answer.ok) throw await trouble(answer);
    const told = await answer.json();
    if (told.state !== "kept" && told.state !== "refused") throw new Error("not done yet");
    return told;
  }
}

// What an answer that is no success means: a refusal for good, or something that another try may mend.
async function trouble(answer) {
  const error = new Error(`HTTP ${answer.status}`);
  if (answer.status === 401) error.said = "unauthenticated"; // log in again, then go on
  else if (answer.status < 500 && answer.status !== 429) {
    error.problem = await answer.json().catch(() => ({ code: "", detail: error.message, rows: [] }));
  }
  return error;
}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
