#include "probe/state/outbox.h"

#include "analyzer/base/strbuf.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* A wait of more than a day was noted before the clock was set back. */
#define WAIT_MAX "86400000"

#define BURY_ENDS                                                                                  \
    "UPDATE deliveries SET state = 'dead', settled_ms = ?1,"                                       \
    " reason = 'that it fired was not taken'"                                                      \
    " WHERE state = 'waiting' AND about = 'resolved' AND NOT EXISTS"                               \
    " (SELECT 1 FROM delivery_alerts AS mine"                                                      \
    "  JOIN delivery_alerts AS other ON other.alert = mine.alert"                                  \
    "  JOIN deliveries AS f ON f.id = other.delivery"                                              \
    "  WHERE mine.delivery = deliveries.id AND f.about = 'firing'"                                 \
    "  AND f.receiver = deliveries.receiver AND f.state <> 'dead')"

enum statement {
    HAS_BEGUN,
    NOTE_BEGUN,
    FIND_SEEN,
    NOTE_SEEN,
    OPEN_ALERTS,
    ADD,
    ADD_ALERT,
    DROP_AGAIN,
    NEXT,
    DELIVERED,
    FAILED,
    DEAD,
    BURY,
    BURY_ORPHAN,
    BURY_ORPHANS,
    PURGE,
    PURGE_AGAIN,
    PURGE_ALERTS,
    FORGET_SEEN,
    FORGET_TOLD,
    STATEMENTS,
};

static const char *const texts[STATEMENTS] = {
    [HAS_BEGUN] = "SELECT 1 FROM outbox_begun",
    [NOTE_BEGUN] = "INSERT OR IGNORE INTO outbox_begun VALUES (1, ?1)",
    [FIND_SEEN] = "SELECT changed_ns, state, is_done FROM alerts_seen WHERE alert = ?1",
    [NOTE_SEEN] = "INSERT INTO alerts_seen VALUES (?1, ?2, ?3, ?4) ON CONFLICT (alert) DO"
                  " UPDATE SET changed_ns = ?2, state = ?3, is_done = ?4",
    [OPEN_ALERTS] = "SELECT alert FROM alerts_seen WHERE is_done = 0"
                    " ORDER BY alert DESC LIMIT ?1",
    [ADD] = "INSERT INTO deliveries"
            " (receiver, message, about, body, created_ms, patient_ms)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?5) ON CONFLICT (receiver, message) DO NOTHING",
    [ADD_ALERT] = "INSERT OR IGNORE INTO delivery_alerts VALUES (?1, ?2)",
    [DROP_AGAIN] = "DELETE FROM deliveries WHERE receiver = ?1 AND about = 'again'"
                   " AND state = 'waiting' AND created_ms < ?2",
    [NEXT] = "SELECT id, patient_ms, tries, message, body FROM deliveries AS d"
             " WHERE receiver = ?1 AND state = 'waiting'"
             " AND (next_try_ms <= ?2 OR next_try_ms > ?2 + " WAIT_MAX ") AND NOT EXISTS"
             " (SELECT 1 FROM delivery_alerts AS mine"
             "  JOIN delivery_alerts AS other ON other.alert = mine.alert"
             "  JOIN deliveries AS older ON older.id = other.delivery"
             "  WHERE mine.delivery = d.id AND older.id < d.id"
             "  AND older.receiver = ?1 AND older.state = 'waiting')"
             " ORDER BY id LIMIT 1",
    [DELIVERED] = "UPDATE deliveries SET state = 'delivered', tries = tries + 1,"
                  " settled_ms = ?2, status = ?3, reason = NULL WHERE id = ?1",
    [FAILED] = "UPDATE deliveries SET tries = tries + 1, next_try_ms = ?5, status = ?3,"
               " reason = ?4 WHERE id = ?1",
    [DEAD] = "UPDATE deliveries SET state = 'dead', tries = tries + 1, settled_ms = ?2,"
             " status = ?3, reason = ?4 WHERE id = ?1",
    [BURY] = "UPDATE deliveries SET state = 'dead', settled_ms = ?2, reason = ?3"
             " WHERE receiver = ?1 AND state = 'waiting' AND patient_ms < ?4",
    /* The end of alerts of which nothing else arrived, or will; of one message, of all of them. */
    [BURY_ORPHAN] = BURY_ENDS " AND id = ?2",
    [BURY_ORPHANS] = BURY_ENDS,
    [PURGE] = "DELETE FROM deliveries WHERE state <> 'waiting' AND settled_ms < ?1 AND NOT EXISTS"
              " (SELECT 1 FROM delivery_alerts AS mine JOIN alerts_seen USING (alert)"
              "  WHERE mine.delivery = deliveries.id AND is_done = 0) AND NOT EXISTS"
              " (SELECT 1 FROM delivery_alerts AS mine"
              "  JOIN delivery_alerts AS other ON other.alert = mine.alert"
              "  JOIN deliveries AS d ON d.id = other.delivery"
              "  WHERE mine.delivery = deliveries.id AND d.state = 'waiting')",
    /* Repetitions are no news once they are through. */
    [PURGE_AGAIN] = "DELETE FROM deliveries WHERE about = 'again' AND state <> 'waiting'",
    [PURGE_ALERTS] = "DELETE FROM delivery_alerts WHERE delivery NOT IN"
                     " (SELECT id FROM deliveries)",
    [FORGET_SEEN] = "DELETE FROM alerts_seen WHERE alert < ?1",
    [FORGET_TOLD] = "DELETE FROM told WHERE alert < ?1",
};

