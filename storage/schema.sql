-- The database of one day: what the probe found, and where its packets lie.
--
-- The columns of the record tables are the fields of analyzer/record.c, in their order, a dot
-- in a name being an underscore here; a test holds the two against each other. Their meaning and
-- units are in docs/METRICS.md. Besides:
--
--   * An unknown value is NULL.
--   * Times are nanoseconds since 1970 UTC. Truth is 0 or 1.
--   * Text is as it came off the wire: it may hold NULs or broken UTF-8.
--   * An address is 'ip:port' or '[v6]:port'. "Everything from one IP" is a range of that text
--     ('10.0.0.1:' up to '10.0.0.1;', the byte after ':'), so no column of its own is needed and
--     one index on src would serve both questions.
--   * id is the record's own (analyzer/record_id.h): its upper 53 bits are microseconds since 1970,
--     so rows are appended in order of time and a range of time is a range of ids.
--
--   * calls is kept short: in a column of type ANY, what is of another type than the field is short
--     for it (storage/call_short.h tells how). The view calls_shown has it in full.
--
-- Only what a search cannot wait for is indexed while the day is written: an index on text that
-- arrives in random order costs ten times the insert. The ones here are on integers, and two of
-- the three grow at their right end.
--
-- PRAGMA user_version is the version of this schema. To change it: edit here, add the step that
-- brings an older database here to migrations/, raise DAY_DB_VERSION in day_db.h.

CREATE TABLE calls (
    id                          INTEGER PRIMARY KEY,
    call_id                     TEXT,
    transport                   ANY,
    state                       TEXT,
    from_user                   TEXT,
    to_user                     TEXT,
    from_uri                    ANY,
    to_uri                      ANY,
    request_uri                 ANY,
    from_tag                    TEXT,
    to_tag                      TEXT,
    src                         TEXT,
    dst                         TEXT,
    user_agent                  ANY,
    server                      ANY,
    invite_time                 ANY,
    first_18x_time              INTEGER,
    answer_time                 INTEGER,
    end_time                    INTEGER,
    final_status                INTEGER,
    final_reason                ANY,
    reason_header               ANY,
    ended_by                    ANY,
    auth_challenged             INTEGER,
    invite_count                INTEGER,
    retransmissions             INTEGER,
    reinvite_count              INTEGER,
    post_dial_delay_ms          ANY,
    setup_ms                    ANY,
    ring_ms                     ANY,
    disconnect_delay_ms         ANY,
    duration_ms                 ANY,
    duration_open               INTEGER,
    outcome                     ANY,
    nos_cause                   ANY,
    codecs                      ANY,
    one_way                     INTEGER,
    media_verdict               ANY,
    capture_confidence          ANY,
    capture_confidence_reasons  ANY,
    mos_lq                      ANY,
    mos_cq                      ANY,
    jitter_ms_p95               ANY,
    loss_ratio                  ANY,
    bad_seconds                 INTEGER,
    worst_10s_mos_lq            ANY,
    interval_mos_p5             ANY,
    interval_mos_p50            ANY,
    silence_ratio               ANY,
    codec_changes_unannounced   INTEGER,
    foreign_sources             INTEGER,
    packets                     INTEGER,
    fax                         INTEGER,
    dtmf                        TEXT,
    vq_reports                  ANY,
    vlan                        ANY,
    tunnel                      ANY,
    sip_anomalies               ANY,
    settled_time                ANY,
    closed_time                 ANY,
    ended_how                   ANY,
    q850_cause                  INTEGER,
    challenged_by               TEXT,
    branches                    INTEGER,
    sightings                   INTEGER,
    early_media                 INTEGER,
    late_offer                  INTEGER,
    hold_count                  INTEGER,
    hold_ms                     ANY,
    session_expires_s           INTEGER,
    history                     TEXT,
    links                       TEXT,
    deviations                  ANY,
    media_evidence              ANY,
    media_timeouts              ANY,
    from_number                 ANY,
    to_number                   ANY,
    trunk_in                    ANY,
    trunk_out                   ANY,
    destination                 ANY,
    destination_prefix          ANY,
    leg_group                   INTEGER,
    stir                        TEXT,
    kept                        ANY,
    kept_by                     ANY,
    emergency                   INTEGER,
    media_offered               ANY,
    -- XXH3 of call_id: finds it without an index on text; the text itself is compared after.
    call_id_hash                INTEGER
) STRICT;

