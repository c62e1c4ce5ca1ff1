/*
 * sip_start_line - the request or status line of a message. Private to sip_msg.
 *
 * Source  RFC 3261 §7.1, §7.2; RFC 4475 for the spaces that do not belong there.
 */
#ifndef ANALYZER_SIP_SIP_START_LINE_H
#define ANALYZER_SIP_SIP_START_LINE_H

#include "analyzer/sip/sip_msg.h"

/* The line without its end, line ends before it skipped; *whole tells whether that end is there. */
struct slice sip_start_line_cut(struct slice datagram, bool *whole);

/* By its version or, in a line that was cut, by its scheme. */
bool sip_start_line_looks_like(struct slice line, bool whole);

/* Fills in what the line says: is_request, method, request_uri, status, reason. */
enum sip_parse sip_start_line_parse(struct sip_msg *msg, struct slice line);

#endif
