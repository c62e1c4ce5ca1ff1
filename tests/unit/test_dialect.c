#include "probe/notify/dialect.h"
#include "probe/secret/signed_link.h"

#include <inttypes.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define NS_PER_S INT64_C(1000000000)
#define NOW_S    INT64_C(1795256200)
#define BASE     "https://probe.example"
#define CALL     "0123456789abcde0"

static const struct hmac_key link_key = { "0123456789abcdef0123456789abcdef", 32 };

static void fill(struct alert_record *a)
{
    record_clear(&record_type_alert, a);
    a->id = 0x0123456789abcdef;
    a->rule = SLICE("sip-503-spike");
    a->severity = SLICE("critical");
    a->state = SLICE("firing");
    a->group = SLICE("carrier-a");
    a->labels =
        SLICE("{\"rule\":\"sip-503-spike\",\"severity\":\"critical\",\"trunk_out\":\"carrier-a\","
              "\"dst.ip\":\"192.0.2.10\",\"area\":\"routing\",\"nobody\":null}");
    a->summary = SLICE("503 spike at carrier-a: 42 of 60 calls in 5 min");
    a->description = SLICE("why");
    a->runbook = SLICE("call the operator");
    a->since = 1795256100 * NS_PER_S;
    a->time = 1795256120 * NS_PER_S + 250 * 1000000;
    a->fired_time = a->time;
    a->value = 0.7;
    a->threshold = 0.2;
    a->baseline = 0.031;
    a->before = 0.04;
    a->unit = SLICE("ratio");
    a->samples = 60;
    a->matching = 42;
    a->window_s = 300;
    a->calls = SLICE("[\"" CALL "\",\"0123456789abcde1\"]");
    a->evidence = SLICE("{\"step_s\":30,\"series\":[0.03,0.7],\"top\":[{\"field\":\"final_reason\","
                        "\"values\":[{\"value\":\"Service Unavailable\",\"count\":38},"
                        "{\"value\":\"Busy <b>\",\"count\":4}]}]}");
    a->search = SLICE("trunk_out:carrier-a status:503");
}

/* One message of count times the alert, and SQLite to read its JSON with paths: it is here anyway. */
struct reader {
    struct receiver receiver;
    struct notify_message message;
    const struct alert_record *alerts[20];
    struct strbuf body;
    sqlite3 *db;
    sqlite3_stmt *extract;
};

static void write_body(struct reader *r, enum receiver_kind kind, const struct alert_record *a,
                       size_t count)
{
    const char *base = r->message.base_url;

    r->receiver.kind = kind;
    snprintf(r->receiver.name, sizeof r->receiver.name, "on-call");
    r->receiver.from = "Earshot <earshot@probe.example>";
    r->receiver.to = "noc@example.org,boss@example.org";
    r->receiver.token = "R0UT1NG";
    r->receiver.heartbeat_ms = 60000;
    for (size_t i = 0; i < count; i++)
        r->alerts[i] = a;
    r->message.alerts = r->alerts;
    r->message.count = count;
    r->message.receiver = &r->receiver;
    r->message.now_s = NOW_S;
    r->message.link_key = base ? &link_key : NULL;
    r->message.link_hours = 24;
    assert_int_equal(dialect_write(&r->body, &r->message), 0);
    assert_true(r->body.len < 20000);
}

static void open_json(struct reader *r, enum receiver_kind kind, const struct alert_record *a,
                      size_t count)
{
    sqlite3_stmt *valid;

    write_body(r, kind, a, count);
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

static void close_reader(struct reader *r)
{
    sqlite3_finalize(r->extract);
    sqlite3_close(r->db);
    strbuf_fini(&r->body);
    *r = (struct reader){ .db = NULL };
}

static const char *find(struct reader *r, const char *path)
{
    sqlite3_reset(r->extract);
    sqlite3_bind_text(r->extract, 2, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(r->extract), SQLITE_ROW);
    return (const char *)sqlite3_column_text(r->extract, 0);
}

struct expected {
    const char *path, *text; /* NULL: there is no such thing */
};

static void assert_all(struct reader *r, const struct expected *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = find(r, expected[i].path);

        if ((found == NULL) != (expected[i].text == NULL) ||
            (found && strcmp(found, expected[i].text) != 0))
            fail_msg("%s is %s, not %s", expected[i].path, found ? found : "nothing",
                     expected[i].text ? expected[i].text : "nothing");
    }
}

