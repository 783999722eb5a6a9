// The claim of a class on the pages: a reviewer gives it back and says why, the provider sees its gaps and files it again, in both languages, on a desk and on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { languages, login, look, person, sizes, start, stop, url, visitor } from "./browser.mjs";

before(start);
after(stop);

const state = { zh: { filed: "待审核", returned: "已退回" }, en: { filed: "waiting for a decision", returned: "returned" } };

// The provider's own class, which the reviewer sees as well.
let place;

async function claimOf(guest, lang, who) {
  await login(guest, lang, person(who));
  if (!place) {
    await guest.page.goto(`${url}/classes`);
    place = await guest.page.locator("table.list a.row").first().getAttribute("href");
  }
  await guest.page.goto(`${url}${place}`);
  await look(guest, lang, `class, ${who}`);
  await guest.page.locator("section[aria-labelledby=money] .acts a").click();
  await guest.page.waitForURL(/\/claim$/);
  await look(guest, lang, `claim, ${who}`);
}

// Files the claim that is open, with its gaps stated where there are some.
async function file({ page }, lang) {
  const box = page.locator("input[name=gaps]");
  if (await box.count()) await box.check();
  await page.locator("form[action$='/claim'] button.primary").click();
  await page.waitForLoadState();
  assert.equal(await page.locator("#filed .meta").textContent(), state[lang].filed);
}

for (const lang of languages) {
  for (const size of Object.keys(sizes)) {
    test(`a claim is filed, given back and filed again, ${lang}, ${size}`, async () => {
      const provider = await visitor({ size });
      await claimOf(provider, lang, "provider");
      if (await provider.page.locator("#now").count()) await file(provider, lang);
      assert.equal(await provider.page.locator("#decide").count(), 0, "a provider decides nothing");

      const reviewer = await visitor({ size });
      await claimOf(reviewer, lang, "reviewer");
      await reviewer.page.locator("input[name=decision][value=return]").check();
      await reviewer.page.fill("#reason", "补交证书后再报");
      await reviewer.page.locator("form[action$='/decision'] button.primary").click();
      await reviewer.page.waitForLoadState();
      assert.equal(await reviewer.page.locator("#filed .meta").textContent(), state[lang].returned);
      assert.match(await reviewer.page.locator("main").textContent(), /补交证书后再报/);
      await look(reviewer, lang, "claim, returned");

      await provider.page.reload();
      await file(provider, lang);
      await look(provider, lang, "claim, filed again");
      for (const guest of [provider, reviewer]) {
        assert.deepEqual(guest.wrong, []);
        await guest.context.close();
      }
    });
  }
}
