/*
 * test_privacy_record - records as they are written down: every text of every type is thought of.
 */
#include "analyzer/privacy/privacy_record.h"

#include "tests/unit/privacy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct record_type *const types[] = {
    &record_type_call,     &record_type_stream,       &record_type_transaction,
    &record_type_capture,  &record_type_alert,        &record_type_certificate,
    &record_type_mirror,   &record_type_store,        &record_type_leg,
    &record_type_kpi,      &record_type_registration, &record_type_peer,
    &record_type_security, &record_type_load,         &record_type_probe,
    &record_type_baseline,
};

static void every_text_is_classed(void **state)
{
    (void)state;
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        for (size_t i = 0; i < types[t]->field_count; i++) {
            const struct record_field *f = &types[t]->fields[i];

            if ((f->kind == FIELD_TEXT || f->kind == FIELD_JSON) &&
                privacy_class_of(types[t], f) == PRIVACY_UNCLASSED)
                fail_msg("%s.%s: what does it hold? Say so in privacy_record.c", types[t]->name,
                         f->name);
        }
    }
}

/* A record whose every text names the person, as JSON where it is JSON. */
static void fill(const struct record_type *type, void *record, struct slice text, struct slice json)
{
    record_clear(type, record);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];
        struct slice *s = (struct slice *)(void *)((char *)record + f->offset);

        if (f->kind == FIELD_TEXT)
            *s = text;
        else if (f->kind == FIELD_JSON)
            *s = json;
    }
}

static bool holds(struct slice text, struct slice part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (memcmp(text.p + i, part.p, part.len) == 0)
            return true;
    }
    return false;
}

static void no_field_shows_the_number(void **state)
{
    static const struct slice text = SLICE_INIT("sip:+4930123456@h");
    static const struct slice json = SLICE_INIT(
        "[{\"t\":49301234.560000,\"number\":\"0049 30 123456\",\"call_id\":\"4930123456@h\","
        "\"detail\":\"to \\\"A\\\" tel:+4930123456\"}]");
    const enum privacy_way ways[] = { PRIVACY_REDACT, PRIVACY_PSEUDONYM };
    union {
        struct call_record call;
        struct stream_record stream;
        struct capture_record capture;
        struct kpi_record kpi;
        char room[sizeof(struct call_record) + sizeof(struct stream_record)];
    } record;
    struct privacy_scratch scratch = { NULL, 0 };

    (void)state;
    for (size_t w = 0; w < 2; w++) {
        const struct privacy p = privacy_fixture(ways[w], ways[w], 0);

        for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
            const void *copy;

            assert_true(types[t]->size <= sizeof record);
            fill(types[t], &record, text, json);
            copy = privacy_record(&p, types[t], &record, &scratch);
            assert_non_null(copy);
            for (size_t i = 0; i < types[t]->field_count; i++) {
                const struct record_field *f = &types[t]->fields[i];
                const struct slice *s = record_at(copy, f);

                if ((f->kind != FIELD_TEXT && f->kind != FIELD_JSON) ||
                    privacy_class_of(types[t], f) == PRIVACY_PLAIN)
                    continue;
                if (holds(*s, SLICE("30123456")) || holds(*s, SLICE("30 123456")))
                    fail_msg("%s.%s: %.*s", types[t]->name, f->name, (int)s->len, s->p);
                if (f->kind == FIELD_JSON)
                    assert_true(holds(*s, SLICE("{\"t\":49301234.560000,\"number\":\"")));
            }
        }
    }
    privacy_scratch_fini(&scratch);
}

static struct slice masked_field(const struct privacy *p, const struct record_type *type,
                                 const void *record, const char *name,
                                 struct privacy_scratch *scratch)
{
    const void *copy = privacy_record(p, type, record, scratch);

    return *(const struct slice *)record_at(copy, record_field_find(type, slice_of_text(name)));
}

static void a_call_with_its_streams(void **state)
{
    const struct privacy p = privacy_fixture(PRIVACY_REDACT, PRIVACY_REDACT, 0);
    struct privacy_scratch scratch = { NULL, 0 };
    struct stream_record streams[2];
    struct call_record call;
    const struct call_record *copy;

    (void)state;
    record_clear(&record_type_call, &call);
    record_clear(&record_type_stream, &streams[0]);
    record_clear(&record_type_stream, &streams[1]);
    call.from_user = SLICE("+4930123456");
    call.from_tag = SLICE("t-030123456");
    call.user_agent = SLICE("Phone of 030 123456");
    call.to_user = SLICE("alice");
    call.call_id = streams[0].call_id = SLICE("4930123456@h");
    streams[1].rtcp_cname = SLICE("alice@10.0.0.1");
    call.streams = streams;
    call.stream_count = 2;
    copy = privacy_record(&p, &record_type_call, &call, &scratch);
    assert_true(slice_eq(copy->from_user, SLICE("+493012XXXX")));
    assert_true(slice_eq(copy->from_tag, SLICE("t-03012XXXX")));
    assert_true(slice_eq(copy->user_agent, SLICE("Phone of 030 12XXXX")));
    assert_true(slice_eq(copy->to_user, SLICE("xxxxx")));
    assert_true(slice_eq(copy->call_id, copy->streams[0].call_id));
    assert_true(slice_eq(copy->streams[1].rtcp_cname, SLICE("xxxxx@10.0.0.1")));
    assert_true(slice_eq(call.from_user, SLICE("+4930123456"))); /* the caller's own stay */
    assert_null(copy->trunk_in.p);
    privacy_scratch_fini(&scratch);
}

static void subjects_that_name_nobody_stay(void **state)
{
    const struct privacy p = privacy_fixture(PRIVACY_REDACT, PRIVACY_REDACT, 0);
    struct privacy_scratch scratch = { NULL, 0 };
    struct security_record fact;

    (void)state;
    record_clear(&record_type_security, &fact);
    fact.fact = SLICE("new_destination");
    fact.subject = SLICE("Cuba");
    assert_true(slice_eq(masked_field(&p, &record_type_security, &fact, "subject", &scratch),
                         SLICE("Cuba")));
    fact.fact = SLICE("number_redial");
    fact.subject = SLICE("+4930123456");
    assert_true(slice_eq(masked_field(&p, &record_type_security, &fact, "subject", &scratch),
                         SLICE("+493012XXXX")));
    privacy_scratch_fini(&scratch);
}

static void off_is_the_record_itself(void **state)
{
    const struct privacy p = privacy_fixture(PRIVACY_CLEAR, PRIVACY_CLEAR, 15);
    struct privacy_scratch scratch = { NULL, 0 };
    struct call_record call;

    (void)state;
    record_clear(&record_type_call, &call);
    assert_ptr_equal(privacy_record(&p, &record_type_call, &call, &scratch), &call);
    assert_null(scratch.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_text_is_classed),
        cmocka_unit_test(no_field_shows_the_number),
        cmocka_unit_test(a_call_with_its_streams),
        cmocka_unit_test(subjects_that_name_nobody_stay),
        cmocka_unit_test(off_is_the_record_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
