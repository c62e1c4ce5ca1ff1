/*
 * hostile.test - strangers write what the dashboard shows: none of it ever runs.
 *
 * Twice: calls made of attacks on their way through the real probe; and an API that answers with
 * attacks in every field, also those that the probe fills in itself.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ask, openBrowser, openPage } from "./support/browser.js";
import { asWord } from "../../webui-static/filter_text.js";
import { makeStore, replay, serve } from "./support/earshot.js";
import { whyNot } from "./support/environment.js";
import { hostileAlert, hostileAnswer, hostileCall, hostileCertificate, idOf } from "./support/hostile_api.js";
import { hostileCapture, PAYLOADS, START_S } from "./support/hostile_capture.js";

const missing = whyNot();
const PAGES = ["overview", "calls", "alerts", "trunks", "registrations", "security", "certificates", "probe", "audit"];

if (missing) console.log(`SKIPPED: ${missing}`);

/* What an attack would leave behind: a script that ran, an element or an attribute of its own, a link out of the page. In an address of the
 * page a stranger's text stands encoded; in a field, as its value. */
function traces() {
  const foreign = "img:not(.brand img), iframe, object, embed, math, [onerror], [onload], [srcdoc], [autofocus]";
  const shown = ({ name, value, ownerElement: element }) => name === "value" || (name === "href" && value === element.getAttribute("href") && /^#[^<>"'\s]*$/.test(value));
  const attributes = [...document.querySelectorAll("#app *")].flatMap((element) => [...element.attributes]);

  return {
    ran: globalThis.ran ?? null,
    foreign: [...document.querySelectorAll(foreign)].map((element) => element.outerHTML),
    attributes: attributes.filter((each) => /globalThis\.ran|x\.invalid/.test(each.value) && !shown(each)).map(({ name, value }) => `${name}=${value}`),
    scripts: [...document.querySelectorAll("script")].filter((script) => script.textContent !== "").length,
    links: [...document.querySelectorAll("a[href]")].filter((link) => !/^https?:$/.test(link.protocol)).map((link) => link.href),
    blank: document.querySelectorAll("[target]:not([rel~=noopener])").length,
    polluted: Object.keys(Object.prototype).length,
  };
}

const CLEAN = { ran: null, foreign: [], attributes: [], scripts: 0, links: [], blank: 0, polluted: 0 };
/* As a page shows it: nothing in it turns the text around. */
const visible = (attack) => attack.replace("\u202E", "⟨202E⟩").replace("\u202C", "⟨202C⟩");

async function assertClean(page, where) {
  const found = await page.evaluate(traces);
  assert.deepEqual(found, CLEAN, `${where}: ${JSON.stringify(found).slice(0, 600)}`);
}

async function show(page, hash, sign) {
  await page.evaluate((next) => (location.hash = next), hash);
  await page.waitForSelector(sign);
}

/* A page as it is when all that it asks for has come. */
async function showPage(page, name) {
  await show(page, `#/${name}`, "main h1");
  await page.waitForFunction(() => document.querySelector("main h1") !== null && document.querySelector(".loading") === null);
  assert.deepEqual(await page.$$eval(".failure:has(button)", (all) => all.map((one) => one.textContent)), [], name);
  await assertClean(page, name);
}

/* A table as it was written, by RFC 4180. */
function cellsOf(csv) {
  return [...csv.matchAll(/(?:^|,|\n)(?:"((?:[^"]|"")*)"|([^,\n]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain);
}

describe("hostile calls", { skip: missing ?? false }, () => {
  let store, server, browser;

  before(async () => {
    store = makeStore();
    const capture = join(store.folder, "hostile.pcap");
    writeFileSync(capture, hostileCapture());
    await replay(store, [capture]);
    server = await serve(store);
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    store?.remove();
  });

  it("go through the probe and onto the page as text", async () => {
    const { page, complaints, close } = await openPage(browser);

    await page.goto(`${server.url}#/calls`);
    await page.waitForSelector(".call-row");
    const { calls } = await ask(page, "calls?limit=1000");
    assert.equal(calls.length, PAYLOADS.length);
    await assertClean(page, "calls");
    for (const call of calls) {
      const attack = PAYLOADS[Math.floor(call.invite_time) - START_S];
      await show(page, `#/call/${call.id}?message=2`, ".message-raw");
      await page.waitForFunction((text) => document.querySelector(".message-raw")?.textContent.includes(text), visible(`SIP/2.0 486 ${attack}`));
      await assertClean(page, attack);
    }
    for (const name of PAGES) await showPage(page, name);
    const { certificates } = await ask(page, "certificates?limit=1000");
    assert.equal(certificates.length, PAYLOADS.length, "each certificate was read");
    for (const { subject_alt_names: names } of certificates) assert.equal(names.length, 2);
    const { registrations } = await ask(page, "registrations?limit=1000");
    assert.equal(registrations.length, PAYLOADS.length, "each registration was read");
    await show(page, `#/calls?q=${encodeURIComponent(PAYLOADS[1])}`, ".empty");
    await assertClean(page, "nothing found");
    assert.deepEqual(complaints, []);
    await close();
  });

  it("are found by their Call-IDs, whatever stands in them", async () => {
    const { page, complaints, close } = await openPage(browser);

    await page.goto(server.url);
    const { calls } = await ask(page, "calls?limit=1000");
    for (const { id, call_id: callId } of calls) {
      const found = await ask(page, `calls?filter=${encodeURIComponent(`call_id:${asWord(callId)}`)}`);
      assert.deepEqual(found.calls.map((call) => call.id), [id], callId);
    }
    /* Also as somebody else may have written it, the NUL as it is. */
    for (const { id, call_id: callId } of calls.slice(0, 8)) {
      await page.evaluate((next) => (location.hash = next), `#/calls?filter=${encodeURIComponent(`call_id:"${callId.replace(/[\\"]/g, "\\$&")}"`)}`);
      await page.waitForFunction((only) => {
        const rows = [...document.querySelectorAll(".call-row")];
        return rows.length === 1 && rows[0].dataset.id === only;
      }, id);
    }
    assert.deepEqual(complaints, []);
    await close();
  });

  it("are text in a table for spreadsheets", async () => {
    const { page, close } = await openPage(browser);

    await page.goto(server.url);
    const { type, sniff, csv } = await page.evaluate(async () => {
      const answer = await fetch("api/v1/export?format=csv");
      return { type: answer.headers.get("content-type"), sniff: answer.headers.get("x-content-type-options"), csv: await answer.text() };
    });
    const cells = cellsOf(csv);
    assert.match(type, /^text\/csv/);
    assert.equal(sniff, "nosniff");
    for (const attack of PAYLOADS) assert.ok(cells.includes(attack), attack);
    assert.deepEqual(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell) && !/^-?[\d.]+$/.test(cell)), []);
    await close();
  });

  it("cannot attack through any field of the API or of the live feed", async () => {
    const { page, complaints, close } = await openPage(browser);
    let socket = null;

    await page.route("**/api/v1/**", (route) => {
      const answer = hostileAnswer(new URL(route.request().url()).pathname);
      return answer ? route.fulfill({ json: answer }) : route.fulfill({ status: 404, json: {} });
    });
    await page.routeWebSocket(/\/api\/v1\/live(\?|$)/, (opened) => (socket = opened));
    await page.goto(`${server.url}#/calls`);
    await page.waitForSelector(".call-row");
    await page.waitForFunction(() => document.querySelector(".banner") === null);
    const texts = await page.textContent("main");
    for (const attack of PAYLOADS) assert.ok(texts.includes(visible(attack).slice(0, 20)), `${attack} is in the table`);
    for (const name of [...PAGES, "users", "account"]) await showPage(page, name);
    for (const tab of ["silences", "deliveries", "rules"]) {
      await show(page, `#/alerts?tab=${tab}`, `.alerts-page :is(.plain-table, .rule)`);
      await assertClean(page, tab);
    }
    for (const [index, attack] of PAYLOADS.entries()) {
      const [id, other] = [idOf(index), idOf(index + 500)];
      await show(page, `#/call/${id}?message=1`, ".message-raw");
      await page.waitForFunction((text) => document.querySelector(".message-raw")?.textContent.includes(text), visible(attack));
      await assertClean(page, `${attack} as a call`);
      socket.send(JSON.stringify({ ...hostileCall(attack, id), event: "changed" }));
      socket.send(JSON.stringify({ ...hostileAlert(attack, other), muted_by: null, ack: null, silence: null }));
      socket.send(JSON.stringify(hostileCertificate(attack, other)));
      socket.send(attack);
      socket.send("null");
      await page.waitForFunction((text) => document.querySelector(".toast b")?.textContent.startsWith(text), visible(attack).slice(0, 30));
      await show(page, `#/alerts/${id}`, ".alert-detail .plain-table");
      await page.waitForFunction((text) => document.querySelector(".alert-detail h1")?.textContent.startsWith(text), visible(attack).slice(0, 30));
      await assertClean(page, `${attack} as an alert`);
    }
    assert.deepEqual(complaints, []);
    await close();
  });
});
