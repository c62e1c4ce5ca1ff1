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
 *
 * With thousands of calls the next packet is always another call's, and what its copy waits for is
 * memory that is in no cache. So what the copy needs stands in the keeper, in two neighbouring
 * lines; the chunk learns of it when it is passed on, and its own head is not touched before.
 */
#include "storage/packets/packet_log.h"

#include "analyzer/base/bqueue.h"
#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/packets/chunk_pool.h"
#include "storage/packets/segment.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    OLD_NS = 2000000000,
    /* What may be on its way to the disk. A replay waits, so it needs no more than keeps both sides
     * busy; a live run gets half a second of 500,000 packets/s for a disk that stalls. */
    QUEUED_WAIT_BYTES = 8 << 20,
    QUEUED_LIVE_BYTES = 64 << 20,
    POP_CHUNKS = 32,
    NAP_NS = 10000000,
    THREADS_MAX = 16,
    SIP_FIRST_BYTES = 2048,
    SIP_MAX_BYTES = 30 << 10, /* what the largest of the pool's chunks holds for sure */
};

/* Payload is told from its headers when a chunk is stored, not before. */
enum { LANES = PACKET_AUDIO };

/* The end of an open chunk, where the next frame goes. */
struct packet_lane {
    struct open_chunk *chunk; /* NULL: none is open */
    uint8_t *at;
    uint32_t left; /* bytes behind `at`; 0 without a chunk */
    uint32_t link_type;
    int64_t first_time, last_time; /* earliest and latest: pieces of a packet come late */
    uint32_t frames;
    uint32_t last_captured; /* bytes of the newest frame: a message must lie in it */
};

/* What a call holds of the log. */
struct packet_keeper {
    uint64_t id;
    struct packet_lane lanes[LANES];
};
enum { KEEPER_BYTES = 128, CACHE_LINE_BYTES = 64, PREFETCH_MAX_BYTES = 512 };
_Static_assert(sizeof(struct packet_keeper) <= KEEPER_BYTES, "two lines of the cache");

struct log_worker {
    struct packet_log *log;
    struct bqueue *queue; /* holds the pool's whole budget of its smallest chunks */
    uint8_t *encoded;
    pthread_t thread;
};

struct packet_log {
    struct chunk_pool pool;
    struct segment_set *segments;
    struct writer *writer;
    struct open_chunk *oldest, *newest;
    bool wait_when_full, replace_older;
    bool gathers; /* live: nobody waits for a chunk to be stored, so a few may come together */
    unsigned threads;
    struct log_worker *workers;
    _Atomic uint64_t frames_stored, frames_dropped, bytes_stored, bytes_dropped;
    _Atomic uint8_t pressure; /* enum packet_pressure */
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
    /* To be woken for each chunk would cost both threads as much as a chunk itself. */
    const struct timespec nap = { 0, NAP_NS };
    void *items[POP_CHUNKS];
    size_t n;

