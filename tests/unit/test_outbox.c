#include "probe/state/outbox.h"

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

struct box {
    struct state_db *state;
    struct outbox *o;
};

static struct outbox *reopen(struct box *b, const char *dir)
{
    outbox_close(b->o);
    state_db_close(b->state);
    b->o = NULL;
    b->state = NULL;
    assert_int_equal(state_db_open(&b->state, dir), 0);
    assert_int_equal(outbox_open(&b->o, b->state), 0);
    return b->o;
}

static void shut(struct box *b)
{
    outbox_close(b->o);
    state_db_close(b->state);
}

static int add(struct outbox *o, const char *receiver, const char *id, const char *about,
               const uint64_t *alerts, size_t count, int64_t now_ms)
{
    const struct outbox_message m = { .receiver = receiver,
                                      .id = id,
                                      .about = about,
                                      .alerts = alerts,
                                      .alert_count = count,
                                      .body = slice_of_text(id) };

    return outbox_add(o, &m, now_ms);
}

static void assert_next(struct outbox *o, const char *receiver, int64_t now_ms, const char *id,
                        struct outbox_delivery *d)
{
    assert_int_equal(outbox_next(o, receiver, now_ms, d), 1);
    assert_string_equal(d->message, id);
    assert_true(slice_eq(d->body, slice_of_text(id)));
}

static const uint64_t seven[] = { 7 }, nine[] = { 9 }, both[] = { 7, 9 };

static void offers_in_order_and_resolved_after_firing(void **state)
{
    struct box b = { NULL, NULL };
    struct outbox_delivery d;
    struct outbox *o = reopen(&b, *state);

    assert_int_equal(outbox_next(o, "a", 100, &d), 0);
    assert_int_equal(add(o, "a", "f7", "firing", seven, 1, 100), 1);
    assert_int_equal(add(o, "a", "r7", "resolved", seven, 1, 100), 1);
    assert_int_equal(add(o, "a", "f9", "firing", nine, 1, 101), 1);
    assert_int_equal(add(o, "b", "b7", "firing", seven, 1, 101), 1);

    assert_next(o, "a", 100, "f7", &d);
    assert_int_equal(d.tries, 0);
    assert_int_equal(d.patient_ms, 100);
    /* Refused: another alert may pass, its own end may not. */
    assert_int_equal(outbox_note_failed(o, d.id, 400, "it answered 400", 500, 101), 0);
    assert_next(o, "a", 499, "f9", &d);
    assert_int_equal(outbox_note_delivered(o, d.id, 200, 499), 0);
    assert_int_equal(outbox_next(o, "a", 499, &d), 0);
    assert_next(o, "a", 500, "f7", &d);
    assert_int_equal(d.tries, 1);
    assert_int_equal(outbox_note_delivered(o, d.id, 200, 501), 0);
    assert_next(o, "a", 501, "r7", &d);
    assert_int_equal(outbox_note_delivered(o, d.id, 200, 502), 0);
    assert_int_equal(outbox_next(o, "a", 503, &d), 0);
    assert_next(o, "b", 503, "b7", &d);
    shut(&b);
}

static void a_group_waits_for_each_of_its_alerts(void **state)
{
    struct box b = { NULL, NULL };
    struct outbox_delivery d;
    struct outbox *o = reopen(&b, *state);

    assert_int_equal(add(o, "a", "f9", "firing", nine, 1, 100), 1);
    assert_int_equal(add(o, "a", "r79", "resolved", both, 2, 100), 1);
    assert_next(o, "a", 100, "f9", &d);
    assert_int_equal(outbox_note_failed(o, d.id, 400, "no", 500, 100), 0);
    assert_int_equal(outbox_next(o, "a", 200, &d), 0);
    assert_next(o, "a", 500, "f9", &d);
    assert_int_equal(outbox_note_delivered(o, d.id, 200, 500), 0);
    assert_next(o, "a", 500, "r79", &d);
    shut(&b);
}

