/*
 * test_filter_match - which calls a filter means; and that a filter printed back means the same.
 */
#include "analyzer/filter/filter.h"
#include "analyzer/record_id.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

/* 2026-11-21T16:00:00Z */
#define NOW_NS (INT64_C(1795276800) * 1000000000)

static struct addr addr_of(const char *text)
{
    struct addr a = { { 0 }, 0 };

    assert_true(addr_parse(slice_of_text(text), &a));
    return a;
}

/* Alice calls Bob by two trunks, an hour ago; much of it is known. */
static struct call_record sample(void)
{
    struct call_record call;

    record_clear(&record_type_call, &call);
    call.id = record_id_make(NOW_NS - INT64_C(3600) * 1000000000, 7);
    call.call_id = SLICE("a84b4c76e66710@pc33");
    call.transport = SLICE("udp");
    call.state = SLICE("failed");
    call.from_user = SLICE("alice");
    call.to_user = SLICE("0301234567");
    call.to_number = SLICE("+49301234567");
    call.from_uri = SLICE("sip:Alice@Example.com");
    call.src = addr_of("10.1.2.3:5060");
    call.dst = addr_of("[2001:db8::7]:5080");
    call.user_agent = SLICE("Yealink SIP-T46S 66.84");
    call.final_status = 486;
    call.final_reason = SLICE("Busy Here");
    call.codecs = SLICE("[\"PCMA\",\"telephone-event\",\"x\\\"y\"]");
    call.deviations = SLICE("[{\"t\":1,\"deviation\":\"ack_missing\",\"by\":null,\"count\":1},"
                            "{\"t\":2,\"deviation\":\"glare\",\"by\":null,\"count\":1}]");
    call.one_way = 0;
    call.fax = 1;
    call.emergency = 1;
    call.mos_lq = 3.4567;
    call.loss_ratio = 0.0312;
    call.duration_ms = 61234.5;
    call.bad_seconds = 0;
    call.vlan = SLICE("100.42");
    call.trunk_in = SLICE("Carrier-A");
    call.trunk_out = SLICE("carrier-b");
    call.leg_group = UINT64_C(0x0634567890abcdef);
    return call;
}

static bool is_rule_low_mos(void *ctx, const struct filter_test *test, uint64_t call)
{
    const struct call_record *sampled = ctx;

    return call == sampled->id &&
           (test->shape == FILTER_ANY || filter_test_text(test, SLICE("low-mos")));
}

static bool matches(const char *text, const struct call_record *call, bool has_world)
{
    const struct filter_world world = { (void *)(uintptr_t)call, is_rule_low_mos };
    struct filter_error error;
    struct filter *f;
    bool match;

    if (filter_parse(&f, slice_of_text(text), NOW_NS, &error) != 0)
        fail_msg("%s: %s", text, error.text);
    match = filter_match(f, call, has_world ? &world : NULL);
    filter_free(f);
    return match;
}

