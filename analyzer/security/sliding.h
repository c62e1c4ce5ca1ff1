/*
 * sliding - how many of something there were in the last while, in 32 bytes.
 *
 * The window moves in steps of a sixth: it covers between five and six sixths of its length, so it
 * never counts what is too old.
 *
 * Ownership  Plain value; zeroed is empty.
 * Time       Of the packets, s. A packet that comes late counts as now; time that goes back further
 *            than the window, or ahead, empties it.
 */
#ifndef ANALYZER_SECURITY_SLIDING_H
#define ANALYZER_SECURITY_SLIDING_H

#include <stdint.h>

enum { SLIDING_STEPS = 6 };

struct sliding {
    int64_t step; /* the newest */
    uint32_t counts[SLIDING_STEPS];
};

/* window_s: the same at each call. */
void sliding_add(struct sliding *s, uint32_t window_s, int64_t now_s);
uint32_t sliding_count(struct sliding *s, uint32_t window_s, int64_t now_s);

#endif
