/*
 * test_dtls - handshakes in pieces, out of order and twice, and what may not grow.
 */
#include "probe/decap/dtls.h"

#include "probe/decap/tls_message.h"
#include "tests/unit/handshake_fixture.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static const char *const chain[] = { CERTIFICATE_MANY, CERTIFICATE_RSA, NULL };
static const uint64_t hash_key[2] = { 1, 2 };

/* What was reported, the last in full. */
struct scene {
    struct dtls *dtls;
    struct counters counters;
    int64_t now_ns;
    unsigned certificates, hidden;
    uint16_t version;
    struct addr server;
    struct strbuf name, list;
    struct strbuf wanted, body, datagram; /* made by the tests */
};

static void on_sight(void *ctx, const struct datagram *last, struct slice server_name,
                     enum tls_progress what, const struct tls_sight *sight)
{
    struct scene *s = ctx;

    s->certificates += what == TLS_CERTIFICATES;
    s->hidden += what == TLS_HIDDEN;
    s->version = sight->version;
    s->server = last->src;
    strbuf_reset(&s->name);
    strbuf_add_slice(&s->name, server_name);
    strbuf_reset(&s->list);
    strbuf_add_slice(&s->list, sight->certificates);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    assert_int_equal(dtls_new(&s->dtls, hash_key, &s->counters, on_sight, s), 0);
    s->now_ns = 1000 * SECOND;
    for (const char *const *hex = chain; *hex; hex++) {
        add_number(&s->wanted, strlen(*hex) / 2, 3);
        add_hex(&s->wanted, *hex);
    }
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    dtls_free(s->dtls);
    strbuf_fini(&s->name);
    strbuf_fini(&s->list);
    strbuf_fini(&s->wanted);
    strbuf_fini(&s->body);
    strbuf_fini(&s->datagram);
    free(s);
    return 0;
}

static struct addr client(void)
{
    return addr_v4((const uint8_t[]){ 10, 0, 0, 1 }, 40000);
}

static struct addr server(void)
{
    return addr_v4((const uint8_t[]){ 10, 0, 0, 2 }, 50000);
}

/* Sends what was added to s->datagram. */
static void send(struct scene *s, struct addr from, struct addr to)
{
    struct datagram d = { .time_ns = s->now_ns,
                          .src = from,
                          .dst = to,
                          .payload = heap_block(strbuf_slice(&s->datagram)),
                          .wire_bytes = (uint32_t)s->datagram.len };

    dtls_see(s->dtls, &d);
    heap_block_free(d.payload);
    strbuf_reset(&s->datagram);
}

static void add_whole(struct scene *s, unsigned type, unsigned seq)
{
    add_dtls_record(&s->datagram, type, seq, strbuf_slice(&s->body), 0, s->body.len);
    strbuf_reset(&s->body);
}

static void say_client_hello(struct scene *s, const char *name, uint8_t random)
{
    add_client_hello(&s->body, name, true, random);
    add_whole(s, HANDSHAKE_CLIENT_HELLO, 0);
    send(s, client(), server());
}

static void add_hello(struct scene *s, unsigned supported, uint8_t random)
{
    add_server_hello(&s->body, 0xfefd, supported, random);
    add_whole(s, HANDSHAKE_SERVER_HELLO, 1);
}

static void see_wanted(const struct scene *s, unsigned certificates)
{
    assert_int_equal(s->certificates, certificates);
    assert_int_equal(s->version, 0xfefd);
    assert_true(slice_eq(strbuf_slice(&s->list), strbuf_slice(&s->wanted)));
    assert_int_equal(s->counters.refusals[REFUSAL_TLS_MALFORMED], 0);
}

static void both_sides_may_show_one(void **state)
{
    struct scene *s = *state;
    struct addr a = client(), b = server();

    say_client_hello(s, "turn.example.org", 1);
    add_hello(s, 0, 2);
    add_certificates(&s->body, chain);
    add_whole(s, HANDSHAKE_CERTIFICATE, 2);
    send(s, b, a);
    see_wanted(s, 1);
    assert_true(addr_eq(&s->server, &b));
    assert_true(slice_eq(strbuf_slice(&s->name), SLICE("turn.example.org")));
    add_certificates(&s->body, chain);
    add_whole(s, HANDSHAKE_CERTIFICATE, 1);
    send(s, a, b);
    see_wanted(s, 2);
    assert_true(addr_eq(&s->server, &a));
    assert_int_equal(s->name.len, 0);
    assert_int_equal(dtls_held_bytes(s->dtls), 0);
}

