/*
 * test_tcp_tls - certificates seen in TCP connections, under the name that was asked for.
 */
#include "probe/decap/certificates.h"
#include "tests/unit/handshake_fixture.h"
#include "tests/unit/tcp_scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const chain[] = { CERTIFICATE_RSA, CERTIFICATE_EC, NULL };

static struct scene scene;

/* What was reported last. */
static struct {
    unsigned records;
    struct addr server;
    char name[64], state[32], version[8];
    int64_t seen_count, chain_length;
} seen;

static void copy_text(char *out, size_t room, struct slice text)
{
    snprintf(out, room, "%.*s", (int)text.len, text.p ? text.p : "");
}

static void take_record(void *ctx, const struct certificate_record *record)
{
    (void)ctx;
    seen.records++;
    seen.server = record->server;
    seen.seen_count = record->seen_count;
    seen.chain_length = record->chain_length;
    copy_text(seen.name, sizeof seen.name, record->server_name);
    copy_text(seen.state, sizeof seen.state, record->state);
    copy_text(seen.version, sizeof seen.version, record->tls_version);
}

static int setup(void **state)
{
    memset(&seen, 0, sizeof seen);
    scene_open(&scene);
    scene.options.certificate = take_record;
    scene.dst_port = 5061;
    if (certificates_new(&scene.certificates, &scene.options, &scene.counters) != 0)
        return -1;
    scene_start(&scene);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    scene_close(*state);
    certificates_free(scene.certificates);
    return 0;
}

static void add_hello_record(struct strbuf *out, unsigned type, struct strbuf *body)
{
    struct strbuf message = { .p = NULL };

    add_message(&message, type, strbuf_slice(body));
    add_record(out, 22, strbuf_slice(&message));
    strbuf_fini(&message);
    strbuf_reset(body);
}

static void client_says(struct strbuf *out, const char *name)
{
    struct strbuf body = { .p = NULL };

    add_client_hello(&body, name, false, 1);
    add_hello_record(out, HANDSHAKE_CLIENT_HELLO, &body);
    strbuf_fini(&body);
}

static void server_says(struct strbuf *out, unsigned supported)
{
    struct strbuf body = { .p = NULL };

    add_server_hello(&body, 0x0303, supported, 2);
    add_hello_record(out, HANDSHAKE_SERVER_HELLO, &body);
    if (!supported) {
        add_certificates(&body, chain);
        add_hello_record(out, HANDSHAKE_CERTIFICATE, &body);
    }
    strbuf_fini(&body);
}

/* In segments of that many bytes, each pair of them swapped. */
static void say(struct scene *s, struct slice bytes, size_t most)
{
    uint32_t at = 0, len = (uint32_t)bytes.len;

    scene_send(s, 0, SCENE_SYN, SLICE(""));
    while (at < len) {
        uint32_t n = most < len - at ? (uint32_t)most : len - at, m = n;

        m = m < len - at - n ? m : len - at - n;
        if (m)
            scene_send(s, 1 + at + n, 0, slice_of(bytes.p + at + n, m));
        assert_int_equal(scene_send(s, 1 + at, 0, slice_of(bytes.p + at, n)), BIN_TLS);
        at += n + m;
    }
}

static void a_certificate_is_seen_under_its_name(void **state)
{
    struct scene *s = *state;
    struct strbuf client = { .p = NULL }, server = { .p = NULL };

    client_says(&client, "sip.example.com");
    server_says(&server, 0);
    for (size_t most = 1; most < 2000; most = most * 3 + 1) {
        memset(&seen, 0, sizeof seen);
        s->src_port++;
        say(s, strbuf_slice(&client), most);
        scene_turn(s);
        say(s, strbuf_slice(&server), most);
        assert_int_equal(scene_send(s, 1 + (uint32_t)server.len, 0, SLICE("\x17\x03\x03\0\1x")),
                         BIN_TLS);
        scene_turn(s);
        scene_wait(s, 120 * SCENE_S);
        certificates_finish(s->certificates);
        assert_true(seen.records > 0);
        assert_string_equal(seen.name, "sip.example.com");
        assert_string_equal(seen.state, "seen");
        assert_string_equal(seen.version, "1.2");
        assert_int_equal(seen.chain_length, 2);
        assert_int_equal(seen.server.port, 5061);
        assert_int_equal(seen.server.ip[15], 2);
    }
    assert_int_equal(s->counters.refusals[REFUSAL_TLS_MALFORMED], 0);
    assert_int_equal(tcp_stats(s->tcp)->waiting_bytes, 0);
    strbuf_fini(&client);
    strbuf_fini(&server);
}

