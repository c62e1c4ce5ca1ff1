/*
 * test_transaction - registrations and questions, their answers, challenges and silences.
 */
#include "tests/unit/analyzer_scene.h"

#include <math.h>

/* The only transaction, after the end. */
static const struct transaction_record *only_transaction(struct scene *s)
{
    scene_finish(s);
    assert_int_equal(s->transaction_count, 1);
    assert_int_equal(s->call_count, 0);
    return s->transactions[0];
}

static void a_registration_and_its_challenge_are_one(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct transaction_record *t;

    (void)state;
    send(s, "REGISTER", .extra = "Expires: 3600\r\nUser-Agent: phone\r\n");
    scene_wait_ms(s, 10);
    send(s, "100", .of = "REGISTER");
    send(s, "401", .of = "REGISTER");
    scene_wait_ms(s, 10);
    assert_int_equal(s->transaction_count, 0);
    send(s, "REGISTER", .cseq = 2, .extra = "Expires: 3600\r\n");
    scene_wait_ms(s, 25);
    send(s, "200", .of = "REGISTER", .cseq = 2,
         .extra = "Contact: <sip:alice@203.0.113.1>;expires=60\r\n");
    assert_int_equal(s->transaction_count, 1); /* told at once */
    send(s, "REGISTER", .cseq = 2);            /* who did not hear the answer asks again */
    send(s, "200", .of = "REGISTER", .cseq = 2);
    t = only_transaction(s);
    expect_text(t->method, "register");
    expect_text(t->user, "bob"); /* whom the To names */
    expect_text(t->from_uri, "sip:alice@example");
    expect_text(t->user_agent, "phone");
    assert_int_equal(t->final_status, 200);
    assert_int_equal(t->attempts, 2);
    assert_int_equal(t->auth_challenged, 1);
    assert_int_equal(t->expires_s, 60); /* what was granted */
    expect_real(t->round_trip_ms, 25);
    assert_true(t->time == SCENE_START_NS);
    scene_close(s);
}

static void each_method_has_its_type(void **state)
{
    static const struct {
        const char *method, *type; /* NULL: not recorded */
    } rows[] = {
        { "REGISTER", "register" },   { "OPTIONS", "options" }, { "MESSAGE", "message" },
        { "SUBSCRIBE", "subscribe" }, { "INFO", NULL },         { "FROB", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        send(s, rows[i].method);
        scene_wait_ms(s, 5);
        send(s, "503", .of = rows[i].method);
        scene_finish(s);
        assert_int_equal(s->transaction_count, rows[i].type != NULL);
        assert_int_equal(scene_refused(s, REFUSAL_SIP_NO_CALL), rows[i].type ? 0 : 2);
        if (rows[i].type) {
            expect_text(s->transactions[0]->method, rows[i].type);
            assert_int_equal(s->transactions[0]->final_status, 503);
            assert_int_equal(s->transactions[0]->attempts, 1);
        }
        scene_close(s);
    }
}

static void silence_is_an_answer_too(void **state)
{
    struct scene *s = scene_open(NULL);
    const struct transaction_record *t;

    (void)state;
    for (int i = 0; i < 5; i++) { /* retransmissions are no attempts of their own */
        send(s, "OPTIONS");
        scene_wait_ms(s, 500);
    }
    scene_wait_ms(s, 28000);
    assert_int_equal(s->transaction_count, 0);
    scene_wait_ms(s, 3000);
    assert_int_equal(s->transaction_count, 1);
    t = only_transaction(s);
    assert_true(t->final_status == RECORD_NONE && isnan(t->round_trip_ms));
    assert_int_equal(t->attempts, 1);
    scene_close(s);
}

/* A phone keeps its Call-ID for every registration (RFC 3261 §10.2). */
static void the_next_registration_is_another(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    for (unsigned cseq = 1; cseq <= 4; cseq++) {
        send(s, "REGISTER", .cseq = cseq);
        if (cseq != 2)
            send(s, cseq == 3 ? "403" : "200", .of = "REGISTER", .cseq = cseq);
        scene_wait_ms(s, 10000);
    }
    scene_finish(s);
    assert_int_equal(s->transaction_count, 4);
    assert_int_equal(s->transactions[0]->final_status, 200);
    assert_true(s->transactions[1]->final_status == RECORD_NONE);
    assert_int_equal(s->transactions[2]->final_status, 403);
    assert_int_equal(s->transactions[3]->final_status, 200);
    scene_close(s);
}

static void what_answers_nothing_is_counted(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "200", .of = "OPTIONS");
    send(s, "OPTIONS");
    send(s, "200", .of = "OPTIONS", .cseq = 77); /* of another request */
    assert_int_equal(scene_refused(s, REFUSAL_SIP_NO_CALL), 1);
    assert_true(only_transaction(s)->final_status == RECORD_NONE);
    scene_close(s);
}

