/*
 * test_hold - holds, session timers and glare: what two sides agree on while they talk.
 */
#include "tests/unit/call_words.h"

#include <math.h>

#define ALICE_SAYS(direction) SDP("203.0.113.1", "4000", "a=" direction "\r\n")
#define BOB_SAYS(direction)   SDP("198.51.100.1", "6000", "a=" direction "\r\n")
#define NOWHERE               SDP("0.0.0.0", "4000", "")
#define TIMER(interval)       "Session-Expires: " interval "\r\n"

/* An offer and its answer. */
static void agree(struct scene *s, const char *method, unsigned cseq, bool by_bob,
                  const char *offer, const char *status, const char *answer)
{
    send(s, method, .to_tag = "bob-1", .cseq = cseq, .by_bob = by_bob, .sdp = offer);
    scene_wait_ms(s, 100);
    send(s, status, .of = method, .to_tag = "bob-1", .cseq = cseq, .by_bob = by_bob, .sdp = answer);
    if (strcmp(method, "INVITE") == 0)
        send(s, "ACK", .to_tag = "bob-1", .cseq = cseq, .by_bob = by_bob,
             .branch = status[0] == '2' ? "z9hG4bK-ack2" : NULL);
}

static void a_hold_counts_from_answer_to_answer(void **state)
{
    static const struct {
        const char *method, *hold, *held, *resume;
        bool by_bob;
    } rows[] = {
        { "INVITE", ALICE_SAYS("sendonly"), BOB_SAYS("recvonly"), ALICE_SAYS("sendrecv"), false },
        { "INVITE", ALICE_SAYS("inactive"), BOB_SAYS("inactive"), ALICE_SDP, false },
        { "INVITE", NOWHERE, BOB_SDP, ALICE_SDP, false },
        { "UPDATE", ALICE_SAYS("sendonly"), BOB_SAYS("recvonly"), ALICE_SAYS("sendrecv"), false },
        { "INVITE", BOB_SAYS("sendonly"), ALICE_SAYS("recvonly"), BOB_SDP, true },
        { "UPDATE", BOB_SAYS("inactive"), ALICE_SAYS("inactive"), BOB_SDP, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *c;

        set_up_call(s);
        scene_wait_ms(s, 1000);
        agree(s, rows[i].method, 2, rows[i].by_bob, rows[i].hold, "200", rows[i].held);
        scene_wait_ms(s, 5000);
        agree(s, rows[i].method, 3, rows[i].by_bob, rows[i].hold, "200", rows[i].held); /* again */
        scene_wait_ms(s, 5000);
        agree(s, rows[i].method, 4, rows[i].by_bob, rows[i].resume, "200",
              rows[i].by_bob ? ALICE_SDP : BOB_SDP);
        scene_wait_ms(s, 3000);
        send(s, "BYE", .to_tag = "bob-1", .cseq = 9);
        c = only_call(s);
        assert_int_equal(c->hold_count, 1);
        expect_real(c->hold_ms, 10200);
        expect_event(c, "hold", 1);
        expect_event(c, "resume", 1);
        expect_words(c->history,
                     rows[i].by_bob ? "\"event\":\"hold\",\"by\":\"callee\""
                                    : "\"event\":\"hold\",\"by\":\"caller\"",
                     1);
        scene_close(s);
    }
}

/* Both hold; the call is held as long as one of them does. */
static void both_may_hold(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    agree(s, "INVITE", 2, false, ALICE_SAYS("sendonly"), "200", BOB_SAYS("recvonly"));
    scene_wait_ms(s, 900);
    agree(s, "INVITE", 2, true, BOB_SAYS("inactive"), "200", ALICE_SAYS("inactive"));
    scene_wait_ms(s, 900);
    agree(s, "INVITE", 3, true, BOB_SAYS("recvonly"), "200", ALICE_SAYS("sendonly"));
    scene_wait_ms(s, 900);
    agree(s, "INVITE", 3, false, ALICE_SDP, "200", BOB_SDP);
    scene_wait_ms(s, 900);
    c = only_call(s);
    assert_int_equal(c->hold_count, 2);
    expect_real(c->hold_ms, 3000);
    expect_event(c, "hold", 2);
    expect_event(c, "resume", 2);
    scene_close(s);
}

/* To the BYE; without one to the last packet. */
static void a_hold_may_last_to_the_end(void **state)
{
    (void)state;
    for (int bye = 0; bye < 2; bye++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *c;

        set_up_call(s);
        agree(s, "INVITE", 2, true, BOB_SAYS("inactive"), "200", ALICE_SAYS("inactive"));
        scene_wait_ms(s, 7000);
        send(s, bye ? "BYE" : "INFO", .to_tag = "bob-1", .cseq = 3);
        scene_wait_ms(s, 2000);
        c = only_call(s);
        expect_real(c->hold_ms, 7000);
        expect_event(c, "resume", 0);
        scene_close(s);
    }
}

static void what_is_no_hold(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    scene_wait_ms(s, 1000);
    agree(s, "INVITE", 2, false, ALICE_SAYS("sendonly"), "488", NULL); /* refused */
    agree(s, "INVITE", 3, false, ALICE_SAYS("inactive"), "491", NULL);
    agree(s, "UPDATE", 4, false, ALICE_SAYS("sendonly"), "500", NULL);
    agree(s, "INVITE", 5, false, ALICE_SAYS("recvonly"), "200", BOB_SAYS("sendonly"));
    c = only_call(s); /* who only wants to listen gets what was asked for */
    assert_int_equal(c->hold_count, 0);
    expect_real(c->hold_ms, 0);
    expect_event(c, "hold", 0);
    scene_close(s);
}

/* Offers in the answer, answers in the ACK. */
static void a_late_offer_may_hold(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 2);
    send(s, "200", .to_tag = "bob-1", .cseq = 2, .sdp = BOB_SDP);
    send(s, "ACK", .to_tag = "bob-1", .cseq = 2, .sdp = ALICE_SAYS("sendonly"),
         .branch = "z9hG4bK-ack2");
    scene_wait_ms(s, 4000);
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 3);
    send(s, "200", .to_tag = "bob-1", .cseq = 3, .sdp = BOB_SDP);
    send(s, "ACK", .to_tag = "bob-1", .cseq = 3, .sdp = ALICE_SDP, .branch = "z9hG4bK-ack3");
    c = only_call(s);
    assert_int_equal(c->hold_count, 1);
    expect_real(c->hold_ms, 4000);
    scene_close(s);
}

