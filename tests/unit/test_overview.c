/* An overview's sums against minutes made by hand: what stands in each was counted on paper. */
#include "analyzer/kpi/kpi_id.h"
#include "analyzer/record_id.h"
#include "probe/web/cause_words.h"
#include "probe/web/observed.h"
#include "probe/web/overview.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MINUTE INT64_C(60000000000)
#define HOUR   (60 * MINUTE)
#define UNTIL  (INT64_C(29662560) * MINUTE) /* a full hour in 2026 */

/* A minute of all calls: ten attempts, four answered, one of them talked on, two busy, one 503. */
static struct kpi_record minute_at(int64_t time)
{
    struct kpi_record k;

    record_clear(&record_type_kpi, &k);
    k.time = time;
    k.attempts = 10;
    k.answered = 4;
    k.failure = 1;
    k.nos = k.nos_busy = 2;
    k.ner_ratio = 6.0 / 7;
    k.ended = 3;
    k.scr_ratio = 0.5;
    k.duration_s = 90;
    k.judged = 3;
    k.one_way = 1;
    k.concurrent_max = 4;
    k.responses = SLICE("{\"200\":4,\"486\":2,\"503\":1}");
    k.pdd_histogram = SLICE("{\"120\":6,\"2000\":1}");
    k.mos_histogram = SLICE("{\"2.50\":1,\"4.40\":2}");
    return k;
}

struct group {
    const char *trunk, *destination;
    struct overview_counts counts;
};

static struct group group_at(const char *trunk, const char *destination, int64_t attempts,
                             int64_t answered, int64_t effective)
{
    return (struct group){
        trunk,
        destination,
        { .attempts = attempts, .answered = answered, .settled = attempts, .effective = effective }
    };
}

static uint64_t key_of(const char *trunk, const char *destination, struct slice names[3])
{
    names[0] = trunk ? slice_of_text(trunk) : SLICE_ABSENT;
    names[1] = trunk ? SLICE("out") : SLICE_ABSENT;
    names[2] = destination ? slice_of_text(destination) : SLICE_ABSENT;
    return kpi_id_key(kpi_id_make(kpi_id_hash(names[0], names[1], names[2]), UNTIL));
}

static struct overview *begin(unsigned minutes)
{
    struct overview *o = malloc(sizeof *o);

    assert_non_null(o);
    assert_int_equal(overview_init(o, UNTIL, minutes), 0);
    return o;
}

static void end(struct overview *o)
{
    overview_fini(o);
    free(o);
}

