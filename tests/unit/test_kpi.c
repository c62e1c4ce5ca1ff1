#include "tests/unit/kpi_scene.h"

static void classes_are_as_documented(void **state)
{
    static const struct {
        double ms;
        int64_t rounded;
    } rows[] = {
        { 0, 0 },           { 4.999, 0 },       { 5, 10 },        { 994.999, 990 },
        { 996, 1000 },      { 1000, 1000 },     { 1024.9, 1000 }, { 1025, 1050 },
        { 4980, 5000 },     { 5000, 5000 },     { 5250, 5500 },   { 29700, 29500 },
        { 29800, 30000 },   { 30000, 30000 },   { 33000, 35000 }, { 177000, 175000 },
        { 178000, 180000 }, { 180000, 180000 }, { 1e9, 180000 },
    };
    int64_t before = -1;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint16_t class = kpi_sum_pdd_class(rows[i].ms);

        assert_true(class < KPI_PDD_CLASSES);
        assert_int_equal(kpi_sum_pdd_of_class(class), rows[i].rounded);
    }
    for (uint16_t class = 0; class < KPI_PDD_CLASSES; class ++) {
        assert_true(kpi_sum_pdd_of_class(class) > before);
        before = kpi_sum_pdd_of_class(class);
        assert_int_equal(kpi_sum_pdd_class((double)before), class);
    }
    assert_int_equal(kpi_sum_mos_class(1), 20);
    assert_int_equal(kpi_sum_mos_class(4.4094), 88);
    assert_int_equal(kpi_sum_mos_class(4.374), 87);
    assert_int_equal(kpi_sum_mos_class(99), KPI_MOS_CLASSES - 1);
}

/* One minute by hand: ten calls of one trunk. */
static void a_minute_by_hand(void **state)
{
    struct scene *s = *state;
    const struct kpi_record *r;

    kpi_tick(s->kpi, BASE);
    for (int i = 0; i < 10; i++) {
        struct call_record c = new_call(BASE + i * S);

        c.trunk_in = SLICE("a");
        c.destination = SLICE("Germany");
        c.post_dial_delay_ms = 100 * (i + 1);
        if (i < 4) {
            answer(&c, BASE + (i + 2) * S, 100 * (i + 1));
            hang_up(&c, BASE + (i + 2) * S + (i == 0 ? 5999 : 20000) * (S / 1000),
                    i < 3 ? "caller" : "callee", 4.0 + 0.1 * i);
        }
        if (i == 1)
            c.one_way = 1;
        if (i == 4)
            end_badly(&c, BASE + 20 * S, 486, "nos", "busy");
        if (i == 5)
            end_badly(&c, BASE + 20 * S, 487, "nos", "cancel");
        if (i == 6)
            end_badly(&c, BASE + 20 * S, 404, "nos", "not_found");
        if (i == 7)
            end_badly(&c, BASE + 20 * S, 302, "nos", "other");
        if (i == 8)
            end_badly(&c, BASE + 20 * S, 503, "failure", NULL);
        if (i == 9)
            end_badly(&c, BASE + 20 * S, 0, "nos", "other");
        tell_all(s, &c);
    }
    kpi_tick(s->kpi, BASE + MIN - 1);
    assert_int_equal(s->rows.n, 0);
    kpi_tick(s->kpi, BASE + MIN);
    assert_int_equal(s->rows.n, 4); /* all, the trunk, the destination, both */
    assert_non_null(row_of(s, BASE, NULL, NULL, "Germany"));
    assert_non_null(row_of(s, BASE, "a", "in", "Germany"));
    r = row_of(s, BASE, "a", "in", NULL);
    assert_non_null(r);
    assert_int_equal(r->window_s, 60);
    assert_int_equal(r->attempts, 10);
    assert_int_equal(r->answered, 4);
    assert_int_equal(r->failure, 1);
    assert_int_equal(r->nos, 5);
    assert_int_equal(r->nos_busy, 1);
    assert_int_equal(r->nos_cancel, 1);
    assert_int_equal(r->nos_not_found, 1);
    assert_int_equal(r->nos_other, 2);
    assert_true(r->asr_ratio == 0.4);
    assert_true(r->ner_ratio == 0.6);
    assert_true(r->ser_ratio == 4.0 / 9);
    assert_true(r->seer_ratio == 5.0 / 9);
    assert_true(r->isa_ratio == 0.1);
    assert_true(r->scr_ratio == 0.4);
    assert_int_equal(r->ended, 4);
    assert_true(r->duration_s == 65.999);
    assert_true(r->acd_s == 65.999 / 4);
    assert_int_equal(r->short_calls, 1);
    assert_int_equal(r->ended_by_caller, 3);
    assert_int_equal(r->ended_by_callee, 1);
    assert_true(r->pdd_ms_p50 == 500);
    assert_true(r->pdd_ms_p95 == 1000);
    assert_true(r->mos_lq_p50 == 4.1);
    assert_true(r->mos_lq_p5 == 4.0);
    assert_int_equal(r->judged, 4);
    assert_int_equal(r->one_way, 1);
    assert_int_equal(r->concurrent_max, 4);
    assert_int_equal(r->channel_limit, 2);
    assert_true(slice_eq(r->responses, SLICE("{\"200\":4,\"302\":1,\"404\":1,\"486\":1,\"487\":1,"
                                             "\"503\":1}")));
    assert_true(slice_eq(r->mos_histogram, SLICE("{\"4.00\":1,\"4.10\":1,\"4.20\":1,\"4.30\":1}")));
    r = row_of(s, BASE, NULL, NULL, NULL);
    assert_int_equal(r->attempts, 10);
    assert_int_equal(r->channel_limit, RECORD_NONE);
    r = row_of(s, BASE, NULL, NULL, "Germany");
    assert_int_equal(r->attempts, 10);
    assert_int_equal(r->concurrent_max, RECORD_NONE);
}

