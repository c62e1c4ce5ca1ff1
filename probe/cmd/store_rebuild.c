#include "probe/cmd/store_rebuild.h"

#include "analyzer/record_id.h"
#include "probe/engine/stop_signal.h"
#include "storage/day_db.h"
#include "storage/export/frame_merge.h"
#include "storage/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { FRAMES_A_LOOK = 4096 };

struct rewriting {
    struct store_rebuild *r;
    struct writer *writer;
};

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static bool is_missing(const struct store_rebuild *r, uint64_t id)
{
    return bsearch(&id, r->ids, r->id_count, sizeof id, by_id) != NULL;
}

/* A call whose row is missing, or that has a stream which gathered packets before it was known. */
static bool is_wanted(const struct store_rebuild *r, const struct call_record *call)
{
    if (is_missing(r, call->id))
        return true;
    for (size_t i = 0; i < call->stream_count; i++) {
        if (is_missing(r, call->streams[i].id))
            return true;
    }
    return false;
}

/* Packets can be of other calls as well, of which there are not all packets here. */
static void take_record(void *ctx, const struct record_type *type, const void *record)
{
    struct rewriting *w = ctx;
    struct store_rebuild *r = w->r;

    if (type == &record_type_call && is_wanted(r, record)) {
        const struct call_record *call = record;

        r->calls++;
        r->streams += call->stream_count;
        writer_submit(w->writer, type, record);
    } else if (type == &record_type_stream &&
               is_missing(r, ((const struct stream_record *)record)->id)) {
        r->streams++;
        writer_submit(w->writer, type, record);
    } else if (type == &record_type_leg) {
        writer_submit(w->writer, type, record);
    }
}

static void show(struct store_rebuild *r, struct frame_merge *merge)
{
    struct frame_merge_counts counts;

    frame_merge_read_counts(merge, &counts);
    progress_update(r->progress,
                    &(struct progress_state){ .done_bytes = (int64_t)counts.done_bytes,
                                              .total_bytes = (int64_t)counts.total_bytes,
                                              .packets = (int64_t)r->packets,
                                              .calls = r->calls });
}

static int feed(struct store_rebuild *r, struct engine *engine, struct frame_merge *merge)
{
    struct frame_merge_counts counts;
    struct merged_frame f;
    int n;

    while ((n = frame_merge_next(merge, &f)) == 1 && !stop_signal_seen()) {
        const struct frame frame = { .time_ns = f.time_ns,
                                     .data = f.data,
                                     .captured_bytes = f.captured_bytes,
                                     .wire_bytes = f.wire_bytes,
                                     .link_type = f.link_type };

        engine_frame(engine, &frame);
        if (r->packets++ % FRAMES_A_LOOK == 0)
            show(r, merge);
    }
    frame_merge_read_counts(merge, &counts);
    r->damaged = counts.damaged;
    return n < 0 ? n : 0;
}

static int analyse(struct rewriting *w, struct frame_merge *merge)
{
    struct store_rebuild *r = w->r;
    struct engine_options options = *r->engine;
    struct engine *engine;
    int err;

    options.store_dir = NULL; /* the packets are there; rows alone are written, here */
    options.rules_dir = NULL;
    options.source = r->store_dir;
    options.live = false;
    options.record = take_record;
    options.record_ctx = w;
    err = engine_open(&engine, &options, &r->error);
    if (err)
        return err;
    err = feed(r, engine, merge);
    engine_finish(engine);
    engine_close(engine);
    return err;
}

int store_rebuild_calls(struct store_rebuild *r)
{
    const struct frame_merge_options options = { .store_dir = r->store_dir,
                                                 .calls = r->ids,
                                                 .call_count = r->id_count };
    struct rewriting w = { .r = r };
    struct writer_stats stats;
    struct frame_merge *merge;
    int err = writer_start(&w.writer, &(struct writer_options){ r->store_dir, true });

    r->error.text[0] = '\0';
    if (err)
        return err;
    err = frame_merge_open(&merge, &options);
    if (err == 0) {
        err = analyse(&w, merge);
        frame_merge_close(merge);
    }
    writer_flush(w.writer);
    writer_read_stats(w.writer, &stats);
    if (err == 0 && stats.failed + stats.refused)
        err = stats.last_error ? stats.last_error : -EIO;
    writer_stop(w.writer);
    return err;
}
