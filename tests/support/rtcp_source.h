/*
 * rtcp_source - the sender and receiver reports of one side of a call.
 *
 * Round-trip times can be computed from them: a report echoes the last sender report of the other
 * side (LSR) and how long ago that came in (DLSR), by clocks that disagree as real ones do.
 *
 * Source  RFC 3550 §6
 */
#ifndef TESTS_SUPPORT_RTCP_SOURCE_H
#define TESTS_SUPPORT_RTCP_SOURCE_H

#include "tests/support/rtp_source.h"

/* The other side is looked up in the call when a report is due: it may start later. */
void rtcp_source_start(struct media_leg *leg, const struct media_plan *plan);

#endif
