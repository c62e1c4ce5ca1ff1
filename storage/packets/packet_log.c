/*
 * The way to the disk: threads that take chunks from packet_gather.c, store them, and tell the writer
 * where they lie. The chunks of one call go through one thread, in their order, and behind them the
 * order to forget them.
 */
#include "storage/packets/packet_log_parts.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/packets/forgetter.h"
#include "storage/packets/media_chunk.h"
#include "storage/packets/older_chunks.h"
#include "storage/packets/segment.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum {
    MEMORY_BYTES = 512 << 20,
    MEMORY_LEAST_BYTES = 1 << 20,
    QUEUED_WAIT_BYTES = 8 << 20, /* a replay waits: no more than keeps both sides busy */
    GATHERED_CHUNKS = 32,
    LEAVE_MS = 1000, /* who asked a live run to stop waits */
    NAP_NS = 10000000,
    THREADS_MAX = 16,
};

/* What a worker is handed. */
enum { ITEM_CHUNK, ITEM_ORDER };

struct log_worker {
    struct packet_log *log;
    struct inbox inbox;
    struct media_encoder *media;
    uint8_t *encoded;
    size_t encoded_bytes;
    pthread_t thread;
};

const char *packet_keep_text(enum packet_keep keep)
{
    static const char *const texts[] = {
        [PACKET_KEEP_FULL] = "full",
        [PACKET_KEEP_HEADERS] = "headers",
        [PACKET_KEEP_SIGNALLING] = "signalling",
        [PACKET_KEEP_NOTHING] = "nothing",
    };

    return texts[keep];
}

const char *packet_loss_text(enum packet_loss loss)
{
    static const char *const texts[PACKET_LOSSES] = {
        [PACKET_LOSS_QUEUE_FULL] = "packets_queue_full",
        [PACKET_LOSS_DISK_FULL] = "packets_disk_full",
        [PACKET_LOSS_IO_ERROR] = "packets_io_error",
        [PACKET_LOSS_MEMORY] = "packets_memory",
        [PACKET_LOSS_TOO_LARGE] = "packets_too_large",
        [PACKET_LOSS_MEDIA_PRESSURE] = "media_pressure",
    };

    return texts[loss];
}

void packet_log_count(struct packet_log *log, enum packet_loss cause, uint64_t frames,
                      uint64_t bytes)
{
    atomic_fetch_add_explicit(&log->losses[cause], frames, memory_order_relaxed);
    atomic_fetch_add_explicit(&log->bytes_dropped, bytes, memory_order_relaxed);
}

static uint64_t frames_dropped(struct packet_log *log)
{
    uint64_t frames = 0;

    for (int i = 0; i < PACKET_LOSSES; i++)
        frames += atomic_load_explicit(&log->losses[i], memory_order_relaxed);
    return frames;
}

int32_t packet_log_chunk_day(const struct open_chunk *c)
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
                 (unsigned long long)frames_dropped(log));
}

static enum packet_loss cause_of(int err)
{
    return err == -ENOSPC || err == -EDQUOT ? PACKET_LOSS_DISK_FULL
           : err == -ENOMEM                 ? PACKET_LOSS_MEMORY
                                            : PACKET_LOSS_IO_ERROR;
}

/* What was said first, then its headers: whoever finds those finds the rest. */
static int append_media(struct log_worker *w, const struct open_chunk *c, struct chunk_header *h,
                        struct chunk_row *row)
{
    struct segment_set *segments = w->log->segments;
    const uint8_t *audio;
    size_t audio_bytes = media_chunk_split(w->media, h, c->data, &audio);
    int err = 0;

    if (audio_bytes)
        err = segment_set_append(segments, row->day, PACKET_AUDIO, audio, audio_bytes,
                                 &row->audio_segment, &row->audio_offset);
    if (err)
        return err;
    row->audio_bytes = (uint32_t)audio_bytes;
    row->stored_bytes = (uint32_t)media_chunk_encode(
        w->media, h, c->data, row->audio_segment, row->audio_offset, w->encoded, w->encoded_bytes);
    return segment_set_append(segments, row->day, c->kind, w->encoded, row->stored_bytes,
                              &row->segment, &row->offset);
}

