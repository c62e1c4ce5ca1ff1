/*
 * source_watch - what one address did of late.
 *
 * Every source has its counts; whoever was refused something has lists of users and numbers besides,
 * kept for the next one when the source is let go.
 *
 * Ownership  Of the pool that it lies in.
 * Time       Of the packets.
 */
#ifndef ANALYZER_SECURITY_SOURCE_WATCH_H
#define ANALYZER_SECURITY_SOURCE_WATCH_H

#include "analyzer/base/addr.h"
#include "analyzer/base/expiry.h"
#include "analyzer/base/siphash.h"
#include "analyzer/plan/plan.h"
#include "analyzer/security/distinct.h"
#include "analyzer/security/fact.h"
#include "analyzer/security/sliding.h"
#include "analyzer/security/top_list.h"
#include "analyzer/security/watch_pool.h"

/* What is counted, and in which window. */
/* clang-format off */
#define SOURCE_TALLIES(X)                                                        \
    X(OPENED,            10)  /* requests that begin something */                \
    X(LED_ON,            10)  /* answers that let it go on, requests within it */ \
    X(USERS_ACCEPTED,    300) /* before anything was suspected */                \
    X(NUMBERS_ACCEPTED,  600)                                                    \
    X(REGISTER_TRIES,    300) /* with credentials, for users it never registered */ \
    X(REGISTER_REFUSED,  300)                                                    \
    X(REGISTER_ACCEPTED, 300)                                                    \
    X(CALLS_REFUSED,     600)                                                    \
    X(CALLS_ACCEPTED,    600)                                                    \
    X(CALLS_ABROAD,      3600)
/* clang-format on */

enum source_tally {
#define X(name, window_s) TALLY_##name,
    SOURCE_TALLIES(X)
#undef X
        TALLY_COUNT
};

/* Users or numbers that were asked for. */
enum source_kind { KIND_USER, KIND_NUMBER, KIND_COUNT };

enum { SOURCE_AGENT_MAX = 48 };

struct source_watch;

struct suspicion {
    struct expiry_link hold; /* armed: something is over its threshold, and may yet turn out well */
    struct source_watch *watch;
    struct distinct refused[KIND_COUNT], accepted[KIND_COUNT];
    struct top_list top[KIND_COUNT]; /* refused ones */
    int64_t over_ns[FACT_COUNT]; /* the fact goes on until then: no need to hold back any more */
    uint8_t agent_len;
    char agent[SOURCE_AGENT_MAX]; /* of its newest request */
};

struct source_watch {
    struct watched watched;
    struct addr ip;
    struct sliding tallies[TALLY_COUNT];
    struct suspicion *suspicion; /* NULL: never refused anything */
    bool suspected;              /* the suspicion is this source's own */
    uint8_t refusals;            /* since it was accepted last; unless it is suspected */
    /* The trunks of the newest message's two ends. */
    struct addr ends[2];
    const struct plan_trunk *trunks[2];
};

/* Windows of users and of numbers. */
static inline uint32_t source_watch_window(enum source_kind kind)
{
    return fact_find(kind == KIND_USER ? FACT_EXTENSION_SWEEP : FACT_INVITE_SWEEP)->window_s;
}

/* Of the pool, or new there; NULL without memory. evicted: counts those that made room. */
struct source_watch *source_watch_find(struct watch_pool *pool, const struct siphash_key *key,
                                       const struct addr *ip, int64_t now_s, uint64_t *evicted);
/* As watch_pool_fini has it. */
void source_watch_fini(void *item);

void source_watch_count(struct source_watch *w, enum source_tally tally, int64_t now_s);
uint32_t source_watch_sum(struct source_watch *w, enum source_tally tally, int64_t now_s);

/* Somebody asked for that user or number; hash: of it. guess: nobody is known by that name. */
void source_watch_refuse(struct source_watch *w, enum source_kind kind, struct slice name,
                         uint64_t hash, bool guess, int64_t now_s);
void source_watch_accept(struct source_watch *w, enum source_kind kind, uint64_t hash,
                         int64_t now_s);
/* It came back with credentials: not refused yet. */
void source_watch_retry(struct source_watch *w, enum source_kind kind, uint64_t hash);

/* Different users or numbers that were refused and those that were accepted; of what was accepted
 * before the source was suspected, how often. */
uint32_t source_watch_refused(struct source_watch *w, enum source_kind kind, int64_t now_s);
uint32_t source_watch_accepted(struct source_watch *w, enum source_kind kind, int64_t now_s);

/* 0: the source of the message, 1: its target. NULL: of no trunk. */
const struct plan_trunk *source_watch_trunk(struct source_watch *w, const struct plan *plan,
                                            const struct addr *addr, unsigned end);

#endif
