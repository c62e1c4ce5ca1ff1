/* The writer: what goes in comes out, nothing committed is lost, a full disk is a number. */
#include "storage/day_db.h"
#include "storage/record_sql.h"
#include "tests/unit/search_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

/* Values by kind, from harmless to hostile. The texts hold a NUL, broken UTF-8, quotes. */
static const struct slice texts[] = {
    SLICE_INIT("plain"),
    SLICE_INIT(""),
    SLICE_INIT("a\0b\0"),
    SLICE_INIT("\xff\xfe\x80 broken \xc3"),
    SLICE_INIT("'); DROP TABLE calls; --"),
    SLICE_INIT("\"quoted\" %s ?1 :a"),
};
static const int64_t integers[] = { 0, 1, -1, INT64_MAX, INT64_MIN + 1, 1795255200000000001 };
static const double reals[] = { 0.0, -0.0, 4.41, 1e-308, 1e308, INFINITY };

enum { VARIANTS = 6 };

static void fill(const struct record_type *type, void *record, size_t variant)
{
    static const uint8_t v4[4] = { 192, 0, 2, 1 };
    static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];
        char *at = (char *)record + f->offset;
        size_t n = (i + variant) % VARIANTS;

        switch ((enum field_kind)f->kind) {
        case FIELD_TEXT:
        case FIELD_JSON:
        case FIELD_INTERVALS:
            memcpy(at, &texts[n], sizeof texts[n]);
            break;
        case FIELD_INT:
        case FIELD_TIME:
            memcpy(at, &integers[n], sizeof integers[n]);
            break;
        case FIELD_REAL:
            memcpy(at, &reals[n], sizeof reals[n]);
            break;
        case FIELD_BOOL:
            *at = (char)(n & 1);
            break;
        case FIELD_ADDR: {
            struct addr a = n & 1 ? addr_v4(v4, 5060) : addr_v6(v6, (uint16_t)(65535 - n));

            memcpy(at, &a, sizeof a);
            break;
        }
        case FIELD_ID: {
            uint64_t id = fixture_id(FIXTURE_TIME + (int64_t)variant * 1000, i);

            memcpy(at, &id, sizeof id);
            break;
        }
        case FIELD_SSRC: {
            int64_t ssrc = n & 1 ? UINT32_MAX : 0;

            memcpy(at, &ssrc, sizeof ssrc);
            break;
        }
        }
    }
}

static size_t field_size(enum field_kind kind)
{
    switch (kind) {
    case FIELD_BOOL:
        return 1;
    default:
        return 8;
    }
}

static void expect_same(const struct record_type *type, const void *a, const void *b)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct record_field *f = &type->fields[i];
        const void *x = record_at(a, f), *y = record_at(b, f);
        bool same;

        if (record_is_slice(f)) {
            const struct slice *s = x, *t = y;

            same = !s->p == !t->p && slice_eq(*s, *t);
        } else if (f->kind == FIELD_ADDR) {
            same = addr_eq(x, y);
        } else if (f->kind == FIELD_REAL) {
            double p = *(const double *)x, q = *(const double *)y;

            /* A call that is over keeps the decimals that are shown. */
            same = p == q || (isnan(p) && isnan(q)) ||
                   (type == &record_type_call && fabs(p - q) <= 0.501 * pow(10, -f->decimals));
        } else {
            same = memcmp(x, y, field_size((enum field_kind)f->kind)) == 0;
        }
        if (!same)
            fail_msg("%s.%s came back different", type->name, f->name);
    }
}

static void submit_exact(struct writer *w, const struct record_type *type, const void *record)
{
    void *block = malloc(type->size);

    assert_non_null(block);
    memcpy(block, record, type->size);
    assert_true(writer_submit(w, type, block));
    free(block); /* the writer has its own copy */
}

