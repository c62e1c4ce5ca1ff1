/*
 * gap_watch - losses of many streams at one instant: the probe's or the mirror's own.
 *
 * A network loses packets of a path; what many calls of different hosts lose at once, was lost where
 * all of them pass: in the ring of the probe, in the mirror port. Each loss shows when the next packet
 * of its stream comes, up to a packet time after the hole; so losses that show within GAP_INSTANT_NS
 * of the first are one instant. It is nobody's network when
 *
 *   - streams of at least GAP_CALLS_LEAST calls lost in it,
 *   - they come from several hosts and go to several hosts: one congested link has one end in common
 *     on the side that it leads from or to,
 *   - and there are many more of them than losses at that rate make by chance: over four times what
 *     is usual in such a time, plus three.
 *
 * A call's share in such instants is counted with it (struct call_media, gap_lost).
 *
 * Ownership  By value. Calls are borrowed while the instant lasts: gap_watch_forget when one goes.
 * Thread     Analysis thread only.
 * Bounded    GAP_ENTRIES_MAX losses of an instant are remembered; later ones of an instant that is
 *            judged already are charged at once. O(1) a loss.
 */
#ifndef ANALYZER_CALL_GAP_WATCH_H
#define ANALYZER_CALL_GAP_WATCH_H

#include "analyzer/base/addr.h"

struct call;

enum { GAP_CALLS_LEAST = 3, GAP_ENTRIES_MAX = 64 };

/* The longest packet time in use. */
#define GAP_INSTANT_NS INT64_C(60000000)
/* How long the usual rate is counted over. */
#define GAP_RATE_NS INT64_C(10000000000)

struct gap_watch {
    int64_t begin_ns; /* of the instant */
    struct gap_entry {
        struct call *call;
        uint32_t lost;
    } entries[GAP_ENTRIES_MAX];
    struct addr src, dst;                /* of the first loss */
    struct call *calls[GAP_CALLS_LEAST]; /* different ones */
    uint32_t losses;                     /* in the instant */
    uint8_t entry_count, call_count;
    bool several_sources, several_targets;
    bool simultaneous; /* judged so */

    /* What is usual: losses that show in GAP_RATE_NS, of each instant no more than chance makes. */
    int64_t rate_since_ns;
    uint32_t rate_now, rate_before;
    uint64_t instants; /* judged so, in all */
};

/* A stream of that call from src to dst misses so many numbers: it shows now. */
void gap_watch_lost(struct gap_watch *w, struct call *call, const struct addr *src,
                    const struct addr *dst, uint32_t lost, int64_t time_ns);

void gap_watch_forget(struct gap_watch *w, const struct call *call);

#endif
