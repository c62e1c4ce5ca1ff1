/* What a store says of calls besides their rows: legs, minutes of trunks, guards; old days too. */
#include "storage/day_db.h"
#include "storage/store_dir.h"
#include "tests/unit/search_fixture.h"

#include <sqlite3.h>

enum { FOUND_MAX = 256 };

struct found {
    uint64_t ids[FOUND_MAX];
    size_t count;
};

static bool collect(void *ctx, const void *record)
{
    struct found *found = ctx;

    assert_true(found->count < FOUND_MAX);
    memcpy(&found->ids[found->count++], record, sizeof(uint64_t));
    return true;
}

/* --- legs ----------------------------------------------------------------------------------- */

/* Call n begins n seconds after the last second but one of a day, so that 0 and 1 lie in one day, the
 * others in the next. */
static uint64_t call_id(unsigned n)
{
    int64_t midnight = FIXTURE_TIME + FIXTURE_DAY - FIXTURE_TIME % FIXTURE_DAY;

    return fixture_id(midnight - 2 * FIXTURE_S + n * FIXTURE_S, n);
}

static void add_leg(struct writer *w, unsigned a, unsigned b)
{
    struct leg_record leg;

    record_clear(&record_type_leg, &leg);
    leg.id = call_id(b) + 100 + a;
    leg.time = record_id_time_ns(call_id(b));
    leg.leg_group = call_id(a);
    leg.call_a = call_id(a);
    leg.call_b = call_id(b);
    leg.evidence = SLICE("[]");
    writer_submit(w, &record_type_leg, &leg);
}

struct leg_case {
    const char *name;
    const char *pairs; /* "01 12": call 0 with 1, 1 with 2 */
    unsigned asked;
    size_t expect;
};

/* clang-format off */
static const struct leg_case leg_cases[] = {
    { "alone", "", 0, 0 },
    { "others are joined", "12 34", 0, 0 },
    { "one pair, from its first", "01", 0, 1 },
    { "one pair, from its second", "01", 1, 1 },
    { "over midnight", "12", 1, 1 },
    { "over midnight, from the other side", "12", 2, 1 },
    { "a chain, from its end", "01 12 23 34", 4, 4 },
    { "a chain, from its middle", "01 12 23 34", 2, 4 },
    { "all with all", "01 02 03 12 13 23", 3, 6 },
    { "a ring", "01 12 02", 1, 3 },
    { "two conversations", "01 23 34", 4, 2 },
};
/* clang-format on */

static void legs_are_followed_as_far_as_they_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof leg_cases / sizeof leg_cases[0]; i++) {
        const struct leg_case *c = &leg_cases[i];
        struct found found = { .count = 0 };
        struct fixture f;
        struct writer *w;
        struct query *q;

        fixture_make_dir(&f);
        w = fixture_writer(&f);
        for (const char *p = c->pairs; *p; p += p[2] ? 3 : 2)
            add_leg(w, (unsigned)(p[0] - '0'), (unsigned)(p[1] - '0'));
        writer_stop(w);
        assert_int_equal(query_open(&q, f.dir), 0);
        assert_int_equal(query_legs(q, call_id(c->asked), collect, &found), 0);
        if (found.count != c->expect)
            fail_msg("%s: %zu pairs, not %zu", c->name, found.count, c->expect);
        for (size_t k = 1; k < found.count; k++)
            assert_true(found.ids[k - 1] < found.ids[k]);
        query_close(q);
        fixture_remove_dir(&f);
    }
}

struct named {
    uint64_t calls[64];
    size_t count;
};

static bool name_calls(void *ctx, const void *record)
{
    const struct leg_record *leg = record;
    const uint64_t ids[2] = { leg->call_a, leg->call_b };
    struct named *named = ctx;

    for (int i = 0; i < 2; i++) {
        size_t k = 0;

        while (k < named->count && named->calls[k] != ids[i])
            k++;
        if (k == named->count)
            named->calls[named->count++] = ids[i];
    }
    return true;
}

/* A conversation of more calls than that: who is asked for is among them, and no pair names one that
 * is left out. */
