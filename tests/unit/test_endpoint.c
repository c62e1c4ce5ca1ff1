#include "probe/notify/address_guard.h"
#include "probe/notify/endpoint.h"
#include "probe/notify/webhook.h"
#include "tests/unit/http_sink.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define START  INT64_C(1795256100000)

static const char *const loopback[] = { "127.0.0.1" };

/* A receiver with its queue, and a clock that we move by hand. */
struct scene {
    char dir[64], url[64];
    uint16_t port;
    struct state_db *state;
    struct outbox *outbox;
    struct address_guard guard;
    struct transport_environment environment;
    struct endpoint_pace pace;
    struct receiver receiver;
    struct endpoint e;
    struct endpoint_clock now;
    struct http_sink *sink;
};

static void set_sink(struct scene *s, const enum http_sink_mode *modes, size_t count)
{
    if (s->sink)
        http_sink_stop(s->sink);
    s->sink = http_sink_start(s->port, modes, count);
    assert_non_null(s->sink);
    s->port = http_sink_port(s->sink);
}

static void make(struct scene *s, const enum http_sink_mode *modes, size_t count)
{
    *s = (struct scene){ .now = { 5 * HOUR, START } };
    snprintf(s->dir, sizeof s->dir, "%s/earshot-endpoint-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(s->dir));
    set_sink(s, modes, count);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u/", s->port);
    s->receiver = (struct receiver){ .name = "a", .url = s->url };
    assert_int_equal(state_db_open(&s->state, s->dir), 0);
    assert_int_equal(outbox_open(&s->outbox, s->state), 0);
    assert_int_equal(
        outbox_set_receivers(s->outbox, &(struct outbox_receiver){ .name = "a" }, 1, 1), 0);
    assert_int_equal(address_guard_init(&s->guard, loopback, 1), 0);
    assert_int_equal(webhook_pool_new(&s->environment.pool), 0);
    s->environment.guard = &s->guard;
    assert_int_equal(endpoint_pace_init(&s->pace), 0);
    assert_int_equal(endpoint_init(&s->e, &s->receiver, s->outbox, &s->environment, &s->pace,
                                   "application/json"),
                     0);
}

static void drop(struct scene *s)
{
    static const char *const files[] = { "state.sqlite", "state.sqlite-wal", "state.sqlite-shm",
                                         "state.lock" };

    endpoint_fini(&s->e);
    webhook_pool_free(s->environment.pool);
    address_guard_fini(&s->guard);
    outbox_close(s->outbox);
    state_db_close(s->state);
    http_sink_stop(s->sink);
    for (size_t i = 0; i < 4; i++) {
        char path[128];

        snprintf(path, sizeof path, "%s/%s", s->dir, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(s->dir), 0);
}

static void add(struct scene *s, uint64_t alert, const char *about)
{
    char id[OUTBOX_ID_MAX];
    const struct outbox_message m = { .receiver = "a",
                                      .id = id,
                                      .about = about,
                                      .alerts = &alert,
                                      .alert_count = 1,
                                      .body = SLICE("{}") };

    snprintf(id, sizeof id, "alert_%d_%s", (int)alert, about);
    assert_int_equal(outbox_add(s->outbox, &m, s->now.wall_ms), 1);
    assert_int_equal(endpoint_note_news(&s->e, &s->now), 0);
}

/* Everything that is to be done at this moment, and whatever comes of it. */
static void work(struct scene *s)
{
    do {
        assert_int_equal(endpoint_work(&s->e, &s->now), 0);
        if (s->e.transport->is_busy)
            webhook_pool_run(s->environment.pool, 20);
    } while (s->e.transport->is_busy);
}

static void pass(struct scene *s, int64_t ms, int64_t step_ms)
{
    for (int64_t until = s->now.steady_ms + ms; s->now.steady_ms < until;) {
        work(s);
        s->now.steady_ms += step_ms;
        s->now.wall_ms += step_ms;
    }
}

static void after_an_hour_everything_goes_out_within_a_minute(void **state)
{
    static const enum http_sink_mode down = SINK_UNAVAILABLE, ok = SINK_OK;
    enum { ALERTS = 30 };
    struct scene s;
    size_t tries;

    (void)state;
    make(&s, &down, 1);
    for (uint64_t i = 1; i <= ALERTS; i++) {
        add(&s, i, "firing");
        if (i % 2)
            add(&s, i, "resolved");
        pass(&s, HOUR / ALERTS, 5 * SECOND);
    }
    tries = (size_t)s.e.stats.failed;
    assert_int_equal(http_sink_wait(s.sink, tries), tries);
    assert_in_range(tries, 60, 200); /* patient, and not deaf */
    for (size_t i = 0; i < tries; i++)
        assert_string_equal(http_sink_request(s.sink, i)->webhook_id, "alert_1_firing");
    set_sink(&s, &ok, 1);
    pass(&s, MINUTE, SECOND);
    assert_int_equal(http_sink_wait(s.sink, ALERTS + ALERTS / 2), ALERTS + ALERTS / 2);
    for (size_t i = 0, n = 0; i < ALERTS; i++) {
        char id[64];

        snprintf(id, sizeof id, "alert_%d_firing", (int)i + 1);
        assert_string_equal(http_sink_request(s.sink, n++)->webhook_id, id);
        if (i % 2 == 0) {
            snprintf(id, sizeof id, "alert_%d_resolved", (int)i + 1);
            assert_string_equal(http_sink_request(s.sink, n++)->webhook_id, id);
        }
    }
    assert_int_equal(s.e.stats.delivered, ALERTS + ALERTS / 2);
    drop(&s);
}

static void waits_from_a_second_to_five_minutes(void **state)
{
    struct endpoint_pace pace;

    (void)state;
    assert_int_equal(endpoint_pace_init(&pace), 0);
    for (size_t failures = 1; failures < 200; failures++) {
        static const int64_t seconds[] = { 1, 2, 4, 8, 16, 32, 45 };
        int64_t soon = seconds[failures < 7 ? failures - 1 : 6] * SECOND;
        int64_t late = failures < 10 ? SECOND << (failures - 1) : 5 * MINUTE;
        int64_t lot = (int64_t)failures * 7;

        assert_in_range(endpoint_wait_ms(&pace, failures, HOUR, lot), soon * 8 / 10,
                        soon * 12 / 10);
        assert_in_range(endpoint_wait_ms(&pace, failures, 3 * HOUR, lot), late * 8 / 10,
                        late * 12 / 10);
    }
    assert_int_not_equal(endpoint_wait_ms(&pace, 9, 3 * HOUR, 1),
                         endpoint_wait_ms(&pace, 9, 3 * HOUR, 2));
}

static void gives_up_after_a_day(void **state)
{
    static const enum http_sink_mode down = SINK_UNAVAILABLE, ok = SINK_OK;
    struct outbox_totals totals;
    struct scene s;

    (void)state;
    make(&s, &down, 1);
    add(&s, 1, "firing");
    pass(&s, 23 * HOUR, 10 * MINUTE);
    add(&s, 2, "firing");
    assert_int_equal(outbox_read_totals(s.outbox, &totals), 0);
    assert_int_equal(totals.dead, 0);
    pass(&s, 2 * HOUR, 10 * MINUTE);
    assert_int_equal(outbox_read_totals(s.outbox, &totals), 0);
    assert_int_equal(totals.dead, 1);
    assert_int_equal(totals.waiting, 1);
    assert_int_equal(s.e.stats.dead, 1);
    /* Sent again by hand, it has another day. */
    assert_int_equal(outbox_replay(s.outbox, 0, NULL, s.now.wall_ms), 1);
    set_sink(&s, &ok, 1);
    pass(&s, 10 * MINUTE, MINUTE);
    assert_int_equal(http_sink_wait(s.sink, 2), 2);
    assert_string_equal(http_sink_request(s.sink, 0)->webhook_id, "alert_1_firing");
    drop(&s);
}

static void does_as_retry_after_says(void **state)
{
    static const enum http_sink_mode modes[] = { SINK_LATER, SINK_OK };
    struct scene s;

    (void)state;
    make(&s, modes, 2);
    add(&s, 1, "firing");
    pass(&s, 100 * SECOND, SECOND);
    add(&s, 2, "firing"); /* news do not shorten it */
    pass(&s, 19 * SECOND, SECOND);
    assert_int_equal(http_sink_wait(s.sink, 1), 1);
    pass(&s, 3 * SECOND, SECOND);
    assert_int_equal(http_sink_wait(s.sink, 3), 3);
    drop(&s);
}

static void is_left_out_after_410(void **state)
{
    static const enum http_sink_mode gone = SINK_GONE;
    struct outbox_totals totals;
    struct scene s;

    (void)state;
    make(&s, &gone, 1);
    add(&s, 1, "firing");
    add(&s, 2, "firing");
    work(&s);
    add(&s, 3, "firing");
    pass(&s, HOUR, MINUTE);
    assert_int_equal(http_sink_wait(s.sink, 1), 1);
    assert_int_equal(outbox_read_totals(s.outbox, &totals), 0);
    assert_int_equal(totals.dead, 3);
    assert_int_equal(totals.waiting, 0);
    drop(&s);
}

static void what_is_refused_holds_up_nobody_else(void **state)
{
    static const enum http_sink_mode refuse = SINK_REFUSE;
    struct scene s;

    (void)state;
    make(&s, &refuse, 1);
    add(&s, 1, "firing");
    add(&s, 1, "resolved");
    add(&s, 2, "firing");
    pass(&s, 10 * MINUTE, 5 * SECOND);
    assert_int_equal(s.e.stats.delivered, 1);
    pass(&s, 25 * HOUR, 5 * MINUTE);
    /* It and its end are dead, neither overtook the other. */
    assert_int_equal(s.e.stats.delivered, 1);
    assert_int_equal(s.e.stats.dead, 1);
    for (size_t i = 0; i < http_sink_count(s.sink); i++)
        assert_string_not_equal(http_sink_request(s.sink, i)->webhook_id, "alert_1_resolved");
    drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_an_hour_everything_goes_out_within_a_minute),
        cmocka_unit_test(waits_from_a_second_to_five_minutes),
        cmocka_unit_test(gives_up_after_a_day),
        cmocka_unit_test(does_as_retry_after_says),
        cmocka_unit_test(is_left_out_after_410),
        cmocka_unit_test(what_is_refused_holds_up_nobody_else),
    };

    return cmocka_run_group_tests_name("endpoint", tests, NULL, NULL);
}
