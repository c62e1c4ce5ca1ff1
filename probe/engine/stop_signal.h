/*
 * stop_signal - SIGINT and SIGTERM as a question: "were we asked to stop?"; SIGHUP: "to read anew?"
 *
 * The one place with a global variable, because a signal handler has no argument. System calls
 * that wait are interrupted (no SA_RESTART), so the loop around them asks soon.
 *
 * Thread  stop_signal_install before threads start; stop_signal_seen from any.
 */
#ifndef PROBE_ENGINE_STOP_SIGNAL_H
#define PROBE_ENGINE_STOP_SIGNAL_H

#include <stdbool.h>

void stop_signal_install(void);
bool stop_signal_seen(void);

/* Whoever can read its rules anew asks for SIGHUP, which ends other programs. */
void stop_signal_watch_reload(void);
/* True once for each time that it was asked for, or for several at once. */
bool stop_signal_take_reload(void);

/* Also calls fn(ctx) from within the handler: it must be async-signal-safe. NULL: no more. */
void stop_signal_call(void (*fn)(void *ctx), void *ctx);

#endif