static void assert_holds(const struct reader *r, const char *text)
{
    if (!strstr(r->body.p, text))
        fail_msg("no '%s' in: %s", text, r->body.p);
}

static void assert_holds_no(const struct reader *r, const char *text)
{
    if (strstr(r->body.p, text))
        fail_msg("'%s' in: %s", text, r->body.p);
}

/* The link is good until a day later, and for that call alone. */
static void assert_link_is_good(const char *link)
{
    struct slice query = slice_of_text(link + strlen(BASE)), path = slice_cut(&query, '?');

    assert_memory_equal(link, BASE, strlen(BASE));
    assert_true(slice_eq(path, SLICE("/api/v1/calls/" CALL "/pcap")));
    assert_int_equal(signed_link_check(&link_key, path, query, NOW_S), SIGNED_LINK_GOOD);
    assert_int_equal(signed_link_check(&link_key, path, query, NOW_S + 86399), SIGNED_LINK_GOOD);
    assert_int_equal(signed_link_check(&link_key, path, query, NOW_S + 86400), SIGNED_LINK_EXPIRED);
}

/* ---- Alertmanager's languages ---- */

static void has_the_shape_of_alertmanagers_webhook(void **state)
{
    static const struct expected expected[] = {
        { "$.version", "4" },
        { "$.status", "firing" },
        { "$.receiver", "on-call" },
        { "$.truncatedAlerts", "0" },
        { "$.externalURL", BASE },
        { "$.groupKey", "{}:{alertname=\"sip-503-spike\"}" },
        { "$.groupLabels.alertname", "sip-503-spike" },
        { "$.groupLabels.severity", NULL },
        { "$.commonLabels.severity", "critical" },
        { "$.commonLabels.trunk_out", "carrier-a" },
        { "$.commonAnnotations.description", "why" },
        { "$.alerts[0].status", "firing" },
        { "$.alerts[0].labels.alertname", "sip-503-spike" },
        { "$.alerts[0].labels.severity", "critical" },
        { "$.alerts[0].labels.trunk_out", "carrier-a" },
        { "$.alerts[0].labels.dst_ip", "192.0.2.10" },
        { "$.alerts[0].labels.nobody", NULL },
        { "$.alerts[0].labels.rule", NULL },
        { "$.alerts[0].annotations.summary", "503 spike at carrier-a: 42 of 60 calls in 5 min" },
        { "$.alerts[0].annotations.runbook", "call the operator" },
        { "$.alerts[0].startsAt", "2026-11-21T10:15:20.250Z" },
        { "$.alerts[0].endsAt", "0001-01-01T00:00:00Z" },
        { "$.alerts[0].fingerprint", "0123456789abcdef" },
        { "$.alerts[0].generatorURL", BASE "/#/alerts/0123456789abcdef" },
        { "$.alerts[0].links.search", BASE "/#/calls?filter=trunk_out%3Acarrier-a%20status%3A503" },
        { "$.alerts[0].links.calls[0].page", BASE "/#/call/" CALL },
        { "$.alerts[0].earshot.calls[1]", "0123456789abcde1" },
        { "$.alerts[0].earshot.samples", "60" },
        { "$.alerts[0].earshot.evidence.series[1]", "0.7" },
        { "$.alerts[0].earshot.labels.trunk_out", "carrier-a" },
        { "$.alerts[1]", NULL },
    };
    static const enum receiver_kind kinds[] = { RECEIVER_WEBHOOK, RECEIVER_EXEC };
    struct reader r = { .message.base_url = BASE "/" };
    struct alert_record a;

    (void)state;
    fill(&a);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        r.message.base_url = BASE "/";
        open_json(&r, kinds[i], &a, 1);
        assert_all(&r, expected, COUNT(expected));
        assert_link_is_good(find(&r, "$.alerts[0].links.calls[0].packets"));
        close_reader(&r);
    }
}

