#include "probe/notify/dialect.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NS_PER_S INT64_C(1000000000)

static void fill(struct alert_record *a)
{
    record_clear(&record_type_alert, a);
    a->id = 0x0123456789abcdef;
    a->rule = SLICE("sip-503-spike");
    a->severity = SLICE("critical");
    a->state = SLICE("firing");
    a->group = SLICE("192.0.2.10");
    a->summary = SLICE("503 spike at 192.0.2.10");
    a->description = SLICE("why");
    a->runbook = SLICE("call the operator");
    a->since = 1795256100 * NS_PER_S;
    a->time = 1795256120 * NS_PER_S + 250 * 1000000;
    a->value = 0.5;
    a->threshold = 0.2;
    a->samples = 20;
    a->window_s = 60;
    a->calls = SLICE("[\"0123456789abcde0\",\"0123456789abcde1\"]");
}

/* SQLite reads JSON, with paths, and is here anyway. */
struct reader {
    sqlite3 *db;
    sqlite3_stmt *extract;
    struct strbuf body;
};

static void open_body(struct reader *r, const struct alert_record *a, const char *base_url)
{
    const struct receiver receiver = { .kind = RECEIVER_WEBHOOK };
    const struct notify_message message = {
        .alerts = &a, .count = 1, .receiver = &receiver, .base_url = base_url
    };
    sqlite3_stmt *valid;

    memset(r, 0, sizeof *r);
    assert_int_equal(dialect_write(&r->body, &message), 0);
    assert_true(r->body.len < 20000);
    assert_int_equal(sqlite3_open(":memory:", &r->db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(r->db, "SELECT json_valid(?)", -1, &valid, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(valid, 1, r->body.p, (int)r->body.len, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(valid), SQLITE_ROW);
    if (!sqlite3_column_int(valid, 0))
        fail_msg("no JSON: %s", r->body.p);
    sqlite3_finalize(valid);
    assert_int_equal(sqlite3_prepare_v2(r->db, "SELECT json_extract(?, ?)", -1, &r->extract, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(r->extract, 1, r->body.p, (int)r->body.len, SQLITE_STATIC);
}

static void close_body(struct reader *r)
{
    sqlite3_finalize(r->extract);
    sqlite3_close(r->db);
    strbuf_fini(&r->body);
}

/* text NULL: there is no such thing. */
static void assert_at(struct reader *r, const char *path, const char *text)
{
    const char *found;

    sqlite3_reset(r->extract);
    sqlite3_bind_text(r->extract, 2, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(r->extract), SQLITE_ROW);
    found = (const char *)sqlite3_column_text(r->extract, 0);
    if (text) {
        assert_non_null(found);
        assert_string_equal(found, text);
    } else {
        assert_null(found);
    }
}

static void has_the_shape_of_alertmanagers_webhook(void **state)
{
    static const struct {
        const char *path, *text;
    } expected[] = {
        { "$.version", "4" },
        { "$.status", "firing" },
        { "$.receiver", "webhook" },
        { "$.truncatedAlerts", "0" },
        { "$.externalURL", "https://probe.example" },
        { "$.groupKey", "{}:{alertname=\"sip-503-spike\",group=\"192.0.2.10\"}" },
        { "$.groupLabels.alertname", "sip-503-spike" },
        { "$.groupLabels.group", "192.0.2.10" },
        { "$.groupLabels.severity", NULL },
        { "$.commonLabels.severity", "critical" },
        { "$.commonAnnotations.description", "why" },
        { "$.alerts[0].status", "firing" },
        { "$.alerts[0].labels.alertname", "sip-503-spike" },
        { "$.alerts[0].labels.severity", "critical" },
        { "$.alerts[0].labels.group", "192.0.2.10" },
        { "$.alerts[0].annotations.summary", "503 spike at 192.0.2.10" },
        { "$.alerts[0].annotations.runbook", "call the operator" },
        { "$.alerts[0].startsAt", "2026-11-21T10:15:20.250Z" },
        { "$.alerts[0].endsAt", "0001-01-01T00:00:00Z" },
        { "$.alerts[0].fingerprint", "0123456789abcdef" },
        { "$.alerts[0].generatorURL", "https://probe.example/#/alerts/0123456789abcdef" },
        { "$.alerts[0].earshot.calls[1]", "0123456789abcde1" },
        { "$.alerts[0].earshot.samples", "20" },
        { "$.alerts[1]", NULL },
    };
    struct alert_record a;
    struct reader r;

    (void)state;
    fill(&a);
    open_body(&r, &a, "https://probe.example/");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_at(&r, expected[i].path, expected[i].text);
    close_body(&r);
}

static void tells_the_end_and_a_link_to_the_runbook(void **state)
{
    struct alert_record a;
    struct reader r;

    (void)state;
    fill(&a);
    a.state = SLICE("resolved");
    a.ended_time = 1795256520 * NS_PER_S;
    a.runbook = SLICE("https://wiki.example/503");
    a.group = SLICE_ABSENT;
    open_body(&r, &a, NULL);
    assert_at(&r, "$.status", "resolved");
    assert_at(&r, "$.externalURL", "");
    assert_at(&r, "$.alerts[0].generatorURL", "");
    assert_at(&r, "$.alerts[0].endsAt", "2026-11-21T10:22:00.000Z");
    assert_at(&r, "$.alerts[0].annotations.runbook_url", "https://wiki.example/503");
    assert_at(&r, "$.alerts[0].labels.group", NULL);
    close_body(&r);
}

static void stays_small_and_whole_whatever_the_texts_hold(void **state)
{
    static const char fills[] = { '\x01', '"', '\xff', 'x' };
    size_t len = 30000;
    char *text = malloc(len);
    struct alert_record a;
    struct reader r;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof fills; i++) {
        memset(text, fills[i], len);
        fill(&a);
        a.rule = a.group = a.summary = a.description = a.runbook = slice_of(text, len);
        a.severity = a.state = slice_of(text, len);
        open_body(&r, &a, "https://probe.example");
        assert_at(&r, "$.alerts[0].fingerprint", "0123456789abcdef");
        close_body(&r);
    }
    free(text);
}

static void takes_no_calls_that_are_not_ids(void **state)
{
    static const struct slice wrong[] = {
        SLICE_INIT(""),
        SLICE_INIT("["),
        SLICE_INIT("null"),
        SLICE_INIT("[],\"x\":[]"),
        SLICE_INIT("[\"0123456789abcde0\",]"),
        SLICE_INIT("[\"0123456789abcde0\"\"0123456789abcde0\"]"),
        SLICE_INIT("[\"0123456789abcde0\"],[]"),
        SLICE_INIT("[\"0123456789ABCDE0\"]"),
    };
    struct alert_record a;
    struct reader r;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        fill(&a);
        a.calls = wrong[i];
        open_body(&r, &a, NULL);
        assert_at(&r, "$.alerts[0].earshot.calls", "[]");
        close_body(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_shape_of_alertmanagers_webhook),
        cmocka_unit_test(tells_the_end_and_a_link_to_the_runbook),
        cmocka_unit_test(stays_small_and_whole_whatever_the_texts_hold),
        cmocka_unit_test(takes_no_calls_that_are_not_ids),
    };

    return cmocka_run_group_tests_name("dialect", tests, NULL, NULL);
}
