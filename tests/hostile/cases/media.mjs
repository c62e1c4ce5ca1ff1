/* media - RTP, RTCP, telephone events, STUN and what else goes to media ports, in a call that SDP announced. */
import * as f from "../frames.mjs";
import { invite, response, sdp } from "../sip.mjs";

/* An answered call, then what `more` sends to its media ports. */
function inCall(name, cause, more, bins, { cve, refusals = {}, check } = {}) {
  return {
    name, cause, ...(cve ? { cve } : {}),
    frames: (s) => {
      s.sip(invite(`${name}@hostile`)).sip(response(200, `${name}@hostile`, { body: sdp({ address: "192.0.2.20", port: 5000 }) }), false);
      more(s);
    },
    expect: { bins: { sip: 2, ...bins }, calls: [`${name}@hostile`], refusals, ...(check ? { check } : {}) },
  };
}

const toRtcp = { sport: 4001, dport: 5001 };
const voip = (words, body) => f.cat(f.u8(7), f.u8(0), f.u16(words), body);

function proven(s, n = 10) {
  for (let i = 0; i < n; i++) s.media(f.rtp(undefined, { seq: i, timestamp: 160 * i }));
}

export default [
  inCall("rtp_padding_beyond", "more padding than payload, and padding of 0", (s) => {
    for (const last of [0, 13, 173, 255]) s.media(f.rtp(f.cat(f.zeros(11), f.u8(last)), { padding: true }));
    s.media(f.rtp(f.zeros(0), { padding: true }));
  }, { rtp_malformed: 5 }),
  inCall("rtp_csrcs_beyond", "15 contributing sources in a packet of 12 bytes", (s) => {
    for (let n = 0; n < 60; n++) s.media(f.rtp(f.zeros(n), { csrcCount: 15 }));
  }, { rtp_malformed: 60 }, { cve: "CVE-2022-21722" }),
  inCall("rtp_extension_beyond", "a header extension of 65,535 words", (s) => {
    s.media(f.rtp(f.zeros(20), { extension: f.cat(f.u16(0xbede), f.u16(65535)) }));
    for (let n = 0; n < 4; n++) s.media(f.cat(f.rtp(f.zeros(0), { extension: f.zeros(1) }).subarray(0, 12), f.zeros(n)));
    s.media(f.rtp(f.zeros(3), { extension: f.cat(f.u16(0), f.u16(1)) }));
  }, { rtp_malformed: 6 }, { cve: "CVE-2022-21722" }),
  inCall("rtp_versions", "RTP of version 0, 1 and 3 on a media port", (s) => {
    for (const version of [0, 1, 3]) s.media(f.rtp(undefined, { version }));
  }, { "udp_other|rtp_malformed": 3 }),
  inCall("rtp_ssrc_storm", "10,000 sources on one port: 64 of a call are followed", (s) => {
    for (let i = 0; i < 10000; i++) s.media(f.rtp(f.zeros(20), { ssrc: i * 7919, seq: i }));
  }, { "rtp|rtp_unproven|udp_other": 10000 }, { refusals: { streams_in_call: "+" } }),
  inCall("rtp_sequence_wild", "sequence numbers at random", (s) => {
    for (let i = 0; i < 2000; i++) s.media(f.rtp(f.zeros(20), { seq: (i * 40503) & 0xffff, timestamp: 160 * i }));
  }, { rtp: 2000 }, { refusals: { rtp_out_of_window: "+" } }),
  inCall("rtp_sequence_backwards", "sequence numbers that count down, and stand still", (s) => {
    for (let i = 2000; i > 0; i--) s.media(f.rtp(f.zeros(20), { seq: i, timestamp: 160 * i }));
    for (let i = 0; i < 200; i++) s.media(f.rtp(f.zeros(20), { seq: 5, timestamp: 160 }));
  }, { rtp: 2200 }, { refusals: { rtp_out_of_window: "?" } }),
  inCall("rtp_timestamps_leap", "timestamps that leap over half their range, and go back", (s) => {
    for (let i = 0; i < 500; i++) s.media(f.rtp(f.zeros(20), { seq: i, timestamp: i % 2 ? 0xffffffff - i : i }));
    for (let i = 500; i < 1000; i++) s.media(f.rtp(f.zeros(20), { seq: i, timestamp: i * 0x7fffffff }));
  }, { rtp: 1000 }, {
    refusals: { stream_events: "?" },
    check: (records) => JSON.stringify(records).match(/":-\d+\.\d+,"p95|"(mean|max)":-/g)?.map((text) => `a negative figure: ${text}`) ?? [],
  }),
  inCall("rtp_type_changes", "another payload type in every packet", (s) => {
    for (let i = 0; i < 2000; i++) s.media(f.rtp(f.zeros(20), { type: i % 128, seq: i, timestamp: 160 * i }));
  }, { "rtp|rtcp_malformed|udp_other": 2000 }, { refusals: { rtp_out_of_window: "?", stream_events: "+", payload_malformed: "?" } }),
  inCall("rtp_payload_0_to_64k", "payloads of every size up to 65,000 bytes", (s) => {
    for (const n of [0, 1, 2, 7, 255, 256, 257, 1500, 4096, 32768, 65000]) s.media(f.rtp(f.zeros(n).fill(0xd5), { seq: n, timestamp: 160 }));
  }, { rtp: 11 }, { refusals: { rtp_out_of_window: "?" } }),
  inCall("rtp_from_a_stranger", "RTP of a third address to the port of a call: a source of its own, not mixed in", (s) => {
    proven(s);
    for (let i = 0; i < 10; i++) s.media(f.rtp(undefined, { seq: 1000 + i, ssrc: 0x1234, timestamp: 160 * i }), { src: "203.0.113.66", sport: 6666 });
  }, { rtp: 20 }, {
    cve: "CVE-2025-53399",
    check: (records) => {
      const streams = records.find((r) => r.call_id === "rtp_from_a_stranger@hostile")?.streams ?? [];
      return streams.length === 2 && streams.every((stream) => stream.packets === 10 && stream.lost === 0) ? [] : [`${streams.length} streams, or mixed`];
    },
  }),
  {
    name: "rtp_orphan_flood",
    cause: "RTP of 30,000 sources that no SDP announced",
    frames: (s) => {
      const payload = f.rtp(f.zeros(8));
      for (let i = 0; i < 30000; i++) s.udp(payload, { sport: 2000 + (i >> 1), dport: 3000 + i });
    },
    expect: { bins: { "rtp_unproven|udp_other": 30000 }, refusals: { streams: "?" } },
  },
  inCall("dtmf_lies", "telephone events cut, of number 255, of volume and duration beyond, that never end", (s) => {
    for (let n = 0; n < 4; n++) s.media(f.rtp(f.telephoneEvent().subarray(0, n), { type: 101, seq: n, timestamp: n }));
    for (let i = 0; i < 600; i++)
      s.media(f.rtp(f.telephoneEvent({ event: i & 255, end: i % 3 === 0, duration: (i * 40503) & 0xffff }), { type: 101, seq: 4 + i, timestamp: 1000 * (i >> 1) }));
  }, { rtp: 604 }, { refusals: { rtp_out_of_window: "?", dtmf_malformed: "+" } }),
  inCall("rtcp_length_ffff", "RTCP of length 0xffff, 0, and one word too long", (s) => {
    proven(s);
    for (const words of [0xffff, 0, 7, 100]) s.media(f.rtcp(200, f.zeros(24), { words }), toRtcp);
    s.media(f.rtcp(200, f.zeros(24), { count: 31 }), toRtcp);
  }, { rtp: 10, rtcp_malformed: 5 }),
  inCall("rtcp_xr_lies", "XR blocks longer than their packet, of length 0xffff, of length 0 without end, and one of 10 words with 8 bytes", (s) => {
    const xr = (...blocks) => f.cat(f.receiverReport(1), f.rtcp(207, f.cat(f.u32(1), ...blocks)));
    s.media(xr(voip(10, f.zeros(8))), toRtcp);
    s.media(xr(voip(0xffff, f.zeros(32))), toRtcp);
    s.media(xr(...Array(300).fill(voip(0, f.zeros(0)))), toRtcp);
    s.media(xr(voip(8, f.zeros(32))), toRtcp);
    s.media(xr(f.cat(f.u8(5), f.u8(0), f.u16(65535))), toRtcp);
  }, { "rtcp|rtcp_malformed": 5 }, { cve: "CVE-2024-35434", refusals: { xr_malformed: "+" } }),
  inCall("rtcp_sdes_without_end", "SDES items without an end, longer than their chunk, 31 chunks in 8 bytes", (s) => {
    const sdes = (body, count) => f.cat(f.receiverReport(1), f.rtcp(202, body, { count }));
    s.media(sdes(f.cat(f.u32(1), f.u8(1), f.u8(2), "ab"), 1), toRtcp);
    s.media(sdes(f.cat(f.u32(1), f.u8(1), f.u8(255), "ab"), 1), toRtcp);
    s.media(sdes(f.zeros(4), 31), toRtcp);
    s.media(sdes(f.zeros(0), 31), toRtcp);
  }, { "rtcp|rtcp_malformed": 4 }),
  inCall("rtcp_bye_lies", "BYE of 31 sources in 8 bytes, its reason past the end", (s) => {
    s.media(f.cat(f.receiverReport(1), f.rtcp(203, f.zeros(4), { count: 31 })), toRtcp);
    s.media(f.cat(f.receiverReport(1), f.rtcp(203, f.cat(f.u32(1), f.u8(200), "why"), { count: 1 })), toRtcp);
  }, { "rtcp|rtcp_malformed": 2 }),
  inCall("rtcp_compound_of_nothing", "5,000 empty packets in one datagram, padding before the last, padding of 255", (s) => {
    s.media(f.cat(f.receiverReport(1), Array(5000).fill(f.rtcp(203, f.zeros(0)))), toRtcp);
    s.media(f.cat(f.rtcp(201, f.zeros(4), { padding: true }), f.receiverReport(1)), toRtcp);
    s.media(f.rtcp(201, f.cat(f.u32(1), f.zeros(3), f.u8(255)), { padding: true }), toRtcp);
  }, { "rtcp|rtcp_malformed": 3 }),
  inCall("rtcp_times_lie", "reports whose LSR and DLSR make a round trip of minus a day, and of 18 hours", (s) => {
    proven(s);
    const block = (lsr, dlsr) => f.cat(f.u32(0x1234), f.u8(255), f.u24(0x800000), f.u32(0xffffffff), f.u32(0xffffffff), f.u32(lsr), f.u32(dlsr));
    for (const [lsr, dlsr] of [[0, 0xffffffff], [1, 0], [0xffffffff, 0xffffffff], [0x80000000, 0x7fffffff]]) {
      s.media(f.senderReport(0x1234, [block(lsr, dlsr)]), toRtcp);
      s.media(f.senderReport(0x1234, [block(lsr, dlsr)]), { ...toRtcp, back: true, sport: 5001, dport: 4001 });
    }
  }, { rtp: 10, rtcp: 8 }, {
    check: (records) => records.flatMap((r) => r.streams ?? []).filter((stream) => stream.rtcp?.rtt_ms < 0).map(() => "a negative round trip"),
  }),
  inCall("stun_lies", "STUN attributes longer than the message, of length 0, 0xffff; a length that is no multiple of 4", (s) => {
    const stun = (body, length = body.length) => f.cat(f.u16(1), f.u16(length), f.hex("2112a442 000102030405060708090a0b"), body);
    s.media(stun(f.cat(f.u16(6), f.u16(65535), f.zeros(4)))).media(stun(f.zeros(4000))).media(stun(f.zeros(0), 65535));
    s.media(stun(f.zeros(3), 3)).media(stun(f.cat(f.u16(0x20), f.u16(0))));
  }, { "stun|udp_other": 5 }, { cve: "CVE-2022-47516" }),
  inCall("udp_of_every_first_byte", "datagrams that begin with each byte there is", (s) => {
    for (let first = 0; first < 256; first++) s.media(f.cat(f.u8(first), f.u8(0xfe), f.zeros(30)));
  }, { "rtp|rtp_malformed|rtcp_malformed|udp_other|dtls|stun": 256 }, { refusals: { rtp_out_of_window: "?", tls_malformed: "?", handshakes: "?" } }),
  {
    name: "udp_that_looks_like_hep",
    cause: "HEP whose chunks have lengths 0, 1, 5, 6, 65535, whose total is beyond the datagram, with an empty key",
    frames: (s) => {
      const chunk = (length, body = f.zeros(2)) => f.cat(f.u16(0), f.u16(1), f.u16(length), body);
      const hep = (body, total = body.length + 6) => f.cat("HEP3", f.u16(total), body);
      for (const length of [0, 1, 5, 6, 65535]) s.udp(hep(chunk(length)), { sport: 9060, dport: 9060 });
      s.udp(hep(chunk(8), 65535), { sport: 9060, dport: 9060 }).udp(hep(f.zeros(0), 0), { sport: 9060, dport: 9060 });
      s.udp(hep(f.cat(f.u16(0), f.u16(14), f.u16(206), f.zeros(200))), { sport: 9060, dport: 9060 });
    },
    expect: { bins: { udp_other: 8 } },
  },
];
