/*
 * notify - the alerts, told to those who are to hear of them, until they have.
 *
 * A thread of the web process. What each receiver is told of an alert is told at least once, under an id
 * that stays the same over all tries, also over a restart; what comes later of the same alert never
 * overtakes it.
 *
 *   * A receiver that is down (no answer, 408 425 429 502 503 504) is tried as a whole after 1 s, 2 s,
 *     4 s … 45 s, after two hours every 5 min, each ±20 %, later when its Retry-After says so, sooner
 *     when there is something new; then everything that waits goes out in order.
 *   * A message that is refused (3xx, other 4xx, 500) is tried at the same pace by itself, and does not
 *     hold up other alerts.
 *   * Given up after 24 h: the message is dead, kept in STORE/state.sqlite, and may be sent again.
 *   * 410 switches the receiver off until the next start.
 *
 * The first start on a store tells nothing of what is in it already.
 *
 * Ownership  notify_start/stop. Borrows everything in its options until notify_stop.
 * Thread     notify_wake, notify_hear and notify_read_stats from any.
 */
#ifndef PROBE_NOTIFY_NOTIFY_H
#define PROBE_NOTIFY_NOTIFY_H

#include "probe/notify/endpoint.h"
#include "probe/notify/maintenance.h"

struct notify;

struct notify_options {
    const char *store_dir;
    struct outbox *outbox;
    const struct receiver *receivers; /* at most RECEIVERS_MAX, each name once */
    size_t receiver_count;
    const struct maintenance *windows;
    size_t window_count;
    const char *const *allow; /* internal addresses, networks and hosts that may be told */
    size_t allow_count;
    const char *base_url;            /* of the dashboard, for links in messages; NULL: no links */
    const struct hmac_key *link_key; /* signs links to packets; NULL: none */
    int64_t link_hours;
    const char *ca_file; /* NULL: the system's certificates */
    bool may_execute;
    /* For tests; 0 and NULL are the defaults. */
    int64_t poll_ms;    /* how often the store is asked: 1 s */
    int64_t timeout_ms; /* of one try: 10 s */
    int64_t hold_ms;    /* how often silences and the like are looked at: 3 s */
    int64_t again_ms;   /* how often Alertmanager is told again: 90 s */
    const struct endpoint_pace *pace;
};

struct notify_stats {
    uint64_t delivered, failed, dead; /* since the start: tries, but dead: messages */
    uint64_t polls_failed;            /* the store or the outbox could not be read */
};

/* 0; −EINVAL: a receiver or an address is no good (named in the log); −errno. */
int notify_start(struct notify **np, const struct notify_options *options);
/* Breaks off what is under way; it is sent again at the next start. */
void notify_stop(struct notify *n);

/* There may be something new, or silences, acknowledgements or the outbox were changed: look now. */
void notify_wake(struct notify *n);
/* A line of the live feed: the probe lives, and an alert among them is looked for at once. */
void notify_hear(struct notify *n, struct slice line);

void notify_read_stats(struct notify *n, struct notify_stats *stats);

#endif
