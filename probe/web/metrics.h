/*
 * metrics - the families of /metrics, each group from its source.
 *
 * What nobody knows just now is left out, never 0. Labels have names of ours or of the configuration, and
 * none has a number, a Call-ID or an address of a stranger.
 *
 * Thread  A worker's.
 */
#ifndef PROBE_WEB_METRICS_H
#define PROBE_WEB_METRICS_H

#include "probe/web/api_context.h"
#include "probe/web/exposition.h"

/* metrics_calls.c: calls and trunks, as the live feed told them. */
void metrics_write_calls(struct exposition *e, const struct tally_calls *calls);

/* metrics_probe.c: the newest line of each of these kinds; absent: none. */
void metrics_write_stats(struct exposition *e, struct slice stats);
void metrics_write_rules(struct exposition *e, struct slice rules);

/* metrics_store.c: what the store says of the capture, of itself, of who is registered, of certificates.
 * Nothing where it cannot be read. */
void metrics_write_store(struct exposition *e, struct api_context *c);

#endif
