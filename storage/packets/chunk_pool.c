#include "storage/packets/chunk_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    MALLOC_BYTES = 16,
    FREE_MAX_BYTES = 8 << 20, /* kept for later; beyond, memory follows the calls that are open */
};

static size_t class_bytes(unsigned size_class)
{
    return ((size_t)CHUNK_POOL_MIN_BYTES << size_class) - MALLOC_BYTES;
}

static size_t chunk_bytes(const struct open_chunk *chunk)
{
    return sizeof *chunk + chunk->room;
}

int chunk_pool_init(struct chunk_pool *pool, size_t queued_max_bytes)
{
    int err;

    memset(pool, 0, sizeof *pool);
    pool->queued_max_bytes = queued_max_bytes;
    err = pthread_mutex_init(&pool->lock, NULL);
    if (err)
        return -err;
    err = pthread_cond_init(&pool->released, NULL);
    if (err)
        pthread_mutex_destroy(&pool->lock);
    return -err;
}

void chunk_pool_fini(struct chunk_pool *pool)
{
    for (unsigned i = 0; i < CHUNK_POOL_CLASSES; i++) {
        while (pool->free[i]) {
            struct open_chunk *next = pool->free[i]->newer;

            free(pool->free[i]);
            pool->free[i] = next;
        }
    }
    pthread_cond_destroy(&pool->released);
    pthread_mutex_destroy(&pool->lock);
}

static struct open_chunk *take_free(struct chunk_pool *pool, unsigned size_class)
{
    struct open_chunk *chunk;

    pthread_mutex_lock(&pool->lock);
    chunk = pool->free[size_class];
    if (chunk) {
        pool->free[size_class] = chunk->newer;
        pool->free_bytes -= class_bytes(size_class);
    }
    pthread_mutex_unlock(&pool->lock);
    return chunk;
}

struct open_chunk *chunk_pool_take(struct chunk_pool *pool, size_t room, bool largest)
{
    size_t bytes = sizeof(struct open_chunk) + room;
    unsigned size_class = largest ? CHUNK_POOL_CLASSES - 1 : 0;
    struct open_chunk *chunk = NULL;

    while (size_class < CHUNK_POOL_CLASSES && class_bytes(size_class) < bytes)
        size_class++;
    if (size_class < CHUNK_POOL_CLASSES) {
        bytes = class_bytes(size_class);
        chunk = take_free(pool, size_class);
    }
    if (!chunk)
        chunk = malloc(bytes);
    if (!chunk)
        return NULL;
    memset(chunk, 0, sizeof *chunk);
    chunk->room = (uint32_t)(bytes - sizeof *chunk);
    chunk->size_class = (uint8_t)size_class;
    return chunk;
}

void chunk_pool_release(struct chunk_pool *pool, struct open_chunk *chunk)
{
    bool keep;

    pthread_mutex_lock(&pool->lock);
    keep = chunk->size_class < CHUNK_POOL_CLASSES &&
           pool->free_bytes + chunk_bytes(chunk) <= FREE_MAX_BYTES;
    if (keep) {
        chunk->newer = pool->free[chunk->size_class];
        pool->free[chunk->size_class] = chunk;
        pool->free_bytes += chunk_bytes(chunk);
    }
    pthread_mutex_unlock(&pool->lock);
    if (!keep)
        free(chunk);
}

bool chunk_pool_charge(struct chunk_pool *pool, const struct open_chunk *chunk, bool wait)
{
    size_t bytes = chunk_bytes(chunk);
    bool fits;

    pthread_mutex_lock(&pool->lock);
    while (wait && pool->queued_bytes && pool->queued_bytes + bytes > pool->queued_max_bytes)
        pthread_cond_wait(&pool->released, &pool->lock);
    fits = pool->queued_bytes == 0 || pool->queued_bytes + bytes <= pool->queued_max_bytes;
    if (fits)
        pool->queued_bytes += bytes;
    pthread_mutex_unlock(&pool->lock);
    return fits;
}

void chunk_pool_wait_idle(struct chunk_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->queued_bytes)
        pthread_cond_wait(&pool->released, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

void chunk_pool_discharge(struct chunk_pool *pool, struct open_chunk *chunk)
{
    pthread_mutex_lock(&pool->lock);
    pool->queued_bytes -= chunk_bytes(chunk);
    pthread_cond_signal(&pool->released);
    pthread_mutex_unlock(&pool->lock);
    chunk_pool_release(pool, chunk);
}