/* Pieces of every size, in every order that a shuffle makes, some twice, some overlapping. */
static void fragments_come_as_they_like(void **state)
{
    struct scene *s = *state;
    struct strbuf certificate = { 0 };
    struct random r = { 4711 };
    unsigned rounds = 0;

    add_certificates(&certificate, chain);
    for (size_t piece = 1; piece < certificate.len; piece = piece * 2 + 3) {
        size_t count = (certificate.len + piece - 1) / piece;
        size_t *order = calloc(count, sizeof *order);

        assert_non_null(order);
        for (size_t i = 0; i < count; i++) {
            size_t j = random_below(&r, (uint32_t)i + 1);

            order[i] = order[j];
            order[j] = i;
        }
        add_hello(s, 0, (uint8_t)(10 + rounds));
        send(s, server(), client());
        for (size_t i = 0; i < count; i++) {
            size_t at = order[i] * piece, len = piece + random_below(&r, 5);

            if (len > certificate.len - at)
                len = certificate.len - at;
            if ((i + 1) * (piece + 4) < certificate.len)
                assert_int_equal(s->certificates, rounds); /* it cannot be whole yet */
            for (unsigned twice = random_below(&r, 4) == 0; twice < 2; twice++) {
                add_dtls_record(&s->datagram, HANDSHAKE_CERTIFICATE, 2, strbuf_slice(&certificate),
                                at, len);
                send(s, server(), client());
            }
        }
        see_wanted(s, ++rounds);
        assert_int_equal(dtls_held_bytes(s->dtls), 0);
        free(order);
    }
    assert_true(rounds > 5);
    strbuf_fini(&certificate);
}

static void a_flight_sent_twice_is_one_handshake(void **state)
{
    struct scene *s = *state;

    for (unsigned i = 0; i < 3; i++) {
        add_hello(s, 0, 2);
        add_certificates(&s->body, chain);
        add_whole(s, HANDSHAKE_CERTIFICATE, 2);
        send(s, server(), client());
        s->now_ns += SECOND;
    }
    see_wanted(s, 1);
    add_hello(s, 0, 3); /* the same ports, another random */
    add_certificates(&s->body, chain);
    add_whole(s, HANDSHAKE_CERTIFICATE, 2);
    send(s, server(), client());
    see_wanted(s, 2);
}

static void version_1_3_hides_it(void **state)
{
    struct scene *s = *state;

    say_client_hello(s, NULL, 1);
    add_hello(s, 0xfefc, 2); /* HelloRetryRequest is a ServerHello too */
    send(s, server(), client());
    add_hello(s, 0xfefc, 3);
    send(s, server(), client());
    assert_int_equal(s->hidden, 1);
    assert_int_equal(s->version, 0xfefc);
}

static void without_the_hello_the_record_tells_the_version(void **state)
{
    struct scene *s = *state;

    add_certificates(&s->body, chain);
    add_whole(s, HANDSHAKE_CERTIFICATE, 2);
    send(s, server(), client());
    see_wanted(s, 1);
}

static void what_is_encrypted_or_cut_is_left_alone(void **state)
{
    struct scene *s = *state;

    add_certificates(&s->body, chain);
    add_whole(s, HANDSHAKE_CERTIFICATE, 2);
    s->datagram.p[4] = 1; /* epoch */
    send(s, server(), client());
    assert_int_equal(dtls_directions(s->dtls), 0);
    add_certificates(&s->body, chain);
    add_whole(s, HANDSHAKE_CERTIFICATE, 2);
    strbuf_chop(&s->datagram, 1);
    send(s, server(), client());
    assert_int_equal(s->certificates, 0);
    assert_int_equal(s->counters.refusals[REFUSAL_TLS_MALFORMED], 0);
}

