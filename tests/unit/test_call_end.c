/*
 * test_call_end - how, when and by whom a call ended, and why it says so itself.
 */
#include "tests/unit/call_words.h"

#include <math.h>

#define AT_MS(ms) (SCENE_START_NS + (ms)*NS_PER_MS)

/* An answer that nobody acknowledges is sent again for 32 s; then the callee hangs up. */
static void repeat_answer(struct scene *s, int64_t t1_ms, bool acked)
{
    int64_t wait = t1_ms, at = 0;

    for (; at + wait < 64 * t1_ms; wait = wait < 4000 ? 2 * wait : 4000) {
        scene_wait_ms(s, wait);
        at += wait;
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
        if (acked)
            send(s, "ACK", .to_tag = "bob-1", .branch = "z9hG4bK-ack");
    }
    scene_wait_ms(s, 64 * t1_ms - at);
}

static void who_is_never_acknowledged_hangs_up(void **state)
{
    static const struct {
        int64_t t1_ms;
        bool acked; /* as far as the probe sees */
        int64_t bye_ms;
        bool by_bob;
        const char *how;
    } rows[] = {
        { 500, false, 0, true, "ack_timeout" },
        { 500, true, 0, true, "ack_timeout" }, /* the ACK is lost behind the probe */
        { 100, false, 0, true, "ack_timeout" },
        { 500, false, 0, false, "bye" },    /* the caller hung up */
        { 500, false, 10000, true, "bye" }, /* so much later is no timer */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *c;

        send(s, "INVITE", .sdp = ALICE_SDP);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
        repeat_answer(s, rows[i].t1_ms, rows[i].acked);
        scene_wait_ms(s, rows[i].bye_ms);
        send(s, "BYE", .to_tag = "bob-1", .cseq = 5, .by_bob = rows[i].by_bob);
        c = only_call(s);
        if (!slice_eq(c->ended_how, slice_of_text(rows[i].how)))
            fail_msg("row %zu: %.*s", i, (int)c->ended_how.len, c->ended_how.p);
        expect_text(c->ended_by, rows[i].by_bob ? "callee" : "caller");
        scene_close(s);
    }

    struct scene *s = scene_open(NULL); /* one or two repeats are an ACK that was slow */

    send(s, "INVITE", .sdp = ALICE_SDP);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    for (int n = 0; n < 3; n++) {
        scene_wait_ms(s, 500);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    }
    send(s, "BYE", .to_tag = "bob-1", .cseq = 5, .by_bob = true);
    expect_text(only_call(s)->ended_how, "bye");
    scene_close(s);
}

/* What each way to end says of when: milliseconds since the INVITE; −1: not known. */
static void the_times_of_an_end(void **state)
{
    enum { NONE = -1 };
    static const struct {
        const char *final; /* after 100 ms; NULL: none */
        const char *then;  /* after 1100 ms; NULL: nothing */
        int64_t wait_ms;   /* and then; 0: the capture ends */
        const char *how, *by;
        int64_t settled_ms, closed_ms;
    } rows[] = {
        { "200", "BYE", 40000, "bye", "caller", 100, 1100 },
        { "200", "BYE", 0, "bye", "caller", 100, 1100 },
        { "200", "INFO", 0, NULL, NULL, 100, 1100 }, /* it goes on; heard of until then */
        { "200", "INFO", 5 * 3600 * 1000, "interrupted", NULL, 100, 1100 },
        { "486", NULL, 60000, "rejected", NULL, 100, 100 },
        { "486", NULL, 0, "rejected", NULL, 100, 100 },
        { "503", "ACK", 60000, "rejected", NULL, 100, 100 },
        { "408", NULL, 60000, "timeout", NULL, 100, 100 },
        { "305", NULL, 60000, "redirected", NULL, 100, 100 },
        { "407", NULL, 60000, "rejected", NULL, 100, 100 },
        { "180", NULL, 400000, "timeout", NULL, 100, 100 }, /* given up: its last message */
        { "180", NULL, 0, NULL, NULL, NONE, NONE },
        { NULL, NULL, 100000, "timeout", NULL, 0, 0 },
        { NULL, NULL, 0, NULL, NULL, NONE, NONE },
        { "180", "CANCEL", 60000, "cancel", "caller", 1100, 1100 },
        { "180", "BYE", 60000, "bye", "caller", NONE, 1100 }, /* how it began is not known */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *c;
        int64_t settled = rows[i].settled_ms, closed = rows[i].closed_ms;

        send(s, "INVITE");
        scene_wait_ms(s, 100);
        if (rows[i].final)
            send(s, rows[i].final, .to_tag = "bob-1");
        scene_wait_ms(s, 1000);
        if (rows[i].then && strcmp(rows[i].then, "CANCEL") != 0)
            send(s, rows[i].then, .to_tag = "bob-1", .cseq = rows[i].then[0] == 'A' ? 1 : 2);
        else if (rows[i].then)
            send(s, "CANCEL");
        scene_wait_ms(s, rows[i].wait_ms);
        assert_int_equal(s->call_count, rows[i].wait_ms > 0);
        c = only_call(s);
        if (!slice_eq(c->ended_how, slice_of_text(rows[i].how)) ||
            !slice_eq(c->ended_by, slice_of_text(rows[i].by)) ||
            c->settled_time != (settled == NONE ? RECORD_NONE : AT_MS(settled)) ||
            c->closed_time != (closed == NONE ? RECORD_NONE : AT_MS(closed)))
            fail_msg("row %zu: %.*s, settled %lld, closed %lld", i, (int)c->ended_how.len,
                     c->ended_how.p ? c->ended_how.p : "",
                     (long long)((c->settled_time - SCENE_START_NS) / NS_PER_MS),
                     (long long)((c->closed_time - SCENE_START_NS) / NS_PER_MS));
        scene_close(s);
    }
}

