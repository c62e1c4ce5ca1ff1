#include "probe/notify/outbox.h"

#include "analyzer/base/log.h"
#include "analyzer/base/strbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* Others may read the deliveries while we write; a reader is never in the way of WAL for long. */
enum { BUSY_TIMEOUT_MS = 2000 };

static const char schema[] =
    "CREATE TABLE outbox_begun (id INTEGER PRIMARY KEY CHECK (id = 1), begun_ms INTEGER NOT NULL);"
    /* What has been looked at, sent or not. */
    "CREATE TABLE alerts_seen (alert INTEGER NOT NULL, state TEXT NOT NULL,"
    " PRIMARY KEY (alert, state)) WITHOUT ROWID;"
    "CREATE TABLE deliveries ("
    " id INTEGER PRIMARY KEY,"
    " endpoint TEXT NOT NULL," /* a hash of its URL, which may be secret */
    " alert INTEGER NOT NULL,"
    " alert_state TEXT NOT NULL,"
    " webhook_id TEXT NOT NULL," /* the same for every try */
    " body TEXT NOT NULL,"
    " state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),"
    " tries INTEGER NOT NULL DEFAULT 0,"
    " created_ms INTEGER NOT NULL,"
    " next_try_ms INTEGER NOT NULL,"
    " settled_ms INTEGER,"
    " status INTEGER," /* of HTTP, of the last try */
    " reason TEXT,"
    " UNIQUE (endpoint, alert, alert_state));"
    "CREATE INDEX deliveries_waiting ON deliveries (endpoint, id) WHERE state = 'waiting';";

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    HAS_BEGUN,
    NOTE_BEGUN,
    IS_SEEN,
    NOTE_SEEN,
    OPEN_ALERTS,
    ADD,
    NEXT,
    DELIVERED,
    FAILED,
    DEAD,
    BURY,
    WAITING_ENDPOINTS,
    PURGE,
    FORGET_SEEN,
    TOTALS,
    STATEMENTS,
};

static const char *const texts[STATEMENTS] = {
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [HAS_BEGUN] = "SELECT 1 FROM outbox_begun",
    [NOTE_BEGUN] = "INSERT OR IGNORE INTO outbox_begun VALUES (1, ?1)",
    [IS_SEEN] = "SELECT 1 FROM alerts_seen WHERE alert = ?1 AND state = ?2",
    [NOTE_SEEN] = "INSERT OR IGNORE INTO alerts_seen VALUES (?1, ?2)",
    [OPEN_ALERTS] = "SELECT alert FROM alerts_seen AS s WHERE state = 'firing' AND NOT EXISTS"
                    " (SELECT 1 FROM alerts_seen WHERE alert = s.alert AND state = 'resolved')"
                    " ORDER BY alert DESC LIMIT ?1",
    [ADD] = "INSERT OR IGNORE INTO deliveries"
            " (endpoint, alert, alert_state, webhook_id, body, created_ms, next_try_ms)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
    [NEXT] = "SELECT id, created_ms, tries, webhook_id, body FROM deliveries AS d"
             " WHERE endpoint = ?1 AND state = 'waiting'"
             /* A wait of more than a day was noted before the clock was set back. */
             " AND (next_try_ms <= ?2 OR next_try_ms > ?2 + 86400000) AND NOT EXISTS"
             " (SELECT 1 FROM deliveries WHERE endpoint = ?1 AND state = 'waiting'"
             "  AND alert = d.alert AND id < d.id)"
             " ORDER BY id LIMIT 1",
    [DELIVERED] = "UPDATE deliveries SET state = 'delivered', tries = tries + 1, settled_ms = ?2,"
                  " status = ?3, reason = NULL WHERE id = ?1",
    [FAILED] = "UPDATE deliveries SET tries = tries + 1, next_try_ms = ?5, status = ?3,"
               " reason = ?4 WHERE id = ?1",
    [DEAD] = "UPDATE deliveries SET state = 'dead', tries = tries + 1, settled_ms = ?2,"
             " status = ?3, reason = ?4 WHERE id = ?1",
    [BURY] = "UPDATE deliveries SET state = 'dead', settled_ms = ?2, reason = ?3"
             " WHERE endpoint = ?1 AND state = 'waiting' AND created_ms < ?4",
    [WAITING_ENDPOINTS] = "SELECT DISTINCT endpoint FROM deliveries WHERE state = 'waiting'",
    [PURGE] = "DELETE FROM deliveries WHERE state <> 'waiting' AND settled_ms < ?1",
    [FORGET_SEEN] = "DELETE FROM alerts_seen WHERE alert < ?1",
    [TOTALS] = "SELECT count(*) FILTER (WHERE state = 'waiting'),"
               " count(*) FILTER (WHERE state = 'delivered'),"
               " count(*) FILTER (WHERE state = 'dead'),"
               " min(created_ms) FILTER (WHERE state = 'waiting') FROM deliveries",
};

