#include "storage/upkeep/kept_day.h"

#include "analyzer/base/strbuf.h"
#include "storage/day_db.h"
#include "storage/packets/chunk_index.h"
#include "storage/store_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Which rows of the old day. `kept` holds the ids, and as the texts that alerts name them by. */
static const struct {
    const char *table, *where;
} copied[] = {
    { "calls", "id IN (SELECT id FROM kept)" },
    { "streams", "id IN (SELECT id FROM kept) OR call IN (SELECT id FROM kept)" },
    { "legs", "call_a IN (SELECT id FROM kept) OR call_b IN (SELECT id FROM kept)" },
    { "transactions", "call_id IN (SELECT call_id FROM main.calls)" },
    { "alerts", "EXISTS (SELECT 1 FROM kept WHERE instr(alerts.calls, kept.name))" },
};

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : day_db_errno(db);
}

/* The one number that it answers. */
static int ask(sqlite3 *db, struct slice sql, uint64_t id, int64_t *answer)
{
    sqlite3_stmt *s = NULL;
    int err = day_db_prepare(&s, db, sql);

    if (err)
        return err;
    if (sqlite3_bind_parameter_count(s))
        sqlite3_bind_int64(s, 1, (int64_t)id);
    if (sqlite3_step(s) == SQLITE_ROW)
        *answer = sqlite3_column_int64(s, 0);
    else
        err = day_db_errno(db);
    sqlite3_finalize(s);
    return err;
}

/* --- rows --------------------------------------------------------------------------------------- */

