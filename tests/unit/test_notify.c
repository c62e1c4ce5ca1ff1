#include "analyzer/record_id.h"
#include "probe/notify/notify.h"
#include "storage/writer.h"
#include "tests/unit/http_sink.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NS_PER_S INT64_C(1000000000)
#define START    (INT64_C(1795256100) * NS_PER_S)

/* As the real ladder, a thousand times as fast; "gave up" comes after about 1 s. */
static const int64_t fast_ladder[] = { 0, 20, 40, 80, 160, 320 };

static int make_dir(void **state)
{
    char *dir = strdup("/tmp/earshot-notify-XXXXXX");

    *state = dir;
    return dir && mkdtemp(dir) ? 0 : -1;
}

/* Two levels are all that a store has. */
static void remove_all(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;

    if (!dir) {
        unlink(path);
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        char inner[512];

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        remove_all(inner);
    }
    closedir(dir);
    rmdir(path);
}

static int drop_dir(void **state)
{
    remove_all(*state);
    free(*state);
    return 0;
}

static uint64_t id_of(unsigned which)
{
    return record_id_make(START + which * NS_PER_S, which);
}

/* The probe's side: the alert as it fires, and the same one as it clears. */
static void write_alerts(const char *dir, unsigned first, unsigned count, bool resolved)
{
    struct writer_options options = { .store_dir = dir, .wait_when_full = true };
    struct writer *w;

    assert_int_equal(writer_start(&w, &options), 0);
    for (unsigned i = first; i < first + count; i++) {
        struct alert_record a;

        record_clear(&record_type_alert, &a);
        a.id = id_of(i);
        a.rule = SLICE("sip-503-spike");
        a.severity = SLICE("critical");
        a.state = resolved ? SLICE("resolved") : SLICE("firing");
        a.group = SLICE("192.0.2.10");
        a.summary = SLICE("503 spike");
        a.time = START + i * NS_PER_S;
        if (resolved)
            a.ended_time = a.time + 3600 * NS_PER_S;
        a.calls = SLICE("[]");
        assert_true(writer_submit(w, &record_type_alert, &a));
    }
    writer_stop(w);
}

static struct notify *start(const char *dir, struct http_sink *sink)
{
    char url[64];
    const char *urls[] = { url };
    struct notify_options options = { .store_dir = dir,
                                      .urls = urls,
                                      .url_count = 1,
                                      .poll_ms = 10,
                                      .timeout_ms = 300,
                                      .retry_ms = fast_ladder,
                                      .retry_count = sizeof fast_ladder / sizeof fast_ladder[0] };
    struct notify *n = NULL;

    snprintf(url, sizeof url, "http://127.0.0.1:%u/hook", http_sink_port(sink));
    assert_int_equal(notify_start(&n, &options), 0);
    return n;
}

static void nap_ms(long ms)
{
    struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&ts, NULL);
}

/* Until `field` of the stats is at least that, for at most 30 s. */
static struct notify_stats wait_for(struct notify *n, uint64_t delivered, uint64_t dead)
{
    struct notify_stats stats;

    for (int i = 0; i < 6000; i++) {
        notify_read_stats(n, &stats);
        if (stats.delivered >= delivered && stats.dead >= dead)
            break;
        nap_ms(5);
    }
    return stats;
}

static void assert_told(struct http_sink *sink, size_t request, unsigned alert, const char *state)
{
    char expected[64];

    snprintf(expected, sizeof expected, "alert_%016" PRIx64 "_%s", id_of(alert), state);
    assert_string_equal(http_sink_request(sink, request)->webhook_id, expected);
}

static void tells_each_state_once_and_nothing_old(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct notify *n;

    assert_non_null(sink);
    write_alerts(*state, 1, 5, false);
    n = start(*state, sink);
    write_alerts(*state, 3, 1, true); /* an old one clears: of it nobody has heard */
    write_alerts(*state, 10, 1, false);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    write_alerts(*state, 10, 1, true);
    write_alerts(*state, 11, 1, false);
    notify_wake(n);
    assert_int_equal(http_sink_wait(sink, 3), 3);
    nap_ms(100); /* several polls: nothing more */
    assert_int_equal(http_sink_count(sink), 3);
    assert_told(sink, 0, 10, "firing");
    /* Both may be found by the same look: the newer fired before the older one cleared. */
    assert_true(strstr(http_sink_request(sink, 1)->body, "\"fingerprint\":") != NULL);
    assert_string_equal(http_sink_request(sink, 0)->content_type, "application/json");
    notify_stop(n);
    http_sink_stop(sink);
}

