/*
 * test_sip_scrub - whole messages: who is in them is masked, what is secret is blanked, nothing moves.
 */
#include "analyzer/privacy/sip_scrub.h"
#include "analyzer/sip/sip_msg.h"

#include "tests/unit/heap_block.h"
#include "tests/unit/privacy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { BOTH, NUMBERS, NAMES, SECRETS, WAYS };

static struct privacy way(int which)
{
    const enum privacy_way numbers =
        which == NAMES || which == SECRETS ? PRIVACY_CLEAR : PRIVACY_REDACT;
    const enum privacy_way names =
        which == NUMBERS || which == SECRETS ? PRIVACY_CLEAR : PRIVACY_REDACT;

    return privacy_fixture(numbers, names, which == SECRETS ? 15 : 0);
}

#define HEAD                                                                                       \
    "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx\r\n"
#define REST "Call-ID: abc@host\r\nCSeq: 1 INVITE\r\n"
#define CALL "From: <sip:4711@a>;tag=1\r\nTo: <sip:b@c>\r\n" REST

static char *find(char *text, size_t len, const char *part)
{
    size_t n = strlen(part);

    for (size_t i = 0; i + n <= len; i++) {
        if (memcmp(text + i, part, n) == 0)
            return text + i;
    }
    return NULL;
}

/* One line of a header or of a body, and what becomes of it. */
static const struct {
    int way;
    const char *line, *wanted;
} headers[] = {
    { BOTH, "From: \"Alice\" <sip:+4930123456@10.0.0.1>;tag=a1",
      "From: \"xxxxx\" <sip:+493012XXXX@10.0.0.1>;tag=a1" },
    { BOTH, "f: Alice B. <sip:alice:secret@x>;tag=1", "f: xxxxx x. <sip:xxxxx:xxxxxx@x>;tag=1" },
    { NUMBERS, "From: \"Alice\" <sip:+4930123456@x>", "From: \"Alice\" <sip:+493012XXXX@x>" },
    { NAMES, "From: \"Alice\" <sip:+4930123456@x>", "From: \"xxxxx\" <sip:+4930123456@x>" },
    { BOTH, "t: sip:alice@x;user=phone", "t: sip:xxxxx@x;user=phone" },
    { BOTH, "To: \"Al \\\"B\\\" <sip:no@x>\" <sips:bob@x>",
      "To: \"xx \\\"x\\\" <xxx:xx@x>\" <sips:xxx@x>" },
    { BOTH, "Contact: <sip:alice@10.0.0.1:5060;ob>, \"B, C\" <sip:+4930999999@x>;q=1",
      "Contact: <sip:xxxxx@10.0.0.1:5060;ob>, \"x, x\" <sip:+493099XXXX@x>;q=1" },
    { BOTH, "m: <sip:alice@h>", "m: <sip:xxxxx@h>" },
    { BOTH, "P-Asserted-Identity: \"A\" <tel:+49-30-123-456;phone-context=+49>",
      "P-Asserted-Identity: \"x\" <tel:+49-30-12X-XXX;phone-context=+49>" },
    { BOTH, "P-Asserted-Identity: +4930123456", "P-Asserted-Identity: +493012XXXX" },
    { BOTH, "Remote-Party-ID: Alice <sip:4930123456@x>;party=calling",
      "Remote-Party-ID: xxxxx <sip:493012XXXX@x>;party=calling" },
    { BOTH, "History-Info: <sip:bob@x?Reason=SIP%3Bcause%3D302>;index=1",
      "History-Info: <sip:xxx@x?Reason=SIP%3Bcause%3D302>;index=1" },
    { BOTH, "r: <sip:carol@x?Replaces=1%40h%3Bto-tag%3D7>",
      "r: <sip:xxxxx@x?Replaces=1%40h%3Bto-tag%3D7>" },
    { BOTH, "b: \"Bob\" <sip:bob@x>;cid=\"1@x\"", "b: \"xxx\" <sip:xxx@x>;cid=\"1@x\"" },
    { BOTH, "Route: <sip:10.0.0.1;lr>,<sip:alice@10.0.0.2;lr>",
      "Route: <sip:10.0.0.1;lr>,<sip:xxxxx@10.0.0.2;lr>" },
    { BOTH, "X-Anything: see sip:alice@x now", "X-Anything: see sip:xxxxx@x now" },
    { BOTH, "From: \"Ali\r\n ce\" <sip:%61lice@x>;tag=1",
      "From: \"xxx\r\n xx\" <sip:%78xxxx@x>;tag=1" },
    { BOTH, "From: <sip:%2b4930%31%32%33%34%35%36@x>", "From: <sip:%2b4930%31%32%58%58%58%58@x>" },
    { BOTH, "From: Anonymous <sip:anonymous@anonymous.invalid>",
      "From: Anonymous <sip:anonymous@anonymous.invalid>" },
    { BOTH,
      "Authorization: Digest username=\"4930123456\", realm=\"x\", uri=\"sip:alice@x\", "
      "response=\"deadbeef\"",
      "Authorization: Digest username=\"493012XXXX\", realm=\"x\", uri=\"sip:xxxxx@x\", "
      "response=\"deadbeef\"" },
    { SECRETS,
      "Authorization: Digest username=\"a,=b\", nonce=\"1f\",algorithm=SHA-256 , response = "
      "\"00ffDEADbeef\",cnonce=\"9\"",
      "Authorization: Digest username=\"a,=b\", nonce=\"1f\",algorithm=SHA-256 , response = "
      "\"000000000000\",cnonce=\"9\"" },
    { SECRETS, "Proxy-Authorization: Digest response=deadbeef",
      "Proxy-Authorization: Digest response=00000000" },
    { SECRETS, "Authorization: Basic QWxhZGRpbjpvcGVu", "Authorization: Basic xxxxxxxxxxxxxxxx" },
    { SECRETS, "Authentication-Info: qop=auth, rspauth=\"1234\"",
      "Authentication-Info: qop=auth, rspauth=\"0000\"" },
    { BOTH, "i: 4930123456-1@host", "i: 493012XXXX-1@host" },
    { BOTH, "Replaces: 4930123456-1@host;from-tag=12345678",
      "Replaces: 493012XXXX-1@host;from-tag=12345678" },
    { BOTH, "Identity: eyJhbGciOi.eyJvcmlnIjp7.c2ln;info=<https://x/c>",
      "Identity: eyJhbGciOi.AAAAAAAAAAAA.c2ln;info=<https://x/c>" },
    { BOTH, "a line without a name 4930123456", "x xxxx xxxxxxx x xxxx xxxxxxxxxx" },
    { BOTH, "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1",
      "Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1" },
    { SECRETS, "From: \"Alice\" <sip:alice@x>", "From: \"Alice\" <sip:alice@x>" },
};

