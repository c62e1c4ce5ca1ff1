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
import { makeStore, replay, serve } from "./support/earshot.js";
import { whyNot } from "./support/environment.js";
import { hostileCapture, PAYLOADS } from "./support/hostile_capture.js";

const missing = whyNot();
const ID = "00000000000000aa";
const OTHER = "00000000000000bb";

if (missing) console.log(`SKIPPED: ${missing}`);

/* What an attack would leave behind. The page has one script of each file, no foreign element. */
function traces() {
  const foreign = "img:not(.brand img), iframe, object, embed, form, math, [onerror], [onload], [srcdoc]";
  return {
    ran: globalThis.ran ?? null,
    foreign: [...document.querySelectorAll(foreign)].map((element) => element.outerHTML),
    scripts: [...document.querySelectorAll("script")].filter((script) => script.textContent !== "").length,
    links: [...document.querySelectorAll("a[href]")].filter((link) => !/^https?:$/.test(link.protocol)).length,
    polluted: Object.keys(Object.prototype).length,
  };
}

const CLEAN = { ran: null, foreign: [], scripts: 0, links: 0, polluted: 0 };

function hostileStream(attack) {
  const texts = ["call_id", "ssrc", "src", "dst", "direction", "media", "codec", "codec_model"];
  return {
    ...Object.fromEntries(texts.map((name) => [name, attack])),
    id: ID,
    call: ID,
    start_time: 1772450001,
    end_time: 1772450011,
    packets: 500,
    expected: 510,
    lost: 10,
    mos_lq: { raw: 4, jb50: 4, jb200: 4, adaptive: 4 },
    intervals: [{ t: 1772450001, packets: 240, lost: 5, jitter_ms_max: 2, mos_lq: 4 }],
  };
}

/* What the API adds to a record: its story and its legs. */
function hostileTale(attack) {
  const leg = (id) => ({ id, state: attack, from_user: attack, to_user: attack, src: attack, dst: attack, trunk_in: attack, trunk_out: attack,
    media_verdict: attack, invite_time: 1, streams: [hostileStream(attack)] });
  return {
    story: [{ part: attack, text: attack }, { part: "fault", text: attack }, { part: "sure", text: attack }],
    legs: {
      calls: [leg(ID), leg(OTHER), { id: attack }],
      pairs: [{ call_a: ID, call_b: OTHER, score: 0.9, evidence: [{ by: attack, detail: attack, weight: -1 }], media: [{ direction: attack, delay_added_ms: 7 }] }],
    },
  };
}

function hostileCall(attack) {
  const texts = ["call_id", "transport", "state", "from_user", "to_user", "from_uri", "to_uri", "request_uri",
    "from_tag", "to_tag", "src", "dst", "user_agent", "server", "final_reason", "reason_header", "ended_by",
    "outcome", "nos_cause", "media_verdict", "capture_confidence", "vlan", "tunnel", "ended_how", "challenged_by",
    "from_number", "to_number", "trunk_in", "trunk_out", "destination", "destination_prefix"];
  const note = (key) => [{ t: 1772450001, [key]: attack, by: attack, count: 2, detail: attack }, { [key]: "refer", detail: `offer: ${attack}; would take: ${attack}` }, null, attack];
  const sides = { caller: attack, callee: attack };
  return {
    type: "call",
    ...Object.fromEntries(texts.map((name) => [name, attack])),
    id: ID,
    invite_time: 1772450000,
    final_status: 486,
    mos_lq: 3.2,
    codecs: [attack, attack],
    capture_confidence_reasons: [attack],
    ...hostileTale(attack),
    history: note("event"),
    deviations: [...note("deviation"), ...note("deviation").slice(0, 1).map((each) => ({ ...each, deviation: "known" }))],
    links: [{ t: 1, link: attack, call_id: attack, call: attack }, { link: "replaces", call_id: attack, call: ID }],
    media_evidence: { why: attack, packets: sides, announced: sides, arrived_from: sides, went_to: sides, directions: sides, rtcp: sides, held_by: attack,
      pair: { hosts: [attack, attack], calls: 1, only_from: attack }, learned: [{ side: attack, addr: attack, by: attack }] },
    media_timeouts: [{ from: 1, to: 70, direction: attack }],
    stir: { attestation: attack, x5u_host: attack },
    streams: [hostileStream(attack), { ...hostileStream(attack), direction: "caller_to_callee" }],
  };
}

