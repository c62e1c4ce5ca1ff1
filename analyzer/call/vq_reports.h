/*
 * vq_reports - what phones reported of a call (RFC 6035), kept with the call that they measured.
 *
 * Ownership  In the call's arena.
 * Thread     Analysis thread only.
 * Source     RFC 6035
 */
#ifndef ANALYZER_CALL_VQ_REPORTS_H
#define ANALYZER_CALL_VQ_REPORTS_H

#include "analyzer/call/call.h"
#include "analyzer/sip/vq_report.h"

enum { VQ_REPORTS_MAX = 16 }; /* of a call; beyond them each is counted and left out */

/* hash: of the body, for one that is sent again (lost, or challenged) says nothing new. */
void vq_reports_add(struct call *call, const struct vq_report *report, uint64_t hash,
                    const struct datagram *d, struct counters *counters);

/* All of them as a JSON array. */
void vq_reports_write(const struct call *call, struct strbuf *out);

#endif
