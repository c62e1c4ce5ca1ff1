/*
 * The way of a packet: copied behind the one before it in its call's open chunk, and that is all
 * the analysis thread does. A chunk that is full, old or finished is passed on:
 *
 *     open  --pass_on-->  queued  --store_chunk-->  stored (told to the writer) or dropped (counted)
 *       ^                                               |
 *       +------------------- pool <---------------------+
 *
 * Open chunks stand in one list, oldest first, so that the tick looks at those alone that are due.
 * Signalling gets a small chunk that grows (a call that fails is 2 KiB), media one of 32 KiB.
 */
#include "storage/packet_log.h"

#include "analyzer/base/bqueue.h"
#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/chunk_pool.h"
#include "storage/segment.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
    OLD_NS = 2000000000,
    QUEUE_CHUNKS = 4096, /* more than the pool's budget holds of its smallest */
    POP_CHUNKS = 32,
    THREADS_MAX = 16,
    SIP_FIRST_BYTES = 2048,
    SIP_MAX_BYTES = 30 << 10, /* what the largest of the pool's chunks holds for sure */
};

/* What a call holds of the log. */
struct packet_keeper {
    uint64_t id;
    struct open_chunk *open[PACKET_KINDS];
};

struct log_worker {
    struct packet_log *log;
    struct bqueue *queue;
    uint8_t *encoded;
    pthread_t thread;
};

struct packet_log {
    struct chunk_pool pool;
    struct segment_set *segments;
    struct writer *writer;
    struct open_chunk *oldest, *newest;
    bool wait_when_full;
    unsigned threads;
    struct log_worker *workers;
    _Atomic uint64_t frames_stored, frames_dropped, bytes_stored, bytes_dropped;
    _Atomic int last_error;
    _Atomic bool failing; /* so that a full disk is one line in the log */
};

static void count_dropped(struct packet_log *log, uint64_t frames, uint64_t bytes)
{
    atomic_fetch_add_explicit(&log->frames_dropped, frames, memory_order_relaxed);
    atomic_fetch_add_explicit(&log->bytes_dropped, bytes, memory_order_relaxed);
}

/* A chunk lies in the folder of the day on which it began, never before that of its call, so that
 * whoever looks for it starts there. */
static int32_t chunk_day(const struct open_chunk *c)
{
    int32_t day = record_id_day(record_id_make(c->first_time, 0)), call_day = record_id_day(c->id);

    return day > call_day ? day : call_day;
}

static void note_result(struct packet_log *log, int err)
{
    bool failed = err != 0;

    if (failed)
        atomic_store(&log->last_error, err);
    if (atomic_exchange(&log->failing, failed) == failed)
        return;
    if (failed)
        log_error("packet log: cannot write: %s; packets are dropped and counted until it can",
                  strerror(-err));
    else
        log_warn("packet log: writes again; %llu packets were dropped so far",
                 (unsigned long long)atomic_load(&log->frames_dropped));
}

static void store_chunk(struct log_worker *w, const struct open_chunk *c)
{
    struct packet_log *log = w->log;
    struct chunk_header h = { .id = c->id,
                              .first_time = c->first_time,
                              .last_time = c->last_time,
                              .frames = c->frames,
                              .link_type = c->link_type,
                              .raw_bytes = c->used,
                              .kind = c->kind };
    struct chunk_row row = { .id = c->id,
                             .first_time = c->first_time,
                             .last_time = c->last_time,
                             .frames = c->frames,
                             .day = chunk_day(c),
                             .kind = c->kind };
    size_t bytes =
        chunk_encode(&h, c->data, w->encoded, CHUNK_HEADER_BYTES + chunk_bound(CHUNK_RAW_MAX));
    int err = segment_set_append(log->segments, row.day, c->kind, w->encoded, bytes, &row.segment,
                                 &row.offset);

    note_result(log, err);
    if (err) {
        count_dropped(log, c->frames, c->frame_bytes);
        return;
    }
    row.stored_bytes = (uint32_t)bytes;
    writer_submit_chunk(log->writer, &row);
    atomic_fetch_add_explicit(&log->frames_stored, c->frames, memory_order_relaxed);
    atomic_fetch_add_explicit(&log->bytes_stored, c->frame_bytes, memory_order_relaxed);
}

static void *work(void *ctx)
{
    struct log_worker *w = ctx;
    void *items[POP_CHUNKS];
    size_t n;

    while ((n = bqueue_pop_batch(w->queue, items, POP_CHUNKS, -1)) > 0) {
        for (size_t i = 0; i < n; i++) {
            store_chunk(w, items[i]);
            chunk_pool_discharge(&w->log->pool, items[i]);
        }
    }
    return NULL;
}

static void found_chunk(void *ctx, const struct chunk_row *row)
{
    struct packet_log *log = ctx;

    writer_submit_chunk(log->writer, row);
}

static void stop_workers(struct packet_log *log, unsigned started)
{
    for (unsigned i = 0; i < started; i++)
        bqueue_close(log->workers[i].queue);
    for (unsigned i = 0; i < started; i++) {
        pthread_join(log->workers[i].thread, NULL);
        bqueue_free(log->workers[i].queue);
        free(log->workers[i].encoded);
    }
    free(log->workers);
}

