/* A call's row is kept short and comes back in full, to Earshot and to whoever looks in by SQL. */
#include "storage/call_short.h"
#include "storage/day_db.h"
#include "storage/record_sql.h"
#include "tests/unit/store_fixture.h"

#include <sqlite3.h>

#define EVIDENCE                                                                                   \
    "{\"why\":\"both_heard\",\"silent_side\":null,\"packets\":{\"caller\":17,\"callee\":19},"      \
    "\"talk_ms\":1234,\"announced\":{\"caller\":\"192.0.2.1:4000\",\"callee\":\"192.0.2.9:4002\"}" \
    "}"

struct day {
    struct fixture f;
    sqlite3 *db;
    sqlite3_stmt *insert, *select;
    struct call_texts *texts;
};

static void open_day(struct day *d)
{
    const struct record_table *table = &record_sql_tables[0];
    struct strbuf sql = { 0 };

    fixture_make_dir(&d->f);
    assert_int_equal(
        day_db_open_write(&d->db, d->f.dir, record_id_day(fixture_id(FIXTURE_TIME, 0))), 0);
    assert_int_equal(call_texts_open(&d->texts, d->db), 0);
    assert_non_null(d->texts);
    record_sql_insert(&sql, table);
    assert_int_equal(day_db_prepare(&d->insert, d->db, strbuf_slice(&sql)), 0);
    strbuf_reset(&sql);
    record_sql_select(&sql, table, d->db);
    strbuf_add_text(&sql, " WHERE id = ?");
    assert_int_equal(day_db_prepare(&d->select, d->db, strbuf_slice(&sql)), 0);
    strbuf_fini(&sql);
}

static void close_day(struct day *d)
{
    sqlite3_finalize(d->insert);
    sqlite3_finalize(d->select);
    call_texts_close(d->texts);
    day_db_close(d->db);
    fixture_remove_dir(&d->f);
}

