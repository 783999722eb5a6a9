// An investigator's day on the pages: the queue by money, a finding with its evidence side by side, a device followed to three providers, a rule tried with
// another value, one finding put off, two confirmed, and both put into a case that is written on, closed, opened again and taken away.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { after, before, test } from "node:test";
import { languages, login, look, person, sizes, start, stop, url, visitor } from "./browser.mjs";

const { access } = JSON.parse(readFileSync(process.env.KESHI_E2E_LOGINS, "utf8"));
const DEVICE = "e2e7f3a91c07e5b4";
const providers = [["RING-A", "启明职业培训学校"], ["RING-B", "长青技能培训中心"], ["RING-C", "华岳职业技术学校"]];

async function api(method, place, body, type = "application/json") {
  const answer = await fetch(`${url}/v1/${place}`, { method, headers: { authorization: `Bearer ${access.admin}`, "content-type": type }, body });
  assert.ok(answer.ok, `${method} ${place}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
  return answer.json();
}
const send = (method, place, body) => api(method, place, JSON.stringify(body));

// A number as GB 11643 wants it.
function number(serial) {
  const digits = `61011519880${1 + (serial % 8)}15${String(serial).padStart(3, "0")}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  return digits + "10X98765432"[weights.reduce((sum, weight, place) => sum + weight * Number(digits[place]), 0) % 11];
}

async function until(what, holds) {
  for (let turn = 0; turn < 240; turn++) {
    const found = await holds();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 500));
  }
  assert.fail(`waited in vain: ${what}`);
}

// Three providers, before the month of the demonstration, and one device that signs in everybody of all three within minutes.
before(async () => {
  await start();
  for (const [place, [id, name]] of providers.entries()) {
    await send("POST", "providers", { external_id: id, name, kind: "institution", listed_from: "2019-01-01" });
    await send("POST", "classes", {
      external_id: `${id}-1`, provider: `ext:${id}`, platform: "sx-zxpx", title: `${name}保育员班`, trade: { code: "4-10-01-03", name: "保育员" }, application: "full",
      starts_on: "2020-01-06", ends_on: "2020-01-10", hours: { total: 40, online: 20, theory: 20, practice: 20 }, standards_fen: { qualified: 60000 }, epidemic: false,
    });
    const trainees = [0, 1, 2, 3].map((each) => ({ external_id: `t${each}`, name: `${"赵钱孙"[place]}${"一二三四"[each]}`, id_number: number(place * 10 + each + 1), category: "key_group" }));
    await send("PUT", `classes/ext:${id}-1/roster`, { trainees });
    const lesson = (day) => ({ external_id: `l${day}`, title: "幼儿生活照护", kind: "theory", mode: "live", starts_at: `2020-01-0${day}T09:00:00+08:00`, ends_at: `2020-01-0${day}T09:45:00+08:00`, hours: 1, teacher: "白老师" });
    await send("PUT", `classes/ext:${id}-1/lessons`, { lessons: [lesson(6), lesson(7)] });
    for (const day of [6, 7]) {
      const rows = trainees.map((one, each) => ({
        trainee: `ext:${one.external_id}`, kind: "interval", at: `2020-01-0${day}T09:0${each}:${10 + place}+08:00`, until: `2020-01-0${day}T09:44:00+08:00`, device: DEVICE, ip: "203.0.113.77",
      }));
      await api("POST", `attendance?class=ext:${id}-1&lesson=ext:l${day}`, rows.map((row) => JSON.stringify(row)).join("\n"), "application/x-ndjson");
    }
  }
  await until("the rules find the device", async () => (await api("GET", "findings?rule=shared-device&status=open")).items.length >= 3);
  await until("nothing is left to do", async () => (await api("GET", "jobs?state=open")).items.length === 0);
});
after(stop);

const yuan = (text) => Number(text.replace(/[^\d.]/g, "") || 0);

