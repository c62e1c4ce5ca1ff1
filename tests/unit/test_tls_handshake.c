/*
 * test_tls_handshake - what a direction says however it is cut, and what lies.
 */
#include "probe/decap/tls_handshake.h"

#include "probe/decap/tls_message.h"
#include "tests/unit/handshake_fixture.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const chain[] = { CERTIFICATE_RSA, CERTIFICATE_EC, NULL };

/* Builds one direction. */
struct direction {
    struct strbuf bytes, messages, body;
};

static void direction_fini(struct direction *d)
{
    strbuf_fini(&d->bytes);
    strbuf_fini(&d->messages);
    strbuf_fini(&d->body);
}

/* The body at hand becomes a message. */
static void end_message(struct direction *d, unsigned type)
{
    add_message(&d->messages, type, strbuf_slice(&d->body));
    strbuf_reset(&d->body);
}

/* The messages at hand become records of at most so many bytes. */
static void end_records(struct direction *d, size_t record_bytes)
{
    struct slice rest = strbuf_slice(&d->messages);

    while (rest.len) {
        size_t n = rest.len < record_bytes ? rest.len : record_bytes;

        add_record(&d->bytes, 22, slice_of(rest.p, n));
        rest = slice_of(rest.p + n, rest.len - n);
    }
    strbuf_reset(&d->messages);
}

static void say_client_hello(struct direction *d, const char *name)
{
    add_client_hello(&d->body, name, false, 1);
    end_message(d, HANDSHAKE_CLIENT_HELLO);
    end_records(d, 16384);
}

static void say_server_hello(struct direction *d, unsigned version, unsigned supported)
{
    add_server_hello(&d->body, version, supported, 2);
    end_message(d, HANDSHAKE_SERVER_HELLO);
}

static void say_certificates(struct direction *d)
{
    add_certificates(&d->body, chain);
    end_message(d, HANDSHAKE_CERTIFICATE);
}

/* Fed in pieces of that size, each in a block of its own. What was found is added to *copy. */
static enum tls_progress feed(struct slice bytes, size_t piece, struct tls_sight *sight,
                              struct strbuf *copy)
{
    enum tls_progress progress = TLS_MORE;
    struct tls_handshake h;

    *sight = (struct tls_sight){ 0 };
    tls_handshake_init(&h);
    while (bytes.len && progress == TLS_MORE) {
        size_t n = bytes.len < piece ? bytes.len : piece;
        struct slice block = heap_block(slice_of(bytes.p, n));

        progress = tls_handshake_feed(&h, block, sight);
        heap_block_free(block);
        bytes = slice_of(bytes.p + n, bytes.len - n);
    }
    assert_true(h.gathered_room <= TLS_HANDSHAKE_MAX_BYTES);
    if (copy && progress == TLS_CERTIFICATES)
        strbuf_add_slice(copy, sight->certificates);
    if (copy && progress == TLS_CLIENT_HELLO)
        strbuf_add_slice(copy, sight->server_name);
    if (progress != TLS_MORE) {
        struct tls_sight after;

        assert_int_equal(tls_handshake_feed(&h, SLICE("more"), &after), TLS_MORE);
    }
    tls_handshake_fini(&h);
    return progress;
}

static void finds_the_certificates_however_it_is_cut(void **state)
{
    struct direction d = { 0 };
    struct strbuf wanted = { 0 };

    (void)state;
    for (const char *const *hex = chain; *hex; hex++) {
        add_number(&wanted, strlen(*hex) / 2, 3);
        add_hex(&wanted, *hex);
    }
    for (size_t record_bytes = 1; record_bytes < 2000; record_bytes = record_bytes * 3 + 1) {
        say_server_hello(&d, 0x0303, 0);
        say_certificates(&d);
        end_records(&d, record_bytes);
        for (size_t piece = 1; piece < 3000; piece = piece * 2 + 1) {
            struct strbuf got = { 0 };
            struct tls_sight sight;

            assert_int_equal(feed(strbuf_slice(&d.bytes), piece, &sight, &got), TLS_CERTIFICATES);
            assert_int_equal(sight.version, 0x0303);
            assert_true(slice_eq(strbuf_slice(&got), strbuf_slice(&wanted)));
            strbuf_fini(&got);
        }
        strbuf_reset(&d.bytes);
    }
    strbuf_fini(&wanted);
    direction_fini(&d);
}

static void a_list_gives_its_certificates(void **state)
{
    struct slice list = SLICE("\0\0\x02"
                              "ab\0\0\x01"
                              "c");
    struct slice lying = SLICE("\0\0\x03"
                               "ab");

    (void)state;
    assert_true(slice_eq(tls_certificates_next(&list), SLICE("ab")));
    assert_true(slice_eq(tls_certificates_next(&list), SLICE("c")));
    assert_null(tls_certificates_next(&list).p);
    assert_null(tls_certificates_next(&list).p);
    assert_null(tls_certificates_next(&lying).p);
    assert_int_equal(lying.len, 0);
}

