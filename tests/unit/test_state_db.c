#include "probe/state/outbox.h"
#include "probe/state/state_db.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int make_dir(void **state)
{
    char *dir = strdup("/tmp/earshot-state-XXXXXX");

    *state = dir;
    return dir && mkdtemp(dir) ? 0 : -1;
}

static int drop_dir(void **state)
{
    static const char *const files[] = { "state.sqlite", "state.sqlite-wal", "state.sqlite-shm",
                                         "state.lock" };
    char path[128];

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", (char *)*state, files[i]);
        unlink(path);
    }
    if (rmdir(*state) != 0)
        return -1;
    free(*state);
    return 0;
}

static void run_sql(const char *dir, const char *sql)
{
    char path[128];
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/state.sqlite", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The text of the first column of the first row. */
static void assert_answers(struct state_db *s, const char *sql, const char *expected)
{
    sqlite3 *db = state_db_lock(s);
    sqlite3_stmt *stmt;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal(sqlite3_column_text(stmt, 0), expected);
    sqlite3_finalize(stmt);
    state_db_unlock(s);
}

static void one_process_has_it(void **state)
{
    struct state_db *s = NULL, *second = NULL;

    assert_int_equal(state_db_open(&s, *state), 0);
    assert_int_equal(state_db_open(&second, *state), -EBUSY);
    assert_null(second);
    state_db_close(s);
    assert_int_equal(state_db_open(&second, *state), 0);
    state_db_close(second);
    assert_int_equal(state_db_open(&second, "/nonexistent/store"), -ENOENT);
}

static void is_for_its_owner_alone(void **state)
{
    struct state_db *s = NULL;
    char path[128];
    struct stat st;

    assert_int_equal(state_db_open(&s, *state), 0);
    snprintf(path, sizeof path, "%s/state.sqlite", (char *)*state);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    state_db_close(s);
}

static void refuses_a_newer_version_and_what_is_no_database(void **state)
{
    struct state_db *s = NULL;
    char path[128];
    FILE *f;

    run_sql(*state, "PRAGMA user_version = 3");
    assert_int_equal(state_db_open(&s, *state), -EPROTO);
    snprintf(path, sizeof path, "%s/state.sqlite", (char *)*state);
    f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 4096; i++)
        fputs("no database ", f);
    fclose(f);
    assert_int_equal(state_db_open(&s, *state), -EIO);
    assert_null(s);
}

/* What the first version, which had the outbox alone, left behind. */
static const char version_1[] =
    "CREATE TABLE outbox_begun (id INTEGER PRIMARY KEY CHECK (id = 1), begun_ms INTEGER NOT NULL);"
    "CREATE TABLE alerts_seen (alert INTEGER NOT NULL, state TEXT NOT NULL,"
    " PRIMARY KEY (alert, state)) WITHOUT ROWID;"
    "CREATE TABLE deliveries (id INTEGER PRIMARY KEY, endpoint TEXT NOT NULL, alert INTEGER NOT "
    "NULL,"
    " alert_state TEXT NOT NULL, webhook_id TEXT NOT NULL, body TEXT NOT NULL,"
    " state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'dead')),"
    " tries INTEGER NOT NULL DEFAULT 0, created_ms INTEGER NOT NULL, next_try_ms INTEGER NOT NULL,"
    " settled_ms INTEGER, status INTEGER, reason TEXT, UNIQUE (endpoint, alert, alert_state));"
    "CREATE INDEX deliveries_waiting ON deliveries (endpoint, id) WHERE state = 'waiting';"
    "INSERT INTO outbox_begun VALUES (1, 1000);"
    "INSERT INTO alerts_seen VALUES (5, 'firing'), (5, 'resolved'), (6, 'firing');"
    "INSERT INTO deliveries VALUES (1, 'aa', 5, 'firing', 'alert_5_firing', 'b', 'delivered', 1, "
    "10, 0,"
    " 20, 200, NULL), (2, 'aa', 5, 'resolved', 'alert_5_resolved', 'c', 'waiting', 3, 30, 40, "
    "NULL, 503,"
    " 'it answered 503'), (3, 'aa', 6, 'firing', 'alert_6_firing', 'd', 'waiting', 0, 50, 0, NULL, "
    "NULL,"
    " NULL);"
    "PRAGMA user_version = 1";

static void brings_the_first_version_up(void **state)
{
    struct outbox_delivery d;
    struct outbox_seen seen;
    struct state_db *s = NULL;
    struct outbox *o = NULL;
    uint64_t open[4];

    run_sql(*state, version_1);
    assert_int_equal(state_db_open(&s, *state), 0);
    assert_int_equal(outbox_open(&o, s), 0);
    assert_true(outbox_has_begun(o));
    assert_int_equal(outbox_open_alerts(o, open, 4), 1);
    assert_int_equal(open[0], 6);
    assert_int_equal(outbox_find_seen(o, 5, &seen), 1);
    assert_string_equal(seen.state, "resolved");
    assert_true(seen.is_done);
    assert_int_equal(outbox_next(o, "webhook-aa", 39, &d), 1);
    assert_string_equal(d.message, "alert_6_firing");
    assert_int_equal(outbox_next(o, "webhook-aa", 40, &d), 1);
    assert_string_equal(d.message, "alert_5_resolved");
    assert_int_equal(d.tries, 3);
    assert_answers(s, "SELECT group_concat(alert || receiver || severity || is_over) FROM told",
                   "5webhook-aa21,6webhook-aa20");
    assert_answers(
        s, "SELECT count(*) FROM sqlite_schema WHERE name IN ('begun_1', 'seen_1', 'deliveries_1')",
        "0");
    assert_answers(s, "PRAGMA user_version", "2");
    assert_answers(s,
                   "SELECT count(*) FROM sqlite_schema WHERE name IN"
                   " ('silences', 'acks', 'own_alerts', 'receivers')",
                   "4");
    outbox_close(o);
    state_db_close(s);
    assert_int_equal(state_db_open(&s, *state), 0); /* and is not brought up twice */
    state_db_close(s);
}

static void the_lock_may_be_taken_again(void **state)
{
    struct state_db *s = NULL;

    assert_int_equal(state_db_open(&s, *state), 0);
    assert_int_equal(state_db_begin(s), 0);
    assert_ptr_equal(state_db_lock(s), state_db_lock(s));
    state_db_unlock(s);
    state_db_unlock(s);
    assert_int_equal(state_db_commit(s), 0);
    assert_int_equal(state_db_begin(s), 0);
    state_db_rollback(s);
    state_db_close(s);
}

int main(void)
{
#define ONE(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)
    const struct CMUnitTest tests[] = {
        ONE(one_process_has_it),
        ONE(is_for_its_owner_alone),
        ONE(refuses_a_newer_version_and_what_is_no_database),
        ONE(brings_the_first_version_up),
        ONE(the_lock_may_be_taken_again),
    };

    return cmocka_run_group_tests_name("state_db", tests, NULL, NULL);
}
