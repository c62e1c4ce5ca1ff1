/*
 * Orders come together for a quarter of a second. Then: what the writer was told before is waited for;
 * for each day that orders may reach, the rows go in transactions of a few thousand; when they are
 * committed, the bytes that they pointed to are given back.
 */
#include "storage/packets/forgetter.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/packets/chunk_index.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/store_dir.h"
#include "storage/upkeep/pins.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    GATHER_NS = 250000000,
    PLACES_MAX = 4096, /* of a transaction: the writer waits for it */
};

/* Where a chunk lies whose row is gone. */
struct place {
    uint64_t offset;
    uint32_t segment, bytes;
    uint8_t kind;
    bool is_secret;
};

struct forgetter {
    const char *store_dir;
    struct writer *writer;
    struct inbox inbox;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t more_done;
    uint64_t done; /* orders; under `lock` */
    _Atomic uint64_t frames;
    _Atomic bool hurried; /* somebody waits: nothing is gathered */
    _Atomic bool giving_up;
    /* The thread's own: what one transaction took. */
    struct place *places;
    size_t count;
    uint64_t frames_taken;
    struct forget_order *next; /* where the next transaction of this day goes on */
    int32_t day;
};

static const struct slice select_rows = SLICE_INIT(
    "SELECT place,frames,stored_bytes,audio_segment,audio_offset,audio_bytes FROM chunks "
    "WHERE id = ?1 AND place >= ?2 AND place < ?3 LIMIT ?4");
static const struct slice delete_row = SLICE_INIT("DELETE FROM chunks WHERE place = ?1");
static const struct slice update_call =
    SLICE_INIT("UPDATE calls SET kept = ?2, kept_by = ?3 WHERE id = ?1");
/* What was indexed of the call is no longer what its row says. */
static const struct slice note_stale =
    SLICE_INIT("INSERT OR IGNORE INTO search_stale(id) VALUES(?1)");

struct statements {
    sqlite3_stmt *select, *remove, *update, *stale;
};

static struct forget_order *next_order(const struct forget_order *o)
{
    return (struct forget_order *)(void *)o->item.next;
}

static int prepare(struct statements *s, sqlite3 *db)
{
    const struct {
        sqlite3_stmt **statement;
        const struct slice *sql;
    } all[] = {
        { &s->select, &select_rows },
        { &s->remove, &delete_row },
        { &s->update, &update_call },
        { &s->stale, &note_stale },
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        int err = day_db_prepare(all[i].statement, db, *all[i].sql);

        if (err)
            return err;
    }
    return 0;
}

static void finalize(struct statements *s)
{
    sqlite3_finalize(s->select);
    sqlite3_finalize(s->remove);
    sqlite3_finalize(s->update);
    sqlite3_finalize(s->stale);
}

static int run(sqlite3_stmt *s, sqlite3 *db)
{
    int err = sqlite3_step(s) == SQLITE_DONE ? 0 : day_db_errno(db);

    sqlite3_reset(s);
    return err;
}

static void note_place(struct forgetter *f, const struct forget_order *o, sqlite3_stmt *row)
{
    uint64_t place = (uint64_t)sqlite3_column_int64(row, 0);
    int64_t audio_bytes = sqlite3_column_int64(row, 5);

    f->places[f->count++] =
        (struct place){ place & UINT32_MAX, (uint32_t)(place >> 32) & CHUNK_SEGMENT_MAX,
                        (uint32_t)sqlite3_column_int64(row, 2), (uint8_t)(place >> 56),
                        o->is_secret };
    if (audio_bytes > 0)
        f->places[f->count++] = (struct place){ (uint64_t)sqlite3_column_int64(row, 4),
                                                (uint32_t)sqlite3_column_int64(row, 3),
                                                (uint32_t)audio_bytes, PACKET_AUDIO, o->is_secret };
    f->frames_taken += (uint64_t)sqlite3_column_int64(row, 1);
}