static int append_chunk(struct log_worker *w, const struct open_chunk *c, struct chunk_header *h,
                        struct chunk_row *row)
{
    if (c->kind == PACKET_MEDIA)
        return append_media(w, c, h, row);
    row->stored_bytes = (uint32_t)chunk_encode(h, c->data, w->encoded, w->encoded_bytes);
    return segment_set_append(w->log->segments, row->day, c->kind, w->encoded, row->stored_bytes,
                              &row->segment, &row->offset);
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
                             .day = packet_log_chunk_day(c),
                             .kind = c->kind };
    int err = append_chunk(w, c, &h, &row);

    note_result(log, err);
    if (err) {
        packet_log_count(log, cause_of(err), c->frames, c->frame_bytes);
        return;
    }
    writer_submit_chunk(log->writer, &row);
    atomic_fetch_add_explicit(&log->frames_stored, c->frames, memory_order_relaxed);
    atomic_fetch_add_explicit(&log->bytes_stored, c->frame_bytes, memory_order_relaxed);
}

static void handle(struct log_worker *w, struct inbox_item *item)
{
    if (item->what == ITEM_ORDER) {
        forgetter_put(w->log->forgetter, (struct forget_order *)(void *)item);
    } else {
        struct open_chunk *c = (struct open_chunk *)(void *)item;

        store_chunk(w, c);
        chunk_pool_arrive(&w->log->pool, c);
    }
}

static void *work(void *ctx)
{
    struct log_worker *w = ctx;
    /* To be woken for each chunk would cost both threads as much as a chunk itself. */
    const struct timespec nap = { 0, NAP_NS };
    struct inbox_item *item;

    while ((item = inbox_take(&w->inbox)) != NULL) {
        size_t n = 0;

        for (struct inbox_item *next; item; item = next, n++) {
            next = item->next;
            handle(w, item);
        }
        if (w->log->gathers && n < GATHERED_CHUNKS)
            nanosleep(&nap, NULL);
    }
    return NULL;
}

static struct log_worker *worker_of(struct packet_log *log, uint64_t id)
{
    return &log->workers[(id >> 11 ^ id) % log->threads];
}

void packet_log_send(struct packet_log *log, struct open_chunk *c)
{
    bool taken = chunk_pool_charge(&log->pool, c);

    if (!taken && log->wait_when_full) {
        size_t bytes = chunk_pool_bytes(c), most = log->pool.queued_max_bytes;

        chunk_pool_wait(&log->pool, most > bytes ? most - bytes : 0);
        taken = chunk_pool_charge(&log->pool, c);
    }
    if (taken) {
        c->item.what = ITEM_CHUNK;
        inbox_put(&worker_of(log, c->id)->inbox, &c->item);
        return;
    }
    packet_log_count(log, PACKET_LOSS_QUEUE_FULL, c->frames, c->frame_bytes);
    chunk_pool_release(&log->pool, c);
}

void packet_log_order(struct packet_log *log, const struct packet_forget *forget, uint8_t kinds)
{
    struct forget_order *order = malloc(sizeof *order);

    if (!order) {
        atomic_store(&log->last_error, -ENOMEM);
        return;
    }
    *order = (struct forget_order){ .item = { .what = ITEM_ORDER },
                                    .id = forget->id,
                                    .first_day = record_id_day(forget->id),
                                    .last_day = forget->last_day,
                                    .kinds = kinds,
                                    .is_secret = forget->is_secret,
                                    .unless_pin = forget->unless_pin,
                                    .kept = forget->kept,
                                    .kept_by = forget->kept_by };
    log->orders++;
    inbox_put(&worker_of(log, forget->id)->inbox, &order->item);
}

void packet_log_forget(struct packet_log *log, const struct packet_forget *forget)
{
    packet_log_order(log, forget, 1u << PACKET_MEDIA);
}

static void found_chunk(void *ctx, const struct chunk_row *row)
{
    struct packet_log *log = ctx;

    if (row->kind != PACKET_AUDIO) /* it is found by the chunk of its headers */
        writer_submit_chunk(log->writer, row);
}

