#include "storage/export/frame_places.h"

#include "analyzer/base/array.h"
#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/packets/chunk_scope.h"
#include "storage/packets/packet_log.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

/* Under what its chunks are filed: a call, or a stream of it. */
struct filed {
    uint64_t id;
    uint32_t owner;
    int32_t until_day; /* no chunk of it begins later */
};

struct finding {
    struct frame_places *places;
    const char *store_dir;
    struct filed *filed;
    size_t filed_count, filed_room;
};

static int file_under(struct finding *f, uint64_t id, uint32_t owner, int32_t until_day)
{
    struct filed *grown = array_grow(f->filed, &f->filed_room, f->filed_count, sizeof *grown);

    if (!grown)
        return -ENOMEM;
    f->filed = grown;
    f->filed[f->filed_count++] = (struct filed){ id, owner, until_day };
    return 0;
}

/* What a day that cannot be asked is to the whole: nothing, or its end. */
static int day_failed(struct finding *f, int32_t day, int err)
{
    char name[16] = "";

    if (err == 0 || err == -ENOENT)
        return 0;
    if (err == -EPROTO || err == -ENOMEM || err == -E2BIG)
        return err;
    store_dir_day_name(day, name);
    log_warn("store: the packets of %s cannot be found: %s", name, day_db_error_text(err));
    f->places->damaged++;
    return 0;
}

/* ---- which ids ---- */

enum { ASK_CALL, ASK_STREAM, ASK_STREAMS, ASKS };

