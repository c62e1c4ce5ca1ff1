/*
 * test_sketches - counts of a fixed size: what they know exactly, how far they are off, and that time
 * may do what it likes.
 */
#include "analyzer/base/siphash.h"
#include "analyzer/security/distinct.h"
#include "analyzer/security/sliding.h"
#include "analyzer/security/top_list.h"
#include "analyzer/security/watch_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { WINDOW_S = 60 };

static uint64_t hash_of(uint64_t n)
{
    static const struct siphash_key key = { { 3, 4 } };

    return siphash(&key, &n, sizeof n);
}

static void a_window_slides(void **state)
{
    struct sliding s = { 0 };

    (void)state;
    for (int64_t t = 1000; t < 1120; t++) {
        sliding_add(&s, WINDOW_S, t);
        if (t >= 1060)
            assert_in_range(sliding_count(&s, WINDOW_S, t), 51, 60);
    }
    assert_in_range(sliding_count(&s, WINDOW_S, 1150), 20, 30);
    assert_int_equal(sliding_count(&s, WINDOW_S, 1180), 0);
    sliding_add(&s, WINDOW_S, 1180);
    sliding_add(&s, WINDOW_S, 1170); /* late: counts as now */
    assert_int_equal(sliding_count(&s, WINDOW_S, 1180), 2);
    assert_int_equal(sliding_count(&s, WINDOW_S, 1000), 0); /* another clock */
    sliding_add(&s, WINDOW_S, -5);
    assert_int_equal(sliding_count(&s, WINDOW_S, -5), 1);
    sliding_add(&s, WINDOW_S, INT64_MAX);
    assert_int_equal(sliding_count(&s, WINDOW_S, INT64_MAX), 1);
    sliding_add(&s, 1, INT64_MIN);
    assert_int_equal(sliding_count(&s, 1, INT64_MIN), 1);
}

static void so_many_different_ones(void **state)
{
    static const uint32_t truths[] = { 0, 1, 2, 20, 31, 32 };

    (void)state;
    for (size_t i = 0; i < sizeof truths / sizeof truths[0]; i++) {
        struct distinct d = { .used = 0 };

        for (int again = 0; again < 3; again++) {
            for (uint32_t n = 0; n < truths[i]; n++)
                distinct_add(&d, hash_of(n), WINDOW_S, 1000);
        }
        assert_int_equal(distinct_count(&d, WINDOW_S, 1000), truths[i]); /* exactly */
    }
    for (uint64_t truth = 100; truth <= 1000000; truth *= 10) {
        double worst = 0;

        for (uint64_t run = 0; run < (truth > 100000 ? 2 : 20); run++) {
            struct distinct d = { .used = 0 };
            double off;

            for (uint64_t n = 0; n < truth; n++)
                distinct_add(&d, hash_of(n + run * 10000019), WINDOW_S, 1000);
            off = (double)distinct_count(&d, WINDOW_S, 1000) / (double)truth;
            off = off > 1 ? off - 1 : 1 - off;
            worst = off > worst ? off : worst;
        }
        assert_true(worst < 0.7); /* of twenty; the usual error is 20 % */
    }
}

static void what_is_old_is_forgotten(void **state)
{
    struct distinct d = { .used = 0 };

    (void)state;
    for (uint64_t n = 0; n < 1000; n++)
        distinct_add(&d, hash_of(n), WINDOW_S, 1000);
    assert_int_equal(distinct_count(&d, WINDOW_S, 1061), 0);
    for (uint64_t n = 0; n < 10; n++) /* exact again */
        distinct_add(&d, hash_of(n), WINDOW_S, 1100 + (int64_t)n);
    assert_int_equal(distinct_count(&d, WINDOW_S, 1110), 10);
    distinct_remove(&d, hash_of(3));
    distinct_remove(&d, hash_of(99));
    assert_int_equal(distinct_count(&d, WINDOW_S, 1110), 9);
    assert_int_equal(distinct_count(&d, WINDOW_S, 1050), 9); /* late packets */
    assert_int_equal(distinct_count(&d, WINDOW_S, 10), 0);   /* another clock */
}

