/*
 * What people ask of the outbox, and what receivers know of an alert: statements made when they are needed.
 */
#include "probe/state/outbox.h"

#include <errno.h>
#include <sqlite3.h>

int outbox_read_told(struct outbox *o, uint64_t alert, outbox_told_fn fn, void *ctx)
{
    sqlite3 *db = state_db_lock(outbox_state(o));
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(
        db, "SELECT receiver, severity, flaps, is_over, held FROM told WHERE alert = ?1", -1, &s,
        NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int64(s, 1, (sqlite3_int64)alert);
    while ((rc == SQLITE_OK || rc == SQLITE_ROW) && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        const struct outbox_told told = { sqlite3_column_int(s, 1), sqlite3_column_int64(s, 2),
                                          sqlite3_column_int(s, 3) != 0,
                                          state_db_column_slice(s, 4).p };

        fn(ctx, state_db_column_slice(s, 0).p, &told);
    }
    sqlite3_finalize(s);
    state_db_unlock(outbox_state(o));
    return state_db_errno(rc);
}

int outbox_note_told(struct outbox *o, uint64_t alert, const char *receiver,
                     const struct outbox_told *told)
{
    sqlite3 *db = state_db_lock(outbox_state(o));
    sqlite3_stmt *s = NULL;
    int rc = sqlite3_prepare_v2(db,
                                "INSERT INTO told VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
                                " ON CONFLICT (alert, receiver) DO UPDATE SET severity = ?3,"
                                " flaps = ?4, is_over = ?5, held = ?6",
                                -1, &s, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(s, 1, (sqlite3_int64)alert);
        state_db_bind_slice(s, 2, slice_of_text(receiver));
        sqlite3_bind_int(s, 3, told->severity);
        sqlite3_bind_int64(s, 4, told->flaps);
        sqlite3_bind_int(s, 5, told->is_over);
        state_db_bind_slice(s, 6, slice_of_text(told->held));
        rc = sqlite3_step(s);
    }
    sqlite3_finalize(s);
    state_db_unlock(outbox_state(o));
    return state_db_errno(rc);
}

/* ---- messages ---- */

/* With the lock, also without a statement; leave() gives it back. */
static int take(struct outbox *o, const char *sql, sqlite3_stmt **s)
{
    *s = NULL;
    return state_db_errno(sqlite3_prepare_v2(state_db_lock(outbox_state(o)), sql, -1, s, NULL));
}

static void leave(struct outbox *o, sqlite3_stmt *s)
{
    sqlite3_finalize(s);
    state_db_unlock(outbox_state(o));
}

static int read_alerts(sqlite3_stmt *s, int64_t delivery, uint64_t alerts[OUTBOX_ALERTS_MAX],
                       size_t *count)
{
    int rc = SQLITE_DONE;

    *count = 0;
    sqlite3_bind_int64(s, 1, delivery);
    while (*count < OUTBOX_ALERTS_MAX && (rc = sqlite3_step(s)) == SQLITE_ROW)
        alerts[(*count)++] = (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return state_db_errno(rc);
}

static int give_row(sqlite3_stmt *s, sqlite3_stmt *of, outbox_row_fn fn, void *ctx, bool *go_on)
{
    uint64_t alerts[OUTBOX_ALERTS_MAX];
    struct outbox_row row = {
        .id = sqlite3_column_int64(s, 0),
        .receiver = state_db_column_slice(s, 1).p,
        .message = state_db_column_slice(s, 2).p,
        .about = state_db_column_slice(s, 3).p,
        .state = state_db_column_slice(s, 4).p,
        .reason = state_db_column_slice(s, 5).p,
        .alerts = alerts,
        .tries = sqlite3_column_int64(s, 6),
        .created_ms = sqlite3_column_int64(s, 7),
        .next_try_ms = sqlite3_column_int64(s, 8),
        .settled_ms = sqlite3_column_int64(s, 9),
        .status = sqlite3_column_int(s, 10),
    };
    int err = read_alerts(of, row.id, alerts, &row.alert_count);

    *go_on = !err && fn(ctx, &row);
    return err;
}

static void bind_query(sqlite3_stmt *s, const struct outbox_query *q)
{
    sqlite3_bind_int64(s, 1, (sqlite3_int64)q->alert);
    state_db_bind_slice(s, 2, slice_of_text(q->state));
    state_db_bind_slice(s, 3, slice_of_text(q->receiver));
    sqlite3_bind_int64(s, 4, q->before ? q->before : INT64_MAX);
    sqlite3_bind_int64(s, 5, q->limit ? (sqlite3_int64)q->limit : -1);
}

int outbox_list(struct outbox *o, const struct outbox_query *query, outbox_row_fn fn, void *ctx)
{
    static const char text[] =
        "SELECT id, receiver, message, about, state, reason, tries, created_ms, next_try_ms,"
        " settled_ms, status FROM deliveries WHERE id < ?4"
        " AND (?1 = 0 OR id IN (SELECT delivery FROM delivery_alerts WHERE alert = ?1))"
        " AND (?2 = '' OR state = ?2) AND (?3 = '' OR receiver = ?3) ORDER BY id DESC LIMIT ?5";
    static const char alerts_text[] =
        "SELECT alert FROM delivery_alerts WHERE delivery = ?1 ORDER BY alert";
    sqlite3_stmt *s, *of = NULL;
    int rc = SQLITE_DONE, err = take(o, text, &s);
    bool go_on = true;

    if (!err)
        err = state_db_errno(sqlite3_prepare_v2(sqlite3_db_handle(s), alerts_text, -1, &of, NULL));
    if (!err)
        bind_query(s, query);
    while (!err && go_on && (rc = sqlite3_step(s)) == SQLITE_ROW)
        err = give_row(s, of, fn, ctx, &go_on);
    sqlite3_finalize(of);
    leave(o, s);
    return err ? err : state_db_errno(rc);
}

int64_t outbox_replay(struct outbox *o, int64_t id, const char *receiver, int64_t now_ms)
{
    sqlite3_stmt *s;
    int64_t count = 0;
    int err = take(o,
                   "UPDATE deliveries SET state = 'waiting', tries = 0, next_try_ms = 0,"
                   " patient_ms = ?3, settled_ms = NULL WHERE state = 'dead'"
                   " AND (?1 = 0 OR id = ?1) AND (?2 = '' OR receiver = ?2)"
                   " AND receiver IN (SELECT name FROM receivers)",
                   &s);

    if (!err) {
        sqlite3_bind_int64(s, 1, id);
        state_db_bind_slice(s, 2, slice_of_text(receiver));
        sqlite3_bind_int64(s, 3, now_ms);
        err = state_db_errno(sqlite3_step(s));
        count = sqlite3_changes64(sqlite3_db_handle(s));
    }
    leave(o, s);
    if (err)
        return err;
    return id && count == 0 ? -ENOENT : count;
}

int outbox_read_totals(struct outbox *o, struct outbox_totals *totals)
{
    sqlite3_stmt *s;
    int rc = SQLITE_DONE,
        err = take(o,
                   "SELECT count(*) FILTER (WHERE state = 'waiting'),"
                   " count(*) FILTER (WHERE state = 'delivered'),"
                   " count(*) FILTER (WHERE state = 'dead'),"
                   " min(created_ms) FILTER (WHERE state = 'waiting') FROM deliveries",
                   &s);

    *totals = (struct outbox_totals){ 0, 0, 0, 0 };
    if (!err && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        totals->waiting = sqlite3_column_int64(s, 0);
        totals->delivered = sqlite3_column_int64(s, 1);
        totals->dead = sqlite3_column_int64(s, 2);
        totals->oldest_waiting_ms = sqlite3_column_int64(s, 3);
    }
    leave(o, s);
    return err ? err : state_db_errno(rc);
}
