/*
 * test_leg_key - who carries a name, and when a name is nobody's.
 */
#include "analyzer/legs/leg_call.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CALLS = 64, NAMES = 40, STEPS = 5000 };

static struct leg_call *new_call(uint64_t id)
{
    struct leg_call *c = leg_call_new(id, SLICE("x"), 0);

    assert_non_null(c);
    return c;
}

static unsigned carriers(const struct leg_keys *k, const struct leg_key *any)
{
    const struct leg_key *key = any;
    unsigned n = 1;

    while (key->newer)
        key = leg_key_at(k, key->newer);
    for (; key->older; n++) {
        assert_int_equal(leg_key_at(k, key->older)->hash, key->hash);
        key = leg_key_at(k, key->older);
    }
    return n;
}

static void test_a_name_of_many_is_nobodys(void **state)
{
    struct leg_call *calls[LEG_CARRIERS_MAX * 4];
    struct leg_keys k;
    size_t count = sizeof calls / sizeof calls[0];

    (void)state;
    assert_int_equal(leg_keys_init(&k, 1000), 0);
    for (size_t i = 0; i < count; i++) {
        calls[i] = new_call(i + 1);
        assert_true(leg_keys_add(&k, calls[i], 77, LEG_KEY_HEADER, 0));
        assert_int_equal(leg_key_is_common(&k, leg_key_at(&k, calls[i]->first_key)),
                         i >= LEG_CARRIERS_MAX);
    }
    assert_int_equal(carriers(&k, leg_key_at(&k, calls[count - 1]->first_key)), LEG_CARRIERS_MAX);
    assert_int_equal(calls[0]->first_key, 0); /* no list grows without end */
    /* It stays so while one is left, whoever goes first. */
    for (size_t i = count - 1; i > count - LEG_CARRIERS_MAX; i--)
        leg_keys_remove(&k, calls[i]);
    assert_true(leg_key_is_common(&k, leg_key_at(&k, calls[count - LEG_CARRIERS_MAX]->first_key)));
    leg_keys_remove(&k, calls[count - LEG_CARRIERS_MAX]);
    assert_true(leg_keys_add(&k, calls[0], 77, LEG_KEY_HEADER, 0));
    assert_false(leg_key_is_common(&k, leg_key_at(&k, calls[0]->first_key)));
    for (size_t i = 0; i < count; i++)
        leg_call_free(calls[i]);
    leg_keys_fini(&k);
}

static void test_numbers_are_many_calls(void **state)
{
    struct leg_keys k;
    struct leg_call *calls[CALLS];

    (void)state;
    assert_int_equal(leg_keys_init(&k, 1000), 0);
    for (size_t i = 0; i < CALLS; i++) {
        calls[i] = new_call(i + 1);
        assert_true(leg_keys_add(&k, calls[i], 5, LEG_KEY_DIALLED, 0));
    }
    assert_int_equal(carriers(&k, leg_key_at(&k, calls[7]->first_key)), CALLS);
    for (size_t i = 0; i < CALLS; i++)
        leg_call_free(calls[i]);
    leg_keys_fini(&k);
}

static void test_no_room(void **state)
{
    struct leg_keys k;
    struct leg_call *c = new_call(1);
    uint64_t i = 0;

    (void)state;
    assert_int_equal(leg_keys_init(&k, 1000), 0);
    while (i < 5000 && leg_keys_add(&k, c, 1000 + i, LEG_KEY_HEADER, 0))
        i++;
    assert_int_equal(i, 1000);
    leg_keys_remove(&k, c);
    for (i = 0; i < 1000; i++)
        assert_true(leg_keys_add(&k, c, i, LEG_KEY_HEADER, 0));
    leg_call_free(c);
    leg_keys_fini(&k);
}

static void test_which_names_tie(void **state)
{
    static const struct {
        enum leg_key_kind a, b;
        bool expected;
    } rows[] = {
        { LEG_KEY_CALL_ID, LEG_KEY_CALL_ID, false }, /* used again */
        { LEG_KEY_CALL_ID, LEG_KEY_HEADER, true },
        { LEG_KEY_HEADER, LEG_KEY_HEADER, true },
        { LEG_KEY_SESSION_FROM, LEG_KEY_SESSION_FROM, true },
        { LEG_KEY_SESSION_FROM, LEG_KEY_SESSION_TO, true },
        { LEG_KEY_SESSION_TO, LEG_KEY_SESSION_TO, false }, /* a conference */
        { LEG_KEY_ICID, LEG_KEY_ICID, true },
        { LEG_KEY_DIALLED, LEG_KEY_DIALLED, false },
        { LEG_KEY_CALLER, LEG_KEY_CALLER, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct leg_key a = { .hash = 9, .kind = (uint8_t)rows[i].a };
        struct leg_key b = { .hash = 9, .kind = (uint8_t)rows[i].b };

        assert_int_equal(leg_key_ties(&a, &b), rows[i].expected);
        assert_int_equal(leg_key_ties(&b, &a), rows[i].expected);
        b.hash = 10;
        assert_false(leg_key_ties(&a, &b));
    }
}

/* Against a plain table of who carries what. */
static void test_random(void **state)
{
    static bool has[CALLS][NAMES];
    struct leg_call *calls[CALLS];
    struct random r = { 11 };
    struct leg_keys k;

    (void)state;
    memset(has, 0, sizeof has);
    assert_int_equal(leg_keys_init(&k, 100000), 0);
    for (size_t i = 0; i < CALLS; i++)
        calls[i] = new_call(i + 1);
    for (int step = 0; step < STEPS; step++) {
        uint32_t c = random_below(&r, CALLS), name = random_below(&r, NAMES);

        if (random_hits(&r, 0.1)) {
            leg_keys_remove(&k, calls[c]);
            memset(has[c], 0, sizeof has[c]);
        } else if (!has[c][name]) {
            assert_false(leg_keys_has(&k, calls[c], name, LEG_KEY_DIALLED));
            assert_true(leg_keys_add(&k, calls[c], name, LEG_KEY_DIALLED, 0));
            has[c][name] = true;
        }
        for (uint32_t at = calls[c]->first_key; at; at = k.keys[at].next_of_call) {
            unsigned expected = 0;

            for (size_t i = 0; i < CALLS; i++)
                expected += has[i][k.keys[at].hash];
            assert_true(has[c][k.keys[at].hash]);
            assert_int_equal(carriers(&k, &k.keys[at]), expected);
        }
    }
    for (size_t i = 0; i < CALLS; i++)
        leg_call_free(calls[i]);
    leg_keys_fini(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_name_of_many_is_nobodys),
        cmocka_unit_test(test_numbers_are_many_calls),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_which_names_tie),
        cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
