#include "analyzer/record.h"

#include "analyzer/interval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define F(type, name, member, kind, decimals)                                                      \
    {                                                                                              \
        name, kind, decimals, offsetof(struct type, member)                                        \
    }
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* clang-format off */
#define S(name, member, kind, decimals) F(stream_record, name, member, kind, decimals)
static const struct record_field stream_fields[] = {
    S("id", id, FIELD_ID, 0),
    S("call", call, FIELD_ID, 0),
    S("call_id", call_id, FIELD_TEXT, 0),
    S("ssrc", ssrc, FIELD_SSRC, 0),
    S("src", src, FIELD_ADDR, 0),
    S("dst", dst, FIELD_ADDR, 0),
    S("direction", direction, FIELD_TEXT, 0),
    S("media", media, FIELD_TEXT, 0),
    S("foreign_source", foreign_source, FIELD_BOOL, 0),
    S("payload_type", payload_type, FIELD_INT, 0),
    S("codec", codec, FIELD_TEXT, 0),
    S("fmtp", fmtp, FIELD_TEXT, 0),
    S("clock_rate_hz", clock_rate_hz, FIELD_INT, 0),
    S("ptime_ms", ptime_ms, FIELD_REAL, 1),
    S("start_time", start_time, FIELD_TIME, 0),
    S("end_time", end_time, FIELD_TIME, 0),
    S("packets", packets, FIELD_INT, 0),
    S("expected", expected, FIELD_INT, 0),
    S("lost", lost, FIELD_INT, 0),
    S("duplicates", duplicates, FIELD_INT, 0),
    S("out_of_order", out_of_order, FIELD_INT, 0),
    S("restarts", restarts, FIELD_INT, 0),
    S("jitter_ms.mean", jitter_ms_mean, FIELD_REAL, 3),
    S("jitter_ms.p95", jitter_ms_p95, FIELD_REAL, 3),
    S("jitter_ms.max", jitter_ms_max, FIELD_REAL, 3),
    S("delta_ms.mean", delta_ms_mean, FIELD_REAL, 3),
    S("delta_ms.max", delta_ms_max, FIELD_REAL, 3),
    S("skew_ms.min", skew_ms_min, FIELD_REAL, 3),
    S("skew_ms.max", skew_ms_max, FIELD_REAL, 3),
    S("clock_drift_ppm", clock_drift_ppm, FIELD_REAL, 1),
    S("talkspurts", talkspurts, FIELD_INT, 0),
    S("comfort_noise", comfort_noise, FIELD_INT, 0),
    S("dtx_ratio", dtx_ratio, FIELD_REAL, 4),
    S("burst.bursts", burst_bursts, FIELD_INT, 0),
    S("burst.density_ratio", burst_density_ratio, FIELD_REAL, 4),
    S("burst.duration_ms", burst_duration_ms, FIELD_REAL, 1),
    S("burst.gap_duration_ms", burst_gap_duration_ms, FIELD_REAL, 1),
    S("burst.longest_run", burst_longest_run, FIELD_INT, 0),
    S("burst.burst_ratio", burst_burst_ratio, FIELD_REAL, 4),
    S("loss_runs", loss_runs, FIELD_JSON, 0),
    S("playout.jb20.late", jb20.late, FIELD_INT, 0),
    S("playout.jb20.lost_total", jb20.lost_total, FIELD_INT, 0),
    S("playout.jb50.late", jb50.late, FIELD_INT, 0),
    S("playout.jb50.lost_total", jb50.lost_total, FIELD_INT, 0),
    S("playout.jb60.late", jb60.late, FIELD_INT, 0),
    S("playout.jb60.lost_total", jb60.lost_total, FIELD_INT, 0),
    S("playout.jb120.late", jb120.late, FIELD_INT, 0),
    S("playout.jb120.lost_total", jb120.lost_total, FIELD_INT, 0),
    S("playout.jb200.late", jb200.late, FIELD_INT, 0),
    S("playout.jb200.lost_total", jb200.lost_total, FIELD_INT, 0),
    S("playout.adaptive.late", adaptive.late, FIELD_INT, 0),
    S("playout.adaptive.lost_total", adaptive.lost_total, FIELD_INT, 0),
    S("r.raw", r_raw, FIELD_REAL, 2),
    S("r.jb20", r_jb20, FIELD_REAL, 2),
    S("r.jb50", r_jb50, FIELD_REAL, 2),
    S("r.jb60", r_jb60, FIELD_REAL, 2),
    S("r.jb120", r_jb120, FIELD_REAL, 2),
    S("r.jb200", r_jb200, FIELD_REAL, 2),
    S("r.adaptive", r_adaptive, FIELD_REAL, 2),
    S("r.cq", r_cq, FIELD_REAL, 2),
    S("mos_lq.raw", mos_lq_raw, FIELD_REAL, 3),
    S("mos_lq.jb20", mos_lq_jb20, FIELD_REAL, 3),
    S("mos_lq.jb50", mos_lq_jb50, FIELD_REAL, 3),
    S("mos_lq.jb60", mos_lq_jb60, FIELD_REAL, 3),
    S("mos_lq.jb120", mos_lq_jb120, FIELD_REAL, 3),
    S("mos_lq.jb200", mos_lq_jb200, FIELD_REAL, 3),
    S("mos_lq.adaptive", mos_lq_adaptive, FIELD_REAL, 3),
    S("mos_cq", mos_cq, FIELD_REAL, 3),
    S("bad_seconds", bad_seconds, FIELD_INT, 0),
    S("worst_10s.mos_lq", worst_10s_mos_lq, FIELD_REAL, 3),
    S("worst_10s.time", worst_10s_time, FIELD_TIME, 0),
    S("interval_mos.p5", interval_mos_p5, FIELD_REAL, 3),
    S("interval_mos.p50", interval_mos_p50, FIELD_REAL, 3),
    S("level_dbm0", level_dbm0, FIELD_REAL, 1),
    S("silence_ratio", silence_ratio, FIELD_REAL, 4),
    S("clipping_ratio", clipping_ratio, FIELD_REAL, 6),
    S("rtcp.reports", rtcp_reports, FIELD_INT, 0),
    S("rtcp.sender_reports", rtcp_sender_reports, FIELD_INT, 0),
    S("rtcp.sender_packets", rtcp_sender_packets, FIELD_INT, 0),
    S("rtcp.fraction_lost_max", rtcp_fraction_lost_max, FIELD_REAL, 4),
    S("rtcp.jitter_ms_max", rtcp_jitter_ms_max, FIELD_REAL, 3),
    S("rtcp.rtt_ms", rtcp_rtt_ms, FIELD_REAL, 3),
    S("rtcp.rtt_receiver_ms", rtcp_rtt_receiver_ms, FIELD_REAL, 3),
    S("rtcp.lost_cumulative", rtcp_lost_cumulative, FIELD_INT, 0),
    S("rtcp.lost_before_probe", rtcp_lost_before_probe, FIELD_INT, 0),
    S("rtcp.lost_after_probe", rtcp_lost_after_probe, FIELD_INT, 0),
    S("rtcp.loss_side", rtcp_loss_side, FIELD_TEXT, 0),
    S("rtcp.cname", rtcp_cname, FIELD_TEXT, 0),
    S("rtcp.bye_time", rtcp_bye_time, FIELD_TIME, 0),
    S("rtcp.xr", rtcp_xr, FIELD_JSON, 0),
    S("dscp", dscp, FIELD_INT, 0),
    S("srtp", srtp, FIELD_BOOL, 0),
    S("codec_model", codec_model, FIELD_TEXT, 0),
    S("model.codec", model_codec, FIELD_TEXT, 0),
    S("model.scale", model_scale, FIELD_TEXT, 0),
    S("model.ppl_ratio", model_ppl_ratio, FIELD_REAL, 6),
    S("model.burst_ratio", model_burst_ratio, FIELD_REAL, 4),
    S("model.ie", model_ie, FIELD_REAL, 2),
    S("model.bpl", model_bpl, FIELD_REAL, 2),
    S("model.delay_ms", model_delay_ms, FIELD_REAL, 3),
    S("model.cq_delay_ms", model_cq_delay_ms, FIELD_REAL, 3),
    S("model.version", model_version, FIELD_TEXT, 0),
    S("udptl.recovered", udptl_recovered, FIELD_INT, 0),
    S("udptl.error_correction", udptl_error_correction, FIELD_TEXT, 0),
    S("events", events, FIELD_JSON, 0),
    S("intervals", intervals, FIELD_INTERVALS, 0),
};