    while ((n = bqueue_pop_batch(w->queue, items, POP_CHUNKS, -1)) > 0) {
        for (size_t i = 0; i < n; i++) {
            store_chunk(w, items[i]);
            chunk_pool_discharge(&w->log->pool, items[i]);
        }
        if (w->log->gathers && n < POP_CHUNKS)
            nanosleep(&nap, NULL);
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
    err = bqueue_new(&w->queue, log->pool.queued_max_bytes / (CHUNK_POOL_MIN_BYTES / 2) + 1);
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
    size_t queued = options->queued_max_bytes;
    unsigned started = 0;
    int err = -ENOMEM;

    if (!log)
        return err;
    log->writer = options->writer;
    log->wait_when_full = options->wait_when_full;
    log->replace_older = options->replace_older;
    log->gathers = !options->wait_when_full;
    log->threads = options->threads ? options->threads : 1;
    if (log->threads > THREADS_MAX)
        log->threads = THREADS_MAX;
    log->workers = calloc(log->threads, sizeof *log->workers);
    if (!log->workers)
        goto free_log;
    if (queued == 0)
        queued = options->wait_when_full ? QUEUED_WAIT_BYTES : QUEUED_LIVE_BYTES;
    err = chunk_pool_init(&log->pool, queued);
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

/* At the newest end of the list. */
static void link_chunk(struct packet_log *log, struct open_chunk *c)
{
    c->newer = NULL;
    c->older = log->newest;
    if (log->newest)
        log->newest->newer = c;
    else
        log->oldest = c;
    log->newest = c;
}

/* Tells the chunk what its lane knows. */
static void settle(struct packet_lane *lane)
{
    struct open_chunk *c = lane->chunk;

    c->used = (uint32_t)(lane->at - c->data);
    c->frames = lane->frames;
    c->first_time = lane->first_time;
    c->last_time = lane->last_time;
    c->frame_bytes = c->used - (uint64_t)c->frames * CHUNK_FRAME_HEADER_BYTES -
                     (uint64_t)c->messages * CHUNK_MESSAGE_BYTES - c->text_bytes;
}

static void pass_on(struct packet_log *log, struct open_chunk *c)
{
    struct log_worker *w = &log->workers[(c->id >> 11 ^ c->id) % log->threads];
    struct packet_lane *lane = &c->keeper->lanes[c->kind];

    unlink_chunk(log, c);
    settle(lane);
    *lane = (struct packet_lane){ .chunk = NULL };
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

/* A chunk with more room takes the place of the lane's. */
static bool grow(struct packet_log *log, struct packet_lane *lane, size_t need)
{
    struct open_chunk *c = lane->chunk, *wider;
    size_t room = (size_t)c->room * 2;
    uint32_t wider_room;
    uint8_t wider_class;

    settle(lane);
    if (room > CHUNK_RAW_MAX)
        room = CHUNK_RAW_MAX;
    if (room < c->used + need)
        room = c->used + need;
    wider = chunk_pool_take(&log->pool, room, false);
    if (!wider)
        return false;
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
    lane->chunk = wider;
    lane->at = wider->data + wider->used;
    lane->left = wider->room - wider->used;
    chunk_pool_release(&log->pool, c);
    return true;
}

static bool open_lane(struct packet_log *log, struct packet_keeper *k, enum packet_kind kind,
                      const struct frame *frame, size_t need)
{
    bool media = kind == PACKET_MEDIA;
    size_t room = !media && need < SIP_FIRST_BYTES ? SIP_FIRST_BYTES : need;
    struct open_chunk *c = chunk_pool_take(&log->pool, room, media);

    if (!c)
        return false;
    c->kind = (uint8_t)kind;
    c->id = k->id;
    c->keeper = k;
    c->link_type = frame->link_type;
    c->opened_time = frame->time_ns;
    link_chunk(log, c);
    k->lanes[kind] = (struct packet_lane){ .chunk = c,
                                           .at = c->data,
                                           .left = c->room,
                                           .link_type = frame->link_type,
                                           .first_time = frame->time_ns,
                                           .last_time = frame->time_ns };
    return true;
}

/* Room for `need` more bytes: in the open chunk, made wider if it may still grow, or in a new one. */
static bool make_room(struct packet_log *log, struct packet_keeper *k, enum packet_kind kind,
                      const struct frame *frame, size_t need)
{
    struct packet_lane *lane = &k->lanes[kind];
    struct open_chunk *c = lane->chunk;

    if (c && lane->link_type == frame->link_type && c->size_class + 1 < CHUNK_POOL_CLASSES &&
        (size_t)(lane->at - c->data) + need <= SIP_MAX_BYTES && grow(log, lane, need))
        return true;
    if (c)
        pass_on(log, c);
    return open_lane(log, k, kind, frame, need);
}

static void pass_on_all(struct packet_log *log, struct packet_keeper *k)
{
    for (int kind = 0; kind < LANES; kind++) {
        if (k->lanes[kind].chunk)
            pass_on(log, k->lanes[kind].chunk);
    }
}

static struct packet_keeper *keeper_of(struct packet_log *log, void **keeper, uint64_t id)
{
    struct packet_keeper *k = *keeper;

    if (!k) {
        k = aligned_alloc(KEEPER_BYTES, KEEPER_BYTES);
        if (!k)
            return NULL;
        memset(k, 0, sizeof *k);
        *keeper = k;
    } else if (k->id != id) { /* its packets belong to another from now on */
        pass_on_all(log, k);
    }
    k->id = id;
    return k;
}

void packet_log_wait_when_full(struct packet_log *log, bool wait)
{
    log->wait_when_full = wait;
}

void packet_log_set_pressure(struct packet_log *log, enum packet_pressure pressure)
{
    atomic_store_explicit(&log->pressure, (uint8_t)pressure, memory_order_relaxed);
}

static void note_time(struct packet_lane *lane, int64_t time_ns)
{
    if (time_ns > lane->last_time)
        lane->last_time = time_ns;
    else if (time_ns < lane->first_time)
        lane->first_time = time_ns;
}

void packet_log_add(struct packet_log *log, void **keeper, uint64_t id, enum packet_kind kind,
                    const struct frame *frame)
{
    struct packet_keeper *k = *keeper;
    size_t need = CHUNK_FRAME_HEADER_BYTES + (size_t)frame->captured_bytes;
    struct packet_lane *lane;

    if (!k || k->id != id)
        k = keeper_of(log, keeper, id);
    if (!k || frame->captured_bytes > CHUNK_FRAME_MAX) {
        count_dropped(log, 1, frame->captured_bytes);
        if (k) /* what is noted next does not lie in the frame before */
            k->lanes[kind].last_captured = 0;
        return;
    }
    lane = &k->lanes[kind];
    if (need > lane->left || lane->link_type != frame->link_type) {
        if (!make_room(log, k, kind, frame, need)) {
            count_dropped(log, 1, frame->captured_bytes);
            return;
        }
    }
    chunk_put_frame(lane->at, frame->time_ns, frame->captured_bytes, frame->wire_bytes);
    memcpy(lane->at + CHUNK_FRAME_HEADER_BYTES, frame->data, frame->captured_bytes);
    lane->at += need;
    lane->left -= (uint32_t)need;
    note_time(lane, frame->time_ns);
    lane->frames++;
    lane->last_captured = frame->captured_bytes;
    /* The next packet of this call will be as long, most likely, and a thousand of others come
     * first: enough to have the lines ready by then. */
    for (size_t ahead = 0; ahead < need && ahead < PREFETCH_MAX_BYTES; ahead += CACHE_LINE_BYTES)
        __builtin_prefetch(lane->at + ahead, 1);
}

static bool grow_to_hold(struct packet_log *log, struct packet_lane *lane, size_t need)
{
    return (size_t)(lane->at - lane->chunk->data) + need <= CHUNK_RAW_MAX && grow(log, lane, need);
}

void packet_log_note_message(struct packet_log *log, void **keeper, const struct addr *src,
                             const struct addr *dst, uint32_t offset, uint32_t bytes)
{
    struct packet_keeper *k = *keeper;
    struct packet_lane *lane = k ? &k->lanes[PACKET_SIP] : NULL;

    if (!lane || !lane->chunk || offset > lane->last_captured ||
        bytes > lane->last_captured - offset)
        return;
    /* The message must stay with its frame, so this chunk grows, even past the usual size. */
    if (lane->left < CHUNK_MESSAGE_BYTES && !grow_to_hold(log, lane, CHUNK_MESSAGE_BYTES))
        return;
    chunk_put_message(lane->at, src, dst, offset, bytes);
    lane->at += CHUNK_MESSAGE_BYTES;
    lane->left -= CHUNK_MESSAGE_BYTES;
    lane->chunk->messages++;
}

void packet_log_add_text(struct packet_log *log, void **keeper, uint64_t id,
                         const struct packet_text *m)
{
    struct packet_keeper *k = keeper_of(log, keeper, id);
    struct packet_lane *lane = k ? &k->lanes[PACKET_SIP] : NULL;
    size_t bytes = m->text.len < CHUNK_TEXT_MAX ? m->text.len : CHUNK_TEXT_MAX;
    size_t need = CHUNK_TEXT_HEADER_BYTES + bytes;

    if (!lane)
        return;
    if (need > lane->left && !(lane->chunk && grow_to_hold(log, lane, need))) {
        const struct frame like = { .time_ns = m->time_ns, .link_type = lane->link_type };

        if (lane->chunk)
            pass_on(log, lane->chunk);
        if (!open_lane(log, k, PACKET_SIP, &like, need))
            return;
    }
    chunk_put_text(lane->at, m->time_ns, &m->src, &m->dst, (uint32_t)bytes);
    memcpy(lane->at + CHUNK_TEXT_HEADER_BYTES, m->text.p, bytes);
    lane->at += need;
    lane->left -= (uint32_t)need;
    lane->last_captured = 0; /* what is noted next does not lie in the frame before */
    note_time(lane, m->time_ns);
    lane->chunk->text_bytes += (uint32_t)need;
}

void packet_log_tick(struct packet_log *log, int64_t now_ns)
{
    while (log->oldest) {
        int64_t first = log->oldest->opened_time;

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
    pass_on_all(log, k);
    free(k);
    *keeper = NULL;
}

void packet_log_flush(struct packet_log *log)
{
    while (log->oldest)
        pass_on(log, log->oldest);
    chunk_pool_wait_idle(&log->pool);
}

static void tell_border(void *ctx, int32_t day, uint8_t kind, uint32_t segment, uint64_t offset)
{
    struct packet_log *log = ctx;

    writer_submit_chunk(
        log->writer,
        &(struct chunk_row){
            .day = day, .kind = kind, .segment = segment, .offset = offset, .is_border = true });
}

void packet_log_stop(struct packet_log *log)
{
    if (!log)
        return;
    packet_log_flush(log);
    stop_workers(log, log->threads);
    /* At the end, when all of them are stored again: a replay that is killed costs nothing. */
    if (log->replace_older && atomic_load(&log->frames_dropped) == 0)
        segment_set_borders(log->segments, tell_border, log);
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
