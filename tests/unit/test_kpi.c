#include "analyzer/kpi/kpi.h"
#include "analyzer/kpi/kpi_sum.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define S    INT64_C(1000000000)
#define MIN  (60 * S)
#define BASE (INT64_C(29662560) * MIN) /* a full hour in 2026 */

enum { ROWS_MAX = 20000 };

/* Rows as a store keeps them: the last one of an id counts. */
struct rows {
    struct kpi_record *rows[ROWS_MAX];
    size_t n, told;
};

struct scene {
    struct plan *plan;
    struct kpi *kpi;
    struct counters counters;
    struct rows rows;
};

static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct scene *s = ctx;
    const struct kpi_record *r = record;
    struct kpi_record *copy = record_clone(type, record);

    assert_ptr_equal(type, &record_type_kpi);
    assert_non_null(copy);
    s->rows.told++;
    for (size_t i = 0; i < s->rows.n; i++) {
        if (s->rows.rows[i]->id == r->id) {
            free(s->rows.rows[i]);
            s->rows.rows[i] = copy;
            return;
        }
    }
    assert_true(s->rows.n < ROWS_MAX);
    s->rows.rows[s->rows.n++] = copy;
}

static void start(struct scene *s, bool once)
{
    struct kpi_options options = { .plan = s->plan,
                                   .hash_key = { 1, 2 },
                                   .counters = &s->counters,
                                   .record = on_record,
                                   .ctx = s,
                                   .once = once };

    kpi_free(s->kpi);
    assert_int_equal(kpi_new(&s->kpi, &options), 0);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    assert_int_equal(plan_new(&s->plan), 0);
    assert_int_equal(plan_add_trunk(s->plan, &(struct plan_trunk){ SLICE("a"), 2, false }), 0);
    assert_int_equal(plan_add_trunk(s->plan, &(struct plan_trunk){ SLICE("b"), -1, false }), 0);
    start(s, false);
    *state = s;
    return 0;
}

static void forget_rows(struct scene *s)
{
    for (size_t i = 0; i < s->rows.n; i++)
        free(s->rows.rows[i]);
    s->rows.n = s->rows.told = 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    kpi_free(s->kpi);
    plan_free(s->plan);
    forget_rows(s);
    free(s);
    return 0;
}

static struct slice text(const char *t)
{
    return t ? slice_of_text(t) : SLICE_ABSENT;
}

static bool same(struct slice a, struct slice b)
{
    return !a.p == !b.p && slice_eq(a, b);
}

static const struct kpi_record *row_of(const struct scene *s, int64_t time, const char *trunk,
                                       const char *direction, const char *destination)
{
    for (size_t i = 0; i < s->rows.n; i++) {
        const struct kpi_record *r = s->rows.rows[i];

        if (r->time == time && same(r->trunk, text(trunk)) && same(r->direction, text(direction)) &&
            same(r->destination, text(destination)))
            return r;
    }
    return NULL;
}

static struct call_record new_call(int64_t invite_time)
{
    struct call_record c;

    record_clear(&record_type_call, &c);
    c.invite_time = invite_time;
    return c;
}

static void answer(struct call_record *c, int64_t time, double pdd_ms)
{
    c->outcome = SLICE("success");
    c->nos_cause = SLICE_ABSENT;
    c->final_status = 200;
    c->answer_time = c->settled_time = time;
    c->post_dial_delay_ms = pdd_ms;
}

static void end_badly(struct call_record *c, int64_t time, int status, const char *outcome,
                      const char *cause)
{
    c->outcome = text(outcome);
    c->nos_cause = text(cause);
    c->final_status = status ? status : RECORD_NONE;
    c->settled_time = c->closed_time = time;
    c->ended_how = SLICE("rejected");
}

static void hang_up(struct call_record *c, int64_t time, const char *by, double mos)
{
    c->closed_time = c->end_time = time;
    c->duration_ms = (double)(time - c->answer_time) / 1e6;
    c->duration_open = 0;
    c->ended_by = text(by);
    c->ended_how = SLICE("bye");
    c->mos_lq = mos;
    c->one_way = 0;
    c->media_verdict = SLICE("ok");
}

static void tell_all(struct scene *s, struct call_record *c)
{
    struct kpi_mark mark = { 0 };

    kpi_call(s->kpi, &mark, c, RECORD_OPENED);
    kpi_call(s->kpi, &mark, c, RECORD_SETTLED);
    kpi_call(s->kpi, &mark, c, RECORD_CLOSED);
}

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