static void legs_are_bounded(void **state)
{
    struct named named = { .count = 0 };
    struct fixture f;
    struct writer *w;
    struct query *q;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    for (unsigned n = 1; n < 40; n++)
        add_leg(w, 0, n);
    writer_stop(w);
    assert_int_equal(query_open(&q, f.dir), 0);
    assert_int_equal(query_legs(q, call_id(0), name_calls, &named), 0);
    assert_int_equal(named.count, QUERY_LEG_CALLS_MAX);
    query_close(q);
    fixture_remove_dir(&f);
}

/* --- minutes -------------------------------------------------------------------------------- */

#define MINUTE_NS (60 * FIXTURE_S)

/* Three groups a minute: all; a trunk; a destination of that trunk. */
static void add_minutes(struct writer *w, int minutes)
{
    for (int n = 0; n < minutes; n++) {
        for (unsigned group = 0; group < 3; group++) {
            struct kpi_record k;

            record_clear(&record_type_kpi, &k);
            k.time = FIXTURE_TIME + n * MINUTE_NS;
            k.id = fixture_id(k.time + group * 1000, group);
            k.trunk = group ? SLICE("t") : SLICE_ABSENT;
            k.direction = group ? SLICE("in") : SLICE_ABSENT;
            k.destination = group == 2 ? SLICE("d") : SLICE_ABSENT;
            k.attempts = n;
            writer_submit(w, &record_type_kpi, &k);
        }
    }
}

static void minutes_are_found_by_time_and_group(void **state)
{
    const struct {
        struct kpi_filter filter;
        size_t expect;
    } cases[] = {
        { { .since = RECORD_NONE, .until = RECORD_NONE }, 30 },
        { { .since = RECORD_NONE, .until = RECORD_NONE, .trunk = SLICE_INIT("t") }, 20 },
        { { .since = RECORD_NONE, .until = RECORD_NONE, .trunk = SLICE_INIT("") }, 10 },
        { { .since = RECORD_NONE, .until = RECORD_NONE, .trunk = SLICE_INIT("none") }, 0 },
        { { .since = RECORD_NONE,
            .until = RECORD_NONE,
            .trunk = SLICE_INIT("t"),
            .direction = SLICE_INIT("in"),
            .destination = SLICE_INIT("") },
          10 },
        { { .since = RECORD_NONE, .until = RECORD_NONE, .destination = SLICE_INIT("d") }, 10 },
        { { .since = RECORD_NONE, .until = RECORD_NONE, .direction = SLICE_INIT("out") }, 0 },
        { { .since = FIXTURE_TIME + 8 * MINUTE_NS, .until = RECORD_NONE }, 6 },
        { { .since = FIXTURE_TIME + 8 * MINUTE_NS + 1, .until = RECORD_NONE }, 3 },
        { { .since = RECORD_NONE, .until = FIXTURE_TIME }, 3 },
        { { .since = RECORD_NONE, .until = FIXTURE_TIME - 1 }, 0 },
        { { .since = RECORD_NONE, .until = RECORD_NONE, .limit = 4 }, 4 },
    };
    struct fixture f;
    struct writer *w;
    struct query *q;
    int64_t newest;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    add_minutes(w, 10);
    writer_stop(w);
    assert_int_equal(query_open(&q, f.dir), 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct found found = { .count = 0 };

        assert_int_equal(query_kpis(q, &cases[i].filter, collect, &found), 0);
        if (found.count != cases[i].expect)
            fail_msg("case %zu: %zu minutes, not %zu", i, found.count, cases[i].expect);
        for (size_t k = 1; k < found.count; k++)
            assert_true(found.ids[k - 1] > found.ids[k]);
    }
    assert_int_equal(query_newest_kpi(q, &newest), 0);
    assert_int_equal(newest, FIXTURE_TIME + 9 * MINUTE_NS);
    query_close(q);
    fixture_remove_dir(&f);
}

/* --- guards, and old days ------------------------------------------------------------------- */

typedef int page_fn(struct query *q, uint64_t before, size_t limit, query_row_fn row, void *ctx);

static const struct {
    const struct record_type *type;
    page_fn *query;
} pages[] = {
    { &record_type_registration, query_registrations },
    { &record_type_peer, query_peers },
    { &record_type_security, query_security },
    { &record_type_transaction, query_transactions },
};
enum { PAGES = sizeof pages / sizeof pages[0] };

