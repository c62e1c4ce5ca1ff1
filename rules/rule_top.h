/*
 * rule_top - the values that came most often in about a window, in a fixed number of counters.
 *
 * Space-Saving: a value without a counter takes the smallest one over, with its count. Each counter
 * knows what came since the last turn and in the turn before; a turn is a window, and of the turn
 * before as much counts as the window still covers.
 *
 * Ownership  Embedded by value; zeroed is empty; rule_top_fini frees the counters.
 * Errors     Without memory a value is not counted.
 * Source     Metwally, Agrawal, El Abbadi: Efficient computation of frequent elements (2005)
 */
#ifndef RULES_RULE_TOP_H
#define RULES_RULE_TOP_H

#include "analyzer/base/slice.h"

enum { RULE_TOP_COUNTERS = 8, RULE_TOP_KEY_MAX = 55, RULE_TOP_TOLD = 5 };

struct rule_top_counter {
    uint32_t now, before;
    char len; /* of the key */
    char key[RULE_TOP_KEY_MAX];
};

struct rule_top {
    struct rule_top_counter *counters;
    uint8_t used, room;
};

void rule_top_fini(struct rule_top *t);
void rule_top_add(struct rule_top *t, struct slice key);

/* A window is over. */
void rule_top_turn(struct rule_top *t);

struct rule_top_value {
    struct slice key; /* its first RULE_TOP_KEY_MAX bytes */
    int64_t count;
};

/* The most frequent first, at most RULE_TOP_TOLD; `share` (0..1) of the turn before counts. */
size_t rule_top_read(const struct rule_top *t, double share,
                     struct rule_top_value out[RULE_TOP_TOLD]);

#endif
