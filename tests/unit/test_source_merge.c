#include "probe/capture/source_merge.h"

#include "tests/unit/random.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SCRIPT_MAX = 64, TAKEN_MAX = 1024 };

#define MS     INT64_C(1000000)
#define SETTLE (150 * MS)

/* A source that gives the frames of its script, each once the test's clock has come to its time
 * plus what the kernel keeps it. */
struct fake {
    struct source base;
    const struct source_merge_times *now;
    int64_t times[SCRIPT_MAX];
    size_t count, next;
    int64_t delay_ns;
    int end; /* after the script; 0: silent */
    int asked;
};

struct scene {
    struct source_merge merge;
    struct fake fakes[4];
    struct source_merge_times now;
    struct frame taken[TAKEN_MAX];
    size_t count;
    int ended, end_result;
};

static int fake_peek(struct source *base, struct frame *out)
{
    struct fake *f = (struct fake *)base;

    f->asked++;
    if (f->next == f->count)
        return f->end;
    if (f->times[f->next] + f->delay_ns > f->now->monotonic_ns)
        return 0;
    *out = (struct frame){ .time_ns = f->times[f->next++], .data = (const uint8_t *)f };
    source_count(&f->base, out);
    return 1;
}

static const struct source_ops fake_ops = { .peek = fake_peek };

static void on_frame(void *ctx, const struct frame *frame)
{
    struct scene *s = ctx;

    assert_true(s->count < TAKEN_MAX);
    s->taken[s->count++] = *frame;
}

static void on_ended(void *ctx, struct source *source, int result)
{
    struct scene *s = ctx;

    (void)source;
    s->ended++;
    s->end_result = result;
}

static void begin(struct scene *s, size_t count)
{
    struct source *sources[4];

    for (size_t i = 0; i < count; i++) {
        s->fakes[i].base.ops = &fake_ops;
        s->fakes[i].now = &s->now;
        sources[i] = &s->fakes[i].base;
    }
    source_merge_init(&s->merge, sources, count, SETTLE);
}

/* What is due at that moment, by a system clock that is off by `set` from the other one. */
static int poll_at(struct scene *s, int64_t at_ns, int64_t set)
{
    const struct source_merge_sink sink = { on_frame, on_ended, s };

    s->now = (struct source_merge_times){ at_ns + set, at_ns };
    return source_merge_poll(&s->merge, &s->now, 1000, &sink);
}

static void add(struct fake *f, int64_t at_ns)
{
    f->times[f->count++] = at_ns;
}

static void assert_order(const struct scene *s)
{
    for (size_t i = 1; i < s->count; i++) {
        if (s->taken[i].time_ns < s->taken[i - 1].time_ns)
            fail_msg("frame %zu of %lld after %lld", i, (long long)s->taken[i].time_ns,
                     (long long)s->taken[i - 1].time_ns);
    }
}

static void two_directions_come_as_they_were_spoken(void **state)
{
    struct scene s = { 0 };

    (void)state;
    begin(&s, 2);
    for (int i = 0; i < 20; i++)
        add(&s.fakes[i % 2], (1000 + i) * MS);
    s.fakes[0].end = s.fakes[1].end = SOURCE_END;
    assert_int_equal(poll_at(&s, 2000 * MS, 0), 20);
    assert_order(&s);
    assert_int_equal(s.ended, 2);
    assert_int_equal(source_merge_alive(&s.merge), 0);
    for (size_t i = 0; i < 20; i++) /* each is lent by its own source */
        assert_ptr_equal(s.taken[i].data, &s.fakes[i % 2]);
    assert_int_equal(s.fakes[0].base.frames, 10);
}

static void equal_times_go_by_the_order_of_the_sources(void **state)
{
    struct scene s = { 0 };

    (void)state;
    begin(&s, 3);
    for (int i = 0; i < 3; i++)
        add(&s.fakes[2 - i], 1000 * MS);
    assert_int_equal(poll_at(&s, 2000 * MS, 0), 3);
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(s.taken[i].data, &s.fakes[i]);
}

/* One interface whose block is handed over at once, and one that gathers for 100 ms. */
static void waits_for_what_the_kernel_still_has(void **state)
{
    struct scene s = { 0 };

    (void)state;
    begin(&s, 2);
    add(&s.fakes[0], 1000 * MS);
    add(&s.fakes[1], 990 * MS);
    s.fakes[1].delay_ns = 100 * MS;
    assert_int_equal(poll_at(&s, 1001 * MS, 0), 0);
    assert_int_equal(s.merge.wait_ns, SETTLE - MS);
    assert_false(source_merge_is_wanted(&s.merge, 0));
    assert_true(source_merge_is_wanted(&s.merge, 1));
    assert_int_equal(poll_at(&s, 1091 * MS, 0), 1); /* 990; now the other one may have more */
    assert_int_equal(poll_at(&s, 1149 * MS, 0), 0);
    assert_int_equal(poll_at(&s, 1150 * MS, 0), 1);
    assert_order(&s);
}

