#include "tests/unit/kpi_scene.h"

enum { LOADS_MAX = 64 };

struct loads {
    struct plan *plan;
    struct kpi *kpi;
    struct load_record told[LOADS_MAX];
    size_t n;
};

static void on_load(void *ctx, const struct record_type *type, const void *record)
{
    struct loads *l = ctx;

    if (type != &record_type_load)
        return;
    assert_true(l->n < LOADS_MAX);
    l->told[l->n] = *(const struct load_record *)record;
    assert_true(slice_eq(l->told[l->n].trunk, SLICE("a"))); /* b has no limit, all is no trunk */
    assert_int_equal(l->told[l->n].channel_limit, 2);
    l->n++;
}

static void open_kpi(struct loads *l, bool once)
{
    const struct kpi_options options = {
        .plan = l->plan, .hash_key = { 1, 2 }, .record = on_load, .ctx = l, .once = once
    };

    kpi_free(l->kpi);
    l->n = 0;
    assert_int_equal(kpi_new(&l->kpi, &options), 0);
}

static int begin(void **state)
{
    struct loads *l = calloc(1, sizeof *l);

    assert_non_null(l);
    assert_int_equal(plan_new(&l->plan), 0);
    assert_int_equal(plan_add_trunk(l->plan, &(struct plan_trunk){ SLICE("a"), 2, false }), 0);
    assert_int_equal(plan_add_trunk(l->plan, &(struct plan_trunk){ SLICE("b"), -1, false }), 0);
    open_kpi(l, false);
    *state = l;
    return 0;
}

static int end(void **state)
{
    struct loads *l = *state;

    kpi_free(l->kpi);
    plan_free(l->plan);
    free(l);
    return 0;
}

static void beat(struct loads *l, int64_t now_ns)
{
    kpi_tick(l->kpi, now_ns);
    kpi_load_tell(l->kpi, now_ns);
}

/* How many records more there are than `before`, and what the newest says. */
static void expect(const struct loads *l, size_t n, int64_t concurrent, int64_t time)
{
    assert_int_equal(l->n, n);
    assert_int_equal(l->told[n - 1].concurrent, concurrent);
    assert_int_equal(l->told[n - 1].time, time);
}

static void it_is_told_as_it_changes(void **state)
{
    struct loads *l = *state;
    struct call_record in = new_call(BASE + S), out = new_call(BASE + S),
                       other = new_call(BASE + S);
    struct kpi_mark marks[3] = { { 0 }, { 0 }, { 0 } };

    beat(l, BASE);
    in.trunk_in = out.trunk_out = SLICE("a");
    in.trunk_out = other.trunk_in = SLICE("b");
    kpi_call(l->kpi, &marks[0], &in, RECORD_OPENED);
    beat(l, BASE + S);
    assert_int_equal(l->n, 0); /* it rings: no channel of the count yet */
    answer(&in, BASE + 2 * S, 10);
    kpi_call(l->kpi, &marks[0], &in, RECORD_SETTLED);
    beat(l, BASE + 2 * S);
    expect(l, 1, 1, BASE + 2 * S);
    answer(&out, BASE + 3 * S, 10);
    answer(&other, BASE + 3 * S, 10);
    kpi_call(l->kpi, &marks[1], &out, RECORD_SETTLED);
    kpi_call(l->kpi, &marks[2], &other, RECORD_SETTLED);
    beat(l, BASE + 3 * S);
    expect(l, 2, 2, BASE + 3 * S); /* both directions together, once */
    beat(l, BASE + 4 * S);
    assert_int_equal(l->n, 2); /* nothing changed */
    hang_up(&in, BASE + 5 * S, "caller", NAN);
    kpi_call(l->kpi, &marks[0], &in, RECORD_CHANGED);
    beat(l, BASE + 5 * S);
    expect(l, 3, 1, BASE + 5 * S);
    kpi_call(l->kpi, &marks[0], &in, RECORD_CLOSED);
    beat(l, BASE + 6 * S);
    assert_int_equal(l->n, 3);
}

static void a_full_trunk_is_told_again(void **state)
{
    struct loads *l = *state;
    struct call_record call = new_call(BASE);
    struct kpi_mark mark = { 0 };

    beat(l, BASE);
    call.trunk_in = SLICE("a");
    answer(&call, BASE + S, 10);
    kpi_call(l->kpi, &mark, &call, RECORD_SETTLED);
    for (int second = 1; second <= 3 * KPI_LOAD_AGAIN_S; second++)
        beat(l, BASE + second * S);
    expect(l, 4, 1, BASE + 3 * KPI_LOAD_AGAIN_S * S);
    hang_up(&call, BASE + 31 * S, "caller", NAN);
    kpi_call(l->kpi, &mark, &call, RECORD_CLOSED);
    for (int second = 31; second <= 31 + 2 * KPI_LOAD_AGAIN_S; second++)
        beat(l, BASE + second * S);
    expect(l, 5, 0, BASE + 31 * S); /* an empty one is not */
}

static void time_that_is_set_back_empties_it(void **state)
{
    struct loads *l = *state;
    struct call_record call = new_call(BASE);
    struct kpi_mark mark = { 0 };

    beat(l, BASE);
    call.trunk_in = SLICE("a");
    answer(&call, BASE + S, 10);
    kpi_call(l->kpi, &mark, &call, RECORD_SETTLED);
    beat(l, BASE + S);
    beat(l, BASE - 2 * KPI_MINUTES * MIN);
    expect(l, 2, 0, BASE - 2 * KPI_MINUTES * MIN);
    hang_up(&call, BASE + 9 * S, "caller", NAN);
    kpi_call(l->kpi, &mark, &call, RECORD_CLOSED);
    for (int i = 1; i < 2 * KPI_LOAD_AGAIN_S; i++)
        beat(l, BASE - 2 * KPI_MINUTES * MIN + i * S);
    assert_true(l->told[l->n - 1].concurrent == 0); /* never below */
}

static void whoever_reads_a_file_once_is_told_nothing(void **state)
{
    struct loads *l = *state;
    struct call_record call = new_call(BASE);

    open_kpi(l, true);
    call.trunk_in = SLICE("a");
    answer(&call, BASE + S, 10);
    hang_up(&call, BASE + 9 * S, "caller", NAN);
    for (int event = RECORD_SETTLED; event <= RECORD_CLOSED; event++) {
        struct kpi_mark mark = { 0 };

        kpi_call(l->kpi, &mark, &call, (enum record_event)event);
    }
    beat(l, BASE + 10 * S);
    assert_int_equal(l->n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_told_as_it_changes, begin, end),
        cmocka_unit_test_setup_teardown(a_full_trunk_is_told_again, begin, end),
        cmocka_unit_test_setup_teardown(time_that_is_set_back_empties_it, begin, end),
        cmocka_unit_test_setup_teardown(whoever_reads_a_file_once_is_told_nothing, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
