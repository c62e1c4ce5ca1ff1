#include "tests/unit/rule_trial.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

#define DOWN(groups)                                                                               \
    "description: d\nseverity: critical\non: peer\nwhere: state:down\n" groups                     \
    "window: 5m\nstep: 10s\nmeasure: last\nclear: { for: 0s }\n"
#define SPIKE(groups)                                                                              \
    "description: d\nseverity: warning\non: call.settled\nwhere: status:503\n" groups              \
    "window: 60s\nstep: 10s\nmeasure: count\nthreshold: 5\nclear: { below: 2, for: 20s }\n"        \
    "muted_by: [parent]\n"

struct family {
    struct rule_trial parent, child;
};

static void open_family(struct family *f, const char *parent, const char *child)
{
    struct rule_eval *evals[2];

    rule_trial_open_with(&f->parent, "parent", parent, 0, 1);
    rule_trial_open_with(&f->child, "child", child, 0, 1);
    evals[0] = f->child.eval;
    evals[1] = f->parent.eval;
    assert_int_equal(rule_mute_link(evals, 2), 0);
}

static void close_family(struct family *f)
{
    rule_trial_close(&f->child);
    rule_trial_close(&f->parent);
}

static void tick_at(struct family *f, int64_t s)
{
    rule_trial_tick(&f->parent, s * 1000);
    rule_trial_tick(&f->child, s * 1000);
}

static void peer_at(struct family *f, int64_t s, const char *trunk, const char *target,
                    const char *state)
{
    struct peer_record p;

    tick_at(f, s);
    record_clear(&record_type_peer, &p);
    p.trunk = slice_of_text(trunk);
    p.target = slice_of_text(target);
    p.state = slice_of_text(state);
    rule_eval_record(f->parent.eval, &p, TRIAL_START + s * NS_PER_S);
}

static void calls_at(struct family *f, int64_t s, const char *trunk, uint8_t host, int count)
{
    const uint8_t ip[4] = { 192, 0, 2, host };
    struct call_record call;

    tick_at(f, s);
    record_clear(&record_type_call, &call);
    call.dst = addr_v4(ip, 5060);
    call.trunk_out = slice_of_text(trunk);
    call.final_status = 503;
    for (int i = 0; i < count; i++) {
        call.id = f->child.next_id++;
        rule_eval_record(f->child.eval, &call, TRIAL_START + s * NS_PER_S + i);
    }
}

