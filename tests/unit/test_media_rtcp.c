/*
 * test_media_rtcp - RTCP of calls and of streams that nobody announced: whose it is, and what is
 * believed.
 */
#include "tests/unit/media_scene.h"

#include <math.h>

#define ALICE_RTCP "203.0.113.1:4001"
#define BOB_RTCP   "198.51.100.1:6001"

/* A datagram of RTCP under construction. */
struct compound {
    uint8_t bytes[512];
    size_t len;
};

static uint8_t *add(struct compound *c, unsigned type, unsigned count, size_t words)
{
    uint8_t *at = c->bytes + c->len;

    assert_true(c->len + 4 + 4 * words <= sizeof c->bytes);
    at[0] = (uint8_t)(0x80 | count);
    at[1] = (uint8_t)type;
    put_u16(at + 2, (uint32_t)words);
    c->len += 4 + 4 * words;
    return at + 4;
}

/* An SR when it has a time, else an RR. */
static void add_report(struct compound *c, uint32_t ssrc, uint64_t ntp, uint32_t packets,
                       const struct report *r)
{
    uint8_t *at = add(c, ntp ? 200 : 201, r != NULL, (ntp ? 6u : 1u) + (r ? 6u : 0u));

    put_u32(at, ssrc);
    at += 4;
    if (ntp) {
        put_u32(at, (uint32_t)(ntp >> 32));
        put_u32(at + 4, (uint32_t)ntp);
        put_u32(at + 12, packets);
        at += 20;
    }
    if (!r)
        return;
    put_u32(at, r->of);
    put_u32(at + 4, (uint32_t)r->lost & 0xffffff);
    at[4] = r->fraction;
    put_u32(at + 8, r->highest);
    put_u32(at + 12, r->jitter);
    put_u32(at + 16, r->lsr);
    put_u32(at + 20, r->dlsr);
}

static void add_cname(struct compound *c, uint32_t ssrc)
{
    uint8_t *at = add(c, 202, 1, 4);

    put_u32(at, ssrc);
    memcpy(at + 4, "\1\5alice\0\0\0\0\0", 12);
}

static void add_bye(struct compound *c, uint32_t ssrc)
{
    put_u32(add(c, 203, 1, 1), ssrc);
}

/* RRTR. */
static void add_time(struct compound *c, uint32_t ssrc, uint64_t ntp)
{
    uint8_t *at = add(c, 207, 0, 4);

    put_u32(at, ssrc);
    put_u32(at + 4, 4u << 24 | 2);
    put_u32(at + 8, (uint32_t)(ntp >> 32));
    put_u32(at + 12, (uint32_t)ntp);
}

/* DLRR. */
static void add_answer(struct compound *c, uint32_t ssrc, uint32_t to, uint32_t lrr, uint32_t dlrr)
{
    uint8_t *at = add(c, 207, 0, 5);

    put_u32(at, ssrc);
    put_u32(at + 4, 5u << 24 | 3);
    put_u32(at + 8, to);
    put_u32(at + 12, lrr);
    put_u32(at + 16, dlrr);
}

/* VoIP metrics of the stream `of`; words: what its length says, 8 by right. */
static void add_metrics(struct compound *c, uint32_t ssrc, uint32_t of, uint32_t words)
{
    static const uint8_t values[28] = { 16,   64, 128,  32,  0,   120, 0x0f, 0xa0, 0,  85,
                                        0,    60, 0xee, 127, 127, 16,  80,   127,  41, 39,
                                        0xb0, 0,  0,    40,  0,   80,  0,    120 };
    uint8_t *at = add(c, 207, 0, 10);

    put_u32(at, ssrc);
    put_u32(at + 4, 7u << 24 | words);
    put_u32(at + 8, of);
    memcpy(at + 12, values, sizeof values);
}

static enum packet_bin send_compound(struct scene *s, const char *src, const char *dst,
                                     const struct compound *c)
{
    return send_bytes(s, src, dst, slice_of(c->bytes, c->len));
}

