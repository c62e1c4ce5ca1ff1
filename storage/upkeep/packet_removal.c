/*
 * The order in which a kill does no harm: first the copies of what is kept, then the rows, then the
 * files. Bytes that no row points to are room that is lost until the next look; a row that points to
 * nothing would be an error.
 *
 *     copy pinned chunks - move their rows - delete (of audio: clear) the others' -
 *     put the index on the disk - unlink the segments
 */
#include "storage/upkeep/packet_removal.h"

#include "storage/day_db.h"
#include "storage/packets/chunk_index.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment_file.h"
#include "storage/upkeep/kept_chunks.h"
#include "storage/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 512,
    BATCH_ROWS = 20000,      /* some 50 ms of the writer's time */
    CHECKPOINT_PAGES = 1000, /* a WAL that stays small: the disk may be full */
    QUIET_S = 60,            /* since the last append: its row is in the database by then */
};

/* A segment that may go. */
struct old_segment {
    uint32_t number;
    int64_t disk_bytes, bytes;
    time_t changed;
};

struct old_segments {
    struct old_segment *list; /* by number */
    size_t count, room;
    uint32_t newest;
};

/* --- segments ----------------------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    const struct old_segment *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

static int add_segment(struct old_segments *l, uint32_t number, const struct stat *st)
{
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 32;
        struct old_segment *grown = realloc(l->list, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        l->list = grown;
        l->room = room;
    }
    l->list[l->count++] = (struct old_segment){ number, (int64_t)st->st_blocks * BLOCK_BYTES,
                                                st->st_size, st->st_mtim.tv_sec };
    if (number > l->newest)
        l->newest = number;
    return 0;
}

static int list_segments(struct old_segments *l, const struct day_removal *r, int32_t day,
                         enum store_kind kind)
{
    char path[STORE_PATH_MAX];
    struct dirent *entry;
    int err = store_dir_path(path, r->store_dir, day, NULL);
    DIR *dir;

    *l = (struct old_segments){ .count = 0 };
    if (err)
        return err;
    dir = opendir(path);
    if (!dir)
        return -errno;
    while (err == 0 && (entry = readdir(dir)) != NULL) {
        struct stat st;
        uint32_t number;

        if (segment_file_parse(entry->d_name, store_kind_packets(kind), &number) &&
            fstatat(dirfd(dir), entry->d_name, &st, 0) == 0)
            err = add_segment(l, number, &st);
    }
    closedir(dir);
    if (l->count)
        qsort(l->list, l->count, sizeof *l->list, by_number);
    return err;
}

static bool is_quiet(const struct day_removal *r, const struct old_segment *s)
{
    time_t age = time(NULL) - s->changed;

    /* Written to in the future: by a clock that was set back since. */
    return !r->log || age >= QUIET_S || age < -QUIET_S;
}

/* Leaves those that are to go: from the oldest on, until they make up for `bytes`. */
static void choose(struct old_segments *l, const struct day_removal *r, int64_t bytes, bool is_open)
{
    int64_t sum = 0;
    size_t n = 0;

    while (n < l->count && sum < bytes && is_quiet(r, &l->list[n]) &&
           !(is_open && l->list[n].number == l->newest))
        sum += l->list[n++].disk_bytes;
    l->count = n;
}

/* Rows that changed are on the disk before what they pointed to is gone from it: they would be back
 * after a power cut, else. */
static int sync_index(const struct day_removal *r, int32_t day)
{
    static const char *const files[] = { DAY_DB_FILE "-wal", DAY_DB_FILE };
    char path[STORE_PATH_MAX];

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        int err = store_dir_path(path, r->store_dir, day, files[i]), fd;

        if (err)
            return err;
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0)
            return -errno;
        err = fsync(fd) == 0 ? 0 : -errno;
        close(fd);
        if (err)
            return err;
    }
    return 0;
}

static int unlink_segments(const struct day_removal *r, int32_t day, enum store_kind kind,
                           const struct old_segments *l, struct day_removed *removed)
{
    char path[STORE_PATH_MAX];

    for (size_t i = 0; i < l->count; i++) {
        int err =
            segment_file_path(path, r->store_dir, day, store_kind_packets(kind), l->list[i].number);

        if (err)
            return err;
        if (!day_removal_goes_on(r, "unlink segment"))
            return -EINTR;
        if (unlink(path) != 0 && errno != ENOENT)
            return -errno;
        removed->bytes[kind] += l->list[i].disk_bytes;
    }
    return 0;
}

