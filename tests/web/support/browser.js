/*
 * browser - Chromium, and everything that it complains about.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { latest } from "./earshot.js";
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

/* Gives a context the session of a server, as a login would. */
export function enter(context, { url, cookie }) {
  return context.addCookies([{ ...cookie, domain: new URL(url).hostname, path: "/", secure: true, httpOnly: true, sameSite: "Strict" }]);
}

/* A page that is logged in to the latest server, unless options.user is null, and `complaints`: console errors, exceptions, CSP violations, requests that failed. */
export async function openPage(browser, { user, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });

  if (latest.url && user !== null) await enter(context, latest);
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