union any_record {
    struct registration_record registration;
    struct peer_record peer;
    struct security_record security;
    struct transaction_record transaction;
};

static void add_guards(struct writer *w, const struct record_type *type)
{
    for (unsigned n = 0; n < 5; n++) {
        union any_record record;
        uint64_t id = fixture_id(FIXTURE_TIME + (n % 2) * FIXTURE_DAY + n * FIXTURE_S, n);

        record_clear(type, &record);
        memcpy(&record, &id, sizeof id); /* the first field of each */
        writer_submit(w, type, &record);
    }
}

static void guards_come_in_pages_newest_first(void **state)
{
    struct fixture f;
    struct writer *w;
    struct query *q;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    for (size_t i = 0; i < PAGES; i++)
        add_guards(w, pages[i].type);
    writer_stop(w);
    assert_int_equal(query_open(&q, f.dir), 0);
    for (size_t i = 0; i < PAGES; i++) {
        struct found all = { .count = 0 }, paged = { .count = 0 };

        assert_int_equal(pages[i].query(q, 0, 0, collect, &all), 0);
        assert_int_equal(all.count, 5);
        assert_int_equal(pages[i].query(q, 0, 2, collect, &paged), 0);
        assert_int_equal(pages[i].query(q, paged.ids[1], 0, collect, &paged), 0);
        assert_int_equal(paged.count, 5);
        assert_memory_equal(all.ids, paged.ids, 5 * sizeof all.ids[0]);
        for (size_t k = 1; k < all.count; k++)
            assert_true(all.ids[k - 1] > all.ids[k]);
    }
    query_close(q);
    fixture_remove_dir(&f);
}

/* A closed day of version 3: no legs, no minutes, no guards, and no column for a deviation. */
static void make_day_3(const struct fixture *f)
{
    static char schema[32768];
    FILE *file = fopen(TEST_DATA "/schema_3.sql", "r");
    char path[STORE_PATH_MAX], sql[256];
    int32_t day = record_id_day(fixture_id(FIXTURE_TIME, 0));
    sqlite3 *db;
    size_t n;

    assert_non_null(file);
    n = fread(schema, 1, sizeof schema - 1, file);
    assert_true(n > 1000 && n < sizeof schema - 1);
    schema[n] = '\0';
    fclose(file);
    snprintf(sql, sizeof sql,
             "INSERT INTO calls(id, call_id, state) VALUES(%llu, 'old', 'completed');"
             "PRAGMA journal_mode = WAL; PRAGMA user_version = 3",
             (unsigned long long)fixture_id(FIXTURE_TIME, 0));
    assert_int_equal(store_dir_make_day(f->dir, day), 0);
    assert_int_equal(store_dir_path(path, f->dir, day, DAY_DB_FILE), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, schema, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void old_day_has_none_of_it(void **state)
{
    struct found found = { .count = 0 };
    struct fixture f;
    struct query *q;
    int64_t newest = 0;

    (void)state;
    fixture_make_dir(&f);
    make_day_3(&f);
    assert_int_equal(query_open(&q, f.dir), 0);
    assert_int_equal(query_legs(q, fixture_id(FIXTURE_TIME, 0), collect, &found), 0);
    for (size_t i = 0; i < PAGES; i++)
        assert_int_equal(pages[i].query(q, 0, 0, collect, &found), 0);
    assert_int_equal(query_kpis(q,
                                &(struct kpi_filter){ .since = RECORD_NONE, .until = RECORD_NONE },
                                collect, &found),
                     0);
    assert_int_equal(query_newest_kpi(q, &newest), 0);
    assert_int_equal(newest, RECORD_NONE);
    assert_int_equal(fixture_search(q, "deviation:ack_missing", collect, &found), 0);
    assert_int_equal(found.count, 0);
    assert_int_equal(fixture_search(q, "", collect, &found), 0);
    assert_int_equal(found.count, 1);
    query_close(q);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(legs_are_followed_as_far_as_they_go),
        cmocka_unit_test(legs_are_bounded),
        cmocka_unit_test(minutes_are_found_by_time_and_group),
        cmocka_unit_test(guards_come_in_pages_newest_first),
        cmocka_unit_test(old_day_has_none_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