static const struct {
    unsigned legacy, supported;
    enum tls_progress progress; /* of the ServerHello alone */
    uint16_t version;
    const char *text;
} hellos[] = {
    { 0x0300, 0, TLS_MORE, 0x0300, "SSL 3.0" },
    { 0x0301, 0, TLS_MORE, 0x0301, "1.0" },
    { 0x0302, 0, TLS_MORE, 0x0302, "1.1" },
    { 0x0303, 0, TLS_MORE, 0x0303, "1.2" },
    { 0x0303, 0x0304, TLS_HIDDEN, 0x0304, "1.3" },
    { 0x0303, 0x7f1c, TLS_HIDDEN, 0x0304, "1.3" }, /* a draft */
    { 0x0303, 0x0303, TLS_MORE, 0x0303, "1.2" },
    { 0x0303, 0x0a0a, TLS_DAMAGED, 0, NULL },
    { 0x0305, 0, TLS_DAMAGED, 0, NULL },
    { 0xfefd, 0, TLS_DAMAGED, 0, NULL }, /* of DTLS */
};

static void a_server_hello_tells_the_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hellos / sizeof hellos[0]; i++) {
        struct direction d = { 0 };
        struct tls_sight sight;

        say_server_hello(&d, hellos[i].legacy, hellos[i].supported);
        end_records(&d, 16384);
        assert_int_equal(feed(strbuf_slice(&d.bytes), 7, &sight, NULL), hellos[i].progress);
        if (hellos[i].progress == TLS_MORE) { /* what resumes the session ends it */
            add_record(&d.bytes, 20, SLICE("\x01"));
            assert_int_equal(feed(strbuf_slice(&d.bytes), 7, &sight, NULL), TLS_HIDDEN);
        }
        assert_int_equal(sight.version, hellos[i].version);
        if (hellos[i].text)
            assert_true(slice_eq(tls_version_text(sight.version), slice_of_text(hellos[i].text)));
        direction_fini(&d);
    }
    assert_null(tls_version_text(0).p);
}

static void a_handshake_without_certificate_ends(void **state)
{
    static const struct {
        unsigned type;
        enum tls_progress progress;
    } next[] = {
        { 4, TLS_MORE },    /* NewSessionTicket: the session is resumed, Finished is to come */
        { 12, TLS_HIDDEN }, /* ServerKeyExchange: nobody is authenticated */
        { 14, TLS_HIDDEN }, /* ServerHelloDone: a key shared before */
    };

    (void)state;
    for (size_t i = 0; i < sizeof next / sizeof next[0]; i++) {
        struct direction d = { 0 };
        struct tls_sight sight;

        say_server_hello(&d, 0x0303, 0);
        strbuf_add_slice(&d.body, SLICE("ticket"));
        end_message(&d, next[i].type);
        end_records(&d, 16384);
        assert_int_equal(feed(strbuf_slice(&d.bytes), 1, &sight, NULL), next[i].progress);
        direction_fini(&d);
    }
}

static void an_alert_may_stand_between(void **state)
{
    struct direction d = { 0 };
    struct tls_sight sight;

    (void)state;
    say_server_hello(&d, 0x0303, 0);
    end_records(&d, 16384);
    add_record(&d.bytes, 21, SLICE("\x01\x70")); /* unrecognized_name, a warning */
    say_certificates(&d);
    end_records(&d, 16384);
    assert_int_equal(feed(strbuf_slice(&d.bytes), 1, &sight, NULL), TLS_CERTIFICATES);
    direction_fini(&d);
}

/* NULL: absent. */
static const struct {
    const char *asked, *name;
} names[] = {
    { NULL, NULL },
    { "sip.example.org", "sip.example.org" },
    { "XN--Bcher-kva.example", "XN--Bcher-kva.example" },
    { "_sips._tcp.example", "_sips._tcp.example" },
    { "192.0.2.7", "192.0.2.7" },
    { "example.org.", "example.org." },
    { "", NULL },
    { ".example.org", NULL },
    { "a..b", NULL },
    { "a b", NULL },
    { "<script>", NULL },
    { "b\xc3\xbc"
      "cher.example",
      NULL },
    { "0123456789012345678901234567890123456789012345678901234567890123.example", NULL },
};

static void a_client_hello_tells_the_name(void **state)
{
    char longest[TLS_SERVER_NAME_MAX + 2];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct direction d = { 0 };
        struct strbuf got = { 0 };
        struct tls_sight sight;

        say_client_hello(&d, names[i].asked);
        assert_int_equal(feed(strbuf_slice(&d.bytes), 5, &sight, &got), TLS_CLIENT_HELLO);
        if (names[i].name)
            assert_true(slice_eq(strbuf_slice(&got), slice_of_text(names[i].name)));
        else
            assert_null(sight.server_name.p);
        strbuf_fini(&got);
        direction_fini(&d);
    }
    for (size_t len = TLS_SERVER_NAME_MAX; len <= TLS_SERVER_NAME_MAX + 1; len++) {
        struct direction d = { 0 };
        struct tls_sight sight;

        for (size_t i = 0; i < len; i++)
            longest[i] = i % 2 ? '.' : 'a';
        longest[len] = '\0';
        say_client_hello(&d, longest);
        assert_int_equal(feed(strbuf_slice(&d.bytes), 4096, &sight, NULL), TLS_CLIENT_HELLO);
        assert_int_equal(sight.server_name.len, len == TLS_SERVER_NAME_MAX ? len : 0);
        direction_fini(&d);
    }
}

