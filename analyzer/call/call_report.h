/*
 * call_report - a call as the record that leaves the analyzer.
 *
 * Ownership  The record borrows from the call and from `scratch`, until either changes.
 * Source     docs/METRICS.md §1, §5
 */
#ifndef ANALYZER_CALL_CALL_REPORT_H
#define ANALYZER_CALL_CALL_REPORT_H

#include "analyzer/call/call.h"
#include "analyzer/call/confidence.h"
#include "analyzer/call/verdict.h"

/* What the call alone does not know. */
struct call_scene {
    uint32_t loss_epoch; /* the analyzer's, now */
    bool media_seen;     /* RTP of any call came by */
    bool keep_digits;    /* of keys that were pressed; else they are masked */
    bool last;           /* the call closes */
    int64_t now_ns;
    const struct loss_windows *losses;
    /* call_report fills these in for its writers. */
    const struct verdict *verdict;
    const struct confidence *confidence;
};

/* streams: room for RECORD_STREAMS_MAX. The scratch is reset. */
void call_report(const struct call *call, const struct call_scene *scene, struct call_record *out,
                 struct stream_record *streams, struct strbuf *scratch);

/* A stream that belongs to no call. */
void call_report_orphan(const struct media_stream *s, struct stream_record *out,
                        struct strbuf *scratch);

#endif
