/*
 * trunk_health - who asked whom by OPTIONS, was it up, and how long did the answers take.
 *
 * The states are the analyzer's own (peer records: analyzer/peer/pairs.h), cut to a span of time; figures and
 * points come from the OPTIONS themselves. A target that is asked and of which nothing says that it lives
 * is silent; where nobody asked there is no span at all.
 *
 * Ownership  trunk_health_init/fini in place; names are copied.
 * Bounded    TRUNK_HEALTH_PAIRS_MAX and TRUNK_HEALTH_ASKS_MAX; what is over that is left out, and `cut`
 *            says so.
 */
#ifndef PROBE_WEB_TRUNK_HEALTH_H
#define PROBE_WEB_TRUNK_HEALTH_H

#include "analyzer/base/table.h"
#include "analyzer/record.h"

enum {
    TRUNK_HEALTH_PAIRS_MAX = 4096,
    TRUNK_HEALTH_ASKS_MAX = 300000, /* a day of a hundred trunks, asked every half minute */
    TRUNK_HEALTH_SHOWN_MAX = 200,
    TRUNK_HEALTH_POINTS = 96, /* a quarter of an hour of a day each */
};

struct trunk_pair;

/* One OPTIONS. */
struct trunk_ask {
    int64_t time;
    double round_trip_ms; /* NaN: no answer */
    int32_t status;       /* 0: no answer */
    uint32_t pair;
};

struct trunk_health {
    int64_t from, until; /* ns */
    struct table by_hosts;
    struct trunk_pair *pairs[TRUNK_HEALTH_PAIRS_MAX];
    size_t pair_count;
    struct trunk_ask *asks;
    size_t ask_count, ask_room;
    bool cut;
};

/* 0 or −ENOMEM. */
int trunk_health_init(struct trunk_health *t, int64_t from, int64_t until);
void trunk_health_fini(struct trunk_health *t);

/* A row of a day, newest first. False: no memory. */
bool trunk_health_add_peer(struct trunk_health *t, const struct peer_record *peer);
/* An OPTIONS, in any order. False: no memory. */
bool trunk_health_add_ask(struct trunk_health *t, const struct transaction_record *ask);

/* The members targets (and cut, where something was left out): trunks that have a name first, then what is in
 * trouble. */
void trunk_health_write(struct trunk_health *t, struct jsonw *j);

#endif