static const struct {
    const char *what;
    uint32_t length, offset, fragment_length; /* as said; 4 bytes follow */
    enum refusal refusal;
} lies[] = {
    { "a fragment beyond its message", 100, 97, 4, REFUSAL_TLS_MALFORMED },
    { "an offset beyond its message", 100, 0xffffff, 4, REFUSAL_TLS_MALFORMED },
    { "a fragment longer than its record", 100, 0, 5, REFUSAL_TLS_MALFORMED },
    { "half a header after it", 100, 0, 1, REFUSAL_TLS_MALFORMED },
    { "a message of 16 MiB", 0xffffff, 0, 4, REFUSAL_HANDSHAKES },
    { "a list that does not add up", 4, 0, 4, REFUSAL_TLS_MALFORMED },
};

static void what_lies_is_counted(void **state)
{
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct counters before = s->counters;

        add_hex(&s->datagram, "16fefd0000000000000000");
        add_number(&s->datagram, 12 + 4, 2);
        add_number(&s->datagram, HANDSHAKE_CERTIFICATE, 1);
        add_number(&s->datagram, lies[i].length, 3);
        add_number(&s->datagram, 1, 2);
        add_number(&s->datagram, lies[i].offset, 3);
        add_number(&s->datagram, lies[i].fragment_length, 3);
        add_number(&s->datagram, 7, 4);
        send(s, server(), client());
        before.refusals[lies[i].refusal]++;
        if (memcmp(&before, &s->counters, sizeof before) != 0)
            fail_msg("%s is not counted once as %s", lies[i].what, refusal_text(lies[i].refusal));
    }
    assert_int_equal(s->certificates, 0);
}

/* 20,000 directions, each with two large messages that never become whole. */
static void nothing_grows_without_end(void **state)
{
    struct scene *s = *state;
    struct strbuf body = { 0 };
    size_t most = 0;

    for (unsigned i = 0; i < DTLS_MESSAGE_MAX_BYTES; i++)
        strbuf_add_char(&body, 'x');
    for (unsigned i = 0; i < 20000; i++) {
        const uint8_t ip[4] = { 10, 1, (uint8_t)(i >> 8), (uint8_t)i };

        add_dtls_record(&s->datagram, HANDSHAKE_SERVER_HELLO, 1, strbuf_slice(&body), 100, 1);
        add_dtls_record(&s->datagram, HANDSHAKE_CERTIFICATE, 2, strbuf_slice(&body), 100, 1);
        add_dtls_record(&s->datagram, HANDSHAKE_CERTIFICATE, 3, strbuf_slice(&body), 100, 1);
        send(s, addr_v4(ip, 5000), client());
        if (dtls_held_bytes(s->dtls) > most)
            most = dtls_held_bytes(s->dtls);
        assert_true(dtls_directions(s->dtls) <= DTLS_DIRECTIONS_MAX);
    }
    assert_true(most > DTLS_HELD_MAX_BYTES / 2 && most <= DTLS_HELD_MAX_BYTES);
    assert_true(s->counters.refusals[REFUSAL_HANDSHAKES] > 19000);
    assert_true(dtls_directions(s->dtls) > 100);
    dtls_tick(s->dtls, s->now_ns + 29 * SECOND);
    assert_true(dtls_directions(s->dtls) > 100);
    dtls_tick(s->dtls, s->now_ns + 31 * SECOND);
    assert_int_equal(dtls_directions(s->dtls), 0);
    assert_int_equal(dtls_held_bytes(s->dtls), 0);
    strbuf_fini(&body);
}

static void small_ones_are_capped_by_number(void **state)
{
    struct scene *s = *state;

    for (unsigned i = 0; i < 2 * DTLS_DIRECTIONS_MAX; i++) {
        const uint8_t ip[4] = { 10, 1, (uint8_t)(i >> 8), (uint8_t)i };

        add_hello(s, 0, 2);
        send(s, addr_v4(ip, 5000), client());
    }
    assert_int_equal(dtls_directions(s->dtls), DTLS_DIRECTIONS_MAX);
    assert_int_equal(s->counters.refusals[REFUSAL_HANDSHAKES], DTLS_DIRECTIONS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_sides_may_show_one),
        TEST(fragments_come_as_they_like),
        TEST(a_flight_sent_twice_is_one_handshake),
        TEST(version_1_3_hides_it),
        TEST(without_the_hello_the_record_tells_the_version),
        TEST(what_is_encrypted_or_cut_is_left_alone),
        TEST(what_lies_is_counted),
        TEST(nothing_grows_without_end),
        TEST(small_ones_are_capped_by_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
