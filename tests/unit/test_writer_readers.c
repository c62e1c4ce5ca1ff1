/* One writes, many read: nobody waits for the other, and nobody sees half a call. */
#include "storage/day_db.h"
#include "tests/unit/store_fixture.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <time.h>

enum { STREAMS = 3 };

static sqlite3 *reader_of(const struct fixture *f)
{
    sqlite3 *db;

    assert_int_equal(day_db_open_read(&db, f->dir, record_id_day(fixture_id(FIXTURE_TIME, 1))), 0);
    return db;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    int64_t answer = -1;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    if (sqlite3_step(s) == SQLITE_ROW)
        answer = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return answer;
}

static void submit_call(struct writer *w, uint64_t n)
{
    struct stream_record streams[STREAMS];
    struct call_record call;
    char call_id[32];

    snprintf(call_id, sizeof call_id, "call-%llu", (unsigned long long)n);
    fixture_call(&call, FIXTURE_TIME, n, call_id);
    for (uint64_t i = 0; i < STREAMS; i++) {
        record_clear(&record_type_stream, &streams[i]);
        streams[i].id = fixture_id(FIXTURE_TIME + FIXTURE_S + (int64_t)n * 1000, i);
        streams[i].call = call.id;
    }
    call.streams = streams;
    call.stream_count = STREAMS;
    assert_true(writer_submit(w, &record_type_call, &call));
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A search that takes its time keeps what it began with; the writer does not even notice. */
static void long_search_stalls_nobody(void **state)
{
    enum { CALLS = 2000, BATCHES = 5 };
    struct writer_stats stats;
    struct fixture f;
    struct writer *w;
    sqlite3 *db;
    int64_t begun;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    submit_call(w, 0);
    writer_flush(w);
    db = reader_of(&f);
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(ask(db, "SELECT count(*) FROM calls"), 1);
    begun = now_ms();
    for (uint64_t n = 1; n < CALLS; n++) {
        submit_call(w, n);
        if (n % (CALLS / BATCHES) == 0)
            writer_flush(w);
    }
    writer_flush(w);
    assert_true(now_ms() - begun < 20000); /* no lock was waited for: that would be 2 s a batch */
    writer_read_stats(w, &stats);
    assert_int_equal(stats.failed + stats.refused, 0);
    assert_int_equal(ask(db, "SELECT count(*) FROM calls"), 1);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(ask(db, "SELECT count(*) FROM calls"), CALLS);
    day_db_close(db);
    writer_stop(w);
    fixture_remove_dir(&f);
}

struct looking {
    const struct fixture *f;
    _Atomic bool stop;
    int64_t halves, looks, seen;
};

static void *look(void *ctx)
{
    struct looking *l = ctx;
    sqlite3 *db = reader_of(l->f);

    while (!atomic_load(&l->stop)) {
        l->halves += ask(db, "SELECT count(*) FROM calls WHERE (SELECT count(*) FROM streams WHERE "
                             "call = calls.id) <> 3");
        l->seen = ask(db, "SELECT count(*) FROM calls");
        l->looks++;
    }
    day_db_close(db);
    return NULL;
}

static void nobody_sees_half_a_call(void **state)
{
    enum { CALLS = 1500 };
    struct looking l = { .f = NULL };
    struct fixture f;
    struct writer *w;
    pthread_t thread;

    (void)state;
    fixture_make_dir(&f);
    l.f = &f;
    w = fixture_writer(&f);
    submit_call(w, 0);
    writer_flush(w);
    assert_int_equal(pthread_create(&thread, NULL, look, &l), 0);
    for (uint64_t n = 1; n < CALLS; n++) {
        submit_call(w, n);
        if (n % 100 == 0)
            writer_flush(w);
    }
    writer_stop(w);
    atomic_store(&l.stop, true);
    pthread_join(thread, NULL);
    assert_true(l.looks > 1);
    assert_true(l.seen >= 1);
    assert_int_equal(l.halves, 0);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_search_stalls_nobody),
        cmocka_unit_test(nobody_sees_half_a_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