function hostileAlert(attack) {
  const texts = ["rule", "severity", "group", "summary", "description", "runbook", "unit", "search"];
  return {
    type: "alert",
    ...Object.fromEntries(texts.map((name) => [name, attack])),
    id: ID,
    state: "firing",
    since: 1772450000,
    time: 1772450000,
    calls: [attack, ID],
    value: 1,
    threshold: 0.5,
    labels: { rule: attack, [attack]: attack, n: 3 },
    evidence: { step_s: 10, series: [1, null, attack, 3], top: [{ field: attack, values: [{ value: attack, count: 1 }] }, attack] },
    muted_by: OTHER,
    muted: true,
    ack: { time: 1772450000, by: attack, comment: attack },
    silence: { id: 1, until: 1772450000, comment: attack },
    deliveries: { waiting: 1, delivered: 1, dead: 1 },
  };
}

function hostileDelivery(attack) {
  return { id: 1, receiver: attack, message: attack, about: attack, state: attack, tries: 1, created: 1772450000, next_try: 1772450000, settled: null, status: 500,
    reason: attack, alerts: [attack, ID] };
}

/* What one alert has more. */
function hostileIncident(attack) {
  return {
    ...hostileAlert(attack),
    call_records: [hostileCall(attack), { id: attack }, null],
    muted_by_alert: { id: OTHER, summary: attack },
    deliveries: { list: [hostileDelivery(attack)], told: [{ receiver: attack, held: attack }], dead: 1 },
  };
}

function hostileRule(attack) {
  const texts = ["severity", "error", "description", "reason", "runbook", "text"];
  const live = { rule: attack, unit: attack, threshold: 1, firing: 1, pending: 1, values: [{ group: attack, value: 0.5, baseline: 1, samples: 3, state: attack }] };
  return { ...Object.fromEntries(texts.map((name) => [name, attack])), name: attack, live };
}

function hostileCertificate(attack) {
  const texts = ["server", "server_name", "transport", "tls_version", "state", "subject", "issuer", "serial",
    "fingerprint", "key_type"];
  return {
    type: "certificate",
    ...Object.fromEntries(texts.map((name) => [name, attack])),
    id: ID,
    subject_alt_names: [attack, attack],
    days_left: 3,
  };
}

/* What each path of the API answers. */
function answers(attack) {
  const message = { time: 1772450000, src: attack, dst: `${attack}x`, method: attack, status: null, reason: attack,
    call: ID, cseq: attack, branch: attack, call_id: attack, has_sdp: true, raw: `${attack}\r\n${attack}: ${attack}\r\n\r\n${attack}` };
  const counts = { [attack]: 3, __proto__: 4 };
  return [
    [/\/messages$/, { messages: [message, { ...message, call: OTHER, method: null, status: 486 }] }],
    [/\/deviations$/, { deviations: [{ name: "known", sentence: attack, clause: attack }, { name: attack, sentence: attack, clause: "RFC 3261 §8.1" }] }],
    [/\/calls\/[0-9a-f]+$/, hostileCall(attack)],
    [/\/calls$/, { calls: [hostileCall(attack)], next: null }],
    [/\/alerts$/, { alerts: [hostileAlert(attack)], next: null }],
    [/\/alerts\/[0-9a-f]+$/, hostileIncident(attack)],
    [/\/silences$/, { silences: [{ id: 1, labels: attack, from: 1, until: 2, state: attack, comment: attack }] }],
    [/\/deliveries$/, { deliveries: [hostileDelivery(attack)], next: null, waiting: 1, delivered: 1, dead: 1 }],
    [/\/receivers$/, { receivers: [{ name: attack, kind: attack, place: attack, state: attack, reason: attack, next_try: 1 }] }],
    [/\/rules$/, { time: 1772450000, rules: [hostileRule(attack)] }],
    [/\/certificates$/, { certificates: [hostileCertificate(attack)], next: attack }],
    [/\/trunks$/, { minutes: 15, until: 1772450000, groups: [{ trunk: attack, direction: attack, attempts: 1, channel_limit: 1, concurrent_max: 1 }, attack] }],
    [/\/stats$/, { version: attack, store: { calls: 1 }, live: true,
      mirror: { frames: 7, source: attack, vlans: counts, tunnels: counts, complaints: [attack, "cut"] },
      capture: { source: attack, received: 7, bins: counts, malformed: counts, refusals: counts, protocols: counts } }],
  ];
}

