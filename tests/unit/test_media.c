/*
 * test_media - RTP finds its call, RTCP its stream, and what either says is told.
 */
#include "analyzer/interval.h"

#include "tests/unit/media_scene.h"

#include <math.h>

static void both_ways_of_a_call_are_its_streams(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;
    const struct stream_record *r;

    (void)state;
    a.seq = 65530;
    set_up_call(s);
    assert_int_equal(say(s, &a), BIN_RTP);
    assert_int_equal(s->claim.kind, CLAIM_MEDIA);
    talk(s, &a, &b, 200);
    hang_up(s);
    scene_finish(s);
    assert_int_equal(s->calls[0]->packets, 401);
    expect_text(s->calls[0]->media_verdict, "ok");
    assert_int_equal(s->calls[0]->one_way, 0);
    expect_text(s->calls[0]->codecs, "[\"PCMU\"]");
    expect_direction(s, 0xa11ce, "caller_to_callee");
    r = stream_of(s, 0xb0b);
    expect_text(r->direction, "callee_to_caller");
    expect_text(r->call_id, "call-1@example");
    assert_true(r->call == s->calls[0]->id);
    expect_text(r->codec, "PCMU");
    assert_int_equal(r->clock_rate_hz, 8000);
    assert_int_equal(r->packets, 200);
    assert_int_equal(r->expected, 200);
    assert_int_equal(r->lost, 0);
    assert_int_equal(r->srtp, 0);
    expect_real(r->ptime_ms, 20);
    expect_real(r->jitter_ms_max, 0);
    expect_real(r->delta_ms_mean, 20);
    expect_real(r->delta_ms_max, 20);
    assert_true(r->mos_lq_raw > 4.3 && r->mos_lq_jb200 > 4.3);
    assert_true(isnan(r->mos_cq)); /* without a round trip */
    assert_int_equal(stream_of(s, 0xa11ce)->expected, 201);
    scene_close(s);
}

static void under_100_packets_there_is_no_mos(void **state)
{
    (void)state;
    for (unsigned n = 99; n <= 100; n++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS;

        set_up_call(s);
        talk(s, &a, NULL, n);
        scene_finish(s);
        assert_int_equal(isnan(stream_of(s, 0xa11ce)->mos_lq_jb200), n < 100);
        assert_int_equal(isnan(stream_of(s, 0xa11ce)->r_raw), n < 100);
        assert_int_equal(isnan(s->calls[0]->mos_lq), n < 100);
        scene_close(s);
    }
}

/* Losses, repeats, disorder and late packets of one stream, all at known places. */
static void losses_are_told_as_they_were(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker b = BOB_TALKS, again;
    const struct stream_record *r;

    (void)state;
    set_up_call(s);
    for (unsigned i = 0; i < 500; i++) {
        bool lost = (i >= 126 && i < 130) || i == 300 || (i >= 310 && i < 312);

        again = b;
        if (lost) {
            b.seq++;
            b.timestamp += 160;
        } else if (i == 200) { /* the next one overtakes it */
            struct talker next = b;

            next.seq++;
            next.timestamp += 160;
            say(s, &next);
            say(s, &b);
            b = next;
            i++;
        } else if (i == 400) { /* 100 ms late: lost behind 50 ms alone */
            scene_wait_ms(s, 100);
            say(s, &b);
            s->now_ns -= 100 * NS_PER_MS;
        } else {
            say(s, &b);
        }
        if (i == 50)
            say(s, &again);
        scene_wait_ms(s, 20);
    }
    scene_finish(s);
    r = stream_of(s, 0xb0b);
    assert_int_equal(r->packets, 494);
    assert_int_equal(r->expected, 500);
    assert_int_equal(r->lost, 7);
    assert_int_equal(r->duplicates, 1);
    assert_int_equal(r->out_of_order, 1);
    assert_int_equal(r->restarts, 0);
    assert_int_equal(r->burst_bursts, 2); /* 126..129; 300 with 310..311 */
    assert_int_equal(r->burst_longest_run, 4);
    expect_real(r->burst_density_ratio, 7.0 / 16);
    expect_real(r->burst_duration_ms, 8 * 20);
    expect_real(r->burst_burst_ratio, 7.0 / 3 * (1 - 7.0 / 500));
    assert_int_equal(r->jb50.late, 1);
    assert_int_equal(r->jb50.lost_total, 8);
    assert_int_equal(r->jb200.late, 0);
    assert_int_equal(r->jb200.lost_total, 7);
    assert_true(r->mos_lq_jb50 <= r->mos_lq_jb200 && r->mos_lq_jb200 <= r->mos_lq_raw);
    expect_real(r->model_ppl_ratio, 7.0 / 500);
    scene_close(s);
}

