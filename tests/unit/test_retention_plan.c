/*
 * What has to go, by table: ages, sizes, room, clocks.
 */
#include "storage/upkeep/retention_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TODAY = 20000, DAYS_MAX = 40 };

#define GB INT64_C(1000000000)

/* Days up to `last`, each with the same sizes; the newest two have an open segment of a tenth. */
static size_t make_days(struct store_day *days, size_t count, int32_t last, int64_t rows,
                        int64_t signalling, int64_t media, int64_t audio)
{
    const int64_t bytes[STORE_KINDS] = { rows, signalling, media, audio };

    memset(days, 0, count * sizeof *days);
    for (size_t i = 0; i < count; i++) {
        days[i].day = last - (int32_t)(count - 1 - i);
        for (int k = 0; k < STORE_KINDS; k++) {
            days[i].bytes[k] = bytes[k];
            days[i].newest_bytes[k] = k == STORE_ROWS ? 0 : bytes[k] / 10;
        }
    }
    return count;
}

/* "media 19990 age, rows 19970 size 5" with the days as they are and a size if not all. */
static void tell(const struct retention_plan *plan, char *out, size_t room)
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < plan->count; i++) {
        const struct retention_removal *r = &plan->removals[i];

        n += (size_t)snprintf(out + n, room - n, "%s%s %d %s", i ? ", " : "",
                              store_kind_name((enum store_kind)r->kind), (int)(r->day - TODAY),
                              retention_cause_name((enum retention_cause)r->cause));
        if (r->bytes != INT64_MAX)
            n += (size_t)snprintf(out + n, room - n, " %lld", (long long)(r->bytes / GB));
        assert_true(n < room);
    }
}

static void expect(const struct retention_limits *limits, const struct retention_facts *facts,
                   const char *wanted, struct retention_plan *keep)
{
    struct retention_plan plan;
    char text[4096];

    assert_int_equal(retention_plan_make(&plan, limits, facts), 0);
    tell(&plan, text, sizeof text);
    assert_string_equal(text, wanted);
    if (keep)
        *keep = plan;
    retention_plan_fini(&plan);
}

static struct retention_facts facts_of(const struct store_day *days, size_t count)
{
    return (struct retention_facts){ .days = days,
                                     .count = count,
                                     .clock_day = TODAY,
                                     .packet_day = TODAY,
                                     .disk_bytes = 1000 * GB,
                                     .free_bytes = 500 * GB,
                                     .age_is_due = true };
}

static void each_kind_has_an_age_of_its_own(void **state)
{
    struct store_day days[DAYS_MAX];
    struct retention_facts facts = facts_of(days, make_days(days, 10, TODAY, 1, 1, 1, 1));
    struct retention_limits limits = { .days = { 9, 8, 7, 6 } };

    (void)state;
    facts.by_hand = true;
    /* Nine days old is kept by a limit of nine; audio goes before the media it belongs to. */
    expect(
        &limits, &facts,
        "signalling -9 age, audio -9 age, media -9 age, audio -8 age, media -8 age, audio -7 age",
        NULL);
    limits.days[STORE_ROWS] = 8; /* a day whose rows go, goes */
    expect(&limits, &facts, "rows -9 age, audio -8 age, media -8 age, audio -7 age", NULL);
    facts.age_is_due = false;
    expect(&limits, &facts, "", NULL);
}

static void no_limit_removes_nothing(void **state)
{
    struct store_day days[DAYS_MAX];
    struct retention_facts facts = facts_of(days, make_days(days, 40, TODAY, GB, GB, GB, GB));
    struct retention_limits limits = { .days = { 0 } };

    (void)state;
    facts.free_bytes = 0; /* and nobody asked for room */
    expect(&limits, &facts, "", NULL);
    limits.free_percent = 5; /* the smaller of both */
    expect(&limits, &facts, "", NULL);
}

