-- Quality told in full: what the model of each codec needs, six playout buffers, seconds and levels,
-- what RTCP and phones report, fax. Intervals are packed from now on; those that were JSON stay so,
-- readers know both.

ALTER TABLE streams ADD COLUMN foreign_source INTEGER;
ALTER TABLE streams ADD COLUMN fmtp TEXT;
ALTER TABLE streams ADD COLUMN skew_ms_min REAL;
ALTER TABLE streams ADD COLUMN skew_ms_max REAL;
ALTER TABLE streams ADD COLUMN clock_drift_ppm REAL;
ALTER TABLE streams ADD COLUMN talkspurts INTEGER;
ALTER TABLE streams ADD COLUMN comfort_noise INTEGER;
ALTER TABLE streams ADD COLUMN dtx_ratio REAL;
ALTER TABLE streams ADD COLUMN loss_runs TEXT;
ALTER TABLE streams ADD COLUMN playout_jb20_late INTEGER;
ALTER TABLE streams ADD COLUMN playout_jb20_lost_total INTEGER;
ALTER TABLE streams ADD COLUMN playout_jb60_late INTEGER;
ALTER TABLE streams ADD COLUMN playout_jb60_lost_total INTEGER;
ALTER TABLE streams ADD COLUMN playout_jb120_late INTEGER;
ALTER TABLE streams ADD COLUMN playout_jb120_lost_total INTEGER;
ALTER TABLE streams ADD COLUMN r_jb20 REAL;
ALTER TABLE streams ADD COLUMN r_jb60 REAL;
ALTER TABLE streams ADD COLUMN r_jb120 REAL;
ALTER TABLE streams ADD COLUMN r_cq REAL;
ALTER TABLE streams ADD COLUMN mos_lq_jb20 REAL;
ALTER TABLE streams ADD COLUMN mos_lq_jb60 REAL;
ALTER TABLE streams ADD COLUMN mos_lq_jb120 REAL;
ALTER TABLE streams ADD COLUMN bad_seconds INTEGER;
ALTER TABLE streams ADD COLUMN worst_10s_mos_lq REAL;
ALTER TABLE streams ADD COLUMN worst_10s_time INTEGER;
ALTER TABLE streams ADD COLUMN interval_mos_p5 REAL;
ALTER TABLE streams ADD COLUMN interval_mos_p50 REAL;
ALTER TABLE streams ADD COLUMN level_dbm0 REAL;
ALTER TABLE streams ADD COLUMN silence_ratio REAL;
ALTER TABLE streams ADD COLUMN clipping_ratio REAL;
ALTER TABLE streams ADD COLUMN rtcp_sender_reports INTEGER;
ALTER TABLE streams ADD COLUMN rtcp_sender_packets INTEGER;
ALTER TABLE streams ADD COLUMN rtcp_rtt_receiver_ms REAL;
ALTER TABLE streams ADD COLUMN rtcp_lost_before_probe INTEGER;
ALTER TABLE streams ADD COLUMN rtcp_lost_after_probe INTEGER;
ALTER TABLE streams ADD COLUMN rtcp_loss_side TEXT;
ALTER TABLE streams ADD COLUMN rtcp_cname TEXT;
ALTER TABLE streams ADD COLUMN rtcp_bye_time INTEGER;
ALTER TABLE streams ADD COLUMN rtcp_xr TEXT;
ALTER TABLE streams ADD COLUMN model_codec TEXT;
ALTER TABLE streams ADD COLUMN model_scale TEXT;
ALTER TABLE streams ADD COLUMN model_cq_delay_ms REAL;
ALTER TABLE streams ADD COLUMN udptl_recovered INTEGER;
ALTER TABLE streams ADD COLUMN udptl_error_correction TEXT;
ALTER TABLE streams ADD COLUMN events TEXT;

ALTER TABLE calls ADD COLUMN bad_seconds INTEGER;
ALTER TABLE calls ADD COLUMN worst_10s_mos_lq REAL;
ALTER TABLE calls ADD COLUMN interval_mos_p5 REAL;
ALTER TABLE calls ADD COLUMN interval_mos_p50 REAL;
ALTER TABLE calls ADD COLUMN silence_ratio REAL;
ALTER TABLE calls ADD COLUMN codec_changes_unannounced INTEGER;
ALTER TABLE calls ADD COLUMN foreign_sources INTEGER;
ALTER TABLE calls ADD COLUMN fax INTEGER;
ALTER TABLE calls ADD COLUMN vq_reports TEXT;

ALTER TABLE captures ADD COLUMN not_kept INTEGER;

ALTER TABLE streams RENAME COLUMN intervals TO intervals_text;
ALTER TABLE streams ADD COLUMN intervals BLOB;
UPDATE streams SET intervals = CAST(intervals_text AS BLOB) WHERE intervals_text IS NOT NULL;
ALTER TABLE streams DROP COLUMN intervals_text;
