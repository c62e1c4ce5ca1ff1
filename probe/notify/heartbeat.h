/*
 * heartbeat - a word every so often that all is well, for a service that raises an alarm when it stays
 * away: nobody else can say that the probe, this machine or its network is gone.
 *
 * It is sent only while the probe lives. It is not kept: a word of an hour ago says nothing.
 *
 * Ownership  heartbeat_init/fini in place; borrows the receiver and the outbox.
 * Thread     That of the notifier.
 */
#ifndef PROBE_NOTIFY_HEARTBEAT_H
#define PROBE_NOTIFY_HEARTBEAT_H

#include "analyzer/base/strbuf.h"
#include "probe/notify/endpoint.h"

struct heartbeat {
    const struct receiver *receiver;
    struct transport *transport;
    struct outbox *outbox;
    const char *content_type;
    int64_t next_ms; /* steady */
    bool down;
};

/* As endpoint_init. */
int heartbeat_init(struct heartbeat *h, const struct receiver *receiver, struct outbox *outbox,
                   const struct transport_environment *environment, const char *content_type);
void heartbeat_fini(struct heartbeat *h);

/* is_alive: of the probe. 0 or −errno. */
int heartbeat_work(struct heartbeat *h, bool is_alive, const struct endpoint_clock *now);

#endif
