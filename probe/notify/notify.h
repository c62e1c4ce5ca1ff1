/*
 * notify - alerts of the store, POSTed to webhooks until somebody has taken them.
 *
 * A thread of the web process. Each alert and state is told to each endpoint at least once, under
 * an id that stays the same over all tries, also over a restart; "resolved" never before "firing".
 *
 *   * An endpoint that is down (no answer, 408 425 429 502 503 504) is tried as a whole after 5 s, 15 s,
 *     45 s, 2 m, 5 m, 15 m, 1 h, 4 h, 12 h, each ±20 %, later when its Retry-After says so, sooner
 *     when there is a new alert; then everything that waits goes out in order.
 *   * A message that is refused (3xx, other 4xx, 500) is tried on the same ladder by itself, and
 *     does not hold up other alerts.
 *   * Given up after the ladder is through: the delivery is dead, kept in STORE/state.sqlite.
 *   * 410 switches the endpoint off until the next start.
 *
 * The first start on a store sends nothing of what is in it already.
 *
 * Ownership  notify_start/stop. Options are copied.
 * Thread     notify_wake and notify_read_stats from any.
 */
#ifndef PROBE_NOTIFY_NOTIFY_H
#define PROBE_NOTIFY_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

enum { NOTIFY_URLS_MAX = 16, NOTIFY_RETRIES_MAX = 16 };

struct notify;

struct notify_options {
    const char *store_dir;
    const char *const *urls; /* http or https */
    size_t url_count;
    const char *base_url; /* of the dashboard, for links in messages; NULL: no links */
    /* For tests; 0 is the default. */
    int64_t poll_ms;         /* how often the store is asked: 1 s */
    int64_t timeout_ms;      /* of one try: 10 s */
    const int64_t *retry_ms; /* waits before each try, the first included */
    size_t retry_count;
};

struct notify_stats {
    uint64_t delivered, failed, dead; /* tries since the start */
    uint64_t polls_failed;            /* the store or the outbox could not be read */
};

/* 0; −EINVAL: a bad URL or dialect (named in the log); −EBUSY: another process delivers for this
 * store; −EPROTO: made by a newer version; −errno. */
int notify_start(struct notify **np, const struct notify_options *options);
/* Breaks off what is under way; it is sent again at the next start. */
void notify_stop(struct notify *n);

/* There may be something new: look now. */
void notify_wake(struct notify *n);

void notify_read_stats(struct notify *n, struct notify_stats *stats);

#endif
