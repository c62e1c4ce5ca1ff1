/* schema.sql and the field tables of the records agree, and older databases are brought along. */
#include "storage/day_db.h"
#include "storage/record_sql.h"
#include "storage/store_dir.h"
#include "tests/unit/search_fixture.h"

#include <errno.h>
#include <sqlite3.h>
#include <sys/stat.h>

static const char *const types[] = {
    [FIELD_TEXT] = "TEXT",      [FIELD_INT] = "INTEGER",  [FIELD_REAL] = "REAL",
    [FIELD_TIME] = "INTEGER",   [FIELD_BOOL] = "INTEGER", [FIELD_ADDR] = "TEXT",
    [FIELD_ID] = "INTEGER",     [FIELD_SSRC] = "INTEGER", [FIELD_JSON] = "TEXT",
    [FIELD_INTERVALS] = "BLOB",
};

/* As version 2 wrote them. */
#define INTERVALS_2                                                                                \
    "[{\"t\":1795254003.200000,\"packets\":250,\"lost\":0,\"jitter_ms_max\":2.110,\"mos_lq\":4."   \
    "409},"                                                                                        \
    "{\"t\":1795254008.200000,\"packets\":0,\"lost\":0,\"jitter_ms_max\":null,\"mos_lq\":null}]"

static sqlite3 *open_memory(void)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    return db;
}

static void expect_column(sqlite3_stmt *s, const char *name, const char *type)
{
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_string_equal(sqlite3_column_text(s, 1), name);
    if (strcmp((const char *)sqlite3_column_text(s, 2), "ANY") != 0) /* of what may be short */
        assert_string_equal(sqlite3_column_text(s, 2), type);
}

