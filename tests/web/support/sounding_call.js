/*
 * sounding_call - records of calls in which everything that the page shows of sound is told.
 *
 * As the API answers them. What it writes for real stands in make_store.c; here are the shapes
 * that are hard to come by, and the hostile ones.
 */
const START = 1795254003.2;
export const CALL_ID = "00065f3a1b2c3d4e";

/* A quiet network with one burst of loss, a pause, and silence at the end. */
export function intervals(count, start = START, burst = [6, 7]) {
  return Array.from({ length: count }, (_, at) => {
    const bad = burst.includes(at);
    const pause = at === 9;
    return {
      t: start + at * 5,
      packets: pause ? 0 : bad ? 212 : 250,
      lost: bad ? 38 : at === 3 ? 1 : 0,
      late: bad ? 9 : at === 4 ? 5 : 0,
      jitter_ms_max: pause ? null : bad ? 41.2 : 2 + (at % 5) * 0.7,
      mos_lq: pause ? null : bad ? 1.72 : at === 3 ? 4.31 : 4.409,
      level_dbm0: pause || at > 10 ? null : -19.1 - (at % 4),
      silence_ratio: pause ? null : at > 10 ? 1 : 0.12 + (at % 3) * 0.1,
      clipping_ratio: pause ? null : 0.0001,
    };
  });
}

const playout = (late) => ({ late, lost_total: 77 + late });

export function stream(change = {}) {
  return {
    type: "stream", id: "00065f3a1b2c3d50", call: CALL_ID, call_id: "sounding@test", ssrc: "0x1a2b3c4d",
    src: "192.0.2.10:40000", dst: "192.0.2.20:40002", direction: "caller_to_callee", media: "audio", foreign_source: false,
    payload_type: 8, codec: "PCMA", fmtp: null, clock_rate_hz: 8000, ptime_ms: 20, start_time: START, end_time: START + 60,
    packets: 2946, expected: 3023, lost: 77, duplicates: 0, out_of_order: 3, restarts: 0,
    jitter_ms: { mean: 3.12, p95: 11.84, max: 41.2 }, delta_ms: { mean: 20.43, max: 184.12 }, skew_ms: { min: -1.84, max: 71.22 },
    clock_drift_ppm: -12.4, talkspurts: 14, comfort_noise: 31, dtx_ratio: 0.28,
    burst: { bursts: 3, density_ratio: 0.41, duration_ms: 620, gap_duration_ms: 14200, longest_run: 9, burst_ratio: 1.8 },
    loss_runs: [21, 6, 2, 1, 4, 1, 0],
    playout: { jb20: playout(140), jb50: playout(41), jb60: playout(30), jb120: playout(8), jb200: playout(14), adaptive: playout(12) },
    r: { raw: 84.07, jb20: 69.1, jb50: 78.8, jb60: 79.9, jb120: 83.2, jb200: 82.53, adaptive: 82.8, cq: 74.89 },
    mos_lq: { raw: 4.168, jb20: 3.55, jb50: 3.97, jb60: 4.01, jb120: 4.136, jb200: 4.111, adaptive: 4.12 }, mos_cq: 3.813,
    bad_seconds: 7, worst_10s: { mos_lq: 1.512, time: START + 30.4 }, interval_mos: { p5: 1.72, p50: 4.389 },
    level_dbm0: -19.3, silence_ratio: 0.3107, clipping_ratio: 0.00012,
    rtcp: {
      reports: 12, sender_reports: 12, sender_packets: 3023, fraction_lost_max: 0.12, jitter_ms_max: 12.5, rtt_ms: 180, rtt_receiver_ms: 92,
      lost_cumulative: 83, lost_before_probe: 77, lost_after_probe: 6, loss_side: "both", cname: "phone-1@192.0.2.10", bye_time: START + 60.1,
      xr: { loss_ratio: 0.023, discard_ratio: 0.001, burst_density_ratio: 0.35, gap_density_ratio: 0.002, burst_duration_ms: 240, gap_duration_ms: 28000,
        round_trip_ms: 182, end_system_delay_ms: 62, signal_dbm: -18, noise_dbm: -60, rerl_db: null, gmin: 16, r_factor: 71, external_r_factor: null,
        mos_lq: 3.6, mos_cq: 3.3, concealment: "standard", jitter_buffer: "adaptive", jb_nominal_ms: 60, jb_maximum_ms: 80, jb_abs_max_ms: 200 },
    },
    dscp: 46, srtp: false, codec_model: "itu",
    model: { codec: "G.711", scale: "nb", ppl_ratio: 0.0301, burst_ratio: 1.8, ie: 0, bpl: 25.1, delay_ms: 0, cq_delay_ms: 310, version: "g107-2015.1" },
    udptl: { recovered: null, error_correction: null },
    events: [
      { t: START + 16.9, event: "codec_change", from: "PCMA/8", to: "G729/18", announced: false },
      { t: START + 24.8, event: "ssrc_change", from: "0x1a2b3c4d", to: "0x5e6f7a8b" },
      { t: START + 41.2, event: "timestamp_jump", jump_ms: -12500.5 },
    ],
    intervals: intervals(12),
    ...change,
  };
}