/* Behind the request line, so that the other headers of the message stay what they are. */
static void lines_of_the_head(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        const struct privacy p = way(headers[i].way);
        struct scrub_counts counts = { { 0 } };
        char text[2048];
        struct slice block;
        char *bytes;

        snprintf(text, sizeof text, "OPTIONS sip:h SIP/2.0\r\n%s\r\n" CALL "\r\n", headers[i].line);
        block = heap_block(slice_of_text(text));
        bytes = (char *)(uintptr_t)block.p;
        sip_scrub(&p, bytes, block.len, &counts);
        if (!find(bytes, block.len, headers[i].wanted))
            fail_msg("%s: %.*s", headers[i].line, (int)block.len, bytes);
        heap_block_free(block);
    }
}

static const struct {
    int way;
    const char *method, *type, *body, *wanted;
} bodies[] = {
    { SECRETS, "INVITE", "application/sdp",
      "v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:QUJD+/==|2^20|1:4;inline:WFla "
      "FEC_ORDER=x\r\n",
      "v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAA==|2^20|1:4;inline:AAAA "
      "FEC_ORDER=x\r\n" },
    { SECRETS, "INVITE", "application/sdp", "a=key-mgmt:mikey AQAFgM0X==\r\nk=base64:QUJD\r\n",
      "a=key-mgmt:mikey AAAAAAAA==\r\nk=base64:AAAA\r\n" },
    { BOTH, "INVITE", "application/sdp",
      "v=0\r\no=alice 1 2 IN IP4 10.0.0.1\r\ns=-\r\np=+49 30 123456\r\ne=bob@x\r\n",
      "v=0\r\no=xxxxx 1 2 IN IP4 10.0.0.1\r\ns=-\r\np=+49 30 12XXXX\r\ne=xxx@x\r\n" },
    { BOTH, "INVITE", "application/sdp", "o=- 1 2 IN IP4 10.0.0.1\r\n",
      "o=- 1 2 IN IP4 10.0.0.1\r\n" },
    { SECRETS, "INFO", "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n",
      "Signal=0\r\nDuration=160\r\n" },
    { SECRETS, "INFO", "application/dtmf-relay", "Signal = 11\r\nDuration=160\r\n",
      "Signal = 00\r\nDuration=160\r\n" },
    { SECRETS, "INFO", "application/dtmf", "#", "0" },
    { SECRETS, "NOTIFY", "application/kpml-response+xml",
      "<kpml-response digits=\"1#9\" tag=\"x\"/>", "<kpml-response digits=\"000\" tag=\"x\"/>" },
    { SECRETS, "MESSAGE", "text/plain", "Meet me\r\nat 8", "xxxxxxx\r\nxxxx" },
    { SECRETS, "INVITE", "text/plain", "Meet me", "Meet me" },
    { BOTH, "NOTIFY", "application/dialog-info+xml",
      "<dialog-info entity=\"sip:alice@x\"><local><identity "
      "display=\"Alice\">sip:+4930123456@x</identity></local>",
      "<dialog-info entity=\"sip:xxxxx@x\"><local><identity "
      "display=\"xxxxx\">sip:+493012XXXX@x</identity></local>" },
    { BOTH, "INVITE", "application/resource-lists+xml",
      "<entry uri=\"tel:+4930123456\"><rl:display-name xml:lang=\"de\">Bob</rl:display-name>",
      "<entry uri=\"tel:+493012XXXX\"><rl:display-name xml:lang=\"de\">xxx</rl:display-name>" },
    { BOTH, "NOTIFY", "message/sipfrag", "SIP/2.0 200 OK\r\nTo: \"Bob\" <sip:bob@x>\r\n",
      "SIP/2.0 200 OK\r\nTo: \"xxx\" <sip:xxx@x>\r\n" },
    { BOTH, "PUBLISH", "application/vq-rtcpxr",
      "VQSessionReport\r\nLocalID: Bob <sip:bob@x>\r\nCallID: 4930123456-1@h\r\n",
      "VQSessionReport\r\nLocalID: xxx <sip:xxx@x>\r\nCallID: 493012XXXX-1@h\r\n" },
    { BOTH, "INVITE", "application/isup", "ab", "xx" },
    { BOTH, "INVITE", "multipart/mixed;boundary=b",
      "--b\r\nContent-Type: application/sdp\r\n\r\ns=a\r\n--b\r\nContent-Type: "
      "application/qsig\r\n\r\nab\r\n--b--\r\n",
      "--b\r\nContent-Type: application/sdp\r\n\r\ns=a\r\n--b\r\nContent-Type: "
      "application/qsig\r\n\r\nxxxx--b--\r\n" },
    { SECRETS, "INFO", "multipart/mixed;boundary=\"b\"",
      "--b\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=7\r\n--b--\r\n",
      "--b\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=0\r\n--b--\r\n" },
    { BOTH, "INVITE", "text/x", "number 030 123456 of 0049-30/123456",
      "number 030 12XXXX of 0049-30/12XXXX" },
};

