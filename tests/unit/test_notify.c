#include "analyzer/record_id.h"
#include "probe/notify/notify.h"
#include "probe/state/acks.h"
#include "probe/state/own_alerts.h"
#include "probe/state/silences.h"
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

/* As the real pace, a hundred times as fast; "gave up" comes after 1 s. */
static const struct endpoint_pace fast = {
    .first_ms = 10, .soon_ms = 100, .soon_for_ms = 60000, .longest_ms = 200, .give_up_ms = 1000
};

static const char *const loopback[] = { "127.0.0.1" };

static int make_dir(void **state)
{
    /* In memory where there is such a place: a slow disk is not what is tested. */
    char *dir = strdup(access("/dev/shm", W_OK) == 0 ? "/dev/shm/earshot-notify-XXXXXX"
                                                     : "/tmp/earshot-notify-XXXXXX");

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

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static uint64_t id_of(unsigned which)
{
    return record_id_make(START + which * NS_PER_S, which);
}

/* The probe's side: versions of alerts, each with a change of its own. */
struct version {
    const char *state, *severity, *rule;
    uint64_t muted_by;
    int64_t changed_s; /* after it began */
};

static const struct version firing = { "firing", "critical", NULL, 0, 0 },
                            over = { "resolved", "critical", NULL, 0, 3600 };

static void write_versions(const char *dir, unsigned first, unsigned count, const struct version *v)
{
    struct writer_options options = { .store_dir = dir, .wait_when_full = true };
    struct writer *w;

    assert_int_equal(writer_start(&w, &options), 0);
    for (unsigned i = first; i < first + count; i++) {
        char rule[32], labels[96];
        struct alert_record a;

        record_clear(&record_type_alert, &a);
        a.id = id_of(i);
        snprintf(rule, sizeof rule, "rule-%u", i);
        a.rule = slice_of_text(v->rule ? v->rule : rule);
        snprintf(labels, sizeof labels, "{\"rule\":\"%s\",\"number\":\"%u\"}",
                 v->rule ? v->rule : rule, i);
        a.labels = slice_of_text(labels);
        a.severity = slice_of_text(v->severity);
        a.state = slice_of_text(v->state);
        a.group = SLICE("192.0.2.10");
        a.summary = SLICE("503 spike");
        a.time = START + i * NS_PER_S;
        a.fired_time = a.time;
        a.changed_time = a.time + v->changed_s * NS_PER_S;
        a.muted_by = v->muted_by;
        if (strcmp(v->state, "resolved") == 0)
            a.ended_time = now_ns();
        a.calls = SLICE("[]");
        assert_true(writer_submit(w, &record_type_alert, &a));
    }
    writer_stop(w);
}

static void write_alerts(const char *dir, unsigned first, unsigned count, bool resolved)
{
    write_versions(dir, first, count, resolved ? &over : &firing);
}

/* The web process's side. */
struct desk {
    const char *dir;
    struct state_db *state;
    struct outbox *outbox;
    struct receiver receivers[3];
    char urls[3][64];
    struct notify_options options;
    struct notify *n;
};

static void begin(struct desk *d)
{
    assert_int_equal(state_db_open(&d->state, d->dir), 0);
    assert_int_equal(outbox_open(&d->outbox, d->state), 0);
    d->options.outbox = d->outbox;
    assert_int_equal(notify_start(&d->n, &d->options), 0);
}

static void end(struct desk *d)
{
    notify_stop(d->n);
    outbox_close(d->outbox);
    state_db_close(d->state);
}

static void set_desk(struct desk *d, const char *dir, struct http_sink *const *sinks, size_t count)
{
    static const char *const names[] = { "a", "b", "c" };

    *d = (struct desk){ .dir = dir };
    for (size_t i = 0; i < count; i++) {
        snprintf(d->urls[i], sizeof d->urls[i], "http://127.0.0.1:%u/hook",
                 http_sink_port(sinks[i]));
        d->receivers[i] = (struct receiver){ .url = d->urls[i], .tells_resolved = true };
        snprintf(d->receivers[i].name, sizeof d->receivers[i].name, "%s", names[i]);
    }
    d->options = (struct notify_options){ .store_dir = dir,
                                          .receivers = d->receivers,
                                          .receiver_count = count,
                                          .allow = loopback,
                                          .allow_count = 1,
                                          .poll_ms = 10,
                                          .hold_ms = 20,
                                          .timeout_ms = 300,
                                          .pace = &fast };
}

static void start(struct desk *d, const char *dir, struct http_sink *sink)
{
    set_desk(d, dir, &sink, 1);
    begin(d);
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
    struct desk d;

    assert_non_null(sink);
    write_alerts(*state, 1, 5, false);
    start(&d, *state, sink);
    write_alerts(*state, 3, 1, true); /* an old one clears: of it nobody has heard */
    write_alerts(*state, 10, 1, false);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    write_alerts(*state, 10, 1, true);
    assert_int_equal(http_sink_wait(sink, 2), 2);
    write_alerts(*state, 11, 1, false);
    notify_wake(d.n);
    assert_int_equal(http_sink_wait(sink, 3), 3);
    nap_ms(100); /* several polls: nothing more */
    assert_int_equal(http_sink_count(sink), 3);
    assert_told(sink, 0, 10, "firing");
    assert_told(sink, 1, 10, "resolved");
    assert_told(sink, 2, 11, "firing");
    assert_true(strstr(http_sink_request(sink, 1)->body, "\"fingerprint\":") != NULL);
    assert_string_equal(http_sink_request(sink, 0)->content_type, "application/json");
    end(&d);
    http_sink_stop(sink);
}

static void tries_again_under_the_same_id(void **state)
{
    static const enum http_sink_mode modes[] = { SINK_ERROR, SINK_HANG,     SINK_SLAM,
                                                 SINK_CUT,   SINK_REDIRECT, SINK_OK };
    struct http_sink *sink = http_sink_start(0, modes, 6);
    struct notify_stats stats;
    struct desk d;

    assert_non_null(sink);
    start(&d, *state, sink);
    write_alerts(*state, 1, 1, false);
    stats = wait_for(d.n, 1, 0);
    assert_int_equal(stats.delivered, 1);
    assert_int_equal(stats.failed, 5);
    assert_int_equal(http_sink_wait(sink, 6), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_told(sink, i, 1, "firing");
        assert_string_equal(http_sink_request(sink, i)->body, http_sink_request(sink, 0)->body);
        assert_string_equal(http_sink_request(sink, i)->path, "/hook");
    }
    end(&d);
    http_sink_stop(sink);
}

static void a_group_is_one_message_that_does_not_change(void **state)
{
    static const enum http_sink_mode modes[] = { SINK_ERROR, SINK_OK };
    static const struct version many = { "firing", "warning", "sip-503-spike", 0, 0 },
                                gone = { "resolved", "warning", "sip-503-spike", 0, 60 };
    struct http_sink *sink = http_sink_start(0, modes, 2);
    struct desk d;

    assert_non_null(sink);
    set_desk(&d, *state, &sink, 1);
    d.receivers[0].group_wait_ms = 300;
    begin(&d);
    write_versions(*state, 1, 3, &many);
    nap_ms(50);
    write_versions(*state, 4, 2, &many);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    write_versions(*state, 6, 1, &many); /* too late for the first */
    assert_int_equal(http_sink_wait(sink, 3), 3);
    assert_string_equal(http_sink_request(sink, 0)->webhook_id,
                        http_sink_request(sink, 1)->webhook_id);
    assert_string_equal(http_sink_request(sink, 0)->body, http_sink_request(sink, 1)->body);
    assert_true(strncmp(http_sink_request(sink, 0)->webhook_id, "alerts_5_", 9) == 0);
    assert_told(sink, 2, 6, "firing");
    write_versions(*state, 1, 6, &gone);
    assert_int_equal(http_sink_wait(sink, 4), 4);
    assert_true(strncmp(http_sink_request(sink, 3)->webhook_id, "alerts_6_", 9) == 0);
    end(&d);
    http_sink_stop(sink);
}

static void messages_keep_their_distance(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    static const struct version many = { "firing", "warning", "sip-503-spike", 0, 0 };
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct desk d;

    assert_non_null(sink);
    set_desk(&d, *state, &sink, 1);
    d.receivers[0].least_interval_ms = 1000;
    begin(&d);
    write_versions(*state, 1, 1, &many);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    for (unsigned i = 2; i < 6; i++)
        write_versions(*state, i, 1, &many);
    nap_ms(200);
    assert_int_equal(http_sink_count(sink), 1);
    assert_int_equal(http_sink_wait(sink, 2), 2);
    assert_true(strncmp(http_sink_request(sink, 1)->webhook_id, "alerts_4_", 9) == 0);
    end(&d);
    http_sink_stop(sink);
}

static void getting_worse_is_news(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    static const struct version steps[] = {
        { "pending", "warning", NULL, 0, 0 },  { "firing", "warning", NULL, 0, 1 },
        { "firing", "warning", NULL, 0, 2 },   { "firing", "critical", NULL, 0, 3 },
        { "resolved", "warning", NULL, 0, 4 },
    };
    static const char *const ids[] = { "firing", "firing_critical", "resolved" };
    struct http_sink *all = http_sink_start(0, &ok, 1), *worst = http_sink_start(0, &ok, 1);
    struct http_sink *const sinks[] = { all, worst };
    struct desk d;

    assert_non_null(all);
    assert_non_null(worst);
    set_desk(&d, *state, sinks, 2);
    d.receivers[1].least_severity = 2;
    begin(&d);
    for (size_t i = 0, told = 0; i < 5; i++) {
        write_versions(*state, 1, 1, &steps[i]);
        told += i == 1 || i == 3 || i == 4;
        nap_ms(60);
        assert_int_equal(http_sink_wait(all, told), told);
    }
    nap_ms(60);
    assert_int_equal(http_sink_count(all), 3);
    for (size_t i = 0; i < 3; i++)
        assert_told(all, i, 1, ids[i]);
    assert_int_equal(http_sink_wait(worst, 2), 2);
    assert_told(worst, 0, 1, "firing"); /* its first news */
    assert_told(worst, 1, 1, "resolved");
    end(&d);
    http_sink_stop(all);
    http_sink_stop(worst);
}

static void what_is_muted_is_told_when_it_is_no_longer(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    static const struct version muted = { "firing", "critical", NULL, 99, 0 },
                                free = { "firing", "critical", NULL, 0, 10 },
                                passed = { "passed", "critical", NULL, 0, 10 };
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct desk d;

    assert_non_null(sink);
    start(&d, *state, sink);
    write_versions(*state, 1, 3, &muted);
    nap_ms(100);
    assert_int_equal(http_sink_count(sink), 0);
    write_versions(*state, 2, 1, &free);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    assert_told(sink, 0, 2, "firing");
    write_versions(*state, 1, 1, &passed);
    write_versions(*state, 3, 1, &over); /* held back all its life */
    nap_ms(100);
    assert_int_equal(http_sink_count(sink), 1);
    end(&d);
    http_sink_stop(sink);
}

static void silences_hold_until_they_end(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct silence silence = { .from_ms = 1, .until_ms = INT64_MAX / 2, .created_ms = 1 };
    char error[LABEL_MATCH_ERROR_MAX];
    struct desk d;
    int64_t id;

    assert_non_null(sink);
    start(&d, *state, sink);
    assert_int_equal(label_match_parse(&silence.match, SLICE("rule=rule-1"), error), 0);
    silence.until_ms = now_ns() / 1000000 + 86400000;
    id = silences_add(d.state, &silence);
    assert_true(id > 0);
    write_alerts(*state, 1, 2, false);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    nap_ms(100);
    assert_int_equal(http_sink_count(sink), 1);
    assert_told(sink, 0, 2, "firing");
    assert_int_equal(silences_end(d.state, id, now_ns() / 1000000), 0);
    notify_wake(d.n);
    assert_int_equal(http_sink_wait(sink, 2), 2);
    assert_told(sink, 1, 1, "firing");
    end(&d);
    http_sink_stop(sink);
}

static void who_has_it_is_told_only_the_end(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    static const struct version warning = { "firing", "warning", NULL, 0, 0 };
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    const struct ack ack = { .alert = id_of(1), .time_ms = 1 };
    struct desk d;

    assert_non_null(sink);
    start(&d, *state, sink);
    write_versions(*state, 1, 1, &warning);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    assert_int_equal(acks_add(d.state, &ack), 0);
    write_versions(*state, 1, 1, &(struct version){ "firing", "critical", NULL, 0, 5 });
    nap_ms(100);
    assert_int_equal(http_sink_count(sink), 1);
    write_alerts(*state, 1, 1, true);
    assert_int_equal(http_sink_wait(sink, 2), 2);
    assert_told(sink, 1, 1, "resolved");
    end(&d);
    http_sink_stop(sink);
}

static void a_pager_is_told_who_has_it(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    const struct ack ack = { .alert = id_of(1), .time_ms = 1 };
    struct desk d;

    assert_non_null(sink);
    set_desk(&d, *state, &sink, 1);
    d.receivers[0].kind = RECEIVER_PAGERDUTY;
    d.receivers[0].token = "key";
    begin(&d);
    write_alerts(*state, 1, 2, false);
    assert_int_equal(http_sink_wait(sink, 2), 2); /* one incident each */
    assert_int_equal(acks_add(d.state, &ack), 0);
    notify_wake(d.n);
    assert_int_equal(http_sink_wait(sink, 3), 3);
    notify_wake(d.n);
    nap_ms(60);
    assert_int_equal(http_sink_count(sink), 3);
    assert_told(sink, 2, 1, "acknowledged_0");
    assert_true(strstr(http_sink_request(sink, 2)->body, "acknowledge") != NULL);
    end(&d);
    http_sink_stop(sink);
}

static void what_the_web_process_raises_goes_the_same_way(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct alert_record a;
    struct desk d;

    assert_non_null(sink);
    start(&d, *state, sink);
    record_clear(&record_type_alert, &a);
    a.id = id_of(7);
    a.rule = SLICE("probe-silent");
    a.labels = SLICE("{\"rule\":\"probe-silent\"}");
    a.severity = SLICE("critical");
    a.state = SLICE("firing");
    a.time = a.fired_time = a.changed_time = START;
    a.calls = SLICE("[]");
    assert_int_equal(own_alerts_put(d.state, &a), 0);
    notify_wake(d.n);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    assert_told(sink, 0, 7, "firing");
    a.state = SLICE("resolved");
    a.ended_time = a.changed_time = now_ns();
    assert_int_equal(own_alerts_put(d.state, &a), 0);
    notify_wake(d.n);
    assert_int_equal(http_sink_wait(sink, 2), 2);
    assert_told(sink, 1, 7, "resolved");
    end(&d);
    http_sink_stop(sink);
}

static void nobody_is_told_in_a_window(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct maintenance window = { .from_s = 0, .to_s = INT64_MAX };
    char error[LABEL_MATCH_ERROR_MAX];
    struct desk d;

    assert_non_null(sink);
    set_desk(&d, *state, &sink, 1);
    assert_int_equal(label_match_parse(&window.match, SLICE("number=1"), error), 0);
    d.options.windows = &window;
    d.options.window_count = 1;
    begin(&d);
    write_alerts(*state, 1, 2, false);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    nap_ms(60);
    assert_int_equal(http_sink_count(sink), 1);
    assert_told(sink, 0, 2, "firing");
    end(&d);
    d.options.window_count = 0; /* it is over */
    begin(&d);
    assert_int_equal(http_sink_wait(sink, 2), 2);
    assert_told(sink, 1, 1, "firing");
    end(&d);
    http_sink_stop(sink);
}

static void alertmanager_is_told_again(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    size_t count;
    struct desk d;

    assert_non_null(sink);
    set_desk(&d, *state, &sink, 1);
    d.receivers[0].kind = RECEIVER_ALERTMANAGER;
    d.options.again_ms = 50;
    begin(&d);
    write_alerts(*state, 1, 1, false);
    assert_true(http_sink_wait(sink, 4) >= 4);
    assert_told(sink, 0, 1, "firing");
    assert_string_equal(http_sink_request(sink, 0)->path, "/hook/api/v2/alerts");
    assert_true(strncmp(http_sink_request(sink, 2)->webhook_id, "again_", 6) == 0);
    write_alerts(*state, 1, 1, true);
    nap_ms(200);
    count = http_sink_count(sink);
    nap_ms(200); /* what is over is not repeated */
    assert_int_equal(http_sink_count(sink), count);
    end(&d);
    http_sink_stop(sink);
}

static void a_test_is_one_message(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct desk d;

    assert_non_null(sink);
    start(&d, *state, sink);
    assert_int_equal(outbox_ask_test(d.outbox, "a"), 0);
    notify_wake(d.n);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    nap_ms(60);
    assert_int_equal(http_sink_count(sink), 1);
    assert_true(strncmp(http_sink_request(sink, 0)->webhook_id, "test_", 5) == 0);
    end(&d);
    http_sink_stop(sink);
}

static void a_heart_beats_while_the_probe_lives(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct desk d;

    assert_non_null(sink);
    set_desk(&d, *state, &sink, 1);
    d.receivers[0].kind = RECEIVER_HEARTBEAT;
    d.receivers[0].heartbeat_ms = 50;
    begin(&d);
    write_alerts(*state, 1, 1, false);
    nap_ms(100);
    assert_int_equal(http_sink_count(sink), 0); /* of a probe nothing was heard */
    notify_hear(d.n, SLICE("{\"type\":\"stats\"}"));
    assert_true(http_sink_wait(sink, 3) >= 3);
    assert_true(strncmp(http_sink_request(sink, 0)->webhook_id, "heartbeat_", 10) == 0);
    end(&d);
    http_sink_stop(sink);
}

static void a_line_of_the_feed_is_enough(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct timespec from, to;
    char line[96];
    struct desk d;

    assert_non_null(sink);
    set_desk(&d, *state, &sink, 1);
    d.options.poll_ms = 60000; /* nobody looks but for that */
    begin(&d);
    nap_ms(50);
    snprintf(line, sizeof line, "{\"type\":\"alert\",\"id\":\"%016" PRIx64 "\"}", id_of(1));
    clock_gettime(CLOCK_MONOTONIC, &from);
    notify_hear(d.n, slice_of_text(line)); /* before it is in the store */
    nap_ms(150);
    write_alerts(*state, 1, 1, false);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    clock_gettime(CLOCK_MONOTONIC, &to);
    assert_in_range((to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000, 0,
                    2000);
    end(&d);
    http_sink_stop(sink);
}

static void stops_at_410_until_the_next_start(void **state)
{
    static const enum http_sink_mode modes[] = { SINK_GONE, SINK_OK };
    struct http_sink *sink = http_sink_start(0, modes, 2);
    struct desk d;

    assert_non_null(sink);
    start(&d, *state, sink);
    write_alerts(*state, 1, 1, false);
    assert_int_equal(wait_for(d.n, 0, 1).dead, 1);
    write_alerts(*state, 2, 1, false);
    nap_ms(100);
    assert_int_equal(http_sink_count(sink), 1);
    end(&d);
    begin(&d);
    write_alerts(*state, 3, 1, false);
    assert_int_equal(http_sink_wait(sink, 2), 2);
    assert_told(sink, 1, 3, "firing");
    end(&d);
    http_sink_stop(sink);
}

static void gives_up_an_endpoint_that_stays_down(void **state)
{
    static const enum http_sink_mode down = SINK_UNAVAILABLE;
    struct http_sink *sink = http_sink_start(0, &down, 1);
    struct desk d;

    assert_non_null(sink);
    start(&d, *state, sink);
    write_alerts(*state, 1, 3, false);
    assert_int_equal(wait_for(d.n, 0, 3).dead, 3);
    for (size_t i = 0; i < http_sink_count(sink); i++)
        assert_told(sink, i, 1, "firing"); /* the oldest asks for all of them */
    end(&d);
    http_sink_stop(sink);
}

static void nothing_is_lost_while_the_endpoint_or_we_are_down(void **state)
{
    static const enum http_sink_mode ok = SINK_OK, down = SINK_UNAVAILABLE;
    struct endpoint_pace patient = fast;
    struct http_sink *sink = http_sink_start(0, &down, 1);
    uint16_t port = http_sink_port(sink);
    struct desk d;

    assert_non_null(sink);
    patient.give_up_ms = 60000;
    set_desk(&d, *state, &sink, 1);
    d.options.pace = &patient;
    begin(&d);
    write_alerts(*state, 1, 20, false);
    assert_true(http_sink_wait(sink, 1) >= 1);
    end(&d); /* with 20 waiting */
    write_alerts(*state, 21, 10, false);
    write_alerts(*state, 31, 10, true); /* came and went while nobody looked */
    http_sink_stop(sink);
    sink = http_sink_start(port, &ok, 1);
    assert_non_null(sink);
    begin(&d);
    assert_int_equal(wait_for(d.n, 50, 0).delivered, 50);
    nap_ms(60);
    assert_int_equal(http_sink_count(sink), 50);
    for (unsigned i = 0; i < 40; i++)
        assert_told(sink, i, i + 1, "firing");
    for (unsigned i = 40; i < 50; i++)
        assert_told(sink, i, i - 9, "resolved");
    write_alerts(*state, 1, 30, true);
    assert_int_equal(wait_for(d.n, 80, 0).delivered, 80);
    for (unsigned i = 0; i < 30; i++)
        assert_told(sink, 50 + i, i + 1, "resolved");
    end(&d);
    http_sink_stop(sink);
}

static void finds_the_end_of_an_alert_far_back(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    static const struct version pending = { "pending", "info", NULL, 0, 0 };
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct desk d;

    assert_non_null(sink);
    start(&d, *state, sink);
    write_alerts(*state, 1, 1, false);
    assert_int_equal(wait_for(d.n, 1, 0).delivered, 1);
    write_versions(*state, 100, 400, &pending); /* more than a page of newer ones */
    nap_ms(100);
    write_alerts(*state, 1, 1, true);
    assert_int_equal(http_sink_wait(sink, 2), 2);
    assert_told(sink, 1, 1, "resolved");
    end(&d);
    http_sink_stop(sink);
}

static void a_hanging_endpoint_holds_up_no_other(void **state)
{
    static const enum http_sink_mode ok = SINK_OK, hang = SINK_HANG;
    struct http_sink *good = http_sink_start(0, &ok, 1), *bad = http_sink_start(0, &hang, 1);
    struct http_sink *const sinks[] = { bad, good };
    struct desk d;

    assert_non_null(good);
    assert_non_null(bad);
    set_desk(&d, *state, sinks, 2);
    d.options.timeout_ms = 0; /* 10 s */
    begin(&d);
    write_alerts(*state, 1, 5, false);
    assert_int_equal(wait_for(d.n, 5, 0).delivered, 5);
    end(&d); /* at once, not after the timeout */
    http_sink_stop(good);
    http_sink_stop(bad);
}

static void refuses_bad_options(void **state)
{
    static const char *const no_address[] = { "http://a/" };
    struct desk d = { .dir = *state };

    assert_int_equal(state_db_open(&d.state, d.dir), 0);
    assert_int_equal(outbox_open(&d.outbox, d.state), 0);
    d.receivers[0] = (struct receiver){ .name = "a", .url = "ftp://127.0.0.1/" };
    d.options = (struct notify_options){
        .store_dir = d.dir, .outbox = d.outbox, .receivers = d.receivers, .receiver_count = 1
    };
    assert_int_equal(notify_start(&d.n, &d.options), -EINVAL);
    d.receivers[0].url = "http://127.0.0.1:9/";
    d.options.receiver_count = RECEIVERS_MAX + 1;
    assert_int_equal(notify_start(&d.n, &d.options), -EINVAL);
    d.options.receiver_count = 1;
    d.options.allow = no_address;
    d.options.allow_count = 1;
    assert_int_equal(notify_start(&d.n, &d.options), -EINVAL);
    d.options.allow_count = 0;
    d.receivers[0].kind = RECEIVER_EXEC;
    d.receivers[0].url = "/bin/true";
    assert_int_equal(notify_start(&d.n, &d.options), -EINVAL); /* nobody allowed it */
    outbox_close(d.outbox);
    state_db_close(d.state);
}

int main(void)
{
#define ONE(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)
    const struct CMUnitTest tests[] = {
        ONE(tells_each_state_once_and_nothing_old),
        ONE(tries_again_under_the_same_id),
        ONE(a_group_is_one_message_that_does_not_change),
        ONE(messages_keep_their_distance),
        ONE(getting_worse_is_news),
        ONE(what_is_muted_is_told_when_it_is_no_longer),
        ONE(silences_hold_until_they_end),
        ONE(who_has_it_is_told_only_the_end),
        ONE(a_pager_is_told_who_has_it),
        ONE(what_the_web_process_raises_goes_the_same_way),
        ONE(nobody_is_told_in_a_window),
        ONE(alertmanager_is_told_again),
        ONE(a_test_is_one_message),
        ONE(a_heart_beats_while_the_probe_lives),
        ONE(a_line_of_the_feed_is_enough),
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