/* All rows of a type in a day, oldest first, against `expected`. */
static void expect_rows(const struct fixture *f, int32_t day, const struct record_type *type,
                        const void *expected, size_t count)
{
    const struct record_table *table = &record_sql_tables[record_sql_table_find(type)];
    struct strbuf sql = { 0 };
    struct sqlite3 *db;
    sqlite3_stmt *s;
    char *record = malloc(type->size);

    assert_non_null(record);
    assert_int_equal(day_db_open_read(&db, f->dir, day), 0);
    record_sql_select(&sql, table, db);
    strbuf_add_text(&sql, " ORDER BY id");
    assert_int_equal(day_db_prepare(&s, db, strbuf_slice(&sql)), 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(sqlite3_step(s), SQLITE_ROW);
        record_sql_read(s, type, record);
        expect_same(type, (const char *)expected + i * type->size, record);
    }
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
    sqlite3_finalize(s);
    day_db_close(db);
    strbuf_fini(&sql);
    free(record);
}

static void every_field_comes_back_as_it_went_in(void **state)
{
    struct fixture f;

    (void)state;
    for (int t = 0; t < RECORD_TABLES; t++) {
        const struct record_type *type = record_sql_tables[t].type;
        char *records = calloc(VARIANTS + 1, type->size);
        struct writer_stats stats;
        struct writer *w;
        int32_t day;

        assert_non_null(records);
        fixture_make_dir(&f);
        w = fixture_writer(&f);
        for (size_t v = 0; v <= VARIANTS; v++) {
            char *record = records + v * type->size;

            record_clear(type, record);
            if (v < VARIANTS)
                fill(type, record, v);
            else if (record_sql_tables[t].computed != COMPUTED_LEDGER_ID) /* all but the id */
                *(uint64_t *)(void *)record = fixture_id(FIXTURE_TIME + FIXTURE_S, 0);
            if (type == &record_type_capture)
                ((struct capture_record *)(void *)record)->start_time =
                    FIXTURE_TIME + (int64_t)v * FIXTURE_S;
            if (type == &record_type_mirror)
                ((struct mirror_record *)(void *)record)->start_time =
                    FIXTURE_TIME + (int64_t)v * FIXTURE_S;
            submit_exact(w, type, record);
        }
        writer_flush(w);
        writer_read_stats(w, &stats);
        assert_int_equal(stats.written, VARIANTS + 1);
        assert_int_equal(stats.failed + stats.refused, 0);
        writer_stop(w);
        day = record_sql_day(type, records);
        expect_rows(&f, day, type, records, VARIANTS + 1);
        fixture_remove_dir(&f);
        free(records);
    }
}

static void newer_row_replaces_the_older(void **state)
{
    struct fixture f;
    struct writer_stats stats;
    struct call_record call;
    struct writer *w;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    for (int round = 0; round < 2; round++) {
        for (int64_t i = 0; i < 5000; i++) { /* within a batch and over many */
            fixture_call(&call, FIXTURE_TIME, 1, "the same");
            call.packets = i;
            submit_exact(w, &record_type_call, &call);
        }
        writer_flush(w);
    }
    writer_read_stats(w, &stats);
    assert_int_equal(stats.written, 10000);
    writer_stop(w);
    expect_rows(&f, record_id_day(call.id), &record_type_call, &call, 1);
    fixture_remove_dir(&f);
}

static void call_takes_its_streams_along(void **state)
{
    struct stream_record streams[3];
    struct call_record call;
    struct fixture f;
    struct writer *w;
    int64_t before_midnight = FIXTURE_TIME - FIXTURE_TIME % FIXTURE_DAY + FIXTURE_DAY - FIXTURE_S;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    fixture_call(&call, before_midnight, 1, "call");
    for (int64_t i = 0; i < 3; i++) { /* the last one begins on the next day */
        record_clear(&record_type_stream, &streams[i]);
        streams[i].id = fixture_id(before_midnight + i * FIXTURE_S, 5);
        streams[i].call = call.id;
        streams[i].packets = i;
    }
    call.streams = streams;
    call.stream_count = 3;
    submit_exact(w, &record_type_call, &call);
    writer_stop(w);
    expect_rows(&f, record_id_day(call.id), &record_type_stream, streams, 3);
    fixture_remove_dir(&f);
}

