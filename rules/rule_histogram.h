/*
 * rule_histogram - a percentile of what came in a window, in whole steps.
 *
 * Values are counted in classes, 32 an octave from 2⁻⁶ to 2²⁶: an answer is the middle of its
 * class, within 1.6 % of the truth. What is smaller, zero and below too, is told as 0. Each step
 * remembers the classes that it added, to take them away when it leaves; of a step with more than its share,
 * those that stay are drawn by lot.
 *
 * Ownership  Embedded; the memory of the steps is the owner's, the rest its own (rule_histogram_fini).
 * Errors     Without memory a value is not counted.
 */
#ifndef RULES_RULE_HISTOGRAM_H
#define RULES_RULE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    RULE_HISTOGRAM_OCTAVES = 32,
    RULE_HISTOGRAM_CLASSES = 32, /* an octave */
    /* Of all steps together: a percentile of so many is within a percent of its rank. */
    RULE_HISTOGRAM_VALUES = 8192,
    RULE_HISTOGRAM_STEP_MIN = 32, /* of one step, however many steps there are */
    RULE_HISTOGRAM_STEP_MAX = 1024,
};

struct rule_octave {
    uint32_t counts[RULE_HISTOGRAM_CLASSES];
};

struct rule_histogram_step {
    uint16_t *classes;
    uint16_t used, room;
    uint32_t seen; /* with those that were not kept */
};

struct rule_histogram {
    struct rule_histogram_step *steps;
    struct rule_octave *octaves;
    uint32_t count; /* of steps */
    uint32_t total; /* values that are counted */
    uint32_t lot;
    uint8_t used, room;                    /* octaves */
    uint8_t index[RULE_HISTOGRAM_OCTAVES]; /* in octaves, plus 1; 0: nothing fell into it yet */
};

size_t rule_histogram_bytes(uint32_t count);
void rule_histogram_init(struct rule_histogram *h, void *room, uint32_t count);
void rule_histogram_fini(struct rule_histogram *h);

/* Empty again, its memory given back. */
void rule_histogram_clear(struct rule_histogram *h);

/* As rule_window has them. */
void rule_histogram_add(struct rule_histogram *h, int64_t step, double value);
void rule_histogram_slide(struct rule_histogram *h, int64_t step);

/* Nearest rank: what `share` (0..1) of the values do not exceed; NaN when there are none. */
double rule_histogram_at(const struct rule_histogram *h, double share);

/* How many values are at least that, as far as classes can tell. */
uint32_t rule_histogram_from(const struct rule_histogram *h, double value);

size_t rule_histogram_heap_bytes(const struct rule_histogram *h);

#endif