struct outbox {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    struct strbuf body; /* of the delivery last offered */
    int lock_fd;
    bool has_begun;
};

static int errno_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
        return 0;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EAGAIN;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return -EACCES;
    default:
        return -EIO;
    }
}

static sqlite3_stmt *prepared(struct outbox *o, enum statement which)
{
    sqlite3_stmt *s = o->statements[which];

    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return s;
}

static void bind_slice(sqlite3_stmt *s, int at, struct slice text)
{
    sqlite3_bind_text64(s, at, text.p ? text.p : "", text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/* Runs a statement that answers nothing. */
static int run(sqlite3_stmt *s)
{
    int rc = sqlite3_step(s);

    sqlite3_reset(s);
    return errno_of(rc);
}

/* 1 when there is a row, 0, or −errno. */
static int has_row(sqlite3_stmt *s)
{
    int rc = sqlite3_step(s);

    sqlite3_reset(s);
    return rc == SQLITE_ROW ? 1 : errno_of(rc);
}

static int64_t read_version(sqlite3 *db)
{
    sqlite3_stmt *s;
    int64_t version = -1;

    if (sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &s, NULL) != SQLITE_OK)
        return -1;
    if (sqlite3_step(s) == SQLITE_ROW)
        version = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return version;
}

static int make_schema(sqlite3 *db)
{
    char version[64];
    int rc;

    snprintf(version, sizeof version, "PRAGMA user_version = %d", OUTBOX_VERSION);
    rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, schema, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, version, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    return errno_of(rc);
}

static int check_version(struct outbox *o, const char *path)
{
    int64_t version = read_version(o->db);

    if (version == 0)
        return make_schema(o->db);
    if (version == OUTBOX_VERSION)
        return 0;
    if (version < 0)
        return -EIO;
    log_error("outbox: %s was made by a newer version (schema %" PRId64 ", this one knows %d)",
              path, version, OUTBOX_VERSION);
    return -EPROTO;
}

static int open_db(struct outbox *o, const char *path)
{
    /* Made by hand so that nobody else can read it: the bodies name callers. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc;

    if (fd < 0)
        return -errno;
    close(fd);
    rc = sqlite3_open_v2(path, &o->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(o->db, BUSY_TIMEOUT_MS);
    /* FULL: what has been told to somebody must not be forgotten with the power. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(o->db,
                          "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                          "PRAGMA trusted_schema = OFF;",
                          NULL, NULL, NULL);
    return errno_of(rc);
}

static int prepare_all(struct outbox *o)
{
    for (size_t i = 0; i < STATEMENTS; i++) {
        int rc = sqlite3_prepare_v3(o->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                    &o->statements[i], NULL);

        if (rc != SQLITE_OK)
            return errno_of(rc);
    }
    return 0;
}

static int take_lock(struct outbox *o, const char *store_dir)
{
    char path[PATH_MAX];

    if ((size_t)snprintf(path, sizeof path, "%s/state.lock", store_dir) >= sizeof path)
        return -ENAMETOOLONG;
    o->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (o->lock_fd < 0)
        return -errno;
    if (flock(o->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return 0;
}

static int open_all(struct outbox *o, const char *store_dir)
{
    char path[PATH_MAX];
    int err = take_lock(o, store_dir);

    if (err)
        return err;
    if ((size_t)snprintf(path, sizeof path, "%s/state.sqlite", store_dir) >= sizeof path)
        return -ENAMETOOLONG;
    err = open_db(o, path);
    if (!err)
        err = check_version(o, path);
    if (!err)
        err = prepare_all(o);
    if (err)
        return err;
    err = has_row(prepared(o, HAS_BEGUN));
    o->has_begun = err == 1;
    return err < 0 ? err : 0;
}

int outbox_open(struct outbox **op, const char *store_dir)
{
    struct outbox *o = calloc(1, sizeof *o);
    int err;

    if (!o)
        return -ENOMEM;
    o->lock_fd = -1;
    err = open_all(o, store_dir);
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
    sqlite3_close(o->db);
    strbuf_fini(&o->body);
    if (o->lock_fd >= 0)
        close(o->lock_fd);
    free(o);
}

bool outbox_has_begun(const struct outbox *o)
{
    return o->has_begun;
}

int outbox_note_begun(struct outbox *o, int64_t now_ms)
{
    sqlite3_stmt *s = prepared(o, NOTE_BEGUN);
    int err;

    sqlite3_bind_int64(s, 1, now_ms);
    err = run(s);
    if (!err)
        o->has_begun = true;
    return err;
}

int outbox_begin(struct outbox *o)
{
    return run(prepared(o, BEGIN));
}

int outbox_commit(struct outbox *o)
{
    return run(prepared(o, COMMIT));
}

void outbox_rollback(struct outbox *o)
{
    if (!sqlite3_get_autocommit(o->db))
        run(prepared(o, ROLLBACK));
}

int outbox_is_seen(struct outbox *o, uint64_t alert, struct slice state)
{
    sqlite3_stmt *s = prepared(o, IS_SEEN);

    sqlite3_bind_int64(s, 1, (sqlite3_int64)alert);
    bind_slice(s, 2, state);
    return has_row(s);
}

int outbox_note_seen(struct outbox *o, uint64_t alert, struct slice state)
{
    sqlite3_stmt *s = prepared(o, NOTE_SEEN);

    sqlite3_bind_int64(s, 1, (sqlite3_int64)alert);
    bind_slice(s, 2, state);
    return run(s);
}

int64_t outbox_open_alerts(struct outbox *o, uint64_t *alerts, size_t max)
{
    sqlite3_stmt *s = prepared(o, OPEN_ALERTS);
    int64_t count = 0;
    int rc = SQLITE_DONE;

    sqlite3_bind_int64(s, 1, (sqlite3_int64)max);
    while ((size_t)count < max && (rc = sqlite3_step(s)) == SQLITE_ROW)
        alerts[count++] = (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return errno_of(rc) ? errno_of(rc) : count;
}

int outbox_add(struct outbox *o, const char *endpoint, uint64_t alert, struct slice state,
               struct slice body, int64_t now_ms)
{
    sqlite3_stmt *s = prepared(o, ADD);
    char webhook_id[OUTBOX_WEBHOOK_ID_MAX];

    /* Made of what it tells, so it would be the same even if this database were lost. */
    snprintf(webhook_id, sizeof webhook_id, "alert_%016" PRIx64 "_%.*s", alert,
             (int)(state.len < 16 ? state.len : 16), state.p ? state.p : "");
    bind_slice(s, 1, slice_of_text(endpoint));
    sqlite3_bind_int64(s, 2, (sqlite3_int64)alert);
    bind_slice(s, 3, state);
    bind_slice(s, 4, slice_of_text(webhook_id));
    bind_slice(s, 5, body);
    sqlite3_bind_int64(s, 6, now_ms);
    return run(s);
}

static struct slice column_slice(sqlite3_stmt *s, int at)
{
    const unsigned char *p = sqlite3_column_text(s, at);

    return slice_of(p ? (const char *)p : "", (size_t)sqlite3_column_bytes(s, at));
}

int outbox_next(struct outbox *o, const char *endpoint, int64_t now_ms, struct outbox_delivery *d)
{
    sqlite3_stmt *s = prepared(o, NEXT);
    struct slice webhook_id;
    int rc;

    bind_slice(s, 1, slice_of_text(endpoint));
    sqlite3_bind_int64(s, 2, now_ms);
    rc = sqlite3_step(s);
    if (rc != SQLITE_ROW) {
        sqlite3_reset(s);
        return errno_of(rc);
    }
    d->id = sqlite3_column_int64(s, 0);
    d->created_ms = sqlite3_column_int64(s, 1);
    d->tries = sqlite3_column_int64(s, 2);
    webhook_id = column_slice(s, 3);
    snprintf(d->webhook_id, sizeof d->webhook_id, "%.*s", (int)webhook_id.len, webhook_id.p);
    strbuf_reset(&o->body);
    strbuf_add_slice(&o->body, column_slice(s, 4));
    sqlite3_reset(s); /* an open read would hold back the WAL */
    if (o->body.failed)
        return -ENOMEM;
    d->body = strbuf_slice(&o->body);
    return 1;
}

static sqlite3_stmt *settling(struct outbox *o, enum statement which, int64_t id, int status,
                              const char *reason, int64_t now_ms)
{
    sqlite3_stmt *s = prepared(o, which);

    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, now_ms);
    if (status > 0)
        sqlite3_bind_int(s, 3, status);
    if (reason)
        bind_slice(s, 4, slice_of_text(reason));
    return s;
}

