/*
 * test_vq_reports - a phone's quality report finds the call that it measures.
 */
#include "tests/unit/media_scene.h"

#define HEAD(call_id)                                                                              \
    "VQSessionReport: CallTerm\r\nCallID: " call_id "\r\nLocalID: <sip:alice@example>\r\n"

#define REPORT                                                                                     \
    HEAD("call-1@example")                                                                         \
    "LocalAddr: IP=203.0.113.1 PORT=4000 SSRC=0xa11ce\r\nLocalMetrics:\r\nSessionDesc: "           \
    "PD=PCMU\r\n"                                                                                  \
    "PacketLoss: NLR=1.5 JDR=0.5\r\nDelay: RTD=43 IAJ=2\r\nQualityEst: RLQ=90 MOSLQ=4.2\r\n"

/* A request that carries a report, in a dialog or transaction of its own. */
static enum packet_bin publish(struct scene *s, const char *method, const char *type,
                               const char *body, const char *src)
{
    int n =
        snprintf(s->text, SCENE_TEXT_MAX,
                 "%s sip:collector@example SIP/2.0\r\nVia: SIP/2.0/UDP host;branch=z9hG4bK-p\r\n"
                 "From: <sip:alice@example>;tag=p1\r\nTo: <sip:collector@example>\r\n"
                 "Call-ID: publish-1@example\r\nCSeq: 1 %s\r\nContent-Type: %s\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 method, method, type, strlen(body), body);

    assert_in_range(n, 1, SCENE_TEXT_MAX - 1);
    return send_bytes(s, src, "192.0.2.9:5060", slice_of(s->text, (size_t)n));
}

#define TYPE "application/vq-rtcpxr"

/* How many reports are in the array. */
static unsigned count(struct slice json)
{
    unsigned n = 0;

    assert_non_null(json.p);
    for (size_t i = 0; i + 7 <= json.len; i++)
        n += memcmp(json.p + i, "\"time\":", 7) == 0;
    return n;
}

static bool contains(struct slice json, const char *text)
{
    for (size_t i = 0; i + strlen(text) <= json.len; i++) {
        if (memcmp(json.p + i, text, strlen(text)) == 0)
            return true;
    }
    return false;
}

static void a_report_goes_to_the_call_it_measures(void **state)
{
    static const char *const methods[] = { "PUBLISH", "NOTIFY" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene *s = scene_open(NULL);
        struct claim sip;

        set_up_call(s);
        sip = s->claim;
        hang_up(s);
        assert_int_equal(publish(s, methods[i], TYPE, REPORT, ALICE), BIN_SIP);
        assert_int_equal(s->claim.kind, CLAIM_SIP); /* its bytes are the call's */
        assert_true(s->claim.id == sip.id);
        expect_text(
            only_call(s)->vq_reports,
            "[{\"time\":1795255200.125000,\"by\":\"caller\",\"kind\":\"session\",\"final\":true,"
            "\"local_ssrc\":\"0x000a11ce\",\"remote_ssrc\":null,\"codec\":\"PCMU\","
            "\"loss_ratio\":0.0150,\"discard_ratio\":0.0050,\"burst_density_ratio\":null,"
            "\"burst_duration_ms\":null,\"gap_density_ratio\":null,\"gap_duration_ms\":null,"
            "\"jitter_ms\":2.0,\"jb_nominal_ms\":null,\"round_trip_ms\":43.0,"
            "\"end_system_delay_ms\":null,\"signal_dbm\":null,\"noise_dbm\":null,\"mos_lq\":4.20,"
            "\"mos_cq\":null,\"r_lq\":90.0,\"r_cq\":null,\"remote\":null}]");
        assert_int_equal(scene_refused(s, REFUSAL_SIP_NO_CALL), 0);
        scene_close(s);
    }
}

static void a_call_without_reports_has_an_empty_list(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_call(s);
    hang_up(s);
    expect_text(only_call(s)->vq_reports, "[]");
    scene_close(s);
}

/* The call stays open for 5 s after its BYE was answered; who reports later has no call. */
static void a_report_may_come_after_the_bye(void **state)
{
    for (int late = 0; late < 2; late++) {
        struct scene *s = scene_open(NULL);

        (void)state;
        set_up_call(s);
        hang_up(s);
        scene_wait_ms(s, late ? 7000 : 4000);
        s->claim = (struct claim){ .kind = CLAIM_NONE };
        publish(s, "PUBLISH", TYPE, REPORT, ALICE);
        assert_int_equal(s->claim.kind, late ? CLAIM_NONE : CLAIM_SIP);
        assert_int_equal(scene_refused(s, REFUSAL_VQ_NO_CALL), late);
        assert_int_equal(count(only_call(s)->vq_reports), !late);
        scene_close(s);
    }
}

/* An interval report in mid-call is told at the next tick. */
static void a_report_changes_the_call(void **state)
{
    struct scene *s = scene_open(NULL);
    size_t before;

    (void)state;
    set_up_call(s);
    scene_wait_ms(s, 3000);
    before = s->changed;
    publish(s, "PUBLISH", TYPE, "VQIntervalReport\r\nCallID:call-1@example\r\n", ALICE);
    scene_wait_ms(s, 1100);
    assert_int_equal(s->changed, before + 1);
    hang_up(s);
    assert_true(contains(only_call(s)->vq_reports, "\"kind\":\"interval\",\"final\":false"));
    scene_close(s);
}

static void what_is_refused_has_a_name(void **state)
{
    static const struct {
        const char *method, *type, *body;
        enum refusal refusal;
    } rows[] = {
        { "PUBLISH", TYPE, "CallID: call-1@example\r\n", REFUSAL_VQ_MALFORMED },
        { "PUBLISH", TYPE, "VQSessionReport\r\n", REFUSAL_VQ_MALFORMED },
        { "PUBLISH", TYPE, HEAD("call-2@example"), REFUSAL_VQ_NO_CALL },
        { "PUBLISH", "application/pidf+xml", REPORT, REFUSAL_COUNT }, /* none of ours, and fine */
        { "INFO", TYPE, REPORT, REFUSAL_SIP_NO_CALL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        set_up_call(s);
        s->claim = (struct claim){ .kind = CLAIM_NONE };
        assert_int_equal(publish(s, rows[i].method, rows[i].type, rows[i].body, ALICE), BIN_SIP);
        assert_int_equal(s->claim.kind, CLAIM_NONE);
        for (int r = 0; r < REFUSAL_COUNT; r++)
            assert_int_equal(scene_refused(s, (enum refusal)r), (enum refusal)r == rows[i].refusal);
        assert_int_equal(count(only_call(s)->vq_reports), 0);
        scene_close(s);
    }
}

/* In any case and with parameters; as a part of several. */
static void the_type_may_have_other_forms(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_call(s);
    publish(s, "PUBLISH", "Application/VQ-RTCPXR;charset=utf-8", REPORT, ALICE);
    publish(s, "PUBLISH", "multipart/mixed;boundary=b",
            "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: " TYPE
            "\r\n\r\nVQAlertReport\r\nCallID:call-1@example\r\n--b--\r\n",
            ALICE);
    assert_int_equal(count(only_call(s)->vq_reports), 2);
    scene_close(s);
}

/* What is sent again, for it was lost or challenged, is one report. */
static void a_report_sent_again_is_one(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_call(s);
    for (int n = 0; n < 3; n++)
        publish(s, "PUBLISH", TYPE, REPORT, ALICE);
    publish(s, "PUBLISH", TYPE, REPORT "Signal: SL=-20\r\n", ALICE);
    assert_int_equal(count(only_call(s)->vq_reports), 2);
    scene_close(s);
}

static void reports_of_a_call_are_limited(void **state)
{
    struct scene *s = scene_open(NULL);
    char body[400];

    (void)state;
    set_up_call(s);
    for (int n = 0; n < 40; n++) {
        snprintf(body, sizeof body, "%sQualityEst: RCQ=%d\r\n", REPORT, n);
        publish(s, "PUBLISH", TYPE, body, ALICE);
    }
    assert_int_equal(scene_refused(s, REFUSAL_VQ_REPORTS), 40 - 16);
    assert_int_equal(count(only_call(s)->vq_reports), 16);
    assert_true(contains(s->calls[0]->vq_reports, "\"r_cq\":15.0"));
    scene_close(s);
}

/* By the address that SDP announced, the SSRC, the name, the host that sent it; null when in doubt. */
static void who_reports_is_known_by_several_signs(void **state)
{
#define SAYS(lines) "VQSessionReport\r\nCallID:call-1@example\r\n" lines
    static const struct {
        const char *body, *src, *by;
    } rows[] = {
        { SAYS("LocalAddr:IP=198.51.100.1 PORT=6000\r\nLocalID:<sip:alice@example>\r\n"), ALICE,
          "callee" },
        { SAYS("LocalAddr:IP=203.0.113.1 PORT=4000\r\n"), "192.0.2.9:5060", "caller" },
        { SAYS("LocalAddr:IP=10.0.0.1 PORT=9 SSRC=0xb0b\r\nLocalID:<sip:alice@example>\r\n"),
          "192.0.2.9:5060", "callee" },
        { SAYS("LocalAddr:SSRC=a11ce\r\n"), "192.0.2.9:5060", "caller" },
        { SAYS("LocalID: \"Bob\" <sip:bob@elsewhere>;x=y\r\n"), "192.0.2.9:5060", "callee" },
        { SAYS("LocalID: sip:alice@elsewhere\r\n"), "192.0.2.9:5060", "caller" },
        { SAYS("LocalID: <sip:carol@example>\r\n"), BOB, "callee" },
        { SAYS("LocalID: nonsense\r\n"), "192.0.2.9:5060", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        char expected[64];

        set_up_call(s);
        talk(s, &a, &b, 10);
        publish(s, "PUBLISH", TYPE, rows[i].body, rows[i].src);
        snprintf(expected, sizeof expected, rows[i].by ? "\"by\":\"%s\"" : "\"by\":null",
                 rows[i].by);
        if (!contains(only_call(s)->vq_reports, expected))
            fail_msg("row %zu: not %s: %.*s", i, expected, (int)s->calls[0]->vq_reports.len,
                     s->calls[0]->vq_reports.p);
        scene_close(s);
    }
}

/* A stranger's text is bounded, and escaped. */
static void texts_are_bounded(void **state)
{
    struct scene *s = scene_open(NULL);
    char body[2000] = "VQSessionReport\r\nCallID:call-1@example\r\nSessionDesc:PD=\\\x01<b>\xff";
    size_t len = strlen(body);

    (void)state;
    memset(body + len, 'x', 1500);
    set_up_call(s);
    publish(s, "PUBLISH", TYPE, body, ALICE);
    assert_true(contains(only_call(s)->vq_reports, "\"codec\":\"\\\\\\u0001<b>\xef\xbf\xbdxxx"));
    assert_true(s->calls[0]->vq_reports.len < 700);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_goes_to_the_call_it_measures),
        cmocka_unit_test(a_call_without_reports_has_an_empty_list),
        cmocka_unit_test(a_report_may_come_after_the_bye),
        cmocka_unit_test(a_report_changes_the_call),
        cmocka_unit_test(what_is_refused_has_a_name),
        cmocka_unit_test(the_type_may_have_other_forms),
        cmocka_unit_test(a_report_sent_again_is_one),
        cmocka_unit_test(reports_of_a_call_are_limited),
        cmocka_unit_test(who_reports_is_known_by_several_signs),
        cmocka_unit_test(texts_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
