/*
 * webhook - messages by HTTP: one connection for each receiver, and what became of what was posted.
 *
 * A pool runs them side by side, each with one message under way, so a slow or lying one costs nobody
 * but itself. Redirects are never followed, proxies of the environment never asked, certificates always
 * verified, only a 2xx is a success, and of an answer no more than 64 KiB is read. Where the name leads
 * is asked of the address guard when it connects.
 *
 * Ownership  webhook_pool_new/free; transports of the pool are closed before.
 * Thread     One, but webhook_pool_wake from any.
 * Source     Standard Webhooks (headers, signatures, 410); RFC 9110 §10.2.3 (Retry-After)
 */
#ifndef PROBE_NOTIFY_WEBHOOK_H
#define PROBE_NOTIFY_WEBHOOK_H

#include "analyzer/base/strbuf.h"
#include "probe/notify/transport.h"

struct webhook_pool;

/* 0 or −ENOMEM. */
int webhook_pool_new(struct webhook_pool **pp);
void webhook_pool_free(struct webhook_pool *pool);

/* Works for at most timeout_ms, less when something is done or webhook_pool_wake is called; what is
 * done is told by the run of its transport, transport_http in transport.h. */
void webhook_pool_run(struct webhook_pool *pool, int timeout_ms);
void webhook_pool_wake(struct webhook_pool *pool);

/* "webhook-signature" of all keys, blanks between: v1,<base64 of HMAC-SHA256 of "id.timestamp.body">. */
void webhook_write_signatures(struct strbuf *out, const struct receiver *receiver,
                              const struct transport_message *message);

/* Of the library that it stands on, as that says it. */
const char *webhook_library_version(void);

#endif