CREATE INDEX calls_call_id_hash ON calls (call_id_hash);

-- The calls that are not over: what a probe that was killed left behind is closed by the next one.
CREATE INDEX calls_open ON calls (id) WHERE closed_time IS NULL;

CREATE TABLE streams (
    id                          INTEGER PRIMARY KEY,
    call                        INTEGER,
    call_id                     TEXT,
    ssrc                        INTEGER,
    src                         TEXT,
    dst                         TEXT,
    direction                   TEXT,
    media                       TEXT,
    foreign_source              INTEGER,
    payload_type                INTEGER,
    codec                       TEXT,
    fmtp                        TEXT,
    clock_rate_hz               INTEGER,
    ptime_ms                    REAL,
    start_time                  INTEGER,
    end_time                    INTEGER,
    packets                     INTEGER,
    expected                    INTEGER,
    lost                        INTEGER,
    duplicates                  INTEGER,
    out_of_order                INTEGER,
    restarts                    INTEGER,
    jitter_ms_mean              REAL,
    jitter_ms_p95               REAL,
    jitter_ms_max               REAL,
    delta_ms_mean               REAL,
    delta_ms_max                REAL,
    skew_ms_min                 REAL,
    skew_ms_max                 REAL,
    clock_drift_ppm             REAL,
    talkspurts                  INTEGER,
    comfort_noise               INTEGER,
    dtx_ratio                   REAL,
    burst_bursts                INTEGER,
    burst_density_ratio         REAL,
    burst_duration_ms           REAL,
    burst_gap_duration_ms       REAL,
    burst_longest_run           INTEGER,
    burst_burst_ratio           REAL,
    loss_runs                   TEXT,
    playout_jb20_late           INTEGER,
    playout_jb20_lost_total     INTEGER,
    playout_jb50_late           INTEGER,
    playout_jb50_lost_total     INTEGER,
    playout_jb60_late           INTEGER,
    playout_jb60_lost_total     INTEGER,
    playout_jb120_late          INTEGER,
    playout_jb120_lost_total    INTEGER,
    playout_jb200_late          INTEGER,
    playout_jb200_lost_total    INTEGER,
    playout_adaptive_late       INTEGER,
    playout_adaptive_lost_total INTEGER,
    r_raw                       REAL,
    r_jb20                      REAL,
    r_jb50                      REAL,
    r_jb60                      REAL,
    r_jb120                     REAL,
    r_jb200                     REAL,
    r_adaptive                  REAL,
    r_cq                        REAL,
    mos_lq_raw                  REAL,
    mos_lq_jb20                 REAL,
    mos_lq_jb50                 REAL,
    mos_lq_jb60                 REAL,
    mos_lq_jb120                REAL,
    mos_lq_jb200                REAL,
    mos_lq_adaptive             REAL,
    mos_cq                      REAL,
    bad_seconds                 INTEGER,
    worst_10s_mos_lq            REAL,
    worst_10s_time              INTEGER,
    interval_mos_p5             REAL,
    interval_mos_p50            REAL,
    level_dbm0                  REAL,
    silence_ratio               REAL,
    clipping_ratio              REAL,
    rtcp_reports                INTEGER,
    rtcp_sender_reports         INTEGER,
    rtcp_sender_packets         INTEGER,
    rtcp_fraction_lost_max      REAL,
    rtcp_jitter_ms_max          REAL,
    rtcp_rtt_ms                 REAL,
    rtcp_rtt_receiver_ms        REAL,
    rtcp_lost_cumulative        INTEGER,
    rtcp_lost_before_probe      INTEGER,
    rtcp_lost_after_probe       INTEGER,
    rtcp_loss_side              TEXT,
    rtcp_cname                  TEXT,
    rtcp_bye_time               INTEGER,
    rtcp_xr                     TEXT,
    dscp                        INTEGER,
    srtp                        INTEGER,
    codec_model                 TEXT,
    model_codec                 TEXT,
    model_scale                 TEXT,
    model_ppl_ratio             REAL,
    model_burst_ratio           REAL,
    model_ie                    REAL,
    model_bpl                   REAL,
    model_delay_ms              REAL,
    model_cq_delay_ms           REAL,
    model_version               TEXT,
    udptl_recovered             INTEGER,
    udptl_error_correction      TEXT,
    events                      TEXT,
    intervals                   BLOB
) STRICT;

