// One browser, and pages that remember what must not happen: an error in the console, a failed answer, a request to another host.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { seen } from "./seen.mjs";

export const url = process.env.KESHI_E2E_URL ?? "http://127.0.0.1:8080";
export const name = process.env.KESHI_E2E_NAME;
export const password = process.env.KESHI_E2E_PASSWORD;
export const admin = { name: process.env.KESHI_E2E_ADMIN, password: process.env.KESHI_E2E_ADMIN_PASSWORD };
const shots = process.env.KESHI_E2E_SHOTS;

export const sizes = { desk: { width: 1366, height: 768 }, phone: { width: 390, height: 844 } };
export const languages = ["zh", "en"];

const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
let browser;

export async function start() {
  assert.ok(name && password, "set KESHI_E2E_NAME and KESHI_E2E_PASSWORD to a login that may see findings");
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

export async function login({ page }, lang = "zh", who = { name, password }) {
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
