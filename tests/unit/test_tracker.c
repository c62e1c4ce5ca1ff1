/*
 * test_tracker - the limits, the names and the clock of everything that is open.
 */
#include "tests/unit/analyzer_scene.h"

#include "analyzer/record_id.h"

static const char *numbered(char text[64], const char *prefix, unsigned n)
{
    snprintf(text, 64, "%s%u", prefix, n);
    return text;
}

/* A Call-ID of any length: two that differ in the last byte alone are two. */
static void long_call_ids_are_told_apart(void **state)
{
    static const size_t lengths[] = { 1, 1023, 1024, 1025, 30000, 65000 };
    char *id = malloc(65001);

    (void)state;
    assert_non_null(id);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct scene *s = scene_open(NULL);

        memset(id, 'x', lengths[i]);
        id[lengths[i]] = '\0';
        for (int round = 0; round < 2; round++) {
            for (char last = 'a'; last < 'd'; last++) {
                id[lengths[i] - 1] = last;
                if (round == 0)
                    send(s, "INVITE", .call_id = id);
                else
                    send(s, "486", .to_tag = "b", .call_id = id);
            }
        }
        assert_int_equal(scene_refused(s, REFUSAL_TEXT_CUT), lengths[i] > 1024 ? 3 : 0);
        scene_finish(s);
        assert_int_equal(s->call_count, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_int_equal(s->calls[k]->final_status, 486);
            assert_int_equal(s->calls[k]->call_id.len, lengths[i] < 1024 ? lengths[i] : 1024);
        }
        scene_close(s);
    }
    free(id);
}

/* Captures with whole milliseconds, or all at one time, have many records in one microsecond. */
static void ids_are_unique_in_one_microsecond(void **state)
{
    struct scene *s = scene_open(NULL);
    char id[64];

    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        send(s, "INVITE", .call_id = numbered(id, "a", i));
        send(s, "OPTIONS", .call_id = numbered(id, "o", i));
    }
    scene_finish(s);
    assert_int_equal(s->call_count, 1000);
    assert_int_equal(s->transaction_count, 1000);
    for (size_t i = 0; i < 1000; i++) /* and still say when */
        assert_in_range(record_id_time_ns(s->calls[i]->id) - SCENE_START_NS, 0, 2 * NS_PER_MS);
    scene_close(s); /* looks at every id */
}

static void ids_stay_unique_when_packets_come_out_of_order(void **state)
{
    struct scene *s = scene_open(NULL);
    char id[64];

    (void)state;
    for (unsigned i = 0; i < 3000; i++) {
        s->now_ns = SCENE_START_NS + (int64_t)(i % 3) * 1000;
        send(s, "INVITE", .call_id = numbered(id, "a", i));
    }
    scene_close(s);
}

/* One Call-ID, a From-tag each: somebody plays. What that costs has a limit. */
static void calls_of_one_call_id_are_limited(void **state)
{
    struct scene *s = scene_open(NULL);
    struct analyzer_totals totals;
    char tag[64];

    (void)state;
    set_up_call(s);
    for (unsigned i = 0; i < 2000; i++)
        send(s, "INVITE", .from_tag = numbered(tag, "t", i));
    analyzer_totals(s->analyzer, &totals);
    assert_in_range(totals.open_calls, 8, 256);
    assert_int_equal(scene_refused(s, REFUSAL_CALLS), 2001 - totals.open_calls);
    hang_up(s); /* the call that was answered is still there */
    scene_finish(s);
    assert_int_equal(s->call_count, 2001);
    expect_text(s->calls[0]->state, "trying"); /* the oldest unanswered went first */
    expect_text(s->calls[0]->from_tag, "t0");
    for (size_t i = 0, completed = 0; i < 2001; i++) {
        completed += slice_eq(s->calls[i]->state, SLICE("completed"));
        if (i == 2000)
            assert_int_equal(completed, 1);
    }
    scene_close(s);
}

