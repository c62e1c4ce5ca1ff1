#include "probe/web/answer.h"
#include "probe/web/files.h"
#include "probe/web/guard.h"
#include "probe/web/listener.h"
#include "probe/web/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const names[] = { "probe.example.org", NULL };

static const struct {
    const char *host;
    bool on_loopback, elsewhere;
} hosts[] = {
    { "localhost", true, true },
    { "LocalHost:8080", true, true },
    { "127.0.0.1", true, true },
    { "127.0.0.1:1", true, true },
    { "[::1]:8080", true, true },
    { "127.1.2.3:80", true, true },
    { "probe.example.org", true, true },
    { "evil.example.org:8080", false, true },
    { "192.0.2.1", false, true },
    { "localhost.evil.example.org", false, true },
    { "localhost:8080,evil.example.org", false, false },
    { "localhost HTTP/1.1", false, false },
    { "localhost:", false, false },
    { "localhost:65536", false, false },
    { "localhost@evil.example.org", false, false },
    { "[::1", false, false },
    { "[::1]x", false, false },
    { "[localhost]", false, false },
    { ":80", false, false },
    { "", false, false },
};

static struct addr address(const char *text)
{
    struct addr a;

    assert_true(addr_parse(slice_of_text(text), &a));
    return a;
}

static void knows_its_own_names(void **state)
{
    struct addr loopback = address("127.0.0.1:8080"), other = address("192.0.2.9:8080");

    (void)state;
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct slice host = slice_of_text(hosts[i].host);

        if (guard_allows_host(host, &loopback, names) != hosts[i].on_loopback ||
            guard_allows_host(host, &other, names) != hosts[i].elsewhere)
            fail_msg("Host: %s", hosts[i].host);
    }
    assert_false(guard_allows_host(SLICE_ABSENT, &loopback, names));
}

