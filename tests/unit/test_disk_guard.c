/*
 * Steps down at once, steps up after a quiet minute each.
 */
#include "storage/upkeep/disk_guard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { KEEP = 1000, START = 1000 };

static struct disk_facts quiet(int64_t now_ms)
{
    return (struct disk_facts){ .now_ms = now_ms, .free_bytes = 5000, .keep_free = KEEP };
}

/* Looks every two seconds until `until`; the time of the first change, or 0. */
static int64_t look_until(struct disk_guard *g, struct disk_facts facts, int64_t until)
{
    for (; facts.now_ms <= until; facts.now_ms += 2000) {
        if (disk_guard_look(g, &facts))
            return facts.now_ms;
    }
    return 0;
}

static void expect(const struct disk_guard *g, enum disk_step step, enum disk_cause cause)
{
    assert_int_equal(g->step, step);
    assert_int_equal(g->cause, cause);
}

static void nothing_presses(void **state)
{
    struct disk_guard g = { .step = DISK_STEP_FULL };

    (void)state;
    assert_int_equal(look_until(&g, quiet(START), 600000), 0);
    expect(&g, DISK_STEP_FULL, DISK_CAUSE_NONE);
    assert_int_equal(g.changes, 0);
}

static void want_of_room_steps_down_and_a_minute_each_up(void **state)
{
    struct disk_guard g = { .step = DISK_STEP_FULL };
    struct disk_facts facts = quiet(START);

    (void)state;
    facts.free_bytes = 900; /* retention can still make room */
    assert_false(disk_guard_look(&g, &facts));
    facts.nothing_to_remove = true;
    assert_true(disk_guard_look(&g, &facts));
    expect(&g, DISK_STEP_HEADERS, DISK_CAUSE_FULL);
    facts.free_bytes = 499;
    assert_true(disk_guard_look(&g, &facts));
    expect(&g, DISK_STEP_METRICS, DISK_CAUSE_FULL);
    /* Back over the half: headers would do, but not before it held. */
    facts.free_bytes = 600;
    facts.now_ms = 10000;
    assert_int_equal(look_until(&g, facts, 69999), 0);
    facts.now_ms = 70000;
    assert_true(disk_guard_look(&g, &facts));
    expect(&g, DISK_STEP_HEADERS, DISK_CAUSE_FULL);
    assert_int_equal(look_until(&g, facts, 600000), 0);
    facts = quiet(600000);
    assert_int_equal(look_until(&g, facts, 900000), 660000);
    expect(&g, DISK_STEP_FULL, DISK_CAUSE_NONE);
    assert_int_equal(g.changes, 4);
}

static void a_cause_that_comes_back_starts_the_minute_anew(void **state)
{
    struct disk_guard g = { .step = DISK_STEP_FULL };
    struct disk_facts facts = quiet(START);

    (void)state;
    facts.audio_over = true;
    assert_true(disk_guard_look(&g, &facts));
    expect(&g, DISK_STEP_HEADERS, DISK_CAUSE_BUDGET);
    assert_int_equal(look_until(&g, quiet(2000), 60000), 0);
    facts.now_ms = 61000;
    assert_false(disk_guard_look(&g, &facts));
    assert_int_equal(look_until(&g, quiet(62000), 200000), 122000);
    facts.media_over = true;
    facts.now_ms = 300000;
    assert_true(disk_guard_look(&g, &facts));
    expect(&g, DISK_STEP_METRICS, DISK_CAUSE_BUDGET);
}

static void a_slow_disk_steps_down_when_the_queue_stays_long(void **state)
{
    struct disk_guard g = { .step = DISK_STEP_FULL };
    struct disk_facts facts = quiet(START);

    (void)state;
    facts.queue_percent = 80;
    assert_int_equal(look_until(&g, facts, 20000), 5000); /* the first look over 3 s later */
    expect(&g, DISK_STEP_HEADERS, DISK_CAUSE_SLOW);
    facts.now_ms = 7000;
    assert_int_equal(look_until(&g, facts, 20000), 9000);
    expect(&g, DISK_STEP_METRICS, DISK_CAUSE_SLOW);
    /* Between the marks neither up nor down. */
    facts.queue_percent = 60;
    facts.now_ms = 11000;
    assert_int_equal(look_until(&g, facts, 300000), 0);
    facts.queue_percent = 10;
    facts.now_ms = 301000;
    assert_int_equal(look_until(&g, facts, 500000), 361000);
    expect(&g, DISK_STEP_HEADERS, DISK_CAUSE_SLOW);
}

static void a_stall_of_a_moment_is_none(void **state)
{
    struct disk_guard g = { .step = DISK_STEP_FULL };

    (void)state;
    for (int64_t t = START; t < 100000; t += 1000) {
        struct disk_facts facts = quiet(t);

        facts.queue_percent = t / 1000 % 3 ? 100 : 20; /* 2 s of 3 */
        assert_false(disk_guard_look(&g, &facts));
    }
}

static void errors_leave_what_can_be_written_to_rows_and_signalling(void **state)
{
    struct disk_guard g = { .step = DISK_STEP_FULL };
    struct disk_facts facts = quiet(START);

    (void)state;
    facts.errors = 3;
    assert_true(disk_guard_look(&g, &facts));
    expect(&g, DISK_STEP_METRICS, DISK_CAUSE_ERROR);
    facts.errors = 4;
    facts.errors_are_full = true;
    facts.now_ms = 5000;
    assert_false(disk_guard_look(&g, &facts));
    expect(&g, DISK_STEP_METRICS, DISK_CAUSE_FULL);
    facts.now_ms = 7000;
    /* Ten seconds since the last, and a minute. */
    assert_int_equal(look_until(&g, facts, 200000), 75000);
    expect(&g, DISK_STEP_HEADERS, DISK_CAUSE_FULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_presses),
        cmocka_unit_test(want_of_room_steps_down_and_a_minute_each_up),
        cmocka_unit_test(a_cause_that_comes_back_starts_the_minute_anew),
        cmocka_unit_test(a_slow_disk_steps_down_when_the_queue_stays_long),
        cmocka_unit_test(a_stall_of_a_moment_is_none),
        cmocka_unit_test(errors_leave_what_can_be_written_to_rows_and_signalling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
