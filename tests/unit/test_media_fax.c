/*
 * test_media_fax - T.38 in a call: its streams, what they lost, and sound beside them.
 */
#include "tests/unit/media_scene.h"

#include <math.h>

#define IMAGE(ip, port)                                                                            \
    "v=0\r\no=- 1 2 IN IP4 " ip "\r\ns=-\r\nc=IN IP4 " ip "\r\nt=0 0\r\nm=image " port             \
    " udptl t38\r\na=T38FaxVersion:0\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n"
#define ALICE_IMAGE IMAGE("203.0.113.1", "4000")
#define BOB_IMAGE   IMAGE("198.51.100.1", "6000")

/* One packet of fax: its number, and so many before it once more. */
static enum packet_bin fax(struct scene *s, const char *src, const char *dst, unsigned seq,
                           unsigned repeats)
{
    uint8_t packet[64] = { (uint8_t)(seq >> 8), (uint8_t)seq, 2, 0xc0, 0x01, 0, (uint8_t)repeats };
    size_t len = 7;

    for (unsigned i = 0; i < repeats; i++) {
        packet[len++] = 2;
        packet[len++] = 0xc0;
        packet[len++] = 0x01;
    }
    return send_bytes(s, src, dst, slice_of(packet, len));
}

static enum packet_bin alice_faxes(struct scene *s, unsigned seq, unsigned repeats)
{
    return fax(s, ALICE_RTP, BOB_RTP, seq & 0xffff, repeats);
}

static void switch_to_fax(struct scene *s, const char *alice, const char *bob)
{
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 2, .sdp = alice);
    send(s, "200", .to_tag = "bob-1", .cseq = 2, .sdp = bob);
}

static const struct stream_record *fax_stream(const struct scene *s, const char *direction)
{
    const struct stream_record *found = NULL;

    for (size_t i = 0; i < s->stream_count; i++) {
        if (!slice_eq(s->streams[i]->media, SLICE("image")) ||
            !slice_eq(s->streams[i]->direction, slice_of_text(direction)))
            continue;
        assert_null(found);
        found = s->streams[i];
    }
    assert_non_null(found);
    return found;
}

/* From audio to fax and back, on the same ports. Numbers of fax pass through all that begins like
 * RTP, RTCP and DTLS. */
static void fax_and_sound_share_a_port(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS, again;
    const struct stream_record *r;

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 150);
    switch_to_fax(s, ALICE_IMAGE, BOB_IMAGE);
    for (unsigned seq = 0; seq < 65536 + 100; seq++) {
        if (alice_faxes(s, seq, 2) != BIN_T38)
            fail_msg("number %u is not taken for fax", seq & 0xffff);
        assert_int_equal(s->claim.kind, CLAIM_MEDIA);
        if (seq % 64 == 0)
            scene_wait_ms(s, 20);
    }
    assert_int_equal(fax(s, BOB_RTP, ALICE_RTP, 7, 0), BIN_T38);
    talk(s, &a, &b, 10); /* the sound goes on, and comes back as another stream */
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 3, .sdp = ALICE_SDP);
    send(s, "200", .to_tag = "bob-1", .cseq = 3, .sdp = BOB_SDP);
    again = ALICE_TALKS;
    again.ssrc = 0xa2a2;
    talk(s, &again, &b, 120);
    hang_up(s);
    scene_finish(s);
    assert_int_equal(s->stream_count, 5);

    r = fax_stream(s, "caller_to_callee");
    assert_int_equal(r->packets, 65536 + 100);
    assert_int_equal(r->expected, 65536 + 100);
    assert_int_equal(r->lost, 0);
    assert_int_equal(r->duplicates, 0);
    assert_int_equal(r->udptl_recovered, 0);
    expect_text(r->udptl_error_correction, "redundancy");
    expect_text(r->codec, "t38");
    assert_true(r->ssrc == RECORD_NONE && r->payload_type == RECORD_NONE);
    assert_true(r->clock_rate_hz == RECORD_NONE);
    assert_true(isnan(r->mos_lq_jb200) && isnan(r->jitter_ms_mean) && isnan(r->r_raw));
    assert_true(r->jb200.late == RECORD_NONE);
    r = fax_stream(s, "callee_to_caller");
    assert_int_equal(r->packets, 1);
    expect_text(r->udptl_error_correction, "none");

    assert_int_equal(stream_of(s, 0xa11ce)->packets, 160);
    expect_text(stream_of(s, 0xa11ce)->events,
                "[{\"t\":1795255203.120000,\"event\":\"t38_switch\"}]");
    assert_int_equal(stream_of(s, 0xa2a2)->packets, 120);
    expect_text(stream_of(s, 0xa2a2)->media, "audio");
    expect_text(stream_of(s, 0xa2a2)->codec, "PCMU");
    assert_int_equal(s->calls[0]->fax, true);
    expect_text(s->calls[0]->media_verdict, "ok");
    scene_close(s);
}

