/*
 * test_certificates - one record per server and certificate, reported when there is news.
 */
#include "probe/decap/certificates.h"

#include "analyzer/record_id.h"
#include "tests/unit/handshake_fixture.h"
#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)
#define NOW    (INT64_C(1767225600) * SECOND) /* 2026-01-01 */

struct scene {
    struct certificates *certificates;
    struct counters counters;
    unsigned reports;
    struct certificate_record *last; /* a clone */
};

static void on_certificate(void *ctx, const struct certificate_record *certificate)
{
    struct scene *s = ctx;

    s->reports++;
    free(s->last);
    s->last = record_clone(&record_type_certificate, certificate);
    assert_non_null(s->last);
}

static void open_scene_once(struct scene *s, uint64_t key, bool once)
{
    struct decap_options options = { .hash_key = { key, 2 },
                                     .certificate = on_certificate,
                                     .certificate_ctx = s,
                                     .certificate_once = once };

    *s = (struct scene){ 0 };
    assert_int_equal(certificates_new(&s->certificates, &options, &s->counters), 0);
}

static void open_scene(struct scene *s, uint64_t key)
{
    open_scene_once(s, key, false);
}

static void close_scene(struct scene *s)
{
    certificates_free(s->certificates);
    free(s->last);
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    open_scene(s, 1);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    close_scene(*state);
    free(*state);
    return 0;
}

static struct addr server(uint8_t last_byte, uint16_t port)
{
    return addr_v4((const uint8_t[]){ 192, 0, 2, last_byte }, port);
}

/* A server shows one certificate, and another behind it. */
static void show(struct scene *s, int64_t time_ns, struct addr from, const char *name,
                 const char *hex)
{
    const char *const chain[] = { hex, CERTIFICATE_EC, NULL };
    struct strbuf body = { 0 };
    struct tls_sight sight = { .version = 0x0303 };
    struct slice block;

    add_certificates(&body, chain);
    block = heap_block(strbuf_slice(&body));
    sight.certificates = slice_of(block.p + 3, block.len - 3);
    certificates_see(s->certificates, time_ns, &from, slice_of_text(name), TLS_CERTIFICATES,
                     &sight);
    heap_block_free(block);
    strbuf_fini(&body);
}

static void hide(struct scene *s, int64_t time_ns, struct addr from, uint16_t version)
{
    struct tls_sight sight = { .version = version };

    certificates_see(s->certificates, time_ns, &from, SLICE("sip.example.org"), TLS_HIDDEN, &sight);
}

static void assert_text(struct slice s, const char *text)
{
    if (!slice_eq(s, slice_of_text(text)))
        fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.p ? s.p : "", text);
}

static void a_certificate_is_a_record(void **state)
{
    struct scene *s = *state;
    const struct certificate_record *r;
    struct addr from = server(1, 5061);

    show(s, NOW, from, "sip.example.org", CERTIFICATE_RSA);
    assert_int_equal(s->reports, 1);
    r = s->last;
    assert_true(r->id != 0);
    assert_int_equal(record_id_time_ns(r->id), NOW);
    assert_true(addr_eq(&r->server, &from));
    assert_text(r->server_name, "sip.example.org");
    assert_text(r->transport, "tls");
    assert_text(r->tls_version, "1.2");
    assert_text(r->state, "seen");
    assert_text(r->subject, "CN=sip.example.org,O=Earshot tests,C=DE");
    assert_text(r->issuer, "CN=Test CA,O=Earshot tests,C=DE");
    assert_text(r->serial, "1234abcd");
    assert_text(r->fingerprint, CERTIFICATE_RSA_SHA256);
    assert_text(r->origin, "wire");
    assert_text(r->key_type, "RSA");
    assert_int_equal(r->key_bits, 1024);
    assert_int_equal(r->chain_length, 2);
    assert_int_equal(r->not_after, INT64_C(2524607999) * SECOND);
    assert_true(r->days_left > 8765.9 && r->days_left < 8766.1);
    assert_int_equal(r->first_seen, NOW);
    assert_int_equal(r->last_seen, NOW);
    assert_int_equal(r->seen_count, 1);
    assert_memory_equal(r->subject_alt_names.p, "[\"sip.example.org\",", 19);
}

