// The deadline board and the weekly report in a browser: found from the first page, narrowed, filed, downloaded.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { languages, login, look, person, sizes, start, stop, url, visitor } from "./browser.mjs";

before(start);
after(stop);

for (const lang of languages) {
  for (const size of Object.keys(sizes)) {
    test(`what is due is found, narrowed and reported, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang, person("reviewer"));
      await page.locator(".rail a[href='/deadlines']").click();
      await page.waitForURL(`${url}/deadlines`);
      await look(guest, lang, "deadlines");
      // The demonstration's classes ended in 2020: their certificates and claims are long overdue.
      assert.ok((await page.locator(".st-overdue").count()) > 0, "something is overdue");
      await page.selectOption("select[name=kind]", "claim");
      await page.locator("form.filter button").click();
      await page.waitForURL(/kind=claim/);
      assert.ok((await page.locator("table[data-rows] tbody tr").count()) > 0);
      await page.selectOption("select[name=state]", "open");
      await page.locator("form.filter button").click();
      await page.waitForURL(/state=open/);
      await look(guest, lang, "deadlines-narrowed");

      await page.goto(`${url}/deadlines`);
      await page.locator("a[href='/reports']").click();
      await page.waitForURL(`${url}/reports`);
      await look(guest, lang, "reports-last-week");
      await page.goto(`${url}/reports?week=2020-W10`);
      await look(guest, lang, "reports");
      const file = page.locator("form[method=post][action='/reports'] button");
      if (await file.count()) {
        await file.click();
        await page.waitForURL(/week=2020-03-02/);
      }
      assert.equal(await page.locator(".notice .seal").count(), 1, "filed and sealed");
      assert.equal(await file.count(), 0, "nothing differs, so nothing is to be filed");
      await look(guest, lang, "reports-filed");
      for (const [format, start] of [["csv", "\ufeffpart,region"], ["xlsx", "PK"]]) {
        const answer = await page.request.get(`${url}/v1/reports/weekly?week=2020-W10&format=${format}`);
        assert.ok((await answer.body()).toString("utf8").startsWith(start), format);
      }
      await page.locator("a[rel=prev]").click();
      await page.waitForURL(/week=2020-02-24/);
      await look(guest, lang, "reports-before");
      await guest.context.close();
    });
  }
}

test("a provider sees its own deadlines and no report", async () => {
  const guest = await visitor();
  await login(guest, "zh", person("provider"));
  await guest.page.goto(`${url}/deadlines`);
  await look(guest, "zh", "deadlines-provider");
  assert.equal(await guest.page.locator("a[href='/reports']").count(), 0);
  assert.equal((await guest.page.request.get(`${url}/v1/reports/weekly`)).status(), 403);
  await guest.context.close();
});