static void a_look_removes_a_fifth_of_the_days_by_age(void **state)
{
    struct store_day days[DAYS_MAX];
    struct retention_facts facts = facts_of(days, make_days(days, 10, TODAY, 0, 0, 1, 1));
    struct retention_limits limits = { .days = { [STORE_MEDIA] = 1, [STORE_AUDIO] = 1 } };
    struct retention_plan plan;

    (void)state;
    expect(&limits, &facts, "audio -9 age, media -9 age, audio -8 age, media -8 age", &plan);
    assert_true(plan.more_by_age);
    facts.count = 3; /* at least one */
    facts.clock_day = facts.packet_day = TODAY + 100;
    expect(&limits, &facts, "audio -9 age, media -9 age", &plan);
    facts.by_hand = true;
    expect(&limits, &facts,
           "audio -9 age, media -9 age, audio -8 age, media -8 age, audio -7 age, media -7 age",
           &plan);
    assert_false(plan.more_by_age);
}

static void clocks_that_lie_make_nothing_old(void **state)
{
    static const struct {
        int32_t clock, packets;
        const char *wanted;
        bool ahead;
    } rows[] = {
        { TODAY, TODAY, "media -9 age", false },
        { TODAY + 365, TODAY, "", true },            /* the clock jumped */
        { TODAY + 2, TODAY, "media -9 age", false }, /* a quiet weekend */
        { TODAY + 3, TODAY, "", true },
        { TODAY, TODAY + 4000, "media -9 age", false }, /* a packet from the future */
        { TODAY - 30, TODAY, "", false },               /* the clock fell back */
        { TODAY, RETENTION_NO_PACKETS, "", false },
    };
    struct store_day days[DAYS_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct retention_facts facts = facts_of(days, make_days(days, 10, TODAY, 0, 0, 1, 0));
        struct retention_limits limits = { .days = { [STORE_MEDIA] = 8 } };
        struct retention_plan plan;

        facts.clock_day = rows[i].clock;
        facts.packet_day = rows[i].packets;
        expect(&limits, &facts, rows[i].wanted, &plan);
        assert_int_equal(plan.clock_is_ahead, rows[i].ahead);
    }
}

static void sizes_are_kept_to_oldest_first(void **state)
{
    struct store_day days[DAYS_MAX];
    struct retention_facts facts =
        facts_of(days, make_days(days, 5, TODAY, GB, 10 * GB, 20 * GB, 40 * GB));
    struct retention_limits limits = { .bytes = { [STORE_AUDIO] = 110 * GB } };
    struct retention_plan plan;

    (void)state;
    expect(&limits, &facts, "audio -4 size, audio -3 size, audio -2 size 10", NULL);
    limits.bytes[STORE_AUDIO] = 0;
    limits.bytes[STORE_MEDIA] =
        75 * GB; /* a whole day, and what was said in it; a part of the next */
    expect(&limits, &facts, "audio -4 size, media -4 size, media -3 size 5", NULL);
    limits.bytes[STORE_MEDIA] = 0;
    limits.bytes[STORE_ROWS] = 3 * GB;
    expect(&limits, &facts, "rows -4 size, rows -3 size", NULL);
    /* What is open cannot go: 4 GB of each of the two newest days. */
    limits = (struct retention_limits){ .bytes = { [STORE_AUDIO] = GB } };
    expect(&limits, &facts,
           "audio -4 size, audio -3 size, audio -2 size, audio -1 size, audio 0 size", &plan);
    assert_int_equal(plan.over_size[STORE_AUDIO], 7 * GB);
    assert_int_equal(plan.over_size[STORE_MEDIA], 0);
}