static struct slice written(struct strbuf *out, const struct top_list *t)
{
    struct jsonw j;

    strbuf_reset(out);
    j = jsonw_to(out);
    top_list_write(t, &j, "x");
    return strbuf_slice(out);
}

static void what_comes_most(void **state)
{
    struct top_list t = { 0 };
    struct strbuf out = { 0 };
    char text[200];

    (void)state;
    assert_true(slice_eq(written(&out, &t), SLICE("[]")));
    for (uint64_t i = 0; i < 3000;
         i++) { /* one in three is "often", the others are all different */
        snprintf(text, sizeof text, "%d", (int)i);
        top_list_add(&t, SLICE("often"), hash_of(1000000), WINDOW_S, 1000);
        top_list_add(&t, slice_of_text(text), hash_of(i), WINDOW_S, 1000);
        top_list_add(&t, slice_of_text(text), hash_of(i + 10000), WINDOW_S, 1000);
    }
    assert_true(slice_starts_with(written(&out, &t), SLICE("[{\"x\":\"often\",\"count\":")));
    assert_true(t.entries[0].count <= 3000 && t.entries[0].count > 1500);
    memset(text, 'a', sizeof text);
    top_list_add(&t, slice_of(text, sizeof text), hash_of(5), WINDOW_S, 2000); /* all are old */
    top_list_add(&t, SLICE("b\"\n"), hash_of(6), WINDOW_S, 2000);
    top_list_add(&t, SLICE_ABSENT, hash_of(7), WINDOW_S, 2000);
    for (int i = 0; i < TOP_LIST_ROOM; i++)
        assert_true(t.entries[i].len <= TOP_LIST_TEXT_MAX && t.entries[i].count <= 1);
    assert_non_null(strstr(written(&out, &t).p, "\"b\\\"\\n\""));
    strbuf_fini(&out);
}

struct item {
    struct watched watched;
    uint64_t name;
};

static bool same_item(const void *item, const void *key)
{
    return ((const struct item *)item)->name == *(const uint64_t *)key;
}

static struct item *touch(struct watch_pool *p, uint64_t name, int64_t now_s)
{
    struct item *item = table_find(&p->table, hash_of(name), same_item, &name);
    bool reused;

    if (item) {
        watch_pool_touch(&item->watched, now_s, 1);
        return item;
    }
    item = watch_pool_add(p, hash_of(name), now_s, &reused);
    assert_non_null(item);
    item->name = name;
    return item;
}

/* Those that go on stay among a thousand times as many that come once. */
static void who_does_least_makes_room(void **state)
{
    struct watch_pool p;
    size_t busy = 0;

    (void)state;
    assert_int_equal(watch_pool_init(&p, 100, sizeof(struct item), 60), 0);
    for (uint64_t n = 0; n < 10; n++) {
        for (int i = 0; i < 50; i++)
            touch(&p, n, 1000);
    }
    for (uint64_t n = 0; n < 100000; n++)
        touch(&p, 1000 + n, 1000 + (int64_t)n / 1000);
    assert_int_equal(p.used, 100);
    assert_int_equal(p.table.used, 100);
    for (uint64_t n = 0; n < 10; n++)
        busy += table_find(&p.table, hash_of(n), same_item, &n) != NULL;
    assert_int_equal(busy, 10);
    for (uint64_t n = 0; n < 1000; n++) /* an hour later they did nothing for long */
        touch(&p, 500000 + n, 5000);
    for (uint64_t n = 0; n < 10; n++)
        assert_null(table_find(&p.table, hash_of(n), same_item, &n));
    for (uint64_t n = 0; n < 1000; n++)
        touch(&p, 700000 + n, n % 2 ? INT64_MAX / 2 : 0);
    assert_int_equal(p.table.used, 100);
    watch_pool_fini(&p, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_slides),           cmocka_unit_test(so_many_different_ones),
        cmocka_unit_test(what_is_old_is_forgotten),  cmocka_unit_test(what_comes_most),
        cmocka_unit_test(who_does_least_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
