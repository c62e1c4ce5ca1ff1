/* ip - IPv4, IPv6 and UDP headers that lie about lengths. */
import * as f from "../frames.mjs";
import { invite } from "../sip.mjs";

const payload = f.udp("a payload that nobody reads");
const v6 = { type: f.ETHERTYPE.ip6 };

function chain(lengthOf, count, bodyOf = () => f.zeros(6)) {
  let bytes = f.udp("behind the chain");
  for (let i = count; i > 0; i--) {
    const next = i === count ? f.PROTOCOL.udp : 60;
    bytes = f.ip6Extension(bytes, { next, length: lengthOf(i), body: bodyOf(i) });
  }
  return bytes;
}

export default [
  {
    name: "ip4_total_length_0",
    cause: "total length 0, as a host with segmentation offload shows it: the frame's own length counts",
    cve: "CVE-2023-31982",
    frames: (s) => s.ethernet(f.ip4(f.udp(invite("total0@hostile")), { total: 0 })),
    expect: { bins: { sip: 1 }, calls: ["total0@hostile"] },
  },
  {
    name: "ip4_total_length_19",
    cause: "total length smaller than the header: length minus header wraps",
    cve: "CVE-2023-31982",
    frames: (s) => {
      for (const total of [1, 8, 19]) s.ethernet(f.ip4(payload, { total }));
    },
    expect: { bins: { ip_length: 3 } },
  },
  {
    name: "ip4_total_length_65535",
    cause: "total length beyond the frame: a copy by it reads far behind the packet",
    cve: "CVE-2023-31981",
    frames: (s) => s.ethernet(f.ip4(payload, { total: 65535 })).ethernet(f.ip4(payload, { total: 20 + payload.length + 1 })),
    expect: { bins: { ip_length: 2 } },
  },
  {
    name: "ip4_header_past_frame",
    cause: "header length 60 in a frame that ends before",
    frames: (s) => s.ethernet(f.ip4(f.zeros(4), { ihl: 15, total: 60 })).ethernet(f.ip4(f.zeros(0), { ihl: 6, total: 24 })),
    expect: { bins: { ip_header: 2 } },
  },
  {
    name: "ip4_header_length_0_to_4",
    cause: "header length below 20 bytes: a walk by it stands still or goes back",
    frames: (s) => {
      for (let ihl = 0; ihl < 5; ihl++) s.ethernet(f.ip4(payload, { ihl }));
    },
    expect: { bins: { ip_header: 5 } },
  },
  {
    name: "ip4_options_that_stand_still",
    cause: "IP options of length 0 and 1: a loop over them never ends",
    frames: (s) => {
      for (const length of [0, 1, 255])
        s.ethernet(f.ip4(f.udp(invite(`option${length}@hostile`)), { options: f.cat(f.u8(7), f.u8(length), f.zeros(38)) }));
    },
    expect: { bins: { sip: 3 }, calls: ["option0@hostile", "option1@hostile", "option255@hostile"] },
  },
  {
    name: "ip_version_wrong",
    cause: "a version that is not what the EtherType said",
    frames: (s) => {
      for (const version of [0, 5, 6, 15]) s.ethernet(f.ip4(payload, { version }));
      s.ethernet(f.ip6(payload, { version: 4 }), v6);
    },
    expect: { bins: { "ip_version|ip_header|ip_length|ipv6_extensions|ip_other": 5 } },
  },
  {
    name: "ip4_cut_in_header",
    cause: "frames that end within the IP header",
    frames: (s) => {
      for (let n = 0; n < 20; n++) s.ethernet(f.ip4(payload).subarray(0, n));
    },
    expect: { bins: { "ip_short|link_short": 20 } },
  },
  {
    name: "ip6_cut_in_header",
    cause: "frames that end within the IPv6 header",
    frames: (s) => {
      for (let n = 0; n < 40; n++) s.wait(0.1).ethernet(f.ip6(payload).subarray(0, n), v6);
    },
    expect: { bins: { "ip_short|link_short": 40 } },
  },
  {
    name: "ip6_chain_of_64",
    cause: "64 extension headers in a chain: work without end for a few bytes",
    frames: (s) => s.ethernet(f.ip6(chain(() => 0, 64), { next: 60 }), v6),
    expect: { bins: { ipv6_extensions: 1 } },
  },
  {
    name: "ip6_chain_of_two",
    cause: "extension headers of length 0 and of length 255, both whole: they are stepped over",
    frames: (s) => {
      s.ethernet(f.ip6(f.ip6Extension(f.udp(invite("ext0@hostile"))), { next: 60 }), v6);
      s.ethernet(f.ip6(f.ip6Extension(f.udp(invite("ext255@hostile")), { length: 255, body: f.zeros(2046) }), { next: 0 }), v6);
    },
    expect: { bins: { sip: 2 }, calls: ["ext0@hostile", "ext255@hostile"] },
  },
  {
    name: "ip6_extension_past_end",
    cause: "an extension header of length 255 in a packet of 60 bytes",
    frames: (s) => {
      s.ethernet(f.ip6(f.ip6Extension(payload, { length: 255 }), { next: 60 }), v6);
      s.wait(0.1).ethernet(f.ip6(f.ip6Extension(payload, { length: 255 }), { next: 43 }), v6);
      s.wait(0.1).ethernet(f.ip6(f.u8(17), { next: 0 }), v6);
      s.wait(0.1).ethernet(f.ip6(f.ip6Extension(payload, { length: 255 }), { next: f.PROTOCOL.ah }), v6);
    },
    expect: { bins: { ipv6_extensions: 4 } },
  },
  {
    name: "ip6_jumbogram",
    cause: "payload length 0 with a jumbo option that claims 4 GiB, and without",
    frames: (s) => {
      const jumbo = f.cat(f.u8(0xc2), f.u8(4), f.u32(0xffffffff));
      s.ethernet(f.ip6(f.ip6Extension(f.udp(invite("jumbo@hostile")), { body: jumbo }), { length: 0, next: 0 }), v6);
      s.ethernet(f.ip6(f.udp(invite("length0@hostile")), { length: 0 }), v6);
    },
    expect: { bins: { sip: 2 }, calls: ["jumbo@hostile", "length0@hostile"] },
  },
  {
    name: "ip6_payload_length_65535",
    cause: "payload length beyond the frame",
    frames: (s) => s.ethernet(f.ip6(payload, { length: 65535 }), v6).wait(0.1).ethernet(f.ip6(payload, { length: payload.length + 1 }), v6),
    expect: { bins: { ip_length: 2 } },
  },
  {
    name: "ip6_routing_with_segments",
    cause: "a routing header whose segments lie behind its end",
    frames: (s) => {
      const body = f.cat(f.u8(0), f.u8(255), f.zeros(4));
      s.ethernet(f.ip6(f.ip6Extension(f.udp(invite("routing@hostile")), { body }), { next: 43 }), v6);
    },
    expect: { bins: { sip: 1 }, calls: ["routing@hostile"] },
  },
  {
    name: "udp_length_lies",
    cause: "UDP length 0, 7, beyond the packet, 65535",
    frames: (s) => {
      for (const length of [1, 7, 10000, 65535]) s.ethernet(f.ip4(f.udp("some bytes", { length })));
      s.ethernet(f.ip4(f.udp(invite("udp0@hostile"), { length: 0 })));
    },
    expect: { bins: { "udp_length|sip": 5 } },
  },
  {
    name: "udp_cut_in_header",
    cause: "packets that end within the UDP header",
    frames: (s) => {
      for (let n = 0; n < 8; n++) s.ethernet(f.ip4(f.udp("x").subarray(0, n)));
    },
    expect: { bins: { "udp_short|udp_length": 8 } },
  },
  {
    name: "ip_unknown_protocols",
    cause: "each of the 256 protocol numbers over 8 bytes of zeros",
    frames: (s) => {
      for (let protocol = 0; protocol < 256; protocol++) s.ethernet(f.ip4(f.zeros(8), { protocol }));
    },
    expect: { ledger: { received: 261 } },
  },
  {
    name: "ip6_unknown_next_headers",
    cause: "each of the 256 next headers over 8 bytes of zeros",
    frames: (s) => {
      for (let next = 0; next < 256; next++) s.wait(0.1).ethernet(f.ip6(f.zeros(8), { next }), v6);
    },
    expect: { ledger: { received: 261 } },
  },
  {
    name: "addresses_that_cannot_be",
    cause: "broadcast, multicast, loopback and zero addresses, port 0: they are addresses like others",
    frames: (s) => {
      const pairs = [["0.0.0.0", "255.255.255.255"], ["127.0.0.1", "127.0.0.1"], ["224.0.0.1", "239.255.255.255"]];
      pairs.forEach(([src, dst], i) => s.udp(invite(`address${i}@hostile`), { src, dst, sport: 0, dport: 0 }));
    },
    expect: { bins: { sip: 3 }, calls: ["address0@hostile", "address1@hostile", "address2@hostile"] },
  },
];
