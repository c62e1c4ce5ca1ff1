/*
 * compose - what is to be told becomes messages in the outbox.
 *
 * For each receiver the alerts that it is to be told of are gathered: those of one rule that begin, or
 * end, within its group_wait become one message. Which alerts are in a message, its id and its body are
 * fixed with the first line of it in the outbox, in the same transaction as the note of what the
 * receiver knows by that.
 *
 * Ownership  compose_fini. Borrows the receivers and everything in its options.
 * Thread     That of the notifier.
 * Errors     −errno of the outbox; the transaction is the caller's, and what is in memory has to be read
 *            again after a rollback.
 */
#ifndef PROBE_NOTIFY_COMPOSE_H
#define PROBE_NOTIFY_COMPOSE_H

#include "analyzer/base/strbuf.h"
#include "probe/notify/endpoint.h"
#include "probe/notify/maintenance.h"
#include "probe/notify/roster.h"

struct compose_options {
    const char *base_url;            /* NULL: no links */
    const struct hmac_key *link_key; /* NULL: none to packets */
    int64_t link_hours;
    const struct maintenance *windows;
    size_t window_count;
    int64_t hold_ms;  /* how long what holds an alert back is believed: 3 s */
    int64_t again_ms; /* how often Alertmanager is told again: 90 s */
};

struct candidate {
    struct roster_entry *entry;
    enum route_need need;
    bool is_taken;
};

struct compose {
    struct compose_options options;
    struct roster *roster;
    struct outbox *outbox;
    struct candidate *candidates; /* room for the whole roster */
    size_t room;
    int64_t next_ms[RECEIVERS_MAX];  /* not before: the least interval; steady */
    int64_t again_ms[RECEIVERS_MAX]; /* when it is told again; steady */
    uint32_t told;                   /* receivers with new messages, by bit */
    bool waits;                      /* something is to be told a little later */
    bool looks_anew;                 /* what holds alerts back has changed: ask again */
    struct strbuf body;
};

void compose_fini(struct compose *c);

/* Within a transaction. */
int compose_all(struct compose *c, const struct endpoint_clock *now);

/* A test message for one receiver. */
int compose_test(struct compose *c, size_t receiver, const struct endpoint_clock *now);

#endif
