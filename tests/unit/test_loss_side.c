/*
 * test_loss_side - on which side of the probe packets were lost, against a network that knows.
 */
#include "analyzer/call/stream_reports.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define NS_PER_MS INT64_C(1000000)
#define START_NS  INT64_C(1795255200000000000)

enum { PTIME_MS = 20, PACKETS_MAX = 20000, BY = 0xb0b };

/* A sender, a probe and a receiver in one line. Time goes in packets. */
struct line {
    struct media_stream *s;
    struct counters counters;
    struct random random;
    unsigned lost_before, lost_after; /* of 1000 */
    unsigned copied;                  /* of 1000, before the probe */
    unsigned lag;                     /* packets from the probe to the receiver */
    uint16_t first_seq;
    int64_t from;                  /* the probe hears nothing before this one */
    int64_t now;                   /* packets sent so far */
    uint8_t at_probe[PACKETS_MAX]; /* copies */
    uint8_t passed[PACKETS_MAX];   /* … that reach the receiver */
    int64_t heard;                 /* the receiver's highest; −1: none */
    int64_t received;
};

static struct line *line_open(void)
{
    struct line *l = calloc(1, sizeof *l);
    struct stream_key key = { .ssrc = 0xa11ce };
    struct media_format format = { .codec = "PCMU", .clock_rate_hz = 8000 };

    assert_non_null(l);
    l->s = media_stream_new(&key, &format, START_NS);
    assert_non_null(l->s);
    l->heard = -1;
    l->first_seq = 1000;
    l->random.state = 1;
    return l;
}

static void line_close(struct line *l)
{
    media_stream_free(l->s);
    free(l);
}

static int64_t line_time(const struct line *l)
{
    return START_NS + l->now * PTIME_MS * NS_PER_MS;
}

static bool chance(struct line *l, unsigned of_1000)
{
    return random_below(&l->random, 1000) < of_1000;
}

static void pass_probe(struct line *l)
{
    struct rtp_packet p = { .seq = (uint16_t)(l->first_seq + l->now),
                            .timestamp = (uint32_t)l->now * 160,
                            .ssrc = 0xa11ce };

    l->at_probe[l->now]++;
    if (l->now >= l->from)
        media_stream_packet(l->s, &p, line_time(l), &l->counters);
    if (!chance(l, l->lost_after))
        l->passed[l->now]++;
}

static void hear(struct line *l, int64_t number)
{
    if (number < 0 || l->passed[number] == 0)
        return;
    l->heard = number;
    l->received += l->passed[number];
}

/* n packets more. */
static void run(struct line *l, unsigned n)
{
    while (n--) {
        assert_true(l->now < PACKETS_MAX);
        if (!chance(l, l->lost_before)) {
            pass_probe(l);
            if (chance(l, l->copied))
                pass_probe(l);
        }
        hear(l, l->now - l->lag);
        l->now++;
    }
}

/* What the receiver would say now (RFC 3550 A.3; its first number is the sender's). */
static struct rtcp_report_block word_of_receiver(const struct line *l)
{
    return (struct rtcp_report_block){ .ssrc = 0xa11ce,
                                       .lost = (int32_t)(l->heard + 1 - l->received),
                                       .highest_seq = (uint32_t)(l->first_seq + l->heard) };
}

static void report(struct line *l)
{
    struct rtcp_report_block block = word_of_receiver(l);

    assert_true(stream_reports_block(l->s, &block, BY));
}

static void sender_report(struct line *l)
{
    struct rtcp_sender_info info = { .ssrc = 0xa11ce, .packets = (uint32_t)l->now };

    assert_true(stream_reports_sent(l->s, &info, line_time(l)));
}

static struct stream_record record_of(const struct media_stream *s)
{
    struct stream_record r;

    record_clear(&record_type_stream, &r);
    stream_reports_report(s, &r);
    return r;
}

/* side NULL: nothing can be said. */
static void expect_side(const struct line *l, const char *side)
{
    struct stream_record r = record_of(l->s);

    if (!slice_eq(r.rtcp_loss_side, slice_of_text(side)))
        fail_msg("'%.*s' (before %lld, after %lld), expected '%s'", (int)r.rtcp_loss_side.len,
                 r.rtcp_loss_side.p ? r.rtcp_loss_side.p : "", (long long)r.rtcp_lost_before_probe,
                 (long long)r.rtcp_lost_after_probe, side ? side : "");
}