/* Two calls announce one address one after the other: each has what came in its time. After the BYE
 * and the newer announcement even a stream that goes on unchanged is the newer one's. */
static void an_address_belongs_to_who_announced_it_last(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker b = BOB_TALKS;

    (void)state;
    set_up_call(s);
    talk(s, &b, NULL, 10);
    hang_up(s);
    scene_wait_ms(s, 1000);
    send(s, "INVITE", .sdp = ALICE_SDP, .call_id = "call-2", .from_tag = "alice-2");
    send(s, "200", .to_tag = "bob-2", .sdp = BOB_SDP, .call_id = "call-2", .from_tag = "alice-2");
    talk(s, &b, NULL, 7);
    b.ssrc = 0xb0b2;
    talk(s, &b, NULL, 10);
    scene_wait_ms(s, 20000); /* the first is forgotten, the address is still the second's */
    b.ssrc = 0xb0b3;
    talk(s, &b, NULL, 10);
    scene_finish(s);
    assert_int_equal(s->call_count, 2);
    assert_int_equal(s->calls[0]->packets, 10);
    assert_int_equal(s->calls[1]->packets, 27);
    expect_text(stream_of(s, 0xb0b2)->call_id, "call-2");
    expect_text(stream_of(s, 0xb0b3)->call_id, "call-2");
    assert_int_equal(s->orphan_count, 0);
    scene_close(s);
}

/* The mirror shows the media first, and Opus ticks six times faster than what is assumed of it. */
static void media_before_its_sdp_is_adopted(void **state)
{
    static const char *const opus = "v=0\r\nc=IN IP4 203.0.113.1\r\nm=audio 4000 RTP/AVP 111\r\n"
                                    "a=rtpmap:111 opus/48000/2\r\n";
    struct scene *s = scene_open(NULL);
    struct talker b = BOB_TALKS;
    const struct stream_record *r;

    (void)state;
    b.payload_type = 111;
    b.ticks = 960;
    assert_int_equal(say(s, &b), BIN_RTP_UNPROVEN);
    assert_int_equal(s->claim.kind, CLAIM_MEDIA);
    scene_wait_ms(s, 20);
    talk(s, &b, NULL, 49);
    assert_true(s->bins[BIN_RTP] > 40);
    send(s, "INVITE", .sdp = opus);
    assert_int_equal(s->adopted, 1);
    talk(s, &b, NULL, 100);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    scene_finish(s);
    assert_int_equal(s->orphan_count, 0);
    r = stream_of(s, 0xb0b);
    expect_text(r->call_id, "call-1@example");
    expect_text(r->direction, "callee_to_caller");
    expect_text(r->codec, "opus");
    assert_int_equal(r->clock_rate_hz, 48000);
    assert_int_equal(r->packets, 150);
    assert_int_equal(r->lost, 0);
    expect_real(r->ptime_ms, 20);
    expect_real(r->jitter_ms_max, 0); /* of the clock that it has */
    assert_int_equal(r->jb50.late, 0);
    scene_close(s);
}

static void what_nobody_announces_is_a_stream_alone(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker x = { "192.0.2.7:30000", "192.0.2.8:40000", 0x7, 10, 0, 8, 0 };
    struct talker chance = { "192.0.2.7:30000", "192.0.2.8:40002", 0x8, 10, 0, 8, 0 };
    struct talker low = { "192.0.2.7:53", "192.0.2.8:40004", 0x9, 10, 0, 8, 0 };
    struct talker no_type = { "192.0.2.7:30000", "192.0.2.8:40006", 0xa, 10, 0, 77, 0 };

    (void)state;
    talk(s, &x, NULL, 200);
    for (int i = 0; i < 10; i++) { /* looks like RTP, and follows nothing */
        assert_int_equal(say(s, &chance), BIN_RTP_UNPROVEN);
        chance.seq = (uint16_t)(chance.seq * 31 + 7777);
        assert_int_equal(say(s, &low), BIN_UDP_OTHER);
        assert_int_equal(say(s, &no_type), BIN_UDP_OTHER);
    }
    scene_wait_ms(s, 10000);
    assert_int_equal(s->orphan_count, 0);
    scene_wait_ms(s, 60000);
    assert_int_equal(s->orphan_count, 1);
    scene_finish(s);
    assert_int_equal(s->stream_count, 1);
    assert_int_equal(s->streams[0]->ssrc, 7);
    assert_true(s->streams[0]->call == 0);
    expect_text(s->streams[0]->call_id, NULL);
    expect_text(s->streams[0]->direction, "unknown");
    expect_text(s->streams[0]->codec, "PCMA");
    assert_true(s->streams[0]->mos_lq_raw > 4);
    scene_close(s);
}

