/*
 * test_record - every kind of field in JSON, what is unknown, what is nested, and copies.
 */
#include "analyzer/record.h"

#include "analyzer/record_id.h"
#include "tests/unit/heap_block.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct record_type *const types[] = {
    &record_type_call,  &record_type_stream,       &record_type_transaction, &record_type_capture,
    &record_type_alert, &record_type_certificate,  &record_type_mirror,      &record_type_leg,
    &record_type_kpi,   &record_type_registration, &record_type_peer,        &record_type_security
};
enum { TYPES = sizeof types / sizeof types[0], PAGE_MAX = 1 << 18 };

/* Room for any record. */
union any_record {
    struct call_record call;
    struct stream_record stream;
    struct transaction_record transaction;
    struct capture_record capture;
    struct alert_record alert;
    struct certificate_record certificate;
    struct mirror_record mirror;
};

static char *json_of(const struct record_type *type, const void *record, struct strbuf *b)
{
    struct jsonw j;

    strbuf_reset(b);
    j = jsonw_to(b);
    record_write_json(&j, type, record);
    assert_false(b->failed);
    return b->p;
}

static void every_kind_has_its_spelling_and_its_unknown(void **state)
{
    static const struct {
        enum field_kind kind;
        uint8_t decimals;
        union {
            struct slice text;
            int64_t number;
            double real;
            int8_t truth;
            struct addr addr;
            uint64_t id;
        } value;
        const char *json;
    } rows[] = {
        { FIELD_TEXT, 0, { .text = SLICE_INIT("a\"b") }, "\"a\\\"b\"" },
        { FIELD_TEXT, 0, { .text = SLICE_INIT("") }, "\"\"" },
        { FIELD_TEXT, 0, { .text = { NULL, 0 } }, "null" },
        { FIELD_JSON, 0, { .text = SLICE_INIT("[1,{}]") }, "[1,{}]" },
        { FIELD_JSON, 0, { .text = { NULL, 0 } }, "null" },
        { FIELD_INT, 0, { .number = -7 }, "-7" },
        { FIELD_INT, 0, { .number = 0 }, "0" },
        { FIELD_INT, 0, { .number = RECORD_NONE }, "null" },
        { FIELD_TIME, 0, { .number = INT64_C(1795255200123456789) }, "1795255200.123456" },
        { FIELD_TIME, 0, { .number = RECORD_NONE }, "null" },
        { FIELD_REAL, 3, { .real = 4.4094 }, "4.409" },
        { FIELD_REAL, 0, { .real = 4.4094 }, "4" },
        { FIELD_REAL, 3, { .real = NAN }, "null" },
        { FIELD_BOOL, 0, { .truth = 1 }, "true" },
        { FIELD_BOOL, 0, { .truth = 0 }, "false" },
        { FIELD_BOOL, 0, { .truth = -1 }, "null" },
        { FIELD_ADDR, 0, { .addr = { { 0 }, 0 } }, "null" },
        { FIELD_ADDR, 0, { .addr = { { [15] = 1 }, 5060 } }, "\"[::1]:5060\"" },
        { FIELD_ADDR, 0, { .addr = { { [10] = 255, 255, 192, 0, 2, 1 }, 0 } }, "\"192.0.2.1:0\"" },
        { FIELD_ID, 0, { .id = 0xabc }, "\"0000000000000abc\"" },
        { FIELD_ID, 0, { .id = UINT64_MAX }, "\"ffffffffffffffff\"" },
        { FIELD_ID, 0, { .id = 0 }, "null" },
        { FIELD_SSRC, 0, { .number = 0xabc }, "\"0x00000abc\"" },
        { FIELD_SSRC, 0, { .number = 0 }, "\"0x00000000\"" },
        { FIELD_SSRC, 0, { .number = RECORD_NONE }, "null" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct record_field field = { "x", (uint8_t)rows[i].kind, rows[i].decimals, 0 };
        struct strbuf b = { 0 };
        struct jsonw j = jsonw_to(&b);

        record_write_field(&j, &field, &rows[i].value);
        if (strcmp(b.p, rows[i].json) != 0)
            fail_msg("row %zu: %s, expected %s", i, b.p, rows[i].json);
        strbuf_fini(&b);
    }
}

/* A cleared record: every value null, but for the SSRC, which has no unknown. */
static void a_cleared_record_knows_nothing(void **state)
{
    struct strbuf b = { 0 };
    union any_record r;

    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        size_t nulls = 0;

        memset(&r, 0x5a, sizeof r);
        record_clear(types[i], &r);
        json_of(types[i], &r, &b);
        for (const char *at = b.p; (at = strstr(at, "null")) != NULL; at += 4)
            nulls++;
        /* The type of a transaction is its method: one null more. */
        assert_int_equal(nulls, types[i]->field_count + (types[i] == &record_type_transaction));
        for (size_t f = 0; f < types[i]->field_count; f++)
            assert_true(types[i]->fields[f].offset < types[i]->size);
    }
    strbuf_fini(&b);
}

