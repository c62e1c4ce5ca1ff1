#include "probe/notify/address_guard.h"

#include "probe/notify/transport.h"
#include "probe/notify/webhook.h"
#include "tests/unit/http_sink.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *ip, *reason; /* NULL: it may be told */
} rows[] = {
    { "127.0.0.1", "loopback" },
    { "127.255.255.254", "loopback" },
    { "0.0.0.0", "unspecified" },
    { "0.1.2.3", "unspecified" },
    { "10.0.0.1", "private" },
    { "172.16.0.1", "private" },
    { "172.31.255.255", "private" },
    { "172.32.0.1", NULL },
    { "172.15.255.255", NULL },
    { "192.168.1.1", "private" },
    { "192.167.1.1", NULL },
    { "100.64.0.1", "shared" },
    { "100.127.255.255", "shared" },
    { "100.128.0.0", NULL },
    { "169.254.169.254", "link-local" },
    { "168.63.129.16", "metadata" },
    { "192.0.0.192", "reserved" },
    { "198.18.0.1", "reserved" },
    { "198.19.255.255", "reserved" },
    { "198.20.0.0", NULL },
    { "224.0.0.1", "multicast" },
    { "239.255.255.250", "multicast" },
    { "240.0.0.1", "reserved" },
    { "255.255.255.255", "reserved" },
    { "8.8.8.8", NULL },
    { "::", "unspecified" },
    { "::1", "loopback" },
    { "::ffff:127.0.0.1", "loopback" },
    { "::ffff:10.1.2.3", "private" },
    { "::ffff:8.8.8.8", NULL },
    { "::127.0.0.1", "loopback" },
    { "::ffff:0:127.0.0.1", "loopback" },
    { "64:ff9b::127.0.0.1", "loopback" },
    { "64:ff9b::8.8.8.8", NULL },
    { "64:ff9b:1::8.8.8.8", "private" },
    { "2002:7f00:1::1", "loopback" },
    { "2002:a00:1::", "private" },
    { "2002:808:808::1", NULL },
    { "2001:0:808:808::1", "reserved" },
    { "2001:db8::5efe:10.0.0.1", "private" },
    { "2001:db8::200:5efe:10.0.0.1", "private" },
    { "fe80::1", "link-local" },
    { "febf::1", "link-local" },
    { "fec0::1", "private" },
    { "fc00::1", "private" },
    { "fd00:ec2::254", "private" },
    { "ff02::1", "multicast" },
    { "100::1", "reserved" },
    { "2606:4700::1111", NULL },
};

static void knows_what_is_internal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct addr a;
        const char *reason;

        if (!addr_parse_ip(slice_of_text(rows[i].ip), &a))
            fail_msg("%s is no address", rows[i].ip);
        reason = address_guard_reason(&a);
        if (!reason != !rows[i].reason || (reason && strcmp(reason, rows[i].reason) != 0))
            fail_msg("%s: %s, not %s", rows[i].ip, reason ? reason : "nothing",
                     rows[i].reason ? rows[i].reason : "nothing");
        assert_int_equal(address_guard_permits(NULL, NULL, &a), !rows[i].reason);
    }
}

static bool permits(const struct address_guard *g, const char *host, const char *ip)
{
    struct addr a;

    assert_true(addr_parse_ip(slice_of_text(ip), &a));
    return address_guard_permits(g, host, &a);
}

static void allows_what_is_listed(void **state)
{
    static const char *const allow[] = { "10.1.0.0/16", "127.0.0.1", "fd00:1::/32",
                                         "hooks.internal" };
    static const char *const wrong[][1] = { { "" },          { "10.0.0.0/33" }, { "fd00::/129" },
                                            { "1.2.3" },     { "a b" },         { "http://a/" },
                                            { "10.0.0.0/" }, { "-a" },          { ".a" } };
    struct address_guard g;

    (void)state;
    assert_int_equal(address_guard_init(&g, allow, 4), 0);
    assert_true(permits(&g, "a", "10.1.255.1"));
    assert_true(permits(&g, "a", "::ffff:10.1.255.1"));
    assert_false(permits(&g, "a", "10.2.0.1"));
    assert_true(permits(&g, "a", "127.0.0.1"));
    assert_false(permits(&g, "a", "127.0.0.2"));
    assert_false(permits(&g, "a", "::1"));
    assert_true(permits(&g, "a", "fd00:1:ffff::1"));
    assert_false(permits(&g, "a", "fd00:2::1"));
    assert_true(permits(&g, "Hooks.Internal", "169.254.169.254"));
    assert_false(permits(&g, "evil.hooks.internal", "169.254.169.254"));
    assert_false(permits(&g, NULL, "169.254.169.254"));
    address_guard_fini(&g);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(address_guard_accepts(slice_of_text(wrong[i][0])));
        assert_int_equal(address_guard_init(&g, wrong[i], 1), -EINVAL);
    }
}

