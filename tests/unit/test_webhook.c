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

struct heard {
    struct webhook_answer answer;
    unsigned count;
};

static void hear(void *ctx, struct webhook *hook, const struct webhook_answer *answer)
{
    struct heard *heard = ctx;

    assert_false(webhook_is_busy(hook));
    heard->answer = *answer;
    heard->count++;
}

static struct webhook_answer post(struct webhook_pool *pool, const char *url)
{
    struct heard heard = { .count = 0 };
    struct webhook *hook;

    assert_int_equal(webhook_new(&hook, pool, url), 0);
    assert_int_equal(
        webhook_post(hook, "application/json", "alert_1_firing", 1234, SLICE("{\"a\":1}")), 0);
    assert_true(webhook_is_busy(hook));
    assert_int_equal(webhook_post(hook, "x", "y", 1, SLICE("z")), -EBUSY);
    for (int i = 0; i < 100 && heard.count == 0; i++)
        webhook_pool_run(pool, 50, hear, &heard);
    assert_int_equal(heard.count, 1);
    webhook_free(hook);
    return heard.answer;
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
    struct webhook_pool *pool;

    (void)state;
    assert_int_equal(webhook_pool_new(&pool, TIMEOUT_MS), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_sink *sink = http_sink_start(0, &rows[i].mode, 1);
        const struct http_sink_request *r;
        struct webhook_answer a;
        char url[64];

        assert_non_null(sink);
        snprintf(url, sizeof url, "http://127.0.0.1:%u/hook?key=s3cret", http_sink_port(sink));
        a = post(pool, url);
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
    webhook_pool_free(pool);
}

static void a_dead_port_is_down(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct webhook_pool *pool;
    struct webhook_answer a;
    char url[64];

    (void)state;
    assert_non_null(sink);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_sink_port(sink));
    http_sink_stop(sink);
    assert_int_equal(webhook_pool_new(&pool, TIMEOUT_MS), 0);
    a = post(pool, url);
    assert_int_equal(a.outcome, WEBHOOK_DOWN);
    assert_int_equal(a.status, 0);
    webhook_pool_free(pool);
}

static void takes_http_urls_and_hides_their_secrets(void **state)
{
    static const struct {
        const char *url, *name;
    } urls[] = {
        { "https://user:pass@hooks.example/T0/s3cret?x=y", "https://hooks.example:443" },
        { "http://[::1]:8080/x", "http://[::1]:8080" },
        { "ftp://127.0.0.1/x", NULL },
        { "file:///etc/passwd", NULL },
        { "gopher://127.0.0.1:6379/_x", NULL },
        { "hooks.example/x", NULL },
        { "", NULL },
        { "http://", NULL },
    };
    struct webhook_pool *pool;

    (void)state;
    assert_int_equal(webhook_pool_new(&pool, TIMEOUT_MS), 0);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct webhook *hook = NULL;

        assert_int_equal(webhook_new(&hook, pool, urls[i].url), urls[i].name ? 0 : -EINVAL);
        if (hook)
            assert_string_equal(webhook_name(hook), urls[i].name);
        webhook_free(hook);
    }
    webhook_pool_free(pool);
}

static void ends_while_something_is_under_way(void **state)
{
    static const enum http_sink_mode hang = SINK_HANG;
    struct http_sink *sink = http_sink_start(0, &hang, 1);
    struct heard heard = { .count = 0 };
    struct webhook_pool *pool;
    struct webhook *hook;
    char url[64];

    (void)state;
    assert_non_null(sink);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_sink_port(sink));
    assert_int_equal(webhook_pool_new(&pool, 60000), 0);
    assert_int_equal(webhook_new(&hook, pool, url), 0);
    assert_int_equal(webhook_post(hook, "text/plain", "id", 1, SLICE("x")), 0);
    webhook_pool_run(pool, 50, hear, &heard);
    assert_int_equal(heard.count, 0);
    webhook_free(hook);
    webhook_pool_free(pool);
    http_sink_stop(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges_each_answer),
        cmocka_unit_test(a_dead_port_is_down),
        cmocka_unit_test(takes_http_urls_and_hides_their_secrets),
        cmocka_unit_test(ends_while_something_is_under_way),
    };

    unsetenv("http_proxy");
    return cmocka_run_group_tests_name("webhook", tests, NULL, NULL);
}
