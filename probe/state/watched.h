/*
 * watched - what the servers of certificates.watch showed last.
 *
 *     {"target":"sip.example.org:5061","looked":1795256100.000000,"error":null,"certificate":{…}}
 *
 * Thread  Any; each call takes the state_db's lock.
 */
#ifndef PROBE_STATE_WATCHED_H
#define PROBE_STATE_WATCHED_H

#include "probe/state/state_db.h"

/* json: one object. False ends the list. */
typedef bool (*watched_fn)(void *ctx, struct slice json);

/* Stores it, in place of what was known of the target. 0 or −errno. */
int watched_put(struct state_db *s, struct slice target, struct slice json);
/* Forgets the targets that are not among these. */
int watched_keep(struct state_db *s, const char *const *targets, size_t count);
/* By target. */
int watched_list(struct state_db *s, watched_fn fn, void *ctx);

#endif
