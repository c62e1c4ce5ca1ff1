/*
 * test_red_keys - keypresses within redundancy (RFC 2198): what was lost comes again in later packets.
 */
#include "tests/unit/media_scene.h"

#define RED_SDP(ip, port)                                                                          \
    "v=0\r\no=- 1 1 IN IP4 " ip "\r\ns=-\r\nc=IN IP4 " ip "\r\nt=0 0\r\nm=audio " port             \
    " RTP/AVP 0 101 121\r\na=rtpmap:101 telephone-event/8000\r\na=rtpmap:121 red/8000\r\n"         \
    "a=fmtp:121 101/101\r\n"

/* The event of now, and behind it the last state of the one before (timestamp `earlier` ticks ago). */
static void send_red(struct scene *s, struct talker *t, uint8_t digit, uint16_t duration,
                     uint8_t before, uint16_t earlier)
{
    uint8_t payload[] = { 0x80 | 101, 0, 0, 0, 101, before, 0x8a, 0x03, 0x20, digit, 0, 0, 0 };
    uint32_t word = (uint32_t)earlier << 10 | 4;

    payload[1] = (uint8_t)(word >> 16);
    payload[2] = (uint8_t)(word >> 8);
    payload[3] = (uint8_t)word;
    put_u16(payload + 11, duration);
    t->payload_type = 121;
    send_payload(s, t, false, slice_of(payload, sizeof payload));
    t->seq++;
}

static const struct call_record *call_of(struct scene *s)
{
    hang_up(s);
    return only_call(s);
}

/* Of key 5 no packet arrives but what key 6 repeats of it. */
static void a_key_that_was_lost_is_in_the_next_ones_packets(void **state)
{
    struct analyzer_options options;
    struct scene *s;
    struct talker a = ALICE_TALKS;
    const struct call_record *c;

    (void)state;
    analyzer_options_default(&options);
    options.keep_digits = true;
    s = scene_open(&options);
    send(s, "INVITE", .sdp = RED_SDP("203.0.113.1", "4000"));
    send(s, "200", .to_tag = "bob-1", .sdp = RED_SDP("198.51.100.1", "6000"));
    talk(s, &a, NULL, 50);
    a.timestamp += 4000; /* key 5 began 500 ms ago */
    scene_wait_ms(s, 500);
    for (uint16_t i = 1; i <= 5; i++) {
        send_red(s, &a, 6, (uint16_t)(i * 160), 5, 4000);
        scene_wait_ms(s, 20);
    }
    a.payload_type = 0;
    a.timestamp += 800;
    talk(s, &a, NULL, 50);
    c = call_of(s);
    expect_text(c->dtmf,
                "[{\"time\":1795255201.000000,\"method\":\"rfc4733\",\"also\":[],\"digit\":"
                "\"5\",\"masked\":false,\"direction\":\"caller_to_callee\","
                "\"duration_ms\":100.0},{\"time\":1795255201.500000,\"method\":"
                "\"rfc4733\",\"also\":[],\"digit\":\"6\",\"masked\":false,\"direction\":"
                "\"caller_to_callee\",\"duration_ms\":100.0}]");
    expect_text(stream_of(s, 0xa11ce)->codec, "PCMU");
    expect_text(stream_of(s, 0xa11ce)->events, "[]");
    assert_int_equal(stream_of(s, 0xa11ce)->packets, 105);
    assert_int_equal(stream_of(s, 0xa11ce)->lost, 0);
    scene_close(s);
}

static void redundancy_that_lies_is_counted(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    send(s, "INVITE", .sdp = RED_SDP("203.0.113.1", "4000"));
    send(s, "200", .to_tag = "bob-1", .sdp = RED_SDP("198.51.100.1", "6000"));
    a.payload_type = 121;
    send_payload(s, &a, false, SLICE("\xe5\x00\x03\xff\x65\x05\x8a\x03\x20")); /* 1023 bytes */
    a.seq++;
    send_payload(s, &a, false, SLICE("\xe5\x00\x03"));
    a.seq++;
    send_payload(s, &a, false, SLICE(""));
    assert_int_equal(scene_refused(s, REFUSAL_PAYLOAD_MALFORMED), 3);
    expect_text(call_of(s)->dtmf, "[]");
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_was_lost_is_in_the_next_ones_packets),
        cmocka_unit_test(redundancy_that_lies_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
