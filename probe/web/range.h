/*
 * range - which bytes of an answer a client asks for.
 *
 * One range, as players and interrupted downloads ask for it. Several at once, another unit and what
 * is no range at all are ignored, as RFC 9110 allows: the whole is sent.
 *
 * Thread  Pure functions.
 * Source  RFC 9110 §14.1.2, §14.2, §13.1.5 (If-Range)
 */
#ifndef PROBE_WEB_RANGE_H
#define PROBE_WEB_RANGE_H

#include "analyzer/base/slice.h"

enum range_kind {
    RANGE_WHOLE,
    RANGE_PART,
    RANGE_OUTSIDE, /* nothing of it is there: 416 */
};

struct range {
    uint64_t first, count;
};

/* Of an answer of `size` bytes; `out` is what to send, nothing for RANGE_OUTSIDE. header: absent
 * when there is none. */
enum range_kind range_parse(struct slice header, uint64_t size, struct range *out);

/* May the range be served? Yes without an If-Range, or when that is our own tag; a weak tag and a
 * date are not: then the whole is sent. */
bool range_condition_holds(struct slice if_range, struct slice etag);

#endif
