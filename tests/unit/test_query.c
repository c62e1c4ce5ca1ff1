/* What a search finds, over days, page by page, while a probe writes. */
#include "storage/day_db.h"
#include "tests/unit/search_fixture.h"

#include <errno.h>
#include <sys/stat.h>

enum { FOUND_MAX = 64 };

struct found {
    uint64_t ids[FOUND_MAX];
    size_t count;
    size_t stop_after; /* 0: never */
};

static bool collect(void *ctx, const void *record)
{
    struct found *found = ctx;

    assert_true(found->count < FOUND_MAX);
    memcpy(&found->ids[found->count++], record, sizeof(uint64_t));
    return found->count != found->stop_after;
}

/* Ten calls on each of three days, number n of day d at d days + n minutes. */
enum { DAYS = 3, EACH = 10 };

static int64_t call_time(int day, int n)
{
    return FIXTURE_TIME + day * FIXTURE_DAY + n * 60 * FIXTURE_S;
}

static uint64_t call_at(int day, int n)
{
    return fixture_id(call_time(day, n), 0);
}

static void make_call(struct call_record *call, char call_id[32], int day, int n)
{
    static const struct slice users[EACH] = {
        SLICE_INIT("+4930100"), SLICE_INIT("+4930101"), SLICE_INIT("alice"),
        SLICE_INIT("bob"),      SLICE_INIT("+44207"),   SLICE_INIT("100%"),
        SLICE_INIT("a_b"),      SLICE_INIT("\xff\xfe"), SLICE_INIT("a\0hidden"),
        SLICE_INIT(""),
    };
    static const uint8_t src[4] = { 10, 0, 0, 1 }, longer[4] = { 10, 0, 0, 11 };
    static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

    snprintf(call_id, 32, "id-%d-%d@host", day, n);
    fixture_call(call, call_time(day, n), 0, call_id);
    call->from_user = users[n];
    call->to_user = users[(n + 1) % EACH];
    call->src = n % 2 ? addr_v4(longer, (uint16_t)(5060 + n)) : addr_v4(src, (uint16_t)(5060 + n));
    call->dst = addr_v6(v6, 5060);
    call->final_status = n < 5 ? 200 : 480 + n;
    call->state = n < 5 ? SLICE("completed") : SLICE("failed");
    call->mos_lq = n == 9 ? NAN : 1.0 + 0.4 * n;
    call->one_way = n == 3 ? 1 : n == 4 ? -1 : 0;
    call->fax = n == 5 ? 1 : n == 6 ? -1 : 0;
    call->bad_seconds = n == 9 ? RECORD_NONE : n;
    call->ended_how = n < 5 ? SLICE("bye") : SLICE("rejected");
    call->trunk_in = n % 2 ? SLICE("a") : SLICE_ABSENT;
    call->trunk_out = n == 4 ? SLICE("b") : SLICE_ABSENT;
    call->destination = n == 6 ? SLICE("Germany") : SLICE("Germany mobile");
    call->deviations = n == 2   ? SLICE("[{\"t\":1,\"deviation\":\"ack_missing\"}]")
                       : n == 3 ? SLICE("[{\"t\":1,\"detail\":\"ack_missing\"}]")
                       : n == 4 ? SLICE_ABSENT
                                : SLICE("[]");
    call->media_verdict = n == 7 ? SLICE("silent") : n == 8 ? SLICE_ABSENT : SLICE("ok");
}

static void setup(struct fixture *f)
{
    struct call_record call;
    char call_id[32];
    struct writer *w;

    fixture_make_dir(f);
    w = fixture_writer(f);
    for (int day = 0; day < DAYS; day++) {
        for (int n = 0; n < EACH; n++) {
            make_call(&call, call_id, day, n);
            assert_true(writer_submit(w, &record_type_call, &call));
        }
    }
    writer_stop(w);
}

struct filter_case {
    const char *name;
    struct slice filter;
    const char *expect; /* digits: the numbers found on each day, newest first */
};

/* The same numbers must be found on every day. */
static void expect_numbers(const struct filter_case *c, const struct found *found)
{
    size_t each = strlen(c->expect);

    if (found->count != each * DAYS)
        fail_msg("%s: %zu rows, not %zu", c->name, found->count, each * DAYS);
    for (size_t i = 0; i < found->count; i++) {
        int day = DAYS - 1 - (int)(i / each);

        if (found->ids[i] != call_at(day, c->expect[i % each] - '0'))
            fail_msg("%s: row %zu is another call", c->name, i);
    }
}

