#include "probe/state/outbox.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

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

/* Runs it; how many rows it changed, or −errno. */
static int64_t step(struct outbox *o, sqlite3_stmt *s, int err)
{
    int64_t count = 0;

    if (!err)
        err = state_db_errno(sqlite3_step(s));
    if (!err)
        count = sqlite3_changes64(sqlite3_db_handle(s));
    leave(o, s);
    return err ? err : count;
}

static int put(struct outbox *o, const struct outbox_receiver *r)
{
    sqlite3_stmt *s;
    int64_t n;
    int err = take(o, "INSERT INTO receivers (name, kind, place) VALUES (?1, ?2, ?3)", &s);

    if (!err) {
        state_db_bind_slice(s, 1, slice_of_text(r->name));
        state_db_bind_slice(s, 2, slice_of_text(r->kind));
        state_db_bind_slice(s, 3, slice_of_text(r->place));
    }
    n = step(o, s, err);
    return n < 0 ? (int)n : 0;
}

static int set_all(struct outbox *o, const struct outbox_receiver *rows, size_t count,
                   int64_t now_ms)
{
    sqlite3_stmt *s;
    int err = take(o, "DELETE FROM receivers", &s);
    int64_t n = step(o, s, err);

    err = n < 0 ? (int)n : 0;
    for (size_t i = 0; i < count && !err; i++)
        err = put(o, &rows[i]);
    if (err)
        return err;
    err = take(o,
               "UPDATE deliveries SET state = 'dead', settled_ms = ?1,"
               " reason = 'its receiver is no longer configured'"
               " WHERE state = 'waiting' AND receiver NOT IN (SELECT name FROM receivers)",
               &s);
    if (!err)
        sqlite3_bind_int64(s, 1, now_ms);
    n = step(o, s, err);
    return n < 0 ? (int)n : 0;
}

int outbox_set_receivers(struct outbox *o, const struct outbox_receiver *rows, size_t count,
                         int64_t now_ms)
{
    int err = outbox_begin(o);

    if (err)
        return err;
    err = set_all(o, rows, count, now_ms);
    if (!err)
        return outbox_commit(o);
    outbox_rollback(o);
    return err;
}

int outbox_note_receiver(struct outbox *o, const char *name, const char *condition,
                         const char *reason, int64_t next_try_ms)
{
    sqlite3_stmt *s;
    int64_t n;
    int err = take(o,
                   "UPDATE receivers SET state = ?2, reason = ?3, next_try_ms = ?4"
                   " WHERE name = ?1",
                   &s);

    if (!err) {
        state_db_bind_slice(s, 1, slice_of_text(name));
        state_db_bind_slice(s, 2, slice_of_text(condition));
        state_db_bind_slice(s, 3, slice_of_text(reason));
        sqlite3_bind_int64(s, 4, next_try_ms);
    }
    n = step(o, s, err);
    return n < 0 ? (int)n : 0;
}

static void copy_column(char *out, size_t room, sqlite3_stmt *s, int at)
{
    struct slice text = state_db_column_slice(s, at);

    snprintf(out, room, "%.*s", (int)text.len, text.p);
}

static void read_row(sqlite3_stmt *s, struct outbox_receiver *r)
{
    copy_column(r->name, sizeof r->name, s, 0);
    copy_column(r->kind, sizeof r->kind, s, 1);
    copy_column(r->place, sizeof r->place, s, 2);
    copy_column(r->state, sizeof r->state, s, 3);
    copy_column(r->reason, sizeof r->reason, s, 4);
    r->next_try_ms = sqlite3_column_int64(s, 5);
    r->waiting = sqlite3_column_int64(s, 6);
    r->delivered = sqlite3_column_int64(s, 7);
    r->dead = sqlite3_column_int64(s, 8);
    r->oldest_waiting_ms = sqlite3_column_int64(s, 9);
    r->last_delivered_ms = sqlite3_column_int64(s, 10);
}

int outbox_list_receivers(struct outbox *o, outbox_receiver_fn fn, void *ctx)
{
    static const char text[] = "SELECT name, kind, place, r.state, r.reason, r.next_try_ms,"
                               " count(*) FILTER (WHERE d.state = 'waiting'),"
                               " count(*) FILTER (WHERE d.state = 'delivered'),"
                               " count(*) FILTER (WHERE d.state = 'dead'),"
                               " min(d.created_ms) FILTER (WHERE d.state = 'waiting'),"
                               " max(d.settled_ms) FILTER (WHERE d.state = 'delivered')"
                               " FROM receivers AS r LEFT JOIN deliveries AS d ON d.receiver = name"
                               " GROUP BY name ORDER BY name";
    sqlite3_stmt *s;
    int rc = SQLITE_DONE, err = take(o, text, &s);

    while (!err && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct outbox_receiver r;

        read_row(s, &r);
        if (!fn(ctx, &r))
            break;
    }
    leave(o, s);
    return err ? err : state_db_errno(rc);
}

int outbox_ask_test(struct outbox *o, const char *name)
{
    sqlite3_stmt *s;
    int64_t n;
    int err = take(o, "UPDATE receivers SET wants_test = 1 WHERE name = ?1", &s);

    if (!err)
        state_db_bind_slice(s, 1, slice_of_text(name));
    n = step(o, s, err);
    return n < 0 ? (int)n : n == 0 ? -ENOENT : 0;
}

int outbox_take_test(struct outbox *o, char name[OUTBOX_NAME_MAX])
{
    sqlite3_stmt *s;
    int rc, err = take(o, "SELECT name FROM receivers WHERE wants_test = 1 LIMIT 1", &s);
    int64_t n;

    rc = err ? SQLITE_DONE : sqlite3_step(s);
    if (rc == SQLITE_ROW)
        copy_column(name, OUTBOX_NAME_MAX, s, 0);
    leave(o, s);
    if (err || rc != SQLITE_ROW)
        return err ? err : state_db_errno(rc);
    err = take(o, "UPDATE receivers SET wants_test = 0 WHERE name = ?1", &s);
    if (!err)
        state_db_bind_slice(s, 1, slice_of_text(name));
    n = step(o, s, err);
    return n < 0 ? (int)n : 1;
}
