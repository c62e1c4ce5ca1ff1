/*
 * test_pair_watch - pairs of hosts: what their calls showed, and how many pairs there may be.
 */
#include "analyzer/call/pair_watch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PAIRS = 3 };

static struct addr host(uint8_t n)
{
    const uint8_t ip[4] = { 192, 0, 2, n };

    return addr_v4(ip, 4000);
}

static void note(struct pair_watch *w, struct pair_use *use, uint8_t from, uint8_t to, bool both,
                 uint32_t user)
{
    struct addr a = host(from), b = host(to);

    pair_watch_note(w, use, PAIR_MEDIA, &(struct pair_sight){ &a, &b, 1, user, both });
}

static void a_pair_is_blind_after_five_calls_of_several_users(void **state)
{
    const struct siphash_key key = { { 1, 2 } };
    struct counters counters = { .bins = { 0 } };
    struct pair_use uses[PAIR_CALLS_LEAST + 1] = { { NULL, 0 } };
    struct pair_watch w;

    (void)state;
    assert_int_equal(pair_watch_init(&w, &key, PAIRS, &counters), 0);
    for (unsigned i = 0; i < PAIR_CALLS_LEAST; i++) {
        assert_int_equal(pair_use_word(&uses[i]), PAIR_UNDECIDED);
        note(&w, &uses[i], 9, 1, false, i == 3);
        note(&w, &uses[i], 9, 1, false, i == 3); /* the same call again */
        assert_int_equal(pair_calls(uses[i].pair), i + 1);
        assert_int_equal(pair_use_word(&uses[i]),
                         i + 1 < PAIR_CALLS_LEAST ? PAIR_UNDECIDED : PAIR_BLIND);
    }
    assert_int_equal(pair_use_word(&uses[0]), PAIR_BLIND); /* the first as well */
    /* One of them is heard both ways after all: it counts anew. */
    note(&w, &uses[0], 1, 9, true, 0);
    assert_int_equal(pair_calls(uses[0].pair), PAIR_CALLS_LEAST);
    assert_int_equal(pair_use_word(&uses[1]), PAIR_SEES_BOTH);
    for (unsigned i = 0; i <= PAIR_CALLS_LEAST; i++)
        pair_watch_release(&w, &uses[i]);
    note(&w, &uses[0], 1, 9, false, 7); /* what was counted stays */
    assert_int_equal(pair_use_word(&uses[0]), PAIR_SEES_BOTH);
    pair_watch_release(&w, &uses[0]);
    pair_watch_fini(&w);
}

static void pairs_are_limited_and_the_longest_idle_goes(void **state)
{
    const struct siphash_key key = { { 1, 2 } };
    struct counters counters = { .bins = { 0 } };
    struct pair_use held[PAIRS] = { { NULL, 0 } }, more = { NULL, 0 };
    struct pair_watch w;

    (void)state;
    assert_int_equal(pair_watch_init(&w, &key, PAIRS, &counters), 0);
    for (uint8_t i = 0; i < PAIRS; i++)
        note(&w, &held[i], i, 100, false, 0);
    note(&w, &more, 50, 100, false, 0); /* all are held by open calls */
    assert_null(more.pair);
    assert_int_equal(pair_use_word(&more), PAIR_UNDECIDED);
    assert_int_equal(counters.refusals[REFUSAL_MEDIA_PAIRS], 1);
    pair_watch_release(&w, &held[1]);
    pair_watch_release(&w, &held[0]);
    note(&w, &more, 50, 100, false, 0); /* the first of them that was let go makes room */
    assert_non_null(more.pair);
    assert_int_equal(counters.refusals[REFUSAL_MEDIA_PAIRS], 2);
    note(&w, &held[0], 0, 100, false, 0);
    assert_int_equal(pair_calls(held[0].pair), 2);
    note(&w, &held[1], 1, 100, false, 0); /* forgotten, and no room */
    assert_null(held[1].pair);
    assert_int_equal(w.pairs.used, PAIRS);
    /* On one machine there is nothing to be blind for. */
    pair_watch_release(&w, &more);
    note(&w, &more, 5, 5, false, 0);
    assert_null(more.pair);
    pair_watch_release(&w, &held[0]);
    pair_watch_release(&w, &held[2]);
    pair_watch_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_is_blind_after_five_calls_of_several_users),
        cmocka_unit_test(pairs_are_limited_and_the_longest_idle_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
