#include "probe/notify/address_guard.h"
#include "probe/notify/webhook.h"
#include "tests/unit/http_sink.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { TIMEOUT_MS = 400 };

static const char *const loopback[] = { "127.0.0.0/8", "::1" };

struct bench {
    struct address_guard guard;
    struct webhook_pool *pool;
    struct transport_environment environment;
};

static void set_up(struct bench *b, int64_t timeout_ms)
{
    assert_int_equal(address_guard_init(&b->guard, loopback, 2), 0);
    assert_int_equal(webhook_pool_new(&b->pool), 0);
    b->environment = (struct transport_environment){ .guard = &b->guard,
                                                     .pool = b->pool,
                                                     .timeout_ms = timeout_ms };
}

static void tear_down(struct bench *b)
{
    webhook_pool_free(b->pool);
    address_guard_fini(&b->guard);
}

static const struct transport_message hello = { .content_type = "application/json",
                                                .id = "alert_1_firing",
                                                .timestamp_s = 1234,
                                                .body = SLICE_INIT("{\"a\":1}") };

static struct webhook_answer post_as(struct bench *b, const struct receiver *receiver)
{
    struct webhook_answer answer = { .status = -1 };
    struct transport *t;
    bool done = false;

    assert_int_equal(transport_http.open(&t, receiver, &b->environment), 0);
    assert_int_equal(transport_http.start(t, &hello), 0);
    assert_true(t->is_busy);
    assert_int_equal(transport_http.start(t, &hello), -EBUSY);
    for (int i = 0; i < 100 && !done; i++) {
        webhook_pool_run(b->pool, 50);
        done = transport_http.run(t, 0, &answer);
    }
    assert_true(done);
    assert_false(t->is_busy);
    transport_http.close(t);
    return answer;
}

static struct webhook_answer post(struct bench *b, const char *url)
{
    return post_as(b, &(struct receiver){ .name = "r", .url = url });
}

static const struct {
    enum http_sink_mode mode;
    enum webhook_outcome outcome;
    int status;
    int64_t retry_after_s;
    const char *reason;
} rows[] = {
    { SINK_OK, WEBHOOK_DELIVERED, 200, 0, "" },
    { SINK_NO_CONTENT, WEBHOOK_DELIVERED, 204, 0, "" },
    { SINK_HUGE, WEBHOOK_DELIVERED, 200, 0, "" }, /* heard, and its talk broken off */
    { SINK_BAD_REQUEST, WEBHOOK_REJECTED, 400, 0, "it answered 400" },
    { SINK_ERROR, WEBHOOK_REJECTED, 500, 0, "it answered 500" },
    { SINK_REDIRECT, WEBHOOK_REJECTED, 307, 0, "it answered 307" },
    { SINK_GONE, WEBHOOK_GONE, 410, 0, "it answered 410" },
    { SINK_TOO_MANY, WEBHOOK_DOWN, 429, 1, "it answered 429" },
    { SINK_UNAVAILABLE, WEBHOOK_DOWN, 503, 0, "it answered 503" },
    { SINK_CUT, WEBHOOK_DOWN, 200, 0, NULL },
    { SINK_SLAM, WEBHOOK_DOWN, 0, 0, NULL },
    { SINK_HANG, WEBHOOK_DOWN, 0, 0, NULL },
    { SINK_GARBAGE, WEBHOOK_DOWN, 0, 0, NULL },
};

static void judges_each_answer(void **state)
{
    struct bench b;

    (void)state;
    set_up(&b, TIMEOUT_MS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_sink *sink = http_sink_start(0, &rows[i].mode, 1);
        const struct http_sink_request *r;
        struct webhook_answer a;
        char url[64];

        assert_non_null(sink);
        snprintf(url, sizeof url, "http://127.0.0.1:%u/hook?key=s3cret", http_sink_port(sink));
        a = post(&b, url);
        assert_int_equal(a.outcome, rows[i].outcome);
        assert_int_equal(a.status, rows[i].status);
        assert_int_equal(a.retry_after_s, rows[i].retry_after_s);
        if (rows[i].reason)
            assert_string_equal(a.reason, rows[i].reason);
        else
            assert_true(a.reason[0] != '\0');
        assert_null(strstr(a.reason, "s3cret"));
        assert_int_equal(http_sink_wait(sink, 1), 1); /* one request: no redirect was followed */
        r = http_sink_request(sink, 0);
        assert_string_equal(r->path, "/hook?key=s3cret");
        assert_string_equal(r->content_type, "application/json");
        assert_string_equal(r->webhook_id, "alert_1_firing");
        assert_string_equal(r->timestamp, "1234");
        assert_string_equal(r->body, "{\"a\":1}");
        http_sink_stop(sink);
    }
    tear_down(&b);
}

static void a_dead_port_is_down(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct webhook_answer a;
    struct bench b;
    char url[64];

    (void)state;
    assert_non_null(sink);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_sink_port(sink));
    http_sink_stop(sink);
    set_up(&b, TIMEOUT_MS);
    a = post(&b, url);
    assert_int_equal(a.outcome, WEBHOOK_DOWN);
    assert_int_equal(a.status, 0);
    tear_down(&b);
}

