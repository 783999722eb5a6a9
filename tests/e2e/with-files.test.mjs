// A provider hands over files: many at once with script, after a break and in another window, and one by a plain form.
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { languages, login, look, person, sizes, start, stop, url, visitor } from "./browser.mjs";

before(start);
after(stop);

const folder = mkdtempSync(join(tmpdir(), "keshi-files-"));
let made = 0;
// A file of its own content, so that it is new to the server each time.
function file(ending, size = 4000) {
  const path = join(folder, `${process.pid}-${++made}.${ending}`);
  writeFileSync(path, `${path}\n`.padEnd(size, "x"));
  return path;
}

async function open(page, lang) {
  await login({ page }, lang, person("provider"));
  await page.goto(`${url}/classes`);
  await page.locator("table.list a.row").first().click();
  await page.waitForURL(/\/classes\/[0-9a-f-]{36}/);
  await page.locator(".acts a[href$='/upload']").click();
  await page.waitForURL(/\/upload$/);
}

for (const lang of languages) {
  for (const size of Object.keys(sizes)) {
    test(`several files are handed over at once and each gets its seal, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await open(page, lang);
      await look(guest, lang, "upload");
      assert.ok(await page.locator("[data-start]").isDisabled(), "nothing to hand over yet");
      const log = join(folder, `${process.pid}-${++made}.csv`);
      writeFileSync(log, "trainee,kind,at\next:nobody,join,soon\n");
      await page.setInputFiles("input[type=file]", [file("pdf"), file("docx", 6_000_000), log]);
      await page.locator("[data-start]").click();
      await page.waitForFunction(() => document.querySelectorAll("[data-queue] a.seal").length === 2);
      await page.waitForFunction(() => document.querySelector("[data-queue] [data-rows] li"));
      // The refusal of the broken log is an answer that the console tells of; nothing else may go wrong.
      const others = guest.wrong.splice(0).filter((one) => !/422/.test(one));
      assert.deepEqual(others, []);
      await look(guest, lang, "upload-done");
      assert.equal(await page.locator("[data-queue] [data-drop]:visible").count(), 0, "what was handed over cannot be removed");
      const refused = page.locator("[data-queue] tbody tr").nth(2);
      assert.match(await refused.locator("[data-rows]").textContent(), /2/, "the row at fault is named");
      await page.locator("[data-queue] [data-said] a").first().click();
      await page.waitForURL(/\/evidence\//);
      assert.match(await page.locator(".digest code").textContent(), /^[0-9a-f]{64}$/);
      await guest.context.close();
    });
  }
}

test("a file that broke off goes on in another window, and is there once", async () => {
  const guest = await visitor();
  await open(guest.page, "zh");
  const place = guest.page.url();
  const path = file("bin", 10_000_000);
  let parts = 0;
  // The second part never arrives: the window is closed over it.
  await guest.context.route("**/v1/uploads/*", (route) => (route.request().method() === "PATCH" && ++parts > 1 ? new Promise(() => {}) : route.continue()));
  await guest.page.setInputFiles("input[type=file]", path);
  await guest.page.locator("[data-start]").click();
  while (parts < 2) await new Promise((done) => setTimeout(done, 50));
  await guest.page.close({ runBeforeUnload: false });
  await guest.context.unrouteAll({ behavior: "ignoreErrors" });

  const page = await guest.context.newPage();
  const sent = [];
  page.on("request", (request) => request.method() === "PATCH" && sent.push(Number(request.headers()["upload-offset"])));
  await page.goto(place);
  assert.equal(await page.locator("[data-unfinished]").count(), 1, "it is listed as unfinished");
  await page.setInputFiles("input[type=file]", path);
  await page.locator("[data-start]").click();
  await page.waitForSelector("[data-queue] a.seal");
  assert.ok(sent.length > 0 && sent.every((offset) => offset >= 4_000_000), `what was there is not sent again: ${sent}`);
  assert.equal(await page.locator("[data-unfinished]").count(), 0);
  await page.reload();
  assert.equal(await page.locator("[data-unfinished]").count(), 0);
  await guest.context.close();
});

test("a pause holds, and what is removed is gone from the server", async () => {
  const guest = await visitor();
  const { page } = guest;
  await open(page, "en");
  await page.route("**/v1/uploads/*", async (route) => {
    if (route.request().method() === "PATCH") await new Promise((done) => setTimeout(done, 300));
    await route.continue().catch(() => {});
  });
  await page.setInputFiles("input[type=file]", [file("bin", 20_000_000)]);
  await page.locator("[data-start]").click();
  const row = page.locator("[data-queue] tbody tr").first();
  await page.waitForFunction(() => document.querySelector("[data-queue] progress").value > 0);
  await row.locator("[data-do]").click();
  await page.waitForFunction(() => document.querySelector("[data-queue] [data-said]").textContent === "paused");
  const held = await row.locator("progress").evaluate((bar) => bar.value);
  await new Promise((done) => setTimeout(done, 800));
  assert.equal(await row.locator("progress").evaluate((bar) => bar.value), held, "nothing moves while it is paused");
  const listed = await page.evaluate(async () => (await (await fetch("/v1/uploads")).json()).items.filter((item) => item.state === "open").length);
  await row.locator("[data-drop]").click();
  await page.waitForFunction(() => !document.querySelector("[data-queue] tbody tr"));
  await page.waitForFunction(async (before) => (await (await fetch("/v1/uploads")).json()).items.filter((item) => item.state === "open").length === before - 1, listed);
  await guest.context.close();
});

for (const lang of languages) {
  test(`without script a form hands files over and says what became of each, ${lang}`, async () => {
    const guest = await visitor({ script: false });
    const { page } = guest;
    await open(page, lang);
    const log = join(folder, `${process.pid}-${++made}.csv`);
    writeFileSync(log, "trainee,kind,at\next:nobody,join,soon\n");
    await page.setInputFiles("input[type=file]", [file("pdf", 3_000_000), log]);
    await page.locator("[data-start]").click();
    await page.waitForSelector("#handed");
    assert.equal(await page.locator("section:has(> #handed) a.seal").count(), 1);
    assert.equal(await page.locator("section:has(> #handed) b.warn").count(), 1);
    await guest.context.close();
  });
}
