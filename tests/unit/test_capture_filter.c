#include "probe/capture/capture_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void accepts_what_tcpdump_accepts(void **state)
{
    static const char *const filters[] = {
        "",
        "udp",
        "udp port 5060 or (udp portrange 10000-20000)",
        "vlan and udp and not host 10.1.2.3",
        "udp[8:2] = 0x8000 or ip6",
    };

    (void)state;
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        struct source_error error = { 0 };

        assert_int_equal(capture_filter_check(filters[i], &error), 0);
        assert_string_equal(error.text, "");
    }
}

static void names_the_word_that_is_wrong(void **state)
{
    static const struct {
        const char *filter, *where;
    } rows[] = {
        { "upd", "column 1, at 'upd'" },
        { "udp prot 5060", "column 5, at 'prot'" },
        { "udp port 5060 adn port 5061", "column 15, at 'adn'" },
        { "udp and (port 5060 or  prt 5061)", "column 24, at 'prt'" },
        { "host 1.2.3.4 and portrange 5-x", "column 28, at '5-x'" },
        { "udp port 99999", "column 10, at '99999'" },
        { "host 10.0.0.1 and )", "column 19, at ')'" },
        { "udp and", "capture filter 'udp and': " }, /* not wrong, but not all */
        { "(udp or tcp", "capture filter '(udp or tcp': " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct source_error error = { 0 };

        assert_true(capture_filter_check(rows[i].filter, &error) < 0);
        assert_int_equal(error.fault, SOURCE_FAULT_FILTER);
        assert_int_equal(source_exit_status(error.fault), 2);
        if (!strstr(error.text, rows[i].where))
            fail_msg("expected '%s' in: %s", rows[i].where, error.text);
    }
}

static void refuses_an_endless_one(void **state)
{
    struct source_error error = { 0 };
    char filter[CAPTURE_FILTER_BYTES_MAX + 2];

    (void)state;
    memset(filter, '(', sizeof filter - 1);
    filter[sizeof filter - 1] = '\0';
    assert_true(capture_filter_check(filter, &error) < 0);
    assert_non_null(strstr(error.text, "longer than 4096 bytes"));
    filter[CAPTURE_FILTER_BYTES_MAX] = '\0'; /* no more than refused */
    assert_true(capture_filter_check(filter, &error) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_tcpdump_accepts),
        cmocka_unit_test(names_the_word_that_is_wrong),
        cmocka_unit_test(refuses_an_endless_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
