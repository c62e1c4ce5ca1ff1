-- The search index, how the store does, what is kept of a call, payload that stands apart.
ALTER TABLE calls ADD COLUMN kept TEXT;
ALTER TABLE calls ADD COLUMN kept_by TEXT;
ALTER TABLE captures ADD COLUMN store_losses TEXT;
ALTER TABLE chunks ADD COLUMN audio_segment INTEGER;
ALTER TABLE chunks ADD COLUMN audio_offset INTEGER;
ALTER TABLE chunks ADD COLUMN audio_bytes INTEGER;

CREATE INDEX calls_open ON calls (id) WHERE closed_time IS NULL;

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
