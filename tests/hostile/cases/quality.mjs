/* quality - what a figure is made of, lying: payloads of every codec, times, numbers, sources, reports, fax, keys. */
import * as f from "../frames.mjs";
import { invite, request, response, sdp } from "../sip.mjs";

const id = (name) => `${name}@hostile`;
const toRtcp = { sport: 4001, dport: 5001 };
const callee = { address: "192.0.2.20", port: 5000 };
const streamsOf = (records, name) => records.find((r) => r.type === "call" && r.call_id === id(name))?.streams ?? [];

/* A call whose media SDP is `lines` on either side, then what `more` sends. */
function inCall(name, cause, media, more, bins, { refusals = {}, check, cve } = {}) {
  const both = (o) => sdp({ ...o, ...(media ? { media: media(o.port ?? 4000) } : {}) });
  return {
    name, cause, ...(cve ? { cve } : {}),
    frames: (s) => {
      s.sip(invite(id(name), { body: both({}) })).sip(response(200, id(name), { body: both(callee) }), false);
      more(s);
    },
    expect: { bins: { sip: 2, ...bins }, calls: [id(name)], refusals: { rtp_out_of_window: "?", ...refusals }, ...(check ? { check } : {}) },
  };
}

const audio = (type, map, fmtp) => (port) => [`m=audio ${port} RTP/AVP ${type}`, `a=rtpmap:${type} ${map}`, ...(fmtp ? [`a=fmtp:${type} ${fmtp}`] : [])];
const fax = (port) => [`m=image ${port} udptl t38`, "a=T38FaxVersion:0", "a=T38FaxUdpEC:t38UDPRedundancy"];

/* Sizes from a byte to what UDP can carry, in bytes that are all 0, all 1, and counting. */
const SIZES = [1, 2, 3, 5, 6, 10, 19, 20, 24, 31, 32, 33, 34, 38, 50, 60, 61, 159, 160, 161, 320, 1000, 1480, 4095, 16384, 65000];
const fills = [(n) => f.zeros(n), (n) => f.zeros(n).fill(255), (n) => Buffer.from(Array.from({ length: n }, (_, i) => (i * 31) & 255))];

function payloads(name, type, map, fmtp) {
  let seq = 0;
  return inCall(`payload_${name}`, `payloads of 1 to 65,000 bytes as ${map}${fmtp ? ` (${fmtp})` : ""}`, audio(type, map, fmtp), (s) => {
    seq = 0;
    for (let round = 0; round < 2; round++)
      for (const size of SIZES)
        for (const fill of fills) {
          seq++;
          s.wait(0.019).media(f.rtp(fill(size), { type, seq, timestamp: 160 * seq }));
        }
  }, { rtp: 2 * SIZES.length * fills.length }, {
    refusals: { payload_malformed: "?", stream_events: "?" },
    check: (records) => {
      const [stream] = streamsOf(records, `payload_${name}`);
      return stream?.packets === 2 * SIZES.length * fills.length && stream.lost === 0 ? [] : [`${stream?.packets} packets, ${stream?.lost} lost`];
    },
  });
}

/* 300 packets of 20 ms, with numbers and timestamps by the packet. */
function paced(s, count, fields, o = {}) {
  for (let i = 0; i < count; i++) s.wait(0.019).media(f.rtp(undefined, { seq: i, timestamp: 160 * i, ...fields(i) }), o);
}

const one = (name, look) => (records) => {
  const streams = streamsOf(records, name);
  return streams.length === 1 ? look(streams[0]) : [`${streams.length} streams`];
};
const is = (what, value, want) => (value === want ? [] : [`${what} is ${value}, not ${want}`]);
const below = (what, value, most) => (value === null || value <= most ? [] : [`${what} is ${value}, over ${most}`]);

/* VoIP metrics and other XR blocks. */
const xr = (...blocks) => f.cat(f.receiverReport(0x4321), f.rtcp(207, f.cat(f.u32(0x4321), ...blocks)));
const voip = (ssrc, bytes) => f.cat(f.u8(7), f.u8(0), f.u16(8), f.u32(ssrc), f.hex(bytes));

/* A UDPTL packet: number, primary, then the repeats as [length, bytes]. */
const udptl = (seq, primary, repeats = []) =>
  f.cat(f.u16(seq), f.u8(primary.length), primary, f.u8(0), repeats.length < 128 ? f.u8(repeats.length) : f.u16(0x8000 | repeats.length), ...repeats.map((r) => f.cat(f.u8(r.length), r)));
