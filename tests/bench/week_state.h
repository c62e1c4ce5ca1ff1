/*
 * week_state - what the parts of week_traffic share. No other file includes it.
 */
#ifndef TESTS_BENCH_WEEK_STATE_H
#define TESTS_BENCH_WEEK_STATE_H

#include "analyzer/peer/peers.h"
#include "tests/bench/week_traffic.h"

enum week_event_kind {
    WEEK_OPENED,
    WEEK_SETTLED,
    WEEK_CLOSED,
    WEEK_STORM,    /* one caller dials again */
    WEEK_PING,     /* of a trunk by an SBC */
    WEEK_REGISTER, /* a user */
};

struct week_event {
    int64_t time_ns;
    uint64_t order; /* of those at the same time */
    enum week_event_kind kind;
    union {
        struct week_call *call;
        struct week_storm *storm;
        int index;
    } of;
};

struct week_heap {
    struct week_event *events;
    size_t count, room;
    uint64_t order;
};

struct week_storm {
    struct week_fate fate; /* of each of its calls, but for how it goes */
    double same;           /* chance that it goes as before */
    double gap_s;
    int left;
    struct week_storm *next;
};

struct week_user {
    char name[24], uri[64], contact[80];
    struct addr address;
    bool is_softphone, is_wrong; /* goes at night without a word; has a wrong password */
    int64_t off_until_ns;
};

struct week_beats {
    double received; /* packets since the start */
    double dropped, duplicates, frames;
    int64_t started_ns;
    int64_t drop_at_ns;
};

struct week_traffic {
    struct week_options options;
    struct week_random random;
    struct plan *plan;
    struct counters counters;
    struct kpi *kpi;
    struct peers *peers;
    struct security *security;
    struct week_heap heap;
    struct week_call *free_calls;
    struct week_storm *free_storms;
    struct week_mood mood;
    double stumble_until_s[WEEK_TRUNKS];
    double noise; /* of the rate */
    struct week_user *users;
    int user_count;
    struct week_beats beats;
    const struct week_trouble *trouble;
    int64_t trouble_began_ns;
    int64_t now_ns; /* of the newest tick */
    uint64_t calls, transactions;
    int64_t in_calls;
};

/* At that time, or at the next tick if it is past. */
void week_state_post(struct week_traffic *w, int64_t time_ns, enum week_event_kind kind, void *item,
                     int index);
void week_state_tell(struct week_traffic *w, enum rule_occasion occasion,
                     const struct record_type *type, const void *record);
/* A transaction that is over. */
void week_state_transaction(struct week_traffic *w, struct transaction_record *t);
bool week_state_has(const struct week_traffic *w, enum week_kind kind);
/* A moment before the next tick. */
int64_t week_state_soon(struct week_traffic *w);
void week_state_begin_call(struct week_traffic *w, const struct week_fate *fate, int64_t time_ns);

/* week_hosts.c: pings and registrations. */
int week_hosts_open(struct week_traffic *w);
void week_hosts_ping(struct week_traffic *w, int index, int64_t time_ns);
void week_hosts_register(struct week_traffic *w, int index, int64_t time_ns);
void week_hosts_tick(struct week_traffic *w);
void week_hosts_trouble(struct week_traffic *w);

/* week_beats.c: what the probe says of itself, of the mirror, the store, certificates. */
void week_beats_tick(struct week_traffic *w);

#endif
