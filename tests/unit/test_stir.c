/*
 * test_stir - Identity headers as signers write them, and as nobody should.
 */
#include "analyzer/sip/stir.h"
#include "analyzer/sip/stir_json.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"
#include "tests/unit/stir_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define CLAIMS                                                                                     \
    "{\"attest\":\"A\",\"dest\":{\"tn\":[\"12155551213\"]},\"iat\":1795255200,"                    \
    "\"orig\":{\"tn\":\"12155551212\"},\"origid\":\"123e4567-e89b-12d3-a456-426655440000\"}"
#define HEADER                                                                                     \
    "{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":\"passport\","                                  \
    "\"x5u\":\"https://cert.example.org/passport.cer\"}"

static enum stir_parse parse(struct stir *out, const char *text)
{
    struct slice block = heap_block(slice_of_text(text));
    enum stir_parse why = stir_parse(out, block);

    heap_block_free(block);
    return why;
}

/* A token of this header and these claims, with parameters. */
static enum stir_parse parse_token(struct stir *out, const char *header, const char *claims,
                                   const char *params)
{
    char text[16384];

    stir_token(text, sizeof text, header, claims, params);
    return parse(out, text);
}

static void a_full_token(void **state)
{
    struct stir s;

    (void)state;
    assert_int_equal(parse_token(&s, HEADER, CLAIMS,
                                 ";info=<https://cert.example.org/passport.cer>;alg=ES256;"
                                 "ppt=\"shaken\""),
                     STIR_OK);
    assert_false(s.compact);
    assert_int_equal(s.attestation, 'A');
    assert_true(s.iat_s == 1795255200);
    assert_string_equal(s.alg, "ES256");
    assert_string_equal(s.ppt, "shaken");
    assert_string_equal(s.orig, "+12155551212");
    assert_int_equal(s.dest_count, 1);
    assert_string_equal(s.dest[0], "+12155551213");
    assert_string_equal(s.origid, "123e4567-e89b-12d3-a456-426655440000");
    assert_string_equal(s.x5u_host, "cert.example.org");
    assert_true(s.x5u_https);
}

static void claims_in_many_forms(void **state)
{
    static const struct {
        const char *claims;
        enum stir_parse why;
        char attestation;
        const char *orig, *dest; /* the first */
        unsigned dests;
        int64_t iat_s;
    } rows[] = {
        { "{\"iat\":5}", STIR_OK, 0, "", NULL, 0, 5 },
        { "{\"iat\":\"5\",\"attest\":\"B\",\"orig\":{\"tn\":\"1\"}}", STIR_OK, 'B', "+1", NULL, 0,
          -1 },
        { "{\"attest\":\"D\",\"orig\":{\"tn\":[\"1\",\"2\"]}}", STIR_OK, 0, "+1", NULL, 0, -1 },
        { "{\"orig\":{\"uri\":\"sip:alice@example.org\"},\"dest\":{\"uri\":[\"sip:b@x\"],"
          "\"tn\":[\"7\"]}}",
          STIR_OK, 0, "sip:alice@example.org", "+7", 2, -1 },
        { "{\"dest\":{\"tn\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]}}", STIR_OK, 0, "", "+1", 4,
          -1 },
        { "{\"orig\":{\"tn\":\"+1215\"},\"attest\":\"C\"}", STIR_OK, 'C', "+1215", NULL, 0, -1 },
        { "{\"orig\":{\"tn\":\"1\\u00e92\\\"3\"},\"iat\":1e9}", STIR_OK, 0, "+1?2?3", NULL, 0,
          1000000000 },
        { "{\"iat\":-5}", STIR_NO_CLAIMS, 0, "", NULL, 0, -1 },
        { "{\"iat\":1e300}", STIR_NO_CLAIMS, 0, "", NULL, 0, -1 },
        { "{}", STIR_NO_CLAIMS, 0, "", NULL, 0, -1 },
        { "{\"orig\":{\"tn\":null},\"dest\":[]}", STIR_NO_CLAIMS, 0, "", NULL, 0, -1 },
        { "{\"orig\":{\"tn\":\"1\"}", STIR_NOT_JSON, 0, "", NULL, 0, -1 },
        { "[1]", STIR_NOT_JSON, 0, "", NULL, 0, -1 },
        { "{\"a\":[[[[[[[[[[1]]]]]]]]]]}", STIR_NOT_JSON, 0, "", NULL, 0, -1 }, /* too deep */
        { "", STIR_NO_TOKEN, 0, "", NULL, 0, -1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stir s;
        enum stir_parse why = parse_token(&s, HEADER, rows[i].claims, "");

        if (why != rows[i].why)
            fail_msg("row %zu: %s", i, stir_parse_text(why));
        assert_int_equal(s.attestation, rows[i].attestation);
        assert_string_equal(s.orig, rows[i].orig);
        assert_int_equal(s.dest_count, rows[i].dests);
        if (rows[i].dest)
            assert_string_equal(s.dest[0], rows[i].dest);
        assert_true(s.iat_s == rows[i].iat_s);
    }
}

static void headers_in_many_forms(void **state)
{
    static const struct {
        const char *text;
        enum stir_parse why;
    } rows[] = {
        { "..c2ln;info=<http://x.org:8080/a>;alg=ES256;ppt=shaken", STIR_OK },
        { "e30.e30.c2ln", STIR_NO_CLAIMS },
        { "e30=.e30=.c2ln;alg=x", STIR_NO_CLAIMS },
        { " e3\r\n 0.e30.c2ln", STIR_NO_CLAIMS }, /* folded */
        { "e30.e30.", STIR_NO_TOKEN },
        { "e30..c2ln", STIR_NO_TOKEN },
        { "e30.e30.a.b", STIR_NO_TOKEN },
        { "\"bm90IGEgdG9rZW4=\"", STIR_NO_TOKEN }, /* RFC 4474 */
        { ";info=<https://x>", STIR_NO_TOKEN },
        { "", STIR_NO_TOKEN },
        { ".", STIR_NO_TOKEN },
        { "e3!.e30.c2ln", STIR_NOT_BASE64 },
        { "e30.e30e3.c2ln", STIR_NOT_BASE64 }, /* six bits too many */
        { "AAAA.e30.c2ln", STIR_NOT_JSON },
    };
    struct stir s;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum stir_parse why = parse(&s, rows[i].text);

        if (why != rows[i].why)
            fail_msg("row %zu: %s", i, stir_parse_text(why));
    }
    assert_int_equal(parse(&s, rows[0].text), STIR_OK);
    assert_true(s.compact && !s.x5u_https);
    assert_string_equal(s.x5u_host, "x.org:8080");
    assert_string_equal(s.ppt, "shaken");
}

