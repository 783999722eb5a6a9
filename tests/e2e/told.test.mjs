// Somebody of a provider has keshi tell another system: adds it, tries it, changes its secret, ends and removes it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { languages, login, look, person, sizes, start, stop, url, visitor } from "./browser.mjs";

before(start);
after(stop);

const secret = async (page) => (await page.locator(".notice code").textContent()).trim();
const press = (page, form) => page.locator(`form[action$='/${form}'] button`).first().click();

for (const lang of languages) {
  for (const size of Object.keys(sizes)) {
    test(`a system is told, and then no more, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang, person("provider"));
      await page.goto(`${url}/webhooks`);
      await look(guest, lang, "webhooks");
      await page.fill("#name", `教务系统 ${lang} ${size}`);
      await page.fill("#url", "https://example.org/keshi?key=of-the-receiver");
      await page.locator("input[name=refused]").uncheck();
      await page.locator("form.stack button").click();
      await page.waitForFunction(() => document.querySelector(".notice code"));
      const first = await secret(page);
      assert.match(first, /^whsec_[A-Za-z0-9+/]{43}=$/);
      await look(guest, lang, "webhook-added");
      assert.ok(!(await page.content()).includes("of-the-receiver"), "what an address says after its path is a secret of the receiver's");

      await press(page, "test");
      await page.waitForFunction(() => document.querySelector("#deliveries ~ table tbody tr"));
      assert.equal(await page.locator(".notice code").count(), 0, "the secret is shown once");
      await look(guest, lang, "webhook-tried");
      await page.locator("details", { has: page.locator("form[action$='/secret']") }).locator("summary").click();
      await press(page, "secret");
      await page.waitForFunction(() => document.querySelector(".notice code"));
      assert.notEqual(await secret(page), first);

      await press(page, "active");
      await page.waitForFunction(() => document.querySelector(".notice.bad"));
      await look(guest, lang, "webhook-ended");
      await page.locator("details", { has: page.locator("form[action$='/remove']") }).locator("summary").click();
      await press(page, "remove");
      await page.waitForURL(`${url}/webhooks`);
      await look(guest, lang, "webhooks-after");
      await guest.context.close();
    });
  }
}