static void lets_no_other_site_open_a_websocket(void **state)
{
    static const struct {
        const char *origin, *host;
        bool allowed;
    } origins[] = {
        { NULL, "localhost:8080", true },
        { "http://localhost:8080", "localhost:8080", true },
        { "https://LOCALHOST:8080", "localhost:8080", true },
        { "http://localhost:8081", "localhost:8080", false },
        { "http://localhost", "localhost:8080", false },
        { "http://evil.example.org", "localhost:8080", false },
        { "http://localhost:8080.evil.example.org", "localhost:8080", false },
        { "null", "localhost:8080", false },
        { "", "localhost:8080", false },
        { "file://", "localhost:8080", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        if (guard_allows_origin(slice_of_text(origins[i].origin), slice_of_text(origins[i].host)) !=
            origins[i].allowed)
            fail_msg("Origin: %s", origins[i].origin ? origins[i].origin : "(none)");
    }
}

static void counts_ipv6_peers_by_their_64(void **state)
{
    struct addr a = address("[2001:db8::1]:1"), b = address("[2001:db8::ffff:2]:2");
    struct addr c = address("[2001:db8:0:1::1]:1"), d = address("192.0.2.1:1");
    struct addr e = address("192.0.2.2:1"), f = address("[::ffff:192.0.2.1]:9");

    (void)state;
    assert_true(guard_same_peer(&a, &b));
    assert_false(guard_same_peer(&a, &c));
    assert_false(guard_same_peer(&d, &e));
    assert_true(guard_same_peer(&d, &f));
}

static void refuses_with_the_right_status(void **state)
{
    static char long_path[EXCHANGE_PATH_MAX + 2];
    struct request_rules rules = { .bound = address("127.0.0.1:80") };
    struct request good = { .is_1_1 = true, .path = SLICE("/x"), .host = SLICE("localhost") };
    struct request tries[6];
    const int wanted[] = { 421, 405, 400, 414, 400, 426 };

    (void)state;
    memset(long_path, 'a', sizeof long_path - 1);
    for (size_t i = 0; i < 6; i++)
        tries[i] = good;
    tries[0].host = SLICE("evil");
    tries[1].method = REQUEST_OTHER;
    tries[2].has_body = true;
    tries[3].path = slice_of_text(long_path);
    tries[4].path = slice_of("/a\0b", 4);
    tries[5].path = SLICE("/api/v1/live");
    for (size_t i = 0; i < 6; i++) {
        struct exchange *x = exchange_new();

        assert_non_null(x);
        assert_false(request_accept(&tries[i], &rules, x));
        assert_int_equal(x->status, wanted[i]);
        assert_int_equal(x->close_after, wanted[i] == 405 || i == 2);
        exchange_free(x);
    }
}

static void lets_only_our_own_pages_change_something(void **state)
{
    static const struct {
        const char *path, *host, *origin, *type;
        uint8_t method;
        int64_t length;
        int status; /* 0: it is accepted */
        const char *allow;
    } rows[] = {
        { "/api/v1/silences", "localhost:80", NULL, "application/json", REQUEST_POST, 2, 0, "" },
        { "/api/v1/silences", "localhost:80", "http://localhost:80",
          "Application/JSON ; charset=utf-8", REQUEST_POST, EXCHANGE_ASKED_MAX, 0, "" },
        { "/api/v1/silences/7", "127.0.0.1:80", "http://127.0.0.1:80", NULL, REQUEST_DELETE,
          REQUEST_NO_LENGTH, 0, "" },
        { "/api/v1/silences", "localhost:80", "http://evil.example.org", "application/json",
          REQUEST_POST, 2, 403, "" },
        { "/api/v1/silences", "localhost:80", "null", "application/json", REQUEST_POST, 2, 403,
          "" },
        { "/api/v1/silences/7", "localhost:80", "http://localhost:81", NULL, REQUEST_DELETE,
          REQUEST_NO_LENGTH, 403, "" },
        { "/api/v1/silences", "localhost:80", NULL, "text/plain", REQUEST_POST, 2, 415, "" },
        { "/api/v1/silences", "localhost:80", NULL, "application/jsonp", REQUEST_POST, 2, 415, "" },
        { "/api/v1/silences", "localhost:80", NULL, NULL, REQUEST_POST, 2, 415, "" },
        { "/api/v1/silences", "localhost:80", NULL, "application/json", REQUEST_POST,
          REQUEST_NO_LENGTH, 411, "" },
        { "/api/v1/silences", "localhost:80", NULL, "application/json", REQUEST_POST,
          EXCHANGE_ASKED_MAX + 1, 413, "" },
        { "/api/v1/silences/7", "localhost:80", NULL, NULL, REQUEST_DELETE, 2, 400, "" },
        { "/api/v1/silences", "localhost:80", NULL, NULL, REQUEST_DELETE, REQUEST_NO_LENGTH, 405,
          "GET, HEAD, POST" },
        { "/api/v1/silences/7", "localhost:80", NULL, NULL, REQUEST_GET, REQUEST_NO_LENGTH, 405,
          "DELETE" },
        { "/api/v1/alerts/0123456789abcdef/ack", "localhost:80", NULL, NULL, REQUEST_HEAD,
          REQUEST_NO_LENGTH, 405, "POST, DELETE" },
        { "/api/v1/calls", "localhost:80", NULL, "application/json", REQUEST_POST, 2, 405,
          "GET, HEAD" },
        { "/index.html", "localhost:80", NULL, "application/json", REQUEST_POST, 2, 405,
          "GET, HEAD" },
        { "/api/v1/silences", "localhost:80", NULL, NULL, REQUEST_OTHER, REQUEST_NO_LENGTH, 405,
          "GET, HEAD, POST" },
    };
    struct request_rules rules = { .bound = address("127.0.0.1:80") };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exchange *x = exchange_new();
        struct request r = { .method = rows[i].method,
                             .is_1_1 = true,
                             .has_body = rows[i].length > 0,
                             .body_bytes = rows[i].length,
                             .path = slice_of_text(rows[i].path),
                             .host = slice_of_text(rows[i].host),
                             .origin = slice_of_text(rows[i].origin),
                             .content_type = slice_of_text(rows[i].type) };
        bool accepted;

        assert_non_null(x);
        accepted = request_accept(&r, &rules, x);
        if (accepted != (rows[i].status == 0) || (!accepted && x->status != rows[i].status) ||
            strcmp(x->allow, rows[i].allow) != 0)
            fail_msg("row %zu: %s: %d, Allow: %s", i, rows[i].path, x->status, x->allow);
        exchange_free(x);
    }
}

