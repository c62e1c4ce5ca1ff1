/*
 * media_timeout - over a minute without a packet of one direction, in an answered call.
 *
 * Found from when streams begin, end and pause, whether media comes back or not; no packet is looked
 * at for it. Not counted: what SDP excused meanwhile (hold, recvonly, sendonly, inactive), sides that
 * save packets in silence (comfort noise, DTX), fax, and a direction that the mirror does not show.
 *
 * Thread   Analysis thread only.
 * Bounded  MEDIA_TIMEOUTS_MAX a call.
 */
#ifndef ANALYZER_CALL_MEDIA_TIMEOUT_H
#define ANALYZER_CALL_MEDIA_TIMEOUT_H

#include "analyzer/call/verdict.h"

enum { MEDIA_TIMEOUTS_MAX = 16 };

#define MEDIA_TIMEOUT_NS INT64_C(60000000000)

struct media_timeout {
    int64_t from_ns, to_ns; /* RECORD_NONE: it did not come back */
    uint8_t side;           /* enum call_side: who is not heard */
};

/* Says how many. */
unsigned media_timeout_find(const struct call *call, const struct verdict *v, int64_t now_ns,
                            struct media_timeout out[MEDIA_TIMEOUTS_MAX]);

/* Those that are new go into the call's history. True: there were some. */
bool media_timeout_note(struct call *call, const struct verdict *v, int64_t now_ns,
                        struct counters *counters);

/* A JSON array. */
void media_timeout_write(const struct call *call, const struct verdict *v, int64_t now_ns,
                         struct strbuf *out);

#endif