static void tls_1_3_hides_it(void **state)
{
    struct scene *s = *state;
    struct strbuf client = { .p = NULL }, server = { .p = NULL };

    client_says(&client, "hidden.example.com");
    server_says(&server, 0x0304);
    say(s, strbuf_slice(&client), 1000);
    scene_turn(s);
    say(s, strbuf_slice(&server), 1000);
    certificates_finish(s->certificates);
    assert_string_equal(seen.name, "hidden.example.com");
    assert_string_equal(seen.state, "not_observable");
    strbuf_fini(&client);
    strbuf_fini(&server);
}

/* One direction is all that the mirror delivers. */
static void a_server_without_its_client(void **state)
{
    struct scene *s = *state;
    struct strbuf server = { .p = NULL };

    server_says(&server, 0);
    scene_turn(s);
    say(s, strbuf_slice(&server), 500);
    certificates_finish(s->certificates);
    assert_string_equal(seen.name, "");
    assert_string_equal(seen.state, "seen");
    strbuf_fini(&server);
}

static void a_hole_ends_a_handshake(void **state)
{
    struct scene *s = *state;
    struct strbuf server = { .p = NULL };

    server_says(&server, 0);
    scene_turn(s);
    scene_send(s, 0, SCENE_SYN, SLICE(""));
    scene_send(s, 1, 0, slice_of(server.p, 100));
    scene_send(s, 201, 0, slice_of(server.p + 200, server.len - 200));
    scene_wait(s, 3 * SCENE_S);
    certificates_finish(s->certificates);
    assert_int_equal(seen.records, 0);
    assert_int_equal(tcp_stats(s->tcp)->waiting_bytes, 0);
    strbuf_fini(&server);
}

/* What is encrypted already is no handshake, and no damage. */
static void a_connection_joined_behind_its_handshake(void **state)
{
    struct scene *s = *state;

    s->dst_port = 443;
    assert_int_equal(scene_send(s, 1, 0, SLICE("\x17\x03\x03\0\x05hello")), BIN_TLS);
    assert_int_equal(scene_send(s, 11, 0, SLICE("\x16\x03\x03\0\x05hello")), BIN_TLS);
    assert_int_equal(s->counters.refusals[REFUSAL_TLS_MALFORMED], 0);
}

/* Handshakes that never end: as many as the cap, and what they gather is paid. */
static void a_flood_of_handshakes_is_bounded(void **state)
{
    struct scene *s = *state;
    struct strbuf hello = { .p = NULL };
    size_t most = 0;

    tcp_free(s->tcp);
    s->options.tcp_bytes_max = 4 << 20;
    scene_start(s);
    add_number(&hello, 22, 1);
    add_number(&hello, 0x0303, 2);
    add_number(&hello, 16000, 2);
    add_number(&hello, HANDSHAKE_CLIENT_HELLO, 1);
    add_number(&hello, 60000, 3);
    while (hello.len < 1400)
        strbuf_add_char(&hello, 'x');
    for (uint32_t i = 0; i < 6000; i++) {
        s->src_port = (uint16_t)(i + 1);
        scene_send(s, 1, 0, strbuf_slice(&hello));
        if (tcp_stats(s->tcp)->waiting_bytes > most)
            most = tcp_stats(s->tcp)->waiting_bytes;
    }
    assert_true(most <= 4 << 20);
    assert_true(s->counters.refusals[REFUSAL_HANDSHAKES] + s->counters.refusals[REFUSAL_TCP_BYTES] >
                1000);
    scene_finish(s);
    assert_int_equal(tcp_stats(s->tcp)->waiting_bytes, 0);
    strbuf_fini(&hello);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_certificate_is_seen_under_its_name),
        TEST(tls_1_3_hides_it),
        TEST(a_server_without_its_client),
        TEST(a_hole_ends_a_handshake),
        TEST(a_connection_joined_behind_its_handshake),
        TEST(a_flood_of_handshakes_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
