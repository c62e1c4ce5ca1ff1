/*
 * test_filter_record - filters over records that are no calls: their words, units and errors.
 */
#include "analyzer/filter/filter.h"
#include "analyzer/security/fact.h"
#include "tests/unit/heap_block.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define NS INT64_C(1000000000)
/* 2026-11-21T16:00:00Z */
#define NOW_NS (INT64_C(1795276800) * NS)

union any_record {
    struct transaction_record transaction;
    struct kpi_record kpi;
    struct registration_record registration;
    struct peer_record peer;
    struct security_record security;
    struct certificate_record certificate;
    struct mirror_record mirror;
    struct capture_record capture;
    struct store_record store;
    struct load_record load;
    struct probe_record probe;
};

static void fill(const struct record_type *type, union any_record *r)
{
    record_clear(type, r);
    if (type == &record_type_transaction) {
        r->transaction.method = SLICE("register");
        r->transaction.user = SLICE("alice");
        r->transaction.final_status = 403;
        r->transaction.round_trip_ms = 1500;
        r->transaction.user_agent = SLICE("friendly-scanner");
        assert_true(addr_parse(SLICE("10.1.2.3:5060"), &r->transaction.src));
        r->transaction.time = NOW_NS;
        r->transaction.auth_challenged = 0;
        r->transaction.id = 0x32a1b2c3d4e5f607;
    } else if (type == &record_type_peer) {
        r->peer.state = SLICE("down");
        r->peer.target = SLICE("192.0.2.7");
        r->peer.round_trip_ms_p95 = 250;
        r->peer.history = SLICE("[{\"t\":1,\"state\":\"up\"},{\"t\":2,\"state\":\"down\"}]");
        r->peer.pings = 0;
    } else if (type == &record_type_kpi) {
        r->kpi.trunk = SLICE("carrier-a");
        r->kpi.asr_ratio = 0.42;
        r->kpi.acd_s = 108;
        r->kpi.responses = SLICE("{\"200\":7,\"503\":2,\"486\":0}");
    } else if (type == &record_type_certificate) {
        r->certificate.days_left = -1.5;
        r->certificate.not_after = INT64_C(1767225600) * NS; /* 2026-01-01 */
        r->certificate.subject_alt_names = SLICE("[\"sip.example.com\",\"192.0.2.1\"]");
        r->certificate.name_matches = 0;
    } else if (type == &record_type_mirror) {
        r->mirror.complaints = SLICE("[\"doubled\"]");
    } else if (type == &record_type_probe) {
        r->probe.packet_age_ms = -2500;
    } else if (type == &record_type_security) {
        r->security.fact = SLICE("extension_sweep");
        r->security.source = SLICE("2001:db8::7");
    }
}

