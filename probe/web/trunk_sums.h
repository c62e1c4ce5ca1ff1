/*
 * trunk_sums - the minutes of trunks and destinations added up to a window.
 *
 * Counts add up; ratios and percentiles follow from the sums as they did from a minute's counts
 * (analyzer/kpi/kpi_sum.h), so a window says what a recount of its calls says.
 *
 * Ownership  trunk_sums_init/fini; texts are copied.
 * Bounded    TRUNK_SUMS_MAX groups; minutes of others are left out, and `cut` says so.
 */
#ifndef PROBE_WEB_TRUNK_SUMS_H
#define PROBE_WEB_TRUNK_SUMS_H

#include "analyzer/base/table.h"
#include "analyzer/kpi/kpi_sum.h"

enum { TRUNK_SUMS_MAX = 4096 };

struct trunk_sum;

struct trunk_sums {
    struct table by_name;
    struct trunk_sum *groups[TRUNK_SUMS_MAX];
    size_t count;
    bool cut;
};

/* 0 or −ENOMEM. */
int trunk_sums_init(struct trunk_sums *t);
void trunk_sums_fini(struct trunk_sums *t);

/* The minutes newest first: of limits the newest holds. False: no memory. */
bool trunk_sums_add(struct trunk_sums *t, const struct kpi_record *minute);

/* The row of all first, then those with most attempts. */
void trunk_sums_sort(struct trunk_sums *t);

/* The group's figures, but for id, time and window; its texts last until the next report. */
void trunk_sums_report(const struct trunk_sums *t, size_t at, struct kpi_record *out,
                       struct strbuf *texts);

#endif