/* Bound to an address that others reach, a name that a stranger made resolve to us is still no reason. */
static void takes_changes_under_known_names_alone(void **state)
{
    static const struct {
        const char *host;
        bool allowed;
    } rows[] = {
        { "localhost", true },
        { "192.0.2.9:8080", true },
        { "[2001:db8::1]:80", true },
        { "probe.example.org:8080", true },
        { "evil.example.org", false },
        { "probe.example.org.evil.example.org", false },
        { "", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (guard_allows_change(slice_of_text(rows[i].host), names) != rows[i].allowed)
            fail_msg("Host: %s", rows[i].host);
    }
}

static void serves_no_name_outside_of_the_root(void **state)
{
    static const struct {
        const char *path, *name;
    } paths[] = {
        { "/", "index.html" },
        { "/a.js", "a.js" },
        { "/vendor/u-Plot_1.css", "vendor/u-Plot_1.css" },
        { "", NULL },
        { "a.js", NULL },
        { "/a/", NULL },
        { "//a", NULL },
        { "/a//b", NULL },
        { "/..", NULL },
        { "/../a", NULL },
        { "/a/../b", NULL },
        { "/.git", NULL },
        { "/a/.hidden", NULL },
        { "/a\\b", NULL },
        { "/a%2fb", NULL },
        { "/a b", NULL },
        { "/a:b", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char name[EXCHANGE_PATH_MAX];
        bool served = files_name(slice_of_text(paths[i].path), name);

        if (served != !!paths[i].name || (served && strcmp(name, paths[i].name) != 0))
            fail_msg("%s", paths[i].path);
    }
    assert_string_equal(files_content_type(SLICE("a/b.JS")), "text/javascript; charset=utf-8");
    assert_string_equal(files_content_type(SLICE("a.js/b")), "application/octet-stream");
    assert_string_equal(files_content_type(SLICE("js")), "application/octet-stream");
}

/* The body that a client of HTTP/1.1 would see. */
static char *chunks_joined(const char *p, size_t len)
{
    char *body = calloc(1, len + 1);
    const char *end = p + len;
    size_t at = 0;

    assert_non_null(body);
    for (;;) {
        char *after;
        unsigned long size = strtoul(p, &after, 16);

        assert_true(after + 2 + size + 2 <= end && memcmp(after, "\r\n", 2) == 0);
        p = after + 2;
        memcpy(body + at, p, size);
        at += size;
        p += size + 2;
        if (size == 0) {
            assert_ptr_equal(p, end);
            return body;
        }
    }
}

static void frames_a_download_in_chunks(void **state)
{
    static unsigned char out[ANSWER_ROOM], all[3 * ANSWER_ROOM];
    struct exchange *x = exchange_new();
    size_t len = 0;
    char *head_end, *body;

    (void)state;
    assert_non_null(x);
    x->status = 200;
    x->streamed = x->chunked = x->more = true;
    snprintf(x->file_name, sizeof x->file_name, "a.pcap");
    for (int piece = 0; piece < 3; piece++) {
        size_t n;

        strbuf_reset(&x->body);
        x->sent = 0;
        if (piece < 2)
            strbuf_add_text(&x->body, piece ? "second" : "first ");
        else
            x->more = false;
        n = answer_write(x, out);
        memcpy(all + len, out, n);
        len += n;
        assert_true(answer_is_written(x));
    }
    all[len] = '\0';
    head_end = strstr((char *)all, "\r\n\r\n");
    assert_non_null(head_end);
    assert_non_null(strstr((char *)all, "Transfer-Encoding: chunked\r\n"));
    assert_non_null(strstr((char *)all, "attachment; filename=\"a.pcap\""));
    body = chunks_joined(head_end + 4, len - (size_t)(head_end + 4 - (char *)all));
    assert_string_equal(body, "first second");
    free(body);
    exchange_free(x);
}

static void writes_a_large_body_in_pieces(void **state)
{
    enum { BYTES = 3 * ANSWER_PIECE_BYTES + 17 };
    static unsigned char out[ANSWER_ROOM];
    struct exchange *x = exchange_new();
    size_t total = 0;
    int pieces = 0;
    char *head;

    (void)state;
    assert_non_null(x);
    x->status = 200;
    for (int i = 0; i < BYTES; i++)
        strbuf_add_char(&x->body, 'b');
    while (!answer_is_written(x)) {
        size_t n = answer_write(x, out);

        if (pieces++ == 0) {
            head = strstr((char *)out, "\r\n\r\n");
            assert_non_null(head);
            assert_non_null(strstr((char *)out, "Content-Length: 196625\r\n"));
            n -= (size_t)(head + 4 - (char *)out);
        }
        total += n;
    }
    assert_int_equal(total, BYTES);
    assert_int_equal(pieces, 4);
    exchange_free(x);
}

static void reads_where_to_listen(void **state)
{
    struct addr a;

    (void)state;
    assert_int_equal(listener_parse(SLICE("127.0.0.1:8080"), &a), 0);
    assert_int_equal(a.port, 8080);
    assert_int_equal(listener_parse(SLICE("localhost:0"), &a), 0);
    assert_true(guard_is_loopback(&a) && a.port == 0);
    assert_int_equal(listener_parse(SLICE("[::1]:65535"), &a), 0);
    assert_true(guard_is_loopback(&a));
    assert_int_not_equal(listener_parse(SLICE("127.0.0.1"), &a), 0);
    assert_int_not_equal(listener_parse(SLICE("127.0.0.1:65536"), &a), 0);
    assert_int_not_equal(listener_parse(SLICE("localhost:"), &a), 0);
    assert_int_not_equal(listener_parse(SLICE(""), &a), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_its_own_names),
        cmocka_unit_test(lets_no_other_site_open_a_websocket),
        cmocka_unit_test(counts_ipv6_peers_by_their_64),
        cmocka_unit_test(refuses_with_the_right_status),
        cmocka_unit_test(lets_only_our_own_pages_change_something),
        cmocka_unit_test(takes_changes_under_known_names_alone),
        cmocka_unit_test(serves_no_name_outside_of_the_root),
        cmocka_unit_test(frames_a_download_in_chunks),
        cmocka_unit_test(writes_a_large_body_in_pieces),
        cmocka_unit_test(reads_where_to_listen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
