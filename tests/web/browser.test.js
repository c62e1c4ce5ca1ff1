/*
 * browser.test - the dashboard as a person uses it: a real store, a real server, a real browser.
 *
 * Any console error, exception or CSP violation fails the test in which it happens.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { after, afterEach, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { axeComplaints } from "./support/axe.js";
import { ask, keepShot, openBrowser, openPage } from "./support/browser.js";
import { makeStore, replay, replaySlowly, sample, serve } from "./support/earshot.js";
import { whyNot } from "./support/environment.js";

const run = promisify(execFile);
const missing = whyNot();
const CAPTURES = [
  "good-call.pcap",
  "loss-burst.pcap",
  "failures.pcap",
  "one-way.pcap",
  "re-invite.pcap",
  "jitter-reorder.pcap",
];
/* pcap with microseconds or nanoseconds. */
const PCAP_MAGICS = [0xa1b2c3d4, 0xa1b23c4d];

if (missing) console.log(`SKIPPED: ${missing}`);

describe("the dashboard", { skip: missing ?? false }, () => {
  let store, server, browser, tab, page, lossy;

  before(async () => {
    store = makeStore();
    await replay(store, CAPTURES.map(sample));
    server = await serve(store);
    browser = await openBrowser();
    tab = await openPage(browser);
    page = tab.page;
    await page.goto(server.url);
    const { calls } = await ask(page, "calls?limit=1000");
    lossy = calls.filter((call) => call.loss_ratio > 0).sort((a, b) => b.loss_ratio - a.loss_ratio)[0];
    assert.ok(lossy, "the samples hold a call with loss");
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    store?.remove();
  });
  afterEach(() => {
    if (tab) assert.deepEqual(tab.complaints.splice(0), [], "the browser complained");
  });

  async function openCalls(query = "") {
    await page.goto(`${server.url}#/calls${query}`);
    await page.waitForSelector(".call-row");
  }

  async function openLossy() {
    await page.goto(`${server.url}#/call/${lossy.id}`);
    await page.waitForSelector(".ladder-message");
  }

  it("lists every call, newest first", async () => {
    await openCalls();
    const { calls } = await ask(page, "calls?limit=1000");
    const shown = await page.$$eval(".call-row", (rows) => rows.map((row) => row.dataset.id));

    assert.ok(shown.length > 10);
    assert.deepEqual(shown, calls.slice(0, shown.length).map(({ id }) => id));
    await page.getByText(`All ${calls.length} calls are shown.`).waitFor();
  });

  it("finds a call by its Call-ID and opens it with the keyboard alone", async () => {
    await openCalls();
    await page.locator("h1").first().waitFor({ state: "attached" });
    await page.keyboard.press("/");
    await page.keyboard.type(lossy.call_id);
    await page.keyboard.press("Escape");
    await page.waitForFunction(
      (id) => new URLSearchParams(location.hash.split("?")[1]).get("filter") === id,
      lossy.call_id,
    );
    await page.waitForFunction((id) => {
      const rows = [...document.querySelectorAll(".call-row")];
      return rows.length === 1 && rows[0].dataset.id === id;
    }, lossy.id);
    await page.keyboard.press("j");
    await page.waitForSelector(".call-row.selected");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".call-page h1");
    assert.ok(page.url().endsWith(`#/call/${lossy.id}`));
    await page.keyboard.press("Escape");
    await page.waitForSelector(".calls-page");
    assert.equal(await page.inputValue("#omnibox"), lossy.call_id, "back to the same search");
  });

  it("finds calls by a part of a number, an address, a status", async () => {
    await openCalls(`?q=${encodeURIComponent(lossy.to_user.slice(-6))}`);
    assert.ok((await page.$$eval(".call-row", (rows) => rows.map((row) => row.dataset.id))).includes(lossy.id));
    await openCalls(`?q=${lossy.src.split(":")[0]}`);
    assert.ok(await page.locator(`.call-row[data-id="${lossy.id}"]`).count());
    await openCalls();
    await page.getByRole("button", { name: /^503/ }).click();
    await page.waitForFunction(() => {
      const chips = [...document.querySelectorAll(".call-row .chip b")];
      return chips.length > 0 && chips.every((chip) => chip.textContent === "503");
    });
    assert.equal(await page.inputValue("#omnibox"), "status:503", "what is clicked stands in the box");
    assert.ok(page.url().includes("filter=status%3A503"));
    await page.reload();
    await page.waitForSelector(".call-row");
    assert.equal(await page.inputValue("#omnibox"), "status:503", "a reload shows the same");
    await page.locator(".facet-value[aria-pressed=true]").click();
    await page.waitForFunction(() => document.querySelectorAll(".call-row").length > 10);
    await page.goBack();
    await page.waitForFunction(() => location.hash.includes("status%3A503"));
    await page.goto(`${server.url}#/calls?status=5xx`);
    await page.waitForFunction(() => document.querySelector("#omnibox")?.value === "status:5xx");
  });

  it("takes several calls away in one file, with the columns that were chosen", async () => {
    await openCalls();
    await page.locator(".calls-page").waitFor();
    await page.keyboard.press("j");
    await page.waitForSelector(".call-row.selected");
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("Shift+X");
    await page.getByRole("button", { name: "3 chosen" }).waitFor();
    await page.keyboard.press("F2");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.locator("#export-menu button", { hasText: "csv" }).first().click(),
    ]);
    assert.equal(readFileSync(await file.path(), "utf8").trim().split("\n").length, 4, "a heading and three calls");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.querySelector(".call-row.picked") === null);
    await page.getByRole("button", { name: "Columns" }).click();
    await page.locator("#column-menu").getByLabel("Jitter").uncheck();
    await page.waitForFunction(() => document.querySelector("th.c-jitter") === null);
    assert.ok(!new URLSearchParams(page.url().split("?")[1]).get("columns").includes("jitter"));
    await page.getByRole("button", { name: "The usual ones" }).click();
    await page.keyboard.press("Escape");
  });

  it("helps to write a filter, and shows the word that it does not understand", async () => {
    await openCalls();
    await page.locator("#omnibox").click();
    await page.keyboard.type("status:5xx reas");
    await page.locator(".proposals").getByRole("option", { name: /^reason/ }).waitFor();
    assert.equal(await page.getAttribute("#omnibox", "aria-expanded"), "true");
    await page.keyboard.press("Tab");
    assert.equal(await page.inputValue("#omnibox"), "status:5xx reason:");
    await page.keyboard.type("unav veri");
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".proposals").count(), 0);
    await page.fill("#omnibox", "");
    await page.keyboard.type("verd");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.type("on");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    assert.equal(await page.inputValue("#omnibox"), "verdict:one_way ");

    await page.fill("#omnibox", "🐘 from:+49* stauts:5xx");
    await page.keyboard.press("Enter");
    await page.getByText("no field is called 'stauts', did you mean 'status'?").waitFor();
    assert.equal(await page.textContent(".underlay mark"), "stauts");
    assert.equal(await page.getAttribute("#omnibox", "aria-invalid"), "true");
    assert.deepEqual(await axeComplaints(page), []);
    await page.getByRole("button", { name: "How to ask" }).click();
    await page.getByRole("button", { name: "Add mos<3.5" }).waitFor();
    assert.deepEqual(await axeComplaints(page), []);
    await page.fill("#omnibox", "");
    await page.getByRole("button", { name: "Add status:5xx" }).click();
    await page.waitForFunction(() => {
      const chips = [...document.querySelectorAll(".call-row .chip b")];
      return chips.length > 0 && chips.every((chip) => chip.textContent.startsWith("5"));
    });
    assert.ok(page.url().includes("filter=status%3A5xx"));
    assert.equal(await page.locator(".underlay").count(), 0);
    tab.complaints.splice(0); /* the browser tells of each 400 */
  });

  it("sorts by a heading, and back to newest first", async () => {
    await openCalls("?filter=has:mos");
    const heading = page.locator("th.c-mos");
    const shown = () => page.$$eval(".call-row", (rows) => rows.map((row) => row.dataset.id));
    const asked = async (sort) => (await ask(page, `calls?limit=100&filter=has:mos${sort}`)).calls.map(({ id }) => id);

    for (const [sort, direction] of [["mos", "ascending"], ["-mos", "descending"], ["", null]]) {
      await heading.getByRole("button").click();
      await page.waitForFunction((wanted) => document.querySelector("th.c-mos").getAttribute("aria-sort") === wanted, direction);
      await page.waitForFunction(() => document.querySelector(".calls-table").getAttribute("aria-busy") !== "true");
      const wanted = await asked(sort && `&sort=${sort}`);
      await page.waitForFunction((id) => document.querySelector(".call-row").dataset.id === id, wanted[0]);
      assert.deepEqual(await shown(), wanted);
      assert.equal(new URLSearchParams(page.url().split("?")[1]).get("sort") ?? "", sort);
    }
  });

  it("says so when nothing is found", async () => {
    await page.goto(`${server.url}#/calls?q=nobody-has-this`);
    await page.getByText("No call matches").waitFor();
    await page.goto(`${server.url}#/nowhere`);
    await page.getByText("There is no such page").waitFor();
  });

  it("draws the ladder: an arrow for each message, a bar for each stream", async () => {
    await openLossy();
    const { messages } = await ask(page, `calls/${lossy.id}/messages`);
    const call = await ask(page, `calls/${lossy.id}`);
    const labels = await page.$$eval(".ladder-message .ladder-label", (all) => all.map((label) => label.textContent.trim()));

    assert.equal(labels.length, messages.length);
    messages.forEach((message, at) => {
      assert.ok(labels[at].replace(/^[✓↪✕⚠] /, "").startsWith(String(message.status ?? message.method)), labels[at]);
    });
    assert.equal(await page.locator(".ladder-stream").count(), call.streams.filter((stream) => !stream.foreign_source).length);
    assert.ok((await page.locator(".ladder-column").count()) >= 2);
    assert.ok(await page.locator(".heat-some, .heat-high").count(), "loss is on the bars");
  });

  it("draws MOS, loss and jitter over time, both directions on one axis", async () => {
    await openLossy();
    const { streams } = await ask(page, `calls/${lossy.id}`);
    await page.waitForSelector(".time-plot svg path.lane-mos");
    const lanes = await page.$$eval(".time-plot .lane-name", (all) => all.map((name) => name.textContent));
    for (const name of ["MOS", "Loss", "Jitter"])
      assert.equal(lanes.filter((lane) => lane === name).length, streams.length, name);
    for (const path of await page.$$eval(".lane-mos, .lane-jitter", (all) => all.map((one) => one.getAttribute("d"))))
      assert.match(path, /^M/);
  });

  it("takes R apart, to the sum that the record says", async () => {
    await openLossy();
    const { streams } = await ask(page, `calls/${lossy.id}`);
    await page.waitForSelector(".budget-sum");
    const sums = await page.$$eval(".budget-sum", (all) => all.map((sum) => sum.textContent.replace(/\s+/g, " ")));

    assert.equal(sums.length, streams.length);
    for (const sum of sums) {
      const [, best, codec, loss, delay, r] = /^ ?R ([\d.]+) − ([\d.]+) codec − ([\d.]+) loss .*− ([\d.]+) delay = ([\d.]+), MOS/.exec(sum).map(Number);
      assert.ok(Math.abs(best - codec - loss - delay - r) < 0.16, sum);
      assert.ok(streams.some((stream) => Math.abs(stream.r.jb200 - r) < 0.06), sum);
    }
  });

  it("shows a message as it was on the wire, and remembers which in the address", async () => {
    await openLossy();
    await page.click(".ladder-message >> nth=0");
    const raw = await page.textContent(".message-raw");

    assert.match(raw, /^INVITE sip:/);
    assert.ok(raw.includes(`Call-ID: ${lossy.call_id}`));
    assert.ok(raw.includes("m=audio"));
    assert.ok(page.url().endsWith("?message=1"));
    await page.keyboard.press("ArrowDown");
    await page.waitForFunction(() => document.querySelector(".message-raw").textContent.startsWith("SIP/2.0 100"));
    await page.keyboard.press("Escape");
    await page.waitForSelector(".message-pane", { state: "detached" });
    await page.goto(`${server.url}#/call/${lossy.id}?message=3`);
    await page.waitForSelector(".ladder-message.selected[data-index='2']");
  });

  it("opens a call wide: search, offer against answer, two messages compared, zoom, all in the address", async () => {
    const { calls } = await ask(page, "calls?limit=1000");
    const { id } = calls.find((call) => call.reinvite_count > 0);
    const query = () => Object.fromEntries(new URLSearchParams(page.url().split("?")[1]));
    await page.goto(`${server.url}#/call/${id}`);
    await page.waitForSelector(".ladder-message");

    await page.keyboard.press("f");
    await page.keyboard.type("m=audio");
    await page.waitForFunction(() => /^in \d+$/.test(document.querySelector(".ladder-find [role=status]").textContent));
    assert.ok(await page.locator(".ladder-message.unfound").count());
    await page.keyboard.press("Enter");
    await page.waitForSelector(".message-raw mark");
    await page.keyboard.press("Escape");
    await page.keyboard.press("s");
    await page.waitForSelector(".sdp tbody tr");
    assert.match(await page.textContent(".sdp thead"), /Offer ?INVITE.*Answer ?200 OK/);
    await page.keyboard.press("c");
    await page.keyboard.press("ArrowDown");
    await page.waitForSelector(".message-diff .diff-gone");
    assert.match(await page.textContent(".message-diff"), /\+ SIP\/2\.0 100/);
    await page.keyboard.press("t");
    await page.keyboard.press("0");
    await page.waitForFunction(() => location.hash.includes("zoom=fit"));
    assert.deepEqual(query(), { find: "m=audio", message: "2", compare: "1", pane: "diff", spacing: "time", zoom: "fit" });
    await page.reload();
    await page.waitForSelector(".message-diff .diff-gone");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".message-pane", { state: "detached" });
    await page.click(".ladder-stream >> nth=0");
    await page.waitForSelector(".stream-pane .facts");
    assert.ok(query().stream);
    await page.keyboard.press("F2");
    assert.match(await page.textContent(".take-sheet"), /curl -sf -H "Authorization: Bearer \$EARSHOT_TOKEN" '.*\/pcap' \| wireshark -k -i -/);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("details.take[open]").count(), 0);
  });

  it("goes from call to call of the list, and back to it", async () => {
    await openCalls();
    const ids = await page.$$eval(".call-row", (rows) => rows.map((row) => row.dataset.id));
    await page.click(`.call-row[data-id="${ids[1]}"] .row-link`);
    await page.waitForSelector(".call-head");
    for (const [key, id] of [["j", ids[2]], ["k", ids[1]], ["k", ids[0]], ["k", ids[0]]]) {
      await page.keyboard.press(key);
      await page.waitForFunction((wanted) => location.hash.startsWith(`#/call/${wanted}`) && document.querySelector(".call-head"), id);
    }
    await page.keyboard.press("Escape");
    await page.waitForSelector(`.call-row.selected[data-id="${ids[0]}"]`);
  });

  it("downloads the call's packets", async () => {
    await openLossy();
    const waiting = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download pcap" }).click();
    const download = await waiting;
    const path = await download.path();

    assert.match(download.suggestedFilename(), /\.pcap$/);
    assert.ok(PCAP_MAGICS.includes(readFileSync(path).readUInt32LE(0)));
    if (!existsSync("/usr/bin/tshark")) {
      console.log("Left out: tshark is not installed, so nobody else opened the download");
      return;
    }
    const { stdout } = await run("tshark", ["-r", path, "-Y", "sip", "-T", "fields", "-e", "sip.Call-ID"]);
    const { messages } = await ask(page, `calls/${lossy.id}/messages`);
    const found = stdout.trim().split("\n");
    assert.deepEqual(found, messages.map(() => lossy.call_id));
    const all = await run("tshark", ["-r", path, "-T", "fields", "-e", "frame.number"]);
    assert.ok(all.stdout.trim().split("\n").length > lossy.packets, "media and signalling");
  });

  it("shows the ledger, whose bins add up", async () => {
    await page.goto(`${server.url}#/probe`);
    await page.getByText("they add up").waitFor();
    const { capture } = await ask(page, "stats");
    await page.getByText(capture.received.toLocaleString("en-GB"), { exact: true }).first().waitFor();
    for (const words of ["Dropped by the kernel", "Dropped by the interface", "Not stored"])
      await page.getByText(words).waitFor();
  });

  it("says whether the mirror port is right", async () => {
    await page.goto(`${server.url}#/probe`);
    await page.getByText("Is my SPAN port right?").waitFor();
    const { mirror } = await ask(page, "stats");
    assert.deepEqual(mirror.complaints, []);
    await page.getByText("It looks right").waitFor();
    assert.equal(await page.locator(".mirror .drop").count(), 4);
  });

  /* What fits a filter is said by the server; that a list without one takes what comes is in pages.test. */
  it("hears of an alert and of new calls while the page is open", async () => {
    await openCalls("?filter=status:503");
    const before = (await ask(page, "stats")).store.calls;
    const known = (await ask(page, "calls?limit=1000")).calls.map(({ id }) => id);
    const toast = page.locator(".toast").waitFor({ timeout: 30000 });
    const heard = new Set();
    page.once("websocket", (socket) => {
      socket.on("framereceived", ({ payload }) => heard.add(JSON.parse(payload).type));
    });
    await page.reload();
    await page.waitForSelector(".call-row");
    await replaySlowly(store, sample("spike-503.pcap"));
    await toast;
    for (const type of ["call", "alert", "mirror"]) assert.ok(heard.has(type), `the feed told of ${type}`);
    assert.match(await page.textContent(".toast"), /503/);
    await page.waitForFunction((known) => {
      const rows = [...document.querySelectorAll(".call-row")].map((row) => row.dataset.id);
      return rows.some((id) => !known.includes(id)) || document.querySelector(".pill") !== null;
    }, known);
    const chips = await page.$$eval(".call-row .chip b", (all) => all.map((chip) => chip.textContent));
    assert.ok(chips.length > 0 && chips.every((text) => text.startsWith("503")), chips.join());
    await keepShot(page, "alert-live");
    assert.ok((await ask(page, "stats")).store.calls > before);
    await page.click(".toast a");
    await page.waitForSelector(".alert-detail .alert-calls .call-row");
    const { alerts } = await ask(page, "alerts");
    assert.ok(alerts.length > 0 && alerts.some(({ calls }) => calls.length > 0));
    await page.click(".alert-calls .call-row >> nth=0");
    await page.waitForSelector(".call-page .chip.status-5xx");
  });

  it("explains its keys", async () => {
    await openCalls();
    await page.keyboard.press("?");
    await page.locator("dialog[open]").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  });

  it("switches clock and colours, and keeps the choice", async () => {
    await openCalls();
    await page.getByRole("button", { name: /^Clock/ }).click();
    await page.getByRole("button", { name: /^Clock: UTC/ }).waitFor();
    const { calls } = await ask(page, "calls?limit=1");
    const utc = new Date(Math.floor(calls[0].invite_time) * 1000).toISOString().slice(11, 19);
    assert.ok((await page.textContent(".call-row .c-time")).includes(utc));
    await page.getByRole("button", { name: /^Colours/ }).click();
    await page.reload();
    await page.waitForSelector(".call-row");
    assert.equal(await page.getAttribute("html", "data-theme"), "dark");
    await page.evaluate(() => localStorage.clear());
  });

  for (const [width, height] of [[1280, 900], [390, 844]]) {
    for (const colorScheme of ["dark", "light"]) {
      it(`fits ${width} px in the ${colorScheme}`, async () => {
        const view = await openPage(browser, { viewport: { width, height }, colorScheme });
        const views = [
          ["calls", "#/calls", ".call-row"],
          ["call", `#/call/${lossy.id}`, ".time-plot path"],
          ["message", `#/call/${lossy.id}?message=1`, ".message-raw"],
          ["alerts", "#/alerts", ".alert"],
          ["probe", "#/probe", ".bar-list"],
        ];
        for (const [name, hash, sign] of views) {
          await view.page.goto(server.url + hash);
          await view.page.waitForSelector(sign);
          const over = await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(over <= 0, `${name} is ${over} px too wide`);
          await keepShot(view.page, `${name}-${width}-${colorScheme}`);
        }
        await view.close();
        assert.deepEqual(view.complaints, []);
      });
    }
  }

  it("says when the server is gone, and comes back with it", async () => {
    /* A page of its own: the browser rightly complains of the refused connection. */
    const view = await openPage(browser);
    const address = new URL(server.url).host;

    await view.page.goto(server.url);
    await view.page.waitForSelector(".call-row");
    await page.goto("about:blank");
    await server.stop();
    await view.page.locator(".banner").waitFor({ timeout: 10000 });
    server = await serve(store, address);
    /* Unless it has come back by itself meanwhile. */
    await view.page.getByRole("button", { name: "Try now" }).click({ timeout: 2000 }).catch(() => {});
    await view.page.locator(".banner").waitFor({ state: "detached", timeout: 35000 });
    await view.close();
  });
});