static void nothing_known_is_null(void **state)
{
    struct scene *s = *state;
    struct call_record c = new_call(BASE);
    struct kpi_mark mark = { 0 };
    const struct kpi_record *r;

    kpi_call(s->kpi, &mark, &c, RECORD_OPENED);
    kpi_finish(s->kpi);
    r = row_of(s, BASE, NULL, NULL, NULL);
    assert_int_equal(r->attempts, 1); /* open when the run ends */
    assert_true(isnan(r->asr_ratio) && isnan(r->ner_ratio) && isnan(r->ser_ratio));
    assert_true(isnan(r->seer_ratio) && isnan(r->isa_ratio) && isnan(r->scr_ratio));
    assert_true(isnan(r->acd_s) && isnan(r->pdd_ms_p50) && isnan(r->mos_lq_p5));
    assert_true(slice_eq(r->responses, SLICE("{}")));
    assert_int_equal(r->concurrent_max, 0);
    kpi_call(s->kpi, &mark, &c, RECORD_CLOSED);
}

/* A branch fails, another one answers a minute later, another trunk turns out to carry it. */
static void what_turns_out_otherwise_is_moved(void **state)
{
    struct scene *s = *state;
    struct call_record c = new_call(BASE + 50 * S);
    struct kpi_mark mark = { 0 };

    c.trunk_out = SLICE("a");
    kpi_tick(s->kpi, BASE + 51 * S);
    kpi_call(s->kpi, &mark, &c, RECORD_OPENED);
    end_badly(&c, BASE + 55 * S, 486, "nos", "busy");
    kpi_call(s->kpi, &mark, &c, RECORD_SETTLED);
    kpi_tick(s->kpi, BASE + MIN);
    assert_int_equal(row_of(s, BASE, "a", "out", NULL)->nos_busy, 1);
    answer(&c, BASE + 65 * S, 5000);
    c.closed_time = RECORD_NONE;
    kpi_call(s->kpi, &mark, &c, RECORD_CHANGED);
    kpi_tick(s->kpi, BASE + 80 * S);
    assert_int_equal(row_of(s, BASE, "a", "out", NULL)->nos_busy, 0);
    assert_int_equal(row_of(s, BASE, "a", "out", NULL)->nos, 0);
    assert_true(slice_eq(row_of(s, BASE, "a", "out", NULL)->responses, SLICE("{}")));
    c.trunk_out = SLICE("b");
    hang_up(&c, BASE + 70 * S, "callee", NAN);
    kpi_call(s->kpi, &mark, &c, RECORD_CLOSED);
    kpi_finish(s->kpi);
    assert_int_equal(row_of(s, BASE, "a", "out", NULL)->attempts, 0);
    assert_int_equal(row_of(s, BASE, "b", "out", NULL)->attempts, 1);
    assert_int_equal(row_of(s, BASE, NULL, NULL, NULL)->attempts, 1);
    assert_int_equal(row_of(s, BASE, NULL, NULL, NULL)->nos, 0);
    assert_int_equal(row_of(s, BASE + MIN, "b", "out", NULL)->answered, 1);
    assert_int_equal(row_of(s, BASE + MIN, "b", "out", NULL)->concurrent_max, 1);
    assert_int_equal(row_of(s, BASE + MIN, NULL, NULL, NULL)->answered, 1);
    assert_int_equal(s->counters.refusals[REFUSAL_KPI_LATE], 0);
}

