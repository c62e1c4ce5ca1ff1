/*
 * test_timeline - seconds by hand.
 */
#include "analyzer/quality/timeline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/interval_rows.h"

#define NS_PER_MS        INT64_C(1000000)
#define NS_PER_S         INT64_C(1000000000)
#define START_NS         (INT64_C(1795255200) * NS_PER_S)
#define YEAR_NS          (365 * 24 * 3600 * NS_PER_S)
#define FIRST_EXT        65536
#define LOSSLESS         4.4094 /* G.711 */
#define assert_mos(a, b) assert_true(fabs((a) - (b)) < 0.00006)

static const struct codec_ie *codec(const char *name)
{
    const struct codec_ie *ie = codec_ie_find(slice_of_text(name));

    assert_non_null(ie);
    return ie;
}

/* A sender of 20 ms packets, straight into the timeline. */
struct sender {
    struct timeline t;
    struct counters counters;
    int64_t time_ns, ext;
};

static struct sender sender_of(const char *name)
{
    struct sender s = { .time_ns = START_NS, .ext = FIRST_EXT };

    timeline_init(&s.t, START_NS);
    timeline_set_codec(&s.t, name ? codec(name) : NULL, true);
    return s;
}

static void send_one(struct sender *s, uint32_t gap, bool late)
{
    struct timeline_packet p = { .time_ns = s->time_ns,
                                 .ext = s->ext + gap,
                                 .next_ext = s->ext,
                                 .gap = gap,
                                 .gap_ms = gap * 20.0,
                                 .late = late };

    if (gap || late)
        timeline_unusual(&s->t, &p, &s->counters);
    else
        timeline_usual(&s->t, s->time_ns, s->ext, 0, &s->counters);
    s->ext += gap + 1;
    s->time_ns += 20 * NS_PER_MS;
}

static void send_many(struct sender *s, unsigned n)
{
    while (n--)
        send_one(s, 0, false);
}

/* The numbers are lost: time goes on. */
static void lose(struct sender *s, unsigned n)
{
    s->time_ns += n * 20 * NS_PER_MS;
    send_one(s, n, false);
}

static void late_copy(struct sender *s, int64_t ext, bool late, bool below_heard, bool above_heard)
{
    struct timeline_packet p = { .time_ns = s->time_ns,
                                 .ext = ext,
                                 .next_ext = s->ext,
                                 .late_copy = true,
                                 .late = late,
                                 .below_heard = below_heard,
                                 .above_heard = above_heard };

    timeline_unusual(&s->t, &p, &s->counters);
}

static struct timeline_report report_of(const struct sender *s)
{
    struct timeline_report r;

    timeline_report(&s->t, &r);
    return r;
}

static void ten_seconds_are_ten_seconds(void **state)
{
    static const struct {
        unsigned packets;
        bool known;
    } rows[] = { { 1, false },  { 50, false }, { 450, false }, { 475, false },
                 { 476, true }, { 500, true }, { 501, true },  { 5000, true } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sender s = sender_of("G.711");
        struct timeline_report r;

        send_many(&s, rows[i].packets);
        r = report_of(&s);
        assert_int_equal(!isnan(r.worst_10s_mos), rows[i].known);
        if (rows[i].known) {
            assert_mos(r.worst_10s_mos, LOSSLESS);
            assert_int_equal(r.worst_10s_time_ns, START_NS);
        }
        assert_int_equal(r.bad_seconds, rows[i].packets < 8 ? -1 : 0);
        timeline_fini(&s.t);
    }
}

/* 30 of the second's 50 in one run: BurstR 30·0.4 = 12, Ie_eff = 95·60/(60/12 + 25.1), R < 0. In the
 * ten seconds around it 30 of 500: BurstR 30·0.94, Ie_eff = 95·6/(6/28.2 + 25.1) = 22.518. */
static void a_burst_is_one_bad_second_and_marks_its_ten(void **state)
{
    struct sender s = sender_of("G.711");
    struct timeline_report r;
    struct interval row[ROOM];

    (void)state;
    send_many(&s, 20 * 50 + 10);
    lose(&s, 30);
    send_many(&s, 20 * 50 - 41);
    r = report_of(&s);
    assert_int_equal(r.bad_seconds, 1);
    assert_mos(r.worst_10s_mos, emodel_mos(93.2062 - 22.518, EMODEL_NARROWBAND));
    assert_int_equal(r.worst_10s_time_ns, START_NS + 11 * NS_PER_S); /* the first that have it */
    assert_int_equal(intervals_of(&s.t, row), 8);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(row[i].lost, i == 4 ? 30 : 0);
        assert_int_equal(row[i].packets, i == 4 ? 220 : 250);
        assert_int_equal(row[i].unheard[0], i == 4 ? 120 : 0); /* 30 of that second's 50 */
        assert_int_equal(row[i].unheard[1], 0);
    }
    /* 30 of 250: BurstR 26.4, Ie_eff 95·12/(12/26.4 + 25.1) = 44.611 */
    assert_true(fabs(row[4].mos_lq - emodel_mos(93.2062 - 44.611, EMODEL_NARROWBAND)) < 0.001);
    timeline_fini(&s.t);
}

