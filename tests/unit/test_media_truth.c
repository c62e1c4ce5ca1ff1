/*
 * test_media_truth - what a verdict rests on: evidence, pairs of hosts, timeouts, confidence.
 */
#include "tests/unit/media_scene.h"

static void expect_has(struct slice text, const char *part)
{
    size_t n = strlen(part);

    for (size_t i = 0; i + n <= text.len; i++) {
        if (memcmp(text.p + i, part, n) == 0)
            return;
    }
    fail_msg("no '%s' in %.*s", part, (int)text.len, text.p ? text.p : "");
}

/* Some RTP of nobody, so that the probe is known to hear any. */
static void hear_something(struct scene *s)
{
    struct talker elsewhere = { "192.0.2.7:30000", "192.0.2.8:40000", 7, 0, 0, 8, 0 };

    talk(s, &elsewhere, NULL, 10);
}

static void one_way_says_what_it_rests_on(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    talk(s, &a, NULL, 200);
    hang_up(s);
    c = only_call(s);
    expect_text(c->media_verdict, "one_way");
    expect_text(c->media_evidence,
                "{\"why\":\"callee_sent_nothing\",\"silent_side\":\"callee\","
                "\"packets\":{\"caller\":200,\"callee\":0},"
                "\"early_packets\":{\"caller\":0,\"callee\":0},"
                "\"elsewhere\":{\"caller\":0,\"callee\":0},\"unassigned\":0,"
                "\"announced\":{\"caller\":\"203.0.113.1:4000\",\"callee\":\"198.51.100.1:6000\"},"
                "\"arrived_from\":{\"caller\":\"203.0.113.1:4000\",\"callee\":null},"
                "\"went_to\":{\"caller\":\"198.51.100.1:6000\",\"callee\":null},"
                "\"directions\":{\"caller\":\"sendrecv\",\"callee\":\"sendrecv\"},"
                "\"talk_ms\":4010,\"excused_ms\":{\"caller\":0,\"callee\":0},\"held_by\":null,"
                "\"rtcp\":{\"caller\":null,\"callee\":null},"
                "\"pair\":{\"kind\":\"media\",\"hosts\":[\"198.51.100.1\",\"203.0.113.1\"],"
                "\"calls\":1,\"both_ways\":0,\"one_way\":1,\"only_from\":\"203.0.113.1\","
                "\"users\":1},\"provisional\":false,\"learned\":[],\"capture\":null}");
    scene_close(s);
}

/* Music before the answer is not the callee's voice. */
static void early_media_does_not_make_up_for_silence(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;
    const struct call_record *c;

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP);
    send(s, "183", .to_tag = "bob-1", .sdp = BOB_SDP);
    talk(s, &b, NULL, 100);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    talk(s, &a, NULL, 200);
    hang_up(s);
    c = only_call(s);
    expect_text(c->media_verdict, "one_way");
    expect_has(c->media_evidence, "\"early_packets\":{\"caller\":0,\"callee\":100}");
    scene_close(s);
}