static int start_worker(struct packet_log *log, struct log_worker *w)
{
    int err;

    w->log = log;
    w->encoded = malloc(CHUNK_HEADER_BYTES + chunk_bound(CHUNK_RAW_MAX));
    if (!w->encoded)
        return -ENOMEM;
    err = bqueue_new(&w->queue, QUEUE_CHUNKS);
    if (err)
        goto free_encoded;
    err = -pthread_create(&w->thread, NULL, work, w);
    if (err)
        goto free_queue;
    return 0;

free_queue:
    bqueue_free(w->queue);
free_encoded:
    free(w->encoded);
    return err;
}

int packet_log_start(struct packet_log **lp, const struct packet_log_options *options)
{
    struct packet_log *log = calloc(1, sizeof *log);
    unsigned started = 0;
    int err = -ENOMEM;

    if (!log)
        return err;
    log->writer = options->writer;
    log->wait_when_full = options->wait_when_full;
    log->threads = options->threads ? options->threads : 1;
    if (log->threads > THREADS_MAX)
        log->threads = THREADS_MAX;
    log->workers = calloc(log->threads, sizeof *log->workers);
    if (!log->workers)
        goto free_log;
    err = chunk_pool_init(&log->pool);
    if (err)
        goto free_workers;
    err = segment_set_open(&log->segments, options->store_dir, found_chunk, log);
    if (err)
        goto fini_pool;
    for (; started < log->threads; started++) {
        err = start_worker(log, &log->workers[started]);
        if (err)
            goto close_segments;
    }
    *lp = log;
    return 0;

close_segments:
    stop_workers(log, started);
    log->workers = NULL;
    segment_set_close(log->segments);
fini_pool:
    chunk_pool_fini(&log->pool);
free_workers:
    free(log->workers);
free_log:
    free(log);
    return err;
}

static void unlink_chunk(struct packet_log *log, struct open_chunk *c)
{
    if (c->older)
        c->older->newer = c->newer;
    else
        log->oldest = c->newer;
    if (c->newer)
        c->newer->older = c->older;
    else
        log->newest = c->older;
}

/* In the list at the newest end, and in its keeper's hand. */
static void link_chunk(struct packet_log *log, struct packet_keeper *k, struct open_chunk *c)
{
    c->keeper = k;
    k->open[c->kind] = c;
    c->newer = NULL;
    c->older = log->newest;
    if (log->newest)
        log->newest->newer = c;
    else
        log->oldest = c;
    log->newest = c;
}

static void pass_on(struct packet_log *log, struct open_chunk *c)
{
    struct log_worker *w = &log->workers[(c->id >> 11 ^ c->id) % log->threads];

    unlink_chunk(log, c);
    c->keeper->open[c->kind] = NULL;
    c->keeper = NULL;
    if (!chunk_pool_charge(&log->pool, c, log->wait_when_full)) {
        count_dropped(log, c->frames, c->frame_bytes);
        chunk_pool_release(&log->pool, c);
        return;
    }
    if (!bqueue_push_wait(w->queue, c)) { /* closed: cannot be before packet_log_stop */
        count_dropped(log, c->frames, c->frame_bytes);
        chunk_pool_discharge(&log->pool, c);
    }
}

/* A chunk with more room takes the place of c, in the list and in its keeper's hand. */
static struct open_chunk *grow(struct packet_log *log, struct open_chunk *c, size_t need)
{
    size_t room = (size_t)c->room * 2;
    struct open_chunk *wider;
    uint32_t wider_room;
    uint8_t wider_class;

    if (room > CHUNK_RAW_MAX)
        room = CHUNK_RAW_MAX;
    if (room < c->used + need)
        room = c->used + need;
    wider = chunk_pool_take(&log->pool, room, false);
    if (!wider)
        return NULL;
    wider_room = wider->room;
    wider_class = wider->size_class;
    memcpy(wider, c, sizeof *c + c->used);
    wider->room = wider_room;
    wider->size_class = wider_class;
    if (wider->older)
        wider->older->newer = wider;
    else
        log->oldest = wider;
    if (wider->newer)
        wider->newer->older = wider;
    else
        log->newest = wider;
    wider->keeper->open[wider->kind] = wider;
    chunk_pool_release(&log->pool, c);
    return wider;
}

static struct open_chunk *open_chunk(struct packet_log *log, struct packet_keeper *k,
                                     enum packet_kind kind, const struct frame *frame, size_t need)
{
    bool media = kind == PACKET_MEDIA;
    size_t room = !media && need < SIP_FIRST_BYTES ? SIP_FIRST_BYTES : need;
    struct open_chunk *c = chunk_pool_take(&log->pool, room, media);

    if (!c)
        return NULL;
    c->kind = (uint8_t)kind;
    c->id = k->id;
    c->link_type = frame->link_type;
    c->first_time = frame->time_ns;
    link_chunk(log, k, c);
    return c;
}

