/* link - what stands between the frame and IP: link headers, tags, labels, tunnels. */
import * as f from "../frames.mjs";
import { invite } from "../sip.mjs";

const inner = () => f.ip4(f.udp("inside"));
const innerFrame = () => f.ethernet(inner());
const overUdp = (payload, dport) => f.ip4(f.udp(payload, { sport: 50000, dport }));
const greTunnel = (payload, o) => f.ip4(f.gre(payload, o), { protocol: f.PROTOCOL.gre });

/* wrap applied n times around an IP packet. */
function nest(wrap, n) {
  let packet = inner();
  for (let i = 0; i < n; i++) packet = wrap(packet);
  return packet;
}

export default [
  {
    name: "link_cut",
    cause: "frames of 0 to 13 bytes",
    frames: (s) => {
      for (let n = 0; n < 14; n++) s.frame(innerFrame().subarray(0, n));
    },
    expect: { bins: { link_short: 14 } },
  },
  {
    name: "link_types_cut",
    cause: "a cooked header that is cut",
    scene: { link: 113 },
    frames: (s) => {
      for (let n = 0; n < 16; n++) s.frame(f.zeros(n));
    },
    witness: false,
    expect: { bins: { link_short: 16 } },
  },
  {
    name: "link_cooked_2_cut",
    cause: "a cooked header of version 2 that is cut",
    scene: { link: 276 },
    frames: (s) => {
      for (let n = 0; n < 20; n++) s.frame(f.zeros(n));
    },
    witness: false,
    expect: { bins: { link_short: 20 } },
  },
  {
    name: "link_null_family_wrong",
    cause: "address families that no system has, and a header that is cut",
    scene: { link: 0 },
    frames: (s) => {
      for (const family of [0, 1, 3, 0x7fffffff, 0xffffffff]) s.frame(f.cat(f.u32(family), inner()));
      for (let n = 0; n < 4; n++) s.frame(f.zeros(n));
    },
    witness: false,
    expect: { bins: { "link_short|link_other": 9 } },
  },
  {
    name: "link_raw_of_no_version",
    cause: "raw IP whose first four bits are no version",
    scene: { link: 101 },
    frames: (s) => {
      for (let version = 0; version < 16; version++) s.frame(f.cat(f.u8(version << 4), f.zeros(3)));
      s.frame(f.zeros(0));
    },
    witness: false,
    expect: { bins: { "ip_version|ip_short|link_short": 17 } },
  },
  {
    name: "link_type_unknown",
    cause: "a link type that is not read: told by name, never guessed",
    scene: { link: 147 },
    frames: (s) => s.frame(innerFrame()).frame(f.zeros(0)),
    witness: false,
    expect: { bins: { link_unknown: 2 } },
  },
  {
    name: "link_802_3_lengths",
    cause: "802.3 frames with a length where the EtherType is, over nothing",
    frames: (s) => {
      for (const type of [0, 1, 3, 46, 1500, 1535]) s.ethernet(f.zeros(3), { type });
      s.ethernet(f.zeros(0), { type: 0xffff });
    },
    expect: { bins: { "link_other|link_short": 7 } },
  },
  {
    name: "vlan_nine_tags",
    cause: "nine tags: more than anybody means",
    frames: (s) => {
      let bytes = inner();
      for (let i = 0; i < 8; i++) bytes = f.tag(bytes, { id: i, type: i ? f.ETHERTYPE.vlan : f.ETHERTYPE.ip4 });
      s.ethernet(f.tag(bytes, { type: f.ETHERTYPE.vlan }), { type: f.ETHERTYPE.qinq });
    },
    expect: { bins: { vlan_depth: 1 } },
  },
  {
    name: "vlan_tag_cut",
    cause: "frames that end within a tag",
    frames: (s) => {
      for (let n = 0; n < 4; n++) s.ethernet(f.tag(inner()).subarray(0, n), { type: f.ETHERTYPE.vlan });
      for (let n = 0; n < 4; n++)
        s.ethernet(f.cat(f.u16(1), f.u16(f.ETHERTYPE.vlan), f.zeros(n)), { type: f.ETHERTYPE.qinq });
    },
    expect: { bins: { "link_short|link_other": 8 } },
  },
  {
    name: "vntag_cut",
    cause: "a VN-Tag that is cut",
    frames: (s) => {
      for (let n = 0; n < 6; n++) s.ethernet(f.zeros(n), { type: f.ETHERTYPE.vntag });
    },
    expect: { bins: { "link_short|tunnel_malformed|link_other": 6 } },
  },
  {
    name: "mpls_without_bottom",
    cause: "100 labels, none of which is the last",
    frames: (s) => {
      let bytes = f.zeros(0);
      for (let i = 0; i < 100; i++) bytes = f.label(bytes, { label: 16 + i, bottom: false });
      s.ethernet(bytes, { type: f.ETHERTYPE.mpls });
    },
    expect: { bins: { "tunnel_malformed|tunnel_depth": 1 } },
  },
  {
    name: "mpls_cut",
    cause: "a label that is cut, and a stack over nothing",
    frames: (s) => {
      for (let n = 0; n <= 4; n++) s.ethernet(f.label(f.zeros(0)).subarray(0, n), { type: f.ETHERTYPE.mpls });
    },
    expect: { bins: { "tunnel_malformed|tunnel|ip_short|link_short|ip_version": 5 } },
  },
  {
    name: "mpls_over_something",
    cause: "labels over what is neither IP nor a pseudowire",
    frames: (s) => {
      for (let nibble = 0; nibble < 16; nibble++)
        s.ethernet(f.label(f.cat(f.u8(nibble << 4), f.zeros(5))), { type: f.ETHERTYPE.mpls });
    },
    expect: { bins: { "tunnel_malformed|tunnel|ip_short|ip_header|link_short|ip_version": 16 } },
  },
  {
    name: "pppoe_length_lies",
    cause: "a PPPoE length beyond the frame, and of 0 and 1",
    frames: (s) => {
      for (const length of [0, 1, 1000, 65535]) s.ethernet(f.pppoe(inner(), { length }), { type: f.ETHERTYPE.pppoe });
      for (let n = 0; n < 8; n++) s.ethernet(f.pppoe(inner()).subarray(0, n), { type: f.ETHERTYPE.pppoe });
    },
    expect: { bins: { "tunnel_malformed|link_short": 12 } },
  },
  {
    name: "pppoe_of_no_session",
    cause: "discovery, another version, another protocol in PPP",
    frames: (s) => {
      s.ethernet(f.pppoe(inner(), { code: 9 }), { type: f.ETHERTYPE.pppoeDiscovery });
      s.ethernet(f.pppoe(inner(), { code: 9 }), { type: f.ETHERTYPE.pppoe });
      s.ethernet(f.pppoe(inner(), { version: 0x22 }), { type: f.ETHERTYPE.pppoe });
      s.ethernet(f.pppoe(inner(), { protocol: 0xc021 }), { type: f.ETHERTYPE.pppoe });
    },
    expect: { bins: { "tunnel_malformed|tunnel|link_other": 4 } },
  },
  {
    name: "gre_fields_past_end",
    cause: "GRE with checksum, key and sequence number in a packet that ends before them",
    frames: (s) => {
      for (const flags of [0x8000, 0x2000, 0x1000, 0xb000])
        for (let n = 0; n < 4; n++) s.ethernet(greTunnel(f.zeros(n), { flags }));
      for (let n = 0; n < 4; n++) s.ethernet(f.ip4(f.gre(f.zeros(0)).subarray(0, n), { protocol: f.PROTOCOL.gre }));
    },
    expect: { bins: { tunnel_malformed: 20 } },
  },
  {
    name: "gre_of_another_kind",
    cause: "GRE with source routes, version 1 with a length that lies, version 7, a type that nobody knows",
    frames: (s) => {
      s.ethernet(greTunnel(inner(), { flags: 0x4000, fields: f.cat(f.zeros(4), f.hex("0000 00ff")) }));
      s.ethernet(greTunnel(inner(), { flags: 0x2001, type: 0x880b, fields: f.cat(f.u16(65535), f.u16(1)) }));
      s.ethernet(greTunnel(inner(), { flags: 0x0007 }));
      s.ethernet(greTunnel(inner(), { type: 0x1234 }));
    },
    expect: { bins: { "tunnel_malformed|tunnel|link_other": 4 } },
  },
  {
    name: "tunnels_gre_200",
    cause: "GRE in GRE, 200 deep: recursion eats the stack",
    frames: (s) => s.ethernet(nest((packet) => greTunnel(packet), 200)),
    expect: { bins: { tunnel_depth: 1 } },
  },
  {
    name: "tunnels_ipip_200",
    cause: "IP in IP, 200 deep",
    frames: (s) => s.ethernet(nest((packet) => f.ip4(packet, { protocol: f.PROTOCOL.ipip }), 200)),
    expect: { bins: { tunnel_depth: 1 } },
  },
  {
    name: "tunnels_6in4_200",
    cause: "IPv6 in IPv4 in IPv6, 200 deep",
    frames: (s) => {
      let odd = true;
      s.ethernet(nest((packet) => {
        const outer = odd ? f.ip6(packet, { next: f.PROTOCOL.ipip }) : f.ip4(packet, { protocol: f.PROTOCOL.ip6 });
        odd = !odd;
        return outer;
      }, 200));
    },
    expect: { bins: { tunnel_depth: 1 } },
  },
  {
    name: "tunnels_vxlan_200",
    cause: "VXLAN in VXLAN, 200 deep",
    frames: (s) => s.ethernet(nest((packet) => overUdp(f.vxlan(f.ethernet(packet)), 4789), 200)),
    expect: { bins: { tunnel_depth: 1 } },
  },
  {
    name: "tunnels_seven_deep",
    cause: "as deep as is still read: what is inside is found",
    frames: (s) => {
      let packet = f.ip4(f.udp(invite("deep@hostile")));
      for (let i = 0; i < 4; i++) packet = f.ip4(packet, { protocol: f.PROTOCOL.ipip });
      s.ethernet(packet);
    },
    expect: { bins: { sip: 1 }, calls: ["deep@hostile"] },
  },
  {
    name: "vxlan_lies",
    cause: "VXLAN without its flag, cut in its header and in the frame inside",
    frames: (s) => {
      const whole = f.vxlan(innerFrame());
      s.ethernet(overUdp(f.vxlan(innerFrame(), { flags: 0 }), 4789));
      for (let n = 1; n < 22; n++) s.ethernet(overUdp(whole.subarray(0, n), 4789));
    },
    expect: { bins: { "tunnel_malformed|link_short|udp_other": 22 } },
  },
  {
    name: "geneve_options_past_end",
    cause: "Geneve options of 252 bytes in a packet of 20, and a version that does not exist",
    frames: (s) => {
      s.ethernet(overUdp(f.geneve(f.zeros(12), { words: 63 }), 6081));
      s.ethernet(overUdp(f.geneve(innerFrame(), { version: 3 }), 6081));
      s.ethernet(overUdp(f.geneve(f.zeros(0), { words: 1 }), 6081));
      for (let n = 1; n < 8; n++) s.ethernet(overUdp(f.geneve(innerFrame()).subarray(0, n), 6081));
    },
    expect: { bins: { "tunnel_malformed|tunnel|udp_other": 10 } },
  },
  {
    name: "geneve_option_lies",
    cause: "a Geneve option whose own length is longer than all options: nobody needs to look",
    frames: (s) => {
      const options = f.cat(f.u16(0x0101), f.u8(1), f.u8(31), f.zeros(4));
      s.ethernet(overUdp(f.geneve(f.ethernet(f.ip4(f.udp(invite("geneve@hostile")))), { options }), 6081));
    },
    expect: { bins: { sip: 1 }, calls: ["geneve@hostile"] },
  },
  {
    name: "gtp_extension_of_length_0",
    cause: "a GTP-U extension header of length 0: a walk over the chain never ends",
    frames: (s) => {
      const sequence = f.cat(f.u16(1), f.u8(0), f.u8(0x85));
      const still = f.cat(f.u8(0), f.u16(0), f.u8(0x85));
      s.ethernet(overUdp(f.gtpu(inner(), { flags: 0x34, optional: f.cat(sequence, still) }), 2152));
      s.ethernet(overUdp(f.gtpu(inner(), { flags: 0x34, optional: f.cat(sequence, f.u8(255), f.u16(0), f.u8(0x85)) }), 2152));
    },
    expect: { bins: { udp_other: 2 } },
  },
  {
    name: "gtp_extensions_of_300",
    cause: "a chain of 300 GTP-U extension headers",
    frames: (s) => {
      const sequence = f.cat(f.u16(1), f.u8(0), f.u8(0x85));
      const one = f.cat(f.u8(1), f.u16(0), f.u8(0x85));
      s.ethernet(overUdp(f.gtpu(inner(), { flags: 0x34, optional: f.cat(sequence, Array(300).fill(one)) }), 2152));
    },
    expect: { bins: { udp_other: 1 } },
  },
  {
    name: "gtp_length_lies",
    cause: "GTP-U lengths beyond the packet, versions and messages that carry nothing",
    frames: (s) => {
      s.ethernet(overUdp(f.gtpu(inner(), { length: 65535 }), 2152));
      s.ethernet(overUdp(f.gtpu(inner(), { length: 1 }), 2152));
      s.ethernet(overUdp(f.gtpu(inner(), { flags: 0xf0 }), 2152));
      s.ethernet(overUdp(f.gtpu(f.zeros(0), { kind: 1 }), 2152));
      for (let n = 1; n < 8; n++) s.ethernet(overUdp(f.gtpu(inner()).subarray(0, n), 2152));
    },
    expect: { bins: { "tunnel_malformed|tunnel|udp_other|ip_short": 11 } },
  },
  {
    name: "tzsp_tags_lie",
    cause: "TZSP tags without an end, and longer than the packet",
    frames: (s) => {
      s.ethernet(overUdp(f.tzsp(f.zeros(0), { tags: f.zeros(40) }), 37008));
      s.ethernet(overUdp(f.tzsp(f.zeros(4), { tags: f.cat(f.u8(10), f.u8(255)) }), 37008));
      s.ethernet(overUdp(f.tzsp(f.zeros(0), { tags: f.u8(41) }), 37008));
      s.ethernet(overUdp(f.tzsp(innerFrame(), { protocol: 18 }), 37008));
      for (let n = 1; n < 5; n++) s.ethernet(overUdp(f.tzsp(innerFrame()).subarray(0, n), 37008));
    },
    expect: { bins: { "tunnel_malformed|tunnel|udp_other": 8 } },
  },
  {
    name: "erspan_cut",
    cause: "ERSPAN II and III cut in their headers, III with the subheader that its flag announces cut off",
    frames: (s) => {
      for (let n = 0; n < 8; n++)
        s.ethernet(greTunnel(f.cat(f.u32(1), f.erspan2(innerFrame()).subarray(0, n)), { flags: 0x1000, type: f.ETHERTYPE.erspan }));
      for (let n = 0; n < 20; n++)
        s.ethernet(greTunnel(f.cat(f.u32(1), f.erspan3(f.zeros(8), { more: 1 }).subarray(0, n)), { flags: 0x1000, type: f.ETHERTYPE.erspan3 }));
    },
    expect: { bins: { "tunnel_malformed|link_short": 28 } },
  },
  {
    name: "l2tp_lies",
    cause: "L2TP headers whose length and offset lie behind the packet",
    frames: (s) => {
      const header = (flags, ...fields) => f.cat(f.u16(flags), ...fields.map(f.u16), f.zeros(4));
      s.ethernet(overUdp(header(0x4002, 65535, 1, 1), 1701));
      s.ethernet(overUdp(header(0x0202, 1, 1, 65535), 1701));
      s.ethernet(overUdp(header(0xc802, 65535, 0, 0), 1701));
      for (let n = 1; n < 8; n++) s.ethernet(overUdp(f.cat(f.u16(0x0002), f.u16(1), f.u16(1), f.zeros(2)).subarray(0, n), 1701));
    },
    expect: { bins: { "tunnel_malformed|tunnel|udp_other": 10 } },
  },
];
