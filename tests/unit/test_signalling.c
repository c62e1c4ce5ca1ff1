/*
 * test_signalling - what calls the analyzer makes of SIP, in order, out of order, and in part.
 */
#include "tests/unit/analyzer_scene.h"

#include <math.h>

static void a_call_from_invite_to_bye(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    assert_int_equal(send(s, "INVITE", .sdp = ALICE_SDP, .extra = "User-Agent: phone 1\r\n"),
                     BIN_SIP);
    assert_int_equal(s->claim.kind, CLAIM_SIP);
    scene_wait_ms(s, 20);
    send(s, "100");
    scene_wait_ms(s, 80);
    send(s, "180", .to_tag = "bob-1");
    scene_wait_ms(s, 2000);
    assert_int_equal(s->opened, 1);
    assert_int_equal(s->settled, 0);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = "Server: switch 2\r\n");
    assert_int_equal(s->settled, 1);
    expect_text(s->settled_state, "in_call");
    scene_wait_ms(s, 30);
    send(s, "ACK", .to_tag = "bob-1");
    scene_wait_ms(s, 59970);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 7, .by_bob = true,
         .extra = "Reason: Q.850;cause=16\r\n");
    scene_wait_ms(s, 40);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 7, .by_bob = true);
    scene_wait_ms(s, 3000);
    assert_int_equal(s->call_count, 0); /* repeats may come */
    scene_wait_ms(s, 4000);
    assert_int_equal(s->call_count, 1);

    c = only_call(s);
    expect_text(c->call_id, "call-1@example");
    expect_text(c->transport, "udp");
    expect_text(c->state, "completed");
    expect_text(c->from_user, "alice");
    expect_text(c->to_user, "bob");
    expect_text(c->from_uri, "sip:alice@example");
    expect_text(c->to_uri, "sip:bob@example");
    expect_text(c->request_uri, "sip:x@example");
    expect_text(c->from_tag, "alice-1");
    expect_text(c->to_tag, "bob-1");
    expect_text(c->user_agent, "phone 1");
    expect_text(c->server, "switch 2");
    expect_text(c->reason_header, "Q.850;cause=16");
    expect_text(c->ended_by, "callee");
    expect_text(c->outcome, "success");
    expect_text(c->nos_cause, NULL);
    expect_text(c->final_reason, "Because");
    expect_text(c->capture_confidence, "high");
    assert_int_equal(c->final_status, 200);
    assert_true(c->invite_time == SCENE_START_NS);
    assert_true(c->first_18x_time == SCENE_START_NS + 100 * NS_PER_MS);
    assert_true(c->answer_time == SCENE_START_NS + 2100 * NS_PER_MS);
    assert_true(c->end_time == SCENE_START_NS + 62100 * NS_PER_MS);
    expect_real(c->post_dial_delay_ms, 100);
    expect_real(c->setup_ms, 2100);
    expect_real(c->ring_ms, 2000);
    expect_real(c->duration_ms, 60000);
    expect_real(c->disconnect_delay_ms, 40);
    assert_int_equal(c->duration_open, 0);
    assert_int_equal(c->invite_count, 1);
    assert_int_equal(c->retransmissions, 0);
    assert_int_equal(c->reinvite_count, 0);
    assert_int_equal(c->auth_challenged, 0);
    assert_true(isnan(c->mos_lq) && isnan(c->mos_cq));
    assert_true(!c->vlan.p && !c->tunnel.p);
    scene_close(s);
}