static void a_short_record_is_spelled_whole(void **state)
{
    struct strbuf b = { 0 };
    struct alert_record a;

    (void)state;
    record_clear(&record_type_alert, &a);
    a.id = 1;
    a.rule = SLICE("spike-503");
    a.value = 12;
    a.time = INT64_C(1500000000);
    a.calls = SLICE("[\"00\"]");
    assert_string_equal(
        json_of(&record_type_alert, &a, &b),
        "{\"type\":\"alert\",\"id\":\"0000000000000001\",\"rule\":\"spike-503\",\"severity\":null,"
        "\"state\":null,\"group\":null,\"labels\":null,\"summary\":null,\"description\":null,"
        "\"runbook\":null,\"since\":null,\"time\":1.500000,\"fired_time\":null,"
        "\"changed_time\":null,\"ended_time\":null,\"value\":12.0000,\"threshold\":null,"
        "\"unit\":null,\"baseline\":null,\"before\":null,\"samples\":null,\"matching\":null,"
        "\"window_s\":null,\"flaps\":null,\"muted_by\":null,\"calls\":[\"00\"],"
        "\"evidence\":null,\"search\":null}");
    strbuf_fini(&b);
}

static void dots_in_a_name_are_objects(void **state)
{
    static const char *const pieces[] = {
        "{\"type\":\"stream\",\"id\":null,",
        "\"jitter_ms\":{\"mean\":1.500,\"p95\":null,\"max\":2.000},\"delta_ms\":{",
        "\"jb50\":{\"late\":3,\"lost_total\":null},\"jb60\":{\"late\":null,",
        "\"adaptive\":{\"late\":null,\"lost_total\":4}},\"r\":{\"raw\":null,",
        "},\"mos_cq\":null,\"bad_seconds\":null,\"worst_10s\":{",
        "\"error_correction\":null},\"events\":null,\"intervals\":null}",
    };
    struct strbuf b = { 0 };
    struct stream_record s;
    int depth = 0;

    (void)state;
    record_clear(&record_type_stream, &s);
    s.jitter_ms_mean = 1.5;
    s.jitter_ms_max = 2;
    s.jb50.late = 3;
    s.adaptive.lost_total = 4;
    json_of(&record_type_stream, &s, &b);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        if (!strstr(b.p, pieces[i]))
            fail_msg("no %s in %s", pieces[i], b.p);
    }
    for (size_t i = 0; i < b.len; i++) {
        depth += (b.p[i] == '{') - (b.p[i] == '}');
        assert_true(depth > 0 || i == b.len - 1);
    }
    assert_int_equal(depth, 0);
    strbuf_fini(&b);
}

static void a_call_carries_its_streams(void **state)
{
    struct strbuf b = { 0 };
    struct stream_record streams[2];
    struct call_record c;
    const char *at;

    (void)state;
    record_clear(&record_type_call, &c);
    assert_non_null(strstr(json_of(&record_type_call, &c, &b), "\"streams\":[]}"));
    for (size_t i = 0; i < 2; i++) {
        record_clear(&record_type_stream, &streams[i]);
        streams[i].ssrc = 7 + (uint32_t)i;
    }
    c.streams = streams;
    c.stream_count = 2;
    at = strstr(json_of(&record_type_call, &c, &b), "\"streams\":[{\"type\":\"stream\"");
    assert_non_null(at);
    assert_non_null(strstr(at, "\"0x00000007\""));
    assert_non_null(strstr(at, "},{\"type\":\"stream\""));
    assert_non_null(strstr(at, "\"0x00000008\""));
    strbuf_fini(&b);
}

