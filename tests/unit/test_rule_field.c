/*
 * test_rule_field - fields as rules name them: what may be grouped by, their bytes, what numbers look like.
 */
#include "rules/rule_field.h"
#include "rules/rule_shape.h"
#include "tests/unit/heap_block.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *user, *shape;
} shapes[] = {
    { "+493012345678", "+49 and 10 digits" },
    { "+12125551234", "+1 and 10 digits" },
    { "+3531234567", "+353 and 7 digits" },
    { "+4930-1234 5678", "+49 and 10 digits, separated" },
    { "+49", "+49 and 0 digits" },
    { "+4", "+4 and 0 digits" },
    { "+", "other" },
    { "00493012345678", "00 and 12 digits" },
    { "03012345678", "0 and 10 digits" },
    { "12125551234", "11 digits" },
    { "1", "1 digit" },
    { "0", "1 digit" },
    { "00", "0 and 1 digit" },
    { "110", "3 digits" },
    { "123456789012345678901234567890", "over 20 digits" },
    { "alice", "letters" },
    { "alice.smith", "letters" },
    { "user4711", "letters and digits" },
    { "+49abc", "letters and digits" },
    { "anonymous", "anonymous" },
    { "Anonymous", "anonymous" },
    { "Unavailable", "anonymous" },
    { "*21#", "code with * or #" },
    { "", "empty" },
    { ";phone-context=+49", "empty" },
    { "+493012345678;phone-context=x", "+49 and 10 digits, with parameters" },
    { "al\xc3\xafs", "other" },
    { "a@b", "other" },
    { "---", "other" },
};

static void tells_what_a_number_looks_like(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct slice user = heap_block(slice_of_text(shapes[i].user));
        struct strbuf out = { 0 };

        rule_shape_write(&out, user);
        strbuf_add_char(&out, '\0');
        if (strcmp(out.p, shapes[i].shape) != 0)
            fail_msg("'%s': %s, not %s", shapes[i].user, out.p, shapes[i].shape);
        strbuf_fini(&out);
        heap_block_free(user);
    }
}

static const struct {
    const struct record_type *type;
    const char *name;
    const char *full; /* its name; NULL: there is none */
    bool is_groupable, has_key, is_number;
} fields[] = {
    { &record_type_call, "trunk_out", "trunk_out", true, true, false },
    { &record_type_call, "trunk", "trunk", true, true, false },
    { &record_type_call, "trunk.ip", NULL, false, false, false },
    { &record_type_call, "destination", "destination", true, true, false },
    { &record_type_call, "dst.ip", "dst.ip", true, true, false },
    { &record_type_call, "dst_ip", "dst.ip", true, true, false },
    { &record_type_call, "dst-ip", "dst.ip", true, true, false },
    { &record_type_call, "dst", "dst", true, true, false },
    { &record_type_call, "src.ip", "src.ip", true, true, false },
    { &record_type_call, "src", "src", false, true, false },
    { &record_type_call, "from_user.shape", "from_user.shape", true, true, false },
    { &record_type_call, "from_user", "from_user", true, true, false },
    { &record_type_call, "from_uri", "from_uri", false, true, false },
    { &record_type_call, "from_uri.shape", "from_uri.shape", true, true, false },
    { &record_type_call, "call_id", "call_id", false, true, false },
    { &record_type_call, "final_status", "final_status", true, true, true },
    { &record_type_call, "q850_cause", "q850_cause", true, true, true },
    { &record_type_call, "packets", "packets", false, true, true },
    { &record_type_call, "one_way", "one_way", true, true, true },
    { &record_type_call, "mos_lq", "mos_lq", false, true, true },
    { &record_type_call, "interval_mos_p5", "interval_mos.p5", false, true, true },
    { &record_type_call, "invite_time", "invite_time", false, false, true },
    { &record_type_call, "id", "id", false, true, false },
    { &record_type_call, "codecs", "codecs", false, true, false },
    { &record_type_call, "dst.shape", NULL, false, false, false },
    { &record_type_call, "from_user.ip", NULL, false, false, false },
    { &record_type_call, "", NULL, false, false, false },
    { &record_type_call, ".ip", NULL, false, false, false },
    { &record_type_transaction, "user", "user", true, true, false },
    { &record_type_transaction, "contact", "contact", false, true, false },
    { &record_type_certificate, "server", "server", true, true, false },
    { &record_type_peer, "trunk", "trunk", true, true, false },
    { &record_type_peer, "round_trip_ms.p95", "round_trip_ms.p95", false, true, true },
};

