/* tcp - segments that lie, streams that never heal, messages that never end. */
import * as f from "../frames.mjs";
import { invite, message, request, wholeCall } from "../sip.mjs";

/* Sends bytes of one direction, `step` at a time; returns where the next one begins. */
function send(s, bytes, { seq = 1000, step = 1400, ...o } = {}) {
  for (let at = 0; at < bytes.length; at += step) s.tcp(bytes.subarray(at, at + step), { seq: seq + at, flags: "PA", ...o });
  return seq + bytes.length;
}

const open = (s, seq = 1000, o = {}) => s.tcp("", { flags: "S", seq: seq - 1, ...o });
const options = (callId, o = {}) => request("OPTIONS", callId, o);
const numbered = (method, text) => f.cat(...Array.from({ length: 20 }, (_, i) => request(method, `${text}${i}@hostile`)));

export default [
  {
    name: "tcp_data_offset_0",
    cause: "data offset 0 to 4: the header is shorter than a header",
    frames: (s) => {
      for (let dataOffset = 0; dataOffset < 5; dataOffset++) s.tcp(invite("offset@hostile"), { dataOffset });
    },
    expect: { bins: { tcp_malformed: 5 } },
  },
  {
    name: "tcp_data_offset_15",
    cause: "data offset 15 in a segment of 20 bytes",
    frames: (s) => s.tcp("", { dataOffset: 15 }).tcp(f.zeros(39), { dataOffset: 15 }),
    expect: { bins: { tcp_malformed: 2 } },
  },
  {
    name: "tcp_options_lie",
    cause: "TCP options of length 0, 1 and 255",
    frames: (s) => {
      [0, 1, 255].forEach((length, i) => s.tcp(invite(`tcpoption${length}@hostile`), { sport: 40000 + i, options: f.cat(f.u8(8), f.u8(length), f.zeros(38)) }));
    },
    expect: { bins: { sip: 3 }, calls: ["tcpoption0@hostile", "tcpoption1@hostile", "tcpoption255@hostile"] },
  },
  {
    name: "tcp_segments_twice",
    cause: "every segment twice, the body without a line end at its end",
    frames: (s) => {
      const bytes = f.cat(options("twice1@hostile", { body: "no line end", type: "text/plain" }), invite("twice2@hostile"));
      open(s);
      for (let at = 0; at < bytes.length; at += 300)
        for (let i = 0; i < 2; i++) s.wait(0.1).tcp(bytes.subarray(at, at + 300), { seq: 1000 + at });
    },
    expect: { bins: { sip: 2, tcp_segment: 4, tcp: 1 }, calls: ["twice2@hostile"] },
  },
  {
    name: "tcp_one_byte_segments",
    cause: "a call in segments of one byte",
    frames: (s) => {
      open(s);
      send(s, invite("bytes@hostile"), { step: 1 });
    },
    expect: { bins: { sip: 1, tcp_segment: 395, tcp: 1 }, calls: ["bytes@hostile"] },
  },
  {
    name: "tcp_backwards",
    cause: "segments in reverse order",
    frames: (s) => {
      const bytes = f.cat(invite("back1@hostile"), invite("back2@hostile"));
      open(s);
      for (let at = Math.floor(bytes.length / 100) * 100; at >= 0; at -= 100) s.tcp(bytes.subarray(at, at + 100), { seq: 1000 + at });
    },
    expect: { bins: { sip: 1, tcp_segment: 7, tcp: 1 }, calls: ["back1@hostile", "back2@hostile"] },
  },
  {
    name: "tcp_sequence_wraps",
    cause: "a stream that goes over 2^32",
    frames: (s) => {
      open(s, 2 ** 32 - 700);
      send(s, f.cat(invite("wrap1@hostile"), invite("wrap2@hostile"), invite("wrap3@hostile")), { seq: 2 ** 32 - 700, step: 333 });
    },
    expect: { bins: { sip: 3, tcp_segment: 1, tcp: 1 }, calls: ["wrap1@hostile", "wrap2@hostile", "wrap3@hostile"] },
  },
  {
    name: "tcp_hole_that_never_fills",
    cause: "a segment is missing and 10,000 follow: what waits is bounded, the stream goes on behind the hole",
    frames: (s) => {
      open(s);
      let seq = send(s, options("before@hostile"));
      seq += 500;
      for (let i = 0; i < 10000; i++) seq = send(s, f.zeros(200).fill("x"), { seq });
      send(s, f.cat(invite("behind@hostile")), { seq });
    },
    expect: { bins: { sip: 2, tcp_segment: 10000, tcp: 1 }, refusals: { tcp_bytes: 1, sip_resync: 1 }, ledger: { tcp_gaps: 1 }, calls: ["behind@hostile"] },
  },
  {
    name: "tcp_hole_expires",
    cause: "a segment is missing and two messages follow: given up after a while of packet time",
    frames: (s) => {
      open(s);
      const next = send(s, options("whole@hostile"));
      send(s, f.cat(invite("after1@hostile"), invite("after2@hostile")), { seq: next + 100 });
    },
    expect: { bins: { sip: 1, tcp_segment: 1, tcp: 1 }, ledger: { tcp_gaps: 1 }, calls: ["after1@hostile", "after2@hostile"] },
  },
  {
    name: "tcp_hole_bomb",
    cause: "5,000 streams with 1,400 bytes behind a hole in each",
    frames: (s) => {
      const start = options("bomb@hostile").subarray(0, 60);
      for (let i = 0; i < 5000; i++) {
        s.tcp(start, { sport: 10000 + i, seq: 1000 });
        s.tcp(f.zeros(1400), { sport: 10000 + i, seq: 2000 });
      }
    },
    expect: { bins: { tcp_segment: 10000 }, ledger: { tcp_gaps: 5000 } },
  },
  {
    name: "tcp_stream_flood",
    cause: "a SYN from each of 40,000 ports and nothing more",
    frames: (s) => {
      for (let i = 0; i < 40000; i++) s.tcp("", { sport: i + 1024, flags: "S" });
    },
    expect: { bins: { tcp: 40000 }, refusals: { flows: "+" } },
  },
  {
    name: "tcp_overlap_differs",
    cause: "the same bytes of a stream twice, differing: the first ones count",
    frames: (s) => {
      const good = invite("first@hostile"), evil = invite("other@hostile");
      open(s);
      s.tcp(good.subarray(0, 100), { seq: 1000 });
      s.tcp(good.subarray(150, 300), { seq: 1150 });
      s.tcp(evil.subarray(50, 300), { seq: 1050 });
      s.tcp(good.subarray(300), { seq: 1300 });
    },
    expect: { bins: { sip: 1, tcp_segment: 3, tcp: 1 }, refusals: { tcp_overlap: "+" }, calls: ["first@hostile"] },
  },
  {
    name: "tcp_endless_message",
    cause: "a header that never ends, 2 MB of it, then a message",
    frames: (s) => {
      open(s);
      let seq = send(s, f.cat("INVITE sip:bob@example.net SIP/2.0\r\nCall-ID: endless@hostile\r\nSubject: "));
      for (let i = 0; i < 1500; i++) seq = send(s, f.zeros(1400).fill("s"), { seq });
      send(s, f.cat("\r\n\r\n", invite("afterwards@hostile")), { seq });
    },
    expect: { bins: { sip: 2, tcp_segment: 1500, tcp: 1 }, refusals: { sip_too_long: 1 }, calls: ["afterwards@hostile", "endless@hostile"] },
  },
  {
    name: "tcp_reset_and_again",
    cause: "RST, FIN and a new connection on the same ports with another sequence number",
    frames: (s) => {
      open(s);
      s.tcp(invite("half@hostile").subarray(0, 200), { seq: 1000 });
      s.tcp("", { flags: "R", seq: 1200 });
      open(s, 5000000);
      let next = send(s, invite("second@hostile"), { seq: 5000000 });
      s.tcp("", { flags: "FA", seq: next });
      open(s, 77);
      send(s, invite("third@hostile"), { seq: 77 });
    },
    expect: { bins: { sip: 2, tcp_segment: 1, tcp: 5 }, calls: ["half@hostile", "second@hostile", "third@hostile"] },
  },
  {
    name: "tcp_joined_in_the_middle",
    cause: "a stream without its beginning, joined in the middle of a body that looks like nothing",
    frames: (s) => {
      const bytes = f.cat(invite("lost@hostile"), invite("joined1@hostile"), invite("joined2@hostile"));
      const from = invite("lost@hostile").length - 40;
      send(s, bytes.subarray(from), { seq: 1000 + from, step: 200 });
    },
    expect: { bins: { sip: 2, tcp_segment: 3 }, calls: ["joined1@hostile", "joined2@hostile"] },
  },
  {
    name: "tcp_urgent_and_window",
    cause: "urgent pointers, window 0, every flag at once, and a segment far outside, which only another connection can be",
    frames: (s) => {
      open(s);
      const bytes = invite("urgent@hostile");
      s.tcp(bytes.subarray(0, 300), { seq: 1000, flags: "UAP", urgent: 65535 });
      s.tcp("garbage", { seq: 0x80000000, window: 0 });
      s.tcp(bytes.subarray(300), { seq: 1300, window: 0 });
      const next = send(s, invite("later@hostile"), { seq: 1000 + bytes.length });
      s.tcp("xmas", { seq: next, flags: "FSRPAU", sport: 41000 });
    },
    expect: { bins: { sip: "+", "tcp|tcp_segment": "+" }, refusals: { sip_resync: "?" }, ledger: { tcp_gaps: "?" }, calls: ["later@hostile", "urgent@hostile"] },
  },
  {
    name: "tcp_keepalive_bytes",
    cause: "keep-alive segments that repeat the last byte, and one byte below the window",
    frames: (s) => {
      open(s);
      const next = send(s, invite("alive1@hostile"));
      for (let i = 0; i < 20; i++) s.wait(1).tcp(f.zeros(1), { seq: next - 1 });
      send(s, invite("alive2@hostile"), { seq: next });
    },
    expect: { bins: { sip: 2, tcp: 1, tcp_segment: 20 }, calls: ["alive1@hostile", "alive2@hostile"] },
  },
  {
    name: "framing_content_length_400_digits",
    cause: "a Content-Length of 400 digits in a stream: resync at the next start line",
    cve: "CVE-2024-3120",
    frames: (s) => {
      open(s);
      send(s, f.cat(options("digits@hostile", { headers: { "Content-Length": "9".repeat(400) } }), invite("digits2@hostile")));
    },
    expect: { bins: { sip: 1, tcp: 1 }, refusals: { sip_too_long: 1 }, calls: ["digits2@hostile"] },
  },
  {
    name: "framing_content_length_negative",
    cause: "a negative Content-Length in a stream",
    frames: (s) => {
      open(s);
      send(s, f.cat(options("minus@hostile", { headers: { "Content-Length": "-999" } }), invite("minus2@hostile")));
    },
    expect: { bins: { sip: 1, tcp: 1 }, refusals: { sip_resync: 1 }, calls: ["minus2@hostile"] },
  },
  {
    name: "framing_content_length_larger",
    cause: "a Content-Length larger than the body: the next message is swallowed, the one after is found",
    frames: (s) => {
      open(s);
      send(s, f.cat(options("larger@hostile", { headers: { "Content-Length": "100" } }), invite("larger1@hostile"), invite("larger2@hostile")));
    },
    expect: { bins: { sip: 1, tcp: 1 }, refusals: { sip_resync: 1 }, calls: ["larger2@hostile"] },
  },
  {
    name: "framing_content_length_huge",
    cause: "a Content-Length of 2 GB in a stream that goes on with messages",
    frames: (s) => {
      open(s);
      let seq = send(s, options("huge@hostile", { headers: { "Content-Length": "2147483647" } }));
      for (let i = 0; i < 300; i++) seq = send(s, options(`huge${i}@hostile`), { seq });
      send(s, invite("huge-last@hostile"), { seq });
    },
    expect: { bins: { sip: 302, tcp: 1 }, refusals: { sip_too_long: 1 }, calls: ["huge-last@hostile"] },
  },
  {
    name: "framing_content_length_twice",
    cause: "two Content-Lengths that differ: the first counts, resync behind it",
    frames: (s) => {
      open(s);
      send(s, f.cat(options("two@hostile", { body: "12345678", type: "text/plain", headers: { "Content-Length": ["8", "5"] } }), invite("two2@hostile")));
    },
    expect: { bins: { sip: 1, tcp: 1 }, calls: ["two2@hostile"] },
  },
  {
    name: "framing_content_length_missing",
    cause: "no Content-Length: no body, and what follows is found",
    frames: (s) => {
      open(s);
      send(s, f.cat(options("none@hostile", { headers: { "Content-Length": null } }), invite("none2@hostile")));
    },
    expect: { bins: { sip: 1, tcp: 1 }, calls: ["none2@hostile"] },
  },
  {
    name: "framing_empty_lines",
    cause: "64 KB of CRLF between messages, and a stream of nothing else",
    cve: "CVE-2013-7112",
    frames: (s) => {
      const lines = Buffer.from("\r\n".repeat(32768));
      open(s);
      let seq = send(s, invite("lines1@hostile"));
      seq = send(s, lines, { seq });
      send(s, invite("lines2@hostile"), { seq });
      send(s, lines, { sport: 40001 });
    },
    expect: { bins: { sip: 2, sip_keepalive: 94, tcp: 1 }, calls: ["lines1@hostile", "lines2@hostile"] },
  },
  {
    name: "framing_garbage_between",
    cause: "garbage between messages: 100 of 100 later calls are found",
    frames: (s) => {
      open(s);
      let seq = send(s, invite("call@hostile"));
      for (let i = 0; i < 100; i++) {
        seq = send(s, f.cat("\x00\x01garbage\xffINVITE nothing\r\n\r\n".repeat(3)), { seq });
        seq = send(s, invite(`call${i}@hostile`), { seq });
      }
    },
    expect: { bins: { sip: 101, tcp: 1, tcp_segment: 100 }, refusals: { sip_resync: 100 }, calls: ["call@hostile", ...Array.from({ length: 100 }, (_, i) => `call${i}@hostile`)] },
  },
  {
    name: "framing_twenty_in_a_segment",
    cause: "twenty messages in one segment, and one over forty",
    frames: (s) => {
      open(s);
      const bytes = numbered("INVITE", "many");
      const seq = send(s, bytes, { step: 60000 });
      send(s, f.cat(invite("long@hostile", { headers: { Subject: "y".repeat(4000) } })), { seq, step: 100 });
    },
    expect: { bins: { sip: 2, tcp_segment: "+", tcp: 1 }, calls: ["long@hostile", ...Array.from({ length: 20 }, (_, i) => `many${i}@hostile`)] },
  },
  {
    name: "framing_nested_in_body",
    cause: "a start line within a body: it is no message of its own",
    frames: (s) => {
      open(s);
      send(s, f.cat(options("outer@hostile", { body: invite("inner@hostile"), type: "message/sip" }), invite("next@hostile")), { step: 200 });
    },
    expect: { bins: { sip: 2, tcp_segment: 4, tcp: 1 }, calls: ["next@hostile"] },
  },
  {
    name: "framing_start_line_of_64k",
    cause: "a start line of 70,000 bytes",
    frames: (s) => {
      open(s);
      const seq = send(s, message(`OPTIONS sip:${"a".repeat(70000)} SIP/2.0`, { "Call-ID": "longline@hostile" }));
      send(s, invite("shortline@hostile"), { seq });
    },
    expect: { bins: { sip: "+", "tcp|tcp_segment": "+" }, refusals: { sip_no_call: "?", sip_too_long: "?", sip_resync: "?" }, calls: ["shortline@hostile"] },
  },
  {
    name: "tcp_both_directions",
    cause: "a whole call over TCP, both directions, 100-byte segments out of step",
    frames: (s) => {
      const seqs = [1000, 9000];
      for (const [bytes, fromCaller] of wholeCall("tcpcall@hostile")) {
        const side = fromCaller ? 0 : 1;
        const o = fromCaller ? {} : { src: "192.0.2.20", dst: "192.0.2.10", sport: 5060, dport: 40000 };
        seqs[side] = send(s, bytes, { seq: seqs[side], step: 100, ...o });
      }
    },
    expect: { bins: { sip: 5, tcp_segment: 12 }, calls: ["tcpcall@hostile"] },
  },
];