/* The chunk that takes `need` more bytes: the open one, wider if it may still grow, or a new one. */
static struct open_chunk *make_room(struct packet_log *log, struct packet_keeper *k,
                                    enum packet_kind kind, const struct frame *frame, size_t need)
{
    struct open_chunk *c = k->open[kind];

    if (c && c->link_type == frame->link_type && c->size_class + 1 < CHUNK_POOL_CLASSES &&
        c->used + need <= SIP_MAX_BYTES) {
        struct open_chunk *wider = grow(log, c, need);

        if (wider)
            return wider;
    }
    if (c)
        pass_on(log, c);
    return open_chunk(log, k, kind, frame, need);
}

static struct packet_keeper *keeper_of(struct packet_log *log, void **keeper, uint64_t id)
{
    struct packet_keeper *k = *keeper;

    if (!k) {
        k = calloc(1, sizeof *k);
        if (!k)
            return NULL;
        *keeper = k;
    } else if (k->id != id) { /* its packets belong to another from now on */
        for (int kind = 0; kind < PACKET_KINDS; kind++) {
            if (k->open[kind])
                pass_on(log, k->open[kind]);
        }
    }
    k->id = id;
    return k;
}

void packet_log_add(struct packet_log *log, void **keeper, uint64_t id, enum packet_kind kind,
                    const struct frame *frame)
{
    struct packet_keeper *k = *keeper;
    size_t need = CHUNK_FRAME_HEADER_BYTES + (size_t)frame->captured_bytes;
    struct open_chunk *c;

    if (!k || k->id != id)
        k = keeper_of(log, keeper, id);
    if (!k || frame->captured_bytes > CHUNK_FRAME_MAX) {
        count_dropped(log, 1, frame->captured_bytes);
        return;
    }
    c = k->open[kind];
    if (!c || c->link_type != frame->link_type || need > c->room - c->used) {
        c = make_room(log, k, kind, frame, need);
        if (!c) {
            count_dropped(log, 1, frame->captured_bytes);
            return;
        }
    }
    chunk_put_frame(c->data + c->used, frame->time_ns, frame->captured_bytes, frame->wire_bytes);
    memcpy(c->data + c->used + CHUNK_FRAME_HEADER_BYTES, frame->data, frame->captured_bytes);
    c->used += (uint32_t)need;
    c->frames++;
    c->frame_bytes += frame->captured_bytes;
    c->last_captured = frame->captured_bytes;
    c->last_time = frame->time_ns;
}

void packet_log_note_message(struct packet_log *log, void **keeper, const struct addr *src,
                             const struct addr *dst, uint32_t offset, uint32_t bytes)
{
    struct packet_keeper *k = *keeper;
    struct open_chunk *c = k ? k->open[PACKET_SIP] : NULL;

    if (!c || offset > c->last_captured || bytes > c->last_captured - offset)
        return;
    if (c->room - c->used < CHUNK_MESSAGE_BYTES) {
        /* The message must stay with its frame, so this chunk grows, even past the usual size. */
        if (c->used + CHUNK_MESSAGE_BYTES > CHUNK_RAW_MAX)
            return;
        c = grow(log, c, CHUNK_MESSAGE_BYTES);
        if (!c)
            return;
    }
    chunk_put_message(c->data + c->used, src, dst, offset, bytes);
    c->used += CHUNK_MESSAGE_BYTES;
}

void packet_log_tick(struct packet_log *log, int64_t now_ns)
{
    while (log->oldest) {
        int64_t first = log->oldest->first_time;

        /* A time far ahead is old too: the packets' clock has jumped back since. */
        if (now_ns > first ? (uint64_t)now_ns - (uint64_t)first < OLD_NS
                           : (uint64_t)first - (uint64_t)now_ns < OLD_NS)
            return;
        pass_on(log, log->oldest);
    }
}

void packet_log_close_keeper(struct packet_log *log, void **keeper)
{
    struct packet_keeper *k = *keeper;

    if (!k)
        return;
    for (int kind = 0; kind < PACKET_KINDS; kind++) {
        if (k->open[kind])
            pass_on(log, k->open[kind]);
    }
    free(k);
    *keeper = NULL;
}

void packet_log_flush(struct packet_log *log)
{
    while (log->oldest)
        pass_on(log, log->oldest);
    chunk_pool_wait_idle(&log->pool);
}

void packet_log_stop(struct packet_log *log)
{
    if (!log)
        return;
    packet_log_flush(log);
    stop_workers(log, log->threads);
    segment_set_close(log->segments);
    chunk_pool_fini(&log->pool);
    free(log);
}

void packet_log_read_stats(struct packet_log *log, struct packet_log_stats *stats)
{
    stats->frames_stored = atomic_load(&log->frames_stored);
    stats->frames_dropped = atomic_load(&log->frames_dropped);
    stats->bytes_stored = atomic_load(&log->bytes_stored);
    stats->bytes_dropped = atomic_load(&log->bytes_dropped);
    stats->last_error = atomic_load(&log->last_error);
}
