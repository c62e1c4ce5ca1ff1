/*
 * rule_window - how many of the last minute's records matched, and how much they add up to, in
 * whole steps.
 *
 * A ring of buckets, one a step. The window covers the newest `count` buckets; sliding it by a
 * step empties the oldest. Totals are kept, so adding and asking cost the same at any size.
 *
 * Ownership  Embedded; the memory of the buckets is the owner's.
 */
#ifndef RULES_RULE_WINDOW_H
#define RULES_RULE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RULE_LANES_MAX = 2 };

struct rule_bucket {
    uint32_t samples, matching;
    uint32_t first_us; /* of the first match, from the bucket's start */
};

struct rule_window {
    double *sums; /* of each bucket `lanes`; NULL: it only counts */
    struct rule_bucket *buckets;
    uint32_t count, lanes;
    uint32_t samples, matching; /* of all buckets */
    double totals[RULE_LANES_MAX];
};

/* Bytes that rule_window_init wants, a multiple of 8. */
size_t rule_window_bytes(uint32_t count, uint32_t lanes);
void rule_window_init(struct rule_window *w, void *room, uint32_t count, uint32_t lanes);
void rule_window_clear(struct rule_window *w);

/* `step` is the number of the step since 1970: one of the window's newest `count`. */
void rule_window_add(struct rule_window *w, int64_t step, bool matches, uint32_t offset_us);
void rule_window_add_sum(struct rule_window *w, int64_t step, uint32_t lane, double value);

/* `step`, the one after the newest, becomes the newest. */
void rule_window_slide(struct rule_window *w, int64_t step);

const struct rule_bucket *rule_window_bucket(const struct rule_window *w, int64_t step);

/* When the first match of the window whose newest step is `newest` came, in microseconds since
 * 1970 for a step of that length; −1 without a match. */
int64_t rule_window_first_match_us(const struct rule_window *w, int64_t newest, int64_t step_us);

#endif
