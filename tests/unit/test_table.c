/*
 * test_table - the hash table against a plain array, with hashes that collide on purpose.
 */
#include "analyzer/base/table.h"

#include "tests/unit/random.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { KEYS = 400, STEPS = 20000 };

struct item {
    uint32_t key;
    uint64_t hash;
    bool inside;
};

static bool same_key(const void *item, const void *key)
{
    return ((const struct item *)item)->key == *(const uint32_t *)key;
}

static void expect_like_array(const struct table *t, const struct item *items)
{
    size_t inside = 0;

    for (uint32_t k = 0; k < KEYS; k++) {
        const void *found = table_find(t, items[k].hash, same_key, &k);

        assert_ptr_equal(found, items[k].inside ? &items[k] : NULL);
        inside += items[k].inside;
    }
    assert_int_equal(t->used, inside);
}

/* spread: how many different hashes there are. One: every item collides with every other. */
static void put_and_remove_at_random(uint64_t seed, uint32_t spread)
{
    static struct item items[KEYS];
    struct random r = { seed };
    struct table t;

    memset(items, 0, sizeof items);
    assert_int_equal(table_init(&t, KEYS), 0);
    for (uint32_t k = 0; k < KEYS; k++) {
        items[k].key = k;
        /* The same low bits, so that they meet in one slot; or hashes around the wrap of the mask. */
        items[k].hash = (uint64_t)random_below(&r, spread) << 40 | (62 + k % 4);
    }
    for (int step = 0; step < STEPS; step++) {
        struct item *item = &items[random_below(&r, KEYS)];

        if (item->inside) {
            assert_true(table_remove(&t, item->hash, item));
            item->inside = false;
        } else {
            assert_int_equal(table_put(&t, item->hash, item), 0);
            item->inside = true;
        }
        assert_false(!item->inside && table_remove(&t, item->hash, item));
        if (step % 97 == 0)
            expect_like_array(&t, items);
    }
    expect_like_array(&t, items);
    table_fini(&t);
}

static void it_is_a_map_whatever_the_hashes(void **state)
{
    static const uint32_t spreads[] = { 1, 2, 7, 100, 1000000 };

    (void)state;
    for (size_t i = 0; i < sizeof spreads / sizeof spreads[0]; i++)
        put_and_remove_at_random(1000 + i, spreads[i]);
}

static void it_refuses_at_its_limit_and_takes_again_after_a_removal(void **state)
{
    struct item items[101];
    struct table t;

    (void)state;
    assert_int_equal(table_init(&t, 100), 0);
    for (uint32_t i = 0; i < 101; i++)
        items[i] = (struct item){ i, i * UINT64_C(0x9e3779b97f4a7c15), false };
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(table_put(&t, items[i].hash, &items[i]), 0);
    assert_int_equal(table_put(&t, items[100].hash, &items[100]), -ENOSPC);
    assert_int_equal(t.used, 100);
    assert_true(table_remove(&t, items[3].hash, &items[3]));
    assert_int_equal(table_put(&t, items[100].hash, &items[100]), 0);
    assert_true(t.mask + 1 < 1024); /* the limit bounds the memory too */
    table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_a_map_whatever_the_hashes),
        cmocka_unit_test(it_refuses_at_its_limit_and_takes_again_after_a_removal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
