// The proof, recomputed here: the file's bytes give the digest, the leaf names the digest, the path leads from the leaf to
// the root of the checkpoint (RFC 6962), and the checkpoint carries the signature of the log's key (C2SP signed note).
import { Sha256, sha256 } from "./sha256.js";

export function proof(section) {
  const button = section.querySelector("[data-recompute]");
  const steps = section.querySelector("[data-steps]");
  const words = section.querySelector("[data-words]").dataset;
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    steps.hidden = false;
    for (const [name, check] of Object.entries(CHECKS)) {
      const item = steps.querySelector(`[data-step=${name}]`);
      if (!item) continue;
      item.dataset.done = "";
      item.querySelector("span")?.remove();
      const outcome = await check(section).catch(() => "bad");
      item.dataset.done = outcome;
      const word = document.createElement("span");
      word.textContent = ` ${words[outcome]}`;
      item.append(word);
    }
    button.disabled = false;
  });
}

const CHECKS = {
  async bytes({ dataset }) {
    const answer = await fetch(dataset.content, { credentials: "same-origin", headers: { "x-keshi-purpose": "verify" } });
    if (!answer.ok) return "unable";
    const hash = new Sha256();
    const reader = answer.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) hash.update(part.value);
    return hex(hash.digest()) === dataset.sha256 ? "good" : "bad";
  },

  async leaf({ dataset }) {
    const leaf = new TextDecoder().decode(bytes(dataset.leaf));
    return JSON.parse(leaf).digest === dataset.sha256 ? "good" : "bad";
  },

  async root(section) {
    const { dataset } = section;
    const path = [...section.querySelectorAll("[data-path] code")].map((item) => bytes(item.textContent.trim()));
    const root = climb(sha256(Uint8Array.of(0), bytes(dataset.leaf)), Number(dataset.index), Number(dataset.tree), path);
    const note = section.querySelector("[data-checkpoint]").textContent.split("\n");
    return root && note[1] === dataset.tree && base64(root) === note[2].trim() ? "good" : "bad";
  },

  async signature(section) {
    const text = section.querySelector("[data-checkpoint]").textContent;
    const split = text.lastIndexOf("\n\n") + 1;
    const [name, id, key] = section.dataset.vkey.split("+");
    const key_bytes = bytes(section.dataset.vkey.slice(name.length + id.length + 2));
    const expected = sha256(new TextEncoder().encode(`${name}\n`), key_bytes).slice(0, 4);
    if (!key || key_bytes[0] !== 1 || hex(expected) !== id) return "bad";
    const lines = text.slice(split + 1).split("\n").filter((line) => line.startsWith(`— ${name} `));
    const signatures = lines.map((line) => bytes(line.slice(name.length + 3))).filter((one) => hex(one.slice(0, 4)) === id);
    if (signatures.length === 0) return "bad";
    if (!globalThis.crypto?.subtle) return "unable";
    let verifier;
    try {
      verifier = await crypto.subtle.importKey("raw", key_bytes.slice(1), { name: "Ed25519" }, false, ["verify"]);
    } catch {
      return "unable";
    }
    const signed = new TextEncoder().encode(text.slice(0, split));
    return (await crypto.subtle.verify({ name: "Ed25519" }, verifier, signatures[0].slice(4), signed)) ? "good" : "bad";
  },
};

// RFC 9162, 2.1.3.2: from a leaf's hash up to the root, or nothing when the path has the wrong length.
export function climb(leaf, index, size, path) {
  if (!(index < size)) return null;
  let place = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0) return null;
    if (place % 2 === 1 || place === last) {
      hash = sha256(Uint8Array.of(1), sibling, hash);
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = sha256(Uint8Array.of(1), hash, sibling);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : null;
}

const hex = (data) => [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
const base64 = (data) => btoa(String.fromCharCode(...data));
