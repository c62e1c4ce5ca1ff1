#include "probe/engine/run_clock.h"

#include "analyzer/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

static void tells_a_step_from_a_drift(void **state)
{
    static const struct {
        int64_t off_ns; /* of the system's clock, from one second to the next */
        bool is_step;
    } rows[] = {
        { 0, false },          { MS / 2, false },    { -MS / 2, false },  { 99 * MS, false },
        { 101 * MS, true },    { -101 * MS, true },  { 3600 * S, true },  { -3600 * S, true },
        { 1700000 * S, true }, { -100 * MS, false }, { 100 * MS, false },
    };
    struct run_clock c = { .offset_ns = 5 * S };
    int64_t boot = 100 * S, offset = 5 * S, steps = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        boot += S;
        offset += rows[i].off_ns;
        assert_int_equal(run_clock_compare(&c, boot + offset, boot),
                         rows[i].is_step ? rows[i].off_ns : 0);
        steps += rows[i].is_step;
        assert_int_equal(c.steps, steps);
        boot += S; /* and it is said once */
        assert_int_equal(run_clock_compare(&c, boot + offset, boot), 0);
    }
}

static void a_drift_is_no_step_however_long(void **state)
{
    struct run_clock c = { 0 };

    (void)state;
    for (int64_t second = 1; second < 10000; second++)
        assert_int_equal(run_clock_compare(&c, second * (S + MS / 2), second * S), 0);
    assert_int_equal(c.steps, 0);
}

static void the_clock_of_this_machine_stands_still(void **state)
{
    struct run_clock c;

    (void)state;
    run_clock_start(&c);
    assert_int_equal(run_clock_look(&c), 0);
    assert_int_equal(run_clock_stamp_ns(&c, 17), 17);
}

static void follows_an_adapters_clock(void **state)
{
    struct run_clock c = { 0 };
    int64_t real = 1000 * S;

    (void)state;
    run_clock_note_stamp(&c, real + 37 * S - 20 * MS, real); /* 37 s ahead, and 20 ms in the ring */
    assert_int_equal(run_clock_stamp_ns(&c, real), real + 37 * S - 20 * MS);
    run_clock_note_stamp(&c, real + 37 * S - MS, real); /* a fresher packet knows better */
    assert_int_equal(run_clock_stamp_ns(&c, real), real + 37 * S - MS);
    run_clock_note_stamp(&c, real + 34 * S, real); /* a busy second is no slower clock */
    assert_int_equal(run_clock_stamp_ns(&c, real), real + 37 * S - 2 * MS);
    for (int i = 0; i < 5000; i++) /* but if it stays so, it is one */
        run_clock_note_stamp(&c, real + 36 * S, real);
    assert_int_equal(run_clock_stamp_ns(&c, real), real + 36 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_a_step_from_a_drift),
        cmocka_unit_test(a_drift_is_no_step_however_long),
        cmocka_unit_test(the_clock_of_this_machine_stands_still),
        cmocka_unit_test(follows_an_adapters_clock),
    };

    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
