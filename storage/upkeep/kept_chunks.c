#include "storage/upkeep/kept_chunks.h"

#include "storage/day_db.h"
#include "storage/packets/chunk_index.h"
#include "storage/packets/chunk_scope.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"
#include "storage/upkeep/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

/* --- whose -------------------------------------------------------------------------------------- */

static int add_id(struct kept_ids *k, uint64_t id)
{
    if (k->count == k->room) {
        size_t room = k->room ? k->room * 2 : 32;
        uint64_t *grown = realloc(k->ids, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        k->ids = grown;
        k->room = room;
    }
    k->ids[k->count++] = id;
    return 0;
}

static int add_streams(struct kept_ids *k, sqlite3 *db, uint64_t call)
{
    sqlite3_stmt *s = NULL;
    int rc = SQLITE_DONE,
        err = day_db_prepare(&s, db, SLICE("SELECT id FROM streams WHERE call = ?"));

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, (int64_t)call);
    while (err == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        uint64_t id = (uint64_t)sqlite3_column_int64(s, 0);

        if (id != call)
            err = add_id(k, id);
    }
    if (err == 0 && rc != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_finalize(s);
    return err;
}

/* The pins of one day, whose calls may reach into others. */
static int add_day(struct kept_ids *k, const char *store_dir, int32_t day)
{
    uint64_t *calls = NULL;
    size_t count = 0;
    sqlite3 *db = NULL;
    int err = pins_of_day(store_dir, day, &calls, &count);

    if (err || count == 0)
        return err;
    err = day_db_open_read(&db, store_dir, day);
    if (err == -ENOENT)
        err = 0; /* packets without rows */
    for (size_t i = 0; i < count && err == 0; i++) {
        err = add_id(k, calls[i]);
        if (err == 0 && db)
            err = add_streams(k, db, calls[i]);
    }
    if (db)
        day_db_close(db);
    free(calls);
    return err;
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

int kept_ids_read(struct kept_ids *kept, const char *store_dir, int32_t day)
{
    int32_t first = day > CHUNK_SCOPE_DAYS_WHEN_OPEN ? day - CHUNK_SCOPE_DAYS_WHEN_OPEN : 0;
    int err = 0;

    *kept = (struct kept_ids){ .count = 0 };
    for (int32_t d = first; d <= day && err == 0; d++)
        err = add_day(kept, store_dir, d);
    if (err) {
        kept_ids_fini(kept);
        return err;
    }
    if (kept->count)
        qsort(kept->ids, kept->count, sizeof *kept->ids, by_id);
    return 0;
}

void kept_ids_fini(struct kept_ids *kept)
{
    free(kept->ids);
    *kept = (struct kept_ids){ .count = 0 };
}

/* --- which -------------------------------------------------------------------------------------- */

static int add_chunk(struct kept_list *l, const struct kept_chunk *c)
{
    if (l->count == l->room) {
        size_t room = l->room ? l->room * 2 : 64;
        struct kept_chunk *grown = realloc(l->list, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        l->list = grown;
        l->room = room;
    }
    l->list[l->count++] = *c;
    l->bytes += c->bytes;
    return 0;
}

static struct kept_chunk read_chunk(sqlite3_stmt *s, enum store_kind kind)
{
    struct kept_chunk c = { .place = sqlite3_column_int64(s, 0) };
    uint64_t bits = (uint64_t)c.place;

    if (kind == STORE_AUDIO) {
        c.segment = (uint32_t)sqlite3_column_int64(s, 2);
        c.offset = (uint64_t)sqlite3_column_int64(s, 3);
        c.bytes = (uint32_t)sqlite3_column_int64(s, 4);
    } else {
        c.segment = (uint32_t)(bits >> 32) & CHUNK_SEGMENT_MAX;
        c.offset = bits & UINT32_MAX;
        c.bytes = (uint32_t)sqlite3_column_int64(s, 1);
    }
    return c;
}

static int by_place(const void *a, const void *b)
{
    const struct kept_chunk *x = a, *y = b;

    return (x->place > y->place) - (x->place < y->place);
}

int kept_list_read(struct kept_list *l, const struct kept_ids *kept, sqlite3 *db,
                   enum store_kind kind, uint32_t last)
{
    /* What was said is pointed to by the chunks of its headers. */
    uint8_t packets = kind == STORE_AUDIO ? PACKET_MEDIA : store_kind_packets(kind);
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, db,
                                 SLICE("SELECT place,stored_bytes,audio_segment,audio_offset,"
                                       "audio_bytes FROM chunks WHERE id = ? AND place >= ? AND "
                                       "place < ?"));

    *l = (struct kept_list){ .count = 0 };
    if (err)
        return err;
    sqlite3_bind_int64(s, 2, chunk_place(packets, 0, 0));
    sqlite3_bind_int64(s, 3, chunk_place((uint8_t)(packets + 1), 0, 0));
    for (size_t i = 0; i < kept->count && err == 0; i++) {
        sqlite3_bind_int64(s, 1, (int64_t)kept->ids[i]);
        while (err == 0 && (rc = sqlite3_step(s)) != SQLITE_DONE) {
            struct kept_chunk c = read_chunk(s, kind);

            if (rc != SQLITE_ROW)
                err = day_db_errno(db);
            else if (c.bytes && c.segment <= last)
                err = add_chunk(l, &c);
        }
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    if (err)
        kept_list_fini(l);
    else if (l->count)
        qsort(l->list, l->count, sizeof *l->list, by_place);
    return err;
}

void kept_list_fini(struct kept_list *l)
{
    free(l->list);
    *l = (struct kept_list){ .count = 0 };
}

/* --- copied ------------------------------------------------------------------------------------- */

struct copier {
    const char *from_dir, *to_dir;
    int32_t day;
    uint8_t packets;
    int from, to; /* −1: not open */
    uint32_t from_number, to_number;
    uint64_t end;
    uint8_t *room;
};

static int close_to(struct copier *c)
{
    int err = 0;

    if (c->to >= 0) {
        err = fsync(c->to) == 0 ? 0 : -errno;
        close(c->to);
    }
    c->to = -1;
    return err;
}

static int open_next(struct copier *c)
{
    char path[STORE_PATH_MAX];
    int err = close_to(c);

    while (err == 0 && c->to < 0) {
        if (c->to_number >= CHUNK_SEGMENT_MAX)
            return -EFBIG;
        c->to_number++;
        err = segment_file_path(path, c->to_dir, c->day, c->packets, c->to_number);
        if (err == 0)
            c->to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (err == 0 && c->to < 0 && errno != EEXIST)
            err = -errno;
    }
    c->end = 0;
    return err;
}

/* False: the piece cannot be read, and is not kept for want of it. */
static bool read_piece(struct copier *c, const struct kept_chunk *k)
{
    if (c->from < 0 || c->from_number != k->segment) {
        if (c->from >= 0)
            close(c->from);
        c->from = segment_open_read(c->from_dir, c->day, c->packets, k->segment);
        c->from_number = k->segment;
    }
    return c->from >= 0 && k->bytes <= CHUNK_STORED_MAX &&
           segment_file_read(c->from, c->room, k->bytes, k->offset) == 0;
}

static int copy_piece(struct copier *c, struct kept_chunk *k)
{
    int err = 0;

    if (!read_piece(c, k))
        return 0;
    if (c->to < 0 || c->end + k->bytes > SEGMENT_MAX_BYTES)
        err = open_next(c);
    if (err == 0)
        err = segment_file_write(c->to, c->room, k->bytes, c->end);
    if (err)
        return err;
    k->to_segment = c->to_number;
    k->to_offset = c->end;
    c->end += k->bytes;
    return 0;
}

int kept_list_copy(struct kept_list *l, const char *from_dir, const char *to_dir, int32_t day,
                   enum store_kind kind, uint32_t last)
{
    struct copier c = { .from_dir = from_dir,
                        .to_dir = to_dir,
                        .day = day,
                        .packets = store_kind_packets(kind),
                        .from = -1,
                        .to = -1,
                        .to_number = last,
                        .room = malloc(CHUNK_STORED_MAX) };
    int err = c.room ? 0 : -ENOMEM, close_err;

    for (size_t i = 0; i < l->count && err == 0; i++)
        err = copy_piece(&c, &l->list[i]);
    close_err = close_to(&c);
    if (c.from >= 0)
        close(c.from);
    free(c.room);
    return err ? err : close_err;
}