int outbox_note_delivered(struct outbox *o, int64_t id, int status, int64_t now_ms)
{
    return run(settling(o, DELIVERED, id, status, NULL, now_ms));
}

int outbox_note_failed(struct outbox *o, int64_t id, int status, const char *reason,
                       int64_t next_try_ms, int64_t now_ms)
{
    sqlite3_stmt *s = settling(o, FAILED, id, status, reason, now_ms);

    sqlite3_bind_int64(s, 5, next_try_ms);
    return run(s);
}

int outbox_note_dead(struct outbox *o, int64_t id, int status, const char *reason, int64_t now_ms)
{
    return run(settling(o, DEAD, id, status, reason, now_ms));
}

int64_t outbox_bury(struct outbox *o, const char *endpoint, int64_t made_before_ms,
                    const char *reason, int64_t now_ms)
{
    sqlite3_stmt *s = prepared(o, BURY);
    int err;

    bind_slice(s, 1, slice_of_text(endpoint));
    sqlite3_bind_int64(s, 2, now_ms);
    bind_slice(s, 3, slice_of_text(reason));
    sqlite3_bind_int64(s, 4, made_before_ms);
    err = run(s);
    return err ? err : sqlite3_changes64(o->db);
}

static bool is_among(struct slice name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_eq(name, slice_of_text(names[i])))
            return true;
    }
    return false;
}