static void tries_again_under_the_same_id(void **state)
{
    static const enum http_sink_mode modes[] = { SINK_ERROR, SINK_HANG,     SINK_SLAM,
                                                 SINK_CUT,   SINK_REDIRECT, SINK_OK };
    struct http_sink *sink = http_sink_start(0, modes, 6);
    struct notify *n;
    struct notify_stats stats;

    assert_non_null(sink);
    n = start(*state, sink);
    write_alerts(*state, 1, 1, false);
    stats = wait_for(n, 1, 0);
    assert_int_equal(stats.delivered, 1);
    assert_int_equal(stats.failed, 5);
    assert_int_equal(http_sink_wait(sink, 6), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_told(sink, i, 1, "firing");
        assert_string_equal(http_sink_request(sink, i)->body, http_sink_request(sink, 0)->body);
        assert_string_equal(http_sink_request(sink, i)->path, "/hook");
    }
    notify_stop(n);
    http_sink_stop(sink);
}

static void a_refused_alert_does_not_hold_up_others(void **state)
{
    static const enum http_sink_mode refuse = SINK_REFUSE;
    size_t tries = sizeof fast_ladder / sizeof fast_ladder[0];
    struct http_sink *sink = http_sink_start(0, &refuse, 1);
    struct notify_stats stats;
    struct notify *n;
    bool ended = false;

    assert_non_null(sink);
    n = start(*state, sink);
    write_alerts(*state, 1, 1, false);
    assert_true(http_sink_wait(sink, 1) >= 1);
    write_alerts(*state, 2, 1, false);
    write_alerts(*state, 1, 1, true);
    stats = wait_for(n, 2, 1);
    assert_int_equal(stats.delivered, 2);
    assert_int_equal(stats.dead, 1);
    assert_int_equal(stats.failed, tries);
    assert_int_equal(http_sink_wait(sink, tries + 2), tries + 2);
    /* Its own end came after all of its tries. */
    for (size_t i = 0; i < tries + 2; i++) {
        const char *id = http_sink_request(sink, i)->webhook_id;

        ended = ended || strstr(id, "_resolved");
        assert_false(ended && strcmp(id, http_sink_request(sink, 0)->webhook_id) == 0);
    }
    assert_true(ended);
    notify_stop(n);
    http_sink_stop(sink);
}

