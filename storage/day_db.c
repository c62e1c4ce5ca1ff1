/*
 * Why these pragmas: WAL lets readers read while the one writer writes, and makes a commit one
 * append. synchronous NORMAL does not wait for the disk at a commit: a killed process loses
 * nothing that was committed, a power cut at most what the disk had not been given yet, and the
 * database stays whole in both.
 */
#include "storage/day_db.h"

#include "analyzer/base/log.h"
#include "storage/call_short.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
    WRITE_BUSY_MS = 2000,       /* a reader that recovers a WAL holds the lock for a moment */
    READ_BUSY_MS = 1000,        /* a person waits for the answer */
    READ_CACHE_KIB = 4096,      /* a web process keeps many days open */
    CHECKPOINT_PAGES = 16384,   /* 64 MiB: a page that changes often is written back once */
    WAL_KEPT_BYTES = 128 << 20, /* one that grew under a long search shrinks to it after */
};

/* clang-format off */
static const struct {
    int code, err;
} errors[] = {
    { SQLITE_FULL, ENOSPC },   { SQLITE_NOMEM, ENOMEM },   { SQLITE_BUSY, EBUSY },
    { SQLITE_LOCKED, EBUSY },  { SQLITE_READONLY, EROFS }, { SQLITE_CANTOPEN, EACCES },
    { SQLITE_PERM, EACCES },   { SQLITE_TOOBIG, E2BIG },   { SQLITE_CORRUPT, EUCLEAN },
    { SQLITE_NOTADB, EUCLEAN }, { SQLITE_CONSTRAINT, EINVAL }, { SQLITE_MISMATCH, EINVAL },
};
/* clang-format on */

int day_db_errno(sqlite3 *db)
{
    int code = sqlite3_errcode(db) & 0xff;
    int system = sqlite3_system_errno(db);

    if ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) && system > 0)
        return -system;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        if (errors[i].code == code)
            return -errors[i].err;
    }
    return -EIO;
}

const char *day_db_error_text(int err)
{
    switch (err) {
    case -EUCLEAN:
        return "the database is damaged";
    case -EPROTO:
        return "made by a newer version of earshot; use that one";
    default:
        return strerror(-err);
    }
}

int day_db_prepare(sqlite3_stmt **sp, sqlite3 *db, struct slice sql)
{
    sqlite3_stmt *s = NULL;

    if (sqlite3_prepare_v3(db, sql.p, (int)sql.len, SQLITE_PREPARE_PERSISTENT, &s, NULL) !=
        SQLITE_OK)
        return day_db_errno(db);
    *sp = s;
    return 0;
}

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : day_db_errno(db);
}

static int read_version(sqlite3 *db, int *version)
{
    sqlite3_stmt *s = NULL;
    int err = day_db_prepare(&s, db, SLICE("PRAGMA user_version"));

    if (err)
        return err;
    if (sqlite3_step(s) == SQLITE_ROW)
        *version = sqlite3_column_int(s, 0);
    else
        err = day_db_errno(db);
    sqlite3_finalize(s);
    return err;
}

static int refuse_newer(int32_t day, int version)
{
    char name[16] = "";

    store_dir_day_name(day, name);
    log_error("store: the database of %s has version %d, made by a newer earshot; this one (%s) "
              "knows version %d: use the newer earshot",
              name, version, EARSHOT_VERSION, DAY_DB_VERSION);
    return -EPROTO;
}

/* One step and its new version, or neither. */
static int run_step(sqlite3 *db, const char *sql, int to_version)
{
    char pragma[64];
    int err = run(db, "BEGIN IMMEDIATE");

    if (err)
        return err;
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", to_version);
    err = run(db, sql);
    if (err == 0)
        err = run(db, pragma);
    if (err == 0)
        err = run(db, "COMMIT");
    if (err)
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

int day_db_migrate(sqlite3 *db, const char *schema, const struct day_db_step *steps, int version)
{
    int at, err = read_version(db, &at);

    if (err)
        return err;
    if (at > version)
        return -EPROTO;
    if (at == 0)
        return run_step(db, schema, version);
    for (; steps->to_version && err == 0; steps++) {
        if (steps->to_version > at && steps->to_version <= version)
            err = run_step(db, steps->sql, steps->to_version);
    }
    return err;
}

int day_db_set_cache(sqlite3 *db, int cache_kib)
{
    char pragma[64];

    snprintf(pragma, sizeof pragma, "PRAGMA cache_size = -%d", cache_kib);
    return run(db, pragma);
}

/* What a database file may not do to whoever opens it. */
static void harden(sqlite3 *db)
{
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_extended_result_codes(db, 1);
}

/* To make a database SQLite waits for the disk five times, for fear of half a one; but nothing of an
 * empty one can be lost, so that once is enough. */
static int sync_once(sqlite3 *db)
{
    sqlite3_file *file = NULL;

    if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file ||
        !file->pMethods)
        return -EIO;
    if (file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) != SQLITE_OK)
        return -EIO;
    return run(db, "PRAGMA synchronous = NORMAL");
}