/* Numbers in first..last that did not pass the probe, and that passed it and were not received. */
static void count_truth(const struct line *l, int64_t first, int64_t last, int64_t *before,
                        int64_t *after)
{
    *before = *after = 0;
    for (int64_t i = first; i <= last; i++) {
        *before += l->at_probe[i] == 0;
        *after += l->at_probe[i] - l->passed[i];
    }
}

static void losses_have_a_side(void **state)
{
    static const struct {
        unsigned before, after;
        const char *side;
    } rows[] = {
        { 0, 0, "none" }, { 30, 0, "before_probe" }, { 0, 30, "after_probe" }, { 30, 30, "both" }
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct line *l = line_open();

        l->lost_before = rows[i].before;
        l->lost_after = rows[i].after;
        l->lag = 5;
        for (int n = 0; n < 5; n++) {
            run(l, 250);
            report(l);
        }
        expect_side(l, rows[i].side);
        line_close(l);
    }
}

/* Exact, whatever the loss, the way behind the probe, and where the capture begins. */
static void both_counts_are_exact(void **state)
{
    struct random random = { 7 };
    unsigned compared = 0;

    (void)state;
    for (unsigned n = 0; n < 300; n++) {
        struct line *l = line_open();
        bool from_start = n % 2 == 0;
        struct stream_record r;
        int64_t before, after, first = 0;

        l->random.state = n + 1;
        l->lost_before = random_below(&random, 100);
        l->lost_after = random_below(&random, 100);
        l->lag = random_below(&random, 100);
        l->first_seq = (uint16_t)random_below(&random, 65536); /* some wrap */
        l->from = from_start ? 0 : 700;
        run(l, 300);
        if (from_start) {
            sender_report(l);
        } else {
            run(l, 500);
            report(l);
            first = l->heard + 1;
        }
        if (from_start ? l->at_probe[0] == 0 : l->heard < l->from) {
            line_close(l); /* not heard from the start; or the report is of before the capture */
            continue;
        }
        compared++;
        for (int k = 0; k < 4; k++) {
            run(l, 200 + random_below(&random, 300));
            if (chance(l, 300))
                sender_report(l);
            report(l);
        }
        count_truth(l, first, l->heard, &before, &after);
        r = record_of(l->s);
        if (r.rtcp_lost_before_probe != before || r.rtcp_lost_after_probe != after)
            fail_msg("%u: before %lld of %lld, after %lld of %lld", n,
                     (long long)r.rtcp_lost_before_probe, (long long)before,
                     (long long)r.rtcp_lost_after_probe, (long long)after);
        line_close(l);
    }
    assert_true(compared > 200);
}

/* Copies make up for losses in a receiver's count, but no side is made of them. */
static void copies_are_no_losses(void **state)
{
    (void)state;
    for (int counts_copies = 0; counts_copies < 2; counts_copies++) {
        struct line *l = line_open();
        struct rtcp_report_block block;

        l->copied = 20;
        for (int n = 0; n < 5; n++) {
            run(l, 250);
            block = word_of_receiver(l);
            if (!counts_copies)
                block.lost = 0;
            assert_true(stream_reports_block(l->s, &block, BY));
        }
        assert_true(l->s->rtp.duplicates > 10);
        expect_side(l, "none");
        line_close(l);
    }
}

/* With copies and losses on both sides the sum is right, give or take what is under way. */
static void copies_and_losses_are_told_apart(void **state)
{
    struct line *l = line_open();
    struct stream_record r;
    int64_t before, after;

    (void)state;
    l->copied = 20;
    l->lost_before = 20;
    l->lost_after = 60;
    sender_report(l);
    for (int n = 0; n < 20; n++) {
        run(l, 250);
        report(l);
    }
    count_truth(l, 0, l->heard, &before, &after);
    r = record_of(l->s);
    assert_int_equal(r.rtcp_lost_before_probe, before);
    assert_in_range(r.rtcp_lost_after_probe, after - 1, after + 1);
    expect_side(l, "both");
    line_close(l);
}

