/*
 * endpoint - the queue of one webhook: what it is sent next, and when again after a failure.
 *
 *   UP   -> DOWN  it gave no answer, or one that speaks of the whole endpoint
 *   DOWN -> UP    it took or refused a message
 *   any  -> GONE  it answered 410; what waits is dead, and so is what comes
 *
 * While UP, each delivery has its own waits. While DOWN there is one for all, and the oldest
 * delivery is the one that tries; so after an outage they go out in order.
 *
 * Ownership  endpoint_init/fini in place; borrows the ladder.
 * Thread     That of its webhook pool.
 * Time       struct endpoint_clock, so that waits do not follow a wall clock that is set.
 */
#ifndef PROBE_NOTIFY_ENDPOINT_H
#define PROBE_NOTIFY_ENDPOINT_H

#include "probe/notify/notify.h"
#include "probe/notify/outbox.h"
#include "probe/notify/webhook.h"

#include "analyzer/base/siphash.h"

/* The wait before each try; the first is that of a new delivery. */
struct endpoint_ladder {
    int64_t ms[NOTIFY_RETRIES_MAX];
    size_t count;
    struct siphash_key jitter; /* drawn at start: endpoints of many probes do not march in step */
};

struct endpoint_clock {
    int64_t steady_ms; /* never goes back */
    int64_t wall_ms;   /* since 1970 */
};

enum { ENDPOINT_KEY_MAX = 20 };

struct endpoint {
    struct webhook *hook;
    char key[ENDPOINT_KEY_MAX]; /* its name in the outbox */
    const struct endpoint_ladder *ladder;
    bool down, gone, told_to_wait;
    size_t failures;             /* in a row */
    int64_t last_try_ms;         /* steady, like next_try_ms */
    int64_t next_try_ms;         /* of the endpoint as a whole; 0: any time */
    struct outbox_delivery sent; /* what is under way; its body is not held */
    int64_t unrecorded;          /* delivered, but the outbox could not note it; 0: none */
    int unrecorded_status;
};

/* 0, −EINVAL for a bad URL, −ENOMEM. */
int endpoint_init(struct endpoint *e, struct webhook_pool *pool, const char *url,
                  const struct endpoint_ladder *ladder);
void endpoint_fini(struct endpoint *e);

/* Sends what is due, when nothing is under way. 0 or −errno of the outbox. */
int endpoint_offer(struct endpoint *e, struct outbox *o, const char *content_type,
                   const struct endpoint_clock *now);

/* There are new deliveries. 0 or −errno of the outbox. */
int endpoint_note_news(struct endpoint *e, struct outbox *o, const struct endpoint_clock *now);

/* What became of the one under way; *dead grows by the deliveries given up. 0 or −errno. */
int endpoint_settle(struct endpoint *e, struct outbox *o, const struct webhook_answer *answer,
                    const struct endpoint_clock *now, uint64_t *dead);

#endif
