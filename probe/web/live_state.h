/*
 * live_state - what is the case right now, for a client that begins to listen: alerts that are not
 * over, calls that are open, and the newest figures.
 *
 * Kept from the messages themselves, bounded: places of their own, so that a client can be given them
 * piece by piece while they change. What it finds no room for is left out and counted.
 *
 * Ownership  live_state_init/fini in place. Messages are copied; what is lent is so until the next take.
 * Thread     The service thread alone.
 */
#ifndef PROBE_WEB_LIVE_STATE_H
#define PROBE_WEB_LIVE_STATE_H

#include "analyzer/base/strbuf.h"

enum {
    LIVE_STATE_ALERTS_MAX = 1000,
    LIVE_STATE_CALLS_MAX = 500,
    LIVE_STATE_FIGURES_MAX = 4, /* stats mirror store rules */
    LIVE_STATE_PLACES = LIVE_STATE_FIGURES_MAX + LIVE_STATE_ALERTS_MAX + LIVE_STATE_CALLS_MAX,
    LIVE_STATE_BYTES_MAX = 16 << 20,
};

struct live_place {
    uint64_t key; /* see live_state_key; 0: free */
    char *text;
    size_t len;
};

struct live_state {
    struct live_place *places; /* figures, then alerts, then calls */
    size_t bytes;
    uint64_t left_out; /* for want of room; since the probe came */
};

int live_state_init(struct live_state *s); /* 0 or −ENOMEM */
void live_state_fini(struct live_state *s);

/* What a message is about: the same for all versions of one call or one alert; 0: of nothing that
 * a later message replaces. */
uint64_t live_state_key(struct slice message);

/* Takes note of a message. */
void live_state_take(struct live_state *s, struct slice message);
/* The same of an alert that the store knows: what the feed said of it counts more. */
void live_state_seed(struct live_state *s, struct slice alert);

/* The probe has gone: its open calls and figures are no longer the case. */
void live_state_forget(struct live_state *s);
/* Another one has come: what is the case is in the store. */
void live_state_forget_alerts(struct live_state *s);

/* The next one from place *at on, which moves on; false at the end. */
bool live_state_next(const struct live_state *s, size_t *at, struct slice *message);

#endif
