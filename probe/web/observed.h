/*
 * observed - which part of a window a probe was there for, by its ledgers.
 *
 * Nothing is known where nobody listened: a rate over a window counts only what was observed of it.
 *
 * Bounded  OBSERVED_SPANS_MAX ledgers, the newest.
 * Time     ns.
 */
#ifndef PROBE_WEB_OBSERVED_H
#define PROBE_WEB_OBSERVED_H

#include "analyzer/record.h"

enum { OBSERVED_SPANS_MAX = 512 };

struct observed_span {
    int64_t from, until;
};

struct observed {
    struct observed_span spans[OBSERVED_SPANS_MAX];
    size_t count;
};

void observed_add(struct observed *o, const struct capture_record *ledger);

/* Puts them in order, and joins those less than a minute and a half apart: a minute without a packet is no
 * gap. */
void observed_join(struct observed *o);

/* How much of the window was observed, ns; all of it where there is no ledger at all. */
int64_t observed_of(const struct observed *o, int64_t from, int64_t until);

/* The gap that begins at `from` or after it and before `until`, cut to the window; false: there is none. */
bool observed_gap(const struct observed *o, int64_t from, int64_t until, struct observed_span *gap);

#endif
