/*
 * source - where frames come from: a capture file, or a network interface.
 *
 * Ownership  source_close frees it. Frames are lent for the time of the callback.
 * Thread     One thread, but for source_interrupt, which any thread and a signal handler may call.
 * Errors     A struct source_error says in one sentence what went wrong, where, and what to do.
 */
#ifndef PROBE_CAPTURE_SOURCE_H
#define PROBE_CAPTURE_SOURCE_H

#include "analyzer/frame.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum source_fault {
    SOURCE_FAULT_NONE,
    SOURCE_FAULT_OPEN,       /* a file that cannot be opened */
    SOURCE_FAULT_DATA,       /* not a capture, or a damaged one */
    SOURCE_FAULT_READ,       /* the system failed while reading */
    SOURCE_FAULT_INTERFACE,  /* no such interface, down, or another than it was */
    SOURCE_FAULT_PERMISSION, /* may not capture */
    SOURCE_FAULT_FILTER,     /* the capture filter cannot be read */
    SOURCE_FAULT_SYSTEM,     /* no memory and the like */
};

enum { SOURCE_ERROR_TEXT_MAX = 1024 };

struct source_error {
    enum source_fault fault;
    char text[SOURCE_ERROR_TEXT_MAX];
};

struct source_stats {
    int64_t frames, bytes; /* handed over; bytes as captured */
    int64_t truncated;     /* of those, frames that were cut by the snap length */
    /* An interface's; RECORD_NONE for a file. received is the kernel's own count: drops included, and
     * on the loopback both ways. The ledger's sum is frames + kernel_dropped. */
    int64_t received, kernel_dropped, interface_dropped;
    /* A file's, for a progress bar. RECORD_NONE for an interface; total also for a pipe. */
    int64_t bytes_read, bytes_total;
};

/* What source_poll says at the end; below every −errno. */
enum { SOURCE_END = INT_MIN };

typedef void (*frame_fn)(void *ctx, const struct frame *frame);

struct source {
    const struct source_ops *ops;
    atomic_bool interrupted;
    bool has_own_clock; /* its stamps are not of the system's clock */
    /* Kept by source_count. */
    int64_t frames, bytes, truncated;
    struct source_error error; /* of the last failed poll */
};

struct source_ops {
    const char *(*name)(const struct source *s);
    int (*poll)(struct source *s, int max_frames, frame_fn fn, void *ctx);
    int (*peek)(struct source *s, struct frame *out); /* NULL: cannot be peeked */
    int (*fd)(const struct source *s);
    void (*stats)(struct source *s, struct source_stats *out);
    void (*close)(struct source *s);
};

/* The file or the interface; lives as long as the source. */
static inline const char *source_name(const struct source *s)
{
    return s->ops->name(s);
}

/* Hands over at most max_frames (at least 1), in order. Returns how many; 0 when there is nothing
 * at the moment; SOURCE_END once there will be no more, or after source_interrupt; or −errno, and
 * source_last_error says why. What came before the failure has been handed over. A file may make
 * the caller wait for its disk or pipe, an interface never does. */
int source_poll(struct source *s, int max_frames, frame_fn fn, void *ctx);

/* Lends the next frame until the source is peeked or polled again, and counts it. 1; 0 when there is
 * nothing at the moment; SOURCE_END or −errno as source_poll. For interfaces only: whoever merges
 * several looks at one frame of each. */
int source_peek(struct source *s, struct frame *out);

static inline const struct source_error *source_last_error(const struct source *s)
{
    return &s->error;
}

/* To wait on with poll(2) together with others; −1: never idle, just poll again. */
static inline int source_fd(const struct source *s)
{
    return s->ops->fd(s);
}

void source_stats_read(struct source *s, struct source_stats *out);

/* The next source_poll says SOURCE_END. A read that waits for a pipe is ended by a signal whose
 * handler was installed without SA_RESTART. */
void source_interrupt(struct source *s);

/* NULL is fine. */
void source_close(struct source *s);

/* The exit status of a program that stops because of this: 65, 66, 69, 77, 2 or 1. */
int source_exit_status(enum source_fault fault);

/* For the kinds of source only. */

static inline void source_count(struct source *s, const struct frame *frame)
{
    s->frames++;
    s->bytes += frame->captured_bytes;
    s->truncated += frame->wire_bytes > frame->captured_bytes;
}

/* Counts the frame and hands it over. */
static inline void source_deliver(struct source *s, const struct frame *frame, frame_fn fn,
                                  void *ctx)
{
    source_count(s, frame);
    fn(ctx, frame);
}

/* Writes the sentence and returns −errno_value. */
int source_fail(struct source_error *error, enum source_fault fault, int errno_value,
                const char *format, ...) __attribute__((format(printf, 4, 5)));

/* libpcap speaks of the DLT_ numbers of this system, files and frames of LINKTYPE_ ones. They are
 * the same but for a few. */
uint32_t source_link_type(int dlt);

#endif
