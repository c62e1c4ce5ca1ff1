/*
 * test_filter_parse - what a filter is read as, and where it is found at fault.
 */
#include "analyzer/deviation_table.h"
#include "analyzer/filter/filter.h"
#include "tests/unit/heap_block.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

/* 2026-11-21T16:00:00Z */
#define NOW_S  INT64_C(1795276800)
#define NOW_NS (NOW_S * 1000000000)
#define S(s)   ((s)*INT64_C(1000000000))

static int parse(struct filter **f, struct slice text, struct filter_error *error)
{
    struct slice block = heap_block(text);
    int err = filter_parse(f, block, NOW_NS, error);

    heap_block_free(block);
    return err;
}

static struct filter *must_parse(const char *text)
{
    struct filter_error error;
    struct filter *f = NULL;

    if (parse(&f, slice_of_text(text), &error) != 0)
        fail_msg("%s: column %zu: %s", text, error.column, error.text);
    return f;
}

static void print(const char *text, struct strbuf *out)
{
    struct filter *f = must_parse(text);

    strbuf_reset(out);
    filter_print(f, out);
    filter_free(f);
}

static const struct {
    const char *text, *means;
} readings[] = {
    { "", "" },
    { "  \t\n ", "" },
    { "from:+49*", "from:+49*" },
    { "FROM:alice", "from:alice" },
    { "from_user:alice", "from:alice" },
    { "sip.Call-ID==a@b", "call_id:a@b" },
    { "call-id:a", "call_id:a" },
    /* texts */
    { "call_id:abc:def@host", "call_id:abc:def@host" },
    { "call_id:a84b*", "call_id:a84b*" },
    { "number:*1234", "number:*1234" },
    { "number:*9301*", "number:*9301*" },
    { "number:**", "has:number" },
    { "number:*", "has:number" },
    { "has:number", "has:number" },
    { "has:mos,fax", "has:mos or has:fax" },
    { "from:\"a b\"", "from:\"a b\"" },
    { "from:\"a\\\"b\\\\c\"", "from:\"a\\\"b\\\\c\"" },
    { "from:\"a\\0b\"", "from:\"a\\0b\"" },
    { "from:a\\b", "from:\"a\\\\b\"" },
    { "from:\"a*\"*", "from:\"a*\"*" },
    { "from:\"\"", "from:\"\"" },
    { "from:jürgen", "from:jürgen" },
    { "ua:Yealink", "ua:*yealink*" },
    { "ua=Yealink", "ua=yealink" },
    { "ua:Yea*", "ua:yea*" },
    { "ua:Linphone/3.6(belle-sip)", "ua:*\"linphone/3.6(belle-sip)\"*" },
    { "(ua:Linphone/3.6(belle-sip))", "ua:*\"linphone/3.6(belle-sip)\"*" },
    { "(from:a)", "from:a" },
    { "reason:\"Busy Here\"", "reason:*\"busy here\"*" },
    { "transport:UDP", "transport:udp" },
    { "transport:t*", "transport:t*" },
    { "codec:AMR*", "codec:amr*" },
    { "deviation:ack_missing", "deviation:ack_missing" },
    { "alert:low-mos alert:*", "alert:low-mos has:alert" },
    /* a word alone */
    { "9301", "call_id:9301* or number:*9301*" },
    { "a b", "(call_id:a* or number:*a*) (call_id:b* or number:*b*)" },
    { "+49*", "call_id:+49* or number:+49*" },
    { "*1234", "call_id:*1234 or number:*1234" },
    { "*12*", "call_id:*12* or number:*12*" },
    { "\"from:a\"", "call_id:from:a* or number:*from:a*" },
    { "order", "call_id:order* or number:*order*" },
    { "32604a9c365bd980",
      "call_id:32604a9c365bd980* or number:*32604a9c365bd980* or id:32604a9c365bd980" },
    { "10.0.0.1", "ip:10.0.0.1" },
    { "10.0.0.1:5060", "ip:10.0.0.1:5060" },
    { "10.1.*", "ip:10.1.0.0/16" },
    { "fe80::1", "ip:fe80::1" },
    { "[2001:db8::1]:5060", "ip:[2001:db8::1]:5060" },
    { "sip:alice@example.com", "uri:*sip:alice@example.com*" },
    { "one_way", "one_way:yes" },
    { "-fax", "-fax:yes" },
    /* numbers */
    { "status:486", "status:486" },
    { "status:5xx", "status:500..599" },
    { "status:4XX..5xx", "status:400..599" },
    { "status>=5xx", "status>=500" },
    { "status<=4xx", "status<=499" },
    { "status>4xx", "status>499" },
    { "status<5xx", "status<500" },
    { "status:400..499", "status:400..499" },
    { "status:486,487", "status:486 or status:487" },
    { "status!=486,487", "-(status:486 or status:487)" },
    { "mos<3.5", "mos<3.5" },
    { "mos < 3.5", "mos<3.5" },
    { "mos:3.5", "mos:3.45..3.55" },
    { "mos:5", "mos:4.5..5" },
    { "mos:3..", "mos>=3" },
    { "mos:..3", "mos<=3" },
    { "mos:3..3", "mos:3..3" },
    { "loss>5%", "loss>5%" },
    { "loss>0.05", "loss>5%" },
    { "loss:0", "loss:0%..0%" },
    { "pdd>3", "pdd>3s" },
    { "pdd>250ms", "pdd>0.25s" },
    { "duration>30min", "duration>1800s" },
    { "duration>1h30m", "duration>5400s" },
    { "duration:30s", "duration:29.5s..30.5s" },
    { "bad_seconds>=2min", "bad_seconds>=120s" },
    { "jitter>30", "jitter>30ms" },
    { "jitter>0.5s", "jitter>500ms" },
    { "port:5060..5070", "port:5060..5070" },
    { "port>1024", "port>1024" },
    /* addresses */
    { "ip:10.1.2.3/8", "ip:10.0.0.0/8" },
    { "src:0.0.0.0/0", "src:0.0.0.0/0" },
    { "dst:2001:db8::ffff/32", "dst:2001:db8::/32" },
    { "ip:::/0", "ip:::/0" },
    { "ip!=192.0.2.1", "-ip:192.0.2.1" },
    { "ip.addr==192.0.2.1", "ip:192.0.2.1" },
    /* truths and ids */
    { "one_way:true", "one_way:yes" },
    { "one_way=no", "one_way:no" },
    { "leg_group:0634567890ABCDEF", "leg_group:0634567890abcdef" },
    /* and, or, not */
    { "from:a to:b", "from:a to:b" },
    { "from:a and to:b", "from:a to:b" },
    { "from:a or to:b fax", "from:a or to:b fax:yes" },
    { "(from:a or to:b) fax", "(from:a or to:b) fax:yes" },
    { "(from:a (to:b fax))", "from:a to:b fax:yes" },
    { "NOT from:a", "-from:a" },
    { "not(from:a)", "-from:a" },
    { "-(from:a to:b)", "-(from:a to:b)" },
    { "!fax || not not \"x\" && \"or\"",
      "-fax:yes or (call_id:x* or number:*x*) (call_id:or* or number:*or*)" },
    { "-(-(-(from:a)))", "-from:a" },
    { "-status!=486", "status:486" },
};