#define C(name, member, kind, decimals) F(call_record, name, member, kind, decimals)
static const struct record_field call_fields[] = {
    C("id", id, FIELD_ID, 0),
    C("call_id", call_id, FIELD_TEXT, 0),
    C("transport", transport, FIELD_TEXT, 0),
    C("state", state, FIELD_TEXT, 0),
    C("from_user", from_user, FIELD_TEXT, 0),
    C("to_user", to_user, FIELD_TEXT, 0),
    C("from_uri", from_uri, FIELD_TEXT, 0),
    C("to_uri", to_uri, FIELD_TEXT, 0),
    C("request_uri", request_uri, FIELD_TEXT, 0),
    C("from_tag", from_tag, FIELD_TEXT, 0),
    C("to_tag", to_tag, FIELD_TEXT, 0),
    C("src", src, FIELD_ADDR, 0),
    C("dst", dst, FIELD_ADDR, 0),
    C("user_agent", user_agent, FIELD_TEXT, 0),
    C("server", server, FIELD_TEXT, 0),
    C("invite_time", invite_time, FIELD_TIME, 0),
    C("first_18x_time", first_18x_time, FIELD_TIME, 0),
    C("answer_time", answer_time, FIELD_TIME, 0),
    C("end_time", end_time, FIELD_TIME, 0),
    C("final_status", final_status, FIELD_INT, 0),
    C("final_reason", final_reason, FIELD_TEXT, 0),
    C("reason_header", reason_header, FIELD_TEXT, 0),
    C("ended_by", ended_by, FIELD_TEXT, 0),
    C("auth_challenged", auth_challenged, FIELD_BOOL, 0),
    C("invite_count", invite_count, FIELD_INT, 0),
    C("retransmissions", retransmissions, FIELD_INT, 0),
    C("reinvite_count", reinvite_count, FIELD_INT, 0),
    C("post_dial_delay_ms", post_dial_delay_ms, FIELD_REAL, 3),
    C("setup_ms", setup_ms, FIELD_REAL, 3),
    C("ring_ms", ring_ms, FIELD_REAL, 3),
    C("disconnect_delay_ms", disconnect_delay_ms, FIELD_REAL, 3),
    C("duration_ms", duration_ms, FIELD_REAL, 3),
    C("duration_open", duration_open, FIELD_BOOL, 0),
    C("outcome", outcome, FIELD_TEXT, 0),
    C("nos_cause", nos_cause, FIELD_TEXT, 0),
    C("codecs", codecs, FIELD_JSON, 0),
    C("one_way", one_way, FIELD_BOOL, 0),
    C("media_verdict", media_verdict, FIELD_TEXT, 0),
    C("capture_confidence", capture_confidence, FIELD_TEXT, 0),
    C("capture_confidence_reasons", capture_confidence_reasons, FIELD_JSON, 0),
    C("mos_lq", mos_lq, FIELD_REAL, 3),
    C("mos_cq", mos_cq, FIELD_REAL, 3),
    C("jitter_ms_p95", jitter_ms_p95, FIELD_REAL, 3),
    C("loss_ratio", loss_ratio, FIELD_REAL, 6),
    C("bad_seconds", bad_seconds, FIELD_INT, 0),
    C("worst_10s_mos_lq", worst_10s_mos_lq, FIELD_REAL, 3),
    C("interval_mos.p5", interval_mos_p5, FIELD_REAL, 3),
    C("interval_mos.p50", interval_mos_p50, FIELD_REAL, 3),
    C("silence_ratio", silence_ratio, FIELD_REAL, 4),
    C("codec_changes_unannounced", codec_changes_unannounced, FIELD_INT, 0),
    C("foreign_sources", foreign_sources, FIELD_INT, 0),
    C("packets", packets, FIELD_INT, 0),
    C("fax", fax, FIELD_BOOL, 0),
    C("dtmf", dtmf, FIELD_JSON, 0),
    C("vq_reports", vq_reports, FIELD_JSON, 0),
    C("vlan", vlan, FIELD_TEXT, 0),
    C("tunnel", tunnel, FIELD_TEXT, 0),
    C("sip_anomalies", sip_anomalies, FIELD_JSON, 0),
    C("settled_time", settled_time, FIELD_TIME, 0),
    C("closed_time", closed_time, FIELD_TIME, 0),
    C("ended_how", ended_how, FIELD_TEXT, 0),
    C("q850_cause", q850_cause, FIELD_INT, 0),
    C("challenged_by", challenged_by, FIELD_ADDR, 0),
    C("branches", branches, FIELD_INT, 0),
    C("sightings", sightings, FIELD_INT, 0),
    C("early_media", early_media, FIELD_BOOL, 0),
    C("late_offer", late_offer, FIELD_BOOL, 0),
    C("hold_count", hold_count, FIELD_INT, 0),
    C("hold_ms", hold_ms, FIELD_REAL, 3),
    C("session_expires_s", session_expires_s, FIELD_INT, 0),
    C("history", history, FIELD_JSON, 0),
    C("links", links, FIELD_JSON, 0),
    C("deviations", deviations, FIELD_JSON, 0),
    C("media_evidence", media_evidence, FIELD_JSON, 0),
    C("media_timeouts", media_timeouts, FIELD_JSON, 0),
    C("from_number", from_number, FIELD_TEXT, 0),
    C("to_number", to_number, FIELD_TEXT, 0),
    C("trunk_in", trunk_in, FIELD_TEXT, 0),
    C("trunk_out", trunk_out, FIELD_TEXT, 0),
    C("destination", destination, FIELD_TEXT, 0),
    C("destination_prefix", destination_prefix, FIELD_TEXT, 0),
    C("leg_group", leg_group, FIELD_ID, 0),
    C("stir", stir, FIELD_JSON, 0),
    C("kept", kept, FIELD_TEXT, 0),
    C("kept_by", kept_by, FIELD_TEXT, 0),
    C("emergency", emergency, FIELD_BOOL, 0),
    C("media_offered", media_offered, FIELD_TEXT, 0),
};

