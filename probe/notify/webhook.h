/*
 * webhook - one message POSTed to one endpoint, and what became of it.
 *
 * A pool runs the endpoints side by side, each with one message under way, so a slow or lying one
 * costs nobody but itself. Redirects are never followed, only a 2xx is a success, and of an answer
 * no more than 64 KiB is read.
 *
 * Ownership  webhook_pool_new/free; webhook_new/free, before its pool is freed.
 * Thread     One, but webhook_pool_wake from any.
 * Source     Standard Webhooks (headers, 410); RFC 9110 §10.2.3 (Retry-After)
 */
#ifndef PROBE_NOTIFY_WEBHOOK_H
#define PROBE_NOTIFY_WEBHOOK_H

#include "probe/notify/transport.h"

struct webhook_pool;
struct webhook;

typedef void (*webhook_done_fn)(void *ctx, struct webhook *hook,
                                const struct webhook_answer *answer);

/* timeout_ms: of a whole exchange; 0: 10 s. 0 or −ENOMEM. */
int webhook_pool_new(struct webhook_pool **pp, int64_t timeout_ms);
void webhook_pool_free(struct webhook_pool *pool);

/* 0; −EINVAL for what is no http or https URL; −ENOMEM. */
int webhook_new(struct webhook **wp, struct webhook_pool *pool, const char *url);
/* What is under way is broken off. */
void webhook_free(struct webhook *hook);

/* "https://host:port", without what may be secret in the rest of the URL. */
const char *webhook_name(const struct webhook *hook);
bool webhook_is_busy(const struct webhook *hook);

/* Copies the body. 0, −EBUSY or −ENOMEM; what becomes of it is told by webhook_pool_run. */
int webhook_post(struct webhook *hook, const char *content_type, const char *webhook_id,
                 int64_t timestamp_s, struct slice body);

/* Works for at most timeout_ms, less when something is done or webhook_pool_wake is called. */
void webhook_pool_run(struct webhook_pool *pool, int timeout_ms, webhook_done_fn done, void *ctx);
void webhook_pool_wake(struct webhook_pool *pool);

#endif