/* METRICS §5: success, failure, or none other specified with a cause. */
static void every_final_status_has_its_outcome(void **state)
{
    static const struct {
        const char *status;
        bool cancelled;
        const char *state, *outcome, *cause;
    } rows[] = {
        { "200", false, "in_call", "success", NULL },
        { "302", false, "failed", "nos", "other" },
        { "403", false, "failed", "nos", "other" },
        { "404", false, "failed", "nos", "not_found" },
        { "408", false, "failed", "nos", "other" },
        { "408", true, "cancelled", "nos", "cancel" },
        { "410", false, "failed", "nos", "not_found" },
        { "480", false, "failed", "nos", "other" },
        { "480", true, "cancelled", "nos", "cancel" },
        { "486", false, "failed", "nos", "busy" },
        { "487", false, "cancelled", "nos", "cancel" },
        { "487", true, "cancelled", "nos", "cancel" },
        { "500", false, "failed", "failure", NULL },
        { "503", false, "failed", "failure", NULL },
        { "599", false, "failed", "failure", NULL },
        { "600", false, "failed", "nos", "busy" },
        { "603", false, "failed", "nos", "other" },
        { "604", false, "failed", "nos", "not_found" },
        { NULL, true, "cancelled", "nos", "cancel" },
        { NULL, false, "abandoned", "nos", "other" },
        { "401", false, "failed", "nos", "other" }, /* a challenge that nobody answers */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *c;

        send(s, "INVITE");
        scene_wait_ms(s, 50);
        if (rows[i].cancelled) {
            send(s, "CANCEL");
            send(s, "200", .of = "CANCEL");
        }
        if (rows[i].status)
            send(s, rows[i].status, .to_tag = "bob-1");
        scene_wait_ms(s, 120000);
        c = only_call(s);
        expect_text(c->state, rows[i].state);
        expect_text(c->outcome, rows[i].outcome);
        expect_text(c->nos_cause, rows[i].cause);
        assert_true(c->final_status == (rows[i].status ? atoll(rows[i].status) : RECORD_NONE));
        assert_int_equal(s->settled, !rows[i].status || rows[i].status[2] != '1');
        if (rows[i].cancelled && rows[i].status)
            expect_text(c->ended_by, "caller");
        scene_close(s);
    }
}

static void a_call_id_that_is_used_again_is_another_call(void **state)
{
    static const struct {
        const char *from_tag;
        unsigned cseq;
    } rows[] = { { "alice-2", 1 }, { "alice-2", 2 }, { "alice-1", 3 } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        set_up_call(s);
        scene_wait_ms(s, 1000);
        hang_up(s);
        scene_wait_ms(s, 500);
        send(s, "INVITE", .from_tag = rows[i].from_tag, .cseq = rows[i].cseq);
        scene_wait_ms(s, 500);
        send(s, "486", .to_tag = "bob-2", .from_tag = rows[i].from_tag, .cseq = rows[i].cseq);
        /* A late repeat of the first call's BYE belongs to the first. */
        send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
        scene_finish(s);
        assert_int_equal(s->call_count, 2);
        for (size_t k = 0; k < 2; k++) {
            bool second = s->calls[k]->final_status == 486;

            expect_text(s->calls[k]->state, second ? "failed" : "completed");
            if (second)
                expect_text(s->calls[k]->from_tag, rows[i].from_tag);
        }
        scene_close(s);
    }
}

/* Its BYE was not seen: the next INVITE without a To-tag says all the same that it is over. */
static void an_invite_in_mid_call_opens_another_call(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_call(s);
    scene_wait_ms(s, 60000);
    send(s, "INVITE", .cseq = 9);
    send(s, "503", .cseq = 9, .to_tag = "bob-2");
    scene_finish(s);
    assert_int_equal(s->call_count, 2);
    for (size_t i = 0; i < 2; i++)
        expect_text(s->calls[i]->state, s->calls[i]->final_status == 503 ? "failed" : "in_call");
    scene_close(s);
}

static void a_call_that_forks_is_one_call(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP);
    scene_wait_ms(s, 100);
    send(s, "180", .to_tag = "bob-desk");
    send(s, "180", .to_tag = "bob-mobile");
    scene_wait_ms(s, 1000);
    send(s, "200", .to_tag = "bob-mobile");
    scene_wait_ms(s, 50);
    send(s, "200", .to_tag = "bob-desk"); /* both picked up: RFC 3261 §13.2.2.4 */
    send(s, "ACK", .to_tag = "bob-desk");
    send(s, "BYE", .to_tag = "bob-desk", .cseq = 2);
    send(s, "200", .of = "BYE", .to_tag = "bob-desk", .cseq = 2);
    scene_wait_ms(s, 60000);
    assert_int_equal(s->call_count, 0); /* the other branch talks */
    send(s, "BYE", .to_tag = "bob-mobile", .cseq = 9, .by_bob = true);
    c = only_call(s);
    expect_text(c->to_tag, "bob-mobile");
    expect_text(c->state, "completed");
    expect_text(c->ended_by, "callee");
    assert_int_equal(c->invite_count, 1);
    assert_int_equal(c->retransmissions, 0);
    expect_real(c->setup_ms, 1100);
    expect_real(c->duration_ms, 60050);
    scene_close(s);
}