static void reports_of_a_stream_alone_are_kept_with_it(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker x = { "192.0.2.7:30000", "192.0.2.8:40000", 0x7, 10, 0, 8, 0 };
    uint64_t id;

    (void)state;
    talk(s, &x, NULL, 20);
    id = s->claim.id;
    send_sr(s, x.src, x.dst, 0x7, 1, NULL);
    assert_true(s->claim.kind == CLAIM_MEDIA && s->claim.id == id);
    send_sr(s, "192.0.2.7:30001", "192.0.2.8:40001", 0x7, 1, NULL);
    assert_true(s->claim.kind == CLAIM_MEDIA && s->claim.id == id);
    send_sr(s, "192.0.2.7:30001", "192.0.2.8:40001", 0x8, 1, NULL); /* of another SSRC */
    assert_int_equal(s->claim.kind, CLAIM_NONE);
    send_sr(s, "192.0.2.7:30003", "192.0.2.8:40003", 0x7, 1, NULL);
    assert_int_equal(s->claim.kind, CLAIM_NONE);
    scene_close(s);
}

/* Behind NAT: SDP names what nobody can reach, media goes to where it came from. */
static void media_from_an_announced_source_belongs_to_its_call(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;

    (void)state;
    set_up_call(s);
    a.dst = "198.51.100.77:6100"; /* from Alice's announced port to elsewhere */
    b.src = "198.51.100.78:7000"; /* to Alice's from nobody's */
    talk(s, &a, &b, 100);
    scene_wait_ms(s, 3000);
    hang_up(s);
    scene_finish(s);
    expect_direction(s, 0xa11ce, "caller_to_callee");
    expect_direction(s, 0xb0b, "callee_to_caller");
    expect_text(s->calls[0]->media_verdict, "ok");
    scene_close(s);
}

/* Two customers with the same private addresses, each in a VLAN of its own. */
static void other_networks_have_addresses_of_their_own(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker b = BOB_TALKS;

    (void)state;
    s->network = 100;
    set_up_call(s);
    s->network = 200;
    send(s, "INVITE", .sdp = ALICE_SDP, .call_id = "call-2@example");
    scene_wait_ms(s, 10);
    send(s, "200", .to_tag = "bob-2", .sdp = BOB_SDP, .call_id = "call-2@example");
    talk(s, &b, NULL, 10);
    s->network = 100;
    b.ssrc++;
    talk(s, &b, NULL, 10);
    s->network = 300; /* whose it is cannot be told */
    b.ssrc++;
    talk(s, &b, NULL, 10);
    scene_finish(s);
    assert_int_equal(s->orphan_count, 1);
    expect_text(stream_of(s, 0xb0b)->call_id, "call-2@example");
    expect_text(stream_of(s, 0xb0c)->call_id, "call-1@example");
    expect_text(stream_of(s, 0xb0d)->call_id, NULL);
    scene_close(s);
}

/* Phones have a voice VLAN, their SIP is mirrored from another one. */
static void media_is_found_in_another_network(void **state)
{
    for (int early = 0; early < 2; early++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        struct report r = { .of = 0xb0b };

        (void)state;
        if (early) { /* heard before anybody announced it */
            s->network = 200;
            talk(s, &a, &b, 10);
        }
        s->network = 100;
        set_up_call(s);
        s->network = 200;
        talk(s, &a, &b, 200);
        b.payload_type = 8; /* and another format, which SDP named */
        talk(s, &b, NULL, 10);
        assert_int_equal(send_sr(s, "203.0.113.1:4001", "198.51.100.1:6001", 0xa11ce, 1, &r),
                         BIN_RTCP);
        s->network = 100;
        hang_up(s);
        scene_finish(s);
        assert_int_equal(s->call_count, 1);
        assert_int_equal(s->orphan_count, 0);
        expect_direction(s, 0xa11ce, "caller_to_callee");
        expect_direction(s, 0xb0b, "callee_to_caller");
        assert_int_equal(stream_of(s, 0xa11ce)->packets, early ? 210 : 200);
        assert_int_equal(stream_of(s, 0xb0b)->rtcp_reports, 1);
        expect_text(s->calls[0]->media_verdict, "ok");
        scene_close(s);
    }
}