static void bodies_of_all_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        const struct privacy p = way(bodies[i].way);
        struct scrub_counts counts = { { 0 } };
        struct slice block;
        char text[2048], *bytes;

        snprintf(text, sizeof text,
                 "%s sip:h SIP/2.0\r\nFrom: <sip:+4930123456@h>\r\nTo: <sip:h>\r\nCall-ID: 1\r\n"
                 "CSeq: 1 %s\r\nContent-Type: %s\r\n\r\n%s",
                 bodies[i].method, bodies[i].method, bodies[i].type, bodies[i].body);
        block = heap_block(slice_of_text(text));
        bytes = (char *)(uintptr_t)block.p;
        sip_scrub(&p, bytes, block.len, &counts);
        if (!find(bytes, block.len, bodies[i].wanted))
            fail_msg("%s: %.*s", bodies[i].body, (int)block.len, bytes);
        heap_block_free(block);
    }
}

/* What is masked in one place is found in all others, even where nobody would look. */
static void the_number_is_nowhere_else(void **state)
{
    static const char text[] =
        "INVITE sip:+49301234567@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK01234567\r\n"
        "From: <sip:1@h>;tag=x301234567y\r\nTo: <tel:030-1234567>\r\nCall-ID: c\r\nCSeq: 1 "
        "INVITE\r\n"
        "X-Billing: account 0049 30 1234567\r\nContent-Length: 0\r\n\r\n";
    const enum privacy_way ways[] = { PRIVACY_REDACT, PRIVACY_PSEUDONYM };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct privacy p = privacy_fixture(ways[i], PRIVACY_CLEAR, 0);
        struct scrub_counts counts = { { 0 } };
        struct slice block = heap_block(SLICE(text));
        char *bytes = (char *)(uintptr_t)block.p;
        struct sip_msg before, after;

        sip_scrub(&p, bytes, sizeof text - 1, &counts);
        assert_null(find(bytes, sizeof text - 1, "1234567"));
        assert_null(find(bytes, sizeof text - 1, "30 1234567"));
        assert_int_equal(sip_msg_parse(&before, SLICE(text)), SIP_PARSE_OK);
        assert_int_equal(sip_msg_parse(&after, slice_of(bytes, sizeof text - 1)), SIP_PARSE_OK);
        assert_true(before.anomalies == after.anomalies);
        assert_int_equal(after.to_user.len, before.to_user.len);
        heap_block_free(block);
    }
}

