/* websocket - frames of RFC 6455 that lie about themselves, on a connection that was upgraded for SIP. */
import * as f from "../frames.mjs";
import { invite } from "../sip.mjs";

const KEY = f.hex("11223344");
const upgrade = f.cat("GET /sip HTTP/1.1\r\nHost: sip.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n");

/* length: as written; masked with KEY unless mask is false. */
function ws(payload, { opcode = 1, fin = true, rsv = 0, mask = true, length = null, width = null } = {}) {
  const bytes = f.cat(payload), n = length ?? bytes.length;
  const size = width ?? (n < 126 ? 0 : n < 65536 ? 2 : 8);
  const first = f.u8((fin ? 0x80 : 0) | (rsv << 4) | opcode);
  const marked = (code) => f.u8((mask ? 0x80 : 0) | code);
  const lengthBytes = size === 0 ? marked(n) : size === 2 ? f.cat(marked(126), f.u16(n)) : f.cat(marked(127), f.u32(0), f.u32(n));
  const body = mask ? Buffer.from(bytes.map((byte, i) => byte ^ KEY[i % 4])) : bytes;
  return f.cat(first, lengthBytes, mask ? KEY : f.zeros(0), body);
}

/* One direction: SYN, the upgrade, then each of the parts in a segment. */
function connection(s, parts, { sport = 40000, head = upgrade } = {}) {
  const o = { sport, dport: 8080, flags: "PA" };
  let seq = 1000;
  s.tcp("", { ...o, flags: "S", seq: 999 });
  for (const part of [head, ...parts]) {
    for (let at = 0; at < part.length || at === 0; at += 32000) s.tcp(part.subarray(at, at + 32000), { ...o, seq: seq + at });
    seq += part.length;
  }
}

const rest = { "tcp|tcp_segment|websocket": "+" };

