/*
 * sounded.test - how a call sounded, as a person sees and hears it: records of every kind through a
 * fake API, and the real server for a real store and its sound.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { axeComplaints } from "./support/axe.js";
import { enter, keepShot, openBrowser, openPage } from "./support/browser.js";
import { latest, makeStore, replay, sample, serve } from "./support/earshot.js";
import { whyNot } from "./support/environment.js";
import { fakeApi } from "./support/fake_api.js";
import { PAYLOADS } from "./support/hostile_capture.js";
import * as records from "./support/sounding_call.js";

const missing = whyNot();
const { CALL_ID } = records;

if (missing) console.log(`SKIPPED: ${missing}`);

describe("how it sounded", { skip: missing ?? false }, () => {
  let store, server, browser, tab, page, config;

  before(async () => {
    store = makeStore();
    await replay(store, [sample("loss-burst.pcap")]);
    config = join(store.folder, "earshot.yaml");
    writeFileSync(config, "audio:\n  listen: yes\n");
    server = await serve(store, "127.0.0.1:0", ["-c", config]);
    browser = await openBrowser();
    tab = await openPage(browser);
    page = tab.page;
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    store?.remove();
  });
  afterEach(() => {
    if (tab) assert.deepEqual(tab.complaints.splice(0), [], "the browser complained");
  });

  /* → what the page asked for. */
  async function open(call, options = {}, view = page) {
    await view.goto("about:blank");
    const asked = await fakeApi(view, { call, ...options });
    await view.goto(`${server.url}#/call/${CALL_ID}`);
    await view.waitForSelector(".call-page h1");
    await view.waitForSelector(".call-page > .panel:last-child .facts"); /* what is drawn last */
    return asked;
  }
  const textOf = async (selector) => (await page.textContent(selector)).replace(/\s+/g, " ").trim();
  const sums = () => page.$$eval(".budget-sum", (all) => all.map((sum) => sum.textContent.replace(/\s+/g, " ").trim()));

  it("prints the R budget, and lets it follow the buffer", async () => {
    await open(records.loudCall());
    assert.deepEqual(await sums(), [
      "R 93.2 − 0.0 codec − 10.7 loss 3.0 % bursts 1.8 − 0 delay = 82.5, MOS 4.1",
      "R 93.2 − 11.0 codec − 0.0 loss 0 % − 0 delay = 82.2, MOS 4.1",
    ]);
    assert.match(await textOf(".budget >> nth=0"), /G\.711, narrowband, Ie 0\.0 \(G\.113 table I\.1\).*ITU-T figures/);
    await page.getByLabel("20 ms", { exact: true }).check();
    assert.equal((await sums())[0], "R 93.2 − 0.0 codec − 24.1 loss 7.2 % − 0 delay = 69.1, MOS 3.5");
    assert.match(await textOf(".what-if .chosen >> nth=0"), /^20 ms ?140 ?217 ?69\.1/);
    await page.getByLabel("in conversation").check();
    assert.equal((await sums())[0], "R 93.2 − 0.0 codec − 10.7 loss 3.0 % bursts 1.8 − 7.6 delay = 74.9, MOS 3.8");
    assert.match(await textOf(".budget >> nth=0"), /310 ms from mouth to ear: 90 ms for half of the round trip, 200 ms for the buffer, 20 ms for one packet/);
  });

  it("points at the bad seconds and the worst ten, and reads each moment by keys", async () => {
    await open(records.loudCall());
    assert.equal(await page.locator(".lane-bad").count(), 1);
    assert.equal(await page.locator(".worst").count(), 1);
    await page.focus(".time-plot");
    await page.keyboard.press("Home");
    for (let at = 0; at < 6; at++) await page.keyboard.press("ArrowRight");
    assert.match(await textOf(".readout"), /0:3\d.*MOS 1\.72.*Lost 15\.2 % \(38\).*Late 9/);
    assert.match(await page.getAttribute(".time-plot", "aria-valuetext"), /caller to callee: MOS 1\.72, Lost 15\.2 %/);
    await page.getByText("The same as a table").click();
    assert.equal(await page.locator(".cell-table tbody tr").count(), 24);
    assert.equal(await page.locator(".cell-bad").count(), 2);
  });

  it("draws a day of intervals, and the one bad one of it", async () => {
    const began = Date.now();
    await open(records.longCall());
    await page.waitForSelector(".lane-bad");
    assert.equal(await page.locator(".lane-bad").count(), 1);
    assert.ok(await page.locator(".time-plot path").count() < 60, "a bounded drawing");
    assert.ok(Date.now() - began < 10000);
  });

  it("tells of codec, keys, reports and foreign sources", async () => {
    await open(records.loudCall());
    assert.match(await textOf(".event-list"), /The codec changed PCMA\/8 → G729\/18 caller to callee · announced by nobody/);
    const keys = await page.$$eval(".keypresses kbd", (all) => all.map((key) => key.textContent));
    assert.deepEqual(keys, ["•masked", "•masked", "5"]);
    assert.match(await textOf(".foreign"), /198\.51\.100\.66:5004.*43 packets/);
    assert.equal(await page.locator(".glance").count(), 2, "they are not among the call's own");
    assert.match(await textOf(".reported >> nth=0"), /77 packets between the caller and the probe, 6 packets between the probe and the callee/);
    assert.match(await textOf(".reported >> nth=0"), /Round trip ?180 ms ?182 ms/);
    assert.match(await textOf("section[aria-labelledby=phones]"), /the caller's phone.*MOS, listening ?3\.7 ?4\.1/);
    assert.equal(await page.locator(".mark-key").count(), 3);
    assert.equal(await page.locator(".mark-alarm").count(), 1);
  });

  it("shows fax as fax and video without a MOS", async () => {
    await open(records.faxCall());
    assert.match(await textOf(".fax"), /UDPTL packets ?412 of 415.*Of them recovered ?3.*redundancy.*the page is whole/);
    assert.match(await textOf(".fax"), /2 packets never came again/);
    assert.equal(await page.locator(".budget").count(), 2, "nothing is computed of fax");
    await open(records.videoCall());
    assert.match(await textOf(".glance >> nth=2"), /video.*there is no MOS of video/);
    assert.equal(await page.locator(".budget").count(), 2);
    await page.getByLabel("in conversation").check();
    assert.match(await textOf(".budget >> nth=0"), /neither side's RTCP told the round trip/);
  });

  it("says why there is no MOS, and reads days of older versions", async () => {
    await open(records.shortCall());
    assert.match(await textOf(".budget"), /Too little was heard for a MOS: 43 packets/);
    assert.match(await textOf(".call-chips"), /silent/);
    await open(records.oldCall());
    assert.equal((await sums()).length, 1);
    assert.match(await textOf(".glance"), /Bad seconds– not judged/);
    await open(records.call([]));
    assert.match(await textOf(".sounded"), /No audio or video was seen/);
  });

  it("takes no stranger's text for more than text", async () => {
    for (const first of [0, 8, 16]) {
      const attacks = [...PAYLOADS.slice(first), ...PAYLOADS.slice(0, first)];
      await open(records.hostileCall(attacks));
      await page.getByText("The same as a table").click();
      for (const part of [".budget", ".reported", ".fax", ".foreign", ".event-list", ".keypresses"])
        assert.ok(await page.locator(part).count(), `${part} is drawn`);
      assert.equal(await page.evaluate(() => globalThis.ran), undefined, `from ${first}`);
      assert.equal(await page.locator("main img, main iframe, main script, main object").count(), 0, `from ${first}`);
    }
  });

  it("asks for no sound before it is told to, and plays it then", async () => {
    const asked = await open(records.loudCall());
    await page.getByText("Listening is recorded").waitFor();
    await page.waitForTimeout(300);
    assert.deepEqual(asked.filter((path) => path.includes("/audio")), []);
    await page.getByRole("button", { name: "Show waveform" }).click();
    await page.waitForSelector(".wave");
    assert.deepEqual(asked.filter((path) => path.includes("/audio")), [`calls/${CALL_ID}/audio/peaks?buckets=800`]);
    assert.equal(await page.locator(".waveform .wave").count(), 2);
    assert.ok(await page.locator(".wave-lossy").count() > 0);
    await page.getByRole("button", { name: "Play" }).click();
    await page.waitForFunction(() => document.querySelector("audio").currentTime > 0.1);
    assert.ok(asked.some((path) => path.endsWith("/audio?format=wav&gaps=conceal")));
    await page.selectOption(".player-gaps select", "silence");
    await page.waitForFunction(() => document.querySelector("audio").src.endsWith("gaps=silence"));
    assert.match(await page.getAttribute(".player a[download] >> nth=1", "href"), /format=flac&gaps=silence$/);
  });

  it("says so when listening is off, or cannot be", async () => {
    const asked = await open(records.loudCall(), { listen: false });
    await page.getByText("Listening is off.").waitFor();
    assert.match(await textOf(".locked"), /audio\.listen: yes/);
    assert.equal(await page.locator("audio").count(), 0);
    assert.deepEqual(asked.filter((path) => path.includes("/audio")), []);
    const refused = await open(records.loudCall(), { refuse: { status: 409, detail: "the media is encrypted" } });
    await page.getByRole("button", { name: "Play" }).click();
    await page.getByText("No sound: the media is encrypted.").waitFor();
    assert.equal(refused.filter((path) => path.includes("/audio")).length, 1, "and the sound itself is not asked for");
    await page.getByRole("button", { name: "Play" }).click();
    await page.waitForTimeout(300);
    assert.equal(refused.filter((path) => path.includes("/audio")).length, 2, "a second press tries again");
    tab.complaints.splice(0); /* the browser rightly tells of the refusals */
  });

  it("plays a real call, seeks in it, and leaves a line in the audit trail", async () => {
    await page.unroute("**/api/v1/**");
    await page.goto(server.url);
    const { calls } = await page.evaluate(async () => (await fetch("api/v1/calls")).json());
    await page.goto(`${server.url}#/call/${calls[0].id}`);
    await page.waitForSelector(".player");
    const trail = () => {
      const path = join(store.path, "audit.jsonl");
      return existsSync(path) ? readFileSync(path, "utf8").split("\n").filter((line) => line.includes('"listen"')) : [];
    };
    assert.deepEqual(trail(), [], "nobody has listened yet");
    await page.getByRole("button", { name: "Play" }).click();
    await page.waitForFunction(() => document.querySelector("audio").currentTime > 0.3);
    assert.ok(trail().some((line) => line.includes("listen") && line.includes(calls[0].id)));
    await page.focus(".waveform");
    await page.keyboard.press(" ");
    await page.waitForFunction(() => document.querySelector("audio").paused);
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() => Math.abs(document.querySelector("audio").currentTime - 5) < 0.05);
    const box = await page.locator(".waveform").boundingBox();
    await page.mouse.click(box.x + box.width / 4, box.y + 20);
    await page.waitForFunction(() => Math.abs(document.querySelector("audio").currentTime - document.querySelector("audio").duration / 4) < 0.1);
    await keepShot(page, "listening");
  });

  it("shows what a store holds of all this", { skip: process.env.MAKE_STORE ? false : "MAKE_STORE is not set" }, async () => {
    const made = makeStore();
    const ids = execFileSync(process.env.MAKE_STORE, [made.path, "8"]).toString().trim().split("\n");
    const real = await serve(made);

    try {
      await page.unroute("**/api/v1/**");
      await enter(page.context(), real);
      await page.goto(`${real.url}#/call/${ids[3]}`);
      await page.waitForSelector(".time-plot .lane-level");
      assert.match((await sums())[0], /^R 93\.2 − 0\.0 codec − 10\.7 loss 3\.0 % bursts 1\.8 − 0 delay = 82\.5, MOS 4\.1$/);
      assert.equal(await page.locator(".foreign li").count(), 1);
      assert.equal(await page.locator(".keypresses li").count(), 3);
      assert.match(await textOf(".event-list"), /The codec changed/);
      await page.goto(`${real.url}#/call/${ids[4]}`);
      await page.waitForSelector(".fax");
      assert.match(await textOf(".fax"), /redundancy/);
      await page.goto(`${real.url}#/call/${ids[5]}`);
      await page.waitForSelector(".lane-bad");
      assert.equal(await page.locator(".lane-bad").count(), 1, "of 17,280 intervals");
    } finally {
      await page.goto("about:blank");
      await enter(page.context(), server);
      Object.assign(latest, server);
      await real.stop();
      made.remove();
    }
  });

  /* Each width and each scheme once: what is too wide has no colour, and contrast no width. */
  for (const [width, height, colorScheme] of [[1440, 900, "dark"], [390, 844, "light"]]) {
    it(`fits ${width} px in the ${colorScheme}, and axe has nothing to say`, async () => {
      const view = await openPage(browser, { viewport: { width, height }, colorScheme });

      for (const name of ["loudCall", "faxCall", "videoCall", "shortCall"]) {
        await open(records[name](), { listen: name !== "faxCall" }, view.page);
        await view.page.waitForSelector(".panel");
        if (name === "loudCall") await view.page.getByRole("button", { name: "Show waveform" }).click();
        if (name === "loudCall") await view.page.waitForSelector(".wave");
        const over = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${name} is ${over} px too wide`);
        if (name === "loudCall" || width > 1000) assert.deepEqual(await axeComplaints(view.page), [], name);
        await keepShot(view.page, `${name}-${width}-${colorScheme}`, { fullPage: true });
      }
      await view.close();
      assert.deepEqual(view.complaints, []);
    });
  }
});
