/*
 * lively - a capture of a few busy hours that end now, for pages that are to be looked at: the samples again and again, a carrier that
 * is asked whether it lives and once does not, scanners, certificates.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { datagram, framesOf, pcap, segment } from "./capture.js";
import { hostileHandshake } from "./hostile_certificate.js";

const HOUR_S = 3600;
const CARRIERS = ["198.51.100.1:5060", "198.51.100.2:5060"];
const SBC = "192.0.2.1:5060";

/* rules: the folder of the rules. */
export const livelyConfig = (rules) => `rules:
  directory: ${JSON.stringify(rules)}
trunks:
  - { name: carrier-a, addresses: [198.51.100.1], channels: 60 }
  - { name: carrier-b, addresses: [198.51.100.2], channels: 30 }
numbers:
  country: 1
`;

function message(first, { from, to, callId, cseq, via, agent }) {
  const lines = [
    first, `Via: SIP/2.0/UDP ${via};branch=z9hG4bK${callId}`, `From: <sip:${from}>;tag=${callId}`, `To: <sip:${to}>`, `Call-ID: ${callId}@lively`, `CSeq: 1 ${cseq}`,
    `Contact: <sip:${from}>`, "Max-Forwards: 70", `User-Agent: ${agent}`, "Content-Length: 0", "", "",
  ];
  return Buffer.from(lines.join("\r\n"));
}

function request(at, method, [src, dst], parties, answer, roundTripS) {
  const asked = { at, data: datagram(src, dst, message(`${method} sip:${parties.to} SIP/2.0`, { ...parties, cseq: method, via: src })) };

  if (answer === null) return [asked];
  return [asked, { at: at + roundTripS, data: datagram(dst, src, message(`SIP/2.0 ${answer}`, { ...parties, cseq: method, via: src })) }];
}

/* Is it there? Each minute; the second carrier is away for a while. */
function pings(until, hours) {
  return CARRIERS.flatMap((carrier, which) =>
    Array.from({ length: hours * 60 }, (_, minute) => {
      const at = until - (minute + 1) * 60 + which;
      const away = which === 1 && minute > 40 && minute < 55;
      const parties = { from: `ping@${SBC}`, to: carrier, callId: `ping-${which}-${minute}`, agent: "Earshot demo SBC" };

      return request(at, "OPTIONS", [SBC, carrier], parties, away ? null : "200 OK", 0.012 + 0.03 * Math.abs(Math.sin(minute / 9 + which)));
    }).flat(),
  );
}

/* Three who look for a way in. */
function scans(until) {
  const scan = (src, method, agent, count, answer, backS) =>
    Array.from({ length: count }, (_, at) =>
      request(until - backS + at * 2, method, [src, SBC], { from: `${1000 + at}@192.0.2.1`, to: `${1000 + at}@192.0.2.1`, callId: `scan-${src}-${at}`, agent }, answer, 0.02),
    ).flat();

  return [
    ...scan("203.0.113.66:5071", "OPTIONS", "friendly-scanner", 60, "404 Not Found", 3 * HOUR_S),
    ...scan("203.0.113.90:5062", "REGISTER", "sipcli/v1.8", 60, "403 Forbidden", 5 * HOUR_S),
    ...scan("198.18.7.5:5060", "INVITE", "pplsip", 30, "403 Forbidden", 4 * HOUR_S),
  ];
}

const zulu = (seconds) => `${new Date(seconds * 1000).toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`;

function certificates(until) {
  const day = 86400;
  return [["sbc.pbx.example", 4], ["trunk.carrier-a.example", 26], ["proxy.carrier-b.example", 210], ["old.branch.example", -3]].map(([name, days], at) => ({
    at: until - 600 + at,
    data: segment(`198.51.100.${20 + at}:5061`, "192.0.2.1:40000", hostileHandshake(name, at, [zulu(until - 90 * day), zulu(until + days * day)])),
  }));
}

/* times: how often the samples come, one after another, the last of them at `until` (epoch seconds). */
export function livelyCapture(samples, until, times = 1) {
  const files = readdirSync(samples).filter((name) => name.endsWith(".pcap"));
  const once = files.flatMap((name) => framesOf(readFileSync(join(samples, name))));
  const last = Math.max(...once.map(({ at }) => at));
  const shifted = Array.from({ length: times }, (_, time) => {
    const shift = until - last - time * 0.15 * HOUR_S;
    return once.map(({ at, data }) => ({ at: at + shift, data }));
  }).flat();

  return pcap([...shifted, ...pings(until, 6), ...scans(until), ...certificates(until)]);
}