static void tells_the_end_and_a_link_to_the_runbook(void **state)
{
    static const struct expected expected[] = {
        { "$.status", "resolved" },
        { "$.externalURL", "" },
        { "$.alerts[0].generatorURL", "" },
        { "$.alerts[0].links", NULL },
        { "$.alerts[0].endsAt", "2026-11-21T10:22:00.000Z" },
        { "$.alerts[0].annotations.runbook_url", "https://wiki.example/503" },
        { "$.alerts[0].labels.trunk_out", NULL },
        { "$.alerts[0].earshot.calls", NULL },
    };
    struct reader r = { .db = NULL };
    struct alert_record a;

    (void)state;
    fill(&a);
    a.state = SLICE("resolved");
    a.ended_time = 1795256520 * NS_PER_S;
    a.runbook = SLICE("https://wiki.example/503");
    a.group = a.labels = a.calls = SLICE_ABSENT;
    open_json(&r, RECEIVER_WEBHOOK, &a, 1);
    assert_all(&r, expected, COUNT(expected));
    close_reader(&r);
}

static void has_the_shape_of_alertmanagers_api(void **state)
{
    static const struct expected firing[] = {
        { "$[0].labels.alertname", "sip-503-spike" },
        { "$[0].labels.trunk_out", "carrier-a" },
        { "$[0].annotations.summary", "503 spike at carrier-a: 42 of 60 calls in 5 min" },
        { "$[0].startsAt", "2026-11-21T10:15:20.250Z" },
        { "$[0].endsAt", NULL },
        { "$[0].generatorURL", BASE "/#/alerts/0123456789abcdef" },
        { "$[1].labels.alertname", "sip-503-spike" },
        { "$[2]", NULL },
    };
    /* It would be refused with an end before its beginning. */
    static const struct expected resolved[] = { { "$[0].endsAt", "2026-11-21T10:15:20.250Z" } };
    static const struct expected test[] = { { "$[0].labels.test", "yes" },
                                            { "$[0].startsAt", NULL },
                                            { "$[0].endsAt", "2026-11-21T10:17:40.000Z" } };
    struct reader r = { .message.base_url = BASE };
    struct alert_record a;

    (void)state;
    fill(&a);
    open_json(&r, RECEIVER_ALERTMANAGER, &a, 2);
    assert_all(&r, firing, COUNT(firing));
    close_reader(&r);
    a.state = SLICE("resolved");
    a.ended_time = a.time - 1;
    open_json(&r, RECEIVER_ALERTMANAGER, &a, 1);
    assert_all(&r, resolved, 1);
    close_reader(&r);
    r.message.is_test = true;
    open_json(&r, RECEIVER_ALERTMANAGER, &a, 1);
    assert_all(&r, test, COUNT(test));
    close_reader(&r);
}

/* ---- PagerDuty ---- */

static void has_the_shape_of_pagerdutys_events(void **state)
{
    static const struct expected expected[] = {
        { "$.routing_key", "R0UT1NG" },
        { "$.event_action", "trigger" },
        { "$.dedup_key", "0123456789abcdef" },
        { "$.payload.summary", "503 spike at carrier-a: 42 of 60 calls in 5 min" },
        { "$.payload.source", "carrier-a" },
        { "$.payload.severity", "critical" },
        { "$.payload.timestamp", "2026-11-21T10:15:20.250Z" },
        { "$.payload.class", "sip-503-spike" },
        { "$.payload.custom_details.\"trunk out\"", "carrier-a" },
        { "$.payload.custom_details.since", "2026-11-21 10:15:00 UTC" },
        { "$.payload.custom_details.counted", "42 of 60" },
        { "$.payload.custom_details.\"do first\"", "call the operator" },
        { "$.payload.custom_details.calls[0]", CALL },
        { "$.links[0].href", BASE "/#/alerts/0123456789abcdef" },
        { "$.client_url", BASE },
    };
    static const struct {
        const char *state, *action;
        bool is_acknowledged;
    } actions[] = { { "firing", "trigger", false },
                    { "firing", "acknowledge", true },
                    { "resolved", "resolve", false },
                    { "resolved", "resolve", true } };
    struct reader r = { .message.base_url = BASE };
    struct alert_record a;

    (void)state;
    fill(&a);
    open_json(&r, RECEIVER_PAGERDUTY, &a, 1);
    assert_all(&r, expected, COUNT(expected));
    close_reader(&r);
    for (size_t i = 0; i < COUNT(actions); i++) {
        a.state = slice_of_text(actions[i].state);
        r.message.is_acknowledged = actions[i].is_acknowledged;
        open_json(&r, RECEIVER_PAGERDUTY, &a, 1);
        assert_string_equal(find(&r, "$.event_action"), actions[i].action);
        close_reader(&r);
    }
    r.message.is_test = true; /* wakes nobody */
    open_json(&r, RECEIVER_PAGERDUTY, &a, 1);
    assert_string_equal(find(&r, "$.payload.severity"), "info");
    close_reader(&r);
}

