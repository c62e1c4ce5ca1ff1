/* torture - the messages of RFC 4475 and RFC 5118 as tests/unit/data/torture has them: none is refused. */
import { readFileSync } from "node:fs";
import * as f from "../frames.mjs";
import { invite } from "../sip.mjs";

const folder = new URL("../../unit/data/torture/", import.meta.url);
const read = (name) => readFileSync(new URL(`${name}.sip`, folder));

/* What begins a call: INVITEs and what answers one. */
const CALLS_4475 = ["wsinv", "esc01", "longreq", "mpart01", "unreason", "noreason", "badinv01", "clerr", "ncl", "quotbal",
  "ltgtruri", "lwsruri", "lwsstart", "escruri", "baddate", "invut", "multi01", "bcast", "sdp01", "inv2543"];
/* What can be filed and is no call: told as a transaction, or counted. */
const OTHERS_4475 = ["intmeth", "escnull", "esc02", "lwsdisp", "dblreq", "semiuri", "transports", "scalar02", "scalarlg", "trws",
  "regbadct", "badaspec", "baddn", "mismatch01", "mismatch02", "badbranch", "unkscm", "novelsc", "unksm2", "bext01",
  "regaut01", "mcl01", "zeromf", "cparam01", "cparam02", "regescrt"];
/* Of no version, no status, no Call-ID: kept with the call, if there is one, else counted. */
const UNREADABLE_4475 = ["badvers", "bigcode", "insuf"];

/* Of those, the ones that the capture gives a call. */
const CALLED = ["badvers", "bigcode"];

const CALLS_5118 = ["ipv6-in-sdp", "mult-ip-in-sdp", "ipv4-mapped-ipv6"];
const OTHERS_5118 = ["ipv6-good", "ipv6-bad", "port-ambiguous", "port-unambiguous", "via-received-param-with-delim",
  "via-received-param-no-delim", "mult-ip-in-header", "ipv6-bug-abnf-3-colons", "ipv6-correct-abnf-2-colons"];

/* The Call-ID that the message itself says. */
export const callIdOf = (name) => read(name).toString("latin1").match(/^(?:call-id|i) *: *([^\r\n]*)/im)[1];

export const tortureCalls = [...CALLS_4475, ...CALLED, ...CALLS_5118].map((name) => ({ name, callId: callIdOf(name), bytes: read(name) }));

const packetsOf = (records, callId) => records.find((r) => r.call_id === callId)?.packets;

export default [
  {
    name: "torture_rfc4475",
    cause: "the 49 messages of RFC 4475: parsed, or kept and flagged",
    frames: (s) => {
      for (const name of [...CALLS_4475, ...OTHERS_4475]) s.sip(read(name));
      for (const name of CALLED) s.sip(invite(callIdOf(name)));
      for (const name of UNREADABLE_4475) s.sip(read(name));
    },
    expect: {
      bins: { sip: 48, sip_malformed: 3 },
      refusals: { sip_no_call: 4, text_cut: "?" },
      calls: [...CALLS_4475, ...CALLED].map(callIdOf),
      check: (records) => records.filter((r) => r.call_id?.includes("second") || r.call_id?.includes("other")).map((r) => `a record of ${r.call_id}`),
    },
  },
  {
    name: "torture_rfc5118",
    cause: "the 12 messages of RFC 5118, and media to what three of them announce",
    frames: (s) => {
      for (const name of [...CALLS_5118, ...OTHERS_5118]) s.sip(read(name));
      for (let seq = 0; seq < 5; seq++) {
        const packet = f.rtp(f.zeros(20), { type: 0, seq, timestamp: 160 * seq });
        s.wait(0.02).udp6(packet, { src: "2001:db8::99", dst: "2001:db8::20", sport: 7000, dport: 41002 });
        s.udp(packet, { src: "192.0.2.99", dst: "192.0.2.33", sport: 7000, dport: 41004 });
        s.udp6(f.rtp(f.zeros(20), { type: 31, seq, timestamp: 160 * seq }), { src: "2001:db8::99", dst: "2001:db8::33", sport: 7000, dport: 41006 });
        s.udp(f.rtp(f.zeros(20), { type: 18, seq, timestamp: 160 * seq }), { src: "192.0.2.99", dst: "192.0.2.2", sport: 7000, dport: 41008 });
      }
    },
    expect: {
      bins: { sip: 12, rtp: 20 },
      refusals: { sip_no_call: 2 },
      calls: CALLS_5118.map(callIdOf),
      check: (records) => [[5, "ipv6-in-sdp"], [10, "mult-ip-in-sdp"], [5, "ipv4-mapped-ipv6"]]
        .filter(([packets, name]) => packetsOf(records, callIdOf(name)) !== packets)
        .map(([packets, name]) => `${name} has ${packetsOf(records, callIdOf(name))} packets, not ${packets}`),
    },
  },
];
