/*
 * test_gap_watch - which losses fall on instants when many lose, and which only look so.
 */
#include "analyzer/call/gap_watch.h"

#include "analyzer/call/call.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define NS_PER_MS INT64_C(1000000)

enum { CALLS = 200 };

struct bench {
    struct gap_watch w;
    struct call *calls[CALLS];
};

static struct addr host(unsigned n)
{
    const uint8_t ip[4] = { 10, 0, (uint8_t)(n >> 8), (uint8_t)n };

    return addr_v4(ip, 4000);
}

static struct bench *open_bench(void)
{
    struct bench *b = calloc(1, sizeof *b);

    assert_non_null(b);
    for (unsigned i = 0; i < CALLS; i++)
        assert_non_null(b->calls[i] = call_new(SLICE("x"), 1, 1));
    return b;
}

static void close_bench(struct bench *b)
{
    for (unsigned i = 0; i < CALLS; i++)
        call_free(b->calls[i]);
    free(b);
}

static void lose(struct bench *b, unsigned call, uint32_t lost, int64_t at_ms)
{
    struct addr src = host(call), dst = host(1000 + call % 50);

    gap_watch_lost(&b->w, b->calls[call], &src, &dst, lost, at_ms * NS_PER_MS);
}

/* All of it is charged: to those that came first, to those over the room, within the instant alone. */
static void all_that_lose_at_once_are_charged(void **state)
{
    struct bench *b = open_bench();

    (void)state;
    for (unsigned i = 0; i < CALLS; i++)
        lose(b, i, 5, 1000 + i % 20);
    lose(b, 7, 3, 2000); /* alone */
    for (unsigned i = 0; i < CALLS; i++)
        assert_int_equal(b->calls[i]->media.gap_lost, 5);
    assert_int_equal(b->w.instants, 1);
    close_bench(b);
}

/* Random loss of 1 % on 200 calls: some 100 a second, so that six fall into each instant by chance. */
static void losses_by_chance_are_no_instant(void **state)
{
    struct bench *b = open_bench();
    struct random r = { 5 };
    uint64_t charged = 0, all = 0;

    (void)state;
    for (int64_t ms = 0; ms < 120000; ms += 20) {
        for (unsigned i = 0; i < CALLS; i++) {
            if (!random_hits(&r, 0.01))
                continue;
            lose(b, i, 1, ms);
            all++;
        }
    }
    for (unsigned i = 0; i < CALLS; i++)
        charged += b->calls[i]->media.gap_lost;
    /* In its first ten seconds it does not know yet what is usual. */
    assert_true(all > 10000 && charged < all / 20);
    close_bench(b);
}

static void a_call_that_goes_is_not_charged_any_more(void **state)
{
    struct bench *b = open_bench();

    (void)state;
    lose(b, 1, 5, 1000);
    lose(b, 2, 5, 1001);
    gap_watch_forget(&b->w, b->calls[1]);
    lose(b, 3, 5, 1002);
    lose(b, 4, 5, 1003);
    assert_int_equal(b->calls[1]->media.gap_lost, 0);
    assert_int_equal(b->calls[2]->media.gap_lost, 5);
    assert_int_equal(b->calls[4]->media.gap_lost, 5);
    lose(b, 5, UINT32_MAX, 1004);
    lose(b, 5, 9, 1004);
    assert_true(b->calls[5]->media.gap_lost == UINT32_MAX);
    close_bench(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_lose_at_once_are_charged),
        cmocka_unit_test(losses_by_chance_are_no_instant),
        cmocka_unit_test(a_call_that_goes_is_not_charged_any_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
