/*
 * test_serial - numbers that wrap.
 */
#include "analyzer/base/serial.h"

#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void differences_cross_the_wrap(void **state)
{
    static const struct {
        uint16_t a, b;
        int diff;
    } rows[] = {
        { 0, 0, 0 },          { 65535, 0, 1 },      { 0, 65535, -1 },
        { 65530, 5, 11 },     { 5, 65530, -11 },    { 0, 32767, 32767 },
        { 0, 32768, -32768 }, { 32768, 0, -32768 }, { 1, 32768, 32767 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(serial16_diff(rows[i].a, rows[i].b), rows[i].diff);
    assert_true(serial32_diff(0xffffffff, 0) == 1);
    assert_true(serial32_diff(0, 0xffffffff) == -1);
    assert_true(serial32_diff(0, 0x80000000) == -INT64_C(0x80000000));
    assert_true(serial32_diff(0, 0x7fffffff) == 0x7fffffff);
}

/* A walk whose steps are less than half the circle is followed for ever. */
static void extending_follows_a_walk(void **state)
{
    struct random r = { 1 };
    int64_t at16 = 65530, at32 = 0xfffffff0, seen16 = at16, seen32 = at32;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        at16 += (int)random_below(&r, 65536) - 32768 + (i % 3 ? 1 : 0);
        at32 += (int64_t)(random_next(&r) >> 32) - 0x80000000;
        if (at16 - seen16 == 32768)
            at16--; /* half the circle counts as back */
        seen16 = serial16_extend(seen16, (uint16_t)(uint64_t)at16);
        seen32 = serial32_extend(seen32, (uint32_t)(uint64_t)at32);
        assert_true(seen16 == at16);
        assert_true(seen32 == at32);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_cross_the_wrap),
        cmocka_unit_test(extending_follows_a_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
