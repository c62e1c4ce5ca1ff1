/*
 * test_dialog - how a call is told from others, its branches apart, its messages at two points of
 * their path, and what comes before the answer.
 */
#include "tests/unit/call_words.h"

#include <math.h>

#define PROXY "192.0.2.8:5060"

/* ---- seen at two points of the path ---- */

/* Alice's request, or Bob's, in front of the proxy and behind it. */
static void send_over_proxy(struct scene *s, struct message m)
{
    bool response = m.what[0] >= '1' && m.what[0] <= '6', from_bob = m.by_bob != response;
    char branches[2][48];

    for (int hop = 0; hop < 2; hop++)
        snprintf(branches[hop], sizeof branches[hop], "z9hG4bK-%s-%u-%d-hop%d",
                 response ? (m.of ? m.of : "INVITE") : m.what, m.cseq, m.by_bob,
                 from_bob ? 1 - hop : hop);
    m.branch = branches[0];
    m.src = from_bob ? BOB : ALICE;
    m.dst = PROXY;
    send_message(s, &m);
    scene_wait_ms(s, 2);
    m.branch = branches[1];
    m.src = PROXY;
    m.dst = from_bob ? ALICE : BOB;
    send_message(s, &m);
    scene_wait_ms(s, 2);
}

#define over_proxy(scene, ...) send_over_proxy(scene, (struct message){ .what = __VA_ARGS__ })

static void two_hops_of_a_message_are_one_event(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    over_proxy(s, "INVITE", .sdp = ALICE_SDP);
    over_proxy(s, "180", .to_tag = "bob-1");
    over_proxy(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    over_proxy(s, "ACK", .to_tag = "bob-1");
    scene_wait_ms(s, 1000);
    over_proxy(s, "INVITE", .cseq = 2, .to_tag = "bob-1", .sdp = ALICE_SDP);
    over_proxy(s, "200", .cseq = 2, .to_tag = "bob-1", .sdp = BOB_SDP);
    over_proxy(s, "ACK", .cseq = 2, .to_tag = "bob-1");
    over_proxy(s, "BYE", .cseq = 7, .to_tag = "bob-1", .by_bob = true);
    over_proxy(s, "200", .of = "BYE", .cseq = 7, .to_tag = "bob-1", .by_bob = true);
    c = only_call(s);
    assert_int_equal(c->sightings, 9);
    assert_int_equal(c->retransmissions, 0);
    assert_int_equal(c->invite_count, 1);
    assert_int_equal(c->reinvite_count, 1);
    assert_int_equal(c->branches, 1);
    expect_event(c, "branch", 0);
    expect_event(c, "reinvite", 1);
    expect_text(c->ended_by, "callee");
    /* Of the first INVITE, wherever others were seen. */
    assert_true(c->src.ip[12] == 203 && c->dst.ip[12] == 192);
    scene_close(s);
}

/* Each hop repeats on its own account; the event stays one. */
static void each_hop_repeats_for_itself(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    for (int i = 0; i < 3; i++) {
        over_proxy(s, "INVITE", .sdp = ALICE_SDP);
        scene_wait_ms(s, 500);
    }
    over_proxy(s, "486", .to_tag = "bob-1");
    c = only_call(s);
    assert_int_equal(c->invite_count, 1);
    assert_int_equal(c->sightings, 2);
    assert_int_equal(c->retransmissions, 4);
    expect_text(c->state, "failed");
    scene_close(s);
}

/* The mirror shows the hop behind the proxy first. */
static void hops_may_come_in_any_order(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "180", .to_tag = "bob-1", .src = BOB, .dst = PROXY, .branch = "z9hG4bK-h1");
    send(s, "INVITE", .src = PROXY, .dst = BOB, .branch = "z9hG4bK-h1");
    scene_wait_ms(s, 1);
    send(s, "INVITE", .src = ALICE, .dst = PROXY, .branch = "z9hG4bK-h0");
    send(s, "180", .to_tag = "bob-1", .src = PROXY, .dst = ALICE, .branch = "z9hG4bK-h0");
    send(s, "200", .to_tag = "bob-1", .src = PROXY, .dst = ALICE, .branch = "z9hG4bK-h0");
    send(s, "200", .to_tag = "bob-1", .src = BOB, .dst = PROXY, .branch = "z9hG4bK-h1");
    c = only_call(s);
    assert_int_equal(c->invite_count, 1);
    assert_int_equal(c->sightings, 3);
    assert_int_equal(c->branches, 1);
    expect_text(c->state, "in_call");
    scene_close(s);
}