-- A call with its streams; an orphan has no call.
CREATE INDEX streams_call ON streams (call) WHERE call IS NOT NULL;

CREATE TABLE transactions (
    id                          INTEGER PRIMARY KEY,
    method                      TEXT,
    call_id                     TEXT,
    user                        TEXT,
    from_uri                    TEXT,
    to_uri                      TEXT,
    src                         TEXT,
    dst                         TEXT,
    user_agent                  TEXT,
    time                        INTEGER,
    final_status                INTEGER,
    final_reason                TEXT,
    round_trip_ms               REAL,
    expires_s                   INTEGER,
    attempts                    INTEGER,
    auth_challenged             INTEGER,
    contact                     TEXT,
    contacts                    INTEGER
) STRICT;

CREATE TABLE captures (
    -- Made of start_time and source, so that a ledger written twice is one row.
    id                          INTEGER PRIMARY KEY,
    source                      TEXT,
    start_time                  INTEGER,
    end_time                    INTEGER,
    received                    INTEGER,
    received_bytes              INTEGER,
    kernel_dropped              INTEGER,
    interface_dropped           INTEGER,
    truncated                   INTEGER,
    duplicate_frames            INTEGER,
    malformed                   TEXT,
    fragments_expired           INTEGER,
    tcp_gaps                    INTEGER,
    tracked_limit               INTEGER,
    refusals                    TEXT,
    bins                        TEXT,
    sip_anomalies               TEXT,
    protocols                   TEXT,
    stored                      INTEGER,
    store_dropped               INTEGER,
    not_kept                    INTEGER,
    store_losses                TEXT,
    calls                       INTEGER,
    streams                     INTEGER
) STRICT;

CREATE TABLE alerts (
    id                          INTEGER PRIMARY KEY,
    rule                        TEXT,
    severity                    TEXT,
    state                       TEXT,
    "group"                     TEXT,
    labels                      TEXT,
    summary                     TEXT,
    description                 TEXT,
    runbook                     TEXT,
    since                       INTEGER,
    time                        INTEGER,
    fired_time                  INTEGER,
    changed_time                INTEGER,
    ended_time                  INTEGER,
    value                       REAL,
    threshold                   REAL,
    unit                        TEXT,
    baseline                    REAL,
    before                      REAL,
    samples                     INTEGER,
    matching                    INTEGER,
    window_s                    INTEGER,
    flaps                       INTEGER,
    muted_by                    INTEGER,
    calls                       TEXT,
    evidence                    TEXT,
    search                      TEXT
) STRICT;

CREATE TABLE certificates (
    id                          INTEGER PRIMARY KEY,
    server                      TEXT,
    server_name                 TEXT,
    transport                   TEXT,
    tls_version                 TEXT,
    state                       TEXT,
    subject                     TEXT,
    issuer                      TEXT,
    subject_alt_names           TEXT,
    serial                      TEXT,
    fingerprint                 TEXT,
    not_before                  INTEGER,
    not_after                   INTEGER,
    days_left                   REAL,
    chain_length                INTEGER,
    key_type                    TEXT,
    key_bits                    INTEGER,
    first_seen                  INTEGER,
    last_seen                   INTEGER,
    seen_count                  INTEGER,
    name_matches                INTEGER,
    origin                      TEXT
) STRICT;

