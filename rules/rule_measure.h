/*
 * rule_measure - what a record adds to its group, and what the group's window comes to.
 *
 * The measures are those of enum rule_measure; each costs the same whatever the window holds.
 *
 * Ownership  Works on groups of a rule_groups.
 */
#ifndef RULES_RULE_MEASURE_H
#define RULES_RULE_MEASURE_H

#include "rules/rule_group.h"

/* A record at its place in time. */
struct rule_moment {
    int64_t now_ns, step;
    uint32_t offset_us; /* in the step */
};

/* What a window comes to. */
struct rule_reading {
    double value; /* NaN: not known */
    double samples, matching;
};

/* False: the record is no sample of that measure, and nothing was counted. */
bool rule_measure_add(const struct rule_plan *plan, struct rule_group *g, const void *record,
                      bool matches, const struct rule_moment *at, struct strbuf *room);

/* total: matching records of all groups, for SHARE. */
struct rule_reading rule_measure_read(const struct rule_plan *plan, const struct rule_group *g,
                                      int64_t now_ns, uint32_t total);

/* Is the reading at or beyond the mark, and not by chance alone? of_normal: the mark follows from
 * what is normal, where a count has its chance too. */
bool rule_measure_is_beyond(const struct rule_plan *plan, const struct rule_group *g,
                            const struct rule_reading *r, double mark, bool of_normal);

/* What an empty window comes to: 0 of an amount, else NaN. */
double rule_measure_of_nothing(const struct rule_plan *plan);

#endif
