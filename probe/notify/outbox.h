/*
 * outbox - which alerts have been told to whom, kept over a restart.
 *
 * STORE/state.sqlite, the web process's own database: each alert and state that was seen, and one
 * delivery for each endpoint and of those, with the body as it is sent and the same webhook id for
 * every try. A delivery waits until it is delivered or dead; dead ones stay to be looked at.
 *
 *   waiting -> delivered   the endpoint took it
 *   waiting -> waiting     it did not; not before next_try
 *   waiting -> dead        given up, refused for good, or its endpoint is no longer there
 *
 * Of one alert and endpoint only the oldest waiting delivery is offered, so "resolved" never
 * overtakes "firing".
 *
 * Ownership  outbox_open/close. One process at a time holds it, by a lock on STORE/state.lock.
 * Thread     One at a time.
 * Time       Milliseconds since 1970, of the wall clock.
 * Errors     −errno; −EBUSY: another process has it; −EPROTO: made by a newer version.
 */
#ifndef PROBE_NOTIFY_OUTBOX_H
#define PROBE_NOTIFY_OUTBOX_H

#include "analyzer/base/slice.h"

enum { OUTBOX_VERSION = 1, OUTBOX_WEBHOOK_ID_MAX = 64 };

struct outbox;

struct outbox_delivery {
    int64_t id;
    int64_t created_ms;
    int64_t tries; /* so far */
    char webhook_id[OUTBOX_WEBHOOK_ID_MAX];
    struct slice body; /* lent until the next outbox_next */
};

int outbox_open(struct outbox **op, const char *store_dir);
void outbox_close(struct outbox *o);

/* Whether the alerts of before its time have been marked as seen. */
bool outbox_has_begun(const struct outbox *o);
int outbox_note_begun(struct outbox *o, int64_t now_ms);

int outbox_begin(struct outbox *o);
int outbox_commit(struct outbox *o);
void outbox_rollback(struct outbox *o);

/* 1: seen, 0: not, or −errno. */
int outbox_is_seen(struct outbox *o, uint64_t alert, struct slice state);
int outbox_note_seen(struct outbox *o, uint64_t alert, struct slice state);

/* The alerts that were seen firing and not resolved, newest first; at most max. How many, or
 * −errno. */
int64_t outbox_open_alerts(struct outbox *o, uint64_t *alerts, size_t max);

/* A delivery for one endpoint; there is nothing to do when it has one already. */
int outbox_add(struct outbox *o, const char *endpoint, uint64_t alert, struct slice state,
               struct slice body, int64_t now_ms);

/* The oldest delivery that is due: 1, 0 when there is none, −errno. */
int outbox_next(struct outbox *o, const char *endpoint, int64_t now_ms, struct outbox_delivery *d);

int outbox_note_delivered(struct outbox *o, int64_t id, int status, int64_t now_ms);
/* One try more. */
int outbox_note_failed(struct outbox *o, int64_t id, int status, const char *reason,
                       int64_t next_try_ms, int64_t now_ms);
int outbox_note_dead(struct outbox *o, int64_t id, int status, const char *reason, int64_t now_ms);

/* All waiting deliveries of the endpoint that were made before that time are dead. How many, or
 * −errno. */
int64_t outbox_bury(struct outbox *o, const char *endpoint, int64_t made_before_ms,
                    const char *reason, int64_t now_ms);
/* Those of all other endpoints are dead. endpoints: count names. */
int outbox_bury_others(struct outbox *o, const char *const *endpoints, size_t count,
                       int64_t now_ms);

/* Forgets the deliveries that were settled before that time. */
int outbox_purge(struct outbox *o, int64_t settled_before_ms);
/* Forgets having seen the alerts with a smaller id: they are no longer in the store. */
int outbox_forget_seen(struct outbox *o, uint64_t before);

struct outbox_totals {
    int64_t waiting, delivered, dead;
    int64_t oldest_waiting_ms; /* when it was made; 0: none waits */
};
int outbox_read_totals(struct outbox *o, struct outbox_totals *totals);

#endif
