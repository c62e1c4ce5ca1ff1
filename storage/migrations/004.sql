-- What really happened: how calls went, who carried them, what they break; legs of one conversation,
-- figures of trunks and destinations by the minute, registrations, peers, security.

ALTER TABLE calls ADD COLUMN settled_time INTEGER;
ALTER TABLE calls ADD COLUMN closed_time INTEGER;
ALTER TABLE calls ADD COLUMN ended_how TEXT;
ALTER TABLE calls ADD COLUMN q850_cause INTEGER;
ALTER TABLE calls ADD COLUMN challenged_by TEXT;
ALTER TABLE calls ADD COLUMN branches INTEGER;
ALTER TABLE calls ADD COLUMN sightings INTEGER;
ALTER TABLE calls ADD COLUMN early_media INTEGER;
ALTER TABLE calls ADD COLUMN late_offer INTEGER;
ALTER TABLE calls ADD COLUMN hold_count INTEGER;
ALTER TABLE calls ADD COLUMN hold_ms REAL;
ALTER TABLE calls ADD COLUMN session_expires_s INTEGER;
ALTER TABLE calls ADD COLUMN history TEXT;
ALTER TABLE calls ADD COLUMN links TEXT;
ALTER TABLE calls ADD COLUMN deviations TEXT;
ALTER TABLE calls ADD COLUMN media_evidence TEXT;
ALTER TABLE calls ADD COLUMN media_timeouts TEXT;
ALTER TABLE calls ADD COLUMN from_number TEXT;
ALTER TABLE calls ADD COLUMN to_number TEXT;
ALTER TABLE calls ADD COLUMN trunk_in TEXT;
ALTER TABLE calls ADD COLUMN trunk_out TEXT;
ALTER TABLE calls ADD COLUMN destination TEXT;
ALTER TABLE calls ADD COLUMN destination_prefix TEXT;
ALTER TABLE calls ADD COLUMN leg_group INTEGER;
ALTER TABLE calls ADD COLUMN stir TEXT;

ALTER TABLE transactions ADD COLUMN contact TEXT;
ALTER TABLE transactions ADD COLUMN contacts INTEGER;

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