/* Calls by chance, told as a tracker would, against a count over their last records. */
enum { CALLS = 600, MINUTES = 12 };

struct call_run {
    struct call_record last;
    struct kpi_mark mark;
    struct call_record steps[4];
    int64_t when[4];
    enum record_event events[4];
    int count, next;
};

static uint32_t roll(uint64_t *dice, uint32_t below)
{
    *dice = *dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*dice >> 33) % below;
}

static const char *const trunk_names[] = { NULL, "a", "b" };
static const char *const destination_names[] = { NULL, "Germany", "France" };

static void add_step(struct call_run *c, int64_t when, enum record_event event)
{
    c->steps[c->count] = c->last;
    c->when[c->count] = when;
    c->events[c->count++] = event;
}

static void make_call(struct call_run *c, uint64_t *dice)
{
    static const struct {
        int status;
        const char *outcome, *cause;
    } failures[] = { { 486, "nos", "busy" },  { 487, "nos", "cancel" }, { 404, "nos", "not_found" },
                     { 480, "nos", "other" }, { 302, "nos", "other" },  { 503, "failure", NULL },
                     { 408, "nos", "other" }, { 0, "nos", "cancel" },   { 603, "nos", "other" } };
    int64_t at = BASE + (int64_t)roll(dice, (MINUTES - 3) * 60000) * (S / 1000);
    int kind = (int)roll(dice, 10);

    c->last = new_call(at);
    c->last.trunk_in = text(trunk_names[roll(dice, 3)]);
    c->last.destination = text(destination_names[roll(dice, 3)]);
    add_step(c, at + S / 2, RECORD_OPENED);
    c->last.trunk_out = text(trunk_names[roll(dice, 3)]); /* another hop, seen later */
    at += (int64_t)roll(dice, 30000) * (S / 1000);
    if (kind < 5) {
        const char *cause = failures[roll(dice, 9)].cause;
        size_t i = roll(dice, 9);

        cause = failures[i].cause;
        end_badly(&c->last, at, failures[i].status, failures[i].outcome, cause);
        c->last.post_dial_delay_ms = roll(dice, 3) ? roll(dice, 20000) / 7.0 : NAN;
        add_step(c, at, RECORD_SETTLED);
    }
    if (kind == 4 || kind > 5) { /* 4: answered after all */
        at += kind == 4 ? 20 * S : 0;
        answer(&c->last, at, roll(dice, 200000) / 13.0);
        c->last.closed_time = RECORD_NONE;
        add_step(c, at, kind == 4 ? RECORD_CHANGED : RECORD_SETTLED);
        at += (int64_t)roll(dice, 100000) * (S / 1000);
        hang_up(&c->last, at, roll(dice, 2) ? "caller" : "callee",
                roll(dice, 5) ? 1 + roll(dice, 3500) / 1000.0 : NAN);
        c->last.one_way = (int8_t)roll(dice, 2);
        if (roll(dice, 4) == 0)
            c->last.media_verdict = SLICE("unknown");
        if (roll(dice, 10) == 0)
            c->last.ended_how = SLICE("interrupted");
        if (roll(dice, 10) == 0)
            c->last.ended_how = SLICE("ack_timeout");
    }
    add_step(c, at + 5 * S, RECORD_CLOSED);
}

static bool in_minute(int64_t time, int64_t minute)
{
    return time != RECORD_NONE && time >= minute && time < minute + MIN;
}

static bool is_of(const struct call_record *c, const char *trunk, const char *direction,
                  const char *destination)
{
    if (destination && !same(c->destination, text(destination)))
        return false;
    if (!trunk)
        return true;
    return same(strcmp(direction, "in") == 0 ? c->trunk_in : c->trunk_out, text(trunk));
}

static int64_t at_once(const struct call_run *calls, const char *trunk, int64_t minute)
{
    int64_t most = 0;

    for (int64_t second = minute; second < minute + MIN; second += S) {
        int64_t n = 0;

        for (int i = 0; i < CALLS; i++) {
            const struct call_record *c = &calls[i].last;
            bool talks = c->answer_time != RECORD_NONE && c->answer_time / S <= second / S &&
                         c->closed_time / S >= second / S;

            if (talks && !trunk)
                n++;
            if (talks && trunk)
                n += is_of(c, trunk, "in", NULL) + is_of(c, trunk, "out", NULL);
        }
        most = n > most ? n : most;
    }
    return most;
}

