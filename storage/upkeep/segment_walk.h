/*
 * segment_walk - the whole chunks of one segment, one after the other, whatever lies between them.
 *
 * Behind damage it goes on at the next place where a chunk begins whose checksum is right.
 *
 * Ownership  segment_walk_open/close. A chunk is lent until the next.
 * Thread     One thread an instance.
 */
#ifndef STORAGE_UPKEEP_SEGMENT_WALK_H
#define STORAGE_UPKEEP_SEGMENT_WALK_H

#include "storage/packets/chunk.h"

struct segment_walk {
    int fd;
    uint8_t kind;
    uint64_t size, at;      /* at: behind the newest chunk */
    uint64_t damaged_bytes; /* in no whole chunk, so far */
    uint8_t *stored;        /* CHUNK_STORED_MAX */
    uint8_t *seek;          /* a window for what lies behind damage */

    /* The newest chunk. */
    struct chunk_header header;
    uint64_t offset;
    uint32_t bytes; /* header and payload */
};

/* 0 or −errno. */
int segment_walk_open(struct segment_walk *w, const char *store_dir, int32_t day, uint8_t kind,
                      uint32_t segment);
void segment_walk_close(struct segment_walk *w);

/* 1 with a whole chunk in w; 0 at the end; −errno. Gravestones are passed. */
int segment_walk_next(struct segment_walk *w);

#endif
