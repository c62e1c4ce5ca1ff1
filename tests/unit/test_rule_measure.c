#include "tests/unit/rule_trial.h"

#include "rules/rule_measure.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define STEP_NS  (10 * NS_PER_S)
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { STEPS = 6, HOSTS = 4, RECORDS = 2500, USERS = 9 };

/* All of them alike but for the measure; it must not fire, so its mark is out of reach. */
#define HEAD                                                                                       \
    "description: d\nseverity: info\non: call.closed\namong: status!=100\ngroup_by: dst.ip\n"      \
    "window: 60s\nstep: 10s\ncapture_confidence: any\nclear: { for: 1m }\n"

static const struct {
    const char *text;
    double error; /* relative */
} rows[] = {
    { HEAD "measure: count\nwhere: status:503\nthreshold: 100000\n", 0 },
    { HEAD "measure: rate\nwhere: status:503\nthreshold: 100000\n", 1e-12 },
    { HEAD "measure: ratio\nwhere: status:503\nthreshold: 100%\nmin_samples: 90000\n", 1e-12 },
    { HEAD "measure: share\nwhere: status:503\nthreshold: 100%\nmin_samples: 90000\n", 1e-12 },
    { HEAD "measure: sum\nof: duration_ms\nthreshold: 100000000\n", 1e-9 },
    { HEAD "measure: sum\nof: [duration_ms, ring_ms]\nper: hold_ms\nthreshold: 100000\n", 1e-9 },
    { HEAD "measure: mean\nof: duration_ms\nwhere: status:503\nthreshold: 10000000\n"
           "min_samples: 90000\n",
      1e-9 },
    { HEAD "measure: percentile\nof: duration_ms\npercentile: 95\nthreshold: 10000000\n"
           "min_samples: 90000\n",
      0.0161 },
    { HEAD "measure: percentile\nof: duration_ms\npercentile: 5\nthreshold: 10000000\n"
           "min_samples: 90000\n",
      0.0161 },
    { HEAD "measure: distinct\nof: to_user\nwhere: status:503\nthreshold: 100000\n", 0 },
    { HEAD "measure: repeats\nof: to_user\nwhere: status:503\nthreshold: 100000\n", 1e-12 },
    { HEAD "measure: last\nof: duration_ms\nthreshold: 10000000\n", 0 },
    { HEAD "measure: growth\nof: packets\nthreshold: 1000000000\n", 1e-9 },
    { HEAD "measure: absence\nwhere: status:503\nthreshold: 20d\n", 1e-6 },
};

/* A record as the naive recount keeps it. */
struct kept {
    int64_t now_ns, step;
    unsigned host, user;
    bool matches, knows;
    double duration, ring, hold, packets, growth;
};

struct history {
    struct kept records[RECORDS];
    size_t count;
    int64_t newest; /* step */
};

static uint32_t draw(uint32_t *lot, uint32_t below)
{
    *lot = *lot * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)*lot * below >> 32);
}

/* Counters grow, and now and then begin anew; some records are late, some know no duration. */
static struct kept make(struct history *h, uint32_t *lot, int64_t *now_ns)
{
    struct kept k = { .host = draw(lot, HOSTS), .user = draw(lot, USERS) };
    int64_t late_ns = draw(lot, 10) == 0 ? (int64_t)draw(lot, 30) * NS_PER_S : 0;

    *now_ns += (int64_t)draw(lot, 900) * 1000000;
    if (draw(lot, 300) == 0)
        *now_ns += (int64_t)draw(lot, 100) * NS_PER_S;
    k.now_ns = *now_ns - late_ns;
    k.step = k.now_ns / STEP_NS;
    k.matches = draw(lot, 3) == 0;
    k.knows = draw(lot, 8) != 0;
    k.duration = (double)draw(lot, 200000) / 10 + 0.5;
    k.ring = (double)draw(lot, 5000);
    k.hold = (double)draw(lot, 100) + 1;
    k.packets = (double)draw(lot, 50);
    for (size_t i = h->count; i-- > 0;) {
        if (h->records[i].host == k.host) {
            if (draw(lot, 20))
                k.packets += h->records[i].packets;
            break;
        }
    }
    return k;
}

