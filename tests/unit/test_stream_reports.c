/*
 * test_stream_reports - what both ends say: the round trip from its halves, names, extended reports.
 */
#include "analyzer/call/stream_reports.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define NS_PER_MS INT64_C(1000000)
#define START_NS  INT64_C(1795255200000000000)

enum { BY = 0xb0b };

static struct media_stream *open_stream(void)
{
    struct stream_key key = { .ssrc = 0xa11ce };
    struct media_format format = { .codec = "PCMU", .clock_rate_hz = 8000 };
    struct media_stream *s = media_stream_new(&key, &format, START_NS);

    assert_non_null(s);
    return s;
}

static struct stream_record record_of(const struct media_stream *s)
{
    struct stream_record r;

    record_clear(&record_type_stream, &r);
    stream_reports_report(s, &r);
    return r;
}

static void say_and_echo(struct media_stream *s, uint32_t at_ms, uint32_t rtt_ms, bool echoed)
{
    struct rtcp_sender_info info = { .ntp = (uint64_t)at_ms << 32 };
    int64_t said_ns = START_NS + at_ms * NS_PER_MS;
    double measured;

    assert_true(stream_reports_sent(s, &info, said_ns));
    if (!echoed)
        return;
    /* It rested a second. */
    assert_true(stream_reports_echo_of_sender(s, at_ms << 16, 65536,
                                              said_ns + (1000 + rtt_ms) * NS_PER_MS, &measured));
    assert_true(fabs(measured - rtt_ms) < 0.001);
    assert_true(stream_reports_receiver_rtt(s, measured));
}

static void the_round_trip_is_the_median_of_its_halves(void **state)
{
    struct media_stream *s = open_stream();
    struct stream_record r;

    (void)state;
    for (uint32_t n = 1; n <= 1000; n++)
        say_and_echo(s, n * 5000, n % 10 ? 30 : 4000, n % 7 != 0); /* a tenth wait in a queue */
    r = record_of(s);
    assert_true(fabs(r.rtcp_rtt_receiver_ms - 30) < 0.001);
    assert_true(isnan(r.rtcp_rtt_ms)); /* half a way is none */
    assert_true(stream_reports_sender_rtt(s, 12.5));
    assert_true(stream_reports_sender_rtt(s, 13.5));
    r = record_of(s);
    assert_true(fabs(r.rtcp_rtt_ms - 43) < 0.001);
    assert_true(fabs(r.rtcp_rtt_receiver_ms - 30) < 0.001);
    media_stream_free(s);
}

/* The samples kept stand for all of the call, not for its beginning or end. */
static void a_long_call_has_a_median_of_all_of_it(void **state)
{
    for (uint32_t n = 3; n < 20000; n = n * 3 / 2) {
        struct media_stream *s = open_stream();
        double median;

        (void)state;
        for (uint32_t i = 0; i < n; i++)
            assert_true(stream_reports_receiver_rtt(s, i));
        median = record_of(s).rtcp_rtt_receiver_ms;
        if (fabs(median - n / 2.0) > n / 8.0 + 1)
            fail_msg("%u: %g", n, median);
        media_stream_free(s);
    }
}

