/*
 * alerts.test - an incident as a person on call sees it: from pending to firing to resolved, with its calls; taken
 * care of, silenced; strangers' texts in it stay text. A real store, a real server, a real browser; the probe's end of
 * the feed is played here.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import net from "node:net";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { axeComplaints } from "./support/axe.js";
import { ask, keepShot, openBrowser, openPage } from "./support/browser.js";
import { makeStore, serve } from "./support/earshot.js";
import { whyNot } from "./support/environment.js";

const missing = whyNot() ?? (process.env.MAKE_STORE ? null : "MAKE_STORE is not set");
const ATTACK = "<img src=x onerror=ran=1>";

if (missing) console.log(`SKIPPED: ${missing}`);

/* The probe's end: lines for whoever connects. */
function openFeed(store) {
  const sockets = new Set();
  const listener = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    sockets.add(socket);
  });
  return new Promise((resolve) =>
    listener.listen(join(store.path, "live.sock"), () =>
      resolve({
        async say(line) {
          for (let i = 0; sockets.size === 0; i++) {
            assert.ok(i < 50, "the server connects to the feed");
            await new Promise((next) => setTimeout(next, 100));
          }
          for (const socket of sockets) socket.write(`${line}\n`);
        },
        stop() {
          for (const socket of sockets) socket.destroy();
          listener.close();
        },
      }),
    ),
  );
}