static void a_transaction_is_of_its_method(void **state)
{
    struct strbuf b = { 0 };
    struct transaction_record t;

    (void)state;
    record_clear(&record_type_transaction, &t);
    t.method = SLICE("register");
    assert_int_equal(
        strncmp(json_of(&record_type_transaction, &t, &b), "{\"type\":\"register\",", 19), 0);
    strbuf_fini(&b);
}

/* A clone owns its texts: the originals may go, even be overwritten. */
static void a_clone_stands_alone(void **state)
{
    struct strbuf before = { 0 }, after = { 0 };

    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        struct slice texts[80];
        union any_record r;
        size_t count = 0;
        void *clone;

        record_clear(types[i], &r);
        for (size_t f = 0; f < types[i]->field_count; f++) {
            const struct record_field *field = &types[i]->fields[f];
            struct slice *s = (struct slice *)(void *)((char *)&r + field->offset);
            char text[32];

            if (!record_is_slice(field))
                continue;
            snprintf(text, sizeof text, "\"%zu\"", f);
            if (f % 5 == 0)
                text[0] = '\0'; /* empty is not absent */
            if (f % 7 == 3)
                continue; /* absent stays absent */
            *s = texts[count++] = heap_block(slice_of_text(text));
        }
        json_of(types[i], &r, &before);
        clone = record_clone(types[i], &r);
        assert_non_null(clone);
        for (size_t t = 0; t < count; t++)
            heap_block_free(texts[t]);
        assert_string_equal(json_of(types[i], clone, &after), before.p);
        free(clone);
    }
    strbuf_fini(&before);
    strbuf_fini(&after);
}

static void fields_are_found_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        for (size_t f = 0; f < types[i]->field_count; f++) /* so no name comes twice */
            assert_ptr_equal(record_field_find(types[i], slice_of_text(types[i]->fields[f].name)),
                             &types[i]->fields[f]);
        assert_null(record_field_find(types[i], SLICE("")));
        assert_null(record_field_find(types[i], SLICE("ID")));
    }
}

/* docs/METRICS.md names every field, in backticks. */
static void every_name_is_on_the_page(void **state)
{
    FILE *file = fopen(TEST_DATA "/../../../docs/METRICS.md", "r");
    char *page = calloc(1, PAGE_MAX);

    (void)state;
    assert_non_null(file);
    assert_non_null(page);
    assert_true(fread(page, 1, PAGE_MAX - 1, file) > 1000);
    fclose(file);
    for (size_t i = 0; i < TYPES; i++) {
        for (size_t f = 0; f < types[i]->field_count; f++) {
            char name[64];

            snprintf(name, sizeof name, "`%s`", types[i]->fields[f].name);
            if (!strstr(page, name))
                fail_msg("docs/METRICS.md does not name %s of a %s", name, types[i]->name);
        }
    }
    free(page);
}

/* Names of METRICS §1: none may be missing. */
static const char *const call_names[] = { "id",
                                          "call_id",
                                          "transport",
                                          "state",
                                          "from_user",
                                          "to_user",
                                          "from_uri",
                                          "to_uri",
                                          "request_uri",
                                          "from_tag",
                                          "to_tag",
                                          "src",
                                          "dst",
                                          "user_agent",
                                          "server",
                                          "invite_time",
                                          "first_18x_time",
                                          "answer_time",
                                          "end_time",
                                          "final_status",
                                          "final_reason",
                                          "reason_header",
                                          "ended_by",
                                          "auth_challenged",
                                          "invite_count",
                                          "retransmissions",
                                          "reinvite_count",
                                          "post_dial_delay_ms",
                                          "setup_ms",
                                          "ring_ms",
                                          "disconnect_delay_ms",
                                          "duration_ms",
                                          "duration_open",
                                          "outcome",
                                          "nos_cause",
                                          "codecs",
                                          "one_way",
                                          "media_verdict",
                                          "capture_confidence",
                                          "mos_lq",
                                          "mos_cq",
                                          "dtmf" };
