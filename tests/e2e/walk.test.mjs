// An inspector's way through the pages, in both languages, on a desk and on a phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { languages, login, look, name, person, sizes, start, stop, url, visitor } from "./browser.mjs";

before(start);
after(stop);

// A class of the list that has credited hours.
async function openClass(page) {
  await page.goto(`${url}/classes`);
  const row = page.locator("table.list tbody tr", { has: page.locator("td.num", { hasNotText: /^0 / }) }).filter({ hasText: /[1-9][\d.,]* \// }).first();
  await row.locator("a.row").click();
  await page.waitForURL(/\/classes\/[0-9a-f-]{36}/);
}

const seconds = (clock) => clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

for (const lang of languages) {
  for (const size of Object.keys(sizes)) {
    test(`an hour is followed from its class to the bytes and back, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await page.goto(`${url}/login?lang=${lang}`);
      await look(guest, lang, "login");
      await login(guest, lang);
      await look(guest, lang, "work");

      await openClass(page);
      await look(guest, lang, "class");
      const columns = (await page.locator(".matrix thead th").count()) - 3;
      const rows = await page.locator(".matrix tbody tr").count();
      assert.equal(await page.locator(".matrix tbody td a").count(), columns * rows, "a cell for every trainee in every lesson");

      await page.locator(".matrix td.c a, .matrix td.p a").first().click();
      await page.waitForURL(/\/hours\//);
      await look(guest, lang, "hour");
      const spans = await page.locator(".spans tbody th").allTextContents();
      const times = spans.map((span) => span.split("–").map((clock) => seconds(clock.trim())));
      assert.ok(times.every(([from], place) => place === 0 || Math.abs(from - times[place - 1][1]) <= 1), `gap or overlap: ${spans}`);
      const hour = page.url();

      // The log's row, which a credited hour always rests on; pictures may stand before it, in the order in which they arrived.
      await page.locator(".spans .source > a:not(.seal)", { has: page.locator(".nobr") }).first().click();
      await page.waitForURL(/\/evidence\//);
      await look(guest, lang, "evidence");
      assert.match(await page.locator(".digest code").textContent(), /^[0-9a-f]{64}$/);
      assert.ok(await page.locator("#row pre").isVisible(), "the row of the file is shown");

      await page.locator("a.stamp").click();
      await page.locator("[data-recompute]").click();
      await page.waitForFunction(() => document.querySelectorAll("[data-steps] li[data-done]:not([data-done=''])").length === 4);
      const outcomes = await page.locator("[data-steps] li").evaluateAll((steps) => steps.map((step) => step.dataset.done));
      assert.deepEqual(outcomes, ["good", "good", "good", "good"], "the proof holds in the browser");
      await look(guest, lang, "proof");

      await page.locator("#row p a").first().click();
      await page.waitForURL(hour.replace(/#.*/, ""));
      await page.locator(".crumbs a").last().click();
      await page.waitForURL(/\/lessons\//);
      await look(guest, lang, "lesson");
      assert.ok((await page.locator("[data-presence]").count()) >= 1, "a row for every trainee");
      const box = await page.locator("[data-track]").boundingBox();
      await page.mouse.move(box.x + box.width / 2, box.y + box.height + 60);
      await page.waitForFunction(() => /\d\d:\d\d/.test(document.querySelector("[data-readout]").textContent));
      await page.locator(".crumbs a").last().click();
      await page.waitForURL(/\/classes\//);

      await page.locator(".matrix tbody th a").first().click();
      await page.waitForURL(/\/trainees\//);
      await look(guest, lang, "trainee");
      await guest.context.close();
    });

    test(`a finding is read with its evidence, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang);
      await page.goto(`${url}/findings?status=all`);
      await look(guest, lang, "findings");
      await page.locator("a.row").first().click();
      await page.waitForURL(/\/findings\/[0-9a-f-]{36}/);
      await look(guest, lang, "finding");
      assert.equal(await page.locator(".told h2").count() >= 4, true, "seen, normal, otherwise, cost");
      await guest.context.close();
    });

    test(`recordings and pictures are shown in place, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang);
      await page.goto(`${url}/evidence?kind=screenshot`);
      await look(guest, lang, "evidence-list");
      await page.locator("a.row").first().click();
      await page.waitForFunction(() => document.querySelector(".shown img")?.naturalWidth > 0);
      await look(guest, lang, "picture");
      await page.goto(`${url}/evidence?kind=video`);
      await page.locator("a.row").first().click();
      await page.waitForFunction(() => document.querySelector(".shown video")?.readyState >= 1);
      await page.evaluate(() => {
        const video = document.querySelector(".shown video");
        video.currentTime = video.duration / 2;
      });
      await page.waitForFunction(() => !document.querySelector(".shown video").seeking);
      await look(guest, lang, "video");
      await guest.context.close();
    });

    test(`the log says how anybody checks it, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      await login(guest, lang);
      await guest.page.goto(`${url}/log`);
      await look(guest, lang, "log");
      await guest.page.locator(".custody a.seal").first().click();
      await guest.page.waitForURL(/leaf=/);
      await look(guest, lang, "leaf");
      await guest.context.close();
    });

    test(`a provider says who somebody is whom the logs name, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang, person("provider"));
      await page.goto(`${url}/classes`);
      const classes = await page.locator("a.row").evaluateAll((rows) => rows.map((row) => row.getAttribute("href")));
      for (const place of classes) {
        await page.goto(url + place);
        if (await page.locator(".notice a[href$='/unmatched']").count()) break;
      }
      await page.locator(".notice a[href$='/unmatched']").click();
      await page.waitForURL(/\/unmatched/);
      await look(guest, lang, "unmatched");
      const waiting = await page.locator(".waits").count();
      assert.ok(waiting > 0 && (await page.locator(".waits form.stack").first().isVisible()), "somebody waits, and the first form is open");
      const first = page.locator(".waits").first();
      const written = await first.locator("h3 > span").first().textContent();
      await first.locator("input[value=nobody]").check();
      await first.locator("input[name=reason]").fill("试机，不是学员");
      await first.locator("button.primary").click();
      await page.waitForURL(/#said/);
      await page.locator("tr", { hasText: "试机，不是学员" }).filter({ hasText: written }).first().waitFor();
      const until = async (count) => {
        for (let turn = 0; turn < 60 && (await page.locator(".waits").count()) !== count; turn++) {
          await page.waitForTimeout(500);
          await page.reload();
        }
        assert.equal(await page.locator(".waits").count(), count, "the logs of the class were read again");
      };
      await until(waiting - 1);
      await look(guest, lang, "unmatched-said");
      const back = page.locator("details", { has: page.locator("input[value=withdraw]") }).first();
      await back.locator("summary").click();
      await back.locator("input[name=reason]").fill("试毕");
      await back.locator("button").click();
      await page.waitForURL(/#said/);
      await until(waiting);
      await guest.context.close();
    });

    test(`lists, and what they say when nothing is in them, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang);
      for (const [label, address] of [
        ["classes", "/classes"],
        ["classes-nothing", "/classes?q=zzzz"],
        ["evidence-all", "/evidence"],
        ["evidence-nothing", "/evidence?q=zzzz"],
        ["findings-open", "/findings"],
        ["findings-nothing", "/findings?status=snoozed"],
      ]) {
        await page.goto(url + address);
        await look(guest, lang, label);
        if (label.endsWith("-nothing")) assert.ok(await page.locator(".empty").isVisible(), `${label}: a sentence instead of a list`);
      }
      await guest.context.close();
    });

    test(`a rule is tried with another value, and the lake is asked, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang);
      await page.goto(`${url}/findings`);
      await page.locator("a[href='/rules']").click();
      await look(guest, lang, "rules");
      await page.locator("a[href='/rules/missing-media']").click();
      await look(guest, lang, "rule");
      const found = async (hours) => {
        await page.locator("input[name=grace_hours]").fill(String(hours));
        await page.locator("#try ~ form button").click();
        await page.waitForSelector("#try ~ h3");
        return Number((await page.locator("#try ~ h3 + dl dd").first().textContent()).split("·")[0]);
      };
      const before = await found(72);
      await look(guest, lang, "rule-tried");
      assert.ok(before > 0, "the sample has lessons without media");
      assert.equal(await found(10_000_000), 0, "nothing is late that long");

      await page.goto(`${url}/ask`);
      await look(guest, lang, "ask");
      await page.locator("button[value=show]").click();
      await page.waitForSelector("#rows");
      await look(guest, lang, "ask-rows");
      const kinds = await page.locator("[aria-labelledby=rows] tbody tr td:first-child").allTextContents();
      assert.ok(kinds.includes("join") || kinds.includes("interval"), `kinds: ${kinds}`);
      const download = page.waitForEvent("download");
      await page.locator("button[value=xlsx]").click();
      assert.equal((await download).suggestedFilename(), "keshi.xlsx");
      await page.locator("textarea[name=sql]").fill("copy attendance to 'x.csv'");
      await page.locator("button[value=show]").click();
      await page.waitForSelector(".notice[role=alert]");
      await page.locator("textarea[name=sql]").fill("select count(*) as lessons from lessons");
      await page.locator("input[name=name]").fill(`数课节 ${lang} ${size}`);
      await page.locator("button[value=keep]").click();
      await page.locator("a", { hasText: `数课节 ${lang} ${size}` }).click();
      await page.waitForURL(/kept=/);
      assert.equal(await page.locator("textarea[name=sql]").inputValue(), "select count(*) as lessons from lessons");
      await look(guest, lang, "ask-kept");
      await guest.context.close();
    });

    test(`who has most against them and who shares what, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang);
      await page.goto(`${url}/findings`);
      await page.locator("a[href='/scores']").click();
      await page.waitForURL(/\/scores/);
      await look(guest, lang, "scores");
      const shares = (await page.locator("table.list td.num b").allTextContents()).map((text) => Number.parseInt(text, 10));
      assert.ok(shares.length > 0 && shares.every((share, place) => place === 0 || share <= shares[place - 1]), `not in order: ${shares}`);
      await page.locator("details summary").first().click();
      assert.ok(await page.locator("ul.parts a[href^='/rules/']").first().isVisible(), "a score shows what it is made of");
      await look(guest, lang, "score-parts");
      await page.locator("select[name=kind]").selectOption("class");
      await page.locator("form.filter button").click();
      await page.waitForURL(/kind=class/);
      await page.locator("table.list tbody th > a").first().click();
      await page.waitForURL(/\/classes\/[0-9a-f-]{36}/);

      await page.goto(`${url}/findings`);
      await page.locator("a[href='/network']").click();
      await page.waitForURL(/\/network/);
      await look(guest, lang, "network");
      const follow = page.locator("form[action='/network/follow'] button");
      if ((await follow.count()) > 0) {
        await follow.first().click();
        await page.waitForURL(/\/network\/follow/);
        await look(guest, lang, "followed");
        assert.ok((await page.locator("a.row").count()) >= 2, "what is shared is found in several classes");
      }
      await page.goto(`${url}/rules`);
      assert.ok((await page.locator("[aria-labelledby=runs] tbody tr").count()) > 0, "the newest runs are listed");
      await guest.context.close();
    });

    test(`evidence of each kind, findings of each rule, hours of each state, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang);
      for (const kind of ["attendance", "document"]) {
        await page.goto(`${url}/evidence?kind=${kind}`);
        if ((await page.locator("a.row").count()) === 0) continue;
        await page.locator("a.row").first().click();
        await page.waitForURL(/\/evidence\/[0-9a-f-]{36}/);
        await look(guest, lang, `evidence-${kind}`);
      }
      await page.goto(`${url}/findings?status=all`);
      const rules = await page.locator("select[name=rule] option").evaluateAll((options) => options.map((option) => option.value).filter(Boolean));
      for (const rule of rules) {
        await page.goto(`${url}/findings?status=all&rule=${rule}`);
        if ((await page.locator("a.row").count()) === 0) continue;
        await page.locator("a.row").first().click();
        await page.waitForURL(/\/findings\/[0-9a-f-]{36}/);
        await look(guest, lang, `finding-${rule}`);
      }
      await openClass(page);
      const hours = [];
      for (const state of ["p", "u", "d"]) {
        const cell = page.locator(`.matrix td.${state} a`).first();
        if (await cell.count()) hours.push([state, await cell.getAttribute("href")]);
      }
      for (const [state, href] of hours) {
        await page.goto(url + href);
        await look(guest, lang, `hour-${state}`);
      }
      await guest.context.close();
    });

    test(`an administrator sees the jobs, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      await login(guest, lang, person("admin"));
      await guest.page.goto(`${url}/jobs`);
      await look(guest, lang, "jobs");
      await guest.context.close();
    });

    test(`an investigator is given the form, a provider and a platform their own pages, ${lang}, ${size}`, async () => {
      for (const role of ["investigator", "provider", "platform", "reviewer"]) {
        if (!person(role)) continue;
        const guest = await visitor({ size });
        const { page } = guest;
        await login(guest, lang, person(role));
        await look(guest, lang, `work-${role}`);
        if (role === "investigator") {
          await page.locator("[data-rows] a.row[href^='/findings/']").first().click();
          await page.waitForURL(/\/findings\/[0-9a-f-]{36}/);
          assert.ok(await page.locator("form[action$='/status'] button.primary").isVisible());
          await look(guest, lang, "finding-decide");
        } else {
          await openClass(page);
          await look(guest, lang, `class-${role}`);
        }
        if (size === "desk") {
          for (const place of [page.url(), `${url}/`, `${url}/log`]) {
            await page.goto(place);
            const links = await page.locator("main a[href^='/']").evaluateAll((all) => [...new Set(all.map((link) => link.getAttribute("href").replace(/#.*/, "")))]);
            for (const link of links.slice(0, 60)) {
              const answer = await page.request.get(url + link);
              assert.ok(answer.ok(), `${role} is led from ${place} to ${link}: ${answer.status()}`);
            }
          }
        }
        await guest.context.close();
      }
    });

    test(`what goes wrong is said plainly, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await page.goto(`${url}/login?lang=${lang}`);
      await page.fill("#name", name);
      await page.fill("#password", "not the password");
      await page.click("form button.primary");
      await page.locator("[role=alert]").waitFor();
      guest.wrong.length = 0;
      await look(guest, lang, "login-failed");
      await login(guest, lang);
      await page.goto(`${url}/classes/0190a1b2-0000-7000-8000-000000000000`);
      guest.wrong.length = 0;
      await look(guest, lang, "trouble");
      await guest.context.close();
    });
  }
}

test("everything is read without script", async () => {
  const guest = await visitor({ script: false });
  const { page } = guest;
  await login(guest);
  await openClass(page);
  await page.locator(".matrix td.c a, .matrix td.p a").first().click();
  await page.locator(".spans .source > a:not(.seal)").first().click();
  assert.match(await page.locator(".digest code").textContent(), /^[0-9a-f]{64}$/);
  await page.locator(".proof summary").first().click();
  assert.ok(await page.locator(".proof pre").first().isVisible());
  assert.deepEqual(guest.wrong, []);
  await guest.context.close();
});

test("the keyboard walks a list, opens a row and shows its help", async () => {
  const guest = await visitor();
  const { page } = guest;
  await login(guest);
  await page.goto(`${url}/evidence`);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  const second = await page.locator("a.row").nth(1).getAttribute("href");
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("href")), second);
  await page.keyboard.press("?");
  assert.ok(await page.locator("#help").isVisible());
  await page.keyboard.press("?");
  await page.keyboard.press("/");
  assert.ok(await page.evaluate(() => document.activeElement.matches("[data-search]")));
  await page.goto(`${url}/evidence`);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/evidence\/[0-9a-f-]{36}/);
  assert.deepEqual(guest.wrong, []);
  await guest.context.close();
});

test("the dark pages are the same pages", async () => {
  const guest = await visitor({ dark: true });
  await login(guest);
  await openClass(guest.page);
  await look(guest, "zh", "class-dark");
  await guest.context.close();
});

test("nobody comes in with a wrong password, and nothing is shown before the login", async () => {
  const guest = await visitor();
  const { page } = guest;
  await page.goto(`${url}/classes`);
  assert.match(page.url(), /\/login\?next=/);
  guest.wrong.length = 0;
  await page.fill("#name", name);
  await page.fill("#password", "not the password");
  await page.click("form button.primary");
  assert.ok(await page.locator("[role=alert]").isVisible());
  assert.equal(await page.locator("nav.rail").count(), 0);
  await guest.context.close();
});

test("an unknown address says what to do", async () => {
  const guest = await visitor();
  const { page } = guest;
  await login(guest);
  const answer = await page.goto(`${url}/classes/0190a1b2-0000-7000-8000-000000000000`);
  assert.equal(answer.status(), 404);
  assert.equal(await page.locator("h1").count(), 1);
  await page.locator(".acts a").click();
  await page.waitForURL(`${url}/`);
  await guest.context.close();
});