describe("the page of alerts", { skip: missing ?? false }, () => {
  let store, feed, server, browser, tab, page, spike;

  /* The incident comes to that state: in the store, and on the feed. */
  async function come(state) {
    const line = execFileSync(process.env.MAKE_STORE, [store.path, "incident", state]).toString().trim();
    spike = JSON.parse(line).id;
    await feed.say(line);
  }

  before(async () => {
    store = makeStore();
    execFileSync(process.env.MAKE_STORE, [store.path, "20"]);
    feed = await openFeed(store);
    server = await serve(store, "127.0.0.1:0", ["--webhook", "http://127.0.0.1:9/nobody"]);
    browser = await openBrowser();
    tab = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    page = tab.page;
    page.setDefaultTimeout(10000);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    feed?.stop();
    store?.remove();
  });
  afterEach(() => {
    if (tab) assert.deepEqual(tab.complaints.splice(0), [], "the browser complained");
  });

  const squeeze = (text) => text.replace(/\s+/g, " ").trim();
  const textOf = async (selector) => squeeze(await page.textContent(selector));
  const section = (name) => `section[aria-label="${name}"]`;
  const row = (name) => `${section(name)} .alert[data-id="${spike}"]`;
  const openOne = async () => {
    await page.goto(`${server.url}#/alerts/${spike}`);
    await page.waitForSelector(".alert-detail h1");
  };

  it("shows an incident that is pending, firing, resolved, without being asked again", async () => {
    await page.goto(`${server.url}#/alerts`);
    await page.waitForSelector(".alert");
    const badge = Number((await textOf(".badge")).replace(/\D.*/, ""));

    await come("pending");
    await page.waitForSelector(row("Pending"));
    assert.match(await textOf(row("Pending")), /critical ?pending.*62\.0 %|critical ?pending.*61\.7 % against 20\.0 %, normally 1\.8 %/);
    const before = performance.now();
    await come("firing");
    await page.waitForSelector(row("Firing"));
    assert.ok(performance.now() - before < 5000);
    assert.equal(await page.locator(row("Pending")).count(), 0);
    await page.waitForFunction((count) => parseInt(document.querySelector(".badge").textContent, 10) === count, badge + 2);
    assert.match(await textOf(".toasts"), /503 spike at 192\.0\.2\.20, carrier <img src=x onerror=ran=1>/);
    assert.match(await textOf(row("Firing")), /came back 2×/);
    await page.waitForFunction(() => document.body.textContent.includes("muted: another alert explains it"));
    await keepShot(page, "alerts-1440", { fullPage: true });
  });

  it("opens it: how bad, since when, by whom, its calls, what to do, who was told", async () => {
    await openOne();
    const facts = await textOf(".alert-detail .facts");

    assert.match(facts, /Measured ?61\.7 % against 20\.0 %, normally 1\.8 %/);
    assert.match(facts, /Just before ?2\.0 %.*Rests on ?37 of 60 records in 1:00/);
    assert.match(await textOf("section[aria-labelledby=top]"), /final_reason ?No circuit <img src=x onerror=ran=1>31/);
    assert.match(await page.textContent(".alert-chart svg title"), /the most was 65\.0 %/);
    assert.equal(await page.locator(".alert-calls .call-row").count(), 2, "one of three is no longer stored");
    assert.match(await textOf("section[aria-labelledby=runbook]"), /javascript:ran=1$/);
    assert.equal(await page.locator("section[aria-labelledby=runbook] a").count(), 0);
    const search = await page.getAttribute("section[aria-labelledby=alert-calls] > p > a", "href");
    assert.equal(new URLSearchParams(search.split("?")[1]).get("filter"), "status:503 dst.ip:192.0.2.20");
    await keepShot(page, "alert-1440", { fullPage: true });
    await page.click(".alert-calls .call-row >> nth=0");
    await page.waitForSelector(".call-page h1");
  });

  it("keeps what strangers wrote text", async () => {
    await openOne();
    assert.ok((await textOf(".alert-detail")).includes(ATTACK));
    assert.equal(await page.evaluate(() => globalThis.ran ?? null), null);
    assert.equal(await page.locator("img:not(.brand img)").count(), 0);
  });

  it("is acknowledged by a key, and that is taken back", async () => {
    await openOne();
    await page.keyboard.press("a");
    await page.waitForFunction(() => document.querySelector(".alert-head").textContent.includes("acknowledged"));
    assert.ok((await ask(page, `alerts/${spike}`)).ack);
    await page.getByRole("button", { name: "Take back" }).click();
    await page.getByRole("button", { name: "Acknowledge" }).waitFor();
    assert.equal((await ask(page, `alerts/${spike}`)).ack, null);
  });

  it("is silenced by some of its labels until an end, which is ended", async () => {
    await openOne();
    await page.keyboard.press("s");
    await page.waitForSelector("dialog[open]");
    assert.equal(await textOf(".silence-words"), `rule=sip-503-spike dst.ip=192.0.2.20 trunk_out="carrier ${ATTACK}"`);
    await page.uncheck("dialog .choices li:nth-child(3) input");
    await page.fill("dialog .wide input", `work on it ${ATTACK}`);
    await page.locator("dialog").getByRole("button", { name: "Silence", exact: true }).click();
    await page.waitForFunction(() => document.querySelector(".alert-head").textContent.includes("silenced until"));
    const { silences: [silence] } = await ask(page, "silences");
    assert.equal(silence.comment, `work on it ${ATTACK}`);
    assert.ok(Math.abs(silence.until - Date.now() / 1000 - 4 * 3600) < 60);

    await page.goto(`${server.url}#/alerts?tab=silences`);
    await page.waitForSelector(".plain-table tbody tr");
    assert.ok((await textOf(".plain-table tbody tr")).includes(ATTACK));
    await page.getByRole("button", { name: "End now" }).click();
    await page.getByText("Nothing is silenced").waitFor();
  });

  it("says what a silence lacks, and keeps what was typed", async () => {
    await page.goto(`${server.url}#/alerts?tab=silences`);
    await page.getByRole("button", { name: "New silence…" }).click();
    await page.fill("dialog input.mono", "trunk");
    await page.locator("dialog").getByRole("button", { name: "Silence", exact: true }).click();
    await page.waitForSelector("dialog .trouble");
    assert.match(await textOf("dialog .trouble"), /column/);
    assert.equal(await page.inputValue("dialog input.mono"), "trunk");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    tab.complaints.splice(0); /* the browser notes the refusal */
  });

  it("shows receivers, and rules with what they say", async () => {
    await page.goto(`${server.url}#/alerts?tab=deliveries`);
    await page.waitForSelector(`${section("Receivers").replace("section", "div")} tbody tr`);
    assert.match(await textOf(`${section("Receivers").replace("section", "div")} tbody tr`), /webhook/);
    await feed.say(
      JSON.stringify({ type: "rules", time: 1795217400, rules: [{ rule: "sip-503-spike", severity: "critical", on: "call.settled", threshold: 0.2, unit: "ratio",
        groups: 2, firing: 0, pending: 1, values: [{ group: `192.0.2.20 ${ATTACK}`, value: 0.15, baseline: 0.01, samples: 40, state: "pending" }] }] }),
    );
    await page.goto(`${server.url}#/alerts?tab=rules`);
    await page.waitForFunction(() => document.querySelector(".rule .rule-now")?.textContent.includes("15.0 % of 20.0 %"));
    assert.match(await textOf(".rule >> nth=0"), /sip-503-spike ?1 pending/);
    await page.click(".rule summary >> nth=0");
    assert.ok((await textOf(".rule-body >> nth=0")).includes(ATTACK));
    await page.selectOption(".trial select", "4w");
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await page.getByText("Never: nobody would have been woken.").waitFor();
    await keepShot(page, "rules-1440");
  });

  it("is walked by the keyboard alone", async () => {
    await page.goto(`${server.url}#/alerts`);
    await page.waitForSelector(row("Firing"));
    await page.keyboard.press("j");
    await page.waitForSelector(".alert.selected");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".alert-detail h1");
    await page.keyboard.press("Escape");
    await page.waitForSelector(".tabs");
    await page.keyboard.press("j");
    await page.waitForSelector(".alert.selected");
    await page.keyboard.press("g");
    await page.keyboard.press("a");
    assert.equal((await ask(page, "alerts?limit=1000&state=firing")).alerts.filter(({ ack }) => ack).length, 0, "a chord acknowledges nothing");
  });

  it("fits a phone, and is read by everyone", async () => {
    const view = await openPage(browser, { viewport: { width: 390, height: 844 }, colorScheme: "dark" });

    for (const [name, hash, ready] of [
      ["alerts", "#/alerts", ".alert"],
      ["alert", `#/alerts/${spike}`, ".alert-chart"],
      ["rules", "#/alerts?tab=rules", ".rule"],
      ["deliveries", "#/alerts?tab=deliveries", ".plain-table"],
    ]) {
      await view.page.goto(`${server.url}${hash}`);
      await view.page.waitForSelector(ready);
      assert.ok((await view.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, name);
      assert.deepEqual(await axeComplaints(view.page), [], name);
      await keepShot(view.page, `${name}-390-dark`, { fullPage: true });
    }
    await view.close();
    assert.deepEqual(view.complaints, []);
  });

  it("is over when the probe says so", async () => {
    await page.goto(`${server.url}#/alerts`);
    await page.waitForSelector(row("Firing"));
    await come("resolved");
    await page.waitForSelector(row("History"));
    assert.match(await textOf(row("History")), /critical ?resolved ?since .* until .*, 10:00/);
    await openOne();
    assert.equal(await page.getByRole("button", { name: "Acknowledge" }).count(), 0);
  });
});
