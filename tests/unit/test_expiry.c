/*
 * test_expiry - the wheel against a plain array: nothing ends early, nothing is forgotten, however
 * time leaps.
 */
#include "analyzer/base/expiry.h"

#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NS_PER_S INT64_C(1000000000)

enum { ITEMS = 200 };

struct item {
    struct expiry_link link;
    int64_t deadline_ns;
    bool armed;
};

static struct item *owner(struct expiry_link *link)
{
    return (struct item *)(void *)link; /* it stands first */
}

/* Pops all that is due; every deadline must have passed. ordered: seconds may not go back. */
static void pop_due(struct expiry *e, int64_t now_ns, bool ordered)
{
    struct expiry_link *link;
    int64_t last_s = INT64_MIN;

    while ((link = expiry_pop(e, now_ns)) != NULL) {
        struct item *item = owner(link);

        assert_true(item->armed);
        assert_true(item->deadline_ns <= now_ns);
        assert_null(link->next);
        if (ordered)
            assert_true(item->deadline_ns / NS_PER_S >= last_s);
        last_s = item->deadline_ns / NS_PER_S;
        item->armed = false;
    }
}

static void expect_none_due(const struct item *items, int64_t now_ns)
{
    for (int i = 0; i < ITEMS; i++) {
        if (items[i].armed && items[i].deadline_ns <= now_ns)
            fail_msg("item %d is overdue by %lld ns", i,
                     (long long)(now_ns - items[i].deadline_ns));
    }
}

static size_t count_armed(const struct item *items)
{
    size_t n = 0;

    for (int i = 0; i < ITEMS; i++)
        n += items[i].armed;
    return n;
}

static void walk_expects(struct expiry *e, const struct item *items)
{
    size_t n = 0;

    for (struct expiry_link *at = expiry_first(e); at; at = expiry_next(e, at)) {
        assert_true(owner(at)->armed);
        n++;
    }
    assert_int_equal(n, count_armed(items));
}

/* How far time moves in one step, in s: within a second, a little, past the wheel, years, back. */
static int64_t random_leap_ns(struct random *r, bool wild)
{
    switch (random_below(r, wild ? 12 : 6)) {
    case 0:
        return (int64_t)random_below(r, 1000000000);
    case 6:
        return 300 * NS_PER_S + random_below(r, 1000) * NS_PER_S;
    case 7:
        return 5 * 365 * 86400 * NS_PER_S;
    case 8:
        return -(int64_t)random_below(r, 10) * NS_PER_S;
    case 9:
        return -3600 * NS_PER_S;
    default:
        return (int64_t)random_below(r, 3000) * 1000000;
    }
}

static void run_at_random(uint64_t seed, int64_t now_ns, bool wild)
{
    static struct item items[ITEMS];
    struct random r = { seed };
    struct expiry e;

    memset(items, 0, sizeof items);
    expiry_init(&e);
    for (int step = 0; step < 600; step++) {
        for (int n = 0; n < 20; n++) {
            struct item *item = &items[random_below(&r, ITEMS)];

            if (random_hits(&r, 0.1)) {
                expiry_cancel(&item->link);
                item->armed = false;
                continue;
            }
            item->deadline_ns =
                now_ns +
                (int64_t)random_below(&r, random_hits(&r, 0.1) ? 1200000 : 20000) * 1000000 -
                2 * NS_PER_S;
            item->armed = true;
            expiry_set(&e, &item->link, item->deadline_ns);
        }
        walk_expects(&e, items);
        now_ns += random_leap_ns(&r, wild);
        pop_due(&e, now_ns, false);
        expect_none_due(items, now_ns);
    }
    for (struct expiry_link *link; (link = expiry_pop_any(&e)) != NULL;) {
        assert_true(owner(link)->armed);
        owner(link)->armed = false;
    }
    assert_int_equal(count_armed(items), 0);
}

static void what_is_due_comes_and_nothing_else(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        run_at_random(seed, (int64_t)seed * 86400 * NS_PER_S, false);
        run_at_random(seed, INT64_C(1795000000) * NS_PER_S, true);
        run_at_random(seed, 0, true);
    }
}

static void deadlines_come_in_order_of_their_seconds(void **state)
{
    static struct item items[ITEMS];
    struct random r = { 7 };
    struct expiry e;
    int64_t now_ns = INT64_C(1795000000) * NS_PER_S;

    (void)state;
    memset(items, 0, sizeof items);
    expiry_init(&e);
    assert_null(expiry_pop(&e, now_ns));
    for (int i = 0; i < ITEMS; i++) {
        items[i].deadline_ns = now_ns + (int64_t)random_below(&r, 1000000) * 1000000;
        items[i].armed = true;
        expiry_set(&e, &items[i].link, items[i].deadline_ns);
    }
    for (int s = 1; s <= 1000; s += 10)
        pop_due(&e, now_ns + s * NS_PER_S, true);
    pop_due(&e, now_ns + 1001 * NS_PER_S, true);
    assert_int_equal(count_armed(items), 0);
}

static void a_deadline_is_moved_either_way(void **state)
{
    struct item a = { .armed = true }, b = { .armed = true };
    struct expiry e;

    (void)state;
    expiry_init(&e);
    assert_null(expiry_pop(&e, 1000 * NS_PER_S));
    expiry_set(&e, &a.link, 1010 * NS_PER_S);
    expiry_set(&e, &a.link, 1020 * NS_PER_S); /* later: for free */
    expiry_set(&e, &b.link, 1020 * NS_PER_S);
    expiry_set(&e, &b.link, 1005 * NS_PER_S + 500000000); /* sooner */
    assert_null(expiry_pop(&e, 1005 * NS_PER_S + 499999999));
    assert_ptr_equal(expiry_pop(&e, 1005 * NS_PER_S + 500000000), &b.link);
    assert_null(expiry_pop(&e, 1019 * NS_PER_S));
    assert_ptr_equal(expiry_pop(&e, 1020 * NS_PER_S), &a.link);
    assert_null(expiry_first(&e));
    assert_null(expiry_pop_any(&e));
    expiry_cancel(&a.link); /* not armed: nothing happens */
}

/* The same second: in the order in which they were armed, so that runs can be compared. */
static void equal_deadlines_come_in_order_of_arming(void **state)
{
    static struct item items[ITEMS];
    struct expiry e;

    (void)state;
    memset(items, 0, sizeof items);
    expiry_init(&e);
    assert_null(expiry_pop(&e, 1000 * NS_PER_S));
    for (int i = 0; i < ITEMS; i++)
        expiry_set(&e, &items[i].link, 1003 * NS_PER_S);
    for (int i = 0; i < ITEMS; i++)
        assert_ptr_equal(expiry_pop(&e, 1003 * NS_PER_S), &items[i].link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_due_comes_and_nothing_else),
        cmocka_unit_test(deadlines_come_in_order_of_their_seconds),
        cmocka_unit_test(a_deadline_is_moved_either_way),
        cmocka_unit_test(equal_deadlines_come_in_order_of_arming),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
