/*
 * test_media_learn - RTP that no SDP announces where it is finds its call all the same.
 */
#include "tests/unit/media_scene.h"

#define PRIVATE_SDP SDP("192.168.1.5", "4000", "")
#define OUTSIDE     "203.0.113.1:33333"

static void expect_has(struct slice text, const char *part)
{
    size_t n = strlen(part);

    for (size_t i = 0; i + n <= text.len; i++) {
        if (memcmp(text.p + i, part, n) == 0)
            return;
    }
    fail_msg("no '%s' in %.*s", part, (int)text.len, text.p ? text.p : "");
}

/* The offer names a private address; media comes from the NAT's, and is answered there. */
static void symmetric_rtp_is_found_and_told(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS, c = BOB_TALKS;
    const struct call_record *call;

    (void)state;
    a.src = b.dst = c.dst = OUTSIDE;
    c.src = "198.51.100.1:7777"; /* a port that nobody named, to an address that nobody named */
    c.ssrc = 0xc;
    send(s, "INVITE", .sdp = PRIVATE_SDP);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    talk(s, &a, &b, 200);
    talk(s, &c, NULL, 10);
    hang_up(s);
    call = only_call(s);
    expect_text(call->media_verdict, "ok");
    assert_int_equal(s->orphan_count, 0);
    expect_direction(s, 0xa11ce, "caller_to_callee");
    expect_direction(s, 0xb0b, "callee_to_caller");
    expect_direction(s, 0xc, "callee_to_caller");
    expect_has(call->media_evidence, "\"announced\":{\"caller\":\"192.168.1.5:4000\"");
    expect_has(call->media_evidence, "\"arrived_from\":{\"caller\":\"" OUTSIDE "\"");
    expect_has(call->media_evidence,
               "{\"side\":\"caller\",\"addr\":\"" OUTSIDE "\",\"by\":\"answers\"}");
    scene_close(s);
}

/* Nothing comes from the NAT yet, but its port is that of the private address. */
static void a_port_that_the_nat_keeps_is_guessed(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    a.dst = "198.51.100.77:6666"; /* where nobody listens either */
    send(s, "INVITE", .sdp = PRIVATE_SDP);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    assert_int_equal(say(s, &a), BIN_RTP);
    assert_int_equal(s->claim.kind, CLAIM_MEDIA);
    hang_up(s);
    expect_has(only_call(s)->media_evidence, "\"addr\":\"203.0.113.1:4000\",\"by\":\"port\"");
    scene_close(s);
}

/* Both sides are elsewhere than their SDP says: the SSRC that it names is all there is. */
static void an_ssrc_that_sdp_names_tells_the_call(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    a.src = "192.0.2.1:1111";
    a.dst = "192.0.2.2:2222";
    send(s, "INVITE", .sdp = SDP("192.168.1.5", "4000", "a=ssrc:659918 cname:x\r\n"));
    send(s, "200", .to_tag = "bob-1", .sdp = SDP("10.0.0.7", "6000", ""));
    for (int i = 0; i < 3; i++)
        assert_int_equal(say(s, &a), BIN_RTP_UNPROVEN);
    talk(s, &a, NULL, 30);
    assert_int_equal(s->adopted, 1);
    assert_int_equal(s->claim.kind, CLAIM_MEDIA);
    hang_up(s);
    expect_has(only_call(s)->media_evidence, "\"by\":\"ssrc\"");
    expect_direction(s, 0xa11ce, "caller_to_callee");
    scene_close(s);
}

/* A relay whose SDP names two ports of its own, one for each side, and the phone behind it is named by
 * none: what goes to the phone and what comes from it are two directions, whichever comes first. */
