/*
 * sounded_pages.test - what the call page computes of how a call sounded, without a browser.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { audioAddress } from "../../webui-static/api.js";
import { codecSources } from "../../webui-static/codec_sources.js";
import { BUFFERS, explainConversation, explainMos, whyNoMos } from "../../webui-static/emodel.js";
import { eventList, keyText, keyWays, marksOf } from "../../webui-static/marks.js";
import { barPath, layoutLanes, steppedPath, timeTicks } from "../../webui-static/parts/lanes.js";
import { heatOf } from "../../webui-static/parts/ladder_layout.js";
import { readPeaks, wavePath } from "../../webui-static/sound.js";
import { eventWords, lossSideSentence, whyNoSound } from "../../webui-static/sound_words.js";
import { kindsOf, runsOf } from "../../webui-static/stream_kinds.js";
import { isBad, mediaStart, runsWhere, tracksEnd, tracksOf, worstCells } from "../../webui-static/tracks.js";
import { CALL_ID, backStream, call, faxCall, hostileCall, intervals, loudCall, longCall, oldCall, peaks, shortCall, stream, videoCall } from "./support/sounding_call.js";

const sources = fileURLToPath(new URL("../../webui-static/", import.meta.url));
const tracked = ({ streams }) => tracksOf(kindsOf(streams).own, mediaStart(streams));

describe("emodel", () => {
  const of = (model, r, mos) => ({ model, r: { jb200: r }, mos_lq: { jb200: mos } });

  it("takes R apart on the scale that it is of", () => {
    /* G.711, 5 % random loss: Ie_eff = 95 · 5/(5 + 25.1) = 15.78 */
    const why = explainMos(of({ ie: 0, bpl: 25.1, ppl_ratio: 0.05, burst_ratio: 1 }, 77.43, 3.9));
    assert.equal(why.scale, "narrowband");
    assert.ok(Math.abs(why.best - why.codec - why.loss - why.r) < 0.01);
    const wide = explainMos(of({ scale: "wb", ie: 13, bpl: 4.3, ppl_ratio: 0, burst_ratio: 1 }, 116, 4.4));
    assert.equal(wide.scale, "wideband");
    assert.equal(wide.loss, 0);
  });
  it("explains nothing that it cannot", () => {
    const model = { ie: 0, bpl: 25.1, ppl_ratio: 0, burst_ratio: 1 };
    assert.equal(explainMos(of({ ...model, ie: null }, 93, 4.4)), null);
    assert.equal(explainMos(of(model, 50, 2.6)), null);
    assert.equal(explainMos(of({ ...model, scale: "wb" }, 93.2, 4.4)), null, "R of another scale than it says");
    assert.equal(explainMos(of({ ...model, scale: "constructor" }, 93.2, 4.4)), null);
    assert.equal(explainMos({}), null);
  });
  it("takes R apart behind each buffer, and its parts add up", () => {
    for (const [buffer] of BUFFERS) {
      const why = explainMos(stream(), buffer);
      assert.ok(Math.abs(why.best - why.codec - why.loss - stream().r[buffer]) < 0.01, buffer);
      assert.equal(why.mos, stream().mos_lq[buffer]);
    }
    const { ppl, late, missing, bursts } = explainMos(stream(), "jb20");
    assert.deepEqual([late, missing, bursts], [140, 217, null], "bursts are known for the headline alone");
    assert.ok(Math.abs(ppl - 217 / 3023) < 1e-9);
    assert.equal(explainMos({ ...stream(), r: { jb200: 82.53 } }, "jb20"), null);
  });
  it("says what delay took, and of what it is made where that is known", () => {
    const talk = explainConversation(stream());
    assert.ok(Math.abs(talk.delay - (82.53 - 74.89)) < 0.01);
    assert.deepEqual(talk.parts.map(([, ms]) => ms), [90, 200, 20]);
    const other = stream();
    other.model.cq_delay_ms = 500;
    assert.deepEqual(explainConversation(other).parts, [], "parts that do not make up the whole are not shown");
    assert.equal(explainConversation(stream({ mos_cq: null })), null);
    assert.equal(explainConversation({}), null);
  });
  it("says why there is no MOS", () => {
    const none = { mos_lq: { jb200: null }, r: { jb200: null, raw: null } };
    assert.equal(whyNoMos(stream()), null);
    assert.match(whyNoMos(stream({ ...none, packets: 43 })), /43 packets/);
    assert.match(whyNoMos(stream({ ...none, media: "image" })), /Fax/);
    assert.match(whyNoMos(stream({ ...none, media: "video" })), /video/);
    assert.match(whyNoMos(stream({ ...none, codec: null })), /which codec/);
    assert.match(whyNoMos(stream({ ...none, model: { ie: null } })), /this codec/);
    assert.match(whyNoMos(stream({ ...none, r: { raw: 93 } })), /timestamps/);
    assert.equal(typeof whyNoMos({}), "string");
  });
});