static const struct {
    const struct record_type *type;
    const char *text;
    bool match;
} matchings[] = {
    { &record_type_transaction, "", true },
    { &record_type_transaction, "method:register", true },
    { &record_type_transaction, "method:options", false },
    { &record_type_transaction, "method:register,options final_status:4xx", true },
    { &record_type_transaction, "final-status>=403", true },
    { &record_type_transaction, "final.status<403", false },
    { &record_type_transaction, "src:10.0.0.0/8", true },
    { &record_type_transaction, "src.ip:10.1.2.3", true },
    { &record_type_transaction, "src:10.1.2.3:5061", false },
    { &record_type_transaction, "dst:10.1.2.3", false },
    { &record_type_transaction, "-has:dst", true },
    { &record_type_transaction, "round_trip_ms>1s", true },
    { &record_type_transaction, "round_trip_ms>1499 round_trip_ms<1501", true },
    { &record_type_transaction, "user_agent:scanner", true },
    { &record_type_transaction, "user:ali", false },
    { &record_type_transaction, "user:ali*", true },
    { &record_type_transaction, "-auth_challenged", true },
    { &record_type_transaction, "auth_challenged:no", true },
    { &record_type_transaction, "time>2026-11-21T15:59", true },
    { &record_type_transaction, "time>2h", true },
    { &record_type_transaction, "time<2h", false },
    { &record_type_transaction, "time:2026-11-21", true },
    { &record_type_transaction, "time:2026-11-22..", false },
    { &record_type_transaction, "id:32a1b2c3d4e5f607", true },
    { &record_type_transaction, "src_port:5060..5090", true },
    { &record_type_transaction, "src.port:5061", false },
    { &record_type_transaction, "has:dst_port", false },
    { &record_type_peer, "state:down target:192.0.2.0/24", true },
    { &record_type_peer, "target:192.0.3.0/24", false },
    { &record_type_peer, "has:target -has:source", true },
    { &record_type_peer, "round_trip_ms.p95>=250ms", true },
    { &record_type_peer, "round_trip_ms_p95>0.25s", false },
    { &record_type_peer, "pings:0", true },
    { &record_type_peer, "answered:0", false },
    { &record_type_peer, "history:up", true },
    { &record_type_kpi, "asr_ratio<50%", true },
    { &record_type_kpi, "asr_ratio<0.4", false },
    { &record_type_kpi, "acd_s<2min", true },
    { &record_type_kpi, "acd_s>=2min", false },
    { &record_type_kpi, "responses:503", true },
    { &record_type_kpi, "responses:486", false },
    { &record_type_kpi, "responses:5*", true },
    { &record_type_kpi, "has:destination", false },
    { &record_type_certificate, "days_left<0", true },
    { &record_type_certificate, "days_left<=-1", true },
    { &record_type_certificate, "days_left:-3..-1", true },
    { &record_type_certificate, "not_after<2026-06-01", true },
    { &record_type_certificate, "not_after>2026-06-01", false },
    { &record_type_certificate, "not_before<2026-06-01", false },
    { &record_type_certificate, "subject_alt_names:*.example.com", true },
    { &record_type_certificate, "name_matches:no", true },
    { &record_type_mirror, "complaints:doubled", true },
    { &record_type_mirror, "complaints:cut or complaints:one_way", false },
    { &record_type_probe, "packet_age_ms<-2s", true },
    { &record_type_probe, "packet_age_ms<-3s", false },
    { &record_type_security, "fact:extension_sweep source:2001:db8::/32", true },
    { &record_type_capture, "has:malformed", false },
    { &record_type_store, "step!=full", true },
    { &record_type_load, "concurrent>0", false },
};

static struct filter *parse(const struct record_type *type, const char *text, size_t row)
{
    struct slice copy = heap_block(slice_of_text(text));
    struct filter_error error;
    struct filter *f = NULL;

    if (filter_parse_record(&f, type, copy, NOW_NS, &error) != 0)
        fail_msg("row %zu, %s: column %zu: %s", row, text, error.column, error.text);
    heap_block_free(copy);
    return f;
}

static void test_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof matchings / sizeof matchings[0]; i++) {
        struct filter *f = parse(matchings[i].type, matchings[i].text, i), *again;
        struct strbuf printed = { 0 };
        union any_record r;

        fill(matchings[i].type, &r);
        if (filter_match_record(f, &r) != matchings[i].match)
            fail_msg("%s: %s", matchings[i].type->name, matchings[i].text);
        filter_print(f, &printed);
        strbuf_add_char(&printed, '\0');
        again = parse(matchings[i].type, printed.p, i);
        if (filter_match_record(again, &r) != matchings[i].match)
            fail_msg("%s: %s printed as %s", matchings[i].type->name, matchings[i].text, printed.p);
        strbuf_fini(&printed);
        filter_free(again);
        filter_free(f);
    }
}

