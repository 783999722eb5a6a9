// An inspector looks at recordings that were handed in twice: cut and coded again, cut without coding, and one that repeats itself.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { languages, login, look, sizes, start, stop, url, visitor } from "./browser.mjs";

const { access } = JSON.parse(readFileSync(process.env.KESHI_E2E_LOGINS, "utf8"));
const folder = mkdtempSync(join(tmpdir(), "keshi-reused-"));
const sent = {};

async function api(method, place, body) {
  const answer = await fetch(`${url}/v1/${place}`, { method, headers: { authorization: `Bearer ${access.admin}` }, body });
  assert.ok(answer.ok, `${method} ${place}: ${answer.status} ${answer.ok ? "" : await answer.text()}`);
  return answer.json();
}

function film(name, ...made) {
  execFileSync("ffmpeg", ["-v", "error", "-nostdin", "-y", ...made, name], { cwd: folder });
  return readFileSync(join(folder, name));
}

const coded = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-g", "40", "-c:a", "aac"];
// Something like speech: a note every fifth of a second, by chance.
const speech = "aevalsrc=exprs='0.3*sin(2*PI*t*(150+60*floor(mod(abs(sin(floor(t*5)*12.9898+1)*43758.5453)*11,11))))':s=16000:d=150";

before(async () => {
  await start();
  const kept = await api("GET", "classes?limit=1");
  const place = kept.items[0].id;
  const { items } = await api("GET", `classes/${place}/lessons`);
  const lessons = items.filter((one) => one.mode === "live").slice(0, 4);
  const original = film("original.mp4", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=10:duration=150", "-f", "lavfi", "-i", speech, ...coded);
  const films = {
    original,
    copy: film("copy.mp4", "-ss", "12", "-i", "original.mp4", "-vf", "scale=320:180,drawbox=x=260:y=10:w=50:h=20:color=white:t=fill", ...coded),
    cut: film("cut.mkv", "-ss", "40", "-t", "90", "-i", "original.mp4", "-c", "copy"),
    looped: film("looped.mp4", "-f", "lavfi", "-i", "mandelbrot=size=320x180:rate=10:end_pts=900", "-f", "lavfi", "-i", speech, "-filter_complex",
      "[0:v]trim=0:40,split=3[p][q][r];[1:a]atrim=20:60,asetpts=PTS-STARTPTS,asplit=3[s][t][u];[p][s][q][t][r][u]concat=n=3:v=1:a=1", ...coded),
  };
  for (const [number, [name, bytes]] of Object.entries(films).entries()) {
    const query = new URLSearchParams({ kind: "video", class: place, lesson: lessons[number].id, filename: `第${number + 1}课_录屏.${name === "cut" ? "mkv" : "mp4"}` });
    sent[name] = (await api("POST", `evidence?${query}`, bytes)).id;
  }
  for (let tries = 0; tries < 600; tries += 1) {
    const { items } = await api("GET", "jobs?state=open");
    if (!items.length) return;
    await new Promise((done) => setTimeout(done, 500));
  }
  assert.fail("jobs are still open");
});
after(stop);

for (const lang of languages) {
  for (const size of Object.keys(sizes)) {
    test(`what a recording shares with another, and where it repeats itself, is seen and watched, ${lang}, ${size}`, async () => {
      const guest = await visitor({ size });
      const { page } = guest;
      await login(guest, lang);
      for (const name of ["copy", "cut"]) {
        await page.goto(`${url}/evidence/${sent[name]}`);
        await look(guest, lang, `recording-${name}`);
        const match = page.locator(".matches li", { has: page.locator(`a[href='/evidence/${sent.original}']`) });
        assert.equal(await match.count(), 1, `${name} leads to the original`);
        const [here, there] = await match.locator(".times a").evaluateAll((links) => links.slice(0, 2).map((link) => link.textContent));
        assert.match(`${here} ${there}`, /^\d+:\d\d–\d+:\d\d \d+:\d\d–\d+:\d\d$/, "where it is in both");
        if (name === "copy") {
          const pair = `.matches li:has(a[href='/evidence/${sent.original}']) .pair video`;
          await page.waitForFunction((pair) => [...document.querySelectorAll(pair)].every((film) => film.readyState >= 2), pair);
          const [mine, theirs] = await page.locator(pair).evaluateAll((films) => films.map((film) => film.currentTime));
          assert.ok(Math.abs(theirs - mine - 12) < 1 && mine > 10, `one moment of both beside each other: ${mine} and ${theirs}`);
        }
      }
      await page.goto(`${url}/evidence/${sent.looped}`);
      await look(guest, lang, "recording-looped");
      assert.ok((await page.locator(".lanes tr").count()) >= 1, "there is a lane of what repeats itself");
      for (const rule of ["video-reuse", "looped-video"]) {
        const { items } = await api("GET", `findings?rule=${rule}`);
        const one = items.find((finding) => Object.values(sent).includes(finding.subject.id));
        assert.ok(one, `a finding of ${rule}`);
        await page.goto(`${url}/findings/${one.id}`);
        await look(guest, lang, `finding-${rule}`);
        const players = await page.locator("figure video").evaluateAll((films) => films.map((film) => film.getAttribute("src")));
        assert.equal(players.length, 2, "what was shown, and where it comes again");
        assert.ok(players.every((film) => /#t=\d+,\d+$/.test(film)), `players begin where there is something to see: ${players}`);
      }
      await guest.context.close();
    });
  }
}