/* ---- for people ---- */

/* All that an on-call person must learn, from one message. */
static const char *const told[] = {
    "carrier-a",
    "2026-11-21 10:15:00 UTC",
    "70 %",
    "normally 3.1 %",
    "before 4 %",
    "limit 20 %",
    "42 of 60",
    "Service Unavailable (38)",
    "3 %, 70 % (every 30 s)",
    CALL,
    "call the operator",
};

static void tells_everything_in_slack(void **state)
{
    struct reader r = { .message.base_url = BASE };
    struct alert_record a;

    (void)state;
    fill(&a);
    open_json(&r, RECEIVER_SLACK, &a, 1);
    for (size_t i = 0; i < COUNT(told); i++)
        assert_holds(&r, told[i]);
    assert_string_equal(find(&r, "$.text"),
                        "CRITICAL: 503 spike at carrier-a: 42 of 60 calls in 5 min");
    assert_string_equal(find(&r, "$.blocks[0].text.type"), "mrkdwn");
    assert_string_equal(find(&r, "$.blocks[0].text.verbatim"), "1");
    assert_string_equal(find(&r, "$.link_names"), "0");
    assert_holds(&r, "Busy &lt;b&gt; (4)");
    assert_holds(&r, "<" BASE "/#/call/" CALL "|" CALL ">");
    assert_holds(&r, "&amp;signature="); /* as Slack wants an & in a link */
    close_reader(&r);
}

/* Quoted-printable undone, after the headers. */
static void read_mail(struct reader *r, struct strbuf *text)
{
    const char *p = strstr(r->body.p, "\r\n\r\n");

    assert_non_null(p);
    for (p += 4; *p; p++) {
        unsigned value;

        if (p[0] == '=' && p[1] == '\r') {
            p += 2;
        } else if (p[0] == '=') {
            char hex[3] = { p[1], p[2], '\0' };

            value = (unsigned)strtoul(hex, NULL, 16);
            strbuf_add_char(text, (char)value);
            p += 2;
        } else if (*p != '\r') {
            strbuf_add_char(text, *p);
        }
    }
}

/* Every line ends in CR LF, is of at most 78 characters and of ASCII; headers end where they should. */
static void assert_is_mail(const struct reader *r)
{
    size_t column = 0;

    for (size_t i = 0; i < r->body.len; i++) {
        char c = r->body.p[i];

        if (c == '\r') {
            assert_int_equal(r->body.p[i + 1], '\n');
        } else if (c == '\n') {
            assert_int_equal(r->body.p[i - 1], '\r');
            column = 0;
        } else {
            assert_true(c >= 0x20 && c < 0x7f);
            assert_true(++column <= 78);
        }
    }
}

