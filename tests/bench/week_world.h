/*
 * week_world - who calls whom in the weeks that alert_weeks makes up: trunks, destinations, hours.
 *
 * A provider for companies in one country, with two carriers, a third for some of the traffic, one
 * for calls abroad, one of calls in alone and one that is small; two SBCs between them and the
 * customers. The shares of busy, cancelled and wrong numbers differ from destination to destination,
 * and drift by days.
 */
#ifndef TESTS_BENCH_WEEK_WORLD_H
#define TESTS_BENCH_WEEK_WORLD_H

#include "analyzer/plan/plan.h"
#include "tests/bench/week_random.h"

#define WEEK_NS_PER_S INT64_C(1000000000)
#define WEEK_START_NS (INT64_C(1767571200) * WEEK_NS_PER_S) /* Monday, 2026-01-05 00:00 UTC */

enum { WEEK_SBCS = 2, WEEK_TRUNKS = 6, WEEK_DAY_S = 86400, WEEK_QUARTER_S = 900 };

struct week_trunk {
    const char *name;
    uint8_t ip[4];
    const char *codec;
    double mos;      /* of an untroubled call */
    double failure;  /* share of calls that end with a 5xx */
    double share_in; /* of the calls that come in */
};

extern const struct week_trunk week_trunks[WEEK_TRUNKS];

struct week_destination {
    const char *name, *prefix;
    double business, residential; /* shares of the calls that go out */
    double asr, busy, cancel, not_found;
    double acd_s, pdd_ms;
    double by[WEEK_TRUNKS]; /* shares of the trunks */
};

enum { WEEK_DESTINATIONS = 36 };
extern const struct week_destination week_destinations[WEEK_DESTINATIONS];

/* Which call a second there is at that time, the mean of a usual week being 1; is_business: how much
 * of that is. */
double week_rate(int64_t time_ns, double *business_share);
bool week_is_holiday(int64_t time_ns);
int week_day_of(int64_t time_ns); /* 0: Monday */
double week_hour_of(int64_t time_ns);

/* The channels that a trunk has where so many calls a second are the daily mean: well sized. */
int64_t week_channels(int trunk, double calls_per_s);

/* NULL without memory. */
struct plan *week_plan(double calls_per_s);

#endif