static void each_minute_counts_in_its_window(void **state)
{
    struct overview *o = begin(60);
    const struct {
        int64_t time;
        int now, before;
    } rows[] = {
        { UNTIL - 1 * MINUTE, 1, 0 },   { UNTIL - 60 * MINUTE, 2, 0 },
        { UNTIL - 61 * MINUTE, 2, 1 },  { UNTIL - 120 * MINUTE, 2, 2 },
        { UNTIL - 121 * MINUTE, 2, 2 }, { UNTIL, 2, 2 },
        { UNTIL - 25 * HOUR, 2, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct kpi_record k = minute_at(rows[i].time);

        overview_add_all(o, &k);
        assert_int_equal(o->now.counts[KPI_ATTEMPTS], 10 * rows[i].now);
        assert_int_equal(o->before.counts[KPI_ATTEMPTS], 10 * rows[i].before);
    }
    assert_int_equal(o->step_count, 60);
    assert_int_equal(o->steps[0].counts[KPI_ANSWERED], 4);
    assert_int_equal(o->steps[59].counts[KPI_ANSWERED], 4);
    assert_int_equal(o->steps[30].counts[KPI_ANSWERED], 0);
    assert_int_equal(o->concurrent, 4);
    end(o);
}

static void ratios_and_percentiles_come_from_the_sums(void **state)
{
    struct overview *o = begin(15);
    struct strbuf texts = { 0 };
    struct kpi_record k, other = minute_at(UNTIL - 2 * MINUTE);

    (void)state;
    /* 4 + 9 of 7 + 9 answered: a mean of the minutes' ratios would be 0.79. */
    other.answered = 9;
    other.failure = other.nos = other.nos_busy = 0;
    other.ner_ratio = 1;
    other.responses = SLICE("{\"200\":9}");
    other.pdd_histogram = SLICE("{\"3000\":9}");
    other.mos_histogram = SLICE("{}");
    overview_add_all(o, &other);
    k = minute_at(UNTIL - MINUTE);
    overview_add_all(o, &k);
    kpi_sum_report(&o->now, &k, &texts);
    assert_float_equal(k.asr_ratio, 13.0 / 16, 1e-9);
    assert_float_equal(k.ner_ratio, 15.0 / 16, 1e-9);
    assert_float_equal(k.acd_s, 30, 1e-9);
    /* Six of 120, one of 2000, nine of 3000 ms. */
    assert_float_equal(k.pdd_ms_p50, 3000, 1e-9);
    assert_float_equal(k.mos_lq_p50, 4.4, 1e-9);
    assert_float_equal(k.mos_lq_p5, 2.5, 1e-9);
    assert_int_equal(k.one_way, 2);
    assert_int_equal(o->now.keys[486], 2);
    strbuf_fini(&texts);
    end(o);
}

static void steps_fit_the_chart(void **state)
{
    static const struct {
        unsigned minutes, step, count;
    } rows[] = { { 1, 1, 1 },      { 15, 1, 15 },      { 60, 1, 60 },
                 { 96, 1, 96 },    { 97, 2, 49 },      { 360, 5, 72 },
                 { 1440, 15, 96 }, { 10080, 120, 84 }, { 1441, 30, 49 } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct overview *o = begin(rows[i].minutes);
        struct kpi_record first = minute_at(o->from), last = minute_at(UNTIL - MINUTE);

        assert_int_equal(o->step_ns, rows[i].step * MINUTE);
        assert_int_equal(o->step_count, rows[i].count);
        overview_add_all(o, &first);
        overview_add_all(o, &last);
        assert_int_equal(o->steps[0].counts[KPI_ATTEMPTS], o->step_count == 1 ? 20 : 10);
        assert_true(o->steps[o->step_count - 1].counts[KPI_ATTEMPTS] >= 10);
        end(o);
    }
}

static void the_busy_hour_is_where_most_calls_began(void **state)
{
    struct overview *o = begin(15);
    struct overview_hour hour;

    (void)state;
    assert_false(overview_busy_hour(o, &hour));
    /* One call a minute, but for an hour and a half ten hours ago: there its second part is busier. */
    for (int m = 1; m <= 1440; m++) {
        struct kpi_record k = minute_at(UNTIL - m * MINUTE);

        k.attempts = m > 600 && m <= 690 ? (m <= 660 ? 12 : 9) : 1;
        k.duration_s = 120;
        overview_add_all(o, &k);
    }
    assert_true(overview_busy_hour(o, &hour));
    assert_int_equal(hour.attempts, 720);
    assert_int_equal(hour.from, UNTIL - 660 * MINUTE);
    assert_float_equal(hour.erlang, 2, 1e-9);
    end(o);
}

static void add(struct overview *o, struct group group, int64_t time)
{
    struct slice names[3];
    uint64_t key = key_of(group.trunk, group.destination, names);
    struct overview_group *g = overview_find(o, key);

    if (!g)
        g = overview_meet(o, key, names);
    if (g)
        overview_add_group(o, g, time, &group.counts);
}

/* What is said of a trunk with these calls now and before; NULL: nothing. */
static void trouble_is_what_chance_does_not_explain(void **state)
{
    static const struct {
        int calls, answered, effective, calls_before, answered_before, effective_before;
        const char *says;
    } rows[] = {
        { 3, 1, 1, 3, 3, 3, NULL },
        { 240, 150, 236, 240, 150, 236, NULL },
        { 240, 100, 190, 240, 150, 238,
          "50 of 240 calls failed in the network (NER 79 %, 99 % before)" },
        { 240, 100, 190, 0, 0, 0, "50 of 240 calls failed in the network (NER 79 %)" },
        { 240, 70, 238, 240, 150, 238, "ASR 29 % of 240 calls, 63 % before" },
        { 240, 140, 238, 240, 150, 238, NULL },
        { 0, 0, 0, 200, 100, 200, "no calls at all, 200 before" },
        { 0, 0, 0, 5, 3, 5, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct overview *o = begin(60);

        add(o, group_at("a", NULL, rows[i].calls, rows[i].answered, rows[i].effective),
            UNTIL - MINUTE);
        add(o,
            group_at("a", NULL, rows[i].calls_before, rows[i].answered_before,
                     rows[i].effective_before),
            UNTIL - 70 * MINUTE);
        overview_rank(o);
        assert_string_equal(o->groups[0]->trouble, rows[i].says ? rows[i].says : "");
        assert_int_equal(o->trunks.troubled, rows[i].says != NULL);
        end(o);
    }
}

static void the_worst_come_first_then_the_largest(void **state)
{
    struct overview *o = begin(60);
    struct slice names[3];
    struct kpi_record k;
    char name[16];

    (void)state;
    add(o, group_at("large", NULL, 1000, 600, 995), UNTIL - MINUTE);
    add(o, group_at("broken", NULL, 100, 10, 20), UNTIL - MINUTE);
    add(o, group_at(NULL, "Cuba", 50, 40, 50), UNTIL - MINUTE);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof name, "t%d", i);
        add(o, group_at(name, NULL, i, i, i), UNTIL - MINUTE);
    }
    overview_rank(o);
    assert_int_equal(o->trunks.count, OVERVIEW_LISTED_MAX);
    assert_int_equal(o->trunks.all, 21); /* t0 did nothing */
    assert_true(slice_eq(o->trunks.groups[0]->trunk, SLICE("broken")));
    assert_true(slice_eq(o->trunks.groups[1]->trunk, SLICE("large")));
    assert_true(slice_eq(o->trunks.groups[2]->trunk, SLICE("t19")));
    assert_int_equal(o->trunks.groups[0]->steps[59].settled, 100);
    assert_int_equal(o->destinations.count, 1);
    /* A whole row of one of them fills in its histograms; of others and of before nothing. */
    record_clear(&record_type_kpi, &k);
    k.id = kpi_id_of(key_of("broken", NULL, names), UNTIL - 61 * MINUTE);
    k.mos_histogram = SLICE("{\"3.00\":5}");
    assert_true(overview_add_listed(o, &k));
    assert_null(o->trunks.groups[0]->sum);
    k.id = kpi_id_of(key_of("broken", NULL, names), UNTIL - MINUTE);
    assert_true(overview_add_listed(o, &k));
    assert_float_equal(kpi_sum_mos_of_rank(o->trunks.groups[0]->sum, 50), 3, 1e-9);
    k.id = kpi_id_of(key_of("nobody", NULL, names), UNTIL - MINUTE);
    assert_true(overview_add_listed(o, &k));
    end(o);
}

