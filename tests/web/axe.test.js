/*
 * axe.test - axe has nothing to say against any view: in both themes, wide and narrow, logged in or not, with much to show, nothing
 * to show, or a server that says no. And none is wider than the screen.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { axeComplaints } from "./support/axe.js";
import { openBrowser, openPage } from "./support/browser.js";
import { makeStore, replay, serve } from "./support/earshot.js";
import { environment, whyNot } from "./support/environment.js";
import { LIVELY_CONFIG, livelyCapture } from "./support/lively.js";
import { showView, viewsOf, worthSeeing } from "./support/views.js";

const missing = whyNot();
const WIDE = { width: 1280, height: 900 };
const NARROW = { width: 390, height: 844 };

if (missing) console.log(`SKIPPED: ${missing}`);

describe("every view, for everybody", { skip: missing ?? false }, () => {
  let store, server, browser, page;

  before(async () => {
    store = makeStore();
    const capture = join(store.folder, "lively.pcap");
    const config = join(store.folder, "earshot.yaml");
    writeFileSync(capture, livelyCapture(environment.samples, Date.now() / 1000 - 5));
    writeFileSync(config, LIVELY_CONFIG);
    await replay(store, [capture], ["-c", config]);
    server = await serve(store);
    browser = await openBrowser();
    ({ page } = await openPage(browser));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    store?.remove();
  });

  /* All rules in the light and wide; then what a theme changes, and what a width does. */
  async function complaints(name) {
    const found = [];
    const look = async (viewport, colorScheme, rules) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (over > 0) found.push(`${name}: ${over} px wider than ${viewport.width}`);
      for (const line of await axeComplaints(page, rules)) found.push(`${name}, ${viewport.width} px, ${colorScheme}: ${line}`);
    };

    await look(WIDE, "light");
    await look(WIDE, "dark", ["color-contrast"]);
    await look(NARROW, "dark");
    await page.setViewportSize(WIDE);
    return found;
  }

  it("with much to show", async () => {
    await page.goto(server.url);
    const found = [];
    for (const view of viewsOf(await worthSeeing(page))) {
      await showView(page, server.url, view);
      found.push(...(await complaints(view.name)));
    }
    assert.deepEqual(found, []);
  });
});