const NO_RTCP = { reports: 0, sender_reports: 0, sender_packets: null, fraction_lost_max: null, jitter_ms_max: null, rtt_ms: null, rtt_receiver_ms: null, lost_cumulative: null, lost_before_probe: null, lost_after_probe: null, loss_side: null, cname: null, bye_time: null, xr: null };

export function backStream(change = {}) {
  return stream({
    id: "00065f3a1b2c3d51", ssrc: "0x99887766", src: "192.0.2.20:40002", dst: "192.0.2.10:40000", direction: "callee_to_caller",
    packets: 3000, expected: 3000, lost: 0, loss_runs: [0, 0, 0, 0, 0, 0, 0], r: { raw: 82.21, jb20: 80, jb60: 82.21, jb120: 82.21, jb200: 82.21, adaptive: 82.21, cq: 74.5 },
    mos_lq: { raw: 4.1, jb20: 4.02, jb60: 4.1, jb120: 4.1, jb200: 4.1, adaptive: 4.1 }, mos_cq: 3.8, codec: "G729", payload_type: 18,
    playout: { jb20: { late: 12, lost_total: 12 }, jb60: { late: 0, lost_total: 0 }, jb120: { late: 0, lost_total: 0 }, jb200: { late: 0, lost_total: 0 }, adaptive: { late: 0, lost_total: 0 } },
    model: { codec: "G.729A+VAD", scale: "nb", ppl_ratio: 0, burst_ratio: 1, ie: 11, bpl: 19, delay_ms: 0, cq_delay_ms: 310, version: "g107-2015.1" },
    level_dbm0: null, silence_ratio: null, clipping_ratio: null, bad_seconds: 0, worst_10s: { mos_lq: 4.1, time: START }, interval_mos: { p5: 4.1, p50: 4.1 },
    rtcp: { ...stream_rtcp(), loss_side: "none", lost_before_probe: 0, lost_after_probe: 0, xr: null, lost_cumulative: 0, fraction_lost_max: 0 },
    events: [],
    intervals: intervals(12, START, []).map((each) => ({ ...each, lost: 0, late: 0, level_dbm0: null, silence_ratio: null, clipping_ratio: null, mos_lq: each.mos_lq && 4.1 })),
    ...change,
  });
}

function stream_rtcp() {
  return stream().rtcp;
}

const foreign = () => stream({
  id: "00065f3a1b2c3d52", ssrc: "0x0badcafe", src: "198.51.100.66:5004", foreign_source: true, packets: 43, expected: 43, lost: 0, events: [],
  intervals: [], mos_lq: { raw: null, jb200: null }, r: { raw: null, jb200: null }, mos_cq: null, rtcp: NO_RTCP,
});

const fax = (direction, id, recovered) => stream({
  id, ssrc: null, direction, media: "image", codec: "t38", payload_type: null, packets: 412, expected: 415, lost: 3, udptl: { recovered, error_correction: "redundancy" },
  mos_lq: { raw: null, jb200: null }, r: { raw: null, jb200: null }, mos_cq: null, rtcp: NO_RTCP, intervals: [], events: [], start_time: START + 60, end_time: START + 90,
});

