/*
 * axe.test - axe has nothing to say against any view: in both themes, wide and narrow, logged in or not, with much to show, nothing
 * to show, or a server that says no. And none is wider than the screen.
 */
import assert from "node:assert/strict";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { axeComplaints } from "./support/axe.js";
import { openBrowser, openPage } from "./support/browser.js";
import { makeStore, replay, serve } from "./support/earshot.js";
import { environment, whyNot } from "./support/environment.js";
import { livelyCapture, livelyConfig } from "./support/lively.js";
import { showView, viewsOf, worthSeeing } from "./support/views.js";

const missing = whyNot();
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };
/* What a width may change; all of axe's rules have been asked of the wide page. */
const OF_WIDTH = [
  "aria-hidden-focus", "button-name", "color-contrast", "empty-heading", "heading-order", "label", "landmark-one-main", "landmark-unique", "link-name", "nested-interactive", "page-has-heading-one",
  "region", "scrollable-region-focusable", "select-name",
];
const PAGES = ["overview", "calls", "alerts", "trunks", "registrations", "security", "certificates", "probe", "users", "audit"];

if (missing) console.log(`SKIPPED: ${missing}`);

describe("every view, for everybody", { skip: missing ?? false }, () => {
  let store, server, browser, page;

  before(async () => {
    store = makeStore();
    const capture = join(store.folder, "lively.pcap");
    const config = join(store.folder, "earshot.yaml");
    writeFileSync(capture, livelyCapture(environment.samples, Date.now() / 1000 - 5));
    writeFileSync(config, livelyConfig(realpathSync(environment.rules)));
    await replay(store, [capture], ["-c", config]);
    server = await serve(store, "127.0.0.1:0", ["-c", config]);
    browser = await openBrowser();
    ({ page } = await openPage(browser, { reducedMotion: "reduce" }));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    store?.remove();
  });

  async function look(view, name, viewport, colorScheme, rules = null) {
    const found = [];
    await view.setViewportSize(viewport);
    await view.emulateMedia({ colorScheme });
    const over = await view.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (over > 0) found.push(`${name}: ${over} px wider than ${viewport.width}`);
    for (const line of await axeComplaints(view, rules)) found.push(`${name}, ${viewport.width} px, ${colorScheme}: ${line}`);
    return found;
  }

  /* All rules in the light and wide; then what a theme changes, and what a width does. */
  async function complaints(view, name) {
    return [
      ...(await look(view, name, WIDE, "light")),
      ...(await look(view, name, WIDE, "dark", ["color-contrast"])),
      ...(await look(view, name, NARROW, "dark", OF_WIDTH)),
    ];
  }

  it("with much to show", async () => {
    const found = [];
    await page.goto(server.url);
    for (const view of viewsOf(await worthSeeing(page))) {
      await page.setViewportSize(WIDE);
      await showView(page, server.url, view);
      found.push(...(await complaints(page, view.name)));
    }
    assert.deepEqual(found, []);
  });

  it("with a server that says no", async () => {
    const { page: view, close } = await openPage(browser);
    const found = [];

    await view.route(/\/api\/v1\/(?!session)/, (route) => route.fulfill({ status: 503, json: { status: 503, detail: "the store cannot be read" } }));
    await view.goto(server.url);
    for (const name of PAGES) {
      await showView(view, server.url, { hash: `#/${name}`, sign: ".failure" });
      found.push(...(await look(view, `${name}, refused`, WIDE, "light")));
    }
    await close();
    assert.deepEqual(found, []);
  });

  it("without a login", async () => {
    const { page: view, close } = await openPage(browser, { user: null });

    await view.goto(server.url);
    await view.waitForSelector(".gate form");
    const found = await complaints(view, "login");
    await view.goto(`${server.url}#/setup?key=0&name=bea`);
    await view.waitForSelector("input[autocomplete=new-password]");
    found.push(...(await complaints(view, "setup")));
    await close();
    assert.deepEqual(found, []);
  });

  /* Last: who opens a page after it is logged in to the server of nothing. */
  it("with nothing to show", async () => {
    const empty = makeStore();
    mkdirSync(empty.path);
    const other = await serve(empty);
    const { page: view, close } = await openPage(browser);
    const found = [];

    await view.goto(other.url);
    for (const name of PAGES) {
      await showView(view, other.url, { hash: `#/${name}`, sign: "main h1" });
      found.push(...(await look(view, `${name}, empty`, WIDE, "light")));
    }
    await close();
    await other.stop();
    empty.remove();
    assert.deepEqual(found, []);
  });
});