/* clang-format off */
static const struct filter_case filter_cases[] = {
    { "everything", SLICE_INIT(""), "9876543210" },
    { "number part", SLICE_INIT("number:*3010*"), "910" },
    { "number in From only or To only", SLICE_INIT("number:*+4930100*"), "90" },
    { "number with % is no pattern", SLICE_INIT("number:*0%*"), "54" },
    { "number with _ is no pattern", SLICE_INIT("number:*a_*"), "65" },
    { "number of nobody", SLICE_INIT("number:*999*"), "" },
    { "an injection is a text", SLICE_INIT("number:*\"' OR 1=1 --\"*"), "" },
    { "ip is not a prefix", SLICE_INIT("ip:10.0.0.1"), "86420" },
    { "ip of source", SLICE_INIT("ip:10.0.0.11"), "97531" },
    { "ip of destination, v6", SLICE_INIT("ip:2001:db8::1"), "9876543210" },
    { "ip v6 in brackets", SLICE_INIT("ip:[2001:0db8:0::1]"), "9876543210" },
    { "ip of nobody", SLICE_INIT("ip:10.0.0.2"), "" },
    { "network", SLICE_INIT("src:10.0.0.8/29"), "97531" },
    { "state", SLICE_INIT("state:failed"), "98765" },
    { "status", SLICE_INIT("status:486"), "6" },
    { "status class", SLICE_INIT("status:4xx"), "98765" },
    { "mos from", SLICE_INIT("mos>=3.79"), "87" },
    { "mos to", SLICE_INIT("mos<=1.5"), "10" },
    { "mos range leaves unknown out", SLICE_INIT("mos:1..5"), "876543210" },
    { "one way", SLICE_INIT("one_way:yes"), "3" },
    { "not one way leaves unknown out", SLICE_INIT("one_way:no"), "98765210" },
    { "verdict", SLICE_INIT("verdict:silent"), "7" },
    { "bad seconds leave unknown out", SLICE_INIT("bad_seconds>=7"), "87" },
    { "fax", SLICE_INIT("fax:yes"), "5" },
    { "no fax leaves unknown out", SLICE_INIT("fax:no"), "98743210" },
    { "trunk that it came by", SLICE_INIT("trunk_in:a"), "97531" },
    { "trunk that it left by", SLICE_INIT("trunk_out:b"), "4" },
    { "destination, whole", SLICE_INIT("destination:Germany"), "6" },
    { "ended how", SLICE_INIT("ended_how:bye"), "43210" },
    { "deviation, not what is said of one", SLICE_INIT("deviation:ack_missing"), "2" },
    { "deviation by a part of its name", SLICE_INIT("deviation:*ack"), "" },
    { "all joined by and", SLICE_INIT("ip:10.0.0.1 state:failed mos<=3.5"), "6" },
    { "Call-ID prefix", SLICE_INIT("call_id:id-*"), "9876543210" },
    { "Call-ID prefix of none", SLICE_INIT("call_id:ie*"), "" },
};
/* clang-format on */

static void filters_find_what_they_say(void **state)
{
    struct fixture f;
    struct query *q;

    (void)state;
    setup(&f);
    assert_int_equal(query_open(&q, f.dir), 0);
    for (size_t i = 0; i < sizeof filter_cases / sizeof filter_cases[0]; i++) {
        struct found found = { .count = 0 };
        char cursor[SEARCH_CURSOR_MAX] = "";
        int err = fixture_search_page(q, filter_cases[i].filter, 0, cursor, collect, &found);

        if (err)
            fail_msg("%s: %d", filter_cases[i].name, err);
        expect_numbers(&filter_cases[i], &found);
    }
    query_close(q);
    fixture_remove_dir(&f);
}

static void call_id_is_found_on_any_day(void **state)
{
    struct fixture f;
    struct query *q;

    (void)state;
    setup(&f);
    assert_int_equal(query_open(&q, f.dir), 0);
    for (int day = 0; day < DAYS; day++) {
        struct found exact = { .count = 0 }, other_day = { .count = 0 };
        char call_id[32], text[96];
        uint64_t id;

        snprintf(call_id, sizeof call_id, "id-%d-4@host", day);
        assert_int_equal(query_find_call(q, slice_of_text(call_id), &id), 0);
        assert_int_equal(id, call_at(day, 4));
        snprintf(text, sizeof text, "call_id:%s", call_id);
        assert_int_equal(fixture_search(q, text, collect, &exact), 0);
        assert_int_equal(exact.count, 1);
        assert_int_equal(exact.ids[0], call_at(day, 4));
        /* Whatever times stand beside it. */
        snprintf(text, sizeof text, "call_id:%s time:2020-01-01", call_id);
        assert_int_equal(fixture_search(q, text, collect, &other_day), 0);
        assert_int_equal(other_day.count, 1);
        assert_int_equal(other_day.ids[0], call_at(day, 4));
    }
    query_close(q);
    fixture_remove_dir(&f);
}