-- What was normal, by the quarter of an hour (rules/).
CREATE TABLE baselines (
    id                          INTEGER PRIMARY KEY,
    time                        INTEGER,
    rule                        TEXT,
    labels                      TEXT,
    value                       REAL,
    samples                     INTEGER
) STRICT;

CREATE TABLE mirrors (
    -- Made of start_time and source, as in captures.
    id                          INTEGER PRIMARY KEY,
    source                      TEXT,
    start_time                  INTEGER,
    end_time                    INTEGER,
    frames                      INTEGER,
    duplicate_frames            INTEGER,
    duplicate_ratio             REAL,
    truncated                   INTEGER,
    truncated_ratio             REAL,
    conversations               INTEGER,
    one_way                     INTEGER,
    vlan_asymmetric             INTEGER,
    vlans                       TEXT,
    tunnels                     TEXT,
    complaints                  TEXT
) STRICT;

CREATE TABLE stores (
    id                          INTEGER PRIMARY KEY,
    time                        INTEGER,
    step                        TEXT,
    step_cause                  TEXT,
    rows_bytes                  INTEGER,
    signalling_bytes            INTEGER,
    media_bytes                 INTEGER,
    audio_bytes                 INTEGER,
    disk_bytes                  INTEGER,
    disk_free_bytes             INTEGER,
    growth_bytes_s              REAL,
    days_left                   REAL,
    days                        INTEGER,
    oldest_rows_time            INTEGER,
    oldest_signalling_time      INTEGER,
    oldest_media_time           INTEGER,
    oldest_audio_time           INTEGER,
    removed_bytes               INTEGER,
    removed                     TEXT,
    pinned_calls                INTEGER,
    losses                      TEXT
) STRICT;

CREATE TABLE legs (
    id                          INTEGER PRIMARY KEY,
    leg_group                   INTEGER,
    call_a                      INTEGER,
    call_b                      INTEGER,
    call_id_a                   TEXT,
    call_id_b                   TEXT,
    time                        INTEGER,
    certain                     INTEGER,
    score                       REAL,
    evidence                    TEXT,
    media                       TEXT,
    loss_added_ratio            REAL,
    delay_added_ms              REAL
) STRICT;

-- Both legs of a pair ask for it.
CREATE INDEX legs_call_a ON legs (call_a);
CREATE INDEX legs_call_b ON legs (call_b);

CREATE TABLE kpis (
    id                          INTEGER PRIMARY KEY,
    time                        INTEGER,
    window_s                    INTEGER,
    trunk                       TEXT,
    direction                   TEXT,
    destination                 TEXT,
    attempts                    INTEGER,
    answered                    INTEGER,
    failure                     INTEGER,
    nos                         INTEGER,
    nos_busy                    INTEGER,
    nos_cancel                  INTEGER,
    nos_not_found               INTEGER,
    nos_other                   INTEGER,
    asr_ratio                   REAL,
    ner_ratio                   REAL,
    ser_ratio                   REAL,
    seer_ratio                  REAL,
    isa_ratio                   REAL,
    scr_ratio                   REAL,
    ended                       INTEGER,
    duration_s                  REAL,
    acd_s                       REAL,
    short_calls                 INTEGER,
    ended_by_caller             INTEGER,
    ended_by_callee             INTEGER,
    pdd_ms_p50                  REAL,
    pdd_ms_p95                  REAL,
    mos_lq_p50                  REAL,
    mos_lq_p5                   REAL,
    one_way                     INTEGER,
    judged                      INTEGER,
    concurrent_max              INTEGER,
    channel_limit               INTEGER,
    responses                   TEXT,
    pdd_histogram               TEXT,
    mos_histogram               TEXT
) STRICT;

-- Minutes of trunks alone, of destinations alone, and of all: the few that an overview reads, without the many
-- of each trunk with each destination that lie between them.
CREATE INDEX kpis_single ON kpis (id, trunk, direction, destination, attempts, answered, failure, nos,
    ner_ratio, ended, duration_s, one_way, judged) WHERE trunk IS NULL OR destination IS NULL;