static void at_max_calls_the_oldest_unanswered_makes_room(void **state)
{
    struct analyzer_options options;
    struct scene *s;
    char id[64];

    (void)state;
    analyzer_options_default(&options);
    options.max_calls = 4;
    s = scene_open(&options);
    send(s, "INVITE", .call_id = "talks-1");
    send(s, "200", .to_tag = "b", .call_id = "talks-1");
    send(s, "INVITE", .call_id = "rings-1");
    send(s, "INVITE", .call_id = "rings-2");
    send(s, "INVITE", .call_id = "talks-2");
    send(s, "200", .to_tag = "b", .call_id = "talks-2");
    send(s, "INVITE", .call_id = "new-1");
    assert_int_equal(s->call_count, 1);
    expect_text(s->calls[0]->call_id, "rings-1");
    send(s, "INVITE", .call_id = "new-2");
    assert_int_equal(s->call_count, 2);
    expect_text(s->calls[1]->call_id, "rings-2");
    send(s, "200", .to_tag = "b", .call_id = "new-1");
    send(s, "200", .to_tag = "b", .call_id = "new-2");
    for (unsigned i = 0; i < 5; i++) /* all four talk: the newcomers are refused */
        assert_int_equal(send(s, "INVITE", .call_id = numbered(id, "late-", i)), BIN_SIP);
    assert_int_equal(s->call_count, 2);
    assert_int_equal(scene_refused(s, REFUSAL_CALLS), 2 + 5);
    scene_finish(s);
    assert_int_equal(s->call_count, 6);
    scene_close(s);
}

static void transactions_have_their_limit_too(void **state)
{
    struct analyzer_options options;
    struct scene *s;
    char id[64];

    (void)state;
    analyzer_options_default(&options);
    options.max_transactions = 3;
    s = scene_open(&options);
    for (unsigned i = 0; i < 10; i++)
        send(s, "REGISTER", .call_id = numbered(id, "r", i));
    assert_int_equal(s->transaction_count, 7);
    expect_text(s->transactions[0]->call_id, "r0");
    assert_int_equal(scene_refused(s, REFUSAL_TRANSACTIONS), 7);
    scene_finish(s);
    assert_int_equal(s->transaction_count, 10);
    scene_close(s);
}

/* Calls, registrations, media: the same packets under another key give the same words. */
static void play_a_day(struct scene *s)
{
    char id[64], tag[64];

    for (unsigned i = 0; i < 60; i++) {
        send(s, "INVITE", .call_id = numbered(id, "c", i), .sdp = ALICE_SDP);
        scene_wait_ms(s, i % 7 * 100);
        send(s, "180", .call_id = id, .to_tag = numbered(tag, "b", i));
        if (i % 3 == 0)
            send(s, "200", .call_id = id, .to_tag = tag, .sdp = BOB_SDP);
        else
            send(s, i % 3 == 1 ? "486" : "407", .call_id = id, .to_tag = tag);
        for (unsigned n = 0; n < 20; n++) {
            const uint8_t packet[16] = { 0x80, 0, 0, (uint8_t)(n / 2), 0, 0, (uint8_t)n, 0,
                                         'r',  0, 0, (uint8_t)i };

            send_bytes(s, n % 2 ? "203.0.113.1:4000" : "203.0.113.8:4444",
                       n % 2 ? "198.51.100.1:6000" : "203.0.113.9:5555", slice_of(packet, 16));
        }
        send(s, "REGISTER", .call_id = numbered(id, "r", i), .src = "203.0.113.77:5060");
        if (i % 2)
            send(s, "200", .of = "REGISTER", .call_id = id);
        scene_wait_ms(s, 300);
    }
    scene_wait_ms(s, 400000);
}

static void instances_side_by_side_say_the_same(void **state)
{
    struct analyzer_options options;
    struct scene *a, *b;

    (void)state;
    analyzer_options_default(&options);
    a = scene_open(&options);
    options.hash_key[0] ^= UINT64_C(0xfeedfacecafebeef);
    options.hash_key[1] = 0;
    b = scene_open(&options);
    play_a_day(a);
    play_a_day(b);
    scene_finish(a);
    scene_finish(b);
    assert_true(a->call_count > 50 && a->orphan_count > 0 && a->transaction_count == 60);
    assert_string_equal(a->json.p, b->json.p);
    assert_memory_equal(a->bins, b->bins, sizeof a->bins);
    scene_close(a);
    scene_close(b);
}