/* A megabyte costs no more than a look at its length. */
static void size_is_no_problem(void **state)
{
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE);
    struct stir s;

    (void)state;
    assert_non_null(text);
    memset(text, 'A', SIZE);
    assert_int_equal(stir_parse(&s, slice_of(text, SIZE)), STIR_TOO_LONG);
    assert_int_equal(stir_parse(&s, slice_of(text, STIR_HEADER_MAX)), STIR_NO_TOKEN);
    text[6000] = text[6010] = '.';
    assert_int_equal(stir_parse(&s, slice_of(text, 6020)), STIR_TOO_LONG);
    free(text);
}

static void sound_json(void **state)
{
    static const struct {
        const char *text;
        bool sound;
    } rows[] = {
        { "{}", true },
        { " { } ", true },
        { "{\"a\":[],\"b\":{},\"c\":[1,-2.5e+3,true,false,null,\"x\\u00e9\\n\"]}", true },
        { "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}", true }, /* eight */
        { "{\"a\":[[[[[[[[1]]]]]]]]}", false },                                /* nine */
        { "{\"a\":1,}", false },
        { "{\"a\":[1,]}", false },
        { "{\"a\" 1}", false },
        { "{a:1}", false },
        { "{\"a\":01}", false },
        { "{\"a\":1.}", false },
        { "{\"a\":1e}", false },
        { "{\"a\":-}", false },
        { "{\"a\":tru}", false },
        { "{\"a\":\"\\x\"}", false },
        { "{\"a\":\"\\u12g4\"}", false },
        { "{\"a\":\"\n\"}", false },
        { "{\"a\":\"b}", false },
        { "{\"a\":1]", false },
        { "{\"a\":1}}", false },
        { "{} {}", false },
        { "1", false },
        { "", false },
        { "{", false },
        { "{\"a\"", false },
        { "{\"a\":", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(slice_of_text(rows[i].text));

        if (stir_json_is_object(block) != rows[i].sound)
            fail_msg("%s", rows[i].text);
        heap_block_free(block);
    }
}

/* Of several, the one that SHAKEN signed. */
static void the_right_one_of_several(void **state)
{
    const struct slice block = SLICE("Via: x\r\nIdentity: a.b.c;ppt=div\r\n"
                                     "y: d.e.f;ppt=shaken;info=<https://x>\r\nTo: y\r\n");

    (void)state;
    assert_true(slice_starts_with(stir_find(block, SLICE("a.b.c;ppt=div")), SLICE("d.e.f")));
    assert_true(slice_eq(stir_find(SLICE("Identity: a;ppt=div\r\n"), SLICE("a;ppt=div")),
                         SLICE("a;ppt=div")));
    assert_null(stir_find(block, SLICE_ABSENT).p);
}

static void damage_does_no_harm(void **state)
{
    struct random random = { 7 };
    char whole[2048], text[2048];
    struct stir s;

    (void)state;
    stir_token(whole, sizeof whole, HEADER, CLAIMS, ";info=<https://x.org/y>;alg=ES256;ppt=shaken");
    for (size_t len = 0; len <= strlen(whole); len++) {
        memcpy(text, whole, len);
        text[len] = '\0';
        parse(&s, text);
        assert_true(strlen(s.orig) < STIR_NAME_MAX && s.dest_count <= STIR_DESTS_MAX);
    }
    for (int n = 0; n < 3000; n++) {
        memcpy(text, whole, sizeof text);
        for (int i = 0; i < 3; i++)
            text[random_below(&random, (uint32_t)strlen(whole))] = (char)('.' + n % 80);
        parse(&s, text);
        for (const char *c = s.orig; *c; c++)
            assert_true(*c > ' ' && *c < 0x7f && *c != '"' && *c != '\\');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_token),
        cmocka_unit_test(claims_in_many_forms),
        cmocka_unit_test(headers_in_many_forms),
        cmocka_unit_test(size_is_no_problem),
        cmocka_unit_test(sound_json),
        cmocka_unit_test(the_right_one_of_several),
        cmocka_unit_test(damage_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
