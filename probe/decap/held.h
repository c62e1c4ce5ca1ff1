/*
 * held - frames that wait for others: the pieces of a fragmented packet or of a TCP stream.
 *
 * A held frame is a copy of the whole frame as captured, so that the call that it turns out to
 * belong to can keep it. What waits is paid from a budget, so that a flood of pieces costs no more
 * than was set aside for it.
 *
 * Ownership  held_take/release. The budget outlives what was taken from it.
 * Thread     One thread a budget.
 */
#ifndef PROBE_DECAP_HELD_H
#define PROBE_DECAP_HELD_H

#include "analyzer/frame.h"

#include <stdbool.h>
#include <stddef.h>

enum { HELD_OWNERS = 2 };

struct held_frame {
    struct held_frame *next; /* of whoever holds it */
    struct frame frame;      /* its data points to `bytes` */
    /* The calls that have kept it, newest first; 0: none yet. The engine's: a piece that belongs to
     * two messages of one call is kept once. */
    uint64_t owners[HELD_OWNERS];
    uint8_t bytes[];
};

struct held_budget {
    size_t used_bytes, max_bytes; /* struct and frame; what else the holder pays from it included */
};

/* A copy; NULL: over the budget, or no memory. */
struct held_frame *held_take(struct held_budget *budget, const struct frame *frame);
void held_release(struct held_budget *budget, struct held_frame *held);

#endif