/* A mirror of two links may show what follows before what was. */
static void events_may_come_in_any_order(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "180", .to_tag = "bob-1");
    scene_wait_ms(s, 1);
    send(s, "INVITE", .sdp = ALICE_SDP);
    scene_wait_ms(s, 100);
    send(s, "ACK", .to_tag = "bob-1");
    send(s, "200", .to_tag = "bob-1");
    scene_wait_ms(s, 1000);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 2);
    scene_wait_ms(s, 1);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
    c = only_call(s);
    expect_text(c->state, "completed");
    expect_text(c->ended_by, "caller");
    expect_text(c->from_tag, "alice-1");
    assert_int_equal(c->src.ip[15], 1);
    assert_int_equal(c->src.ip[12], 203);
    assert_int_equal(c->invite_count, 1);
    expect_real(c->duration_ms, 1001);
    /* What would be negative is not known. */
    assert_true(isnan(c->post_dial_delay_ms));
    assert_true(isnan(c->disconnect_delay_ms));
    scene_close(s);
}

static void a_bye_before_the_answer_ends_the_call(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE");
    scene_wait_ms(s, 100);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
    scene_wait_ms(s, 1);
    send(s, "200", .to_tag = "bob-1");
    c = only_call(s);
    expect_text(c->state, "completed");
    assert_true(c->end_time == SCENE_START_NS + 100 * NS_PER_MS);
    assert_true(isnan(c->duration_ms));
    assert_int_equal(c->final_status, 200);
    scene_close(s);
}

static void what_is_sent_again_is_counted_and_changes_nothing(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    for (int i = 0; i < 4; i++) {
        send(s, "INVITE", .sdp = ALICE_SDP);
        scene_wait_ms(s, 500);
    }
    send(s, "100");
    send(s, "INVITE", .sdp = ALICE_SDP);
    for (int i = 0; i < 3; i++) {
        send(s, "200", .to_tag = "bob-1");
        scene_wait_ms(s, 500);
    }
    send(s, "ACK", .to_tag = "bob-1");
    send(s, "ACK", .to_tag = "bob-1");
    scene_wait_ms(s, 1000);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
    scene_wait_ms(s, 500);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
    /* The same INVITE on its next hop is no repeat. */
    send(s, "INVITE", .sdp = ALICE_SDP, .src = BOB, .dst = "198.51.100.9:5060");
    c = only_call(s);
    assert_int_equal(c->invite_count, 1);
    assert_int_equal(c->retransmissions, 4 + 2 + 1 + 1);
    expect_real(c->setup_ms, 2000);
    expect_real(c->duration_ms, 2500);
    scene_close(s);
}

/* The client answers the challenge; some do it with another From-tag. */
static void a_challenge_and_its_answer_are_one_call(void **state)
{
    static const char *const second_tags[] = { "alice-1", "alice-2" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *c;
        const char *tag = second_tags[i];

        send(s, "INVITE", .sdp = ALICE_SDP);
        scene_wait_ms(s, 10);
        send(s, "407", .to_tag = "proxy");
        send(s, "ACK", .to_tag = "proxy");
        scene_wait_ms(s, 10);
        send(s, "INVITE", .sdp = ALICE_SDP, .cseq = 2, .from_tag = tag);
        scene_wait_ms(s, 80);
        send(s, "180", .cseq = 2, .to_tag = "bob-1", .from_tag = tag);
        scene_wait_ms(s, 100);
        send(s, "200", .cseq = 2, .to_tag = "bob-1", .from_tag = tag, .sdp = BOB_SDP);
        send(s, "ACK", .cseq = 2, .to_tag = "bob-1", .from_tag = tag);
        scene_wait_ms(s, 1000);
        send(s, "INVITE", .cseq = 3, .to_tag = "bob-1", .from_tag = tag);
        send(s, "200", .cseq = 3, .to_tag = "bob-1", .from_tag = tag);
        scene_wait_ms(s, 1000);
        send(s, "BYE", .cseq = 1, .to_tag = "bob-1", .from_tag = tag, .by_bob = true);
        c = only_call(s);
        assert_int_equal(c->auth_challenged, 1);
        assert_int_equal(c->invite_count, 2);
        assert_int_equal(c->reinvite_count, 1);
        assert_int_equal(c->final_status, 200);
        expect_text(c->state, "completed");
        expect_text(c->ended_by, "callee");
        expect_text(c->from_tag, tag);           /* of the dialog that came of it */
        expect_real(c->post_dial_delay_ms, 100); /* a challenge is no ringing */
        expect_real(c->setup_ms, 200);
        scene_close(s);
    }
}

