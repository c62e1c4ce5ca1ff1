/*
 * test_legs_sound - legs by equal sound: what proves them, what proves nothing, what it measures.
 */
#include "tests/unit/legs_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct slice headers[] = { SLICE_INIT("X-CID") };

static void open_scene(struct legs_scene *s)
{
    legs_scene_open(s, headers, 1, 1000);
}

static void hear(struct legs *l, const struct leg_plan *p, const struct sound_way *w,
                 unsigned piece, int64_t at_ms)
{
    legs_sound(l, p->id, w->stream, print_of(piece), START_NS + at_ms * NS_PER_MS);
}

/* Three calls that share nothing but what is heard. */
static void open_sound_scene(struct legs_scene *s, struct leg_plan calls[3])
{
    open_scene(s);
    for (unsigned i = 0; i < 3; i++) {
        calls[i] = stranger(i + 1);
        tell_invite(s->legs, &calls[i]);
    }
}

static void test_equal_sound(void **state)
{
    const struct sound_way a[] = {
        { 11, host(1), host(2), "caller_to_callee", 10 },
        { 12, host(2), host(1), "callee_to_caller", 60 },
    };
    const struct sound_way b[] = {
        { 21, host(2), host(3), "caller_to_callee", 30 },
        { 22, host(3), host(2), "callee_to_caller", 10 },
    };
    struct leg_plan calls[3];
    const struct told_pair *p;
    struct legs_scene s;

    (void)state;
    open_sound_scene(&s, calls);
    for (unsigned i = 0; i < 6; i++) {
        int64_t at = 5000 + i * 1300;

        hear(s.legs, &calls[0], &a[0], i, at);
        hear(s.legs, &calls[1], &b[0], i, at + 12);
        hear(s.legs, &calls[1], &b[1], 100 + i, at + 500);
        hear(s.legs, &calls[0], &a[1], 100 + i, at + 540);
    }
    close_with(s.legs, &calls[0], a, 2);
    assert_int_equal(s.told.count, 0); /* where the other's streams go is not known yet */
    close_with(s.legs, &calls[1], b, 2);
    legs_finish(s.legs);
    assert_int_equal(s.told.count, 1);
    p = told_find(&s.told, calls[0].id, calls[1].id);
    assert_non_null(p);
    assert_true(p->certain);
    assert_int_equal(p->group, calls[0].id);
    assert_non_null(strstr(p->evidence, "{\"by\":\"sound\",\"weight\":1"));
    assert_true(fabs(p->loss_added_ratio - 0.05) < 1e-6); /* towards the caller: 10 became 60 */
    assert_true(fabs(p->delay_added_ms - 40) < 1e-6);
    assert_non_null(strstr(p->media, "\"direction\":\"caller_to_callee\",\"stream_a\":"
                                     "\"000000000000000b\",\"stream_b\":\"0000000000000015\","
                                     "\"first\":\"a\",\"prints\":6"));
    assert_non_null(strstr(p->media, "\"first\":\"b\""));
    assert_non_null(strstr(p->media, "\"loss_added_ratio\":0.020000,\"delay_added_ms\":12.000"));
    legs_scene_close(&s);
}

struct silence_row {
    const char *name;
    struct sound_way ways[3]; /* of three calls */
    unsigned pieces;
    int64_t step_ms;
    int64_t apart_ms[3]; /* when each has it; −1: not at all */
    int64_t wander_ms;   /* … later by as much each time */
    bool same_piece;
    bool backwards; /* the second has the pieces in the other order */
};

static void play_row(struct legs *l, const struct leg_plan calls[3], const struct silence_row *row)
{
    for (unsigned i = 0; i < row->pieces; i++) {
        for (int c = 0; c < 3; c++) {
            unsigned piece = row->same_piece ? 0 : i;
            int64_t at = 5000 + i * row->step_ms + row->apart_ms[c];

            if (row->apart_ms[c] < 0)
                continue;
            if (c == 1 && row->backwards)
                piece = row->pieces - 1 - i;
            hear(l, &calls[c], &row->ways[c], piece, at + c * (int64_t)i * row->wander_ms);
        }
    }
}

#define RELAYED                                                                                    \
    {                                                                                              \
        { 11, { { 1 }, 1 }, { { 2 }, 1 }, "caller_to_callee", 0 },                                 \
            { 21, { { 2 }, 1 }, { { 3 }, 1 }, "caller_to_callee", 0 },                             \
            { 31, { { 3 }, 1 }, { { 4 }, 1 }, "caller_to_callee", 0 },                             \
    }

