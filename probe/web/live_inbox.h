/*
 * live_inbox - messages of other threads, on their way to the live feed.
 *
 * Ownership  live_inbox_init/fini in place. Lines are copied.
 * Thread     live_inbox_add from any; the others: the service thread.
 * Bounded    LIVE_INBOX_BYTES_MAX; what finds no room is counted.
 */
#ifndef PROBE_WEB_LIVE_INBOX_H
#define PROBE_WEB_LIVE_INBOX_H

#include "analyzer/base/strbuf.h"
#include "probe/web/live_client.h"

#include <pthread.h>

enum { LIVE_INBOX_BYTES_MAX = 1 << 20 };

struct live_inbox {
    pthread_mutex_t lock;
    struct strbuf lines; /* each with its end */
    uint64_t dropped;    /* not yet told */
};

int live_inbox_init(struct live_inbox *b); /* 0 or −errno */
void live_inbox_fini(struct live_inbox *b);

void live_inbox_add(struct live_inbox *b, struct slice line);

/* All that is there. How many were left out since the last time. */
uint64_t live_inbox_take(struct live_inbox *b, live_line_fn line, void *ctx);

#endif
