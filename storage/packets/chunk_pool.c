/*
 * A buddy allocator whose lists live beside the memory, so that a free block can be given back to the
 * system whole. A block is named by its first unit of 2 KiB; its other half by one bit of that number.
 */
#include "storage/packets/chunk_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    LARGEST = CHUNK_POOL_CLASSES - 1,
    SPARE_MAX_BYTES = 8 << 20, /* kept for later; beyond, memory follows the calls that are open */
    PAGE_BYTES = 4096,         /* less cannot be given back */
    NONE = 0,
};

static size_t class_bytes(unsigned size_class)
{
    return (size_t)CHUNK_POOL_MIN_BYTES << size_class;
}

size_t chunk_pool_bytes(const struct open_chunk *chunk)
{
    return sizeof *chunk + chunk->room;
}

static uint32_t unit_of(const struct chunk_pool *pool, const struct open_chunk *chunk)
{
    return (uint32_t)((size_t)((const uint8_t *)chunk - pool->memory) / CHUNK_POOL_MIN_BYTES);
}

/* --- the free blocks ------------------------------------------------------------------------ */

static void list_free(struct chunk_pool *pool, uint32_t unit, unsigned size_class)
{
    struct pool_unit *u = &pool->units[unit];

    u->size_class = (uint8_t)size_class;
    u->is_free = true;
    u->previous = NONE;
    u->next = pool->free[size_class];
    if (u->next)
        pool->units[u->next - 1].previous = unit + 1;
    pool->free[size_class] = unit + 1;
}

static void unlist_free(struct chunk_pool *pool, uint32_t unit)
{
    struct pool_unit *u = &pool->units[unit];

    u->is_free = false;
    if (u->previous)
        pool->units[u->previous - 1].next = u->next;
    else
        pool->free[u->size_class] = u->next;
    if (u->next)
        pool->units[u->next - 1].previous = u->previous;
}

/* Joined with its other half as far as that is free. */
static void put_free(struct chunk_pool *pool, uint32_t unit, unsigned size_class)
{
    for (; size_class < LARGEST; size_class++) {
        uint32_t half = unit ^ 1u << size_class;

        if (!pool->units[half].is_free || pool->units[half].size_class != size_class)
            break;
        unlist_free(pool, half);
        unit &= ~(1u << size_class);
    }
    list_free(pool, unit, size_class);
}

/* A free block of the class, cut out of a larger one if need be. */
static bool find_free(struct chunk_pool *pool, unsigned size_class, uint32_t *unit)
{
    unsigned from = size_class;

    while (from < CHUNK_POOL_CLASSES && !pool->free[from])
        from++;
    if (from < CHUNK_POOL_CLASSES) {
        *unit = pool->free[from] - 1;
        unlist_free(pool, *unit);
    } else if (pool->fresh < pool->unit_count) {
        *unit = pool->fresh;
        pool->fresh += 1u << LARGEST;
        from = LARGEST;
    } else {
        return false;
    }
    while (from > size_class) {
        from--;
        list_free(pool, *unit + (1u << from), from);
    }
    return true;
}

/* Those units of the block that are in memory are spare no more. */
static void fill(struct chunk_pool *pool, uint32_t unit, unsigned size_class)
{
    size_t bytes = 0;

    for (uint32_t i = unit; i < unit + (1u << size_class); i++) {
        bytes += pool->units[i].is_spare ? CHUNK_POOL_MIN_BYTES : 0;
        pool->units[i].is_spare = false;
    }
    if (bytes)
        atomic_fetch_sub_explicit(&pool->spare_bytes, bytes, memory_order_relaxed);
}

static void spare(struct chunk_pool *pool, uint32_t unit, unsigned size_class)
{
    for (uint32_t i = unit; i < unit + (1u << size_class); i++)
        pool->units[i].is_spare = true;
    atomic_fetch_add_explicit(&pool->spare_bytes, class_bytes(size_class), memory_order_relaxed);
}

/* What came back since it was looked at last. */
static void collect_arrived(struct chunk_pool *pool)
{
    uint32_t at = atomic_exchange_explicit(&pool->arrived, NONE, memory_order_acquire);

    while (at) {
        struct pool_unit *u = &pool->units[at - 1];
        uint32_t next = u->arrived_next;

        put_free(pool, at - 1, u->size_class);
        at = next;
    }
}

/* --- chunks --------------------------------------------------------------------------------- */

static struct open_chunk *take_block(struct chunk_pool *pool, unsigned size_class)
{
    uint32_t unit;
    bool found = find_free(pool, size_class, &unit);

    if (!found) {
        collect_arrived(pool);
        found = find_free(pool, size_class, &unit);
    }
    if (!found)
        return NULL;
    pool->units[unit].size_class = (uint8_t)size_class;
    fill(pool, unit, size_class);
    return (struct open_chunk *)(void *)(pool->memory + (size_t)unit * CHUNK_POOL_MIN_BYTES);
}

struct open_chunk *chunk_pool_take(struct chunk_pool *pool, size_t room, unsigned size_class)
{
    size_t bytes = sizeof(struct open_chunk) + room;
    struct open_chunk *chunk;
    size_t used;