const indicator = f.hex("06");

const publish = (callId, body, o = {}) =>
  request("PUBLISH", callId, { body, type: "application/vq-rtcpxr", headers: { Event: "vq-rtcpxr" }, ...o });
const info = (name, body, type, n) => request("INFO", id(name), { body, type, tag: "callee", cseq: `${n + 2} INFO`, branch: `info${n}` });

export default [
  payloads("pcmu", 0, "PCMU/8000"),
  payloads("pcma", 8, "PCMA/8000"),
  payloads("g722", 9, "G722/8000"),
  payloads("g729", 18, "G729/8000"),
  payloads("g723", 4, "G723/8000"),
  payloads("gsm", 3, "GSM/8000"),
  payloads("l16", 11, "L16/44100"),
  payloads("g726", 96, "G726-32/8000"),
  payloads("ilbc", 96, "iLBC/8000", "mode=20"),
  payloads("speex", 96, "speex/16000"),
  payloads("amr", 96, "AMR/8000"),
  payloads("amr_aligned", 96, "AMR/8000", "octet-align=1"),
  payloads("amr_crc", 96, "AMR/8000", "octet-align=1;crc=1;interleaving=255"),
  payloads("amr_wb", 96, "AMR-WB/16000"),
  payloads("amr_wb_aligned", 96, "AMR-WB/16000", "octet-align=1"),
  payloads("evs", 96, "EVS/16000"),
  payloads("opus", 96, "opus/48000/2"),
  payloads("comfort_noise", 13, "CN/8000"),
  payloads("clock_of_1", 96, "x/1"),

  inCall("timestamps_stand_still", "300 packets of one timestamp", null, (s) => paced(s, 300, () => ({ timestamp: 7 })), { rtp: 300 }, {
    check: one("timestamps_stand_still", (x) => [...is("lost", x.lost, 0), ...is("drift", x.clock_drift_ppm, null)]),
  }),
  inCall("timestamps_backwards", "timestamps that run backwards", null, (s) => paced(s, 2500, (i) => ({ timestamp: 0x80000000 - 160 * i })), { rtp: 2500 }, {
    check: one("timestamps_backwards", (x) => [...is("lost", x.lost, 0), ...is("drift", x.clock_drift_ppm, null)]),
  }),
  inCall("timestamps_jump", "every tenth packet jumps ten hours ahead", null, (s) => paced(s, 1000, (i) => ({ timestamp: (160 * i + Math.floor(i / 10) * 288000000) % 2 ** 32 })), { rtp: 1000 }, {
    refusals: { stream_events: "?" },
    check: one("timestamps_jump", (x) => [...is("lost", x.lost, 0), ...below("jitter", x.jitter_ms.max, 100)]),
  }),
  inCall("timestamps_of_half_the_clock", "a clock that runs half as fast as SDP says", null, (s) => paced(s, 2500, (i) => ({ timestamp: 80 * i })), { rtp: 2500 }, {
    check: one("timestamps_of_half_the_clock", (x) => is("drift", x.clock_drift_ppm, null)),
  }),
  inCall("sequence_three_cycles", "three turns of the sequence numbers, none lost", null, (s) => {
    for (let i = 0; i < 200000; i++) s.media(f.rtp(f.zeros(20), { seq: i & 0xffff, timestamp: (160 * i) % 2 ** 32 }));
  }, { rtp: 200000 }, {
    check: one("sequence_three_cycles", (x) => [...is("expected", x.expected, 200000), ...is("lost", x.lost, 0), ...is("restarts", x.restarts, 0)]),
  }),
  inCall("sequence_wraps_with_losses", "a turn of the sequence numbers, each seventh packet lost", null, (s) => {
    for (let i = 0; i < 70000; i++) if (i % 7 !== 3) s.wait(i % 7 === 4 ? 0.039 : 0.019).media(f.rtp(f.zeros(20), { seq: (i + 60000) & 0xffff, timestamp: 160 * i }));
  }, { rtp: 60000 }, {
    check: one("sequence_wraps_with_losses", (x) => [...is("expected", x.expected, 70000), ...is("lost", x.lost, 10000), ...is("longest run", x.burst.longest_run, 1)]),
  }),
  inCall("sequence_random", "random sequence numbers: nothing is called lost by the million", null, (s) => {
    let r = 12345;
    for (let i = 0; i < 3000; i++) {
      r = (r * 1103515245 + 12345) % 2 ** 31;
      s.media(f.rtp(f.zeros(20), { seq: (r >> 8) & 0xffff, timestamp: 160 * i }));
    }
  }, { rtp: 3000 }, { refusals: { rtp_out_of_window: "+" } }),
  inCall("sequence_restarts", "the sender begins anew 100 times", null, (s) => {
    for (let i = 0; i < 3000; i++) s.media(f.rtp(f.zeros(20), { seq: ((i % 30) + 9973 * Math.floor(i / 30)) & 0xffff, timestamp: 160 * i }));
  }, { rtp: 3000 }, { refusals: { stream_events: "?" }, check: one("sequence_restarts", (x) => is("lost", x.lost, 0)) }),
  inCall("types_and_sources_change", "payload type and SSRC change all the time: the list of changes has an end", null, (s) => {
    paced(s, 2000, (i) => ({ type: [0, 8, 9, 18, 3, 96, 97][i % 7], ssrc: 1 + (i >> 6) }));
  }, { "rtp|udp_other": 2000 }, { refusals: { stream_events: "?", payload_malformed: "?" } }),
  inCall("ssrc_of_both_sides", "both sides, and a stranger, use one SSRC", null, (s) => {
    for (let i = 0; i < 200; i++) {
      s.wait(0.01).media(f.rtp(undefined, { seq: i, timestamp: 160 * i }));
      s.media(f.rtp(undefined, { seq: 30000 + i, timestamp: 160 * i }), { back: true });
      s.media(f.rtp(undefined, { seq: 9000 + 2 * i, timestamp: 320 * i }), { src: "203.0.113.66", sport: 6666 });
    }
  }, { rtp: 600 }, {
    check: (records) => {
      const streams = streamsOf(records, "ssrc_of_both_sides"), own = streams.filter((x) => !x.foreign_source);
      return streams.length === 3 && own.length === 2 && own.every((x) => x.packets === 200 && x.lost === 0) ? []
        : [`streams: ${streams.map((x) => `${x.src} ${x.packets} ${x.lost} ${x.foreign_source}`)}`];
    },
  }),
  inCall("ssrc_changes_its_owner", "a stranger takes a stream's SSRC and continues its numbers", null, (s) => {
    paced(s, 200, () => ({}));
    paced(s, 200, (i) => ({ seq: 200 + i, timestamp: 160 * (200 + i) }), { src: "203.0.113.66", sport: 6666 });
  }, { rtp: 400 }, {
    check: (records) => {
      const own = streamsOf(records, "ssrc_changes_its_owner").filter((x) => x.src === "192.0.2.10:4000");
      return own.length === 1 && own[0].packets === 200 ? [] : [`${own.length} own streams, ${own[0]?.packets} packets`];
    },
  }),
  inCall("strangers_without_end", "200 strangers send to a call's port, all the time", null, (s) => {
    for (let i = 0; i < 200; i++) {
      s.media(f.rtp(undefined, { seq: i, timestamp: 160 * i }));
      for (let k = 0; k < 19; k++) s.media(f.rtp(undefined, { seq: Math.floor(i / 10), timestamp: 160 * i, ssrc: (i % 10) * 20 + k }), { src: `203.0.113.${(i % 10) * 20 + k}`, sport: 10000 });
    }
  }, { "rtp|rtp_unproven|udp_other": 4000 }, {
    refusals: { streams_in_call: "?", conversations: "?" },
    check: (records) => {
      const own = streamsOf(records, "strangers_without_end").filter((x) => !x.foreign_source);
      return own.length === 1 && own[0].packets === 200 && own[0].lost === 0 ? [] : [`${own.length} streams of its own`];
    },
  }),

  inCall("xr_metrics_beyond", "VoIP metrics of 127, 255, MOS of 25.5 and 0: none is a value", null, (s) => {
    paced(s, 150, () => ({}));
    for (const bytes of ["ff".repeat(28), "00".repeat(28), "7f".repeat(28), "ffff ffff ffff ffff ffff ffff 7f7f 7f10 ff ff ff ff 30 00 ffff ffff ffff"])
      s.media(xr(voip(0x1234, bytes)), { ...toRtcp, back: true, sport: 5001, dport: 4001 });
  }, { rtp: 150, rtcp: 4 }, {
    check: (records) => {
      const values = streamsOf(records, "xr_metrics_beyond").map((x) => x.rtcp.xr).filter(Boolean);
      return values.flatMap((x) => [...below("mos_lq", x.mos_lq, 5), ...below("mos_cq", x.mos_cq, 5), ...below("r_factor", x.r_factor, 126), ...below("loss_ratio", x.loss_ratio, 1)]);
    },
  }),
  inCall("rtcp_sdes_names", "a CNAME of 255 bytes, of NULs, of quotes and of broken UTF-8", null, (s) => {
    paced(s, 150, () => ({}));
    for (const name of ["c".repeat(255), "\0\0\0", "\"'<script>\\", "\xff\xfe\xc3"]) {
      const item = f.cat(f.u8(1), f.u8(name.length), name, f.zeros(4 - ((2 + name.length) % 4)));
      s.media(f.cat(f.senderReport(0x1234), f.rtcp(202, f.cat(f.u32(0x1234), item), { count: 1 })), toRtcp);
    }
  }, { rtp: 150, "rtcp|rtcp_malformed": 4 }),
  inCall("rtcp_of_strangers", "reports about a call's stream from a host that has no part in it", null, (s) => {
    paced(s, 150, () => ({}));
    const block = f.cat(f.u32(0x1234), f.u8(255), f.u24(0x7fffff), f.u32(0xffffffff), f.u32(0xffffffff), f.u32(0), f.u32(0));
    for (let i = 0; i < 20; i++) s.media(f.receiverReport(99, [block]), { src: "203.0.113.66", sport: 6667, dst: "192.0.2.10", dport: 4001 });
  }, { rtp: 150, "rtcp|udp_other": 20 }, {
    refusals: { rtcp_foreign: "?" },
    check: one("rtcp_of_strangers", (x) => is("lost by reports", x.rtcp.lost_cumulative, null)),
  }),

  inCall("udptl_lies", "UDPTL cut everywhere, with lengths beyond, 65,535 repeats, and parity of nothing", fax, (s) => {
    const whole = udptl(0, indicator, [indicator, indicator]);
    for (let n = 0; n <= whole.length; n++) s.media(whole.subarray(0, n));
    for (const length of [0, 2, 127, 128, 255]) s.media(f.cat(f.u16(1), f.u8(length), indicator, f.u8(0), f.u8(0)));
    s.media(f.cat(f.u16(2), f.hex("bfff"), indicator, f.u8(0), f.u8(0)));
    s.media(f.cat(f.u16(3), f.u8(1), indicator, f.u8(0), f.hex("bfff"), f.zeros(600)));
    s.media(f.cat(f.u16(4), f.u8(1), indicator, f.u8(0x80), f.u8(255), f.u8(255)));
    s.media(f.cat(f.u16(5), f.u8(1), indicator, f.u8(0x80), f.u8(0), f.u8(0)));
    s.media(f.cat(f.u16(6), f.zeros(60000)));
  }, { "t38|udp_other|udp_empty|rtp_malformed|rtcp_malformed|stun|dtls": 21 }, { refusals: { udptl_malformed: "+" } }),
  inCall("udptl_numbers_wild", "UDPTL numbers at random, standing still, wrapping", fax, (s) => {
    for (let i = 0; i < 500; i++) s.media(udptl((i * 40503) & 0xffff, indicator));
    for (let i = 0; i < 200; i++) s.media(udptl(7, indicator));
    for (let i = 0; i < 300; i++) s.media(udptl((65400 + i) & 0xffff, indicator, [indicator]));
  }, { "t38|udp_other": 1000 }, { refusals: { udptl_malformed: "?" } }),
  inCall("udptl_many_repeats", "each UDPTL packet repeats 200 others", fax, (s) => {
    for (let i = 0; i < 50; i++) s.media(udptl(i * 3, indicator, Array(200).fill(indicator)));
  }, { t38: 50 }, { refusals: { udptl_malformed: "?" }, check: one("udptl_many_repeats", (x) => below("recovered", x.udptl.recovered, x.lost)) }),
  inCall("rtp_where_fax_was_agreed", "RTP to the port of a fax", fax, (s) => paced(s, 200, () => ({})), { "rtp|t38|rtp_unproven|udp_other": 200 }, { refusals: { udptl_malformed: "?" } }),

  {
    name: "vq_garbage",
    cause: "quality reports cut, without a call, of 60,000 bytes, of values that are no numbers",
    frames: (s) => {
      const report = (lines) => `VQSessionReport: CallTerm\r\nCallID: ${id("vq_garbage")}\r\n${lines}`;
      s.call(id("vq_garbage"));
      const whole = report("LocalMetrics:\r\nPacketLoss:NLR=1.0 JDR=0.0\r\nQualityEst:MOSLQ=4.1 RLQ=90\r\n");
      const bodies = ["VQ", "VQSessionReport", "VQSessionReport: CallTerm\r\n", report(""), report("LocalMetrics:\r\n".repeat(3000)),
        report("LocalMetrics:\r\nPacketLoss:NLR=1e999 JDR=-5\r\nQualityEst:MOSLQ=nan MOSCQ=inf RLQ=99999999999999999999\r\nDelay:RTD=-1 IAJ=0x10"),
        report(`LocalMetrics:\r\nPacketLoss:${"NLR=1 ".repeat(5000)}`), report("LocalAddr:IP=999.1.1.1 PORT=99999 SSRC=zz\r\nRemoteAddr:IP=[::1 PORT=-1\r\n"),
        `VQSessionReport\r\nCallID: nobody@hostile\r\n`, `VQSessionReport: CallTerm\r\nCallID: ${"x".repeat(60000)}\r\n`, "\0\0\0\0", whole.slice(0, 70)];
      bodies.forEach((body, i) => s.sip(publish(`publish${i}@hostile`, body, { branch: `p${i}` })));
      for (let i = 0; i < 200; i++) s.sip(publish(`many${i}@hostile`, report(`LocalMetrics:\r\nQualityEst:RLQ=${i % 100}\r\n`), { branch: `m${i}` }));
    },
    expect: {
      bins: { sip: 5 + 12 + 200 }, calls: [id("vq_garbage")],
      refusals: { vq_malformed: "+", vq_no_call: "+", vq_reports: "+", transactions: "?", text_cut: "?" },
      check: (records) => {
        const reports = records.find((r) => r.call_id === id("vq_garbage"))?.vq_reports ?? [];
        return [...(reports.length ? [] : ["no report"]), ...below("reports", reports.length, 64),
          ...reports.flatMap((x) => [...below("mos_lq", x.mos_lq, 5), ...below("r_lq", x.r_lq, 150), ...below("loss_ratio", x.loss_ratio, 1)])];
      },
    },
  },
  {
    name: "info_garbage",
    cause: "INFO whose digit is none, is long, is missing, whose duration lies; 2,000 digits in one call",
    frames: (s) => {
      s.sip(invite(id("info_garbage"))).sip(response(200, id("info_garbage"), { body: sdp(callee) }), false);
      let n = 0;
      for (const body of ["", "Signal=", "Signal=\r\nDuration=5", "Signal=55\r\n", "Signal=z", "Duration=160", `Signal=${"5".repeat(60000)}`, "Signal=5\r\nDuration=-1", "Signal=5\r\nDuration=99999999999999999999",
        "signal = 5 \r\n duration = abc", "\0", "Signal=\xff"]) {
        s.sip(info("info_garbage", body, "application/dtmf-relay", n++));
        s.sip(info("info_garbage", body, "application/dtmf", n++));
      }
      for (let i = 0; i < 2000; i++) s.wait(0.3).sip(info("info_garbage", `Signal=${i % 10}\r\nDuration=160\r\n`, "application/dtmf-relay", n++));
    },
    expect: {
      bins: { sip: 2 + 24 + 2000 }, calls: [id("info_garbage")], refusals: { dtmf_digits: "+", dtmf_malformed: "+", transactions: "?" },
      check: (records) => {
        const keys = records.find((r) => r.call_id === id("info_garbage"))?.dtmf ?? [];
        return [...below("digits", keys.length, 1024), ...keys.filter((k) => k.digit !== null).map(() => "a digit is told"),
          ...keys.flatMap((k) => below("duration", k.duration_ms, 600000))];
      },
    },
  },
];
