/*
 * ledger - what the probe received, what became of it, and what it lost itself.
 *
 * Every frame received is in exactly one bin, so the bins add up to `received`.
 *
 * Ownership  Embedded by value; zeroed is empty.
 */
#ifndef PROBE_ENGINE_LEDGER_H
#define PROBE_ENGINE_LEDGER_H

#include "analyzer/analyzer.h"
#include "analyzer/frame.h"
#include "analyzer/record.h"
#include "probe/decap/classify.h"
#include "probe/decap/decap.h"
#include "storage/packets/packet_log.h"

struct ledger {
    int64_t first_time, last_time;
    uint64_t received, received_bytes, truncated;
    uint64_t bins[BIN_COUNT];
    int64_t kernel_dropped, interface_dropped; /* RECORD_NONE: the source cannot tell */
    uint64_t stored, store_dropped;
    uint64_t not_kept; /* the configuration leaves them out of the store */
    bool has_store;
    struct packet_log_stats packets; /* with has_store */
    struct writer_stats rows;
    struct decap_stats decap;
};

static inline void ledger_receive(struct ledger *l, const struct frame *frame, enum packet_bin bin)
{
    if (l->received++ == 0)
        l->first_time = frame->time_ns;
    l->last_time = frame->time_ns;
    l->received_bytes += frame->captured_bytes;
    l->truncated += frame->captured_bytes < frame->wire_bytes;
    l->bins[bin]++;
}

/* The refusals of another room, on top of *all. */
void ledger_add_refusals(struct counters *all, const struct counters *more);

/* Fills the record; its JSON pieces live in `scratch` (reset). refusals: of all rooms; its bins are
 * not looked at. analyzer, classify: NULL when nobody asked. */
void ledger_report(const struct ledger *l, const struct counters *refusals,
                   const struct analyzer *analyzer, const struct classify *classify,
                   const char *source, struct capture_record *out, struct strbuf *scratch);

#endif