static void feed(struct rule_trial *t, const struct kept *k)
{
    const uint8_t ip[4] = { 192, 0, 2, (uint8_t)k->host };
    char user[16];
    struct call_record call;

    record_clear(&record_type_call, &call);
    call.id = t->next_id++;
    call.final_status = k->matches ? 503 : 200;
    call.dst = addr_v4(ip, 5060);
    call.duration_ms = k->knows ? k->duration : NAN;
    call.ring_ms = k->ring;
    call.hold_ms = k->hold;
    call.packets = (int64_t)k->packets;
    snprintf(user, sizeof user, "%u", k->user);
    call.to_user = slice_of_text(user);
    rule_eval_record(t->eval, &call, k->now_ns);
}

static bool is_in_window(const struct history *h, const struct kept *k)
{
    return k->step > h->newest - STEPS && k->step <= h->newest;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Everything counted again from the records. */
struct recount {
    double samples, matching, all_matching, sum, hold_sum, mean_sum, known, known_matching, growth,
        last;
    double both_sum, both_hold;
    int64_t last_ns, last_matching_ns;
    double values[RECORDS];
    size_t value_count, distinct;
};

static void recount(const struct history *h, unsigned host, struct recount *r)
{
    bool seen[USERS] = { false };

    memset(r, 0, sizeof *r);
    r->last = NAN;
    r->last_ns = INT64_MIN;
    r->last_matching_ns = INT64_MIN;
    for (size_t i = 0; i < h->count; i++) {
        const struct kept *k = &h->records[i];

        if (!is_in_window(h, k))
            continue;
        r->all_matching += k->matches;
        if (k->host != host)
            continue;
        r->samples++;
        r->matching += k->matches;
        r->growth += k->growth;
        r->both_sum += (k->knows ? k->duration : 0) + k->ring;
        r->both_hold += k->hold;
        if (k->matches && !seen[k->user]) {
            seen[k->user] = true;
            r->distinct++;
        }
        if (k->matches && k->now_ns >= r->last_matching_ns)
            r->last_matching_ns = k->now_ns;
        if (!k->knows)
            continue;
        r->sum += k->duration;
        r->values[r->value_count++] = k->duration;
        if (k->matches) {
            r->mean_sum += k->duration;
            r->known_matching++;
        }
        if (k->now_ns >= r->last_ns) {
            r->last = k->duration;
            r->last_ns = k->now_ns;
        }
    }
    qsort(r->values, r->value_count, sizeof r->values[0], by_value);
}

static double rank(const struct recount *r, double share)
{
    size_t n = (size_t)ceil(share * (double)r->value_count);

    return r->value_count ? r->values[n ? n - 1 : 0] : NAN;
}

static double expected(const struct rule *rule, const struct recount *r, int64_t now_ns)
{
    switch (rule->measure) {
    case RULE_COUNT:
        return r->matching;
    case RULE_RATE:
        return r->matching / 60;
    case RULE_RATIO:
        return r->matching / r->samples;
    case RULE_SHARE:
        return r->all_matching > 0 ? r->matching / r->all_matching : NAN;
    case RULE_SUM:
        return rule->per.field ? r->both_sum / r->both_hold : r->sum;
    case RULE_MEAN:
        return r->known_matching > 0 ? r->mean_sum / r->known_matching : NAN;
    case RULE_PERCENTILE:
        return rank(r, rule->percentile / 100);
    case RULE_DISTINCT:
        return (double)r->distinct;
    case RULE_REPEATS:
        return r->distinct ? r->matching / (double)r->distinct : NAN;
    case RULE_LAST:
        return r->last;
    case RULE_GROWTH:
        return r->growth;
    default:
        return r->last_matching_ns == INT64_MIN ? NAN
                                                : (double)(now_ns - r->last_matching_ns) / 1e9;
    }
}

static const struct rule_group *find_group(const struct rule_trial *t, unsigned host)
{
    for (const struct rule_group *g = t->eval->groups.active.first; g; g = g->after) {
        if ((uint8_t)rule_group_part(g, 0).p[15] == host)
            return g;
    }
    return NULL;
}

static void compare(const struct rule_trial *t, const struct history *h, size_t row, int64_t now_ns)
{
    struct recount *r = malloc(sizeof *r);

    assert_non_null(r);
    for (unsigned host = 0; host < HOSTS; host++) {
        const struct rule_group *g = find_group(t, host);
        double is, should;

        recount(h, host, r);
        should = expected(t->rule, r, now_ns);
        is = g ? rule_measure_read(&t->eval->plan, g, now_ns, t->eval->all.matching).value
               : rule_measure_of_nothing(&t->eval->plan);
        /* A group that is done is empty; a silence is remembered until the window is past to the
         * second, not to the step. */
        if (!g && (isnan(should) || should == 0))
            continue;
        if (t->rule->measure == RULE_ABSENCE && (!g || isnan(should)))
            continue;
        if (isnan(is) != isnan(should) || fabs(is - should) > rows[row].error * fabs(should) + 1e-9)
            fail_msg("row %zu (%s), record %zu, host %u: %g is not %g", row,
                     rule_measure_name(t->rule->measure), h->count, host, is, should);
    }
    free(r);
}

/* Of the record before of its group that is still in the window, if this one is not late. */
static double growth_of(const struct history *h, const struct kept *k)
{
    const struct kept *last = NULL;

    for (size_t i = 0; i < h->count; i++) {
        const struct kept *other = &h->records[i];

        if (other->host == k->host && other->step > h->newest - STEPS &&
            (!last || other->now_ns >= last->now_ns))
            last = other;
    }
    if (!last || k->now_ns < last->now_ns)
        return 0;
    return k->packets >= last->packets ? k->packets - last->packets : k->packets;
}

static void every_measure_is_what_a_recount_says(void **state)
{
    struct history *h = calloc(1, sizeof *h);

    (void)state;
    assert_non_null(h);
    for (size_t row = 0; row < COUNT(rows); row++) {
        struct rule_trial t;
        uint32_t lot = (uint32_t)(77 + row);
        int64_t now_ns = TRIAL_START;

        memset(h, 0, sizeof *h);
        rule_trial_open(&t, rows[row].text);
        while (h->count < RECORDS) {
            struct kept k = make(h, &lot, &now_ns);

            if (k.step > h->newest)
                h->newest = k.step;
            k.growth = growth_of(h, &k);
            feed(&t, &k);
            h->records[h->count++] = k;
            if (h->count % 10 == 0)
                compare(&t, h, row, k.now_ns > now_ns ? k.now_ns : now_ns);
        }
        assert_int_equal(t.count, 0);
        rule_trial_close(&t);
    }
    free(h);
}

static void a_measure_of_time_goes_on_without_records(void **state)
{
    struct certificate_record c;
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, "description: d\nseverity: info\non: certificate\ngroup_by: server\n"
                        "window: 10d\nstep: 1h\nmeasure: remaining\nof: not_after\n"
                        "direction: below\nthreshold: 30\nclear: { above: 30, for: 0s }\n"
                        "escalate: [ { threshold: 28, severity: critical } ]\n");
    record_clear(&record_type_certificate, &c);
    assert_true(addr_parse(SLICE("192.0.2.1:5061"), &c.server));
    c.not_after = TRIAL_START + 32 * 86400 * NS_PER_S;
    rule_eval_record(t.eval, &c, TRIAL_START);
    rule_trial_tick(&t, INT64_C(86400) * 1000 * 3 / 2);
    assert_int_equal(t.count, 0);
    rule_trial_tick(&t, INT64_C(86400) * 1000 * 3);
    assert_int_equal(t.count, 1);
    rule_trial_expect(&t, 0, "firing", "192.0.2.1:5061");
    assert_float_equal(t.alerts[0]->value, 30, 0.05);
    rule_trial_tick(&t, INT64_C(86400) * 1000 * 5);
    assert_int_equal(t.count, 2);
    rule_trial_expect_text(t.alerts[1]->severity, "critical");
    c.not_after += 365 * 86400 * NS_PER_S; /* renewed */
    rule_eval_record(t.eval, &c, TRIAL_START + 5 * 86400 * NS_PER_S);
    rule_trial_tick(&t, INT64_C(86400) * 1000 * 5 + 7200 * 1000);
    assert_int_equal(t.count, 3);
    rule_trial_expect(&t, 2, "resolved", "192.0.2.1:5061");
    assert_float_equal(t.alerts[2]->value, 27, 0.05); /* at worst */
    rule_trial_close(&t);
}

