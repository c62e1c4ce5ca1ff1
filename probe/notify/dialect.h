/*
 * dialect - a message, one or more alerts for one receiver, as the body that the receiver understands.
 *
 * One table row a kind of receiver; that of the generic webhook is the JSON of Alertmanager's webhook
 * (version 4), with the whole alert record beside each alert under "earshot".
 *
 * Ownership  A message borrows everything for the time of the call.
 * Thread     Any; nothing is shared.
 * Source     Alertmanager's webhook format; Standard Webhooks (bodies under 20 kB).
 */
#ifndef PROBE_NOTIFY_DIALECT_H
#define PROBE_NOTIFY_DIALECT_H

#include "analyzer/record.h"
#include "probe/notify/receiver.h"

/* A receiver may refuse what is larger. */
enum { DIALECT_BODY_MAX = 20000 };

struct notify_message {
    const struct alert_record *const *alerts; /* all firing, or all resolved; of a heartbeat none */
    size_t count;                             /* at most the dialect's alerts_max */
    const struct receiver *receiver;
    const char *base_url;            /* of the dashboard, for links; NULL: none */
    const struct hmac_key *link_key; /* signs links to packets; NULL: no such links */
    int64_t link_hours;              /* how long they are good */
    int64_t now_s;                   /* wall clock, since 1970 */
    bool is_test;                    /* somebody pressed the test button: say so */
    bool is_acknowledged;            /* somebody has taken them upon himself; PagerDuty is told */
};

/* How much a body says; less is asked for until it fits. */
struct dialect_room {
    size_t alerts; /* the first so many; the rest is counted */
    size_t text;   /* characters of one text */
    size_t calls;  /* with links, of an alert */
    bool evidence;
};

struct dialect {
    enum receiver_kind kind;
    const char *content_type;
    size_t alerts_max; /* in one message; 1: this kind knows no groups */
    void (*write)(struct strbuf *out, const struct notify_message *message,
                  const struct dialect_room *room);
};

/* Every kind has one. */
const struct dialect *dialect_of(enum receiver_kind kind);

/* The body, within DIALECT_BODY_MAX: texts are cut further when they have to be. What went out once is
 * sent again as it was, so it says nothing that would not be true an hour later. 0 or −ENOMEM. */
int dialect_write(struct strbuf *out, const struct notify_message *message);

/* The first *count of them that fit, each with all that a person needs: the rest is another message. */
int dialect_write_some(struct strbuf *out, const struct notify_message *message, size_t *count);

#endif