/* Sound that begins while the addresses are the fax's. */
static void sound_on_the_port_of_a_fax_is_sound(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    set_up_call(s);
    switch_to_fax(s, ALICE_IMAGE, BOB_IMAGE);
    alice_faxes(s, 0, 0);
    talk(s, &a, NULL, 120);
    scene_finish(s);
    expect_text(stream_of(s, 0xa11ce)->media, "audio");
    expect_text(stream_of(s, 0xa11ce)->codec, "PCMU");
    assert_int_equal(stream_of(s, 0xa11ce)->packets, 120);
    assert_int_equal(fax_stream(s, "caller_to_callee")->packets, 1);
    scene_close(s);
}

/* Which packets arrive, with how many repeats each. */
static void losses_and_what_repeats_made_good(void **state)
{
    enum { PACKETS_MAX = 12 };
    static const struct {
        const char *what;
        struct {
            int seq; /* −1: no more */
            unsigned repeats;
        } packets[PACKETS_MAX];
        int64_t lost, recovered, late, duplicates;
    } rows[] = {
        { "none", { { 0, 2 }, { 1, 2 }, { 2, 2 }, { -1, 0 } }, 0, 0, 0, 0 },
        { "one, repeated", { { 0, 2 }, { 1, 2 }, { 3, 2 }, { 4, 2 }, { -1, 0 } }, 1, 1, 0, 0 },
        { "three, two of them repeated", { { 0, 2 }, { 4, 2 }, { 5, 2 }, { -1, 0 } }, 3, 2, 0, 0 },
        { "one, repeated by the packet after the next",
          { { 0, 0 }, { 2, 0 }, { 3, 2 }, { -1, 0 } },
          1,
          1,
          0,
          0 },
        { "one, never repeated", { { 0, 0 }, { 2, 0 }, { 3, 0 }, { -1, 0 } }, 1, 0, 0, 0 },
        { "one that was only late",
          { { 0, 2 }, { 2, 2 }, { 1, 2 }, { 3, 2 }, { -1, 0 } },
          0,
          0,
          1,
          0 },
        { "one that came twice",
          { { 0, 2 }, { 1, 2 }, { 1, 2 }, { 2, 2 }, { -1, 0 } },
          0,
          0,
          0,
          1 },
        { "before the first packet nothing was lost",
          { { 9, 5 }, { 10, 5 }, { -1, 0 } },
          0,
          0,
          0,
          0 },
        { "across the wrap", { { 65534, 2 }, { 0, 2 }, { 1, 2 }, { -1, 0 } }, 1, 1, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        const struct stream_record *r;

        print_message("    %s\n", rows[i].what);
        set_up_call(s);
        switch_to_fax(s, ALICE_IMAGE, BOB_IMAGE);
        for (int n = 0; rows[i].packets[n].seq >= 0; n++) {
            alice_faxes(s, (unsigned)rows[i].packets[n].seq, rows[i].packets[n].repeats);
            scene_wait_ms(s, 20);
        }
        scene_finish(s);
        r = fax_stream(s, "caller_to_callee");
        assert_int_equal(r->lost, rows[i].lost);
        assert_int_equal(r->udptl_recovered, rows[i].recovered);
        assert_int_equal(r->out_of_order, rows[i].late);
        assert_int_equal(r->duplicates, rows[i].duplicates);
        scene_close(s);
    }
}

/* A long fax through a network that loses one packet in five, against what was sent. */
static void recovered_is_what_later_packets_carried(void **state)
{
    enum { SENT = 5000 };
    struct scene *s = scene_open(NULL);
    bool arrived[SENT + 3] = { false };
    uint64_t dice = 11;
    int64_t lost = 0, recovered = 0;

    (void)state;
    set_up_call(s);
    switch_to_fax(s, ALICE_IMAGE, BOB_IMAGE);
    for (unsigned n = 0; n < SENT; n++) {
        dice = dice * 6364136223846793005u + 1442695040888963407u;
        arrived[n] = n == 0 || n + 1 == SENT || dice >> 32 > UINT32_MAX / 5;
        if (arrived[n])
            alice_faxes(s, 64000 + n, 2);
        if (n % 50 == 0)
            scene_wait_ms(s, 20);
    }
    for (unsigned n = 0; n < SENT; n++) {
        lost += !arrived[n];
        recovered += !arrived[n] && (arrived[n + 1] || arrived[n + 2]);
    }
    scene_finish(s);
    assert_true(lost > 800 && recovered < lost);
    assert_int_equal(fax_stream(s, "caller_to_callee")->lost, lost);
    assert_int_equal(fax_stream(s, "caller_to_callee")->udptl_recovered, recovered);
    scene_close(s);
}

static void fax_never_is_one_way_audio(void **state)
{
    static const struct {
        const char *what, *offer, *answer; /* of the switch; answer NULL: 488 */
        bool heard;
        int fax;
        const char *verdict;
    } rows[] = {
        { "agreed on and heard", ALICE_IMAGE, BOB_IMAGE, true, true, "unknown" },
        { "agreed on", ALICE_IMAGE, BOB_IMAGE, false, true, "unknown" },
        { "refused: the sound counts", ALICE_IMAGE, NULL, false, false, "one_way" },
        { "never asked for", NULL, NULL, false, false, "one_way" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS;

        print_message("    %s\n", rows[i].what);
        set_up_call(s);
        talk(s, &a, NULL, 300);
        if (rows[i].offer) {
            send(s, "INVITE", .to_tag = "bob-1", .cseq = 2, .sdp = rows[i].offer);
            send(s, rows[i].answer ? "200" : "488", .to_tag = "bob-1", .cseq = 2,
                 .sdp = rows[i].answer);
        }
        for (unsigned n = 0; rows[i].heard && n < 100; n++) {
            alice_faxes(s, n, 0);
            scene_wait_ms(s, 20);
        }
        hang_up(s);
        only_call(s);
        expect_text(s->calls[0]->media_verdict, rows[i].verdict);
        assert_int_equal(s->calls[0]->one_way, strcmp(rows[i].verdict, "one_way") == 0);
        assert_int_equal(s->calls[0]->fax, rows[i].fax);
        scene_close(s);
    }
}

static void what_is_no_udptl_is_counted(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_call(s);
    switch_to_fax(s, ALICE_IMAGE, BOB_IMAGE);
    assert_int_equal(send_bytes(s, ALICE_RTP, BOB_RTP, SLICE("\1\2\3")), BIN_UDP_OTHER);
    assert_int_equal(s->claim.kind, CLAIM_MEDIA); /* kept with the call all the same */
    assert_int_equal(send_bytes(s, ALICE_RTP, BOB_RTP, SLICE("\0\1\1\2\0\0\0")), BIN_UDP_OTHER);
    assert_int_equal(scene_refused(s, REFUSAL_UDPTL_MALFORMED), 2);
    scene_close(s);
}

/* One call after the other on the same ports: each has its own fax. */
static void ports_are_used_again(void **state)
{
    struct scene *s = scene_open(NULL);

    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *id = i ? "second" : "first";

        send(s, "INVITE", .call_id = id, .sdp = ALICE_IMAGE);
        send(s, "200", .call_id = id, .to_tag = "bob-1", .sdp = BOB_IMAGE);
        for (unsigned n = 0; n < 10u + (unsigned)i; n++)
            alice_faxes(s, n, 0);
        send(s, "BYE", .call_id = id, .to_tag = "bob-1", .cseq = 2);
        send(s, "200", .call_id = id, .of = "BYE", .to_tag = "bob-1", .cseq = 2);
    }
    scene_finish(s);
    assert_int_equal(s->stream_count, 2);
    assert_int_equal(s->streams[0]->packets + s->streams[1]->packets, 21);
    assert_int_equal(s->streams[0]->duplicates + s->streams[1]->duplicates, 0);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fax_and_sound_share_a_port),
        cmocka_unit_test(sound_on_the_port_of_a_fax_is_sound),
        cmocka_unit_test(losses_and_what_repeats_made_good),
        cmocka_unit_test(recovered_is_what_later_packets_carried),
        cmocka_unit_test(fax_never_is_one_way_audio),
        cmocka_unit_test(what_is_no_udptl_is_counted),
        cmocka_unit_test(ports_are_used_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
