/*
 * test_transfer - calls that come of calls: transfers, pick-up, a third party.
 */
#include "tests/unit/call_words.h"

#define CAROL   "203.0.113.9:5060"
#define A       "call-a@example"
#define B       "call-b@example"
#define C       "call-c@example"
#define SIPFRAG "message/sipfrag;version=2.0"

/* A call from INVITE to ACK whose tags are NAME-alice and NAME-bob. */
static void talk(struct scene *s, const char *id, const char *from, const char *to)
{
    send(s, "INVITE", .call_id = id, .from_tag = from);
    send(s, "180", .call_id = id, .from_tag = from, .to_tag = to);
    scene_wait_ms(s, 500);
    send(s, "200", .call_id = id, .from_tag = from, .to_tag = to);
    send(s, "ACK", .call_id = id, .from_tag = from, .to_tag = to, .branch = "z9hG4bK-ack");
    scene_wait_ms(s, 500);
}

static void refer(struct scene *s, const char *extra, const char *status)
{
    send(s, "REFER", .call_id = A, .from_tag = "aa", .to_tag = "ab", .cseq = 2, .extra = extra);
    send(s, status, .of = "REFER", .call_id = A, .from_tag = "aa", .to_tag = "ab", .cseq = 2);
}

static void notify(struct scene *s, unsigned cseq, const char *fragment)
{
    send(s, "NOTIFY", .call_id = A, .from_tag = "aa", .to_tag = "ab", .cseq = cseq, .by_bob = true,
         .sdp = fragment, .type = SIPFRAG, .extra = "Event: refer;id=2\r\n");
    send(s, "200", .of = "NOTIFY", .call_id = A, .from_tag = "aa", .to_tag = "ab", .cseq = cseq,
         .by_bob = true);
}

static void bye(struct scene *s, const char *id, const char *from, const char *to, bool by_bob)
{
    send(s, "BYE", .call_id = id, .from_tag = from, .to_tag = to, .cseq = 20, .by_bob = by_bob);
    send(s, "200", .of = "BYE", .call_id = id, .from_tag = from, .to_tag = to, .cseq = 20,
         .by_bob = by_bob);
}

