-- The way of a call to the probe, certificates, the mirror's health, protocols that are not analysed.
-- The network of a call was its VLAN: one tag, or outermost << 12 | innermost.

ALTER TABLE calls ADD COLUMN vlan TEXT;
ALTER TABLE calls ADD COLUMN tunnel TEXT;
ALTER TABLE calls ADD COLUMN sip_anomalies TEXT;
UPDATE calls
   SET vlan = CASE WHEN network >= 4096 THEN (network >> 12) || '.' || (network & 4095)
                   ELSE CAST(network AS TEXT) END
 WHERE network IS NOT NULL;
ALTER TABLE calls DROP COLUMN network;

ALTER TABLE captures ADD COLUMN sip_anomalies TEXT;
ALTER TABLE captures ADD COLUMN protocols TEXT;

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
    seen_count                  INTEGER
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
