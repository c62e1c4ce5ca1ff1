/*
 * test_jsonw - JSON that any reader takes, and numbers that are the numbers.
 */
#include "analyzer/base/jsonw.h"

#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void commas_and_colons_stand_where_they_belong(void **state)
{
    struct strbuf b = { 0 };
    struct jsonw j = jsonw_to(&b);

    (void)state;
    jsonw_object_open(&j);
    jsonw_key(&j, "a");
    jsonw_array_open(&j);
    jsonw_array_close(&j);
    jsonw_key(&j, "b");
    jsonw_object_open(&j);
    jsonw_object_close(&j);
    jsonw_key(&j, "c\"");
    jsonw_array_open(&j);
    jsonw_int(&j, -1);
    jsonw_null(&j);
    jsonw_bool(&j, true);
    jsonw_bool(&j, false);
    jsonw_object_open(&j);
    jsonw_key(&j, "x");
    jsonw_raw(&j, SLICE("[1]"));
    jsonw_object_close(&j);
    jsonw_text(&j, SLICE(""));
    jsonw_text(&j, SLICE_ABSENT);
    jsonw_array_close(&j);
    jsonw_object_close(&j);
    assert_string_equal(b.p,
                        "{\"a\":[],\"b\":{},\"c\\\"\":[-1,null,true,false,{\"x\":[1]},\"\",null]}");
    strbuf_fini(&b);
}

static void strings_are_escaped_and_whole_utf_8(void **state)
{
    static const struct {
        struct slice in;
        const char *out;
    } rows[] = {
        { SLICE_INIT("\"\\/"), "\"\\\"\\\\/\"" },
        { SLICE_INIT("\r\n\t\b\f\0\x1f\x7f"), "\"\\r\\n\\t\\u0008\\u000c\\u0000\\u001f\\u007f\"" },
        { SLICE_INIT("\xc3\xbc\xf0\x9f\x98\x80"), "\"\xc3\xbc\xf0\x9f\x98\x80\"" },
        { SLICE_INIT("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\"" },
        { SLICE_INIT("a\xff"
                     "b\xc3"),
          "\"a\xef\xbf\xbd"
          "b\xef\xbf\xbd\"" },
        { SLICE_INIT("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* surrogate */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].in);
        struct strbuf b = { 0 };
        struct jsonw j = jsonw_to(&b);

        jsonw_text(&j, block);
        assert_string_equal(b.p, rows[i].out);
        strbuf_fini(&b);
        heap_block_free(block);
    }
}

static void whole_numbers_reach_their_ends(void **state)
{
    static const int64_t numbers[] = { 0, 1, -1, 10, INT64_MAX, INT64_MIN, INT64_MIN + 1 };

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct strbuf b = { 0 };
        struct jsonw j = jsonw_to(&b);
        char expected[32];

        jsonw_int(&j, numbers[i]);
        snprintf(expected, sizeof expected, "%lld", (long long)numbers[i]);
        assert_string_equal(b.p, expected);
        strbuf_fini(&b);
    }
}

static void reals_have_their_decimals(void **state)
{
    static const struct {
        double value;
        int decimals;
        const char *text;
    } rows[] = {
        { 0, 3, "0.000" },
        { -0.0, 3, "0.000" },
        { -0.0004, 3, "0.000" }, /* no minus zero */
        { -0.0006, 3, "-0.001" },
        { 1.25, 1, "1.3" },
        { 4.4094, 3, "4.409" },
        { 0.999999, 2, "1.00" },
        { 9.9996, 3, "10.000" },
        { 7, 0, "7" },
        { 0.29, 2, "0.29" },
        { 1.005, 2, "1.00" }, /* it is 1.00499… */
        { 123456789.987654, 6, "123456789.987654" },
        { NAN, 3, "null" },
        { INFINITY, 3, "null" },
        { -INFINITY, 0, "null" },
        { 1e300, 3, "1e+300" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strbuf b = { 0 };
        struct jsonw j = jsonw_to(&b);

        jsonw_real(&j, rows[i].value, rows[i].decimals);
        assert_string_equal(b.p, rows[i].text);
        strbuf_fini(&b);
    }
}

/* Against printf: the same shape, and off by no more than the last digit's half. */
static void reals_are_those_of_printf(void **state)
{
    struct random r = { 11 };
    struct strbuf b = { 0 };

    (void)state;
    for (int i = 0; i < 50000; i++) {
        int decimals = (int)random_below(&r, 7);
        double value =
            (random_share(&r) - 0.5) * pow(10, random_share(&r) * 15 - 3) * (i % 3 ? 1 : 1e-3);
        struct jsonw j = jsonw_to(&b);
        char expected[64];
        double tolerance;

        if (fabs(value) > 1e12)
            continue;
        strbuf_reset(&b);
        jsonw_real(&j, value, decimals);
        snprintf(expected, sizeof expected, "%.*f", decimals, value);
        tolerance = 0.5001 * pow(10, -decimals) + fabs(value) * 0x1p-51;
        if (fabs(strtod(b.p, NULL) - value) > tolerance)
            fail_msg("%.17g with %d decimals: %s, printf says %s", value, decimals, b.p, expected);
        if (strchr(b.p, '.') && strlen(strchr(b.p, '.')) != (size_t)decimals + 1)
            fail_msg("%.17g with %d decimals: %s", value, decimals, b.p);
    }
    strbuf_fini(&b);
}

static void times_are_seconds_with_six_decimals(void **state)
{
    static const struct {
        int64_t ns;
        const char *text;
    } rows[] = {
        { 0, "0.000000" },    { 999, "0.000000" },
        { 1000, "0.000001" }, { INT64_C(1795255200123456789), "1795255200.123456" },
        { -1, "0.000000" },   { INT64_MAX, "9223372036.854775" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct strbuf b = { 0 };
        struct jsonw j = jsonw_to(&b);

        jsonw_time(&j, rows[i].ns);
        assert_string_equal(b.p, rows[i].text);
        strbuf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_colons_stand_where_they_belong),
        cmocka_unit_test(strings_are_escaped_and_whole_utf_8),
        cmocka_unit_test(whole_numbers_reach_their_ends),
        cmocka_unit_test(reals_have_their_decimals),
        cmocka_unit_test(reals_are_those_of_printf),
        cmocka_unit_test(times_are_seconds_with_six_decimals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
