/*
 * pages.test - what the dashboard computes, without a browser: values as text, addresses, the
 * ladder's layout, the joining of live records.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { isNews, mergeAlerts } from "../../webui-static/alerts.js";
import { againstWords, barOf, labelWord, measure, nearness, seriesOf, silenceChoices, topOf } from "../../webui-static/alert_words.js";
import { isId, pcapAddress } from "../../webui-static/api.js";
import { filterParams, modernQuery } from "../../webui-static/call_filter.js";
import { accept, asWord, cutAt, hasTerm, nextSort, notTerm, propose, splitTerms, timeOf, toggleTerm, withTime } from "../../webui-static/filter_text.js";
import { callAt, cutPage, dropFar, joinLive, joinWaiting, nextPage, rowOf } from "../../webui-static/call_list.js";
import { placeBar, PX_MAX, visibleRows } from "../../webui-static/virtual_rows.js";
import { fitColumns, readColumns, USUAL } from "../../webui-static/columns.js";
import * as format from "../../webui-static/format.js";
import { binsMissing, countsOf } from "../../webui-static/ledger.js";
import { heatOf, layoutLadder, markRetransmissions, markSightings } from "../../webui-static/parts/ladder_layout.js";
import { formatRoute, parseRoute } from "../../webui-static/router.js";
import { axisTop, orderStreams, silentDirection } from "../../webui-static/series.js";
import { storyOf, sureOf } from "../../webui-static/story.js";
import { clauseAddress, deviationsOf, sidesOf, timeoutsOf } from "../../webui-static/call_notes.js";
import { attestationWords, endedWord, historyWord, linkWord, sideWord } from "../../webui-static/call_words.js";
import { learnedOf, sharedFacts, sidedRows, whyWord } from "../../webui-static/evidence.js";
import { addedOf, evidenceOf, legsOf, streamsOfLegs } from "../../webui-static/legs.js";
import { certificateNames, daysLeft, sortCertificates } from "../../webui-static/certificates.js";
import { checksOf, sharesOf } from "../../webui-static/mirror.js";
import { anomalyWord, binWord, mosWords, protocolWord, reasonWord, statusClass, verdictWords } from "../../webui-static/words.js";

const sources = fileURLToPath(new URL("../../webui-static/", import.meta.url));

describe("format", () => {
  const cases = [
    ["count", [null], "–"],
    ["count", [0], "0"],
    ["count", [6130412], "6,130,412"],
    ["percent", [null], "–"],
    ["percent", [0], "0 %"],
    ["percent", [0.00001], "<0.01 %"],
    ["percent", [0.0042], "0.42 %"],
    ["percent", [0.053], "5.3 %"],
    ["milliseconds", [undefined], "–"],
    ["milliseconds", [1.25], "1.3 ms"],
    ["milliseconds", [180], "180 ms"],
    ["milliseconds", [3204], "3.20 s"],
    ["duration", [null], "–"],
    ["duration", [92000], "1:32"],
    ["duration", [3723000], "1:02:03"],
    ["bytes", [null], "–"],
    ["bytes", [999], "999 B"],
    ["bytes", [999999], "1.0 MB"],
    ["fixed", [Number.NaN], "–"],
    ["delta", [0.0354], "+0.035"],
    ["delta", [-0.5], "−0.500"],
    ["time", [1772447424.160001, "utc", 6], "10:30:24.160001"],
    ["time", [1772447424.9999996, "utc", 6], "10:30:25.000000"],
    ["time", [1772447424.9999, "utc", 0], "10:30:24"],
    ["time", [1e300, "utc", 3], "–"],
    ["day", [1772447424, "utc"], "2026-03-02"],
    ["text", [null], "–"],
    ["text", [""], "–"],
    ["text", ["a\u0000b\u202ec"], "a␀b⟨202E⟩c"],
    ["text", ["abcdef", 3], "abc…"],
  ];

  for (const [name, args, expected] of cases)
    it(`${name}(${args.map((arg) => JSON.stringify(arg)).join(", ")})`, () => {
      assert.equal(format[name](...args), expected);
    });

  it("splits addresses of both families", () => {
    assert.deepEqual(format.splitAddress("10.0.0.1:5060"), { host: "10.0.0.1", port: "5060" });
    assert.deepEqual(format.splitAddress("[2001:db8::1]:5060"), { host: "2001:db8::1", port: "5060" });
    assert.deepEqual(format.splitAddress("2001:db8::1"), { host: "2001:db8::1", port: null });
    assert.deepEqual(format.splitAddress(null), { host: null, port: null });
  });
});

describe("router", () => {
  it("reads what it writes, whatever stands in it", () => {
    for (const value of ["a/b?c=d&e#f", "100%", '"<>', "\u202e", "sip:x@y;z"]) {
      const route = { page: "calls", id: null, query: { q: value } };
      assert.deepEqual(parseRoute(formatRoute(route)), route);
    }
  });
  it("takes no address for page or property that it is not", () => {
    assert.equal(parseRoute("").page, "");
    assert.equal(parseRoute("#/").page, "");
    assert.equal(parseRoute("#/constructor").page, "unknown");
    assert.equal(parseRoute("#/call/%E0%A4%A").id, "%E0%A4%A");
  });
  it("leaves empty keys out", () => {
    assert.equal(formatRoute({ page: "calls", query: { q: "", status: null } }), "#/calls");
  });
});

describe("api", () => {
  it("puts nothing but an id into an address", () => {
    assert.ok(isId("0123456789abcdef"));
    for (const id of ["../stats", "0123456789ABCDEF", "0123456789abcdef0", "", null, {}]) assert.ok(!isId(id));
    assert.throws(() => pcapAddress("../../x"), /id of a call/);
  });
});

describe("call_filter", () => {
  it("makes words of the filter of what older addresses said", () => {
    for (const [query, expected] of [
      [{ filter: "mos<3 ", sort: "-mos" }, { filter: "mos<3 ", sort: "-mos" }],
      [{ q: " 12 ", status: "x", range: "15m" }, { filter: "12 since:15m" }],
      [{ q: 'a "b' }, { filter: '"a \\"b"' }],
      [{ filter: "a or b", status: "5xx", sort: "mos" }, { filter: "(a or b) status:5xx", sort: "mos" }],
      [{ one_way: "false", mos_max: "3.6", until: "1795255200" }, { filter: "mos<=3.6 one_way:no until:@1795255200" }],
      [{ state: "<b>", since: "yesterday" }, {}],
    ])
      assert.deepEqual(modernQuery(query), expected);
    const query = { filter: "mos<3" };
    assert.equal(modernQuery(query), query, "an address of today stays what it is");
    assert.deepEqual(filterParams({ filter: " mos<3 ", sort: "-mos", columns: "time" }), { filter: "mos<3", sort: "-mos" });
  });
});

describe("call_list", () => {
  const page = (ids, more = {}) => ({ cursor: null, next: null, first: ids[0], count: ids.length, calls: ids.map((id) => ({ id, state: "ringing" })), ...more });
  const list = (pages, more = {}) => ({ head: [], pages, waiting: [], missed: 0, next: null, count: pages.reduce((n, { count }) => n + count, 0), ...more });
  const ids = (calls) => calls.map(({ id }) => id);

  it("updates what it has and lets new calls wait, newest first, each once", () => {
    const records = [
      { id: "0d", event: "opened", state: "trying" },
      { id: "0c", event: "changed", state: "in_call" },
      { id: "0e", event: "opened", state: "trying" },
      { id: "0d", event: "changed", state: "ringing" },
    ];
    const { pages, waiting } = joinLive(list([page(["0c", "0a"])]), records, true);
    assert.deepEqual(pages[0].calls.map(({ id, state }) => [id, state]), [["0c", "in_call"], ["0a", "ringing"]]);
    assert.deepEqual(waiting.map(({ id, state }) => [id, state]), [["0e", "trying"], ["0d", "ringing"]]);
    assert.ok(!("event" in waiting[0]), "only what a row shows is kept");
    const shown = joinWaiting({ ...list(pages), waiting });
    assert.deepEqual([ids(shown.head), ids(shown.pages[0].calls), [...shown.fresh]], [["0e", "0d"], ["0c", "0a"], ["0e", "0d"]]);
  });
  it("puts a call that fits only now between those that began before and after it", () => {
    const { waiting } = joinLive(list([page(["0c", "0a"])]), [{ id: "0b" }], true);
    assert.deepEqual(ids(joinWaiting({ ...list([page(["0c", "0a"])]), waiting }).pages[0].calls), ["0c", "0b", "0a"]);
  });
  it("leaves to later pages what belongs there, and out what does not fit", () => {
    const more = list([page(["0c", "0a"], { next: "d0000.000000000000000a" })]);
    assert.equal(joinLive(more, [{ id: "01" }], true).waiting.length, 0);
    assert.equal(joinLive(list([page(["0c"])]), [{ id: "01" }], true).waiting.length, 1);
    assert.equal(joinLive(list([page(["0c"])]), [{ id: "0d" }], false).waiting.length, 0);
  });
  it("drops the calls of far pages, asks for them again, and finds the rows of those that are there", () => {
    const pages = Array.from({ length: 40 }, (_, n) => page(Array.from({ length: 200 }, (_, i) => `${n}-${i}`), { cursor: `c${n}`, next: `c${n + 1}` }));
    const dropped = dropFar(list(pages, { next: "c40" }), [4000, 4050]);
    assert.equal(dropped.pages.filter(({ calls }) => calls).length, 12);
    assert.equal(dropped.count, 8000);
    assert.equal(callAt(dropped, 4001).id, "20-1");
    assert.equal(callAt(dropped, 5), null);
    assert.equal(rowOf(dropped, "20-1"), 4001);
    assert.equal(rowOf(dropped, "0-1"), -1);
    assert.equal(nextPage(dropped, [0, 50]), 0);
    assert.equal(nextPage(dropped, [4000, 4050]), null);
    assert.equal(nextPage(dropped, [7950, 8000]), 39);
    assert.equal(nextPage(list(pages, { next: "c40" }), [7950, 8000]), 40);
    assert.equal(nextPage(list(pages), [7950, 8000]), null);
  });
  it("cuts from a page that came again what the next one has", () => {
    const calls = ["0d", "0c", "0b"].map((id) => ({ id: id.padStart(16, "0") }));
    assert.equal(cutPage(calls, `d0000.${calls[1].id}`).length, 2);
    assert.equal(cutPage(calls, `d0000.${"f".repeat(16)}`).length, 3);
    assert.equal(cutPage(calls, null).length, 3);
  });
});

describe("virtual_rows", () => {
  const view = 900;

  it("draws what can be seen, and some more", () => {
    assert.deepEqual(visibleRows(-200, view, 28, 1000), [0, 31]);
    assert.deepEqual(visibleRows(28000, view, 28, 100000), [994, 1039]);
    assert.deepEqual(visibleRows(99999, view, 28, 100), [100, 100]);
  });
  it("is the bar itself while there is room", () => {
    assert.deepEqual(placeBar({ scrolled: 0, offset: 0 }, 5000, view, 1_000_000), { scrolled: 5000, offset: 0 });
  });
  it("moves by pixels with a wheel, and far with a pull, over ten million rows", () => {
    const whole = 280_000_000;
    let place = placeBar({ scrolled: 0, offset: 0 }, PX_MAX / 2, view, whole);
    const top = place.scrolled + place.offset;
    assert.ok(Math.abs(top / whole - 0.5) < 0.001, "half of the bar is half of the calls");
    place = placeBar(place, place.scrolled + 100, view, whole);
    assert.equal(place.scrolled + place.offset, top + 100);
    place = placeBar(place, PX_MAX - view, view, whole);
    assert.equal(place.scrolled + place.offset, whole - view, "its end is the last call");
  });
  it("never runs out of bar while rows are left, up or down", () => {
    const whole = 40_000_000;
    let place = { scrolled: 0, offset: 0 };
    for (let turns = 0; place.scrolled + place.offset < whole - view && turns < 30000; turns++) {
      const before = place.scrolled + place.offset;
      place = placeBar(place, Math.min(place.scrolled + 2000, PX_MAX - view), view, whole);
      assert.ok(place.scrolled + place.offset > before, `stuck at ${before}`);
    }
    assert.equal(place.scrolled + place.offset, whole - view);
    for (let turns = 0; place.scrolled + place.offset > 0 && turns < 30000; turns++) {
      const before = place.scrolled + place.offset;
      place = placeBar(place, Math.max(place.scrolled - 2000, 0), view, whole);
      assert.ok(place.scrolled + place.offset < before, `stuck at ${before}`);
    }
    assert.equal(place.scrolled + place.offset, 0);
  });
});

describe("call_columns", () => {
  it("shows what is chosen as far as there is room, the most important last to go", () => {
    assert.deepEqual(readColumns("mos,nonsense,time"), ["time", "mos"]);
    assert.deepEqual(readColumns("nonsense"), USUAL);
    assert.deepEqual(fitColumns(USUAL, 10000), USUAL);
    assert.deepEqual(fitColumns(USUAL, 640), ["time", "parties", "status", "mos"]);
    assert.deepEqual(fitColumns(USUAL, 10), ["time", "parties"]);
  });
});

describe("filter_text", () => {
  const fields = [
    { name: "from", aliases: ["caller"], kind: "text", values: null, example: "from:+49*", help: "The caller." },
    { name: "to", aliases: ["callee"], kind: "text", values: null, example: "to:*1234", help: "The callee." },
    { name: "mos", aliases: [], kind: "number", values: null, example: "mos<3.5", help: "MOS." },
    { name: "verdict", aliases: ["media_verdict"], kind: "text", values: ["ok", "one_way", "on_hold"], example: "verdict:ok", help: "Media." },
  ];
  const offered = (text, caret = text.length) => propose(fields, text, caret).map(({ name }) => name);

  it("proposes names and values for the word at the caret", () => {
    assert.deepEqual(offered("fr"), ["from"]);
    assert.deepEqual(offered("CALL"), ["from", "to"]);
    assert.deepEqual(offered("to:x -(mo"), ["mos"]);
    assert.deepEqual(offered("verdict:o"), ["ok", "one_way", "on_hold"]);
    assert.deepEqual(offered("media-verdict=ok,on"), ["one_way", "on_hold"]);
    assert.deepEqual(offered("has:m"), ["mos"]);
    for (const nothing of ["", "to:x ", '"fr', "from:x", "verdict:ok", "zz"]) assert.deepEqual(offered(nothing), [], nothing);
  });
  it("proposes what the store has, where a field can hold anything", () => {
    const seen = [{ field: "from", values: [{ filter: 'from:"a b"', calls: 7 }, { filter: "from:ab", calls: 1 }] }];
    assert.deepEqual(propose(fields, "from:a", 6, seen).map(({ text }) => text), ['"a b"', "ab"]);
    assert.deepEqual(propose(fields, "mos:4", 5, [{ field: "mos", values: [{ filter: "mos>=4.03", calls: 1 }] }]), []);
  });
  it("adds the word of a facet, and takes it out again", () => {
    assert.deepEqual(splitTerms('a:"x y"  -(b or c) mos<3'), ['a:"x y"', "-(b or c)", "mos<3"]);
    for (const [text, term, expected] of [
      ["", "status:486", "status:486"],
      ["mos<3", "status:486", "mos<3 status:486"],
      ["mos<3 status:486 x", "status:486", "mos<3 x"],
      ["a mos>=3.1 mos<3.6 b", "mos>=3.1 mos<3.6", "a b"],
      ["mos>=3.1", "mos>=3.1 mos<3.6", "mos>=3.1 mos>=3.1 mos<3.6"],
      ["a or b", "c", "(a or b) c"],
      ["(a or b)", "c", "(a or b) c"],
      ['trunk:"a b"', "c", 'trunk:"a b" c'],
      ["mos < 3", "c", "(mos < 3) c"],
      ["status:486", "-status:486", "status:486 -status:486"],
    ])
      assert.equal(toggleTerm(text, term), expected, `${text} + ${term}`);
    assert.equal(hasTerm("a or status:486", "status:486"), false, "it does not hold for all of them");
    assert.equal(notTerm("status:486"), "-status:486");
    assert.equal(notTerm("mos>=3.1 mos<3.6"), "-(mos>=3.1 mos<3.6)");
    assert.equal(withTime("since:1h mos<3 until:2026-11-21", "since:24h"), "mos<3 since:24h");
    assert.equal(withTime("time:today", ""), "");
    assert.equal(timeOf("x since:1h"), "since:1h");
  });
  it("puts a proposal in the place of the word", () => {
    const [from] = propose(fields, "-fr mos<3", 3);
    assert.deepEqual(accept("-fr mos<3", 3, from), { text: "-from: mos<3", caret: 6 });
    const [hold] = propose(fields, "verdict:ok,on_h", 15);
    assert.deepEqual(accept("verdict:ok,on_h", 15, hold), { text: "verdict:ok,on_hold ", caret: 19 });
  });
  it("cuts at characters, as the server counts them", () => {
    assert.deepEqual(cutAt("📞 mos<9", 7, 1), ["📞 mos<", "9", ""]);
    assert.deepEqual(cutAt("a or", 3, 2), ["a ", "or", ""]);
    assert.deepEqual(cutAt("from:", 9, 1), ["from:", "", ""]);
  });
  it("quotes what an older address held, where it is more than a word", () => {
    assert.equal(asWord("+4930"), "+4930");
    assert.equal(asWord("2001:db8::1"), "2001:db8::1");
    assert.equal(asWord("a b"), '"a b"');
    assert.equal(asWord("-a"), '"-a"');
    assert.equal(asWord("<b>"), '"<b>"');
  });
  it("goes from one order to the other and back to newest first", () => {
    assert.equal(nextSort("", "mos", "mos"), "mos");
    assert.equal(nextSort("mos", "mos", "mos"), "-mos");
    assert.equal(nextSort("-mos", "mos", "mos"), "");
    assert.equal(nextSort("mos", "loss", "-loss"), "-loss");
    assert.equal(nextSort("-loss", "loss", "-loss"), "loss");
  });
});

describe("alerts", () => {
  it("keeps the newest word on each, firing first", () => {
    const merged = mergeAlerts(
      [{ id: "1", state: "firing", time: 1 }, { id: "2", state: "firing", time: 2 }],
      [{ id: "2", state: "resolved", time: 2 }, { id: "3", state: "firing", time: 3 }],
    );
    assert.deepEqual(merged.map(({ id, state }) => [id, state]), [["3", "firing"], ["1", "firing"], ["2", "resolved"]]);
  });
});

describe("alerts", () => {
  it("puts what is open first, and keeps what the feed does not speak of", () => {
    const merged = mergeAlerts(
      [{ id: "1", state: "pending", time: 1, ack: { time: 5 } }, { id: "2", state: "resolved", time: 9 }],
      [{ id: "1", state: "firing", time: 1 }, { id: "3", state: "pending", time: 3 }],
    );
    assert.deepEqual(merged.map(({ id, state }) => [id, state]), [["1", "firing"], ["3", "pending"], ["2", "resolved"]]);
    assert.deepEqual(merged[0].ack, { time: 5 });
  });
  it("tells nobody elsewhere of what is explained, silenced or taken care of", () => {
    assert.equal(isNews({ state: "firing" }), true);
    for (const more of [{ state: "pending" }, { muted_by: "1" }, { silence: { id: 1 } }, { ack: {} }])
      assert.equal(isNews({ state: "firing", ...more }), false, JSON.stringify(more));
  });
});

describe("alert_words", () => {
  it("says a measure in its unit", () => {
    for (const [value, unit, words] of [
      [0.6167, "ratio", "61.7 %"], [0, "ratio", "0 %"], [180, "ms", "180 ms"], [12, "s", "12 s"], [108, "s", "1:48"],
      [29, "days", "29 days"], [-0.25, "days", "-0.25 days"], [3.14, null, "3.14"], [12345, "calls", "12,345 calls"], [null, "ratio", "–"],
    ])
      assert.equal(measure(value, unit), words);
    assert.equal(againstWords({ value: 0.62, threshold: 0.2, baseline: 0.018, unit: "ratio" }), "62.0 % against 20.0 %, normally 1.8 %");
    assert.equal(againstWords({ value: 0.31, threshold: null, baseline: 0.62, unit: "ratio" }), "31.0 %, normally 62.0 %");
    assert.equal(againstWords({ value: null, threshold: 1 }), "–");
  });
  it("reads evidence, and nothing from what is none", () => {
    const cells = seriesOf({ changed_time: 100, evidence: { step_s: 10, series: [0.1, null, "x", 0.4] } });
    assert.deepEqual(cells, [{ from: 60, to: 70, value: 0.1 }, { from: 70, to: 80, value: null }, { from: 80, to: 90, value: null }, { from: 90, to: 100, value: 0.4 }]);
    for (const evidence of [null, "x", [], { series: [1] }, { step_s: 0, series: [1] }, { step_s: 10 }]) assert.deepEqual(seriesOf({ changed_time: 1, evidence }), []);
    assert.deepEqual(topOf({ evidence: { top: [{ field: "a", values: [{ value: "b", count: 1 }] }, { field: "c", values: [] }, null, "x"] } }), [
      { field: "a", values: [{ value: "b", count: 1 }] },
    ]);
  });
  it("writes labels as a silence is asked for", () => {
    assert.equal(labelWord("trunk", "carrier-a"), "trunk=carrier-a");
    assert.equal(labelWord("trunk", "carrier one"), 'trunk="carrier one"');
    assert.equal(labelWord("trunk", 'a"b\\c'), 'trunk="a\\"b\\\\c"');
    assert.equal(labelWord("trunk", "a*"), 'trunk="a*"', "a star of a stranger is no wildcard");
    assert.equal(labelWord("trunk", ""), 'trunk=""');
    assert.equal(labelWord("a b", "c"), null);
    assert.deepEqual(silenceChoices({ labels: { rule: "r", severity: "info", n: 3, "a b": "c" } }).map(({ word, chosen }) => [word, chosen]), [["rule=r", true], ["severity=info", false]]);
  });
  it("knows how near a value is to its limit", () => {
    assert.equal(nearness(0.1, 0.2), 0.5);
    assert.equal(nearness(1, 0.2), 1);
    assert.equal(nearness(null, 0.2), null);
    assert.equal(nearness(1, 0), null);
    assert.deepEqual(barOf({ value: null, threshold: 1, baseline: null }), { value: null, threshold: 1 / 1.1, baseline: null });
  });
});

describe("ladder_layout", () => {
  const message = (src, dst, time, raw) => ({ src, dst, time, raw });
  const messages = [
    message("192.0.2.1:5060", "198.51.100.1:5060", 10, "INVITE"),
    message("192.0.2.1:5060", "198.51.100.1:5060", 10.5, "INVITE"),
    message("198.51.100.1:5060", "192.0.2.1:5060", 11, "200"),
  ];
  const stream = { src: "203.0.113.1:4000", dst: "203.0.113.2:4000", start_time: 11.2, direction: "callee_to_caller" };

  it("knows a message that was sent again", () => {
    assert.deepEqual(markRetransmissions(messages), [false, true, false]);
  });
  it("knows a message that was seen at another point of its path, and a fork, which is none", () => {
    const hop = (src, dst, branch, more = {}) => ({ call: "1", method: "INVITE", status: null, cseq: "1 INVITE", from_tag: "a", to_tag: null, src: `${src}:5060`, dst: `${dst}:5060`, branch, ...more });
    assert.deepEqual(markSightings([hop("a", "p", "x"), hop("p", "b", "y"), hop("p", "c", "z")]), [false, true, false]);
    assert.deepEqual(markSightings([hop("a", "p", "x"), hop("nat", "p", "x"), hop("a", "p", "x")]), [false, true, false]);
    assert.deepEqual(markSightings([hop("a", "p", "x"), hop("p", "b", "y", { call: "2" })]), [false, false], "another call is another leg");
    assert.deepEqual(markSightings([hop("a", "p", "x", { cseq: null }), hop("p", "b", "x", { cseq: null })]), [false, false]);
  });
  it("puts hosts in columns, the caller's side left, rows in order of time", () => {
    const { columns, rows, width } = layoutLadder(messages, [stream], 1200);
    assert.deepEqual(columns.map(({ name }) => name), ["203.0.113.2", "192.0.2.1", "198.51.100.1", "203.0.113.1"]);
    assert.deepEqual(rows.map(({ kind }) => kind), ["message", "message", "message", "stream"]);
    assert.deepEqual(rows.map(({ delta }) => delta && Number(delta.toFixed(3))), [null, 0.5, 0.5, 0.2]);
    assert.ok(rows.every((row, at) => at === 0 || row.y === rows[at - 1].y + rows[at - 1].height));
    assert.ok(rows[3].x1 > rows[3].x2 && width >= 1200);
  });
  it("splits a host that talks to itself by port", () => {
    const { columns } = layoutLadder([message("127.0.0.1:5060", "127.0.0.1:5080", 1, "x")], [], 400);
    assert.deepEqual(columns.map(({ name }) => name), ["127.0.0.1:5060", "127.0.0.1:5080"]);
  });
  it("survives a call of nothing, and of addresses that are none", () => {
    assert.deepEqual(layoutLadder([], [], 0).rows, []);
    const { rows } = layoutLadder([message(null, "", undefined, "")], [], 300);
    assert.equal(rows[0].x1, null);
  });
  it("shows a stream's loss in a bounded number of parts", () => {
    const intervals = Array.from({ length: 1000 }, (_, t) => ({ t, packets: 90, lost: t < 500 ? 10 : 0 }));
    const parts = heatOf({ intervals });
    assert.ok(parts.length <= 60);
    assert.equal(parts[0].loss, 0.1);
    assert.equal(parts.at(-1).loss, 0);
    assert.equal(parts.at(-1).to, 1);
    assert.deepEqual(heatOf({ intervals: null }), [{ from: 0, to: 1, loss: null }]);
  });
});

describe("series", () => {
  it("ends an axis at a round number", () => {
    assert.equal(axisTop([null], 1), 1);
    assert.equal(axisTop([3.2, null], 1), 5);
    assert.equal(axisTop([21], 10), 25);
    assert.equal(axisTop([100], 1), 100);
  });
  it("pairs the directions and names the silent one", () => {
    const stream = (direction, start_time) => ({ direction, start_time });
    const streams = [stream("callee_to_caller", 1), stream("callee_to_caller", 5), stream("caller_to_callee", 2)];
    assert.deepEqual(orderStreams(streams).map(({ start_time: at }) => at), [2, 1, 5]);
    assert.equal(silentDirection(streams), null);
    assert.equal(silentDirection([stream("callee_to_caller", 1)]), "caller_to_callee");
    assert.equal(silentDirection([]), null);
  });
});

describe("ledger", () => {
  it("adds the bins up", () => {
    assert.equal(binsMissing({ received: 10, bins: { sip: 4, rtp: 6 } }), 0);
    assert.equal(binsMissing({ received: 10, bins: { sip: 4 } }), 6);
    assert.equal(binsMissing({ received: null, bins: { sip: 4 } }), null);
    assert.deepEqual(countsOf({ b: 1, a: 1, c: 5, d: "x" }), [["c", 5], ["a", 1], ["b", 1]]);
    assert.deepEqual(countsOf(null), []);
  });
});

describe("mirror", () => {
  const fine = {
    frames: 1000, duplicate_frames: 0, duplicate_ratio: 0, truncated: 0, truncated_ratio: 0,
    conversations: 8, one_way: 0, vlan_asymmetric: 0, complaints: [],
  };

  it("complains of what the probe complains of, and says how to mend it", () => {
    assert.equal(checksOf(fine).bad, 0);
    const { known, others, bad } = checksOf({ ...fine, one_way: 2, duplicate_ratio: 0.5, complaints: ["doubled", "one_way", "new_one", 7] });
    assert.equal(bad, 3);
    assert.deepEqual(others, ["new_one"]);
    assert.deepEqual(known.filter((check) => check.bad).map(({ complaint, share }) => [complaint, share]), [["doubled", 0.5], ["one_way", 0.25]]);
    for (const check of known) assert.ok(check.fix.length > 20);
  });
  it("knows nothing of an empty record", () => {
    const { known, bad } = checksOf({});
    assert.equal(bad, 0);
    for (const { value, share } of known) assert.deepEqual([value, share ?? null], [null, null]);
  });
  it("shows the shares of the largest", () => {
    const { shown, more } = sharesOf({ untagged: 1, 42: 3, 7: 4 }, 2);
    assert.deepEqual(shown, [["7", 0.5], ["42", 0.375]]);
    assert.equal(more, 1);
    assert.deepEqual(sharesOf(null), { shown: [], more: 0 });
  });
});

describe("certificates", () => {
  it("says how long they live, with a drawing", () => {
    const say = (days_left, state = "seen") => daysLeft({ days_left, state });
    assert.deepEqual(say(90.7), { icon: "check", level: "good", words: "90 days" });
    assert.deepEqual(say(29.9), { icon: "warning", level: "poor", words: "29 days" });
    assert.deepEqual(say(1.2), { icon: "bolt", level: "bad", words: "1 day" });
    assert.deepEqual(say(0.2), { icon: "bolt", level: "bad", words: "0 days" });
    assert.deepEqual(say(-0.2), { icon: "cross", level: "bad", words: "expired 1 day ago" });
    assert.deepEqual(say(-300), { icon: "cross", level: "bad", words: "expired 300 days ago" });
    assert.equal(say(null, "not_observable").words, "not observable");
    assert.equal(say(null).level, "quiet");
  });
  it("names them by what was asked for", () => {
    assert.deepEqual(certificateNames({ server_name: "a", subject_alt_names: ["a", "b"] }), { name: "a", more: 1 });
    assert.deepEqual(certificateNames({ server_name: null, subject_alt_names: ["b", 5] }), { name: "b", more: 0 });
    assert.deepEqual(certificateNames({ subject: "CN=c" }), { name: "CN=c", more: 0 });
    assert.deepEqual(certificateNames({}), { name: null, more: 0 });
  });
  it("puts those that end first on top", () => {
    const list = [{ days_left: null, last_seen: 1 }, { days_left: 9 }, { days_left: -3 }, { days_left: null, last_seen: 2 }];
    assert.deepEqual(sortCertificates(list).map(({ days_left: days, last_seen: seen }) => days ?? `?${seen}`), [-3, 9, "?2", "?1"]);
  });
});

describe("words", () => {
  it("has one for everything, and takes none from a stranger's name", () => {
    assert.equal(mosWords(4.41).word, "good");
    assert.equal(mosWords(4.02).word, "fair");
    assert.equal(mosWords(null).bars, 0);
    assert.equal(statusClass(486), "4xx");
    assert.equal(statusClass(null), "none");
    assert.equal(statusClass(999), "none");
    assert.equal(verdictWords("one_way").level, "bad");
    assert.equal(verdictWords("constructor").word, "constructor");
    assert.equal(reasonWord("toString"), "toString");
    assert.equal(binWord("new_bin"), "new bin");
  });
  it("has a word for each bin and refusal that the probe counts", () => {
    const header = readFileSync(join(sources, "../analyzer/counters.h"), "utf8");
    const names = [...header.matchAll(/X\(\w+,\s+"(\w+)"\)/g)].map(([, name]) => name);
    assert.ok(names.length > 30);
    for (const name of names.filter((each) => each.includes("_")))
      assert.notEqual(binWord(name), name.replaceAll("_", " "), name);
  });
  it("has a word for each oddity of a SIP message", () => {
    const header = readFileSync(join(sources, "../analyzer/sip/sip_msg.h"), "utf8");
    const list = header.slice(header.indexOf("SIP_ANOMALIES"), header.indexOf("clang-format on"));
    const names = [...list.matchAll(/X\(\w+,\s+"(\w+)"\)/g)].map(([, name]) => name);
    assert.ok(names.length > 20);
    for (const name of names) assert.notEqual(anomalyWord(name), name.replaceAll("_", " "), name);
  });
  it("has a word for each protocol that the probe tells from others", () => {
    const header = readFileSync(join(sources, "../probe/decap/classify_name.h"), "utf8");
    const names = [...header.matchAll(/X\(\w+,\s+"(\w+)"\)/g)].map(([, name]) => name);
    assert.ok(names.length > 20);
    for (const name of names.filter((each) => each !== "syslog")) assert.notEqual(protocolWord(name), name, name);
  });
});

describe("story", () => {
  it("is the server's, part by part", () => {
    assert.deepEqual(storyOf({}), []);
    assert.deepEqual(storyOf({ story: "x" }), []);
    const story = [{ part: "who", text: "a called b." }, null, { part: "sure", text: "All was seen." }, { part: "standard", text: "No ACK." }, { part: "new", text: "x\u202e" }, { part: "what" }];
    assert.deepEqual(storyOf({ story }), [{ part: "who", text: "a called b." }, { part: "other", text: "x⟨202E⟩" }]);
    assert.equal(sureOf({ story }), "All was seen.");
    assert.equal(sureOf({}), null);
  });
});

describe("call_notes", () => {
  const table = [{ name: "ack_missing", sentence: "No ACK.", clause: "RFC 3261 §13.2.2.4" }];

  it("tells deviations by the server's table, and those that it does not have", () => {
    const [known, other, none] = deviationsOf({ deviations: [
      { t: 5, deviation: "ack_missing", by: "caller", count: 2, detail: null },
      { t: 6, deviation: "constructor", by: null, count: 1, detail: "x" }, 7, {} ] }, table);
    assert.deepEqual([known.sentence, known.clause, known.count, known.by], ["No ACK.", "RFC 3261 §13.2.2.4", 2, "caller"]);
    assert.equal(known.address, "https://www.rfc-editor.org/rfc/rfc3261#section-13.2.2.4");
    assert.deepEqual([other.sentence, other.clause, other.detail.text], [null, null, "x"]);
    assert.deepEqual([none.name, none.time], [null, null]);
    assert.deepEqual(deviationsOf({ deviations: "x" }, null), []);
  });
  it("makes an address of nothing but a clause", () => {
    for (const clause of ["javascript:x", "RFC 3261 §1 x", "RFC x", "", null, "RFC 3261 §8.1.1\n"]) assert.equal(clauseAddress(clause), null, clause);
    assert.equal(clauseAddress("RFC 3581"), "https://www.rfc-editor.org/rfc/rfc3581");
  });
  it("sets a refused offer beside what would have been taken", () => {
    assert.deepEqual(sidesOf("offer: PCMU, G729; would take: iLBC; warning: 305 no codec"), [["Offered", "PCMU, G729"], ["Would take", "iLBC"], ["Warning", "305 no codec"]]);
    assert.deepEqual(sidesOf("offer: PCMU"), [["Offered", "PCMU"], ["Would take", null]]);
    assert.equal(sidesOf("From 10.0.0.1"), null);
    assert.equal(sidesOf(null), null);
  });
  it("says how long nothing came, and when it never came back", () => {
    assert.deepEqual(timeoutsOf({ media_timeouts: [{ from: 10, to: 75, direction: "x" }, { from: 90, to: null }] }).map(({ ms }) => ms), [65000, null]);
  });
});

describe("call_words", () => {
  it("has a word for all that happens to a call, for each link", () => {
    for (const [file, list, word] of [["history.h", "HISTORIES", historyWord], ["call_link.h", "CALL_LINKS", linkWord]]) {
      const header = readFileSync(join(sources, "../analyzer/call", file), "utf8");
      const names = [...header.slice(header.indexOf(`${list}(X)`)).matchAll(/X\(\w+,\s+"(\w+)"\)/g)].map(([, name]) => name);
      assert.ok(names.length > 5, file);
      for (const name of names) assert.notEqual(word(name), name.replaceAll("_", " "), name);
    }
  });
  it("has one for each end, and takes none from a stranger's name", () => {
    for (const how of ["bye", "cancel", "rejected", "redirected", "timeout", "ack_timeout", "session_timeout", "replaced", "interrupted"])
      assert.notEqual(endedWord(how), how.replaceAll("_", " "));
    assert.equal(endedWord(null), null);
    assert.equal(historyWord("toString"), "toString");
    assert.equal(sideWord("caller"), "by the caller");
    assert.match(attestationWords({ attestation: "A", x5u_host: "x" }), /^full \(A\).*signed by x, unverified$/);
    assert.match(attestationWords({ attestation: "B", orig_matches: false, dest_matches: true }), /^partial \(B\).*, but not for this caller, unverified$/);
    assert.match(attestationWords({ attestation: "constructor" }), /cannot be read/);
    assert.equal(attestationWords(null), null);
  });
});

describe("evidence", () => {
  it("stands side by side, without what nobody knows", () => {
    const rows = sidedRows({ packets: { caller: 12, callee: 0 }, early_packets: { caller: 0, callee: 0 }, went_to: { caller: null, callee: null }, rtcp: { caller: "hears_nothing", callee: null } });
    assert.deepEqual(rows.map(({ title, caller, callee }) => [title, caller, callee]), [["Packets since the answer", "12", "0"], ["Its reports", "hear nothing", null]]);
    assert.deepEqual(sidedRows(null), []);
    assert.deepEqual(sidedRows({ packets: "x", announced: { caller: {} } }), []);
  });
  it("says why, of which pair, and what the probe lost", () => {
    const facts = sharedFacts({ why: "pair_never_both_ways", talk_ms: 61000, pair: { hosts: ["a", "b"], calls: 7, both_ways: 0, one_way: 7, only_from: "a" }, capture: { lost: 5, simultaneous: 4, dropped: 0 } });
    assert.deepEqual(facts.map(([title]) => title), ["Because", "Talked for", "Other calls of this pair", "Lost at the same instant as other calls"]);
    assert.equal(facts[2][1], "7 calls between a and b: 0 heard both ways, 7 one way; only a was ever seen to send");
    assert.deepEqual(sharedFacts(7), []);
    assert.deepEqual(learnedOf({ learned: [{ side: "caller", addr: "1.2.3.4:5", by: "candidate" }] }), [{ side: "caller", address: "1.2.3.4:5", by: "an ICE candidate" }]);
  });
  it("has a word for each reason that the contract names", () => {
    const contract = readFileSync(join(sources, "../docs/METRICS.md"), "utf8");
    const row = contract.split("\n").find((line) => line.startsWith("| `why` in it |"));
    const names = [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name).filter((name) => name !== "why");
    assert.ok(names.length > 15);
    for (const name of names.filter((each) => each.includes("_"))) assert.notEqual(whyWord(name), name.replaceAll("_", " "), name);
  });
});

describe("legs", () => {
  const [A, B] = ["00000000000000aa", "00000000000000bb"];
  const call = { legs: { calls: [{ id: A, streams: [{ id: "1" }] }, { id: B, streams: [{ id: "2" }, { id: "3", foreign_source: true }] }, { id: "x" }],
    pairs: [{ call_a: A, call_b: B, media: [], loss_added_ratio: 0.02, delay_added_ms: 3 }, { call_a: A, call_b: "x" }] } };

  it("have letters in the order of their beginning", () => {
    const { legs, pairs, of } = legsOf(call);
    assert.deepEqual(legs.map(({ letter, id }) => [letter, id]), [["A", A], ["B", B]]);
    assert.equal(pairs.length, 1);
    assert.equal(of(B).letter, "B");
    assert.deepEqual(legsOf({ legs: { calls: [{ id: A }] } }).legs, []);
    assert.deepEqual(legsOf({ legs: 7 }).pairs, []);
    assert.deepEqual(streamsOfLegs(legs, A, [{ id: "own" }]).map(({ id, leg }) => [id, leg.letter]), [["own", "A"], ["2", "B"]]);
  });
  it("say which side hurts", () => {
    const [{ pair }] = legsOf(call).pairs;
    assert.deepEqual(addedOf(pair).map(({ hurts, loss, delay }) => [hurts, loss, delay]), [[true, "2.0 %", "3.0 ms"]]);
    assert.deepEqual(addedOf({ media: [{ direction: "caller_to_callee", loss_added_ratio: 0, delay_added_ms: 80 }] }).map(({ hurts }) => hurts), [true]);
    assert.deepEqual(addedOf({ loss_added_ratio: null, delay_added_ms: null }), []);
  });
  it("say what speaks for it and against it, the weightiest first", () => {
    const evidence = [{ by: "duration", weight: 0.1, detail: "equally long" }, { by: "session_id", weight: 1 }, { by: "address_chain", weight: -0.05, detail: "no host is in both" }];
    assert.deepEqual(evidenceOf({ evidence }), { speaksFor: ["the same Session-ID (RFC 7989)", "equally long"], against: ["no host is in both"] });
    assert.deepEqual(evidenceOf({ evidence: [{ by: "constructor" }] }).speaksFor, ["constructor"]);
  });
  it("stand on one ladder in the order of the path, times between them", () => {
    const { legs } = legsOf(call);
    const message = (leg, src, dst, time) => ({ call: leg, src: `${src}:5060`, dst: `${dst}:5060`, time, raw: `${leg}${time}` });
    const messages = [message(A, "phone", "sbc", 1), message(B, "sbc2", "carrier", 2), message(B, "carrier", "sbc2", 3), message(A, "sbc", "phone", 4)];
    const { columns, rows } = layoutLadder(messages, streamsOfLegs(legs, A, [{ src: "media:1", dst: "sbc:2", start_time: 5, direction: "caller_to_callee" }]), 1400, legs);
    assert.deepEqual(columns.map(({ name }) => name).slice(0, 5), ["media", "phone", "sbc", "sbc2", "carrier"]);
    assert.ok(rows.length >= 5);
  });
});
