/*
 * test_playout - the fixed buffers against a receiver told in arrival times and timestamps.
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

static void fixed_buffers_are_those_of_the_contract(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        struct random r = { seed };
        struct receiver jb50 = { .depth_ms = 50, .early_limit_ms = 150 };
        struct receiver jb200 = { .depth_ms = 200, .early_limit_ms = 400 };
        struct playout p = { 0 };
        double shift_ms = 0;

        for (int i = 0; i < 300; i++) {
            struct packet packet = { .media_ms = 20 * i };
            unsigned late;

            if (random_hits(&r, 0.02)) /* the path changes */
                shift_ms = random_below(&r, 1200);
            packet.arrival_ms =
                packet.media_ms + shift_ms + random_below(&r, (uint32_t)(1 + seed % 300));
            packet.talkspurt = random_hits(&r, 0.005);
            late = playout_arrive(&p, packet.arrival_ms - packet.media_ms, packet.talkspurt || !i);
            if ((late >> PLAYOUT_JB50 & 1) != receive(&jb50, &packet) ||
                (late >> PLAYOUT_JB200 & 1) != receive(&jb200, &packet))
                fail_msg("seed %llu, packet %d", (unsigned long long)seed, i);
        }
        assert_int_equal(p.buffers[PLAYOUT_JB50].late, jb50.late);
        assert_int_equal(p.buffers[PLAYOUT_JB200].late, jb200.late);
    }
}

static void limits_are_sharp(void **state)
{
    static const struct {
        double transit_ms;
        unsigned late; /* bits of jb50 and jb200 */
    } rows[] = {
        { 50, 0 }, { 50.5, 1 }, { 200, 1 }, { 200.5, 3 }, { -150, 0 }, { -400, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct playout p = { 0 };
        unsigned late;

        playout_arrive(&p, 0, true);
        late = playout_arrive(&p, rows[i].transit_ms, false);
        assert_int_equal(late & 3, rows[i].late);
        /* At 150 ms early the anchor of jb50 still holds; past it, it moved. */
        if (rows[i].transit_ms == -150)
            assert_int_equal(playout_arrive(&p, 50, false) & 1, 0);
    }
    for (int early = 0; early < 2; early++) {
        struct playout p = { 0 };

        playout_arrive(&p, 0, true);
        playout_arrive(&p, early ? -151 : -150, false);
        assert_int_equal(playout_arrive(&p, 0, false) & 1, early);
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
        cmocka_unit_test(the_adaptive_buffer_follows_and_keeps_its_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
