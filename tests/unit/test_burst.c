/*
 * test_burst - runs and bursts by hand, and against the slow way over random losses.
 */
#include "analyzer/quality/burst.h"

#include "tests/unit/loss_reference.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 3000 };

struct meter {
    struct loss_runs runs;
    struct loss_lengths lengths;
    struct burst burst;
    int64_t numbers;
};

/* Feeds a segment as rtp_stream would: in blocks of 64 that begin at `skew`. */
static void feed(struct meter *m, const bool *heard, size_t n, unsigned skew)
{
    size_t at = 0;

    while (at < n) {
        uint64_t valid = 0, present = 0;

        for (unsigned bit = skew; bit < 64 && at < n; bit++, at++) {
            valid |= 1ull << bit;
            present |= (uint64_t)heard[at] << bit;
        }
        loss_runs_add(&m->runs, valid, present);
        loss_lengths_add(&m->lengths, valid, present);
        burst_add(&m->burst, valid, present);
        skew = 0;
    }
    loss_runs_break(&m->runs);
    loss_lengths_break(&m->lengths);
    burst_break(&m->burst);
    m->numbers += (int64_t)n;
}

static void expect_shape(const struct meter *m, const struct loss_shape *s, uint64_t seed)
{
    struct burst_report r = burst_report(&m->burst);

    if (m->runs.lost != s->lost || m->runs.runs != s->runs || r.bursts != s->bursts ||
        r.longest_run != s->longest_run || m->burst.burst_packets != s->burst_packets ||
        m->burst.burst_losses != s->burst_losses)
        fail_msg("seed %llu: lost %u/%lld runs %u/%lld longest %u/%lld bursts %u/%lld",
                 (unsigned long long)seed, m->runs.lost, (long long)s->lost, m->runs.runs,
                 (long long)s->runs, r.longest_run, (long long)s->longest_run, r.bursts,
                 (long long)s->bursts);
    if (s->bursts) {
        assert_true(fabs(r.density_ratio - (double)s->burst_losses / (double)s->burst_packets) <
                    1e-12);
        assert_true(fabs(r.duration_packets - (double)s->burst_packets / (double)s->bursts) <
                    1e-12);
    } else {
        assert_true(isnan(r.density_ratio) && isnan(r.duration_packets));
    }
}