struct outbox {
    struct state_db *state;
    sqlite3_stmt *statements[STATEMENTS]; /* only with the lock */
    struct strbuf body;                   /* of the message last offered */
    bool has_begun;
};

/* With the lock, until leave(). */
static sqlite3_stmt *take(struct outbox *o, enum statement which)
{
    sqlite3_stmt *s = o->statements[which];

    state_db_lock(o->state);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return s;
}

/* An open read would hold back the WAL. */
static void leave(struct outbox *o, sqlite3_stmt *s)
{
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    state_db_unlock(o->state);
}

/* Runs a statement that answers nothing. */
static int run(struct outbox *o, sqlite3_stmt *s)
{
    int err = state_db_errno(sqlite3_step(s));

    leave(o, s);
    return err;
}

/* What a power cut may undo: a message that was taken is then sent once more, under its id. So nothing is
 * waited for that comes with the next change of weight. */
static int run_lightly(struct outbox *o, sqlite3_stmt *s)
{
    sqlite3 *db = state_db_lock(o->state);
    int err;

    sqlite3_exec(db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    err = run(o, s);
    sqlite3_exec(db, "PRAGMA synchronous = FULL", NULL, NULL, NULL);
    state_db_unlock(o->state);
    return err;
}

static int prepare_all(struct outbox *o, sqlite3 *db)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        int rc = sqlite3_prepare_v3(db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &o->statements[i],
                                    NULL);

        if (rc != SQLITE_OK)
            return state_db_errno(rc);
    }
    return 0;
}

int outbox_open(struct outbox **op, struct state_db *state)
{
    struct outbox *o = calloc(1, sizeof *o);
    sqlite3 *db;
    int err;

    if (!o)
        return -ENOMEM;
    o->state = state;
    db = state_db_lock(state);
    err = prepare_all(o, db);
    if (!err)
        o->has_begun = sqlite3_step(o->statements[HAS_BEGUN]) == SQLITE_ROW;
    sqlite3_reset(o->statements[HAS_BEGUN]);
    state_db_unlock(state);
    if (err) {
        outbox_close(o);
        return err;
    }
    *op = o;
    return 0;
}

void outbox_close(struct outbox *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(o->statements[i]);
    strbuf_fini(&o->body);
    free(o);
}

struct state_db *outbox_state(const struct outbox *o)
{
    return o->state;
}

bool outbox_has_begun(const struct outbox *o)
{
    return o->has_begun;
}

int outbox_note_begun(struct outbox *o, int64_t now_ms)
{
    sqlite3_stmt *s = take(o, NOTE_BEGUN);
    int err;

    sqlite3_bind_int64(s, 1, now_ms);
    err = run(o, s);
    if (!err)
        o->has_begun = true;
    return err;
}

