/*
 * kpi_scene - a kpi, what it told, and calls to tell it of.
 */
#ifndef TESTS_UNIT_KPI_SCENE_H
#define TESTS_UNIT_KPI_SCENE_H

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

enum { ROWS_MAX = 20000, PLACES = 1 << 15 };

/* Rows as a store keeps them: the last one of an id counts. */
struct rows {
    struct kpi_record *rows[ROWS_MAX];
    size_t n, told;
    uint16_t places[PLACES]; /* of a row, + 1, by id */
};

struct scene {
    struct plan *plan;
    struct kpi *kpi;
    struct counters counters;
    struct rows rows;
};

static inline void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct scene *s = ctx;
    const struct kpi_record *r = record;
    struct kpi_record *copy = record_clone(type, record);
    size_t at;

    assert_ptr_equal(type, &record_type_kpi);
    assert_non_null(copy);
    s->rows.told++;
    for (at = r->id * UINT64_C(0x9e3779b97f4a7c15) >> 49; s->rows.places[at];
         at = (at + 1) % PLACES) {
        struct kpi_record **row = &s->rows.rows[s->rows.places[at] - 1];

        if ((*row)->id != r->id)
            continue;
        free(*row);
        *row = copy;
        return;
    }
    assert_true(s->rows.n < ROWS_MAX);
    s->rows.rows[s->rows.n++] = copy;
    s->rows.places[at] = (uint16_t)s->rows.n;
}

static inline void start(struct scene *s, bool once)
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

static inline int setup(void **state)
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

static inline void forget_rows(struct scene *s)
{
    for (size_t i = 0; i < s->rows.n; i++)
        free(s->rows.rows[i]);
    s->rows.n = s->rows.told = 0;
}

static inline int teardown(void **state)
{
    struct scene *s = *state;

    kpi_free(s->kpi);
    plan_free(s->plan);
    forget_rows(s);
    free(s);
    return 0;
}

static inline struct slice text(const char *t)
{
    return t ? slice_of_text(t) : SLICE_ABSENT;
}

static inline bool same(struct slice a, struct slice b)
{
    return !a.p == !b.p && slice_eq(a, b);
}

static inline const struct kpi_record *row_of(const struct scene *s, int64_t time,
                                              const char *trunk, const char *direction,
                                              const char *destination)
{
    for (size_t i = 0; i < s->rows.n; i++) {
        const struct kpi_record *r = s->rows.rows[i];

        if (r->time == time && same(r->trunk, text(trunk)) && same(r->direction, text(direction)) &&
            same(r->destination, text(destination)))
            return r;
    }
    return NULL;
}

static inline struct call_record new_call(int64_t invite_time)
{
    struct call_record c;

    record_clear(&record_type_call, &c);
    c.invite_time = invite_time;
    return c;
}

static inline void answer(struct call_record *c, int64_t time, double pdd_ms)
{
    c->outcome = SLICE("success");
    c->nos_cause = SLICE_ABSENT;
    c->final_status = 200;
    c->answer_time = c->settled_time = time;
    c->post_dial_delay_ms = pdd_ms;
}

static inline void end_badly(struct call_record *c, int64_t time, int status, const char *outcome,
                             const char *cause)
{
    c->outcome = text(outcome);
    c->nos_cause = text(cause);
    c->final_status = status ? status : RECORD_NONE;
    c->settled_time = c->closed_time = time;
    c->ended_how = SLICE("rejected");
}

static inline void hang_up(struct call_record *c, int64_t time, const char *by, double mos)
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

static inline void tell_all(struct scene *s, struct call_record *c)
{
    struct kpi_mark mark = { 0 };

    kpi_call(s->kpi, &mark, c, RECORD_OPENED);
    kpi_call(s->kpi, &mark, c, RECORD_SETTLED);
    kpi_call(s->kpi, &mark, c, RECORD_CLOSED);
}

#endif
