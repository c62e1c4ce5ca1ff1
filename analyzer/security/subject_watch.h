/*
 * subject_watch - a number that is dialled, or a user whose password is tried, from anywhere.
 *
 * Ownership  Of the pool that it lies in.
 */
#ifndef ANALYZER_SECURITY_SUBJECT_WATCH_H
#define ANALYZER_SECURITY_SUBJECT_WATCH_H

#include "analyzer/base/addr.h"
#include "analyzer/base/siphash.h"
#include "analyzer/security/distinct.h"
#include "analyzer/security/sliding.h"
#include "analyzer/security/top_list.h"
#include "analyzer/security/watch_pool.h"

enum { SUBJECT_WATCH_MAX = 4096, SUBJECT_WATCH_HALF_LIFE_S = 300 };

struct subject_watch {
    struct watched watched;
    struct sliding tried, refused, accepted;
    struct distinct sources;
    struct top_list top; /* of sources */
    struct addr source;  /* the newest */
    bool asked;
    bool one_source; /* nobody else asked within memory */
};

/* Of the pool, or new there; NULL without memory. hash: of kind and name. */
struct subject_watch *subject_watch_find(struct watch_pool *pool, uint64_t hash, int64_t now_s);
/* Borrowed, or NULL. */
struct subject_watch *subject_watch_known(const struct watch_pool *pool, uint64_t hash);

/* Somebody at that address asked for it. */
void subject_watch_ask(struct subject_watch *w, const struct siphash_key *key,
                       const struct addr *source, uint32_t window_s, int64_t now_s);

#endif
