/* When targets were up, and how fast they answered, from hand-made records. */
#include "probe/web/trunk_health.h"

#include "analyzer/base/json_item.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define S    INT64_C(1000000000)
#define FROM (INT64_C(1795255200) * S)
#define HOUR (3600 * S)

static struct peer_record peer_of(const char *trunk, const char *state, int since_s,
                                  const char *history)
{
    struct peer_record p;

    record_clear(&record_type_peer, &p);
    p.source = SLICE("192.0.2.1");
    p.target = SLICE("198.51.100.9");
    if (trunk)
        p.trunk = slice_of_text(trunk);
    p.state = slice_of_text(state);
    p.since = FROM + since_s * S;
    p.pings = 5;
    p.first_seen = FROM - 600 * S;
    p.last_seen = FROM + 3590 * S;
    p.last_good = FROM + 3000 * S;
    p.history = slice_of_text(history);
    return p;
}

/* status 0: nobody answered */
static void ask(struct trunk_health *t, int at_s, int status, double ms)
{
    struct transaction_record a;

    record_clear(&record_type_transaction, &a);
    addr_parse_ip(SLICE("192.0.2.1"), &a.src);
    addr_parse_ip(SLICE("198.51.100.9"), &a.dst);
    a.src.port = 5060;
    a.dst.port = 5080;
    a.time = FROM + at_s * S;
    if (status) {
        a.final_status = status;
        a.round_trip_ms = ms;
    }
    assert_true(trunk_health_add_ask(t, &a));
}

static struct strbuf written(struct trunk_health *t)
{
    struct strbuf out = { 0 };
    struct jsonw j = jsonw_to(&out);

    jsonw_object_open(&j);
    trunk_health_write(t, &j);
    jsonw_object_close(&j);
    assert_false(out.failed);
    return out;
}

/* The spans as "up 0..60 down 60..120 503", in seconds of the hour. */
static void spans_of(struct slice target, char *text, size_t room)
{
    struct slice rest = json_item_get(target, "spans"), span;
    size_t at = 0;

    text[0] = '\0';
    while (json_item_next(&rest, &span)) {
        struct slice state = json_item_get(span, "state");
        double status = json_item_number(span, "status");

        at += (size_t)snprintf(text + at, room - at, "%s%.*s %d..%d", at ? " " : "",
                               (int)state.len - 2, state.p + 1,
                               (int)(json_item_number(span, "from") - (double)(FROM / S)),
                               (int)(json_item_number(span, "until") - (double)(FROM / S)));
        if (!isnan(status))
            at += (size_t)snprintf(text + at, room - at, " %d", (int)status);
    }
}

static struct slice only_target(const struct strbuf *out)
{
    struct slice rest = json_item_get(strbuf_slice(out), "targets"), target, other;

    assert_true(json_item_next(&rest, &target));
    assert_false(json_item_next(&rest, &other));
    return target;
}

/* clang-format off */
static const struct {
    const char *name, *state; int since_s; const char *history;
    const char *asks; /* "at:status:ms …" */
    const char *spans, *says; int flaps;
} cases[] = {
    { "up all the time", "up", -300, "[{\"t\":1795254900,\"state\":\"up\"}]", "60:200:10 120:200:12",
      "up 0..3600", "up", 0 },
    { "down in between, with a word", "up", 1200,
      "[{\"t\":1795254900,\"state\":\"up\"},{\"t\":1795255800,\"state\":\"down\"},{\"t\":1795256400,\"state\":\"up\"}]",
      "300:200:9 600:503:8 630:503:8 1200:200:9", "up 0..600 down 600..1200 503 up 1200..3600", "up", 1 },
    { "down in silence", "down", 1800,
      "[{\"t\":1795254900,\"state\":\"up\"},{\"t\":1795257000,\"state\":\"down\"}]",
      "1800:0:0 1830:0:0", "up 0..1800 down 1800..3600", "down", 0 },
    { "never answered", "unknown", -600, "[]", "60:0:0 120:0:0", "silent 0..3600", "silent", 0 },
    { "nobody asked for a while", "up", 1800,
      "[{\"t\":1795254900,\"state\":\"up\"},{\"t\":1795255800,\"state\":\"unknown\"},{\"t\":1795257000,\"state\":\"up\"}]",
      "0:200:9 1800:200:9", "up 0..600 up 1800..3600", "up", 0 },
};
/* clang-format on */

