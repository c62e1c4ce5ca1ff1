#include "probe/state/state_db.h"

#include "analyzer/base/log.h"
#include "probe/state/state_schema.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

/* Others may read it while we write; a reader is never in the way of WAL for long. */
enum { BUSY_TIMEOUT_MS = 2000 };

struct state_db {
    pthread_mutex_t mutex;
    sqlite3 *db;
    int lock_fd;
};

int state_db_errno(int rc)
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
    case SQLITE_CONSTRAINT:
        return -EEXIST;
    default:
        return -EIO;
    }
}

void state_db_bind_slice(struct sqlite3_stmt *s, int at, struct slice text)
{
    sqlite3_bind_text64(s, at, text.p ? text.p : "", text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
}

struct slice state_db_column_slice(struct sqlite3_stmt *s, int at)
{
    const unsigned char *p = sqlite3_column_text(s, at);

    return slice_of(p ? (const char *)p : "", p ? (size_t)sqlite3_column_bytes(s, at) : 0);
}

static int execute(struct state_db *s, const char *sql)
{
    return state_db_errno(sqlite3_exec(s->db, sql, NULL, NULL, NULL));
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

static int bring_up(struct state_db *s, int64_t version)
{
    char set_version[64];
    int err = execute(s, "BEGIN IMMEDIATE");

    if (err)
        return err;
    snprintf(set_version, sizeof set_version, "PRAGMA user_version = %d", STATE_DB_VERSION);
    if (version == 1)
        err = execute(s, state_schema_leave_1);
    if (!err)
        err = execute(s, state_schema);
    if (!err && version == 1)
        err = execute(s, state_schema_from_1);
    if (!err)
        err = execute(s, set_version);
    if (!err)
        err = execute(s, "COMMIT");
    if (err)
        execute(s, "ROLLBACK");
    return err;
}

static int check_version(struct state_db *s, const char *path)
{
    int64_t version = read_version(s->db);

    if (version == STATE_DB_VERSION)
        return 0;
    if (version < 0)
        return -EIO;
    if (version < STATE_DB_VERSION)
        return bring_up(s, version);
    log_error("state: %s was made by a newer version (schema %" PRId64 ", this one knows %d)", path,
              version, STATE_DB_VERSION);
    return -EPROTO;
}

static int open_db(struct state_db *s, const char *path)
{
    /* Made by hand so that nobody else can read it: the bodies name callers. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int rc;

    if (fd < 0)
        return -errno;
    close(fd);
    rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
    /* FULL: what has been told to somebody must not be forgotten with the power. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(s->db,
                          "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                          "PRAGMA trusted_schema = OFF;",
                          NULL, NULL, NULL);
    return state_db_errno(rc);
}

static int take_lock(struct state_db *s, const char *store_dir)
{
    char path[PATH_MAX];

    if ((size_t)snprintf(path, sizeof path, "%s/state.lock", store_dir) >= sizeof path)
        return -ENAMETOOLONG;
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->lock_fd < 0)
        return -errno;
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? -EBUSY : -errno;
    return 0;
}

static int open_all(struct state_db *s, const char *store_dir)
{
    char path[PATH_MAX];
    int err = take_lock(s, store_dir);

    if (err)
        return err;
    if ((size_t)snprintf(path, sizeof path, "%s/state.sqlite", store_dir) >= sizeof path)
        return -ENAMETOOLONG;
    err = open_db(s, path);
    return err ? err : check_version(s, path);
}

static int make_mutex(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;
    int err = pthread_mutexattr_init(&attributes);

    if (err)
        return -err;
    err = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    if (!err)
        err = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return -err;
}

int state_db_open(struct state_db **sp, const char *store_dir)
{
    struct state_db *s = calloc(1, sizeof *s);
    int err;

    if (!s)
        return -ENOMEM;
    s->lock_fd = -1;
    err = make_mutex(&s->mutex);
    if (err) {
        free(s);
        return err;
    }
    err = open_all(s, store_dir);
    if (err) {
        state_db_close(s);
        return err;
    }
    *sp = s;
    return 0;
}

void state_db_close(struct state_db *s)
{
    if (!s)
        return;
    sqlite3_close(s->db);
    if (s->lock_fd >= 0)
        close(s->lock_fd);
    pthread_mutex_destroy(&s->mutex);
    free(s);
}

struct sqlite3 *state_db_lock(struct state_db *s)
{
    pthread_mutex_lock(&s->mutex);
    return s->db;
}

void state_db_unlock(struct state_db *s)
{
    pthread_mutex_unlock(&s->mutex);
}

int state_db_begin(struct state_db *s)
{
    int err;

    state_db_lock(s);
    err = execute(s, "BEGIN IMMEDIATE");
    if (err)
        state_db_unlock(s);
    return err;
}

int state_db_commit(struct state_db *s)
{
    int err = execute(s, "COMMIT");

    if (err)
        state_db_rollback(s);
    else
        state_db_unlock(s);
    return err;
}

void state_db_rollback(struct state_db *s)
{
    if (!sqlite3_get_autocommit(s->db))
        execute(s, "ROLLBACK");
    state_db_unlock(s);
}
