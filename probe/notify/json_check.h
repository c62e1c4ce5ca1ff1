/*
 * json_check - whether a text is one whole JSON value, before it goes into another as it stands.
 *
 * It is of our own making, but it came through a store that may be damaged; and a body that is no
 * JSON is refused by every receiver, for ever.
 *
 * Thread  Pure.
 * Source  RFC 8259
 */
#ifndef PROBE_NOTIFY_JSON_CHECK_H
#define PROBE_NOTIFY_JSON_CHECK_H

#include "analyzer/base/slice.h"

enum { JSON_CHECK_DEPTH_MAX = 16 };

/* One value with nothing but spaces around it; open: '{' or '[', the kind that it must be. */
bool json_check_is(struct slice text, char open);

#endif
