/*
 * live_run - network interfaces through an engine, until somebody asks to stop.
 *
 * Thread  Calls the engine on the caller's thread; one thread serves all interfaces.
 */
#ifndef PROBE_ENGINE_LIVE_RUN_H
#define PROBE_ENGINE_LIVE_RUN_H

#include "probe/capture/source.h"
#include "probe/engine/engine.h"

struct live_run_end {
    struct engine_losses losses; /* of all interfaces: what kernel and interfaces dropped */
    struct source_error error;   /* of the last interface that failed */
};

/* Several interfaces are merged into one order of time. 0 after SIGINT or SIGTERM, and after what
 * came before it; the exit status when the last interface failed, with end->error set. gather_ms:
 * how long the kernel may keep frames to itself. */
int live_run(struct engine *e, struct source **sources, size_t count, int gather_ms,
             struct live_run_end *end);

#endif