#define T(name, member, kind, decimals) F(transaction_record, name, member, kind, decimals)
static const struct record_field transaction_fields[] = {
    T("id", id, FIELD_ID, 0),
    T("method", method, FIELD_TEXT, 0),
    T("call_id", call_id, FIELD_TEXT, 0),
    T("user", user, FIELD_TEXT, 0),
    T("from_uri", from_uri, FIELD_TEXT, 0),
    T("to_uri", to_uri, FIELD_TEXT, 0),
    T("src", src, FIELD_ADDR, 0),
    T("dst", dst, FIELD_ADDR, 0),
    T("user_agent", user_agent, FIELD_TEXT, 0),
    T("time", time, FIELD_TIME, 0),
    T("final_status", final_status, FIELD_INT, 0),
    T("final_reason", final_reason, FIELD_TEXT, 0),
    T("round_trip_ms", round_trip_ms, FIELD_REAL, 3),
    T("expires_s", expires_s, FIELD_INT, 0),
    T("attempts", attempts, FIELD_INT, 0),
    T("auth_challenged", auth_challenged, FIELD_BOOL, 0),
    T("contact", contact, FIELD_TEXT, 0),
    T("contacts", contacts, FIELD_INT, 0),
};

#define L(name, member, kind) F(capture_record, name, member, kind, 0)
static const struct record_field capture_fields[] = {
    L("source", source, FIELD_TEXT),
    L("start_time", start_time, FIELD_TIME),
    L("end_time", end_time, FIELD_TIME),
    L("received", received, FIELD_INT),
    L("received_bytes", received_bytes, FIELD_INT),
    L("kernel_dropped", kernel_dropped, FIELD_INT),
    L("interface_dropped", interface_dropped, FIELD_INT),
    L("truncated", truncated, FIELD_INT),
    L("duplicate_frames", duplicate_frames, FIELD_INT),
    L("malformed", malformed, FIELD_JSON),
    L("fragments_expired", fragments_expired, FIELD_INT),
    L("tcp_gaps", tcp_gaps, FIELD_INT),
    L("tracked_limit", tracked_limit, FIELD_INT),
    L("refusals", refusals, FIELD_JSON),
    L("bins", bins, FIELD_JSON),
    L("sip_anomalies", sip_anomalies, FIELD_JSON),
    L("protocols", protocols, FIELD_JSON),
    L("stored", stored, FIELD_INT),
    L("store_dropped", store_dropped, FIELD_INT),
    L("not_kept", not_kept, FIELD_INT),
    L("store_losses", store_losses, FIELD_JSON),
    L("calls", calls, FIELD_INT),
    L("streams", streams, FIELD_INT),
};

