/*
 * kpi - what trunks, destinations and all calls together did, by the minute.
 *
 * Each figure counts in the minute in which it came about: attempts by a call's invite_time, outcomes
 * by settled_time, ends by closed_time; so the minutes of an hour add up to what a count over the
 * rows of its calls gives, exactly. A minute is told once it is over, and again when something comes
 * late. Every call counts once in the row of all calls (trunk, direction and destination null), in
 * those of its trunks, of its destination, and of both together.
 *
 * Ownership  kpi_new/free.
 * Thread     Analysis thread only.
 * Time       Of the packets. When it is set far back, what was counted is told and counting begins
 *            anew.
 * Bounded    KPI_GROUPS_MAX groups, KPI_MINUTES back, KPI_BYTES_MAX; what is over a cap is counted
 *            (kpi_groups) and left out of the groups, never of the row of all. What is told over an
 *            hour late is in no row (kpi_late).
 * Source     ITU-T E.425 (ASR, NER), RFC 6076 (SER, SEER, ISA, SCR), docs/METRICS.md
 */
#ifndef ANALYZER_KPI_KPI_H
#define ANALYZER_KPI_KPI_H

#include "analyzer/counters.h"
#include "analyzer/plan/plan.h"
#include "analyzer/sink.h"

enum {
    KPI_GROUPS_MAX = 4096,
    KPI_MINUTES = 61,
    KPI_GROUPS_OF_CALL = 5, /* in, out, destination, in and destination, out and destination */
    KPI_BYTES_MAX = 64 << 20,
    /* Of these, trunks by destination: so that trunks and destinations alone find room. */
    KPI_PAIRS_MAX = KPI_GROUPS_MAX / 4 * 3,
    KPI_PAIR_BYTES_MAX = KPI_BYTES_MAX / 4 * 3,
    KPI_LOAD_AGAIN_S = 10,
};

struct kpi;

/* What of a call was counted where, so that a call that turns out otherwise (a branch answered after
 * another one failed, another hop went to another trunk) is moved and not counted twice. Zero:
 * nothing yet. One in each call. Minutes and seconds since 1970, + 1; 0: not counted. */
struct kpi_mark {
    uint32_t attempt_minute, settled_minute;
    uint32_t answered_s, ended_s; /* a channel in use */
    uint16_t groups[KPI_GROUPS_OF_CALL];
    uint16_t status;    /* 0: none */
    uint16_t pdd_class; /* + 1 */
    uint8_t outcome;
    uint8_t epoch; /* of the kpi: what was counted before time was set back stays told */
};

struct kpi_options {
    const struct plan *plan; /* NULL: no trunk has a name. Borrowed */
    uint64_t hash_key[2];
    struct counters *counters;
    record_fn record; /* minutes; NULL: kept for kpi_read alone */
    void *ctx;
    bool once; /* a minute is told when it cannot change any more, and never again */
};

int kpi_new(struct kpi **kp, const struct kpi_options *options);
void kpi_free(struct kpi *k);

/* RECORD_OPENED: the attempt; RECORD_SETTLED, RECORD_CLOSED. Whatever was not told before counts with
 * the later event. */
void kpi_call(struct kpi *k, struct kpi_mark *mark, const struct call_record *call,
              enum record_event event);

/* Tells the minutes that are over. */
void kpi_tick(struct kpi *k, int64_t now_ns);
/* Tells all of them. */
void kpi_finish(struct kpi *k);

/* kpi_load.c: tells how many calls each trunk with a channel limit carries, where that changed since
 * it was told, and every KPI_LOAD_AGAIN_S while there are any. About once a second, after the calls
 * were told. Never with `once`. */
void kpi_load_tell(struct kpi *k, int64_t now_ns);

/* The window of so many minutes (1, 5, 15, 60) that ends with the minute of now_ns, of one group;
 * absent slices: of all. False: nothing is known of that group. Texts in out last until the next
 * call into this kpi. */
bool kpi_read(struct kpi *k, struct slice trunk, struct slice direction, struct slice destination,
              unsigned minutes, int64_t now_ns, struct kpi_record *out);

/* Bytes that groups and minutes take. */
size_t kpi_bytes(const struct kpi *k);

#endif