// Decides on the finding that is open in the page.
async function decide(page, status, fill = {}) {
  await page.locator(`input[name=status][value=${status}]`).check();
  for (const [field, value] of Object.entries(fill)) await page.fill(`#${field}`, value);
  await page.locator("form[action$='/status'] button.primary").click();
  await page.waitForURL(/#history/);
  assert.ok(await page.locator(`input[name=status][value=${status}]`).isChecked());
}

for (const lang of languages) {
  for (const size of Object.keys(sizes)) {
    test(`findings are followed, judged and put into a case, ${lang}, ${size}`, { timeout: 300_000 }, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang, person("investigator"));

      // The queue, most money first.
      await page.goto(`${url}/findings?order=time`);
      await page.locator("select[name=order]").selectOption("money");
      await page.locator("form.filter button").click();
      await page.waitForURL(/order=money/);
      const sums = (await page.locator("table.list tbody td:last-child").allTextContents()).map(yuan);
      assert.ok(sums.length > 1 && sums.every((sum, place) => place === 0 || sum <= sums[place - 1]), `not by money: ${sums}`);
      await look(guest, lang, "investigate-queue");

      // One finding, its evidence side by side.
      await page.goto(`${url}/findings?rule=shared-device&status=all`);
      await page.locator("a.row", { hasText: /./ }).first().click();
      await page.waitForURL(/\/findings\/[0-9a-f-]{36}/);
      const finding = page.url();
      assert.ok((await page.locator(".exhibits figure").count()) >= 2, "evidence side by side");
      await look(guest, lang, "investigate-finding");

      // The device, followed to three providers.
      await page.locator("form[action='/network/follow'] button").click();
      await page.waitForURL(/\/network\/follow/);
      const names = new Set(await page.locator("table.list tbody th").allTextContents());
      assert.ok(providers.every(([, name]) => names.has(name)), `the device is found at ${[...names]}`);
      await look(guest, lang, "investigate-followed");
      await page.goto(`${url}/network`);
      const group = page.locator("section", { hasText: providers[0][1] }).first();
      assert.ok((await group.locator("ul a").count()) >= 3, "three providers hang together");
      await look(guest, lang, "investigate-network");
      await group.locator("ul a", { hasText: providers[0][1] }).click();
      await page.waitForURL(/provider=/);
      assert.match(await page.locator(".narrowed").textContent(), new RegExp(providers[0][1]), "the queue says whose it is");
      await look(guest, lang, "investigate-provider");

      // The rule with another value.
      await page.goto(`${url}/rules/shared-device`);
      await page.fill("input[name=least_people]", "50");
      await page.locator("#try ~ form button").click();
      await page.waitForSelector("#try ~ h3");
      assert.equal(Number((await page.locator("#try ~ h3 + dl dd").first().textContent()).split("·")[0]), 0, "nobody has fifty people on a device");
      await look(guest, lang, "investigate-tried");

      // One put off, and taken up again, since others read the queue, too.
      await page.goto(`${url}/findings`);
      await page.locator("a.row").last().click();
      await page.waitForURL(/\/findings\/[0-9a-f-]{36}/);
      const later = page.url();
      await decide(page, "snoozed", { until: "2099-01-04", note: "等平台的说明" });
      await page.goto(`${url}/findings?status=snoozed`);
      assert.equal(await page.locator("a.row").count(), 1);
      await page.goto(later);
      await decide(page, "open", { note: "已说明" });

      // Two confirmed.
      await page.goto(`${url}/findings?rule=shared-device&status=all`);
      const both = (await page.locator("a.row").evaluateAll((rows) => rows.map((row) => row.getAttribute("href")))).slice(0, 2);
      for (const one of both) {
        await page.goto(url + one);
        await decide(page, "confirmed", { note: "三家机构同一台设备" });
      }

      // Both put into a new case, out of the queue; nothing chosen is said so.
      await page.goto(`${url}/findings?rule=shared-device&status=confirmed`);
      await page.locator("a[href*='choose=1']").click();
      await page.waitForURL(/choose=1/);
      await look(guest, lang, "investigate-choose");
      const name = `共用设备 ${lang} ${size}`;
      const into = async () => {
        const radio = page.locator("input[name=place][value=new][type=radio]");
        if (await radio.count()) await radio.check();
        await page.fill("input[name=title]", name);
        await page.locator("form[action='/cases'] button.primary").click();
      };
      await into();
      await page.waitForURL(/choose=none/);
      assert.ok(await page.locator(".notice[role=alert]").isVisible());
      for (const row of (await page.locator("label.row").all()).slice(0, 2)) await row.click();
      assert.equal(await page.locator("label.row input:checked").count(), 2, "a row is the label of its box");
      await into();
      await page.waitForURL(/\/cases\/[0-9a-f-]{36}$/);
      const place = page.url();
      assert.equal(await page.locator("h1").textContent(), name);
      assert.equal(await page.locator("section[aria-labelledby=findings] li").count(), 2);
      const risk = yuan(await page.locator("dl.facts dd.mono").first().textContent());
      const each = (await page.locator("section[aria-labelledby=findings] li > p:first-child .mono").allTextContents()).map(yuan);
      assert.ok(risk > 0 && Math.abs(risk - (each[0] + each[1])) < 0.01, `classes are different hours: ${risk} of ${each}`);
      await look(guest, lang, "investigate-case");

      // The finding says which case it is in; a third one and a piece of evidence join from their own pages.
      await page.goto(url + both[0]);
      assert.ok(await page.locator("section[aria-labelledby=cases] a", { hasText: name }).isVisible());
      await page.goto(`${url}/findings?rule=shared-device&status=all`);
      await page.locator("a.row").nth(2).click();
      await page.waitForURL(/\/findings\/[0-9a-f-]{36}/);
      const join = async () => {
        const details = page.locator("section[aria-labelledby=cases] details");
        if ((await details.getAttribute("open")) === null) await details.locator("summary").click();
        await page.locator("select[name=case]").selectOption({ label: name });
        await page.locator("section[aria-labelledby=cases] form button").click();
        await page.waitForURL(/#cases/);
        await page.locator("section[aria-labelledby=cases] a", { hasText: name }).waitFor();
      };
      await join();
      await look(guest, lang, "investigate-joined");
      await page.locator(".exhibits figcaption a").first().click();
      await page.waitForURL(/\/evidence\//);
      await join();
      await look(guest, lang, "investigate-evidence");
      await page.locator("section[aria-labelledby=cases] a", { hasText: name }).click();
      await page.waitForURL(place);
      assert.equal(await page.locator("section[aria-labelledby=evidence] figure").count(), 1);

      // Written on, and one taken out again.
      await page.fill("#note", "已问三家机构：\n都说没有共用办公室。");
      await page.locator("form[action$='/notes'] button").click();
      await page.waitForURL(/#notes/);
      assert.match(await page.locator("section[aria-labelledby=notes] ol").textContent(), /没有共用办公室/);
      const third = page.locator("section[aria-labelledby=findings] li").nth(2);
      await third.locator("summary").click();
      await third.locator("textarea").fill("另案处理");
      await third.locator("form button").click();
      await page.waitForLoadState();
      assert.equal(await page.locator("section[aria-labelledby=findings] li").count(), 2);
      assert.match(await page.locator("section[aria-labelledby=history]").textContent(), /另案处理/);

      // Closed, opened again, closed, taken away.
      const close = async (outcome, why) => {
        await page.locator("section[aria-labelledby=close] summary").click();
        await page.locator(`input[name=outcome][value=${outcome}]`).check();
        await page.fill("#why", why);
        await page.locator("form[action$='/close'] button.primary").click();
        await page.waitForSelector("form[action$='/reopen']");
      };
      await close("unproven", "等新证据");
      assert.equal(await page.locator("form[action$='/notes'], form[action$='/remove']").count(), 0, "a closed case takes nothing");
      await page.fill("#why", "平台给了设备清单");
      await page.locator("form[action$='/reopen'] button").click();
      await page.waitForSelector("form[action$='/notes']");
      await close("handed_over", "移送公安机关，高公移〔2020〕3号");
      await look(guest, lang, "investigate-closed");
      const download = page.waitForEvent("download");
      await page.locator("form[action$='/bundle'] button").click();
      const taken = await download;
      assert.match(taken.suggestedFilename(), /^keshi-case-[0-9a-f-]{36}\.zip$/);
      assert.ok(statSync(await taken.path()).size > 10_000);

      await page.goto(`${url}/cases?status=closed`);
      assert.ok(await page.locator("a.row", { hasText: name }).isVisible());
      await look(guest, lang, "cases-closed");
      for (const one of both) {
        await page.goto(url + one);
        await decide(page, "open");
      }
      assert.deepEqual(guest.wrong, []);
      await guest.context.close();
    });

    test(`cases say what they are where there are none, and are read by those who may not write, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang, person("investigator"));
      await page.goto(`${url}/cases`);
      await look(guest, lang, "cases");
      const open = await send("POST", "cases", { title: `只读 ${lang} ${size}` });
      await page.goto(`${url}/cases/${open.id}`);
      await look(guest, lang, "case-empty");
      assert.equal(await page.locator(".empty").count(), 2, "what to do next");
      await guest.context.close();
      const reader = await visitor({ size });
      await login(reader, lang);
      await reader.page.locator("nav.rail a[href='/cases']").click();
      await reader.page.waitForURL(/\/cases$/);
      await reader.page.locator("a.row", { hasText: open.title }).click();
      await reader.page.waitForURL(/\/cases\/[0-9a-f-]{36}/);
      await look(reader, lang, "case-read");
      assert.equal(await reader.page.locator("main form:not([action$='/bundle'])").count(), 0, "an inspector writes nothing");
      await send("POST", `cases/${open.id}/close`, { outcome: "unfounded" });
      await reader.context.close();
    });
  }
}

test("a finding is put into a case, and a case written and closed, without script", async () => {
  const guest = await visitor({ script: false });
  const { page } = guest;
  await login(guest, "zh", person("investigator"));
  await page.goto(`${url}/findings?rule=shared-device&choose=1`);
  await page.locator("label.row").first().click();
  await page.fill("input[name=title]", "不用脚本");
  await page.locator("form[action='/cases'] button.primary").click();
  await page.waitForURL(/\/cases\/[0-9a-f-]{36}$/);
  await page.fill("#note", "记下");
  await page.locator("form[action$='/notes'] button").click();
  await page.waitForURL(/#notes/);
  await page.locator("section[aria-labelledby=close] summary").click();
  await page.locator("input[name=outcome][value=proven]").check();
  await page.fill("#why", "属实");
  await page.locator("form[action$='/close'] button.primary").click();
  await page.waitForSelector("form[action$='/reopen']");
  assert.deepEqual(guest.wrong, []);
  await guest.context.close();
});

test("nobody who is bound to a provider or a platform sees a case", async () => {
  for (const role of ["provider", "platform"]) {
    const guest = await visitor();
    await login(guest, "zh", person(role));
    assert.equal(await guest.page.locator("nav.rail a[href='/cases']").count(), 0);
    const answer = await guest.page.goto(`${url}/cases`);
    assert.equal(answer.status(), 403);
    await guest.context.close();
  }
});