static void tells_everything_in_a_mail(void **state)
{
    static const char *const headers[] = {
        "From: Earshot <earshot@probe.example>\r\n",
        "To: noc@example.org,\r\n boss@example.org\r\n",
        "Subject: [CRITICAL] 503 spike at carrier-a: 42 of 60 calls in 5 min\r\n",
        "Date: Sat, 21 Nov 2026 10:16:40 +0000\r\n",
        "In-Reply-To: <alert.0123456789abcdef@probe.example>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Importance: high\r\n",
    };
    struct reader r = { .message.base_url = BASE };
    struct strbuf text = { 0 };
    struct alert_record a;

    (void)state;
    fill(&a);
    write_body(&r, RECEIVER_MAIL, &a, 1);
    for (size_t i = 0; i < COUNT(headers); i++)
        assert_holds(&r, headers[i]);
    assert_is_mail(&r);
    read_mail(&r, &text);
    for (size_t i = 0; i < COUNT(told); i++) {
        if (!strstr(text.p, told[i]))
            fail_msg("no '%s' in:\n%s", told[i], text.p);
    }
    assert_non_null(strstr(text.p, "CRITICAL: 503 spike"));
    assert_non_null(strstr(text.p, BASE "/api/v1/calls/" CALL "/pcap?expires="));
    strbuf_fini(&text);
    close_reader(&r);

    a.summary = SLICE("503 spike at Müller: 42 of 60 calls in 5 min, since 10:15");
    a.severity = SLICE("info");
    write_body(&r, RECEIVER_MAIL, &a, 1);
    assert_holds(&r,
                 "Subject: =?UTF-8?Q?=5BINFO=5D_503_spike_at_M=C3=BCller=3A_42_of_60_calls_?=\r\n"
                 " =?UTF-8?Q?in_5_min=2C_since_10=3A15?=\r\n");
    assert_holds_no(&r, "Importance");
    close_reader(&r);
}

static void tells_a_line_an_alert_in_syslog(void **state)
{
    struct reader r = { .message.base_url = BASE };
    struct alert_record a;

    (void)state;
    fill(&a);
    a.group = SLICE("a\"b]c\\d");
    write_body(&r, RECEIVER_SYSLOG, &a, 2);
    assert_memory_equal(r.body.p, "<26>1 2026-11-21T10:16:40.000Z ", 31);
    assert_holds(&r, " earshot - sip-503-spike [earshot@32473 alert=\"0123456789abcdef\""
                     " rule=\"sip-503-spike\" severity=\"critical\" state=\"firing\""
                     " group=\"a\\\"b\\]c\\\\d\" since=\"2026-11-21T10:15:00.000Z\" value=\"0.7\""
                     " threshold=\"0.2\" baseline=\"0.031\" unit=\"ratio\" call=\"" CALL "\""
                     " link=\"" BASE "/#/alerts/0123456789abcdef\"] CRITICAL: 503 spike");
    assert_int_equal(r.body.p[r.body.len - 1], '\n');
    close_reader(&r);

    a.state = SLICE("resolved");
    a.summary = SLICE("Müller");
    write_body(&r, RECEIVER_SYSLOG, &a, 1);
    assert_memory_equal(r.body.p, "<29>1 ", 6);
    assert_holds(&r, "] \xef\xbb\xbfRESOLVED: Müller\n");
    close_reader(&r);
}

static void says_that_it_lives(void **state)
{
    static const struct expected expected[] = { { "$.earshot", "alive" },
                                                { "$.receiver", "on-call" },
                                                { "$.time", "2026-11-21T10:16:40.000Z" },
                                                { "$.interval_s", "60" } };
    struct reader r = { .db = NULL };

    (void)state;
    open_json(&r, RECEIVER_HEARTBEAT, NULL, 0);
    assert_all(&r, expected, COUNT(expected));
    close_reader(&r);
}

/* ---- hostile texts ---- */

#define EVIL                                                                                       \
    "<!channel> <@U1> http://evil.example/?a=b&c bob@evil.example @here `x` *b*\r\nBcc: x@y.z"     \
    "\r\n\r\n=?UTF-8?Q?x?= \x1b[31m \xe2\x80\xae \xff \"]}\\ .\r\n.\r\nQUIT"

static void evil_alert(struct alert_record *a)
{
    fill(a);
    a->rule = a->group = a->summary = SLICE(EVIL);
    a->labels = SLICE("{\"trunk_out\":\"<!channel> http://evil.example\\r\\nBcc: x\\u001b[31m\","
                      "\"from.user\\\"<\":\"@here `\"}");
    a->evidence = SLICE("{\"top\":[{\"field\":\"<!here>\",\"values\":[{\"value\":\"`http://evil"
                        ".example\\n.\\nQUIT\",\"count\":1}]}]}");
    a->search = SLICE("from_user:\"<|>&\r\n`\"");
    a->unit = SLICE("<!here>");
}

