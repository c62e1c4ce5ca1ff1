/*
 * loss_windows - when the probe itself lost packets.
 *
 * The counters of the capture are looked at now and then; what they grew by was lost between two looks.
 *
 * Ownership  By value.
 * Thread     Analysis thread only.
 * Time       Of the packets, ns.
 * Bounded    LOSS_WINDOWS.
 */
#ifndef ANALYZER_CALL_LOSS_WINDOWS_H
#define ANALYZER_CALL_LOSS_WINDOWS_H

#include <stdint.h>

enum { LOSS_WINDOWS = 32 };

/* When the probe lost packets: between two looks at its counters. Of more than LOSS_WINDOWS the oldest
 * two become one, what lies between them included: rather too little confidence than too much. */
struct loss_windows {
    struct loss_window {
        int64_t from_ns, to_ns;
        uint64_t dropped;
    } at[LOSS_WINDOWS]; /* by time */
    unsigned count;
    int64_t looked_ns; /* the last look; 0: none so far */
};

/* The counters were looked at: so many more than at the last time. */
void loss_windows_look(struct loss_windows *w, int64_t now_ns, uint64_t dropped);

/* Lost in windows that overlap from..to. */
uint64_t loss_windows_sum(const struct loss_windows *w, int64_t from_ns, int64_t to_ns);

#endif