static const struct {
    const char *what;
    struct slice bytes;
} lies[] = {
    { "plain text", SLICE_INIT("GET / HTTP/1.1\r\n") },
    { "SSLv2", SLICE_INIT("\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10") },
    { "an empty record", SLICE_INIT("\x16\x03\x03\x00\x00") },
    { "a record over 16 KiB", SLICE_INIT("\x16\x03\x03\x40\x01") },
    { "version 4", SLICE_INIT("\x16\x04\x00\x00\x10") },
    { "application data first", SLICE_INIT("\x17\x03\x03\x00\x10") },
    { "a resumed session that never began", SLICE_INIT("\x14\x03\x03\x00\x01\x01") },
    { "an alert inside a message", SLICE_INIT("\x16\x03\x03\x00\x05\x0b\x00\x00\x09x"
                                              "\x15\x03\x03\x00\x02") },
    { "a message over 64 KiB", SLICE_INIT("\x16\x03\x03\x00\x05\x0b\xff\xff\xffx") },
    { "a message that cannot be first", SLICE_INIT("\x16\x03\x03\x00\x05\x0e\x00\x00\x01x") },
    { "a list longer than its message", SLICE_INIT("\x16\x03\x03\x00\x08\x0b\x00\x00\x04"
                                                   "\x00\x00\x02x") },
    { "a list shorter than its message", SLICE_INIT("\x16\x03\x03\x00\x08\x0b\x00\x00\x04"
                                                    "\x00\x00\x00x") },
    { "a certificate longer than its list", SLICE_INIT("\x16\x03\x03\x00\x0b\x0b\x00\x00\x07"
                                                       "\x00\x00\x04\x00\x00\x02x") },
    { "half a length in the list", SLICE_INIT("\x16\x03\x03\x00\x09\x0b\x00\x00\x05"
                                              "\x00\x00\x02\x00\x00") },
    { "an empty certificate", SLICE_INIT("\x16\x03\x03\x00\x0a\x0b\x00\x00\x06"
                                         "\x00\x00\x03\x00\x00\x00") },
    { "an empty hello", SLICE_INIT("\x16\x03\x03\x00\x04\x02\x00\x00\x00") },
};

static void what_lies_is_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        for (size_t piece = 1; piece < 40; piece += 38) {
            struct tls_sight sight;
            enum tls_progress got = feed(lies[i].bytes, piece, &sight, NULL);

            if (got != TLS_DAMAGED)
                fail_msg("%s, in pieces of %zu: %d", lies[i].what, piece, (int)got);
        }
    }
}

/* A length inside a hello that is off by anything makes it damaged, never read beyond. */
static void every_byte_of_a_hello_may_lie(void **state)
{
    struct direction client = { 0 }, server = { 0 };
    struct direction *both[] = { &client, &server };
    struct random r = { 7 };

    (void)state;
    say_client_hello(&client, "sip.example.org");
    say_server_hello(&server, 0x0303, 0x0304);
    end_records(&server, 16384);
    for (unsigned n = 0; n < 2; n++) {
        struct strbuf *bytes = &both[n]->bytes;

        for (size_t at = 0; at < bytes->len; at++) {
            char kept = bytes->p[at];

            for (unsigned k = 0; k < 8; k++) {
                struct tls_sight sight;

                bytes->p[at] = (char)random_next(&r);
                feed(strbuf_slice(bytes), bytes->len, &sight, NULL);
            }
            bytes->p[at] = kept;
        }
        direction_fini(both[n]);
    }
}

static void what_is_announced_is_not_allocated(void **state)
{
    struct tls_handshake h;
    struct tls_sight sight;

    (void)state;
    tls_handshake_init(&h);
    assert_int_equal(
        tls_handshake_feed(&h, SLICE("\x16\x03\x03\x40\x00\x0b\x00\xff\x00xyz"), &sight), TLS_MORE);
    assert_true(h.gathered_room <= 1024);
    tls_handshake_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_certificates_however_it_is_cut),
        cmocka_unit_test(a_list_gives_its_certificates),
        cmocka_unit_test(a_server_hello_tells_the_version),
        cmocka_unit_test(a_handshake_without_certificate_ends),
        cmocka_unit_test(an_alert_may_stand_between),
        cmocka_unit_test(a_client_hello_tells_the_name),
        cmocka_unit_test(what_lies_is_damaged),
        cmocka_unit_test(every_byte_of_a_hello_may_lie),
        cmocka_unit_test(what_is_announced_is_not_allocated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