static int read_end(sqlite3_stmt *s, uint64_t id, bool *is_known, int32_t *until_day)
{
    int rc;

    sqlite3_bind_int64(s, 1, (int64_t)id);
    rc = sqlite3_step(s);
    *is_known = rc == SQLITE_ROW;
    if (*is_known && sqlite3_column_type(s, 0) != SQLITE_NULL)
        *until_day = record_id_day(record_id_make(sqlite3_column_int64(s, 0), 0)) +
                     CHUNK_SCOPE_DAYS_AFTER_END;
    sqlite3_reset(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : -EIO;
}

static int file_streams(struct finding *f, sqlite3_stmt *s, uint64_t call, uint32_t owner,
                        int32_t until_day)
{
    int rc, err = 0, n = 0;

    sqlite3_bind_int64(s, 1, (int64_t)call);
    while (err == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW && n++ < RECORD_STREAMS_MAX) {
        uint64_t id = (uint64_t)sqlite3_column_int64(s, 0);

        if (id != call)
            err = file_under(f, id, owner, until_day);
    }
    sqlite3_reset(s);
    return err;
}

/* `asks`: NULL when the day has no database. */
static int file_call(struct finding *f, sqlite3_stmt **asks, uint64_t call, uint32_t owner)
{
    int32_t until_day = record_id_day(call) + CHUNK_SCOPE_DAYS_WHEN_OPEN;
    bool is_known = false;
    int err = asks ? read_end(asks[ASK_CALL], call, &is_known, &until_day) : 0;

    if (err == 0 && is_known)
        err = file_streams(f, asks[ASK_STREAMS], call, owner, until_day);
    else if (err == 0 && asks)
        err = read_end(asks[ASK_STREAM], call, &is_known, &until_day);
    return err ? err : file_under(f, call, owner, until_day);
}

static int prepare_asks(sqlite3 *db, sqlite3_stmt *asks[ASKS])
{
    static const struct slice texts[ASKS] = {
        [ASK_CALL] = SLICE_INIT("SELECT end_time FROM calls WHERE id = ?"),
        [ASK_STREAM] = SLICE_INIT("SELECT end_time FROM streams WHERE id = ?"),
        [ASK_STREAMS] = SLICE_INIT("SELECT id FROM streams WHERE call = ?"),
    };
    int err = 0;

    for (int i = 0; i < ASKS && err == 0; i++)
        err = day_db_prepare(&asks[i], db, texts[i]);
    return err;
}

/* The calls of one day, from *next on. */
static int file_calls_of_day(struct finding *f, const uint64_t *calls, const uint32_t *order,
                             size_t count, size_t *next)
{
    int32_t day = record_id_day(calls[order[*next]]);
    sqlite3_stmt *asks[ASKS] = { NULL };
    sqlite3 *db = NULL;
    int err = day_db_open_read(&db, f->store_dir, day);
    bool can_ask;

    if (err == 0)
        err = prepare_asks(db, asks);
    can_ask = err == 0;
    err = day_failed(f, day, err);
    for (; err == 0 && *next < count && record_id_day(calls[order[*next]]) == day; ++*next) {
        err = file_call(f, can_ask ? asks : NULL, calls[order[*next]], order[*next]);
        if (err == -EIO) { /* what can be found without that database is */
            can_ask = false;
            err = day_failed(f, day, err);
            if (err == 0)
                err = file_call(f, NULL, calls[order[*next]], order[*next]);
        }
    }
    for (int i = 0; i < ASKS; i++)
        sqlite3_finalize(asks[i]);
    if (db)
        day_db_close(db);
    return err;
}

/* qsort has no context: the ids stand beside their places. */
struct ordered {
    uint64_t id;
    uint32_t index;
};

static int by_id(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

static int file_calls(struct finding *f, const uint64_t *calls, size_t count)
{
    struct ordered *ordered = malloc((count + 1) * sizeof *ordered);
    uint32_t *order = malloc((count + 1) * sizeof *order);
    size_t next = 0, once = 0;
    int err = ordered && order ? 0 : -ENOMEM;

    if (err == 0) {
        for (size_t i = 0; i < count; i++)
            ordered[i] = (struct ordered){ calls[i], (uint32_t)i };
        qsort(ordered, count, sizeof *ordered, by_id);
        for (size_t i = 0; i < count; i++) {
            if (i == 0 || ordered[i].id != ordered[i - 1].id)
                order[once++] = ordered[i].index;
        }
    }
    while (err == 0 && next < once)
        err = file_calls_of_day(f, calls, order, once, &next);
    free(ordered);
    free(order);
    return err;
}

/* ---- their chunks ---- */

static int add_place(struct finding *f, sqlite3_stmt *s, uint32_t owner, int32_t day)
{
    struct frame_places *p = f->places;
    struct frame_place place = { .place = sqlite3_column_int64(s, 0),
                                 .first_time = sqlite3_column_int64(s, 1),
                                 .stored_bytes = (uint32_t)sqlite3_column_int64(s, 3),
                                 .owner = owner,
                                 .day = day };
    struct frame_place *grown;

    if (p->count == FRAME_PLACES_MAX)
        return -E2BIG;
    grown = array_grow(p->list, &p->room, p->count, sizeof *grown);
    if (!grown)
        return -ENOMEM;
    p->list = grown;
    if (sqlite3_column_type(s, 4) != SQLITE_NULL) {
        place.audio = chunk_place(PACKET_AUDIO, (uint32_t)sqlite3_column_int64(s, 4),
                                  (uint64_t)sqlite3_column_int64(s, 5));
        place.audio_bytes = (uint32_t)sqlite3_column_int64(s, 6);
    }
    if (sqlite3_column_int64(s, 2) > p->last_time)
        p->last_time = sqlite3_column_int64(s, 2);
    p->stored_bytes += place.stored_bytes + place.audio_bytes;
    p->list[p->count++] = place;
    return 0;
}

static int prepare_chunks(sqlite3_stmt **sp, sqlite3 *db)
{
    int err = day_db_prepare(sp, db,
                             SLICE("SELECT place,first_time,last_time,stored_bytes,audio_segment,"
                                   "audio_offset,audio_bytes FROM chunks "
                                   "WHERE id = ?1 AND place < ?2"));

    if (err == 0)
        return 0;
    /* A day of a version that kept payload and headers together. */
    return day_db_prepare(sp, db,
                          SLICE("SELECT place,first_time,last_time,stored_bytes,NULL,NULL,NULL "
                                "FROM chunks WHERE id = ?1 AND place < ?2"));
}

static int find_in_day(struct finding *f, sqlite3 *db, int32_t day)
{
    sqlite3_stmt *s = NULL;
    int err = prepare_chunks(&s, db);

    for (size_t i = 0; i < f->filed_count && err == 0; i++) {
        const struct filed *filed = &f->filed[i];
        int rc = SQLITE_DONE;

        if (day < record_id_day(filed->id) || day > filed->until_day)
            continue;
        sqlite3_bind_int64(s, 1, (int64_t)filed->id);
        sqlite3_bind_int64(s, 2, chunk_place(PACKET_AUDIO, 0, 0));
        while (err == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW)
            err = add_place(f, s, filed->owner, day);
        if (err == 0 && rc != SQLITE_DONE)
            err = day_db_errno(db);
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return err;
}

static bool has_any(const struct finding *f, int32_t day)
{
    for (size_t i = 0; i < f->filed_count; i++) {
        if (day >= record_id_day(f->filed[i].id) && day <= f->filed[i].until_day)
            return true;
    }
    return false;
}

static int find_in_days(struct finding *f)
{
    int32_t *days = NULL;
    size_t count = 0;
    int err = store_dir_days(f->store_dir, &days, &count);

    for (size_t i = 0; i < count && err == 0; i++) {
        sqlite3 *db;

        if (!has_any(f, days[i]))
            continue;
        err = day_db_open_read(&db, f->store_dir, days[i]);
        if (err == 0) {
            err = find_in_day(f, db, days[i]);
            day_db_close(db);
        }
        err = day_failed(f, days[i], err);
    }
    free(days);
    return err;
}

/* Chunks of one time as they were stored: signalling first. */
static int by_time(const void *a, const void *b)
{
    const struct frame_place *x = a, *y = b;

    if (x->first_time != y->first_time)
        return x->first_time < y->first_time ? -1 : 1;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

int frame_places_find(struct frame_places *places, const char *store_dir, const uint64_t *calls,
                      size_t count)
{
    struct finding f = { .places = places, .store_dir = store_dir };
    int err = store_dir_check(store_dir);

    *places = (struct frame_places){ .last_time = INT64_MIN };
    if (err)
        return err;
    if (count > FRAME_PLACES_MAX)
        return -E2BIG;
    err = file_calls(&f, calls, count);
    if (err == 0)
        err = find_in_days(&f);
    free(f.filed);
    if (err)
        frame_places_free(places);
    else if (places->count)
        qsort(places->list, places->count, sizeof places->list[0], by_time);
    return err;
}

void frame_places_free(struct frame_places *places)
{
    free(places->list);
    places->list = NULL;
    places->count = places->room = 0;
}