/* Behind the proxy one phone refuses, another answers. The caller never hears of the first. */
static void a_failure_behind_a_proxy_is_not_the_calls(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE", .src = ALICE, .dst = PROXY, .branch = "z9hG4bK-h0");
    send(s, "INVITE", .src = PROXY, .dst = BOB, .branch = "z9hG4bK-desk");
    scene_wait_ms(s, 100);
    send(s, "486", .to_tag = "desk", .src = BOB, .dst = PROXY, .branch = "z9hG4bK-desk",
         .extra = "Reason: Q.850;cause=17\r\n");
    send(s, "ACK", .to_tag = "desk", .src = PROXY, .dst = BOB, .branch = "z9hG4bK-desk");
    assert_int_equal(s->settled, 0);
    send(s, "INVITE", .src = PROXY, .dst = "198.51.100.2:5060", .branch = "z9hG4bK-mobile");
    send(s, "180", .to_tag = "mobile", .src = "198.51.100.2:5060", .dst = PROXY,
         .branch = "z9hG4bK-mobile");
    scene_wait_ms(s, 60000); /* it rings for long */
    assert_int_equal(s->call_count, 0);
    send(s, "200", .to_tag = "mobile", .src = "198.51.100.2:5060", .dst = PROXY,
         .branch = "z9hG4bK-mobile");
    send(s, "200", .to_tag = "mobile", .src = PROXY, .dst = ALICE, .branch = "z9hG4bK-h0");
    assert_int_equal(s->settled, 1);
    c = only_call(s);
    expect_text(c->state, "in_call");
    expect_text(c->to_tag, "mobile");
    assert_int_equal(c->final_status, 200);
    assert_int_equal(c->branches, 2);
    assert_true(c->q850_cause == RECORD_NONE && !c->reason_header.p);
    expect_event(c, "branch", 1);
    expect_real(c->post_dial_delay_ms, 100);
    assert_true(c->settled_time == c->answer_time);
    scene_close(s);
}

/* … and where nobody else is tried, it is: at once when the caller hears of it, else after a while. */
static void a_failure_that_nobody_makes_good_counts(void **state)
{
    (void)state;
    for (int heard = 0; heard < 2; heard++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *c;

        send(s, "INVITE", .src = ALICE, .dst = PROXY, .branch = "z9hG4bK-h0");
        send(s, "INVITE", .src = PROXY, .dst = BOB, .branch = "z9hG4bK-h1");
        scene_wait_ms(s, 100);
        send(s, "486", .to_tag = "desk", .src = BOB, .dst = PROXY, .branch = "z9hG4bK-h1");
        if (heard)
            send(s, "486", .to_tag = "desk", .src = PROXY, .dst = ALICE, .branch = "z9hG4bK-h0");
        assert_int_equal(s->settled, heard);
        scene_wait_ms(s, 34000);
        assert_int_equal(s->settled, 1);
        c = only_call(s);
        expect_text(c->state, "failed");
        expect_text(c->nos_cause, "busy");
        expect_text(c->ended_how, "rejected");
        assert_true(c->settled_time == SCENE_START_NS + 100 * NS_PER_MS);
        assert_true(c->closed_time == c->settled_time && c->end_time == c->settled_time);
        scene_close(s);
    }
}

/* A proxy that gives a branch up cancels it; the caller did not. */
static void a_proxys_own_cancel_cancels_nothing(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE", .src = ALICE, .dst = PROXY, .branch = "z9hG4bK-h0");
    send(s, "INVITE", .src = PROXY, .dst = BOB, .branch = "z9hG4bK-h1");
    send(s, "180", .to_tag = "desk", .src = BOB, .dst = PROXY, .branch = "z9hG4bK-h1");
    scene_wait_ms(s, 20000);
    send(s, "CANCEL", .src = PROXY, .dst = BOB, .branch = "z9hG4bK-h1",
         .extra = "Reason: SIP;cause=408\r\n");
    send(s, "487", .to_tag = "desk", .src = BOB, .dst = PROXY, .branch = "z9hG4bK-h1");
    send(s, "408", .to_tag = "proxy", .src = PROXY, .dst = ALICE, .branch = "z9hG4bK-h0");
    c = only_call(s);
    expect_text(c->state, "failed");
    expect_text(c->ended_how, "timeout");
    expect_text(c->nos_cause, "other");
    expect_text(c->ended_by, NULL);
    assert_int_equal(c->final_status, 408);
    expect_event(c, "cancel", 0);
    scene_close(s);
}

