/*
 * hostile_capture - a pcap of calls in which every text that a stranger chooses is an attack.
 */
import { Buffer } from "node:buffer";
import { hostileHandshake } from "./hostile_certificate.js";

/* Each would set `ran` or open a dialog if any page took it for more than text. */
export const PAYLOADS = [
  "<script>globalThis.ran=1</script>",
  "<img src=x onerror=globalThis.ran=2>",
  "<svg onload=globalThis.ran=3>",
  "\"><script>globalThis.ran=4</script>",
  "'><img src=x onerror=globalThis.ran=5>",
  "</pre><script>globalThis.ran=6</script>",
  "</text></svg><img src=x onerror=globalThis.ran=7>",
  "javascript:globalThis.ran=8",
  "<iframe srcdoc='<script>parent.ran=9</script>'>",
  "<a href=javascript:globalThis.ran=10>x</a>",
  "<body onload=globalThis.ran=11>",
  "<details open ontoggle=globalThis.ran=12>",
  "<input autofocus onfocus=globalThis.ran=13>",
  "<style>@import'//x.invalid'</style>",
  "<math><mtext><script>globalThis.ran=15</script>",
  "${globalThis.ran=16}",
  "{{constructor.constructor('globalThis.ran=17')()}}",
  "&lt;script&gt;globalThis.ran=18&lt;/script&gt;",
  "%3Cscript%3EglobalThis.ran=19%3C/script%3E",
  "<ScRiPt>globalThis.ran=20</sCrIpT>",
  "<object data=javascript:globalThis.ran=21>",
  "\u202Etxt.exe\u202C<img src=x onerror=globalThis.ran=22>",
  "__proto__",
  "<form action=javascript:globalThis.ran=24><button>x",
  "x\" onmouseover=\"globalThis.ran=25\" x=\"",
];

const CALLER = [192, 0, 2, 66];
const CALLEE = [198, 51, 100, 66];

/* Ethernet, IPv4, UDP. The checksums are 0: nobody here checks them. */
function frame(from, to, port, payload) {
  const head = Buffer.alloc(42);

  head.writeUInt16BE(0x0800, 12);
  head[14] = 0x45;
  head.writeUInt16BE(28 + payload.length, 16);
  head[22] = 64;
  head[23] = 17;
  head.set(from, 26);
  head.set(to, 30);
  head.writeUInt16BE(port, 34);
  head.writeUInt16BE(port, 36);
  head.writeUInt16BE(8 + payload.length, 38);
  return Buffer.concat([head, payload]);
}

/* A segment from a server of its own, at the beginning of its direction. */
function segment(index, payload) {
  const data = frame([198, 51, 100, index + 1], CALLER, 0, Buffer.concat([Buffer.alloc(12), payload]));

  data[23] = 6;
  data.writeUInt16BE(5061, 34);
  data.writeUInt16BE(40000, 36);
  data.writeUInt32BE(1, 38);
  data.writeUInt32BE(0, 42);
  data.writeUInt16BE(0x5018, 46);
  return data;
}

function record(seconds, data) {
  const head = Buffer.alloc(16);

  head.writeUInt32LE(Math.floor(seconds), 0);
  head.writeUInt32LE(Math.floor((seconds % 1) * 1e6), 4);
  head.writeUInt32LE(data.length, 8);
  head.writeUInt32LE(data.length, 12);
  return Buffer.concat([head, data]);
}

function message(first, attack, index, cseq, tagged) {
  const body = `v=0\r\no=- 1 1 IN IP4 192.0.2.66\r\ns=${attack}\r\nc=IN IP4 192.0.2.66\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=x:${attack}\r\n`;

  return Buffer.from(
    [
      first,
      `Via: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bK${index}${cseq.replace(" ", "")}`,
      `From: "${attack}" <sip:user${index}${attack.replace(/[\s<>"@]/g, "")}@192.0.2.66>;tag=f${index}`,
      `To: "${attack}" <sip:${index}@198.51.100.66>${tagged ? `;tag=t${attack.replace(/[\s;<>"]/g, "")}` : ""}`,
      `Call-ID: hostile-${index}-${attack.replace(/\s/g, "")}`,
      `CSeq: ${cseq}`,
      "Contact: <sip:user@192.0.2.66>",
      "Max-Forwards: 70",
      `User-Agent: ${attack}`,
      `Server: ${attack}`,
      `Reason: SIP;cause=486;text="${attack}"`,
      `X-${index}: ${attack}`,
      "Content-Type: application/sdp",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
}

/* One refused call and one certificate a payload, a second apart. */
export function hostileCapture() {
  const head = Buffer.alloc(24);
  const parts = [head];

  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65535, 16);
  head.writeUInt32LE(1, 20);
  PAYLOADS.forEach((attack, index) => {
    const at = 1772450000 + index;
    const invite = `INVITE sip:${index}@198.51.100.66 SIP/2.0`;
    const refused = `SIP/2.0 486 ${attack}`;
    const ack = `ACK sip:${index}@198.51.100.66 SIP/2.0`;

    parts.push(
      record(at, frame(CALLER, CALLEE, 5060, message(invite, attack, index, "1 INVITE", false))),
      record(at + 0.1, frame(CALLEE, CALLER, 5060, message(refused, attack, index, "1 INVITE", true))),
      record(at + 0.2, frame(CALLER, CALLEE, 5060, message(ack, attack, index, "1 ACK", true))),
      record(at + 0.3, segment(index, hostileHandshake(attack, index))),
    );
  });
  return Buffer.concat(parts);
}
