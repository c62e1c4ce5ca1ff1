/*
 * audit_syslog - a copy of each line of the audit trail, to a syslog somewhere else.
 *
 * A line waits in a bounded queue for a thread of its own: who writes the trail never waits for a syslog,
 * and one that is dead costs its copies, which are counted. The copy has the chain (prev, hash), so that
 * it tells whether lines were cut off here; the texts of a person (call_id, detail) are in it only if asked
 * for: no erasure reaches it.
 *
 * Ownership  audit_syslog_start/stop. Lines are copied.
 * Thread     Any, but for start and stop.
 * Source     RFC 5424; RFC 5426 §3.1 (UDP), RFC 6587 §3.4.1 (TCP)
 */
#ifndef PROBE_SYSLOG_AUDIT_SYSLOG_H
#define PROBE_SYSLOG_AUDIT_SYSLOG_H

#include "analyzer/base/slice.h"

enum { AUDIT_SYSLOG_QUEUE = 4096, AUDIT_SYSLOG_REASON_MAX = 160 };

struct audit_syslog;

struct audit_syslog_counts {
    uint64_t sent, waiting, dropped; /* dropped: no room in the queue, or not sent when it ended */
    uint64_t failed;                 /* datagrams that nobody took */
    char reason[AUDIT_SYSLOG_REASON_MAX]; /* why it does not get there just now; empty: it does */
};

/* place: as syslog_place_parse reads it. 0; −EINVAL, −ENOMEM, −EAGAIN. */
int audit_syslog_start(struct audit_syslog **sp, const char *place, bool with_texts);
void audit_syslog_stop(struct audit_syslog *s);

/* A line as it stands in the trail, with its end. Never waits. */
void audit_syslog_add(struct audit_syslog *s, struct slice line);

void audit_syslog_count(struct audit_syslog *s, struct audit_syslog_counts *counts);

/* What is sent for a line; nothing for what is none. */
struct strbuf;
void audit_syslog_format(struct strbuf *out, struct slice line, bool with_texts);

#endif
