/*
 * test_guards - from packets to what is told of users, peers and sources, and of Identity headers.
 */
#include "analyzer/call/stir_check.h"
#include "tests/unit/analyzer_scene.h"
#include "tests/unit/stir_token.h"

#define HEADER "{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"x5u\":\"https://cert.example.org/a.cer\"}"

static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    scene_add_json(ctx, type, record);
}

/* A scene that keeps these records too, as lines of JSON. */
static struct scene *guards_open(const struct plan *plan)
{
    struct scene *s = scene_open(NULL);
    struct analyzer_options options;
    const struct analyzer_sink sink = { .ctx = s,
                                        .call = scene_on_call,
                                        .stream = scene_on_stream,
                                        .adopted = scene_on_adopted,
                                        .transaction = scene_on_transaction,
                                        .record = on_record };

    analyzer_options_default(&options);
    options.plan = plan;
    analyzer_free(s->analyzer);
    assert_int_equal(analyzer_new(&s->analyzer, &options, &sink), 0);
    return s;
}

static void expect_told(struct scene *s, const char *text)
{
    scene_finish(s);
    if (!s->json.p || !strstr(s->json.p, text))
        fail_msg("not told: %s\n%s", text, s->json.p ? s->json.p : "");
}

static void expect_untold(struct scene *s, const char *text)
{
    scene_finish(s);
    if (s->json.p && strstr(s->json.p, text))
        fail_msg("told: %s\n%s", text, s->json.p);
}

static void a_phone_registers(void **state)
{
    struct scene *s = guards_open(NULL);

    (void)state;
    send(s, "REGISTER", .extra = "Contact: <sip:a@203.0.113.1>\r\nExpires: 60\r\n");
    send(s, "401", .of = "REGISTER");
    send(s, "REGISTER", .cseq = 2, .extra = "Contact: <sip:a@203.0.113.1>\r\nExpires: 60\r\n");
    scene_wait_ms(s, 20);
    send(s, "200", .of = "REGISTER", .cseq = 2,
         .extra = "Contact: <sip:x@192.0.2.1>;expires=9\r\nContact: <sip:a@203.0.113.1>;"
                  "expires=30\r\n");
    scene_wait_ms(s, 60000); /* no packet comes, and it is over */
    expect_told(s, "\"state\":\"registered\",\"since\":1795255200.020000,"
                   "\"expires_time\":1795255230.020000,\"contact\":\"<sip:a@203.0.113.1>;"
                   "expires=30\",\"user_agent\":null,\"contacts\":2,\"attempts\":1,"
                   "\"successes\":1,\"challenges\":1");
    expect_told(s, "\"state\":\"expired\",\"since\":1795255230.020000");
    scene_close(s);
}

static void a_trunk_is_pinged(void **state)
{
    struct scene *s = guards_open(NULL);

    (void)state;
    for (unsigned n = 1; n <= 6; n++) {
        send(s, "OPTIONS", .cseq = n);
        scene_wait_ms(s, 20);
        if (n < 3 || n > 5)
            send(s, "200", .of = "OPTIONS", .cseq = n);
        scene_wait_ms(s, 30000);
    }
    send(s, "NOTIFY", .call_id = "n");
    send(s, "200", .of = "NOTIFY", .call_id = "n");
    expect_told(s, "\"state\":\"down\",\"since\":1795255260.040000");
    expect_told(s, "\"pings\":6,\"answered\":3,\"unanswered\":3,\"refused\":0");
    expect_told(s, "\"flaps\":1");
    expect_told(s, "\"notify\":1");
    scene_close(s);
}

/* A blind mirror: the questions alone are heard. */
static void answers_that_are_not_seen(void **state)
{
    struct scene *s = guards_open(NULL);

    (void)state;
    for (unsigned n = 1; n <= 6; n++) {
        send(s, "OPTIONS", .cseq = n);
        scene_wait_ms(s, 30000);
    }
    expect_told(s, "\"state\":\"unknown\"");
    expect_untold(s, "\"state\":\"down\"");
    scene_close(s);
}

static void a_scanner_calls(void **state)
{
    struct scene *s = guards_open(NULL);
    char id[32];

    (void)state;
    for (int i = 0; i < 12; i++) {
        snprintf(id, sizeof id, "scan-%d", i);
        send(s, "INVITE", .call_id = id, .extra = "User-Agent: sipcli/v1.8\r\n");
        send(s, "403", .call_id = id, .to_tag = "x");
        scene_wait_ms(s, 500);
    }
    expect_told(s, "\"fact\":\"scanner_agent\"");
    expect_told(s, "\"fact\":\"always_refused\"");
    expect_untold(s, "\"fact\":\"invite_sweep\""); /* one number */
    scene_close(s);
}

