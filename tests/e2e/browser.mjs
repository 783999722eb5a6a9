// One browser, and pages that remember what must not happen: an error in the console, a failed answer, a request to another host.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { seen } from "./seen.mjs";

export const url = process.env.KESHI_E2E_URL ?? "http://127.0.0.1:8080";
// A login for each role, as `keshi demo` writes them.
const people = process.env.KESHI_E2E_LOGINS ? JSON.parse(readFileSync(process.env.KESHI_E2E_LOGINS, "utf8")).people : [];
export const person = (role) => people.find((one) => one.role === role);
export const { name } = person("inspector") ?? {};
const shots = process.env.KESHI_E2E_SHOTS;

export const sizes = { desk: { width: 1366, height: 768 }, phone: { width: 390, height: 844 } };
export const languages = ["zh", "en"];

const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
let browser;

export async function start() {
  assert.ok(name, "set KESHI_E2E_LOGINS to the demo-logins.json of a demonstration server");
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  browser = await chromium.launch({ executablePath: process.env.KESHI_E2E_CHROMIUM ?? "/usr/bin/chromium", args: [...root, ...quiet] });
}

export async function stop() {
  await browser?.close();
}

// A fresh visitor; `wrong` gathers what must not happen.
export async function visitor({ size = "desk", script = true, dark = false } = {}) {
  const context = await browser.newContext({ viewport: sizes[size], javaScriptEnabled: script, colorScheme: dark ? "dark" : "light", hasTouch: size === "phone", isMobile: size === "phone" });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => message.type() === "error" && wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`script: ${error.message}`));
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== "data:" && protocol !== "blob:" && host !== new URL(url).host) wrong.push(`request to ${host}`);
  });
  page.on("response", (answer) => answer.status() >= 400 && wrong.push(`${answer.status()} ${new URL(answer.url()).pathname}`));
  return { context, page, wrong, size };
}

export async function login({ page }, lang = "zh", who = person("inspector")) {
  await page.goto(`${url}/login?lang=${lang}`);
  await page.fill("#name", who.name);
  await page.fill("#password", who.password);
  await page.click("form button.primary");
  await page.waitForURL(`${url}/`);
}

// What holds for every page a person lands on.
export async function look({ page, wrong, size }, lang, label) {
  assert.equal(await page.locator("html").getAttribute("lang"), lang === "zh" ? "zh-CN" : "en", `${label}: language`);
  assert.equal(await page.locator("h1").count(), 1, `${label}: one heading`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth).catch(() => 0);
  assert.ok(over <= 0, `${label}: ${over} px too wide for ${size}`);
  const broken = await page.evaluate(() => [...document.images].filter((image) => image.complete && image.naturalWidth === 0).length).catch(() => 0);
  assert.equal(broken, 0, `${label}: broken pictures`);
  assert.deepEqual(wrong, [], `${label}: what must not happen`);
  const caught = await page.evaluate(seen, { lang, phone: size === "phone" });
  if (process.env.KESHI_E2E_LENIENT) caught.forEach((one) => console.log(`SEEN ${label} ${lang} ${size}: ${one}`));
  else assert.deepEqual(caught, [], `${label}: what an eye catches`);
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${label}.${lang}.${size}.png`), fullPage: true });
  }
}
