/*
 * roster - the alerts of which somebody may still have to be told, and what each receiver knows of them.
 *
 * Filled from state.sqlite and the store at start, kept up by the alert feed. What is in it can be thrown
 * away at any time and read again.
 *
 * Ownership  roster_fini frees it; zero-initialised is empty. Takes the alerts that it is given.
 * Thread     That of the notifier.
 */
#ifndef PROBE_NOTIFY_ROSTER_H
#define PROBE_NOTIFY_ROSTER_H

#include "probe/notify/route.h"
#include "probe/state/outbox.h"

enum { ROSTER_MAX = 20000 };

struct roster_entry {
    struct alert_record *alert; /* its newest version */
    uint32_t open;              /* receivers that are not settled, by bit */
    uint8_t hold;               /* enum route_hold, as of hold_ms */
    int64_t hold_ms;            /* 0: not asked yet */
    struct route_mark marks[RECEIVERS_MAX];
    int64_t
        since_ms[RECEIVERS_MAX]; /* when it was first found that it is to be told; 0: it is not */
};

struct roster {
    struct roster_entry **entries; /* by id */
    size_t count, room;
    const struct receiver *receivers;
    size_t receiver_count;
};

void roster_fini(struct roster *r);

/* Puts a version in place of the older one; one that is new here comes with what the outbox knows. Takes
 * *alert, and sets it to NULL. 0, −ENOSPC, −ENOMEM, −errno of the outbox. */
int roster_put(struct roster *r, struct outbox *o, struct alert_record **alert);
void roster_remove(struct roster *r, size_t at);

/* Writes down what a receiver knows. */
int roster_save(const struct roster *r, struct outbox *o, const struct roster_entry *e,
                size_t receiver);

/* Nobody is to be told any more of it. */
bool roster_is_done(const struct roster *r, const struct roster_entry *e);

#endif