int outbox_begin(struct outbox *o)
{
    return state_db_begin(o->state);
}

int outbox_commit(struct outbox *o)
{
    return state_db_commit(o->state);
}

void outbox_rollback(struct outbox *o)
{
    state_db_rollback(o->state);
}

/* ---- alerts ---- */

static void copy_column(char *out, size_t room, sqlite3_stmt *s, int at)
{
    struct slice text = state_db_column_slice(s, at);

    snprintf(out, room, "%.*s", (int)text.len, text.p);
}

int outbox_find_seen(struct outbox *o, uint64_t alert, struct outbox_seen *seen)
{
    sqlite3_stmt *s = take(o, FIND_SEEN);
    int rc;

    sqlite3_bind_int64(s, 1, (sqlite3_int64)alert);
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        seen->changed_ns = sqlite3_column_int64(s, 0);
        copy_column(seen->state, sizeof seen->state, s, 1);
        seen->is_done = sqlite3_column_int(s, 2) != 0;
    }
    leave(o, s);
    return rc == SQLITE_ROW ? 1 : state_db_errno(rc);
}

int outbox_note_seen(struct outbox *o, uint64_t alert, int64_t changed_ns, struct slice state,
                     bool is_done)
{
    sqlite3_stmt *s = take(o, NOTE_SEEN);

    sqlite3_bind_int64(s, 1, (sqlite3_int64)alert);
    sqlite3_bind_int64(s, 2, changed_ns);
    state_db_bind_slice(s, 3, state);
    sqlite3_bind_int(s, 4, is_done);
    return run(o, s);
}

int64_t outbox_open_alerts(struct outbox *o, uint64_t *alerts, size_t max)
{
    sqlite3_stmt *s = take(o, OPEN_ALERTS);
    int64_t count = 0;
    int rc;

    sqlite3_bind_int64(s, 1, (sqlite3_int64)max);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
        alerts[count++] = (uint64_t)sqlite3_column_int64(s, 0);
    leave(o, s);
    return state_db_errno(rc) ? state_db_errno(rc) : count;
}

/* ---- messages ---- */

static int add_row(struct outbox *o, const struct outbox_message *message, int64_t now_ms,
                   int64_t *id)
{
    sqlite3_stmt *s = take(o, ADD);
    sqlite3 *db = sqlite3_db_handle(s);
    int err;

    state_db_bind_slice(s, 1, slice_of_text(message->receiver));
    state_db_bind_slice(s, 2, slice_of_text(message->id));
    state_db_bind_slice(s, 3, slice_of_text(message->about));
    state_db_bind_slice(s, 4, message->body);
    sqlite3_bind_int64(s, 5, now_ms);
    err = state_db_errno(sqlite3_step(s));
    *id = !err && sqlite3_changes(db) ? sqlite3_last_insert_rowid(db) : 0;
    leave(o, s);
    return err;
}

/* Those that a newer one is there of. */
static int drop_again(struct outbox *o, const char *receiver, int64_t now_ms)
{
    sqlite3_stmt *s = take(o, DROP_AGAIN);

    state_db_bind_slice(s, 1, slice_of_text(receiver));
    sqlite3_bind_int64(s, 2, now_ms);
    return run(o, s);
}

static int bury_orphan(struct outbox *o, int64_t id, int64_t now_ms)
{
    sqlite3_stmt *s = take(o, BURY_ORPHAN);

    sqlite3_bind_int64(s, 1, now_ms);
    sqlite3_bind_int64(s, 2, id);
    return run(o, s);
}

static int bury_orphans(struct outbox *o, int64_t now_ms)
{
    sqlite3_stmt *s = take(o, BURY_ORPHANS);

    sqlite3_bind_int64(s, 1, now_ms);
    return run(o, s);
}

