/* fragments - pieces of IP packets that overlap, lie, repeat, or never become whole. */
import * as f from "../frames.mjs";
import { invite } from "../sip.mjs";

/* The piece of `whole` from byte `from` to `to`. */
const cut4 = (whole, from, to, o = {}) =>
  f.ethernet(f.ip4(whole.subarray(from, to), { id: 7, offset: from, more: to < whole.length, ...o }));
const cut6 = (whole, from, to, { id = 7, ...o } = {}) =>
  f.ethernet(f.ip6(f.ip6Fragment(whole.subarray(from, to), { offset: from, more: to < whole.length, id, ...o }), { next: 44 }), { type: f.ETHERTYPE.ip6 });
const bytes4 = (payload, o) => f.ethernet(f.ip4(payload, { id: 7, ...o }));

function pieces(cut, whole, step) {
  const out = [];
  for (let at = 0; at < whole.length; at += step) out.push(cut(whole, at, Math.min(at + step, whole.length)));
  return out;
}

const message = (callId) => f.udp(invite(callId, { headers: { Subject: "x".repeat(600) } }));

export default [
  {
    name: "fragment_invite_4",
    cause: "an INVITE in two fragments, the first one with the more-fragments bit and offset 0: one message",
    frames: (s) => {
      for (const frame of pieces(cut4, message("frag4@hostile"), 800)) s.frame(frame);
    },
    expect: { bins: { sip: 1, fragment: 1 }, calls: ["frag4@hostile"] },
  },
  {
    name: "fragment_invite_4_reversed",
    cause: "an INVITE in fragments of 80 bytes, the last one first",
    frames: (s) => {
      for (const frame of pieces(cut4, message("reversed4@hostile"), 80).reverse()) s.frame(frame);
    },
    expect: { bins: { sip: 1, fragment: 12 }, calls: ["reversed4@hostile"] },
  },
  {
    name: "fragment_invite_6_reversed",
    cause: "an INVITE in IPv6 fragments, the last one first, and one in order",
    frames: (s) => {
      for (const frame of pieces(cut6, message("reversed6@hostile"), 400).reverse()) s.frame(frame);
      for (const frame of pieces((...a) => cut6(...a, { id: 8 }), message("ordered6@hostile"), 400)) s.frame(frame);
    },
    expect: { bins: { sip: 2, fragment: 4 }, calls: ["ordered6@hostile", "reversed6@hostile"] },
  },
  {
    name: "fragment_atomic_6",
    cause: "an IPv6 fragment header over a whole packet, twice with one identification (RFC 6946)",
    frames: (s) => {
      const whole = (callId) => f.ethernet(f.ip6(f.ip6Fragment(f.udp(invite(callId))), { next: 44 }), { type: f.ETHERTYPE.ip6 });
      s.frame(whole("atomic1@hostile")).frame(whole("atomic2@hostile"));
    },
    expect: { bins: { sip: 2 }, calls: ["atomic1@hostile", "atomic2@hostile"] },
  },
  {
    name: "fragment_teardrop",
    cause: "a second fragment that lies within the first one: its length becomes negative",
    frames: (s) => s.frame(bytes4(f.zeros(64), { offset: 0, more: true })).frame(bytes4(f.zeros(8).fill(1), { offset: 24 })),
    expect: { bins: { "fragment|fragment_overlap": 2 } },
  },
  {
    name: "fragment_overlap_differs",
    cause: "two fragments that say different things about the same bytes: the whole packet is refused",
    frames: (s) => {
      const whole = message("overlap@hostile"), other = f.cat(whole);
      other.fill("X", 400, 480);
      s.frame(cut4(whole, 0, 480)).frame(cut4(other, 400, 800)).frame(cut4(whole, 480, whole.length));
      for (const frame of pieces((...a) => cut6(...a), whole, 400)) s.frame(frame);
      s.frame(cut6(other, 0, 408)).frame(cut6(whole, 408, whole.length));
    },
    expect: { bins: { fragment: "+", fragment_overlap: "+", "sip": "?" }, calls: ["overlap@hostile"] },
  },
  {
    name: "fragment_repeated",
    cause: "each fragment three times, byte for byte",
    frames: (s) => {
      for (const frame of pieces(cut4, message("repeated@hostile"), 400)) s.frame(frame).wait(0.2).frame(frame).wait(0.2).frame(frame).wait(0.2);
    },
    expect: { bins: { sip: 1, fragment: 8 }, calls: ["repeated@hostile"] },
  },
  {
    name: "fragment_beyond_65535",
    cause: "offset 65528 and 1400 bytes: a 16-bit sum wraps (the ping of death)",
    cve: "CVE-2023-31982",
    frames: (s) => {
      s.frame(bytes4(f.zeros(1400), { offset: 65528 })).frame(bytes4(f.zeros(1400), { offset: 0, more: true }));
      s.frame(cut6(f.zeros(70000), 65528, 66928, { id: 9 }));
    },
    expect: { bins: { "fragment_malformed": 2, fragment: 1 }, ledger: { fragments_expired: 1 } },
  },
  {
    name: "fragment_of_nothing",
    cause: "fragments without a byte, in the middle and at the end",
    frames: (s) => {
      s.frame(bytes4(f.zeros(0), { offset: 0, more: true })).frame(bytes4(f.zeros(0), { offset: 800 }));
      s.frame(cut6(f.zeros(800), 400, 400, { more: true }));
    },
    expect: { bins: { fragment_malformed: 3 } },
  },
  {
    name: "fragment_of_odd_length",
    cause: "a fragment that others follow, of a length that is no multiple of 8",
    frames: (s) => s.frame(bytes4(f.zeros(13), { offset: 0, more: true })).frame(bytes4(f.zeros(8), { offset: 16 })),
    expect: { bins: { fragment_malformed: 1, fragment: 1 }, ledger: { fragments_expired: 1 } },
  },
  {
    name: "fragment_two_ends",
    cause: "two last fragments at different places",
    frames: (s) => s.frame(bytes4(f.zeros(8), { offset: 800 })).frame(bytes4(f.zeros(8), { offset: 1600 })).frame(bytes4(f.zeros(8), { offset: 8, more: true })),
    expect: { bins: { "fragment|fragment_overlap|fragment_malformed": 3 }, ledger: { fragments_expired: "?" } },
  },
  {
    name: "fragment_flood_first_less",
    cause: "60,000 fragments whose first never comes, each of another packet",
    frames: (s) => {
      const payload = f.zeros(64);
      for (let i = 0; i < 60000; i++) s.frame(bytes4(payload, { id: i, src: `198.51.${100 + (i >> 14)}.7`, offset: 1480, more: i % 2 === 0 }));
    },
    expect: { bins: { "fragment|fragment_limit": 60000 }, refusals: { fragmented: "+" }, ledger: { fragments_expired: "+" } },
  },
  {
    name: "fragment_flood_of_one",
    cause: "8,000 fragments of 8 bytes of one packet, in the worst order, the first one never",
    frames: (s) => {
      for (let i = 8000; i > 0; i--) {
        const at = i % 2 ? (i + 1) / 2 : 8001 - i / 2;
        s.frame(bytes4(f.zeros(8), { offset: at * 8, more: true }));
      }
    },
    expect: { bins: { "fragment|fragment_limit|fragment_overlap": 8000 }, refusals: { fragmented: "?" }, ledger: { fragments_expired: "?" } },
  },
  {
    name: "fragment_flood_of_halves",
    cause: "10,000 packets of which the first half comes, and a genuine one after them",
    frames: (s) => {
      for (let i = 0; i < 10000; i++) s.frame(bytes4(f.zeros(1000), { id: i, src: "198.51.100.7", more: true }));
      for (const frame of pieces(cut4, message("genuine@hostile"), 400)) s.frame(frame);
    },
    expect: { bins: { sip: 1, "fragment|fragment_limit": 10002 }, refusals: { fragmented: "+" }, calls: ["genuine@hostile"], ledger: { fragments_expired: "+" } },
  },
  {
    name: "fragment_in_fragments",
    cause: "an IP packet in IP, in fragments inside and outside",
    frames: (s) => {
      const whole = message("nestfrag@hostile");
      const outer = pieces((w, from, to) => f.ip4(w.subarray(from, to), { id: 7, offset: from, more: to < w.length }), whole, 600)
        .map((packet, i) => ({ packet, id: 20 + i }));
      for (const { packet, id } of outer) {
        for (let at = 0; at < packet.length; at += 304)
          s.frame(f.ethernet(f.ip4(packet.subarray(at, at + 304), { id, src: "203.0.113.1", dst: "203.0.113.2", protocol: f.PROTOCOL.ipip, offset: at, more: at + 304 < packet.length })));
      }
    },
    expect: { bins: { sip: 1, "fragment|tunnel": "+" }, calls: ["nestfrag@hostile"] },
  },
  {
    name: "fragment_header_after_offset",
    cause: "fragments of TCP, ICMP and of a chain of IPv6 headers, joined or not: what is inside is read with care",
    frames: (s) => {
      for (const protocol of [f.PROTOCOL.icmp, f.PROTOCOL.tcp, 132, 255]) {
        s.frame(bytes4(f.zeros(8), { protocol, id: protocol, more: true })).frame(bytes4(f.zeros(1), { protocol, id: protocol, offset: 8 }));
      }
      const extended = f.ip6Extension(f.zeros(1), { next: 60, length: 200 });
      s.frame(cut6(f.cat(extended, f.zeros(8)), 0, 8, { next: 60 })).frame(cut6(f.cat(extended, f.zeros(8)), 8, 17, { next: 60 }));
    },
    expect: { bins: { fragment: 5, icmp: 1, "tcp_malformed": 1, sctp: 1, ip_other: 1, ipv6_extensions: 1 } },
  },
];