/* Other phones of the user stand in the answer too. */
static void what_was_granted_is_this_contacts(void **state)
{
    static const struct {
        const char *asked, *answer, *contact; /* NULL: nothing */
        int64_t expires_s, contacts;
    } rows[] = {
        { "Contact: <sip:a@1.2.3.4>\r\nExpires: 600\r\n",
          "Contact: <sip:b@9.9.9.9>;expires=3000, <sip:a@1.2.3.4>;expires=60\r\n"
          "m: <sip:c@9.9.9.9>;expires=77\r\n",
          "<sip:a@1.2.3.4>;expires=60", 60, 3 },
        { "Contact: <sip:a@1.2.3.4:5062;ob>\r\n",
          "Contact:\r\n <sip:b@9.9.9.9>;expires=3000,\r\n <sip:a@1.2.3.4:5062>;q=1\r\n"
          "Expires: 90\r\n",
          "<sip:a@1.2.3.4:5062>;q=1", 90, 2 },
        { "Contact: <sip:a@1.2.3.4>;expires=600\r\n", "Contact: <sip:x@nat>;expires=30\r\n",
          "<sip:x@nat>;expires=30", 30, 1 }, /* the only one, rewritten */
        { "Contact: <sip:a@1.2.3.4>\r\nExpires: 0\r\n", "Contact: <sip:b@9.9.9.9>;expires=3000\r\n",
          "<sip:a@1.2.3.4>", 0, 1 },
        { "Contact: *\r\nExpires: 0\r\n", "", "*", 0, 0 },
        { "", "Contact: <sip:b@9.9.9.9>;expires=3000\r\n", NULL, 3000, 1 }, /* a question */
        { "Contact: <sip:a@1.2.3.4>\r\n", "Expires: 1800\r\n", "<sip:a@1.2.3.4>", 1800, 0 },
        { "Contact: \"A, \\\"B\\\"\" <sip:a@1.2.3.4>\r\n",
          "Contact: \"A, B\" <sip:a@1.2.3.4>;expires=5;x=\"1,2\" ,<sip:z@z>\r\n",
          "\"A, B\" <sip:a@1.2.3.4>;expires=5;x=\"1,2\"", 5, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct transaction_record *t;

        send(s, "REGISTER", .extra = rows[i].asked);
        send(s, "200", .of = "REGISTER", .extra = rows[i].answer);
        t = only_transaction(s);
        assert_int_equal(t->contacts, rows[i].contacts);
        assert_true(t->expires_s == rows[i].expires_s);
        if (!slice_eq(t->contact, slice_of_text(rows[i].contact)))
            fail_msg("row %zu: contact %.*s", i, (int)t->contact.len, t->contact.p);
        scene_close(s);
    }
}

/* They are followed for their peers' sake, and have no records. */
static void notify_and_publish_are_only_counted(void **state)
{
    static const char *const methods[] = { "NOTIFY", "PUBLISH" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene *s = scene_open(NULL);

        send(s, methods[i]);
        send(s, "200", .of = methods[i]);
        assert_int_equal(scene_refused(s, REFUSAL_SIP_NO_CALL), 0);
        scene_finish(s);
        assert_int_equal(s->transaction_count, 0);
        scene_close(s);
    }
}

/* What people write stays between them: in no record, and its packet in no call's file. */
static void what_a_message_says_is_kept_nowhere(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    send(s, "MESSAGE", .call_id = "alone", .sdp = "meet me at nine", .type = "text/plain");
    assert_int_equal(s->claim.kind, CLAIM_NONE);
    send(s, "200", .of = "MESSAGE", .call_id = "alone");
    set_up_call(s);
    send(s, "MESSAGE", .cseq = 5, .to_tag = "bob-1", .sdp = "meet me at nine",
         .type = "text/plain");
    assert_int_equal(s->claim.kind, CLAIM_NONE);
    send(s, "200", .of = "MESSAGE", .cseq = 5, .to_tag = "bob-1");
    assert_int_equal(s->claim.kind, CLAIM_SIP);
    hang_up(s);
    scene_finish(s);
    assert_int_equal(s->transaction_count, 1);
    assert_null(strstr(s->json.p, "meet me"));
    assert_non_null(strstr(s->json.p, "\"message\""));
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registration_and_its_challenge_are_one),
        cmocka_unit_test(each_method_has_its_type),
        cmocka_unit_test(silence_is_an_answer_too),
        cmocka_unit_test(the_next_registration_is_another),
        cmocka_unit_test(what_answers_nothing_is_counted),
        cmocka_unit_test(what_was_granted_is_this_contacts),
        cmocka_unit_test(notify_and_publish_are_only_counted),
        cmocka_unit_test(what_a_message_says_is_kept_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
