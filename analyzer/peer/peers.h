/*
 * peers - who asks whom, apart from calls: registrations, pings of trunks, subscriptions, messages.
 *
 * Fed with transactions as they end. Tells a registration or a peer when its state changes, and at
 * most once a minute besides; what was tried once and never answered or accepted is told at the end
 * only (a sweep tries thousands).
 *
 * Ownership  peers_new/free.
 * Thread     Analysis thread only.
 * Time       Of the packets.
 * Bounded    max_registrations, max_peers; the one longest silent makes room, of those that never
 *            succeeded first (counted: registrations, peers).
 * Source     RFC 3261 §10, §11; RFC 5626 (flaps), 6665, 3903, 3428
 */
#ifndef ANALYZER_PEER_PEERS_H
#define ANALYZER_PEER_PEERS_H

#include "analyzer/counters.h"
#include "analyzer/plan/plan.h"
#include "analyzer/sink.h"
#include "analyzer/sip/sip_msg.h"

struct peers;

struct peers_options {
    const struct plan *plan; /* NULL: no trunk has a name. Borrowed */
    size_t max_registrations, max_peers;
    uint64_t hash_key[2];
    struct counters *counters;
    record_fn record;
    void *ctx;
};

int peers_new(struct peers **pp, const struct peers_options *options);
void peers_free(struct peers *p);

/* A transaction that is over; unanswered: its final_status is RECORD_NONE. NOTIFY and PUBLISH too.
 * asked_ns: when its last request passed. */
void peers_transaction(struct peers *p, const struct transaction_record *transaction,
                       int64_t asked_ns);

void peers_tick(struct peers *p, int64_t now_ns);
void peers_finish(struct peers *p);

#endif