/* What is printed back is what was understood, and is read as the same again. */
static void test_reading(void **state)
{
    struct strbuf once = { 0 }, twice = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        print(readings[i].text, &once);
        if (!slice_eq(strbuf_slice(&once), slice_of_text(readings[i].means)))
            fail_msg("%s: reads '%s', not '%s'", readings[i].text, once.p, readings[i].means);
        print(readings[i].means, &twice);
        if (!slice_eq(strbuf_slice(&once), strbuf_slice(&twice)))
            fail_msg("%s: then '%s'", once.p, twice.p);
    }
    strbuf_fini(&once);
    strbuf_fini(&twice);
}

static void test_errors(void **state)
{
    static const struct {
        const char *text;
        size_t column, length;
        const char *says; /* a part of it */
    } rows[] = {
        { "frm:a", 1, 3, "did you mean 'from'?" },
        { "from:a calid:x", 8, 5, "did you mean 'callid'?" },
        { "äöü:x frm:a", 7, 3, "did you mean" },
        { "\xff\xfe xyzzyx:1", 4, 6, "in quotes" },
        { "from:", 1, 4, "from:+49*" },
        { "(from:)", 2, 4, "needs a value" },
        { "mos", 1, 3, "mos<3.5" },
        { "from:a*b", 7, 1, "beginning or the end" },
        { "from:a,b*c", 9, 1, "beginning or the end" },
        { "from:\"abc", 6, 1, "not closed" },
        { "from:\"a\"b", 9, 1, "blank is missing" },
        { "from<5", 1, 4, "is a text" },
        { "status:9xx", 8, 3, "from 100 to 699" },
        { "status:50", 8, 2, "class like 5xx" },
        { "status:abc", 8, 3, "not a number" },
        { "status:499..400", 8, 8, "smaller number comes first" },
        { "status<400..499", 8, 8, "range comes behind" },
        { "status<486,487", 11, 1, "list comes behind" },
        { "status:..", 8, 2, "not a range" },
        { "status:\"486\"", 8, 5, "not a number" },
        { "status:48*", 8, 3, "not a number" },
        { "mos:3.5.1", 5, 5, "not a number" },
        { "mos<3s", 5, 2, "takes no unit" },
        { "mos>6", 5, 1, "from 1 to 5" },
        { "loss>5", 6, 1, "0% to 100%" },
        { "loss>5ms", 6, 3, "% or none" },
        { "pdd>3x", 5, 2, "ms, s, min, h or d" },
        { "mos<3.0000000000000001", 5, 18, "15 digits" },
        { "state:complete", 7, 8, "did you mean 'completed'?" },
        { "transport:sctp", 11, 4, "udp tcp tls ws" },
        { "deviation:ack_mising", 11, 10, "did you mean 'ack_missing'?" },
        { "ip:10.0.0.256", 4, 10, "no address" },
        { "ip:10.0.0.0/33", 4, 11, "no address" },
        { "ip>10.0.0.1", 1, 2, "is an address" },
        { "port:65536", 6, 5, "from 0 to 65535" },
        { "one_way:maybe", 9, 5, "yes or no" },
        { "leg_group:12", 11, 2, "16 hex digits" },
        { "since:2", 7, 1, "2026-11-21" },
        { "since:2026-02-30", 7, 10, "is no time" },
        { "since:2026-11-21T25", 7, 13, "is no time" },
        { "since<2h", 1, 5, "which side" },
        { "time:2026-11-21..2026-11-20", 6, 22, "earlier time comes first" },
        { "has:fo", 5, 2, "did you mean 'to'?" },
        { "has:", 5, 1, "has:mos" },
        { "has<mos", 1, 3, "has:mos" },
        { "a or", 3, 2, "behind 'or'" },
        { "or a", 1, 2, "before 'or'" },
        { "a and or b", 3, 3, "behind 'and'" },
        { "- a", 1, 1, "behind '-'" },
        { "a not", 3, 3, "behind 'not'" },
        { "a (b", 3, 1, "not closed" },
        { "a) b", 2, 1, "no parenthesis is open" },
        { "a ()", 3, 1, "within the parentheses" },
        { "((((((((((((((((((a", 17, 1, "16 deep" },
        { "\"\"", 1, 2, "empty" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct filter_error error;
        struct filter *f = NULL;

        if (parse(&f, slice_of_text(rows[i].text), &error) != -EINVAL)
            fail_msg("%s: is accepted", rows[i].text);
        assert_null(f);
        if (error.column != rows[i].column || error.length != rows[i].length ||
            !strstr(error.text, rows[i].says))
            fail_msg("%s: %zu, %zu: %s", rows[i].text, error.column, error.length, error.text);
    }
}

static void test_times(void **state)
{
    const int64_t day = S(INT64_C(1795219200)); /* 2026-11-21 */
    const int64_t day_end = day + S(86400) - 1;
    const struct {
        const char *text;
        int64_t since, until;
    } rows[] = {
        { "since:2h", NOW_NS - S(7200), RECORD_NONE },
        { "since:1h30min", NOW_NS - S(5400), RECORD_NONE },
        { "since:3d", NOW_NS - S(3 * 86400), RECORD_NONE },
        { "since:99999999999h", 0, RECORD_NONE },
        { "since:yesterday", day - S(86400), RECORD_NONE },
        { "since:now", NOW_NS, RECORD_NONE },
        { "since>=today", day, RECORD_NONE },
        { "since:10:30", day + S(10 * 3600 + 1800), RECORD_NONE },
        { "since:2026-11-21", day, RECORD_NONE },
        { "since:2026-11-21T10:00", day + S(36000), RECORD_NONE },
        { "since:\"2026-11-21 10:00\"", day + S(36000), RECORD_NONE },
        { "since:2026-11-21T10:00Z", day + S(36000), RECORD_NONE },
        { "since:2026-11-21T11:00+01:00", day + S(36000), RECORD_NONE },
        { "since:2026-11-21T04:30-0530", day + S(36000), RECORD_NONE },
        { "since:2024-02-29", S(INT64_C(1709164800)), RECORD_NONE },
        { "since:1795219200", day, RECORD_NONE },
        { "since:1795219200.25", day + 250000000, RECORD_NONE },
        { "since:@5", S(5), RECORD_NONE },
        { "until:2026-11-21", RECORD_NONE, day_end },
        { "until:2026-11-21T10:00", RECORD_NONE, day + S(36000) },
        { "until:1h", RECORD_NONE, NOW_NS - S(3600) },
        { "time:2026-11-21", day, day_end },
        { "time:2026-11-21T10", day + S(36000), day + S(39600) - 1 },
        { "time:2026-11-20..2026-11-21", day - S(86400), day_end },
        { "time:2026-11-20..2026-11-21T10:00", day - S(86400), day + S(36000) },
        { "time:2h", NOW_NS - S(7200), RECORD_NONE },
        { "time>2026-11-21", day + S(86400), RECORD_NONE },
        { "time<2026-11-21", RECORD_NONE, day - 1 },
        { "time<=2026-11-21", RECORD_NONE, day_end },
        /* what follows from several */
        { "since:2h until:1h", NOW_NS - S(7200), NOW_NS - S(3600) },
        { "since:2h (since:1h fax)", NOW_NS - S(3600), RECORD_NONE },
        { "since:2h or since:1h", NOW_NS - S(7200), RECORD_NONE },
        { "since:2h or fax", RECORD_NONE, RECORD_NONE },
        { "-since:2h", RECORD_NONE, RECORD_NONE },
        { "time:2026-11-20,2026-11-21", day - S(86400), day_end },
        { "since:2h call_id:x", RECORD_NONE, RECORD_NONE },
        { "since:2h call_id:x,y", RECORD_NONE, RECORD_NONE },
        { "since:2h call_id:x*", NOW_NS - S(7200), RECORD_NONE },
        { "since:2h -call_id:x", NOW_NS - S(7200), RECORD_NONE },
        { "since:2h or call_id:x", RECORD_NONE, RECORD_NONE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct filter *f = must_parse(rows[i].text);

        if (f->since != rows[i].since || f->until != rows[i].until)
            fail_msg("%s: %lld to %lld", rows[i].text, (long long)f->since, (long long)f->until);
        filter_free(f);
    }
}

static void test_call_id(void **state)
{
    static const struct {
        const char *text, *call_id;
    } rows[] = {
        { "call_id:x", "x" },
        { "since:2h call_id:x fax", "x" },
        { "call_id:x or call_id:x fax", "x" },
        { "call_id:x,y", NULL },
        { "call_id:x or fax", NULL },
        { "call_id:x*", NULL },
        { "-call_id:x", NULL },
        { "x", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct filter *f = must_parse(rows[i].text);

        if (!slice_eq(f->call_id, slice_of_text(rows[i].call_id)) ||
            !f->call_id.p != !rows[i].call_id)
            fail_msg("%s: '%.*s'", rows[i].text, (int)f->call_id.len, f->call_id.p);
        filter_free(f);
    }
}

/* --- caps ----------------------------------------------------------------------------------- */

static void add_times(struct strbuf *b, const char *text, unsigned times)
{
    while (times--)
        strbuf_add_text(b, text);
}

static void test_caps(void **state)
{
    struct filter_error error;
    struct strbuf b = { 0 };
    struct filter *f;

    (void)state;
    add_times(&b, "fax ", FILTER_TESTS_MAX);
    assert_int_equal(parse(&f, strbuf_slice(&b), &error), 0);
    assert_int_equal(f->test_count, FILTER_TESTS_MAX);
    filter_free(f);
    strbuf_add_text(&b, "fax");
    assert_int_equal(parse(&f, strbuf_slice(&b), &error), -EINVAL);
    assert_int_equal(error.column, 4 * FILTER_TESTS_MAX + 1);

    /* As many nodes as there can be: each test and each joint has its "not", and some had three. */
    strbuf_reset(&b);
    for (unsigned i = 0; i < FILTER_TESTS_MAX; i++)
        strbuf_add_text(&b, i % 8 == 0 ? " -(-(-(-(-fax!=1)))) -(-(-fax" : " -fax");
    assert_int_equal(parse(&f, strbuf_slice(&b), &error), -EINVAL);
    strbuf_reset(&b);
    for (unsigned i = 0; i < FILTER_TESTS_MAX / 2; i++)
        strbuf_add_text(&b, " -(-(-(-fax -(-(-fax)))))");
    assert_int_equal(parse(&f, strbuf_slice(&b), &error), 0);
    assert_true(f->node_count <= FILTER_NODES_MAX);
    filter_free(f);

    strbuf_reset(&b);
    strbuf_add_text(&b, "from:");
    add_times(&b, "x", FILTER_TEXT_MAX - 5);
    assert_int_equal(parse(&f, strbuf_slice(&b), &error), 0);
    filter_free(f);
    strbuf_add_text(&b, "xyz");
    assert_int_equal(parse(&f, strbuf_slice(&b), &error), -EINVAL);
    assert_int_equal(error.column, FILTER_TEXT_MAX + 1);
    assert_int_equal(error.length, 3);
    strbuf_fini(&b);
}

/* A hundred readings of the worst 4,096 bytes, of each kind: quadratic behaviour would take
 * seconds of processor time. */
static void test_long_texts_are_cheap(void **state)
{
    static const char *const pieces[] = { "x",    "(",     "-",  "\"a\" ", "a ",  "a,",
                                          "*",    "fe80:", "..", "not ",   "frm", "\\",
                                          "mos ", "9",     "9.", "1h" };
    struct timespec start, end;
    struct strbuf b = { 0 };

    (void)state;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        strbuf_reset(&b);
        strbuf_add_text(&b, i % 2 ? "from:" : "status:");
        add_times(&b, pieces[i], (unsigned)((FILTER_TEXT_MAX - b.len) / strlen(pieces[i])));
        for (int n = 0; n < 100; n++) {
            struct filter_error error;
            struct filter *f;

            if (parse(&f, strbuf_slice(&b), &error) == 0)
                filter_free(f);
        }
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    assert_true(end.tv_sec - start.tv_sec < 5);
    strbuf_fini(&b);
}

/* --- the table ------------------------------------------------------------------------------ */

static bool is_known_name(struct slice names, struct slice name)
{
    while (names.len) {
        if (slice_eq(slice_cut(&names, ' '), name))
            return true;
    }
    return false;
}

static void test_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < filter_field_count; i++) {
        const struct filter_field *f = &filter_fields[i];
        struct slice aliases = slice_of_text(f->aliases);
        struct filter *filter;

        assert_ptr_equal(filter_field_find(slice_of_text(f->name)), f);
        while (aliases.len) {
            struct slice alias = slice_cut(&aliases, ' ');

            if (filter_field_find(alias) != f)
                fail_msg("%s: alias %.*s is taken", f->name, (int)alias.len, alias.p);
        }
        for (size_t m = 0; m < FILTER_MEMBERS_MAX && f->members[m]; m++) {
            if (!record_field_find(&record_type_call, slice_of_text(f->members[m])))
                fail_msg("%s: no member %s", f->name, f->members[m]);
        }
        filter = must_parse(f->example);
        assert_int_equal(filter->test_count, 1);
        assert_ptr_equal(filter->tests[0].field, f);
        filter_free(filter);
    }
    assert_null(filter_field_find(SLICE("")));
    assert_null(filter_field_find(SLICE("has")));
}

/* The field lists what the table of deviations has. */
static void test_deviations(void **state)
{
    const struct filter_field *f = filter_field_find(SLICE("deviation"));
    struct slice rest = slice_of_text(f->values);
    size_t count = 0;

    (void)state;
    for (; rest.len; count++)
        assert_non_null(deviation_find(slice_cut(&rest, ' ')));
    assert_int_equal(count, DEVIATION_COUNT);
    for (size_t i = 0; i < DEVIATION_COUNT; i++)
        assert_true(is_known_name(slice_of_text(f->values), slice_of_text(deviation_rows[i].name)));
}

/* --- pointing ------------------------------------------------------------------------------- */

static void test_pointing(void **state)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        { "mos<9", "  mos<9\n      ^\n" },
        { "från:a mos<9x", "  från:a mos<9x\n             ^^\n" },
        { "a\tstate:x", "  a?state:x\n          ^\n" },
        { "a (", "  a (\n    ^\n" },
        { "from:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa mos<9 "
          "to:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          "  …aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa mos<9 "
          "to:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\n"
          "                                           ^\n" },
    };
    struct strbuf b = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice text = slice_of_text(rows[i].text);
        struct filter_error error;
        struct filter *f;

        assert_int_equal(parse(&f, text, &error), -EINVAL);
        strbuf_reset(&b);
        filter_error_point(&error, text, "  ", &b);
        assert_string_equal(b.p, rows[i].shown);
    }
    strbuf_fini(&b);
}

/* A NUL is a byte like others. */
static void test_nul(void **state)
{
    struct filter_error error;
    struct strbuf b = { 0 };
    struct filter *f;

    (void)state;
    assert_int_equal(parse(&f, SLICE("from:a\0b"), &error), 0);
    assert_int_equal(f->tests[0].text.len, 3);
    filter_print(f, &b);
    assert_true(slice_eq(strbuf_slice(&b), SLICE("from:\"a\\0b\"")));
    filter_free(f);
    strbuf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),  cmocka_unit_test(test_errors),
        cmocka_unit_test(test_times),    cmocka_unit_test(test_call_id),
        cmocka_unit_test(test_caps),     cmocka_unit_test(test_long_texts_are_cheap),
        cmocka_unit_test(test_fields),   cmocka_unit_test(test_deviations),
        cmocka_unit_test(test_pointing), cmocka_unit_test(test_nul),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