static void silence_fires_on_ticks_alone(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, "description: d\nseverity: info\non: call.settled\ngroup_by: dst.ip\n"
                        "window: 10m\nstep: 10s\nmeasure: absence\nthreshold: 2m\n"
                        "clear: { below: 30s, for: 0s }\nmin_samples: 3\n");
    rule_trial_call(&t, 0, 1, 200);
    for (int i = 0; i < 3; i++)
        rule_trial_call(&t, i * 1000, 2, 200);
    rule_trial_tick(&t, 129999);
    assert_int_equal(t.count, 0);
    rule_trial_tick(&t, 130000);  /* the first step's end two minutes after 2 s */
    assert_int_equal(t.count, 1); /* one call alone is no habit */
    rule_trial_expect(&t, 0, "firing", "192.0.2.2");
    assert_float_equal(t.alerts[0]->value, 128, 1e-9);
    rule_trial_tick(&t, INT64_C(365) * 86400 * 1000); /* a year of it is the same silence */
    assert_int_equal(t.count, 1);
    rule_trial_call(&t, INT64_C(365) * 86400 * 1000, 2, 200);
    rule_trial_tick(&t, INT64_C(365) * 86400 * 1000 + 10000);
    assert_int_equal(t.count, 2);
    rule_trial_expect(&t, 1, "resolved", "192.0.2.2");
    rule_trial_close(&t);
}