static void both_directions_share_the_channels(void **state)
{
    struct scene *s = *state;
    struct call_record in = new_call(BASE + S), out = new_call(BASE + 2 * S);
    struct kpi_mark marks[2] = { { 0 }, { 0 } };

    kpi_tick(s->kpi, BASE);
    in.trunk_in = SLICE("a");
    out.trunk_out = SLICE("a");
    answer(&in, BASE + 3 * S, 10);
    answer(&out, BASE + 4 * S, 10);
    kpi_call(s->kpi, &marks[0], &in, RECORD_SETTLED);
    kpi_call(s->kpi, &marks[1], &out, RECORD_SETTLED);
    kpi_tick(s->kpi, BASE + 3 * MIN); /* quiet minutes have rows too */
    assert_int_equal(row_of(s, BASE, "a", "in", NULL)->concurrent_max, 2);
    assert_int_equal(row_of(s, BASE, "a", "out", NULL)->concurrent_max, 2);
    assert_int_equal(row_of(s, BASE + 2 * MIN, "a", "out", NULL)->concurrent_max, 2);
    assert_int_equal(row_of(s, BASE + 2 * MIN, "a", "out", NULL)->attempts, 0);
    /* The end of one comes to light a minute late: what was told is corrected. */
    hang_up(&in, BASE + MIN + 30 * S, "caller", NAN);
    kpi_call(s->kpi, &marks[0], &in, RECORD_CLOSED);
    kpi_tick(s->kpi, BASE + 4 * MIN);
    assert_int_equal(row_of(s, BASE + MIN, "a", "out", NULL)->concurrent_max, 2);
    assert_int_equal(row_of(s, BASE + 2 * MIN, "a", "out", NULL)->concurrent_max, 1);
    assert_int_equal(row_of(s, BASE + 2 * MIN, "a", "in", NULL)->concurrent_max, 1);
    assert_int_equal(row_of(s, BASE + 3 * MIN, NULL, NULL, NULL)->concurrent_max, 1);
    assert_null(row_of(s, BASE + 3 * MIN, "a", "in", NULL));
    hang_up(&out, BASE + 4 * MIN, "caller", NAN);
    kpi_call(s->kpi, &marks[1], &out, RECORD_CLOSED);
}

static void windows_are_read(void **state)
{
    struct scene *s = *state;
    struct kpi_record r;

    for (int i = 0; i < 30; i++) {
        struct call_record c = new_call(BASE + i * MIN);

        kpi_tick(s->kpi, BASE + i * MIN);
        c.trunk_in = SLICE("a");
        if (i % 2)
            end_badly(&c, BASE + i * MIN, 503, "failure", NULL);
        else
            answer(&c, BASE + i * MIN + S, 20 * i);
        if (i % 2 == 0)
            hang_up(&c, BASE + i * MIN + 11 * S, "caller", 4);
        tell_all(s, &c);
    }
    assert_true(
        kpi_read(s->kpi, SLICE("a"), SLICE("in"), SLICE_ABSENT, 1, BASE + 28 * MIN + S, &r));
    assert_int_equal(r.attempts, 1);
    assert_true(r.time == BASE + 28 * MIN && r.window_s == 60);
    assert_true(
        kpi_read(s->kpi, SLICE("a"), SLICE("in"), SLICE_ABSENT, 5, BASE + 29 * MIN + 59 * S, &r));
    assert_int_equal(r.attempts, 5);
    assert_int_equal(r.failure, 3);
    assert_true(r.pdd_ms_p50 == 520 && r.pdd_ms_p95 == 560);
    assert_true(r.acd_s == 10);
    assert_int_equal(r.channel_limit, 2);
    assert_int_equal(r.concurrent_max, 1);
    assert_true(
        kpi_read(s->kpi, SLICE_ABSENT, SLICE_ABSENT, SLICE_ABSENT, 60, BASE + 29 * MIN, &r));
    assert_int_equal(r.attempts, 30);
    assert_int_equal(r.window_s, 3600);
    assert_true(
        kpi_read(s->kpi, SLICE_ABSENT, SLICE_ABSENT, SLICE_ABSENT, 15, BASE + 40 * MIN, &r));
    assert_int_equal(r.attempts, 4);
    assert_false(kpi_read(s->kpi, SLICE("b"), SLICE("in"), SLICE_ABSENT, 5, BASE, &r));
}

