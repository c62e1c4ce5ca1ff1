/*
 * test_call_queue - floods of calls: who is let go, who never is, and what is counted.
 */
#include "tests/unit/analyzer_scene.h"

enum { MAX_CALLS = 100, TALKING = 20, FLOOD = 1500 };

static const char *numbered(char text[64], const char *prefix, unsigned n)
{
    snprintf(text, 64, "%s%u", prefix, n);
    return text;
}

static struct scene *open_small(void)
{
    struct analyzer_options options;

    analyzer_options_default(&options);
    options.max_calls = MAX_CALLS;
    return scene_open(&options);
}

static void talk(struct scene *s, unsigned n)
{
    char id[64];

    send(s, "INVITE", .call_id = numbered(id, "talk-", n));
    send(s, "200", .call_id = id, .to_tag = "b");
    send(s, "ACK", .call_id = id, .to_tag = "b", .branch = "z9hG4bK-ack");
}

static size_t open_calls(const struct scene *s)
{
    struct analyzer_totals totals;

    analyzer_totals(s->analyzer, &totals);
    return totals.open_calls;
}

/* How many closed calls of that prefix are in that state. */
static unsigned closed_as(const struct scene *s, const char *prefix, const char *state)
{
    unsigned n = 0;

    for (size_t i = 0; i < s->call_count; i++)
        n += slice_starts_with(s->calls[i]->call_id, slice_of_text(prefix)) &&
             slice_eq(s->calls[i]->state, slice_of_text(state));
    return n;
}

/* With 200,000 calls that talk in front of it an eviction may not look at them one by one, either. */
static void who_talks_is_never_let_go(void **state)
{
    struct scene *s = open_small();
    char id[64];

    (void)state;
    for (unsigned i = 0; i < TALKING; i++)
        talk(s, i);
    for (unsigned i = 0; i < FLOOD; i++)
        send(s, "INVITE", .call_id = numbered(id, "flood-", i));
    assert_int_equal(closed_as(s, "talk-", "in_call"), 0);
    assert_int_equal(open_calls(s), TALKING + MAX_CALLS - MAX_CALLS / 4);
    assert_int_equal(scene_refused(s, REFUSAL_CALLS_UNANSWERED) + scene_refused(s, REFUSAL_CALLS),
                     FLOOD - (open_calls(s) - TALKING));
    assert_int_equal(s->call_count, FLOOD - (open_calls(s) - TALKING));
    for (unsigned i = 0; i < TALKING; i++) {
        send(s, "BYE", .call_id = numbered(id, "talk-", i), .to_tag = "b", .cseq = 2);
        send(s, "200", .of = "BYE", .call_id = id, .to_tag = "b", .cseq = 2);
    }
    scene_finish(s);
    assert_int_equal(closed_as(s, "talk-", "completed"), TALKING);
    scene_close(s);
}

/* A quarter is kept for those who will talk: in the midst of the flood calls are set up. */
static void calls_come_about_in_a_flood(void **state)
{
    struct scene *s = open_small();
    char id[64];

    (void)state;
    for (unsigned i = 0; i < FLOOD; i++) {
        send(s, "INVITE", .call_id = numbered(id, "flood-", i));
        if (i % (FLOOD / TALKING) == 0)
            talk(s, i);
    }
    assert_int_equal(closed_as(s, "talk-", "in_call") + closed_as(s, "talk-", "trying"), 0);
    scene_finish(s);
    assert_int_equal(closed_as(s, "talk-", "in_call"), TALKING);
    scene_close(s);
}

/* What rings is let go after what nobody answers, and what is over goes before both. */
static void least_is_lost(void **state)
{
    struct scene *s = open_small();
    char id[64];

    (void)state;
    send(s, "INVITE", .call_id = "rings");
    send(s, "180", .call_id = "rings", .to_tag = "b");
    send(s, "INVITE", .call_id = "waits");
    for (unsigned i = 0; i < FLOOD; i++) {
        send(s, "INVITE", .call_id = numbered(id, "refused-", i));
        send(s, "404", .call_id = id, .to_tag = "b");
    }
    assert_int_equal(closed_as(s, "rings", "ringing") + closed_as(s, "waits", "trying"), 0);
    for (unsigned i = 0; i < FLOOD; i++)
        send(s, "INVITE", .call_id = numbered(id, "flood-", i));
    assert_int_equal(closed_as(s, "rings", "ringing"), 0);
    assert_int_equal(closed_as(s, "waits", "trying"), 1);
    send(s, "200", .call_id = "rings", .to_tag = "b");
    scene_finish(s);
    assert_int_equal(closed_as(s, "rings", "in_call"), 1);
    scene_close(s);
}

/* All talk: then there is nobody to let go, and it is the newcomers that are refused. */
static void when_all_talk_newcomers_are_refused(void **state)
{
    struct scene *s = open_small();
    char id[64];

    (void)state;
    for (unsigned i = 0; i < MAX_CALLS; i++)
        talk(s, i);
    for (unsigned i = 0; i < FLOOD; i++)
        assert_int_equal(send(s, "INVITE", .call_id = numbered(id, "flood-", i)), BIN_SIP);
    assert_int_equal(open_calls(s), MAX_CALLS);
    assert_int_equal(scene_refused(s, REFUSAL_CALLS), FLOOD);
    scene_close(s);
}

/* 1,500 To-tags, as many dialog requests with a tag of nobody's: what that costs has a limit. */
static void a_flood_of_branches_is_bounded(void **state)
{
    struct scene *s = open_small();
    char tag[64];

    (void)state;
    send(s, "INVITE");
    for (unsigned i = 0; i < FLOOD; i++)
        send(s, "180", .to_tag = numbered(tag, "branch-", i));
    assert_true(scene_refused(s, REFUSAL_BRANCHES) > 0);
    send(s, "200", .to_tag = "bob-1");
    for (unsigned i = 0; i < FLOOD; i++)
        send(s, "INFO", .to_tag = numbered(tag, "nobody-", i), .cseq = 2 + i);
    assert_int_equal(open_calls(s), 1);
    scene_finish(s);
    assert_true(s->calls[0]->deviations.len < 8192 && s->calls[0]->history.len < 8192);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_talks_is_never_let_go),
        cmocka_unit_test(calls_come_about_in_a_flood),
        cmocka_unit_test(least_is_lost),
        cmocka_unit_test(when_all_talk_newcomers_are_refused),
        cmocka_unit_test(a_flood_of_branches_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
