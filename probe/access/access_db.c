#include "probe/access/access_db.h"

#include "analyzer/base/log.h"
#include "probe/access/secret_key.h"
#include "probe/state/state_db.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_TIMEOUT_MS = 2000 };

struct access_db {
    sqlite3 *db;
    sqlite3_stmt *stamp;
};

static const char schema[] =
    /* password: a hash of argon2id; '': none yet, he has a one-time link. */
    "CREATE TABLE users ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE COLLATE NOCASE,"
    " role TEXT NOT NULL,"
    " password TEXT NOT NULL DEFAULT '',"
    " is_disabled INTEGER NOT NULL DEFAULT 0,"
    " created_s INTEGER NOT NULL,"
    " login_s INTEGER);" /* the last time */

    /* key: the hash of what the cookie says. */
    "CREATE TABLE sessions ("
    " key BLOB PRIMARY KEY CHECK (length(key) = 32),"
    " user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,"
    " created_s INTEGER NOT NULL,"
    " used_s INTEGER NOT NULL) WITHOUT ROWID;" /* to within a minute */
    "CREATE INDEX sessions_by_user ON sessions (user);"

    "CREATE TABLE tokens ("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),"
    " user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,"
    " name TEXT NOT NULL,"
    " scopes TEXT NOT NULL," /* names of rights, with commas */
    " created_s INTEGER NOT NULL,"
    " expires_s INTEGER NOT NULL,"
    " used_s INTEGER,"
    " UNIQUE (user, name));"

    /* One-time links: each user has one at most. */
    "CREATE TABLE invites ("
    " user INTEGER PRIMARY KEY REFERENCES users ON DELETE CASCADE,"
    " key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),"
    " expires_s INTEGER NOT NULL);"

    "PRAGMA user_version = 1;";

static int execute(struct access_db *d, const char *sql)
{
    return state_db_errno(sqlite3_exec(d->db, sql, NULL, NULL, NULL));
}

int access_db_prepare(struct access_db *d, sqlite3_stmt **s, const char *sql)
{
    return state_db_errno(sqlite3_prepare_v2(d->db, sql, -1, s, NULL));
}

int access_db_run(struct access_db *d, sqlite3_stmt *s)
{
    int rc = sqlite3_step(s), err = state_db_errno(rc);

    sqlite3_finalize(s);
    return err ? err : sqlite3_changes(d->db);
}

int64_t access_db_last_id(struct access_db *d)
{
    return sqlite3_last_insert_rowid(d->db);
}

void access_db_bind_key(sqlite3_stmt *s, int at, const unsigned char *key)
{
    sqlite3_bind_blob(s, at, key, SECRET_KEY_BYTES, SQLITE_TRANSIENT);
}

bool access_db_column_key(sqlite3_stmt *s, int at, unsigned char *key)
{
    const void *bytes = sqlite3_column_blob(s, at);

    if (!bytes || sqlite3_column_bytes(s, at) != SECRET_KEY_BYTES)
        return false;
    memcpy(key, bytes, SECRET_KEY_BYTES);
    return true;
}

void access_db_column_text(sqlite3_stmt *s, int at, char *out, size_t room)
{
    const unsigned char *text = sqlite3_column_text(s, at);

    snprintf(out, room, "%s", text ? (const char *)text : "");
}

static int64_t read_number(sqlite3_stmt *s)
{
    int64_t number = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;

    sqlite3_reset(s);
    return number;
}

int64_t access_db_stamp(struct access_db *d)
{
    return read_number(d->stamp);
}

static int64_t read_version(struct access_db *d)
{
    sqlite3_stmt *s;
    int64_t version;

    if (access_db_prepare(d, &s, "PRAGMA user_version") != 0)
        return -1;
    version = read_number(s);
    sqlite3_finalize(s);
    return version;
}

int access_db_begin(struct access_db *d)
{
    return execute(d, "BEGIN IMMEDIATE");
}

int access_db_end(struct access_db *d, int err)
{
    if (!err)
        err = execute(d, "COMMIT");
    if (err && !sqlite3_get_autocommit(d->db))
        execute(d, "ROLLBACK");
    return err;
}

/* Two processes may come to it at once: the second sees what the first has made. */
static int bring_up(struct access_db *d)
{
    int err = access_db_begin(d);
    int64_t version;

    if (err)
        return err;
    version = read_version(d);
    if (version == 0)
        err = execute(d, schema);
    else if (version < 0)
        err = -EIO;
    return access_db_end(d, err);
}

static int check_version(struct access_db *d, const char *path)
{
    int64_t version = read_version(d);

    if (version == 0)
        return bring_up(d);
    if (version == ACCESS_DB_VERSION)
        return 0;
    if (version < 0)
        return -EIO;
    log_error("access: %s was made by a newer version (schema %" PRId64 ", this one knows %d)",
              path, version, ACCESS_DB_VERSION);
    return -EPROTO;
}

/* Made by hand, so that nobody else can read it. What root makes by `earshot user` belongs to whom the
 * store belongs to: the server must be able to write it; SQLite does the same for the files beside. */
static int make_file(const char *path, const char *store_dir)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat of_store;
    int err = 0;

    if (fd < 0)
        return -errno;
    if (geteuid() == 0 && stat(store_dir, &of_store) == 0 &&
        fchown(fd, of_store.st_uid, of_store.st_gid) != 0)
        err = -errno;
    close(fd);
    return err;
}

static int open_all(struct access_db *d, const char *store_dir)
{
    char path[PATH_MAX];
    int err, rc;

    if ((size_t)snprintf(path, sizeof path, "%s/access.sqlite", store_dir) >= sizeof path)
        return -ENAMETOOLONG;
    err = make_file(path, store_dir);
    if (err)
        return err;
    rc = sqlite3_open_v2(path, &d->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_busy_timeout(d->db, BUSY_TIMEOUT_MS);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(d->db,
                          "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                          "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                          "PRAGMA secure_delete = ON;",
                          NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return state_db_errno(rc);
    err = check_version(d, path);
    return err ? err : access_db_prepare(d, &d->stamp, "PRAGMA data_version");
}

int access_db_open(struct access_db **dp, const char *store_dir)
{
    struct access_db *d = calloc(1, sizeof *d);
    int err;

    if (!d)
        return -ENOMEM;
    err = open_all(d, store_dir);
    if (err) {
        access_db_close(d);
        return err;
    }
    *dp = d;
    return 0;
}

void access_db_close(struct access_db *d)
{
    if (!d)
        return;
    sqlite3_finalize(d->stamp);
    sqlite3_close(d->db);
    free(d);
}