/* --- their rows --------------------------------------------------------------------------------- */

/* What is done to the rows of the chosen segments; a part of it at a time. */
struct row_change {
    enum store_kind kind;
    uint32_t last;                /* of the chosen segments, the highest number */
    const struct kept_list *kept; /* to be moved, first; NULL: done */
    int64_t from;                 /* place */
    bool done;
    bool holds_kept;
    const struct kept_ids *ids;
};

static int move_kept(struct row_change *c, sqlite3 *db)
{
    bool audio = c->kind == STORE_AUDIO;
    sqlite3_stmt *s = NULL;
    int err =
        day_db_prepare(&s, db,
                       audio ? SLICE("UPDATE chunks SET audio_segment = ?2, audio_offset = ?3 "
                                     "WHERE place = ?1")
                             : SLICE("UPDATE chunks SET place = ?2 WHERE place = ?1"));

    for (size_t i = 0; i < c->kept->count && err == 0; i++) {
        const struct kept_chunk *k = &c->kept->list[i];

        if (k->to_segment == 0)
            continue;
        sqlite3_bind_int64(s, 1, k->place);
        if (audio) {
            sqlite3_bind_int64(s, 2, k->to_segment);
            sqlite3_bind_int64(s, 3, (int64_t)k->to_offset);
        } else {
            sqlite3_bind_int64(
                s, 2, chunk_place(store_kind_packets(c->kind), k->to_segment, k->to_offset));
        }
        if (sqlite3_step(s) != SQLITE_DONE)
            err = day_db_errno(db);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return err;
}

/* Where the next BATCH_ROWS rows end; false: there are none. */
static bool find_batch(struct row_change *c, sqlite3 *db, int64_t until, int64_t *last)
{
    sqlite3_stmt *s = NULL;
    bool found = false;

    if (day_db_prepare(
            &s, db,
            SLICE("SELECT max(place) FROM (SELECT place FROM chunks WHERE place >= ? AND "
                  "place < ? ORDER BY place LIMIT ?)")) != 0)
        return false;
    sqlite3_bind_int64(s, 1, c->from);
    sqlite3_bind_int64(s, 2, until);
    sqlite3_bind_int(s, 3, BATCH_ROWS);
    if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) == SQLITE_INTEGER) {
        *last = sqlite3_column_int64(s, 0);
        found = true;
    }
    sqlite3_finalize(s);
    return found;
}

static int change_batch(struct row_change *c, sqlite3 *db, int64_t last)
{
    sqlite3_stmt *s = NULL;
    int err = day_db_prepare(
        &s, db,
        c->kind == STORE_AUDIO
            ? SLICE(
                  "UPDATE chunks SET audio_segment = NULL, audio_offset = NULL, audio_bytes = NULL "
                  "WHERE place BETWEEN ?1 AND ?2 AND audio_segment <= ?3")
            : SLICE("DELETE FROM chunks WHERE place BETWEEN ?1 AND ?2 AND ?3 NOTNULL"));

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, c->from);
    sqlite3_bind_int64(s, 2, last);
    sqlite3_bind_int64(s, 3, c->last);
    if (sqlite3_step(s) != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_finalize(s);
    return err;
}

/* One part, in one transaction. */
static int change_some(void *ctx, sqlite3 *db)
{
    struct row_change *c = ctx;
    uint8_t packets = c->kind == STORE_AUDIO ? PACKET_MEDIA : store_kind_packets(c->kind);
    int64_t until = c->kind == STORE_AUDIO ? chunk_place((uint8_t)(packets + 1), 0, 0)
                                           : chunk_place(packets, c->last + 1, 0);
    int64_t last;
    int err;

    if (c->kept) {
        err = move_kept(c, db);
        c->kept = NULL;
        c->from = chunk_place(packets, 0, 0);
        return err;
    }
    if (!find_batch(c, db, until, &last)) {
        c->done = true;
        return 0;
    }
    err = change_batch(c, db, last);
    c->from = last + 1;
    return err;
}

/* Does a pinned call have something there? */
static int ask_kept(void *ctx, sqlite3 *db)
{
    struct row_change *c = ctx;
    struct kept_list list;
    int err = kept_list_read(&list, c->ids, db, c->kind, c->last);

    if (err)
        return err;
    c->holds_kept = list.count > 0;
    kept_list_fini(&list);
    return 0;
}

