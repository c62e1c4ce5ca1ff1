/*
 * fact_board - the facts that go on just now: told when they begin, every ten seconds at most while
 * they go on, and a last time when their window is empty.
 *
 * Ownership  fact_board_init/fini in place; texts are copied, cut to size.
 * Thread     Analysis thread only.
 * Time       Of the packets.
 * Bounded    FACT_BOARD_KIND_MAX of each kind at a time: a flood of one hides no other. Beyond, they
 *            are refused (counted: sources).
 */
#ifndef ANALYZER_SECURITY_FACT_BOARD_H
#define ANALYZER_SECURITY_FACT_BOARD_H

#include "analyzer/base/expiry.h"
#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "analyzer/counters.h"
#include "analyzer/plan/plan.h"
#include "analyzer/security/fact.h"
#include "analyzer/sink.h"

enum {
    FACT_BOARD_KIND_MAX = 256,
    FACT_BOARD_EVERY_S = 10,
    FACT_BOARD_TEXT_MAX = 64, /* of a subject or user-agent */
    FACT_BOARD_CALL_ID_MAX = 128,
    FACT_BOARD_EVIDENCE_MAX = 4096,
};

struct fact_board {
    struct table table;
    struct expiry expiry;
    struct siphash_key key;
    struct counters *counters;
    record_fn record;
    void *ctx;
    uint64_t last_id;
    size_t open[FACT_COUNT];
};

/* What happened. Facts of one source and subject are one. */
struct fact_news {
    const struct addr *source; /* NULL: many */
    struct slice subject;      /* absent: none */
    const struct plan_trunk *trunk;
    int64_t time_ns;
    uint32_t count,
        distinct;       /* in the window; count 0: once more than before; distinct 0: unknown */
    uint32_t threshold; /* 0: the rule's */
    uint64_t call;
    struct slice call_id, user_agent;
    /* Writes the members of the evidence; NULL: none. Called when it is told. */
    void (*evidence)(struct jsonw *j, const void *ctx);
    const void *ctx;
};

/* 0 or −ENOMEM. */
int fact_board_init(struct fact_board *b, const struct siphash_key *key, struct counters *counters,
                    record_fn record, void *ctx);
void fact_board_fini(struct fact_board *b);

void fact_board_tell(struct fact_board *b, enum fact fact, const struct fact_news *news);
void fact_board_tick(struct fact_board *b, int64_t now_ns);
void fact_board_finish(struct fact_board *b);

#endif
