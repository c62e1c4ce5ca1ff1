/*
 * alert_feed - what has changed among the alerts since somebody last looked.
 *
 * A probe writes alerts into the store, the web process its own into state.sqlite; this reads both back:
 * the newest ones, and those that were not over when last seen, wherever they are. So nothing needs to
 * reach the web process while it happens, and nothing is lost when that was down.
 *
 * Ownership  alert_feed_reset frees what was read; zero-initialised is empty.
 * Errors     −errno of the store or the outbox; what was read until then is kept.
 */
#ifndef PROBE_NOTIFY_ALERT_FEED_H
#define PROBE_NOTIFY_ALERT_FEED_H

#include "probe/state/outbox.h"
#include "storage/query.h"

/* Past this many the rest waits for the next round. */
enum { ALERT_FEED_MAX = 10000, ALERT_FEED_HINTS_MAX = 256 };

struct alert_feed {
    struct alert_record **alerts; /* in the order in which they came to be as they are */
    size_t count;
    uint64_t oldest; /* id of the oldest alert of the store, when everything was looked at; or 0 */
};

struct alert_look {
    bool everything;       /* every alert of the store, not just until they are known */
    const uint64_t *hints; /* those that are said to have changed */
    size_t hint_count;
    uint64_t *turn; /* those that are open are asked after in turn; where it is */
};

/* q: NULL: there is no store as yet. */
int alert_feed_read(struct alert_feed *feed, struct query *q, struct outbox *o,
                    const struct alert_look *look);
void alert_feed_reset(struct alert_feed *feed);

/* Reads those that are not over, as they are now, whether they have changed or not. */
int alert_feed_read_open(struct alert_feed *feed, struct query *q, struct outbox *o);

/* Marks every alert there is as done; how many, or −errno. */
int64_t alert_feed_mark_done(struct query *q, struct outbox *o);

/* Frees what was taken from a feed. */
void alert_feed_free_alert(struct alert_record *alert);

#endif
