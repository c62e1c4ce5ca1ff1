#include "probe/notify/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define NS_PER_S INT64_C(1000000000)
#define NOW_S    INT64_C(1795256100) /* Saturday, 2026-11-21, 10:15 UTC */

static struct alert_record alert_of(const char *state, const char *severity)
{
    struct alert_record a;

    record_clear(&record_type_alert, &a);
    a.id = 1;
    a.rule = SLICE("sip-503-spike");
    a.labels = SLICE("{\"rule\":\"sip-503-spike\",\"trunk\":\"a\"}");
    a.state = slice_of_text(state);
    a.severity = slice_of_text(severity);
    a.time = a.changed_time = NOW_S * NS_PER_S;
    if (strcmp(state, "resolved") == 0 || strcmp(state, "passed") == 0)
        a.ended_time = NOW_S * NS_PER_S;
    return a;
}

/* What a receiver hears of one alert as it goes on: one letter a step, F, R or - for nothing. */
struct step {
    const char *state, *severity;
    enum route_hold hold;
    const char *told;
};

static void walk(const struct receiver *r, const struct step *steps)
{
    struct route_mark mark = { .severity = -1 };

    for (size_t i = 0; steps[i].state; i++) {
        struct alert_record a = alert_of(steps[i].state, steps[i].severity);

        for (size_t k = 0; steps[i].told[k]; k++) {
            static const char letters[] = "-FR";
            enum route_need need = route_decide(r, &a, steps[i].hold, &mark, NOW_S);

            if (letters[need] != steps[i].told[k])
                fail_msg("step %zu: %c, not %c", i, letters[need], steps[i].told[k]);
            if (need != ROUTE_NOTHING)
                route_note(&mark, need, &a);
        }
    }
}

static const struct receiver everything = { .name = "all", .tells_resolved = true };

static void tells_what_changes(void **state)
{
    static const struct step life[] = {
        { "pending", "warning", ROUTE_FREE, "-" },
        { "firing", "warning", ROUTE_FREE, "F-" },
        { "firing", "critical", ROUTE_FREE, "F-" }, /* it got worse */
        { "firing", "warning", ROUTE_FREE, "-" },   /* it got better: no news */
        { "resolved", "warning", ROUTE_FREE, "R-" },
        { "firing", "warning", ROUTE_FREE, "F-" }, /* it came back */
        { "resolved", "warning", ROUTE_FREE, "R-" },
        { NULL, NULL, ROUTE_FREE, NULL },
    };
    static const struct step passes[] = {
        { "pending", "warning", ROUTE_FREE, "-" },
        { "passed", "warning", ROUTE_FREE, "--" },
        { NULL, NULL, ROUTE_FREE, NULL },
    };
    static const struct step unseen[] = {
        { "resolved", "warning", ROUTE_FREE, "FR-" },
        { NULL, NULL, ROUTE_FREE, NULL },
    };

    (void)state;
    walk(&everything, life);
    walk(&everything, passes);
    walk(&everything, unseen);
}

static void holds_back(void **state)
{
    (void)state;
    for (int h = ROUTE_MUTED; h < ROUTE_HOURS; h++) {
        enum route_hold hold = (enum route_hold)h;
        bool end_waits = hold == ROUTE_MAINTENANCE;
        const struct step begins_held[] = {
            { "firing", "warning", hold, "--" },
            { "firing", "warning", ROUTE_FREE, "F-" }, /* it still fires */
            { "resolved", "warning", ROUTE_FREE, "R-" },
            { NULL, NULL, ROUTE_FREE, NULL },
        };
        const struct step held_all_its_life[] = {
            { "firing", "warning", hold, "-" },
            { "resolved", "warning", ROUTE_FREE, "--" },
            { NULL, NULL, ROUTE_FREE, NULL },
        };
        const struct step ends_held[] = {
            { "firing", "warning", ROUTE_FREE, "F" },
            { "firing", "critical", hold, "-" }, /* no matter how bad it gets */
            { "resolved", "warning", hold, end_waits ? "-" : "R" },
            { "resolved", "warning", ROUTE_FREE, end_waits ? "R" : "-" },
            { NULL, NULL, ROUTE_FREE, NULL },
        };

        walk(&everything, begins_held);
        walk(&everything, held_all_its_life);
        walk(&everything, ends_held);
    }
}

static void each_receiver_has_its_own(void **state)
{
    struct receiver critical = { .least_severity = 2, .tells_resolved = true };
    struct receiver quiet = { .tells_resolved = false };
    struct receiver weekdays = { .days = 0x1f, .tells_resolved = true };
    struct receiver night = { .from_minute = 20 * 60, .to_minute = 8 * 60, .tells_resolved = true };
    struct receiver heartbeat = { .kind = RECEIVER_HEARTBEAT, .tells_resolved = true };
    struct receiver other = { .tells_resolved = true };
    char error[LABEL_MATCH_ERROR_MAX];
    static const struct step worse[] = {
        { "firing", "warning", ROUTE_FREE, "--" },
        { "firing", "critical", ROUTE_FREE, "F-" },
        { "resolved", "warning", ROUTE_FREE, "R-" }, /* who knows of it hears its end */
        { NULL, NULL, ROUTE_FREE, NULL },
    };
    static const struct step no_end[] = {
        { "firing", "warning", ROUTE_FREE, "F-" },
        { "resolved", "warning", ROUTE_FREE, "--" },
        { "firing", "warning", ROUTE_FREE, "F-" },
        { NULL, NULL, ROUTE_FREE, NULL },
    };
    static const struct step nothing[] = {
        { "firing", "critical", ROUTE_FREE, "--" },
        { "resolved", "critical", ROUTE_FREE, "--" },
        { NULL, NULL, ROUTE_FREE, NULL },
    };

    (void)state;
    assert_int_equal(label_match_parse(&other.match, SLICE("trunk=b"), error), 0);
    walk(&critical, worse);
    walk(&quiet, no_end);
    walk(&weekdays, nothing); /* it is a Saturday */
    walk(&night, nothing);    /* in the morning */
    walk(&heartbeat, nothing);
    walk(&other, nothing);
}

static void what_is_over_for_long_wakes_nobody(void **state)
{
    struct alert_record a = alert_of("resolved", "critical");
    struct route_mark mark = { .severity = -1 };

    (void)state;
    a.ended_time -= 25 * 3600 * NS_PER_S;
    assert_false(route_is_done(&everything, &a, &mark));
    assert_int_equal(route_decide(&everything, &a, ROUTE_FREE, &mark, NOW_S), ROUTE_NOTHING);
    assert_true(route_is_done(&everything, &a, &mark));
}

static void is_done_when_nothing_is_left_to_tell(void **state)
{
    struct alert_record firing = alert_of("firing", "info"), over = alert_of("resolved", "info");
    struct receiver critical = { .least_severity = 2, .tells_resolved = true };
    struct route_mark mark = { .severity = -1 };

    (void)state;
    assert_false(route_is_done(&everything, &firing, &mark));
    assert_true(route_is_done(&critical, &over, &mark)); /* it does not care */
    assert_false(route_is_done(&everything, &over, &mark));
    route_note(&mark, ROUTE_FIRING, &firing);
    assert_false(route_is_done(&everything, &over, &mark));
    route_note(&mark, ROUTE_RESOLVED, &over);
    assert_true(route_is_done(&everything, &over, &mark));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_changes),
        cmocka_unit_test(holds_back),
        cmocka_unit_test(each_receiver_has_its_own),
        cmocka_unit_test(what_is_over_for_long_wakes_nobody),
        cmocka_unit_test(is_done_when_nothing_is_left_to_tell),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
