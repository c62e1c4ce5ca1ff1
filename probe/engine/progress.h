/*
 * progress - one line that shows how far a long work is; nothing when nobody looks.
 *
 * Ownership  Embedded by value.
 * Drawn on stderr, only if that is a terminal, at most five times a second.
 */
#ifndef PROBE_ENGINE_PROGRESS_H
#define PROBE_ENGINE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;
    int64_t start_ns, next_ns; /* monotonic */
};

struct progress_state {
    int64_t done_bytes, total_bytes; /* total 0: not known */
    int64_t packets;
    uint64_t calls;
};

void progress_begin(struct progress *p);
void progress_update(struct progress *p, const struct progress_state *state);
/* The same of a work that is not counted in bytes: how far it is, 0..1. */
void progress_update_share(struct progress *p, double share);
/* Takes the line away, so that something can be printed; the next update draws it again. */
void progress_clear(struct progress *p);
/* Clears the line. */
void progress_end(struct progress *p);

#endif