static int run_alone(sqlite3 *db, writer_task_fn task, void *ctx)
{
    int err =
        sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ? 0 : day_db_errno(db);

    if (err)
        return err;
    err = task(ctx, db);
    if (err == 0 && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        err = day_db_errno(db);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

/* db NULL: by the writer, who has the day open. */
static int change_rows(const struct day_removal *r, int32_t day, sqlite3 *db, struct row_change *c)
{
    int err = 0;

    while (err == 0 && !c->done) {
        if (!day_removal_goes_on(r, "rows"))
            return -EINTR;
        err = db ? run_alone(db, change_some, c) : writer_run(r->writer, day, change_some, c);
    }
    return err;
}

/* --- packets ------------------------------------------------------------------------------------ */

static int64_t length_of(const struct old_segments *l)
{
    int64_t sum = 0;

    for (size_t i = 0; i < l->count; i++)
        sum += l->list[i].bytes;
    return sum;
}

static int remove_closed(const struct day_removal *r, int32_t day, enum store_kind kind,
                         const struct old_segments *l, const struct kept_ids *ids,
                         struct day_removed *removed)
{
    struct row_change change = { .kind = kind, .last = l->list[l->count - 1].number };
    struct kept_list kept = { .count = 0 };
    sqlite3 *db;
    int err = day_db_open_write(&db, r->store_dir, day);

    if (err)
        return err;
    sqlite3_wal_autocheckpoint(db, CHECKPOINT_PAGES);
    if (ids->count)
        err = kept_list_read(&kept, ids, db, kind, change.last);
    removed->is_settled = err == 0 && kept.bytes >= length_of(l);
    if (err || removed->is_settled)
        goto close_db;
    if (!day_removal_goes_on(r, "copy")) {
        err = -EINTR;
        goto close_db;
    }
    change.kept = &kept;
    if (kept.count)
        err = kept_list_copy(&kept, r->store_dir, r->store_dir, day, kind, l->newest);
    if (err == 0)
        err = change_rows(r, day, db, &change);

close_db:
    day_db_close(db);
    kept_list_fini(&kept);
    if (err == 0 && !removed->is_settled)
        err = sync_index(r, day);
    if (err == 0 && !removed->is_settled)
        err = unlink_segments(r, day, kind, l, removed);
    return err;
}

/* Of a day that is written to. What holds a pinned call's packets waits until the day is over. */
static int remove_open(const struct day_removal *r, int32_t day, enum store_kind kind,
                       const struct old_segments *l, const struct kept_ids *ids,
                       struct day_removed *removed)
{
    static const struct kept_list none = { .count = 0 };
    struct row_change change = {
        .kind = kind, .last = l->list[l->count - 1].number, .kept = &none, .ids = ids
    };
    int err = 0;

    if (ids->count)
        err = writer_run(r->writer, day, ask_kept, &change);
    removed->is_settled = err == 0 && change.holds_kept;
    if (err == 0 && !removed->is_settled)
        err = change_rows(r, day, NULL, &change);
    if (err == 0 && !removed->is_settled)
        err = sync_index(r, day);
    if (err == 0 && !removed->is_settled)
        err = unlink_segments(r, day, kind, l, removed);
    return err;
}

int packet_removal_run(const struct day_removal *r, int32_t day, enum store_kind kind,
                       int64_t bytes, bool is_open, struct day_removed *removed)
{
    struct old_segments segments;
    struct kept_ids ids = { .count = 0 };
    int err;

    *removed = (struct day_removed){ .is_settled = false };
    if (r->log && !is_open)
        packet_log_seal_day(r->log, day);
    err = list_segments(&segments, r, day, kind);
    if (err == 0)
        choose(&segments, r, bytes, is_open);
    if (err == 0 && segments.count)
        err = kept_ids_read(&ids, r->store_dir, day);
    if (err == 0 && segments.count) {
        if (is_open && r->writer)
            err = remove_open(r, day, kind, &segments, &ids, removed);
        else
            err = remove_closed(r, day, kind, &segments, &ids, removed);
    }
    kept_ids_fini(&ids);
    free(segments.list);
    return err;
}

int packet_removal_is_quiet(const struct day_removal *r, int32_t day)
{
    int err = 0;

    for (int k = STORE_SIGNALLING; k < STORE_KINDS && err == 0 && r->log; k++) {
        struct old_segments l;

        err = list_segments(&l, r, day, (enum store_kind)k);
        for (size_t i = 0; i < l.count && err == 0; i++)
            err = is_quiet(r, &l.list[i]) ? 0 : -EBUSY;
        free(l.list);
    }
    return err;
}
