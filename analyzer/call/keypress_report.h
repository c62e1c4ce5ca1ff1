/*
 * keypress_report - the keys of a call, each once, as JSON.
 *
 * One key pressed is one digit in one direction, even when an end sends it in two ways at once (many
 * gateways do), or when it passes the probe on both legs of a relay: what says the same digit within
 * a short time in another way or stream is the same key. The most exact way is kept, the others are
 * named.
 *
 * Digits are secrets (PINs, cards). Unless the configuration says otherwise they are masked here,
 * before they reach a record; what is told is when, how long, in which way and from whom.
 *
 * Thread     Analysis thread only.
 * Bounded    KEYPRESS_REPORTED_MAX a call, the first ones.
 * Source     docs/METRICS.md §5
 */
#ifndef ANALYZER_CALL_KEYPRESS_REPORT_H
#define ANALYZER_CALL_KEYPRESS_REPORT_H

#include "analyzer/call/call.h"

enum { KEYPRESS_REPORTED_MAX = 1024 };

/* An array, by time. Without memory nothing is added, and the strbuf fails. */
void keypress_report(const struct call *call, bool keep_digits, struct strbuf *out);

#endif