/* The rows of one kind, as far as the transaction has room; 1: there may be more. */
static int delete_kind(struct forgetter *f, const struct forget_order *o, uint8_t kind,
                       const struct statements *s, sqlite3 *db)
{
    size_t first = f->count;
    int err = 0, rc;

    sqlite3_bind_int64(s->select, 1, (int64_t)o->id);
    sqlite3_bind_int64(s->select, 2, chunk_place(kind, 0, 0));
    sqlite3_bind_int64(s->select, 3, chunk_place((uint8_t)(kind + 1), 0, 0));
    sqlite3_bind_int64(s->select, 4, (int64_t)(PLACES_MAX - f->count) / 2);
    while ((rc = sqlite3_step(s->select)) == SQLITE_ROW)
        note_place(f, o, s->select);
    if (rc != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_reset(s->select);
    for (size_t i = first; i < f->count && err == 0; i++) {
        const struct place *p = &f->places[i];

        if (p->kind == PACKET_AUDIO)
            continue; /* has no row of its own */
        sqlite3_bind_int64(s->remove, 1, chunk_place(p->kind, p->segment, p->offset));
        err = run(s->remove, db);
    }
    return err ? err : PLACES_MAX - f->count < 2;
}

static int tell_call(const struct forget_order *o, const struct statements *s, sqlite3 *db)
{
    int err;

    sqlite3_bind_int64(s->update, 1, (int64_t)o->id);
    sqlite3_bind_text(s->update, 2, o->kept, -1, SQLITE_STATIC);
    sqlite3_bind_text(s->update, 3, o->kept_by, -1, SQLITE_STATIC);
    err = run(s->update, db);
    if (err)
        return err;
    sqlite3_bind_int64(s->stale, 1, (int64_t)o->id);
    return run(s->stale, db);
}

/* 0, 1 when the transaction is full, −errno. */
static int forget_one(struct forgetter *f, const struct forget_order *o, const struct statements *s,
                      sqlite3 *db)
{
    int rc = 0;

    if (o->unless_pin && pins_has(f->store_dir, o->unless_pin))
        return 0;
    for (uint8_t kind = 0; kind < PACKET_AUDIO && rc == 0; kind++) {
        if (o->kinds & 1u << kind)
            rc = delete_kind(f, o, kind, s, db);
    }
    if (rc == 0 && o->kept && f->day == o->first_day)
        rc = tell_call(o, s, db);
    return rc;
}

/* Between two batches of the writer, on its thread; ours waits meanwhile. */
static int delete_rows(void *ctx, sqlite3 *db)
{
    struct forgetter *f = ctx;
    struct statements s = { 0 };
    int rc = prepare(&s, db);

    while (f->next && rc == 0) {
        struct forget_order *o = f->next;

        if (f->day >= o->first_day && f->day <= o->last_day)
            rc = forget_one(f, o, &s, db);
        if (rc == 0)
            f->next = next_order(o);
    }
    finalize(&s);
    return rc < 0 ? rc : 0;
}

static void give_back(struct forgetter *f)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct place *p = &f->places[i];
        int err = (p->is_secret ? segment_forget : segment_release)(f->store_dir, f->day, p->kind,
                                                                    p->segment, p->offset);

        if (err)
            log_warn("packet log: a chunk that no call has any more cannot be given back: %s",
                     strerror(-err));
    }
    atomic_fetch_add(&f->frames, f->frames_taken);
}

static void forget_day(struct forgetter *f, struct forget_order *orders, int32_t day)
{
    int err = 0;

    f->day = day;
    f->next = orders;
    while (f->next && err == 0 && !atomic_load(&f->giving_up)) {
        f->count = 0;
        f->frames_taken = 0;
        err = writer_run(f->writer, day, delete_rows, f);
        if (err == 0)
            give_back(f);
    }
    if (err && err != -ENOENT) /* a day that is gone has nothing to forget */
        log_error("packet log: what is to be forgotten stays: %s", day_db_error_text(err));
}

