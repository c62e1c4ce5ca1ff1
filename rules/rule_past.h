/*
 * rule_past - what was normal in this quarter of an hour and the next one, in past weeks.
 *
 * Groups are told apart by a hash of their labels. With three of the last four weeks or more their
 * median is what is normal. Of two either may have been a holiday or an outage, so it is the one that
 * is nearer to firing nothing; one week alone says nothing.
 *
 * Ownership  Embedded by value; zeroed is empty; rule_past_fini frees it.
 */
#ifndef RULES_RULE_PAST_H
#define RULES_RULE_PAST_H

#include "analyzer/base/table.h"

enum { RULE_PAST_WEEKS = 4, RULE_PAST_WEEKS_MIN = 2 };

#define RULE_QUARTER_NS (INT64_C(900) * 1000000000)

/* Of one quarter. */
struct rule_past_page {
    int64_t quarter; /* number since 1970 */
    struct table groups;
};

struct rule_past {
    struct rule_past_page pages[2];
    uint64_t version; /* goes up with each that is told */
    size_t max_groups;
};

/* 0 or −ENOMEM. */
int rule_past_init(struct rule_past *p, size_t max_groups);
void rule_past_fini(struct rule_past *p);

/* What was so in the quarter that began at `time_ns`. `now_quarter`: which goes on. Ignored when
 * it is of no week before this quarter or the next one; and without memory. */
void rule_past_put(struct rule_past *p, int64_t now_quarter, int64_t time_ns, uint64_t labels_hash,
                   double value, double samples);

/* What is normal, for a rule that fires above it (is_rise) or below; NaN: under two weeks are known,
 * or they have fewer samples together. */
double rule_past_find(const struct rule_past *p, int64_t quarter, uint64_t labels_hash,
                      double min_samples, bool is_rise);

size_t rule_past_bytes(const struct rule_past *p);

#endif