static int attach(sqlite3 *db, const char *store_dir, int32_t day)
{
    char path[STORE_PATH_MAX];
    sqlite3_stmt *s = NULL;
    int err = store_dir_path(path, store_dir, day, DAY_DB_FILE);

    if (err == 0)
        err = day_db_prepare(&s, db, SLICE("ATTACH ? AS old"));
    if (err)
        return err;
    sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
    if (sqlite3_step(s) != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_finalize(s);
    return err;
}

static int name_kept(sqlite3 *db, const struct kept_ids *ids)
{
    sqlite3_stmt *s = NULL;
    int err = run(db, "CREATE TEMP TABLE kept(id INTEGER PRIMARY KEY, name TEXT)");

    if (err == 0)
        err = day_db_prepare(&s, db, SLICE("INSERT OR IGNORE INTO kept VALUES(?,?)"));
    for (size_t i = 0; i < ids->count && err == 0; i++) {
        char name[24];

        snprintf(name, sizeof name, "%016" PRIx64, ids->ids[i]);
        sqlite3_bind_int64(s, 1, (int64_t)ids->ids[i]);
        sqlite3_bind_text(s, 2, name, -1, SQLITE_STATIC);
        if (sqlite3_step(s) != SQLITE_DONE)
            err = day_db_errno(db);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return err;
}

/* By name: a day that was brought to this version has its columns in another order. */
static int add_columns(struct strbuf *out, sqlite3 *db, const char *table)
{
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, db, SLICE("SELECT name FROM pragma_table_info(?)"));
    size_t n = 0;

    if (err)
        return err;
    sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW)
        strbuf_addf(out, "%s\"%s\"", n++ ? "," : "", (const char *)sqlite3_column_text(s, 0));
    if (rc != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_finalize(s);
    return out->failed ? -ENOMEM : err;
}

static int copy_rows(sqlite3 *db, const char *table, const char *where)
{
    struct strbuf columns = { 0 }, sql = { 0 };
    int err = add_columns(&columns, db, table);

    strbuf_addf(
        &sql, "INSERT OR IGNORE INTO main.\"%s\"(%s) SELECT %s FROM old.\"%s\" AS \"%s\" WHERE %s",
        table, columns.p ? columns.p : "", columns.p ? columns.p : "", table, table, where);
    if (err == 0)
        err = sql.failed ? -ENOMEM : run(db, sql.p);
    strbuf_fini(&columns);
    strbuf_fini(&sql);
    return err;
}

/* --- packets ------------------------------------------------------------------------------------ */

static int insert_chunks(sqlite3 *db, const struct kept_list *l, enum store_kind kind)
{
    sqlite3_stmt *s = NULL;
    int err = day_db_prepare(
        &s, db,
        SLICE(
            "INSERT OR REPLACE INTO main.chunks(place,id,first_time,last_time,stored_bytes,frames) "
            "SELECT ?2,id,first_time,last_time,stored_bytes,frames FROM old.chunks "
            "WHERE place = ?1"));

    for (size_t i = 0; i < l->count && err == 0; i++) {
        const struct kept_chunk *c = &l->list[i];

        if (c->to_segment == 0)
            continue;
        sqlite3_bind_int64(s, 1, c->place);
        sqlite3_bind_int64(s, 2,
                           chunk_place(store_kind_packets(kind), c->to_segment, c->to_offset));
        if (sqlite3_step(s) != SQLITE_DONE)
            err = day_db_errno(db);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return err;
}

static int by_place(const void *a, const void *b)
{
    const struct kept_chunk *x = a, *y = b;

    return (x->place > y->place) - (x->place < y->place);
}

static int point_to_audio(sqlite3 *db, const struct kept_list *audio, const struct kept_list *media)
{
    sqlite3_stmt *s = NULL;
    int err = day_db_prepare(&s, db,
                             SLICE("UPDATE main.chunks SET audio_segment = ?2, audio_offset = ?3, "
                                   "audio_bytes = ?4 WHERE place = ?1"));

    for (size_t i = 0; i < audio->count && err == 0; i++) {
        const struct kept_chunk *c = &audio->list[i];
        const struct kept_chunk *m =
            media->count ? bsearch(c, media->list, media->count, sizeof *media->list, by_place)
                         : NULL;

        if (c->to_segment == 0 || !m || m->to_segment == 0)
            continue;
        sqlite3_bind_int64(
            s, 1, chunk_place(store_kind_packets(STORE_MEDIA), m->to_segment, m->to_offset));
        sqlite3_bind_int64(s, 2, c->to_segment);
        sqlite3_bind_int64(s, 3, (int64_t)c->to_offset);
        sqlite3_bind_int64(s, 4, c->bytes);
        if (sqlite3_step(s) != SQLITE_DONE)
            err = day_db_errno(db);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return err;
}

static int copy_packets(sqlite3 *db, sqlite3 *old, const char *store_dir, const char *to_dir,
                        int32_t day, const struct kept_ids *ids)
{
    struct kept_list lists[STORE_KINDS] = { { .count = 0 } };
    int err = 0;

    for (int k = STORE_SIGNALLING; k < STORE_KINDS && err == 0; k++) {
        err = kept_list_read(&lists[k], ids, old, (enum store_kind)k, CHUNK_SEGMENT_MAX);
        if (err == 0)
            err = kept_list_copy(&lists[k], store_dir, to_dir, day, (enum store_kind)k, 0);
        if (err == 0 && k != STORE_AUDIO)
            err = insert_chunks(db, &lists[k], (enum store_kind)k);
    }
    if (err == 0)
        err = point_to_audio(db, &lists[STORE_AUDIO], &lists[STORE_MEDIA]);
    for (int k = 0; k < STORE_KINDS; k++)
        kept_list_fini(&lists[k]);
    return err;
}

/* --- pins --------------------------------------------------------------------------------------- */

/* The files themselves under a second name, so that they stay what they are, and whose. */
static int link_pins(const char *store_dir, const char *to_dir, int32_t day)
{
    char from[STORE_PATH_MAX], to[STORE_PATH_MAX];
    struct dirent *entry;
    int to_fd, err = store_dir_path(from, store_dir, day, "pins");
    DIR *dir;

    if (err == 0)
        err = store_dir_path(to, to_dir, day, "pins");
    if (err)
        return err;
    dir = opendir(from);
    if (!dir)
        return errno == ENOENT ? 0 : -errno; /* pinned are calls of earlier days */
    if (mkdir(to, 0700) != 0 && errno != EEXIST)
        err = -errno;
    to_fd = err ? -1 : open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (err == 0 && to_fd < 0)
        err = -errno;
    while (err == 0 && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.' &&
            linkat(dirfd(dir), entry->d_name, to_fd, entry->d_name, 0) != 0 && errno != EEXIST)
            err = -errno;
    }
    if (to_fd >= 0)
        close(to_fd);
    closedir(dir);
    return err;
}

/* --- the day ------------------------------------------------------------------------------------ */

static int fill(sqlite3 *db, sqlite3 *old, const char *store_dir, const char *to_dir, int32_t day,
                const struct kept_ids *ids)
{
    int err = attach(db, store_dir, day);

    if (err == 0)
        err = run(db, "BEGIN");
    if (err == 0)
        err = name_kept(db, ids);
    for (size_t i = 0; i < sizeof copied / sizeof copied[0] && err == 0; i++)
        err = copy_rows(db, copied[i].table, copied[i].where);
    if (err == 0)
        err = copy_packets(db, old, store_dir, to_dir, day, ids);
    if (err == 0)
        err = run(db, "COMMIT");
    return err;
}

int kept_day_build(const char *store_dir, const char *to_dir, int32_t day,
                   const struct kept_ids *ids, bool *has_some)
{
    sqlite3 *db = NULL, *old = NULL;
    int64_t calls = 0, chunks = 0;
    /* To write, so that it is brought to the version that is copied to. */
    int err = day_db_open_write(&old, store_dir, day);

    if (err == 0)
        err = day_db_open_write(&db, to_dir, day);
    if (err == 0)
        err = fill(db, old, store_dir, to_dir, day, ids);
    if (err == 0)
        err = ask(db, SLICE("SELECT count(*) FROM main.calls"), 0, &calls);
    if (err == 0)
        err = ask(db, SLICE("SELECT count(*) FROM main.chunks"), 0, &chunks);
    if (err == 0)
        err = run(db, "DETACH old; PRAGMA wal_checkpoint(TRUNCATE)");
    if (db)
        day_db_close(db);
    if (old)
        day_db_close(old);
    if (err == 0)
        err = link_pins(store_dir, to_dir, day);
    *has_some = calls + chunks > 0;
    return err;
}

/* Of the calls and chunks there are: are they all of those ids? */
static int count_others(sqlite3 *db, const struct kept_ids *ids, struct slice all, struct slice of,
                        int64_t *others)
{
    int err = ask(db, all, 0, others);

    for (size_t i = 0; i < ids->count && err == 0 && *others > 0; i++) {
        int64_t n = 0;

        err = ask(db, of, ids->ids[i], &n);
        *others -= n;
    }
    return err;
}

int kept_day_is_settled(const char *store_dir, int32_t day, const struct kept_ids *ids,
                        bool *is_settled)
{
    int64_t calls = 0, chunks = 0;
    sqlite3 *db;
    int err = day_db_open_read(&db, store_dir, day);

    *is_settled = false;
    if (err)
        return err == -ENOENT ? 0 : err;
    err = count_others(db, ids, SLICE("SELECT count(*) FROM calls"),
                       SLICE("SELECT count(*) FROM calls WHERE id = ?"), &calls);
    if (err == 0 && calls == 0)
        err = count_others(db, ids, SLICE("SELECT count(*) FROM chunks"),
                           SLICE("SELECT count(*) FROM chunks WHERE id = ?"), &chunks);
    day_db_close(db);
    *is_settled = err == 0 && calls + chunks == 0;
    return err;
}