static void a_call_may_begin_on_hold(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SAYS("inactive"));
    scene_wait_ms(s, 1000);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SAYS("inactive"));
    send(s, "ACK", .to_tag = "bob-1");
    scene_wait_ms(s, 5000);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
    c = only_call(s);
    assert_int_equal(c->hold_count, 1);
    expect_real(c->hold_ms, 5000);
    scene_close(s);
}

/* The hold is repeated, and behind a proxy. It is one. */
static void a_hold_is_counted_once(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    for (int i = 0; i < 3; i++) {
        agree(s, "INVITE", 2, false, ALICE_SAYS("sendonly"), "200", BOB_SAYS("recvonly"));
        send(s, "INVITE", .to_tag = "bob-1", .cseq = 2, .sdp = ALICE_SAYS("sendonly"),
             .branch = "z9hG4bK-hop1", .src = "192.0.2.8:5060");
        send(s, "200", .to_tag = "bob-1", .cseq = 2, .sdp = BOB_SAYS("recvonly"),
             .branch = "z9hG4bK-hop1", .dst = "192.0.2.8:5060");
    }
    c = only_call(s);
    assert_int_equal(c->hold_count, 1);
    expect_event(c, "hold", 1);
    assert_int_equal(c->reinvite_count, 1);
    scene_close(s);
}