int outbox_add(struct outbox *o, const struct outbox_message *message, int64_t now_ms)
{
    bool is_again = strcmp(message->about, "again") == 0;
    int err = is_again ? drop_again(o, message->receiver, now_ms) : 0;
    int64_t id = 0;

    if (!err)
        err = add_row(o, message, now_ms, &id);
    for (size_t i = 0; i < message->alert_count && id && !err; i++) {
        sqlite3_stmt *s = take(o, ADD_ALERT);

        sqlite3_bind_int64(s, 1, id);
        sqlite3_bind_int64(s, 2, (sqlite3_int64)message->alerts[i]);
        err = run(o, s);
    }
    if (!err && id && strcmp(message->about, "resolved") == 0)
        err = bury_orphan(o, id, now_ms);
    return err ? err : id != 0;
}

int outbox_next(struct outbox *o, const char *receiver, int64_t now_ms, struct outbox_delivery *d)
{
    sqlite3_stmt *s = take(o, NEXT);
    int rc;

    state_db_bind_slice(s, 1, slice_of_text(receiver));
    sqlite3_bind_int64(s, 2, now_ms);
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        d->id = sqlite3_column_int64(s, 0);
        d->patient_ms = sqlite3_column_int64(s, 1);
        d->tries = sqlite3_column_int64(s, 2);
        copy_column(d->message, sizeof d->message, s, 3);
        strbuf_reset(&o->body);
        strbuf_add_slice(&o->body, state_db_column_slice(s, 4));
        d->body = strbuf_slice(&o->body);
    }
    leave(o, s);
    if (rc != SQLITE_ROW)
        return state_db_errno(rc);
    return o->body.failed ? -ENOMEM : 1;
}

static sqlite3_stmt *settling(struct outbox *o, enum statement which, int64_t id, int status,
                              const char *reason, int64_t now_ms)
{
    sqlite3_stmt *s = take(o, which);

    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, now_ms);
    if (status > 0)
        sqlite3_bind_int(s, 3, status);
    if (reason)
        state_db_bind_slice(s, 4, slice_of_text(reason));
    return s;
}

int outbox_note_delivered(struct outbox *o, int64_t id, int status, int64_t now_ms)
{
    return run_lightly(o, settling(o, DELIVERED, id, status, NULL, now_ms));
}

int outbox_note_failed(struct outbox *o, int64_t id, int status, const char *reason,
                       int64_t next_try_ms, int64_t now_ms)
{
    sqlite3_stmt *s = settling(o, FAILED, id, status, reason, now_ms);

    sqlite3_bind_int64(s, 5, next_try_ms);
    return run_lightly(o, s);
}

int outbox_note_dead(struct outbox *o, int64_t id, int status, const char *reason, int64_t now_ms)
{
    int err = run(o, settling(o, DEAD, id, status, reason, now_ms));

    return err ? err : bury_orphans(o, now_ms);
}

int64_t outbox_bury(struct outbox *o, const char *receiver, int64_t tried_before_ms,
                    const char *reason, int64_t now_ms)
{
    sqlite3_stmt *s = take(o, BURY);
    sqlite3 *db = sqlite3_db_handle(s);
    int64_t count;
    int err;

    state_db_bind_slice(s, 1, slice_of_text(receiver));
    sqlite3_bind_int64(s, 2, now_ms);
    state_db_bind_slice(s, 3, slice_of_text(reason));
    sqlite3_bind_int64(s, 4, tried_before_ms);
    err = state_db_errno(sqlite3_step(s));
    count = err ? err : sqlite3_changes64(db);
    leave(o, s);
    if (count > 0)
        err = bury_orphans(o, now_ms);
    return err ? err : count;
}

int outbox_purge(struct outbox *o, int64_t settled_before_ms)
{
    sqlite3_stmt *s = take(o, PURGE);
    int err;

    sqlite3_bind_int64(s, 1, settled_before_ms);
    err = run(o, s);
    if (!err)
        err = run(o, take(o, PURGE_AGAIN));
    return err ? err : run(o, take(o, PURGE_ALERTS));
}

int outbox_forget_seen(struct outbox *o, uint64_t before)
{
    sqlite3_stmt *s = take(o, FORGET_SEEN);
    int err;

    sqlite3_bind_int64(s, 1, (sqlite3_int64)before);
    err = run(o, s);
    if (err)
        return err;
    s = take(o, FORGET_TOLD);
    sqlite3_bind_int64(s, 1, (sqlite3_int64)before);
    return run(o, s);
}