static const struct {
    const char *text;
    bool match;
} matchings[] = {
    { "", true },
    { "call_id:a84b4c76e66710@pc33", true },
    { "call_id:A84B4C76E66710@pc33", false },
    { "call_id:a84b*", true },
    { "call_id:*pc33", true },
    { "call_id:a84b", false },
    { "call_id:a84b4c76e66710@pc33 since:1min", true },
    { "call_id:a84b4c76e66710@pc33 -until:2h", true },
    { "call_id:a84b* since:1min", false },
    { "a84b4c", true },
    { "a84b4c76e66710@pc33", true },
    { "4c76", false },
    { "30123", true },
    { "49301", true },
    { "lic", true },
    { "from:alice", true },
    { "from:Alice", false },
    { "to:+49*", true },
    { "to:030*", true },
    { "to:*4567", true },
    { "to:301234", false },
    { "to:*301234*", true },
    { "number:+49301234567", true },
    { "number:0301234567", true },
    { "user:0301234567", true },
    { "user:+49301234567", false },
    { "has:from", true },
    { "uri:example.COM", true },
    { "uri=sip:alice@example.com", true },
    { "uri=example.com", false },
    { "ua:yealink", true },
    { "ua:SIP-t46", true },
    { "ua=yealink", false },
    { "ua:*84", true },
    { "server:x", false },
    { "-server:x", true },
    { "has:server", false },
    { "reason:busy", true },
    { "transport:UDP", true },
    { "transport:tcp", false },
    { "vlan:100.42", true },
    { "vlan:100", false },
    { "vlan:100.*", true },
    { "trunk:carrier-a", true },
    { "trunk:carrier-b", true },
    { "trunk_in:carrier-b", false },
    { "emergency:yes", true },
    { "-emergency", false },
    { "src.ip:10.1.2.3", true },
    { "ip:10.1.2.3", true },
    { "ip:10.1.2.3:5060", true },
    { "ip:10.1.2.3:5061", false },
    { "ip:10.0.0.0/8", true },
    { "ip:10.1.2.2/31", true },
    { "ip:10.1.2.0/31", false },
    { "ip:10.1.*", true },
    { "ip:0.0.0.0/0", true },
    { "dst:0.0.0.0/0", false },
    { "ip:::/0", true },
    { "ip:2001:db8::/32", true },
    { "ip:2001:db9::/32", false },
    { "ip:2001:db8::4/126", true },
    { "src:2001:db8::7", false },
    { "dst:2001:db8::7", true },
    { "dst:[2001:db8::7]:5080", true },
    { "challenged_by:10.0.0.0/8", false },
    { "has:challenged_by", false },
    { "port:5080", true },
    { "src_port:5080", false },
    { "port>5070", true },
    { "port:5061..5079", false },
    { "status:486", true },
    { "status:4xx", true },
    { "status!=4xx", false },
    { "status>486", false },
    { "status>=486", true },
    { "cause:17", false },
    { "-cause:17", true },
    { "cause!=17", true },
    { "mos<3.5", true },
    { "mos:3.5", true },
    { "mos:3.4", false },
    { "mos:3.457", true },
    { "mos:3.4567..3.4567", true },
    { "mos>3.4567", false },
    { "mos_cq<5", false },
    { "loss>3%", true },
    { "loss:3%", true },
    { "loss<0.0312", false },
    { "loss<=0.0312", true },
    { "duration>1min", true },
    { "duration:61s", true },
    { "duration:60s", false },
    { "bad_seconds:0", true },
    { "codec:pcma", true },
    { "codec:pcm*", true },
    { "codec:pcm", false },
    { "codec:\"x\\\"y\"", true },
    { "has:codec", true },
    { "deviation:glare", true },
    { "deviation:ack_timeout", false },
    { "deviation:*", true },
    { "event:hold", false },
    { "has:event", false },
    { "fax", true },
    { "-fax", false },
    { "one_way:no", true },
    { "has:one_way", true },
    { "early_media", false },
    { "early_media:no", false },
    { "has:early_media", false },
    { "since:1h", true },
    { "since:59min", false },
    { "until:1h", true },
    { "until:61min", false },
    { "time:2026-11-21", true },
    { "time:2026-11-21T15", true },
    { "time:2026-11-21T15:00", true },
    { "time:2026-11-21T15:00:00", true },
    { "time>2026-11-21T15:00:00", false },
    { "time>=2026-11-21T15:00:00", true },
    { "time<2026-11-21T15:00:00", false },
    { "time<2026-11-21T15:00:00.000001", true },
    { "leg_group:0634567890abcdef", true },
    { "leg_group:0634567890abcdee", false },
    { "has:leg_group", true },
    { "alert:low-mos", true },
    { "alert:low*", true },
    { "alert:*", true },
    { "alert:other", false },
    { "fax (from:x or status:486)", true },
    { "fax -(from:x or status:486)", false },
    { "from:x or from:y,alice", true },
};

static void test_matching(void **state)
{
    struct call_record call = sample();

    (void)state;
    for (size_t i = 0; i < sizeof matchings / sizeof matchings[0]; i++) {
        if (matches(matchings[i].text, &call, true) != matchings[i].match)
            fail_msg("%s: %s", matchings[i].text,
                     matchings[i].match ? "does not match" : "matches");
    }
    assert_false(matches("alert:*", &call, false));
    assert_true(filter_match(NULL, &call, NULL));
}

/* Of a call that nothing is known of, no test holds, and each one's opposite does. */
static void test_unknown(void **state)
{
    struct call_record call;
    struct strbuf text = { 0 };

    (void)state;
    record_clear(&record_type_call, &call);
    for (size_t i = 0; i < filter_field_count; i++) {
        const struct filter_field *f = &filter_fields[i];

        if (f->kind == FILTER_TIME)
            continue;
        for (int any = 0; any < 2; any++) {
            strbuf_reset(&text);
            strbuf_addf(&text, "-(%s%s)", any ? "has:" : "", any ? f->name : f->example);
            if (!matches(text.p, &call, false) || matches(text.p + 1, &call, false))
                fail_msg("%s holds of an unknown call", text.p + 1);
        }
    }
    strbuf_fini(&text);
}

/* --- any filter ----------------------------------------------------------------------------- */

static const char *const words[] = {
    "alice",      "\"a b\"",
    "*4567",      "030*",
    "*30*",       "a84b4c76e66710@pc33",
    "4xx",        "486",
    "5xx..6xx",   "3.5",
    "5%",         "61s",
    "1h30min",    "0.031",
    "10.1.2.3",   "10.0.0.0/8",
    "yes",        "no",
    "2h",         "2026-11-21",
    "*",          "udp",
    "failed",     "2026-11-21T15:00..",
    "carrier-a",  "0634567890abcdef",
    "..3",        "\"\\\"x\\\\\"",
    "1.25..61.5", "glare",
};
static const char *const operators[] = { ":", ":", ":", "=", "!=", "<", "<=", ">", ">=" };