/* A list that fills keeps room for what comes late; the figures go on. */
static void many_holds_are_counted(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    for (unsigned i = 0; i < 30; i++) {
        agree(s, "INVITE", 2 + 2 * i, false, ALICE_SAYS("sendonly"), "200", BOB_SAYS("recvonly"));
        scene_wait_ms(s, 900);
        agree(s, "INVITE", 3 + 2 * i, false, ALICE_SDP, "200", BOB_SDP);
    }
    send(s, "UPDATE", .to_tag = "bob-1", .cseq = 900);
    c = only_call(s);
    assert_int_equal(c->hold_count, 30);
    expect_real(c->hold_ms, 30 * 1000);
    expect_event(c, "update", 1);
    scene_close(s);
}

/* ---- session timers ---- */

static void set_up_timed(struct scene *s, const char *header)
{
    send(s, "INVITE", .sdp = ALICE_SDP, .extra = TIMER("1800"));
    scene_wait_ms(s, 100);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = header);
    send(s, "ACK", .to_tag = "bob-1", .branch = "z9hG4bK-ack");
}

static void a_session_is_refreshed(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_timed(s, TIMER("90;refresher=uac"));
    for (unsigned i = 0; i < 6; i++) {
        const char *method = i % 2 ? "INVITE" : "UPDATE";

        scene_wait_ms(s, 45000);
        send(s, method, .to_tag = "bob-1", .cseq = 2 + i, .extra = TIMER("90"));
        send(s, "200", .of = method, .to_tag = "bob-1", .cseq = 2 + i,
             .extra = "x: 120;refresher=uac\r\n"); /* the compact form */
    }
    scene_wait_ms(s, 20000);
    assert_int_equal(s->call_count, 0);
    hang_up(s);
    c = only_call(s);
    assert_int_equal(c->session_expires_s, 120);
    expect_event(c, "session_refresh", 1);
    expect_words(c->history, "\"event\":\"session_refresh\",\"by\":\"caller\",\"count\":6", 1);
    expect_event(c, "session_expired", 0);
    expect_text(c->ended_how, "bye");
    scene_close(s);
}

static void a_session_expires(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_timed(s, TIMER("90"));
    scene_wait_ms(s, 120000);
    assert_int_equal(s->call_count, 0);
    scene_wait_ms(s, 14000);
    assert_int_equal(s->call_count, 1);
    c = only_call(s);
    expect_text(c->state, "in_call");
    expect_text(c->ended_how, "session_timeout");
    expect_text(c->ended_by, NULL);
    expect_event(c, "session_expired", 1);
    expect_deviation(c, "session_expired", 1);
    assert_true(c->closed_time == SCENE_START_NS + 100 * NS_PER_MS); /* its last packet */
    scene_close(s);
}

/* They talk on: nobody kept to it, and nobody hangs up. */
static void who_talks_on_is_not_cut_off(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_timed(s, TIMER("90"));
    scene_wait_ms(s, 100000);
    send(s, "INFO", .to_tag = "bob-1", .cseq = 2);
    scene_wait_ms(s, 3600 * 1000);
    assert_int_equal(s->call_count, 0);
    hang_up(s);
    c = only_call(s);
    expect_event(c, "session_expired", 1);
    expect_deviation(c, "session_expired", 1);
    expect_text(c->ended_how, "bye");
    scene_close(s);
}

