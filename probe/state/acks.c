#include "probe/state/acks.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

static void read_column(sqlite3_stmt *s, int at, char *out, size_t room)
{
    const unsigned char *text = sqlite3_column_text(s, at);

    snprintf(out, room, "%s", text ? (const char *)text : "");
}

/* Prepared for one use: people are slow. */
static int prepare(sqlite3 *db, const char *sql, uint64_t alert, sqlite3_stmt **s)
{
    int rc = sqlite3_prepare_v2(db, sql, -1, s, NULL);

    if (rc == SQLITE_OK)
        sqlite3_bind_int64(*s, 1, (sqlite3_int64)alert);
    return state_db_errno(rc);
}

int acks_add(struct state_db *state, const struct ack *ack)
{
    sqlite3 *db = state_db_lock(state);
    sqlite3_stmt *s;
    int err = prepare(db,
                      "INSERT OR IGNORE INTO acks (alert, time_ms, author, comment)"
                      " VALUES (?1, ?2, ?3, ?4)",
                      ack->alert, &s);

    if (err == 0) {
        sqlite3_bind_int64(s, 2, ack->time_ms);
        sqlite3_bind_text(s, 3, ack->by, -1, SQLITE_STATIC);
        sqlite3_bind_text(s, 4, ack->comment, -1, SQLITE_STATIC);
        err = state_db_errno(sqlite3_step(s));
        if (err == 0 && sqlite3_changes(db) == 0)
            err = -EEXIST;
        sqlite3_finalize(s);
    }
    state_db_unlock(state);
    return err;
}

int acks_remove(struct state_db *state, uint64_t alert)
{
    sqlite3 *db = state_db_lock(state);
    sqlite3_stmt *s;
    int err = prepare(db, "DELETE FROM acks WHERE alert = ?1", alert, &s);

    if (err == 0) {
        err = state_db_errno(sqlite3_step(s));
        if (err == 0 && sqlite3_changes(db) == 0)
            err = -ENOENT;
        sqlite3_finalize(s);
    }
    state_db_unlock(state);
    return err;
}

int acks_find(struct state_db *state, uint64_t alert, struct ack *out)
{
    sqlite3 *db = state_db_lock(state);
    sqlite3_stmt *s;
    int found =
        prepare(db, "SELECT time_ms, author, comment FROM acks WHERE alert = ?1", alert, &s);

    if (found == 0) {
        int rc = sqlite3_step(s);

        found = rc == SQLITE_ROW ? 1 : state_db_errno(rc);
        if (found == 1) {
            *out = (struct ack){ .alert = alert, .time_ms = sqlite3_column_int64(s, 0) };
            read_column(s, 1, out->by, sizeof out->by);
            read_column(s, 2, out->comment, sizeof out->comment);
        }
        sqlite3_finalize(s);
    }
    state_db_unlock(state);
    return found;
}
