/*
 * sip_date - what a Date header says: "Sat, 13 Nov 2010 23:29:00 GMT".
 *
 * Thread  Pure.
 * Source  RFC 3261 §20.17 (the rfc1123-date of HTTP, always GMT), RFC 1123 §5.2.14
 */
#ifndef ANALYZER_SIP_SIP_DATE_H
#define ANALYZER_SIP_SIP_DATE_H

#include "analyzer/base/slice.h"

/* Seconds since 1970; false: not of that shape, not GMT, or no such day. */
bool sip_date_parse(struct slice value, int64_t *seconds);

#endif
