/*
 * leg_score - how likely two calls are legs of one conversation, and why.
 *
 * Each fact has a weight: how much likelier it is between two legs than between two strangers that
 * happen to call at the same time, in units of 10^4: 0.25 is ten times, 1 would decide alone. The
 * weights add up; against them stands LEG_PRIOR, as most calls near each other are strangers.
 *
 * Pure arithmetic on two summaries.
 */
#ifndef ANALYZER_LEGS_LEG_SCORE_H
#define ANALYZER_LEGS_LEG_SCORE_H

#include "analyzer/base/jsonw.h"
#include "analyzer/legs/leg_call.h"
#include "analyzer/legs/leg_hosts.h"

/* What is compared, by name in the evidence. */
/* clang-format off */
#define LEG_FACTS(X)                                                       \
    X(DIALLED,       "dialled_number")                                     \
    X(CALLER,        "caller_number")                                      \
    X(CALL_ID,       "call_id_contained")                                  \
    X(START,         "start")                                              \
    X(CHAIN,         "address_chain")                                      \
    X(MEDIA_ADDRESS, "media_address")                                      \
    X(MEDIA_HOST,    "media_relay")                                        \
    X(ORIGIN,        "sdp_origin")                                         \
    X(RING,          "ringing")                                            \
    X(ANSWER,        "answer")                                             \
    X(FAILURE,       "failure")                                            \
    X(END,           "end")                                                \
    X(ENDED_BY,      "ended_by")                                           \
    X(DURATION,      "duration")
/* clang-format on */

enum leg_fact {
#define X(name, text) LEG_FACT_##name,
    LEG_FACTS(X)
#undef X
        LEG_FACT_COUNT
};

/* Calls in reach of each other at 50 calls/s: some 250, one of which is the leg. */
#define LEG_PRIOR (-0.6)

struct leg_fact_found {
    const char *detail; /* NULL: nothing is known of it */
    double weight;
    int64_t apart_ns; /* of b after a; RECORD_NONE: no time */
};

struct leg_score {
    const struct leg_call *a, *b; /* a received the call and made b of it, as far as can be told */
    struct leg_fact_found facts[LEG_FACT_COUNT];
    double sum; /* LEG_PRIOR included */
};

/* Where they began together the hosts tell which was made of which. */
void leg_score_pair(struct leg_score *out, const struct leg_hosts *hosts, const struct leg_call *x,
                    const struct leg_call *y);

/* 0..1 */
double leg_score_likelihood(double sum);

/* How far apart two calls may begin to be compared at all. */
int64_t leg_score_reach_ns(void);

/* The facts that weigh something, as objects of an array that is open. */
void leg_score_write(const struct leg_score *s, struct jsonw *j);

#endif