static void an_expired_one_has_days_below_zero(void **state)
{
    struct scene *s = *state;

    show(s, NOW, server(1, 5061), NULL, CERTIFICATE_ED25519);
    assert_true(s->last->days_left > -2192.1 && s->last->days_left < -2191.9);
    assert_null(s->last->server_name.p);
    assert_int_equal(s->last->name_matches, -1); /* nobody asked for one */
    assert_text(s->last->subject_alt_names, "[]");
}

static void it_stands_for_the_name_or_not(void **state)
{
    struct scene *s = *state;

    show(s, NOW, server(1, 5061), "sip.example.org", CERTIFICATE_RSA);
    assert_int_equal(s->last->name_matches, 1);
    show(s, NOW, server(2, 5061), "pbx.example.net", CERTIFICATE_RSA);
    assert_int_equal(s->last->name_matches, 0);
    show(s, NOW, server(3, 5061), "old.example.org", CERTIFICATE_ED25519); /* a common name alone */
    assert_int_equal(s->last->name_matches, 1);
    show(s, NOW, server(4, 5061), "n99.example", CERTIFICATE_MANY); /* beyond those that are kept */
    assert_int_equal(s->last->name_matches, -1);
    show(s, NOW, server(5, 5061), "n5.example", CERTIFICATE_MANY);
    assert_int_equal(s->last->name_matches, 1);
}

static void version_1_3_is_not_observable(void **state)
{
    struct scene *s = *state;

    hide(s, NOW, server(1, 443), 0x0303); /* a session of TLS 1.2 resumed */
    assert_int_equal(s->reports, 0);
    hide(s, NOW, server(1, 443), 0x0304);
    hide(s, NOW + SECOND, server(1, 443), 0x0304);
    assert_int_equal(s->reports, 1);
    assert_text(s->last->state, "not_observable");
    assert_int_equal(s->last->name_matches, -1);
    assert_text(s->last->tls_version, "1.3");
    assert_text(s->last->server_name, "sip.example.org");
    assert_null(s->last->subject.p);
    assert_null(s->last->subject_alt_names.p);
    assert_null(s->last->fingerprint.p);
    assert_null(s->last->key_type.p);
    assert_true(s->last->not_after == RECORD_NONE && s->last->key_bits == RECORD_NONE &&
                s->last->chain_length == RECORD_NONE);
    assert_true(s->last->days_left != s->last->days_left);
    certificates_finish(s->certificates);
    assert_int_equal(s->reports, 2);
    assert_int_equal(s->last->seen_count, 2);
}

static void a_key_is_a_server_and_a_certificate(void **state)
{
    struct scene *s = *state;

    show(s, NOW, server(1, 5061), NULL, CERTIFICATE_RSA);
    show(s, NOW, server(1, 5061), NULL, CERTIFICATE_RSA);
    assert_int_equal(s->reports, 1);
    show(s, NOW, server(1, 443), NULL, CERTIFICATE_RSA);
    show(s, NOW, server(2, 5061), NULL, CERTIFICATE_RSA);
    show(s, NOW, server(1, 5061), NULL, CERTIFICATE_ED25519);
    hide(s, NOW, server(1, 5061), 0x0304);
    assert_int_equal(s->reports, 5);
}