/* Both talk; each reports on the other. Every kind of packet in one compound. */
static void a_compound_is_taken_whole(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;
    struct report of_bob = { .of = 0xb0b, .highest = 199, .fraction = 64, .jitter = 80 };
    struct compound c = { .len = 0 };
    const struct stream_record *r;

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 200);
    add_report(&c, 0xa11ce, 0x1111222233334444, 200, &of_bob);
    add_cname(&c, 0xa11ce);
    add_metrics(&c, 0xa11ce, 0xb0b, 8);
    add_bye(&c, 0xa11ce);
    assert_int_equal(send_compound(s, ALICE_RTCP, BOB_RTCP, &c), BIN_RTCP);
    scene_finish(s);
    r = stream_of(s, 0xa11ce);
    assert_int_equal(r->rtcp_sender_reports, 1);
    assert_int_equal(r->rtcp_sender_packets, 200);
    assert_int_equal(r->rtcp_reports, 0);
    expect_text(r->rtcp_cname, "alice");
    assert_int_equal(r->rtcp_bye_time, s->now_ns);
    assert_null(r->rtcp_xr.p);
    r = stream_of(s, 0xb0b);
    assert_int_equal(r->rtcp_reports, 1);
    expect_real(r->rtcp_fraction_lost_max, 0.25);
    expect_real(r->rtcp_jitter_ms_max, 10);
    assert_null(r->rtcp_cname.p);
    assert_true(r->rtcp_bye_time == RECORD_NONE);
    expect_text(r->rtcp_xr,
                "{\"loss_ratio\":0.0625,\"discard_ratio\":0.2500,\"burst_density_ratio\":0.5000,"
                "\"gap_density_ratio\":0.1250,\"burst_duration_ms\":120,\"gap_duration_ms\":4000,"
                "\"round_trip_ms\":85,\"end_system_delay_ms\":60,\"signal_dbm\":-18,"
                "\"noise_dbm\":null,\"rerl_db\":null,\"gmin\":16,\"r_factor\":80,"
                "\"external_r_factor\":null,\"mos_lq\":4.1,\"mos_cq\":3.9,"
                "\"concealment\":\"enhanced\",\"jitter_buffer\":\"adaptive\",\"jb_nominal_ms\":40,"
                "\"jb_maximum_ms\":80,\"jb_abs_max_ms\":120}");
    scene_close(s);
}

/* Any packet may stand alone where the call is known (RFC 5506). */
static void reduced_size_is_taken_in_a_call(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;
    struct compound c = { .len = 0 };

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 10);
    add_metrics(&c, 0xa11ce, 0xb0b, 8);
    assert_int_equal(send_compound(s, ALICE_RTCP, BOB_RTCP, &c), BIN_RTCP);
    c.len = 0;
    add_bye(&c, 0xb0b);
    assert_int_equal(send_compound(s, BOB_RTP, ALICE_RTP, &c), BIN_RTCP); /* rtcp-mux */
    assert_int_equal(send_compound(s, "192.0.2.7:3001", "192.0.2.8:3003", &c), BIN_RTCP_MALFORMED);
    scene_finish(s);
    assert_non_null(stream_of(s, 0xb0b)->rtcp_xr.p);
    assert_int_equal(stream_of(s, 0xb0b)->rtcp_bye_time, s->now_ns);
    scene_close(s);
}

