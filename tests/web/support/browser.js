/*
 * browser - Chromium, and everything that it complains about.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { environment, loadPlaywright } from "./environment.js";

/* Quiet: no background traffic to hosts that are not ours. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function openBrowser() {
  return loadPlaywright().chromium.launch({ executablePath: environment.chromium, args: ARGUMENTS });
}

/* A page and `complaints`: console errors, exceptions, CSP violations, requests that failed. */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];

  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.stack ?? error}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.exposeFunction("reportViolation", (text) => complaints.push(`CSP: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      globalThis.reportViolation(`${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return { page, complaints, close: () => context.close() };
}

export async function keepShot(page, name, options = {}) {
  if (!environment.shots) return;
  mkdirSync(environment.shots, { recursive: true });
  await page.screenshot({ path: join(environment.shots, `${name}.png`), ...options });
}

/* The API, asked by the page itself. */
export function ask(page, path) {
  return page.evaluate(async (address) => (await fetch(address)).json(), `api/v1/${path}`);
}