/* Which groups one explains in the other: the parent is about trunk a at 192.0.2.1. */
static void what_is_the_same_is_explained(void **state)
{
    static const struct {
        const char *parent, *child, *trunk;
        uint8_t host;
        bool muted;
    } rows[] = {
        { DOWN("group_by: trunk\n"), SPIKE("group_by: trunk_out\n"), "a", 9, true },
        { DOWN("group_by: trunk\n"), SPIKE("group_by: trunk_out\n"), "b", 1, false },
        { DOWN("group_by: target\n"), SPIKE("group_by: dst.ip\n"), "b", 1, true },
        { DOWN("group_by: target\n"), SPIKE("group_by: dst.ip\n"), "a", 2, false },
        { DOWN("group_by: [trunk, target]\n"), SPIKE("group_by: trunk_out\n"), "a", 9, true },
        { DOWN("group_by: [trunk, target]\n"), SPIKE("group_by: [dst.ip, trunk_out]\n"), "a", 1,
          true },
        { DOWN("group_by: [trunk, target]\n"), SPIKE("group_by: [dst.ip, trunk_out]\n"), "a", 2,
          false },
        /* Nothing in common explains nothing, no groups explain all. */
        { DOWN("group_by: trunk\n"), SPIKE("group_by: dst.ip\n"), "a", 1, false },
        { DOWN("group_by: trunk\n"), SPIKE(""), "a", 1, false },
        { DOWN(""), SPIKE("group_by: dst.ip\n"), "b", 2, true },
        { DOWN(""), SPIKE(""), "b", 2, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct family f;

        open_family(&f, rows[i].parent, rows[i].child);
        peer_at(&f, 0, "a", "192.0.2.1", "down");
        assert_int_equal(f.parent.count, 1);
        calls_at(&f, 5, rows[i].trunk, rows[i].host, 5);
        assert_int_equal(f.child.count, 1);
        if (f.child.alerts[0]->muted_by != (rows[i].muted ? f.parent.alerts[0]->id : 0))
            fail_msg("row %zu", i);
        close_family(&f);
    }
}

static void children_that_fired_just_before_are_told_again(void **state)
{
    struct family f;

    (void)state;
    open_family(&f, DOWN("group_by: trunk\n"), SPIKE("group_by: trunk_out\n"));
    calls_at(&f, 0, "a", 1, 5);
    calls_at(&f, 1, "b", 2, 5);
    peer_at(&f, 30, "a", "192.0.2.1", "down");
    assert_int_equal(f.child.count, 3);
    rule_trial_expect(&f.child, 2, "firing", "a");
    assert_true(f.child.alerts[2]->id == f.child.alerts[0]->id);
    assert_true(f.child.alerts[2]->muted_by == f.parent.alerts[0]->id);
    assert_int_equal(f.child.alerts[2]->changed_time, TRIAL_START + 30 * NS_PER_S);
    close_family(&f);

    /* Long before is another trouble. */
    open_family(&f, DOWN("group_by: trunk\n"), SPIKE("group_by: trunk_out\n"));
    for (int64_t s = 0; s < 400; s += 10)
        calls_at(&f, s, "a", 1, 5);
    peer_at(&f, 400, "a", "192.0.2.1", "down");
    assert_int_equal(f.parent.count, 1);
    assert_int_equal(f.child.count, 1);
    close_family(&f);
}

/* What the parent left behind in the child's window is no new trouble, what goes on is. */
static void children_follow_their_parent_or_are_told(void **state)
{
    struct family f;

    (void)state;
    open_family(&f, DOWN("group_by: trunk\n"), SPIKE("group_by: trunk_out\n"));
    peer_at(&f, 0, "a", "192.0.2.1", "down");
    calls_at(&f, 1, "a", 1, 5);
    peer_at(&f, 30, "a", "192.0.2.1", "up");
    tick_at(&f, 40);
    assert_int_equal(f.parent.count, 2);
    rule_trial_expect_text(f.parent.alerts[1]->state, "resolved");
    tick_at(&f, 300);
    assert_int_equal(f.child.count, 2);
    rule_trial_expect_text(f.child.alerts[1]->state, "resolved");
    assert_true(f.child.alerts[1]->muted_by == f.parent.alerts[0]->id);
    close_family(&f);

    open_family(&f, DOWN("group_by: trunk\n"), SPIKE("group_by: trunk_out\n"));
    peer_at(&f, 0, "a", "192.0.2.1", "down");
    calls_at(&f, 1, "a", 1, 5);
    peer_at(&f, 30, "a", "192.0.2.1", "up");
    for (int64_t s = 40; s < 200; s += 10)
        calls_at(&f, s, "a", 1, 5);
    assert_int_equal(f.child.count, 2);
    rule_trial_expect_text(f.child.alerts[1]->state, "firing");
    assert_true(f.child.alerts[1]->muted_by == 0);
    /* Over at 40 s; the child's window and its clear.for later, at the end of a step. */
    assert_int_equal(f.child.alerts[1]->changed_time, TRIAL_START + 120 * NS_PER_S);
    close_family(&f);
}

/* Down again before the child was told on its own: it stays muted, by the new one. */
static void a_parent_that_flaps_keeps_its_children(void **state)
{
    struct family f;

    (void)state;
    open_family(&f, DOWN("group_by: trunk\n"), SPIKE("group_by: trunk_out\n"));
    peer_at(&f, 0, "a", "192.0.2.1", "down");
    calls_at(&f, 1, "a", 1, 5);
    peer_at(&f, 30, "a", "192.0.2.1", "up");
    calls_at(&f, 45, "a", 1, 5);
    peer_at(&f, 50, "a", "192.0.2.1", "down");
    calls_at(&f, 60, "a", 1, 5);
    assert_int_equal(f.child.count, 2);
    assert_int_equal(f.parent.count, 3);
    assert_true(f.child.alerts[1]->muted_by == f.parent.alerts[2]->id);
    close_family(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_the_same_is_explained),
        cmocka_unit_test(children_that_fired_just_before_are_told_again),
        cmocka_unit_test(children_follow_their_parent_or_are_told),
        cmocka_unit_test(a_parent_that_flaps_keeps_its_children),
    };

    return cmocka_run_group_tests_name("rule_mute", tests, NULL, NULL);
}