static void two_halves_are_never_of_one_side(void **state)
{
    (void)state;
    for (int phone_first = 0; phone_first < 2; phone_first++) {
        struct scene *s = scene_open(NULL);
        struct talker relay = { "203.0.113.1:4374", "192.0.2.172:4376", 1, 0, 0, 0, 0 };
        struct talker phone = { "192.0.2.172:4376", "203.0.113.1:4376", 2, 0, 0, 0, 0 };
        const struct call_record *call;

        send(s, "INVITE", .sdp = SDP("203.0.113.1", "4374", ""));
        send(s, "200", .to_tag = "bob-1", .sdp = SDP("203.0.113.1", "4376", ""));
        talk(s, phone_first ? &phone : &relay, phone_first ? &relay : &phone, 200);
        hang_up(s);
        call = only_call(s);
        expect_text(call->media_verdict, "ok");
        assert_false(slice_eq(stream_of(s, 1)->direction, stream_of(s, 2)->direction));
        scene_close(s);
    }
}

/* Mid-call both ends move, without SDP that the probe sees. */
static void a_stream_that_stops_and_goes_on_elsewhere_is_the_same(void **state)
{
    static const struct {
        uint16_t step;  /* of the sequence number */
        bool goes_on;   /* where it was */
        bool other_too; /* another call has that SSRC as well */
        bool joins;
    } rows[] = {
        { 0, false, false, true },
        { 200, false, false, true },
        { 5000, false, false, false },
        { (uint16_t)-60, false, false, false }, /* the other leg of a relay */
        { 0, true, false, false },
        { 0, false, true, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS, moved;

        set_up_call(s);
        if (rows[i].other_too) {
            struct talker third = { "192.0.2.5:7000", "192.0.2.6:8000", 0xa11ce, 9, 9, 0, 0 };

            send(s, "INVITE", .sdp = SDP("192.0.2.5", "7000", ""), .call_id = "2", .from_tag = "x");
            say(s, &third);
        }
        talk(s, &a, &b, 100);
        moved = a;
        moved.src = "192.0.2.1:1111";
        moved.dst = "192.0.2.2:2222";
        moved.seq = (uint16_t)(moved.seq + rows[i].step);
        talk(s, &moved, rows[i].goes_on ? &a : NULL, 20);
        if (s->adopted != rows[i].joins)
            fail_msg("row %zu: %zu adopted", i, s->adopted);
        hang_up(s);
        scene_finish(s);
        assert_int_equal(s->orphan_count, !rows[i].joins);
        if (rows[i].joins)
            expect_has(s->calls[0]->media_evidence, "\"by\":\"continues\"");
        scene_close(s);
    }
}

/* SDP of the sender comes later than the media: by its source, for its destination is never named. */
static void an_orphan_is_asked_for_again_by_its_source(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker b = BOB_TALKS;

    (void)state;
    b.dst = OUTSIDE;
    talk(s, &b, NULL, 20);
    assert_int_equal(s->claim.kind, CLAIM_MEDIA);
    send(s, "INVITE", .sdp = PRIVATE_SDP);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    talk(s, &b, NULL, 100);
    assert_int_equal(s->adopted, 1);
    scene_finish(s);
    assert_int_equal(s->orphan_count, 0);
    assert_int_equal(stream_of(s, 0xb0b)->packets, 120);
    scene_close(s);
}

#define ICE_ATTRIBUTES                                                                             \
    "a=ice-ufrag:x\r\na=candidate:1 1 UDP 2130706431 10.0.1.1 8998 typ host\r\n"                   \
    "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.1.1 rport 8998\r\n"       \
    "a=candidate:3 1 udp 9 192.0.2.99 50000 typ relay raddr 192.0.2.3 rport 45664\r\n"             \
    "a=candidate:4 1 TCP 9 192.0.2.3 9 typ host tcptype active\r\n"                                \
    "a=candidate:5 1 UDP 9 0f3a.local 5353 typ host\r\n"

static void media_runs_over_any_ice_candidate(void **state)
{
    static const struct {
        const char *alice;
        const char *by; /* NULL: SDP names it */
    } rows[] = {
        { "10.0.1.1:8998", "candidate" },
        { "192.0.2.3:45664", "candidate" },
        { "192.0.2.99:50000", "candidate" },
        { "203.0.113.1:4000", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        const struct call_record *call;

        a.src = b.dst = rows[i].alice;
        a.dst = b.src = "198.51.100.1:6001"; /* remote-candidates name Bob's */
        send(s, "INVITE", .sdp = SDP("203.0.113.1", "4000", ICE_ATTRIBUTES));
        send(s, "200", .to_tag = "bob-1", .sdp = SDP("198.51.100.1", "6000", "a=ice-ufrag:y\r\n"));
        send(s, "INVITE", .to_tag = "bob-1", .cseq = 2,
             .sdp = SDP("203.0.113.1", "4000",
                        ICE_ATTRIBUTES "a=remote-candidates:1 198.51.100.1 6001 2 1.2.3.4 0\r\n"));
        assert_int_equal(say(s, &b), BIN_RTP);
        talk(s, &b, &a, 200);
        hang_up(s);
        call = only_call(s);
        assert_int_equal(s->orphan_count, 0);
        expect_text(call->media_verdict, "ok");
        if (rows[i].by)
            expect_has(call->media_evidence, rows[i].by);
        scene_close(s);
    }
}

/* Port 9 and 0.0.0.0 with ICE mean that nothing is known yet, not that the call is on hold. */
static void without_a_candidate_nothing_is_on_hold(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;

    (void)state;
    send(s, "INVITE",
         .sdp = "v=0\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:x\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
                "a=rtpmap:111 opus/48000/2\r\na=ssrc:659918 cname:x\r\n");
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    a.payload_type = 111;
    a.src = b.dst = OUTSIDE;
    talk(s, &a, &b, 200);
    hang_up(s);
    expect_text(only_call(s)->media_verdict, "ok");
    expect_text(stream_of(s, 0xa11ce)->codec, "opus");
    expect_has(s->calls[0]->media_evidence, "\"directions\":{\"caller\":\"sendrecv\"");
    scene_close(s);
}

#define BUNDLED(ip, port, ssrcs)                                                                   \
    "v=0\r\nc=IN IP4 " ip "\r\na=group:BUNDLE a v\r\nm=audio " port                                \
    " RTP/SAVPF 0 111\r\na=rtpmap:111 opus/48000/2\r\na=mid:a\r\na=rtcp-mux\r\n"                   \
    "a=ssrc:" ssrcs                                                                                \
    "1 cname:x\r\nm=video 0 RTP/SAVPF 100\r\na=rtpmap:100 VP8/90000\r\na=mid:v\r\n"                \
    "a=bundle-only\r\na=rtcp-mux\r\na=ssrc:" ssrcs "2 cname:x\r\n"

/* Sound and pictures share a port: the payload type tells them apart, or the SSRC does. */
static void m_lines_of_a_bundle_are_told_apart(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker sound = ALICE_TALKS, picture = ALICE_TALKS, odd = ALICE_TALKS, back = BOB_TALKS;

    (void)state;
    sound.payload_type = back.payload_type = 111;
    sound.ssrc = 1;
    picture.payload_type = 100;
    picture.ssrc = 3;      /* by its payload type alone */
    odd.payload_type = 99; /* that nobody named, */
    odd.ssrc = 2;          /* of an SSRC that is named */
    send(s, "INVITE", .sdp = BUNDLED("203.0.113.1", "4000", ""));
    send(s, "200", .to_tag = "bob-1", .sdp = BUNDLED("198.51.100.1", "6000", "7"));
    for (int i = 0; i < 200; i++) {
        say(s, &picture);
        say(s, &odd);
        say(s, &back);
        talk(s, &sound, NULL, 1);
    }
    hang_up(s);
    expect_text(only_call(s)->media_verdict, "ok");
    expect_text(stream_of(s, 1)->media, "audio");
    expect_text(stream_of(s, 1)->codec, "opus");
    expect_text(stream_of(s, 2)->media, "video");
    expect_text(stream_of(s, 3)->media, "video");
    expect_text(stream_of(s, 3)->codec, "VP8");
    expect_text(stream_of(s, 0xb0b)->media, "audio");
    scene_close(s);
}

/* Several m-lines with ports of their own. */
static void each_m_line_has_its_port(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker first = ALICE_TALKS, second = ALICE_TALKS;

    (void)state;
    second.src = "203.0.113.1:4010";
    second.dst = "198.51.100.1:6010";
    second.ssrc = 5;
    second.payload_type = 8;
    send(s, "INVITE", .sdp = ALICE_SDP "m=audio 4010 RTP/AVP 8\r\n");
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP "m=audio 6010 RTP/AVP 8\r\n");
    talk(s, &first, &second, 100);
    scene_finish(s);
    assert_int_equal(s->calls[0]->stream_count, 2);
    expect_text(stream_of(s, 5)->codec, "PCMA");
    expect_direction(s, 5, "caller_to_callee");
    scene_close(s);
}

/* A re-INVITE moves the media; what still comes to the old address is the call's too. */
static void media_moves_and_the_old_address_stays(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker b = BOB_TALKS;
    const struct call_record *call;

    (void)state;
    set_up_call(s);
    talk(s, &b, NULL, 50);
    send(s, "UPDATE", .to_tag = "bob-1", .cseq = 2, .sdp = SDP("203.0.113.2", "4400", ""));
    scene_wait_ms(s, 5);
    send(s, "200", .of = "UPDATE", .to_tag = "bob-1", .cseq = 2, .sdp = BOB_SDP);
    talk(s, &b, NULL, 10);
    b.dst = "203.0.113.2:4400";
    b.ssrc = 0xb2;
    talk(s, &b, NULL, 50);
    call = only_call(s);
    assert_int_equal(s->orphan_count, 0);
    assert_int_equal(call->packets, 110);
    expect_has(call->history, "\"event\":\"media_moved\",\"by\":\"caller\",\"count\":1,"
                              "\"detail\":\"203.0.113.2:4400\"");
    scene_close(s);
}

static void call_again(struct scene *s, const char *id, const char *sdp)
{
    send(s, "INVITE", .sdp = sdp, .call_id = id, .from_tag = id);
    send(s, "200", .to_tag = "b", .sdp = BOB_SDP, .call_id = id, .from_tag = id);
}

/* Two calls a second apart, over the same ports, with the same SSRCs that even go on counting. */
static void a_port_used_again_belongs_to_the_newer_call(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 100);
    hang_up(s);
    talk(s, &a, &b, 5); /* stragglers: nobody else claims them */
    scene_wait_ms(s, 1000);
    call_again(s, "call-2", ALICE_SDP);
    talk(s, &a, &b, 50);
    hang_up(s);
    scene_finish(s);
    assert_int_equal(s->call_count, 2);
    assert_int_equal(s->calls[0]->packets, 210);
    assert_int_equal(s->calls[1]->packets, 100);
    assert_int_equal(s->orphan_count, 0);
    scene_close(s);
}

