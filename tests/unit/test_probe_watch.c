#include "probe/engine/probe_watch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define S    INT64_C(1000000000)
#define WALL (INT64_C(1795255200) * S)

static struct probe_sight sight_at(int64_t second, int64_t moved_ns)
{
    return (struct probe_sight){ .wall_ns = WALL + second * S + moved_ns,
                                 .boot_ns = 500 * S + second * S,
                                 .clock_moved_ns = moved_ns,
                                 .clock_synchronised = 1,
                                 .newest_packet_ns = RECORD_NONE,
                                 .sip_date_offset_ms = NAN,
                                 .kernel_dropped = RECORD_NONE,
                                 .interface_dropped = RECORD_NONE,
                                 .store_queued = RECORD_NONE };
}

static void a_step_is_told_for_a_minute(void **state)
{
    struct probe_watch w;
    struct probe_record r;

    (void)state;
    probe_watch_start(&w, 500 * S);
    for (int second = 1; second <= 300; second++) {
        int64_t moved = second < 100 ? 0 : second < 220 ? -2500 * (S / 1000) : 500 * (S / 1000);
        struct probe_sight sight = sight_at(second, moved);
        double expected = second < 100   ? 0
                          : second < 160 ? -2500
                          : second < 220 ? 0
                          : second < 280 ? 3000
                                         : 0;

        probe_watch_look(&w, &sight, &r);
        assert_true(fabs(r.clock_step_ms - expected) < 0.001);
        assert_int_equal(r.uptime_s, second);
        assert_int_equal(r.time, sight.wall_ns);
    }
}

/* A busy machine beats less often than once a second. */
static void beats_may_be_rare(void **state)
{
    struct probe_watch w;
    struct probe_record r;
    struct probe_sight sight;

    (void)state;
    probe_watch_start(&w, 500 * S);
    for (int second = 1; second <= 400; second += 7) {
        sight = sight_at(second, second < 200 ? 0 : S);
        probe_watch_look(&w, &sight, &r);
        assert_true(fabs(r.clock_step_ms - (second >= 200 && second < 260 ? 1000 : 0)) < 0.001 ||
                    (second >= 260 && second < 267));
    }
}

static void what_is_unknown_is_null(void **state)
{
    struct probe_watch w;
    struct probe_record r;
    struct probe_sight sight = sight_at(1, 0);

    (void)state;
    probe_watch_start(&w, 500 * S);
    sight.clock_synchronised = -1;
    probe_watch_look(&w, &sight, &r);
    assert_true(isnan(r.packet_age_ms) && isnan(r.sip_date_offset_ms));
    assert_int_equal(r.clock_synchronised, -1);
    assert_int_equal(r.store_queued, RECORD_NONE);
    assert_int_equal(r.dropped, 0); /* its own queues lost none, and nobody else says */
    sight = sight_at(2, 0);
    sight.newest_packet_ns = sight.wall_ns - 250 * (S / 1000);
    sight.kernel_dropped = 5;
    sight.own_dropped = 2;
    sight.received = 1000;
    sight.store_queued = 9;
    sight.sip_date_offset_ms = -3000;
    sight.sip_dates = 4;
    probe_watch_look(&w, &sight, &r);
    assert_true(fabs(r.packet_age_ms - 250) < 0.001);
    assert_int_equal(r.dropped, 7);
    assert_int_equal(r.received, 1000);
    assert_int_equal(r.store_queued, 9);
    assert_int_equal(r.sip_dates, 4);
    assert_true(r.sip_date_offset_ms == -3000);
}

static void the_kernel_is_asked(void **state)
{
    int8_t synchronised = probe_watch_is_synchronised();

    (void)state;
    assert_true(synchronised >= -1 && synchronised <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_told_for_a_minute),
        cmocka_unit_test(beats_may_be_rare),
        cmocka_unit_test(what_is_unknown_is_null),
        cmocka_unit_test(the_kernel_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