/* "x" lost, "." heard. */
static void shapes_by_hand(void **state)
{
    static const struct {
        const char *series;
        struct loss_shape shape;
    } rows[] = {
        { "", { 0, 0, 0, 0, 0, 0 } },
        { "....", { 0, 0, 0, 0, 0, 0 } },
        { "x", { 1, 1, 1, 0, 0, 0 } },
        { ".x...................x.", { 2, 2, 1, 0, 0, 0 } },
        { "xx", { 2, 1, 2, 1, 2, 2 } },
        { "x...............x", { 2, 2, 1, 1, 17, 2 } }, /* 15 between: one burst */
        { "x................x", { 2, 2, 1, 0, 0, 0 } }, /* 16: two lone losses */
        { "xx................xx", { 4, 2, 2, 2, 4, 4 } },
        { "x.x................x...xxx", { 6, 4, 3, 2, 10, 6 } },
        { "................xx", { 2, 1, 2, 1, 2, 2 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t n = strlen(rows[i].series);
        bool heard[64];

        for (size_t k = 0; k < n; k++)
            heard[k] = rows[i].series[k] == '.';
        for (unsigned skew = 0; skew < 64; skew++) {
            struct meter m = { .numbers = 0 };
            struct loss_shape slow = { 0 };

            loss_shape_add(&slow, heard, n);
            assert_memory_equal(&slow, &rows[i].shape, sizeof slow);
            feed(&m, heard, n, skew);
            expect_shape(&m, &rows[i].shape, skew);
        }
    }
}

/* Each run by its length, one by one. */
static void count_runs(const bool *heard, size_t n, uint32_t classes[LOSS_LENGTHS])
{
    size_t run = 0;

    for (size_t i = 0; i <= n; i++) {
        if (i < n && !heard[i]) {
            run++;
            continue;
        }
        if (run > 0)
            classes[run < 5 ? run - 1 : run < 10 ? 4 : run < 20 ? 5 : 6]++;
        run = 0;
    }
}

static void expect_runs(const struct meter *m, const uint32_t classes[LOSS_LENGTHS], uint64_t seed)
{
    uint32_t runs = 0;

    for (int i = 0; i < LOSS_LENGTHS; i++) {
        if (m->lengths.runs[i] != classes[i])
            fail_msg("seed %llu: %u runs of class %d, expected %u", (unsigned long long)seed,
                     m->lengths.runs[i], i, classes[i]);
        runs += m->lengths.runs[i];
    }
    assert_int_equal(runs, m->runs.runs);
}

/* One run of each length up to 40, in a random order, at every place in a block. */
static void runs_are_told_by_their_length(void **state)
{
    static const uint32_t expected[LOSS_LENGTHS] = { 1, 1, 1, 1, 5, 10, 21 };

    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct random r = { seed };
        struct meter m = { .numbers = 0 };
        static bool heard[LONGEST];
        bool done[41] = { false };
        size_t n = 0;

        for (unsigned left = 40; left; left--) {
            unsigned length;

            do
                length = 1 + random_below(&r, 40);
            while (done[length]);
            done[length] = true;
            for (unsigned i = random_below(&r, 30) + 1; i; i--)
                heard[n++] = true;
            for (unsigned i = length; i; i--)
                heard[n++] = false;
        }
        assert_true(n <= LONGEST);
        feed(&m, heard, n, random_below(&r, 64));
        expect_runs(&m, expected, seed);
    }
}

/* The ends of a block: all of it lost, its first, its last; and what runs on into the next. */
static void lengths_cross_blocks(void **state)
{
    static const struct {
        uint64_t valid, present;
        uint32_t run; /* under way afterwards */
    } rows[] = {
        { 0, 0, 0 },         { 1ull << 63, 0, 1 }, { ~0ull, 0, 65 }, { ~0ull, ~0ull >> 1, 1 },
        { ~0ull, ~1ull, 0 }, { 0xf0, 0x70, 1 },    { 0, 0, 1 },      { 0xff, 0x7e, 1 },
        { ~0ull, ~0ull, 0 },
    };
    static const uint32_t expected[LOSS_LENGTHS] = { 1, 2, 0, 0, 0, 0, 1 };
    struct loss_lengths l = { .run = 0 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        loss_lengths_add(&l, rows[i].valid, rows[i].present);
        assert_int_equal(l.run, rows[i].run);
    }
    assert_memory_equal(l.runs, expected, sizeof expected);
}

/* Two states, as Gilbert has them. */
static void fill(bool *heard, size_t n, struct random *r)
{
    double enter = random_share(r) * 0.2, leave = 0.05 + random_share(r) * 0.95;
    bool bad = false;

    for (size_t i = 0; i < n; i++) {
        bad = bad ? !random_hits(r, leave) : random_hits(r, enter);
        heard[i] = !bad;
    }
}

static void random_losses_agree_with_the_slow_way(void **state)
{
    static bool heard[LONGEST];

    (void)state;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct random r = { seed };
        struct meter m = { .numbers = 0 };
        struct loss_shape slow = { 0 };
        uint32_t classes[LOSS_LENGTHS] = { 0 };

        for (uint32_t segment = random_below(&r, 4) + 1; segment; segment--) {
            size_t n = 1 + random_below(&r, seed % 50 ? 200 : LONGEST - 1);

            fill(heard, n, &r);
            feed(&m, heard, n, random_below(&r, 64));
            loss_shape_add(&slow, heard, n);
            count_runs(heard, n, classes);
        }
        expect_shape(&m, &slow, seed);
        expect_runs(&m, classes, seed);
    }
}

/* G.107: mean loss run × (1 − p), never under 1. */
static void burst_ratio_is_that_of_g_107(void **state)
{
    static const struct {
        uint32_t lost, runs;
        int64_t expected;
        double ratio;
    } rows[] = {
        { 0, 0, 100, 1 },    { 0, 0, 0, 1 },      { 1, 1, 100, 1 }, /* 0.99 */
        { 10, 10, 1000, 1 }, { 10, 5, 100, 1.8 }, { 50, 1, 100, 25 },
        { 100, 1, 100, 1 },  { 99, 1, 100, 1 }, /* 0.99 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct loss_runs r = { rows[i].lost, rows[i].runs, false };

        assert_true(fabs(loss_runs_burst_ratio(&r, rows[i].expected) - rows[i].ratio) < 1e-9);
    }
}

/* A report in mid-stream closes the burst that is under way for itself alone. */
static void a_report_changes_nothing(void **state)
{
    struct burst b = { 0 };

    (void)state;
    assert_true(isnan(burst_report(&b).gap_packets));
    burst_add(&b, 0xf, 0x9); /* heard, lost, lost, heard */
    assert_int_equal(burst_report(&b).bursts, 1);
    assert_int_equal(burst_report(&b).bursts, 1);
    burst_add(&b, 0x1, 0x0);
    assert_int_equal(burst_report(&b).bursts, 1);
    assert_true(burst_report(&b).duration_packets == 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_by_hand),
        cmocka_unit_test(runs_are_told_by_their_length),
        cmocka_unit_test(lengths_cross_blocks),
        cmocka_unit_test(random_losses_agree_with_the_slow_way),
        cmocka_unit_test(burst_ratio_is_that_of_g_107),
        cmocka_unit_test(a_report_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