static void leaves_nothing_alive_of_a_strangers_text(void **state)
{
    static const char *const dead_everywhere[] = { "\x1b",  "\xe2\x80\xae", "\xff",   "\r\nBcc",
                                                   "\nBcc", "\nQUIT",       "\n.\r\n" };
    static const enum receiver_kind people[] = { RECEIVER_SLACK, RECEIVER_MAIL };
    static const char *const dead_for_people[] = { "http://evil", "@U1",  "@here",
                                                   "@channel",    "bob@", "evil.example",
                                                   "\n=?" };
    struct reader r = { .message.base_url = BASE };
    struct alert_record a;

    (void)state;
    evil_alert(&a);
    for (int kind = 0; kind < RECEIVER_KINDS; kind++) {
        r.message.base_url = BASE;
        write_body(&r, (enum receiver_kind)kind, &a, 1);
        for (size_t i = 0; i < COUNT(dead_everywhere); i++)
            assert_holds_no(&r, dead_everywhere[i]);
        close_reader(&r);
    }
    for (size_t k = 0; k < COUNT(people); k++) {
        r.message.base_url = BASE;
        write_body(&r, people[k], &a, 1);
        for (size_t i = 0; i < COUNT(dead_for_people); i++)
            assert_holds_no(&r, dead_for_people[i]);
        close_reader(&r);
    }
    r.message.base_url = BASE;
    write_body(&r, RECEIVER_SLACK, &a, 1);
    assert_holds_no(&r, "<!");
    assert_holds_no(&r, "<(at)");
    close_reader(&r);
    r.message.base_url = BASE;
    write_body(&r, RECEIVER_MAIL, &a, 1);
    assert_is_mail(&r);
    close_reader(&r);
    write_body(&r, RECEIVER_SYSLOG, &a, 1);
    for (size_t i = 0; i + 1 < r.body.len; i++)
        assert_true((unsigned char)r.body.p[i] >= 0x20);
    close_reader(&r);
}

static void refuses_headers_from_the_configuration(void **state)
{
    struct reader r = { .db = NULL };
    struct alert_record a;

    (void)state;
    fill(&a);
    write_body(&r, RECEIVER_MAIL, &a, 1);
    r.receiver.from = "x@y.z\r\nBcc: a@b.c";
    r.receiver.to = "a@b.c\nSubject: x";
    assert_int_equal(dialect_write(&r.body, &r.message), 0);
    assert_holds_no(&r, "\nBcc");
    assert_holds_no(&r, "\nSubject: x");
    close_reader(&r);
}

/* ---- sizes ---- */

static bool is_json(enum receiver_kind kind)
{
    return kind != RECEIVER_MAIL && kind != RECEIVER_SYSLOG;
}

static void stays_small_and_whole_whatever_the_texts_hold(void **state)
{
    static const char *const fills[] = { "\"", "@x", "\xf0\x9f\x98\x80", "<" };
    size_t len = 30000;
    char *text = malloc(len);
    struct reader r = { .db = NULL };
    struct alert_record a;

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < COUNT(fills); i++) {
        size_t step = strlen(fills[i]);

        for (size_t at = 0; at < len; at++)
            text[at] = fills[i][at % step];
        fill(&a);
        a.rule = a.group = a.summary = a.description = a.runbook = slice_of(text, len);
        a.severity = a.unit = a.search = slice_of(text, len);
        for (int kind = 0; kind < RECEIVER_HEARTBEAT; kind++) {
            const struct dialect *d = dialect_of((enum receiver_kind)kind);

            for (size_t count = 1; count <= d->alerts_max; count += d->alerts_max > 1 ? 19 : 1) {
                r.message.base_url = BASE;
                if (is_json(d->kind))
                    open_json(&r, d->kind, &a, count <= d->alerts_max ? count : d->alerts_max);
                else
                    write_body(&r, d->kind, &a, count);
                close_reader(&r);
            }
        }
    }
    free(text);
}