#define A(name, member, kind, decimals) F(alert_record, name, member, kind, decimals)
static const struct record_field alert_fields[] = {
    A("id", id, FIELD_ID, 0),
    A("rule", rule, FIELD_TEXT, 0),
    A("severity", severity, FIELD_TEXT, 0),
    A("state", state, FIELD_TEXT, 0),
    A("group", group, FIELD_TEXT, 0),
    A("labels", labels, FIELD_JSON, 0),
    A("summary", summary, FIELD_TEXT, 0),
    A("description", description, FIELD_TEXT, 0),
    A("runbook", runbook, FIELD_TEXT, 0),
    A("since", since, FIELD_TIME, 0),
    A("time", time, FIELD_TIME, 0),
    A("fired_time", fired_time, FIELD_TIME, 0),
    A("changed_time", changed_time, FIELD_TIME, 0),
    A("ended_time", ended_time, FIELD_TIME, 0),
    A("value", value, FIELD_REAL, 4),
    A("threshold", threshold, FIELD_REAL, 4),
    A("unit", unit, FIELD_TEXT, 0),
    A("baseline", baseline, FIELD_REAL, 4),
    A("before", before, FIELD_REAL, 4),
    A("samples", samples, FIELD_INT, 0),
    A("matching", matching, FIELD_INT, 0),
    A("window_s", window_s, FIELD_INT, 0),
    A("flaps", flaps, FIELD_INT, 0),
    A("muted_by", muted_by, FIELD_ID, 0),
    A("calls", calls, FIELD_JSON, 0),
    A("evidence", evidence, FIELD_JSON, 0),
    A("search", search, FIELD_TEXT, 0),
};