const video = () => stream({
  id: "00065f3a1b2c3d53", ssrc: "0x00c0ffee", media: "video", codec: "H264", payload_type: 96, mos_lq: { raw: null, jb200: null }, r: { raw: null, jb200: null }, mos_cq: null,
  rtcp: NO_RTCP, events: [], level_dbm0: null, silence_ratio: null, clipping_ratio: null,
  intervals: intervals(12).map((each) => ({ ...each, mos_lq: null, level_dbm0: null, silence_ratio: null, clipping_ratio: null })),
});

const metrics = { codec: "PCMA", loss_ratio: 0.02, discard_ratio: 0.001, burst_density_ratio: 0.31, burst_duration_ms: 240, gap_density_ratio: 0.002, gap_duration_ms: 28000, round_trip_ms: 182, end_system_delay_ms: 62, jitter_ms: 9, jb_nominal_ms: 60, signal_dbm: -18, noise_dbm: -60, r_lq: 72, r_cq: 66, mos_lq: 3.7, mos_cq: 3.4 };

export function call(streams, change = {}) {
  return {
    type: "call", id: CALL_ID, call_id: "sounding@test", transport: "udp", state: "completed", from_user: "4930123456", to_user: "442079460000",
    from_uri: "sip:4930123456@192.0.2.10", to_uri: "sip:442079460000@192.0.2.20", request_uri: null, src: "192.0.2.10:5060", dst: "192.0.2.20:5060",
    user_agent: "Desk phone 1", server: "PBX 2", invite_time: 1795254000, first_18x_time: 1795254000.18, answer_time: 1795254003.2, end_time: 1795254063.4,
    final_status: 200, final_reason: "OK", ended_by: "caller", auth_challenged: false, invite_count: 1, retransmissions: 0, reinvite_count: 1,
    post_dial_delay_ms: 180, setup_ms: 3200, ring_ms: 3020, disconnect_delay_ms: 12, duration_ms: 60200, duration_open: false, outcome: "success",
    codecs: ["PCMA", "G729"], one_way: false, media_verdict: "ok", capture_confidence: "high", capture_confidence_reasons: [], mos_lq: 4.1, mos_cq: 3.8,
    jitter_ms_p95: 11.84, loss_ratio: 0.0255, bad_seconds: 7, worst_10s_mos_lq: 1.512, interval_mos: { p5: 1.72, p50: 4.389 }, silence_ratio: 0.31,
    codec_changes_unannounced: 1, foreign_sources: 1, packets: 6010, fax: false,
    dtmf: [
      { time: START + 10.12, method: "rfc4733", also: ["inband"], masked: true, direction: "caller_to_callee", digit: null, duration_ms: 160 },
      { time: START + 11.52, method: "info", also: [], masked: true, direction: "caller_to_callee", digit: null, duration_ms: 250 },
      { time: START + 13.02, method: "inband", also: [], masked: false, direction: "callee_to_caller", digit: "5", duration_ms: null },
    ],
    vq_reports: [{ time: 1795254063.6, by: "caller", kind: "session", final: true, local_ssrc: null, remote_ssrc: null, ...metrics, remote: { ...metrics, codec: null, mos_lq: 4.1 } }],
    vlan: "42", tunnel: null, sip_anomalies: [], streams, ...change,
  };
}