/* An INVITE from alice to bob (sip:alice@example, sip:bob@example) with that Identity. */
static const struct call_record *call_with(struct scene *s, const char *claims, const char *more)
{
    char token[4096], extra[6000];

    stir_token(token, sizeof token, HEADER, claims, ";info=<https://cert.example.org/a.cer>");
    snprintf(extra, sizeof extra, "Identity: %s\r\n%s", token, more);
    send(s, "INVITE", .extra = extra);
    send(s, "486", .to_tag = "b");
    return only_call(s);
}

static void an_identity_in_the_record(void **state)
{
    struct scene *s = guards_open(NULL);
    const struct call_record *call;

    (void)state;
    call = call_with(s,
                     "{\"attest\":\"B\",\"iat\":1795255199,\"orig\":{\"tn\":\"12155551212\"},"
                     "\"dest\":{\"tn\":[\"12155551213\"]},\"origid\":\"u-1\"}",
                     "P-Asserted-Identity: <sip:+12155551212@example>\r\n");
    expect_text(call->stir,
                "{\"attestation\":\"B\",\"age_s\":1.000,\"orig\":\"+12155551212\","
                "\"dest\":[\"+12155551213\"],\"orig_matches\":true,\"dest_matches\":null,"
                "\"origid\":\"u-1\",\"x5u_host\":\"cert.example.org\",\"x5u_https\":true,"
                "\"ppt\":\"shaken\",\"alg\":\"ES256\",\"compact\":false,\"malformed\":null,"
                "\"verified\":null}");
    expect_untold(s, "\"fact\":\"stir");
    scene_close(s);
}

static void an_identity_that_does_not_fit(void **state)
{
    struct scene *s = guards_open(NULL);
    const struct call_record *call;

    (void)state;
    call = call_with(s, "{\"iat\":1795255000,\"orig\":{\"tn\":\"12155551212\"}}",
                     "P-Asserted-Identity: <sip:+12155559999@example>\r\n");
    assert_true(call->stir.p && strstr(call->stir.p, "\"age_s\":200.000"));
    expect_told(s, "\"fact\":\"stir_mismatch\"");
    expect_told(s, "\"fact\":\"stir_expired\"");
    assert_int_equal(scene_refused(s, REFUSAL_IDENTITY_MALFORMED), 0);
    scene_close(s);
    s = guards_open(NULL);
    send(s, "INVITE", .extra = "Identity: \"bm9uZQ==\"\r\n");
    send(s, "486", .to_tag = "b");
    call = only_call(s);
    assert_true(call->stir.p && strstr(call->stir.p, "\"malformed\":\"no_token\""));
    assert_int_equal(scene_refused(s, REFUSAL_IDENTITY_MALFORMED), 1);
    expect_untold(s, "\"fact\":\"stir");
    scene_close(s);
}

static void numbers_are_compared(void **state)
{
    static const struct {
        const char *claim, *user, *uri;
        int with_plan, without;
    } rows[] = {
        { "+493012345", "+493012345", "", 1, 1 },
        { "+493012345", "03012345", "", 1, -1 }, /* the plan knows the country */
        { "+493012345", "004930 12345", "", 1, -1 },
        { "+493012345", "00493012345", "", 1, 1 },
        { "+493012345", "+49-30-12345;ext=5", "", 1, 1 },
        { "+493012345", "+493012346", "", 0, 0 },
        { "+493012345", "03012346", "", 0, -1 },
        { "+493012345", "100", "", -1, -1 }, /* an extension */
        { "+493012345", "alice", "", -1, -1 },
        { "+493012345", "anonymous", "", -1, -1 },
        { "+493012345", "", "", -1, -1 },
        { "+12155551212", "2155551212", "", 1, 1 },
        { "+12155551212", "5551212", "", 1, 1 },
        { "", "+493012345", "", -1, -1 },
        { "sip:a@x.org", "a", "sip:A@x.org", 1, 1 },
        { "sip:a@x.org", "a", "sip:a@y.org", -1, -1 },
    };
    struct plan *plan;

    (void)state;
    assert_int_equal(plan_new(&plan), 0);
    assert_int_equal(plan_set_country(plan, SLICE("49")), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice user = slice_of_text(rows[i].user), uri = slice_of_text(rows[i].uri);
        int with = stir_check_number(plan, rows[i].claim, user, uri);
        int without = stir_check_number(NULL, rows[i].claim, user, uri);

        if (without != rows[i].without || with != rows[i].with_plan)
            fail_msg("row %zu: %d %d", i, with, without);
    }
    plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phone_registers),
        cmocka_unit_test(a_trunk_is_pinged),
        cmocka_unit_test(answers_that_are_not_seen),
        cmocka_unit_test(a_scanner_calls),
        cmocka_unit_test(an_identity_in_the_record),
        cmocka_unit_test(an_identity_that_does_not_fit),
        cmocka_unit_test(numbers_are_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
