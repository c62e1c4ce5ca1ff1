/* Minutes added up are what a count over the whole window gives. */
#include "probe/web/trunk_sums.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* A call, counted in a minute and in the whole: what it did is drawn. */
static void count_call(struct kpi_sum *minute, struct kpi_sum *whole, uint32_t *random)
{
    struct kpi_sum *const both[2] = { minute, whole };
    uint32_t kind = next_random(random) % 6, pdd = next_random(random) % 400000;
    double mos = 1 + (double)(next_random(random) % 3500) / 1000;
    static const uint16_t statuses[6] = { 200, 503, 486, 487, 404, 302 };
    static const uint8_t outcomes[6] = { KPI_ANSWERED, KPI_FAILURE,   KPI_BUSY,
                                         KPI_CANCEL,   KPI_NOT_FOUND, KPI_OTHER };

    for (int i = 0; i < 2; i++) {
        both[i]->counts[KPI_ATTEMPTS]++;
        both[i]->counts[outcomes[kind]]++;
        both[i]->counts[KPI_EFFECTIVE] += kind == 0 || kind == 2;
        both[i]->keys[statuses[kind]]++;
        both[i]->keys[KPI_KEY_PDD + kpi_sum_pdd_class(pdd)]++;
        if (kind != 0)
            continue;
        both[i]->counts[KPI_ENDED]++;
        both[i]->counts[KPI_COMPLETED] += pdd % 3 != 0;
        both[i]->counts[KPI_SHORT] += pdd % 7 == 0;
        both[i]->counts[KPI_BY_CALLER] += pdd % 2;
        both[i]->counts[KPI_JUDGED]++;
        both[i]->duration_us += pdd * 1000ll;
        both[i]->keys[KPI_KEY_MOS + kpi_sum_mos_class(mos)]++;
    }
}

static void expect_same(const struct kpi_record *a, const struct kpi_record *b)
{
    struct strbuf texts[2] = { { 0 }, { 0 } };
    struct jsonw j[2] = { jsonw_to(&texts[0]), jsonw_to(&texts[1]) };

    record_write_json(&j[0], &record_type_kpi, a);
    record_write_json(&j[1], &record_type_kpi, b);
    assert_string_equal(texts[0].p, texts[1].p);
    strbuf_fini(&texts[0]);
    strbuf_fini(&texts[1]);
}

/* Ten minutes of up to 60 calls each; empty ones among them. */
static void sums_are_what_the_whole_gives(void **state)
{
    uint32_t random = 7;

    (void)state;
    for (int round = 0; round < 20; round++) {
        struct kpi_sum whole = { .concurrent_max = RECORD_NONE };
        struct strbuf texts = { 0 }, whole_texts = { 0 };
        struct kpi_record record, expected;
        static struct trunk_sums sums;

        assert_int_equal(trunk_sums_init(&sums), 0);
        for (int m = 0; m < 10; m++) {
            struct kpi_sum minute = { .concurrent_max = m };
            uint32_t calls = next_random(&random) % 60;

            whole.concurrent_max = m;
            for (uint32_t n = 0; n < calls; n++)
                count_call(&minute, &whole, &random);
            kpi_sum_report(&minute, &record, &texts);
            assert_true(trunk_sums_add(&sums, &record));
        }
        assert_int_equal(sums.count, 1);
        kpi_sum_report(&whole, &expected, &whole_texts);
        trunk_sums_report(&sums, 0, &record, &texts);
        expect_same(&record, &expected);
        trunk_sums_fini(&sums);
        strbuf_fini(&texts);
        strbuf_fini(&whole_texts);
    }
}

static struct kpi_record group(const char *trunk, const char *destination, int64_t attempts)
{
    struct kpi_record k;

    record_clear(&record_type_kpi, &k);
    k.trunk = trunk ? slice_of_text(trunk) : SLICE_ABSENT;
    k.destination = destination ? slice_of_text(destination) : SLICE_ABSENT;
    k.attempts = attempts;
    return k;
}

static void groups_stay_apart_and_come_in_order(void **state)
{
    static struct trunk_sums sums;
    const struct kpi_record minutes[] = {
        group("a", NULL, 5), group(NULL, NULL, 1), group("", NULL, 2),   group("a", "x", 9),
        group("a", NULL, 1), group(NULL, "a", 3),  group("ax", NULL, 6),
    };
    static const int64_t expect[] = { 1, 9, 6, 6, 3, 2 };
    struct strbuf texts = { 0 };

    (void)state;
    assert_int_equal(trunk_sums_init(&sums), 0);
    for (size_t i = 0; i < sizeof minutes / sizeof minutes[0]; i++)
        assert_true(trunk_sums_add(&sums, &minutes[i]));
    trunk_sums_sort(&sums);
    assert_int_equal(sums.count, sizeof expect / sizeof expect[0]);
    for (size_t i = 0; i < sums.count; i++) {
        struct kpi_record k;

        trunk_sums_report(&sums, i, &k, &texts);
        assert_int_equal(k.attempts, expect[i]);
        assert_int_equal(k.concurrent_max, RECORD_NONE);
        assert_true(isnan(k.asr_ratio));
        if (i == 2)
            assert_true(slice_eq(k.trunk, SLICE("a")) && !k.destination.p);
    }
    trunk_sums_fini(&sums);
    strbuf_fini(&texts);
}

/* What a damaged store may hold instead of histograms. */
static void damaged_histograms_count_nothing(void **state)
{
    static const char *const damaged[] = {
        "",
        "{",
        "[1]",
        "{\"486\"",
        "{\"486\":",
        "{486:1}",
        "{\"x\":1}",
        "{\"700\":1}",
        "{\"-1\":1}",
        "{\"486\":-1}",
        "{\"486\":1.5}",
        "{\"486\":99999999999}",
        "{\"486\":{\"486\":1}}",
        "null",
    };
    static struct trunk_sums sums;
    struct strbuf texts = { 0 };
    struct kpi_record k;

    (void)state;
    assert_int_equal(trunk_sums_init(&sums), 0);
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        k = group(NULL, NULL, 0);
        k.responses = k.pdd_histogram = k.mos_histogram = slice_of_text(damaged[i]);
        k.mos_histogram = slice_of_text("{\"4.1\":1,\"9.00\":1,\"4.055\":1}");
        assert_true(trunk_sums_add(&sums, &k));
    }
    trunk_sums_report(&sums, 0, &k, &texts);
    assert_true(slice_eq(k.responses, SLICE("{}")));
    assert_true(slice_eq(k.mos_histogram, SLICE("{}")));
    trunk_sums_fini(&sums);
    strbuf_fini(&texts);
}

static void too_many_groups_are_said(void **state)
{
    static struct trunk_sums sums;
    char name[16];

    (void)state;
    assert_int_equal(trunk_sums_init(&sums), 0);
    for (int i = 0; i < TRUNK_SUMS_MAX + 2; i++) {
        struct kpi_record k;

        snprintf(name, sizeof name, "t%d", i);
        k = group(name, NULL, 1);
        assert_true(trunk_sums_add(&sums, &k));
        assert_int_equal(sums.cut, i >= TRUNK_SUMS_MAX);
    }
    assert_int_equal(sums.count, TRUNK_SUMS_MAX);
    trunk_sums_fini(&sums);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_what_the_whole_gives),
        cmocka_unit_test(groups_stay_apart_and_come_in_order),
        cmocka_unit_test(damaged_histograms_count_nothing),
        cmocka_unit_test(too_many_groups_are_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
