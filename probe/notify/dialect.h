/*
 * dialect - an alert as the body that a receiver understands.
 *
 * A table of dialects; the default is the JSON of Alertmanager's webhook (version 4), which most
 * receivers of alerts read, with the whole alert record beside it under "earshot".
 *
 * Thread  Any; nothing is shared.
 * Source  Alertmanager's webhook format; Standard Webhooks (bodies under 20 kB).
 */
#ifndef PROBE_NOTIFY_DIALECT_H
#define PROBE_NOTIFY_DIALECT_H

#include "analyzer/record.h"

/* A receiver may refuse what is larger. */
enum { DIALECT_BODY_MAX = 20000 };

struct dialect {
    const char *name;
    const char *content_type;
    /* base_url: of the dashboard, for links; NULL: none. */
    void (*write)(struct strbuf *out, const struct alert_record *alert, const char *base_url);
};

/* NULL when there is none of that name; a NULL name is the default. */
const struct dialect *dialect_find(const char *name);

/* The body, within DIALECT_BODY_MAX: texts are cut further when they have to be. 0 or −ENOMEM. */
int dialect_write(const struct dialect *dialect, struct strbuf *out,
                  const struct alert_record *alert, const char *base_url);

#endif
