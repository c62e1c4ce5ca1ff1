#include "probe/state/state_schema.h"

const char state_schema[] =
    /* Since when alerts are told; what was there before is history. */
    "CREATE TABLE outbox_begun (id INTEGER PRIMARY KEY CHECK (id = 1), begun_ms INTEGER NOT NULL);"

    /* The version of each alert that was last looked at. */
    "CREATE TABLE alerts_seen ("
    " alert INTEGER PRIMARY KEY,"
    " changed_ns INTEGER NOT NULL," /* 0: not known, any version of that state is it */
    " state TEXT NOT NULL,"
    " is_done INTEGER NOT NULL DEFAULT 0);" /* nobody is to be told any more of it */
    "CREATE INDEX alerts_seen_open ON alerts_seen (alert) WHERE is_done = 0;"

    /* What each receiver has been told, or will be by what waits. */
    "CREATE TABLE told ("
    " alert INTEGER NOT NULL,"
    " receiver TEXT NOT NULL,"
    " severity INTEGER NOT NULL," /* -1: nothing yet */
    " flaps INTEGER NOT NULL,"
    " is_over INTEGER NOT NULL,"
    " held TEXT NOT NULL DEFAULT ''," /* why it is told nothing: muted silenced … */
    " PRIMARY KEY (alert, receiver)) WITHOUT ROWID;"

    /* Those of the configuration, and how they are. */
    "CREATE TABLE receivers ("
    " name TEXT PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " place TEXT NOT NULL," /* without its secrets */
    " state TEXT NOT NULL DEFAULT 'up' CHECK (state IN ('up', 'down', 'gone')),"
    " reason TEXT NOT NULL DEFAULT '',"
    " next_try_ms INTEGER NOT NULL DEFAULT 0,"
    " wants_test INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"

    "CREATE TABLE deliveries ("
    " id INTEGER PRIMARY KEY,"
    " receiver TEXT NOT NULL,"
    " message TEXT NOT NULL," /* its webhook id, the same for every try */
    " about TEXT NOT NULL CHECK (about IN ('firing', 'resolved', 'acknowledged', 'again', 'test')),"
    " body TEXT NOT NULL,"
    " state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),"
    " tries INTEGER NOT NULL DEFAULT 0,"
    " created_ms INTEGER NOT NULL,"
    " patient_ms INTEGER NOT NULL," /* since when it is being tried: later after a replay */
    " next_try_ms INTEGER NOT NULL DEFAULT 0,"
    " settled_ms INTEGER,"
    " status INTEGER," /* of HTTP, of the last try */
    " reason TEXT,"
    " UNIQUE (receiver, message));"
    "CREATE INDEX deliveries_waiting ON deliveries (receiver, id) WHERE state = 'waiting';"
    "CREATE INDEX deliveries_settled ON deliveries (settled_ms) WHERE state <> 'waiting';"

    /* The alerts that a message tells. */
    "CREATE TABLE delivery_alerts ("
    " delivery INTEGER NOT NULL, alert INTEGER NOT NULL,"
    " PRIMARY KEY (delivery, alert)) WITHOUT ROWID;"
    "CREATE INDEX delivery_alerts_by_alert ON delivery_alerts (alert, delivery);"

    "CREATE TABLE silences ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " match_text TEXT NOT NULL,"
    " from_ms INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL,"
    " author TEXT NOT NULL,"
    " comment TEXT NOT NULL);"
    "CREATE INDEX silences_until ON silences (until_ms);"

    "CREATE TABLE acks ("
    " alert INTEGER PRIMARY KEY,"
    " time_ms INTEGER NOT NULL,"
    " author TEXT NOT NULL,"
    " comment TEXT NOT NULL);"

    /* record: the whole alert as JSON. */
    "CREATE TABLE own_alerts (id INTEGER PRIMARY KEY, state TEXT NOT NULL, record TEXT NOT NULL);"

    /* record: what a server of certificates.watch showed last, as JSON. */
    "CREATE TABLE watched (target TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;";

const char state_schema_leave_1[] = "ALTER TABLE outbox_begun RENAME TO begun_1;"
                                    "ALTER TABLE alerts_seen RENAME TO seen_1;"
                                    "DROP INDEX deliveries_waiting;"
                                    "ALTER TABLE deliveries RENAME TO deliveries_1;";

/* Its endpoints were hashes of URLs, which the short form of a receiver still is named after. Which
 * severity was told is not known: the highest, so that nobody is told twice. */
const char state_schema_from_1[] =
    "INSERT INTO outbox_begun SELECT * FROM begun_1;"
    "INSERT INTO alerts_seen SELECT alert, 0,"
    " iif(max(state = 'resolved'), 'resolved', 'firing'), max(state = 'resolved')"
    " FROM seen_1 GROUP BY alert;"
    "INSERT INTO told SELECT alert, 'webhook-' || endpoint, 2, 0, max(alert_state = 'resolved'), ''"
    " FROM deliveries_1 GROUP BY alert, endpoint;"
    "INSERT INTO deliveries (id, receiver, message, about, body, state, tries, created_ms,"
    " patient_ms, next_try_ms, settled_ms, status, reason)"
    " SELECT id, 'webhook-' || endpoint, webhook_id,"
    " iif(alert_state = 'resolved', 'resolved', 'firing'), body, state, tries, created_ms,"
    " created_ms, next_try_ms, settled_ms, status, reason FROM deliveries_1;"
    "INSERT INTO delivery_alerts SELECT id, alert FROM deliveries_1;"
    "DROP TABLE begun_1; DROP TABLE seen_1; DROP TABLE deliveries_1;";