static void knows_what_fields_are_good_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct slice name = slice_of_text(fields[i].name);
        struct strbuf full = { 0 };
        struct rule_field f;
        bool found = rule_field_find(&f, fields[i].type, name);

        if (found != (fields[i].full != NULL))
            fail_msg("%s: %s", fields[i].name, found ? "found" : "not found");
        if (!found)
            continue;
        rule_field_name(&f, &full);
        assert_true(slice_eq(strbuf_slice(&full), slice_of_text(fields[i].full)));
        assert_true(rule_field_is_called(&f, name));
        assert_false(rule_field_is_called(&f, SLICE("nothing")));
        if (rule_field_is_groupable(&f, fields[i].type) != fields[i].is_groupable ||
            rule_field_has_key(&f) != fields[i].has_key ||
            rule_field_is_number(&f) != fields[i].is_number)
            fail_msg("%s: groupable %d, key %d, number %d", fields[i].name,
                     rule_field_is_groupable(&f, fields[i].type), rule_field_has_key(&f),
                     rule_field_is_number(&f));
        if (!fields[i].is_groupable)
            assert_true(rule_field_instead(&f, fields[i].type)[0] != '\0');
        strbuf_fini(&full);
    }
}

static struct call_record sample(void)
{
    struct call_record call;

    record_clear(&record_type_call, &call);
    call.id = 0x0634567890abcdef;
    call.from_user = SLICE("+493012345678");
    call.to_user = SLICE("b\x1b[31mob");
    call.trunk_in = SLICE("carrier-a");
    call.final_status = 503;
    call.one_way = 1;
    call.mos_lq = 3.4;
    call.loss_ratio = 0.031;
    call.jitter_ms_p95 = 0;
    call.silence_ratio = 1;
    call.codecs = SLICE("[\"PCMA\",\"G729\"]");
    call.invite_time = INT64_C(1795276800) * 1000000000;
    assert_true(addr_parse(SLICE("192.0.2.7:5080"), &call.dst));
    return call;
}

static const struct {
    const char *name, *text; /* NULL: not known */
    double number;
} values[] = {
    { "from_user", "+493012345678", NAN },
    { "from_user.shape", "+49 and 10 digits", NAN },
    { "to_user", "b?[31mob", NAN },
    { "to_number", NULL, NAN },
    { "to_number.shape", NULL, NAN },
    { "trunk", "carrier-a", NAN },
    { "trunk_out", NULL, NAN },
    { "dst", "192.0.2.7:5080", NAN },
    { "dst.ip", "192.0.2.7", NAN },
    { "src.ip", NULL, NAN },
    { "final_status", "503", 503 },
    { "packets", NULL, NAN },
    { "one_way", "yes", 1 },
    { "fax", NULL, NAN },
    { "mos_lq", "2 to 5", 3.4 },
    { "loss_ratio", "2 % to 5 %", 0.031 },
    { "silence_ratio", "100 % to 200 %", 1 },
    { "jitter_ms_p95", "0 ms", 0 },
    { "duration_ms", NULL, NAN },
    { "codecs", "PCMA, G729", NAN },
    { "id", "0634567890abcdef", NAN },
    { "leg_group", NULL, NAN },
    { "invite_time", NULL, 1795276800 },
};

static void reads_values(void **state)
{
    struct call_record call = sample();
    struct strbuf room = { 0 }, text = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct rule_field f;
        struct slice key;
        double number;

        assert_true(rule_field_find(&f, &record_type_call, slice_of_text(values[i].name)));
        key = rule_field_key(&f, &call, &room);
        if ((key.p != NULL) != (values[i].text != NULL))
            fail_msg("%s is %sknown", values[i].name, key.p ? "" : "not ");
        strbuf_reset(&text);
        if (key.p)
            rule_field_write(&f, key, &text);
        if (values[i].text && !slice_eq(strbuf_slice(&text), slice_of_text(values[i].text)))
            fail_msg("%s: %.*s, not %s", values[i].name, (int)text.len, text.p, values[i].text);
        number = rule_field_number(&f, &call);
        if (isnan(values[i].number) ? !isnan(number) : number != values[i].number)
            fail_msg("%s: %g", values[i].name, number);
    }
    call.trunk_out = SLICE("carrier-b");
    {
        struct rule_field f;

        assert_true(rule_field_find(&f, &record_type_call, SLICE("trunk")));
        assert_true(slice_eq(rule_field_key(&f, &call, &room), SLICE("carrier-b")));
    }
    strbuf_fini(&room);
    strbuf_fini(&text);
}

/* What is longer is one value with what begins alike, and is shown cut. */
static void long_texts_are_cut(void **state)
{
    struct call_record call = sample();
    struct strbuf room = { 0 }, text = { 0 };
    char *user = malloc(RULE_FIELD_KEY_MAX + 1);
    struct rule_field f;
    struct slice key;

    (void)state;
    assert_non_null(user);
    memset(user, 'a', RULE_FIELD_KEY_MAX + 1);
    call.from_user = slice_of(user, RULE_FIELD_KEY_MAX + 1);
    assert_true(rule_field_find(&f, &record_type_call, SLICE("from_user")));
    key = rule_field_key(&f, &call, &room);
    assert_int_equal(key.len, RULE_FIELD_KEY_MAX);
    rule_field_write(&f, key, &text);
    assert_int_equal(text.len, 200);
    free(user);
    strbuf_fini(&room);
    strbuf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_a_number_looks_like),
        cmocka_unit_test(knows_what_fields_are_good_for),
        cmocka_unit_test(reads_values),
        cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests_name("rule_field", tests, NULL, NULL);
}