CREATE TABLE registrations (
    id                          INTEGER PRIMARY KEY,
    user                        TEXT,
    domain                      TEXT,
    source                      TEXT,
    registrar                   TEXT,
    state                       TEXT,
    since                       INTEGER,
    expires_time                INTEGER,
    contact                     TEXT,
    user_agent                  TEXT,
    contacts                    INTEGER,
    attempts                    INTEGER,
    successes                   INTEGER,
    challenges                  INTEGER,
    failures                    INTEGER,
    unanswered                  INTEGER,
    last_status                 INTEGER,
    round_trip_ms               REAL,
    flaps                       INTEGER,
    first_seen                  INTEGER,
    last_seen                   INTEGER,
    last_success                INTEGER
) STRICT;

CREATE TABLE peers (
    id                          INTEGER PRIMARY KEY,
    source                      TEXT,
    target                      TEXT,
    trunk                       TEXT,
    state                       TEXT,
    since                       INTEGER,
    last_good                   INTEGER,
    pings                       INTEGER,
    answered                    INTEGER,
    unanswered                  INTEGER,
    refused                     INTEGER,
    round_trip_ms_mean          REAL,
    round_trip_ms_p95           REAL,
    round_trip_ms_last          REAL,
    flaps                       INTEGER,
    subscribe                   INTEGER,
    notify                      INTEGER,
    publish                     INTEGER,
    message                     INTEGER,
    first_seen                  INTEGER,
    last_seen                   INTEGER,
    history                     TEXT
) STRICT;

CREATE TABLE security (
    id                          INTEGER PRIMARY KEY,
    fact                        TEXT,
    source                      TEXT,
    subject                     TEXT,
    trunk                       TEXT,
    first_seen                  INTEGER,
    last_seen                   INTEGER,
    count                       INTEGER,
    "distinct"                  INTEGER,
    window_s                    INTEGER,
    threshold                   INTEGER,
    call                        INTEGER,
    call_id                     TEXT,
    user_agent                  TEXT,
    evidence                    TEXT
) STRICT;

-- Texts that return in many calls.
CREATE TABLE texts (
    id                          INTEGER PRIMARY KEY,
    text                        TEXT NOT NULL
) STRICT;

-- Calls in full, for whoever looks in with sqlite3; but media_evidence stays packed.
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

-- The search index (storage/search/): calls in blocks by id, column by column. Could be made anew
-- from `calls` alone.
CREATE TABLE search_blocks (
    block                       INTEGER PRIMARY KEY, -- id of its first call
    last_id                     INTEGER NOT NULL,
    calls                       INTEGER NOT NULL,
    number                      INTEGER NOT NULL,    -- of the block, in search_columns
    version                     INTEGER NOT NULL     -- of the columns' form
) STRICT;

CREATE TABLE search_columns (
    -- number of the block << 8 | number of the field (storage/search/search_fields.c).
    place                       INTEGER PRIMARY KEY,
    least                       REAL,                -- of numbers; NULL: not told
    most                        REAL,
    data                        BLOB NOT NULL        -- storage/search/search_column.h
) STRICT;

-- Calls that changed since their block was made: looked at in their row.
CREATE TABLE search_stale (
    id                          INTEGER PRIMARY KEY
) STRICT;

-- Where the chunks of packets lie that the segments of this day hold. Could be made anew from the
-- segments alone.
CREATE TABLE chunks (
    -- kind << 56 | segment << 32 | offset in the segment (storage/chunk_index.h): each place once.
    place                       INTEGER PRIMARY KEY,
    id                          INTEGER NOT NULL, -- of the call, or of the orphan stream
    first_time                  INTEGER NOT NULL,
    last_time                   INTEGER NOT NULL,
    stored_bytes                INTEGER NOT NULL, -- header and payload
    frames                      INTEGER NOT NULL,
    -- Where the payload lies that stands apart from its headers; NULL: it has none, or it is in the chunk.
    audio_segment               INTEGER,
    audio_offset                INTEGER,
    audio_bytes                 INTEGER
) STRICT;

CREATE INDEX chunks_id ON chunks (id);
