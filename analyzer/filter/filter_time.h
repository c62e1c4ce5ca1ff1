/*
 * filter_time - a time as a person writes it in a filter: 2h, yesterday, 10:30, 2026-11-21.
 *
 * All of them are UTC, but for those that say how far from it they are: 2026-11-21T10:00+01:00.
 *
 * Thread  Pure functions.
 */
#ifndef ANALYZER_FILTER_FILTER_TIME_H
#define ANALYZER_FILTER_FILTER_TIME_H

#include "analyzer/base/strbuf.h"

/* What was named, in ns since 1970: a day, an hour, a minute or a second from its first to its last;
 * an instant twice. */
struct filter_span {
    int64_t first, last;
    bool is_day;
    bool is_ago;      /* 2h: an instant, by how long ago it was */
    bool is_relative; /* to now: today, 10:30, 2h */
};

/* False: it is none. What lies before 1970 or after 2112, where record ids end, counts as that. */
bool filter_time_parse(struct slice text, int64_t now_ns, struct filter_span *span);

/* "2026-11-21T10:00:00Z": what filter_time_parse reads as that instant. */
void filter_time_print(struct strbuf *out, int64_t time_ns);

#endif