export const loudCall = () => call([stream(), backStream(), foreign()]);
export const faxCall = () => call([stream({ events: [] }), backStream(), fax("caller_to_callee", "00065f3a1b2c3d54", 3), fax("callee_to_caller", "00065f3a1b2c3d55", 1)], { fax: true, foreign_sources: 0, dtmf: [], vq_reports: [] });
export const videoCall = () => call([stream({ rtcp: NO_RTCP, r: { ...stream().r, cq: null }, mos_cq: null }), backStream(), video()], { dtmf: [], vq_reports: [] });
/* 24 hours, the burst near the end. */
export function longCall() {
  const all = intervals(17280, START, [17000]);
  return call([stream({ intervals: all, end_time: START + 86400, events: [], worst_10s: { mos_lq: 1.72, time: START + 85000 } }), backStream({ intervals: intervals(17280, START, []), end_time: START + 86400 })], { duration_ms: 86400000 });
}
export const shortCall = () => call([
  stream({ packets: 43, expected: 43, lost: 0, intervals: intervals(1), end_time: START + 0.9, r: { raw: null, jb200: null }, mos_lq: { raw: null, jb200: null }, mos_cq: null, bad_seconds: null, worst_10s: { mos_lq: null, time: null }, interval_mos: { p5: null, p50: null }, rtcp: NO_RTCP, events: [], clock_drift_ppm: null, loss_runs: null }),
], { mos_lq: null, mos_cq: null, bad_seconds: null, dtmf: [], vq_reports: [], codec_changes_unannounced: 0, foreign_sources: 0, media_verdict: "silent" });

/* What an old day database answers: of the new fields, nothing. */
export function oldCall() {
  const { skew_ms, clock_drift_ppm, talkspurts, loss_runs, worst_10s, interval_mos, bad_seconds, level_dbm0, silence_ratio, clipping_ratio, events, udptl, foreign_source, ...old } = stream();
  const bare = { ...old, rtcp: { reports: 3, fraction_lost_max: 0, jitter_ms_max: 0, rtt_ms: 17.681, lost_cumulative: 0 }, model: { ppl_ratio: 0, burst_ratio: 1, ie: 0, bpl: 25.1, delay_ms: 0, version: "g107-2015.1" }, r: { raw: 93.21, jb50: 93.21, jb200: 93.21, adaptive: 93.21 }, mos_lq: { raw: 4.409, jb50: 4.409, jb200: 4.409, adaptive: 4.409 }, playout: { jb50: { late: 0, lost_total: 0 }, jb200: { late: 0, lost_total: 0 } } };
  return call([{ ...bare, intervals: intervals(4).map(({ t, packets, lost, jitter_ms_max, mos_lq }) => ({ t, packets, lost, jitter_ms_max, mos_lq })) }], { dtmf: null, vq_reports: null, fax: null });
}

/* What a record is told by stays, so that every part of the page is drawn. */
const KEPT = ["id", "call", "media", "direction"];

/* Every text a stranger's attack, each the next of them; every list what it must not be. */
export function hostileCall(attacks) {
  let at = 0;
  const attack = () => attacks[at++ % attacks.length];
  const hostile = (record, change = {}) =>
    Object.fromEntries(Object.entries({ ...record, ...change }).map(([key, value]) => [key, typeof value === "string" && !KEPT.includes(key) ? attack() : value]));
  const sick = (id, change = {}) => hostile(stream({ id, ...change }), {
    rtcp: hostile(stream().rtcp, { xr: hostile(stream().rtcp.xr) }),
    model: hostile(stream().model, { scale: null }),
    udptl: { recovered: 1, error_correction: attack() },
    events: [{ t: START + 1, event: attack(), from: attack(), to: attack(), announced: false }, null, 7],
  });

  return call([
    sick("00065f3a1b2c3d50"),
    sick("00065f3a1b2c3d58", { media: "image" }),
    sick("00065f3a1b2c3d59", { foreign_source: true }),
    sick("00065f3a1b2c3d5a", { media: attack(), direction: attack() }),
  ], {
    dtmf: [{ time: START + 2, method: attack(), digit: attack(), direction: attack(), duration_ms: null, also: [attack()] }, null],
    vq_reports: [{ time: START, ...hostile({ ...metrics, by: "caller", kind: "session" }), remote: attack() }, null],
  });
}

export function peaks(buckets = 800) {
  const wave = (phase) => Array.from({ length: buckets }, (_, at) => {
    const loud = Math.abs(Math.sin(at / 37 + phase)) * (at % 90 < 60 ? 0.7 : 0.02);
    return [-loud, loud * 0.9];
  });
  return { duration_s: 60, sample_rate_hz: 8000, buckets, left: wave(0), right: wave(1.5) };
}