static void an_echo_of_what_was_not_said_measures_nothing(void **state)
{
    static const struct {
        const char *what;
        uint32_t lsr, dlsr;
        int64_t after_ms; /* the time was said */
        double rtt_ms;    /* NaN: none */
    } rows[] = {
        { "no time was heard", 0, 0, 100, NAN },
        { "another time", 0x22223334, 0, 100, NAN },
        { "at once", 0x22223333, 0, 100, 100 },
        { "after a rest", 0x22223333, 65536, 1100, 100 },
        { "before it was said", 0x22223333, 0, -1, NAN },
        { "it rested for longer than it was gone", 0x22223333, 65536, 900, NAN },
        { "a millisecond of that is rounding", 0x22223333, 65536, 999, 0 },
        { "further away than a minute", 0x22223333, 1, 61000, NAN },
        { "a rest that was not filled in", 0x22223333, 0, 2500, NAN },
    };
    struct media_stream *s = open_stream();
    struct rtcp_sender_info info = { .ntp = UINT64_C(0x1111222233334444) };
    double rtt_ms = -1;

    (void)state;
    assert_false(stream_reports_echo_of_sender(s, 0x22223333, 0, START_NS, &rtt_ms));
    assert_true(stream_reports_sent(s, &info, START_NS));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t at_ns = START_NS + rows[i].after_ms * NS_PER_MS;
        bool measured = stream_reports_echo_of_sender(s, rows[i].lsr, rows[i].dlsr, at_ns, &rtt_ms);

        if (measured == isnan(rows[i].rtt_ms) ||
            (measured && fabs(rtt_ms - rows[i].rtt_ms) > 0.001))
            fail_msg("%s: %d, %g", rows[i].what, measured, rtt_ms);
    }
    info.ntp = UINT64_C(0x1111000000004444); /* whose middle says that none was heard */
    assert_true(stream_reports_sent(s, &info, START_NS));
    assert_false(stream_reports_echo_of_sender(s, 0, 0, START_NS + NS_PER_MS, &rtt_ms));
    info.ntp = UINT64_C(0x1111222233334444);
    /* A receiver without a stream of its own: who it is counts. */
    assert_true(stream_reports_receiver_time(s, BY, info.ntp, START_NS));
    assert_false(
        stream_reports_echo_of_receiver(s, BY + 1, 0x22223333, 0, START_NS + NS_PER_MS, &rtt_ms));
    assert_true(
        stream_reports_echo_of_receiver(s, BY, 0x22223333, 0, START_NS + NS_PER_MS, &rtt_ms));
    assert_true(fabs(rtt_ms - 1) < 1e-6);
    media_stream_free(s);
}

/* Only the last few times are kept; those are found in any order. */
static void some_times_may_be_under_way(void **state)
{
    struct media_stream *s = open_stream();
    double rtt_ms;

    (void)state;
    for (uint32_t n = 1; n <= 10; n++) {
        struct rtcp_sender_info info = { .ntp = (uint64_t)n << 16 };

        assert_true(stream_reports_sent(s, &info, START_NS + n * NS_PER_MS));
    }
    for (uint32_t n = 1; n <= 10; n++)
        assert_int_equal(stream_reports_echo_of_sender(s, n, 0, START_NS + 20 * NS_PER_MS, &rtt_ms),
                         n > 6);
    media_stream_free(s);
}

static void the_largest_of_all_reports_are_kept(void **state)
{
    static const struct rtcp_report_block blocks[] = {
        { .fraction_lost = 10, .jitter = 80, .lost = 5 },
        { .fraction_lost = 64, .jitter = 160, .lost = 9 },
        { .fraction_lost = 0, .jitter = 0xffffffff, .lost = -3 }, /* damage: no jitter of a day */
    };
    struct media_stream *s = open_stream();
    struct stream_record r;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        assert_true(stream_reports_block(s, &blocks[i], BY));
    r = record_of(s);
    assert_int_equal(r.rtcp_reports, 3);
    assert_int_equal(r.rtcp_lost_cumulative, -3);
    assert_true(fabs(r.rtcp_fraction_lost_max - 0.25) < 1e-9);
    assert_true(fabs(r.rtcp_jitter_ms_max - 20) < 1e-9);
    s->format.clock_rate_hz = 0; /* then its unit is not known */
    assert_true(isnan(record_of(s).rtcp_jitter_ms_max));
    media_stream_free(s);
}

static void nothing_said_is_null(void **state)
{
    struct media_stream *s = open_stream();
    struct strbuf json = { 0 };
    struct stream_record r;

    (void)state;
    for (int allocated = 0; allocated < 2; allocated++) {
        r = record_of(s);
        assert_int_equal(r.rtcp_reports, 0);
        assert_int_equal(r.rtcp_sender_reports, 0);
        assert_true(r.rtcp_sender_packets == RECORD_NONE && r.rtcp_bye_time == RECORD_NONE);
        assert_true(r.rtcp_lost_cumulative == RECORD_NONE);
        assert_true(isnan(r.rtcp_fraction_lost_max) && isnan(r.rtcp_jitter_ms_max));
        assert_true(isnan(r.rtcp_rtt_ms) && isnan(r.rtcp_rtt_receiver_ms));
        assert_null(r.rtcp_cname.p);
        assert_null(r.rtcp_loss_side.p);
        assert_false(stream_reports_write_xr(s, &json));
        assert_int_equal(json.len, 0);
        assert_true(stream_reports_cname(s, SLICE("\0\0")));
    }
    media_stream_free(s);
}

