/*
 * week_traffic - weeks of a provider's records in order, as the probe makes them: calls, pings,
 * registrations, minutes, and what the probe says of itself.
 *
 * Minutes, peers, registrations and what calls tell a guard come from the analyzer's own rooms. What
 * takes whole messages (scanners, sweeps) is made up where a trouble wants it.
 *
 * Ownership  week_traffic_new/free. Records are lent to the sink.
 * Time       Of the packets; the same options give the same records.
 */
#ifndef TESTS_BENCH_WEEK_TRAFFIC_H
#define TESTS_BENCH_WEEK_TRAFFIC_H

#include "rules/rule_set.h"
#include "tests/bench/week_trouble.h"

struct week_traffic;

struct week_options {
    double calls_per_s; /* daily mean */
    uint64_t seed;
    int64_t start_ns;
    int step_s; /* between two ticks; a probe has one a second */
    void (*record)(void *ctx, enum rule_occasion occasion, const struct record_type *type,
                   const void *record, int64_t now_ns);
    void (*tick)(void *ctx, int64_t now_ns); /* each step */
    void *ctx;
};

int week_traffic_new(struct week_traffic **wp, const struct week_options *options);
void week_traffic_free(struct week_traffic *w);

/* Troubles that go on from now; borrowed. NULL: none. */
void week_traffic_trouble(struct week_traffic *w, const struct week_trouble *t);

/* Until then. */
void week_traffic_run(struct week_traffic *w, int64_t until_ns);

uint64_t week_traffic_calls(const struct week_traffic *w);

#endif