static void find_call_takes_an_id_or_a_call_id(void **state)
{
    struct fixture f;
    struct query *q;
    char hex[32];
    uint64_t id = 1;

    (void)state;
    setup(&f);
    assert_int_equal(query_open(&q, f.dir), 0);
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)call_at(1, 7));
    assert_int_equal(query_find_call(q, slice_of_text(hex), &id), 0);
    assert_int_equal(id, call_at(1, 7));
    snprintf(hex, sizeof hex, "%016llX", (unsigned long long)call_at(0, 2));
    assert_int_equal(query_find_call(q, slice_of_text(hex), &id), 0);
    assert_int_equal(id, call_at(0, 2));
    assert_int_equal(query_find_call(q, SLICE("0000000000000001"), &id), -ENOENT);
    assert_int_equal(query_find_call(q, SLICE("id-0"), &id), -ENOENT);
    assert_int_equal(query_find_call(q, SLICE(""), &id), -ENOENT);
    assert_int_equal(query_find_call(q, SLICE_ABSENT, &id), -ENOENT);
    query_close(q);
    fixture_remove_dir(&f);
}

static void newest_of_a_reused_call_id_is_found(void **state)
{
    struct call_record call;
    struct fixture f;
    struct writer *w;
    struct query *q;
    uint64_t id;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    for (int day = 0; day < 3; day++) {
        for (int n = 0; n < 3; n++) {
            fixture_call(&call, call_time(day, n), 0, "reused");
            writer_submit(w, &record_type_call, &call);
        }
    }
    writer_stop(w);
    assert_int_equal(query_open(&q, f.dir), 0);
    assert_int_equal(query_find_call(q, SLICE("reused"), &id), 0);
    assert_int_equal(id, call_at(2, 2));
    query_close(q);
    fixture_remove_dir(&f);
}

/* Every page size shows every row once, in the same order. */
static void pages_show_each_row_once(void **state)
{
    struct fixture f;
    struct query *q;

    (void)state;
    setup(&f);
    assert_int_equal(query_open(&q, f.dir), 0);
    for (size_t size = 1; size <= DAYS * EACH + 1; size++) {
        struct found found = { .count = 0 };
        char cursor[SEARCH_CURSOR_MAX] = "";
        size_t before;

        do {
            before = found.count;
            assert_int_equal(fixture_search_page(q, SLICE(""), size, cursor, collect, &found), 0);
            assert_true(found.count - before <= size);
        } while (cursor[0]);
        assert_int_equal(found.count, DAYS * EACH);
        for (size_t i = 0; i < found.count; i++)
            assert_int_equal(found.ids[i],
                             call_at(DAYS - 1 - (int)(i / EACH), EACH - 1 - (int)(i % EACH)));
    }
    query_close(q);
    fixture_remove_dir(&f);
}

static void times_are_inclusive(void **state)
{
    struct found found = { .count = 0 };
    struct fixture f;
    struct query *q;

    (void)state;
    setup(&f);
    assert_int_equal(query_open(&q, f.dir), 0);
    assert_int_equal(
        fixture_search(q, "time:2026-11-21T10:08:00..2026-11-22T10:01:00", collect, &found), 0);
    assert_int_equal(found.count, 4);
    assert_int_equal(found.ids[0], call_at(1, 1));
    assert_int_equal(found.ids[3], call_at(0, 8));
    found.count = 0;
    assert_int_equal(fixture_search(q, "since:2026-11-22 until:2026-11-21", collect, &found), 0);
    assert_int_equal(found.count, 0);
    query_close(q);
    fixture_remove_dir(&f);
}

static void row_function_stops_the_search(void **state)
{
    struct found found = { .count = 0, .stop_after = 12 };
    struct fixture f;
    struct query *q;

    (void)state;
    setup(&f);
    assert_int_equal(query_open(&q, f.dir), 0);
    assert_int_equal(fixture_search(q, "", collect, &found), 0);
    assert_int_equal(found.count, 12);
    query_close(q);
    fixture_remove_dir(&f);
}

static bool expect_streams(void *ctx, const void *record)
{
    const struct call_record *call = record;

    assert_true(slice_eq(call->call_id, SLICE("with streams")));
    assert_int_equal(call->stream_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(call->streams[i].call, call->id);
        assert_int_equal(call->streams[i].packets, i);
        assert_true(slice_eq(call->streams[i].codec, i ? SLICE("PCMA") : SLICE("PCMU")));
    }
    *(bool *)ctx = true;
    return true;
}

