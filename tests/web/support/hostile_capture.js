/*
 * hostile_capture - a pcap of calls in which every text that a stranger chooses is an attack.
 */
import { Buffer } from "node:buffer";
import { datagram, pcap, segment } from "./capture.js";
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

const CALLER = "192.0.2.66:5060";
const CALLEE = "198.51.100.66:5060";
export const START_S = 1772450000;

/* What may stand in a token or an address of its own without its end. */
const tight = (attack) => attack.replace(/[\s<>"@;,]/g, "");

const bodyOf = (attack) =>
  [
    "v=0",
    "o=- 1 1 IN IP4 192.0.2.66",
    `s=${attack}`,
    `i=${attack}`,
    "c=IN IP4 192.0.2.66",
    "t=0 0",
    "m=audio 4000 RTP/AVP 96 0",
    `a=rtpmap:96 ${tight(attack)}/8000`,
    `a=fmtp:96 ${attack}`,
    `a=x:${attack}`,
    "",
  ].join("\r\n");

/* Every header that is shown somewhere, and one that is not known. */
function headers(attack, index, { from, to, callId }) {
  return [
    `From: "${attack}" <sip:${from}@192.0.2.66>;tag=f${index}${tight(attack)}`,
    `To: "${attack}" <sip:${to}@198.51.100.66>`,
    `Call-ID: ${callId}`,
    `Contact: "${attack}" <sip:${tight(attack)}@192.0.2.66>;x="${attack}"`,
    "Max-Forwards: 70",
    `User-Agent: ${attack}`,
    `Server: ${attack}`,
    `Subject: ${attack}`,
    `P-Asserted-Identity: "${attack}" <sip:${tight(attack)}@192.0.2.66>`,
    `Diversion: "${attack}" <sip:${tight(attack)}@192.0.2.66>;reason=${tight(attack)}`,
    `Warning: 399 ${tight(attack) || "x"} "${attack}"`,
    `Reason: SIP;cause=486;text="${attack}"`,
    `Event: ${attack}`,
    `X-${index}: ${attack}`,
  ];
}

function message(first, attack, index, cseq, parties, extra = []) {
  const body = parties.body ?? "";
  const via = `Via: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bK${index}${cseq.replace(" ", "")};x="${attack}"`;
  const type = body ? ["Content-Type: application/sdp"] : [];

  return Buffer.from(
    [first, via, ...headers(attack, index, parties), `CSeq: ${cseq}`, ...extra, ...type, `Content-Length: ${Buffer.byteLength(body)}`, "", body].join("\r\n"),
  );
}

/* Call-IDs of every kind that has to work in an address, the attack in it. */
const ODD = ["a/b?c=d&e#f", "100%25%", "\"q'", "\u202Eback", "\uFEFFinvisible", "..%2f../etc", "+plus ", "nul\0"];
export const callIdOf = (attack, index) => `hostile-${index}-${ODD[index % ODD.length].trim()}-${attack.replace(/\s/g, "")}`;

/* A refused call. */
function call(attack, index, at) {
  const to = { from: `user${index}${tight(attack)}`, to: index, callId: callIdOf(attack, index), body: bodyOf(attack) };
  const line = (method) => `${method} sip:${index}@198.51.100.66;x=${tight(attack)} SIP/2.0`;

  return [
    { at, data: datagram(CALLER, CALLEE, message(line("INVITE"), attack, index, "1 INVITE", to)) },
    { at: at + 0.1, data: datagram(CALLEE, CALLER, message(`SIP/2.0 486 ${attack}`, attack, index, "1 INVITE", to)) },
    { at: at + 0.2, data: datagram(CALLER, CALLEE, message(line("ACK"), attack, index, "1 ACK", to)) },
  ];
}

/* A request that is no call, and its answer. */
function request(method, answer, attack, index, at, extra = []) {
  const from = `203.0.113.${index + 1}:5060`;
  const aor = `aor${index}${tight(attack)}`;
  const parties = { from: aor, to: aor, callId: `${method}-${index}` };

  return [
    { at, data: datagram(from, CALLEE, message(`${method} sip:198.51.100.66 SIP/2.0`, attack, index, `1 ${method}`, parties, extra)) },
    { at: at + 0.05, data: datagram(CALLEE, from, message(`SIP/2.0 ${answer} ${attack}`, attack, index, `1 ${method}`, parties, extra)) },
  ];
}

/* Of each payload a call, a registration, a subscription, a scan and a certificate, a second apart. */
export function hostileCapture() {
  return pcap(
    PAYLOADS.flatMap((attack, index) => {
      const at = START_S + index;

      return [
        ...call(attack, index, at),
        ...request("REGISTER", 200, attack, index, at + 0.3, ["Expires: 3600"]),
        ...request("SUBSCRIBE", 489, attack, index + 50, at + 0.4),
        ...request("OPTIONS", 404, `friendly-scanner ${attack}`, index + 100, at + 0.5),
        { at: at + 0.6, data: segment(`198.51.100.${index + 1}:5061`, "192.0.2.66:40000", hostileHandshake(attack, index)) },
      ];
    }),
  );
}
