/*
 * test_utc - dates against the C library's.
 */
#include "analyzer/base/utc.h"

#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void expect_like_libc(int64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / 1000000000);
    char text[UTC_TEXT_MAX], expected[64];
    struct tm tm;
    size_t n;

    utc_format_ms(time_ns, text);
    gmtime_r(&seconds, &tm);
    n = strftime(expected, sizeof expected, "%Y-%m-%d %H:%M:%S", &tm);
    snprintf(expected + n, sizeof expected - n, ".%03d", (int)(time_ns / 1000000 % 1000));
    assert_string_equal(text, expected);
}

static void every_day_is_named(void **state)
{
    (void)state;
    /* Up to the last year that 64 bits of ns hold, with 29 February of 2000 and none in 2100. */
    for (int64_t day = 0; day < 106751; day++) {
        expect_like_libc(day * 86400 * 1000000000);
        expect_like_libc((day * 86400 + 86399) * 1000000000 + 999999999);
    }
}

static void every_moment_is_named(void **state)
{
    struct random r = { 4 };

    (void)state;
    for (int i = 0; i < 20000; i++)
        expect_like_libc((int64_t)(random_next(&r) >> 1));
}

static void before_1970_counts_as_1970(void **state)
{
    char text[UTC_TEXT_MAX];

    (void)state;
    utc_format_ms(-1, text);
    assert_string_equal(text, "1970-01-01 00:00:00.000");
    utc_format_ms(INT64_MIN, text);
    assert_string_equal(text, "1970-01-01 00:00:00.000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_is_named),
        cmocka_unit_test(every_moment_is_named),
        cmocka_unit_test(before_1970_counts_as_1970),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
