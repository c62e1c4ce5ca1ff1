/*
 * test_playout - the fixed buffers against a receiver told in arrival times and timestamps; the quick
 * way of most packets against the slow one of all.
 */
#include "analyzer/quality/playout.h"

#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* One packet of a stream, times in whole ms: exact in a double. */
struct packet {
    double arrival_ms, media_ms;
    bool talkspurt;
};

/* docs/METRICS.md §4, word by word. */
struct receiver {
    double depth_ms, early_limit_ms;
    double anchor_arrival_ms, anchor_media_ms;
    bool anchored;
    unsigned late_in_a_row, late;
};

static void set_anchor(struct receiver *r, const struct packet *p)
{
    r->anchor_arrival_ms = p->arrival_ms;
    r->anchor_media_ms = p->media_ms;
    r->anchored = true;
    r->late_in_a_row = 0;
}

static bool receive(struct receiver *r, const struct packet *p)
{
    double due_ms, early_ms;

    if (!r->anchored || p->talkspurt) {
        set_anchor(r, p);
        return false;
    }
    due_ms = r->anchor_arrival_ms + r->depth_ms + (p->media_ms - r->anchor_media_ms);
    if (p->arrival_ms > due_ms) {
        r->late++;
        if (++r->late_in_a_row == 10)
            set_anchor(r, p);
        return true;
    }
    r->late_in_a_row = 0;
    early_ms = due_ms - r->depth_ms - p->arrival_ms;
    if (early_ms > r->early_limit_ms)
        set_anchor(r, p);
    return false;
}

static const struct {
    double depth_ms, early_limit_ms;
} contract[] = {
    [PLAYOUT_JB20] = { 20, 60 },    [PLAYOUT_JB50] = { 50, 150 },   [PLAYOUT_JB60] = { 60, 180 },
    [PLAYOUT_JB120] = { 120, 360 }, [PLAYOUT_JB200] = { 200, 400 },
};
enum { FIXED = sizeof contract / sizeof contract[0] };

static void fixed_buffers_are_those_of_the_contract(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4000; seed++) {
        struct random r = { seed };
        struct receiver receivers[FIXED];
        struct playout p = { 0 };
        double shift_ms = 0, pause_ms = 0;

        for (int m = 0; m < FIXED; m++)
            receivers[m] = (struct receiver){ .depth_ms = contract[m].depth_ms,
                                              .early_limit_ms = contract[m].early_limit_ms };
        for (int i = 0; i < 300; i++) {
            struct packet packet = { .talkspurt = random_hits(&r, 0.005) };
            unsigned late;

            if (random_hits(&r, 0.02)) /* the path changes */
                shift_ms = random_below(&r, seed % 2 ? 1200 : 100);
            if (packet.talkspurt)
                pause_ms += random_below(&r, 5000);
            packet.media_ms = 20 * i + pause_ms;
            packet.arrival_ms =
                packet.media_ms + shift_ms + random_below(&r, (uint32_t)(1 + seed % 300));
            late = playout_arrive(&p, packet.arrival_ms - packet.media_ms, packet.talkspurt || !i);
            for (int m = 0; m < FIXED; m++) {
                if ((late >> m & 1) != receive(&receivers[m], &packet))
                    fail_msg("seed %llu, packet %d, model %d", (unsigned long long)seed, i, m);
            }
        }
        for (int m = 0; m < FIXED; m++)
            assert_int_equal(p.buffers[m].late, receivers[m].late);
    }
}

/* At the limits and a hair beside them: late is above the depth, early below the limit. */
static void limits_are_sharp(void **state)
{
    static const double hairs_ms[] = { -1,   -0.002, -0.001, -0.0005, -1e-6, 0,
                                       1e-6, 0.0005, 0.001,  0.002,   1 };

    (void)state;
    for (int m = 0; m < FIXED; m++) {
        for (size_t i = 0; i < sizeof hairs_ms / sizeof hairs_ms[0]; i++) {
            struct playout p = { 0 };

            playout_arrive(&p, 0, true);
            assert_int_equal(playout_arrive(&p, contract[m].depth_ms + hairs_ms[i], false) >> m & 1,
                             hairs_ms[i] > 0);
            /* Was the early one the new anchor? Then what comes a depth after it is just in time. */
            p = (struct playout){ 0 };
            playout_arrive(&p, 0, true);
            assert_int_equal(playout_arrive(&p, hairs_ms[i] - contract[m].early_limit_ms, false),
                             0);
            assert_int_equal(playout_arrive(&p, contract[m].depth_ms - 2, false) >> m & 1,
                             hairs_ms[i] < 0);
        }
    }
}