static void the_end_of_what_never_arrived_is_dead(void **state)
{
    struct box b = { NULL, NULL };
    struct outbox_totals totals;
    struct outbox_delivery d;
    struct outbox *o = reopen(&b, *state);

    assert_int_equal(add(o, "a", "f7", "firing", seven, 1, 100), 1);
    assert_int_equal(add(o, "a", "r7", "resolved", seven, 1, 100), 1);
    assert_int_equal(add(o, "b", "f7", "firing", seven, 1, 100), 1);
    assert_int_equal(add(o, "b", "r7", "resolved", seven, 1, 100), 1);
    assert_next(o, "a", 100, "f7", &d);
    assert_int_equal(outbox_note_dead(o, d.id, 400, "it answered 400", 101), 0);
    assert_int_equal(outbox_next(o, "a", 200, &d), 0);
    assert_int_equal(outbox_read_totals(o, &totals), 0);
    assert_int_equal(totals.dead, 2);
    assert_int_equal(totals.waiting, 2); /* what b is to be told is not a's concern */
    /* An end that comes later is dead from the beginning. */
    assert_int_equal(add(o, "a", "r7_1", "resolved", seven, 1, 300), 1);
    assert_int_equal(outbox_next(o, "a", 300, &d), 0);
    /* Sent again, they go in their order, under their ids. */
    assert_int_equal(outbox_set_receivers(o, &(struct outbox_receiver){ .name = "a" }, 1, 300), 0);
    assert_int_equal(outbox_replay(o, 0, "a", 1000), 3);
    assert_next(o, "a", 1000, "f7", &d);
    assert_int_equal(d.tries, 0);
    assert_int_equal(d.patient_ms, 1000);
    assert_int_equal(outbox_note_delivered(o, d.id, 200, 1000), 0);
    assert_next(o, "a", 1000, "r7", &d);
    assert_int_equal(outbox_replay(o, d.id, NULL, 1001), -ENOENT); /* it is not dead */
    shut(&b);
}

static void adds_each_once(void **state)
{
    struct box b = { NULL, NULL };
    struct outbox_totals totals;
    struct outbox_delivery d;
    struct outbox *o = reopen(&b, *state);

    assert_int_equal(add(o, "a", "f7", "firing", seven, 1, 100), 1);
    assert_int_equal(outbox_next(o, "a", 100, &d), 1);
    assert_int_equal(outbox_note_delivered(o, d.id, 200, 100), 0);
    o = reopen(&b, *state);
    assert_int_equal(add(o, "a", "f7", "firing", seven, 1, 200), 0);
    assert_int_equal(outbox_next(o, "a", 300, &d), 0);
    assert_int_equal(outbox_read_totals(o, &totals), 0);
    assert_int_equal(totals.delivered, 1);
    assert_int_equal(totals.waiting + totals.dead, 0);
    shut(&b);
}

static void repetitions_do_not_pile_up(void **state)
{
    struct box b = { NULL, NULL };
    struct outbox_totals totals;
    struct outbox_delivery d;
    struct outbox *o = reopen(&b, *state);

    assert_int_equal(add(o, "a", "again_1_0", "again", seven, 1, 100), 1);
    assert_int_equal(add(o, "a", "again_1_1", "again", nine, 1, 100), 1);
    assert_int_equal(add(o, "a", "again_2_0", "again", seven, 1, 200), 1);
    assert_int_equal(outbox_read_totals(o, &totals), 0);
    assert_int_equal(totals.waiting, 1);
    assert_next(o, "a", 200, "again_2_0", &d);
    assert_int_equal(outbox_note_delivered(o, d.id, 200, 200), 0);
    assert_int_equal(outbox_purge(o, 0), 0);
    assert_int_equal(outbox_read_totals(o, &totals), 0);
    assert_int_equal(totals.delivered, 0);
    shut(&b);
}

