#include "storage/packets/older_chunks.h"

#include "analyzer/base/array.h"
#include "storage/day_db.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

/* From when to when the new chunks of an id go. */
struct span {
    int64_t id, first, last;
};

/* A stored chunk that nobody needs any more. */
struct dead_chunk {
    int64_t place;
    uint32_t bytes;
};

struct looking {
    const struct older_border *border;
    struct span *spans; /* by id */
    size_t span_count, span_room;
    struct dead_chunk *dead;
    size_t dead_count, dead_room;
};

static int add_span(struct looking *l, sqlite3_stmt *s)
{
    struct span *grown = array_grow(l->spans, &l->span_room, l->span_count, sizeof *grown);

    if (!grown)
        return -ENOMEM;
    l->spans = grown;
    l->spans[l->span_count++] =
        (struct span){ sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
                       sqlite3_column_int64(s, 2) };
    return 0;
}

static int add_dead(struct looking *l, int64_t place, int64_t bytes)
{
    struct dead_chunk *grown = array_grow(l->dead, &l->dead_room, l->dead_count, sizeof *grown);

    if (!grown)
        return -ENOMEM;
    l->dead = grown;
    l->dead[l->dead_count++] = (struct dead_chunk){ place, (uint32_t)bytes };
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

static bool is_covered(const struct looking *l, int64_t id, int64_t first, int64_t last)
{
    const struct span key = { .id = id };
    const struct span *new =
        l->span_count ? bsearch(&key, l->spans, l->span_count, sizeof key, by_id) : NULL;

    return new &&first >= new->first &&last <= new->last;
}

static int64_t border_place(const struct older_border *b)
{
    return chunk_place(b->kind, b->segment, b->offset);
}

/* A question to chunks between two places, a row at a time. */
static int ask(struct looking *l, sqlite3 *db, struct slice sql, const int64_t range[2],
               int (*row)(struct looking *l, sqlite3_stmt *s))
{
    sqlite3_stmt *s = NULL;
    int rc = SQLITE_DONE, err = day_db_prepare(&s, db, sql);

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, range[0]);
    sqlite3_bind_int64(s, 2, range[1]);
    while (err == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW)
        err = row(l, s);
    if (err == 0 && rc != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_finalize(s);
    return err;
}

/* A row of an old chunk; with its payload that stands apart. */
static int judge(struct looking *l, sqlite3_stmt *s)
{
    int err;

    if (!is_covered(l, sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2),
                    sqlite3_column_int64(s, 3)))
        return 0;
    err = add_dead(l, sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 4));
    if (err || sqlite3_column_type(s, 5) == SQLITE_NULL)
        return err;
    return add_dead(l,
                    chunk_place(PACKET_AUDIO, (uint32_t)sqlite3_column_int64(s, 5),
                                (uint64_t)sqlite3_column_int64(s, 6)),
                    sqlite3_column_int64(s, 7));
}

static int delete_rows(const struct looking *l, sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    int err = day_db_prepare(&s, db, SLICE("DELETE FROM chunks WHERE place = ?"));

    for (size_t i = 0; i < l->dead_count && err == 0; i++) {
        sqlite3_bind_int64(s, 1, l->dead[i].place);
        if (sqlite3_step(s) != SQLITE_DONE)
            err = day_db_errno(db);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return err;
}

/* In a transaction of the writer. */
static int find_and_delete(void *ctx, sqlite3 *db)
{
    struct looking *l = ctx;
    uint8_t kind = l->border->kind;
    const int64_t border = border_place(l->border);
    const int64_t newer[2] = { border, chunk_place((uint8_t)(kind + 1), 0, 0) };
    const int64_t older[2] = { chunk_place(kind, 0, 0), border };
    int err = ask(l, db,
                  SLICE("SELECT id,min(first_time),max(last_time) FROM chunks WHERE place >= ? AND "
                        "place < ? GROUP BY id"),
                  newer, add_span);

    if (err || l->span_count == 0)
        return err;
    qsort(l->spans, l->span_count, sizeof *l->spans, by_id);
    err = ask(l, db,
              SLICE("SELECT place,id,first_time,last_time,stored_bytes,audio_segment,audio_offset,"
                    "audio_bytes FROM chunks WHERE place >= ? AND place < ?"),
              older, judge);
    return err ? err : delete_rows(l, db);
}

/* ---- their bytes ---- */

static int by_place(const void *a, const void *b)
{
    const struct dead_chunk *x = a, *y = b;

    return x->place < y->place ? -1 : x->place > y->place;
}

/* Neighbours lie under one gravestone: a file system takes back whole blocks alone, and a chunk of
 * signalling is smaller than one. */
static void bury(struct looking *l, const char *store_dir, uint64_t *freed)
{
    size_t next;

    if (l->dead_count)
        qsort(l->dead, l->dead_count, sizeof *l->dead, by_place);
    for (size_t i = 0; i < l->dead_count; i = next) {
        int64_t place = l->dead[i].place;
        uint32_t bytes = l->dead[i].bytes;

        for (next = i + 1; next < l->dead_count && l->dead[next].place == place + bytes &&
                           bytes + l->dead[next].bytes <= CHUNK_RAW_MAX;
             next++)
            bytes += l->dead[next].bytes;
        if (segment_release_run(store_dir, l->border->day, (uint8_t)((uint64_t)place >> 56),
                                (uint32_t)((uint64_t)place >> 32) & CHUNK_SEGMENT_MAX,
                                (uint64_t)place & UINT32_MAX, bytes) == 0)
            *freed += bytes;
    }
}

static int forget(struct writer *w, const char *store_dir, const struct older_border *border,
                  uint64_t *freed)
{
    struct looking l = { .border = border };
    int err = writer_run(w, border->day, find_and_delete, &l);

    if (err == 0)
        bury(&l, store_dir, freed);
    free(l.spans);
    free(l.dead);
    return err;
}

int older_chunks_forget(struct writer *w, const char *store_dir, const struct older_border *borders,
                        size_t count, uint64_t *freed)
{
    int first_error = 0;

    writer_flush(w);
    for (size_t i = 0; i < count; i++) {
        int err = 0;

        if (borders[i].kind != PACKET_AUDIO) /* that goes with what points to it */
            err = forget(w, store_dir, &borders[i], freed);
        if (err && first_error == 0)
            first_error = err;
    }
    return first_error;
}
