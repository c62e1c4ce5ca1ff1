/*
 * registrations - users at registrars, each from one source: are they registered, and since when?
 *
 *             2xx                  time is over, or the refusal of a refresh with it
 *   unknown --------> registered --------------------------------------------------> expired
 *      |   <- 4xx..6xx    |  Expires: 0, or Contact: *                                refused
 *      v                  v                                                           challenged
 *   refused, challenged   removed                    (a 2xx leads back to registered from anywhere)
 *
 * A refusal takes no binding away: who is registered stays so until the time that was granted is
 * over (RFC 3261 §10.3 leaves the binding as it is).
 *
 * Ownership  registrations_init/fini in place.
 * Thread     Analysis thread only.
 * Bounded    max; the one longest silent makes room, of those that never succeeded first.
 * Source     RFC 3261 §10; RFC 5626 (flaps)
 */
#ifndef ANALYZER_PEER_REGISTRATIONS_H
#define ANALYZER_PEER_REGISTRATIONS_H

#include "analyzer/base/expiry.h"
#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "analyzer/counters.h"
#include "analyzer/peer/recency.h"
#include "analyzer/peer/told.h"

enum {
    REGISTRATIONS_TEXT_MAX = 128, /* of a user, domain, contact, user-agent: what is kept */
    /* A refresh that is sent in the last moment, lost once and answered: no binding was lost. */
    REGISTRATIONS_GRACE_S = 5,
};

struct registrations {
    struct table table;
    struct recency recency;
    struct expiry expiry;
    struct siphash_key key;
    size_t max;
    struct told_room *room;
    struct counters *counters;
};

/* 0 or −ENOMEM. */
int registrations_init(struct registrations *r, size_t max, const struct siphash_key *key,
                       struct told_room *room, struct counters *counters);
void registrations_fini(struct registrations *r);

/* A REGISTER that is over; asked_ns: when its last request passed. */
void registrations_take(struct registrations *r, const struct transaction_record *t,
                        int64_t asked_ns);
void registrations_tick(struct registrations *r, int64_t now_ns);
/* Tells all that has news. */
void registrations_finish(struct registrations *r);

#endif
