/*
 * rooms_pages.test - what the rooms beside the calls compute, without a browser: bands and round trips of trunks, states of
 * registrations, kinds of attacks, tabs of certificates, figures of processes.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CERTIFICATE_TABS, certificatesOf, daysLeft, issuerName } from "../../webui-static/certificates.js";
import {
  bandOf, configSections, cpuShare, healthRows, kindsHeard, kindWords, queueMark, readSpan, REGISTRATION_STATES, registrationMark, registrationWhy,
  roundTrips, shareUp, spanWords, targetMark,
} from "../../webui-static/rooms.js";
import { destinationRows, groupFilter, trunkRows } from "../../webui-static/trunks.js";

const source = (name) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

describe("trunks", () => {
  const target = {
    address: "198.51.100.9",
    spans: [
      { from: 900, until: 1600, state: "up", status: null },
      { from: 1600, until: 1800, state: "down", status: 503 },
      { from: 1800, until: 2000, state: "constructor", status: null },
    ],
  };

  it("lie in their band, cut to the time that is shown", () => {
    assert.deepEqual(bandOf(target, 1000, 2000).map(({ left, width, state }) => [left, width, state]), [[0, 60, "up"], [60, 20, "down"], [80, 20, "silent"]]);
    assert.deepEqual(bandOf({ spans: "no" }, 1000, 2000), []);
    assert.deepEqual(bandOf(target, 2000, 2000), []);
    assert.ok(bandOf({ spans: [{ from: 1000, until: 1000.001, state: "down" }] }, 1000, 2000)[0].width > 0.1, "the shortest outage is seen");
  });
  it("say how much of the time they were up, and of what is pointed at", () => {
    assert.equal(shareUp(target).toFixed(3), (700 / 1100).toFixed(3));
    assert.equal(shareUp({ spans: [] }), null);
    const at = (time) => `t${time}`;
    assert.equal(spanWords(target.spans[1], "utc", at), "down, answered 503: t1600 – t1800, 3:20");
    assert.match(spanWords({ ...target.spans[1], status: null }, "utc", at), /^down, no answer/);
    assert.equal(targetMark("__proto__").word, "silent");
  });
  it("draw round trips, with breaks where nothing was answered", () => {
    const point = (time, ms) => ({ time, round_trip_ms: ms, round_trip_ms_p95: ms && ms * 2 });
    const { p50, p95, top, any } = roundTrips([point(0, 10), point(10, 20), point(500, null), point(600, 30)], 0, 960, 960, 100);
    assert.equal(top, 60);
    assert.ok(any);
    assert.equal((p50.match(/M/g) ?? []).length, 2);
    assert.equal((p95.match(/L/g) ?? []).length, 1);
    assert.deepEqual(roundTrips(null, 0, 960, 960, 100).p50, "");
  });
  it("name those that were never asked", () => {
    const health = { targets: [{ trunk: "a", address: "x" }, { trunk: null, address: "y" }] };
    const groups = [{ trunk: null }, { trunk: "b", direction: "in" }, { trunk: "a", direction: "in" }, { trunk: "b", direction: "out" }];
    assert.deepEqual(healthRows(health, { groups }).never, ["b"]);
    assert.deepEqual(healthRows(null, null), { targets: [], never: [] });
  });
  it("lead to the calls behind a cell", () => {
    const span = { from: 1000.5, until: 1900 };
    assert.equal(groupFilter({ trunk: "carrier-a", direction: "in" }, span), "trunk_in:carrier-a since:1000 until:1900");
    assert.equal(groupFilter({ trunk: "two words", direction: "out", destination: "Germany" }, span), 'trunk_out:"two words" destination:Germany since:1000 until:1900');
    assert.equal(groupFilter({ trunk: null, destination: null }, { from: null }), "");
    const groups = [{ trunk: null, destination: null }, { trunk: null, destination: "Germany" }, { trunk: "a", destination: "Germany" }];
    assert.equal(trunkRows({ groups }).rows.length, 1);
    assert.deepEqual(destinationRows({ groups }).rows.map(({ destination }) => destination), ["Germany"]);
  });
  it("read their span from the address, whatever stands there", () => {
    assert.equal(readSpan({ span: "7d" }).hours, 168);
    assert.equal(readSpan({ span: "toString" }).name, "24h");
    assert.equal(readSpan({}, "1h").hours, 1);
  });
});

describe("registrations", () => {
  it("have a mark for each state that the server knows", () => {
    const names = source("probe/web/registration_sums.c").match(/names\[REGISTRATION_STATES\] = \{([^}]*(?:\}[^;]*)?)\};/s)[0].match(/"(\w+)"/g).map((name) => name.slice(1, -1));
    assert.deepEqual([...REGISTRATION_STATES].sort(), names.sort());
    assert.equal(registrationMark("constructor").word, "not known");
  });
  it("say why", () => {
    const why = (row) => registrationWhy({ last_status: null, flaps: 0, ...row });
    assert.equal(why({ state: "failing", told: "unknown" }), "the registrar has not answered");
    assert.equal(why({ state: "failing", told: "refused", last_status: 403 }), "refused, last answer 403");
    assert.match(why({ state: "flapping", told: "expired", flaps: 3 }), /3 times since yesterday, away/);
    assert.equal(why({ state: "registered", told: "registered", last_status: 200 }), "");
    assert.equal(why({ state: "registered", told: "registered", last_status: 503 }), "the last refresh was answered 503");
    assert.equal(why({ state: "registered", told: "registered", last_status: 401 }), "");
  });
});

describe("security", () => {
  it("has words and a drawing for each fact that the analyzer tells", () => {
    const facts = source("analyzer/security/fact.h").match(/X\([A-Z_]+, "(\w+)"/g).map((x) => x.match(/"(\w+)"/)[1]);
    assert.ok(facts.length > 10);
    for (const fact of facts) assert.notEqual(kindWords(fact).word, fact.replaceAll("_", " "), fact);
    assert.deepEqual(kindWords("toString"), { word: "toString", icon: "info" });
  });
  it("shows the kinds that were heard of, most sources first", () => {
    const kinds = [{ kind: "a", sources: 0 }, { kind: "b", sources: 1 }, { kind: "c", sources: 4 }, null];
    assert.deepEqual(kindsHeard({ kinds }).map(({ kind }) => kind), ["c", "b"]);
    assert.deepEqual(kindsHeard({}), []);
  });
});

describe("certificates in tabs", () => {
  it("stand where they belong, those that were asked for among them", () => {
    const all = certificatesOf({
      certificates: [{ id: "1", days_left: 400 }, { id: "2", days_left: 12, name_matches: false }, { id: "3", days_left: -1 }],
      watched: [{ certificate: { id: "4", days_left: 3, origin: "watch" } }, { certificate: null, error: "timed out" }],
    });
    const ids = (name) => all.filter(CERTIFICATE_TABS.find((tab) => tab.name === name).takes).map(({ id }) => id).join("");
    assert.deepEqual(["", "expired", "soon", "mismatch", "watched"].map(ids), ["3421", "3", "42", "2", "4"]);
  });
});

describe("a certificate", () => {
  it("that another one has followed is no worry any more", () => {
    const of = (id, days_left, first_seen, last_seen, server = "a:443") => ({ id, days_left, first_seen, last_seen, server, state: "seen" });
    const all = certificatesOf({ certificates: [of("old", -3, 100, 200), of("new", 80, 300, 400), of("other", -3, 100, 200, "b:443"), of("both", 5, 250, 400)] });
    assert.deepEqual(all.map(({ id, replaced }) => `${id}${replaced ? " replaced" : ""}`), ["other", "both", "new", "old replaced"]);
    assert.equal(daysLeft(all.at(-1)).words, "replaced since");
    assert.equal(CERTIFICATE_TABS.find(({ name }) => name === "expired").takes(all.at(-1)), false);
  });
  it("is issued by a name that one can read", () => {
    assert.equal(issuerName("CN=R3,O=Let's Encrypt,C=US"), "R3, Let's Encrypt");
    assert.equal(issuerName("C=DE,O=A\\, B GmbH"), "A, B GmbH");
    assert.equal(issuerName("OU=only"), "OU=only");
    assert.equal(issuerName(null), null);
  });
});

describe("the probe", () => {
  it("says what of a processor was used between two looks", () => {
    assert.equal(cpuShare({ pid: 7, cpu_s: 1 }, { pid: 7, cpu_s: 2.5 }, 3), 0.5);
    assert.equal(cpuShare({ pid: 7, cpu_s: 1 }, { pid: 8, cpu_s: 2.5 }, 3), null);
    assert.equal(cpuShare(null, { pid: 8, cpu_s: 2.5 }, 3), null);
    assert.equal(cpuShare({ pid: 7, cpu_s: null }, { pid: 7, cpu_s: 1 }, 3), null);
  });
  it("warns of queues that are full or have lost something", () => {
    assert.equal(queueMark({ depth: 1, cap: 100, lost: 0 }).level, "good");
    assert.equal(queueMark({ depth: 80, cap: 100, lost: 0 }).level, "poor");
    assert.equal(queueMark({ depth: 0, cap: 100, lost: 1 }).level, "bad");
  });
  it("shows the configuration in its sections", () => {
    const config = [{ option: "store.keep", default: false }, { option: "store.video", default: true }, { option: "user", default: true }];
    assert.deepEqual(configSections(config).map(({ name, changed, options }) => [name, changed, options.length]), [["store", 1, 2], ["user", 0, 1]]);
    assert.deepEqual(configSections(null), []);
  });
});
