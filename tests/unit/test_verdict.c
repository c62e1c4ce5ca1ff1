/*
 * test_verdict - why somebody does not hear: METRICS §6, case by case.
 */
#include "tests/unit/media_scene.h"

#include <math.h>

enum who { NOBODY = 0, ALICE_SPEAKS = 1, BOB_SPEAKS = 2, BOTH = 3 };

#define HOLD_ALICE SDP("203.0.113.1", "4000", "a=sendonly\r\n")
#define INACTIVE   SDP("203.0.113.1", "4000", "a=inactive\r\n")
#define OLD_HOLD   SDP("0.0.0.0", "4000", "")
#define RECVONLY   SDP("198.51.100.1", "6000", "a=recvonly\r\n")
#define PRIVATE    SDP("192.168.1.5", "4000", "")
#define FAX        "v=0\r\nc=IN IP4 198.51.100.1\r\nm=image 6000 udptl t38\r\n"

static void each_case_has_its_word(void **state)
{
    static const struct {
        const char *offer, *answer; /* answer NULL: never answered */
        enum who who;
        bool strays; /* what Bob sends goes elsewhere than Alice's SDP says */
        int talk_s;
        const char *verdict; /* NULL: null */
        int one_way;
    } rows[] = {
        { ALICE_SDP, BOB_SDP, BOTH, false, 10, "ok", 0 },
        { ALICE_SDP, BOB_SDP, ALICE_SPEAKS, false, 10, "one_way", 1 },
        { ALICE_SDP, BOB_SDP, BOB_SPEAKS, false, 10, "one_way", 1 },
        { ALICE_SDP, BOB_SDP, BOB_SPEAKS, true, 10, "wrong_address", 1 },
        { ALICE_SDP, BOB_SDP, BOTH, true, 10, "wrong_address", 1 }, /* nobody is there */
        { PRIVATE, BOB_SDP, ALICE_SPEAKS, false, 10, "nat_unreachable", 1 },
        { ALICE_SDP, BOB_SDP, NOBODY, false, 10, "no_rtp", 0 },
        { ALICE_SDP, NULL, NOBODY, false, 10, NULL, -1 },
        { ALICE_SDP, NULL, BOB_SPEAKS, false, 10, "early_only", 0 },
        /* What excuses silence. */
        { HOLD_ALICE, BOB_SDP, ALICE_SPEAKS, false, 10, "on_hold", 0 },
        { ALICE_SDP, RECVONLY, ALICE_SPEAKS, false, 10, "on_hold", 0 },
        { INACTIVE, BOB_SDP, NOBODY, false, 10, "on_hold", 0 },
        { OLD_HOLD, BOB_SDP, ALICE_SPEAKS, false, 10, "on_hold", 0 },
        { FAX, FAX, ALICE_SPEAKS, false, 10, "unknown", 0 },
        { ALICE_SDP, BOB_SDP, ALICE_SPEAKS, false, 2, "unknown", 0 }, /* too short to tell */
        { ALICE_SDP, BOB_SDP, NOBODY, false, 2, "unknown", 0 },
        { NULL, "", NOBODY, false, 10, "unknown", 0 }, /* no SDP: where to listen? */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        struct talker elsewhere = { "192.0.2.7:30000", "192.0.2.8:40000", 7, 0, 0, 8, 0 };
        const struct call_record *c;

        if (strcmp(rows[i].offer ? rows[i].offer : "", PRIVATE) == 0)
            a.src = "203.0.113.1:33333"; /* as the NAT has it */
        if (rows[i].strays)
            b.dst = "203.0.113.99:4000";
        talk(s, &elsewhere, NULL, 10); /* the probe does hear RTP */
        send(s, "INVITE", .sdp = rows[i].offer);
        if (rows[i].answer)
            send(s, "200", .to_tag = "bob-1", .sdp = *rows[i].answer ? rows[i].answer : NULL);
        for (int n = 0; n < 50 && rows[i].who; n++) {
            if (rows[i].who & ALICE_SPEAKS)
                say(s, &a);
            if (rows[i].who & BOB_SPEAKS)
                say(s, &b);
            scene_wait_ms(s, 20);
        }
        scene_wait_ms(s, rows[i].talk_s * 1000 - 1000);
        if (rows[i].answer)
            hang_up(s);
        else
            send(s, "486", .to_tag = "bob-1");
        c = only_call(s);
        if (!slice_eq(c->media_verdict, slice_of_text(rows[i].verdict)) ||
            c->one_way != rows[i].one_way)
            fail_msg("row %zu: %.*s, one_way %d", i, (int)c->media_verdict.len,
                     c->media_verdict.p ? c->media_verdict.p : "", c->one_way);
        scene_close(s);
    }
}

/* A mirror without media says nothing of what callers heard. */
static void a_probe_that_hears_no_media_at_all_does_not_judge(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_call(s);
    scene_wait_ms(s, 10000);
    hang_up(s);
    expect_text(only_call(s)->media_verdict, "unknown");
    scene_close(s);
}

/* Held in mid-call, and hung up while on hold. */
static void hold_by_re_invite_is_no_fault(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker elsewhere = { "192.0.2.7:30000", "192.0.2.8:40000", 7, 0, 0, 8, 0 };

    (void)state;
    talk(s, &elsewhere, NULL, 10);
    set_up_call(s);
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 2, .sdp = INACTIVE);
    send(s, "200", .to_tag = "bob-1", .cseq = 2,
         .sdp = SDP("198.51.100.1", "6000", "a=inactive\r\n"));
    scene_wait_ms(s, 10000);
    hang_up(s);
    expect_text(only_call(s)->media_verdict, "on_hold");
    scene_close(s);
}