static int open_write(sqlite3 **dbp, const char *path, int32_t day)
{
    char pragmas[224];
    sqlite3 *db = NULL;
    int version = 0, err;
    struct stat st;
    bool is_new;

    if (sqlite3_open_v2(path, &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                            SQLITE_OPEN_EXRESCODE,
                        NULL) != SQLITE_OK) {
        err = db ? day_db_errno(db) : -ENOMEM;
        goto close_db;
    }
    harden(db);
    sqlite3_busy_timeout(db, WRITE_BUSY_MS);
    chmod(path, 0600); /* -wal and -shm take after it */
    is_new = stat(path, &st) == 0 && st.st_size == 0;
    snprintf(pragmas, sizeof pragmas,
             "PRAGMA synchronous = %s; PRAGMA journal_mode = WAL; PRAGMA temp_store = MEMORY;"
             "PRAGMA wal_autocheckpoint = %d; PRAGMA journal_size_limit = %d",
             is_new ? "OFF" : "NORMAL", CHECKPOINT_PAGES, WAL_KEPT_BYTES);
    err = run(db, pragmas);
    if (err == 0)
        err = call_short_add_functions(db);
    if (err == 0)
        err = day_db_migrate(db, day_db_schema, day_db_steps, DAY_DB_VERSION);
    if (err == 0 && is_new)
        err = sync_once(db);
    if (err == -EPROTO && read_version(db, &version) == 0)
        refuse_newer(day, version);
    if (err)
        goto close_db;
    *dbp = db;
    return 0;

close_db:
    sqlite3_close_v2(db);
    return err;
}

/* A database that cannot be read must not cost the rest of its day: it stays under another name,
 * for a person to salvage, and the day goes on in a new one. */
static int set_aside(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    char from[STORE_PATH_MAX + 8], to[STORE_PATH_MAX + 32];
    struct stat st;
    int n = 1;

    do
        snprintf(to, sizeof to, "%s.damaged-%d", path, n++);
    while (stat(to, &st) == 0 && n < 1000);
    log_error("store: %s is damaged: it is kept as %s, a new one is begun; sqlite3 may salvage "
              "rows with .recover",
              path, to);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(from, sizeof from, "%s%s", path, suffixes[i]);
        snprintf(to, sizeof to, "%s.damaged-%d%s", path, n - 1, suffixes[i]);
        if (rename(from, to) != 0 && errno != ENOENT)
            return -errno;
    }
    return 0;
}

int day_db_open_write(sqlite3 **dbp, const char *store_dir, int32_t day)
{
    char path[STORE_PATH_MAX];
    int err = store_dir_make_day(store_dir, day);

    if (err == 0)
        err = store_dir_path(path, store_dir, day, DAY_DB_FILE);
    if (err)
        return err;
    err = open_write(dbp, path, day);
    if (err == -EUCLEAN && set_aside(path) == 0)
        err = open_write(dbp, path, day);
    return err;
}

int day_db_set_aside(const char *store_dir, int32_t day)
{
    char path[STORE_PATH_MAX];
    int err = store_dir_path(path, store_dir, day, DAY_DB_FILE);

    return err ? err : set_aside(path);
}

/* "file:" with what would end the path escaped. */
static int immutable_uri(char *out, size_t room, const char *path)
{
    static const char tail[] = "?immutable=1";
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 5;

    memcpy(out, "file:", n);
    for (; *path; path++) {
        if (n + 3 + sizeof tail > room)
            return -ENAMETOOLONG;
        if (*path == '%' || *path == '?' || *path == '#') {
            out[n++] = '%';
            out[n++] = digits[(unsigned char)*path >> 4];
            out[n++] = digits[*path & 15];
        } else {
            out[n++] = *path;
        }
    }
    memcpy(out + n, tail, sizeof tail);
    return 0;
}

static int open_read(sqlite3 **dbp, const char *name, int more_flags, int *version)
{
    sqlite3 *db = NULL;
    int err = -ENOMEM;

    if (sqlite3_open_v2(name, &db,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                            more_flags,
                        NULL) != SQLITE_OK) {
        if (db)
            err = day_db_errno(db);
        goto close_db;
    }
    harden(db);
    sqlite3_busy_timeout(db, READ_BUSY_MS);
    err = read_version(db, version);
    if (err == 0)
        err = call_short_add_functions(db);
    if (err == 0)
        err = day_db_set_cache(db, READ_CACHE_KIB);
    if (err == 0)
        err = run(db, "PRAGMA mmap_size = 2147418112"); /* a search copies its columns once */
    if (err)
        goto close_db;
    *dbp = db;
    return 0;

close_db:
    sqlite3_close_v2(db);
    return err;
}

int day_db_open_read(sqlite3 **dbp, const char *store_dir, int32_t day)
{
    char path[STORE_PATH_MAX], uri[STORE_PATH_MAX * 2], wal[STORE_PATH_MAX];
    int version = 0, err = store_dir_path(path, store_dir, day, DAY_DB_FILE);
    struct stat st;
    sqlite3 *db;

    if (err == 0)
        err = store_dir_path(wal, store_dir, day, DAY_DB_FILE "-wal");
    if (err)
        return err;
    if (stat(path, &st) != 0)
        return -errno;
    if (st.st_size == 0)
        return -ENOENT;
    err = open_read(&db, path, 0, &version);
    /* A reader needs the -shm file, which it cannot make on a read-only disk or in the folder of
     * somebody else. Without a -wal the file is the whole database. */
    if (err && err != -EBUSY && stat(wal, &st) != 0 && errno == ENOENT &&
        immutable_uri(uri, sizeof uri, path) == 0)
        err = open_read(&db, uri, SQLITE_OPEN_URI, &version);
    if (err)
        return err;
    if (version == 0)
        err = -ENOENT;
    else if (version > DAY_DB_VERSION)
        err = refuse_newer(day, version);
    if (err) {
        sqlite3_close_v2(db);
        return err;
    }
    *dbp = db;
    return 0;
}

void day_db_close(sqlite3 *db)
{
    sqlite3_close_v2(db);
}

const char *day_db_library_version(void)
{
    return sqlite3_libversion();
}