/* Alice sends Bob to x@example; Bob calls there. */
static void a_blind_transfer_links_two_calls(void **state)
{
    static const struct {
        const char *refer, *invite;
        const char *src; /* of the INVITE that comes of it */
        bool linked;
    } rows[] = {
        { "Refer-To: <sip:x@EXAMPLE;transport=udp>\r\nReferred-By: <sip:alice@example>\r\n",
          "Referred-By: <sip:alice@example>;cid=1\r\n", CAROL, true },
        { "r: sip:x@example\r\n", NULL, BOB, true },
        { "Refer-To: \"X\" <sip:%78@example>\r\n", NULL, BOB, true },
        { "Refer-To: <sip:x@example>\r\n", NULL, CAROL, false }, /* somebody else calls there */
        { "Refer-To: <sip:y@example>\r\n", NULL, BOB, false },
        { "Refer-To: <sip:x@example>\r\nReferred-By: <sip:alice@example>\r\n",
          "Referred-By: <sip:mallory@example>\r\n", BOB, false },
        { "Refer-To: \r\n", NULL, BOB, false },
        { "Refer-To: <sip:x@example\r\n", NULL, BOB, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *a, *c;

        talk(s, A, "aa", "ab");
        refer(s, rows[i].refer, "202");
        notify(s, 1, "SIP/2.0 100 Trying\r\n");
        bye(s, A, "aa", "ab", false);
        send(s, "INVITE", .call_id = C, .from_tag = "ca", .extra = rows[i].invite,
             .src = rows[i].src);
        scene_wait_ms(s, 20000);
        assert_int_equal(s->call_count, 0); /* A waits for what is said of it */
        send(s, "200", .call_id = C, .from_tag = "ca", .to_tag = "cb");
        scene_wait_ms(s, 100);
        notify(s, 2, "SIP/2.0 200 OK\r\n");
        scene_finish(s);
        a = call_named(s, A);
        c = call_named(s, C);
        expect_event(a, "refer", 1);
        expect_event(a, "transferred", 1);
        expect_event(a, "transfer_failed", 0);
        if (words_in(a->links, "transfers_to") != rows[i].linked)
            fail_msg("row %zu: %.*s", i, (int)a->links.len, a->links.p);
        if (rows[i].linked) {
            expect_link(a, "transfers_to", c);
            expect_link(c, "referred_from", a);
        }
        assert_true(a->closed_time < SCENE_START_NS + 2000 * NS_PER_MS); /* its BYE, all the same */
        expect_text(a->ended_how, "bye");
        scene_close(s);
    }
}

/* By chance Bob calls the same target once more: only the first call came of the REFER. */
static void one_refer_is_one_call(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    talk(s, A, "aa", "ab");
    refer(s, "Refer-To: <sip:x@example>\r\n", "202");
    send(s, "INVITE", .call_id = C, .from_tag = "ca", .src = BOB);
    send(s, "486", .call_id = C, .from_tag = "ca", .to_tag = "cb");
    notify(s, 1, "SIP/2.0 486 Busy Here\r\n");
    scene_wait_ms(s, 6000);
    send(s, "INVITE", .call_id = B, .from_tag = "ba", .src = BOB);
    scene_finish(s);
    expect_link(call_named(s, A), "transfers_to", call_named(s, C));
    expect_words(call_named(s, A)->links, "\"link\"", 1);
    expect_words(call_named(s, B)->links, "\"link\"", 0);
    scene_close(s);
}

/* Who the target is, and whether Bob ever calls there: what is told is what NOTIFY or the answer say. */
static void a_transfer_fails_or_is_refused(void **state)
{
    static const struct {
        const char *status, *fragment, *detail;
    } rows[] = {
        { "202", "SIP/2.0 486 Busy Here\r\n", "486 Busy Here" },
        { "202", "SIP/2.0 603 Decline", "603 Decline" },
        { "603", NULL, "Because" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *a;

        talk(s, A, "aa", "ab");
        refer(s, "Refer-To: <sip:x@example>\r\n", rows[i].status);
        if (rows[i].fragment)
            notify(s, 1, rows[i].fragment);
        notify(s, 2, "SIP/2.0 200 OK\r\n"); /* whatever comes later */
        bye(s, A, "aa", "ab", true);
        scene_wait_ms(s, 8000);
        assert_int_equal(s->call_count, 1);
        a = call_named(s, A);
        expect_event(a, "transferred", 0);
        expect_event(a, "transfer_failed", 1);
        expect_words(a->history, rows[i].detail, 1);
        scene_close(s);
    }
}

static void what_is_no_word_of_a_transfer(void **state)
{
    static const char *const fragments[] = {
        "",
        "SIP/2.0",
        "SIP/2.0 \r\n",
        "SIP/2.0 20x OK\r\n",
        "HTTP/1.1 200 OK\r\n",
        "SIP/2.0 18",
        "SIP/2.0 180 Ring",
        "SIP/2.0 99999 No",
        " ",
    };
    struct scene *s = scene_open(NULL);
    const struct call_record *a;

    (void)state;
    talk(s, A, "aa", "ab");
    refer(s, "Refer-To: <sip:x@example>\r\n", "202");
    for (unsigned i = 0; i < sizeof fragments / sizeof fragments[0]; i++)
        notify(s, 10 + i, fragments[i]);
    send(s, "NOTIFY", .call_id = A, .from_tag = "aa", .to_tag = "ab", .cseq = 30, .by_bob = true,
         .sdp = "SIP/2.0 200 OK\r\n", .type = SIPFRAG, .extra = "Event: presence\r\n");
    scene_finish(s);
    a = call_named(s, A);
    expect_event(a, "transferred", 0);
    expect_event(a, "transfer_failed", 0);
    scene_close(s);
}

/* Alice holds Bob (A), asks Carol (B), sends Bob there in place of herself (C replaces B). */
static void an_attended_transfer_links_three_calls(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *a, *b, *c;

    (void)state;
    talk(s, A, "aa", "ab");
    talk(s, B, "ba", "bb");
    refer(s,
          "Refer-To: <sip:carol@example?X=1&Replaces=call-b%40example%3Bto-tag%3Dbb%3B"
          "from-tag%3Dba>\r\n",
          "202");
    send(s, "INVITE", .call_id = C, .from_tag = "ca", .src = CAROL,
         .extra = "Replaces: call-b@example;to-tag=bb;from-tag=ba\r\n");
    send(s, "200", .call_id = C, .from_tag = "ca", .to_tag = "cb");
    bye(s, B, "ba", "bb", true);
    notify(s, 1, "SIP/2.0 200 OK\r\n");
    bye(s, A, "aa", "ab", false);
    scene_wait_ms(s, 30000);
    bye(s, C, "ca", "cb", false);
    scene_finish(s);
    a = call_named(s, A);
    b = call_named(s, B);
    c = call_named(s, C);
    expect_link(a, "transfers_to", c);
    expect_link(c, "referred_from", a);
    expect_link(c, "replaces", b);
    expect_link(b, "replaced_by", c);
    expect_event(a, "transferred", 1);
    expect_event(b, "replaced", 1);
    expect_text(a->ended_how, "bye");
    expect_text(b->ended_how, "replaced");
    expect_text(b->ended_by, "callee");
    expect_text(c->ended_how, "bye");
    scene_close(s);
}

/* It rings at Bob's; Carol takes the call over: the caller of B gives the ringing up for C. */
static void a_pick_up_replaces_what_rings(void **state)
{
    static const struct {
        const char *answer;
        const char *how;
        size_t replaced;
    } rows[] = { { "200", "replaced", 1 }, { "486", "cancel", 0 }, { "481", "cancel", 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct call_record *b, *c;

        send(s, "INVITE", .call_id = B, .from_tag = "ba");
        send(s, "180", .call_id = B, .from_tag = "ba", .to_tag = "bb");
        scene_wait_ms(s, 3000);
        send(s, "INVITE", .call_id = C, .from_tag = "ca", .src = CAROL, .dst = ALICE,
             .extra = "Replaces: call-b@example;from-tag=bb;to-tag=ba;early-only\r\n");
        send(s, rows[i].answer, .call_id = C, .from_tag = "ca", .to_tag = "cb");
        send(s, "CANCEL", .call_id = B, .from_tag = "ba");
        send(s, "487", .call_id = B, .from_tag = "ba", .to_tag = "bb");
        scene_finish(s);
        b = call_named(s, B);
        c = call_named(s, C);
        expect_link(c, "replaces", b);
        expect_link(b, "replaced_by", c);
        expect_text(b->ended_how, rows[i].how);
        expect_text(b->ended_by, "caller");
        expect_event(b, "replaced", rows[i].replaced);
        scene_close(s);
    }
}

/* Hung up long after the other one was answered: nobody took its place. */
static void who_hangs_up_late_was_not_replaced(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    talk(s, B, "ba", "bb");
    send(s, "INVITE", .call_id = C, .from_tag = "ca",
         .extra = "Replaces: call-b@example;from-tag=ba;to-tag=bb\r\n");
    send(s, "200", .call_id = C, .from_tag = "ca", .to_tag = "cb");
    scene_wait_ms(s, 60000);
    bye(s, B, "ba", "bb", false);
    scene_finish(s);
    expect_text(call_named(s, B)->ended_how, "bye");
    scene_close(s);
}

static void a_third_one_joins(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct call_record *b, *c;

    (void)state;
    talk(s, B, "ba", "bb");
    send(s, "INVITE", .call_id = C, .from_tag = "ca",
         .extra = "Join: call-b@example;to-tag=bb;from-tag=ba\r\n");
    send(s, "200", .call_id = C, .from_tag = "ca", .to_tag = "cb");
    scene_wait_ms(s, 5000);
    bye(s, B, "ba", "bb", false);
    scene_finish(s);
    b = call_named(s, B);
    c = call_named(s, C);
    expect_link(c, "joins", b);
    expect_link(b, "joined_by", c);
    expect_event(b, "joined", 1);
    expect_text(b->ended_how, "bye");
    scene_close(s);
}

/* What a header names may not be there, not be that dialog, or be the call itself. */
static void who_is_named_may_be_nobody(void **state)
{
    static const struct {
        const char *header;
        size_t links;  /* of the call that names */
        size_t linked; /* of the one that is named */
    } rows[] = {
        { "Replaces: call-x@example;to-tag=bb;from-tag=ba\r\n", 1, 0 },
        { "Replaces: call-b@example;to-tag=bb;from-tag=zz\r\n", 1, 0 },
        { "Replaces: call-b@example\r\n", 1, 0 },
        { "Replaces: call-c@example;to-tag=ca;from-tag=ca\r\n", 0, 0 },
        { "Replaces: call-c@example;to-tag=ca;from-tag=cb\r\n", 0, 0 }, /* its own, to be */
        { "Replaces: ;to-tag=bb;from-tag=ba\r\n", 0, 0 },
        { "Replaces:\r\n", 0, 0 },
        { "Join: \r\n", 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        talk(s, B, "ba", "bb");
        send(s, "INVITE", .call_id = C, .from_tag = "ca", .extra = rows[i].header);
        send(s, "200", .call_id = C, .from_tag = "ca", .to_tag = "cb");
        scene_finish(s);
        if (words_in(call_named(s, C)->links, "\"link\"") != rows[i].links)
            fail_msg("row %zu", i);
        expect_words(call_named(s, B)->links, "\"link\"", rows[i].linked);
        expect_event(call_named(s, B), "replaced", 0);
        scene_close(s);
    }
}

/* More REFERs than are remembered, and calls that go meanwhile: the newest are known. */
static void a_flood_of_refers_is_bounded(void **state)
{
    struct scene *s = scene_open(NULL);
    char id[32], refer_to[64];

    (void)state;
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof id, "call-%d@example", i);
        snprintf(refer_to, sizeof refer_to, "Refer-To: <sip:target-%d@example>\r\n", i);
        talk(s, id, "aa", "ab");
        send(s, "REFER", .call_id = id, .from_tag = "aa", .to_tag = "ab", .cseq = 2,
             .extra = refer_to);
        if (i % 2)
            bye(s, id, "aa", "ab", false);
    }
    scene_finish(s);
    assert_int_equal(s->call_count, 300);
    scene_close(s);
}

/* Links to more calls than the cap. */
static void links_are_capped(void **state)
{
    struct scene *s = scene_open(NULL);
    char id[32];

    (void)state;
    talk(s, B, "ba", "bb");
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof id, "join-%d@example", i);
        send(s, "INVITE", .call_id = id, .from_tag = "ca",
             .extra = "Join: call-b@example;to-tag=bb;from-tag=ba\r\n");
        send(s, "200", .call_id = id, .from_tag = "ca", .to_tag = "cb");
    }
    scene_finish(s);
    expect_words(call_named(s, B)->links, "joined_by", 8);
    assert_int_equal(scene_refused(s, REFUSAL_LINKS), 12);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blind_transfer_links_two_calls),
        cmocka_unit_test(one_refer_is_one_call),
        cmocka_unit_test(a_transfer_fails_or_is_refused),
        cmocka_unit_test(what_is_no_word_of_a_transfer),
        cmocka_unit_test(an_attended_transfer_links_three_calls),
        cmocka_unit_test(a_pick_up_replaces_what_rings),
        cmocka_unit_test(who_hangs_up_late_was_not_replaced),
        cmocka_unit_test(a_third_one_joins),
        cmocka_unit_test(who_is_named_may_be_nobody),
        cmocka_unit_test(a_flood_of_refers_is_bounded),
        cmocka_unit_test(links_are_capped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