/* The answer after a failure moves what was said of it. */
static void an_answer_moves_the_outcome(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE");
    scene_wait_ms(s, 100);
    send(s, "486", .to_tag = "desk", .extra = "Reason: Q.850;cause=17\r\n");
    assert_int_equal(s->settled, 1);
    scene_wait_ms(s, 1000);
    send(s, "200", .to_tag = "mobile");
    scene_wait_ms(s, 1000);
    send(s, "BYE", .to_tag = "mobile", .cseq = 2, .by_bob = true,
         .extra =
             "Reason: SIP;cause=200\r\nReason: Q.850;cause=31;text=\"Normal, unspecified\"\r\n");
    c = only_call(s);
    assert_int_equal(s->settled, 1);
    assert_true(c->settled_time == AT_MS(1100) && c->closed_time == AT_MS(2100));
    expect_text(c->outcome, "success");
    expect_text(c->ended_how, "bye");
    expect_text(c->reason_header, "SIP;cause=200");
    assert_int_equal(c->q850_cause, 31);
    scene_close(s);
}

static void the_cause_is_of_what_ended_it(void **state)
{
    static const struct {
        const char *provisional, *final, *bye; /* Reason headers; NULL: none, or no such message */
        const char *status;
        int64_t cause;
    } rows[] = {
        { NULL, "Reason: Q.850;cause=17\r\n", NULL, "486", 17 },
        { "Reason: Q.850;cause=42\r\n", NULL, NULL, "486", RECORD_NONE },
        { NULL, "Reason: Q.850;cause=16\r\n", NULL, "200", RECORD_NONE },
        { NULL, NULL, "Reason: SIP;cause=1, Q.850 ;cause=16;text=\"a, b\"\r\n", "200", 16 },
        { NULL, NULL, "Reason: X.Int;reasoncode=16\r\n", "200", RECORD_NONE },
        { NULL, NULL, "Reason: Q.850;cause=300\r\n", "200", RECORD_NONE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        send(s, "INVITE");
        send(s, "183", .to_tag = "bob-1", .extra = rows[i].provisional);
        send(s, rows[i].status, .to_tag = "bob-1", .extra = rows[i].final);
        if (rows[i].bye) {
            send(s, "BYE", .to_tag = "bob-1", .cseq = 2, .extra = rows[i].bye);
            /* The other side hangs up too: who was first counts. */
            send(s, "BYE", .to_tag = "bob-1", .cseq = 1, .by_bob = true,
                 .extra = "Reason: Q.850;cause=99\r\n");
        }
        if (only_call(s)->q850_cause != rows[i].cause)
            fail_msg("row %zu: %lld", i, (long long)only_call(s)->q850_cause);
        scene_close(s);
    }
}

/* A BYE that must be sent again with credentials is confirmed once it was accepted. */
static void a_challenged_bye_is_no_confirmation(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    scene_wait_ms(s, 1000);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
    scene_wait_ms(s, 10);
    send(s, "407", .of = "BYE", .to_tag = "bob-1", .cseq = 2);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 3, .extra = "Reason: Q.850;cause=31\r\n");
    scene_wait_ms(s, 10);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 3);
    c = only_call(s);
    assert_int_equal(c->q850_cause, 31); /* of the one that was let through */
    expect_real(c->disconnect_delay_ms, 20);
    expect_text(c->ended_by, "caller");
    scene_close(s);
}

/* CANCEL of a re-INVITE ends no call, nor does one that crosses the answer. */
static void not_every_cancel_cancels_the_call(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 2);
    send(s, "CANCEL", .to_tag = "bob-1", .cseq = 2);
    send(s, "487", .to_tag = "bob-1", .cseq = 2);
    scene_wait_ms(s, 1000);
    hang_up(s);
    c = only_call(s);
    expect_text(c->ended_how, "bye");
    expect_event(c, "cancel", 0);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_never_acknowledged_hangs_up),
        cmocka_unit_test(the_times_of_an_end),
        cmocka_unit_test(an_answer_moves_the_outcome),
        cmocka_unit_test(the_cause_is_of_what_ended_it),
        cmocka_unit_test(a_challenged_bye_is_no_confirmation),
        cmocka_unit_test(not_every_cancel_cancels_the_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