static void an_invite_by_two_ways_is_merged(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE", .src = ALICE, .dst = BOB, .branch = "z9hG4bK-a");
    scene_wait_ms(s, 5);
    send(s, "INVITE", .src = PROXY, .dst = BOB, .branch = "z9hG4bK-b");
    send(s, "482", .to_tag = "x", .src = BOB, .dst = PROXY, .branch = "z9hG4bK-b");
    send(s, "ACK", .to_tag = "x", .src = PROXY, .dst = BOB, .branch = "z9hG4bK-b");
    assert_int_equal(s->settled, 0);
    send(s, "180", .to_tag = "bob-1", .branch = "z9hG4bK-a");
    scene_wait_ms(s, 1000);
    send(s, "200", .to_tag = "bob-1", .branch = "z9hG4bK-a");
    c = only_call(s);
    expect_text(c->state, "in_call");
    assert_int_equal(c->final_status, 200);
    assert_int_equal(c->invite_count, 1);
    assert_int_equal(c->branches, 1);
    expect_event(c, "merged", 1);
    scene_close(s);

    s = scene_open(NULL); /* the caller itself is told so: a loop */
    send(s, "INVITE");
    send(s, "482", .to_tag = "x");
    c = only_call(s);
    expect_text(c->state, "failed");
    assert_int_equal(c->final_status, 482);
    expect_event(c, "merged", 1);
    scene_close(s);
}

/* Sixteen other messages or sixty: what comes again is a repeat. */
static void a_repeat_is_known_after_many_messages(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_call(s);
    for (unsigned cseq = 2; cseq < 30; cseq++) {
        send(s, "INFO", .to_tag = "bob-1", .cseq = cseq);
        send(s, "200", .of = "INFO", .to_tag = "bob-1", .cseq = cseq);
    }
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    send(s, "INVITE", .sdp = ALICE_SDP);
    assert_int_equal(only_call(s)->retransmissions, 2);
    assert_int_equal(only_call(s)->invite_count, 1);
    scene_close(s);
}

/* ---- branches ---- */

