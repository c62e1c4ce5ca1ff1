/*
 * verdict - what became of a call's media: a word with a reason, not a flag.
 *
 * Source  docs/METRICS.md §6
 */
#ifndef ANALYZER_CALL_VERDICT_H
#define ANALYZER_CALL_VERDICT_H

#include "analyzer/call/call.h"

enum media_verdict {
    VERDICT_NONE, /* never answered, no media: null */
    VERDICT_OK,
    VERDICT_NO_RTP,
    VERDICT_ONE_WAY,
    VERDICT_WRONG_ADDRESS,
    VERDICT_NAT_UNREACHABLE,
    VERDICT_SILENT, /* both are heard, but one says nothing above −50 dBm0 all along */
    VERDICT_ON_HOLD,
    VERDICT_EARLY_ONLY,
    VERDICT_UNKNOWN,
    VERDICT_COUNT
};

/* media_seen: RTP of any call came by so far; without, it is the probe that hears none. */
enum media_verdict verdict_of_call(const struct call *call, bool media_seen);

/* Absent for VERDICT_NONE. */
struct slice verdict_text(enum media_verdict verdict);

/* One of the three that mean that somebody does not hear. */
bool verdict_is_one_way(enum media_verdict verdict);

#endif