/* The next call is announced before the first one ends: from the BYE on media is its own. */
static void a_call_that_is_announced_early_has_the_port_from_the_bye_on(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 100);
    call_again(s, "call-2", ALICE_SDP);
    talk(s, &a, &b, 10); /* the first one's still */
    hang_up(s);
    talk(s, &a, &b, 50);
    scene_finish(s);
    assert_int_equal(s->calls[0]->packets, 220);
    assert_int_equal(s->calls[1]->packets, 100);
    scene_close(s);
}

/* What is only guessed or offered as a candidate takes nothing from whoever announces the address. */
static void a_candidate_cannot_take_another_calls_address(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker b = BOB_TALKS;

    (void)state;
    set_up_call(s);
    send(s, "INVITE", .call_id = "thief", .from_tag = "t",
         .sdp = SDP("192.0.2.66", "4000", "a=candidate:1 1 UDP 9 203.0.113.1 4000 typ host\r\n"));
    talk(s, &b, NULL, 10);
    scene_finish(s);
    expect_text(stream_of(s, 0xb0b)->call_id, "call-1@example");
    scene_close(s);
}

/* 1,000 m-lines, 1,000 candidates, 1,000 SSRCs, ports at the edges, and what no candidate is. */
static void hostile_descriptions_are_cut_and_counted(void **state)
{
    static const struct {
        const char *line, *head;
        bool counted;
    } rows[] = {
        { "m=audio %u RTP/AVP 0\r\n", "", true },
        { "m=audio 65535 RTP/AVP 0\r\na=x:%u\r\n", "", true },
        { "m=audio 0 RTP/AVP 0\r\na=x:%u\r\n", "", true },
        { "a=candidate:1 1 UDP 1 192.0.2.1 %u typ host\r\n", "m=audio 4000 RTP/AVP 0\r\n", true },
        { "a=ssrc:%u cname:x\r\n", "m=audio 4000 RTP/AVP 0\r\n", true },
        { "a=candidate:1 1 UDP 1 999.0.2.1 %u typ host\r\n", "m=audio 4000 RTP/AVP 0\r\n", false },
        { "a=candidate:%u\r\n", "m=audio 4000 RTP/AVP 0\r\n", false },
        { "a=candidate:1 1 UDP 1 192.0.2.1 0 typ host %u\r\n", "m=audio 4000 RTP/AVP 0\r\n",
          false },
        { "a=group:BUNDLE %u\r\n", "", true },
        { "a=remote-candidates:1 192.0.2.1 %u 1\r\n", "m=audio 4000 RTP/AVP 0\r\n", true },
    };
    char *sdp = malloc(SCENE_TEXT_MAX);

    (void)state;
    assert_non_null(sdp);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker b = BOB_TALKS;
        int n = snprintf(sdp, SCENE_TEXT_MAX, "v=0\r\nc=IN IP4 203.0.113.1\r\n%s", rows[i].head);

        for (unsigned k = 0; k < 1000; k++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            n += snprintf(sdp + n, SCENE_TEXT_MAX - (size_t)n, rows[i].line, 1 + k);
#pragma GCC diagnostic pop
        }
        send(s, "INVITE", .sdp = sdp);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
        assert_int_equal(scene_refused(s, REFUSAL_SDP_LIMIT), rows[i].counted);
        say(s, &b);
        scene_close(s);
    }
    free(sdp);
}

