/*
 * feed_lines - records and figures as lines of the live feed (docs/API.md).
 *
 * Made only while somebody reads.
 *
 * Ownership  Embedded by value; feed_lines_fini frees what its lines took. The feed is borrowed.
 * Thread     The analysis thread.
 */
#ifndef PROBE_ENGINE_FEED_LINES_H
#define PROBE_ENGINE_FEED_LINES_H

#include "analyzer/sink.h"
#include "probe/engine/ledger.h"
#include "probe/engine/live_feed.h"

struct analyzer_totals;
struct engine_losses;
struct retention;
struct rule_set;

struct feed_lines {
    struct live_feed *feed; /* NULL: nobody listens */
    struct strbuf line;
    int64_t stats_ns; /* wall clock of the last figures; 0: none yet */
    uint64_t stats_frames;
    int64_t rules_ns; /* likewise of the last values of the rules */
    const char *store_step,
        *store_cause; /* as records name them; NULL: nothing presses, nothing is */
};

void feed_lines_fini(struct feed_lines *f);

/* Moves on what is waiting. */
static inline void feed_lines_poll(struct feed_lines *f)
{
    if (f->feed)
        live_feed_poll(f->feed);
}

void feed_lines_record(struct feed_lines *f, const struct record_type *type, const void *record);

/* Without its streams, with the word for what happened. */
void feed_lines_call(struct feed_lines *f, const struct call_record *call, enum record_event event);

/* What the next figures say of the store; NULL: it has no limits. */
void feed_lines_store(struct feed_lines *f, struct retention *retention);

/* Each rule with its last values against its threshold, every ten seconds. NULL: there are none. */
void feed_lines_rules(struct feed_lines *f, int64_t wall_ns, const struct rule_set *rules);

/* Packets per second are since the last call; losses: with the interfaces. */
void feed_lines_stats(struct feed_lines *f, int64_t wall_ns, const struct ledger *ledger,
                      const struct analyzer_totals *totals, const struct engine_losses *losses);

#endif
