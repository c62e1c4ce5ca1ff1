/*
 * told - when a registration or a peer was told last, under which name, and whether it may be now.
 *
 * A record has a row a day: the first report of another day (UTC) begins another id, so that what
 * goes on for months does not end in a day that was deleted long ago. Whoever invents users or hosts
 * begins at most TOLD_BEGIN_PER_S records a second; the others wait.
 *
 * Thread  Analysis thread only.
 * Time    Of the packets, ns.
 */
#ifndef ANALYZER_PEER_TOLD_H
#define ANALYZER_PEER_TOLD_H

#include "analyzer/sink.h"

enum { TOLD_BEGIN_PER_S = 100, TOLD_EVERY_S = 60 };

/* Of the room: what gives names, and how many began in this second. */
struct told_room {
    record_fn record;
    void *ctx;
    uint64_t last_id;
    int64_t second;
    unsigned begun;
};

struct told {
    uint64_t id;     /* 0: never told */
    int64_t time_ns; /* when */
    bool news;       /* there is something since then */
};

/* May it be told, where nothing of importance happened? */
static inline bool told_is_due(const struct told *t, int64_t now_ns)
{
    const int64_t every_ns = TOLD_EVERY_S * INT64_C(1000000000);

    /* So far back it is another clock. */
    return t->news &&
           (!t->id || now_ns - t->time_ns >= every_ns || t->time_ns - now_ns >= every_ns);
}

/* May one more begin in this second? */
bool told_may_begin(struct told_room *room, const struct told *t, int64_t now_ns);

/* Told now: the id to use. */
uint64_t told_now(struct told_room *room, struct told *t, int64_t now_ns, uint64_t hash);

#endif
