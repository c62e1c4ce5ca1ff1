-- Alerts with their labels, evidence and life; what is normal; calls for help.
ALTER TABLE calls ADD COLUMN emergency INTEGER;
ALTER TABLE calls ADD COLUMN media_offered ANY;
ALTER TABLE certificates ADD COLUMN name_matches INTEGER;
ALTER TABLE certificates ADD COLUMN origin TEXT;

ALTER TABLE alerts ADD COLUMN labels TEXT;
ALTER TABLE alerts ADD COLUMN fired_time INTEGER;
ALTER TABLE alerts ADD COLUMN changed_time INTEGER;
ALTER TABLE alerts ADD COLUMN unit TEXT;
ALTER TABLE alerts ADD COLUMN baseline REAL;
ALTER TABLE alerts ADD COLUMN before REAL;
ALTER TABLE alerts ADD COLUMN matching INTEGER;
ALTER TABLE alerts ADD COLUMN flaps INTEGER;
ALTER TABLE alerts ADD COLUMN muted_by INTEGER;
ALTER TABLE alerts ADD COLUMN evidence TEXT;
ALTER TABLE alerts ADD COLUMN search TEXT;

CREATE TABLE baselines (
    id                          INTEGER PRIMARY KEY,
    time                        INTEGER,
    rule                        TEXT,
    labels                      TEXT,
    value                       REAL,
    samples                     INTEGER
) STRICT;

