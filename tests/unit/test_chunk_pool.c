/* Chunks of every size, taken and given back in any order, by this thread and by another. */
#include "storage/packets/chunk_pool.h"

#include "tests/unit/random.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { CAP = 4 << 20, HELD = 600 };

/* A chunk's room is its own: each holds its number from end to end. */
static void mark(struct open_chunk *c, uint64_t n)
{
    c->id = n;
    memset(c->data, (int)n, c->room);
}

static void expect_mark(const struct open_chunk *c, uint64_t n)
{
    assert_int_equal(c->id, n);
    for (uint32_t i = 0; i < c->room; i += 61)
        assert_int_equal(c->data[i], (uint8_t)n);
    assert_int_equal(c->data[c->room - 1], (uint8_t)n);
}

static void chunks_do_not_overlap_and_stay_within_the_cap(void **state)
{
    struct open_chunk *held[HELD] = { NULL };
    struct random r = { .state = 11 };
    struct chunk_pool pool;
    size_t used = 0, refused = 0;

    (void)state;
    assert_int_equal(chunk_pool_init(&pool, CAP, CAP / 2), 0);
    for (uint64_t n = 0; n < 40000; n++) {
        size_t i = random_below(&r, HELD);

        if (!held[i]) {
            size_t room =
                random_hits(&r, 0.02) ? random_below(&r, 200000) : random_below(&r, 30000);

            held[i] = chunk_pool_take(&pool, room, (unsigned)random_below(&r, CHUNK_POOL_CLASSES));
            refused += !held[i];
            if (!held[i])
                continue;
            assert_true(held[i]->room >= room);
            used += chunk_pool_bytes(held[i]);
            mark(held[i], n);
            held[i]->frames = (uint32_t)n;
        } else {
            expect_mark(held[i], held[i]->frames);
            used -= chunk_pool_bytes(held[i]);
            if (random_hits(&r, 0.5) && chunk_pool_charge(&pool, held[i]))
                chunk_pool_arrive(&pool, held[i]);
            else
                chunk_pool_release(&pool, held[i]);
            held[i] = NULL;
        }
        assert_true(used <= CAP);
        assert_int_equal(atomic_load(&pool.used_bytes), used);
    }
    assert_true(refused > 100);
    for (size_t i = 0; i < HELD; i++) {
        if (held[i])
            chunk_pool_release(&pool, held[i]);
    }
    /* Nothing was lost to splitting: all of it fits once more, in the largest blocks. */
    for (size_t i = 0; i < CAP / (32 << 10); i++) {
        held[i] = chunk_pool_take(&pool, 20000, 0);
        assert_non_null(held[i]);
    }
    assert_null(chunk_pool_take(&pool, 1, 0));
    chunk_pool_fini(&pool);
}

struct carrier {
    struct chunk_pool pool;
    struct inbox inbox;
};

static void *carry(void *ctx)
{
    struct carrier *c = ctx;
    struct inbox_item *items;

    while ((items = inbox_take(&c->inbox)) != NULL) {
        while (items) {
            struct open_chunk *chunk = (struct open_chunk *)(void *)items;

            items = items->next;
            expect_mark(chunk, chunk->frames);
            chunk_pool_arrive(&c->pool, chunk);
        }
    }
    return NULL;
}

static void what_another_thread_gives_back_is_used_again(void **state)
{
    struct random r = { .state = 12 };
    struct carrier c;
    pthread_t thread;

    (void)state;
    assert_int_equal(chunk_pool_init(&c.pool, 1 << 20, 1 << 19), 0);
    assert_int_equal(inbox_init(&c.inbox), 0);
    assert_int_equal(pthread_create(&thread, NULL, carry, &c), 0);
    for (uint32_t n = 0; n < 20000; n++) {
        struct open_chunk *chunk = chunk_pool_take(&c.pool, random_below(&r, 20000), 0);

        assert_non_null(chunk); /* half of it is never on its way */
        mark(chunk, n);
        chunk->frames = n;
        while (!chunk_pool_charge(&c.pool, chunk))
            chunk_pool_wait(&c.pool, 1 << 18);
        inbox_put(&c.inbox, &chunk->item);
    }
    chunk_pool_wait(&c.pool, 0);
    inbox_close(&c.inbox);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&c.pool.used_bytes), 0);
    inbox_fini(&c.inbox);
    chunk_pool_fini(&c.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_do_not_overlap_and_stay_within_the_cap),
        cmocka_unit_test(what_another_thread_gives_back_is_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
