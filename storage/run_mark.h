/*
 * run_mark - the note that a run leaves in its store until it ends in order: STORE/RUNNING.
 *
 *     earshot run 1
 *     boot 2c1f6d0e-…                        what the kernel calls the time since it started
 *     day 2026-11-21                         a day that the run has written to
 *     synced 2026-11-21 media 12 9182736     before it all is on the disk for sure
 *
 * Who finds one when it opens the store to write knows that the run before it died, which days to look
 * at, and, by the boot, whether what the kernel still held went down as well.
 *
 * Ownership  run_mark_fini.
 * Thread     The caller's lock.
 * Errors     −errno. A mark that cannot be written costs the next start its knowledge, no more.
 */
#ifndef STORAGE_RUN_MARK_H
#define STORAGE_RUN_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RUN_MARK_BOOT_MAX = 40, RUN_MARK_KINDS = 3 };

struct run_mark_end {
    uint32_t segment; /* 0: nothing is known to be on the disk */
    uint64_t end;
};

struct run_mark_day {
    int32_t day;
    struct run_mark_end synced[RUN_MARK_KINDS]; /* by enum packet_kind */
};

struct run_mark {
    char boot[RUN_MARK_BOOT_MAX];
    struct run_mark_day *days;
    size_t count, room;
};

/* Of this boot, without days. */
void run_mark_init(struct run_mark *m);
void run_mark_fini(struct run_mark *m);

/* What the last run left. −ENOENT: it ended in order; −EUCLEAN: the file makes no sense. */
int run_mark_read(struct run_mark *m, const char *store_dir);

/* The whole file, or the one before it stays. */
int run_mark_write(const struct run_mark *m, const char *store_dir);
void run_mark_remove(const char *store_dir);

/* Adds a day, and a line to the file. 0, also when it is there already. */
int run_mark_add_day(struct run_mark *m, const char *store_dir, int32_t day);

/* NULL: not a day of the run. */
struct run_mark_day *run_mark_find(struct run_mark *m, int32_t day);

/* Was it left by a run since which the machine did not start anew? */
bool run_mark_is_of_this_boot(const struct run_mark *m);

#endif