static void a_rollback_undoes_it_all(void **state)
{
    struct box b = { NULL, NULL };
    struct outbox_delivery d;
    struct outbox_seen seen;
    struct outbox *o = reopen(&b, *state);

    assert_int_equal(outbox_begin(o), 0);
    assert_int_equal(add(o, "a", "f7", "firing", seven, 1, 100), 1);
    assert_int_equal(outbox_note_seen(o, 7, 70, FIRING, false), 0);
    outbox_rollback(o);
    assert_int_equal(outbox_find_seen(o, 7, &seen), 0);
    assert_int_equal(outbox_next(o, "a", 200, &d), 0);
    assert_int_equal(outbox_begin(o), 0);
    assert_int_equal(outbox_note_seen(o, 7, 70, FIRING, false), 0);
    assert_int_equal(outbox_commit(o), 0);
    o = reopen(&b, *state);
    assert_int_equal(outbox_find_seen(o, 7, &seen), 1);
    assert_int_equal(seen.changed_ns, 70);
    assert_string_equal(seen.state, "firing");
    assert_false(seen.is_done);
    shut(&b);
}

struct told_list {
    char text[256];
};

static void list_told(void *ctx, const char *receiver, const struct outbox_told *told)
{
    struct told_list *l = ctx;
    size_t len = strlen(l->text);

    snprintf(l->text + len, sizeof l->text - len, "%s %d %lld %d '%s'; ", receiver, told->severity,
             (long long)told->flaps, told->is_over, told->held);
}

static void knows_what_is_open_and_who_knows(void **state)
{
    struct box b = { NULL, NULL };
    struct told_list list = { "" };
    uint64_t open[4];
    struct outbox *o = reopen(&b, *state);

    for (uint64_t id = 1; id <= 6; id++)
        assert_int_equal(outbox_note_seen(o, id, 1, FIRING, false), 0);
    assert_int_equal(outbox_note_seen(o, 5, 2, RESOLVED, true), 0);
    assert_int_equal(outbox_open_alerts(o, open, 4), 4);
    assert_int_equal(open[0], 6);
    assert_int_equal(open[1], 4);
    assert_int_equal(open[3], 2);
    assert_int_equal(outbox_note_told(o, 4, "a", &(struct outbox_told){ -1, 0, false, "silenced" }),
                     0);
    assert_int_equal(outbox_note_told(o, 4, "b", &(struct outbox_told){ 1, 0, false, "" }), 0);
    assert_int_equal(outbox_note_told(o, 4, "b", &(struct outbox_told){ 2, 1, true, "" }), 0);
    assert_int_equal(outbox_read_told(o, 4, list_told, &list), 0);
    assert_string_equal(list.text, "a -1 0 0 'silenced'; b 2 1 1 ''; ");
    assert_int_equal(outbox_forget_seen(o, 5), 0);
    assert_int_equal(outbox_open_alerts(o, open, 4), 1);
    list.text[0] = '\0';
    assert_int_equal(outbox_read_told(o, 4, list_told, &list), 0);
    assert_string_equal(list.text, "");
    shut(&b);
}

static void buries_and_purges(void **state)
{
    static const struct outbox_receiver kept[] = { { .name = "a", .kind = "webhook" },
                                                   { .name = "b", .kind = "webhook" } };
    struct box b = { NULL, NULL };
    struct outbox_totals totals;
    struct outbox_delivery d;
    struct outbox *o = reopen(&b, *state);

    for (uint64_t i = 1; i <= 4; i++) {
        char id[8];

        snprintf(id, sizeof id, "f%d", (int)i);
        assert_int_equal(add(o, "a", id, "firing", &i, 1, (int64_t)i * 100), 1);
        assert_int_equal(add(o, "old", id, "firing", &i, 1, (int64_t)i * 100), 1);
        assert_int_equal(outbox_note_seen(o, i, 1, FIRING, i != 2), 0);
    }
    assert_int_equal(outbox_bury(o, "a", 300, "too old", 1000), 2);
    assert_int_equal(outbox_bury(o, "a", 300, "too old", 1000), 0);
    assert_int_equal(outbox_set_receivers(o, kept, 2, 1001), 0);
    assert_int_equal(outbox_next(o, "old", 2000, &d), 0);
    assert_next(o, "a", 2000, "f3", &d);
    assert_int_equal(outbox_read_totals(o, &totals), 0);
    assert_int_equal(totals.dead, 6);
    assert_int_equal(totals.waiting, 2);
    assert_int_equal(totals.oldest_waiting_ms, 300);
    /* What was settled before 1001, but for alert 2: it still fires. */
    assert_int_equal(outbox_purge(o, 1001), 0);
    assert_int_equal(outbox_read_totals(o, &totals), 0);
    assert_int_equal(totals.dead, 5);
    assert_int_equal(totals.waiting, 2);
    shut(&b);
}