static void spans_are_the_analyzers_cut_to_the_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct peer_record peer =
            peer_of("carrier-a", cases[i].state, cases[i].since_s, cases[i].history);
        struct slice asks = slice_of_text(cases[i].asks), target;
        struct trunk_health t;
        struct strbuf out;
        char spans[256];

        assert_int_equal(trunk_health_init(&t, FROM, FROM + HOUR), 0);
        assert_true(trunk_health_add_peer(&t, &peer));
        while (asks.len) {
            struct slice one = slice_cut(&asks, ' ');
            uint64_t at = 0, status = 0, ms = 0;

            slice_to_u64(slice_cut(&one, ':'), 10000, &at);
            slice_to_u64(slice_cut(&one, ':'), 700, &status);
            slice_to_u64(one, 10000, &ms);
            ask(&t, (int)at, (int)status, (double)ms);
        }
        out = written(&t);
        target = only_target(&out);
        spans_of(target, spans, sizeof spans);
        if (strcmp(spans, cases[i].spans) != 0)
            fail_msg("%s: %s", cases[i].name, spans);
        assert_int_equal(json_item_number(target, "flaps"), cases[i].flaps);
        assert_int_equal(json_item_get(target, "state").len, strlen(cases[i].says) + 2);
        strbuf_fini(&out);
        trunk_health_fini(&t);
    }
}

/* What a run of the probe said holds until its end and no longer; the next one begins anew. */
static void a_restart_is_no_outage(void **state)
{
    struct peer_record now = peer_of(NULL, "up", 1900, "[{\"t\":1795257100,\"state\":\"up\"}]");
    struct peer_record before = peer_of(NULL, "up", -300, "[{\"t\":1795254900,\"state\":\"up\"}]");
    struct trunk_health t;
    struct strbuf out;
    char spans[256];

    (void)state;
    now.first_seen = FROM + 1890 * S;
    before.last_seen = FROM + 1800 * S;
    assert_int_equal(trunk_health_init(&t, FROM, FROM + HOUR), 0);
    assert_true(trunk_health_add_peer(&t, &now));
    assert_true(trunk_health_add_peer(&t, &before));
    for (int at = 0; at < 3600; at += 60)
        ask(&t, at, 200, 5);
    out = written(&t);
    spans_of(only_target(&out), spans, sizeof spans);
    assert_string_equal(spans, "up 0..1890 up 1900..3600");
    strbuf_fini(&out);
    trunk_health_fini(&t);
}

/* 100 answers of 1 to 100 ms and 10 of none, in any order. */
static void figures_are_nearest_rank(void **state)
{
    struct peer_record peer = peer_of(NULL, "up", -300, "[{\"t\":1795254900,\"state\":\"up\"}]");
    struct slice target, points, point;
    struct trunk_health t;
    struct strbuf out;
    int asked = 0, answered = 0;

    (void)state;
    assert_int_equal(trunk_health_init(&t, FROM, FROM + HOUR), 0);
    assert_true(trunk_health_add_peer(&t, &peer));
    for (int i = 0; i < 100; i++)
        ask(&t, i * 31 % 3600, i == 50 ? 404 : 200, i * 37 % 100 + 1);
    for (int i = 0; i < 10; i++)
        ask(&t, i * 300, 0, 0);
    out = written(&t);
    target = only_target(&out);
    assert_int_equal(json_item_number(target, "asked"), 110);
    assert_int_equal(json_item_number(target, "answered"), 100);
    assert_int_equal(json_item_number(target, "round_trip_ms_p50"), 50);
    assert_int_equal(json_item_number(target, "round_trip_ms_p95"), 95);
    points = json_item_get(target, "points");
    while (json_item_next(&points, &point)) {
        asked += (int)json_item_number(point, "asked");
        answered += (int)json_item_number(point, "answered");
    }
    assert_int_equal(asked, 110);
    assert_int_equal(answered, 100);
    strbuf_fini(&out);
    trunk_health_fini(&t);
}

/* A sweep of hosts meets the cap, and is said to. */
static void too_many_are_left_out(void **state)
{
    struct trunk_health t;
    struct strbuf out;
    size_t targets = 0;
    struct slice rest, target;

    (void)state;
    assert_int_equal(trunk_health_init(&t, FROM, FROM + HOUR), 0);
    for (unsigned i = 0; i < TRUNK_HEALTH_PAIRS_MAX + 10; i++) {
        struct transaction_record a;

        record_clear(&record_type_transaction, &a);
        addr_parse_ip(SLICE("192.0.2.1"), &a.src);
        addr_parse_ip(SLICE("198.51.100.9"), &a.dst);
        a.dst.ip[14] = (uint8_t)(i >> 8);
        a.dst.ip[15] = (uint8_t)i;
        a.time = FROM + S;
        assert_true(trunk_health_add_ask(&t, &a));
    }
    out = written(&t);
    rest = json_item_get(strbuf_slice(&out), "targets");
    while (json_item_next(&rest, &target))
        targets++;
    assert_int_equal(targets, TRUNK_HEALTH_SHOWN_MAX);
    assert_true(json_item_is_true(strbuf_slice(&out), "cut"));
    strbuf_fini(&out);
    trunk_health_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spans_are_the_analyzers_cut_to_the_time),
        cmocka_unit_test(a_restart_is_no_outage),
        cmocka_unit_test(figures_are_nearest_rank),
        cmocka_unit_test(too_many_are_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
