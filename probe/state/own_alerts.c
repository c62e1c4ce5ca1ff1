#include "probe/state/own_alerts.h"

#include "analyzer/base/arena.h"

#include <errno.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>

enum { RECORD_MAX_BYTES = 64 * 1024, ARENA_MAX_BYTES = 128 * 1024 };

static int prepare(sqlite3 *db, const char *sql, sqlite3_stmt **s)
{
    return state_db_errno(sqlite3_prepare_v2(db, sql, -1, s, NULL));
}

/* ---- stored ---- */

/* The oldest that are over, down to OWN_ALERTS_MAX of them in all. */
static int make_room(sqlite3 *db)
{
    static const char sql[] =
        "DELETE FROM own_alerts WHERE id IN (SELECT id FROM own_alerts WHERE state <> 'firing'"
        " ORDER BY id LIMIT max(0, (SELECT count(*) FROM own_alerts) - ?1))";
    sqlite3_stmt *s;
    int err = prepare(db, sql, &s);

    if (err)
        return err;
    sqlite3_bind_int(s, 1, OWN_ALERTS_MAX);
    err = state_db_errno(sqlite3_step(s));
    sqlite3_finalize(s);
    return err;
}

static int put(sqlite3 *db, const struct alert_record *alert, struct slice record)
{
    sqlite3_stmt *s;
    int err = prepare(
        db, "INSERT OR REPLACE INTO own_alerts (id, state, record) VALUES (?1, ?2, ?3)", &s);

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)alert->id);
    state_db_bind_slice(s, 2, alert->state);
    state_db_bind_slice(s, 3, record);
    err = state_db_errno(sqlite3_step(s));
    sqlite3_finalize(s);
    return err ? err : make_room(db);
}

int own_alerts_put(struct state_db *state, const struct alert_record *alert)
{
    struct strbuf record = { .max_bytes = RECORD_MAX_BYTES };
    struct jsonw j = jsonw_to(&record);
    int err = -E2BIG;

    record_write_json(&j, &record_type_alert, alert);
    if (!record.failed) {
        sqlite3 *db = state_db_lock(state);

        err = put(db, alert, strbuf_slice(&record));
        state_db_unlock(state);
    }
    strbuf_fini(&record);
    return err;
}

/* ---- and read back ---- */

static uint64_t read_id(struct slice hex)
{
    uint64_t id = 0;

    for (size_t i = 0; i < hex.len && i < 16; i++) {
        char c = hex.p[i];

        id = id << 4 | (uint64_t)(c >= '0' && c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return id;
}

/* One member of the JSON object: its value is in column 1. */
static void read_field(const struct record_field *f, sqlite3_stmt *s, struct alert_record *out,
                       struct arena *texts)
{
    void *to = (char *)out + f->offset;
    bool cut;

    if (sqlite3_column_type(s, 1) == SQLITE_NULL)
        return;
    switch ((enum field_kind)f->kind) {
    case FIELD_TEXT:
    case FIELD_JSON:
        *(struct slice *)to =
            arena_copy(texts, state_db_column_slice(s, 1), RECORD_MAX_BYTES, &cut);
        break;
    case FIELD_INT:
        *(int64_t *)to = sqlite3_column_int64(s, 1);
        break;
    case FIELD_REAL:
        *(double *)to = sqlite3_column_double(s, 1);
        break;
    case FIELD_TIME: /* seconds with six decimals */
        *(int64_t *)to = llround(sqlite3_column_double(s, 1) * 1e6) * 1000;
        break;
    case FIELD_ID:
        *(uint64_t *)to = read_id(state_db_column_slice(s, 1));
        break;
    case FIELD_BOOL: /* an alert has none of these */
    case FIELD_ADDR:
    case FIELD_SSRC:
    case FIELD_INTERVALS:
        break;
    }
}

/* The record of the row that `row` stands on, texts and all; NULL without memory. */
static struct alert_record *read_record(sqlite3 *db, sqlite3_stmt *row)
{
    struct alert_record record, *whole = NULL;
    struct arena texts;
    sqlite3_stmt *s;

    if (prepare(db, "SELECT key, value FROM json_each(?1)", &s) != 0)
        return NULL;
    arena_init(&texts, NULL, 0, ARENA_MAX_BYTES);
    record_clear(&record_type_alert, &record);
    sqlite3_bind_value(s, 1, sqlite3_column_value(row, 0));
    while (sqlite3_step(s) == SQLITE_ROW) {
        const struct record_field *f =
            record_field_find(&record_type_alert, state_db_column_slice(s, 0));

        if (f)
            read_field(f, s, &record, &texts);
    }
    if (record.id)
        whole = record_clone(&record_type_alert, &record);
    sqlite3_finalize(s);
    arena_fini(&texts);
    return whole;
}

int own_alerts_list(struct state_db *state, uint64_t before, size_t limit, own_alert_fn fn,
                    void *ctx)
{
    sqlite3 *db = state_db_lock(state);
    sqlite3_stmt *s;
    bool goes_on = true;
    int rc, err = prepare(db,
                          "SELECT record FROM own_alerts WHERE ?1 = 0 OR id < ?1"
                          " ORDER BY id DESC LIMIT ?2",
                          &s);

    if (err)
        goto unlock;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)before);
    sqlite3_bind_int64(s, 2, limit ? (sqlite3_int64)limit : -1);
    while (goes_on && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct alert_record *alert = read_record(db, s);

        if (alert)
            goes_on = fn(ctx, alert);
        free(alert);
    }
    if (goes_on)
        err = state_db_errno(rc);
    sqlite3_finalize(s);
unlock:
    state_db_unlock(state);
    return err;
}

int own_alerts_find(struct state_db *state, uint64_t id, struct alert_record **out)
{
    sqlite3 *db = state_db_lock(state);
    sqlite3_stmt *s;
    int err = prepare(db, "SELECT record FROM own_alerts WHERE id = ?1", &s);

    if (err)
        goto unlock;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)id);
    err = sqlite3_step(s);
    if (err == SQLITE_ROW) {
        *out = read_record(db, s);
        err = *out ? 1 : -ENOMEM;
    } else {
        err = state_db_errno(err);
    }
    sqlite3_finalize(s);
unlock:
    state_db_unlock(state);
    return err;
}
