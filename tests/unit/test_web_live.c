#include "probe/web/live.h"
#include "probe/web/live_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A message that tells its number and its own length. */
static struct slice message_of(char *room, uint64_t number, size_t len)
{
    snprintf(room, len, "%llu", (unsigned long long)number);
    for (size_t i = strlen(room); i < len; i++)
        room[i] = (char)('a' + number % 26);
    return slice_of(room, len);
}

static void is_message(struct slice m, uint64_t number, size_t len)
{
    char *wanted = malloc(len);

    assert_non_null(wanted);
    message_of(wanted, number, len);
    assert_int_equal(m.len, len);
    assert_memory_equal(m.p, wanted, len);
    free(wanted);
}

static size_t length_of(uint64_t number)
{
    return 24 + number * 7919 % 3000;
}

static void gives_all_in_order_to_who_keeps_up(void **state)
{
    static char room[4096];
    struct live l;
    uint64_t at, dropped = 0, skipped = 0;
    struct slice m;

    (void)state;
    assert_int_equal(live_init(&l), 0);
    at = live_join(&l);
    for (uint64_t i = 0; i < 5000; i++) {
        assert_true(live_push(&l, message_of(room, i, length_of(i)), 0));
        assert_int_equal(live_read(&l, &at, &m, &dropped, &skipped), LIVE_READ_MESSAGE);
        is_message(m, i, length_of(i));
        assert_int_equal(live_read(&l, &at, &m, &dropped, &skipped), LIVE_READ_NONE);
    }
    live_fini(&l);
}

/* Whoever comes late gets the newest, whole and in order, and the exact number of the others. */
static void tells_who_is_late_how_many_he_missed(void **state)
{
    static char room[4096];
    struct live l;
    uint64_t at, total = 20000, seen = 0, dropped = 0, skipped = 0;
    struct slice m;
    size_t kept = 0;

    (void)state;
    assert_int_equal(live_init(&l), 0);
    at = live_join(&l);
    for (uint64_t i = 0; i < total; i++)
        live_push(&l, message_of(room, i, length_of(i)), 0);
    assert_int_equal(live_read(&l, &at, &m, &dropped, &skipped), LIVE_READ_DROPPED);
    while (live_read(&l, &at, &m, &(uint64_t){ 0 }, &skipped) == LIVE_READ_MESSAGE) {
        is_message(m, dropped + seen, length_of(dropped + seen));
        seen++;
        kept += m.len;
    }
    assert_int_equal(dropped + seen, total);
    assert_true(kept <= LIVE_BACKLOG_BYTES && kept > LIVE_BACKLOG_BYTES * 9 / 10);
    live_fini(&l);
}

static void keeps_no_more_messages_than_it_has_places_for(void **state)
{
    struct live l;
    uint64_t at, dropped = 0, skipped = 0;
    struct slice m;

    (void)state;
    assert_int_equal(live_init(&l), 0);
    at = live_join(&l);
    for (int i = 0; i < LIVE_BACKLOG_MESSAGES + 10; i++)
        live_push(&l, SLICE("{}"), 0);
    assert_int_equal(live_read(&l, &at, &m, &dropped, &skipped), LIVE_READ_DROPPED);
    assert_int_equal(dropped, 10);
    live_fini(&l);
}

static void refuses_a_message_of_more_than_half(void **state)
{
    struct live l;
    char *big = calloc(1, LIVE_BACKLOG_BYTES);
    uint64_t at, dropped = 0, skipped = 0;
    struct slice m;

    (void)state;
    assert_non_null(big);
    assert_int_equal(live_init(&l), 0);
    at = live_join(&l);
    live_push(&l, SLICE("{\"a\":1}"), 0);
    assert_false(live_push(&l, slice_of(big, LIVE_BACKLOG_BYTES / 2 + 1), 0));
    assert_true(live_push(&l, slice_of(big, LIVE_BACKLOG_BYTES / 2), 0));
    assert_int_equal(live_read(&l, &at, &m, &dropped, &skipped), LIVE_READ_MESSAGE);
    assert_true(slice_eq(m, SLICE("{\"a\":1}")));
    live_fini(&l);
    free(big);
}