static void each_day_has_its_rows(void **state)
{
    enum { DAYS = 4, EACH = 3 };
    struct call_record calls[DAYS][EACH];
    struct fixture f;
    struct writer *w;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    for (int n = 0; n < EACH; n++) { /* more days in turn than are held open */
        for (int d = 0; d < DAYS; d++) {
            fixture_call(&calls[d][n], FIXTURE_TIME + d * FIXTURE_DAY + n * FIXTURE_S, 0, "x");
            submit_exact(w, &record_type_call, &calls[d][n]);
        }
    }
    writer_stop(w);
    for (int d = 0; d < DAYS; d++)
        expect_rows(&f, record_id_day(calls[d][0].id), &record_type_call, calls[d], EACH);
    fixture_remove_dir(&f);
}

static void commits_within_a_second(void **state)
{
    static const struct timespec second = { 1, 0 };
    struct writer_stats stats;
    struct call_record call;
    struct fixture f;
    struct writer *w;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    fixture_call(&call, FIXTURE_TIME, 1, "x");
    submit_exact(w, &record_type_call, &call);
    nanosleep(&second, NULL);
    writer_read_stats(w, &stats);
    assert_int_equal(stats.written, 1);
    expect_rows(&f, record_id_day(call.id), &record_type_call, &call, 1);
    writer_stop(w);
    fixture_remove_dir(&f);
}

/* Holds the write lock, so that the writer cannot go on and its queue fills. */
static void full_queue_refuses_and_counts(void **state)
{
    struct writer_options options = { .wait_when_full = false };
    struct writer_stats stats;
    struct call_record call;
    struct fixture f;
    struct sqlite3 *db;
    struct writer *w;
    uint64_t taken = 0, refused = 0;

    (void)state;
    fixture_make_dir(&f);
    options.store_dir = f.dir;
    fixture_call(&call, FIXTURE_TIME, 1, "x");
    assert_int_equal(day_db_open_write(&db, f.dir, record_id_day(call.id)), 0);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(writer_start(&w, &options), 0);
    while (refused < 100) {
        if (writer_submit(w, &record_type_call, &call))
            taken++;
        else
            refused++;
    }
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    day_db_close(db);
    writer_flush(w);
    writer_read_stats(w, &stats);
    assert_int_equal(stats.refused, refused);
    assert_int_equal(stats.written + stats.failed, taken);
    writer_stop(w);
    fixture_remove_dir(&f);
}