struct listed {
    char text[512];
    size_t rows;
};

static bool list_row(void *ctx, const struct outbox_row *row)
{
    struct listed *l = ctx;
    size_t len = strlen(l->text);

    snprintf(l->text + len, sizeof l->text - len, "%s %s %s %s %d '%s' %zu; ", row->receiver,
             row->message, row->about, row->state, row->status, row->reason, row->alert_count);
    return ++l->rows < 3;
}

static bool list_receiver(void *ctx, const struct outbox_receiver *r)
{
    struct listed *l = ctx;
    size_t len = strlen(l->text);

    snprintf(l->text + len, sizeof l->text - len, "%s %s %s %s '%s' %lld %lld %lld; ", r->name,
             r->kind, r->place, r->state, r->reason, (long long)r->waiting, (long long)r->delivered,
             (long long)r->dead);
    return true;
}

static void people_see_what_is_there(void **state)
{
    static const struct outbox_receiver receivers[] = {
        { .name = "a", .kind = "slack", .place = "x" },
        { .name = "b", .kind = "mail", .place = "y" }
    };
    struct box b = { NULL, NULL };
    struct listed l = { "", 0 };
    struct outbox_delivery d;
    char name[OUTBOX_NAME_MAX];
    struct outbox *o = reopen(&b, *state);

    assert_int_equal(outbox_set_receivers(o, receivers, 2, 1), 0);
    assert_int_equal(add(o, "a", "f79", "firing", both, 2, 100), 1);
    assert_int_equal(add(o, "b", "f7", "firing", seven, 1, 100), 1);
    assert_next(o, "b", 100, "f7", &d);
    assert_int_equal(outbox_note_dead(o, d.id, 550, "no such user", 200), 0);
    assert_int_equal(outbox_list(o, &(struct outbox_query){ .alert = 7 }, list_row, &l), 0);
    assert_string_equal(l.text,
                        "b f7 firing dead 550 'no such user' 1; a f79 firing waiting 0 '' 2; ");
    l = (struct listed){ "", 0 };
    assert_int_equal(outbox_list(o, &(struct outbox_query){ .state = "dead" }, list_row, &l), 0);
    assert_int_equal(outbox_list(o, &(struct outbox_query){ .receiver = "a" }, list_row, &l), 0);
    assert_int_equal(
        outbox_list(o, &(struct outbox_query){ .alert = 9, .before = 1 }, list_row, &l), 0);
    assert_int_equal(l.rows, 2);
    l = (struct listed){ "", 0 };
    assert_int_equal(outbox_note_receiver(o, "b", "down", "no answer", 500), 0);
    assert_int_equal(outbox_list_receivers(o, list_receiver, &l), 0);
    assert_string_equal(l.text, "a slack x up '' 1 0 0; b mail y down 'no answer' 0 0 1; ");
    assert_int_equal(outbox_ask_test(o, "c"), -ENOENT);
    assert_int_equal(outbox_take_test(o, name), 0);
    assert_int_equal(outbox_ask_test(o, "b"), 0);
    assert_int_equal(outbox_take_test(o, name), 1);
    assert_string_equal(name, "b");
    assert_int_equal(outbox_take_test(o, name), 0);
    shut(&b);
}