/* Re-INVITEs with ever other candidates: learned addresses have a cap too. */
static void candidates_of_a_call_are_limited(void **state)
{
    struct scene *s = scene_open(NULL);
    char sdp[500];

    (void)state;
    set_up_call(s);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(sdp, sizeof sdp,
                 SDP("203.0.113.1", "4000", "a=candidate:1 1 UDP 9 192.0.2.1 %u typ host\r\n"),
                 10000 + i);
        send(s, "INVITE", .to_tag = "bob-1", .cseq = 2 + i, .sdp = sdp);
    }
    assert_int_equal(scene_refused(s, REFUSAL_LEARNED_ADDRESSES), 100 - 24);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(symmetric_rtp_is_found_and_told),
        cmocka_unit_test(a_port_that_the_nat_keeps_is_guessed),
        cmocka_unit_test(an_ssrc_that_sdp_names_tells_the_call),
        cmocka_unit_test(two_halves_are_never_of_one_side),
        cmocka_unit_test(a_stream_that_stops_and_goes_on_elsewhere_is_the_same),
        cmocka_unit_test(an_orphan_is_asked_for_again_by_its_source),
        cmocka_unit_test(media_runs_over_any_ice_candidate),
        cmocka_unit_test(without_a_candidate_nothing_is_on_hold),
        cmocka_unit_test(m_lines_of_a_bundle_are_told_apart),
        cmocka_unit_test(each_m_line_has_its_port),
        cmocka_unit_test(media_moves_and_the_old_address_stays),
        cmocka_unit_test(a_port_used_again_belongs_to_the_newer_call),
        cmocka_unit_test(a_call_that_is_announced_early_has_the_port_from_the_bye_on),
        cmocka_unit_test(a_candidate_cannot_take_another_calls_address),
        cmocka_unit_test(hostile_descriptions_are_cut_and_counted),
        cmocka_unit_test(candidates_of_a_call_are_limited),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