static void branches_are_told_by_tag(void **state)
{
    static const struct {
        const char *first, *first_tag, *second, *second_tag, *second_branch;
        int64_t branches;
    } rows[] = {
        { "180", "a", "180", "b", NULL, 2 },
        { "180", "a", "183", "a", NULL, 1 },
        { "180", "a", "200", "b", NULL, 2 },
        { "100", "a", "180", "b", NULL, 1 }, /* who only forwards is no branch */
        { "180", "a", "486", "a", NULL, 1 },
        { "180", "a", "408", "p", NULL, 1 }, /* the proxy, in its own name */
        { "180", "a", "486", "b", "z9hG4bK-other", 2 },
        { "486", "b", "486", "b", NULL, 1 },
        { "100", NULL, "407", "p", NULL, 0 },
        { "100", NULL, "302", "p", NULL, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *c;

        send(s, "INVITE");
        send(s, rows[i].first, .to_tag = rows[i].first_tag);
        scene_wait_ms(s, 100);
        send(s, rows[i].second, .to_tag = rows[i].second_tag, .branch = rows[i].second_branch);
        c = only_call(s);
        if (c->branches != rows[i].branches)
            fail_msg("row %zu: %lld branches", i, (long long)c->branches);
        expect_event(c, "branch", rows[i].branches > 1);
        scene_close(s);
    }
}

/* Two answer. Whichever the caller hangs up, the call goes on with the other. */
static void of_two_answers_one_is_hung_up(void **state)
{
    static const struct {
        const char *hung_up, *kept;
        bool acked; /* … the one that is kept */
        const char *state;
    } rows[] = {
        { "desk", "mobile", true, "in_call" },
        { "mobile", "desk", true, "in_call" },
        { "mobile", "desk", false, "completed" }, /* the one that talked, as far as can be seen */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *c;

        send(s, "INVITE");
        scene_wait_ms(s, 1000);
        send(s, "200", .to_tag = "mobile");
        scene_wait_ms(s, 20);
        send(s, "200", .to_tag = "desk");
        if (rows[i].acked)
            send(s, "ACK", .to_tag = rows[i].kept);
        send(s, "ACK", .to_tag = rows[i].hung_up);
        send(s, "BYE", .to_tag = rows[i].hung_up, .cseq = 2);
        send(s, "200", .of = "BYE", .to_tag = rows[i].hung_up, .cseq = 2);
        if (rows[i].acked) {
            scene_wait_ms(s, 60000);
            assert_int_equal(s->call_count, 0);
        }
        scene_finish(s);
        c = s->calls[0];
        expect_text(c->state, rows[i].state);
        if (rows[i].acked)
            expect_text(c->to_tag, rows[i].kept);
        expect_real(c->setup_ms, 1000);
        assert_int_equal(c->branches, 2);
        scene_close(s);
    }
}

/* Behind the proxy one phone answers; to the caller the proxy names another one, of which it had told
 * before. What the caller says counts. */
static void the_callers_answer_counts(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE", .src = ALICE, .dst = PROXY, .branch = "z9hG4bK-h0");
    send(s, "INVITE", .src = PROXY, .dst = BOB, .branch = "z9hG4bK-h1");
    over_proxy(s, "183", .to_tag = "one", .cseq = 1);
    send(s, "200", .to_tag = "two", .src = BOB, .dst = PROXY, .branch = "z9hG4bK-h1");
    scene_wait_ms(s, 700);
    send(s, "200", .to_tag = "one", .src = PROXY, .dst = ALICE, .branch = "z9hG4bK-h0");
    send(s, "ACK", .to_tag = "one", .src = ALICE, .dst = PROXY, .branch = "z9hG4bK-ack");
    scene_wait_ms(s, 60000);
    send(s, "BYE", .to_tag = "one", .cseq = 2, .src = ALICE, .dst = PROXY);
    c = only_call(s);
    expect_text(c->state, "completed");
    expect_text(c->to_tag, "one");
    assert_int_equal(c->branches, 2);
    assert_true(c->answer_time < SCENE_START_NS + 100 * NS_PER_MS);
    scene_close(s);
}

/* Long after, a BYE is a BYE, whatever became of the other one. */
static void a_late_hang_up_ends_the_call(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "INVITE");
    send(s, "200", .to_tag = "mobile");
    send(s, "200", .to_tag = "desk");
    send(s, "ACK", .to_tag = "mobile");
    send(s, "ACK", .to_tag = "desk");
    scene_wait_ms(s, 60000);
    send(s, "BYE", .to_tag = "mobile", .cseq = 2);
    expect_text(only_call(s)->state, "completed");
    scene_close(s);
}

static void a_flood_of_tags_is_capped(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;
    char tag[24];

    (void)state;
    send(s, "INVITE");
    for (int i = 0; i < 500; i++) {
        snprintf(tag, sizeof tag, "tag-%d", i);
        send(s, "180", .to_tag = tag);
    }
    send(s, "200", .to_tag = "late");
    send(s, "BYE", .to_tag = "late", .cseq = 2);
    assert_int_equal(scene_refused(s, REFUSAL_BRANCHES), 501 - 16);
    c = only_call(s);
    assert_int_equal(c->branches, 16);
    expect_text(c->to_tag, "late");
    expect_text(c->state, "completed");
    scene_close(s);
}

/* ---- a Call-ID that is used again ---- */