static const char *const stream_names[] = { "ssrc",
                                            "src",
                                            "dst",
                                            "direction",
                                            "media",
                                            "payload_type",
                                            "codec",
                                            "clock_rate_hz",
                                            "ptime_ms",
                                            "start_time",
                                            "end_time",
                                            "packets",
                                            "expected",
                                            "lost",
                                            "duplicates",
                                            "out_of_order",
                                            "restarts",
                                            "jitter_ms.mean",
                                            "jitter_ms.p95",
                                            "jitter_ms.max",
                                            "delta_ms.mean",
                                            "delta_ms.max",
                                            "burst.bursts",
                                            "burst.density_ratio",
                                            "burst.duration_ms",
                                            "burst.gap_duration_ms",
                                            "burst.longest_run",
                                            "burst.burst_ratio",
                                            "playout.jb50.late",
                                            "playout.jb200.lost_total",
                                            "playout.adaptive.late",
                                            "r.raw",
                                            "mos_lq.raw",
                                            "mos_lq.jb50",
                                            "mos_lq.jb200",
                                            "mos_lq.adaptive",
                                            "mos_cq",
                                            "rtcp.reports",
                                            "rtcp.fraction_lost_max",
                                            "rtcp.jitter_ms_max",
                                            "rtcp.rtt_ms",
                                            "rtcp.lost_cumulative",
                                            "dscp",
                                            "srtp",
                                            "intervals" };
static const char *const capture_names[] = {
    "received",         "kernel_dropped", "interface_dropped", "truncated",
    "duplicate_frames", "malformed",      "fragments_expired", "tcp_gaps",
    "tracked_limit",    "stored",         "store_dropped"
};

static void the_contract_is_kept(void **state)
{
    static const struct {
        const struct record_type *type;
        const char *const *names;
        size_t count;
    } rows[] = {
        { &record_type_call, call_names, sizeof call_names / sizeof call_names[0] },
        { &record_type_stream, stream_names, sizeof stream_names / sizeof stream_names[0] },
        { &record_type_capture, capture_names, sizeof capture_names / sizeof capture_names[0] },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t n = 0; n < rows[i].count; n++) {
            if (!record_field_find(rows[i].type, slice_of_text(rows[i].names[n])))
                fail_msg("%s has no %s", rows[i].type->name, rows[i].names[n]);
        }
    }
}

static void an_id_tells_its_time_and_its_day(void **state)
{
    static const int64_t times[] = { 0,
                                     999,
                                     INT64_C(1795255200123456789),
                                     INT64_C(86400) * 1000000000,
                                     INT64_C(86400) * 1000000000 - 1,
                                     INT64_C(4000000000) * 1000000000 };

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        uint64_t id = record_id_make(times[i], UINT64_MAX);

        assert_true(record_id_time_ns(id) == times[i] / 1000 * 1000);
        assert_int_equal(record_id_day(id), times[i] / (INT64_C(86400) * 1000000000));
        assert_true(id > record_id_make(times[i], 0));
    }
    assert_true(record_id_make(-5, 1) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_has_its_spelling_and_its_unknown),
        cmocka_unit_test(a_cleared_record_knows_nothing),
        cmocka_unit_test(a_short_record_is_spelled_whole),
        cmocka_unit_test(dots_in_a_name_are_objects),
        cmocka_unit_test(a_call_carries_its_streams),
        cmocka_unit_test(a_transaction_is_of_its_method),
        cmocka_unit_test(a_clone_stands_alone),
        cmocka_unit_test(fields_are_found_by_name),
        cmocka_unit_test(every_name_is_on_the_page),
        cmocka_unit_test(the_contract_is_kept),
        cmocka_unit_test(an_id_tells_its_time_and_its_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