    while (size_class < CHUNK_POOL_CLASSES && class_bytes(size_class) < bytes)
        size_class++;
    if (size_class < CHUNK_POOL_CLASSES)
        bytes = class_bytes(size_class);
    if (atomic_load_explicit(&pool->used_bytes, memory_order_relaxed) + bytes > pool->max_bytes)
        return NULL;
    chunk = size_class < CHUNK_POOL_CLASSES ? take_block(pool, size_class) : malloc(bytes);
    if (!chunk)
        return NULL;
    used = atomic_fetch_add_explicit(&pool->used_bytes, bytes, memory_order_relaxed) + bytes;
    if (used > atomic_load_explicit(&pool->used_bytes_most, memory_order_relaxed))
        atomic_store_explicit(&pool->used_bytes_most, used, memory_order_relaxed);
    memset(chunk, 0, sizeof *chunk);
    chunk->room = (uint32_t)(bytes - sizeof *chunk);
    chunk->size_class = (uint8_t)size_class;
    return chunk;
}

void chunk_pool_release(struct chunk_pool *pool, struct open_chunk *chunk)
{
    size_t bytes = chunk_pool_bytes(chunk);

    if (chunk->size_class < CHUNK_POOL_CLASSES) {
        uint32_t unit = unit_of(pool, chunk);

        spare(pool, unit, chunk->size_class);
        put_free(pool, unit, pool->units[unit].size_class);
    } else {
        free(chunk);
    }
    atomic_fetch_sub(&pool->used_bytes, bytes);
}

/* From another thread: the block goes on the list of those that arrived. */
static void give_back(struct chunk_pool *pool, struct open_chunk *chunk)
{
    uint32_t unit = unit_of(pool, chunk), newest;
    struct pool_unit *u = &pool->units[unit];
    size_t bytes = class_bytes(u->size_class);

    if (atomic_load_explicit(&pool->spare_bytes, memory_order_relaxed) + bytes <= SPARE_MAX_BYTES ||
        bytes < PAGE_BYTES || madvise(chunk, bytes, MADV_DONTNEED) != 0)
        spare(pool, unit, u->size_class);
    newest = atomic_load_explicit(&pool->arrived, memory_order_relaxed);
    do {
        u->arrived_next = newest;
    } while (!atomic_compare_exchange_weak_explicit(&pool->arrived, &newest, unit + 1,
                                                    memory_order_release, memory_order_relaxed));
}

bool chunk_pool_charge(struct chunk_pool *pool, const struct open_chunk *chunk)
{
    size_t bytes = chunk_pool_bytes(chunk), queued = atomic_load(&pool->queued_bytes);

    if (queued && queued + bytes > pool->queued_max_bytes)
        return false;
    atomic_fetch_add(&pool->queued_bytes, bytes); /* nobody else adds */
    return true;
}

void chunk_pool_wait(struct chunk_pool *pool, size_t queued_bytes)
{
    if (atomic_load(&pool->queued_bytes) <= queued_bytes)
        return;
    pthread_mutex_lock(&pool->lock);
    atomic_store(&pool->waiting, true);
    while (atomic_load(&pool->queued_bytes) > queued_bytes)
        pthread_cond_wait(&pool->released, &pool->lock);
    atomic_store(&pool->waiting, false);
    pthread_mutex_unlock(&pool->lock);
}

void chunk_pool_arrive(struct chunk_pool *pool, struct open_chunk *chunk)
{
    size_t bytes = chunk_pool_bytes(chunk);

    if (chunk->size_class < CHUNK_POOL_CLASSES)
        give_back(pool, chunk);
    else
        free(chunk);
    atomic_fetch_sub(&pool->used_bytes, bytes);
    atomic_fetch_sub(&pool->queued_bytes, bytes);
    if (atomic_load(&pool->waiting)) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_signal(&pool->released);
        pthread_mutex_unlock(&pool->lock);
    }
}

/* --- the whole ------------------------------------------------------------------------------ */

int chunk_pool_init(struct chunk_pool *pool, size_t max_bytes, size_t queued_max_bytes)
{
    size_t blocks = max_bytes / class_bytes(LARGEST);
    int err;

    memset(pool, 0, sizeof *pool);
    pool->max_bytes = blocks * class_bytes(LARGEST);
    pool->queued_max_bytes = queued_max_bytes;
    pool->unit_count = (uint32_t)(blocks << LARGEST);
    pool->units = calloc(pool->unit_count, sizeof *pool->units);
    if (!pool->units)
        return -ENOMEM;
    /* Addresses alone: memory comes with the first packet in it. */
    pool->memory = mmap(NULL, pool->max_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pool->memory == MAP_FAILED) {
        err = -errno;
        goto free_units;
    }
    /* A huge page is zeroed at one go, while a packet waits: half a millisecond, or more. */
    (void)madvise(pool->memory, pool->max_bytes, MADV_NOHUGEPAGE);
    err = -pthread_mutex_init(&pool->lock, NULL);
    if (err)
        goto unmap;
    err = -pthread_cond_init(&pool->released, NULL);
    if (err == 0)
        return 0;
    pthread_mutex_destroy(&pool->lock);
unmap:
    munmap(pool->memory, pool->max_bytes);
free_units:
    free(pool->units);
    return err;
}

void chunk_pool_fini(struct chunk_pool *pool)
{
    munmap(pool->memory, pool->max_bytes);
    free(pool->units);
    pthread_cond_destroy(&pool->released);
    pthread_mutex_destroy(&pool->lock);
}