static void names_are_bounded(void **state)
{
    struct media_stream *s = open_stream();
    char name[255];
    struct stream_record r;

    (void)state;
    memset(name, 'n', sizeof name);
    assert_true(stream_reports_cname(s, slice_of(name, sizeof name)));
    r = record_of(s);
    assert_int_equal(r.rtcp_cname.len, 64);
    assert_true(stream_reports_cname(s, SLICE("alice@192.0.2.1\0")));
    r = record_of(s);
    assert_true(slice_eq(r.rtcp_cname, SLICE("alice@192.0.2.1")));
    assert_true(stream_reports_bye(s, START_NS + 5));
    assert_true(stream_reports_bye(s, START_NS + 9)); /* said again */
    assert_int_equal(record_of(s).rtcp_bye_time, START_NS + 5);
    media_stream_free(s);
}

static void xr_is_told_with_what_it_left_out(void **state)
{
    static const struct rtcp_voip_metrics known = { .loss_ratio = 0.0625,
                                                    .discard_ratio = 0.25,
                                                    .burst_density_ratio = 0.5,
                                                    .gap_density_ratio = 0.125,
                                                    .burst_duration_ms = 120,
                                                    .gap_duration_ms = 4000,
                                                    .round_trip_ms = 85,
                                                    .end_system_delay_ms = 60,
                                                    .signal_dbm = -18,
                                                    .noise_dbm = -62,
                                                    .rerl_db = 55,
                                                    .gmin = 16,
                                                    .r_factor = 80,
                                                    .external_r_factor = 70,
                                                    .mos_lq_x10 = 41,
                                                    .mos_cq_x10 = 39,
                                                    .rx_config = 0xf0,
                                                    .jb_nominal_ms = 40,
                                                    .jb_maximum_ms = 80,
                                                    .jb_abs_max_ms = 120 };
    static const struct rtcp_voip_metrics unknown = { .round_trip_ms = -1,
                                                      .end_system_delay_ms = -1,
                                                      .signal_dbm = INT16_MIN,
                                                      .noise_dbm = INT16_MIN,
                                                      .rerl_db = -1,
                                                      .gmin = -1,
                                                      .r_factor = -1,
                                                      .external_r_factor = -1,
                                                      .mos_lq_x10 = -1,
                                                      .mos_cq_x10 = -1 };
    struct media_stream *s = open_stream();
    struct strbuf json = { 0 };

    (void)state;
    assert_true(stream_reports_voip(s, &known));
    assert_true(stream_reports_write_xr(s, &json));
    assert_string_equal(json.p, "{\"loss_ratio\":0.0625,\"discard_ratio\":0.2500,"
                                "\"burst_density_ratio\":0.5000,\"gap_density_ratio\":0.1250,"
                                "\"burst_duration_ms\":120,\"gap_duration_ms\":4000,"
                                "\"round_trip_ms\":85,\"end_system_delay_ms\":60,"
                                "\"signal_dbm\":-18,\"noise_dbm\":-62,\"rerl_db\":55,"
                                "\"gmin\":16,\"r_factor\":80,\"external_r_factor\":70,"
                                "\"mos_lq\":4.1,\"mos_cq\":3.9,\"concealment\":\"standard\","
                                "\"jitter_buffer\":\"adaptive\",\"jb_nominal_ms\":40,"
                                "\"jb_maximum_ms\":80,\"jb_abs_max_ms\":120}");
    strbuf_reset(&json);
    assert_true(stream_reports_voip(s, &unknown)); /* the last word counts */
    assert_true(stream_reports_write_xr(s, &json));
    assert_non_null(strstr(json.p, "\"round_trip_ms\":null,\"end_system_delay_ms\":null,"
                                   "\"signal_dbm\":null,\"noise_dbm\":null,\"rerl_db\":null,"
                                   "\"gmin\":null,\"r_factor\":null,\"external_r_factor\":null,"
                                   "\"mos_lq\":null,\"mos_cq\":null,\"concealment\":null,"
                                   "\"jitter_buffer\":null"));
    strbuf_fini(&json);
    media_stream_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_round_trip_is_the_median_of_its_halves),
        cmocka_unit_test(a_long_call_has_a_median_of_all_of_it),
        cmocka_unit_test(an_echo_of_what_was_not_said_measures_nothing),
        cmocka_unit_test(some_times_may_be_under_way),
        cmocka_unit_test(the_largest_of_all_reports_are_kept),
        cmocka_unit_test(nothing_said_is_null),
        cmocka_unit_test(names_are_bounded),
        cmocka_unit_test(xr_is_told_with_what_it_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