static void run(struct day *d, const char *sql)
{
    if (sqlite3_exec(d->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(d->db));
}

static void put(struct day *d, const struct call_record *call)
{
    assert_int_equal(record_sql_bind(d->insert, &record_sql_tables[0], call, d->texts), SQLITE_OK);
    assert_int_equal(sqlite3_step(d->insert), SQLITE_DONE);
    sqlite3_reset(d->insert);
}

/* Good until the next. */
static void get(struct day *d, uint64_t id, struct call_record *call)
{
    sqlite3_reset(d->select);
    sqlite3_bind_int64(d->select, 1, (int64_t)id);
    assert_int_equal(sqlite3_step(d->select), SQLITE_ROW);
    record_sql_read(d->select, &record_type_call, call);
}

/* Everything that has a short form. */
static void full_call(struct call_record *call, unsigned n)
{
    fixture_call(call, FIXTURE_TIME + (int64_t)n * 1000, n, "some@where");
    call->transport = SLICE("udp");
    call->from_uri = SLICE("sip:+493012345@192.0.2.1;user=phone");
    call->to_uri = SLICE("sip:+442071234");
    call->request_uri = call->to_uri;
    call->from_number = call->from_user;
    call->to_number = SLICE("+44207123");
    call->user_agent = SLICE("Phone 1\0x");
    call->reason_header = SLICE("Q.850;cause=16");
    call->codecs = SLICE("[\"PCMA\"]");
    call->sip_anomalies = call->deviations = call->history = SLICE("[]");
    call->media_evidence = SLICE(EVIDENCE);
    call->answer_time = call->settled_time = call->invite_time + 5;
    call->closed_time = call->end_time;
    call->mos_lq = 4.409;
    call->loss_ratio = 0.000001;
    call->duration_ms = 1e300;
    call->setup_ms = INFINITY;
}

static void expect_slice(struct slice a, struct slice b)
{
    if (!a.p != !b.p || !slice_eq(a, b))
        fail_msg("'%.*s' came back as '%.*s'", (int)a.len, a.p, (int)b.len, b.p);
}

static void expect_same(const struct call_record *a, const struct call_record *b)
{
    for (size_t i = 0; i < record_type_call.field_count; i++) {
        const struct record_field *f = &record_type_call.fields[i];
        const void *x = record_at(a, f), *y = record_at(b, f);

        if (record_is_slice(f))
            expect_slice(*(const struct slice *)x, *(const struct slice *)y);
        else if (memcmp(x, y, f->kind == FIELD_BOOL ? 1 : 8) != 0 &&
                 !(f->kind == FIELD_REAL && isnan(*(const double *)x) && isnan(*(const double *)y)))
            fail_msg("%s came back different", f->name);
    }
}

static void comes_back_in_full(void **state)
{
    struct call_record call, back;
    struct day d;

    (void)state;
    open_day(&d);
    for (unsigned n = 0; n < 6; n++) {
        full_call(&call, n);
        if (n == 1)
            call.closed_time = RECORD_NONE; /* not over: kept as it is */
        if (n == 2)
            call.from_uri = SLICE("sips:x"), call.to_uri = SLICE("sip:other"),
            call.request_uri = SLICE("");
        if (n == 3)
            call.from_user = SLICE("a\0b"), call.from_uri = SLICE("sip:a\0b@host"),
            call.from_number = SLICE_ABSENT;
        if (n == 4)
            call.closed_time = call.settled_time = 0, call.invite_time = 1;
        if (n == 5)
            call.answer_time = RECORD_NONE, call.settled_time = call.end_time,
            call.codecs = SLICE("[]");
        put(&d, &call);
        get(&d, call.id, &back);
        expect_same(&call, &back);
    }
    close_day(&d);
}

static int64_t ask(struct day *d, const char *sql)
{
    sqlite3_stmt *s;
    int64_t value;

    assert_int_equal(day_db_prepare(&s, d->db, slice_of_text(sql)), 0);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    value = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return value;
}

static void is_short(void **state)
{
    struct call_record call;
    struct day d;

    (void)state;
    open_day(&d);
    full_call(&call, 0);
    put(&d, &call);
    assert_int_equal(ask(&d, "SELECT typeof(request_uri) = 'integer' AND typeof(from_uri) = 'blob' "
                             "AND typeof(user_agent) = 'integer' AND mos_lq = 4409 AND "
                             "typeof(closed_time) = 'text' AND from_number = 0 AND deviations = 0 "
                             "AND length(media_evidence) < 100 FROM calls"),
                     1);
    close_day(&d);
}

/* calls_shown, by the columns' own types, is what Earshot reads; but for what is packed. */
static void sql_shows_it_in_full(void **state)
{
    struct call_record call, back;
    sqlite3_stmt *s;
    struct day d;

    (void)state;
    open_day(&d);
    full_call(&call, 0);
    call.user_agent = SLICE("Phone 1");
    call.setup_ms = call.duration_ms = 10;
    put(&d, &call);
    assert_int_equal(day_db_prepare(&s, d.db, SLICE("SELECT * FROM calls_shown")), 0);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_int_equal(sqlite3_column_count(s), record_type_call.field_count);
    for (int i = 0; i < sqlite3_column_count(s); i++) {
        char name[RECORD_COLUMN_MAX];

        record_sql_column(&record_type_call.fields[i], name);
        assert_string_equal(sqlite3_column_name(s, i), name);
    }
    record_sql_read(s, &record_type_call, &back);
    back.media_evidence = call.media_evidence;
    expect_same(&call, &back);
    sqlite3_finalize(s);
    close_day(&d);
}

/* Ids of texts that a rollback took are given anew. */
static void rollback_takes_its_texts_along(void **state)
{
    struct call_record call, back;
    struct day d;

    (void)state;
    open_day(&d);
    full_call(&call, 0);
    put(&d, &call);
    run(&d, "BEGIN");
    full_call(&call, 1);
    call.user_agent = SLICE("gone");
    put(&d, &call);
    run(&d, "ROLLBACK");
    assert_int_equal(call_texts_reload(d.texts), 0);
    for (unsigned n = 2; n < 4; n++) {
        full_call(&call, n);
        call.user_agent = n == 2 ? SLICE("another") : SLICE("gone");
        put(&d, &call);
        get(&d, call.id, &back);
        expect_slice(call.user_agent, back.user_agent);
    }
    close_day(&d);
}

/* Whoever sends another User-Agent with each call makes no endless list. */
static void texts_have_an_end(void **state)
{
    struct call_record call, back;
    char text[CALL_TEXT_BYTES_MAX + 2];
    struct day d;

    (void)state;
    open_day(&d);
    run(&d, "BEGIN");
    for (unsigned n = 0; n < CALL_TEXTS_MAX + 20; n++) {
        snprintf(text, sizeof text, "agent %u", n);
        fixture_call(&call, FIXTURE_TIME + (int64_t)n * 1000, n, "x");
        call.user_agent = slice_of_text(text);
        put(&d, &call);
    }
    get(&d, call.id, &back);
    expect_slice(call.user_agent, back.user_agent);
    memset(text, 'a', sizeof text);
    call.user_agent = slice_of(text, sizeof text);
    put(&d, &call);
    get(&d, call.id, &back);
    expect_slice(call.user_agent, back.user_agent);
    run(&d, "COMMIT");
    assert_int_equal(ask(&d, "SELECT count(*) FROM texts"), CALL_TEXTS_MAX);
    close_day(&d);
}

static void nonsense_is_null(void **state)
{
    static const char *const damages[] = {
        "UPDATE calls SET media_evidence = x'01'",
        "UPDATE calls SET media_evidence = x'01ffffff00'",
        "UPDATE calls SET media_evidence = x'0900010041'",
        "UPDATE calls SET media_evidence = substr(media_evidence, 1, 9)",
        "UPDATE calls SET user_agent = 77, media_evidence = NULL",
        "UPDATE calls SET user_agent = -1, media_evidence = NULL",
        "DELETE FROM texts",
    };
    struct call_record call, back;

    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        struct day d;

        open_day(&d);
        full_call(&call, 0);
        put(&d, &call);
        run(&d, damages[i]);
        get(&d, call.id, &back);
        if (i < 4)
            assert_null(back.media_evidence.p);
        else
            assert_null(back.user_agent.p);
        expect_slice(call.call_id, back.call_id);
        close_day(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_in_full),   cmocka_unit_test(is_short),
        cmocka_unit_test(sql_shows_it_in_full), cmocka_unit_test(rollback_takes_its_texts_along),
        cmocka_unit_test(texts_have_an_end),    cmocka_unit_test(nonsense_is_null),
    };

    return cmocka_run_group_tests_name("call_short", tests, NULL, NULL);
}
