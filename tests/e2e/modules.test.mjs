// The scripts that need no browser, and the colours: checked against node's own digest and against WCAG.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { climb } from "../../src/web/assets/proof.js";
import { Sha256, sha256 } from "../../src/web/assets/sha256.js";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const reference = (bytes) => createHash("sha256").update(bytes).digest();

test("the digest is SHA-256 for every length around a block and however the bytes arrive", () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, place) => (place * 131 + length) & 255);
    assert.equal(hex(sha256(bytes)), hex(reference(bytes)), `length ${length}`);
    const hash = new Sha256();
    for (let at = 0; at < length; at += 7) hash.update(bytes.subarray(at, at + 7));
    assert.equal(hex(hash.digest()), hex(reference(bytes)), `length ${length} in pieces`);
  }
});

// RFC 6962 by the book: the largest power of two below the size splits the tree.
const node = (left, right) => reference(Buffer.concat([Buffer.of(1), left, right]));
const split = (size) => 2 ** Math.floor(Math.log2(size - 1));
const root = (leaves) => (leaves.length === 1 ? leaves[0] : node(root(leaves.slice(0, split(leaves.length))), root(leaves.slice(split(leaves.length)))));
function path(leaves, index) {
  if (leaves.length === 1) return [];
  const half = split(leaves.length);
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)];
  return index < half ? [...path(left, index), root(right)] : [...path(right, index - half), root(left)];
}

test("the path of every leaf leads to the root, and no other leaf, index, size or path does", () => {
  for (let size = 1; size <= 40; size++) {
    const leaves = Array.from({ length: size }, (_, place) => reference(Buffer.of(0, place)));
    const whole = hex(root(leaves));
    for (let index = 0; index < size; index++) {
      const proof = path(leaves, index);
      const top = climb(leaves[index], index, size, proof);
      assert.equal(top && hex(top), whole, `leaf ${index} of ${size}`);
      const reaches = (found) => found !== null && hex(found) === whole;
      assert.ok(!reaches(climb(reference("other"), index, size, proof)));
      assert.ok(!reaches(climb(leaves[index], index, size, [...proof, leaves[0]])));
      if (proof.length > 0) assert.ok(!reaches(climb(leaves[index], index, size, proof.slice(1))));
      if (size > 1) assert.ok(!reaches(climb(leaves[index], (index + 1) % size, size, proof)));
    }
  }
});

const css = readFileSync(new URL("../../src/web/assets/keshi.css", import.meta.url), "utf8");

function colours(text) {
  return Object.fromEntries([...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value]));
}

function luminance(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const [day, night] = css.split("@media (prefers-color-scheme: dark)");
const themes = { day: colours(day), night: { ...colours(day), ...colours(night.slice(0, night.indexOf("\n}\n"))) } };

for (const [name, theme] of Object.entries(themes)) {
  test(`words are readable (AA) and states can be told from the paper by ${name}`, () => {
    for (const ink of ["ink", "quiet", "accent", "seal", "warn"]) {
      for (const ground of ["paper", "wash"]) {
        const found = contrast(theme[ink], theme[ground]);
        assert.ok(found >= 4.5, `${ink} on ${ground}: ${found.toFixed(2)}`);
      }
    }
    for (const state of ["credited", "partial", "uncredited", "disputed", "media"]) {
      const found = contrast(theme[state], theme.paper);
      assert.ok(found >= 3, `${state}: ${found.toFixed(2)}`);
    }
    assert.ok(contrast(theme["on-accent"], theme.accent) >= 4.5, "button");
    assert.ok(contrast("#fbfaf7", theme.stamp) >= 4.5, "stamp");
  });
}

test("the style sheet has four sizes of type and moves nothing", () => {
  assert.ok(!/\b(animation|transition|@keyframes)\b/.test(css));
  const screen = css.slice(0, css.indexOf("@media print"));
  const sizes = [...screen.matchAll(/font(?:-size)?:[^;]*?(var\(--t\d\)|[\d.]+(?:px|em|rem|pt))/g)].map((found) => found[1]);
  assert.deepEqual([...new Set(sizes)].sort(), [".9em", "var(--t0)", "var(--t1)", "var(--t2)", "var(--t3)"]);
});
