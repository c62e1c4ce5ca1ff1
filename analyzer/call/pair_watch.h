/*
 * pair_watch - which directions of media the mirror shows between two hosts.
 *
 * A mirror that copies one direction of a link makes every call over it look one way. Whether it is
 * the mirror or the network no single call tells; all calls between the same hosts do. So each call
 * that was answered, is over, and had media counts once for its pair of hosts: both ways, or one way
 * and from which host. Media seen both ways counts as soon as it is seen.
 *
 *   SEES_BOTH   some call had media both ways, or one call this way and another one that way: the
 *               mirror shows both directions, and a call without one of them is one way
 *   BLIND       PAIR_CALLS_LEAST calls and more, all of them one way, all the same way, of more than
 *               one user: the mirror
 *   UNDECIDED   all else
 *
 * PAIR_CALLS_LEAST is 5: a network that loses one direction of one call in ten does so five times in
 * a row by chance once in 100,000 pairs. More would mean more calls that are judged too late. One
 * user's calls alone are never enough: a telephone behind a broken NAT makes them all alike.
 *
 * A call is counted in two pairs: of the hosts that its media runs between, and of those that its
 * signalling does, as the media of one trunk may run over any of fifty gateways. To be blind either is
 * enough; that both directions are seen is a matter of the hosts of the media alone.
 *
 * While a pair is undecided, calls over it that ended one way are kept open (media_watch.c) until
 * PAIR_WAIT_NS after its last call, but no longer than PAIR_WAIT_MOST_NS: the first calls of a blind
 * pair are judged together with those that follow. After that a call is judged by its own evidence:
 * one way.
 *
 * Ownership  Owns its pairs; a call holds them by its struct pair_use until pair_watch_release.
 * Thread     Analysis thread only.
 * Bounded    max_pairs; those that no open call holds make room, the longest idle first. Both that
 *            and a pair for which there is no room are counted (media_pairs).
 * Source     docs/METRICS.md §6
 */
#ifndef ANALYZER_CALL_PAIR_WATCH_H
#define ANALYZER_CALL_PAIR_WATCH_H

#include "analyzer/base/addr.h"
#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "analyzer/counters.h"

enum { PAIR_CALLS_LEAST = 5, PAIR_WAITING_MAX = 1024 };

/* Most pairs that have a second call at all have it within five minutes. An alert waits as long, but
 * not where both directions were ever seen. */
#define PAIR_WAIT_NS      INT64_C(300000000000)
#define PAIR_WAIT_MOST_NS INT64_C(900000000000)

enum pair_kind { PAIR_MEDIA, PAIR_SIGNALLING, PAIR_KINDS };
enum pair_word { PAIR_UNDECIDED, PAIR_SEES_BOTH, PAIR_BLIND };
/* What of a call was counted. */
enum pair_seen { PAIR_NOTHING, PAIR_BOTH_WAYS, PAIR_FROM_FIRST, PAIR_FROM_SECOND, PAIR_SEEN_COUNT };

struct pair {
    struct addr hosts[2]; /* in order of their addresses, without ports */
    uint64_t hash;
    struct pair *next_idle, *previous_idle;
    int64_t last_ns;                 /* when a call was counted that ended one way */
    uint32_t calls[PAIR_SEEN_COUNT]; /* by what was seen of them */
    uint32_t held;                   /* by open calls */
    uint32_t user;                   /* a hash of who called whom, of the first one-way call */
    uint8_t kind;                    /* enum pair_kind */
    bool has_user, several_users;
};

/* What a call counts for. Zero: nothing yet. */
struct pair_use {
    struct pair *pair;
    uint8_t seen; /* enum pair_seen */
};

struct pair_watch {
    struct table pairs;
    struct siphash_key key;
    struct pair *idle_first, *idle_last; /* held by nobody, the longest idle first */
    struct counters *counters;
};

int pair_watch_init(struct pair_watch *w, const struct siphash_key *key, size_t max_pairs,
                    struct counters *counters);
void pair_watch_fini(struct pair_watch *w);

/* What was seen of a call so far. */
struct pair_sight {
    const struct addr *from, *to; /* who was seen to send to whom */
    int64_t time_ns;
    uint32_t user; /* a hash of who calls whom */
    bool both;     /* the other way too */
};

/* Replaces what was counted of the call before. */
void pair_watch_note(struct pair_watch *w, struct pair_use *use, enum pair_kind kind,
                     const struct pair_sight *sight);

/* The call ends: what it counted stays. */
void pair_watch_release(struct pair_watch *w, struct pair_use *use);

/* Of a call whose media came from one side alone. */
enum pair_word pair_use_word(const struct pair_use *use);

static inline uint32_t pair_one_way(const struct pair *p)
{
    return p->calls[PAIR_FROM_FIRST] + p->calls[PAIR_FROM_SECOND];
}

static inline uint32_t pair_calls(const struct pair *p)
{
    return p->calls[PAIR_BOTH_WAYS] + pair_one_way(p);
}

#endif