/* The name of one waiting endpoint that is not among those: 1, 0 or −errno. */
static int find_other(struct outbox *o, const char *const *endpoints, size_t count, char *name,
                      size_t room)
{
    sqlite3_stmt *s = prepared(o, WAITING_ENDPOINTS);
    int rc, found = 0;

    while (!found && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        struct slice endpoint = column_slice(s, 0);

        if (is_among(endpoint, endpoints, count))
            continue;
        snprintf(name, room, "%.*s", (int)endpoint.len, endpoint.p);
        found = 1;
    }
    sqlite3_reset(s);
    return found ? 1 : errno_of(rc);
}

int outbox_bury_others(struct outbox *o, const char *const *endpoints, size_t count, int64_t now_ms)
{
    char name[64];
    int found;

    while ((found = find_other(o, endpoints, count, name, sizeof name)) == 1) {
        int64_t buried =
            outbox_bury(o, name, INT64_MAX, "its endpoint is no longer configured", now_ms);

        if (buried < 0)
            return (int)buried;
    }
    return found;
}

int outbox_purge(struct outbox *o, int64_t settled_before_ms)
{
    sqlite3_stmt *s = prepared(o, PURGE);

    sqlite3_bind_int64(s, 1, settled_before_ms);
    return run(s);
}

int outbox_forget_seen(struct outbox *o, uint64_t before)
{
    sqlite3_stmt *s = prepared(o, FORGET_SEEN);

    sqlite3_bind_int64(s, 1, (sqlite3_int64)before);
    return run(s);
}

int outbox_read_totals(struct outbox *o, struct outbox_totals *totals)
{
    sqlite3_stmt *s = prepared(o, TOTALS);
    int rc = sqlite3_step(s);

    if (rc == SQLITE_ROW) {
        totals->waiting = sqlite3_column_int64(s, 0);
        totals->delivered = sqlite3_column_int64(s, 1);
        totals->dead = sqlite3_column_int64(s, 2);
        totals->oldest_waiting_ms = sqlite3_column_int64(s, 3);
    }
    sqlite3_reset(s);
    return errno_of(rc);
}
