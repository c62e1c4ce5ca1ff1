/* Who is registered now, told from the rows of some days. */
#include "probe/web/registration_sums.h"

#include "analyzer/record_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define S    INT64_C(1000000000)
#define DAY  (86400 * S)
#define NOON (INT64_C(20778) * DAY + DAY / 2)

static const struct siphash_key key = { { 1, 2 } };

/* A row of the user, `days` days before today's. */
static struct registration_record row_of(const char *user, const char *state, int days)
{
    struct registration_record r;

    record_clear(&record_type_registration, &r);
    r.id = record_id_make(NOON - days * DAY - 3600 * S, (uint64_t)user[0]);
    r.user = slice_of_text(user);
    r.domain = SLICE("example.com");
    r.source = SLICE("192.0.2.7");
    r.registrar = SLICE("192.0.2.1");
    r.state = slice_of_text(state);
    r.since = NOON - days * DAY - 60 * S;
    r.expires_time = NOON - days * DAY + 3600 * S;
    r.first_seen = NOON - 9 * DAY;
    r.flaps = 0;
    return r;
}

/* clang-format off */
static const struct {
    const char *name, *told;
    int expires_s, flaps, flaps_yesterday, flaps_before; /* of older days; -1: no row of that day */
    enum registration_state expect;
} cases[] = {
    { "registered",               "registered", 3600,  0, -1, -1, REGISTRATION_REGISTERED },
    { "its time is just over",    "registered",   -4,  0, -1, -1, REGISTRATION_REGISTERED },
    { "its time is over",         "registered",   -5,  0, -1, -1, REGISTRATION_EXPIRED },
    { "told to be over",          "expired",    -600,  0, -1, -1, REGISTRATION_EXPIRED },
    { "logged out",               "removed",       0,  5,  5,  0, REGISTRATION_REMOVED },
    { "turned away",              "refused",    -600,  0, -1, -1, REGISTRATION_FAILING },
    { "a wrong password",         "challenged", -600,  0, -1, -1, REGISTRATION_FAILING },
    { "nobody answers",           "unknown",    -600,  0, -1, -1, REGISTRATION_FAILING },
    { "one reboot",               "registered", 3600,  1, -1, -1, REGISTRATION_REGISTERED },
    { "lost twice",               "registered", 3600,  2, -1, -1, REGISTRATION_FLAPPING },
    { "lost twice, now away",     "expired",    -600,  2, -1, -1, REGISTRATION_FLAPPING },
    { "lost twice since yesterday", "registered", 3600, 9,  8,  7, REGISTRATION_FLAPPING },
    { "lost often, long ago",     "registered", 3600,  9,  9,  9, REGISTRATION_REGISTERED },
    { "turned away and lost",     "refused",    -600,  4, -1, -1, REGISTRATION_FAILING },
};
/* clang-format on */

static void each_finds_its_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct registration_record today = row_of("bob", cases[i].told, 0),
                                   yesterday = row_of("bob", "registered", 1),
                                   before = row_of("bob", "registered", 2);
        struct registration_sums s;
        uint64_t counts[REGISTRATION_STATES];
        struct registration_place place;

        today.expires_time = NOON + cases[i].expires_s * S;
        today.flaps = cases[i].flaps;
        yesterday.flaps = cases[i].flaps_yesterday;
        before.flaps = cases[i].flaps_before;
        assert_int_equal(registration_sums_init(&s, &key), 0);
        assert_true(registration_sums_add(&s, &today, true));
        if (cases[i].flaps_yesterday >= 0)
            assert_true(registration_sums_add(&s, &yesterday, true));
        if (cases[i].flaps_before >= 0)
            assert_true(registration_sums_add(&s, &before, true));
        registration_sums_judge(&s, NOON, counts);
        if (counts[cases[i].expect] != 1)
            fail_msg("%s: is not %s", cases[i].name, registration_state_name(cases[i].expect).p);
        assert_int_equal(registration_sums_pick(&s, REGISTRATION_STATES, NULL, &place, 1), 1);
        assert_int_equal(place.id, today.id);
        assert_int_equal(place.state, cases[i].expect);
        registration_sums_fini(&s);
    }
}

/* What a restart of the probe forgot is not held against the user. */
static void another_beginning_counts_from_there(void **state)
{
    struct registration_record today = row_of("bob", "registered", 0),
                               before = row_of("bob", "registered", 2);
    struct registration_sums s;
    uint64_t counts[REGISTRATION_STATES];

    (void)state;
    today.flaps = 3;
    today.first_seen = NOON - DAY;
    before.flaps = 3;
    assert_int_equal(registration_sums_init(&s, &key), 0);
    registration_sums_add(&s, &today, true);
    registration_sums_add(&s, &before, true);
    registration_sums_judge(&s, NOON, counts);
    assert_int_equal(counts[REGISTRATION_FLAPPING], 1);
    registration_sums_fini(&s);
}

/* The same user elsewhere is somebody else; texts do not run together. */
static void who_is_who(void **state)
{
    struct registration_record a = row_of("ab", "registered", 0), b = row_of("a", "refused", 0),
                               c = row_of("ab", "registered", 0);
    struct registration_sums s;
    uint64_t counts[REGISTRATION_STATES];

    (void)state;
    b.domain = SLICE("bexample.com");
    c.source = SLICE("192.0.2.8");
    assert_int_equal(registration_sums_init(&s, &key), 0);
    registration_sums_add(&s, &a, true);
    registration_sums_add(&s, &b, true);
    registration_sums_add(&s, &c, false); /* counted among nobody that was asked for */
    assert_int_equal(s.count, 3);
    registration_sums_judge(&s, NOON, counts);
    assert_int_equal(counts[REGISTRATION_REGISTERED], 1);
    assert_int_equal(counts[REGISTRATION_FAILING], 1);
    registration_sums_fini(&s);
}

enum { MANY = 5000, PAGE = 37 };

/* Pages of any size give everybody once, in order, with many at the same instant. */
static void pages_give_everybody_once(void **state)
{
    struct registration_place page[PAGE], last = { 0 };
    struct registration_sums s;
    uint64_t counts[REGISTRATION_STATES];
    size_t seen = 0, n;

    (void)state;
    assert_int_equal(registration_sums_init(&s, &key), 0);
    for (unsigned i = 0; i < MANY; i++) {
        char user[16];
        struct registration_record row;

        snprintf(user, sizeof user, "%u", i);
        row = row_of(user, i % 5 ? "registered" : "refused", 0);
        row.id = record_id_make(NOON, 0) + i;
        row.since = NOON - (int64_t)(i * 7919 % 100) * S;
        assert_true(registration_sums_add(&s, &row, true));
    }
    registration_sums_judge(&s, NOON, counts);
    assert_int_equal(counts[REGISTRATION_FAILING], MANY / 5);
    while ((n = registration_sums_pick(&s, REGISTRATION_REGISTERED, seen ? &last : NULL, page,
                                       PAGE)) > 0) {
        for (size_t i = 0; i < n; i++) {
            if (seen + i > 0)
                assert_true(page[i].since < last.since ||
                            (page[i].since == last.since && page[i].id < last.id));
            last = page[i];
        }
        seen += n;
    }
    assert_int_equal(seen, MANY - MANY / 5);
    registration_sums_fini(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_finds_its_state),
        cmocka_unit_test(another_beginning_counts_from_there),
        cmocka_unit_test(who_is_who),
        cmocka_unit_test(pages_give_everybody_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
