#include "probe/notify/maintenance.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define LABELS SLICE("{\"rule\":\"disk-full\",\"trunk\":\"a\"}")

/* 2026-11-21 is a Saturday. TZ is UTC. */
static int64_t at(int day, int hour, int minute)
{
    struct tm tm = {
        .tm_year = 126, .tm_mon = 10, .tm_mday = day, .tm_hour = hour, .tm_min = minute
    };

    return mktime(&tm);
}

static const struct {
    const char *text;
    int day, hour, minute;
    bool holds;
} rows[] = {
    { "; sat 02:00-06:00", 21, 2, 0, true },
    { "; sat 02:00-06:00", 21, 1, 59, false },
    { "; sat 02:00-06:00", 21, 6, 0, false },
    { "; sat 02:00-06:00", 22, 3, 0, false },
    { "; Sat,Sun 02:00-06:00", 22, 3, 0, true },
    { "; fri-mon 02:00-06:00", 23, 3, 0, true }, /* over the end of the week */
    { "; fri-mon 02:00-06:00", 24, 3, 0, false },
    { "; sat 22:00-04:00", 21, 23, 0, true },
    { "; sat 22:00-04:00", 22, 3, 59, true }, /* of the night that began on Saturday */
    { "; sat 22:00-04:00", 21, 3, 0, false },
    { "; daily 00:00-24:00", 25, 23, 59, true },
    { "daily 03:00-03:30", 25, 3, 15, true }, /* no labels at all */
    { "03:00-03:30", 25, 3, 15, true },
    { "rule=disk-*; daily 03:00-03:30", 25, 3, 15, true },
    { "trunk=b; daily 03:00-03:30", 25, 3, 15, false },
    { "; 2026-11-21 18:00 - 2026-11-22 08:00", 21, 18, 0, true },
    { "; 2026-11-21 18:00 - 2026-11-22 08:00", 22, 7, 59, true },
    { "; 2026-11-21 18:00 - 2026-11-22 08:00", 22, 8, 0, false },
    { "trunk=b; 2026-11-21 18:00 - 2026-11-22 08:00", 22, 7, 59, false },
};

static void holds_at_its_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char error[MAINTENANCE_ERROR_MAX];
        struct maintenance m;

        if (maintenance_parse(&m, slice_of_text(rows[i].text), error) != 0)
            fail_msg("%s: %s", rows[i].text, error);
        if (maintenance_holds(&m, LABELS, at(rows[i].day, rows[i].hour, rows[i].minute)) !=
            rows[i].holds)
            fail_msg("row %zu: %s", i, rows[i].text);
    }
}

static void refuses_what_is_no_time(void **state)
{
    static const char *const wrong[] = {
        "",
        "; ",
        "; sat",
        "; sat 2-6",
        "; sat 02:00",
        "; sat 02:00-02:00",
        "; sat 24:00-02:00",
        "; sat 02:00-24:01",
        "; sat 02:60-03:00",
        "; caturday 02:00-03:00",
        "; sat- 02:00-03:00",
        "; 2026-02-30 00:00 - 2026-03-01 00:00",
        "; 2026-11-22 08:00 - 2026-11-21 18:00",
        "; 2026-11-21 18:00-2026-11-22 08:00",
        "rule; daily 03:00-03:30",
        "rule=a",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char error[MAINTENANCE_ERROR_MAX] = "";
        struct maintenance m;

        if (maintenance_parse(&m, slice_of_text(wrong[i]), error) != -EINVAL)
            fail_msg("%s", wrong[i]);
        assert_true(error[0] != '\0');
    }
}

static void knows_hours_and_days(void **state)
{
    uint16_t from, to;
    uint8_t days;

    (void)state;
    assert_true(maintenance_parse_minutes(SLICE("08:30-18:00"), &from, &to));
    assert_int_equal(from, 510);
    assert_int_equal(to, 1080);
    assert_true(maintenance_parse_days(SLICE("mon-fri"), &days));
    assert_int_equal(days, 0x1f);
    assert_false(maintenance_parse_days(SLICE(""), &days));
    assert_true(maintenance_is_within(0, 0, 0, at(21, 3, 0))); /* nothing said: always */
    assert_false(maintenance_is_within(days = 0x1f, 0, 0, at(21, 3, 0)));
    assert_true(maintenance_is_within(days, 0, 0, at(20, 3, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_at_its_times),
        cmocka_unit_test(refuses_what_is_no_time),
        cmocka_unit_test(knows_hours_and_days),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("maintenance", tests, NULL, NULL);
}
