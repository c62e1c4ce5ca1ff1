#include "probe/notify/json_check.h"
#include "probe/notify/safe_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *text;
    const char *printable, *unlinked;
} rows[] = {
    { "", "", "" },
    { "carrier-a", "carrier-a", "carrier-a" },
    { "Müller 電話", "Müller 電話", "Müller 電話" },
    { "a\r\nb\tc\x01\x1b[31m\x7f", "a? b c??[31m?", "a? b c??[31m?" },
    { "\xff\xc3x", "??x", "??x" },
    { "\xc2\x85\xe2\x80\xa8x", "??x", "??x" }, /* next line, line separator */
    { "abc\xe2\x80\xae"
      "fed\xe2\x80\x8b",
      "abc?fed?", "abc?fed?" }, /* turned round, no width */
    { "http://evil.example/x", "http://evil.example/x", "http[:]//evil[.]example/x" },
    { "HTTPS://192.0.2.1", "HTTPS://192.0.2.1", "HTTPS[:]//192.0.2.1" },
    { "www.evil.example", "www.evil.example", "www[.]evil[.]example" },
    { "javascript:alert(1)", "javascript:alert(1)", "javascript[:]alert(1)" },
    { "tel:+4930", "tel:+4930", "tel[:]+4930" },
    { "sip:bob@evil.example", "sip:bob@evil.example", "sip[:]bob(at)evil[.]example" },
    { "@channel @here", "@channel @here", "(at)channel (at)here" },
    { "since 14:02:10, 42 of 60.", "since 14:02:10, 42 of 60.", "since 14:02:10, 42 of 60." },
    { "192.0.2.10:5060, e.g. 1.5 s: x", "192.0.2.10:5060, e.g. 1.5 s: x",
      "192.0.2.10:5060, e.g. 1.5 s: x" },
};

static void makes_texts_harmless(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].text);
        char *exact = malloc(len ? len : 1);
        struct strbuf b = { 0 };

        assert_non_null(exact);
        memcpy(exact, rows[i].text, len);
        safe_text_add(&b, slice_of(exact, len), 200);
        assert_string_equal(strbuf_slice(&b).p, rows[i].printable);
        strbuf_reset(&b);
        safe_text_add_unlinked(&b, slice_of(exact, len), 200);
        assert_string_equal(strbuf_slice(&b).p, rows[i].unlinked);
        strbuf_fini(&b);
        free(exact);
    }
}

static void cuts_between_characters(void **state)
{
    struct strbuf b = { 0 };

    (void)state;
    safe_text_add(&b, SLICE("ääää"), 4);
    assert_string_equal(b.p, "ääää");
    strbuf_reset(&b);
    safe_text_add(&b, SLICE("äääää"), 4);
    assert_string_equal(b.p, "ääää…");
    strbuf_reset(&b);
    safe_text_add_unlinked(&b, SLICE("a@b@c@d"), 4);
    assert_string_equal(b.p, "a(at)b(at)…");
    strbuf_fini(&b);
}

static const struct {
    const char *text;
    char open;
    bool is;
} values[] = {
    { "{}", '{', true },
    { " [ ] ", '[', true },
    { "{\"a\":[1,-2.5e+3,true,false,null,\"\\u00e9\\n\\\"\"],\"b\":{\"c\":0}}", '{', true },
    { "{}", '[', false },
    { "", '{', false },
    { "{", '{', false },
    { "[1,]", '[', false },
    { "[1 2]", '[', false },
    { "[01]", '[', false },
    { "[1.]", '[', false },
    { "[-]", '[', false },
    { "[1e]", '[', false },
    { "[nul]", '[', false },
    { "[\"a]", '[', false },
    { "[\"\x01\"]", '[', false },
    { "[\"\xff\"]", '[', false },
    { "[\"\\x\"]", '[', false },
    { "[\"\\u12g4\"]", '[', false },
    { "[\"\\", '[', false },
    { "[\"\\u12", '[', false },
    { "{\"a\"}", '{', false },
    { "{\"a\":}", '{', false },
    { "{a:1}", '{', false },
    { "{\"a\":1,}", '{', false },
    { "[],\"x\":[]", '[', false },
    { "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", '[', true },
    { "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", '[', false },
};

static void knows_whole_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        size_t len = strlen(values[i].text);
        char *exact = malloc(len ? len : 1);

        assert_non_null(exact);
        memcpy(exact, values[i].text, len);
        if (json_check_is(slice_of(exact, len), values[i].open) != values[i].is)
            fail_msg("%s", values[i].text);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_texts_harmless),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(knows_whole_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