/* Bob only listens: his RRTR and Alice's DLRR make the half of the way that no SR of his could. */
static void a_listener_has_a_round_trip(void **state)
{
    (void)state;
    for (int silent = 0; silent < 2; silent++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        struct report of_alice = { .of = 0xa11ce, .lsr = 0x22223333, .dlsr = 6554, .highest = 199 };
        struct compound c = { .len = 0 };
        const struct stream_record *r;

        set_up_call(s);
        talk(s, &a, silent ? NULL : &b, 200);
        add_report(&c, 0xa11ce, 0x1111222233334444, 200, NULL);
        send_compound(s, ALICE_RTCP, BOB_RTCP, &c);
        scene_wait_ms(s, 130); /* 30 ms to Bob and back, 100 ms at rest */
        c.len = 0;
        add_report(&c, 0xb0b, 0, 0, &of_alice);
        add_time(&c, 0xb0b, 0x5555666677778888);
        send_compound(s, BOB_RTCP, ALICE_RTCP, &c);
        scene_wait_ms(s, 270); /* 20 ms to Alice and back */
        c.len = 0;
        add_report(&c, 0xa11ce, 0x1112222233334444, 213, NULL);
        add_answer(&c, 0xa11ce, 0xdead, 0x66667777, 0); /* to somebody else */
        add_answer(&c, 0xa11ce, 0xb0b, 0x66667777, 16384);
        send_compound(s, ALICE_RTCP, BOB_RTCP, &c);
        scene_finish(s);
        r = stream_of(s, 0xa11ce);
        assert_true(fabs(r->rtcp_rtt_receiver_ms - 30) < 0.02);
        assert_true(fabs(r->rtcp_rtt_ms - 50) < 0.02);
        assert_true(r->mos_cq > 4 && r->mos_cq < r->mos_lq_jb200);
        if (!silent) {
            assert_true(fabs(stream_of(s, 0xb0b)->rtcp_rtt_receiver_ms - 20) < 0.02);
            assert_true(fabs(stream_of(s, 0xb0b)->rtcp_rtt_ms - 50) < 0.02);
        }
        scene_close(s);
    }
}

/* Through a relay both legs have streams of the same SSRC: each has the reports between its ends. */
static void reports_find_their_leg(void **state)
{
    static const char *const relay[2] = { "192.0.2.50:7000", "192.0.2.50:7002" };
    struct scene *s = scene_open(NULL);
    struct talker in = ALICE_TALKS, out = ALICE_TALKS;
    const struct stream_record *r;

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP);
    send(s, "INVITE", .sdp = SDP("192.0.2.50", "7002", ""), .branch = "z9hG4bK-leg-2",
         .src = "192.0.2.50:5060");
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    send(s, "200", .to_tag = "bob-1", .sdp = SDP("192.0.2.50", "7000", ""),
         .src = "192.0.2.50:5060");
    in.dst = relay[0];
    out.src = relay[1];
    talk(s, &in, &out, 100);
    for (unsigned n = 1; n <= 3; n++) {
        struct report from_bob = { .of = 0xa11ce, .highest = 99, .lost = (int32_t)n };
        struct report from_relay = { .of = 0xa11ce, .highest = 99 };
        struct compound c = { .len = 0 };

        add_report(&c, 0xb0b, 0, 0, &from_bob);
        send_compound(s, BOB_RTCP, "192.0.2.50:7003", &c);
        if (n > 1)
            continue;
        c.len = 0;
        add_report(&c, 0xb0b, 0, 0, &from_relay);
        send_compound(s, "192.0.2.50:7001", ALICE_RTCP, &c);
    }
    scene_finish(s);
    assert_int_equal(s->stream_count, 2);
    for (int i = 0; i < 2; i++) {
        r = s->streams[i];
        assert_int_equal(r->rtcp_reports, r->dst.port == 7000 ? 1 : 3);
        assert_int_equal(r->rtcp_lost_cumulative, r->dst.port == 7000 ? 0 : 3);
    }
    scene_close(s);
}

/* Some gateways report on themselves; that measures nothing. */
static void who_reports_on_himself_says_nothing(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;
    struct report of_himself = { .of = 0xa11ce, .lsr = 0x22223333, .dlsr = 1, .highest = 131074 };
    struct compound c = { .len = 0 };
    const struct stream_record *r;

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 200);
    add_report(&c, 0xa11ce, 0x1111222233334444, 200, &of_himself);
    for (int n = 0; n < 3; n++)
        send_compound(s, ALICE_RTCP, BOB_RTCP, &c);
    scene_finish(s);
    r = stream_of(s, 0xa11ce);
    assert_int_equal(r->rtcp_sender_reports, 3);
    assert_int_equal(r->rtcp_reports, 0);
    assert_true(isnan(r->rtcp_rtt_ms) && isnan(r->rtcp_rtt_receiver_ms));
    scene_close(s);
}