/* What does not fit is counted. */
static void says_how_many_are_left_out(void **state)
{
    struct reader r = { .message.base_url = BASE };
    const char *count, *kept;
    struct alert_record a;

    (void)state;
    fill(&a);
    open_json(&r, RECEIVER_WEBHOOK, &a, 20);
    count = find(&r, "$.truncatedAlerts");
    assert_int_not_equal(strtol(count, NULL, 10), 0);
    assert_true(strtol(count, NULL, 10) < 20);
    kept = find(&r, "$.alerts[#-1].fingerprint");
    assert_string_equal(kept, "0123456789abcdef");
    close_reader(&r);
}

static void cuts_a_strangers_text_at_200_characters(void **state)
{
    char text[600];
    struct reader r = { .message.base_url = BASE };
    struct alert_record a;

    (void)state;
    memset(text, 'y', sizeof text);
    fill(&a);
    a.rule = a.group = a.summary = slice_of(text, sizeof text);
    for (int kind = 0; kind < RECEIVER_HEARTBEAT; kind++) {
        size_t run = 0, longest = 0;

        r.message.base_url = BASE;
        write_body(&r, (enum receiver_kind)kind, &a, 1);
        for (size_t i = 0; i < r.body.len; i++) {
            run = r.body.p[i] == 'y' ? run + 1 : 0;
            longest = run > longest ? run : longest;
        }
        assert_true(longest <= 200);
        assert_true(longest >= 30);
        close_reader(&r);
    }
}

static void takes_no_json_that_is_broken(void **state)
{
    static const struct slice wrong[] = {
        SLICE_INIT(""),
        SLICE_INIT("["),
        SLICE_INIT("{"),
        SLICE_INIT("null"),
        SLICE_INIT("[],\"x\":[]"),
        SLICE_INIT("{},\"x\":[]"),
        SLICE_INIT("[\"" CALL "\",]"),
        SLICE_INIT("[\"" CALL "\"],[]"),
        SLICE_INIT("{\"a\":{\"b\":\"x}"),
        SLICE_INIT("{\"a\":\"\xff\"}"),
    };
    static const struct expected nothing[] = { { "$.alerts[0].earshot.x", NULL },
                                               { "$.alerts[0].fingerprint", "0123456789abcdef" } };
    struct reader r = { .message.base_url = BASE };
    struct alert_record a;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        fill(&a);
        a.calls = a.labels = a.evidence = wrong[i];
        r.message.base_url = BASE;
        open_json(&r, RECEIVER_WEBHOOK, &a, 1);
        assert_all(&r, nothing, COUNT(nothing));
        close_reader(&r);
    }
    fill(&a);
    a.calls = SLICE("[\"0123456789ABCDE0\",\"<script>\",17,\"" CALL "\"]");
    r.message.base_url = BASE;
    open_json(&r, RECEIVER_WEBHOOK, &a, 1);
    assert_string_equal(find(&r, "$.alerts[0].links.calls[0].id"), CALL);
    assert_null(find(&r, "$.alerts[0].links.calls[1]"));
    close_reader(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_the_shape_of_alertmanagers_webhook),
        cmocka_unit_test(tells_the_end_and_a_link_to_the_runbook),
        cmocka_unit_test(has_the_shape_of_alertmanagers_api),
        cmocka_unit_test(has_the_shape_of_pagerdutys_events),
        cmocka_unit_test(tells_everything_in_slack),
        cmocka_unit_test(tells_everything_in_a_mail),
        cmocka_unit_test(tells_a_line_an_alert_in_syslog),
        cmocka_unit_test(says_that_it_lives),
        cmocka_unit_test(leaves_nothing_alive_of_a_strangers_text),
        cmocka_unit_test(refuses_headers_from_the_configuration),
        cmocka_unit_test(stays_small_and_whole_whatever_the_texts_hold),
        cmocka_unit_test(says_how_many_are_left_out),
        cmocka_unit_test(cuts_a_strangers_text_at_200_characters),
        cmocka_unit_test(takes_no_json_that_is_broken),
    };

    return cmocka_run_group_tests_name("dialect", tests, NULL, NULL);
}