static void a_rerun_replaces_its_rows(void **state)
{
    struct scene *s = *state;
    size_t rows;

    for (int run = 0; run < 3; run++) {
        start(s, false);
        for (int i = 0; i < 200; i++) {
            struct call_record c = new_call(BASE + i * S);
            char name[32];

            snprintf(name, sizeof name, "D%d", i % 20);
            kpi_tick(s->kpi, BASE + i * S);
            if (run == 1 && i == 150)
                break; /* killed */
            c.trunk_in = SLICE("a");
            c.destination = slice_of_text(name);
            end_badly(&c, BASE + i * S, 404, "nos", "not_found");
            tell_all(s, &c);
        }
        kpi_finish(s->kpi);
        if (run == 0)
            rows = s->rows.n;
        else
            assert_int_equal(s->rows.n, rows);
    }
    assert_int_equal(rows, 4 * 42);
    assert_int_equal(row_of(s, BASE + 2 * MIN, NULL, NULL, NULL)->attempts, 60);
    assert_int_equal(row_of(s, BASE + 3 * MIN, NULL, NULL, NULL)->attempts, 20);
}

static void over_the_cap_only_groups_are_left_out(void **state)
{
    struct scene *s = *state;
    const int n = KPI_GROUPS_MAX + 500;

    for (int i = 0; i < n; i++) {
        struct call_record c = new_call(BASE);
        char name[32];

        snprintf(name, sizeof name, "D%d", i);
        c.destination = slice_of_text(name);
        end_badly(&c, BASE, 404, "nos", "not_found");
        tell_all(s, &c);
    }
    assert_int_equal(s->counters.refusals[REFUSAL_KPI_GROUPS], 500);
    kpi_finish(s->kpi);
    assert_int_equal(s->rows.n, KPI_GROUPS_MAX + 1);
    assert_int_equal(row_of(s, BASE, NULL, NULL, NULL)->attempts, n);
    /* An hour later nobody knows of them, and there is room. */
    kpi_tick(s->kpi, BASE + 62 * MIN);
    kpi_tick(s->kpi, BASE + 63 * MIN);
    for (int i = 0; i < 100; i++) {
        struct call_record c = new_call(BASE + 63 * MIN);
        char name[32];

        snprintf(name, sizeof name, "E%d", i);
        c.destination = slice_of_text(name);
        tell_all(s, &c);
    }
    assert_int_equal(s->counters.refusals[REFUSAL_KPI_GROUPS], 500);
}

/* Pairs of trunk and destination go without before trunks and destinations do. */
static void pairs_leave_room(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < KPI_GROUPS_MAX; i++) {
        struct call_record c = new_call(BASE);
        char trunk[32], destination[32];

        snprintf(trunk, sizeof trunk, "T%d", i / 100);
        snprintf(destination, sizeof destination, "D%d", i % 100);
        c.trunk_in = slice_of_text(trunk);
        c.destination = slice_of_text(destination);
        tell_all(s, &c);
    }
    kpi_finish(s->kpi);
    /* Some trunks came when pairs had no room any more. */
    assert_in_range(s->rows.n, KPI_PAIRS_MAX + 1, KPI_PAIRS_MAX + 1 + 41);
    for (int i = 0; i < 41; i++) {
        char trunk[32];

        snprintf(trunk, sizeof trunk, "T%d", i);
        assert_int_equal(row_of(s, BASE, trunk, "in", NULL)->attempts, i < 40 ? 100 : 96);
    }
    assert_int_equal(row_of(s, BASE, NULL, NULL, "D99")->attempts, 40);
    assert_true(s->counters.refusals[REFUSAL_KPI_GROUPS] > 0);
}

