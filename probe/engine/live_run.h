/*
 * live_run - network interfaces through an engine, until somebody asks to stop.
 *
 * Thread  Calls the engine on the caller's thread; one thread serves all interfaces.
 */
#ifndef PROBE_ENGINE_LIVE_RUN_H
#define PROBE_ENGINE_LIVE_RUN_H

#include "probe/capture/source.h"
#include "probe/engine/engine.h"

/* 0 after SIGINT or SIGTERM, and after what came before it; the exit status when the last interface
 * failed, with *error set. gather_ms: how long the kernel may keep frames to itself. */
int live_run(struct engine *e, struct source **sources, size_t count, int gather_ms,
             struct source_error *error);

/* Of all interfaces: what kernel and interfaces dropped. */
void live_run_losses(struct source **sources, size_t count, struct engine_losses *out);

#endif
