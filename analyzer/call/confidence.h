/*
 * confidence - how far a call's figures may be the probe's own doing.
 *
 * What the probe lost it cannot know of a call, so it says so: reasons from a table, and a level. One
 * reason makes a call `reduced`; two, or losses most of which fall on instants when other calls lost
 * too, make it `low`. Rules about quality leave out all but `high`.
 *
 * Thread  Analysis thread only.
 * Time    Of the packets, ns.
 * Source  docs/METRICS.md §7
 */
#ifndef ANALYZER_CALL_CONFIDENCE_H
#define ANALYZER_CALL_CONFIDENCE_H

#include "analyzer/base/jsonw.h"
#include "analyzer/call/loss_windows.h"

struct call;

/* clang-format off */
#define CONFIDENCE_REASONS(X)                                                                       \
    X(CAPTURE_DROPS,     "capture_drops")     /* the probe lost packets while the call went on */   \
    X(SIMULTANEOUS_GAPS, "simultaneous_gaps") /* it lost packets when other hosts' calls did */     \
    X(ONE_DIRECTION,     "one_direction_invisible") /* the mirror shows one direction alone */      \
    X(TRUNCATED,         "truncated_packets") /* a packet of it was cut by the snap length */       \
    X(TCP_GAPS,          "tcp_gaps")          /* the TCP stream of its SIP had a hole */
/* clang-format on */

enum confidence_reason {
#define X(id, name) CONFIDENCE_##id,
    CONFIDENCE_REASONS(X)
#undef X
        CONFIDENCE_REASON_COUNT
};

enum confidence_level { CONFIDENCE_HIGH, CONFIDENCE_REDUCED, CONFIDENCE_LOW };

struct confidence {
    uint32_t reasons; /* bits 1 << enum confidence_reason */
    enum confidence_level level;
    int64_t lost, simultaneous; /* numbers of its streams; of those, at instants of many */
    uint64_t dropped;           /* by the probe meanwhile, of all packets */
};

/* lost: of the call's own streams. blind: its verdict says that one direction is invisible. */
void confidence_judge(const struct call *call, const struct loss_windows *losses, int64_t now_ns,
                      int64_t lost, bool blind, struct confidence *out);

struct slice confidence_text(enum confidence_level level);
/* A JSON array of names. */
void confidence_write_reasons(const struct confidence *c, struct strbuf *out);

#endif