#define X(name, member, kind, decimals) F(certificate_record, name, member, kind, decimals)
static const struct record_field certificate_fields[] = {
    X("id", id, FIELD_ID, 0),
    X("server", server, FIELD_ADDR, 0),
    X("server_name", server_name, FIELD_TEXT, 0),
    X("transport", transport, FIELD_TEXT, 0),
    X("tls_version", tls_version, FIELD_TEXT, 0),
    X("state", state, FIELD_TEXT, 0),
    X("subject", subject, FIELD_TEXT, 0),
    X("issuer", issuer, FIELD_TEXT, 0),
    X("subject_alt_names", subject_alt_names, FIELD_JSON, 0),
    X("serial", serial, FIELD_TEXT, 0),
    X("fingerprint", fingerprint, FIELD_TEXT, 0),
    X("not_before", not_before, FIELD_TIME, 0),
    X("not_after", not_after, FIELD_TIME, 0),
    X("days_left", days_left, FIELD_REAL, 2),
    X("chain_length", chain_length, FIELD_INT, 0),
    X("key_type", key_type, FIELD_TEXT, 0),
    X("key_bits", key_bits, FIELD_INT, 0),
    X("first_seen", first_seen, FIELD_TIME, 0),
    X("last_seen", last_seen, FIELD_TIME, 0),
    X("seen_count", seen_count, FIELD_INT, 0),
    X("name_matches", name_matches, FIELD_BOOL, 0),
    X("origin", origin, FIELD_TEXT, 0),
};

#define M(name, member, kind, decimals) F(mirror_record, name, member, kind, decimals)
static const struct record_field mirror_fields[] = {
    M("source", source, FIELD_TEXT, 0),
    M("start_time", start_time, FIELD_TIME, 0),
    M("end_time", end_time, FIELD_TIME, 0),
    M("frames", frames, FIELD_INT, 0),
    M("duplicate_frames", duplicate_frames, FIELD_INT, 0),
    M("duplicate_ratio", duplicate_ratio, FIELD_REAL, 6),
    M("truncated", truncated, FIELD_INT, 0),
    M("truncated_ratio", truncated_ratio, FIELD_REAL, 6),
    M("conversations", conversations, FIELD_INT, 0),
    M("one_way", one_way, FIELD_INT, 0),
    M("vlan_asymmetric", vlan_asymmetric, FIELD_INT, 0),
    M("vlans", vlans, FIELD_JSON, 0),
    M("tunnels", tunnels, FIELD_JSON, 0),
    M("complaints", complaints, FIELD_JSON, 0),
};

#define O(name, member, kind, decimals) F(store_record, name, member, kind, decimals)
static const struct record_field store_fields[] = {
    O("id", id, FIELD_ID, 0),
    O("time", time, FIELD_TIME, 0),
    O("step", step, FIELD_TEXT, 0),
    O("step_cause", step_cause, FIELD_TEXT, 0),
    O("rows_bytes", rows_bytes, FIELD_INT, 0),
    O("signalling_bytes", signalling_bytes, FIELD_INT, 0),
    O("media_bytes", media_bytes, FIELD_INT, 0),
    O("audio_bytes", audio_bytes, FIELD_INT, 0),
    O("disk_bytes", disk_bytes, FIELD_INT, 0),
    O("disk_free_bytes", disk_free_bytes, FIELD_INT, 0),
    O("growth_bytes_s", growth_bytes_s, FIELD_REAL, 1),
    O("days_left", days_left, FIELD_REAL, 1),
    O("days", days, FIELD_INT, 0),
    O("oldest_rows_time", oldest_rows_time, FIELD_TIME, 0),
    O("oldest_signalling_time", oldest_signalling_time, FIELD_TIME, 0),
    O("oldest_media_time", oldest_media_time, FIELD_TIME, 0),
    O("oldest_audio_time", oldest_audio_time, FIELD_TIME, 0),
    O("removed_bytes", removed_bytes, FIELD_INT, 0),
    O("removed", removed, FIELD_JSON, 0),
    O("pinned_calls", pinned_calls, FIELD_INT, 0),
    O("losses", losses, FIELD_JSON, 0),
};

#define G(name, member, kind, decimals) F(leg_record, name, member, kind, decimals)
static const struct record_field leg_fields[] = {
    G("id", id, FIELD_ID, 0),
    G("leg_group", leg_group, FIELD_ID, 0),
    G("call_a", call_a, FIELD_ID, 0),
    G("call_b", call_b, FIELD_ID, 0),
    G("call_id_a", call_id_a, FIELD_TEXT, 0),
    G("call_id_b", call_id_b, FIELD_TEXT, 0),
    G("time", time, FIELD_TIME, 0),
    G("certain", certain, FIELD_BOOL, 0),
    G("score", score, FIELD_REAL, 3),
    G("evidence", evidence, FIELD_JSON, 0),
    G("media", media, FIELD_JSON, 0),
    G("loss_added_ratio", loss_added_ratio, FIELD_REAL, 6),
    G("delay_added_ms", delay_added_ms, FIELD_REAL, 3),
};