const VIEWS = [
  ["#/calls", ".call-row"],
  [`#/call/${ID}`, ".ladder .ladder-leg"],
  [`#/call/${ID}?message=1`, ".message-raw"],
  ["#/alerts", ".alert"],
  [`#/alerts/${ID}`, ".alert-detail .plain-table"],
  ["#/alerts?tab=silences", ".plain-table"],
  ["#/alerts?tab=deliveries", ".plain-table"],
  ["#/alerts?tab=rules", ".rule"],
  ["#/probe", ".bar-list"],
  ["#/probe", ".certificate-table"],
  ["#/probe", ".trunk-table"],
];

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

    await page.goto(server.url);
    await page.waitForSelector(".call-row");
    const { calls } = await ask(page, "calls?limit=1000");
    assert.equal(calls.length, PAYLOADS.length);
    assert.deepEqual(await page.evaluate(traces), CLEAN);
    for (const call of calls) {
      await page.evaluate((id) => (location.hash = `#/call/${id}?message=2`), call.id);
      await page.waitForFunction((id) => document.querySelector(".call-tools a")?.href.includes(id), call.id);
      await page.waitForSelector(".message-raw");
      assert.deepEqual(await page.evaluate(traces), CLEAN);
      const attack = PAYLOADS[Math.round(call.invite_time) - 1772450000];
      const visible = attack.replace("\u202E", "⟨202E⟩").replace("\u202C", "⟨202C⟩");
      assert.ok((await page.textContent(".message-raw")).includes(visible), `${attack} is shown as it is`);
    }
    const { certificates } = await ask(page, "certificates?limit=1000");
    assert.equal(certificates.length, PAYLOADS.length, "each certificate was read");
    for (const { subject_alt_names: names } of certificates) assert.equal(names.length, 2);
    await page.goto(`${server.url}#/probe`);
    await page.waitForSelector(".certificate-table tbody tr");
    assert.equal(await page.locator(".certificate-table tbody tr").count(), PAYLOADS.length);
    assert.deepEqual(await page.evaluate(traces), CLEAN);
    await page.goto(`${server.url}#/calls?q=${encodeURIComponent(PAYLOADS[1])}`);
    await page.waitForSelector(".empty");
    assert.deepEqual(await page.evaluate(traces), CLEAN);
    assert.deepEqual(complaints, []);
    await close();
  });

  it("cannot attack through any field of the API or of the live feed", async () => {
    const { page, complaints, close } = await openPage(browser);
    let attack = PAYLOADS[0];

    await page.route("**/api/v1/**", (route) => {
      const path = new URL(route.request().url()).pathname;
      const found = answers(attack).find(([pattern]) => pattern.test(path));
      return route.fulfill({ status: found ? 200 : 404, json: found?.[1] ?? {} });
    });
    await page.routeWebSocket("**/api/v1/live", (socket) => {
      socket.send(JSON.stringify({ ...hostileCall(attack), event: "changed" }));
      socket.send(JSON.stringify({ ...hostileAlert(attack), id: OTHER, muted_by: null, ack: null, silence: null }));
      socket.send(JSON.stringify(hostileCertificate(attack)));
      socket.send(attack);
      socket.send("null");
    });
    for (attack of PAYLOADS) {
      await page.goto("about:blank");
      await page.goto(server.url);
      await page.waitForSelector(".toast");
      for (const [hash, sign] of VIEWS) {
        await page.evaluate((next) => (location.hash = next), hash);
        await page.waitForSelector(sign);
        assert.deepEqual(await page.evaluate(traces), CLEAN, `${attack} on ${hash}`);
      }
    }
    assert.deepEqual(complaints, []);
    await close();
  });
});
