/*
 * own_alerts - the alerts that the web process raises itself: a silent probe, certificates that it
 * looked at.
 *
 * They have the same record as the probe's, and go the same way to people.
 *
 * Thread  Any; each call takes the state_db's lock.
 */
#ifndef PROBE_STATE_OWN_ALERTS_H
#define PROBE_STATE_OWN_ALERTS_H

#include "analyzer/record.h"
#include "probe/state/state_db.h"

enum { OWN_ALERTS_MAX = 10000 }; /* the oldest that are over make room */

typedef bool (*own_alert_fn)(void *ctx, const struct alert_record *alert);

/* Stores it, in place of its older self. 0 or −errno. */
int own_alerts_put(struct state_db *s, const struct alert_record *alert);
/* Newest first, older than `before` (0: all), at most limit (0: all). */
int own_alerts_list(struct state_db *s, uint64_t before, size_t limit, own_alert_fn fn, void *ctx);
/* 1, 0, −errno; the record is freed by the caller with free(). */
int own_alerts_find(struct state_db *s, uint64_t id, struct alert_record **out);

#endif
