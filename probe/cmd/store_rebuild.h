/*
 * store_rebuild - the rows of calls and streams made anew, by analysing their stored packets again.
 *
 * The same packets give the same ids, so what points to a call goes on pointing to it. What was never stored
 * (packets, payloads, other requests than those of calls) cannot be told again.
 *
 * Thread  Main thread. Takes the store's lock while it writes.
 */
#ifndef PROBE_CMD_STORE_REBUILD_H
#define PROBE_CMD_STORE_REBUILD_H

#include "probe/engine/engine.h"
#include "probe/engine/progress.h"

struct store_rebuild {
    const char *store_dir;
    int32_t day;
    const uint64_t *ids; /* in order: whose packets to look at */
    size_t id_count;
    const struct engine_options *engine; /* names, privacy; nothing is stored by it */
    struct progress *progress;

    /* What came of it. */
    uint64_t calls, streams, packets, damaged;
    struct engine_error error;
};

/* 0; −EBUSY: another earshot writes to the store; −errno. r->error says why. */
int store_rebuild_calls(struct store_rebuild *r);

#endif