static void a_silent_source_stalls_nothing(void **state)
{
    struct scene s = { 0 };

    (void)state;
    begin(&s, 2);
    for (int i = 0; i < 40; i++)
        add(&s.fakes[0], (1000 + i) * MS);
    assert_int_equal(poll_at(&s, 1170 * MS, 0), 21); /* all that are settled, at once */
    assert_int_equal(s.fakes[1].asked, 1);           /* and no question for each */
    assert_int_equal(poll_at(&s, 1300 * MS, 0), 19);
}

static void one_that_ends_or_fails_is_not_waited_for(void **state)
{
    struct scene s = { 0 };

    (void)state;
    begin(&s, 3);
    s.fakes[1].end = -ENODEV;
    s.fakes[2].end = SOURCE_END;
    add(&s.fakes[0], 1000 * MS);
    add(&s.fakes[2], 999 * MS);
    assert_int_equal(poll_at(&s, 1001 * MS, 0), 2);
    assert_order(&s);
    assert_int_equal(s.ended, 2);
    assert_int_equal(source_merge_alive(&s.merge), 1);
    poll_at(&s, 1002 * MS, 0);
    assert_int_equal(s.ended, 2); /* said once */
}

static void a_clock_that_is_set_back_holds_nothing_up(void **state)
{
    struct scene s = { 0 };

    (void)state;
    begin(&s, 2);
    add(&s.fakes[0], 1000 * MS);
    /* An hour back: what lies in the ring is from the future. */
    assert_int_equal(poll_at(&s, 1001 * MS, -3600000 * MS), 1);
    /* A little back: for no longer than it takes to settle. */
    add(&s.fakes[0], 2000 * MS);
    assert_int_equal(poll_at(&s, 2001 * MS, -100 * MS), 0);
    assert_int_equal(poll_at(&s, 2001 * MS + SETTLE, -100 * MS), 1);
    /* Forward: as old as anything. */
    add(&s.fakes[0], 3000 * MS);
    assert_int_equal(poll_at(&s, 3000 * MS, 3600000 * MS), 1);
}

static void the_end_takes_what_is_at_hand(void **state)
{
    struct scene s = { 0 };
    const struct source_merge_sink sink = { on_frame, on_ended, &s };

    (void)state;
    begin(&s, 3);
    add(&s.fakes[0], 1001 * MS);
    add(&s.fakes[1], 1000 * MS);
    assert_int_equal(poll_at(&s, 1002 * MS, 0), 0);
    assert_int_equal(source_merge_flush(&s.merge, &sink), 2);
    assert_int_equal(source_merge_flush(&s.merge, &sink), 0);
    assert_int_equal(s.count, 2);
    assert_order(&s);
}

/* Whatever the traffic: in order, complete, and none late. */
static void any_traffic_is_ordered_and_in_time(void **state)
{
    struct random random = { .state = 7 };

    (void)state;
    for (int round = 0; round < 200; round++) {
        struct scene s = { 0 };
        size_t sources = 2 + random_below(&random, 3), all = 0;

        begin(&s, sources);
        for (size_t i = 0; i < sources; i++) {
            int64_t at = 1000 * MS;

            s.fakes[i].delay_ns = (int64_t)random_below(&random, 100) * MS;
            for (size_t n = random_below(&random, SCRIPT_MAX); n > 0; n--) {
                at += (int64_t)random_below(&random, 40) * MS;
                add(&s.fakes[i], at);
                all++;
            }
        }
        for (int64_t at = 1000 * MS; at < 4000 * MS; at += 7 * MS) {
            size_t before = s.count;

            poll_at(&s, at, 0);
            for (size_t i = before; i < s.count; i++)
                assert_true(at - s.taken[i].time_ns < SETTLE + 7 * MS);
        }
        assert_int_equal(s.count, all);
        assert_order(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_directions_come_as_they_were_spoken),
        cmocka_unit_test(equal_times_go_by_the_order_of_the_sources),
        cmocka_unit_test(waits_for_what_the_kernel_still_has),
        cmocka_unit_test(a_silent_source_stalls_nothing),
        cmocka_unit_test(one_that_ends_or_fails_is_not_waited_for),
        cmocka_unit_test(a_clock_that_is_set_back_holds_nothing_up),
        cmocka_unit_test(the_end_takes_what_is_at_hand),
        cmocka_unit_test(any_traffic_is_ordered_and_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