static void check_row(const struct scene *s, const struct call_run *calls, int64_t minute,
                      const char *trunk, const char *direction, const char *destination)
{
    const struct kpi_record *r = row_of(s, minute, trunk, direction, destination);
    int64_t attempts = 0, answered = 0, failure = 0, nos = 0, ended = 0, us = 0, judged = 0,
            one = 0;
    int64_t effective = 0, completed = 0, redirected = 0, peak = RECORD_NONE;

    for (int i = 0; i < CALLS; i++) {
        const struct call_record *c = &calls[i].last;
        bool success = slice_eq(c->outcome, SLICE("success"));

        if (!is_of(c, trunk, direction, destination))
            continue;
        attempts += in_minute(c->invite_time, minute);
        if (in_minute(c->settled_time, minute)) {
            answered += success;
            failure += slice_eq(c->outcome, SLICE("failure"));
            nos += slice_eq(c->outcome, SLICE("nos"));
            effective += success || slice_eq(c->nos_cause, SLICE("busy")) ||
                         slice_eq(c->nos_cause, SLICE("cancel")) || c->final_status == 480 ||
                         c->final_status == 603;
            redirected += c->final_status / 100 == 3;
        }
        if (success && in_minute(c->closed_time, minute) &&
            !slice_eq(c->ended_how, SLICE("interrupted"))) {
            ended++;
            completed += slice_eq(c->ended_how, SLICE("bye"));
            us += llround(c->duration_ms * 1000);
            judged += !slice_eq(c->media_verdict, SLICE("unknown"));
            one += c->one_way && !slice_eq(c->media_verdict, SLICE("unknown"));
        }
    }
    if (!destination)
        peak = at_once(calls, trunk, minute);
    if (!r) {
        assert_int_equal(attempts + answered + failure + nos + ended, 0);
        return;
    }
    assert_int_equal(r->attempts, attempts);
    assert_int_equal(r->answered, answered);
    assert_int_equal(r->failure, failure);
    assert_int_equal(r->nos, nos);
    assert_int_equal(r->nos, r->nos_busy + r->nos_cancel + r->nos_not_found + r->nos_other);
    assert_int_equal(r->ended, ended);
    assert_true(r->duration_s == (double)us / 1e6);
    assert_int_equal(r->judged, judged);
    assert_int_equal(r->one_way, one);
    assert_true(r->concurrent_max == peak);
    if (answered + failure + nos) {
        double settled = (double)(answered + failure + nos);

        assert_true(r->asr_ratio == (double)answered / settled);
        assert_true(r->ner_ratio == (double)effective / settled);
        if (answered + failure + nos > redirected)
            assert_true(r->ser_ratio == (double)answered / (settled - (double)redirected));
    }
    if (ended + failure + nos)
        assert_true(r->scr_ratio == (double)completed / (double)(ended + failure + nos));
}

static void equals_a_count_over_the_calls(void **state)
{
    struct scene *s = *state;
    struct call_run *calls = calloc(CALLS, sizeof *calls);
    uint64_t dice = 4711;

    assert_non_null(calls);
    for (int i = 0; i < CALLS; i++)
        make_call(&calls[i], &dice);
    for (int64_t now = BASE; now < BASE + (MINUTES + 2) * MIN; now += S) {
        kpi_tick(s->kpi, now);
        for (int i = 0; i < CALLS; i++) {
            struct call_run *c = &calls[i];

            while (c->next < c->count && c->when[c->next] < now + S) {
                kpi_call(s->kpi, &c->mark, &c->steps[c->next], c->events[c->next]);
                c->next++;
            }
        }
    }
    kpi_finish(s->kpi);
    for (int64_t minute = BASE; minute < BASE + (MINUTES + 2) * MIN; minute += MIN) {
        for (int t = 0; t < 3; t++) {
            for (int d = 0; d < 3; d++) {
                check_row(s, calls, minute, trunk_names[t], t ? "in" : NULL, destination_names[d]);
                if (t)
                    check_row(s, calls, minute, trunk_names[t], "out", destination_names[d]);
            }
        }
    }
    assert_int_equal(s->counters.refusals[REFUSAL_KPI_LATE], 0);
    assert_int_equal(s->counters.refusals[REFUSAL_KPI_GROUPS], 0);
    free(calls);
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
        cmocka_unit_test_setup_teardown(memory_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(time_that_is_set_back_begins_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(told_once_where_nothing_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(equals_a_count_over_the_calls, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
