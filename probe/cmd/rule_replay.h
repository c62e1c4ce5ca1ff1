/*
 * rule_replay - what a store holds, told to rules once more, in the order in which it happened.
 *
 * A stretch of time after the other is read, and each record told when it was told live: a call when
 * it began, when its outcome was known and when it ended; a peer, a fact or a certificate again and
 * again while it went on. So memory holds one stretch, and what of it is still to come.
 *
 * A store knows less than a live probe: of registrations and peers the newest state of each day (and of
 * peers the changes before it), of a trunk's calls at once the most of each minute, of the ledger and
 * the mirror the last word of each run; how the probe itself did is not stored.
 *
 * Ownership  Nothing outlives rule_replay.
 * Thread     Main thread.
 * Errors     −errno.
 */
#ifndef PROBE_CMD_RULE_REPLAY_H
#define PROBE_CMD_RULE_REPLAY_H

#include "rules/rule_set.h"
#include "storage/query.h"

enum {
    RULE_REPLAY_ROWS_MAX = 50000, /* of a stretch; it is made shorter over that */
    RULE_REPLAY_WAITING_MAX =
        100000, /* records to be told yet; over that the next are told early */
};

struct rule_replay_options {
    const char *store_dir;
    int64_t since, until; /* both ns; told is what lies from the one to before the other */
    uint32_t occasions;   /* 1 << enum rule_occasion of those to tell */
    /* How far it is; false stops it. NULL: nobody asks. */
    bool (*progress)(void *ctx, int64_t now_ns);
    void *ctx;
};

struct rule_replay_counts {
    uint64_t records[RULE_OCCASIONS];
    uint64_t early; /* told before their time, for want of room */
};

int rule_replay(struct query *q, struct rule_set *rules, const struct rule_replay_options *options,
                struct rule_replay_counts *counts);

#endif
