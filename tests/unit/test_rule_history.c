/* What was normal in past weeks is read from the store, ahead of its quarter, and nobody waits. */
#include "probe/engine/rule_history.h"
#include "tests/unit/store_fixture.h"

#include <time.h>

#define QUARTER (RULE_HISTORY_QUARTER_S * FIXTURE_S)

struct heard {
    size_t count;
    double sum;
    int64_t oldest, newest;
};

static void hear(void *ctx, const struct baseline_record *past)
{
    struct heard *h = ctx;

    assert_true(slice_eq(past->rule, SLICE("asr-drop")));
    assert_true(slice_eq(past->labels, SLICE("{\"trunk_out\":\"a\"}")));
    if (h->count++ == 0)
        h->oldest = h->newest = past->time;
    h->sum += past->value;
    h->oldest = past->time < h->oldest ? past->time : h->oldest;
    h->newest = past->time > h->newest ? past->time : h->newest;
}

static void put(struct writer *w, int64_t time_ns, uint64_t n, double value)
{
    struct baseline_record b;

    record_clear(&record_type_baseline, &b);
    b.id = fixture_id(time_ns, n);
    b.time = time_ns;
    b.rule = SLICE("asr-drop");
    b.labels = SLICE("{\"trunk_out\":\"a\"}");
    b.value = value;
    b.samples = 100;
    assert_true(writer_submit(w, &record_type_baseline, &b));
}

/* Each quarter from an hour before to an hour after the same time of five weeks; the value says which:
 * weeks before, and quarters after (in hundredths). */
static void setup(struct fixture *f, size_t each)
{
    struct writer *w;

    fixture_make_dir(f);
    w = fixture_writer(f);
    for (int week = 1; week <= 5; week++) {
        for (int quarter = -4; quarter <= 4; quarter++) {
            for (size_t n = 0; n < each; n++)
                put(w, FIXTURE_TIME - week * 7 * FIXTURE_DAY + quarter * QUARTER, n,
                    week + quarter / 100.0);
        }
    }
    writer_stop(w);
}

static struct rule_history *start(const struct fixture *f, bool wait, struct heard *heard)
{
    const struct rule_history_options options = {
        .store_dir = f->dir, .wait = wait, .past = hear, .ctx = heard
    };
    struct rule_history *h = NULL;

    memset(heard, 0, sizeof *heard);
    assert_int_equal(rule_history_start(&h, &options), 0);
    return h;
}

static void a_replay_reads_the_same_quarter_of_four_weeks(void **state)
{
    struct fixture f;
    struct heard heard;
    struct rule_history *h;

    (void)state;
    setup(&f, 1);
    h = start(&f, true, &heard);
    rule_history_beat(h, FIXTURE_TIME + 5 * FIXTURE_S, true);
    assert_int_equal(heard.count, 4); /* 7, 14, 21 and 28 days; not 35, not the next quarter */
    assert_true(fabs(heard.sum - 10) < 1e-9);
    assert_int_equal(heard.newest, FIXTURE_TIME - 7 * FIXTURE_DAY);
    assert_int_equal(heard.oldest, FIXTURE_TIME - 28 * FIXTURE_DAY);
    rule_history_stop(h);
    fixture_remove_dir(&f);
}

static void each_quarter_is_asked_for_once_a_minute_ahead(void **state)
{
    struct fixture f;
    struct heard heard;
    struct rule_history *h;

    (void)state;
    setup(&f, 1);
    h = start(&f, true, &heard);
    for (int64_t s = 0; s < RULE_HISTORY_QUARTER_S - RULE_HISTORY_AHEAD_S; s++)
        rule_history_beat(h, FIXTURE_TIME + s * FIXTURE_S, true);
    assert_int_equal(heard.count, 4);
    rule_history_beat(h, FIXTURE_TIME + (RULE_HISTORY_QUARTER_S - RULE_HISTORY_AHEAD_S) * FIXTURE_S,
                      true);
    assert_int_equal(heard.count, 8);
    assert_true(fabs(heard.sum - 2 * (1 + 2 + 3 + 4) - 4 * 0.01) < 1e-9);
    for (int64_t s = 0; s < 300; s++)
        rule_history_beat(h, FIXTURE_TIME + QUARTER + s * FIXTURE_S, true);
    assert_int_equal(heard.count, 8);
    rule_history_beat(h, FIXTURE_TIME - QUARTER, true); /* the clock was set back */
    assert_int_equal(heard.count, 12);
    rule_history_stop(h);
    fixture_remove_dir(&f);
}

static void nothing_is_read_that_no_rule_wants_or_no_store_has(void **state)
{
    struct fixture f;
    struct heard heard;
    struct rule_history *h;

    (void)state;
    setup(&f, 1);
    h = start(&f, true, &heard);
    rule_history_beat(h, FIXTURE_TIME, false);
    assert_int_equal(heard.count, 0);
    rule_history_beat(h, FIXTURE_TIME, true); /* rules that want it were loaded meanwhile */
    assert_int_equal(heard.count, 4);
    rule_history_beat(h, FIXTURE_TIME + 365 * FIXTURE_DAY, true);
    assert_int_equal(heard.count, 4);
    rule_history_stop(h);
    fixture_remove_dir(&f);
    h = start(&f, true, &heard); /* the folder is gone */
    rule_history_beat(h, FIXTURE_TIME, true);
    assert_int_equal(heard.count, 0);
    rule_history_stop(h);
}

static void nap(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

static void a_live_run_is_handed_rows_as_they_come(void **state)
{
    enum { EACH = 1000, ALL = 4 * EACH };
    struct fixture f;
    struct heard heard;
    struct rule_history *h;

    (void)state;
    setup(&f, EACH);
    h = start(&f, false, &heard);
    for (int tries = 0; heard.count < ALL && tries < 20000; tries++) {
        size_t before = heard.count;

        rule_history_beat(h, FIXTURE_TIME, true);
        assert_true(heard.count - before <= RULE_HISTORY_BEAT_MAX);
        nap();
    }
    assert_int_equal(heard.count, ALL);
    rule_history_stop(h);
    fixture_remove_dir(&f);
}

/* More rows than there is room for, and nobody takes them: the reader waits, the beat does not. */
static void a_full_queue_holds_up_the_reader_alone(void **state)
{
    enum { EACH = RULE_HISTORY_ROOM / 4 + 500 };
    struct fixture f;
    struct heard heard;
    struct rule_history *h;

    (void)state;
    setup(&f, EACH);
    h = start(&f, false, &heard);
    rule_history_beat(h, FIXTURE_TIME, true);
    for (int i = 0; i < 100; i++)
        nap();
    for (int i = 0; i < 10; i++) /* its requests find no room either, sooner or later */
        rule_history_beat(h, FIXTURE_TIME + i * 8 * QUARTER, false);
    rule_history_stop(h);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replay_reads_the_same_quarter_of_four_weeks),
        cmocka_unit_test(each_quarter_is_asked_for_once_a_minute_ahead),
        cmocka_unit_test(nothing_is_read_that_no_rule_wants_or_no_store_has),
        cmocka_unit_test(a_live_run_is_handed_rows_as_they_come),
        cmocka_unit_test(a_full_queue_holds_up_the_reader_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