static void call_comes_with_its_streams(void **state)
{
    struct stream_record streams[3], orphan;
    struct call_record call;
    struct fixture f;
    struct writer *w;
    struct query *q;
    bool seen = false;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    fixture_call(&call, FIXTURE_TIME, 1, "with streams");
    for (int64_t i = 0; i < 3; i++) {
        record_clear(&record_type_stream, &streams[i]);
        streams[i].id = fixture_id(FIXTURE_TIME + i * FIXTURE_S, 0);
        streams[i].call = call.id;
        streams[i].packets = i;
        streams[i].codec = i ? SLICE("PCMA") : SLICE("PCMU");
    }
    call.streams = streams;
    call.stream_count = 3;
    writer_submit(w, &record_type_call, &call);
    record_clear(&record_type_stream, &orphan);
    orphan.id = fixture_id(FIXTURE_TIME, 99);
    writer_submit(w, &record_type_stream, &orphan);
    writer_stop(w);
    assert_int_equal(query_open(&q, f.dir), 0);
    assert_int_equal(query_call(q, call.id, expect_streams, &seen), 0);
    assert_true(seen);
    assert_int_equal(query_call(q, call.id + 1, expect_streams, &seen), -ENOENT);
    assert_int_equal(query_call(q, 0, expect_streams, &seen), -ENOENT);
    assert_int_equal(query_call(q, UINT64_MAX, expect_streams, &seen), -ENOENT);
    query_close(q);
    fixture_remove_dir(&f);
}

static bool count_alert(void *ctx, const void *record)
{
    const struct alert_record *alert = record;
    struct found *found = ctx;

    assert_true(slice_eq(alert->group, SLICE("10.0.0.1")));
    return collect(found, record);
}

static bool count_capture(void *ctx, const void *record)
{
    const struct capture_record *capture = record;

    assert_int_equal(capture->received, 100 - *(int *)ctx);
    ++*(int *)ctx;
    return true;
}

static void alerts_ledgers_and_totals(void **state)
{
    struct found found = { .count = 0 };
    struct store_totals totals;
    struct fixture f;
    struct writer *w;
    struct query *q;
    int ledgers = 0;

    (void)state;
    setup(&f);
    w = fixture_writer(&f);
    for (int i = 0; i < 5; i++) {
        struct alert_record alert;
        struct capture_record capture;

        record_clear(&record_type_alert, &alert);
        alert.id = call_at(i % DAYS, i);
        alert.group = SLICE("10.0.0.1");
        writer_submit(w, &record_type_alert, &alert);
        record_clear(&record_type_capture, &capture);
        capture.start_time = call_time(0, i);
        capture.source = SLICE("eth0");
        capture.received = 96 + i;
        writer_submit(w, &record_type_capture, &capture);
    }
    writer_stop(w);
    assert_int_equal(query_open(&q, f.dir), 0);
    assert_int_equal(query_alerts(q, 0, 0, count_alert, &found), 0);
    assert_int_equal(found.count, 5);
    for (size_t i = 1; i < found.count; i++)
        assert_true(found.ids[i] < found.ids[i - 1]);
    assert_int_equal(query_alerts(q, found.ids[2], 1, count_alert, &found), 0);
    assert_int_equal(found.count, 6);
    assert_int_equal(found.ids[5], found.ids[3]);
    assert_int_equal(query_captures(q, 3, count_capture, &ledgers), 0);
    assert_int_equal(ledgers, 3);
    for (int round = 0; round < 2; round++) { /* counted, then remembered */
        assert_int_equal(query_totals(q, &totals), 0);
        assert_int_equal(totals.calls, DAYS * EACH);
        assert_int_equal(totals.alerts, 5);
        assert_int_equal(totals.days, DAYS);
        assert_int_equal(totals.first_time, call_time(0, 0));
        assert_int_equal(totals.last_time, call_time(DAYS - 1, EACH - 1));
        assert_true(totals.bytes > 4096);
    }
    query_close(q);
    fixture_remove_dir(&f);
}

static void empty_store_answers(void **state)
{
    struct found found = { .count = 0 };
    struct store_totals totals;
    char path[128];
    struct fixture f;
    struct query *q;

    (void)state;
    fixture_make_dir(&f);
    snprintf(path, sizeof path, "%s/none", f.dir);
    assert_int_equal(query_open(&q, path), -ENOENT);
    assert_int_equal(query_open(&q, f.dir), 0);
    assert_int_equal(fixture_search(q, "", collect, &found), 0);
    assert_int_equal(query_totals(q, &totals), 0);
    assert_int_equal(totals.calls, 0);
    assert_int_equal(totals.first_time, RECORD_NONE);
    query_close(q);
    fixture_remove_dir(&f);
}