/* Both ends may have the same SSRC. */
static void equal_ssrcs_are_told_apart_by_their_ends(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;
    struct report r = { .of = 0xa11ce, .highest = 99, .lost = 7 };
    struct compound c = { .len = 0 };

    (void)state;
    b.ssrc = 0xa11ce;
    set_up_call(s);
    talk(s, &a, &b, 100);
    add_report(&c, 0xa11ce, 0x1111222233334444, 100, &r);
    send_compound(s, ALICE_RTCP, BOB_RTCP, &c);
    scene_finish(s);
    for (int i = 0; i < 2; i++) {
        bool from_alice = s->streams[i]->src.port == 4000;

        assert_int_equal(s->streams[i]->rtcp_sender_reports, from_alice);
        assert_int_equal(s->streams[i]->rtcp_reports, !from_alice);
    }
    scene_close(s);
}

/* The side of a loss, through the whole analyzer: ten packets pass and are not received. */
static void losses_behind_the_probe_are_told(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;
    const struct stream_record *r;

    (void)state;
    set_up_call(s);
    for (unsigned n = 1; n <= 3; n++) {
        struct report by_bob = { .of = 0xa11ce, .lost = 14 * (int32_t)n };
        struct compound c = { .len = 0 };

        talk(s, &a, NULL, 200);
        a.seq = (uint16_t)(a.seq + 4); /* these never come here */
        a.timestamp += 4 * 160;
        talk(s, &a, NULL, 46);
        by_bob.highest = a.seq - 6u; /* five are under way */
        add_report(&c, 0xb0b, 0, 0, &by_bob);
        send_compound(s, BOB_RTCP, ALICE_RTCP, &c);
    }
    scene_finish(s);
    r = stream_of(s, 0xa11ce);
    assert_int_equal(r->rtcp_lost_before_probe, 2 * 4); /* from the first report to the last */
    assert_int_equal(r->rtcp_lost_after_probe, 2 * 10);
    expect_text(r->rtcp_loss_side, "both");
    scene_close(s);
}

static void xr_that_lies_is_counted(void **state)
{
    static const struct {
        uint32_t words;
        uint64_t refused;
        bool told;
    } rows[] = { { 8, 0, true }, { 7, 1, false }, { 9, 1, false }, { 0xffff, 1, false } };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        struct compound c = { .len = 0 };

        set_up_call(s);
        talk(s, &a, &b, 10);
        add_report(&c, 0xa11ce, 1, 10, NULL);
        add_metrics(&c, 0xa11ce, 0xb0b, rows[i].words);
        assert_int_equal(send_compound(s, ALICE_RTCP, BOB_RTCP, &c), BIN_RTCP);
        assert_true(scene_refused(s, REFUSAL_XR_MALFORMED) >= rows[i].refused);
        assert_int_equal(scene_refused(s, REFUSAL_XR_MALFORMED) > 0, rows[i].refused);
        /* A packet that lies ends it all. */
        c.bytes[2] = 0x7f;
        assert_int_equal(send_compound(s, ALICE_RTCP, BOB_RTCP, &c), BIN_RTCP_MALFORMED);
        scene_finish(s);
        assert_int_equal(stream_of(s, 0xb0b)->rtcp_xr.p != NULL, rows[i].told);
        assert_int_equal(stream_of(s, 0xa11ce)->rtcp_sender_reports, 1);
        scene_close(s);
    }
}

