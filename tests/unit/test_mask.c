/*
 * test_mask - numbers, names, users and Call-IDs made unreadable.
 */
#include "analyzer/privacy/mask.h"
#include "analyzer/privacy/pseudonym.h"

#include "tests/unit/heap_block.h"
#include "tests/unit/privacy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

typedef void (*mask_fn)(const struct privacy *p, char *text, size_t len, struct mask_seen *seen);

static void call_id(const struct privacy *p, char *text, size_t len, struct mask_seen *seen)
{
    (void)seen;
    mask_call_id(p, text, len);
}

static struct slice masked(mask_fn mask, const struct privacy *p, const char *text)
{
    struct slice block = heap_block(slice_of_text(text));

    mask(p, (char *)(uintptr_t)block.p, block.len, NULL);
    return block;
}

static void expect(mask_fn mask, const struct privacy *p, const char *text, const char *wanted)
{
    struct slice got = masked(mask, p, text);

    if (!slice_eq(got, slice_of_text(wanted)))
        fail_msg("%s became %.*s, not %s", text, (int)got.len, got.p, wanted);
    heap_block_free(got);
}

static void redacted(void **state)
{
    static const struct {
        mask_fn mask;
        const char *text, *wanted;
    } rows[] = {
        { mask_user, "+4930123456", "+493012XXXX" },
        { mask_user, "030123456", "03012XXXX" },
        { mask_user, "123", "XXX" },
        { mask_user, "+49-30-12.34 (56)", "+49-30-12.XX (XX)" },
        { mask_user, "%2b4930%31%32%33%34", "%2b4930%58%58%58%58" },
        { mask_user, "*31#030123456", "*31#03012XXXX" },
        { mask_user, "+4930123456;phone-context=+49", "+493012XXXX;phone-context=+49" },
        { mask_user, "1000;rn=+4930123456", "XXXX;rn=+493012XXXX" },
        { mask_user, "alice", "xxxxx" },
        { mask_user, "Alice.B-2", "xxxxx.x-X" },
        { mask_user, "%41lice", "%78xxxx" },
        { mask_user, "J\xc3\xb6rg", "xxxxx" },
        { mask_user, "anonymous", "anonymous" },
        { mask_user, "Anonymous", "Anonymous" },
        { mask_user, "a\\\"b\\u0007c", "x\\\"x\\u0007x" },
        { mask_user, "100%", "XXX%" },
        { mask_user, "", "" },
        { mask_user_at, "alice@host.example", "xxxxx@host.example" },
        { mask_user_at, "4711@host12345678", "XXXX@host12345678" },
        { call_id, "4930123456-77@host", "493012XXXX-77@host" },
        { call_id, "a4930123456@host", "a4930123456@host" },
        { call_id, "+4930123456", "+493012XXXX" },
        { call_id, "1234567890123456@host", "1234567890123456@host" },
        { call_id, "123456@10.0.0.1", "123456@10.0.0.1" },
    };
    const struct privacy p = privacy_fixture(PRIVACY_REDACT, PRIVACY_REDACT, 0);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect(rows[i].mask, &p, rows[i].text, rows[i].wanted);
}

/* Numbers alone, names alone. */
static void one_without_the_other(void **state)
{
    const struct privacy numbers = privacy_fixture(PRIVACY_REDACT, PRIVACY_CLEAR, 0);
    const struct privacy names = privacy_fixture(PRIVACY_CLEAR, PRIVACY_REDACT, 0);

    (void)state;
    expect(mask_user, &numbers, "alice", "alice");
    expect(mask_user, &numbers, "Alice +49 30 123456", "Alice +49 30 12XXXX");
    expect(mask_user, &numbers, "room12", "room12");
    expect(mask_user, &names, "+4930123456", "+4930123456");
    expect(mask_user, &names, "alice", "xxxxx");
}

