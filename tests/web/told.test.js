/*
 * told.test - what really happened to a call, as a person sees it: its story, the evidence, what is against the
 * standard, one ladder over its legs. A store in which everything is told, strangers' texts among it, and one browser.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, afterEach, before, describe, it } from "node:test";
import { axeComplaints } from "./support/axe.js";
import { ask, keepShot, openBrowser, openPage } from "./support/browser.js";
import { makeStore, serve } from "./support/earshot.js";
import { whyNot } from "./support/environment.js";

const missing = whyNot() ?? (process.env.MAKE_STORE ? null : "MAKE_STORE is not set");
const CALLS = 20;

if (missing) console.log(`SKIPPED: ${missing}`);

describe("what really happened", { skip: missing ?? false }, () => {
  let store, server, browser, tab, page, comes, leaves, alone;

  before(async () => {
    store = makeStore();
    const ids = execFileSync(process.env.MAKE_STORE, [store.path, String(CALLS)]).toString().trim().split("\n");
    [alone, comes, leaves] = [ids[0], ids[6], ids[7]];
    server = await serve(store);
    browser = await openBrowser();
    tab = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    page = tab.page;
    await open(comes);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    store?.remove();
  });
  afterEach(() => {
    if (tab) assert.deepEqual(tab.complaints.splice(0), [], "the browser complained");
  });

  async function open(id, view = page) {
    await view.goto(`${server.url}#/call/${id}`);
    await view.waitForSelector(".ladder-message");
    await view.waitForSelector(".call-page > .panel:last-child .facts");
    await view.waitForSelector("section[aria-labelledby=deviations] a, .call-page:not(:has(section[aria-labelledby=deviations]))");
  }
  const squeeze = (text) => text.replace(/\s+/g, " ").trim();
  const textOf = async (selector) => squeeze(await page.textContent(selector));
  const textsOf = async (selector) => (await page.$$eval(selector, (all) => all.map((one) => one.textContent))).map(squeeze);

  it("is told by the server, each sentence once", async () => {
    const { story } = await ask(page, `calls/${comes}`);
    const shown = await textOf(".call-page");

    assert.ok(story.length >= 4);
    for (const { part, text } of story.filter((each) => each.part !== "standard")) assert.equal(shown.split(squeeze(text)).length - 1, 1, part);
    const { deviations } = await ask(page, "deviations");
    for (const { sentence } of deviations) assert.ok(shown.split(sentence).length <= 2, sentence);
    assert.equal(await page.locator(".story-fault").count(), 1);
  });

  it("shows what is against the standard, with its clause, when and by whom, offers side by side", async () => {
    const list = "section[aria-labelledby=deviations]";
    const [contact, refused] = await textsOf(`${list} li`);

    assert.match(contact, /private_contact RFC 3261 §8\.1\.1\.8 ?\d\d:\d\d:13\.200 by the callee · 3 times ?<img src=x onerror=ran=1>$/);
    assert.match(refused, /Offered ?PCMU, G729 ?Would take ?iLBC ?Warning ?305 no codec$/);
    assert.equal(await page.getAttribute(`${list} a >> nth=0`, "href"), "https://www.rfc-editor.org/rfc/rfc3261#section-8.1.1.8");
    assert.equal(await page.locator(".call-page img, .call-page script").count(), 0);
    assert.equal(await page.evaluate(() => globalThis.ran ?? null), null);
  });

  it("shows what the verdict rests on, both sides beside each other", async () => {
    const rows = await textsOf("section[aria-labelledby=evidence] tbody tr");
    assert.ok(rows.includes("Packets since the answer1,8500"), rows.join(" | "));
    assert.ok(rows.includes("Packets before the answer041"));
    assert.match(await textOf("section[aria-labelledby=evidence]"), /one-way.*Because ?nothing came from the callee/);
    assert.match(await textOf("section[aria-labelledby=history]"), /Put on hold by the caller.*The media moved to another address by the callee · 2 times <b>198\.51\.100\.9:4000<\/b>/);
    assert.match(await textOf("section[aria-labelledby=timeouts]"), /and not back yet callee to caller/);
    assert.match(await textOf(".call-page > .panel:last-child .facts"), /Trunks ?carrier <a> → –.*hung up \(BYE\) by the caller.*partial \(B\).*signed by cert\.example\.com, unverified/);
  });

  it("draws one ladder over all legs, told apart by a letter, and says which side hurts", async () => {
    assert.deepEqual(await textsOf(".ladder-host"), ["192.0.2.10", "192.0.2.30", "192.0.2.31", "192.0.2.20"]);
    assert.equal((await textsOf(".ladder-gutter .of-message .ladder-leg")).join(""), "ABABBAAB");
    assert.equal(await page.locator(".ladder-stream").count(), 4, "the media of both legs");
    assert.deepEqual((await textsOf(".ladder-message.again .ladder-mark")).filter((mark) => mark !== "SDP"), ["↻ sent again", "↻ sent again"]);
    assert.match(await textOf(".legs .added-bad"), /caller to callee ?hurts here ?Lost between ?2\.0 % ?Delay added ?14 ms/);
    assert.match(await textOf(".legs"), /One conversation, for certain ?By: the same Session-ID \(RFC 7989\) ?Against it: no host is in both/);
    await keepShot(page, "legs-1440", { fullPage: true });
  });

  it("is read by the keyboard alone: a message of the other leg, this call's own ladder, the other leg", async () => {
    await page.keyboard.press("m");
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector(".message-pane .leg-1");
    assert.match(await page.textContent(".message-raw"), /Call-ID: call-7@test/);
    await page.getByRole("button", { name: "This call alone" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".ladder-message").length === 4);
    assert.equal(await page.locator(".ladder-leg").count(), 0);
    assert.ok(page.url().endsWith("?legs=own"));
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll(".ladder-message").length === 4);
    await page.focus(".leg-list a");
    await page.keyboard.press("Enter");
    await page.waitForFunction((id) => location.hash === `#/call/${id}` && document.querySelectorAll(".ladder-message").length === 8, leaves);
    await page.click("section[aria-labelledby=links] a");
    await page.waitForFunction((id) => location.hash === `#/call/${id}`, comes);
  });

  it("says nothing of legs where a call stands alone", async () => {
    await open(alone);
    assert.equal(await page.locator(".legs, [aria-label='Which legs the ladder shows'], .ladder-leg").count(), 0);
    assert.equal(await page.locator(".ladder-message").count(), 4);
  });

  it("opens the rooms beside the calls: trunks, registrations, security, certificates, the probe", async () => {
    const look = async (hash, sign) => {
      await page.goto(`${server.url}#/${hash}`);
      await page.waitForSelector(sign);
      return textOf("main");
    };

    const trunks = await look("trunks", "table.dense tbody tr");
    assert.match(trunks, /carrier b 192\.0\.2\.20 ?down.*Answered ?2 of 2/);
    assert.match(trunks, /Never asked by OPTIONS: carrier <a>/);
    assert.deepEqual((await page.locator("section:has(h2:has-text('Calls by trunk')) tbody tr").allTextContents()).map(squeeze).map((row) => row.slice(0, 20)), ["all calls–21090.5 %1", "carrier <a>from it21"]);
    assert.match(await page.getAttribute("section:has(h2:has-text('Calls by trunk')) tbody tr:nth-child(2) td a >> nth=0", "href"), /filter=trunk_in/);

    assert.match(await look("registrations?q=script", ".reg-row"), /all 1.*"><script>ran=1<\/script>@example\.com ?registered.*192\.0\.2\.10/);
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".opened dl");
    assert.match(page.url(), /open=[0-9a-f]{16}/);
    assert.equal(await page.evaluate(() => globalThis.ran ?? null), null);

    assert.match(await look("security?open=203.0.113.66", ".evidence-list li"), /203\.0\.113\.66.*Scanner\. ?Requests carry the user-agent of a known attack tool.*friendly-scanner/);
    assert.match(await look("certificates", ".certificate-table, .empty"), /Certificates/);
    const probe = await look("probe", "section[aria-labelledby=config] summary");
    assert.match(probe, /SQLite the store ?3\.\d+.*web ?this page, the API.*PID \d+/);
    assert.match(probe, /Configuration in force.*store/);
  });

  it("fits a phone, and is read by everyone", async () => {
    const view = await openPage(browser, { viewport: { width: 390, height: 844 }, colorScheme: "light" });
    await open(comes, view.page);
    assert.ok((await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0);
    assert.deepEqual(await axeComplaints(view.page), []);
    await keepShot(view.page, "legs-390-light", { fullPage: true });
    await view.close();
    assert.deepEqual(view.complaints, []);
  });
});
