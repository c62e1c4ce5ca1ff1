/*
 * call_pages.test - what the page of one call works out for itself: pairs of session descriptions, differences, a ladder's
 * places and text, seconds, lines for other tools. Node alone.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keptSentence } from "../../webui-static/call_words.js";
import { sameNumbersFilter } from "../../webui-static/call_notes.js";
import { diffLine, diffTexts } from "../../webui-static/diff.js";
import { ladderText } from "../../webui-static/ladder_text.js";
import { burstMarks, requestMarks } from "../../webui-static/marks.js";
import { neighbourOf, rememberList } from "../../webui-static/neighbours.js";
import { agentsOf, layoutLadder, lineOf, yOfTime } from "../../webui-static/parts/ladder_layout.js";
import { placesOf } from "../../webui-static/message_text.js";
import { heatPaths } from "../../webui-static/parts/lanes.js";
import { bodyOf, compareSdp, pairOf, parseSdp, sdpPairs } from "../../webui-static/sdp.js";
import { curlLine, downloadsOf, wiresharkFilter } from "../../webui-static/take.js";
import { tracksOf, worstSeconds } from "../../webui-static/tracks.js";

const ID = "32604a9c365bd980";
const OFFER = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 18 101\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\nm=video 4002 RTP/AVP 99\r\n";
const ANSWER = "v=0\r\no=- 2 2 IN IP4 192.0.2.2\r\ns=-\r\nt=0 0\r\nm=audio 5000 RTP/AVP 18 96\r\nc=IN IP4 192.0.2.2\r\na=rtpmap:18 g729/8000\r\na=rtpmap:96 telephone-event/8000\r\na=sendonly\r\nm=video 0 RTP/AVP 99\r\n";

describe("sdp", () => {
  const of = (method, status, cseq, sdp, more = {}) => ({ call: "1", call_id: "x", from_tag: "a", method: status ? null : method, status, cseq, has_sdp: sdp, ...more });

  it("reads a description, and nothing of what is none", () => {
    const { session, media } = parseSdp(bodyOf(`INVITE x\r\nA: b\r\n\r\n${OFFER}`));
    assert.equal(session.connection, "192.0.2.1");
    assert.deepEqual(media.map(({ media: kind, port }) => [kind, port]), [["audio", "4000"], ["video", "4002"]]);
    assert.deepEqual(media[0].formats[0], { pt: "8", name: "PCMA/8000", fmtp: null });
    for (const body of ["", null, "hello", "m=audio"]) assert.equal(parseSdp(body), null);
    assert.doesNotThrow(() => compareSdp(parseSdp("v=0\nm=\nm=audio\na=\na=rtpmap:\nc=\n"), null));
  });
  it("finds the answer of an offer: early and final, late, none", () => {
    const messages = [
      of("INVITE", null, "1 INVITE", true), of(null, 183, "1 INVITE", true), of(null, 200, "1 INVITE", true), of("ACK", null, "1 ACK", false),
      of("INVITE", null, "2 INVITE", false), of(null, 200, "2 INVITE", true), of("ACK", null, "2 ACK", true),
      of("UPDATE", null, "3 UPDATE", true), of(null, 491, "3 UPDATE", false),
      of("INVITE", null, "1 INVITE", true, { call: "2" }),
    ];
    const pairs = sdpPairs(messages);
    assert.deepEqual(pairs, [{ offer: 0, answer: 1 }, { offer: 0, answer: 2 }, { offer: 5, answer: 6 }, { offer: 7, answer: null }, { offer: 9, answer: null }]);
    assert.deepEqual(pairOf(pairs, 0), { offer: 0, answer: 2 }, "an offer is beside its last answer");
    assert.deepEqual(pairOf(pairs, 1), { offer: 0, answer: 1 });
    assert.equal(pairOf(pairs, 3), null);
  });
  it("sets what was offered beside what was taken", () => {
    const [audio, video] = compareSdp(parseSdp(OFFER), parseSdp(ANSWER));
    const marks = audio.rows.map(({ what, offered, answered, mark }) => [what, offered, answered, mark]);
    assert.deepEqual(marks, [
      ["Address", "192.0.2.1:4000", "192.0.2.2:5000", "same"],
      ["Transport", "RTP/AVP", "RTP/AVP", "same"],
      ["Direction", "sendrecv", "sendonly", "changed"],
      ["Codec", "8 PCMA/8000", null, "offered"],
      ["Codec", "18 G729/8000; annexb=no", "18 g729/8000", "changed"],
      ["Codec", "101 telephone-event/8000", "96 telephone-event/8000", "changed"],
      ["ptime", "20", null, "offered"],
    ]);
    assert.ok(video.refused);
  });
});

describe("diff", () => {
  it("tells lines that went, came and changed, by the header's name", () => {
    const rows = diffTexts("INVITE a\nVia: 1\nTo: x\nOnly: a\nEnd", "INVITE a\nVia: 2\nTo: x\nEnd\nMore: b");
    assert.deepEqual(rows.map(({ kind, a, b }) => [kind, a, b]), [
      ["same", "INVITE a", "INVITE a"], ["changed", "Via: 1", "Via: 2"], ["same", "To: x", "To: x"],
      ["gone", "Only: a", null], ["same", "End", "End"], ["added", null, "More: b"],
    ]);
    assert.deepEqual(diffTexts("", ""), [{ kind: "same", a: "", b: "" }]);
    assert.ok(diffTexts("x\n".repeat(9000), "y\n".repeat(9000)).length <= 1000, "bounded");
  });
  it("names the words in which two lines differ", () => {
    assert.deepEqual(diffLine("CSeq: 85 INVITE", "CSeq: 86 INVITE"), { before: "CSeq: ", a: "85", b: "86", after: " INVITE" });
    assert.deepEqual(diffLine("aa", "aaa"), { before: "", a: "aa", b: "aaa", after: "" });
  });
});

describe("what is sought in a line", () => {
  it("is found however it is written, more than once, also where a name ends", () => {
    assert.deepEqual(placesOf("m=audio 1 M=AUDIO", "m=audio"), [[0, 7], [10, 17]]);
    assert.deepEqual(placesOf("aaaa", "aa"), [[0, 2], [2, 4]]);
    for (const [line, sought] of [["x", ""], ["İm=audio", "m=audio"], ["", "a"]]) assert.deepEqual(placesOf(line, sought), []);
    assert.equal(placesOf("a".repeat(70000), "a").length, 64, "bounded");
  });
});

describe("the ladder's places", () => {
  const message = (time, more = {}) => ({ src: "192.0.2.1:5060", dst: "192.0.2.2:5060", time, raw: `${time}`, method: "INVITE", ...more });
  const messages = [0, 0.1, 1.1, 600].map((time) => message(100 + time));
  const yOf = (view) => layoutLadder(messages, [], 800, [], view).rows.map(({ y }) => y);

  it("are zoomed, and never so small that they cover each other", () => {
    const [small, plain, large] = [-6, 0, 6].map((zoom) => layoutLadder(messages, [], 800, [], { zoom }));
    assert.ok(small.height < plain.height && plain.height < large.height);
    assert.ok(small.rows.every(({ compact, height }) => compact && height >= 15));
    assert.deepEqual(layoutLadder(messages, [], 800, [], { zoom: "fit", height: 90 }).height <= 90, true);
    assert.equal(layoutLadder(messages, [], 800, [], { zoom: "fit", height: 2000 }).height, plain.height, "fit makes nothing larger");
  });
  it("are as far apart as the times are; a long silence is cut, and says so", () => {
    const [a, b, c, d] = yOf({ spacing: "time" });
    assert.ok(b - a < c - b && c - b < d - c);
    assert.deepEqual(layoutLadder(messages, [], 800, [], { spacing: "time" }).rows.map(({ cut }) => cut && Math.round(cut)), [null, null, null, 599]);
    assert.deepEqual(new Set(yOf({}).map((y, at, all) => (at ? y - all[at - 1] : 42))), new Set([42]));
  });
  it("say where a moment is", () => {
    const { rows } = layoutLadder(messages, [], 800);
    assert.equal(yOfTime(rows, 100), rows[0].y + lineOf(rows[0]));
    assert.ok(Math.abs(yOfTime(rows, 100.05) - (rows[0].y + lineOf(rows[0]) + 21)) < 0.01);
    for (const outside of [99, 800]) assert.equal(yOfTime(rows, outside), null);
    assert.equal(yOfTime([], 1), null);
  });
  it("put keys that were pressed together in one row, between the messages", () => {
    const stream = { src: "192.0.2.1:4000", dst: "192.0.2.2:4000", start_time: 100.5, direction: "caller_to_callee" };
    const keys = [200, 201, 700, 100.7].map((time) => ({ time, direction: "caller_to_callee" }));
    const { rows } = layoutLadder(messages, [stream], 800, [], { keys: [...keys, { time: null }, { time: 150, direction: null }] });
    assert.deepEqual(rows.map(({ kind, keys: of }) => (of ? of.length : kind)), ["message", "message", "stream", 1, "message", 2, "message", 1]);
  });
  it("say what hosts call themselves", () => {
    const raw = "INVITE x SIP/2.0\r\nFrom: a\r\nUser-Agent: Phone/1 \r\n\r\n";
    assert.deepEqual([...agentsOf([message(1, { raw }), message(2, { raw: raw.replace("Phone", "Other") }), message(3, { src: "x", raw: null })])], [["192.0.2.1", "Phone/1"]]);
  });
});

describe("the ladder as text", () => {
  it("has a column for each host, times and arrows", () => {
    const row = (method, status, at1, at2, time, more) => ({ message: { method, status, reason: "OK\u202e", has_sdp: method === "INVITE", time }, at1, at2, copy: null, letter: null, ...more });
    const text = ladderText({ columns: ["a", "b", "c"], zone: "utc", rows: [row("INVITE", null, 0, 1, 0), row(null, 200, 2, 0, 0.25, { letter: "B", copy: "again" }), row("INFO", null, 1, 1, 1)] });
    const lines = text.split("\n");
    assert.match(lines[1], /^00:00:00\.000000 +│ +INVITE \(SDP\) +│ +│$/);
    assert.match(lines[2], /│─+>│ +│$/);
    assert.match(lines[3], /^B 00:00:00\.250000 .*200 OK⟨202E⟩ ↻/);
    assert.match(lines[4], /^ +\+0\.250 .*│<─{58}│$/);
    assert.match(lines[6], /│ INFO ↩/);
  });
});

describe("seconds of a stream", () => {
  const interval = (t, more) => ({ t, packets: 250, lost: 0, late: 0, ...more });
  const [track] = tracksOf([{ direction: "caller_to_callee", intervals: [interval(100), interval(105, { lost: 40, unheard: [0, 0.4, 0.005, 0, 0.6] }), interval(110, { lost: 3 }), interval(115, { packets: 0 })] }], 100);

  it("are known where the record tells, or where nothing was lost", () => {
    assert.deepEqual(track.seconds.map(({ share }) => share), [0, 0, 0, 0, 0, 0, 0.4, 0.005, 0, 0.6, null, null, null, null, null, null, null, null, null, null]);
    assert.deepEqual(heatPaths(track.seconds, (x) => x, 10).map(({ name }) => name), ["none", "worst", "low"]);
  });
  it("of much loss beside each other are a burst", () => {
    assert.deepEqual(track.bursts, [{ from: 6, to: 10, share: 0.6 }]);
    const [mark] = burstMarks([track], 100);
    assert.equal(mark.time, 106);
    assert.match(mark.words, /4 s, up to 60\.0 %/);
  });
  it("become the worst of several where there is no room", () => {
    assert.deepEqual(worstSeconds(track.seconds, 4).map(({ from, to, share }) => [from, to, share]), [[0, 5, 0], [5, 10, 0.6], [10, 15, null], [15, 20, null]]);
    assert.equal(worstSeconds([], 10).length, 0);
  });
  it("have requests beside them, but no answers", () => {
    assert.deepEqual(requestMarks([{ method: "BYE", status: null, time: 1 }, { method: "BYE", status: 200, time: 2 }, { method: "ACK", time: 3 }]).map(({ words }) => words), ["BYE"]);
  });
});

describe("lines for other tools", () => {
  it("hold a stranger's Call-ID only quoted", () => {
    assert.equal(wiresharkFilter(['a"b\\c'], [{ ssrc: "0x1a2b" }, { ssrc: "1 || frame" }]), 'sip.Call-ID == "a\\"b\\\\c" || rtp.ssrc == 0x1a2b');
    assert.equal(wiresharkFilter(["a\u0000\u202e/é"]), 'sip.Call-ID == "a\\x00\\xe2\\x80\\xae/\\xc3\\xa9"');
  });
  it("name a call by its id alone", () => {
    assert.equal(curlLine("https://probe.example/x/#", ID, true), `curl -sf -H "Authorization: Bearer $EARSHOT_TOKEN" 'https://probe.example/x/api/v1/calls/${ID}/pcap?legs=true' | wireshark -k -i -`);
    assert.equal(curlLine("https://probe.example/", "'; rm -rf /", false), "");
    assert.deepEqual(downloadsOf(ID, false).map(([, address]) => address), [`api/v1/calls/${ID}/pcap`, `api/v1/calls/${ID}/pcap?format=pcapng`, `api/v1/calls/${ID}/pcap?format=pcap.lz4`]);
    assert.match(downloadsOf(ID, true)[1][1], /format=pcapng&legs=true$/);
  });
  it("find the calls of the same numbers, either way", () => {
    assert.equal(sameNumbersFilter({ from_user: 'a"b', to_user: "+1", invite_time: 1000000.5 }), '(from:"a\\"b" to:"+1" or from:"+1" to:"a\\"b") since:395200 until:1086401');
    for (const call of [{}, { from_user: "a", to_user: "b\u0000", invite_time: 1 }, { from_user: "a", to_user: "b" }]) assert.equal(sameNumbersFilter(call), null);
  });
});

describe("what is kept", () => {
  it("is said where something is not, with why", () => {
    assert.equal(keptSentence({ kept: "signalling", kept_by: "pressure" }), "Its signalling is kept, its media is not: the disk was too full.");
    assert.equal(keptSentence({ kept: "nothing", kept_by: "constructor" }), "None of its packets are kept.");
    for (const call of [{}, { kept: "full", kept_by: "default" }, { kept: null }, { kept: "toString" }]) assert.equal(keptSentence(call), null);
  });
});

describe("neighbours", () => {
  it("are those of the list that a call was opened from", () => {
    assert.equal(neighbourOf("a", 1), null, "of a link there is no list");
    rememberList((id, by) => `${id}${by}`);
    assert.equal(neighbourOf("a", -1), "a-1");
  });
});
