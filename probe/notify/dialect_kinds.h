/*
 * dialect_kinds - how each kind of receiver is written to; dialect.c has the table.
 *
 * Each writes the body of message into an empty out, with as much as room allows. What does not fit
 * makes out fail, and is asked for again with less.
 *
 * Thread  Pure.
 */
#ifndef PROBE_NOTIFY_DIALECT_KINDS_H
#define PROBE_NOTIFY_DIALECT_KINDS_H

#include "probe/notify/dialect.h"

typedef void dialect_fn(struct strbuf *out, const struct notify_message *message,
                        const struct dialect_room *room);

dialect_fn dialect_json_webhook, dialect_json_alertmanager, dialect_pagerduty, dialect_slack,
    dialect_mail, dialect_syslog, dialect_json_heartbeat;

static inline bool dialect_is_over(const struct alert_record *alert)
{
    return slice_eq(alert->state, SLICE("resolved"));
}

#endif