/* 422 Session Interval Too Small: the INVITE comes again with what was asked for. */
static void a_corrected_invite_is_the_same_call(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE");
    scene_wait_ms(s, 10);
    send(s, "422", .to_tag = "x");
    send(s, "ACK", .to_tag = "x");
    scene_wait_ms(s, 10);
    send(s, "INVITE", .cseq = 2);
    scene_wait_ms(s, 10);
    send(s, "180", .cseq = 2, .to_tag = "bob-1");
    scene_wait_ms(s, 10);
    send(s, "200", .cseq = 2, .to_tag = "bob-1");
    scene_wait_ms(s, 1000);
    send(s, "BYE", .cseq = 3, .to_tag = "bob-1");
    c = only_call(s);
    assert_int_equal(c->invite_count, 2);
    assert_int_equal(c->final_status, 200);
    expect_text(c->state, "completed");
    expect_text(c->outcome, "success");
    expect_text(c->to_tag, "bob-1");
    expect_real(c->duration_ms, 1000);
    scene_close(s);
}

static void an_answer_that_crosses_a_cancel_counts(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE");
    send(s, "180", .to_tag = "bob-1");
    scene_wait_ms(s, 1000);
    send(s, "CANCEL");
    send(s, "200", .to_tag = "bob-1");
    scene_wait_ms(s, 100);
    send(s, "ACK", .to_tag = "bob-1");
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
    c = only_call(s);
    expect_text(c->state, "completed");
    expect_text(c->outcome, "success");
    scene_close(s);
}

/* Silence ends what nobody answered, after what a timer of RFC 3261 allows; never a call that is. */
static void silence_ends_what_was_not_answered(void **state)
{
    static const struct {
        const char *last; /* what came last; NULL: the INVITE */
        int64_t at_least_s, at_most_s;
        const char *state;
    } rows[] = {
        { NULL, 33, 62, "abandoned" },
        { "183", 181, 302, "abandoned" },
        { "401", 5, 32, "failed" },
        { "486", 4, 40, "failed" },
        { "200", 3 * 3600, 14402, "in_call" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        send(s, "INVITE");
        if (rows[i].last)
            send(s, rows[i].last, .to_tag = "bob-1");
        scene_wait_ms(s, rows[i].at_least_s * 1000);
        assert_int_equal(s->call_count, 0);
        scene_wait_ms(s, (rows[i].at_most_s - rows[i].at_least_s) * 1000);
        assert_int_equal(s->call_count, 1);
        expect_text(s->calls[0]->state, rows[i].state);
        scene_close(s);
    }
}

static void a_capture_may_end_or_begin_in_mid_call(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    scene_wait_ms(s, 5000);
    send(s, "INFO", .to_tag = "bob-1", .cseq = 2);
    c = only_call(s);
    expect_text(c->state, "in_call");
    expect_text(c->outcome, "success");
    assert_int_equal(c->duration_open, 1);
    expect_real(c->duration_ms, 5010); /* to its last packet */
    assert_true(c->end_time == RECORD_NONE);
    scene_close(s);

    s = scene_open(NULL);
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 5, .sdp = ALICE_SDP);
    send(s, "200", .to_tag = "bob-1", .cseq = 5, .sdp = BOB_SDP);
    scene_wait_ms(s, 5000);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 6);
    c = only_call(s);
    expect_text(c->state, "completed");
    expect_text(c->outcome, NULL); /* how it began is not known */
    assert_true(c->invite_time == RECORD_NONE && c->answer_time == RECORD_NONE);
    assert_true(isnan(c->duration_ms));
    assert_int_equal(c->duration_open, -1);
    assert_int_equal(c->reinvite_count, 1);
    scene_close(s);

    s = scene_open(NULL);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 6);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 6);
    assert_int_equal(scene_refused(s, REFUSAL_SIP_NO_CALL), 2);
    scene_finish(s);
    assert_int_equal(s->call_count, 0);
    scene_close(s);
}

