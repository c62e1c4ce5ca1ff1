/*
 * security - what a guard wants to know of each source: scanners, sweeps, guessed passwords, numbers
 * dialled again and again, destinations never called before, downgrades.
 *
 * Counts in sliding windows per source; a fact is told when it passes its threshold, again as it goes
 * on (at most every ten seconds), and is over when its window is empty. One table of facts (fact.h):
 * name, threshold, window, sentence, reason.
 *
 * A trunk, a proxy or an office behind NAT is one source with thousands of users, so no fact goes by
 * numbers alone: what was refused is held against what was accepted.
 *
 * Ownership  security_new/free.
 * Thread     Analysis thread only.
 * Time       Of the packets.
 * Bounded    max_sources; a flood of sources evicts those that did least (counted: sources). What is
 *            counted per user, number or destination is counted in sketches of a fixed size: 0.5 KB
 *            a source, 2.5 KB more for one that was refused something more than once.
 */
#ifndef ANALYZER_SECURITY_SECURITY_H
#define ANALYZER_SECURITY_SECURITY_H

#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "analyzer/plan/plan.h"
#include "analyzer/sink.h"
#include "analyzer/sip/sip_msg.h"

struct security;

struct security_options {
    const struct plan *plan; /* borrowed; NULL: none */
    /* Hours of the day, UTC, in which calls to destinations abroad are usual: from < to; both 0: the
     * whole day. */
    uint8_t hours_from, hours_to;
    size_t max_sources;
    uint64_t hash_key[2];
    struct counters *counters;
    record_fn record;
    void *ctx;
};

/* What is known of a call already; in the call, zeroed at first. */
struct security_mark {
    bool counted, media_looked_at;
};

/* What an Identity header says of its call. */
struct security_identity {
    double age_s;                      /* NaN: unknown */
    int8_t orig_matches, dest_matches; /* −1: cannot be told */
    char orig[64];                     /* whom it vouches for; "": nobody */
    struct slice from_user, to_user;
};

int security_new(struct security **sp, const struct security_options *options);
void security_free(struct security *s);

/* Every SIP message that could be read; call: 0 where it belongs to none. */
void security_message(struct security *s, const struct sip_msg *msg, const struct datagram *d,
                      uint64_t call);
void security_transaction(struct security *s, const struct transaction_record *transaction);
void security_call(struct security *s, struct security_mark *mark, const struct call_record *call,
                   enum record_event event);
/* Of the first INVITE of a call that has an Identity header. */
void security_identity(struct security *s, const struct security_identity *identity,
                       const struct sip_msg *msg, const struct datagram *d, uint64_t call);

void security_tick(struct security *s, int64_t now_ns);
void security_finish(struct security *s);

#endif
