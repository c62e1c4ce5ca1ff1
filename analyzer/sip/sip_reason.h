/*
 * sip_reason - why a request or response says that a call ended: the Q.850 cause in its Reason headers.
 *
 * Source  RFC 3326; ITU-T Q.850 §2.2.7
 */
#ifndef ANALYZER_SIP_SIP_REASON_H
#define ANALYZER_SIP_SIP_REASON_H

#include "analyzer/base/slice.h"

enum { SIP_REASON_CAUSE_MAX = 127, SIP_REASON_VALUES_MAX = 32 };

/* Of the first reason of protocol Q.850 among all Reason headers of the block; −1: none that can be
 * read. "SIP;cause=200, Q.850;cause=16;text=\"a, b\"" gives 16. */
int sip_reason_q850(struct slice header_block);

#endif
