/*
 * rule_series - a measure over the last two windows, for the alert that shows how it came.
 *
 * A ring of up to RULE_SERIES_MAX values, each of one or several steps; where there were none they
 * are unknown.
 *
 * Ownership  Embedded; the memory of the values is the owner's.
 */
#ifndef RULES_RULE_SERIES_H
#define RULES_RULE_SERIES_H

#include <stdint.h>

enum { RULE_SERIES_MAX = 60 };

struct rule_series {
    float *values;
    int64_t newest; /* number of the newest value; −1 before the first */
};

/* How many steps a value stands for, so that two windows fit; and how many values there are. */
int64_t rule_series_every(int64_t window_steps);
uint32_t rule_series_room(int64_t window_steps);

void rule_series_init(struct rule_series *s, float *values, uint32_t room);
void rule_series_put(struct rule_series *s, uint32_t room, int64_t at, double value);

/* The value of that number; NaN: not known, or not any more. */
double rule_series_get(const struct rule_series *s, uint32_t room, int64_t at);

#endif
