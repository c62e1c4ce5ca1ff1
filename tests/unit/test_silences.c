#include "probe/state/acks.h"
#include "probe/state/silences.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW  INT64_C(1795255200000)
#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

struct place {
    char dir[64];
    struct state_db *db;
};

static int open_place(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    assert_non_null(p);
    snprintf(p->dir, sizeof p->dir, "/tmp/earshot-silences-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    assert_int_equal(state_db_open(&p->db, p->dir), 0);
    *state = p;
    return 0;
}

static int close_place(void **state)
{
    static const char *const files[] = { "state.sqlite", "state.sqlite-wal", "state.sqlite-shm",
                                         "state.lock" };
    struct place *p = *state;

    state_db_close(p->db);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];

        snprintf(path, sizeof path, "%s/%s", p->dir, files[i]);
        unlink(path);
    }
    rmdir(p->dir);
    free(p);
    return 0;
}

static int64_t add(struct state_db *db, const char *labels, int64_t from_ms, int64_t until_ms)
{
    struct silence s = { .from_ms = from_ms, .until_ms = until_ms, .created_ms = NOW };
    char error[LABEL_MATCH_ERROR_MAX];

    assert_int_equal(label_match_parse(&s.match, slice_of_text(labels), error), 0);
    snprintf(s.comment, sizeof s.comment, "of %s", labels);
    return silences_add(db, &s);
}

struct seen {
    char text[200];
};

static bool on_silence(void *ctx, const struct silence *s)
{
    struct seen *seen = ctx;
    size_t at = strlen(seen->text);

    snprintf(seen->text + at, sizeof seen->text - at, "%s|", s->match.text);
    return true;
}

static void is_listed(struct state_db *db, bool over, int64_t now_ms, const char *wanted)
{
    struct seen seen = { "" };

    assert_int_equal(silences_list(db, over, now_ms, on_silence, &seen), 0);
    assert_string_equal(seen.text, wanted);
}

static void a_silence_lasts_from_its_begin_to_its_end(void **state)
{
    static const struct slice labels = SLICE_INIT("{\"rule\":\"a\",\"trunk\":\"carrier one\"}");
    struct state_db *db = ((struct place *)*state)->db;
    struct silence s;
    int64_t id = add(db, "rule=a", NOW + HOUR, NOW + 2 * HOUR);

    assert_true(id > 0);
    assert_int_equal(silences_find(db, labels, NOW, &s), 0);
    assert_int_equal(silences_find(db, labels, NOW + HOUR, &s), 1);
    assert_int_equal(s.id, id);
    assert_int_equal(s.until_ms, NOW + 2 * HOUR);
    assert_string_equal(s.comment, "of rule=a");
    assert_string_equal(s.match.text, "rule=a");
    assert_int_equal(silences_find(db, SLICE("{\"rule\":\"b\"}"), NOW + HOUR, &s), 0);
    assert_int_equal(silences_find(db, labels, NOW + 2 * HOUR, &s), 0);
}

static void of_several_the_one_that_ends_last_is_told(void **state)
{
    struct state_db *db = ((struct place *)*state)->db;
    int64_t last;
    struct silence s;

    add(db, "rule=a", NOW, NOW + HOUR);
    last = add(db, "trunk=\"carrier one\"", NOW, NOW + 3 * HOUR);
    add(db, "rule=b", NOW, NOW + 9 * HOUR);
    assert_int_equal(
        silences_find(db, SLICE("{\"rule\":\"a\",\"trunk\":\"carrier one\"}"), NOW, &s), 1);
    assert_int_equal(s.id, last);
}

static void ends_when_somebody_says_so(void **state)
{
    struct state_db *db = ((struct place *)*state)->db;
    int64_t id = add(db, "rule=a", NOW, NOW + HOUR);
    struct silence s;

    add(db, "rule=b", NOW, NOW + HOUR);
    assert_int_equal(silences_end(db, id, NOW + 1), 0);
    assert_int_equal(silences_find(db, SLICE("{\"rule\":\"a\"}"), NOW + 2, &s), 0);
    is_listed(db, false, NOW + 2, "rule=b|");
    is_listed(db, true, NOW + 2, "rule=b|rule=a|");
    assert_int_equal(silences_end(db, id, NOW + 3), -ENOENT);
    assert_int_equal(silences_end(db, id + 99, NOW), -ENOENT);
}

static void there_is_an_end_to_them(void **state)
{
    struct state_db *db = ((struct place *)*state)->db;

    assert_int_equal(state_db_begin(db), 0);
    for (int i = 0; i < SILENCES_MAX; i++)
        assert_true(add(db, "rule=a", NOW, NOW + HOUR) > 0);
    assert_int_equal(add(db, "rule=a", NOW, NOW + HOUR), -ENOSPC);
    assert_int_equal(state_db_commit(db), 0);
}

/* Those that ended long ago are gone with the next one. */
static void forgets_what_is_long_over(void **state)
{
    struct state_db *db = ((struct place *)*state)->db;

    add(db, "rule=old", NOW - 200 * DAY, NOW - 100 * DAY);
    add(db, "rule=new", NOW - 2 * DAY, NOW - DAY);
    is_listed(db, true, NOW, "rule=new|");
}

static void an_alert_is_acknowledged_once(void **state)
{
    struct state_db *db = ((struct place *)*state)->db;
    struct ack ack = { .alert = UINT64_MAX - 5, .time_ms = NOW, .comment = "mine; 'quoted'" }, got;

    assert_int_equal(acks_find(db, ack.alert, &got), 0);
    assert_int_equal(acks_add(db, &ack), 0);
    assert_int_equal(acks_add(db, &ack), -EEXIST);
    assert_int_equal(acks_find(db, ack.alert, &got), 1);
    assert_true(got.alert == ack.alert && got.time_ms == NOW);
    assert_string_equal(got.comment, ack.comment);
    assert_string_equal(got.by, "");
    assert_int_equal(acks_remove(db, ack.alert), 0);
    assert_int_equal(acks_remove(db, ack.alert), -ENOENT);
    assert_int_equal(acks_find(db, ack.alert, &got), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_silence_lasts_from_its_begin_to_its_end, open_place,
                                        close_place),
        cmocka_unit_test_setup_teardown(of_several_the_one_that_ends_last_is_told, open_place,
                                        close_place),
        cmocka_unit_test_setup_teardown(ends_when_somebody_says_so, open_place, close_place),
        cmocka_unit_test_setup_teardown(there_is_an_end_to_them, open_place, close_place),
        cmocka_unit_test_setup_teardown(forgets_what_is_long_over, open_place, close_place),
        cmocka_unit_test_setup_teardown(an_alert_is_acknowledged_once, open_place, close_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
