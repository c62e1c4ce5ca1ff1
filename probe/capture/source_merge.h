/*
 * source_merge - several interfaces in one time order.
 *
 * The two directions of a call may come on two taps, and an answer must not be heard before its
 * question. One frame of each source is at hand; the oldest of them goes next once nothing older
 * can come: because every source has one at hand, or because it is older than what the kernel may
 * still keep to itself. The kernel's rings are the queues.
 *
 * Ownership  Embedded by value; borrows the sources.
 * Time       now_ns is the clock of the packets' stamps; monotonic_ns never steps, and sees to it
 *            that no frame waits long when the other one does.
 */
#ifndef PROBE_CAPTURE_SOURCE_MERGE_H
#define PROBE_CAPTURE_SOURCE_MERGE_H

#include "probe/capture/source.h"

enum { SOURCE_MERGE_MAX = 32 };

struct source_merge_input {
    struct source *source;
    struct frame frame; /* lent, while has_frame */
    bool has_frame, has_ended;
    int64_t since_ns; /* monotonic: when the frame was first seen */
};

struct source_merge {
    struct source_merge_input inputs[SOURCE_MERGE_MAX];
    size_t count;
    int64_t settle_ns; /* after that long nothing older comes */
    int64_t wait_ns;   /* how long the oldest at hand still has to wait; INT64_MAX: there is none */
};

/* A source that will give no more; source_last_error says why if it did not just end. */
typedef void (*source_ended_fn)(void *ctx, struct source *source, int result);

/* count: at most SOURCE_MERGE_MAX. */
void source_merge_init(struct source_merge *m, struct source *const *sources, size_t count,
                       int64_t settle_ns);

struct source_merge_times {
    int64_t now_ns, monotonic_ns;
};

struct source_merge_sink {
    frame_fn frame;
    source_ended_fn ended;
    void *ctx;
};

/* Hands over what is due, at most max_frames; returns how many. The times are read before it is
 * called. */
int source_merge_poll(struct source_merge *m, const struct source_merge_times *times,
                      int max_frames, const struct source_merge_sink *sink);

/* How many sources have not ended. */
size_t source_merge_alive(const struct source_merge *m);

/* Whether it is worth while to wait for this one's next frame: it has none at hand. */
bool source_merge_is_wanted(const struct source_merge *m, size_t i);

/* The end: what is at hand is handed over, whatever may still come. Returns how many. */
int source_merge_flush(struct source_merge *m, const struct source_merge_sink *sink);

#endif