/* The same From-tag, the same CSeq: another branch tells another call once the first was decided. */
static void the_same_names_may_be_another_call(void **state)
{
    static const struct {
        const char *branch; /* of the second INVITE; NULL: as the first */
        const char *src;
        int64_t wait_ms; /* after the end of the first */
        size_t calls;
    } rows[] = {
        { "z9hG4bK-new", ALICE, 10, 2 },
        { "z9hG4bK-new", ALICE, 4000, 2 },
        { "z9hG4bK-new", PROXY, 10, 1 }, /* the same INVITE, behind a proxy, shown late */
        { "z9hG4bK-new", PROXY, 3000, 2 },
        { NULL, ALICE, 10, 1 }, /* sent once more */
        { NULL, PROXY, 10, 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        set_up_call(s);
        hang_up(s);
        scene_wait_ms(s, rows[i].wait_ms);
        send(s, "INVITE", .sdp = ALICE_SDP, .branch = rows[i].branch, .src = rows[i].src);
        scene_finish(s);
        if (s->call_count != rows[i].calls)
            fail_msg("row %zu: %zu calls", i, s->call_count);
        scene_close(s);
    }
}

/* A repeat of the INVITE that was challenged comes when the second one is answered. */
static void a_late_copy_opens_nothing(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE");
    send(s, "407", .to_tag = "p");
    send(s, "INVITE", .cseq = 2);
    send(s, "200", .to_tag = "bob-1", .cseq = 2);
    send(s, "INVITE");
    send(s, "407", .to_tag = "p");
    c = only_call(s);
    expect_text(c->state, "in_call");
    assert_int_equal(c->invite_count, 2);
    assert_int_equal(c->retransmissions, 2);
    scene_close(s);
}

/* … and what belongs to the first of two by its To-tag goes there. */
static void late_words_go_to_their_own_call(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_call(s);
    scene_wait_ms(s, 2000);
    send(s, "INVITE", .cseq = 5); /* the BYE of the first was not seen yet */
    send(s, "200", .to_tag = "bob-2", .cseq = 5);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
    scene_wait_ms(s, 1000);
    send(s, "BYE", .to_tag = "bob-2", .cseq = 6, .by_bob = true);
    scene_finish(s);
    assert_int_equal(s->call_count, 2);
    for (size_t i = 0; i < 2; i++) {
        bool second = slice_eq(s->calls[i]->to_tag, SLICE("bob-2"));

        expect_text(s->calls[i]->state, "completed");
        expect_text(s->calls[i]->ended_by, second ? "callee" : "caller");
    }
    scene_close(s);
}

/* ---- before the answer ---- */

static void what_comes_before_the_answer_is_noted(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE");
    send(s, "183", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = "Require: 100rel\r\nRSeq: 1\r\n");
    send(s, "183", .to_tag = "bob-1", .sdp = BOB_SDP, .extra = "Require: 100rel\r\nRSeq: 1\r\n");
    send(s, "PRACK", .to_tag = "bob-1", .cseq = 2, .sdp = ALICE_SDP,
         .extra = "RAck: 1 1 INVITE\r\n");
    send(s, "200", .of = "PRACK", .to_tag = "bob-1", .cseq = 2);
    send(s, "183", .to_tag = "bob-1", .extra = "Require: 100rel\r\nRSeq: 2\r\n");
    send(s, "PRACK", .to_tag = "bob-1", .cseq = 3, .extra = "RAck: 2 1 INVITE\r\n");
    send(s, "200", .of = "PRACK", .to_tag = "bob-1", .cseq = 3);
    send(s, "UPDATE", .to_tag = "bob-1", .cseq = 4, .sdp = ALICE_SDP);
    send(s, "200", .of = "UPDATE", .to_tag = "bob-1", .cseq = 4, .sdp = BOB_SDP);
    send(s, "200", .to_tag = "bob-1");
    c = only_call(s);
    assert_int_equal(c->early_media, 1);
    assert_int_equal(c->late_offer, 1);
    assert_int_equal(c->retransmissions, 1);
    assert_int_equal(c->final_status, 200);
    expect_event(c, "early_media", 1);
    expect_event(c, "prack", 1); /* one note, counted twice */
    expect_words(c->history, "\"event\":\"prack\",\"by\":\"caller\",\"count\":2", 1);
    expect_event(c, "update", 1);
    scene_close(s);

    s = scene_open(NULL);
    set_up_call(s);
    c = only_call(s);
    assert_true(c->early_media == 0 && c->late_offer == 0);
    scene_close(s);

    s = scene_open(NULL); /* a capture from the middle on cannot tell */
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 5);
    c = only_call(s);
    assert_true(c->early_media == -1 && c->late_offer == -1);
    scene_close(s);
}

/* The 200 to a re-INVITE comes first: no answer of a call that begins. */
static void a_capture_may_begin_with_an_answer(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "200", .to_tag = "bob-1", .cseq = 5, .sdp = BOB_SDP);
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 5, .sdp = ALICE_SDP);
    scene_wait_ms(s, 1000);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 6);
    c = only_call(s);
    expect_text(c->state, "completed");
    expect_text(c->outcome, NULL);
    assert_true(c->answer_time == RECORD_NONE && c->final_status == RECORD_NONE);
    assert_true(c->settled_time == RECORD_NONE);
    assert_int_equal(c->reinvite_count, 1);
    scene_close(s);

    s = scene_open(NULL); /* the next call with that Call-ID is another one */
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 5);
    send(s, "BYE", .to_tag = "bob-1", .cseq = 6);
    send(s, "INVITE", .cseq = 1);
    scene_finish(s);
    assert_int_equal(s->call_count, 2);
    scene_close(s);
}