static void keypresses_are_told_without_their_digits(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;
    const struct call_record *c;

    (void)state;
    set_up_call(s);
    talk(s, &a, NULL, 50);
    for (unsigned digit = 0; digit < 2; digit++) {
        struct talker event = a;

        event.payload_type = 101;
        for (unsigned i = 1; i <= 7; i++) { /* the end comes three times */
            uint8_t payload[4] = { (uint8_t)(5 + digit), (uint8_t)(i >= 5 ? 0x8a : 0x0a) };

            put_u16(payload + 2, (i < 5 ? i : 5) * 160);
            event.seq = a.seq++;
            send_payload(s, &event, i == 1, slice_of(payload, 4));
            scene_wait_ms(s, 20);
        }
        a.timestamp += 7 * 160;
        talk(s, &a, NULL, 50);
    }
    c = only_call(s);
    expect_text(c->dtmf, "[{\"time\":1795255201.120000,\"method\":\"rfc4733\",\"also\":[],"
                         "\"digit\":null,\"masked\":true,\"direction\":\"caller_to_callee\","
                         "\"duration_ms\":100.0},{\"time\":1795255202.260000,\"method\":"
                         "\"rfc4733\",\"also\":[],\"digit\":null,\"masked\":true,"
                         "\"direction\":\"caller_to_callee\",\"duration_ms\":100.0}]");
    assert_int_equal(stream_of(s, 0xa11ce)->lost, 0);
    assert_int_equal(stream_of(s, 0xa11ce)->packets, 164);
    expect_real(stream_of(s, 0xa11ce)->jitter_ms_max, 0); /* events are not timed */
    expect_text(stream_of(s, 0xa11ce)->codec, "PCMU");
    scene_close(s);
}

/* METRICS §5: A's report seen at t1, B's block with that LSR at t2, and the other way round. */
static void the_round_trip_is_the_sum_of_both_halves(void **state)
{
    static const struct {
        const char *alice, *bob, *attribute;
    } rows[] = {
        { "203.0.113.1:4001", "198.51.100.1:6001", "" },                /* one port above */
        { ALICE_RTP, BOB_RTP, "" },                                     /* muxed */
        { "203.0.113.1:4777", "198.51.100.1:6001", "a=rtcp:4777\r\n" }, /* named */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;
        char sdp[400];
        const struct stream_record *r;

        snprintf(sdp, sizeof sdp, "%s%s", ALICE_SDP, rows[i].attribute);
        send(s, "INVITE", .sdp = sdp);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
        talk(s, &a, &b, 200);
        assert_int_equal(
            send_sr(s, rows[i].alice, rows[i].bob, 0xa11ce, UINT64_C(0x1111222233334444), NULL),
            BIN_RTCP);
        assert_int_equal(s->claim.kind, CLAIM_MEDIA);
        scene_wait_ms(s, 130); /* 30 ms to Bob and back, 100 ms at Bob's */
        send_sr(s, rows[i].bob, rows[i].alice, 0xb0b, UINT64_C(0x5555666677778888),
                &(struct report){ 0xa11ce, 0x22223333, 6554, 64, -2, 80, 0 });
        scene_wait_ms(s, 270); /* 20 ms to Alice and back, 250 ms at hers */
        send_sr(s, rows[i].alice, rows[i].bob, 0xa11ce, UINT64_C(0x1111222933334444),
                &(struct report){ 0xb0b, 0x66667777, 16384, 0, 0, 0, 0 });
        scene_finish(s);
        r = stream_of(s, 0xa11ce);
        assert_true(fabs(r->rtcp_rtt_ms - 50) < 0.02);
        assert_true(fabs(stream_of(s, 0xb0b)->rtcp_rtt_ms - 50) < 0.02);
        assert_int_equal(r->rtcp_reports, 1);
        assert_int_equal(r->rtcp_lost_cumulative, -2);
        expect_real(r->rtcp_fraction_lost_max, 0.25);
        expect_real(r->rtcp_jitter_ms_max, 10);
        assert_true(r->mos_cq > 4 && r->mos_cq < r->mos_lq_jb200);
        assert_int_equal(s->bins[BIN_RTCP], 3);
        scene_close(s);
    }
}