#define K(name, member, kind, decimals) F(kpi_record, name, member, kind, decimals)
static const struct record_field kpi_fields[] = {
    K("id", id, FIELD_ID, 0),
    K("time", time, FIELD_TIME, 0),
    K("window_s", window_s, FIELD_INT, 0),
    K("trunk", trunk, FIELD_TEXT, 0),
    K("direction", direction, FIELD_TEXT, 0),
    K("destination", destination, FIELD_TEXT, 0),
    K("attempts", attempts, FIELD_INT, 0),
    K("answered", answered, FIELD_INT, 0),
    K("failure", failure, FIELD_INT, 0),
    K("nos", nos, FIELD_INT, 0),
    K("nos_busy", nos_busy, FIELD_INT, 0),
    K("nos_cancel", nos_cancel, FIELD_INT, 0),
    K("nos_not_found", nos_not_found, FIELD_INT, 0),
    K("nos_other", nos_other, FIELD_INT, 0),
    K("asr_ratio", asr_ratio, FIELD_REAL, 6),
    K("ner_ratio", ner_ratio, FIELD_REAL, 6),
    K("ser_ratio", ser_ratio, FIELD_REAL, 6),
    K("seer_ratio", seer_ratio, FIELD_REAL, 6),
    K("isa_ratio", isa_ratio, FIELD_REAL, 6),
    K("scr_ratio", scr_ratio, FIELD_REAL, 6),
    K("ended", ended, FIELD_INT, 0),
    K("duration_s", duration_s, FIELD_REAL, 3),
    K("acd_s", acd_s, FIELD_REAL, 3),
    K("short_calls", short_calls, FIELD_INT, 0),
    K("ended_by_caller", ended_by_caller, FIELD_INT, 0),
    K("ended_by_callee", ended_by_callee, FIELD_INT, 0),
    K("pdd_ms.p50", pdd_ms_p50, FIELD_REAL, 0),
    K("pdd_ms.p95", pdd_ms_p95, FIELD_REAL, 0),
    K("mos_lq.p50", mos_lq_p50, FIELD_REAL, 2),
    K("mos_lq.p5", mos_lq_p5, FIELD_REAL, 2),
    K("one_way", one_way, FIELD_INT, 0),
    K("judged", judged, FIELD_INT, 0),
    K("concurrent_max", concurrent_max, FIELD_INT, 0),
    K("channel_limit", channel_limit, FIELD_INT, 0),
    K("responses", responses, FIELD_JSON, 0),
    K("pdd_histogram", pdd_histogram, FIELD_JSON, 0),
    K("mos_histogram", mos_histogram, FIELD_JSON, 0),
};

#define N(name, member, kind, decimals) F(registration_record, name, member, kind, decimals)
static const struct record_field registration_fields[] = {
    N("id", id, FIELD_ID, 0),
    N("user", user, FIELD_TEXT, 0),
    N("domain", domain, FIELD_TEXT, 0),
    N("source", source, FIELD_TEXT, 0),
    N("registrar", registrar, FIELD_TEXT, 0),
    N("state", state, FIELD_TEXT, 0),
    N("since", since, FIELD_TIME, 0),
    N("expires_time", expires_time, FIELD_TIME, 0),
    N("contact", contact, FIELD_TEXT, 0),
    N("user_agent", user_agent, FIELD_TEXT, 0),
    N("contacts", contacts, FIELD_INT, 0),
    N("attempts", attempts, FIELD_INT, 0),
    N("successes", successes, FIELD_INT, 0),
    N("challenges", challenges, FIELD_INT, 0),
    N("failures", failures, FIELD_INT, 0),
    N("unanswered", unanswered, FIELD_INT, 0),
    N("last_status", last_status, FIELD_INT, 0),
    N("round_trip_ms", round_trip_ms, FIELD_REAL, 3),
    N("flaps", flaps, FIELD_INT, 0),
    N("first_seen", first_seen, FIELD_TIME, 0),
    N("last_seen", last_seen, FIELD_TIME, 0),
    N("last_success", last_success, FIELD_TIME, 0),
};

#define P(name, member, kind, decimals) F(peer_record, name, member, kind, decimals)
static const struct record_field peer_fields[] = {
    P("id", id, FIELD_ID, 0),
    P("source", source, FIELD_TEXT, 0),
    P("target", target, FIELD_TEXT, 0),
    P("trunk", trunk, FIELD_TEXT, 0),
    P("state", state, FIELD_TEXT, 0),
    P("since", since, FIELD_TIME, 0),
    P("last_good", last_good, FIELD_TIME, 0),
    P("pings", pings, FIELD_INT, 0),
    P("answered", answered, FIELD_INT, 0),
    P("unanswered", unanswered, FIELD_INT, 0),
    P("refused", refused, FIELD_INT, 0),
    P("round_trip_ms.mean", round_trip_ms_mean, FIELD_REAL, 3),
    P("round_trip_ms.p95", round_trip_ms_p95, FIELD_REAL, 3),
    P("round_trip_ms.last", round_trip_ms_last, FIELD_REAL, 3),
    P("flaps", flaps, FIELD_INT, 0),
    P("subscribe", subscribe, FIELD_INT, 0),
    P("notify", notify, FIELD_INT, 0),
    P("publish", publish, FIELD_INT, 0),
    P("message", message, FIELD_INT, 0),
    P("first_seen", first_seen, FIELD_TIME, 0),
    P("last_seen", last_seen, FIELD_TIME, 0),
    P("history", history, FIELD_JSON, 0),
};