static void a_wait_survives_a_clock_that_was_set_back(void **state)
{
    struct box b = { NULL, NULL };
    struct outbox_delivery d;
    struct outbox *o = reopen(&b, *state);
    int64_t year = INT64_C(365) * 86400000;

    assert_int_equal(add(o, "a", "f7", "firing", seven, 1, 10 * year), 1);
    assert_int_equal(outbox_next(o, "a", 10 * year, &d), 1);
    assert_int_equal(outbox_note_failed(o, d.id, 400, "no", 10 * year + 5000, 10 * year), 0);
    assert_int_equal(outbox_next(o, "a", 10 * year + 4999, &d), 0);
    assert_int_equal(outbox_next(o, "a", 9 * year, &d), 1);
    shut(&b);
}

static void begins_once(void **state)
{
    struct box b = { NULL, NULL };
    struct outbox *o = reopen(&b, *state);

    assert_false(outbox_has_begun(o));
    o = reopen(&b, *state);
    assert_false(outbox_has_begun(o)); /* only opening it is no beginning */
    assert_int_equal(outbox_note_begun(o, 1), 0);
    o = reopen(&b, *state);
    assert_true(outbox_has_begun(o));
    shut(&b);
}

/* Any step may be the last one of a process: what is told is told at least once, under one id, in order. */
static void a_crash_between_any_two_steps_loses_nothing(void **state)
{
    enum { ALERTS = 6, STEPS = 400 };
    struct box b = { NULL, NULL };
    uint64_t told[ALERTS] = { 0 }; /* states taken by the receiver, in bits; */
    size_t made = 0, settled = 0;
    struct outbox *o = reopen(&b, *state);

    srandom(7);
    for (int i = 0; i < STEPS && settled < (size_t)ALERTS * 2; i++) {
        struct outbox_delivery d;
        long lot = random() % 8;

        if (lot == 0) {
            o = reopen(&b, *state); /* killed, and started again */
        } else if (lot <= 2 && made < (size_t)ALERTS * 2) {
            uint64_t id = made % ALERTS + 1;
            bool over = made >= ALERTS;
            char message[32];
            int err = outbox_begin(o);

            snprintf(message, sizeof message, "alert_%d_%d", (int)id, over);
            assert_int_equal(err, 0);
            assert_true(add(o, "a", message, over ? "resolved" : "firing", &id, 1, i) >= 0);
            if (random() % 3 == 0) {
                o = reopen(&b, *state); /* before the commit: as if it had not been */
                continue;
            }
            assert_int_equal(outbox_commit(o), 0);
            made++;
        } else if (outbox_next(o, "a", i, &d) == 1) {
            int id = 0, over = 0;

            id = d.message[6] - '0';
            over = d.message[8] - '0';
            assert_in_range(id, 1, ALERTS);
            assert_true(over == 0 || (told[id - 1] & 1)); /* in order */
            told[id - 1] |= UINT64_C(1) << over;          /* the receiver has it … */
            if (random() % 3 == 0)
                o = reopen(&b, *state); /* … and we do not know */
            else if (random() % 3 == 0)
                assert_int_equal(outbox_note_failed(o, d.id, 503, "later", i + 3, i), 0);
            else if (++settled)
                assert_int_equal(outbox_note_delivered(o, d.id, 200, i), 0);
        }
    }
    assert_int_equal(settled, ALERTS * 2);
    for (size_t i = 0; i < ALERTS; i++)
        assert_int_equal(told[i], 3);
    shut(&b);
}

int main(void)
{
#define ONE(test) cmocka_unit_test_setup_teardown(test, make_dir, drop_dir)
    const struct CMUnitTest tests[] = {
        ONE(offers_in_order_and_resolved_after_firing),
        ONE(a_group_waits_for_each_of_its_alerts),
        ONE(the_end_of_what_never_arrived_is_dead),
        ONE(adds_each_once),
        ONE(repetitions_do_not_pile_up),
        ONE(a_rollback_undoes_it_all),
        ONE(knows_what_is_open_and_who_knows),
        ONE(buries_and_purges),
        ONE(people_see_what_is_there),
        ONE(a_wait_survives_a_clock_that_was_set_back),
        ONE(begins_once),
        ONE(a_crash_between_any_two_steps_loses_nothing),
    };

    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