/* Rows of what somebody removed point to nothing. */
static void removed_segments(void *ctx, int32_t day, uint8_t kind, uint32_t segment,
                             uint64_t offset)
{
    struct packet_log *log = ctx;

    writer_submit_chunk(
        log->writer,
        &(struct chunk_row){
            .day = day, .kind = kind, .segment = segment, .offset = offset, .is_removal = true });
}

static void stop_workers(struct packet_log *log, unsigned started)
{
    for (unsigned i = 0; i < started; i++)
        inbox_close(&log->workers[i].inbox);
    for (unsigned i = 0; i < started; i++) {
        pthread_join(log->workers[i].thread, NULL);
        inbox_fini(&log->workers[i].inbox);
        media_encoder_free(log->workers[i].media);
        free(log->workers[i].encoded);
    }
    free(log->workers);
}

static int start_worker(struct packet_log *log, struct log_worker *w)
{
    int err;

    w->log = log;
    w->encoded_bytes = CHUNK_HEADER_BYTES + chunk_bound(CHUNK_RAW_MAX);
    w->encoded = malloc(w->encoded_bytes);
    if (!w->encoded)
        return -ENOMEM;
    err = media_encoder_new(&w->media);
    if (err)
        goto free_encoded;
    err = inbox_init(&w->inbox);
    if (err)
        goto free_media;
    err = -pthread_create(&w->thread, NULL, work, w);
    if (err)
        goto fini_inbox;
    return 0;

fini_inbox:
    inbox_fini(&w->inbox);
free_media:
    media_encoder_free(w->media);
free_encoded:
    free(w->encoded);
    return err;
}

static void take_options(struct packet_log *log, const struct packet_log_options *options)
{
    log->store_dir = options->store_dir;
    log->writer = options->writer;
    log->wait_when_full = options->wait_when_full;
    log->replace_older = options->replace_older;
    log->gathers = !options->wait_when_full;
    log->keep = (uint8_t)options->keep;
    log->may_tighten = options->may_tighten;
    log->due_ns = INT64_MAX;
    log->threads = options->threads ? options->threads : 1;
    if (log->threads > THREADS_MAX)
        log->threads = THREADS_MAX;
}

static int init_pool(struct packet_log *log, const struct packet_log_options *options)
{
    size_t memory = options->memory_max_bytes ? options->memory_max_bytes : MEMORY_BYTES;
    size_t queued = options->queued_max_bytes;

    if (memory < MEMORY_LEAST_BYTES)
        memory = MEMORY_LEAST_BYTES;
    if (queued == 0)
        queued = options->wait_when_full ? QUEUED_WAIT_BYTES : memory / 4;
    return chunk_pool_init(&log->pool, memory, queued < memory / 2 ? queued : memory / 2);
}

int packet_log_start(struct packet_log **lp, const struct packet_log_options *options)
{
    struct packet_log *log = calloc(1, sizeof *log);
    unsigned started = 0;
    int err = -ENOMEM;

    if (!log)
        return err;
    take_options(log, options);
    log->workers = calloc(log->threads, sizeof *log->workers);
    if (!log->workers)
        goto free_log;
    err = init_pool(log, options);
    if (err)
        goto free_workers;
    err = segment_set_open(&log->segments, options->store_dir, found_chunk, log);
    if (err)
        goto fini_pool;
    segment_set_on_removed(log->segments, removed_segments, log);
    err = forgetter_start(&log->forgetter, options->store_dir, options->writer);
    if (err)
        goto close_segments;
    for (; started < log->threads; started++) {
        err = start_worker(log, &log->workers[started]);
        if (err)
            goto end_workers;
    }
    *lp = log;
    return 0;

end_workers:
    stop_workers(log, started);
    log->workers = NULL;
    forgetter_stop(log->forgetter, false);
close_segments:
    segment_set_close(log->segments);
fini_pool:
    chunk_pool_fini(&log->pool);
free_workers:
    free(log->workers);
free_log:
    free(log);
    return err;
}

