/* How long somebody must wait before he may try again. */
#include "probe/access/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW INT64_C(1795254000)

static struct addr address(uint8_t c, uint8_t d)
{
    return addr_v4((const uint8_t[]){ 198, 51, c, d }, 0);
}

static int init(void **state)
{
    static struct throttle t;

    *state = &t;
    return throttle_init(&t);
}

static int fini(void **state)
{
    throttle_fini(*state);
    return 0;
}

static unsigned try_it(struct throttle *t, const char *name, struct addr from, int64_t now_s)
{
    return throttle_try(t, slice_of_text(name), &from, now_s);
}

/* From a new address each time: it is the name that is slowed. */
static void test_name(void **state)
{
    struct throttle *t = *state;
    uint8_t d = 0;
    int64_t at = NOW;
    unsigned wait;

    for (int i = 0; i < THROTTLE_NAME_FREE + 1; i++)
        assert_int_equal(try_it(t, "ann", address(1, d++), at), 0);
    for (unsigned expected = 1; expected < THROTTLE_WAIT_MAX_S; expected *= 2) {
        wait = try_it(t, "ann", address(1, d++), at);
        assert_int_equal(wait, expected);
        assert_int_equal(try_it(t, "ANN", address(1, d++), at + wait - 1), 1);
        at += wait;
        assert_int_equal(try_it(t, "ann", address(1, d++), at), 0);
    }
    assert_int_equal(try_it(t, "ann", address(1, d), at), THROTTLE_WAIT_MAX_S);
    /* Another name is another. */
    assert_int_equal(try_it(t, "bob", address(1, d), at), 0);
    /* The clock was set back. */
    assert_int_equal(try_it(t, "ann", address(1, d), at - 100000), THROTTLE_WAIT_MAX_S);
    /* Bit by bit it is forgotten. */
    assert_int_equal(try_it(t, "ann", address(1, d), at + THROTTLE_FORGET_S * 20), 0);
}

static void test_address(void **state)
{
    struct throttle *t = *state;
    char name[24];

    for (int i = 0; i < THROTTLE_ADDRESS_FREE + 1; i++) {
        snprintf(name, sizeof name, "user-%d", i);
        assert_int_equal(try_it(t, name, address(2, 1), NOW), 0);
    }
    assert_int_equal(try_it(t, "someone", address(2, 1), NOW), 1);
    assert_int_equal(try_it(t, "someone", address(2, 2), NOW), 0);
}

/* A whole /64 is one. */
static void test_v6(void **state)
{
    struct throttle *t = *state;
    uint8_t ip[16] = { 0x20, 1, 0xd, 0xb8 };
    char name[24];

    for (int i = 0; i < THROTTLE_ADDRESS_FREE + 1; i++) {
        ip[15] = (uint8_t)i;
        snprintf(name, sizeof name, "user-%d", i);
        assert_int_equal(try_it(t, name, addr_v6(ip, 0), NOW), 0);
    }
    assert_int_equal(try_it(t, "someone", addr_v6(ip, 0), NOW), 1);
    ip[7] = 1;
    assert_int_equal(try_it(t, "someone", addr_v6(ip, 0), NOW), 0);
}

/* Who has logged in from there is not held up by those who guess at his name elsewhere. */
static void test_known(void **state)
{
    struct throttle *t = *state;
    struct addr home = address(3, 1);

    assert_int_equal(try_it(t, "ann", home, NOW), 0);
    throttle_forgive(t, SLICE("ann"), &home, NOW);
    for (uint8_t i = 0; i < THROTTLE_NAME_FREE + 2; i++)
        try_it(t, "ann", address(4, i), NOW);
    assert_true(try_it(t, "ann", address(4, 99), NOW) > 0);
    assert_int_equal(try_it(t, "ann", home, NOW), 0);
    assert_true(try_it(t, "ann", address(4, 99), NOW) > 0);
}

/* One's own account does not pay for guesses at others. */
static void test_own_account(void **state)
{
    struct throttle *t = *state;
    struct addr from = address(5, 1);
    unsigned waits = 0;
    char name[24];

    for (int i = 0; i < 4 * THROTTLE_ADDRESS_FREE; i++) {
        snprintf(name, sizeof name, "victim-%d", i);
        waits += try_it(t, name, from, NOW) > 0;
        if (try_it(t, "mallory", from, NOW) == 0)
            throttle_forgive(t, SLICE("mallory"), &from, NOW);
    }
    assert_true(waits >= 2 * THROTTLE_ADDRESS_FREE);
}

/* A million names and addresses take no more room, and what was tried most stays known. */
static void test_bounded(void **state)
{
    struct throttle *t = *state;
    char name[32];

    for (uint8_t i = 0; i < 2 * THROTTLE_NAME_FREE; i++)
        try_it(t, "ann", address(6, i), NOW + i * 64);
    for (uint32_t i = 0; i < 100000; i++) {
        uint8_t ip[4] = { 10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };

        snprintf(name, sizeof name, "user-%u", (unsigned)i);
        try_it(t, name, addr_v4(ip, 0), NOW + 640);
    }
    assert_true(try_it(t, "ann", address(6, 200), NOW + 577) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_name, init, fini),
        cmocka_unit_test_setup_teardown(test_address, init, fini),
        cmocka_unit_test_setup_teardown(test_v6, init, fini),
        cmocka_unit_test_setup_teardown(test_known, init, fini),
        cmocka_unit_test_setup_teardown(test_own_account, init, fini),
        cmocka_unit_test_setup_teardown(test_bounded, init, fini),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