/* The same loss, one by one: 4 % all the time is R 93.2 − 95·4/(4 + 25.1) = 80.1, and no second bad. */
static void steady_loss_is_no_bad_second(void **state)
{
    struct sender s = sender_of("G.711");

    (void)state;
    for (int i = 0; i < 40; i++) {
        send_many(&s, 23);
        lose(&s, 1);
    }
    assert_int_equal(report_of(&s).bad_seconds, 0);
    assert_mos(report_of(&s).worst_10s_mos,
               emodel_mos(93.2062 - 95 * 4 / (4 + 25.1), EMODEL_NARROWBAND));
    timeline_fini(&s.t);
}

/* Silence of 4.02 s in a stream of 20 s, and what the sequence says about it. */
static void an_outage_is_bad_and_a_pause_is_not(void **state)
{
    static const struct {
        unsigned gap, bad;
        unsigned lost[5];
        const char *what;
    } rows[] = {
        { 0, 0, { 0, 0, 0, 0, 0 }, "hold" },
        { 1, 0, { 0, 0, 1, 0, 0 }, "hold, one lost" },
        { 99, 1, { 0, 0, 99, 0, 0 }, "less than half of the time: where the gap shows" },
        { 101, 4, { 0, 75, 26, 0, 0 }, "half of the time was voice" },
        { 200, 4, { 0, 150, 50, 0, 0 }, "all of it" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sender s = sender_of("G.711");
        struct interval row[ROOM];

        send_many(&s, 7 * 50);
        s.time_ns += 4 * NS_PER_S;
        send_one(&s, rows[i].gap, false);
        send_many(&s, 9 * 50 - 1);
        if (report_of(&s).bad_seconds != rows[i].bad)
            fail_msg("%s: %lld bad", rows[i].what, (long long)report_of(&s).bad_seconds);
        assert_int_equal(intervals_of(&s.t, row), 4);
        for (int k = 0; k < 4; k++) {
            if (llabs(row[k].lost - (int64_t)rows[i].lost[k]) > 1)
                fail_msg("%s: interval %d lost %lld", rows[i].what, k, (long long)row[k].lost);
        }
        assert_int_equal(row[0].lost + row[1].lost + row[2].lost + row[3].lost, rows[i].gap);
        timeline_fini(&s.t);
    }
}

/* Numbers 10, 11, 12 of a second are missing, and come: what is left of the run. */
static void a_late_copy_is_credited_where_it_was_charged(void **state)
{
    struct sender s = sender_of("G.711");
    const struct timeline_losses *now = &s.t.now.losses, *before = &s.t.before.losses;

    (void)state;
    send_many(&s, 10);
    lose(&s, 3);
    assert_int_equal(now->lost, 3);
    assert_int_equal(now->runs, 1);
    late_copy(&s, FIRST_EXT + 11, false, false, false); /* the one in the middle: two runs */
    assert_int_equal(now->lost, 2);
    assert_int_equal(now->runs, 2);
    send_many(&s, 40); /* the next second */
    assert_int_equal(before->lost, 2);
    late_copy(&s, FIRST_EXT + 12, false, true, true); /* alone: its run is gone */
    assert_int_equal(before->lost, 1);
    assert_int_equal(before->runs, 1);
    assert_int_equal(now->lost, 0);
    late_copy(&s, FIRST_EXT + 10, true, true, true); /* here, but too late to be heard */
    assert_int_equal(before->lost, 0);
    assert_int_equal(before->late, 1);
    assert_int_equal(before->runs, 1);
    assert_int_equal(before->numbers, 50);
    late_copy(&s, FIRST_EXT + 9, false, true, true); /* nothing was charged: nothing changes */
    assert_int_equal(before->lost, 0);
    assert_int_equal(before->late, 1);
    timeline_fini(&s.t);
}

/* Charged in a second that is judged: the oldest that is open takes it, and keeps its shape. */
static void a_very_late_copy_is_credited_to_the_oldest_open_second(void **state)
{
    struct sender s = sender_of("G.711");

    (void)state;
    send_many(&s, 10);
    lose(&s, 2); /* second 0 */
    send_many(&s, 50);
    lose(&s, 1); /* second 1 */
    send_many(&s, 50);
    assert_int_equal(s.t.before.losses.lost, 1);
    late_copy(&s, FIRST_EXT + 10, false, true, false);
    assert_int_equal(s.t.before.losses.lost, 0);
    assert_int_equal(s.t.before.losses.runs, 0);
    late_copy(&s, FIRST_EXT + 11, false, true, true);
    assert_int_equal(s.t.before.losses.lost, 0);
    assert_int_equal(s.t.now.losses.lost, 0);
    timeline_fini(&s.t);
}

/* A run over a second's edge begins once, and is one for each second alone and for both. */
static void a_run_goes_on_over_the_edge(void **state)
{
    struct sender s = sender_of("G.711");

    (void)state;
    send_many(&s, 45);
    send_one(&s, 3, false); /* charged at once: time stands still */
    send_one(&s, 0, true);
    send_one(&s, 2, true); /* late, two lost, late: one run of four */
    assert_int_equal(s.t.now.losses.runs, 2);
    assert_int_equal(s.t.now.losses.late, 2);
    assert_int_equal(s.t.now.losses.lost, 5);
    assert_int_equal(s.t.now.losses.numbers, 53);
    send_many(&s, 1);
    send_one(&s, 0, true); /* at 0.98 s */
    assert_int_equal(s.t.now.losses.runs, 3);
    send_one(&s, 0, true); /* at 1.00 s */
    assert_int_equal(s.t.before.losses.runs, 3);
    assert_int_equal(s.t.now.losses.runs, 0);
    assert_true(s.t.now.losses.goes_on && !s.t.before.losses.goes_on);
    send_many(&s, 49);
    send_one(&s, 0, true);
    assert_int_equal(s.t.now.losses.runs, 1);
    assert_false(s.t.now.losses.goes_on);
    timeline_fini(&s.t);
}

/* 4 numbers over the edge of second 1 are missing, two on each side, and one of them comes. */
static void what_heals_on_an_edge(void **state)
{
    static const struct {
        int which;
        unsigned before, now; /* runs that begin */
        bool goes_on;
    } rows[] = { { 0, 1, 0, true }, { 1, 1, 1, false }, { 2, 1, 1, false }, { 3, 1, 0, true } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct sender s = sender_of("G.711");

        send_many(&s, 48);
        lose(&s, 4);
        send_many(&s, 5);
        assert_int_equal(s.t.before.losses.lost, 2);
        assert_int_equal(s.t.now.losses.lost, 2);
        assert_true(s.t.now.losses.goes_on);
        late_copy(&s, FIRST_EXT + 48 + rows[i].which, false, rows[i].which == 0,
                  rows[i].which == 3);
        assert_int_equal(s.t.before.losses.runs, rows[i].before);
        assert_int_equal(s.t.now.losses.runs, rows[i].now);
        assert_int_equal(s.t.now.losses.goes_on, rows[i].goes_on);
        timeline_fini(&s.t);
    }
}

/* A packet from before the first one, with a hole between them. */
static void a_segment_may_begin_further_down(void **state)
{
    struct sender s = sender_of("G.711");
    struct timeline_packet p = { .time_ns = START_NS,
                                 .ext = FIRST_EXT - 4,
                                 .next_ext = FIRST_EXT + 10,
                                 .gap = 3,
                                 .widens = true,
                                 .above_heard = true };

    (void)state;
    send_many(&s, 10);
    timeline_unusual(&s.t, &p, &s.counters);
    assert_int_equal(s.t.now.losses.numbers, 14);
    assert_int_equal(s.t.now.losses.lost, 3);
    assert_int_equal(s.t.now.losses.runs, 1);
    assert_int_equal(s.t.open.packets, 11);
    late_copy(&s, FIRST_EXT - 3, false, true, false);
    assert_int_equal(s.t.now.losses.lost, 2);
    assert_int_equal(s.t.now.losses.runs, 1);
    timeline_fini(&s.t);
}

/* Each codec's limit lies where its MOS is that of a narrowband 60; G.726 at 16 kbit/s is below it
 * whatever the network does. */
static void what_a_bad_second_is_does_not_hang_on_the_scale(void **state)
{
    unsigned bad = 0;

    (void)state;
    for (size_t row = 0; row < codec_ie_count(); row++) {
        const struct codec_ie *ie = codec_ie_at(row);

        for (unsigned lost = 0; lost < 40; lost++) {
            struct sender s = sender_of(ie->codec);
            double mos = emodel_of_loss(ie->scale, ie->ie, ie->bpl, 100.0 * lost / (lost + 50),
                                        fmax(1, lost * (1 - lost / (lost + 50.0))), 0)
                             .mos;

            send_many(&s, 49);
            send_one(&s, lost, false);
            assert_int_equal(report_of(&s).bad_seconds,
                             mos < emodel_mos(60, EMODEL_NARROWBAND) ? 1 : 0);
            bad += lost == 0 && report_of(&s).bad_seconds == 1;
            timeline_fini(&s.t);
        }
    }
    assert_int_equal(bad, 1);
}

static void without_a_codec_nothing_is_judged(void **state)
{
    struct sender s = sender_of(NULL);
    struct interval row[ROOM];

    (void)state;
    send_many(&s, 700);
    lose(&s, 50);
    assert_int_equal(report_of(&s).bad_seconds, -1);
    assert_true(isnan(report_of(&s).worst_10s_mos));
    assert_int_equal(intervals_of(&s.t, row), 4);
    assert_true(isnan(row[0].mos_lq));
    assert_int_equal(row[2].lost + row[3].lost, 50);
    timeline_fini(&s.t);
}

static void time_that_goes_back_is_harmless(void **state)
{
    struct sender s = sender_of("G.711");

    (void)state;
    send_many(&s, 500);
    s.time_ns = START_NS - 3600 * NS_PER_S;
    send_many(&s, 500);
    lose(&s, 100);
    s.time_ns = INT64_MIN;
    send_many(&s, 10);
    s.time_ns = START_NS + 20 * NS_PER_S;
    send_many(&s, 50);
    lose(&s, 100);
    assert_int_equal(s.t.packed_bytes > 0, 1);
    assert_true(s.t.intervals <= 5);
    timeline_fini(&s.t);
}

/* Years between packets, with and without gaps: an instant, and no more than a day of intervals. */
static void time_that_leaps_is_bounded(void **state)
{
    struct sender s = sender_of("G.711");

    (void)state;
    send_many(&s, 100);
    for (int i = 0; i < 100; i++) {
        s.time_ns += 2 * YEAR_NS;
        send_one(&s, i % 3 ? 0 : 2999, false);
        if (i % 10 == 0) {
            s.time_ns = i % 20 ? INT64_MAX - 5 : INT64_MIN + 7;
            send_one(&s, 2999, i % 4 == 0);
            s.time_ns = START_NS + i * 2 * YEAR_NS;
        }
    }
    assert_int_equal(s.t.intervals, INTERVALS_MAX);
    assert_true(s.counters.refusals[REFUSAL_INTERVALS] > 0);
    assert_true(s.t.packed_bytes < 64);
    timeline_fini(&s.t);
}

/* A pause leaves its intervals in their places, in two bytes. */
static void a_long_pause_keeps_its_place(void **state)
{
    static const uint8_t pauses_s[] = { 1,  4,  5,  6,  9,  10, 11, 19,  20,  21,  22,  23,  24, 25,
                                        26, 30, 31, 49, 50, 51, 99, 100, 101, 102, 103, 104, 199 };

    (void)state;
    for (size_t i = 0; i < sizeof pauses_s / sizeof pauses_s[0]; i++) {
        for (unsigned before = 1; before < 12; before++) {
            struct sender s = sender_of("G.711");
            unsigned resumed_s = before + pauses_s[i];
            struct interval row[ROOM];
            size_t n;

            send_many(&s, before * 50);
            s.time_ns += pauses_s[i] * NS_PER_S;
            send_many(&s, 50);
            n = intervals_of(&s.t, row);
            assert_int_equal(n, resumed_s / 5 + 1);
            for (unsigned k = 0; k < n; k++) {
                unsigned packets = 0;

                for (unsigned second = 5 * k; second < 5 * k + 5; second++)
                    packets += second < before || second == resumed_s ? 50 : 0;
                assert_int_equal(row[k].packets, packets);
            }
            assert_int_equal(report_of(&s).bad_seconds, 0);
            timeline_fini(&s.t);
        }
    }
}

static void a_day_is_kept_and_no_more(void **state)
{
    struct sender s = sender_of("G.711");

    (void)state;
    for (int64_t second = 0; second < 24 * 3600 + 20; second++) {
        s.time_ns = START_NS + second * NS_PER_S;
        s.ext = FIRST_EXT + second * 50;
        send_many(&s, 50);
    }
    assert_int_equal(s.t.intervals, INTERVALS_MAX);
    /* 4 intervals more; the last one is still open. */
    assert_int_equal(s.counters.refusals[REFUSAL_INTERVALS], 3);
    assert_true(s.t.packed_bytes <= 10 * INTERVALS_MAX);
    assert_int_equal(report_of(&s).bad_seconds, 0);
    assert_mos(report_of(&s).worst_10s_mos, LOSSLESS);
    timeline_fini(&s.t);
}

/* n intervals of the MOS 1 + step/1000, out of as many series. */
static void add(struct timeline_mos *mos, unsigned step, unsigned n)
{
    struct interval i = interval_empty();
    uint8_t bytes[INTERVAL_PACKED_BYTES];
    struct timeline t;

    i.packets = 250;
    i.mos_lq = 1 + step / 1000.0;
    timeline_init(&t, START_NS);
    t.packed = bytes; /* borrowed: no timeline_fini */
    t.packed_bytes = (uint32_t)interval_pack(bytes, &i);
    while (n--)
        timeline_add_mos(&t, mos);
}

static void without_times_losses_are_left(void **state)
{
    struct sender s = sender_of("G.711");
    struct strbuf timed = { 0 }, untimed = { 0 };
    struct interval_reader a, b;
    struct interval with, without;
    int64_t a_ns, b_ns;

    (void)state;
    s.time_ns += 17 * NS_PER_S;
    send_many(&s, 600);
    send_one(&s, 5, true);
    s.time_ns += 33 * NS_PER_S;
    send_many(&s, 20);
    timeline_write(&s.t, &timed);
    timeline_write_untimed(&s.t, &untimed);
    assert_false(timed.failed || untimed.failed);
    assert_true(interval_read_series(&a, strbuf_slice(&timed)));
    assert_true(interval_read_series(&b, strbuf_slice(&untimed)));
    while (interval_next(&a, &with, &a_ns)) {
        assert_true(interval_next(&b, &without, &b_ns));
        assert_true(a_ns == b_ns && with.packets == without.packets && with.lost == without.lost);
        assert_true(without.late == 0 && isnan(without.mos_lq) && isnan(without.jitter_ms_max));
    }
    assert_false(interval_next(&b, &without, &b_ns));
    strbuf_fini(&timed);
    strbuf_fini(&untimed);
    timeline_fini(&s.t);
}

static void quantiles_are_nearest_rank(void **state)
{
    struct timeline_mos mos = { 0 };

    (void)state;
    assert_true(isnan(timeline_mos_quantile(&mos, 0.5)));
    add(&mos, 2345, 1);
    assert_mos(timeline_mos_quantile(&mos, 0.05), 3.345);
    assert_mos(timeline_mos_quantile(&mos, 0.5), 3.345);
    add(&mos, 0, 1);
    add(&mos, 3500, 18);
    assert_mos(timeline_mos_quantile(&mos, 0.05), 1);
    assert_mos(timeline_mos_quantile(&mos, 0.051), 3.345);
    assert_mos(timeline_mos_quantile(&mos, 0.5), 4.5);
    assert_mos(timeline_mos_quantile(&mos, 1), 4.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_seconds_are_ten_seconds),
        cmocka_unit_test(a_burst_is_one_bad_second_and_marks_its_ten),
        cmocka_unit_test(steady_loss_is_no_bad_second),
        cmocka_unit_test(an_outage_is_bad_and_a_pause_is_not),
        cmocka_unit_test(a_late_copy_is_credited_where_it_was_charged),
        cmocka_unit_test(a_very_late_copy_is_credited_to_the_oldest_open_second),
        cmocka_unit_test(a_run_goes_on_over_the_edge),
        cmocka_unit_test(what_heals_on_an_edge),
        cmocka_unit_test(a_segment_may_begin_further_down),
        cmocka_unit_test(what_a_bad_second_is_does_not_hang_on_the_scale),
        cmocka_unit_test(without_a_codec_nothing_is_judged),
        cmocka_unit_test(time_that_goes_back_is_harmless),
        cmocka_unit_test(time_that_leaps_is_bounded),
        cmocka_unit_test(a_long_pause_keeps_its_place),
        cmocka_unit_test(a_day_is_kept_and_no_more),
        cmocka_unit_test(without_times_losses_are_left),
        cmocka_unit_test(quantiles_are_nearest_rank),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