static void half_a_round_trip_is_none(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;

    (void)state;
    set_up_call(s);
    talk(s, &a, &b, 200);
    send_sr(s, "203.0.113.1:4001", "198.51.100.1:6001", 0xa11ce, UINT64_C(0x1111222233334444),
            NULL);
    scene_wait_ms(s, 130);
    send_sr(s, "198.51.100.1:6001", "203.0.113.1:4001", 0xb0b, UINT64_C(0x5555666677778888),
            &(struct report){ 0xa11ce, 0x22223333, 6554, 0, 0, 0, 0 });
    scene_finish(s);
    assert_true(isnan(stream_of(s, 0xa11ce)->rtcp_rtt_ms));
    assert_true(isnan(stream_of(s, 0xa11ce)->mos_cq));
    scene_close(s);
}

static void limits_refuse_by_name(void **state)
{
    struct analyzer_options options;
    struct scene *s;
    struct talker x = { "192.0.2.7:30000", "192.0.2.8:40000", 0, 10, 0, 8, 0 };
    struct talker a = ALICE_TALKS;

    (void)state;
    analyzer_options_default(&options);
    options.max_streams = 100;
    options.max_orphans = 5;
    s = scene_open(&options);
    for (x.ssrc = 1; x.ssrc <= 9; x.ssrc++)
        assert_int_equal(say(s, &x), x.ssrc <= 5 ? BIN_RTP_UNPROVEN : BIN_UDP_OTHER);
    assert_int_equal(scene_refused(s, REFUSAL_STREAMS), 4);
    set_up_call(s);
    for (a.ssrc = 0x100; a.ssrc < 0x100 + 80; a.ssrc++)
        assert_int_equal(say(s, &a), a.ssrc < 0x100 + 64 ? BIN_RTP : BIN_UDP_OTHER);
    assert_int_equal(scene_refused(s, REFUSAL_STREAMS_IN_CALL), 16);
    send(s, "INVITE", .sdp = SDP("203.0.113.1", "4100", ""), .call_id = "call-2");
    a.dst = "203.0.113.1:4100";
    for (a.ssrc = 0x200; a.ssrc < 0x200 + 40; a.ssrc++)
        say(s, &a);
    assert_int_equal(scene_refused(s, REFUSAL_STREAMS), 4 + 9);
    scene_finish(s);
    assert_int_equal(s->stream_count, 64 + 31);
    assert_int_equal(s->orphan_count, 0); /* none of the five was proven */
    scene_close(s);
}

/* Offers with ever new addresses. */
static void media_addresses_of_a_call_are_limited(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker b = BOB_TALKS;
    char sdp[400], dst[40], src[40];

    (void)state;
    set_up_call(s);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(sdp, sizeof sdp, SDP("203.0.113.9", "%u", ""), 10000 + i * 2);
        send(s, "INVITE", .to_tag = "bob-1", .cseq = 2 + i, .sdp = sdp);
    }
    assert_int_equal(scene_refused(s, REFUSAL_MEDIA_ADDRESSES), 100 - 30);
    for (unsigned i = 0; i < 100; i++) {
        snprintf(dst, sizeof dst, "203.0.113.9:%u", 10000 + i * 2);
        snprintf(src, sizeof src, "192.0.2.55:%u", 9000 + i);
        b.dst = dst;
        b.src = src; /* another one each time: who answers one address belongs to the call */
        b.ssrc++;
        assert_int_equal(say(s, &b), i < 30 ? BIN_RTP : BIN_RTP_UNPROVEN);
    }
    scene_close(s);
}