static void re_invites_of_both_sides_are_counted(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    scene_wait_ms(s, 1000);
    for (unsigned cseq = 2; cseq < 5; cseq++) {
        send(s, "INVITE", .to_tag = "bob-1", .cseq = cseq);
        send(s, "INVITE", .to_tag = "bob-1", .cseq = cseq); /* a repeat */
        send(s, cseq == 3 ? "488" : "200", .to_tag = "bob-1", .cseq = cseq);
        send(s, "ACK", .to_tag = "bob-1", .cseq = cseq);
    }
    /* Bob counts on his own: the same CSeq as Alice's INVITE. */
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 1, .by_bob = true);
    send(s, "503", .to_tag = "bob-1", .cseq = 1, .by_bob = true);
    scene_wait_ms(s, 1000);
    hang_up(s);
    c = only_call(s);
    assert_int_equal(c->reinvite_count, 4);
    assert_int_equal(c->invite_count, 1);
    assert_int_equal(c->retransmissions, 3);
    assert_int_equal(c->final_status, 200);
    expect_text(c->outcome, "success");
    expect_text(c->state, "completed");
    scene_close(s);
}

static void what_is_no_sip_is_told_apart(void **state)
{
    static const struct {
        struct slice bytes;
        enum packet_bin bin;
    } rows[] = {
        { SLICE_INIT("INVITE sip:x SIP/2.0\r\n\r\n"), BIN_SIP_MALFORMED },
        { SLICE_INIT("SIP/2.0 200\r\n\r\n"), BIN_SIP_MALFORMED },
        { SLICE_INIT("hello"), BIN_SIP_MALFORMED },
        { SLICE_INIT("\r\n\r\n"), BIN_SIP_KEEPALIVE },
        { SLICE_INIT("\0\0\0\0"), BIN_SIP_KEEPALIVE },
        { SLICE_INIT(""), BIN_UDP_EMPTY },
    };
    struct scene *s = scene_open(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(send_bytes(s, ALICE, BOB, rows[i].bytes), rows[i].bin);
    scene_finish(s);
    assert_int_equal(s->call_count, 0);
    scene_close(s);
}

/* RFC 4475 bigcode and badvers: nothing is taken from them, but their bytes are evidence. */
static void what_cannot_be_read_is_kept_with_its_call(void **state)
{
    static const struct slice rows[] = {
        SLICE_INIT("SIP/2.0 4294967301 big\r\nCall-ID: call-1@example\r\nCSeq: 1 INVITE\r\n\r\n"),
        SLICE_INIT("BYE sip:x@example SIP/7.0\r\nCall-ID: call-1@example\r\nCSeq: 2 BYE\r\n\r\n"),
    };
    static const struct slice stranger =
        SLICE_INIT("SIP/2.0 99 low\r\nCall-ID: call-2@example\r\n\r\n");
    struct scene *s = scene_open(NULL);
    uint64_t id;

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP);
    id = s->claim.id;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(send_bytes(s, BOB, ALICE, rows[i]), BIN_SIP_MALFORMED);
        assert_int_equal(s->claim.kind, CLAIM_SIP);
        assert_true(s->claim.id == id);
    }
    assert_int_equal(send_bytes(s, BOB, ALICE, stranger), BIN_SIP_MALFORMED);
    assert_int_equal(s->claim.kind, CLAIM_NONE);
    scene_finish(s);
    assert_true(only_call(s)->final_status == RECORD_NONE);
    expect_text(only_call(s)->ended_by, NULL);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_from_invite_to_bye),
        cmocka_unit_test(every_final_status_has_its_outcome),
        cmocka_unit_test(a_call_id_that_is_used_again_is_another_call),
        cmocka_unit_test(an_invite_in_mid_call_opens_another_call),
        cmocka_unit_test(a_call_that_forks_is_one_call),
        cmocka_unit_test(events_may_come_in_any_order),
        cmocka_unit_test(a_bye_before_the_answer_ends_the_call),
        cmocka_unit_test(what_is_sent_again_is_counted_and_changes_nothing),
        cmocka_unit_test(a_challenge_and_its_answer_are_one_call),
        cmocka_unit_test(a_corrected_invite_is_the_same_call),
        cmocka_unit_test(an_answer_that_crosses_a_cancel_counts),
        cmocka_unit_test(silence_ends_what_was_not_answered),
        cmocka_unit_test(a_capture_may_end_or_begin_in_mid_call),
        cmocka_unit_test(re_invites_of_both_sides_are_counted),
        cmocka_unit_test(what_is_no_sip_is_told_apart),
        cmocka_unit_test(what_cannot_be_read_is_kept_with_its_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