static void room_is_made_of_media_first_and_of_rows_last(void **state)
{
    struct store_day days[DAYS_MAX];
    struct retention_facts facts =
        facts_of(days, make_days(days, 3, TODAY, GB, 2 * GB, 10 * GB, 20 * GB));
    struct retention_limits limits = { .free_percent = 10, .free_bytes = 50 * GB };
    struct retention_plan plan;

    (void)state;
    facts.free_bytes = 50 * GB;
    expect(&limits, &facts, "", NULL);
    /* 50 are to stay free, and a tenth more once it comes to that. */
    facts.free_bytes = 40 * GB;
    expect(&limits, &facts, "audio -2 disk_full 15", NULL);
    facts.free_bytes = 30 * GB;
    expect(&limits, &facts, "audio -2 disk_full, media -2 disk_full 5", NULL);
    facts.free_bytes = 24 * GB;
    expect(&limits, &facts, "audio -2 disk_full, media -2 disk_full, audio -1 disk_full 1", NULL);
    /* Media of all days, then signalling of all days, then the rows of the one that is closed. */
    facts.free_bytes = 0;
    limits.free_bytes = limits.free_percent * 10 * GB;
    expect(
        &limits, &facts,
        "audio -2 disk_full, media -2 disk_full, audio -1 disk_full, media -1 disk_full, "
        "audio 0 disk_full, media 0 disk_full, signalling -2 disk_full, signalling -1 disk_full, "
        "signalling 0 disk_full, rows -2 disk_full",
        &plan);
    assert_true(plan.disk_short > 0);
    facts.count = 0;
    expect(&limits, &facts, "", &plan);
    assert_int_equal(plan.disk_short, 110 * GB);
}

static void what_is_settled_is_not_counted_on(void **state)
{
    struct store_day days[DAYS_MAX];
    uint8_t settled[DAYS_MAX] = { 1u << STORE_AUDIO | 1u << STORE_ROWS };
    struct retention_facts facts = facts_of(days, make_days(days, 4, TODAY, GB, GB, GB, 20 * GB));
    struct retention_limits limits = { .days = { 1, 0, 0, 1 },
                                       .bytes = { [STORE_AUDIO] = 50 * GB } };
    struct retention_plan plan;

    (void)state;
    facts.settled = settled;
    /* What the day that is settled still takes counts all the same. */
    expect(&limits, &facts, "rows -2 age, audio -1 size 10", NULL);
    limits.days[STORE_ROWS] = 0;
    limits.days[STORE_AUDIO] = 0;
    expect(&limits, &facts, "audio -2 size, audio -1 size 10", NULL);
    /* Pinned calls alone over the limit: nothing to be done, and no reason to take in less. */
    facts.count = 1;
    limits.bytes[STORE_AUDIO] = 5 * GB;
    expect(&limits, &facts, "", &plan);
    assert_int_equal(plan.over_size[STORE_AUDIO], 0);
}

static void open_days_are_told_by_the_clock_and_by_the_folders(void **state)
{
    struct store_day days[DAYS_MAX];

    (void)state;
    make_days(days, 5, TODAY, 1, 1, 1, 1);
    days[4].day = TODAY + 4000; /* a packet from the future */
    assert_true(retention_day_is_open(days, 5, TODAY, TODAY + 4000));
    assert_true(retention_day_is_open(days, 5, TODAY, TODAY));
    assert_true(retention_day_is_open(days, 5, TODAY, TODAY - 1));
    assert_false(retention_day_is_open(days, 5, TODAY, TODAY - 2));
    assert_true(retention_day_is_open(days, 4, TODAY + 365, TODAY - 1));
    assert_false(retention_day_is_open(days, 4, TODAY + 365, TODAY - 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_an_age_of_its_own),
        cmocka_unit_test(no_limit_removes_nothing),
        cmocka_unit_test(a_look_removes_a_fifth_of_the_days_by_age),
        cmocka_unit_test(clocks_that_lie_make_nothing_old),
        cmocka_unit_test(sizes_are_kept_to_oldest_first),
        cmocka_unit_test(room_is_made_of_media_first_and_of_rows_last),
        cmocka_unit_test(what_is_settled_is_not_counted_on),
        cmocka_unit_test(open_days_are_told_by_the_clock_and_by_the_folders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
