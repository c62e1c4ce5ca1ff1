/*
 * moment - what "now" is for a store: when its newest packet passed, as a capture of last year is read in
 * the time of that year.
 */
#ifndef PROBE_WEB_MOMENT_H
#define PROBE_WEB_MOMENT_H

#include "storage/query.h"

/* ns; the clock on the wall where nothing was captured. 0 or −errno. */
int moment_of_store(struct query *q, int64_t *now_ns);

#endif