static void schema_has_the_fields_in_their_order(void **state)
{
    sqlite3 *db = open_memory();

    (void)state;
    assert_int_equal(sqlite3_exec(db, day_db_schema, NULL, NULL, NULL), SQLITE_OK);
    for (int t = 0; t < RECORD_TABLES; t++) {
        const struct record_table *table = &record_sql_tables[t];
        char sql[64], name[RECORD_COLUMN_MAX];
        sqlite3_stmt *s;

        snprintf(sql, sizeof sql, "PRAGMA table_info(%s)", table->name);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
        if (table->computed == COMPUTED_LEDGER_ID)
            expect_column(s, "id", "INTEGER");
        for (size_t i = 0; i < table->type->field_count; i++) {
            record_sql_column(&table->type->fields[i], name);
            expect_column(s, name, types[table->type->fields[i].kind]);
            if (strcmp(name, "id") == 0)
                assert_int_equal(sqlite3_column_int(s, 5), 1); /* the primary key */
        }
        if (table->computed == COMPUTED_CALL_ID_HASH)
            expect_column(s, table->computed_name, "INTEGER");
        assert_int_equal(sqlite3_step(s), SQLITE_DONE);
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
}

/* The plan that SQLite makes of a question. */
static void expect_plan(sqlite3 *db, const char *question, const char *part)
{
    char sql[512];
    sqlite3_stmt *s;

    snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", question);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    if (!strstr((const char *)sqlite3_column_text(s, 3), part))
        fail_msg("%s: %s", question, (const char *)sqlite3_column_text(s, 3));
    sqlite3_finalize(s);
}

static void hot_questions_use_their_index(void **state)
{
    sqlite3 *db = open_memory();

    (void)state;
    assert_int_equal(sqlite3_exec(db, day_db_schema, NULL, NULL, NULL), SQLITE_OK);
    expect_plan(db,
                "SELECT id FROM calls WHERE id >= ? AND id <= ? AND call_id_hash = ? AND "
                "call_id = ? ORDER BY id DESC",
                "calls_call_id_hash (call_id_hash=? AND rowid>? AND rowid<?)");
    expect_plan(db,
                "SELECT place FROM chunks WHERE id = ? AND place >= ? AND place < ? ORDER BY place",
                "chunks_id (id=? AND rowid>? AND rowid<?)");
    expect_plan(db, "SELECT id FROM streams WHERE call = ? ORDER BY id DESC", "streams_call");
    expect_plan(db, "SELECT id FROM calls WHERE id < ? ORDER BY id DESC", "PRIMARY KEY (rowid<?)");
    sqlite3_close(db);
}

static int read_int(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    int value;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    value = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return value;
}

static void steps_run_once_each_and_in_order(void **state)
{
    static const struct day_db_step steps[] = {
        { 2, "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 2" },
        { 3, "UPDATE t SET b = b * 10" },
        { 0, NULL },
    };
    sqlite3 *db = open_memory();

    (void)state;
    assert_int_equal(day_db_migrate(db, "CREATE TABLE t(a); INSERT INTO t VALUES(1)", steps, 1), 0);
    assert_int_equal(day_db_migrate(db, "broken", steps, 3), 0);
    assert_int_equal(read_int(db, "SELECT b FROM t"), 20);
    assert_int_equal(read_int(db, "PRAGMA user_version"), 3);
    assert_int_equal(day_db_migrate(db, "broken", steps, 3), 0);
    assert_int_equal(read_int(db, "SELECT b FROM t"), 20);
    assert_int_equal(day_db_migrate(db, "broken", steps, 2), -EPROTO);
    sqlite3_close(db);
}

static void failed_step_leaves_the_version_before(void **state)
{
    static const struct day_db_step steps[] = {
        { 2, "CREATE TABLE u(a); SELECT nonsense" },
        { 0, NULL },
    };
    sqlite3 *db = open_memory();

    (void)state;
    assert_int_equal(day_db_migrate(db, "CREATE TABLE t(a)", steps, 1), 0);
    assert_true(day_db_migrate(db, "", steps, 2) < 0);
    assert_int_equal(read_int(db, "PRAGMA user_version"), 1);
    assert_int_equal(read_int(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'u'"), 0);
    sqlite3_close(db);
}

static bool count_row(void *ctx, const void *record)
{
    (void)record;
    ++*(int *)ctx;
    return true;
}

/* A closed day is never rewritten: what it lacks is null to a reader. */
static void reader_takes_a_missing_column_as_null(void **state)
{
    struct strbuf sql = { 0 };
    struct call_record call;
    sqlite3 *db = open_memory();
    sqlite3_stmt *s;

    (void)state;
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TABLE calls(id INTEGER PRIMARY KEY, call_id TEXT);"
                                  "INSERT INTO calls VALUES(7, 'x')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    record_sql_select(&sql, &record_sql_tables[0], db);
    assert_int_equal(day_db_prepare(&s, db, strbuf_slice(&sql)), 0);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    record_sql_read(s, &record_type_call, &call);
    assert_int_equal(call.id, 7);
    assert_true(slice_eq(call.call_id, SLICE("x")));
    assert_null(call.from_user.p);
    assert_int_equal(call.final_status, RECORD_NONE);
    assert_true(isnan(call.mos_lq));
    sqlite3_finalize(s);
    sqlite3_close(db);
    strbuf_fini(&sql);
}

/* A day as an older version left it: its schema, then what fills it. */
static void make_old_day(const struct fixture *f, int32_t day, const char *schema_file,
                         const char *rows)
{
    char path[STORE_PATH_MAX], schema[16384];
    FILE *file = fopen(schema_file, "r");
    size_t n;
    sqlite3 *db;

    assert_non_null(file);
    n = fread(schema, 1, sizeof schema - 1, file);
    assert_true(n > 1000 && n < sizeof schema - 1);
    schema[n] = '\0';
    fclose(file);
    assert_int_equal(store_dir_make_day(f->dir, day), 0);
    assert_int_equal(store_dir_path(path, f->dir, day, DAY_DB_FILE), 0);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, schema, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, rows, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Calls with and without a VLAN, a ledger. */
static void make_day_1(const struct fixture *f, int32_t day)
{
    static const char rows[] =
        "INSERT INTO calls(id, call_id, network) VALUES(%llu, 'a', NULL), (%llu, 'b', 100),"
        " (%llu, 'c', 409642);"
        "INSERT INTO captures(id, source, received, bins) VALUES(1, 'eth0', 7, '{\"sip\":7}');"
        "PRAGMA journal_mode = WAL; PRAGMA user_version = 1";
    char sql[512];

    snprintf(sql, sizeof sql, rows, (unsigned long long)fixture_id(FIXTURE_TIME, 0),
             (unsigned long long)fixture_id(FIXTURE_TIME, 1),
             (unsigned long long)fixture_id(FIXTURE_TIME, 2));
    make_old_day(f, day, TEST_DATA "/schema_1.sql", sql);
}

/* Streams with intervals as JSON, with none, and with those of an odd kind. */
static void make_day_2(const struct fixture *f, int32_t day)
{
    static const char rows[] =
        "INSERT INTO calls(id, call_id, mos_lq) VALUES(%llu, 'a', 4.25);"
        "INSERT INTO streams(id, call, packets, mos_lq_jb200, rtcp_reports, intervals) VALUES"
        "(%llu, %llu, 250, 4.25, 3, '" INTERVALS_2 "'), (%llu, %llu, 7, NULL, 0, NULL),"
        "(%llu, %llu, 9, NULL, 0, '[]');"
        "INSERT INTO captures(id, source, received) VALUES(1, 'eth0', 7);"
        "PRAGMA journal_mode = WAL; PRAGMA user_version = 2";
    unsigned long long ids[4];
    char sql[1024];

    for (unsigned i = 0; i < 4; i++)
        ids[i] = (unsigned long long)fixture_id(FIXTURE_TIME, i);
    snprintf(sql, sizeof sql, rows, ids[0], ids[1], ids[0], ids[2], ids[0], ids[3], ids[0]);
    make_old_day(f, day, TEST_DATA "/schema_2.sql", sql);
}

static bool write_record(void *ctx, const void *record)
{
    struct jsonw j = jsonw_to(ctx);

    record_write_json(&j, &record_type_call, record);
    return true;
}

static void read_whole_call(const struct fixture *f, struct strbuf *out)
{
    struct query *q;

    assert_int_equal(query_open(&q, f->dir), 0);
    assert_int_equal(query_call(q, fixture_id(FIXTURE_TIME, 0), write_record, out), 0);
    query_close(q);
    assert_false(out->failed);
}

/* How many calls have so many bad seconds: 0 where nobody counted them. */
static int count_bad(const struct fixture *f)
{
    struct query *q;
    int rows = 0;

    assert_int_equal(query_open(&q, f->dir), 0);
    assert_int_equal(fixture_search(q, "bad_seconds>=1", count_row, &rows), 0);
    query_close(q);
    return rows;
}

static void day_of_version_2_keeps_its_intervals(void **state)
{
    int32_t day = record_id_day(fixture_id(FIXTURE_TIME, 0));
    struct strbuf before = { 0 }, after = { 0 };
    struct call_record call;
    struct fixture f;
    struct writer *w;

    (void)state;
    fixture_make_dir(&f);
    make_day_2(&f, day);
    read_whole_call(&f, &before);
    assert_non_null(strstr(before.p, "\"intervals\":" INTERVALS_2 "}"));
    assert_non_null(strstr(before.p, "\"intervals\":null}"));
    assert_non_null(strstr(before.p, "\"intervals\":[]}"));
    assert_non_null(strstr(before.p, "\"worst_10s\":{\"mos_lq\":null,\"time\":null}"));
    assert_int_equal(count_bad(&f), 0);
    w = fixture_writer(&f);
    record_clear(&record_type_call, &call);
    call.id = fixture_id(FIXTURE_TIME, 9);
    call.bad_seconds = 3;
    assert_true(writer_submit(w, &record_type_call, &call));
    writer_flush(w);
    writer_stop(w);
    read_whole_call(&f, &after);
    assert_string_equal(before.p, after.p);
    assert_int_equal(count_bad(&f), 1);
    strbuf_fini(&before);
    strbuf_fini(&after);
    fixture_remove_dir(&f);
}

struct told_vlans {
    char text[64];
};

static bool tell_vlan(void *ctx, const void *record)
{
    const struct call_record *call = record;
    struct told_vlans *told = ctx;
    size_t n = strlen(told->text);

    if (call->vlan.p)
        snprintf(told->text + n, sizeof told->text - n, "%.*s ", (int)call->vlan.len, call->vlan.p);
    else
        snprintf(told->text + n, sizeof told->text - n, "- ");
    return true;
}

static void expect_day(const struct fixture *f, const char *vlans, int certificates)
{
    struct told_vlans told = { "" };
    struct query *q;
    int ledgers = 0, mirrors = 0, rows = 0;

    assert_int_equal(query_open(&q, f->dir), 0);
    assert_int_equal(fixture_search(q, "", tell_vlan, &told), 0);
    assert_string_equal(told.text, vlans);
    assert_int_equal(query_captures(q, 0, count_row, &ledgers), 0);
    assert_int_equal(ledgers, 1);
    assert_int_equal(query_certificates(q, 0, 0, count_row, &rows), 0);
    assert_int_equal(rows, certificates);
    assert_int_equal(query_mirrors(q, 0, count_row, &mirrors), 0);
    assert_int_equal(mirrors, certificates);
    query_close(q);
}

static void day_of_version_1_is_read_and_brought_along(void **state)
{
    int32_t day = record_id_day(fixture_id(FIXTURE_TIME, 0));
    struct certificate_record certificate;
    struct mirror_record mirror;
    struct writer_stats stats;
    struct fixture f;
    struct writer *w;

    (void)state;
    fixture_make_dir(&f);
    make_day_1(&f, day);
    expect_day(&f, "- - - ", 0); /* as it is: not rewritten by a reader */
    w = fixture_writer(&f);
    record_clear(&record_type_certificate, &certificate);
    certificate.id = fixture_id(FIXTURE_TIME, 7);
    assert_true(writer_submit(w, &record_type_certificate, &certificate));
    record_clear(&record_type_mirror, &mirror);
    mirror.start_time = FIXTURE_TIME;
    mirror.source = SLICE("eth0");
    assert_true(writer_submit(w, &record_type_mirror, &mirror));
    writer_flush(w);
    writer_read_stats(w, &stats);
    assert_int_equal(stats.written, 2);
    writer_stop(w);
    expect_day(&f, "100.42 100 - ", 1);
    fixture_remove_dir(&f);
}

static void day_of_a_newer_version_is_refused(void **state)
{
    struct fixture f;
    struct query *q;
    struct sqlite3 *db;
    int32_t day = record_id_day(fixture_id(FIXTURE_TIME, 0));
    int rows = 0;

    (void)state;
    fixture_make_dir(&f);
    writer_stop(fixture_writer(&f));
    assert_int_equal(day_db_open_write(&db, f.dir, day), 0);
    sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
    day_db_close(db);
    assert_int_equal(day_db_open_write(&db, f.dir, day), -EPROTO);
    assert_int_equal(day_db_open_read(&db, f.dir, day), -EPROTO);
    assert_int_equal(query_open(&q, f.dir), 0);
    assert_int_equal(fixture_search(q, "", count_row, &rows), -EPROTO);
    query_close(q);
    fixture_remove_dir(&f);
}

static void damaged_day_is_set_aside_and_begun_anew(void **state)
{
    struct fixture f;
    struct sqlite3 *db;
    struct stat st;
    char path[128], aside[160];
    int32_t day = record_id_day(fixture_id(FIXTURE_TIME, 0));
    FILE *file;

    (void)state;
    fixture_make_dir(&f);
    assert_int_equal(day_db_open_write(&db, f.dir, day), 0);
    day_db_close(db);
    snprintf(path, sizeof path, "%s/2026-11-21/calls.sqlite", f.dir);
    snprintf(aside, sizeof aside, "%s.damaged-1", path);
    file = fopen(path, "r+");
    assert_non_null(file);
    fputs("this was a database once", file);
    fclose(file);
    assert_int_equal(day_db_open_write(&db, f.dir, day), 0);
    assert_int_equal(read_int(db, "SELECT count(*) FROM calls"), 0);
    day_db_close(db);
    assert_int_equal(stat(aside, &st), 0);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schema_has_the_fields_in_their_order),
        cmocka_unit_test(hot_questions_use_their_index),
        cmocka_unit_test(steps_run_once_each_and_in_order),
        cmocka_unit_test(failed_step_leaves_the_version_before),
        cmocka_unit_test(reader_takes_a_missing_column_as_null),
        cmocka_unit_test(day_of_version_1_is_read_and_brought_along),
        cmocka_unit_test(day_of_version_2_keeps_its_intervals),
        cmocka_unit_test(day_of_a_newer_version_is_refused),
        cmocka_unit_test(damaged_day_is_set_aside_and_begun_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