#define Y(name, member, kind, decimals) F(security_record, name, member, kind, decimals)
static const struct record_field security_fields[] = {
    Y("id", id, FIELD_ID, 0),
    Y("fact", fact, FIELD_TEXT, 0),
    Y("source", source, FIELD_TEXT, 0),
    Y("subject", subject, FIELD_TEXT, 0),
    Y("trunk", trunk, FIELD_TEXT, 0),
    Y("first_seen", first_seen, FIELD_TIME, 0),
    Y("last_seen", last_seen, FIELD_TIME, 0),
    Y("count", count, FIELD_INT, 0),
    Y("distinct", distinct, FIELD_INT, 0),
    Y("window_s", window_s, FIELD_INT, 0),
    Y("threshold", threshold, FIELD_INT, 0),
    Y("call", call, FIELD_ID, 0),
    Y("call_id", call_id, FIELD_TEXT, 0),
    Y("user_agent", user_agent, FIELD_TEXT, 0),
    Y("evidence", evidence, FIELD_JSON, 0),
};

#define D(name, member, kind, decimals) F(load_record, name, member, kind, decimals)
static const struct record_field load_fields[] = {
    D("time", time, FIELD_TIME, 0),
    D("trunk", trunk, FIELD_TEXT, 0),
    D("concurrent", concurrent, FIELD_INT, 0),
    D("channel_limit", channel_limit, FIELD_INT, 0),
};

#define E(name, member, kind, decimals) F(probe_record, name, member, kind, decimals)
static const struct record_field probe_fields[] = {
    E("time", time, FIELD_TIME, 0),
    E("uptime_s", uptime_s, FIELD_INT, 0),
    E("clock_step_ms", clock_step_ms, FIELD_REAL, 3),
    E("clock_synchronised", clock_synchronised, FIELD_BOOL, 0),
    E("packet_age_ms", packet_age_ms, FIELD_REAL, 3),
    E("sip_date_offset_ms", sip_date_offset_ms, FIELD_REAL, 3),
    E("sip_dates", sip_dates, FIELD_INT, 0),
    E("received", received, FIELD_INT, 0),
    E("dropped", dropped, FIELD_INT, 0),
    E("store_queued", store_queued, FIELD_INT, 0),
};

#define B(name, member, kind, decimals) F(baseline_record, name, member, kind, decimals)
static const struct record_field baseline_fields[] = {
    B("id", id, FIELD_ID, 0),
    B("time", time, FIELD_TIME, 0),
    B("rule", rule, FIELD_TEXT, 0),
    B("labels", labels, FIELD_JSON, 0),
    B("value", value, FIELD_REAL, 6),
    B("samples", samples, FIELD_INT, 0),
};

#define TYPE(name) \
    const struct record_type record_type_##name = { \
        #name, sizeof(struct name##_record), name##_fields, COUNT(name##_fields) }
TYPE(call);
TYPE(stream);
TYPE(transaction);
TYPE(capture);
TYPE(alert);
TYPE(certificate);
TYPE(mirror);
TYPE(store);
TYPE(leg);
TYPE(kpi);
TYPE(registration);
TYPE(peer);
TYPE(security);
TYPE(load);
TYPE(probe);
TYPE(baseline);
/* clang-format on */

const struct record_field *record_field_find(const struct record_type *type, struct slice name)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (slice_eq(slice_of_text(type->fields[i].name), name))
            return &type->fields[i];
    }
    return NULL;
}

void record_clear(const struct record_type *type, void *record)
{
    memset(record, 0, type->size);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];
        char *at = (char *)record + f->offset;

        if (f->kind == FIELD_INT || f->kind == FIELD_TIME || f->kind == FIELD_SSRC)
            *(int64_t *)(void *)at = RECORD_NONE;
        else if (f->kind == FIELD_REAL)
            *(double *)(void *)at = NAN;
        else if (f->kind == FIELD_BOOL)
            *(int8_t *)(void *)at = -1;
    }
}

void *record_clone(const struct record_type *type, const void *record)
{
    size_t total = type->size;
    char *copy, *text;

    for (size_t i = 0; i < type->field_count; i++) {
        if (record_is_slice(&type->fields[i]))
            total += ((const struct slice *)record_at(record, &type->fields[i]))->len;
    }
    copy = malloc(total);
    if (!copy)
        return NULL;
    memcpy(copy, record, type->size);
    text = copy + type->size;
    for (size_t i = 0; i < type->field_count; i++) {
        struct slice *s = (struct slice *)(void *)(copy + type->fields[i].offset);

        if (!record_is_slice(&type->fields[i]) || !s->p)
            continue;
        if (s->len)
            memcpy(text, s->p, s->len);
        s->p = text;
        text += s->len;
    }
    return copy;
}