static void test_sound_that_proves_nothing(void **state)
{
    static const struct silence_row rows[] = {
        { "music that a third call hears", RELAYED, 20, 500, { 0, 20, 40 }, 0, false, false },
        { "one piece again and again (a tone)", RELAYED, 20, 500, { 0, 20, -1 }, 0, true, false },
        { "too few", RELAYED, 3, 1000, { 0, 20, -1 }, 0, false, false },
        { "all within a moment", RELAYED, 8, 50, { 0, 20, -1 }, 0, false, false },
        { "another time each time", RELAYED, 12, 2000, { 0, 20, -1 }, 180, false, false },
        { "later than any machine holds it", RELAYED, 20, 3000, { 0, 1500, -1 }, 0, false, false },
        { "in another order", RELAYED, 8, 100, { 0, 20, -1 }, 0, false, true },
        { "one announcement to two",
          { { 11, { { 2 }, 1 }, { { 1 }, 1 }, "callee_to_caller", 0 },
            { 21, { { 2 }, 1 }, { { 3 }, 1 }, "callee_to_caller", 0 },
            { 31, { { 2 }, 1 }, { { 4 }, 1 }, "callee_to_caller", 0 } },
          20,
          500,
          { 0, 20, -1 },
          0,
          false,
          false },
        { "two announcements to one machine",
          { { 11, { { 1 }, 1 }, { { 5 }, 1 }, "caller_to_callee", 0 },
            { 21, { { 2 }, 1 }, { { 5 }, 1 }, "caller_to_callee", 0 },
            { 31, { { 3 }, 1 }, { { 5 }, 1 }, "caller_to_callee", 0 } },
          20,
          500,
          { 0, 20, -1 },
          0,
          false,
          false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct leg_plan calls[3];
        struct legs_scene s;

        open_sound_scene(&s, calls);
        play_row(s.legs, calls, &rows[i]);
        for (int c = 0; c < 3; c++)
            close_with(s.legs, &calls[c], &rows[i].ways[c], 1);
        legs_finish(s.legs);
        if (s.told.count)
            fail_msg("%s: %s", rows[i].name, s.told.pairs[0].evidence);
        legs_scene_close(&s);
    }
}

/* The same rows proved it, were they heard as sound is: so each can fail. */
static void test_sound_that_proves_it(void **state)
{
    static const struct silence_row rows[] = {
        { "relayed", RELAYED, 8, 500, { 0, 20, -1 }, 0, false, false },
        { "at the limit", RELAYED, 4, 400, { 0, 900, -1 }, 0, false, false },
        { "by no host in common",
          { { 11, { { 1 }, 1 }, { { 2 }, 1 }, "caller_to_callee", 0 },
            { 21, { { 7 }, 1 }, { { 8 }, 1 }, "caller_to_callee", 0 },
            { 31, { { 3 }, 1 }, { { 4 }, 1 }, "caller_to_callee", 0 } },
          8,
          500,
          { 0, 20, -1 },
          0,
          false,
          false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct leg_plan calls[3];
        struct legs_scene s;

        open_sound_scene(&s, calls);
        play_row(s.legs, calls, &rows[i]);
        for (int c = 0; c < 3; c++)
            close_with(s.legs, &calls[c], &rows[i].ways[c], 1);
        legs_finish(s.legs);
        if (s.told.count != 1 || !s.told.pairs[0].certain)
            fail_msg("%s", rows[i].name);
        legs_scene_close(&s);
    }
}

/* A chain of three has its sound in three calls: names join it, and the sound still measures. */
static void test_a_chain_is_measured(void **state)
{
    static const struct silence_row row = { "", RELAYED, 10, 500, { 0, 20, 50 }, 0, false, false };
    struct leg_plan calls[3];
    const struct told_pair *p;
    struct legs_scene s;

    (void)state;
    open_scene(&s);
    for (unsigned i = 0; i < 3; i++) {
        calls[i] = stranger(i + 1);
        tell_invite_text(s.legs, &calls[i], "X-CID: name-0001\r\n");
    }
    play_row(s.legs, calls, &row);
    for (int c = 0; c < 3; c++)
        close_with(s.legs, &calls[c], &row.ways[c], 1);
    legs_finish(s.legs);
    p = told_find(&s.told, calls[1].id, calls[2].id);
    assert_non_null(p);
    assert_true(fabs(p->delay_added_ms - 30) < 1e-6);
    p = told_find(&s.told, calls[0].id, calls[1].id);
    assert_true(fabs(p->delay_added_ms - 20) < 1e-6);
    assert_null(strstr(p->evidence, "\"sound\""));
    legs_scene_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_sound),
        cmocka_unit_test(test_sound_that_proves_nothing),
        cmocka_unit_test(test_sound_that_proves_it),
        cmocka_unit_test(test_a_chain_is_measured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
