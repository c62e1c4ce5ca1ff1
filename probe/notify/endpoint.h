/*
 * endpoint - the queue of one receiver: what it is sent next, and when again after a failure.
 *
 *   UP   -> DOWN  it gave no answer, or one that speaks of the whole receiver
 *   DOWN -> UP    it took or refused a message
 *   any  -> GONE  it answered 410; what waits is dead, and so is what comes
 *
 * While UP, each message has its own waits. While DOWN there is one for all, and the oldest message is
 * the one that tries; so after an outage they go out in order.
 *
 * Ownership  endpoint_init/fini in place; borrows the receiver, the outbox and the pace.
 * Thread     That of the notifier.
 * Time       struct endpoint_clock, so that waits do not follow a wall clock that is set.
 * Errors     −errno of the outbox.
 */
#ifndef PROBE_NOTIFY_ENDPOINT_H
#define PROBE_NOTIFY_ENDPOINT_H

#include "probe/notify/transport.h"
#include "probe/state/outbox.h"

#include "analyzer/base/siphash.h"

/* Waits double from the first on, each ±20 %. Whoever was away for an hour must hear of it within a
 * minute of being back, so until then they stay shorter. */
struct endpoint_pace {
    int64_t first_ms;          /* 1 s */
    int64_t soon_ms;           /* 45 s: none is longer … */
    int64_t soon_for_ms;       /* … in the first two hours */
    int64_t longest_ms;        /* 5 min */
    int64_t give_up_ms;        /* 24 h */
    struct siphash_key jitter; /* drawn at start: endpoints of many probes do not march in step */
};

struct endpoint_clock {
    int64_t steady_ms; /* never goes back */
    int64_t wall_ms;   /* since 1970 */
};

struct endpoint_stats {
    uint64_t delivered, failed, dead; /* tries, but dead: messages */
};

struct endpoint {
    const struct receiver *receiver;
    struct transport *transport;
    const struct endpoint_pace *pace;
    struct outbox *outbox;
    const char *content_type;
    bool down, gone, told_to_wait;
    size_t failures;             /* in a row */
    int64_t down_since_ms;       /* steady, like the next two */
    int64_t last_try_ms;         /* of a message */
    int64_t next_try_ms;         /* of the receiver as a whole; 0: any time */
    struct outbox_delivery sent; /* what is under way; its body is not held */
    int64_t unrecorded;          /* delivered, but the outbox could not note it; 0: none */
    int unrecorded_status;
    struct endpoint_stats stats;
};

/* 0, −EINVAL for a bad URL, −ENOMEM. */
int endpoint_init(struct endpoint *e, const struct receiver *receiver, struct outbox *outbox,
                  const struct transport_environment *environment, const struct endpoint_pace *pace,
                  const char *content_type);
void endpoint_fini(struct endpoint *e);

/* Goes on with what is under way, and sends what is due. */
int endpoint_work(struct endpoint *e, const struct endpoint_clock *now);

/* There are new messages. */
int endpoint_note_news(struct endpoint *e, const struct endpoint_clock *now);

/* The default. −EIO: no random numbers. */
int endpoint_pace_init(struct endpoint_pace *pace);

/* The wait after so many failures in a row, the first of them age_ms ago. */
int64_t endpoint_wait_ms(const struct endpoint_pace *pace, size_t failures, int64_t age_ms,
                         int64_t salt);

#endif