/* A public host sends to a private address, while the other one is seen to be behind a NAT. */
static void media_into_a_nat_does_not_arrive(void **state)
{
    static const struct {
        const char *alice_src, *bob_dst;
        const char *verdict, *why;
    } rows[] = {
        { "203.0.113.1:33333", "192.168.1.5:4000", "nat_unreachable", "sent_to_private_address" },
        { "203.0.113.1:33333", "203.0.113.1:33333", "ok", "both_heard" },
        { "192.168.1.5:4000", "192.168.1.5:4000", "ok", "both_heard" }, /* seen inside */
        { "192.168.1.5:4000", "203.0.113.1:33333", "wrong_address", "sent_elsewhere" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        const struct call_record *c;

        a.src = rows[i].alice_src;
        b.dst = rows[i].bob_dst;
        send(s, "INVITE", .sdp = SDP("192.168.1.5", "4000", ""));
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
        talk(s, &a, &b, 200);
        hang_up(s);
        c = only_call(s);
        if (!slice_eq(c->media_verdict, slice_of_text(rows[i].verdict)))
            fail_msg("row %zu: %.*s", i, (int)c->media_evidence.len, c->media_evidence.p);
        expect_has(c->media_evidence, rows[i].why);
        scene_close(s);
    }
}

/* The listener reports on a stream that the probe never sees: it exists. */
static void reports_prove_a_blind_mirror(void **state)
{
    static const struct {
        struct report report;
        bool reports;
        const char *verdict, *rtcp;
    } rows[] = {
        { { .of = 0xb0b, .highest = 1234 }, true, "capture_blind", "hears_unseen" },
        { { .of = 0xb0b, .highest = 0 }, true, "one_way", "hears_nothing" },
        { { .of = 0xb0b, .highest = 9, .fraction = 255 }, true, "one_way", "hears_nothing" },
        { { .of = 0xa11ce, .highest = 9 }, true, "one_way", "hears_seen" },
        { { .of = 0 }, false, "one_way", "hears_nothing" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS;
        const struct call_record *c;

        set_up_call(s);
        talk(s, &a, NULL, 200);
        send_sr(s, "203.0.113.1:4001", "198.51.100.1:6001", 0xa11ce, 1u << 20,
                rows[i].reports ? &rows[i].report : NULL);
        hang_up(s);
        scene_wait_ms(s, 7000);
        assert_int_equal(s->call_count, i == 0); /* nothing to wait for */
        c = only_call(s);
        if (!slice_eq(c->media_verdict, slice_of_text(rows[i].verdict)))
            fail_msg("row %zu: %.*s", i, (int)c->media_evidence.len, c->media_evidence.p);
        expect_has(c->media_evidence, rows[i].rtcp);
        if (i == 0) {
            assert_int_equal(c->one_way, 0);
            expect_text(c->capture_confidence, "reduced");
            expect_text(c->capture_confidence_reasons, "[\"one_direction_invisible\"]");
        }
        scene_close(s);
    }
}

/* One call of somebody to somebody else. who: bits, 1 Alice speaks, 2 Bob speaks. */
static void call_between(struct scene *s, unsigned n, unsigned who, bool same_user)
{
    struct talker a = ALICE_TALKS, b = BOB_TALKS;
    char text[900], id[20], user[20];

    snprintf(id, sizeof id, "pair-%u", n);
    snprintf(user, sizeof user, "user%u", same_user ? 0 : n);
    snprintf(text, sizeof text,
             "INVITE sip:x@example SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK%u\r\n"
             "From: <sip:%s@example>;tag=%s\r\nTo: <sip:bob@example>\r\nCall-ID: %s\r\n"
             "CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
             n, user, id, id, strlen(ALICE_SDP), ALICE_SDP);
    send_bytes(s, ALICE, BOB, slice_of_text(text));
    send(s, "200", .to_tag = "b", .sdp = BOB_SDP, .call_id = id, .from_tag = id);
    a.ssrc += n;
    b.ssrc += n;
    for (int i = 0; i < 40; i++) {
        if (who & 1)
            say(s, &a);
        if (who & 2)
            say(s, &b);
        scene_wait_ms(s, 100);
    }
    send(s, "BYE", .to_tag = "b", .cseq = 2, .call_id = id, .from_tag = id);
    send(s, "200", .of = "BYE", .to_tag = "b", .cseq = 2, .call_id = id, .from_tag = id);
}

static void calls_of_a_pair_are_judged_together(void **state)
{
    static const struct {
        unsigned who[8]; /* of each call; 0: no more */
        bool same_user;
        const char *verdicts; /* b: capture_blind, 1: one_way, o: ok */
    } rows[] = {
        { { 1, 1, 1, 1, 1 }, false, "bbbbb" },     { { 2, 2, 2, 2, 2, 2 }, false, "bbbbbb" },
        { { 1, 1, 1, 1 }, false, "1111" },        /* too few to tell */
        { { 1, 1, 1, 1, 1, 1 }, true, "111111" }, /* one telephone */
        { { 3, 1, 1, 1, 1, 1 }, false, "o11111" }, { { 1, 1, 1, 1, 3, 1 }, false, "1111o1" },
        { { 1, 1, 2, 1, 1, 1 }, false, "111111" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        for (unsigned n = 0; n < 8 && rows[i].who[n]; n++)
            call_between(s, n, rows[i].who[n], rows[i].same_user);
        scene_finish(s);
        assert_int_equal(s->call_count, strlen(rows[i].verdicts));
        for (size_t n = 0; n < s->call_count; n++) {
            const struct call_record *c = s->calls[n];
            char is = slice_eq(c->media_verdict, SLICE("capture_blind")) ? 'b'
                      : slice_eq(c->media_verdict, SLICE("one_way"))     ? '1'
                                                                         : 'o';

            /* By number: those that wait close later. */
            if (is != rows[i].verdicts[c->call_id.p[5] - '0'])
                fail_msg("row %zu, %.*s: %.*s", i, (int)c->call_id.len, c->call_id.p,
                         (int)c->media_evidence.len, c->media_evidence.p);
            assert_int_equal(c->one_way, is == '1');
        }
        scene_close(s);
    }
}

/* A call over hosts that were never judged is told as unknown, then waited for; not for ever. */
static void a_verdict_that_may_change_waits(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    call_between(s, 1, 1, false);
    scene_wait_ms(s, 280000);
    assert_int_equal(s->call_count, 0);
    scene_wait_ms(s, 30000);
    assert_int_equal(s->call_count, 1);
    expect_text(s->calls[0]->media_verdict, "one_way");
    /* Seen both ways: the next one is told at once. */
    call_between(s, 2, 3, false);
    call_between(s, 3, 1, false);
    scene_wait_ms(s, 8000);
    assert_int_equal(s->call_count, 3);
    expect_text(s->calls[2]->media_verdict, "one_way");
    scene_close(s);
}

static void expect_timeouts(const struct call_record *c, const char *const *parts)
{
    size_t count = 0;

    for (size_t i = 0; i < c->media_timeouts.len; i++)
        count += c->media_timeouts.p[i] == '{';
    for (; *parts; parts++, count--)
        expect_has(c->media_timeouts, *parts);
    if (count)
        fail_msg("more than expected: %.*s", (int)c->media_timeouts.len, c->media_timeouts.p);
}

/* Packets of who speaks (bits, as above), one each second. */
static void speak_s(struct scene *s, struct talker *a, struct talker *b, unsigned who, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        if (who & 1)
            say(s, a);
        if (who & 2)
            say(s, b);
        scene_wait_ms(s, 1000);
    }
}

static void media_that_stays_away_is_a_timeout(void **state)
{
    static const struct {
        struct {
            unsigned who;
            int seconds;
            bool held; /* from then on; else resumed */
        } parts[4];
        const char *timeouts[3];
    } rows[] = {
        { { { 3, 100, false } }, { NULL } },
        { { { 3, 5, false }, { 1, 59, false }, { 3, 5, false } }, { NULL } },
        /* Comes back; never does; both. */
        { { { 3, 5, false }, { 1, 65, false }, { 3, 5, false } },
          { "{\"from\":1795255204.000000,\"to\":1795255270.000000,"
            "\"direction\":\"callee_to_caller\"}" } },
        { { { 3, 5, false }, { 2, 90, false } },
          { "{\"from\":1795255204.000000,\"to\":null,\"direction\":\"caller_to_callee\"}" } },
        { { { 3, 5, false }, { 0, 90, false } },
          { "\"to\":null,\"direction\":\"caller_to_callee\"",
            "\"to\":null,\"direction\":\"callee_to_caller\"" } },
        /* On hold all the while; resumed, and still nothing. */
        { { { 3, 5, false }, { 1, 100, true } }, { NULL } },
        { { { 3, 5, false }, { 0, 100, true }, { 1, 70, false } },
          { "{\"from\":1795255305.000000,\"to\":null,\"direction\":\"callee_to_caller\"}" } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        unsigned cseq = 1;
        bool held = false;
        const struct call_record *c;
        size_t told = 0;

        a.ticks = b.ticks = 8000;
        send(s, "INVITE", .sdp = ALICE_SDP);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
        for (int k = 0; k < 4 && rows[i].parts[k].seconds; k++) {
            if (rows[i].parts[k].held != held) {
                held = rows[i].parts[k].held;
                cseq++;
                send(s, "INVITE", .to_tag = "bob-1", .cseq = cseq,
                     .sdp = held ? SDP("203.0.113.1", "4000", "a=inactive\r\n") : ALICE_SDP);
                send(s, "200", .to_tag = "bob-1", .cseq = cseq,
                     .sdp = held ? SDP("198.51.100.1", "6000", "a=inactive\r\n") : BOB_SDP);
            }
            speak_s(s, &a, &b, rows[i].parts[k].who, rows[i].parts[k].seconds);
        }
        send(s, "BYE", .to_tag = "bob-1", .cseq = cseq + 1);
        send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = cseq + 1);
        c = only_call(s);
        expect_timeouts(c, rows[i].timeouts);
        for (size_t at = 0; at + 13 < c->history.len; at++)
            told += memcmp(c->history.p + at, "media_timeout", 13) == 0;
        assert_int_equal(told, (rows[i].timeouts[0] != NULL) +
                                   (rows[i].timeouts[0] && rows[i].timeouts[1] != NULL));
        scene_close(s);
    }
}

/* Told while the call goes on, though no packet comes that would say so. */
static void a_timeout_is_told_in_mid_call(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;
    size_t before;

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 100);
    scene_wait_ms(s, 30000);
    before = s->changed;
    scene_wait_ms(s, 60000);
    assert_true(s->changed > before);
    scene_close(s);
}

/* n calls from hosts of their own, all heard; then each of them misses `lost` numbers. */
static void calls_lose(struct scene *s, unsigned n, unsigned together, unsigned lost, bool one_host)
{
    struct talker talkers[8];
    char ends[8][2][40];

    for (unsigned i = 0; i < n; i++) {
        char sdps[2][300], id[20];

        snprintf(id, sizeof id, "gap-%u", i);
        for (unsigned side = 0; side < 2; side++) {
            snprintf(ends[i][side], sizeof ends[i][side], "192.0.2.%u:%u",
                     one_host && side ? 99 : 10 * (i + 1) + side, 4000 + 2 * i);
            snprintf(sdps[side], sizeof sdps[side],
                     "v=0\r\nc=IN IP4 192.0.2.%u\r\nm=audio %u RTP/AVP 0\r\n",
                     one_host && side ? 99 : 10 * (i + 1) + side, 4000 + 2 * i);
        }
        send(s, "INVITE", .sdp = sdps[0], .call_id = id, .from_tag = id);
        send(s, "200", .sdp = sdps[1], .to_tag = "b", .call_id = id, .from_tag = id);
        talkers[i] = (struct talker){ ends[i][0], ends[i][1], 100 + i, 0, 0, 0, 0 };
    }
    for (int k = 0; k < 300; k++) {
        for (unsigned i = 0; i < n; i++) {
            /* All at packet 100, or each at its own. */
            if (k == (i < together ? 100 : 100 + 20 * (int)i)) {
                talkers[i].seq = (uint16_t)(talkers[i].seq + lost);
                talkers[i].timestamp += 160 * lost;
            }
            say(s, &talkers[i]);
        }
        scene_wait_ms(s, 20);
    }
}

static void losses_of_many_at_once_are_the_probes(void **state)
{
    static const struct {
        unsigned calls, together;
        bool one_host;
        const char *confidence, *reasons;
    } rows[] = {
        { 5, 5, false, "low", "[\"simultaneous_gaps\"]" },
        { 3, 3, false, "low", "[\"simultaneous_gaps\"]" },
        { 2, 2, false, "high", "[]" },
        { 5, 0, false, "high", "[]" },
        { 5, 5, true, "high", "[]" }, /* all go to one host: its line may be full */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        calls_lose(s, rows[i].calls, rows[i].together, 7, rows[i].one_host);
        scene_finish(s);
        for (size_t k = 0; k < s->call_count; k++) {
            const struct call_record *c = s->calls[k];

            if (!slice_eq(c->capture_confidence, slice_of_text(rows[i].confidence)))
                fail_msg("row %zu: %.*s", i, (int)c->capture_confidence.len,
                         c->capture_confidence.p);
            expect_text(c->capture_confidence_reasons, rows[i].reasons);
            if (rows[i].reasons[1] == '"')
                expect_has(c->media_evidence,
                           "\"capture\":{\"lost\":7,\"simultaneous\":7,\"dropped\":0}");
        }
        scene_close(s);
    }
}

/* Drops count for calls that went on while they happened, not for those before and after. */
static void drops_belong_to_their_time(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    hear_something(s);
    set_up_call(s); /* over before the drops, and still open */
    scene_wait_ms(s, 1000);
    hang_up(s);
    scene_wait_ms(s, 1000);
    analyzer_note_capture_loss(s->analyzer, 0);
    scene_wait_ms(s, 1000);
    send(s, "INVITE", .call_id = "during", .from_tag = "d");
    scene_wait_ms(s, 1000);
    analyzer_note_capture_loss(s->analyzer, 17);
    scene_wait_ms(s, 1000);
    send(s, "INVITE", .call_id = "after", .from_tag = "e");
    scene_finish(s);
    assert_int_equal(s->call_count, 3);
    for (size_t i = 0; i < 3; i++)
        expect_text(s->calls[i]->capture_confidence,
                    slice_eq(s->calls[i]->call_id, SLICE("during")) ? "reduced" : "high");
    scene_close(s);
}

/* A hole before the call began is none of its own. */
static void a_hole_in_its_tcp_stream_is_told(void **state)
{
    static const struct {
        uint32_t gaps[3]; /* at the INVITE, the 200, the BYE */
        const char *reasons;
    } rows[] = {
        { { 0, 0, 0 }, "[]" },
        { { 2, 2, 2 }, "[]" },
        { { 0, 0, 1 }, "[\"tcp_gaps\"]" },
        { { 2, 0, 0 }, "[]" }, /* another connection */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);

        s->tcp = true;
        s->tcp_gaps = rows[i].gaps[0];
        send(s, "INVITE");
        s->tcp_gaps = rows[i].gaps[1];
        send(s, "200", .to_tag = "bob-1");
        s->tcp_gaps = rows[i].gaps[2];
        hang_up(s);
        expect_text(only_call(s)->capture_confidence_reasons, rows[i].reasons);
        scene_close(s);
    }
}

static void two_reasons_are_worse_than_one(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 100);
    s->cut_bytes = 10;
    talk(s, &a, NULL, 1);
    s->cut_bytes = 0;
    analyzer_note_capture_loss(s->analyzer, 3);
    hang_up(s);
    expect_text(only_call(s)->capture_confidence, "low");
    expect_text(s->calls[0]->capture_confidence_reasons,
                "[\"capture_drops\",\"truncated_packets\"]");
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_way_says_what_it_rests_on),
        cmocka_unit_test(early_media_does_not_make_up_for_silence),
        cmocka_unit_test(media_into_a_nat_does_not_arrive),
        cmocka_unit_test(reports_prove_a_blind_mirror),
        cmocka_unit_test(calls_of_a_pair_are_judged_together),
        cmocka_unit_test(a_verdict_that_may_change_waits),
        cmocka_unit_test(media_that_stays_away_is_a_timeout),
        cmocka_unit_test(a_timeout_is_told_in_mid_call),
        cmocka_unit_test(losses_of_many_at_once_are_the_probes),
        cmocka_unit_test(drops_belong_to_their_time),
        cmocka_unit_test(a_hole_in_its_tcp_stream_is_told),
        cmocka_unit_test(two_reasons_are_worse_than_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
