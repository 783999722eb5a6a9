// A teacher shares the session code: it is read, renews itself without a click, and a picture of the page itself proves its minute.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { languages, login, look, person, sizes, start, stop, url, visitor } from "./browser.mjs";

const { access } = JSON.parse(readFileSync(process.env.KESHI_E2E_LOGINS, "utf8"));
const minutes = (count) => new Date(Date.now() + count * 60_000).toISOString();
let lessons;

async function api(method, place, token, body) {
  const answer = await fetch(`${url}/v1/${place}`, { method, headers: { authorization: `Bearer ${token}` }, body });
  assert.ok(answer.ok, `${method} ${place}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
  return answer.json();
}
const put = (method, place, body) => api(method, place, access.admin, JSON.stringify(body));

before(async () => {
  await start();
  await put("POST", "providers", { external_id: "CODE", name: "高新护理学校", kind: "institution", listed_from: "2019-01-01" });
  const [from, until] = [minutes(-3 * 24 * 60).slice(0, 10), minutes(20 * 24 * 60).slice(0, 10)];
  await put("POST", "classes", {
    external_id: "CODE-1", provider: "ext:CODE", platform: "sx-zxpx", title: "养老护理员", trade: { code: "4-10-01-05", name: "养老护理员" }, application: "full",
    starts_on: from, ends_on: until, hours: { total: 3, online: 3, theory: 3, practice: 0 }, standards_fen: { qualified: 60000 }, epidemic: false,
  });
  const lesson = (id, starts, ends) => ({ external_id: id, title: "生活照护与安全", kind: "theory", mode: "live", starts_at: minutes(starts), ends_at: minutes(ends), hours: 1, teacher: "马老师" });
  const kept = await put("PUT", "classes/ext:CODE-1/lessons", { lessons: [lesson("now", -5, 40), lesson("soon", 90, 135), lesson("over", -120, -75)] });
  lessons = Object.fromEntries(kept.items.map((one) => [one.external_id, one.id]));
});
after(stop);

for (const lang of languages) {
  for (const size of Object.keys(sizes)) {
    test(`the session code is shown from the lesson's page, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size, dark: lang === "en" });
      const { page } = guest;
      await login(guest, lang, person("admin"));
      await page.goto(`${url}/lessons/${lessons.now}`);
      await page.locator(".acts a[href$='/code']").click();
      await page.waitForURL(/\/code$/);
      await look(guest, lang, "session-code");
      assert.match(await page.locator(".digits").textContent(), /^\d{3} \d{3}$/);
      const [qr, digits] = [await page.locator(".qr").boundingBox(), await page.locator(".digits").boundingBox()];
      assert.ok(qr.width >= 300 && digits.x + digits.width <= sizes[size].width, `${qr.width} px wide, digits until ${digits.x + digits.width}`);
      for (const lesson of ["soon", "over"]) {
        await page.goto(`${url}/lessons/${lessons[lesson]}/code`);
        await look(guest, lang, `session-code-${lesson}`);
        assert.equal(await page.locator(".qr").count(), 0);
      }
      await guest.context.close();
    });
  }
}

test("the code renews itself, is hidden when it cannot, and a picture of the page proves its minute", { timeout: 240_000 }, async () => {
  const guest = await visitor();
  const { page } = guest;
  await login(guest, "zh", person("admin"));
  await page.goto(`${url}/lessons/${lessons.now}/code`);
  const first = await page.locator(".digits").textContent();
  const picture = await page.screenshot({ type: "jpeg", quality: 50 });
  const minute = await page.locator(".minute time").getAttribute("datetime");
  await page.waitForFunction((first) => document.querySelector(".digits").textContent !== first, first, { timeout: 90_000 });
  assert.ok(await page.locator(".left").isVisible(), "how long it holds is counted down");
  await page.route("**/code", (route) => route.abort());
  await page.waitForFunction(() => !document.querySelector("[data-lost]").hidden, undefined, { timeout: 90_000 });
  assert.ok(await page.locator(".qr").isHidden(), "what has expired is not shown");
  await page.unroute("**/code");
  await page.waitForFunction(() => document.querySelector("[data-lost]").hidden && document.querySelector(".qr").checkVisibility());
  await guest.context.close();

  const sent = await api("POST", `evidence?kind=screenshot&class=ext:CODE-1&lesson=ext:now&filename=shared.jpg`, access.admin, picture);
  let codes;
  for (let tries = 0; !codes && tries < 200; tries += 1) {
    await new Promise((done) => setTimeout(done, 300));
    codes = (await api("GET", `evidence/${sent.id}`, access.admin)).facts?.codes;
  }
  const read = codes?.map((code) => [code.lesson, new Date(code.minute).getTime(), code.genuine]);
  assert.deepEqual(read, [[lessons.now, new Date(minute).getTime(), true]]);
});

test("without script the page asks for the next code by itself", async () => {
  const guest = await visitor({ script: false });
  const { page } = guest;
  await login(guest, "zh", person("admin"));
  await page.goto(`${url}/lessons/${lessons.now}/code`);
  const seconds = Number(await page.locator("meta[http-equiv=refresh]").getAttribute("content"));
  assert.ok(seconds >= 1 && seconds <= 61, `${seconds} s`);
  await guest.context.close();
});
