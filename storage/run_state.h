/*
 * run_state - the run that writes to a store: what it must leave word of, and tell the disk.
 *
 * Opened, it settles what a run before it left that died (dead_run.h); then it keeps STORE/RUNNING
 * (run_mark.h) until it is closed in order.
 *
 * Ownership  run_state_open/close.
 * Thread     Any.
 * Errors     −errno. A mark that cannot be written is said once and costs no row.
 */
#ifndef STORAGE_RUN_STATE_H
#define STORAGE_RUN_STATE_H

#include <stdint.h>

struct run_state;

int run_state_open(struct run_state **rp, const char *store_dir);

/* What the run wrote is closed: nothing is left to say. */
void run_state_close(struct run_state *r);

/* A day's database is open from now on; before its first row. */
void run_state_enter_day(struct run_state *r, int32_t day);

/* … and closed, or gone. */
void run_state_leave_day(struct run_state *r, int32_t day);

/* What stands before this place of a segment is on the disk. */
void run_state_note_synced(struct run_state *r, int32_t day, uint8_t kind, uint32_t segment,
                           uint64_t end);

/* Gives the disk what was committed to the open days, then the mark. Not for the thread that commits:
 * it waits for the disk. 0; −errno of the newest that failed, each of them counted. */
int run_state_sync(struct run_state *r);

/* Waits for nobody. */
uint64_t run_state_sync_failures(struct run_state *r);

#endif