static void groups_beyond_the_cap_are_left_out_and_said(void **state)
{
    struct overview *o = begin(1);
    char name[16];

    (void)state;
    for (int i = 0; i <= OVERVIEW_GROUPS_MAX; i++) {
        assert_false(o->cut);
        snprintf(name, sizeof name, "d%d", i);
        add(o, group_at(NULL, name, 1, 1, 1), UNTIL - MINUTE);
    }
    assert_true(o->cut);
    assert_int_equal(o->group_count, OVERVIEW_GROUPS_MAX);
    end(o);
}

static void what_nobody_saw_is_a_gap(void **state)
{
    static const struct {
        int64_t from, until; /* minutes before the end */
    } runs[] = { { 50, 40 }, { 39, 30 }, { 200, 48 }, { 10, -5 } };
    struct observed o = { 0 };
    struct observed_span gap;
    struct capture_record ledger;

    (void)state;
    assert_int_equal(observed_of(&o, UNTIL - HOUR, UNTIL),
                     HOUR); /* no ledger: not known to be less */
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        record_clear(&record_type_capture, &ledger);
        observed_add(&o, &ledger); /* without times: none */
        ledger.start_time = UNTIL - runs[i].from * MINUTE;
        ledger.end_time = UNTIL - runs[i].until * MINUTE;
        observed_add(&o, &ledger);
    }
    observed_join(&o);
    assert_int_equal(o.count, 2);
    assert_true(observed_gap(&o, UNTIL - HOUR, UNTIL, &gap));
    assert_int_equal(gap.from, UNTIL - 30 * MINUTE);
    assert_int_equal(gap.until, UNTIL - 10 * MINUTE);
    assert_false(observed_gap(&o, gap.until, UNTIL, &gap));
    assert_int_equal(observed_of(&o, UNTIL - HOUR, UNTIL), 40 * MINUTE);
    assert_int_equal(observed_of(&o, UNTIL + 2 * HOUR, UNTIL + 3 * HOUR), 0);
    assert_int_equal(observed_of(&o, UNTIL - 5 * HOUR, UNTIL - 4 * HOUR), 0);
    assert_int_equal(observed_of(&o, UNTIL - 25 * MINUTE, UNTIL - 20 * MINUTE), 0);
}

static void a_group_is_found_by_its_name(void **state)
{
    uint64_t all = kpi_id_hash(SLICE_ABSENT, SLICE_ABSENT, SLICE_ABSENT);
    uint64_t none = kpi_id_hash(SLICE(""), SLICE_ABSENT, SLICE_ABSENT);
    uint64_t a = kpi_id_make(all, UNTIL), b = kpi_id_make(all, UNTIL + MINUTE);

    (void)state;
    assert_int_not_equal(all, none);
    assert_true(record_id_time_ns(a) >= UNTIL && record_id_time_ns(a) < UNTIL + MINUTE);
    assert_int_equal(kpi_id_key(a), kpi_id_key(b));
    assert_int_equal(kpi_id_minute_ns(b), UNTIL + MINUTE);
    assert_int_equal(kpi_id_of(kpi_id_key(a), UNTIL + MINUTE), b);
}

static void causes_have_the_kinds_of_outcomes(void **state)
{
    static const struct {
        int status;
        const char *kind;
    } rows[] = { { 486, "busy" },      { 600, "busy" },    { 487, "cancel" },  { 404, "not_found" },
                 { 604, "not_found" }, { 503, "failure" }, { 599, "failure" }, { 0, "other" },
                 { 480, "other" },     { 499, "other" } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(cause_words_kind_of(rows[i].status), rows[i].kind);
    assert_null(cause_words_find(499));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_minute_counts_in_its_window),
        cmocka_unit_test(ratios_and_percentiles_come_from_the_sums),
        cmocka_unit_test(steps_fit_the_chart),
        cmocka_unit_test(the_busy_hour_is_where_most_calls_began),
        cmocka_unit_test(trouble_is_what_chance_does_not_explain),
        cmocka_unit_test(the_worst_come_first_then_the_largest),
        cmocka_unit_test(groups_beyond_the_cap_are_left_out_and_said),
        cmocka_unit_test(what_nobody_saw_is_a_gap),
        cmocka_unit_test(a_group_is_found_by_its_name),
        cmocka_unit_test(causes_have_the_kinds_of_outcomes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
