/*
 * api_trail - what requests leave in the audit trail.
 *
 * One place for every route that has a deed. What changes something leaves its line before it is done, with
 * no status, for none is known; what is only looked at, when the answer is there and before a byte of it
 * goes out, with its status. Where the line cannot be written nothing is done and nothing goes out: 507 or
 * 503.
 *
 * Thread  A worker's.
 */
#ifndef PROBE_WEB_API_TRAIL_H
#define PROBE_WEB_API_TRAIL_H

#include "probe/web/routes.h"

/* Before the handler; false: the answer is a failure. */
bool api_trail_begin(struct api_context *c, const struct route *route);

/* The answer is there; it becomes a failure when its line cannot be written. Refusals leave lines, too:
 * logins that fail, and what somebody's rights are not enough for. */
void api_trail_end(struct api_context *c, const struct route *route);

#endif
