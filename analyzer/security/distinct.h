/*
 * distinct - how many different things there were in the last while, in 264 bytes.
 *
 * Remembers the hashes of up to 32 with the second each was seen last: exact as far as that goes. When
 * there is no room, only those stay whose hash ends in one zero bit more, and each counts for twice as
 * many (adaptive sampling): beyond 32 the answer is right within some 20 %.
 *
 * Ownership  Plain value; zeroed is empty.
 * Time       Of the packets, s; going back and ahead further than the window makes things old.
 * Source     Wegman; Flajolet: On Adaptive Sampling (1990)
 */
#ifndef ANALYZER_SECURITY_DISTINCT_H
#define ANALYZER_SECURITY_DISTINCT_H

#include <stdbool.h>
#include <stdint.h>

enum { DISTINCT_ROOM = 32 };

struct distinct {
    uint8_t used, level; /* hashes end in that many zero bits */
    uint32_t hash[DISTINCT_ROOM], seen_s[DISTINCT_ROOM];
};

/* hash: keyed, so that nobody can choose what counts. */
void distinct_add(struct distinct *d, uint64_t hash, uint32_t window_s, int64_t now_s);
void distinct_remove(struct distinct *d, uint64_t hash);
uint32_t distinct_count(struct distinct *d, uint32_t window_s, int64_t now_s);

#endif