static void news_are_told_once_a_minute_and_at_the_end(void **state)
{
    struct scene *s = *state;

    certificates_tick(s->certificates, NOW);
    show(s, NOW, server(1, 5061), "old.example.org", CERTIFICATE_RSA);
    for (int i = 1; i < 60; i++) {
        show(s, NOW + i * SECOND, server(1, 5061), "new.example.org", CERTIFICATE_RSA);
        certificates_tick(s->certificates, NOW + i * SECOND);
    }
    assert_int_equal(s->reports, 1);
    certificates_tick(s->certificates, NOW + 60 * SECOND);
    assert_int_equal(s->reports, 2);
    assert_int_equal(s->last->seen_count, 60);
    assert_int_equal(s->last->first_seen, NOW);
    assert_int_equal(s->last->last_seen, NOW + 59 * SECOND);
    assert_text(s->last->server_name, "new.example.org");
    certificates_tick(s->certificates, NOW + 180 * SECOND);
    assert_int_equal(s->reports, 2); /* no news */
    show(s, NOW + 190 * SECOND, server(1, 5061), NULL, CERTIFICATE_RSA);
    certificates_finish(s->certificates);
    assert_int_equal(s->reports, 3);
    assert_text(s->last->server_name, "new.example.org"); /* not asked for this time */
    certificates_finish(s->certificates);
    assert_int_equal(s->reports, 3);
}

static void the_same_packets_give_the_same_id(void **state)
{
    struct scene *s = *state, other;

    open_scene(&other, 99);
    show(s, NOW, server(1, 5061), NULL, CERTIFICATE_RSA);
    show(&other, NOW, server(1, 5061), NULL, CERTIFICATE_RSA);
    assert_true(s->last->id == other.last->id);
    show(&other, NOW, server(2, 5061), NULL, CERTIFICATE_RSA);
    assert_true(s->last->id != other.last->id);
    close_scene(&other);
}

static void what_is_no_certificate_is_counted(void **state)
{
    struct scene *s = *state;

    show(s, NOW, server(1, 5061), NULL, "30820101");
    assert_int_equal(s->reports, 0);
    assert_int_equal(s->counters.refusals[REFUSAL_CERTIFICATE_MALFORMED], 1);
}

static void the_longest_unseen_is_let_go(void **state)
{
    struct scene *s = *state;
    uint64_t first;

    hide(s, NOW, server(1, 1), 0x0304);
    first = s->last->id;
    hide(s, NOW, server(1, 2), 0x0304);
    hide(s, NOW + SECOND, server(1, 1), 0x0304); /* seen again: number 2 is the oldest now */
    for (uint16_t i = 3; i <= CERTIFICATES_MAX; i++)
        hide(s, NOW + SECOND, server(1, i), 0x0304);
    assert_int_equal(s->reports, CERTIFICATES_MAX);
    assert_int_equal(s->counters.refusals[REFUSAL_CERTIFICATES], 0);
    hide(s, NOW + 2 * SECOND, server(2, 1), 0x0304);
    assert_int_equal(s->counters.refusals[REFUSAL_CERTIFICATES], 1);
    assert_int_equal(s->reports, CERTIFICATES_MAX + 1); /* nothing new was known of number 2 */
    hide(s, NOW + 3 * SECOND, server(2, 2), 0x0304);
    assert_int_equal(s->reports, CERTIFICATES_MAX + 3); /* number 1 had been seen twice */
    certificates_finish(s->certificates);
    assert_int_equal(s->reports, CERTIFICATES_MAX + 3);
    hide(s, NOW + 4 * SECOND, server(1, 1), 0x0304);
    assert_true(s->last->id != first);
}

/* Shows so many certificates a second that differ in their serial number only, until one is refused
 * or there were `max`; each has 64 names to be kept. Returns how many were shown. */
static unsigned show_many(struct scene *s, unsigned per_second, unsigned max)
{
    static const char *const chain[] = { CERTIFICATE_MANY, NULL };
    struct addr from = server(1, 5061);
    struct strbuf body = { 0 };
    struct tls_sight sight = { .version = 0x0303 };
    size_t serial = 3 + 3 + 13; /* behind two lengths of lists, two sequences and the version */
    unsigned shown = 0;

    add_certificates(&body, chain);
    assert_memory_equal(body.p + serial, "\x02\x14\x40\0\0", 5);
    sight.certificates = slice_of(body.p + 3, body.len - 3);
    while (shown < max && !s->counters.refusals[REFUSAL_CERTIFICATES]) {
        body.p[serial + 4] = (char)(shown >> 8);
        body.p[serial + 5] = (char)shown;
        certificates_see(s->certificates, NOW + shown / per_second * SECOND, &from, SLICE_ABSENT,
                         TLS_CERTIFICATES, &sight);
        shown++;
    }
    strbuf_fini(&body);
    return shown;
}

