/*
 * syslog_line - what every line of RFC 5424 that we send begins with, and its named values.
 *
 *     <29>1 2026-11-21T10:00:00.123Z host earshot - MSGID [earshot@32473 name="value"] text
 *
 * Thread  Pure but for the host's name.
 * Source  RFC 5424 §6
 */
#ifndef PROBE_SYSLOG_SYSLOG_LINE_H
#define PROBE_SYSLOG_SYSLOG_LINE_H

#include "analyzer/base/strbuf.h"

enum syslog_facility { SYSLOG_DAEMON = 3, SYSLOG_AUDIT = 13 };
enum syslog_level { SYSLOG_CRITICAL = 2, SYSLOG_WARNING = 4, SYSLOG_NOTICE = 5, SYSLOG_INFO = 6 };

/* The enterprise number of documentation (RFC 5612): there is none of our own. */
#define SYSLOG_ELEMENT "earshot@32473"

/* Up to the blank behind MSGID; the time in milliseconds, UTC. */
void syslog_line_begin(struct strbuf *out, enum syslog_facility facility, int level,
                       int64_t time_ns, struct slice message_id);
/* ` name="value"`; nothing for an empty one. value: UTF-8 without control characters. */
void syslog_line_param(struct strbuf *out, const char *name, struct slice value);
/* Before a text that is not ASCII. */
void syslog_line_mark(struct strbuf *out, struct slice text);

#endif