static void write_addr(struct jsonw *j, const struct addr *a)
{
    static const struct addr none;
    char text[ADDR_TEXT_MAX];

    if (addr_eq(a, &none))
        jsonw_null(j);
    else
        jsonw_text(j, slice_of(text, addr_format(a, text)));
}

static void write_hex(struct jsonw *j, const char *format, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, format, (unsigned long long)value);
    jsonw_text(j, slice_of_text(text));
}

void record_write_field(struct jsonw *j, const struct record_field *f, const void *record)
{
    union {
        const void *v;
        const struct slice *text;
        const int64_t *number;
        const double *real;
        const int8_t *truth;
        const struct addr *addr;
        const uint64_t *id;
    } at = { record_at(record, f) };

    switch ((enum field_kind)f->kind) {
    case FIELD_TEXT:
        jsonw_text(j, *at.text);
        return;
    case FIELD_JSON:
        jsonw_raw(j, at.text->p ? *at.text : SLICE("null"));
        return;
    case FIELD_INT:
        if (*at.number == RECORD_NONE)
            jsonw_null(j);
        else
            jsonw_int(j, *at.number);
        return;
    case FIELD_TIME:
        if (*at.number == RECORD_NONE)
            jsonw_null(j);
        else
            jsonw_time(j, *at.number);
        return;
    case FIELD_REAL:
        jsonw_real(j, *at.real, f->decimals);
        return;
    case FIELD_BOOL:
        if (*at.truth < 0)
            jsonw_null(j);
        else
            jsonw_bool(j, *at.truth != 0);
        return;
    case FIELD_ADDR:
        write_addr(j, at.addr);
        return;
    case FIELD_ID:
        if (*at.id)
            write_hex(j, "%016llx", *at.id);
        else
            jsonw_null(j);
        return;
    case FIELD_SSRC:
        if (*at.number == RECORD_NONE)
            jsonw_null(j);
        else
            write_hex(j, "0x%08llx", (uint64_t)*at.number);
        return;
    case FIELD_INTERVALS:
        interval_write_json(j, *at.text);
        return;
    }
}

/* How many leading "a.b." levels two names share, as a length. */
static size_t shared_levels(const char *a, const char *b)
{
    size_t shared = 0;

    for (size_t i = 0; a[i] && a[i] == b[i]; i++) {
        if (a[i] == '.')
            shared = i + 1;
    }
    return shared;
}

static void close_levels(struct jsonw *j, const char *name, size_t from)
{
    for (size_t i = from; name[i]; i++) {
        if (name[i] == '.')
            jsonw_object_close(j);
    }
}

/* Opens an object for each level of name past `from`; the key of the value itself is left. */
static void open_levels(struct jsonw *j, const char *name, size_t from)
{
    char level[32];
    const char *dot;

    for (name += from; (dot = strchr(name, '.')) != NULL; name = dot + 1) {
        snprintf(level, sizeof level, "%.*s", (int)(dot - name), name);
        jsonw_key(j, level);
        jsonw_object_open(j);
    }
    jsonw_key(j, name);
}

static void write_fields(struct jsonw *j, const struct record_type *type, const void *record)
{
    const char *last = "";

    for (size_t i = 0; i < type->field_count; i++) {
        const char *name = type->fields[i].name;
        size_t shared = shared_levels(last, name);

        close_levels(j, last, shared);
        open_levels(j, name, shared);
        record_write_field(j, &type->fields[i], record);
        last = name;
    }
    close_levels(j, last, 0);
}

static void write_type(struct jsonw *j, const struct record_type *type, const void *record)
{
    struct slice name = slice_of_text(type->name);

    if (type == &record_type_transaction)
        name = ((const struct transaction_record *)record)->method;
    jsonw_key(j, "type");
    jsonw_text(j, name);
}

void record_write_alone(struct jsonw *j, const struct record_type *type, const void *record)
{
    jsonw_object_open(j);
    write_type(j, type, record);
    write_fields(j, type, record);
    jsonw_object_close(j);
}

void record_write_members(struct jsonw *j, const struct record_type *type, const void *record)
{
    write_type(j, type, record);
    write_fields(j, type, record);
    if (type == &record_type_call) {
        const struct call_record *call = record;

        jsonw_key(j, "streams");
        jsonw_array_open(j);
        for (size_t i = 0; i < call->stream_count; i++)
            record_write_json(j, &record_type_stream, &call->streams[i]);
        jsonw_array_close(j);
    }
}

void record_write_json(struct jsonw *j, const struct record_type *type, const void *record)
{
    jsonw_object_open(j);
    record_write_members(j, type, record);
    jsonw_object_close(j);
}