static void set_file_limit(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static uint64_t count_calls(const struct fixture *f)
{
    struct store_totals totals;
    struct query *q;

    assert_int_equal(query_open(&q, f->dir), 0);
    assert_int_equal(query_totals(q, &totals), 0);
    query_close(q);
    return totals.calls;
}

/* A file size limit stands in for a full disk: the same errors at the same places. */
static void full_disk_loses_rows_and_counts_them(void **state)
{
    enum { CALLS = 20000 };
    struct writer_stats full, after;
    struct call_record call;
    struct fixture f;
    struct writer *w;
    int64_t n = 0;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    fixture_call(&call, FIXTURE_TIME, 0, "first");
    submit_exact(w, &record_type_call, &call);
    writer_flush(w);
    set_file_limit(1 << 20);
    while (++n < CALLS) {
        fixture_call(&call, FIXTURE_TIME + n * FIXTURE_S, 0, "more");
        submit_exact(w, &record_type_call, &call);
    }
    writer_flush(w);
    writer_read_stats(w, &full);
    set_file_limit(RLIM_INFINITY);
    assert_true(full.failed > 0);
    assert_true(full.last_error < 0);
    assert_int_equal(full.written + full.failed, CALLS);
    assert_int_equal(count_calls(&f), full.written);

    fixture_call(&call, FIXTURE_TIME + n * FIXTURE_S, 0, "again");
    submit_exact(w, &record_type_call, &call);
    writer_flush(w);
    writer_read_stats(w, &after);
    assert_int_equal(after.written, full.written + 1);
    writer_stop(w);
    assert_int_equal(count_calls(&f), after.written);
    fixture_remove_dir(&f);
}

static uint64_t count_alerts(const struct fixture *f)
{
    struct store_totals totals;
    struct query *q;

    assert_int_equal(query_open(&q, f->dir), 0);
    assert_int_equal(query_totals(q, &totals), 0);
    query_close(q);
    return totals.alerts;
}

/* The alert that says that the disk is full is told while it is: it must not be lost by that. */
static void full_disk_loses_no_alert(void **state)
{
    struct alert_record alert;
    struct writer_stats stats;
    struct call_record call;
    struct fixture f;
    struct writer *w;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    fixture_call(&call, FIXTURE_TIME, 0, "first");
    submit_exact(w, &record_type_call, &call);
    writer_flush(w);
    set_file_limit(4096);
    record_clear(&record_type_alert, &alert);
    alert.time = alert.since = FIXTURE_TIME;
    alert.state = SLICE("firing");
    for (uint64_t i = 1; i <= 4; i++) {
        alert.id = record_id_make(FIXTURE_TIME + FIXTURE_S, (uint32_t)(i % 2));
        submit_exact(w, &record_type_alert, &alert);
        writer_flush(w);
    }
    fixture_call(&call, FIXTURE_TIME + FIXTURE_S, 0, "lost");
    submit_exact(w, &record_type_call, &call);
    writer_flush(w);
    writer_read_stats(w, &stats);
    assert_int_equal(stats.written, 1);
    set_file_limit(RLIM_INFINITY);
    writer_stop(w);
    assert_int_equal(count_alerts(&f), 2); /* each in its newest version */
    assert_int_equal(count_calls(&f), 1);
    fixture_remove_dir(&f);
}

struct promise {
    _Atomic uint64_t committed; /* rows the writer said it wrote, in order of submission */
};

/* The child writes calls until it is killed, saying how many were committed. */
static void write_until_killed(const struct fixture *f, uint64_t first, struct promise *promise)
{
    struct writer *w = fixture_writer(f);
    struct call_record call;

    for (uint64_t n = first;; n++) {
        struct writer_stats stats;
        char call_id[32];

        snprintf(call_id, sizeof call_id, "kill-%llu", (unsigned long long)n);
        fixture_call(&call, FIXTURE_TIME + (int64_t)n * 1000000, 0, call_id);
        writer_submit(w, &record_type_call, &call);
        writer_read_stats(w, &stats);
        promise->committed = first + stats.written;
    }
}

static bool expect_next(void *ctx, const void *record)
{
    const struct call_record *call = record;
    uint64_t *next = ctx;
    char call_id[32];

    --*next;
    snprintf(call_id, sizeof call_id, "kill-%llu", (unsigned long long)*next);
    assert_true(slice_eq(call->call_id, slice_of_text(call_id)));
    return true;
}

static void kill_loses_nothing_committed(void **state)
{
    enum { ROUNDS = 9 }; /* tests/fault/kills has more of them */
    struct promise *promise =
        mmap(NULL, sizeof *promise, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct fixture f;
    uint64_t rows = 0;

    (void)state;
    assert_ptr_not_equal(promise, MAP_FAILED);
    fixture_make_dir(&f);
    for (int round = 0; round < ROUNDS; round++) {
        struct timespec wait = { 0, 1000000 * (2 + (round * 37) % 97) };
        struct query *q;
        uint64_t found;
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            write_until_killed(&f, rows, promise);
        /* Some rounds end before the first commit, some after several. */
        if (round % 3 == 0)
            while (promise->committed <= rows)
                nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);

        found = count_calls(&f);
        assert_true(found >= promise->committed);
        rows = found;
        assert_int_equal(query_open(&q, f.dir), 0);
        assert_int_equal(fixture_search(q, "", expect_next, &found), 0);
        assert_int_equal(found, 0); /* every one, in order, none twice */
        query_close(q);
    }
    assert_true(rows > ROUNDS);
    munmap(promise, sizeof *promise);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_comes_back_as_it_went_in),
        cmocka_unit_test(newer_row_replaces_the_older),
        cmocka_unit_test(call_takes_its_streams_along),
        cmocka_unit_test(each_day_has_its_rows),
        cmocka_unit_test(commits_within_a_second),
        cmocka_unit_test(full_queue_refuses_and_counts),
        cmocka_unit_test(full_disk_loses_rows_and_counts_them),
        cmocka_unit_test(full_disk_loses_no_alert),
        cmocka_unit_test(kill_loses_nothing_committed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