static void texts_are_capped_too(void **state)
{
    struct scene *s = *state;
    unsigned shown = show_many(s, CERTIFICATES_NEW_PER_SECOND, CERTIFICATES_MAX);

    assert_int_equal(s->counters.refusals[REFUSAL_CERTIFICATES], 1);
    assert_in_range(shown, 2000, CERTIFICATES_MAX - 1);
    assert_int_equal(s->reports, shown); /* the last is kept, and the first was let go */
}

static void a_flood_is_not_read(void **state)
{
    struct scene *s = *state;

    assert_int_equal(show_many(s, 1000, 1000), CERTIFICATES_NEW_PER_SECOND + 1);
    assert_int_equal(s->counters.refusals[REFUSAL_CERTIFICATES], 1);
    assert_int_equal(s->reports, CERTIFICATES_NEW_PER_SECOND);
    show(s, NOW, server(1, 5061), NULL, CERTIFICATE_RSA); /* not now */
    assert_int_equal(s->reports, CERTIFICATES_NEW_PER_SECOND);
    show(s, NOW + SECOND, server(1, 5061), NULL, CERTIFICATE_RSA);
    assert_int_equal(s->reports, CERTIFICATES_NEW_PER_SECOND + 1);
}

static void dtls_says_so(void **state)
{
    static const char *const chain[] = { CERTIFICATE_EC, NULL };
    struct scene *s = *state;
    struct strbuf body = { 0 }, payload = { 0 };
    struct datagram d = { .time_ns = NOW, .src = server(9, 3478), .dst = server(8, 40000) };

    add_certificates(&body, chain);
    add_dtls_record(&payload, HANDSHAKE_CERTIFICATE, 1, strbuf_slice(&body), 0, 100);
    add_dtls_record(&payload, HANDSHAKE_CERTIFICATE, 1, strbuf_slice(&body), 100, body.len - 100);
    d.payload = strbuf_slice(&payload);
    certificates_dtls(s->certificates, &d);
    assert_int_equal(s->reports, 1);
    assert_text(s->last->transport, "dtls");
    assert_text(s->last->key_type, "EC");
    assert_true(addr_eq(&s->last->server, &d.src));
    show(s, NOW, server(9, 3478), NULL, CERTIFICATE_EC); /* the same over TLS is another server */
    assert_int_equal(s->reports, 2);
    strbuf_fini(&payload);
    strbuf_fini(&body);
}

/* Who prints each record does not want it twice. */
static void told_once_when_nobody_waits(void **state)
{
    struct scene s;

    (void)state;
    open_scene_once(&s, 3, true);
    for (int64_t i = 0; i < 200; i++) {
        show(&s, NOW + i * SECOND, server(1, 5061), "sip.example.org", CERTIFICATE_RSA);
        certificates_tick(s.certificates, NOW + i * SECOND);
    }
    assert_int_equal(s.reports, 0);
    certificates_finish(s.certificates);
    assert_int_equal(s.reports, 1);
    assert_int_equal(s.last->seen_count, 200);
    close_scene(&s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_certificate_is_a_record),
        TEST(an_expired_one_has_days_below_zero),
        TEST(it_stands_for_the_name_or_not),
        TEST(version_1_3_is_not_observable),
        TEST(a_key_is_a_server_and_a_certificate),
        TEST(news_are_told_once_a_minute_and_at_the_end),
        TEST(told_once_when_nobody_waits),
        TEST(the_same_packets_give_the_same_id),
        TEST(what_is_no_certificate_is_counted),
        TEST(the_longest_unseen_is_let_go),
        TEST(texts_are_capped_too),
        TEST(a_flood_is_not_read),
        TEST(dtls_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
