/*
 * rtcp_source - the sender and receiver reports of one side of a call.
 *
 * Round-trip times can be computed from them: a report echoes the last sender report of the other
 * side (LSR) and how long ago that came in (DLSR), by clocks that disagree as real ones do.
 *
 * Source  RFC 3550 §6, RFC 3611 (extended reports), RFC 5506 (reduced size)
 */
#ifndef TESTS_SUPPORT_RTCP_SOURCE_H
#define TESTS_SUPPORT_RTCP_SOURCE_H

#include "tests/support/rtp_source.h"

enum { RTCP_SOURCE_NAME_MAX = 17 };

/* Its CNAME. */
void rtcp_source_name(const struct rtcp_source *r, char name[RTCP_SOURCE_NAME_MAX]);

/* The other side is looked up in the call when a report is due: it may start later. */
void rtcp_source_start(struct media_leg *leg, const struct media_plan *plan);

#endif