export default [
  {
    name: "ws_cut_headers",
    cause: "frames that end after 1, 2, 3, 9 and 13 bytes, each in a connection of its own",
    cve: "CVE-2023-36192",
    frames: (s) => {
      const whole = ws(f.zeros(70000));
      [1, 2, 3, 9, 13].forEach((n, i) => connection(s, [whole.subarray(0, n)], { sport: 40000 + i }));
    },
    expect: { bins: { tcp: 5, websocket: 10 } },
  },
  {
    name: "ws_payload_of_4",
    cause: "a frame of a long length with a payload of four bytes, then the rest of the header",
    cve: "CVE-2023-36192",
    frames: (s) => connection(s, [f.hex("81 fe ff ff"), f.hex("81 fe 00 04 11 22 33 44"), f.cat("abcd")]),
    expect: { bins: { tcp: 1, websocket: 4 } },
  },
  {
    name: "ws_length_all_ones",
    cause: "a 64-bit length of all ones",
    frames: (s) => {
      connection(s, [f.cat(f.hex("81 ff ffffffffffffffff 11223344"), invite("ones@hostile"))]);
      connection(s, [f.cat(f.hex("81 ff 7fffffffffffffff 11223344"), invite("ones@hostile"))], { sport: 40001 });
    },
    expect: { bins: { ...rest }, refusals: { websocket_malformed: 2 } },
  },
  {
    name: "ws_length_beyond_limit",
    cause: "frames of 1 MB, of which 200 bytes come",
    frames: (s) => connection(s, [ws(f.zeros(200), { length: 1 << 20 })]),
    expect: { bins: { tcp: 1, websocket: 2 }, refusals: { sip_too_long: "?" } },
  },
  {
    name: "ws_reserved_bits",
    cause: "reserved bits (a compressed frame that was not agreed on) and reserved opcodes",
    frames: (s) => {
      for (let rsv = 1; rsv < 8; rsv++) connection(s, [ws("x", { rsv })], { sport: 40000 + rsv });
      for (const opcode of [3, 7, 11, 15]) connection(s, [ws("x", { opcode })], { sport: 41000 + opcode });
    },
    expect: { bins: { ...rest }, refusals: { websocket_malformed: 11 } },
  },
  {
    name: "ws_empty_frames",
    cause: "10,000 frames without a byte: a loop over them must end",
    cve: "AST-2018-006",
    frames: (s) => connection(s, [f.cat(Array(10000).fill(ws("")), ws(invite("empty@hostile")))]),
    expect: { bins: { sip: 1, ...rest }, calls: ["empty@hostile"] },
  },
  {
    name: "ws_continuations",
    cause: "a message of 500 frames of one byte, pings between them",
    frames: (s) => {
      const bytes = invite("continued@hostile");
      const frames = [...bytes].map((byte, i) => ws(f.u8(byte), { opcode: i ? 0 : 1, fin: i === bytes.length - 1 }));
      connection(s, [f.cat(frames.flatMap((frame, i) => (i % 50 === 9 ? [ws("ping", { opcode: 9 }), frame] : [frame])))]);
    },
    expect: { bins: { sip: 1, ...rest }, calls: ["continued@hostile"] },
  },
  {
    name: "ws_continuation_without_start",
    cause: "a continuation of nothing, and a message that begins within another",
    frames: (s) => {
      connection(s, [ws("tail", { opcode: 0 }), ws(invite("alone@hostile"))]);
      connection(s, [ws("INVITE sip:x", { fin: false }), ws(invite("begun@hostile"))], { sport: 40001 });
    },
    expect: { bins: { ...rest }, refusals: { websocket_malformed: 2 } },
  },
  {
    name: "ws_endless_continuation",
    cause: "continuations that never end, 1 MB of them",
    frames: (s) => connection(s, Array.from({ length: 40 }, (_, i) => ws(f.zeros(25000), { opcode: i ? 0 : 1, fin: false }))),
    expect: { bins: { ...rest }, refusals: { sip_too_long: 1 } },
  },
  {
    name: "ws_pings",
    cause: "10,000 pings and a ping of 125 bytes, of 126 (which none may have), a close that is cut",
    frames: (s) => {
      connection(s, [f.cat(Array(10000).fill(ws("p", { opcode: 9 })), ws(invite("pinged@hostile")))]);
      connection(s, [ws(f.zeros(125), { opcode: 9 }), ws(f.zeros(126), { opcode: 9 })], { sport: 40001 });
      connection(s, [ws("x", { opcode: 8 }), ws(invite("closed@hostile"))], { sport: 40002 });
    },
    expect: { bins: { sip: 2, ...rest }, refusals: { websocket_malformed: 1 }, calls: ["closed@hostile", "pinged@hostile"] },
  },
  {
    name: "ws_unmasked_client",
    cause: "a client that does not mask: against the rules, and readable",
    frames: (s) => connection(s, [ws(invite("unmasked@hostile"), { mask: false })]),
    expect: { bins: { sip: 1, ...rest }, calls: ["unmasked@hostile"] },
  },
  {
    name: "ws_not_minimal_length",
    cause: "a length of 5 in eight bytes, and of 300 in eight",
    frames: (s) => connection(s, [ws("hello", { width: 8 }), ws(invite("wide@hostile"), { width: 8 })]),
    expect: { bins: { sip: 1, ...rest }, refusals: { websocket_malformed: "?" }, calls: ["wide@hostile"] },
  },
  {
    name: "ws_upgrade_of_400_headers",
    cause: "an upgrade with 400 cookies, one that never ends, and one to another protocol",
    frames: (s) => {
      const cookies = Array.from({ length: 400 }, (_, i) => `Cookie: a${i}=${"c".repeat(30)}\r\n`).join("");
      const long = f.cat(upgrade.subarray(0, upgrade.length - 2), cookies, "\r\n");
      connection(s, [ws(invite("cookies@hostile"))], { head: long });
      connection(s, [f.zeros(100000).fill("h")], { head: upgrade.subarray(0, upgrade.length - 2), sport: 40001 });
      connection(s, [ws("chat")], { head: f.cat(upgrade.toString("latin1").replace("Protocol: sip", "Protocol: chat")), sport: 40002 });
    },
    expect: { bins: { sip: "?", ...rest }, refusals: { sip_too_long: "?", websocket_malformed: "?", tcp_bytes: "?" }, calls: "?" },
  },
];