/* A clock that is set back does not stop time: what rings then still ends. */
static void a_clock_set_back_ends_nothing_early_and_forgets_nothing(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "INVITE", .call_id = "before");
    scene_wait_ms(s, 2000);
    s->now_ns -= 3600 * 1000 * NS_PER_MS;
    s->ticked_ns = s->now_ns;
    analyzer_tick(s->analyzer, s->now_ns);
    send(s, "INVITE", .call_id = "after");
    scene_wait_ms(s, 30000);
    assert_int_equal(s->call_count, 0); /* 30 s: too early for either */
    send(s, "180", .to_tag = "b", .call_id = "after");
    scene_wait_ms(s, 310000);
    assert_int_equal(s->call_count, 1);
    expect_text(s->calls[0]->call_id, "after");
    expect_text(s->calls[0]->state, "abandoned");
    scene_wait_ms(s, 3600 * 1000);
    assert_int_equal(s->call_count, 2);
    scene_close(s);
}

static void time_may_leap_by_years(void **state)
{
    struct scene *s = scene_open(NULL);
    char id[64];

    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        send(s, "INVITE", .call_id = numbered(id, "c", i));
        if (i % 2)
            send(s, "200", .to_tag = "b", .call_id = id);
        send(s, "OPTIONS", .call_id = numbered(id, "o", i));
    }
    analyzer_tick(s->analyzer, s->now_ns + INT64_C(20) * 365 * 86400 * 1000 * NS_PER_MS);
    assert_int_equal(s->call_count, 300);
    assert_int_equal(s->transaction_count, 300);
    s->ticked_ns = s->now_ns; /* and back */
    send(s, "INVITE", .call_id = "next");
    scene_wait_ms(s, 20000);
    assert_int_equal(s->call_count, 300);
    scene_wait_ms(s, 50000);
    assert_int_equal(s->call_count, 301);
    scene_close(s);
}

static void what_the_probe_lost_lowers_confidence_in_open_calls(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "INVITE", .call_id = "before");
    send(s, "486", .to_tag = "b", .call_id = "before");
    scene_wait_ms(s, 60000);
    send(s, "INVITE", .call_id = "during");
    analyzer_note_capture_loss(s->analyzer, 0); /* nothing was lost */
    scene_wait_ms(s, 1000);
    analyzer_note_capture_loss(s->analyzer, 17);
    send(s, "INVITE", .call_id = "after");
    s->cut_bytes = 3;
    send(s, "INVITE", .call_id = "cut", .sdp = ALICE_SDP);
    scene_finish(s);
    assert_int_equal(s->call_count, 4);
    for (size_t i = 0; i < 4; i++) {
        const struct call_record *c = s->calls[i];
        bool during = slice_eq(c->call_id, SLICE("during")),
             cut = slice_eq(c->call_id, SLICE("cut"));

        expect_text(c->capture_confidence, during || cut ? "reduced" : "high");
        expect_text(c->capture_confidence_reasons, during ? "[\"capture_drops\"]"
                                                   : cut  ? "[\"truncated_packets\"]"
                                                          : "[]");
    }
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_call_ids_are_told_apart),
        cmocka_unit_test(ids_are_unique_in_one_microsecond),
        cmocka_unit_test(ids_stay_unique_when_packets_come_out_of_order),
        cmocka_unit_test(calls_of_one_call_id_are_limited),
        cmocka_unit_test(at_max_calls_the_oldest_unanswered_makes_room),
        cmocka_unit_test(transactions_have_their_limit_too),
        cmocka_unit_test(instances_side_by_side_say_the_same),
        cmocka_unit_test(a_clock_set_back_ends_nothing_early_and_forgets_nothing),
        cmocka_unit_test(time_may_leap_by_years),
        cmocka_unit_test(what_the_probe_lost_lowers_confidence_in_open_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