static void other_protocols_have_their_bins(void **state)
{
    static const struct {
        struct slice bytes;
        enum packet_bin bin, bin_elsewhere;
    } rows[] = {
        { SLICE_INIT("\0\1\0\0\x21\x12\xa4\x42"
                     "abcdefghijkl"),
          BIN_STUN, BIN_STUN },
        { SLICE_INIT("\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\1x"), BIN_DTLS, BIN_DTLS },
        { SLICE_INIT("\x10\0\0\0ZRTPabcd"), BIN_ZRTP, BIN_ZRTP },
        { SLICE_INIT("hello"), BIN_UDP_OTHER, BIN_UDP_OTHER },
        { SLICE_INIT(""), BIN_UDP_EMPTY, BIN_UDP_EMPTY },
        { SLICE_INIT("\x80\0\0"), BIN_UDP_OTHER, BIN_UDP_OTHER },
        { SLICE_INIT("\x80\xc9\0\x05"
                     "abcd"),
          BIN_RTCP_MALFORMED, BIN_RTCP_MALFORMED },
        /* A name server's answer may begin like this; on a media address it is damage. */
        { SLICE_INIT("\x9f\0\0\0\0\0\0\0\0\0\0\0\0"), BIN_RTP_MALFORMED, BIN_UDP_OTHER },
    };
    struct scene *s = scene_open(NULL);

    (void)state;
    set_up_call(s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(send_bytes(s, BOB_RTP, ALICE_RTP, rows[i].bytes), rows[i].bin);
        assert_int_equal(s->claim.kind, CLAIM_MEDIA);
        assert_int_equal(send_bytes(s, "192.0.2.3:53", "192.0.2.4:3333", rows[i].bytes),
                         rows[i].bin_elsewhere);
        assert_int_equal(s->claim.kind, CLAIM_NONE);
    }
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 2,
         .sdp = "v=0\r\nc=IN IP4 203.0.113.1\r\nm=image 4400 udptl t38\r\n");
    assert_int_equal(send_bytes(s, BOB_RTP, "203.0.113.1:4400", SLICE("\0\1\1\2\0\0")), BIN_T38);
    scene_close(s);
}

/* Every 5 s a bucket, and the losses where they were. */
static void a_stream_is_told_in_intervals(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker b = BOB_TALKS;
    struct strbuf json = { 0 };
    struct jsonw j = jsonw_to(&json);

    (void)state;
    set_up_call(s);
    talk(s, &b, NULL, 250);
    b.seq += 10;
    b.timestamp += 1600;
    scene_wait_ms(s, 200);
    talk(s, &b, NULL, 100);
    scene_finish(s);
    interval_write_json(&j, stream_of(s, 0xb0b)->intervals);
    expect_text(strbuf_slice(&json),
                "[{\"t\":1795255200.120000,\"packets\":250,\"lost\":0,\"late\":0,"
                "\"jitter_ms_max\":0.000,\"mos_lq\":4.409,\"level_dbm0\":-44.4,"
                "\"silence_ratio\":0.0000,\"clipping_ratio\":0.0000},"
                "{\"t\":1795255205.120000,\"packets\":100,\"lost\":10,\"late\":0,"
                "\"jitter_ms_max\":0.000,\"mos_lq\":3.106,\"level_dbm0\":-44.4,"
                "\"silence_ratio\":0.0000,\"clipping_ratio\":0.0000,"
                "\"unheard\":[0.200,0.000,0.000,0.000,0.000]}]");
    strbuf_fini(&json);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_of_a_call_are_its_streams),
        cmocka_unit_test(under_100_packets_there_is_no_mos),
        cmocka_unit_test(losses_are_told_as_they_were),
        cmocka_unit_test(an_address_belongs_to_who_announced_it_last),
        cmocka_unit_test(media_before_its_sdp_is_adopted),
        cmocka_unit_test(what_nobody_announces_is_a_stream_alone),
        cmocka_unit_test(reports_of_a_stream_alone_are_kept_with_it),
        cmocka_unit_test(media_from_an_announced_source_belongs_to_its_call),
        cmocka_unit_test(other_networks_have_addresses_of_their_own),
        cmocka_unit_test(media_is_found_in_another_network),
        cmocka_unit_test(keypresses_are_told_without_their_digits),
        cmocka_unit_test(the_round_trip_is_the_sum_of_both_halves),
        cmocka_unit_test(half_a_round_trip_is_none),
        cmocka_unit_test(limits_refuse_by_name),
        cmocka_unit_test(media_addresses_of_a_call_are_limited),
        cmocka_unit_test(other_protocols_have_their_bins),
        cmocka_unit_test(a_stream_is_told_in_intervals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
