/*
 * week_call - one made-up call: what is to become of it, and its record as far as it is known.
 *
 * It is decided as the call begins (week_call_plan), may be bent by a trouble, and is then told step
 * by step as an analyzer would: opened, settled, closed.
 *
 * Ownership  Texts of the record lie in the call.
 */
#ifndef TESTS_BENCH_WEEK_CALL_H
#define TESTS_BENCH_WEEK_CALL_H

#include "analyzer/kpi/kpi.h"
#include "analyzer/security/security.h"
#include "tests/bench/week_world.h"

enum { WEEK_TEXT_MAX = 64 };

/* What is to become of it. */
struct week_fate {
    int trunk, destination, sbc;
    bool is_in;
    int caller;            /* of the customers, or a stranger's number */
    uint64_t number;       /* digits after the prefix */
    int16_t status;        /* final; 0: nobody answers at all */
    const char *reason;    /* of its response; NULL: the usual one */
    double pdd_ms, ring_s; /* ring: to the answer or the refusal */
    double talk_s;
    const char *codec;
    double loss, jitter_ms, mos_base;
    const char *verdict;
    bool is_doubtful, is_dumb; /* the probe may have damaged it; says nothing but 100 */
    int codec_changes, media_timeouts;
    const char *ended_how;
    bool codec_refused, is_emergency;
    struct addr from; /* of a stranger; port 0: the trunk or SBC */
    const char *user; /* of the From, of who is not one of the customers */
    const char *agent;
    const char *to;                        /* in full; NULL: prefix and number */
    const struct week_destination *abroad; /* where nobody calls usually; NULL: `destination` */
    int retransmissions;
};

struct week_call {
    struct call_record record;
    struct kpi_mark kpi;
    struct security_mark security;
    struct week_fate fate;
    int64_t begun_ns, settled_ns, ended_ns;
    char call_id[40], from[WEEK_TEXT_MAX], to[WEEK_TEXT_MAX], codecs[24], timeouts[160],
        deviations[160];
    struct week_call *next; /* free ones */
};

/* The drift of a destination's shares and talks by days, and the kind of the hour. */
struct week_mood {
    double busy[WEEK_DESTINATIONS], cancel[WEEK_DESTINATIONS], not_found[WEEK_DESTINATIONS],
        talk[WEEK_DESTINATIONS];
    double business_share;
    double failure[WEEK_TRUNKS]; /* times the usual: a gateway that stumbles for some seconds */
};

void week_call_plan(struct week_fate *f, const struct week_mood *mood, struct week_random *r);

/* Answered again by chance, as the destination has it. */
void week_call_plan_outcome(struct week_fate *f, const struct week_mood *mood,
                            struct week_random *r);
void week_call_plan_talk(struct week_fate *f, const struct week_mood *mood, struct week_random *r);

/* A refused one: how fast that is heard. */
void week_call_refuse(struct week_fate *f, int status, const char *reason);

/* Its record as of the first INVITE; n makes it another one than all others. */
void week_call_begin(struct week_call *c, int64_t time_ns, uint64_t n);
void week_call_settle(struct week_call *c);
void week_call_close(struct week_call *c);

#endif
