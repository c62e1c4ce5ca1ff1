/*
 * overview_pages.test - what the overview computes, without a browser: its window, where its figures lead, what it
 * says of what is not known, and when a change is worth a colour.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { beside, callsAddress, causeRows, changeOf, ofCalls, readWindow, stepFilter, trendPath, whyUnknown } from "../../webui-static/overview.js";
import { parseRoute } from "../../webui-static/router.js";

describe("overview", () => {
  it("reads its window from the address, whatever stands there", () => {
    const cases = [
      [{}, 60, null],
      [{ window: "7d", until: "1795255200" }, 10080, 1795255200],
      [{ window: "constructor", until: "soon" }, 60, null],
      [{ window: "15m", until: "-1" }, 15, null],
    ];
    for (const [query, minutes, until] of cases) {
      const chosen = readWindow(query);
      assert.deepEqual([chosen.minutes, chosen.until], [minutes, until]);
    }
  });

  it("goes to the window before and after, and ends at now", () => {
    assert.deepEqual(beside({ minutes: 60, until: null }, { from: 1000 }, false), { until: 1000 });
    assert.equal(beside({ minutes: 60, until: null }, { from: 1000 }, true), null);
    assert.deepEqual(beside({ minutes: 60, until: 1000 }, { from: 0 }, true), { until: 4600 });
    assert.equal(beside({ minutes: 60, until: null }, null, false), null);
  });

  it("leads to the calls behind a figure", () => {
    const { page, query } = parseRoute(callsAddress('trunk_in:"a b" since:1 until:2', "has:mos", "mos"));
    assert.deepEqual([page, query.filter, query.sort], ["calls", 'has:mos trunk_in:"a b" since:1 until:2', "mos"]);
    assert.equal(callsAddress(null), null);
    assert.equal(stepFilter(60, 60), "since:60 until:119.999999");
  });

  it("says why a figure is not known", () => {
    assert.match(whyUnknown("asr", { settled: 0, observed_s: 60 }), /settled/);
    assert.match(whyUnknown("mos", { ended: 3, observed_s: 60 }), /no media/);
    assert.match(whyUnknown("mos", { ended: 0, observed_s: 60 }), /ended/);
    assert.match(whyUnknown("asr", { settled: 0, observed_s: 0 }), /no probe/);
  });

  it("judges a change that matters, and none of few calls", () => {
    const show = String;
    assert.equal(changeOf(null, 1, { show }), null);
    assert.equal(changeOf(0.5, 0.6, { show, rises: true, matters: 0.02 }).level, "bad");
    assert.equal(changeOf(0.59, 0.6, { show, rises: true, matters: 0.02 }).level, "quiet");
    assert.equal(changeOf(0.5, 0.6, { show, rises: true, few: true }).level, "quiet");
    assert.equal(changeOf(260, 250, { show, rises: false }).level, "quiet");
    assert.equal(changeOf(500, 250, { show, rises: false }).level, "bad");
    assert.equal(changeOf(500, 250, { show }).level, "quiet");
    assert.equal(changeOf(1, 2, { show }).sign, "▾");
  });

  it("groups causes by kind, the most frequent first", () => {
    const rows = causeRows({
      nos: [{ kind: "busy", calls: 2 }, { kind: "cancel", calls: 0 }, { kind: "failure", calls: 5 }],
      causes: [{ kind: "failure", status: 503 }, { kind: "busy", status: 486 }, { kind: "cancel", status: 487 }],
    });
    assert.deepEqual(rows.map(({ kind, statuses }) => [kind, statuses.map(({ status }) => status)]), [["failure", [503]], ["busy", [486]]]);
    assert.deepEqual(causeRows(null), []);
    assert.equal(ofCalls(1), "of 1 call");
  });

  it("breaks a line where nothing is known, and shows what stands alone", () => {
    assert.equal(trendPath([0, 1, null, 0.5, null], 42, 22, 1), "M1.0 21.0L11.0 1.0M31.0 11.0h.01");
    assert.equal(trendPath([], 10, 10), "");
  });
});
