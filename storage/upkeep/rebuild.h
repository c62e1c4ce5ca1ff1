/*
 * rebuild - the index of a day made anew from its segments alone.
 *
 * Each whole chunk says whose it is, of what time, and where its payloads lie; what is damaged is skipped to
 * the next whole one. A database that is damaged is set aside (day_db.h); the table of chunks is replaced
 * in one transaction. Which calls and streams have packets and no row is told, so that they can be
 * analysed again.
 *
 * A chunk that is there twice (a replay that was killed while it replaced itself) gets one row.
 *
 * Ownership  rebuild_result_fini. Whoever calls holds the store's lock (store_dir_open).
 * Errors     −EPROTO: the database is of a newer version; −errno: nothing was changed.
 */
#ifndef STORAGE_UPKEEP_REBUILD_H
#define STORAGE_UPKEEP_REBUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rebuild_progress {
    uint64_t done_bytes, total_bytes, chunks, frames;
};

typedef void (*rebuild_progress_fn)(void *ctx, const struct rebuild_progress *progress);

struct rebuild_result {
    uint64_t chunks, frames;
    uint64_t damaged_bytes; /* in no whole chunk */
    uint64_t silent;        /* chunks whose payloads are not there any more */
    uint64_t repeated;      /* chunks that are there twice */
    bool was_set_aside;     /* the database was damaged */
    /* Ids of that day that have packets, and neither a call's nor a stream's row; in order. */
    uint64_t *missing;
    size_t missing_count;
};

/* Of a segment that is read: its bytes. For the whole of what is to be done. */
uint64_t rebuild_bytes(const char *store_dir, int32_t day);

/* `progress` goes on from where it is. */
int rebuild_day(const char *store_dir, int32_t day, struct rebuild_progress *progress,
                rebuild_progress_fn show, void *ctx, struct rebuild_result *result);
void rebuild_result_fini(struct rebuild_result *result);

/* The blocks of the search index of a day, all of them. */
int rebuild_search(const char *store_dir, int32_t day);

#endif