/* A block of answers that is not made of whole answers; one that is followed by a good one. */
static void xr_that_lies_does_not_hide_what_follows(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;
    struct compound c = { .len = 0 };
    uint8_t *at;

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 10);
    at = add(&c, 207, 0, 1 + 3 + 3);
    put_u32(at, 0xa11ce);
    put_u32(at + 4, 5u << 24 | 2);  /* DLRR of two words */
    put_u32(at + 16, 4u << 24 | 2); /* RRTR */
    put_u32(at + 20, 0x11112222);
    put_u32(at + 24, 0x33334444);
    send_compound(s, ALICE_RTCP, BOB_RTCP, &c);
    assert_int_equal(scene_refused(s, REFUSAL_XR_MALFORMED), 1);
    scene_wait_ms(s, 40);
    c.len = 0;
    add_answer(&c, 0xb0b, 0xa11ce, 0x22223333, 0);
    send_compound(s, BOB_RTCP, ALICE_RTCP, &c);
    scene_finish(s);
    assert_true(fabs(stream_of(s, 0xa11ce)->rtcp_rtt_receiver_ms - 40) < 0.02);
    scene_close(s);
}

/* A stream that moved and came back: reports from a port that tells nothing are of the one that talks. */
static void reports_are_of_the_stream_that_talks(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;
    struct compound c = { .len = 0 };

    (void)state;
    send(s, "INVITE", .sdp = SDP("203.0.113.1", "4000", "a=rtcp:4777\r\n"));
    send(s, "200", .to_tag = "bob-1", .sdp = SDP("198.51.100.1", "6000", "a=rtcp:6777\r\n"));
    talk(s, &a, NULL, 10);
    a.src = "203.0.113.1:4100";
    talk(s, &a, NULL, 10);
    a.src = ALICE_RTP;
    talk(s, &a, NULL, 10);
    add_report(&c, 0xa11ce, 1, 30, NULL);
    send_compound(s, "203.0.113.1:4777", "198.51.100.1:6777", &c);
    scene_finish(s);
    assert_int_equal(s->stream_count, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(s->streams[i]->rtcp_sender_reports, s->streams[i]->src.port == 4000);
    scene_close(s);
}

/* Where media is encrypted, only what names its sender twice is plain. */
static void srtcp_is_never_read(void **state)
{
    (void)state;
    for (int named = 0; named < 2; named++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        struct compound c = { .len = 0 };

        send(s, "INVITE", .sdp = SDP("203.0.113.1", "4000", "a=crypto:1 X inline:y\r\n"));
        send(s, "200", .to_tag = "bob-1",
             .sdp = SDP("198.51.100.1", "6000", "a=crypto:1 X inline:y\r\n"));
        talk(s, &a, &b, 10);
        add_report(&c, 0xa11ce, 1, 10, NULL);
        add_cname(&c, named ? 0xa11ce : 0xdead);
        assert_int_equal(send_compound(s, ALICE_RTCP, BOB_RTCP, &c),
                         named ? BIN_RTCP : BIN_RTCP_MALFORMED);
        c.len += 14; /* index and tag */
        assert_int_equal(send_compound(s, ALICE_RTCP, BOB_RTCP, &c), BIN_RTCP_MALFORMED);
        scene_finish(s);
        assert_int_equal(stream_of(s, 0xa11ce)->rtcp_sender_reports, named);
        scene_close(s);
    }
}

/* Who takes no part in the call may send what he likes. */
static void a_stranger_is_not_believed(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;
    struct report lie = { .of = 0xa11ce, .fraction = 255, .lost = 1000, .highest = 99 };
    struct compound c = { .len = 0 };

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 100);
    add_report(&c, 0xb0b, 0, 0, &lie);
    add_bye(&c, 0xa11ce);
    assert_int_equal(send_compound(s, "192.0.2.66:6001", ALICE_RTCP, &c), BIN_RTCP);
    assert_int_equal(scene_refused(s, REFUSAL_RTCP_FOREIGN), 1);
    scene_finish(s);
    assert_int_equal(stream_of(s, 0xa11ce)->rtcp_reports, 0);
    assert_true(stream_of(s, 0xa11ce)->rtcp_bye_time == RECORD_NONE);
    scene_close(s);
}

