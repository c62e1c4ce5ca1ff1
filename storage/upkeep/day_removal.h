/*
 * day_removal - takes a day out of a store.
 *
 * It goes by a rename, after which nobody sees it, and is unlinked behind that. Has it pinned calls, a
 * small day with their rows and packets alone takes its place in one step.
 *
 *     STORE/.trash-2026-11-21-1    on its way out
 *     STORE/.building/2026-11-21   pinned calls of a day that goes, not whole yet
 *     STORE/.kept-2026-11-21       the same, whole: becomes the day, or is the day it has replaced
 *
 * Killed at any point the store is whole; day_removal_clean ends what was begun.
 *
 * Thread     One a store, in the process that holds its lock.
 * Errors     −errno; −EINTR: `goes_on` said no. What was not removed is there as before.
 */
#ifndef STORAGE_UPKEEP_DAY_REMOVAL_H
#define STORAGE_UPKEEP_DAY_REMOVAL_H

#include "storage/upkeep/store_size.h"

struct packet_log;
struct writer;

struct day_removal {
    const char *store_dir;
    struct writer *writer;  /* which may have the day open; NULL: nobody writes */
    struct packet_log *log; /* the same of its segments */
    /* Before each step that others can see; false ends it there, as a kill would. NULL: always. */
    bool (*goes_on)(void *ctx, const char *step);
    void *ctx;
};

struct day_removed {
    int64_t bytes[STORE_KINDS];
    bool is_settled; /* pinned calls are all that is left */
};

/* The whole day. */
int day_removal_day(const struct day_removal *r, int32_t day, struct day_removed *removed);

/* Is there another step? */
bool day_removal_goes_on(const struct day_removal *r, const char *step);

/* What an earlier run left behind, or this one has not unlinked yet. */
int day_removal_clean(const struct day_removal *r);

#endif
