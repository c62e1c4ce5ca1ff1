/*
 * chunk_pool - the memory in which calls gather their packets, all of it: a cap, not a hope.
 *
 * One range of addresses as large as the cap, cut in blocks of 32 KiB and those in halves down to
 * 2 KiB. A packet never waits for malloc, nor for a thread: what comes back from the disk is put in a
 * list without a lock, and joined with its other half when the analysis thread looks there. What is
 * free and not soon needed is given back to the system.
 *
 * Ownership  A chunk belongs to who took it, until chunk_pool_release or chunk_pool_arrive.
 * Thread     chunk_pool_arrive: any thread; everything else: the analysis thread.
 */
#ifndef STORAGE_PACKETS_CHUNK_POOL_H
#define STORAGE_PACKETS_CHUNK_POOL_H

#include "storage/packets/inbox.h"

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

struct packet_keeper;

/* Packets of one call and one kind, gathered as the entries of chunk.h. */
struct open_chunk {
    struct inbox_item item;           /* on the way to the disk */
    struct open_chunk *older, *newer; /* in the log's list by age */
    struct packet_keeper *keeper;
    uint64_t id;
    int64_t opened_time;                   /* of the packet that it was opened for */
    int64_t first_time, last_time;         /* of the earliest and the latest entry */
    uint64_t frame_bytes;                  /* captured, without headers */
    uint32_t used, room;                   /* of data */
    uint32_t frames, messages, text_bytes; /* those of texts with their headers */
    uint32_t link_type;
    uint8_t kind;
    uint8_t size_class; /* CHUNK_POOL_CLASSES: too large for the pool */
    bool is_marked;     /* what of each frame is no content stands at the end of the room */
    uint8_t data[];
};

/* 2, 4, 8, 16 and 32 KiB with the struct. */
enum { CHUNK_POOL_CLASSES = 5, CHUNK_POOL_MIN_BYTES = 2048 };

/* Of 2 KiB of the range: what is known of the block that begins there. */
struct pool_unit {
    uint32_t next, previous; /* among the free ones of its class; indexes + 1 */
    uint32_t arrived_next;
    uint8_t size_class;
    bool is_free;  /* the head of a free block */
    bool is_spare; /* free, and in memory: the system does not have it back */
};

struct chunk_pool {
    uint8_t *memory;
    struct pool_unit *units;
    uint32_t unit_count, fresh;        /* from the latter on none was ever used */
    uint32_t free[CHUNK_POOL_CLASSES]; /* heads of the lists; index + 1 */
    size_t max_bytes;
    size_t queued_max_bytes;
    _Atomic uint32_t arrived;    /* list of units that came back; index + 1 */
    _Atomic size_t used_bytes;   /* open and on their way, of the pool's or too large for it */
    _Atomic size_t queued_bytes; /* on their way */
    _Atomic size_t spare_bytes;  /* free, and in memory */
    _Atomic bool waiting;        /* the analysis thread, for room or for the end */
    _Atomic size_t used_bytes_most;
    pthread_mutex_t lock; /* of those that wait alone */
    pthread_cond_t released;
};

/* max_bytes: the cap, at least 1 MiB; queued_max_bytes: how much of it may be on its way to the disk. */
int chunk_pool_init(struct chunk_pool *pool, size_t max_bytes, size_t queued_max_bytes);
void chunk_pool_fini(struct chunk_pool *pool);

/* A chunk with at least that much room, of that class or a larger one, its other fields zero. NULL: the
 * cap is reached. */
struct open_chunk *chunk_pool_take(struct chunk_pool *pool, size_t room, unsigned size_class);
void chunk_pool_release(struct chunk_pool *pool, struct open_chunk *chunk);

/* Counts the chunk as on its way to the disk. False: too much is. */
bool chunk_pool_charge(struct chunk_pool *pool, const struct open_chunk *chunk);

/* Waits until no more than that is on its way, which somebody must be working at. */
void chunk_pool_wait(struct chunk_pool *pool, size_t queued_bytes);

/* The chunk has arrived: back to the pool. */
void chunk_pool_arrive(struct chunk_pool *pool, struct open_chunk *chunk);

size_t chunk_pool_bytes(const struct open_chunk *chunk);

#endif