static const struct {
    const struct record_type *type;
    const char *text;
    int64_t now_ns;
    size_t column;
    const char *error; /* what it says, in part */
} refusals[] = {
    { &record_type_peer, "stat:down", NOW_NS, 1,
      "no field is called 'stat', did you mean 'state'?" },
    { &record_type_peer, "state:donw", NOW_NS, 7, "did you mean 'down'?" },
    { &record_type_peer, "target:10.0.0.0/8 zzz:3", NOW_NS, 19, "docs/METRICS.md lists them" },
    { &record_type_peer, "down", NOW_NS, 1, "needs a field before it, as in source:192.0.2.7" },
    { &record_type_peer, "192.0.2.7", NOW_NS, 1, "needs a field before it" },
    { &record_type_kpi, "since:2h", NOW_NS, 1, "no field of these is called 'since'" },
    { &record_type_peer, "alert:x", NOW_NS, 1, "no field of these is called 'alert'" },
    { &record_type_peer, "pings:x", NOW_NS, 7, "pings: 'x' is not a number, as in pings>10" },
    { &record_type_peer, "pings:5s", NOW_NS, 7, "no unit" },
    { &record_type_peer, "has:", NOW_NS, 5, "has needs a field" },
    { &record_type_peer, "target:x", NOW_NS, 8, "is no address" },
    { &record_type_kpi, "asr_ratio<150%", NOW_NS, 11, "from 0% to 100%" },
    { &record_type_kpi, "acd_s<5%", NOW_NS, 7, "takes ms, s, min, h or d" },
    { &record_type_transaction, "final_status:700", NOW_NS, 14, "from 100 to 699" },
    { &record_type_security, "fact:extension_swep", NOW_NS, 6, "did you mean 'extension_sweep'?" },
    { &record_type_certificate, "not_after<2h", RECORD_NONE, 11, "counted from now" },
    { &record_type_certificate, "not_after<10:30", RECORD_NONE, 11, "counted from now" },
    { &record_type_call, "since:2h", RECORD_NONE, 1, "a rule looks at what comes" },
    { &record_type_call, "alert:low-mos", RECORD_NONE, 1, "a rule looks at what comes" },
    { &record_type_call, "since:2h status:9999", NOW_NS, 17, "status is from 100 to 699" },
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct filter_error error;
        struct filter *f = NULL;
        struct slice copy = heap_block(slice_of_text(refusals[i].text));
        int err = filter_parse_record(&f, refusals[i].type, copy, refusals[i].now_ns, &error);

        if (err == 0)
            fail_msg("%s was taken", refusals[i].text);
        if (error.column != refusals[i].column || !strstr(error.text, refusals[i].error))
            fail_msg("%s: column %zu: %s", refusals[i].text, error.column, error.text);
        heap_block_free(copy);
    }
}

/* Every field that a filter can ask of has an example that is one. */
static void test_examples(void **state)
{
    static const struct record_type *const types[] = {
        &record_type_transaction, &record_type_kpi,      &record_type_registration,
        &record_type_peer,        &record_type_security, &record_type_certificate,
        &record_type_mirror,      &record_type_capture,  &record_type_store,
        &record_type_load,        &record_type_probe,    &record_type_alert,
        &record_type_stream,      &record_type_leg,
    };

    (void)state;
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        for (size_t i = 0; i < types[t]->field_count; i++) {
            const struct record_field *field = &types[t]->fields[i];
            struct filter_error error;
            struct filter *f;
            char text[128];

            if (field->kind == FIELD_SSRC || field->kind == FIELD_INTERVALS)
                continue;
            snprintf(text, sizeof text, "has:%s", field->name);
            f = parse(types[t], text, i);
            assert_int_equal(f->test_count, 1);
            assert_ptr_equal(f->tests[0].members[0], field);
            snprintf(text, sizeof text, "%s", f->tests[0].field->example);
            filter_free(f);
            f = NULL;
            if (filter_parse_record(&f, types[t], slice_of_text(text), NOW_NS, &error) != 0)
                fail_msg("%s: %s: %s", types[t]->name, text, error.text);
            filter_free(f);
        }
    }
}

static void test_facts(void **state)
{
    (void)state;
    for (size_t i = 0; i < FACT_COUNT; i++) {
        struct security_record r;
        struct filter *f;
        char text[64];

        record_clear(&record_type_security, &r);
        r.fact = fact_find((enum fact)i)->name;
        snprintf(text, sizeof text, "fact:%.*s", (int)r.fact.len, r.fact.p);
        f = parse(&record_type_security, text, i);
        assert_true(filter_match_record(f, &r));
        filter_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_facts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
