/*
 * test_info_keys - keys that come as SIP INFO, in the record of their call.
 */
#include "tests/unit/media_scene.h"

#define RELAY(digit) "Signal=" digit "\r\nDuration=160\r\n"

static struct scene *open_keeping_digits(void)
{
    struct analyzer_options options;

    analyzer_options_default(&options);
    options.keep_digits = true;
    return scene_open(&options);
}

/* "5>160 6<…": digit, whose, duration. */
static void expect_info(const struct call_record *c, const char *expected)
{
    char text[16384], short_text[256];
    size_t used = 0;

    assert_true(c->dtmf.len < sizeof text);
    memcpy(text, c->dtmf.p, c->dtmf.len);
    text[c->dtmf.len] = '\0';
    short_text[0] = '\0';
    for (const char *at = text; (at = strstr(at, "\"method\":\"info\"")) != NULL; at++) {
        const char *digit = strstr(at, "\"digit\":\""), *ms = strstr(at, "\"duration_ms\":");
        const char *direction = strstr(at, "\"direction\":\"caller_");

        assert_true(digit && ms);
        used += (size_t)snprintf(short_text + used, sizeof short_text - used, "%s%c%c%d",
                                 used ? " " : "", digit[9], direction && direction < ms ? '>' : '<',
                                 (int)strtol(ms + 14, NULL, 10));
    }
    assert_string_equal(short_text, expected);
}

static void info(struct scene *s, bool by_bob, unsigned cseq, const char *type, const char *body)
{
    send(s, "INFO", .to_tag = "bob-1", .by_bob = by_bob, .cseq = cseq, .type = type, .sdp = body);
    scene_wait_ms(s, 10);
    send(s, "200", .of = "INFO", .to_tag = "bob-1", .by_bob = by_bob, .cseq = cseq);
    scene_wait_ms(s, 990);
}

static void both_sides_press_keys(void **state)
{
    struct scene *s = open_keeping_digits();

    (void)state;
    set_up_call(s);
    info(s, false, 2, "application/dtmf-relay", RELAY("5"));
    info(s, true, 1, "application/dtmf-relay", RELAY("6"));
    info(s, false, 3, "application/dtmf", "#");
    info(s, true, 2, "multipart/mixed;boundary=b",
         "--b\r\nContent-Type: application/dtmf-relay\r\n\r\n" RELAY("*") "\r\n--b--\r\n");
    info(s, false, 4, "application/media_control+xml", "<x/>");
    info(s, false, 5, "application/dtmf-relay", "Signal=\r\n");
    hang_up(s);
    expect_info(only_call(s), "5>160 6<160 #>0 *<160");
    assert_int_equal(scene_refused(s, REFUSAL_DTMF_MALFORMED), 1);
    scene_close(s);
}

/* Whether it was not answered in time, or passed the probe on two legs. */
static void an_info_that_is_seen_again_is_one_key(void **state)
{
    struct scene *s = open_keeping_digits();

    (void)state;
    set_up_call(s);
    for (int copy = 0; copy < 3; copy++)
        send(s, "INFO", .to_tag = "bob-1", .cseq = 2, .type = "application/dtmf", .sdp = "1");
    send(s, "INFO", .to_tag = "bob-1", .cseq = 2, .type = "application/dtmf", .sdp = "1",
         .branch = "z9hG4bK-proxy", .src = "192.0.2.9:5060");
    for (unsigned other = 3; other < 40; other++) /* more than a call remembers of its messages */
        info(s, false, other, "application/dtmf", "2");
    send(s, "INFO", .to_tag = "bob-1", .cseq = 2, .type = "application/dtmf", .sdp = "1");
    send(s, "INFO", .to_tag = "bob-1", .by_bob = true, .cseq = 2, .type = "application/dtmf",
         .sdp = "1");
    hang_up(s);
    only_call(s);
    assert_int_equal(s->calls[0]->dtmf.p[s->calls[0]->dtmf.len - 1], ']');
    expect_info(s->calls[0],
                "1>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 "
                "2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 2>0 1<0");
    scene_close(s);
}

static void an_info_sent_back_for_credentials_is_one_key(void **state)
{
    struct scene *s = open_keeping_digits();

    (void)state;
    set_up_call(s);
    send(s, "INFO", .to_tag = "bob-1", .cseq = 2, .type = "application/dtmf", .sdp = "7");
    send(s, "407", .of = "INFO", .to_tag = "bob-1", .cseq = 2);
    info(s, false, 3, "application/dtmf", "7");
    send(s, "INFO", .to_tag = "bob-1", .by_bob = true, .cseq = 2, .type = "application/dtmf",
         .sdp = "8");
    send(s, "401", .of = "INFO", .to_tag = "bob-1", .by_bob = true, .cseq = 2);
    info(s, true, 3, "application/dtmf", "8");
    hang_up(s);
    expect_info(only_call(s), "7>0 8<0");
    scene_close(s);
}

static void digits_are_masked_by_default(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_call(s);
    info(s, false, 2, "application/dtmf-relay", RELAY("9"));
    hang_up(s);
    only_call(s);
    expect_text(s->calls[0]->dtmf,
                "[{\"time\":1795255200.120000,\"method\":\"info\",\"also\":[],\"digit\":null,"
                "\"masked\":true,\"direction\":\"caller_to_callee\",\"duration_ms\":160.0}]");
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_press_keys),
        cmocka_unit_test(an_info_that_is_seen_again_is_one_key),
        cmocka_unit_test(an_info_sent_back_for_credentials_is_one_key),
        cmocka_unit_test(digits_are_masked_by_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