static void a_redirection_is_followed_or_not(void **state)
{
    (void)state;
    for (int followed = 0; followed < 3; followed++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *c;
        unsigned cseq = followed == 2 ? 1 : 2; /* some do not count on */

        send(s, "INVITE");
        scene_wait_ms(s, 50);
        send(s, "302", .to_tag = "r", .extra = "Contact: <sip:carol@example.net>\r\n");
        send(s, "ACK", .to_tag = "r");
        assert_int_equal(s->settled, 0);
        if (followed) {
            scene_wait_ms(s, 50);
            send(s, "INVITE", .cseq = cseq, .branch = "z9hG4bK-again");
            scene_wait_ms(s, 100);
            send(s, "486", .cseq = cseq, .to_tag = "carol", .branch = "z9hG4bK-again");
        }
        scene_wait_ms(s, 40000);
        assert_int_equal(s->settled, 1);
        c = only_call(s);
        expect_event(c, "redirect", 1);
        expect_words(c->history, "sip:carol@example.net", 1);
        expect_text(c->ended_how, followed ? "rejected" : "redirected");
        assert_int_equal(c->invite_count, followed ? 2 : 1);
        assert_int_equal(c->final_status, followed ? 486 : 302);
        expect_real(c->post_dial_delay_ms, followed ? 200 : 50);
        assert_int_equal(c->branches, followed ? 1 : 0);
        scene_close(s);
    }
}

/* Interval too small, credentials, then the phone rings and is given up. */
static void what_failed_first_is_forgotten(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *c;

    (void)state;
    send(s, "INVITE");
    scene_wait_ms(s, 10);
    send(s, "422", .to_tag = "x", .extra = "Reason: Q.850;cause=111\r\n");
    send(s, "INVITE", .cseq = 2);
    send(s, "407", .cseq = 2, .to_tag = "y", .src = PROXY);
    send(s, "INVITE", .cseq = 3);
    scene_wait_ms(s, 90);
    send(s, "180", .cseq = 3, .to_tag = "bob-1");
    scene_wait_ms(s, 5000);
    send(s, "CANCEL", .cseq = 3, .extra = "Reason: SIP;cause=487, Q.850;cause=16\r\n");
    send(s, "487", .cseq = 3, .to_tag = "bob-1");
    c = only_call(s);
    expect_text(c->state, "cancelled");
    expect_text(c->ended_how, "cancel");
    expect_text(c->ended_by, "caller");
    expect_text(c->nos_cause, "cancel");
    assert_int_equal(c->q850_cause, 16);
    assert_int_equal(c->auth_challenged, 1);
    assert_int_equal(c->challenged_by.ip[12], 192);
    assert_int_equal(c->branches, 1);
    expect_real(c->post_dial_delay_ms, 100);
    expect_event(c, "challenge", 1);
    expect_event(c, "cancel", 1);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_hops_of_a_message_are_one_event),
        cmocka_unit_test(each_hop_repeats_for_itself),
        cmocka_unit_test(hops_may_come_in_any_order),
        cmocka_unit_test(a_failure_behind_a_proxy_is_not_the_calls),
        cmocka_unit_test(a_failure_that_nobody_makes_good_counts),
        cmocka_unit_test(a_proxys_own_cancel_cancels_nothing),
        cmocka_unit_test(an_invite_by_two_ways_is_merged),
        cmocka_unit_test(a_repeat_is_known_after_many_messages),
        cmocka_unit_test(branches_are_told_by_tag),
        cmocka_unit_test(of_two_answers_one_is_hung_up),
        cmocka_unit_test(the_callers_answer_counts),
        cmocka_unit_test(a_late_hang_up_ends_the_call),
        cmocka_unit_test(a_flood_of_tags_is_capped),
        cmocka_unit_test(the_same_names_may_be_another_call),
        cmocka_unit_test(a_late_copy_opens_nothing),
        cmocka_unit_test(late_words_go_to_their_own_call),
        cmocka_unit_test(what_comes_before_the_answer_is_noted),
        cmocka_unit_test(a_capture_may_begin_with_an_answer),
        cmocka_unit_test(a_redirection_is_followed_or_not),
        cmocka_unit_test(what_failed_first_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
