/*
 * file_run - capture files, one after the other, through an engine.
 *
 * Several files are taken in the order in which they begin, so that calls go on from one to the next.
 * A damaged file gives what was whole before the damage; the next file follows all the same.
 *
 * Thread  Calls the engine on the caller's thread.
 */
#ifndef PROBE_ENGINE_FILE_RUN_H
#define PROBE_ENGINE_FILE_RUN_H

#include "probe/engine/engine.h"

#include <stddef.h>

/* Called with one sentence for each file that could not be read, or not to its end. */
typedef void (*file_trouble_fn)(void *ctx, const char *text);

/* Sorts `paths`. The exit status: 0, or that of the first trouble (66 cannot be opened, 65 bad data). */
int file_run(struct engine *e, char **paths, size_t count, file_trouble_fn trouble, void *ctx);

#endif
