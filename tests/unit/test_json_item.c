/*
 * test_json_item - small JSON of our own, and what a damaged store makes of it.
 */
#include "analyzer/base/json_item.h"

#include "tests/unit/heap_block.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void expect_raw(struct slice value, const char *expected)
{
    struct strbuf out = { 0 };

    json_item_add_raw(&out, value);
    assert_true(slice_eq(strbuf_slice(&out), slice_of_text(expected)));
    strbuf_fini(&out);
}

static void values_are_found_by_key(void **state)
{
    struct slice object = SLICE("{\"a\":1.5,\"b\":\"x\\\"}\",\"c\":[1,{\"d\":2}],\"e\":null,"
                                "\"f\" : true , \"g\":{\"a\":7}}");

    (void)state;
    assert_true(json_item_number(object, "a") == 1.5);
    expect_raw(json_item_get(object, "b"), "x\"}");
    assert_true(slice_eq(json_item_get(object, "c"), SLICE("[1,{\"d\":2}]")));
    assert_null(json_item_get(object, "e").p);
    assert_true(json_item_is_true(object, "f"));
    assert_false(json_item_is_true(object, "a"));
    assert_true(json_item_number(json_item_get(object, "g"), "a") == 7);
    assert_null(json_item_get(object, "d").p); /* not of a part */
    assert_true(isnan(json_item_number(object, "b")));
    assert_true(isnan(json_item_number(SLICE_ABSENT, "b")));
}

static void items_come_one_by_one(void **state)
{
    struct slice array = SLICE(" [1, \"a,]\" ,{\"b\":[2]},[3]]"), item;
    static const char *const expected[] = { "1", "\"a,]\"", "{\"b\":[2]}", "[3]" };
    size_t n = 0;

    (void)state;
    for (; json_item_next(&array, &item); n++) {
        assert_true(n < 4);
        assert_true(slice_eq(item, slice_of_text(expected[n])));
    }
    assert_int_equal(n, 4);
    array = SLICE("[]");
    assert_false(json_item_next(&array, &item));
    array = SLICE_ABSENT;
    assert_false(json_item_next(&array, &item));
}

static void escapes_are_undone(void **state)
{
    (void)state;
    expect_raw(SLICE("\"a\\\\b\\/c\\\"\""), "a\\b/c\"");
    expect_raw(SLICE("\"\\u0041\\u00e9\""), "A\xc3\xa9");
    expect_raw(SLICE("7"), "");
}

static void times_that_no_clock_shows(void **state)
{
    (void)state;
    assert_true(json_item_time(1.5) == INT64_C(1500000000));
    assert_true(json_item_time(1e300) == INT64_MIN);
    assert_true(json_item_time((double)NAN) == INT64_MIN);
}

/* Every beginning of it, in a block that ends there. */
static void what_is_cut_is_the_end(void **state)
{
    struct slice whole =
        SLICE("[{\"t\":1.25,\"a\":\"x\\u0041\\\"\",\"b\":[{\"c\":null}]},{\"d\":2}]");

    (void)state;
    for (size_t len = 0; len < whole.len; len++) {
        struct slice block = heap_block(slice_of(whole.p, len)), array = block, item;
        struct strbuf out = { 0 };

        while (json_item_next(&array, &item)) {
            json_item_number(item, "t");
            json_item_add_text(&out, json_item_get(item, "a"));
            json_item_get(item, "b");
        }
        strbuf_fini(&out);
        heap_block_free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_by_key), cmocka_unit_test(items_come_one_by_one),
        cmocka_unit_test(escapes_are_undone),      cmocka_unit_test(times_that_no_clock_shows),
        cmocka_unit_test(what_is_cut_is_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
