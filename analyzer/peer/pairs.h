/*
 * pairs - hosts that ask other hosts, apart from calls: is the target alive?
 *
 * Any answer to OPTIONS says that the target lives: 401, 404, 405, 481 and 501 too, for a host that
 * refuses answers. 5xx (but 501) and 408 (a proxy's word for silence) say that it cannot serve.
 *
 *   unknown --good--> up --two bad ones in a row--> down --one good--> up
 *
 * Two, as one UDP packet may be lost with all its repeats on a short break of the line, and pings
 * come every few seconds; one is enough for up, for nobody answers by mistake. Silence proves
 * nothing where the mirror shows one direction only, or the target answers no pings at all: down for
 * silence is a target only that answered this source's pings before, and that has neither answered
 * nor asked this source anything else since.
 * Ten minutes without a ping, and nothing is known any more.
 *
 * Ownership  pairs_init/fini in place.
 * Thread     Analysis thread only.
 * Bounded    max; the one longest silent makes room, of those whose target never answered first.
 * Source     RFC 3261 §11
 */
#ifndef ANALYZER_PEER_PAIRS_H
#define ANALYZER_PEER_PAIRS_H

#include "analyzer/base/expiry.h"
#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "analyzer/counters.h"
#include "analyzer/peer/recency.h"
#include "analyzer/peer/told.h"
#include "analyzer/plan/plan.h"

enum {
    PAIRS_DOWN_AFTER = 2,
    PAIRS_SILENT_S = 600, /* pings come every 5 to 300 s where they come at all */
    PAIRS_HISTORY = 32,   /* changes that are kept: a day of a trunk that flaps every 45 minutes */
};

struct pairs {
    struct table table;
    struct recency recency;
    struct expiry expiry;
    struct siphash_key key;
    size_t max;
    const struct plan *plan; /* may be NULL */
    struct told_room *room;
    struct counters *counters;
    struct strbuf history; /* of the record that is being told */
};

/* 0 or −ENOMEM. */
int pairs_init(struct pairs *p, size_t max, const struct siphash_key *key, const struct plan *plan,
               struct told_room *room, struct counters *counters);
void pairs_fini(struct pairs *p);

/* A transaction that is over; asked_ns: when its last request passed. */
void pairs_take(struct pairs *p, const struct transaction_record *t, int64_t asked_ns);
void pairs_tick(struct pairs *p, int64_t now_ns);
/* Tells all that has news. */
void pairs_finish(struct pairs *p);

#endif