/* Message n is version n of thing n % 10. Who keeps up sees all; who is behind, the newest of each. */
static void spares_who_is_behind_what_is_outdated(void **state)
{
    enum { TOTAL = 1000, THINGS = 10 };
    static char room[64];
    struct live l;
    uint64_t quick, slow, dropped = 0, skipped = 0, spared = 0, seen = 0;
    uint64_t newest[THINGS] = { 0 };
    struct slice m;

    (void)state;
    assert_int_equal(live_init(&l), 0);
    quick = slow = live_join(&l);
    for (uint64_t i = 0; i < TOTAL; i++) {
        assert_true(live_push(&l, message_of(room, i, 40), 1 + i % THINGS));
        assert_int_equal(live_read(&l, &quick, &m, &dropped, &skipped), LIVE_READ_MESSAGE);
        assert_int_equal(quick, i + 2);
    }
    assert_int_equal(skipped, 0);
    while (live_read(&l, &slow, &m, &dropped, &spared) == LIVE_READ_MESSAGE) {
        newest[(slow - 2) % THINGS] = slow - 2;
        is_message(m, slow - 2, 40);
        seen++;
    }
    assert_int_equal(dropped, 0);
    assert_int_equal(seen + spared, TOTAL);
    assert_true(seen <= LIVE_BEHIND && spared > 0);
    for (uint64_t i = 0; i < THINGS; i++)
        assert_int_equal(newest[i], TOTAL - THINGS + i);
    live_fini(&l);
}

struct lines {
    char text[256];
    size_t count;
};

static void on_line(void *ctx, struct slice line)
{
    struct lines *l = ctx;
    size_t at = strlen(l->text);

    l->count++;
    snprintf(l->text + at, sizeof l->text - at, "%.*s|", (int)(line.len < 60 ? line.len : 60),
             line.p);
}

static void cuts_lines_wherever_the_reads_fall(void **state)
{
    static const char input[] =
        "{\"a\":1}\n\n{\"b\":\"\xc3\xa9\"}\n{\"bad\":\"\xff\"}\nno\n{}\n{\"half\"";
    static const char wanted[] = "{\"a\":1}|{\"b\":\"\xc3\xa9\"}|{}|";

    (void)state;
    for (size_t step = 1; step < sizeof input; step++) {
        struct live_client c;
        struct lines got = { 0 };

        assert_int_equal(live_client_init(&c), 0);
        for (size_t i = 0; i < sizeof input - 1; i += step) {
            size_t n = sizeof input - 1 - i < step ? sizeof input - 1 - i : step;
            char *part = malloc(n);

            assert_non_null(part);
            memcpy(part, input + i, n);
            live_client_feed(&c, slice_of(part, n), on_line, &got);
            free(part);
        }
        assert_string_equal(got.text, wanted);
        assert_int_equal(c.refused, 2);
        live_client_fini(&c);
    }
}

static void leaves_out_a_line_that_is_too_long_and_goes_on(void **state)
{
    struct live_client c;
    struct lines got = { 0 };
    char block[1000];

    (void)state;
    assert_int_equal(live_client_init(&c), 0);
    memset(block, 'x', sizeof block);
    for (int i = 0; i < 1000; i++)
        live_client_feed(&c, slice_of(block, sizeof block), on_line, &got);
    live_client_feed(&c, SLICE("\n{\"a\":1}\n"), on_line, &got);
    assert_string_equal(got.text, "{\"a\":1}|");
    assert_int_equal(c.refused, 1);
    live_client_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_all_in_order_to_who_keeps_up),
        cmocka_unit_test(tells_who_is_late_how_many_he_missed),
        cmocka_unit_test(keeps_no_more_messages_than_it_has_places_for),
        cmocka_unit_test(refuses_a_message_of_more_than_half),
        cmocka_unit_test(spares_who_is_behind_what_is_outdated),
        cmocka_unit_test(cuts_lines_wherever_the_reads_fall),
        cmocka_unit_test(leaves_out_a_line_that_is_too_long_and_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