static void sees_what_a_writer_commits(void **state)
{
    struct fixture f;
    struct writer *w;
    struct query *q;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    assert_int_equal(query_open(&q, f.dir), 0);
    for (int n = 0; n < 30; n++) {
        struct found found = { .count = 0 };
        struct store_totals totals;
        struct call_record call;

        fixture_call(&call, call_time(n / 10, n), 0, "x");
        writer_submit(w, &record_type_call, &call);
        writer_flush(w);
        assert_int_equal(fixture_search(q, "", collect, &found), 0);
        assert_int_equal(found.count, n + 1);
        assert_int_equal(query_totals(q, &totals), 0);
        assert_int_equal(totals.calls, n + 1);
    }
    writer_stop(w);
    query_close(q);
    fixture_remove_dir(&f);
}

static void damaged_or_removed_day_leaves_the_others(void **state)
{
    struct found found = { .count = 0 };
    struct fixture f;
    struct query *q;
    char path[128];
    FILE *file;

    (void)state;
    setup(&f);
    assert_int_equal(query_open(&q, f.dir), 0);
    assert_int_equal(fixture_search(q, "", collect, &found), 0);
    snprintf(path, sizeof path, "%s/2026-11-22/calls.sqlite", f.dir);
    assert_int_equal(remove(path), 0);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("no database at all, and long enough to be read as the header of one, which it is not "
          "by any means",
          file);
    fclose(file);
    snprintf(path, sizeof path, "%s/2026-11-23/calls.sqlite", f.dir);
    assert_int_equal(remove(path), 0);
    found.count = 0;
    assert_int_equal(fixture_search(q, "", collect, &found), 0);
    assert_int_equal(found.count, EACH);
    assert_int_equal(found.ids[0], call_at(0, 9));
    query_close(q);
    fixture_remove_dir(&f);
}

struct in_order {
    int64_t times[EACH * DAYS];
    size_t count, stop_after;
};

static bool note_order(void *ctx, const void *record)
{
    const struct call_record *call = record;
    struct in_order *o = ctx;

    assert_true(o->count < EACH * DAYS);
    o->times[o->count++] = call->invite_time;
    return o->count != o->stop_after;
}

static void a_range_is_told_oldest_first_over_days(void **state)
{
    struct fixture f;
    struct query *q = NULL;
    struct in_order o = { .count = 0 };

    (void)state;
    setup(&f);
    assert_int_equal(query_open(&q, f.dir), 0);
    /* From call 7 of the first day to before call 2 of the last one. */
    assert_int_equal(
        query_range(q, &record_type_call, call_time(0, 7), call_time(2, 2), note_order, &o), 0);
    assert_int_equal(o.count, 3 + EACH + 2);
    assert_int_equal(o.times[0], call_time(0, 7));
    assert_int_equal(o.times[o.count - 1], call_time(2, 1));
    for (size_t i = 1; i < o.count; i++)
        assert_true(o.times[i - 1] < o.times[i]);
    o = (struct in_order){ .stop_after = 4 };
    assert_int_equal(
        query_range(q, &record_type_call, call_time(0, 7), call_time(2, 2), note_order, &o), 0);
    assert_int_equal(o.count, 4);
    o = (struct in_order){ .count = 0 };
    assert_int_equal(
        query_range(q, &record_type_call, call_time(1, 3), call_time(1, 3), note_order, &o), 0);
    assert_int_equal(
        query_range(q, &record_type_baseline, call_time(0, 0), call_time(2, 9), note_order, &o), 0);
    assert_int_equal(o.count, 0);
    query_close(q);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_told_oldest_first_over_days),
        cmocka_unit_test(filters_find_what_they_say),
        cmocka_unit_test(call_id_is_found_on_any_day),
        cmocka_unit_test(find_call_takes_an_id_or_a_call_id),
        cmocka_unit_test(newest_of_a_reused_call_id_is_found),
        cmocka_unit_test(pages_show_each_row_once),
        cmocka_unit_test(times_are_inclusive),
        cmocka_unit_test(row_function_stops_the_search),
        cmocka_unit_test(call_comes_with_its_streams),
        cmocka_unit_test(alerts_ledgers_and_totals),
        cmocka_unit_test(empty_store_answers),
        cmocka_unit_test(sees_what_a_writer_commits),
        cmocka_unit_test(damaged_or_removed_day_leaves_the_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
