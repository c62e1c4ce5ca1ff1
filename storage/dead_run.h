/*
 * dead_run - what a run left open that was killed, crashed or lost its power, and how the next one
 * closes it.
 *
 * A call that was open is closed as `interrupted` at the last that is known of it, an alert that was
 * firing is resolved and says why. After a power cut the index can know of chunks whose bytes never
 * reached the disk: those are removed from it, so that no row points to nothing.
 *
 * Thread     Before the writer's thread begins; the store is locked.
 * Errors     What cannot be settled is named in the log and tried again at the next start.
 */
#ifndef STORAGE_DEAD_RUN_H
#define STORAGE_DEAD_RUN_H

#include "storage/run_mark.h"

/* Settles the days of `left`; those that could not be settled stay in it. */
void dead_run_settle(const char *store_dir, struct run_mark *left);

/* A mark that says nothing: the newest days of the store, from their beginning on. */
int dead_run_guess(const char *store_dir, struct run_mark *left);

#endif