void packet_log_wait_when_full(struct packet_log *log, bool wait)
{
    log->wait_when_full = wait;
}

void packet_log_set_pressure(struct packet_log *log, enum packet_pressure pressure)
{
    atomic_store_explicit(&log->pressure, (uint8_t)pressure, memory_order_relaxed);
}

void packet_log_flush(struct packet_log *log)
{
    while (log->oldest)
        packet_log_tick(log, INT64_MAX);
    chunk_pool_wait(&log->pool, 0);
    forgetter_wait(log->forgetter, log->orders, log->gathers ? LEAVE_MS : -1);
}

/* Where this process began to append, each day and kind. */
struct border_list {
    struct older_border *borders;
    size_t count, room;
};

static void take_border(void *ctx, int32_t day, uint8_t kind, uint32_t segment, uint64_t offset)
{
    struct border_list *list = ctx;

    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 16;
        struct older_border *grown = realloc(list->borders, room * sizeof *grown);

        if (!grown)
            return; /* what is older stays */
        list->borders = grown;
        list->room = room;
    }
    list->borders[list->count++] =
        (struct older_border){ .day = day, .segment = segment, .offset = offset, .kind = kind };
}

/* At the end, when all of it is stored again: a replay that is killed costs nothing. */
static void forget_older(struct packet_log *log)
{
    struct border_list list = { .borders = NULL };
    uint64_t freed = 0;
    int err;

    segment_set_borders(log->segments, take_border, &list);
    err = older_chunks_forget(log->writer, log->store_dir, list.borders, list.count, &freed);
    if (err)
        log_warn("packet log: what an earlier replay stored stays beside this one: %s",
                 strerror(-err));
    if (freed)
        log_info("packet log: %llu bytes of earlier replays given back", (unsigned long long)freed);
    free(list.borders);
}

void packet_log_stop(struct packet_log *log)
{
    if (!log)
        return;
    packet_log_flush(log);
    stop_workers(log, log->threads);
    forgetter_stop(log->forgetter, log->gathers);
    if (log->replace_older && frames_dropped(log) == 0)
        forget_older(log);
    segment_set_close(log->segments);
    chunk_pool_fini(&log->pool);
    free(log);
}

void packet_log_seal_day(struct packet_log *log, int32_t day)
{
    segment_set_seal(log->segments, day);
}

int packet_log_sync(struct packet_log *log,
                    void (*synced)(void *ctx, int32_t day, uint8_t kind, uint32_t segment,
                                   uint64_t end),
                    void *ctx)
{
    return segment_set_sync(log->segments, synced, ctx);
}

unsigned packet_log_queue_percent(struct packet_log *log)
{
    return (unsigned)(atomic_load(&log->pool.queued_bytes) * 100 / log->pool.queued_max_bytes);
}

void packet_log_read_stats(struct packet_log *log, struct packet_log_stats *stats)
{
    struct segment_losses segments;

    stats->frames_stored = atomic_load(&log->frames_stored);
    stats->frames_dropped = 0;
    for (int i = 0; i < PACKET_LOSSES; i++) {
        stats->losses[i] = atomic_load(&log->losses[i]);
        stats->frames_dropped += stats->losses[i];
    }
    stats->bytes_stored = atomic_load(&log->bytes_stored);
    stats->bytes_dropped = atomic_load(&log->bytes_dropped);
    stats->payload_pressure = atomic_load(&log->payload_pressure);
    stats->not_kept = atomic_load(&log->not_kept);
    stats->forgotten = forgetter_frames(log->forgetter);
    stats->memory_bytes = atomic_load(&log->pool.used_bytes);
    stats->queued_bytes = atomic_load(&log->pool.queued_bytes);
    stats->memory_max_bytes = log->pool.max_bytes;
    stats->queued_max_bytes = log->pool.queued_max_bytes;
    stats->memory_bytes_most = atomic_load(&log->pool.used_bytes_most);
    stats->last_error = atomic_load(&log->last_error);
    segment_set_read_losses(log->segments, &segments);
    stats->syncs_failed = segments.syncs_failed;
    stats->segments_removed = segments.removed;
}
