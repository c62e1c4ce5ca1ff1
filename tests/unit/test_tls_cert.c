/*
 * test_tls_cert - what a certificate says, and certificates that are none.
 */
#include "probe/decap/tls_cert.h"

#include "analyzer/record.h"
#include "tests/unit/handshake_fixture.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define S(seconds) (INT64_C(1000000000) * (seconds))

static struct slice block_of_hex(const char *hex)
{
    struct strbuf b = { 0 };
    struct slice block;

    add_hex(&b, hex);
    block = heap_block(strbuf_slice(&b));
    strbuf_fini(&b);
    return block;
}

/* The same with its first `from` made `to`, of one length. */
static struct slice block_patched(const char *hex, struct slice from, struct slice to)
{
    struct slice block = block_of_hex(hex);
    union {
        const char *borrowed;
        char *owned;
    } u = { block.p };
    size_t at = 0;

    while (at + from.len <= block.len && memcmp(u.owned + at, from.p, from.len) != 0)
        at++;
    assert_true(at + from.len <= block.len);
    assert_int_equal(from.len, to.len);
    memcpy(u.owned + at, to.p, to.len);
    return block;
}

static const struct {
    const char *hex, *subject, *alt_names, *serial, *key_type, *fingerprint;
    int64_t not_before_ns, not_after_ns, key_bits;
} known[] = {
    { CERTIFICATE_RSA, "CN=sip.example.org,O=Earshot tests,C=DE",
      "[\"sip.example.org\",\"*.example.org\",\"192.0.2.7\",\"2001:db8::7\",\"sip:example.org\","
      "\"ops@example.org\"]",
      "1234abcd", "RSA", CERTIFICATE_RSA_SHA256, S(1709208000), S(2524607999), 1024 },
    { CERTIFICATE_EC,
      "CN=Z\xc3\xbcrich\\, \\\"B\xc3\xa4r\\\" \xf0\x9f\x90\xbb,O=Earshot tests,C=DE",
      "[\"ec.example.org\"]", "01", "EC", CERTIFICATE_EC_SHA256, S(2524608000), S(9223372036),
      256 },
    { CERTIFICATE_ED25519, "CN=old.example.org,O=Earshot tests,C=DE", "[]", "ff", "Ed25519",
      CERTIFICATE_ED25519_SHA256, S(1), S(1577836800), 256 },
};

static void reads_what_a_certificate_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct slice der = block_of_hex(known[i].hex);
        uint8_t fingerprint[TLS_CERT_FINGERPRINT_BYTES];
        struct strbuf wanted = { 0 };
        struct tls_cert cert;

        assert_int_equal(tls_cert_read(der, &cert), TLS_CERT_OK);
        assert_string_equal(cert.subject.p, known[i].subject);
        assert_string_equal(cert.issuer.p, "CN=Test CA,O=Earshot tests,C=DE");
        assert_string_equal(cert.alt_names.p, known[i].alt_names);
        assert_string_equal(cert.serial, known[i].serial);
        assert_string_equal(cert.key_type, known[i].key_type);
        assert_int_equal(cert.key_bits, known[i].key_bits);
        assert_int_equal(cert.not_before_ns, known[i].not_before_ns);
        assert_int_equal(cert.not_after_ns, known[i].not_after_ns);
        assert_true(tls_cert_fingerprint(der, fingerprint));
        add_hex(&wanted, known[i].fingerprint);
        assert_int_equal(wanted.len, sizeof fingerprint);
        assert_memory_equal(wanted.p, fingerprint, sizeof fingerprint);
        strbuf_fini(&wanted);
        tls_cert_fini(&cert);
        heap_block_free(der);
    }
}

static void keeps_the_first_of_many_names(void **state)
{
    struct slice der = block_of_hex(CERTIFICATE_MANY);
    struct tls_cert cert;
    unsigned names = 0;

    (void)state;
    assert_int_equal(tls_cert_read(der, &cert), TLS_CERT_OK);
    assert_string_equal(cert.subject.p, "");
    assert_string_equal(cert.serial, "4000000000000000000000000000000000000005");
    for (const char *p = cert.alt_names.p; (p = strstr(p, ".example\"")) != NULL; p++)
        names++;
    assert_int_equal(names, TLS_CERT_ALT_NAMES_MAX);
    assert_non_null(strstr(cert.alt_names.p, "\"n63.example\"]"));
    tls_cert_fini(&cert);
    heap_block_free(der);
}

