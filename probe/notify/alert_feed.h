/*
 * alert_feed - the alerts of the store that nobody has been told of.
 *
 * A probe writes alerts into the store, this reads them back: the newest ones, and those that were
 * still firing when last seen, wherever they are. So nothing needs to reach the web process while
 * it happens, and nothing is lost when that was down.
 *
 * Ownership  alert_feed_reset frees what was read; zero-initialised is empty.
 * Errors     −errno of the store or the outbox; what was read until then is kept.
 */
#ifndef PROBE_NOTIFY_ALERT_FEED_H
#define PROBE_NOTIFY_ALERT_FEED_H

#include "probe/notify/outbox.h"
#include "storage/query.h"

/* Past this many the rest waits for the next round. */
enum { ALERT_FEED_MAX = 10000 };

struct alert_feed {
    struct alert_record **alerts; /* in the order in which they fired and cleared */
    size_t count;
    uint64_t oldest; /* id of the oldest alert of the store, when everything was looked at; or 0 */
};

/* everything: look at every alert of the store, not just until they are known. */
int alert_feed_read(struct alert_feed *feed, struct query *q, struct outbox *o, bool everything);
void alert_feed_reset(struct alert_feed *feed);

/* Marks every alert of the store as seen, the firing ones as resolved too; how many, or −errno. */
int64_t alert_feed_mark_seen(struct query *q, struct outbox *o);

#endif
