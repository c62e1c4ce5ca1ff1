/*
 * utc - a time as people write it.
 *
 * Source  ISO 8601, the proleptic Gregorian calendar
 */
#ifndef ANALYZER_BASE_UTC_H
#define ANALYZER_BASE_UTC_H

#include <stdint.h>

/* "2026-11-21 10:00:00.123" and the NUL; years past 9999 are not expected of a clock. */
enum { UTC_TEXT_MAX = 24 };

/* Nanoseconds since 1970, cut to milliseconds. Before 1970 counts as 1970. */
void utc_format_ms(int64_t time_ns, char out[UTC_TEXT_MAX]);

#endif
