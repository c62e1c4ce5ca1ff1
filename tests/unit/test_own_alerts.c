#include "probe/state/own_alerts.h"

#include "analyzer/record_id.h"

#include <math.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NS_PER_S INT64_C(1000000000)
#define START    (1795256100 * NS_PER_S)

struct scene {
    char dir[64];
    struct state_db *db;
};

static int set_up(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    snprintf(s->dir, sizeof s->dir, "/tmp/test_own_alerts.XXXXXX");
    if (!mkdtemp(s->dir) || state_db_open(&s->db, s->dir) != 0)
        return -1;
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = { "state.sqlite", "state.sqlite-wal", "state.sqlite-shm",
                                         "state.lock" };
    struct scene *s = *state;
    char path[128];

    state_db_close(s->db);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", s->dir, files[i]);
        unlink(path);
    }
    rmdir(s->dir);
    free(s);
    return 0;
}

static struct alert_record make(int n)
{
    struct alert_record a;

    record_clear(&record_type_alert, &a);
    a.id = record_id_make(START + n * NS_PER_S, (uint64_t)n);
    a.rule = SLICE("probe-silent");
    a.severity = SLICE("critical");
    a.state = SLICE("firing");
    a.time = a.since = a.fired_time = a.changed_time = START + n * NS_PER_S;
    return a;
}

static void gives_back_what_it_was_given(void **state)
{
    struct scene *s = *state;
    struct alert_record a = make(1), *back;
    struct strbuf before = { 0 }, after = { 0 };
    struct jsonw to_before = jsonw_to(&before), to_after = jsonw_to(&after);

    a.group = SLICE("a \"quoted\" \\ line\r\n\t\x01 ü \xf0\x9f\x98\x80");
    a.labels = SLICE("{\"rule\":\"x\",\"host\":\"a\\u001b\"}");
    a.summary = SLICE("");
    a.since += 123456000;
    a.value = -1.5;
    a.threshold = NAN;
    a.samples = INT64_C(1) << 52;
    a.muted_by = 0xfedcba9876543210;
    a.calls = SLICE("[\"0123456789abcdef\"]");
    assert_int_equal(own_alerts_put(s->db, &a), 0);
    assert_int_equal(own_alerts_find(s->db, a.id, &back), 1);
    record_write_json(&to_before, &record_type_alert, &a);
    record_write_json(&to_after, &record_type_alert, back);
    assert_string_equal(before.p, after.p);
    assert_int_equal(back->since, a.since);
    assert_int_equal(back->ended_time, RECORD_NONE);
    assert_true(isnan(back->threshold));
    assert_int_equal(own_alerts_find(s->db, a.id + 1, &back), 0);
    free(back);
    strbuf_fini(&before);
    strbuf_fini(&after);
}

struct seen {
    uint64_t ids[16];
    size_t count, stop_at;
};

static bool see(void *ctx, const struct alert_record *alert)
{
    struct seen *seen = ctx;

    seen->ids[seen->count++] = alert->id;
    return seen->count != seen->stop_at;
}

static void lists_the_newest_first(void **state)
{
    struct scene *s = *state;
    struct seen seen = { .count = 0 };

    for (int i = 0; i < 5; i++) {
        struct alert_record a = make((i * 3) % 5);

        assert_int_equal(own_alerts_put(s->db, &a), 0);
    }
    assert_int_equal(own_alerts_list(s->db, 0, 0, see, &seen), 0);
    assert_int_equal(seen.count, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(seen.ids[i], make(4 - i).id);
    seen.count = 0;
    assert_int_equal(own_alerts_list(s->db, make(3).id, 2, see, &seen), 0);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.ids[0], make(2).id);
    seen = (struct seen){ .stop_at = 1 };
    assert_int_equal(own_alerts_list(s->db, 0, 0, see, &seen), 0);
    assert_int_equal(seen.count, 1);
}

static void puts_a_newer_self_in_the_place_of_the_older(void **state)
{
    struct scene *s = *state;
    struct alert_record a = make(1), *back;
    struct seen seen = { .count = 0 };

    assert_int_equal(own_alerts_put(s->db, &a), 0);
    a.state = SLICE("resolved");
    a.ended_time = a.time + 60 * NS_PER_S;
    assert_int_equal(own_alerts_put(s->db, &a), 0);
    assert_int_equal(own_alerts_list(s->db, 0, 0, see, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(own_alerts_find(s->db, a.id, &back), 1);
    assert_true(slice_eq(back->state, SLICE("resolved")));
    assert_int_equal(back->ended_time, a.ended_time);
    free(back);
}

/* Firing ones stay, however old. */
static void forgets_the_oldest_that_are_over(void **state)
{
    struct scene *s = *state;
    struct alert_record firing = make(0), over = make(1), last = make(OWN_ALERTS_MAX + 2), *back;
    sqlite3 *db = state_db_lock(s->db);

    assert_int_equal(sqlite3_exec(db,
                                  "WITH RECURSIVE n(i) AS (VALUES (2) UNION ALL"
                                  " SELECT i + 1 FROM n WHERE i < 10000) INSERT INTO own_alerts"
                                  " SELECT 4000000000000000000 + i, 'resolved', '{}' FROM n",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    state_db_unlock(s->db);
    over.state = SLICE("resolved");
    assert_int_equal(own_alerts_put(s->db, &firing), 0);
    assert_int_equal(own_alerts_put(s->db, &over), 0);
    assert_int_equal(own_alerts_put(s->db, &last), 0);
    assert_int_equal(own_alerts_find(s->db, firing.id, &back), 1);
    free(back);
    assert_int_equal(own_alerts_find(s->db, over.id, &back), 0);
    assert_int_equal(own_alerts_find(s->db, last.id, &back), 1);
    free(back);
}

static void takes_damage_for_nothing(void **state)
{
    struct scene *s = *state;
    struct seen seen = { .count = 0 };
    struct alert_record a = make(9), *back;
    sqlite3 *db = state_db_lock(s->db);

    assert_int_equal(sqlite3_exec(db,
                                  "INSERT INTO own_alerts VALUES (1, 'firing', '{\"id\":'),"
                                  " (2, 'firing', ''), (3, 'firing', '[1,2]'), (4, 'x', '{}'),"
                                  " (5, 'firing', x'ff00')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    state_db_unlock(s->db);
    assert_int_equal(own_alerts_put(s->db, &a), 0);
    assert_int_equal(own_alerts_list(s->db, 0, 0, see, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_true(own_alerts_find(s->db, 1, &back) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gives_back_what_it_was_given, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_the_newest_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(puts_a_newer_self_in_the_place_of_the_older, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(forgets_the_oldest_that_are_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_damage_for_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("own_alerts", tests, NULL, NULL);
}