/* Without SDP: both streams between the same two addresses have their reports, and a round trip. */
static void orphans_have_their_reports(void **state)
{
    (void)state;
    for (int mux = 0; mux < 2; mux++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        const char *alice = mux ? ALICE_RTP : ALICE_RTCP, *bob = mux ? BOB_RTP : BOB_RTCP;
        struct report by_bob = { .of = 0xa11ce, .lsr = 0x22223333, .dlsr = 6554, .highest = 199 };
        struct report by_alice = { .of = 0xb0b, .lsr = 0x66667777, .dlsr = 16384, .highest = 199 };
        struct compound c = { .len = 0 };

        talk(s, &a, &b, 200);
        add_report(&c, 0xa11ce, 0x1111222233334444, 200, NULL);
        assert_int_equal(send_compound(s, alice, bob, &c), BIN_RTCP);
        assert_int_equal(s->claim.kind, CLAIM_MEDIA);
        scene_wait_ms(s, 130);
        c.len = 0;
        add_report(&c, 0xb0b, 0x5555666677778888, 200, &by_bob);
        add_bye(&c, 0xb0b);
        send_compound(s, bob, alice, &c);
        scene_wait_ms(s, 270);
        c.len = 0;
        add_report(&c, 0xa11ce, 0, 0, &by_alice);
        send_compound(s, alice, bob, &c);
        c.len = 0;
        add_bye(&c, 0xa11ce); /* alone: of reduced size */
        assert_int_equal(send_compound(s, alice, bob, &c), BIN_RTCP);
        scene_finish(s);
        assert_int_equal(s->orphan_count, 2);
        assert_int_equal(stream_of(s, 0xa11ce)->rtcp_bye_time, s->now_ns);
        assert_int_equal(stream_of(s, 0xa11ce)->rtcp_sender_reports, 1);
        assert_int_equal(stream_of(s, 0xa11ce)->rtcp_reports, 1);
        assert_true(fabs(stream_of(s, 0xa11ce)->rtcp_rtt_ms - 50) < 0.02);
        assert_true(fabs(stream_of(s, 0xb0b)->rtcp_rtt_ms - 50) < 0.02);
        assert_true(stream_of(s, 0xb0b)->rtcp_bye_time != RECORD_NONE);
        scene_close(s);
    }
}

/* A listener's RR speaks of the one stream there is. */
static void an_orphan_is_found_by_who_hears_it(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;
    struct report by_bob = { .of = 0xa11ce, .highest = 99, .lost = 3 };
    struct compound c = { .len = 0 };

    (void)state;
    talk(s, &a, NULL, 100);
    add_report(&c, 0xb0b, 0, 0, &by_bob);
    assert_int_equal(send_compound(s, BOB_RTCP, ALICE_RTCP, &c), BIN_RTCP);
    assert_int_equal(s->claim.kind, CLAIM_MEDIA);
    scene_finish(s);
    assert_int_equal(stream_of(s, 0xa11ce)->rtcp_reports, 1);
    assert_int_equal(stream_of(s, 0xa11ce)->rtcp_lost_cumulative, 3);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compound_is_taken_whole),
        cmocka_unit_test(reduced_size_is_taken_in_a_call),
        cmocka_unit_test(a_listener_has_a_round_trip),
        cmocka_unit_test(reports_find_their_leg),
        cmocka_unit_test(who_reports_on_himself_says_nothing),
        cmocka_unit_test(equal_ssrcs_are_told_apart_by_their_ends),
        cmocka_unit_test(losses_behind_the_probe_are_told),
        cmocka_unit_test(xr_that_lies_is_counted),
        cmocka_unit_test(xr_that_lies_does_not_hide_what_follows),
        cmocka_unit_test(reports_are_of_the_stream_that_talks),
        cmocka_unit_test(srtcp_is_never_read),
        cmocka_unit_test(a_stranger_is_not_believed),
        cmocka_unit_test(orphans_have_their_reports),
        cmocka_unit_test(an_orphan_is_found_by_who_hears_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