static void memory_is_bounded(void **state)
{
    struct scene *s = *state;
    const struct kpi_options options = { .counters = &s->counters };
    size_t most = 0, per_minute;

    kpi_free(s->kpi);
    assert_int_equal(kpi_new(&s->kpi, &options), 0);
    /* Every group in every minute, each time with another response, delay and MOS. */
    for (int minute = 0; minute < KPI_MINUTES; minute++) {
        kpi_tick(s->kpi, BASE + minute * MIN);
        for (int i = 0; i < KPI_GROUPS_MAX; i += minute % 3 ? 7 : 1) {
            struct call_record c = new_call(BASE + minute * MIN);
            char name[32];

            snprintf(name, sizeof name, "D%d", i);
            c.destination = slice_of_text(name);
            answer(&c, BASE + minute * MIN, i);
            hang_up(&c, BASE + minute * MIN + 30 * S, "caller", 1 + i % 80 * 0.05);
            tell_all(s, &c);
        }
        if (kpi_bytes(s->kpi) > most)
            most = kpi_bytes(s->kpi);
    }
    assert_true(most < (size_t)KPI_BYTES_MAX + 65536);
    per_minute = (most - KPI_GROUPS_MAX * 700) / (KPI_GROUPS_MAX * 21 + KPI_GROUPS_MAX / 7 * 40);
    assert_in_range(per_minute, 100, 260);
    print_message("%zu bytes, %zu a group's minute\n", most, per_minute);
}

static void time_that_is_set_back_begins_anew(void **state)
{
    struct scene *s = *state;
    struct call_record open = new_call(BASE + 200 * MIN), c = new_call(BASE);
    struct kpi_mark mark = { 0 };
    const struct kpi_record *r;

    kpi_tick(s->kpi, BASE + 200 * MIN);
    answer(&open, BASE + 200 * MIN + S, 10);
    kpi_call(s->kpi, &mark, &open, RECORD_SETTLED);
    kpi_tick(s->kpi, BASE);
    assert_int_equal(row_of(s, BASE + 200 * MIN, NULL, NULL, NULL)->answered, 1);
    answer(&c, BASE + S, 10);
    hang_up(&c, BASE + 11 * S, "caller", 4);
    tell_all(s, &c);
    hang_up(&open, BASE + 200 * MIN + 60 * S, "caller", 4);
    kpi_call(s->kpi, &mark, &open, RECORD_CLOSED); /* of a time that is no more */
    kpi_tick(s->kpi, BASE + MIN);
    r = row_of(s, BASE, NULL, NULL, NULL);
    assert_int_equal(r->attempts, 1);
    assert_int_equal(r->concurrent_max, 1);
    assert_int_equal(row_of(s, BASE + 200 * MIN, NULL, NULL, NULL)->answered, 1);
    /* A wild time is counted as refused, and moves nothing. */
    c = new_call(BASE + 100000 * MIN);
    tell_all(s, &c);
    c = new_call(INT64_MAX);
    tell_all(s, &c);
    assert_true(s->counters.refusals[REFUSAL_KPI_LATE] > 0);
    c = new_call(BASE + MIN);
    tell_all(s, &c);
    kpi_finish(s->kpi);
    assert_int_equal(row_of(s, BASE + MIN, NULL, NULL, NULL)->attempts, 1);
}

static void told_once_where_nothing_is_replaced(void **state)
{
    struct scene *s = *state;

    start(s, true);
    for (int i = 0; i < 70; i++) {
        struct call_record c = new_call(BASE + i * MIN);

        kpi_tick(s->kpi, BASE + i * MIN);
        end_badly(&c, BASE + i * MIN, 404, "nos", "not_found");
        tell_all(s, &c);
    }
    assert_int_equal(s->rows.told, 70 - KPI_MINUTES);
    kpi_finish(s->kpi);
    assert_int_equal(s->rows.told, 70);
    assert_int_equal(s->rows.n, 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_as_documented),
        cmocka_unit_test_setup_teardown(a_minute_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_known_is_null, setup, teardown),
        cmocka_unit_test_setup_teardown(what_turns_out_otherwise_is_moved, setup, teardown),
        cmocka_unit_test_setup_teardown(both_directions_share_the_channels, setup, teardown),
        cmocka_unit_test_setup_teardown(windows_are_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rerun_replaces_its_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(over_the_cap_only_groups_are_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(pairs_leave_room, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(time_that_is_set_back_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(told_once_where_nothing_is_replaced, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
