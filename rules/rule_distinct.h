/*
 * rule_distinct - how many different values came in a window, in whole steps.
 *
 * Each value is remembered by a hash, with the step that had it last. Up to
 * RULE_DISTINCT_EXACT values the answer is exact (but for one hash in 2³¹); beyond, half of them by
 * hash stand for all, then a quarter and so on, and it is within some 5 %.
 *
 * Ownership  Embedded; the memory of the steps is the owner's, the rest its own (rule_distinct_fini).
 * Errors     Without memory a new value is not counted.
 */
#ifndef RULES_RULE_DISTINCT_H
#define RULES_RULE_DISTINCT_H

#include <stddef.h>
#include <stdint.h>

enum { RULE_DISTINCT_EXACT = 1024 };

struct rule_distinct_entry {
    uint32_t id;   /* 0: free */
    uint32_t step; /* the last that had it */
};

struct rule_distinct {
    struct rule_distinct_entry *entries;
    uint32_t *steps; /* values that each step had last */
    uint32_t count;  /* of steps */
    uint32_t oldest; /* step of the window */
    uint32_t room;   /* a power of two, or 0 */
    uint32_t used;   /* entries, those that left the window too */
    uint32_t live;
    uint8_t level; /* a value that is remembered stands for 2^level */
};

size_t rule_distinct_bytes(uint32_t count);
void rule_distinct_init(struct rule_distinct *d, void *room, uint32_t count);
void rule_distinct_fini(struct rule_distinct *d);
void rule_distinct_clear(struct rule_distinct *d);

/* As rule_window has them; hash: of the value, all 64 bits. */
void rule_distinct_add(struct rule_distinct *d, int64_t step, uint64_t hash);
void rule_distinct_slide(struct rule_distinct *d, int64_t step);

double rule_distinct_estimate(const struct rule_distinct *d);
size_t rule_distinct_heap_bytes(const struct rule_distinct *d);

#endif
