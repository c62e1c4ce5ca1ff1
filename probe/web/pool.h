/*
 * pool - the few threads that answer requests, so that the service thread never waits for a disk.
 *
 * Ownership  pool_start/stop. An exchange belongs to the pool from a push that says true until
 *            pool_pop hands it back.
 * Thread     push and pop from the service thread; `wake` is called on the workers.
 */
#ifndef PROBE_WEB_POOL_H
#define PROBE_WEB_POOL_H

#include "probe/web/api.h"

struct pool;

struct pool_options {
    struct api_options api;
    void (*wake)(void *ctx); /* there is something to pop */
    void *ctx;
    unsigned threads;
};

int pool_start(struct pool **pp, const struct pool_options *options);
/* Ends the threads, frees what is inside. `wake` is not called any more once it is back. */
void pool_stop(struct pool *p);

/* A new request: false when too many wait already. */
bool pool_push(struct pool *p, struct exchange *x);
/* The next piece of an answer, or one that is to be thrown away (connection NULL): these may go
 * where new requests are refused. */
bool pool_push_more(struct pool *p, struct exchange *x);

/* An answered exchange, or NULL. */
struct exchange *pool_pop(struct pool *p);

#endif