DROP VIEW calls_shown;
CREATE VIEW calls_shown AS SELECT
    id,
    call_id,
    iif(typeof(transport) = 'integer', (SELECT text FROM texts WHERE texts.id = transport), transport) AS transport,
    state,
    from_user,
    to_user,
    iif(typeof(from_uri) = 'blob', 'sip:' || from_user || CAST(from_uri AS TEXT), from_uri) AS from_uri,
    iif(typeof(to_uri) = 'blob', 'sip:' || to_user || CAST(to_uri AS TEXT), to_uri) AS to_uri,
    iif(typeof(request_uri) = 'integer', iif(typeof(to_uri) = 'blob', 'sip:' || to_user || CAST(to_uri AS TEXT), to_uri), request_uri) AS request_uri,
    from_tag,
    to_tag,
    src,
    dst,
    iif(typeof(user_agent) = 'integer', (SELECT text FROM texts WHERE texts.id = user_agent), user_agent) AS user_agent,
    iif(typeof(server) = 'integer', (SELECT text FROM texts WHERE texts.id = server), server) AS server,
    iif(typeof(invite_time) = 'text', (id >> 11) * 1000, invite_time) AS invite_time,
    first_18x_time,
    answer_time,
    end_time,
    final_status,
    iif(typeof(final_reason) = 'integer', (SELECT text FROM texts WHERE texts.id = final_reason), final_reason) AS final_reason,
    iif(typeof(reason_header) = 'integer', (SELECT text FROM texts WHERE texts.id = reason_header), reason_header) AS reason_header,
    iif(typeof(ended_by) = 'integer', (SELECT text FROM texts WHERE texts.id = ended_by), ended_by) AS ended_by,
    auth_challenged,
    invite_count,
    retransmissions,
    reinvite_count,
    iif(typeof(post_dial_delay_ms) = 'integer', post_dial_delay_ms / 1000.0, post_dial_delay_ms) AS post_dial_delay_ms,
    iif(typeof(setup_ms) = 'integer', setup_ms / 1000.0, setup_ms) AS setup_ms,
    iif(typeof(ring_ms) = 'integer', ring_ms / 1000.0, ring_ms) AS ring_ms,
    iif(typeof(disconnect_delay_ms) = 'integer', disconnect_delay_ms / 1000.0, disconnect_delay_ms) AS disconnect_delay_ms,
    iif(typeof(duration_ms) = 'integer', duration_ms / 1000.0, duration_ms) AS duration_ms,
    duration_open,
    iif(typeof(outcome) = 'integer', (SELECT text FROM texts WHERE texts.id = outcome), outcome) AS outcome,
    iif(typeof(nos_cause) = 'integer', (SELECT text FROM texts WHERE texts.id = nos_cause), nos_cause) AS nos_cause,
    iif(typeof(codecs) = 'integer', ifnull((SELECT text FROM texts WHERE texts.id = codecs), '[]'), codecs) AS codecs,
    one_way,
    iif(typeof(media_verdict) = 'integer', (SELECT text FROM texts WHERE texts.id = media_verdict), media_verdict) AS media_verdict,
    iif(typeof(capture_confidence) = 'integer', (SELECT text FROM texts WHERE texts.id = capture_confidence), capture_confidence) AS capture_confidence,
    iif(typeof(capture_confidence_reasons) = 'integer', '[]', capture_confidence_reasons) AS capture_confidence_reasons,
    iif(typeof(mos_lq) = 'integer', mos_lq / 1000.0, mos_lq) AS mos_lq,
    iif(typeof(mos_cq) = 'integer', mos_cq / 1000.0, mos_cq) AS mos_cq,
    iif(typeof(jitter_ms_p95) = 'integer', jitter_ms_p95 / 1000.0, jitter_ms_p95) AS jitter_ms_p95,
    iif(typeof(loss_ratio) = 'integer', loss_ratio / 1000000.0, loss_ratio) AS loss_ratio,
    bad_seconds,
    iif(typeof(worst_10s_mos_lq) = 'integer', worst_10s_mos_lq / 1000.0, worst_10s_mos_lq) AS worst_10s_mos_lq,
    iif(typeof(interval_mos_p5) = 'integer', interval_mos_p5 / 1000.0, interval_mos_p5) AS interval_mos_p5,
    iif(typeof(interval_mos_p50) = 'integer', interval_mos_p50 / 1000.0, interval_mos_p50) AS interval_mos_p50,
    iif(typeof(silence_ratio) = 'integer', silence_ratio / 10000.0, silence_ratio) AS silence_ratio,
    codec_changes_unannounced,
    foreign_sources,
    packets,
    fax,
    dtmf,
    iif(typeof(vq_reports) = 'integer', '[]', vq_reports) AS vq_reports,
    iif(typeof(vlan) = 'integer', (SELECT text FROM texts WHERE texts.id = vlan), vlan) AS vlan,
    iif(typeof(tunnel) = 'integer', (SELECT text FROM texts WHERE texts.id = tunnel), tunnel) AS tunnel,
    iif(typeof(sip_anomalies) = 'integer', '[]', sip_anomalies) AS sip_anomalies,
    iif(typeof(settled_time) = 'text', ifnull(answer_time, end_time), settled_time) AS settled_time,
    iif(typeof(closed_time) = 'text', end_time, closed_time) AS closed_time,
    iif(typeof(ended_how) = 'integer', (SELECT text FROM texts WHERE texts.id = ended_how), ended_how) AS ended_how,
    q850_cause,
    challenged_by,
    branches,
    sightings,
    early_media,
    late_offer,
    hold_count,
    iif(typeof(hold_ms) = 'integer', hold_ms / 1000.0, hold_ms) AS hold_ms,
    session_expires_s,
    history,
    links,
    iif(typeof(deviations) = 'integer', '[]', deviations) AS deviations,
    media_evidence,
    iif(typeof(media_timeouts) = 'integer', '[]', media_timeouts) AS media_timeouts,
    iif(typeof(from_number) = 'integer', from_user, from_number) AS from_number,
    iif(typeof(to_number) = 'integer', to_user, to_number) AS to_number,
    iif(typeof(trunk_in) = 'integer', (SELECT text FROM texts WHERE texts.id = trunk_in), trunk_in) AS trunk_in,
    iif(typeof(trunk_out) = 'integer', (SELECT text FROM texts WHERE texts.id = trunk_out), trunk_out) AS trunk_out,
    iif(typeof(destination) = 'integer', (SELECT text FROM texts WHERE texts.id = destination), destination) AS destination,
    iif(typeof(destination_prefix) = 'integer', (SELECT text FROM texts WHERE texts.id = destination_prefix), destination_prefix) AS destination_prefix,
    leg_group,
    stir,
    iif(typeof(kept) = 'integer', (SELECT text FROM texts WHERE texts.id = kept), kept) AS kept,
    iif(typeof(kept_by) = 'integer', (SELECT text FROM texts WHERE texts.id = kept_by), kept_by) AS kept_by,
    emergency,
    iif(typeof(media_offered) = 'integer', (SELECT text FROM texts WHERE texts.id = media_offered), media_offered) AS media_offered
FROM calls;