static void counters_that_fall_begin_anew(void **state)
{
    static const struct {
        int64_t s, received, dropped;
        double value;
    } steps[] = {
        { 0, 1000, 500, 0 }, /* what was lost before is not of now */
        { 1, 2000, 500, 0 },    { 2, 3000, 520, 0.01 },
        { 3, 500, 5, 0.01 },  /* restarted: 25 of 2500 */
        { 63, 1500, 5, NAN }, /* the window is past: the first again */
        { 64, 2500, 15, 0.01 },
    };
    struct capture_record c;
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, "description: d\nseverity: info\non: capture\ngroup_by: source\n"
                        "window: 60s\nstep: 1s\nmeasure: growth\n"
                        "of: [kernel_dropped, interface_dropped]\nper: received\n"
                        "threshold: 50%\nclear: { below: 1%, for: 0s }\n");
    record_clear(&record_type_capture, &c);
    c.source = SLICE("eth0");
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct rule_reading r;

        c.received = steps[i].received;
        c.kernel_dropped = steps[i].dropped; /* the other is unknown */
        rule_eval_record(t.eval, &c, TRIAL_START + steps[i].s * NS_PER_S);
        r = rule_measure_read(&t.eval->plan, t.eval->groups.active.first, 0, 0);
        if (isnan(steps[i].value) || i == 0)
            assert_true(isnan(r.value)); /* nothing was received since */
        else
            assert_float_equal(r.value, steps[i].value, 1e-9);
    }
    rule_trial_close(&t);
}

/* What is too little of an amount is said at the end of a step, of a full window, and of nothing. */
static void too_little_is_said_of_a_full_window_alone(void **state)
{
    struct rule_trial t;

    (void)state;
    rule_trial_open(&t, "description: d\nseverity: info\non: call.settled\ngroup_by: dst.ip\n"
                        "window: 60s\nstep: 10s\nmeasure: count\ndirection: below\nthreshold: 5\n"
                        "clear: { above: 9, for: 0s }\n");
    for (int s = 0; s < 120; s++)
        rule_trial_call(&t, s * 1000, 1, 200);
    rule_trial_tick(&t, 170000);
    assert_int_equal(t.count, 0);
    rule_trial_tick(&t, 180000); /* the window from 120 s on is empty */
    assert_int_equal(t.count, 1);
    assert_float_equal(t.alerts[0]->value, 0, 0);
    for (int s = 200; s < 230; s++)
        rule_trial_call(&t, s * 1000, 1, 200);
    rule_trial_tick(&t, 240000);
    assert_int_equal(t.count, 2);
    rule_trial_expect(&t, 1, "resolved", "192.0.2.1");
    rule_trial_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_measure_is_what_a_recount_says),
        cmocka_unit_test(a_measure_of_time_goes_on_without_records),
        cmocka_unit_test(silence_fires_on_ticks_alone),
        cmocka_unit_test(counters_that_fall_begin_anew),
        cmocka_unit_test(too_little_is_said_of_a_full_window_alone),
    };

    return cmocka_run_group_tests_name("rule_measure", tests, NULL, NULL);
}