static const char *pick(struct random *r, const char *const *list, size_t count)
{
    return list[random_below(r, (uint32_t)count)];
}

static void add_word(struct strbuf *b, struct random *r)
{
    const struct filter_field *f = &filter_fields[random_below(r, (uint32_t)filter_field_count)];

    if (random_hits(r, 0.1))
        strbuf_addf(b, "has:%s", f->name);
    else if (random_hits(r, 0.1))
        strbuf_add_text(b, pick(r, words, sizeof words / sizeof words[0]));
    else if (random_hits(r, 0.4))
        strbuf_add_text(b, f->example);
    else
        strbuf_addf(b, "%s%s%s", f->name,
                    pick(r, operators, sizeof operators / sizeof operators[0]),
                    pick(r, words, sizeof words / sizeof words[0]));
}

static void add_any(struct strbuf *b, struct random *r, int depth)
{
    uint32_t count = 1 + random_below(r, 3);

    while (count--) {
        if (random_hits(r, 0.25))
            strbuf_add_text(b, random_hits(r, 0.5) ? "-" : "not ");
        if (depth < 4 && random_hits(r, 0.3)) {
            strbuf_add_char(b, '(');
            add_any(b, r, depth + 1);
            strbuf_add_char(b, ')');
        } else {
            add_word(b, r);
        }
        if (count)
            strbuf_add_text(b, random_hits(r, 0.4) ? " or " : " ");
    }
}

/* The sample with some of it forgotten or changed. */
static struct call_record draw_call(struct random *r)
{
    struct call_record call = sample();
    struct call_record unknown;

    record_clear(&record_type_call, &unknown);
    if (random_hits(r, 0.5))
        call.final_status = 180 + random_below(r, 500);
    if (random_hits(r, 0.5))
        call.mos_lq = 1 + 4 * random_share(r);
    if (random_hits(r, 0.5))
        call.id = record_id_make(NOW_NS - (int64_t)random_below(r, 100000) * 1000000000, 1);
    if (random_hits(r, 0.3))
        call.from_user = unknown.from_user;
    if (random_hits(r, 0.3))
        call.loss_ratio = unknown.loss_ratio;
    if (random_hits(r, 0.3))
        call.fax = unknown.fax;
    if (random_hits(r, 0.3))
        call.src = unknown.src;
    return call;
}

static void must_mean_the_same(const struct filter *a, const struct filter *b, struct random *r,
                               const char *text)
{
    for (int i = 0; i < 8; i++) {
        struct call_record call = draw_call(r);
        const struct filter_world world = { &call, is_rule_low_mos };
        int64_t time = record_id_time_ns(call.id);

        if (filter_match(a, &call, &world) != filter_match(b, &call, &world))
            fail_msg("%s: printed back it means something else", text);
        /* What was derived holds for all that matches. */
        if (filter_match(a, &call, &world) &&
            ((a->since != RECORD_NONE && time < a->since / 1000 * 1000) ||
             (a->until != RECORD_NONE && time > a->until) ||
             (a->call_id.p && !slice_eq(a->call_id, call.call_id))))
            fail_msg("%s: matches outside of what follows from it", text);
    }
}

static void test_any_filter_comes_back(void **state)
{
    struct strbuf text = { 0 }, once = { 0 }, twice = { 0 };
    unsigned read = 0;

    (void)state;
    for (uint64_t seed = 0; seed < 5000; seed++) {
        struct random r = { seed };
        struct filter_error error;
        struct filter *a, *b;

        strbuf_reset(&text);
        strbuf_reset(&once);
        strbuf_reset(&twice);
        add_any(&text, &r, 0);
        if (filter_parse(&a, strbuf_slice(&text), NOW_NS, &error) != 0) {
            assert_true(error.column >= 1 && error.column <= text.len + 1 && error.length >= 1);
            assert_true(error.text[0] != '\0');
            continue;
        }
        read++;
        filter_print(a, &once);
        if (filter_parse(&b, strbuf_slice(&once), NOW_NS, &error) != 0)
            fail_msg("%s: printed as %s: %s", text.p, once.p, error.text);
        filter_print(b, &twice);
        if (!slice_eq(strbuf_slice(&once), strbuf_slice(&twice)))
            fail_msg("%s: printed as %s, then %s", text.p, once.p, twice.p);
        must_mean_the_same(a, b, &r, text.p);
        filter_free(a);
        filter_free(b);
    }
    assert_true(read > 1200);
    strbuf_fini(&text);
    strbuf_fini(&once);
    strbuf_fini(&twice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matching),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_any_filter_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
