/*
 * rule_history - what was normal at this time in past weeks, out of the store, for the rules.
 *
 * A minute ahead of each quarter of an hour of packet time, and at once at the start, the rows of the
 * same quarter 7, 14, 21 and 28 days before are asked for. Another thread reads them, so that nobody
 * who has packets to look at waits for a disk: they are handed over as they come, some at each beat.
 * A replay reads them in place: it can wait, and the same capture gives the same alerts. Holidays
 * and summer time are no special case.
 *
 * Ownership  rule_history_start/stop. Records are lent to the function.
 * Thread     One for all calls; the thread that reads is its own. Without `wait`, nothing blocks.
 * Bounded    RULE_HISTORY_ROOM rows on their way; the reader waits for room.
 * Errors     −errno; a day that cannot be read is missing, and said in the log.
 */
#ifndef PROBE_ENGINE_RULE_HISTORY_H
#define PROBE_ENGINE_RULE_HISTORY_H

#include "analyzer/record.h"

enum {
    RULE_HISTORY_WEEKS = 4,
    RULE_HISTORY_QUARTER_S = 900,
    RULE_HISTORY_AHEAD_S = 60,
    RULE_HISTORY_ROOM = 4096,
    RULE_HISTORY_BEAT_MAX = 1024, /* rows a beat: some tenths of a millisecond */
};

struct rule_history;

typedef void (*rule_history_fn)(void *ctx, const struct baseline_record *past);

struct rule_history_options {
    const char *store_dir; /* borrowed */
    bool wait;             /* a replay: beats read in place, and there is no thread */
    rule_history_fn past;
    void *ctx;
};

int rule_history_start(struct rule_history **hp, const struct rule_history_options *options);
/* What is on its way is dropped. NULL: nothing. */
void rule_history_stop(struct rule_history *h);

/* About once a second of packet time. is_wanted: the rules have a use for it. */
void rule_history_beat(struct rule_history *h, int64_t now_ns, bool is_wanted);

#endif