static void takes_http_urls_and_hides_their_secrets(void **state)
{
    static const struct {
        enum receiver_kind kind;
        const char *url, *name;
    } urls[] = {
        { RECEIVER_WEBHOOK, "https://user:pass@hooks.example/T0/s3cret?x=y",
          "https://hooks.example:443" },
        { RECEIVER_WEBHOOK, "http://[::1]:8080/x", "http://[::1]:8080" },
        { RECEIVER_PAGERDUTY, NULL, "https://events.pagerduty.com:443" },
        { RECEIVER_WEBHOOK, "ftp://127.0.0.1/x", NULL },
        { RECEIVER_WEBHOOK, "file:///etc/passwd", NULL },
        { RECEIVER_WEBHOOK, "gopher://127.0.0.1:6379/_x", NULL },
        { RECEIVER_WEBHOOK, "hooks.example/x", NULL },
        { RECEIVER_WEBHOOK, "", NULL },
        { RECEIVER_WEBHOOK, "http://", NULL },
        { RECEIVER_WEBHOOK, NULL, NULL },
    };
    struct bench b;

    (void)state;
    set_up(&b, TIMEOUT_MS);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        const struct receiver r = { .kind = urls[i].kind, .url = urls[i].url };
        struct transport *t = NULL;

        assert_int_equal(transport_http.open(&t, &r, &b.environment), urls[i].name ? 0 : -EINVAL);
        if (t)
            assert_string_equal(t->place, urls[i].name);
        transport_http.close(t);
    }
    tear_down(&b);
}

static void a_kind_has_its_path(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    static const struct {
        enum receiver_kind kind;
        const char *url, *path;
    } paths[] = {
        { RECEIVER_ALERTMANAGER, "", "/api/v2/alerts" },
        { RECEIVER_ALERTMANAGER, "/", "/api/v2/alerts" },
        { RECEIVER_ALERTMANAGER, "/am/", "/am/api/v2/alerts" },
        { RECEIVER_ALERTMANAGER, "/am/api/v2/alerts", "/am/api/v2/alerts" },
        { RECEIVER_SLACK, "/services/T0", "/services/T0" },
    };
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct bench b;

    (void)state;
    assert_non_null(sink);
    set_up(&b, TIMEOUT_MS);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct receiver r = { .kind = paths[i].kind };
        char url[96];

        snprintf(url, sizeof url, "http://127.0.0.1:%u%s", http_sink_port(sink), paths[i].url);
        r.url = url;
        assert_int_equal(post_as(&b, &r).outcome, WEBHOOK_DELIVERED);
        assert_int_equal(http_sink_wait(sink, i + 1), i + 1);
        assert_string_equal(http_sink_request(sink, i)->path, paths[i].path);
        assert_string_equal(http_sink_request(sink, i)->signature, "");
        assert_string_equal(http_sink_request(sink, i)->authorization, "");
    }
    tear_down(&b);
    http_sink_stop(sink);
}

static void signs_with_every_key(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    const struct slice text = SLICE("alert_1_firing.1234.{\"a\":1}");
    struct receiver r = { .token = "t0ken", .key_count = 2 };
    char url[64], expected[128];
    struct bench b;

    (void)state;
    assert_non_null(sink);
    assert_true(hmac_key_parse(&r.keys[0], SLICE("the new key of 24 bytes.")));
    assert_true(hmac_key_parse(&r.keys[1], SLICE("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_sink_port(sink));
    r.url = url;
    set_up(&b, TIMEOUT_MS);
    assert_int_equal(post_as(&b, &r).outcome, WEBHOOK_DELIVERED);
    assert_int_equal(http_sink_wait(sink, 1), 1);
    expected[0] = '\0';
    for (size_t i = 0; i < 2; i++) {
        unsigned char mac[HMAC_BYTES];
        char base64[HMAC_BASE64_MAX];
        size_t len = strlen(expected);

        hmac_make(&r.keys[i], &text, 1, mac);
        hmac_base64(mac, base64);
        snprintf(expected + len, sizeof expected - len, "%sv1,%s", i ? " " : "", base64);
    }
    assert_string_equal(http_sink_request(sink, 0)->signature, expected);
    assert_string_equal(http_sink_request(sink, 0)->authorization, "Bearer t0ken");
    tear_down(&b);
    http_sink_stop(sink);
}

static void ends_while_something_is_under_way(void **state)
{
    static const enum http_sink_mode hang = SINK_HANG;
    struct http_sink *sink = http_sink_start(0, &hang, 1);
    struct webhook_answer answer;
    struct receiver r = { .name = "r" };
    struct transport *t;
    struct bench b;
    char url[64];

    (void)state;
    assert_non_null(sink);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_sink_port(sink));
    r.url = url;
    set_up(&b, 60000);
    assert_int_equal(transport_http.open(&t, &r, &b.environment), 0);
    assert_int_equal(transport_http.start(t, &hello), 0);
    webhook_pool_run(b.pool, 50);
    assert_false(transport_http.run(t, 0, &answer));
    transport_http.close(t);
    tear_down(&b);
    http_sink_stop(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_each_answer),
        cmocka_unit_test(a_dead_port_is_down),
        cmocka_unit_test(takes_http_urls_and_hides_their_secrets),
        cmocka_unit_test(a_kind_has_its_path),
        cmocka_unit_test(signs_with_every_key),
        cmocka_unit_test(ends_while_something_is_under_way),
    };

    unsetenv("http_proxy");
    return cmocka_run_group_tests_name("webhook", tests, NULL, NULL);
}