/* Each replaces a few bytes of the RSA certificate; the rest of it must stand. */
static const struct {
    const char *what;
    struct slice from, to;
    int64_t not_before_ns, not_after_ns;
} times[] = {
    { "year 49 and 50 of UTCTime: 2049 and 1950", SLICE_INIT("491231235959Z"),
      SLICE_INIT("500101000000Z"), S(1709208000), S(-631152000) },
    { "an offset instead of Z, which RFC 5280 forbids",
      SLICE_INIT("\x17\x0d\x32\x34\x30\x32\x32\x39"
                 "120000Z"),
      SLICE_INIT("\x17\x0d\x32\x34\x30\x32\x32\x39"
                 "1200Z00"),
      RECORD_NONE, S(2524607999) },
    { "February 30", SLICE_INIT("240229120000Z"), SLICE_INIT("240230120000Z"), RECORD_NONE,
      S(2524607999) },
    { "letters", SLICE_INIT("491231235959Z"), SLICE_INIT("49123123595ZZ"), S(1709208000),
      RECORD_NONE },
};

static void a_time_that_is_none_is_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct slice der = block_patched(CERTIFICATE_RSA, times[i].from, times[i].to);
        struct tls_cert cert;

        assert_int_equal(tls_cert_read(der, &cert), TLS_CERT_OK);
        if (cert.not_before_ns != times[i].not_before_ns ||
            cert.not_after_ns != times[i].not_after_ns)
            fail_msg("%s: %lld to %lld", times[i].what, (long long)cert.not_before_ns,
                     (long long)cert.not_after_ns);
        assert_string_equal(cert.key_type, "RSA");
        tls_cert_fini(&cert);
        heap_block_free(der);
    }
}

static void a_strangers_text_is_escaped(void **state)
{
    static const struct {
        struct slice from, to;
        const char *subject, *first_name;
    } cases[] = {
        { SLICE_INIT("\x0c\x0fsip.example.org"), SLICE_INIT("\x0c\x0fsip\0exam\nle.org"),
          "CN=sip\\00exam\\0Ale.org,O=Earshot tests,C=DE", "[\"sip.example.org\"," },
        { SLICE_INIT("\x0c\x0fsip.example.org"), SLICE_INIT("\x0c\x0f<b>\"x\\y.e+,.org"),
          "CN=\\<b\\>\\\"x\\\\y.e\\+\\,.org,O=Earshot tests,C=DE", NULL },
        { SLICE_INIT("\x82\x0fsip.example.org"), SLICE_INIT("\x82\x0fsip\"exx\xff\0\x01\x02.org"),
          "CN=sip.example.org", "[\"sip\\\"exx\xef\xbf\xbd\\u0000\\u0001\\u0002.org\"," },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct slice der = block_patched(CERTIFICATE_RSA, cases[i].from, cases[i].to);
        struct tls_cert cert;

        assert_int_equal(tls_cert_read(der, &cert), TLS_CERT_OK);
        assert_non_null(strstr(cert.subject.p, cases[i].subject));
        if (cases[i].first_name)
            assert_ptr_equal(strstr(cert.alt_names.p, cases[i].first_name), cert.alt_names.p);
        tls_cert_fini(&cert);
        heap_block_free(der);
    }
}

static void a_key_that_cannot_be_read_has_its_kind_at_least(void **state)
{
    /* rsaEncryption over something that is no RSA key; then an algorithm that nobody knows. */
    struct slice der = block_patched(CERTIFICATE_RSA, SLICE("\x00\x30\x81\x89\x02\x81\x81"),
                                     SLICE("\x00\x31\x81\x89\x02\x81\x81"));
    struct tls_cert cert;

    (void)state;
    assert_int_equal(tls_cert_read(der, &cert), TLS_CERT_OK);
    assert_string_equal(cert.key_type, "RSA");
    assert_true(cert.key_bits == RECORD_NONE);
    tls_cert_fini(&cert);
    heap_block_free(der);
    der = block_patched(CERTIFICATE_RSA, SLICE("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"),
                        SLICE("\x2a\x86\x48\x86\xf7\x0d\x01\x63\x63"));
    assert_int_equal(tls_cert_read(der, &cert), TLS_CERT_OK);
    assert_string_equal(cert.key_type, "1.2.840.113549.1.99.99");
    assert_true(cert.key_bits == RECORD_NONE);
    tls_cert_fini(&cert);
    heap_block_free(der);
}