/* The tenth late one in a row is late itself, and what follows is measured from it. */
static void ten_late_in_a_row_move_the_anchor(void **state)
{
    (void)state;
    for (int m = 0; m < FIXED; m++) {
        double late_ms = contract[m].depth_ms + 5;
        struct playout p = { 0 };

        playout_arrive(&p, 0, true);
        for (int i = 0; i < 9; i++)
            assert_int_equal(playout_arrive(&p, late_ms, false) >> m & 1, 1);
        assert_int_equal(playout_arrive(&p, 0, false) >> m & 1, 0); /* nine only: not moved */
        for (int i = 0; i < 10; i++)
            assert_int_equal(playout_arrive(&p, late_ms + i, false) >> m & 1, 1);
        assert_int_equal(playout_arrive(&p, late_ms + 9 + contract[m].depth_ms, false) >> m & 1, 0);
        assert_int_equal(playout_arrive(&p, late_ms + 9.5 + contract[m].depth_ms, false) >> m & 1,
                         1);
        assert_int_equal(p.buffers[m].late, 20);
    }
}

/* To the last bit, whatever comes: what is quick is only quicker. */
static void the_quick_way_is_the_slow_way(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4000; seed++) {
        struct random r = { seed };
        struct playout quick = { 0 }, slow = { 0 };
        double spread_ms = seed % 3 ? 40 : 700, shift_ms = 0;
        unsigned judged = 0;

        for (int i = 0; i < 700; i++) {
            bool re_anchor = i == 0 || random_hits(&r, 0.004);
            double transit_ms;

            if (random_hits(&r, 0.01))
                shift_ms = random_share(&r) * 2 * spread_ms - spread_ms;
            transit_ms = shift_ms + random_share(&r) * random_share(&r) * spread_ms;
            if (random_hits(&r, 0.1)) /* on a limit, as close as a double gets */
                transit_ms = quick.buffers[random_below(&r, PLAYOUT_MODELS)].anchor_ms +
                             (double)random_below(&r, 80) * 10 - 400;
            judged += re_anchor ||
                      !(transit_ms >= quick.quiet_from_ms && transit_ms <= quick.quiet_to_ms);
            if (playout_arrive(&quick, transit_ms, re_anchor) !=
                playout_judge(&slow, transit_ms, re_anchor))
                fail_msg("seed %llu, packet %d", (unsigned long long)seed, i);
            assert_memory_equal(quick.buffers, slow.buffers, sizeof quick.buffers);
            assert_true(quick.adaptive_depth_ms == slow.adaptive_depth_ms &&
                        quick.adaptive_peak_ms == slow.adaptive_peak_ms &&
                        quick.adaptive_count == slow.adaptive_count);
        }
        assert_true(judged < 700 && judged > 0);
    }
}

/* What the quick way is for: a calm stream takes the slow one for its first packet and each 256th. */
static void a_calm_stream_is_quiet(void **state)
{
    struct random r = { 1 };
    struct playout p = { 0 };

    (void)state;
    playout_arrive(&p, 5, true);
    for (int i = 0; i < 2000; i++) {
        double transit_ms = -50 + random_share(&r) * 70;

        assert_true(transit_ms >= p.quiet_from_ms && transit_ms <= p.quiet_to_ms);
        playout_arrive(&p, transit_ms, false);
    }
}

/* The adaptive one never waits longer than 500 ms, and learns from what came late. */
static void the_adaptive_buffer_follows_and_keeps_its_bounds(void **state)
{
    struct random r = { 3 };
    struct playout p = { 0 };
    unsigned late = 0;

    (void)state;
    playout_arrive(&p, 0, true);
    for (int i = 0; i < 5000; i++) {
        late += playout_arrive(&p, random_below(&r, 120), false) >> PLAYOUT_ADAPTIVE & 1;
        assert_true(playout_depth_ms(&p, PLAYOUT_ADAPTIVE) >= 20);
        assert_true(playout_depth_ms(&p, PLAYOUT_ADAPTIVE) <= 500);
    }
    assert_true(late < 10);
    for (int i = 0; i < 5000; i++)
        playout_arrive(&p, random_below(&r, 3000), false);
    assert_true(playout_depth_ms(&p, PLAYOUT_ADAPTIVE) <= 500);
    playout_arrive(&p, 0, true);
    for (int i = 0; i < 20000; i++)
        playout_arrive(&p, random_below(&r, 10), false);
    assert_true(playout_depth_ms(&p, PLAYOUT_ADAPTIVE) < 30); /* and it shrinks again */
    assert_true(playout_depth_ms(&p, PLAYOUT_JB50) == 50);
    assert_true(playout_depth_ms(&p, PLAYOUT_JB200) == 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_buffers_are_those_of_the_contract),
        cmocka_unit_test(limits_are_sharp),
        cmocka_unit_test(ten_late_in_a_row_move_the_anchor),
        cmocka_unit_test(the_quick_way_is_the_slow_way),
        cmocka_unit_test(a_calm_stream_is_quiet),
        cmocka_unit_test(the_adaptive_buffer_follows_and_keeps_its_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
