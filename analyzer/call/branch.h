/*
 * branch - a place where a call rings, told by its To-tag: a call that forks has several.
 *
 * The first one that answers is the call's. Another that answers too is acknowledged and hung up by
 * the caller (RFC 3261 §13.2.2.4), and the call goes on.
 *
 * Ownership  Branches lie in the call's arena and go with it.
 * Bounded    CALL_BRANCHES_MAX a call; more are counted (branches).
 * Thread     Analysis thread only.
 */
#ifndef ANALYZER_CALL_BRANCH_H
#define ANALYZER_CALL_BRANCH_H

#include "analyzer/base/slice.h"

enum { CALL_BRANCHES_MAX = 16 };

struct call;
struct counters;

/* Bits of call_branch.is. */
enum branch_is {
    BRANCH_EARLY = 1,
    BRANCH_ANSWERED = 2,
    BRANCH_FAILED = 4,
    BRANCH_ACKED = 8,
    BRANCH_HUNG_UP = 16,
    BRANCH_COUNTS = 32, /* somebody rang there; else a proxy spoke in its own name */
    BRANCH_HEARD = 64,  /* its answer was seen where the caller hears it, not only behind a proxy */
};

struct call_branch {
    struct call_branch *next; /* older */
    struct slice tag;
    uint32_t invite_cseq; /* of the INVITE that rang it */
    uint32_t via;         /* of the first response from it, see sighting.h */
    uint8_t is;           /* enum branch_is bits */
    int64_t answer_time;
};

/* NULL: not heard of. */
struct call_branch *branch_find(const struct call *call, struct slice tag);

/* A response to the INVITE with that CSeq comes from that tag. NULL: no tag, or over the cap
 * (counted). A second one that rings is noted in the history. */
struct call_branch *branch_take(struct call *call, struct slice tag, uint32_t invite_cseq,
                                uint32_t via, enum branch_is is, int64_t time_ns,
                                struct counters *counters);

/* How many rang for the INVITE that counts. */
unsigned branch_count(const struct call *call);

/* Does one ring that has not answered or failed? */
bool branch_is_ringing(const struct call *call);

/* One that answered, is acknowledged and not hung up, other than that one; NULL: none. */
struct call_branch *branch_find_talking(const struct call *call, const struct call_branch *but);

#endif