static void a_receiver_that_always_says_0_says_nothing(void **state)
{
    struct line *l = line_open();
    struct rtcp_report_block block;
    struct stream_record r;

    (void)state;
    l->lost_before = 50;
    for (int n = 0; n < 5; n++) {
        run(l, 250);
        block = word_of_receiver(l);
        block.lost = 0;
        assert_true(stream_reports_block(l->s, &block, BY));
    }
    r = record_of(l->s);
    assert_int_equal(r.rtcp_lost_cumulative, 0);
    assert_true(r.rtcp_lost_before_probe == RECORD_NONE);
    assert_true(r.rtcp_lost_after_probe == RECORD_NONE);
    assert_null(r.rtcp_loss_side.p);
    line_close(l);
}

/* What a report cannot be compared for: each alone says nothing, and spoils nothing. */
static void what_cannot_be_compared_is_left_out(void **state)
{
    static const struct {
        const char *what;
        int32_t off; /* of the receiver's highest number */
    } rows[] = {
        { "further back than what is kept", -2000 },
        { "not seen by the probe yet", 30 },
        { "half a cycle ahead", 32768 },
        { "an older one, overtaken", -600 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct line *l = line_open();
        int64_t before, after, first, last = 0;
        struct rtcp_report_block block;
        struct stream_record r;

        l->lost_before = l->lost_after = 20;
        run(l, 3000);
        report(l);
        first = l->heard + 1;
        for (int n = 0; n < 2; n++) { /* between two good ones, and last */
            run(l, 500);
            block = word_of_receiver(l);
            block.highest_seq += (uint32_t)rows[i].off;
            assert_true(stream_reports_block(l->s, &block, BY));
            if (n == 0) {
                run(l, 500);
                report(l);
                last = l->heard;
            }
        }
        count_truth(l, first, last, &before, &after);
        r = record_of(l->s);
        if (r.rtcp_lost_before_probe != before || r.rtcp_lost_after_probe != after)
            fail_msg("%s: before %lld of %lld, after %lld of %lld", rows[i].what,
                     (long long)r.rtcp_lost_before_probe, (long long)before,
                     (long long)r.rtcp_lost_after_probe, (long long)after);
        line_close(l);
    }
}

/* Where the receiver counts anew, or another one does, both ranges count. */
static void a_receiver_may_count_anew(void **state)
{
    (void)state;
    for (int another = 0; another < 2; another++) {
        struct line *l = line_open();
        int64_t before = 0, after = 0;
        struct stream_record r;

        l->lost_before = l->lost_after = 40;
        for (int range = 0; range < 2; range++) {
            int64_t of_range[2], first = 0;
            int32_t base = 0;

            for (int n = 0; n < 2; n++) {
                struct rtcp_report_block block;

                run(l, 500);
                block = word_of_receiver(l);
                if (n == 0) {
                    base = range && !another ? block.lost : 0; /* another may have the same */
                    first = l->heard + 1;
                }
                block.lost -= base;
                assert_true(stream_reports_block(l->s, &block, another && range ? BY + 1 : BY));
            }
            count_truth(l, first, l->heard, &of_range[0], &of_range[1]);
            before += of_range[0];
            after += of_range[1];
        }
        r = record_of(l->s);
        assert_int_equal(r.rtcp_reports, 4);
        assert_int_equal(r.rtcp_lost_before_probe, before);
        assert_int_equal(r.rtcp_lost_after_probe, after);
        line_close(l);
    }
}

/* The sender's numbers begin anew: the receiver goes on counting, or counts anew too. */
static void the_senders_numbers_may_begin_anew(void **state)
{
    (void)state;
    for (int anew = 0; anew < 2; anew++) {
        struct line *l = line_open();
        int64_t before[2], after[2], first[2] = { 0, 0 };
        struct rtcp_report_block block;
        struct stream_record r;
        int32_t base = 0;

        l->lost_before = l->lost_after = 40;
        run(l, 20);
        first[0] = l->heard + 1;
        report(l);
        run(l, 980);
        report(l);
        count_truth(l, first[0], l->heard, &before[0], &after[0]);
        if (anew)
            base = word_of_receiver(l).lost;
        first[1] = l->heard + 1;
        l->first_seq = (uint16_t)(l->first_seq + 30000);
        for (int n = 0; n < 2; n++) {
            run(l, 500);
            block = word_of_receiver(l);
            block.lost -= base;
            assert_true(stream_reports_block(l->s, &block, BY));
            if (anew && n == 0)
                first[1] = l->heard + 1; /* the first of a range that is new */
        }
        count_truth(l, first[1], l->heard, &before[1], &after[1]);
        r = record_of(l->s);
        assert_int_equal(r.restarts, RECORD_NONE); /* not ours to fill */
        assert_int_equal(l->s->rtp.restarts, 1);
        assert_int_equal(r.rtcp_lost_before_probe, before[0] + before[1]);
        assert_int_equal(r.rtcp_lost_after_probe, after[0] + after[1]);
        line_close(l);
    }
}

/* The sender began when the probe says, but the receiver has counted for longer than that. */
static void a_receiver_may_have_counted_for_longer(void **state)
{
    struct line *l = line_open();
    struct stream_record r;
    int64_t before, after, first;

    (void)state;
    l->lost_before = l->lost_after = 20;
    sender_report(l);
    run(l, 500);
    first = l->heard + 1;
    for (int n = 0; n < 2; n++) {
        struct rtcp_report_block block = word_of_receiver(l);

        block.lost += 5000;
        assert_true(stream_reports_block(l->s, &block, BY));
        if (n == 0)
            run(l, 500);
    }
    count_truth(l, first, l->heard, &before, &after);
    r = record_of(l->s);
    assert_int_equal(r.rtcp_lost_before_probe, before);
    assert_int_equal(r.rtcp_lost_after_probe, after);
    line_close(l);
}

/* It may have been overtaken by the report, or not have been lost at all. */
static void a_single_packet_makes_no_side(void **state)
{
    static const char *const sides[3][3] = { { "none", "none", "after_probe" },
                                             { "none", "none", "after_probe" },
                                             { "before_probe", "before_probe", "both" } };

    (void)state;
    for (unsigned before = 0; before < 3; before++) {
        for (unsigned after = 0; after < 3; after++) {
            struct line *l = line_open();

            run(l, 100);
            report(l);
            for (unsigned n = 0; n < before + after; n++) {
                (n < before ? (l->lost_before = 1000) : (l->lost_after = 1000));
                run(l, 1);
                l->lost_before = l->lost_after = 0;
                run(l, 20);
            }
            run(l, 60);
            report(l);
            expect_side(l, sides[before][after]);
            line_close(l);
        }
    }
}

/* The highest number as 16 bits only, over a wrap. */
static void a_receiver_may_not_count_cycles(void **state)
{
    struct line *l = line_open();
    struct rtcp_report_block block;

    (void)state;
    l->first_seq = 65000;
    l->lost_after = 30;
    for (int n = 0; n < 8; n++) {
        run(l, 250);
        block = word_of_receiver(l);
        block.highest_seq &= 0xffff;
        assert_true(stream_reports_block(l->s, &block, BY));
    }
    expect_side(l, "after_probe");
    line_close(l);
}

static void under_a_second_nothing_is_said(void **state)
{
    for (unsigned n = 40; n <= 60; n += 10) {
        struct line *l = line_open();

        (void)state;
        run(l, 10);
        sender_report(l);
        run(l, n - 10);
        report(l);
        expect_side(l, n >= 50 ? "none" : NULL);
        line_close(l);
    }
}

/* One report says nothing, unless the probe heard the stream begin. */
static void one_report_is_compared_with_the_beginning(void **state)
{
    for (int off = -40; off <= 40; off += 5) {
        struct line *l = line_open();
        struct rtcp_sender_info info;
        struct stream_record r;

        (void)state;
        l->lost_after = 50;
        run(l, 500);
        info = (struct rtcp_sender_info){ .packets = (uint32_t)(500 + off) };
        assert_true(stream_reports_sent(l->s, &info, line_time(l)));
        run(l, 500);
        report(l);
        r = record_of(l->s);
        if (off >= -2 && off <= 16) {
            expect_side(l, "after_probe");
            assert_int_equal(r.rtcp_sender_packets, 500 + off);
        } else {
            expect_side(l, NULL);
            assert_true(r.rtcp_sender_packets == RECORD_NONE);
        }
        line_close(l);
    }
}

/* Where nobody answers, the sender's own count tells of the way up to here. */
static void a_sender_alone_tells_of_its_side(void **state)
{
    (void)state;
    for (int mid_call = 0; mid_call < 2; mid_call++) {
        struct line *l = line_open();
        struct stream_record r;
        int64_t before, after, first = 0;

        l->lost_before = 30;
        l->from = mid_call ? 300 : 0;
        run(l, 500);
        sender_report(l);
        if (mid_call)
            first = l->now;
        run(l, 500);
        sender_report(l);
        count_truth(l, first, l->now - 1, &before, &after);
        r = record_of(l->s);
        assert_int_equal(r.rtcp_sender_reports, 2);
        assert_int_equal(r.rtcp_sender_packets, l->now - first);
        assert_int_equal(r.rtcp_lost_before_probe, before);
        assert_true(r.rtcp_lost_after_probe == RECORD_NONE);
        expect_side(l, "before_probe");
        line_close(l);
    }
}

/* Counts in the wrong byte order, that go backward, or are anything. */
static void a_sender_that_cannot_count_says_nothing(void **state)
{
    static const uint32_t counts[][3] = {
        { 0xfa000000, 0xf4010000, 0xee020000 },
        { 900000, 500000, 100000 },
        { 250, 100000250, 7 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        struct line *l = line_open();
        struct stream_record r;

        for (int n = 0; n < 3; n++) {
            struct rtcp_sender_info info = { .packets = counts[i][n] };

            run(l, 250);
            assert_true(stream_reports_sent(l->s, &info, line_time(l)));
        }
        r = record_of(l->s);
        if (counts[i][0] == 250) /* the first was right */
            assert_int_equal(r.rtcp_sender_packets, 250);
        else
            assert_true(r.rtcp_sender_packets == RECORD_NONE);
        assert_true(r.rtcp_lost_before_probe == RECORD_NONE || r.rtcp_lost_before_probe == 0);
        expect_side(l, NULL);
        line_close(l);
    }
}

/* Any reports at all, between any packets: nothing is said that cannot be. */
static void noise_makes_no_nonsense(void **state)
{
    struct random random = { 99 };

    (void)state;
    for (unsigned n = 0; n < 300; n++) {
        struct line *l = line_open();

        l->random.state = n;
        l->lost_before = random_below(&random, 200);
        l->copied = random_below(&random, 100);
        for (int k = 0; k < 40; k++) {
            struct rtcp_sender_info info = { .packets = (uint32_t)random_next(&random) };
            struct rtcp_report_block block = { .lost = (int32_t)random_below(&random, 1u << 24) -
                                                       (1 << 23),
                                               .highest_seq = (uint32_t)random_next(&random) };
            struct stream_record r;

            run(l, random_below(&random, 100));
            if (chance(l, 500)) { /* some may be right */
                block.highest_seq = word_of_receiver(l).highest_seq - random_below(&random, 300);
                block.lost = (int32_t)random_below(&random, 100) - 50;
            }
            assert_true(stream_reports_block(l->s, &block, random_below(&random, 2)));
            assert_true(stream_reports_sent(l->s, &info, line_time(l)));
            if (chance(l, 100))
                l->first_seq = (uint16_t)(l->first_seq + random_below(&random, 65536));
            r = record_of(l->s);
            if (r.rtcp_lost_before_probe != RECORD_NONE)
                assert_in_range(r.rtcp_lost_before_probe, 0, l->now);
            if (r.rtcp_lost_after_probe != RECORD_NONE)
                assert_in_range(r.rtcp_lost_after_probe, 0, l->now + l->s->rtp.duplicates);
        }
        line_close(l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_have_a_side),
        cmocka_unit_test(both_counts_are_exact),
        cmocka_unit_test(copies_are_no_losses),
        cmocka_unit_test(copies_and_losses_are_told_apart),
        cmocka_unit_test(a_receiver_that_always_says_0_says_nothing),
        cmocka_unit_test(what_cannot_be_compared_is_left_out),
        cmocka_unit_test(a_receiver_may_count_anew),
        cmocka_unit_test(the_senders_numbers_may_begin_anew),
        cmocka_unit_test(a_receiver_may_have_counted_for_longer),
        cmocka_unit_test(a_single_packet_makes_no_side),
        cmocka_unit_test(a_receiver_may_not_count_cycles),
        cmocka_unit_test(under_a_second_nothing_is_said),
        cmocka_unit_test(one_report_is_compared_with_the_beginning),
        cmocka_unit_test(a_sender_alone_tells_of_its_side),
        cmocka_unit_test(a_sender_that_cannot_count_says_nothing),
        cmocka_unit_test(noise_makes_no_nonsense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