static void every_form_has_one_pseudonym(void **state)
{
    static const char *const forms[] = { "+493012345678", "00493012345678",   "03012345678",
                                         "493012345678",  "+49-30-1234-5678", "%2B49301234567%38" };
    const struct privacy p = privacy_fixture(PRIVACY_PSEUDONYM, PRIVACY_PSEUDONYM, 0);
    char wanted[9] = "";

    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct slice got = masked(mask_user, &p, forms[i]);
        char end[9] = "";
        size_t n = 8;

        assert_int_equal(got.len, strlen(forms[i]));
        for (size_t at = got.len; at > 0 && n > 0; at--) {
            if (at >= 3 && got.p[at - 3] == '%') {
                end[--n] = got.p[at - 1];
                at -= 2;
            } else if (got.p[at - 1] >= '0' && got.p[at - 1] <= '9') {
                end[--n] = got.p[at - 1];
            }
        }
        if (i == 0)
            memcpy(wanted, end, sizeof wanted);
        assert_string_equal(end, wanted);
        heap_block_free(got);
    }
    assert_string_not_equal(wanted, "12345678");
    expect(mask_user, &p, "anonymous", "anonymous");
}

/* No two numbers become one. */
static void pseudonyms_are_a_permutation(void **state)
{
    static uint8_t hit[100000];
    const struct privacy p = privacy_fixture(PRIVACY_PSEUDONYM, PRIVACY_CLEAR, 0);
    uint32_t size = 10, fixed = 0;

    (void)state;
    for (unsigned digits = 1; digits <= 5; digits++, size *= 10) {
        memset(hit, 0, sizeof hit);
        for (uint32_t i = 0; i < size; i++) {
            uint32_t to = pseudonym_of(&p.number_key, i, digits);

            assert_true(to < size);
            assert_int_equal(hit[to]++, 0);
            fixed += digits == 5 && to == i;
        }
    }
    assert_true(fixed < 20); /* 1 is usual */
    for (uint32_t i = 0; i < 1000; i++)
        assert_true(pseudonym_of(&p.number_key, i * 99991, 8) < 100000000);
}

static void another_key_another_pseudonym(void **state)
{
    struct privacy a = privacy_fixture(PRIVACY_PSEUDONYM, PRIVACY_PSEUDONYM, 0), b = a;
    struct slice x, y;

    (void)state;
    privacy_set_key(&b, SLICE("0123456789abcdef0123456789ABCDEf"));
    x = masked(mask_user, &a, "+493012345678");
    y = masked(mask_user, &b, "+493012345678");
    assert_false(slice_eq(x, y));
    heap_block_free(x);
    heap_block_free(y);
    x = masked(mask_user, &a, "alice");
    y = masked(mask_user, &b, "alice");
    assert_false(slice_eq(x, y));
    heap_block_free(y);
    y = masked(mask_user, &a, "%61lice"); /* the same name */
    assert_int_equal(y.p[0], '%');
    assert_memory_equal(x.p + 1, y.p + 3, 4);
    heap_block_free(x);
    heap_block_free(y);
}

static void what_was_seen_is_swept(void **state)
{
    static const struct {
        const char *text, *wanted;
        size_t found;
    } rows[] = {
        { "x4930123456y", "x493012XXXXy", 1 },
        { "tag 030 12 34 56, 0049/30-123456.", "tag 030 12 XX XX, 0049/30-12XXXX.", 2 },
        { "%33%30123456", "%33%3012XXXX", 1 },
        { "30123457", "30123457", 0 },
        { "301234 a 56", "301234 a 56", 0 },
        { "30123456999", "3012XXXX999", 1 },
    };
    const struct privacy p = privacy_fixture(PRIVACY_REDACT, PRIVACY_CLEAR, 0);
    struct mask_seen seen = { .count = 0 };

    (void)state;
    mask_note(&seen, SLICE("123456")); /* too short to be looked for */
    assert_int_equal(seen.count, 0);
    mask_note(&seen, SLICE("+4930123456"));
    mask_note(&seen, SLICE("0030123456"));
    assert_int_equal(seen.count, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(slice_of_text(rows[i].text));
        size_t found = mask_sweep(&p, &seen, (char *)(uintptr_t)block.p, block.len);

        if (!slice_eq(block, slice_of_text(rows[i].wanted)))
            fail_msg("%s became %.*s", rows[i].text, (int)block.len, block.p);
        assert_int_equal(found, rows[i].found);
        heap_block_free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redacted),
        cmocka_unit_test(one_without_the_other),
        cmocka_unit_test(every_form_has_one_pseudonym),
        cmocka_unit_test(pseudonyms_are_a_permutation),
        cmocka_unit_test(another_key_another_pseudonym),
        cmocka_unit_test(what_was_seen_is_swept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