/* As a URL says them; the sink listens on all of this machine's addresses that it can have. */
static const char *const hosts[] = {
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "0177.0.0.1",
    "017700000001",
    "0177.0.0.01",
    "127.0.0.1.",
    "0.0.0.0",
    "0",
    "0x0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "%6cocalhost",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[fec0::1]",
    "169.254.169.254",
    "0xa9fea9fe",
    "10.0.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "user@127.0.0.1",
    "example.org@127.0.0.1",
    "127.0.0.1%23@example.invalid",
};

static struct webhook_answer post(struct webhook_pool *pool, const struct address_guard *guard,
                                  const char *url)
{
    const struct receiver receiver = { .name = "r", .url = url };
    const struct transport_environment environment = { .guard = guard,
                                                       .pool = pool,
                                                       .timeout_ms = 2000 };
    const struct transport_message message = {
        .content_type = "text/plain", .id = "id", .timestamp_s = 1, .body = SLICE("secret")
    };
    struct webhook_answer a = { .outcome = WEBHOOK_DOWN };
    struct transport *t = NULL;

    if (transport_http.open(&t, &receiver, &environment) != 0)
        return a; /* no URL at all */
    assert_int_equal(transport_http.start(t, &message), 0);
    for (int i = 0; i < 100 && !transport_http.run(t, 0, &a); i++)
        webhook_pool_run(pool, 50);
    assert_false(t->is_busy);
    transport_http.close(t);
    return a;
}

static void no_form_of_an_internal_address_is_connected_to(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *v4 = http_sink_start_on("0.0.0.0", 0, &ok, 1);
    struct http_sink *v6 = http_sink_start_on("::", 0, &ok, 1);
    struct webhook_pool *pool;

    (void)state;
    assert_true(sizeof hosts / sizeof hosts[0] >= 40);
    assert_non_null(v4);
    assert_int_equal(webhook_pool_new(&pool), 0);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        for (int v = 0; v < 2; v++) {
            struct http_sink *sink = v && v6 ? v6 : v4;
            struct webhook_answer a;
            char url[128];

            snprintf(url, sizeof url, "http://%s:%u/", hosts[i], http_sink_port(sink));
            a = post(pool, NULL, url);
            assert_int_equal(a.outcome, WEBHOOK_DOWN);
            assert_int_equal(a.status, 0);
        }
    }
    assert_int_equal(http_sink_connections(v4), 0);
    if (v6) {
        assert_int_equal(http_sink_connections(v6), 0);
        http_sink_stop(v6);
    }
    http_sink_stop(v4);
    webhook_pool_free(pool);
}

static void a_proxy_of_the_environment_is_not_asked(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct webhook_pool *pool;
    char proxy[64];

    (void)state;
    assert_non_null(sink);
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", http_sink_port(sink));
    setenv("http_proxy", proxy, 1);
    setenv("all_proxy", proxy, 1);
    assert_int_equal(webhook_pool_new(&pool), 0);
    post(pool, NULL, "http://hooks.invalid/x");
    assert_int_equal(http_sink_connections(sink), 0);
    webhook_pool_free(pool);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    http_sink_stop(sink);
}

static void what_is_allowed_is_connected_to(void **state)
{
    static const enum http_sink_mode ok = SINK_OK;
    static const char *const by_address[] = { "127.0.0.0/8" }, *const by_name[] = { "localhost" };
    struct http_sink *sink = http_sink_start(0, &ok, 1);
    struct webhook_pool *pool;
    struct address_guard g;
    char url[64];

    (void)state;
    assert_non_null(sink);
    assert_int_equal(webhook_pool_new(&pool), 0);
    assert_int_equal(address_guard_init(&g, by_address, 1), 0);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_sink_port(sink));
    assert_int_equal(post(pool, &g, url).outcome, WEBHOOK_DELIVERED);
    address_guard_fini(&g);
    assert_int_equal(address_guard_init(&g, by_name, 1), 0);
    assert_int_equal(post(pool, &g, url).outcome, WEBHOOK_DOWN); /* not by that name */
    snprintf(url, sizeof url, "http://localhost:%u/", http_sink_port(sink));
    assert_int_equal(post(pool, &g, url).outcome, WEBHOOK_DELIVERED);
    assert_int_equal(http_sink_connections(sink), 2);
    address_guard_fini(&g);
    webhook_pool_free(pool);
    http_sink_stop(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_what_is_internal),
        cmocka_unit_test(allows_what_is_listed),
        cmocka_unit_test(no_form_of_an_internal_address_is_connected_to),
        cmocka_unit_test(a_proxy_of_the_environment_is_not_asked),
        cmocka_unit_test(what_is_allowed_is_connected_to),
    };

    return cmocka_run_group_tests_name("address_guard", tests, NULL, NULL);
}