static bool is_wanted(const struct forget_order *orders, int32_t day)
{
    for (const struct forget_order *o = orders; o; o = next_order(o)) {
        if (day >= o->first_day && day <= o->last_day)
            return true;
    }
    return false;
}

static void forget_all(struct forgetter *f, struct forget_order *orders)
{
    int32_t *days = NULL;
    size_t count = 0;
    int err;

    writer_flush(f->writer);
    err = store_dir_days(f->store_dir, &days, &count);
    if (err)
        log_error("packet log: what is to be forgotten stays: %s", strerror(-err));
    for (size_t i = 0; i < count; i++) {
        if (is_wanted(orders, days[i]))
            forget_day(f, orders, days[i]);
    }
    free(days);
}

static void count_done(struct forgetter *f, uint64_t orders)
{
    pthread_mutex_lock(&f->lock);
    f->done += orders;
    pthread_cond_broadcast(&f->more_done);
    pthread_mutex_unlock(&f->lock);
}

static void *work(void *ctx)
{
    struct forgetter *f = ctx;
    const struct timespec moment = { 0, GATHER_NS };
    struct inbox_item *items;

    while ((items = inbox_take(&f->inbox)) != NULL) {
        uint64_t n = 0;

        forget_all(f, (struct forget_order *)(void *)items);
        for (struct inbox_item *next; items; items = next, n++) {
            next = items->next;
            free(items);
        }
        count_done(f, n);
        if (!atomic_load(&f->hurried))
            nanosleep(&moment, NULL);
    }
    return NULL;
}

int forgetter_start(struct forgetter **fp, const char *store_dir, struct writer *writer)
{
    struct forgetter *f = calloc(1, sizeof *f);
    int err = -ENOMEM;

    if (!f)
        return err;
    f->store_dir = store_dir;
    f->writer = writer;
    f->places = malloc(PLACES_MAX * sizeof *f->places);
    if (!f->places)
        goto free_forgetter;
    err = inbox_init(&f->inbox);
    if (err)
        goto free_places;
    err = -pthread_mutex_init(&f->lock, NULL);
    if (err)
        goto fini_inbox;
    err = -pthread_cond_init(&f->more_done, NULL);
    if (err)
        goto destroy_lock;
    err = -pthread_create(&f->thread, NULL, work, f);
    if (err)
        goto destroy_cond;
    *fp = f;
    return 0;

destroy_cond:
    pthread_cond_destroy(&f->more_done);
destroy_lock:
    pthread_mutex_destroy(&f->lock);
fini_inbox:
    inbox_fini(&f->inbox);
free_places:
    free(f->places);
free_forgetter:
    free(f);
    return err;
}

void forgetter_stop(struct forgetter *f, bool give_up)
{
    atomic_store(&f->giving_up, give_up);
    atomic_store(&f->hurried, true);
    inbox_close(&f->inbox);
    pthread_join(f->thread, NULL);
    pthread_cond_destroy(&f->more_done);
    pthread_mutex_destroy(&f->lock);
    inbox_fini(&f->inbox);
    free(f->places);
    free(f);
}

void forgetter_put(struct forgetter *f, struct forget_order *order)
{
    inbox_put(&f->inbox, &order->item);
}

void forgetter_wait(struct forgetter *f, uint64_t orders, int64_t timeout_ms)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    atomic_store(&f->hurried, true);
    pthread_mutex_lock(&f->lock);
    while (f->done < orders && rc == 0)
        rc = timeout_ms < 0 ? pthread_cond_wait(&f->more_done, &f->lock)
                            : pthread_cond_timedwait(&f->more_done, &f->lock, &until);
    pthread_mutex_unlock(&f->lock);
    atomic_store(&f->hurried, false);
}

uint64_t forgetter_frames(const struct forgetter *f)
{
    return atomic_load(&f->frames);
}
