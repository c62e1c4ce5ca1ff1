/*
 * lost_chunks - rows of the index that point to bytes which a power cut took.
 *
 * The kernel writes the files of a store in any order: a row can be on the disk and its chunk not.
 * Only what lies behind the last sync can be so, and is looked at.
 *
 * Errors  −errno.
 */
#ifndef STORAGE_PACKETS_LOST_CHUNKS_H
#define STORAGE_PACKETS_LOST_CHUNKS_H

#include "storage/run_mark.h"

struct sqlite3;

struct lost_chunks {
    uint64_t chunks, frames;
};

/* Mends the segments, so that they can be walked from chunk to chunk, and removes the rows whose chunk
 * is not there as a whole; of those whose payload alone is gone the headers stay. In the caller's
 * transaction. */
int lost_chunks_remove(struct sqlite3 *db, const char *store_dir, const struct run_mark_day *day,
                       struct lost_chunks *lost);

#endif