/* RFC 4028 §10: a BYE a third of the interval before its end, at most 32 s. */
static void the_timer_may_hang_up(void **state)
{
    static const struct {
        const char *header;
        int64_t bye_s;
        const char *how;
    } rows[] = {
        { TIMER("90"), 60, "session_timeout" },
        { TIMER("90"), 50, "bye" },
        { TIMER("90"), 89, "session_timeout" },
        { TIMER("1800"), 1768, "session_timeout" },
        { TIMER("1800"), 1700, "bye" },
        { TIMER("1800"), 900, "bye" },
        { TIMER("1800"), 1800, "session_timeout" },
        { NULL, 1800, "bye" },
        { TIMER("0"), 1800, "bye" },
        { TIMER("x"), 1800, "bye" },
        { TIMER("99999999999"), 1800, "bye" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        set_up_timed(s, rows[i].header);
        scene_wait_ms(s, rows[i].bye_s * 1000);
        send(s, "BYE", .to_tag = "bob-1", .cseq = 2, .by_bob = true);
        if (!slice_eq(only_call(s)->ended_how, slice_of_text(rows[i].how)))
            fail_msg("row %zu", i);
        expect_text(only_call(s)->ended_by, "callee");
        assert_true(rows[i].how[0] == 's' || i < 6 ||
                    only_call(s)->session_expires_s == RECORD_NONE);
        scene_close(s);
    }
}

/* A refresh that agrees on no timer ends it; what only the proxy put in counts all the same. */
static void a_timer_may_be_dropped_or_added(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_timed(s, TIMER("90"));
    scene_wait_ms(s, 45000);
    send(s, "UPDATE", .to_tag = "bob-1", .cseq = 2);
    send(s, "200", .of = "UPDATE", .to_tag = "bob-1", .cseq = 2);
    scene_wait_ms(s, 600000);
    assert_int_equal(s->call_count, 0);
    expect_event(only_call(s), "session_expired", 0);
    scene_close(s);

    s = scene_open(NULL);
    set_up_timed(s, NULL);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = TIMER("90"), .src = "192.0.2.8:5060",
         .branch = "z9hG4bK-hop0");
    scene_wait_ms(s, 140000);
    expect_text(only_call(s)->ended_how, "session_timeout");
    assert_int_equal(only_call(s)->session_expires_s, 90);
    scene_close(s);
}

/* What the probe lost may have been the refresh: nobody is blamed. */
static void a_probe_that_lost_packets_blames_nobody(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_timed(s, TIMER("90"));
    scene_wait_ms(s, 1000);
    analyzer_note_capture_loss(s->analyzer, 1);
    scene_wait_ms(s, 140000);
    c = only_call(s);
    expect_event(c, "session_expired", 0);
    expect_deviation(c, "session_expired", 0);
    scene_close(s);
}

/* ---- glare ---- */

static void both_offer_at_once(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    scene_wait_ms(s, 1000);
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 2, .sdp = ALICE_SDP);
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 2, .sdp = BOB_SDP, .by_bob = true);
    send(s, "491", .to_tag = "bob-1", .cseq = 2);
    send(s, "491", .to_tag = "bob-1", .cseq = 2, .by_bob = true);
    send(s, "ACK", .to_tag = "bob-1", .cseq = 2);
    send(s, "ACK", .to_tag = "bob-1", .cseq = 2, .by_bob = true);
    scene_wait_ms(s, 2000);
    agree(s, "INVITE", 3, false, ALICE_SDP, "200", BOB_SDP);
    hang_up(s);
    c = only_call(s);
    assert_int_equal(c->reinvite_count, 3);
    assert_int_equal(c->final_status, 200);
    expect_event(c, "glare", 2);
    expect_deviation(c, "glare", 2); /* one of each side */
    expect_text(c->ended_how, "bye");
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hold_counts_from_answer_to_answer),
        cmocka_unit_test(both_may_hold),
        cmocka_unit_test(a_hold_may_last_to_the_end),
        cmocka_unit_test(what_is_no_hold),
        cmocka_unit_test(a_late_offer_may_hold),
        cmocka_unit_test(a_call_may_begin_on_hold),
        cmocka_unit_test(a_hold_is_counted_once),
        cmocka_unit_test(many_holds_are_counted),
        cmocka_unit_test(a_session_is_refreshed),
        cmocka_unit_test(a_session_expires),
        cmocka_unit_test(who_talks_on_is_not_cut_off),
        cmocka_unit_test(the_timer_may_hang_up),
        cmocka_unit_test(a_timer_may_be_dropped_or_added),
        cmocka_unit_test(a_probe_that_lost_packets_blames_nobody),
        cmocka_unit_test(both_offer_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