describe("codec_sources", () => {
  it("says of each codec what the probe's table says", () => {
    const table = readFileSync(join(sources, "../analyzer/quality/codec_ie.c"), "utf8");
    const rows = [...table.matchAll(/\{ "([^"]+)", [NWF]B, [\d.]+, [\d.]+, [A-Z]+, "([^"]+)", "([^"]+)" \}/g)];
    assert.ok(rows.length > 40);
    for (const [, row, ie, bpl] of rows) {
      const told = codecSources(row);
      assert.ok(told, row);
      assert.ok(told.ie.endsWith(ie) || (ie === "lit" && told.ie === "literature"), row);
      assert.ok(told.bpl.endsWith(bpl) || (bpl === "lit" && told.bpl === "literature"), row);
    }
    for (const row of [null, undefined, 7, "constructor", "new"]) assert.equal(codecSources(row), null);
  });
});

describe("tracks", () => {
  it("groups by direction and medium, the caller's first, and keeps foreign sources out", () => {
    assert.deepEqual(tracked(loudCall()).map(({ key }) => key), ["audio caller_to_callee", "audio callee_to_caller"]);
    assert.deepEqual(tracked(videoCall()).map(({ media }) => media), ["audio", "audio", "video"]);
    assert.equal(tracked(loudCall())[0].streams.length, 1);
  });
  it("leaves what is unknown unknown", () => {
    const [{ cells }] = tracksOf([stream({ intervals: [{ t: 100, packets: 0 }, { t: 105, packets: 0, lost: 3, late: null, mos_lq: Number.NaN }, null, { t: "x" }] })], 100);
    assert.equal(cells.length, 2);
    assert.deepEqual([cells[0].loss, cells[0].mos, cells[0].late, cells[0].silence], [null, null, null, null]);
    assert.deepEqual([cells[1].loss, cells[1].lateness, cells[1].mos], [1, null, null]);
  });
  it("never averages the one bad interval of a day away", () => {
    const [{ cells }] = tracked(longCall());
    assert.equal(cells.length, 17280);
    for (const room of [20, 300, 1000]) {
      const drawn = worstCells(cells, room);
      assert.ok(drawn.length <= room);
      assert.equal(Math.min(...drawn.map(({ mos }) => mos)), 1.72);
      assert.equal(Math.max(...drawn.map(({ loss }) => loss)), 38 / 250);
      assert.equal(Math.max(...drawn.map(({ jitter }) => jitter)), 41.2);
      assert.equal(drawn.filter(isBad).length, 1);
      assert.equal(drawn.reduce((sum, { intervals: n }) => sum + n, 0), 17280, "each interval is in one cell");
      const bad = drawn.find(isBad);
      assert.ok(bad.from <= 85000 && bad.to >= 85005, "at its place");
    }
    const [{ loss }] = heatOf(longCall().streams[0], 60).sort((a, b) => b.loss - a.loss);
    assert.equal(loss, 38 / 250, "nor on the ladder");
  });
  it("keeps loss and lateness of one interval together", () => {
    const [{ cells }] = tracksOf([stream({ intervals: [
      { t: 0, packets: 90, lost: 10, late: 0 }, { t: 5, packets: 100, lost: 0, late: 9 }, { t: 10, packets: 100, lost: 0, late: 0 },
    ] })], 0);
    const [cell] = worstCells(cells, 1);
    assert.deepEqual([cell.loss, cell.lateness, cell.lost, cell.late], [0.1, 0, 10, 9]);
  });
  it("points at the worst ten seconds only where they are worse", () => {
    const [going, coming] = tracked(loudCall());
    assert.ok(Math.abs(going.worst.from - 30.4) < 0.01 && Math.abs(going.worst.to - 40.4) < 0.01);
    assert.equal(coming.worst, null);
  });
  it("ends where the last stream ends, and survives nothing", () => {
    const { streams } = loudCall();
    assert.ok(Math.abs(tracksEnd(tracked(loudCall()), streams, mediaStart(streams)) - 60) < 0.01);
    assert.equal(tracksEnd([], [], 0), 5);
    assert.equal(mediaStart([{}]), null);
    assert.deepEqual(worstCells([], 10), []);
    assert.deepEqual(runsWhere([{ from: 0, to: 5 }, { from: 5, to: 10 }, { from: 20, to: 25 }], () => true), [{ from: 0, to: 10 }, { from: 20, to: 25 }]);
  });
});

describe("lanes", () => {
  it("gives each direction the lanes of which something is known", () => {
    const { tracks, height } = layoutLanes(tracked(loudCall()), 60, 1200);
    assert.deepEqual(tracks.map(({ lanes }) => lanes.map(({ name }) => name)), [["Seconds", "MOS", "Loss", "Jitter", "Level"], ["Seconds", "MOS", "Loss", "Jitter"]]);
    const bottoms = tracks.flatMap(({ lanes }) => lanes.map(({ bottom }) => bottom));
    assert.ok(bottoms.every((bottom, at) => at === 0 || bottom > bottoms[at - 1]));
    assert.ok(height > bottoms.at(-1));
    assert.deepEqual(layoutLanes(tracked(videoCall()), 60, 400).tracks[2].lanes.map(({ name }) => name), ["Seconds", "Loss", "Jitter"]);
  });
  it("breaks a line where nothing is known", () => {
    const cells = [{ from: 0, to: 5, v: 1 }, { from: 5, to: 10, v: 2 }, { from: 10, to: 15, v: null }, { from: 15, to: 20, v: 3 }];
    const same = (value) => value;
    assert.equal(steppedPath(cells, ({ v }) => v, same, same), "M0.0 1.0H5.0L5.0 2.0H10.0M15.0 3.0H20.0");
    assert.equal(barPath([{ from: 0, to: 5, v: 0 }], () => 0, ({ v }) => v, same, same), "", "nothing has no bar");
  });
  it("puts whole steps on the axis, and room between them", () => {
    assert.deepEqual(timeTicks(60, 1000), [0, 10, 20, 30, 40, 50, 60]);
    for (const [end, width] of [[0.5, 300], [86400, 300], [86400, 1400], [1e7, 300]]) {
      const ticks = timeTicks(end, width);
      assert.ok(ticks.length >= 1 && ticks.length < 260, `${end} ${width}: ${ticks.length}`);
    }
  });
});

describe("marks", () => {
  it("masks what is masked, and takes no text for a digit", () => {
    assert.equal(keyText({ digit: null }), "•");
    assert.equal(keyText({ digit: "5" }), "5");
    assert.equal(keyText({ digit: "#" }), "#");
    for (const digit of ["55", "<", "", 5, {}]) assert.equal(keyText({ digit }), "•");
    assert.equal(keyWays({ method: "rfc4733", also: ["inband"] }), "RTP event (RFC 4733), also tone in the sound");
    assert.equal(keyWays({ method: "new_way" }), "new way");
  });
  it("puts keys and changes on one axis by time", () => {
    const { streams } = loudCall();
    const marks = marksOf(loudCall(), streams.slice(0, 1));
    assert.deepEqual(marks.map(({ kind }) => kind), ["key", "key", "key", "alarm", "event", "event"]);
    assert.deepEqual(marksOf({ dtmf: null }, [{ events: "x" }]), []);
  });
  it("points at a codec that nobody announced", () => {
    const [first, , jump] = eventList([stream()]);
    assert.equal(first.flagged, true);
    assert.equal(first.change, "PCMA/8 → G729/18");
    assert.equal(jump.change, "by −12.50 s");
    assert.equal(eventWords({ event: "codec_change", announced: true }).flagged, false);
    assert.equal(eventWords({ event: "toString" }).words, "toString");
    assert.equal(eventWords({}).words, "–");
  });
  it("has a word for each change that the probe notes", () => {
    const source = readFileSync(join(sources, "../analyzer/call/stream_events.c"), "utf8");
    const names = [...source.matchAll(/\[EVENT_\w+\] = "(\w+)"/g)].map(([, name]) => name);
    assert.ok(names.length >= 8);
    for (const name of names) assert.notEqual(eventWords({ event: name }).words, name.replaceAll("_", " "), name);
  });
});

describe("sound_words", () => {
  it("says on which side of the probe the loss is", () => {
    const say = (rtcp, direction = "caller_to_callee") => lossSideSentence({ rtcp, direction });
    assert.match(say({ loss_side: "before_probe", lost_before_probe: 12 }), /^12 packets lost between the caller and the probe.*towards the caller/);
    assert.match(say({ loss_side: "after_probe", lost_after_probe: 1 }, "callee_to_caller"), /^1 packet lost between the probe and the caller/);
    assert.match(say({ loss_side: "both", lost_before_probe: 3, lost_after_probe: 4 }), /3 packets between .* 4 packets between/);
    assert.match(say({ loss_side: "none" }), /Nothing was lost/);
    for (const rtcp of [undefined, {}, { loss_side: null }, { loss_side: "constructor" }]) assert.equal(say(rtcp), null);
  });
  it("says why a level is not known", () => {
    assert.equal(whyNoSound({ media: "audio", srtp: true }), "encrypted");
    assert.equal(whyNoSound({ media: "audio", silence_ratio: 1 }), "only silence");
    assert.match(whyNoSound({ media: "audio" }), /not decoded/);
  });
});

describe("stream_kinds", () => {
  it("tells a call's own sound from fax, video and other people's", () => {
    const count = ({ streams }) => Object.fromEntries(Object.entries(kindsOf(streams)).map(([kind, list]) => [kind, list.length]));
    assert.deepEqual(count(loudCall()), { foreign: 1, own: 2, fax: 0, video: 0, audio: 2 });
    assert.deepEqual(count(faxCall()), { foreign: 0, own: 4, fax: 2, video: 0, audio: 2 });
    assert.deepEqual(count(videoCall()), { foreign: 0, own: 3, fax: 0, video: 1, audio: 2 });
    assert.deepEqual(count(oldCall()), { foreign: 0, own: 1, fax: 0, video: 0, audio: 1 });
    assert.deepEqual(runsOf({ loss_runs: [1, "2", null] }), [1, 0, 0]);
    assert.deepEqual(runsOf({}), []);
  });
});

describe("sound", () => {
  it("asks for nothing but a call's own sound", () => {
    assert.equal(audioAddress(CALL_ID, { format: "wav", gaps: "silence" }), `api/v1/calls/${CALL_ID}/audio?format=wav&gaps=silence`);
    assert.throws(() => audioAddress("../x", {}), /id of a call/);
  });
  it("reads peaks, whatever stands in them", () => {
    const read = readPeaks(peaks(100));
    assert.deepEqual([read.seconds, read.caller.length, read.callee.length], [60, 100, 100]);
    assert.deepEqual(readPeaks({ left: [[-5, 9], "x", null, [Number.NaN, {}]] }).caller, [[-1, 1], [0, 0], [0, 0], [0, 0]]);
    assert.deepEqual(readPeaks({}), { seconds: 0, start: null, caller: [], callee: [] });
  });
  it("draws a wave that is seen even where it is silent", () => {
    assert.equal(wavePath([[0, 0]], 10, 20, 10), "M5.0 19.6V20.4");
    assert.equal(wavePath([], 10, 20, 10), "");
  });
});

describe("records that cannot be", () => {
  it("break nothing that is computed of them", () => {
    for (const attack of ["__proto__", "<script>", "\u202e"]) {
      const odd = hostileCall([attack]);
      tracksOf(kindsOf(odd.streams).own, 0);
      marksOf(odd, odd.streams);
      eventList(odd.streams);
      for (const each of odd.streams) [explainMos, explainConversation, whyNoMos, lossSideSentence].forEach((explain) => explain(each));
    }
    assert.equal(backStream({ intervals: intervals(2) }).intervals.length, 2);
  });
});
