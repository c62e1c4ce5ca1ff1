/*
 * chunk_pool - the memory in which calls gather their packets.
 *
 * Blocks of four sizes, kept and used again, so that a packet never waits for malloc, and a budget
 * for what is on its way to the disk, so that a slow disk costs packets and not memory.
 *
 * Ownership  A chunk belongs to who took it, until chunk_pool_release.
 * Thread     take and charge: the analysis thread; release: any.
 */
#ifndef STORAGE_PACKETS_CHUNK_POOL_H
#define STORAGE_PACKETS_CHUNK_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet_keeper;

/* Packets of one call and one kind, gathered as the entries of chunk.h. */
struct open_chunk {
    struct open_chunk *older, *newer; /* in the log's list by age; in the pool: the next free one */
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
    uint8_t data[];
};

/* 4, 8, 16 and 32 KiB, with the struct and malloc's own 16 bytes. */
enum { CHUNK_POOL_CLASSES = 4, CHUNK_POOL_MIN_BYTES = 4096 };

struct chunk_pool {
    pthread_mutex_t lock;
    pthread_cond_t released;
    struct open_chunk *free[CHUNK_POOL_CLASSES];
    size_t free_bytes; /* in the lists */
    size_t queued_bytes, queued_max_bytes;
};

/* queued_max_bytes: the budget. */
int chunk_pool_init(struct chunk_pool *pool, size_t queued_max_bytes);
void chunk_pool_fini(struct chunk_pool *pool);

/* A chunk with at least that much room, its other fields zero; the largest of the pool's own when
 * `largest` is set. NULL without memory. */
struct open_chunk *chunk_pool_take(struct chunk_pool *pool, size_t room, bool largest);
void chunk_pool_release(struct chunk_pool *pool, struct open_chunk *chunk);

/* Counts the chunk as on its way to the disk. When the budget is spent: waits for a release, or
 * says false. */
bool chunk_pool_charge(struct chunk_pool *pool, const struct open_chunk *chunk, bool wait);

/* Until nothing is on its way. */
void chunk_pool_wait_idle(struct chunk_pool *pool);

/* The chunk has arrived: back to the pool. */
void chunk_pool_discharge(struct chunk_pool *pool, struct open_chunk *chunk);

#endif