static void obeys_retry_after(void **state)
{
    static const enum http_sink_mode modes[] = { SINK_TOO_MANY, SINK_OK };
    struct http_sink *sink = http_sink_start(0, modes, 2);
    struct timespec from, to;
    struct notify *n;

    assert_non_null(sink);
    n = start(*state, sink);
    write_alerts(*state, 1, 1, false);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    clock_gettime(CLOCK_MONOTONIC, &from);
    write_alerts(*state, 2, 1, false); /* news do not shorten what it asked for */
    assert_int_equal(http_sink_wait(sink, 3), 3);
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_true((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000 >= 900);
    assert_told(sink, 1, 1, "firing");
    assert_told(sink, 2, 2, "firing");
    notify_stop(n);
    http_sink_stop(sink);
}

static void stops_at_410_until_the_next_start(void **state)
{
    static const enum http_sink_mode modes[] = { SINK_GONE, SINK_OK };
    struct http_sink *sink = http_sink_start(0, modes, 2);
    struct notify *n;

    assert_non_null(sink);
    n = start(*state, sink);
    write_alerts(*state, 1, 1, false);
    assert_int_equal(wait_for(n, 0, 1).dead, 1);
    write_alerts(*state, 2, 1, false);
    nap_ms(200);
    assert_int_equal(http_sink_count(sink), 1);
    notify_stop(n);
    n = start(*state, sink);
    write_alerts(*state, 3, 1, false);
    assert_int_equal(http_sink_wait(sink, 2), 2);
    assert_told(sink, 1, 3, "firing");
    notify_stop(n);
    http_sink_stop(sink);
}

static void gives_up_an_endpoint_that_stays_down(void **state)
{
    static const enum http_sink_mode down = SINK_UNAVAILABLE;
    struct http_sink *sink = http_sink_start(0, &down, 1);
    struct notify *n;

    assert_non_null(sink);
    n = start(*state, sink);
    write_alerts(*state, 1, 3, false);
    assert_int_equal(wait_for(n, 0, 3).dead, 3);
    for (size_t i = 0; i < http_sink_count(sink); i++)
        assert_told(sink, i, 1, "firing"); /* the oldest asks for all of them */
    notify_stop(n);
    http_sink_stop(sink);
}

static void nothing_is_lost_while_the_endpoint_or_we_are_down(void **state)
{
    static const enum http_sink_mode ok = SINK_OK, down = SINK_UNAVAILABLE;
    struct http_sink *sink = http_sink_start(0, &down, 1);
    uint16_t port = http_sink_port(sink);
    struct notify *n;

    assert_non_null(sink);
    n = start(*state, sink);
    write_alerts(*state, 1, 20, false);
    assert_true(http_sink_wait(sink, 1) >= 1);
    notify_stop(n); /* with 20 waiting */
    write_alerts(*state, 21, 20, false);
    http_sink_stop(sink);
    sink = http_sink_start(port, &ok, 1);
    assert_non_null(sink);
    n = start(*state, sink);
    assert_int_equal(wait_for(n, 40, 0).delivered, 40);
    nap_ms(100);
    assert_int_equal(http_sink_count(sink), 40);
    for (unsigned i = 0; i < 40; i++)
        assert_told(sink, i, i + 1, "firing");
    write_alerts(*state, 1, 40, true);
    assert_int_equal(wait_for(n, 80, 0).delivered, 80);
    for (unsigned i = 0; i < 40; i++)
        assert_told(sink, 40 + i, i + 1, "resolved");
    notify_stop(n);
    http_sink_stop(sink);
}

static void finds_the_end_of_an_alert_far_back(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct notify *n;

    assert_non_null(sink);
    n = start(*state, sink);
    write_alerts(*state, 1, 1, false);
    assert_int_equal(wait_for(n, 1, 0).delivered, 1);
    write_alerts(*state, 100, 400, true); /* more than a page of newer ones */
    assert_int_equal(wait_for(n, 401, 0).delivered, 401);
    write_alerts(*state, 1, 1, true);
    assert_int_equal(http_sink_wait(sink, 402), 402);
    assert_told(sink, 401, 1, "resolved");
    notify_stop(n);
    http_sink_stop(sink);
}

static void a_hanging_endpoint_holds_up_no_other(void **state)
{
    static const enum http_sink_mode ok = SINK_OK, hang = SINK_HANG;
    struct http_sink *good = http_sink_start(0, &ok, 1), *bad = http_sink_start(0, &hang, 1);
    char good_url[64], bad_url[64];
    const char *urls[] = { bad_url, good_url };
    struct notify_options options = {
        .store_dir = *state, .urls = urls, .url_count = 2, .poll_ms = 10
    };
    struct notify *n;

    assert_non_null(good);
    assert_non_null(bad);
    snprintf(good_url, sizeof good_url, "http://127.0.0.1:%u/", http_sink_port(good));
    snprintf(bad_url, sizeof bad_url, "http://127.0.0.1:%u/", http_sink_port(bad));
    assert_int_equal(notify_start(&n, &options), 0);
    write_alerts(*state, 1, 5, false);
    assert_int_equal(wait_for(n, 5, 0).delivered, 5);
    notify_stop(n); /* at once, not after the timeout */
    http_sink_stop(good);
    http_sink_stop(bad);
}

static void refuses_bad_options(void **state)
{
    static const char *const ftp[] = { "ftp://127.0.0.1/" };
    struct notify_options options = { .store_dir = *state, .urls = ftp, .url_count = 1 };
    static const char *const http[] = { "http://127.0.0.1:9/" };
    struct notify *n = NULL, *second = NULL;

    assert_int_equal(notify_start(&n, &options), -EINVAL);
    options.urls = http;
    options.url_count = NOTIFY_URLS_MAX + 1;
    assert_int_equal(notify_start(&n, &options), -EINVAL);
    options.url_count = 1;
    assert_null(n);
    assert_int_equal(notify_start(&n, &options), 0);
    assert_int_equal(notify_start(&second, &options), -EBUSY);
    assert_null(second);
    notify_stop(n);
}

int main(void)
{
#define ONE(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)
    const struct CMUnitTest tests[] = {
        ONE(tells_each_state_once_and_nothing_old),
        ONE(tries_again_under_the_same_id),
        ONE(a_refused_alert_does_not_hold_up_others),
        ONE(obeys_retry_after),
        ONE(stops_at_410_until_the_next_start),
        ONE(gives_up_an_endpoint_that_stays_down),
        ONE(nothing_is_lost_while_the_endpoint_or_we_are_down),
        ONE(finds_the_end_of_an_alert_far_back),
        ONE(a_hanging_endpoint_holds_up_no_other),
        ONE(refuses_bad_options),
    };

    unsetenv("http_proxy");
    return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