static void other_names_that_cannot_be_read_are_unknown(void **state)
{
    struct slice der = block_patched(CERTIFICATE_RSA, SLICE("\x87\x04\xc0\x00\x02\x07"),
                                     SLICE("\x87\x09\xc0\x00\x02\x07"));
    struct tls_cert cert;

    (void)state;
    assert_int_equal(tls_cert_read(der, &cert), TLS_CERT_OK);
    assert_int_equal(cert.alt_names.len, 0);
    assert_string_equal(cert.serial, "1234abcd");
    tls_cert_fini(&cert);
    heap_block_free(der);
}

static void what_is_no_certificate_is_refused(void **state)
{
    struct slice whole = block_of_hex(CERTIFICATE_RSA);
    struct strbuf longer = { 0 };
    struct tls_cert cert;

    (void)state;
    for (size_t len = 0; len < whole.len; len++) {
        struct slice cut = heap_block(slice_of(whole.p, len));

        assert_int_equal(tls_cert_read(cut, &cert), TLS_CERT_NOT_DER);
        heap_block_free(cut);
    }
    strbuf_add_slice(&longer, whole);
    strbuf_add_char(&longer, 0);
    assert_int_equal(tls_cert_read(strbuf_slice(&longer), &cert), TLS_CERT_TRAILING);
    while (longer.len <= TLS_CERT_MAX_BYTES)
        strbuf_add_char(&longer, 0);
    assert_int_equal(tls_cert_read(strbuf_slice(&longer), &cert), TLS_CERT_TOO_LONG);
    strbuf_fini(&longer);
    heap_block_free(whole);
    /* Text that is not UTF-8 though it says so: OpenSSL does not take it. */
    whole = block_patched(CERTIFICATE_RSA, SLICE("\x0c\x0fsip.example.org"),
                          SLICE("\x0c\x0fsip.\xff\xfe\xfdmple.org"));
    assert_int_equal(tls_cert_read(whole, &cert), TLS_CERT_NOT_DER);
    heap_block_free(whole);
}

/* Whatever a few damaged bytes make of it: no fault, and texts that end. */
static void damage_is_survived(void **state)
{
    static const char *const all[] = { CERTIFICATE_RSA, CERTIFICATE_EC, CERTIFICATE_ED25519,
                                       CERTIFICATE_MANY };
    struct random r = { 20261121 };
    unsigned read = 0;

    (void)state;
    for (unsigned i = 0; i < 4000; i++) {
        struct slice der = block_of_hex(all[i % 4]);
        union {
            const char *borrowed;
            char *owned;
        } u = { der.p };
        struct tls_cert cert;

        for (unsigned n = 1 + random_below(&r, 3); n; n--)
            u.owned[random_below(&r, (uint32_t)der.len)] = (char)random_next(&r);
        if (tls_cert_read(der, &cert) == TLS_CERT_OK) {
            assert_true(strlen(cert.serial) < sizeof cert.serial);
            assert_true(cert.subject.len <= TLS_CERT_NAME_MAX_BYTES);
            read++;
        }
        tls_cert_fini(&cert);
        heap_block_free(der);
    }
    assert_true(read > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_certificate_says),
        cmocka_unit_test(keeps_the_first_of_many_names),
        cmocka_unit_test(a_time_that_is_none_is_unknown),
        cmocka_unit_test(a_strangers_text_is_escaped),
        cmocka_unit_test(a_key_that_cannot_be_read_has_its_kind_at_least),
        cmocka_unit_test(other_names_that_cannot_be_read_are_unknown),
        cmocka_unit_test(what_is_no_certificate_is_refused),
        cmocka_unit_test(damage_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
