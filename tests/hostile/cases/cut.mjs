/* cut - frames that end at every byte, by the snap length or because they were that short. */
import * as f from "../frames.mjs";
import { invite, response, sdp } from "../sip.mjs";

const media = (payload) => f.ethernet(f.ip4(f.udp(payload, { sport: 4000, dport: 5000 })));

function answered(s, callId) {
  s.sip(invite(callId)).sip(response(200, callId, { body: sdp({ address: "192.0.2.20", port: 5000 }) }), false);
}

export default [
  {
    name: "cut_invite",
    cause: "an INVITE cut at every byte by the snap length",
    frames: (s) => s.cutEverywhere(f.ethernet(f.ip4(f.udp(invite("cut@hostile"))))),
    expect: { calls: ["cut@hostile"], refusals: { sdp_malformed: "?" }, bins: { sip: "+", sip_malformed: "+", "sip_keepalive|udp_empty": "?", link_short: 14, ip_short: 20, udp_short: 8 } },
  },
  {
    name: "cut_invite_on_the_wire",
    cause: "an INVITE whose frame itself ends at every byte, its lengths still those of the whole",
    frames: (s) => s.cutEverywhere(f.ethernet(f.ip4(f.udp(invite("short@hostile")))), { snapped: false }),
    expect: { calls: ["short@hostile"], bins: { sip: 1, link_short: 14, "ip_short|ip_length": "+" } },
  },
  {
    name: "cut_rtp",
    cause: "an RTP packet of a call cut at every byte",
    frames: (s) => {
      answered(s, "cutrtp@hostile");
      s.cutEverywhere(media(f.rtp(undefined, { csrcCount: 3, csrcs: f.zeros(12), extension: f.cat(f.u16(0xbede), f.u16(2), f.zeros(8)) })));
    },
    expect: { calls: ["cutrtp@hostile"], bins: { sip: 2, rtp: "+", rtp_malformed: "?", link_short: 14, ip_short: 20, udp_short: 8, "udp_empty|udp_other": "?" } },
  },
  {
    name: "cut_rtcp",
    cause: "a compound RTCP packet of a call cut at every byte",
    frames: (s) => {
      answered(s, "cutrtcp@hostile");
      const compound = f.cat(f.senderReport(0x1234, [f.zeros(24)]), f.rtcp(202, f.cat(f.u32(0x1234), f.u8(1), f.u8(5), "cname", f.u8(0)), { count: 1 }));
      s.cutEverywhere(f.ethernet(f.ip4(f.udp(compound, { sport: 4001, dport: 5001 }))));
    },
    expect: { calls: ["cutrtcp@hostile"], bins: { sip: 2, rtcp: "+", rtcp_malformed: "+", link_short: 14, ip_short: 20, udp_short: 8, "udp_empty|udp_other": "?" } },
  },
  {
    name: "cut_vxlan",
    cause: "an INVITE in VXLAN cut at every byte",
    frames: (s) => s.cutEverywhere(f.ethernet(f.ip4(f.udp(f.vxlan(f.ethernet(f.ip4(f.udp(invite("cutvxlan@hostile"))))), { sport: 50000, dport: 4789 })))),
    expect: { calls: ["cutvxlan@hostile"], refusals: { sdp_malformed: "?" }, bins: { sip: "+", sip_malformed: "+", sip_keepalive: "?", link_short: "+", ip_short: "+", udp_short: "+", "tunnel_malformed|udp_empty|udp_other": "?" } },
  },
  {
    name: "cut_gre_erspan",
    cause: "an INVITE in ERSPAN cut at every byte of the frame",
    frames: (s) => {
      const erspan = f.gre(f.cat(f.u32(1), f.erspan2(f.ethernet(f.ip4(f.udp(invite("cuterspan@hostile")))))), { flags: 0x1000, type: f.ETHERTYPE.erspan });
      s.cutEverywhere(f.ethernet(f.ip4(erspan, { protocol: f.PROTOCOL.gre })), { snapped: false });
    },
    expect: { calls: ["cuterspan@hostile"], bins: { sip: 1, link_short: "+", "ip_short|ip_length|tunnel_malformed": "+" } },
  },
  {
    name: "cut_tcp",
    cause: "a TCP segment with an INVITE cut at every byte, each in a connection of its own",
    frames: (s) => {
      const whole = f.ethernet(f.ip4(f.tcp(invite("cuttcp@hostile")), { protocol: f.PROTOCOL.tcp }));
      for (let n = 0; n <= whole.length; n++) {
        const data = Buffer.from(whole.subarray(0, n));
        if (n > 35) data.writeUInt16BE(20000 + n, 34); /* the source port */
        s.frame(data, { wire: whole.length });
      }
    },
    expect: { calls: ["cuttcp@hostile"], bins: { sip: "+", "tcp|tcp_segment": "?", "sip_malformed|sip_keepalive": "?", link_short: 14, ip_short: 20, tcp_malformed: "+" }, refusals: { sip_resync: "?", sdp_malformed: "?" }, ledger: { tcp_gaps: "?" } },
  },
  {
    name: "cut_ip6_fragment",
    cause: "the first fragment of an IPv6 packet cut at every byte, then the second one",
    frames: (s) => {
      const whole = f.udp(invite("cutfrag@hostile"));
      const piece = (from, to, more, id) => f.ethernet(f.ip6(f.ip6Fragment(whole.subarray(from, to), { offset: from, more, id }), { next: 44 }), { type: f.ETHERTYPE.ip6 });
      const first = piece(0, 400, true, 1);
      for (let n = 0; n <= first.length; n++) {
        const data = Buffer.from(first.subarray(0, n));
        if (n >= 62) data.writeUInt32BE(n, 58); /* the identification */
        s.frame(data, { wire: first.length });
        s.frame(piece(400, whole.length, false, n));
      }
    },
    expect: { calls: ["cutfrag@hostile"], refusals: { sdp_malformed: "?" }, bins: { sip: "+", "sip_malformed|sip_keepalive|udp_short|udp_empty|udp_length": "?", fragment: "+", link_short: 14, ip_short: "+", "ipv6_extensions|fragment_malformed": "?" } },
  },
  {
    name: "cut_stun",
    cause: "a STUN message cut at every byte",
    frames: (s) => {
      const attribute = f.cat(f.u16(6), f.u16(9), "user:peer", f.zeros(3));
      s.cutEverywhere(media(f.cat(f.u16(1), f.u16(attribute.length), f.hex("2112a442 000102030405060708090a0b"), attribute)));
    },
    expect: { bins: { stun: "+", link_short: 14, ip_short: 20, udp_short: 8, "udp_empty|udp_other|rtp_unproven": "?" } },
  },
];