static void what_is_not_understood_is_blanked(void **state)
{
    static const struct {
        const char *text;
        enum scrub_note note;
    } rows[] = {
        { "INVITE sip:+4930123456@h SIP/2.0\r\nFrom: <sip:+4930123456@h>\r\n\r\n",
          SCRUB_MESSAGE_BLANKED }, /* no Call-ID */
        { "INVITE sip:+4930123456@h SI", SCRUB_MESSAGE_BLANKED },
        { "\x01\x02 4930123456", SCRUB_MESSAGE_BLANKED },
        { HEAD CALL "4930123456\r\n\r\n", SCRUB_HEADER_BLANKED },
        { HEAD CALL "Content-Encoding: gzip\r\nContent-Type: text/plain\r\n\r\n4930123456",
          SCRUB_BODY_BLANKED },
        { HEAD CALL "Content-Type: x/y\r\n\r\n4930123456\x01\x02", SCRUB_BODY_BLANKED },
    };
    const struct privacy p = way(BOTH);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(slice_of_text(rows[i].text));
        char *bytes = (char *)(uintptr_t)block.p;
        struct scrub_counts counts = { { 0 } };

        sip_scrub(&p, bytes, block.len, &counts);
        if (find(bytes, block.len, "0123456"))
            fail_msg("%.*s", (int)block.len, bytes);
        assert_int_equal(counts.notes[rows[i].note], 1);
        assert_non_null(sip_scrub_note_text(rows[i].note));
        heap_block_free(block);
    }
}

/* A message that was cut anywhere still shows nobody. */
static void no_cut_shows_the_number(void **state)
{
    static const char text[] = HEAD "From: \"4930123456\" <sip:4930123456@h>;tag=1\r\n" REST
                                    "P-Asserted-Identity: <tel:4930123456>\r\n\r\n4930123456";
    const struct privacy p = way(BOTH);

    (void)state;
    for (size_t n = 0; n < sizeof text; n++) {
        struct slice block = heap_block(slice_of(text, n));
        char *bytes = (char *)(uintptr_t)block.p;
        struct scrub_counts counts = { { 0 } };

        sip_scrub(&p, bytes, n, &counts);
        if (find(bytes, n, "4930123456"))
            fail_msg("%.*s", (int)n, bytes);
        heap_block_free(block);
    }
}

static void off_is_off(void **state)
{
    static const char text[] = HEAD CALL "\r\n";
    const struct privacy p = { .numbers = PRIVACY_CLEAR };
    struct slice block = heap_block(SLICE(text));
    struct scrub_counts counts = { { 0 } };

    (void)state;
    sip_scrub(&p, (char *)(uintptr_t)block.p, block.len, &counts);
    assert_memory_equal(block.p, text, block.len);
    heap_block_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_the_head),
        cmocka_unit_test(bodies_of_all_kinds),
        cmocka_unit_test(the_number_is_nowhere_else),
        cmocka_unit_test(what_is_not_understood_is_blanked),
        cmocka_unit_test(no_cut_shows_the_number),
        cmocka_unit_test(off_is_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
