#include "probe/notify/outbox.h"

#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FIRING   SLICE("firing")
#define RESOLVED SLICE("resolved")

static int make_dir(void **state)
{
    char *dir = strdup("/tmp/earshot-outbox-XXXXXX");

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

static struct outbox *reopen(struct outbox *o, const char *dir)
{
    outbox_close(o);
    o = NULL;
    assert_int_equal(outbox_open(&o, dir), 0);
    return o;
}

static void offers_in_order_and_resolved_after_firing(void **state)
{
    struct outbox_delivery d;
    struct outbox *o = reopen(NULL, *state);

    assert_int_equal(outbox_next(o, "a", 100, &d), 0);
    assert_int_equal(outbox_add(o, "a", 7, FIRING, SLICE("f7"), 100), 0);
    assert_int_equal(outbox_add(o, "a", 7, RESOLVED, SLICE("r7"), 100), 0);
    assert_int_equal(outbox_add(o, "a", 9, FIRING, SLICE("f9"), 101), 0);
    assert_int_equal(outbox_add(o, "b", 7, FIRING, SLICE("b7"), 101), 0);

    assert_int_equal(outbox_next(o, "a", 100, &d), 1);
    assert_true(slice_eq(d.body, SLICE("f7")));
    assert_string_equal(d.webhook_id, "alert_0000000000000007_firing");
    assert_int_equal(d.tries, 0);
    assert_int_equal(d.created_ms, 100);
    /* Refused: another alert may pass, its own end may not. */
    assert_int_equal(outbox_note_failed(o, d.id, 400, "it answered 400", 500, 101), 0);
    assert_int_equal(outbox_next(o, "a", 499, &d), 1);
    assert_true(slice_eq(d.body, SLICE("f9")));
    assert_int_equal(outbox_note_delivered(o, d.id, 200, 499), 0);
    assert_int_equal(outbox_next(o, "a", 499, &d), 0);
    assert_int_equal(outbox_next(o, "a", 500, &d), 1);
    assert_true(slice_eq(d.body, SLICE("f7")));
    assert_string_equal(d.webhook_id, "alert_0000000000000007_firing");
    assert_int_equal(d.tries, 1);
    assert_int_equal(outbox_note_dead(o, d.id, 400, "it answered 400", 501), 0);
    assert_int_equal(outbox_next(o, "a", 501, &d), 1);
    assert_true(slice_eq(d.body, SLICE("r7")));
    assert_int_equal(outbox_note_delivered(o, d.id, 200, 502), 0);
    assert_int_equal(outbox_next(o, "a", 503, &d), 0);
    assert_int_equal(outbox_next(o, "b", 503, &d), 1);
    assert_true(slice_eq(d.body, SLICE("b7")));
    outbox_close(o);
}

static void adds_each_once(void **state)
{
    struct outbox_totals totals;
    struct outbox_delivery d;
    struct outbox *o = reopen(NULL, *state);

    assert_int_equal(outbox_add(o, "a", 7, FIRING, SLICE("first"), 100), 0);
    assert_int_equal(outbox_next(o, "a", 100, &d), 1);
    assert_int_equal(outbox_note_delivered(o, d.id, 200, 100), 0);
    o = reopen(o, *state);
    assert_int_equal(outbox_add(o, "a", 7, FIRING, SLICE("second"), 200), 0);
    assert_int_equal(outbox_next(o, "a", 300, &d), 0);
    assert_int_equal(outbox_read_totals(o, &totals), 0);
    assert_int_equal(totals.delivered, 1);
    assert_int_equal(totals.waiting + totals.dead, 0);
    outbox_close(o);
}

static void a_rollback_undoes_it_all(void **state)
{
    struct outbox_delivery d;
    struct outbox *o = reopen(NULL, *state);

    assert_int_equal(outbox_begin(o), 0);
    assert_int_equal(outbox_add(o, "a", 7, FIRING, SLICE("x"), 100), 0);
    assert_int_equal(outbox_note_seen(o, 7, FIRING), 0);
    outbox_rollback(o);
    assert_int_equal(outbox_is_seen(o, 7, FIRING), 0);
    assert_int_equal(outbox_next(o, "a", 200, &d), 0);
    assert_int_equal(outbox_begin(o), 0);
    assert_int_equal(outbox_note_seen(o, 7, FIRING), 0);
    assert_int_equal(outbox_commit(o), 0);
    o = reopen(o, *state);
    assert_int_equal(outbox_is_seen(o, 7, FIRING), 1);
    assert_int_equal(outbox_is_seen(o, 7, RESOLVED), 0);
    outbox_close(o);
}

static void knows_what_is_still_firing(void **state)
{
    uint64_t open[4];
    struct outbox *o = reopen(NULL, *state);

    for (uint64_t id = 1; id <= 6; id++)
        assert_int_equal(outbox_note_seen(o, id, FIRING), 0);
    assert_int_equal(outbox_note_seen(o, 5, RESOLVED), 0);
    assert_int_equal(outbox_open_alerts(o, open, 4), 4);
    assert_int_equal(open[0], 6);
    assert_int_equal(open[1], 4);
    assert_int_equal(open[3], 2);
    assert_int_equal(outbox_forget_seen(o, 4), 0);
    assert_int_equal(outbox_open_alerts(o, open, 4), 2);
    outbox_close(o);
}

static void buries_and_purges(void **state)
{
    static const char *const kept[] = { "a", "b" };
    struct outbox_totals totals;
    struct outbox_delivery d;
    struct outbox *o = reopen(NULL, *state);

    for (int64_t i = 1; i <= 4; i++) {
        assert_int_equal(outbox_add(o, "a", (uint64_t)i, FIRING, SLICE("x"), i * 100), 0);
        assert_int_equal(outbox_add(o, "old", (uint64_t)i, FIRING, SLICE("x"), i * 100), 0);
    }
    assert_int_equal(outbox_bury(o, "a", 300, "too old", 1000), 2);
    assert_int_equal(outbox_bury(o, "a", 300, "too old", 1000), 0);
    assert_int_equal(outbox_bury_others(o, kept, 2, 1001), 0);
    assert_int_equal(outbox_next(o, "old", 2000, &d), 0);
    assert_int_equal(outbox_next(o, "a", 2000, &d), 1);
    assert_int_equal(d.created_ms, 300);
    assert_int_equal(outbox_read_totals(o, &totals), 0);
    assert_int_equal(totals.dead, 6);
    assert_int_equal(totals.waiting, 2);
    assert_int_equal(totals.oldest_waiting_ms, 300);
    assert_int_equal(outbox_purge(o, 1001), 0); /* what was settled before 1001 */
    assert_int_equal(outbox_read_totals(o, &totals), 0);
    assert_int_equal(totals.dead, 4);
    assert_int_equal(totals.waiting, 2);
    outbox_close(o);
}

static void a_wait_survives_a_clock_that_was_set_back(void **state)
{
    struct outbox_delivery d;
    struct outbox *o = reopen(NULL, *state);
    int64_t year = INT64_C(365) * 86400000;

    assert_int_equal(outbox_add(o, "a", 7, FIRING, SLICE("x"), 10 * year), 0);
    assert_int_equal(outbox_next(o, "a", 10 * year, &d), 1);
    assert_int_equal(outbox_note_failed(o, d.id, 400, "no", 10 * year + 5000, 10 * year), 0);
    assert_int_equal(outbox_next(o, "a", 10 * year + 4999, &d), 0);
    assert_int_equal(outbox_next(o, "a", 9 * year, &d), 1);
    outbox_close(o);
}

static void begins_once(void **state)
{
    struct outbox *o = reopen(NULL, *state);

    assert_false(outbox_has_begun(o));
    o = reopen(o, *state);
    assert_false(outbox_has_begun(o)); /* only opening it is no beginning */
    assert_int_equal(outbox_note_begun(o, 1), 0);
    o = reopen(o, *state);
    assert_true(outbox_has_begun(o));
    outbox_close(o);
}

static void one_process_holds_it(void **state)
{
    struct outbox *o = reopen(NULL, *state), *second = NULL;

    assert_int_equal(outbox_open(&second, *state), -EBUSY);
    assert_null(second);
    o = reopen(o, *state);
    outbox_close(o);
    assert_int_equal(outbox_open(&second, "/nonexistent/store"), -ENOENT);
}

static void is_for_its_owner_alone(void **state)
{
    struct outbox *o = reopen(NULL, *state);
    char path[128];
    struct stat st;

    snprintf(path, sizeof path, "%s/state.sqlite", (char *)*state);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    outbox_close(o);
}

static void refuses_a_newer_version_and_what_is_no_database(void **state)
{
    struct outbox *o = NULL;
    sqlite3 *db;
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/state.sqlite", (char *)*state);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 2", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(outbox_open(&o, *state), -EPROTO);

    f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < 4096; i++)
        fputs("no database ", f);
    fclose(f);
    assert_int_equal(outbox_open(&o, *state), -EIO);
    assert_null(o);
}

int main(void)
{
#define ONE(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)
    const struct CMUnitTest tests[] = {
        ONE(offers_in_order_and_resolved_after_firing),
        ONE(adds_each_once),
        ONE(a_rollback_undoes_it_all),
        ONE(knows_what_is_still_firing),
        ONE(buries_and_purges),
        ONE(a_wait_survives_a_clock_that_was_set_back),
        ONE(begins_once),
        ONE(one_process_holds_it),
        ONE(is_for_its_owner_alone),
        ONE(refuses_a_newer_version_and_what_is_no_database),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
