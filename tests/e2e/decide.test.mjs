// A reviewer's day: thirty applications, five of them overdue, decided on the pages with nothing but the keyboard, in Chinese and in English.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { languages, login, look, person, start, stop, url, visitor } from "./browser.mjs";

const { access } = JSON.parse(readFileSync(process.env.KESHI_E2E_LOGINS, "utf8"));
// A provider of its own, so that the classes of the demo stay what the others see.
const [provider, token] = ["DAY", access.reviewer];
const PER_LANGUAGE = 15;

async function api(method, place, token, body) {
  const answer = await fetch(`${url}/v1/${place}`, { method, headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${place}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
  return answer.json();
}

const number = (lang, place) => `DAY-${lang}-${String(place).padStart(2, "0")}`;

// Files the applications; five of them were filed three weeks ago, as the database is told while the server runs.
before(async () => {
  await start();
  await api("POST", "providers", token, { external_id: provider, name: "高新护理学校", kind: "institution", listed_from: "2019-01-01" });
  for (const lang of languages) {
    for (let place = 0; place < PER_LANGUAGE; place += 1) {
      await api("POST", "classes", token, {
        external_id: number(lang, place), provider: `ext:${provider}`, platform: "sx-zxpx", title: `${lang === "zh" ? "护理" : "Care"} ${number(lang, place)}`,
        trade: { code: "4-10-01-05", name: "养老护理员" }, application: "full", starts_on: "2020-03-02", ends_on: "2020-03-20",
        hours: { total: 80, online: 40, theory: 40, practice: 40 }, standards_fen: { qualified: 60000 }, epidemic: true,
      });
    }
  }
  const old = ["zh-00", "zh-01", "zh-02", "en-00", "en-01"].map((one) => `'DAY-${one}'`).join(",");
  const script = `import sqlite3,sys; db=sqlite3.connect(sys.argv[1], timeout=60); db.execute("update class set created_at = created_at - 21*86400*1000000 where external_id in (${old})"); db.commit()`;
  execFileSync("python3", ["-c", script, join(process.env.KESHI_E2E_DATA, "keshi.sqlite")]);
});
after(stop);

// Presses a key until what has the focus is what is looked for.
async function until(page, key, wanted) {
  for (let presses = 0; presses < 80; presses += 1) {
    if (await page.evaluate((selector) => document.activeElement?.matches(selector), wanted)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`no ${wanted} with ${key}`);
}

const words = { zh: { overdue: "已超期", letter: "书面通知" }, en: { overdue: "overdue", letter: "Written decision" } };
// How the place of an application among its fifteen is decided: by the arrow keys from the first choice.
const choices = ["approve", "approve", "return", "refuse", "approve"];

for (const lang of languages) {
  test(`六（二） a reviewer decides a day's applications by keyboard, ${lang}`, { timeout: 600_000 }, async () => {
    const guest = await visitor();
    const { page } = guest;
    await login(guest, lang, person("reviewer"));
    // From the first page to the list, on the rail.
    await page.locator("body").press("Tab");
    await until(page, "Tab", "nav.rail a[href='/applications']");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${url}/applications`);
    const overdue = page.locator(".st-overdue");
    assert.equal(await overdue.count(), lang === "zh" ? 5 : 2, "those overdue are marked");
    assert.ok((await overdue.first().textContent()).includes(words[lang].overdue), "in words");
    assert.notEqual(await overdue.first().locator("i").evaluate((mark) => getComputedStyle(mark).backgroundImage), "none", "and by a pattern");
    await look(guest, lang, "applications");
    for (let place = 0; place < PER_LANGUAGE; place += 1) {
      const title = number(lang, place);
      // Down the list to it, and into it.
      await page.keyboard.press("j");
      for (let step = 0; step < 60 && !(await page.evaluate((title) => document.activeElement.textContent.includes(title), title)); step += 1) await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/decide$/);
      if (place < 2) await look(guest, lang, `decide-${place}`);
      const choice = choices[place % choices.length];
      await until(page, "Tab", "input[name=decision]");
      await page.keyboard.press("Space");
      for (const _ of Array(["approve", "return", "refuse"].indexOf(choice))) await page.keyboard.press("ArrowDown");
      assert.ok(await page.locator(`input[value=${choice}]`).isChecked());
      if (choice === "approve") {
        await until(page, "Tab", "#skill_level");
        await page.keyboard.type("950.50");
      } else {
        await until(page, "Tab", "#reason");
        await page.keyboard.type(lang === "zh" ? "请补充材料。" : "Please complete the papers.");
      }
      await until(page, "Tab", "button.primary");
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/applications\?done=/);
      assert.ok((await page.locator("[role=status]").textContent()).includes(title), "the list says what was decided");
    }
    assert.ok(!(await page.locator("main").textContent()).replace(await page.locator("[role=status]").textContent(), "").includes(`DAY-${lang}-`), "none of the day's is left");
    // What was decided late says so, and has its letter.
    await page.goto(`${url}/applications?show=decided`);
    assert.equal(await page.locator(".st-late").count(), lang === "zh" ? 2 : 4, "late is late");
    await look(guest, lang, "applications-decided");
    const one = await api("GET", `classes/ext:${number(lang, 0)}`, access.reviewer);
    assert.equal(one.standards_fen.skill_level, 95050, "yuan of the form are fen of the standard");
    for (let second = 0; second < 60; second += 1) {
      const { items } = await api("GET", `classes/ext:${number(lang, 0)}/decisions`, access.reviewer);
      if (items[0].letter) break;
      await new Promise((done) => setTimeout(done, 1000));
    }
    await page.goto(`${url}/classes/${one.id}#opening`);
    const letter = page.getByText(words[lang].letter).first();
    const pdf = await page.request.get(new URL(await letter.getAttribute("href"), url).href);
    assert.equal(pdf.headers()["content-type"], "application/pdf");
    await look(guest, lang, "class-decided");
    await guest.context.close();
  });
}

for (const lang of languages) {
  test(`六（二） an application is decided on a phone and without script, ${lang}`, async () => {
    for (const shape of [{ size: "phone" }, { script: false }]) {
      const id = `DAY-${lang}-${shape.size ?? "plain"}`;
      const made = await api("POST", "classes", token, {
        external_id: id, provider: `ext:${provider}`, platform: "sx-zxpx", title: id, trade: { code: "4-10-01-05", name: "养老护理员" }, application: "promise_first",
        promise_due: "2020-03-10", starts_on: "2020-03-02", ends_on: "2020-03-20", hours: { total: 80, online: 40, theory: 40, practice: 40 }, epidemic: true,
      });
      const guest = await visitor(shape);
      const { page } = guest;
      await login(guest, lang, person("reviewer"));
      await page.goto(`${url}/classes/${made.id}/decide`);
      if (shape.size) await look(guest, lang, "decide-phone");
      await page.check("input[value=approve]");
      await page.click("form.stack button.primary");
      await page.waitForURL(/\/applications\?done=/);
      if (shape.size) await look(guest, lang, "applications-phone");
      await guest.context.close();
    }
  });
}