/* What one side's packets carry, 20 ms each. */
struct words {
    uint8_t payload_type;
    uint8_t byte; /* of every sample */
    int loud_at;  /* a packet that is loud all the same; −1: none */
};

#define SPEECH                                                                                     \
    {                                                                                              \
        0, 's', -1                                                                                 \
    }
#define SILENCE                                                                                    \
    {                                                                                              \
        0, 0xff, -1                                                                                \
    }

static void say_words(struct scene *s, struct talker *t, const struct words *w, int n)
{
    uint8_t bytes[160];

    memset(bytes, n == w->loud_at ? 's' : w->byte, sizeof bytes);
    t->payload_type = w->payload_type;
    send_payload(s, t, false, slice_of(bytes, sizeof bytes));
    t->seq++;
    t->timestamp += 160;
}

/* Packets flow, the payload is silence. */
static void silence_in_perfect_packets_is_told(void **state)
{
    static const struct {
        const char *offer, *answer;
        struct words alice, bob;
        int packets;
        const char *verdict;
    } rows[] = {
        { ALICE_SDP, BOB_SDP, SPEECH, SPEECH, 600, "ok" },
        { ALICE_SDP, BOB_SDP, SPEECH, SILENCE, 600, "silent" },
        { ALICE_SDP, BOB_SDP, SILENCE, SPEECH, 600, "silent" },
        { ALICE_SDP, BOB_SDP, SILENCE, SILENCE, 600, "silent" },
        { ALICE_SDP, BOB_SDP, SPEECH, { 8, 0xd5, -1 }, 600, "silent" },
        { ALICE_SDP, BOB_SDP, SPEECH, { 0, 0xff, 300 }, 600, "ok" }, /* one word is enough */
        { ALICE_SDP, BOB_SDP, SPEECH, SILENCE, 450, "ok" },          /* too short to tell */
        { ALICE_SDP, BOB_SDP, SPEECH, { 9, 0, -1 }, 600, "ok" },     /* G.722: nobody decodes it */
        { ALICE_SDP, RECVONLY, SPEECH, SILENCE, 600, "ok" },         /* Bob said so */
        { HOLD_ALICE, BOB_SDP, SPEECH, SILENCE, 600, "ok" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        const struct call_record *c;

        send(s, "INVITE", .sdp = rows[i].offer);
        send(s, "200", .to_tag = "bob-1", .sdp = rows[i].answer);
        for (int n = 0; n < rows[i].packets; n++) {
            say_words(s, &a, &rows[i].alice, n);
            say_words(s, &b, &rows[i].bob, n);
            scene_wait_ms(s, 20);
        }
        hang_up(s);
        c = only_call(s);
        if (!slice_eq(c->media_verdict, slice_of_text(rows[i].verdict)) || c->one_way != 0)
            fail_msg("row %zu: %.*s", i, (int)c->media_verdict.len, c->media_verdict.p);
        if (slice_eq(c->media_verdict, SLICE("silent")))
            expect_real(c->silence_ratio, 1);
        scene_close(s);
    }
}

/* Both see each other, and Bob is not heard; then nobody speaks who could be. */
static void video_is_not_sound(void **state)
{
    static const struct {
        const char *offer, *answer;
        bool alice_speaks;
        const char *verdict;
    } rows[] = {
        { ALICE_SDP "m=video 4002 RTP/AVP 34\r\n", BOB_SDP "m=video 6002 RTP/AVP 34\r\n", true,
          "one_way" },
        { "v=0\r\nc=IN IP4 203.0.113.1\r\nm=video 4002 RTP/AVP 34\r\n",
          "v=0\r\nc=IN IP4 198.51.100.1\r\nm=video 6002 RTP/AVP 34\r\n", false, "unknown" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS;
        struct talker seen[2] = { { "203.0.113.1:4002", "198.51.100.1:6002", 8, 0, 0, 34, 0 },
                                  { "198.51.100.1:6002", "203.0.113.1:4002", 9, 0, 0, 34, 0 } };
        const struct stream_record *r;

        send(s, "INVITE", .sdp = rows[i].offer);
        send(s, "200", .to_tag = "bob-1", .sdp = rows[i].answer);
        for (int n = 0; n < 300; n++) {
            if (rows[i].alice_speaks)
                say(s, &a);
            talk(s, &seen[0], &seen[1], 1);
            assert_int_equal(s->claim.kind, CLAIM_VIDEO);
        }
        hang_up(s);
        expect_text(only_call(s)->media_verdict, rows[i].verdict);
        r = stream_of(s, 8);
        expect_text(r->media, "video");
        assert_true(r->packets == 300 && r->lost == 0 && !isnan(r->jitter_ms_max));
        assert_true(isnan(r->mos_lq_jb200) && isnan(s->calls[0]->mos_lq) == !rows[i].alice_speaks);
        scene_close(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_has_its_word),
        cmocka_unit_test(a_probe_that_hears_no_media_at_all_does_not_judge),
        cmocka_unit_test(hold_by_re_invite_is_no_fault),
        cmocka_unit_test(silence_in_perfect_packets_is_told),
        cmocka_unit_test(video_is_not_sound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
