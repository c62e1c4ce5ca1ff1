/*
 * test_stream_events - what changes in mid-stream is told once, in order, with whether SIP said so.
 */
#include "tests/unit/media_scene.h"

/* From Alice to Bob, 20 ms a packet, with a payload that is sound. */
static void speak(struct scene *s, struct talker *t, unsigned n)
{
    talk(s, t, NULL, n);
}

static void expect_events(struct scene *s, uint32_t ssrc, const char *expected)
{
    expect_text(stream_of(s, ssrc)->events, expected);
}

static void a_quiet_stream_has_none(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    set_up_call(s);
    speak(s, &a, 50);
    scene_finish(s);
    expect_events(s, 0xa11ce, "[]");
    assert_int_equal(s->calls[0]->codec_changes_unannounced, 0);
    assert_int_equal(s->calls[0]->foreign_sources, 0);
    scene_close(s);
}

static void a_codec_that_no_sdp_named_is_told(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    set_up_call(s);
    speak(s, &a, 50);
    a.payload_type = 8;
    speak(s, &a, 50);
    scene_finish(s);
    expect_events(s, 0xa11ce,
                  "[{\"t\":1795255201.120000,\"event\":\"codec_change\",\"from\":\"PCMU/0\","
                  "\"to\":\"PCMA/8\",\"announced\":false}]");
    assert_int_equal(s->calls[0]->codec_changes_unannounced, 1);
    expect_text(stream_of(s, 0xa11ce)->codec, "PCMA");
    scene_close(s);
}

/* The offer may come behind the media that it announces: what is known at the end counts. */
static void a_codec_that_sdp_names_later_is_announced(void **state)
{
    static const char both[] = "v=0\r\nc=IN IP4 198.51.100.1\r\nm=audio 6000 RTP/AVP 8 0\r\n";

    (void)state;
    for (int later = 0; later < 2; later++) {
        struct scene *s = scene_open(NULL);
        struct talker a = ALICE_TALKS;

        set_up_call(s);
        speak(s, &a, 50);
        if (!later)
            send(s, "INVITE", .to_tag = "bob-1", .by_bob = true, .cseq = 1, .sdp = both);
        a.payload_type = 8;
        speak(s, &a, 50);
        if (later)
            send(s, "INVITE", .to_tag = "bob-1", .by_bob = true, .cseq = 1, .sdp = both);
        scene_finish(s);
        expect_events(s, 0xa11ce,
                      "[{\"t\":1795255201.120000,\"event\":\"codec_change\",\"from\":\"PCMU/0\","
                      "\"to\":\"PCMA/8\",\"announced\":true}]");
        assert_int_equal(s->calls[0]->codec_changes_unannounced, 0);
        scene_close(s);
    }
}

/* What the talker's own side is ready to hear is not what it may say. */
static void only_who_listens_announces(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    send(s, "INVITE", .sdp = "v=0\r\nc=IN IP4 203.0.113.1\r\nm=audio 4000 RTP/AVP 0 8\r\n");
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    speak(s, &a, 10);
    a.payload_type = 8;
    speak(s, &a, 10);
    scene_finish(s);
    assert_int_equal(s->calls[0]->codec_changes_unannounced, 1);
    scene_close(s);
}

static void another_clock_is_told_with_its_codec(void **state)
{
    static const char wide[] = "v=0\r\nc=IN IP4 198.51.100.1\r\nm=audio 6000 RTP/AVP 0 98\r\n"
                               "a=rtpmap:98 AMR-WB/16000\r\n";
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP);
    scene_wait_ms(s, 120);
    send(s, "200", .to_tag = "bob-1", .sdp = wide);
    speak(s, &a, 50);
    a.payload_type = 98;
    a.ticks = 320;
    speak(s, &a, 50);
    scene_finish(s);
    expect_events(s, 0xa11ce,
                  "[{\"t\":1795255201.120000,\"event\":\"codec_change\",\"from\":\"PCMU/0\","
                  "\"to\":\"AMR-WB/98\",\"announced\":true},"
                  "{\"t\":1795255201.120000,\"event\":\"clock_change\",\"from\":8000,"
                  "\"to\":16000}]");
    expect_real(stream_of(s, 0xa11ce)->jitter_ms_max, 0);
    scene_close(s);
}

/* Keypresses and comfort noise are no codecs; nor is a packet that nobody understands. */
static void what_is_no_codec_changes_none(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    set_up_call(s);
    speak(s, &a, 10);
    for (int i = 0; i < 5; i++) {
        a.payload_type = 101;
        send_payload(s, &a, i == 0, SLICE("\1\12\3\0"));
        a.seq++;
        scene_wait_ms(s, 20);
        a.timestamp += 160;
        a.payload_type = 13;
        send_payload(s, &a, false, SLICE("\60"));
        a.seq++;
        scene_wait_ms(s, 20);
        a.timestamp += 160;
        a.payload_type = 121; /* unknown, and no key */
        send_payload(s, &a, false, SLICE("redundancy"));
        a.seq++;
        scene_wait_ms(s, 20);
        a.timestamp += 160;
        a.payload_type = 0;
        speak(s, &a, 10);
    }
    scene_finish(s);
    expect_events(s, 0xa11ce, "[]");
    expect_text(stream_of(s, 0xa11ce)->codec, "PCMU");
    assert_int_equal(stream_of(s, 0xa11ce)->payload_type, 0);
    assert_int_equal(stream_of(s, 0xa11ce)->comfort_noise, 5);
    assert_int_equal(stream_of(s, 0xa11ce)->lost, 0);
    expect_real(stream_of(s, 0xa11ce)->jitter_ms_max, 0);
    scene_close(s);
}

/* Several payload types of events in one stream, one of them named nowhere. */
static void keys_of_several_payload_types_are_left_out_of_jitter(void **state)
{
    static const uint8_t types[] = { 101, 96, 120 };
    static const char two[] = "v=0\r\nc=IN IP4 198.51.100.1\r\nm=audio 6000 RTP/AVP 0 101 96\r\n"
                              "a=rtpmap:101 telephone-event/8000\r\n"
                              "a=rtpmap:96 telephone-event/8000\r\n";
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP);
    send(s, "200", .to_tag = "bob-1", .sdp = two);
    speak(s, &a, 20);
    for (size_t i = 0; i < sizeof types; i++) {
        a.payload_type = types[i];
        for (int n = 0; n < 5; n++) { /* the timestamp stands still */
            send_payload(s, &a, n == 0, n < 4 ? SLICE("\1\12\1\100") : SLICE("\1\212\3\40"));
            a.seq++;
            scene_wait_ms(s, 20);
        }
        a.timestamp += 5 * 160;
        a.payload_type = 0;
        speak(s, &a, 20);
    }
    scene_finish(s);
    expect_real(stream_of(s, 0xa11ce)->jitter_ms_max, 0);
    expect_events(s, 0xa11ce, "[]");
    expect_text(stream_of(s, 0xa11ce)->codec, "PCMU");
    scene_close(s);
}

/* … but when nothing else comes any more, it is the codec. */
static void what_goes_on_unknown_is_the_codec(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    set_up_call(s);
    speak(s, &a, 10);
    a.payload_type = 121;
    speak(s, &a, 100);
    scene_finish(s);
    expect_events(s, 0xa11ce,
                  "[{\"t\":1795255200.800000,\"event\":\"codec_change\",\"from\":\"PCMU/0\","
                  "\"to\":\"/121\",\"announced\":false}]");
    assert_true(stream_of(s, 0xa11ce)->codec.p == NULL);
    scene_close(s);
}

static void restarts_jumps_and_dscp_are_told_in_order(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    set_up_call(s);
    s->dscp = 46;
    speak(s, &a, 50);
    a.timestamp += 80000; /* 10 s that nothing explains */
    speak(s, &a, 50);
    s->dscp = 0;
    speak(s, &a, 50);
    a.seq = (uint16_t)(a.seq + 20000);
    speak(s, &a, 50);
    scene_finish(s);
    expect_events(s, 0xa11ce,
                  "[{\"t\":1795255201.120000,\"event\":\"timestamp_jump\",\"jump_ms\":10000.0},"
                  "{\"t\":1795255202.120000,\"event\":\"dscp_change\",\"from\":46,\"to\":0},"
                  "{\"t\":1795255203.140000,\"event\":\"restart\"}]");
    assert_int_equal(stream_of(s, 0xa11ce)->dscp, 0);
    expect_real(stream_of(s, 0xa11ce)->jitter_ms_max, 0);
    scene_close(s);
}

/* A pause that the clock explains is no jump. */
static void a_pause_is_no_event(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    set_up_call(s);
    speak(s, &a, 50);
    scene_wait_ms(s, 5000);
    a.timestamp += 40000;
    speak(s, &a, 50);
    scene_finish(s);
    expect_events(s, 0xa11ce, "[]");
    scene_close(s);
}

static void events_have_a_cap(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;
    size_t told = 0;
    struct slice events;

    (void)state;
    set_up_call(s);
    for (int i = 0; i < 200; i++) {
        s->dscp = (uint8_t)(i % 64);
        speak(s, &a, 1);
    }
    a.payload_type = 8; /* is told all the same */
    speak(s, &a, 1);
    scene_finish(s);
    events = stream_of(s, 0xa11ce)->events;
    for (size_t i = 0; i < events.len; i++)
        told += events.p[i] == '{';
    assert_int_equal(told, 13);
    assert_int_equal(scene_refused(s, REFUSAL_STREAM_EVENTS), 199 - 12);
    assert_int_equal(s->calls[0]->codec_changes_unannounced, 1);
    scene_close(s);
}

static void another_ssrc_takes_over(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    set_up_call(s);
    speak(s, &a, 100);
    a.ssrc = 0xa22;
    speak(s, &a, 100);
    a.ssrc = 0xa33;
    speak(s, &a, 100);
    scene_finish(s);
    expect_events(s, 0xa11ce, "[]");
    expect_events(s, 0xa22,
                  "[{\"t\":1795255202.120000,\"event\":\"ssrc_change\",\"from\":\"0x000a11ce\","
                  "\"to\":\"0x00000a22\"}]");
    expect_events(s, 0xa33,
                  "[{\"t\":1795255204.120000,\"event\":\"ssrc_change\",\"from\":\"0x00000a22\","
                  "\"to\":\"0x00000a33\"}]");
    scene_close(s);
}

/* The stream that is the n-th in time; two of them have one SSRC. */
static const struct stream_record *nth_stream(const struct scene *s, size_t n)
{
    assert_true(n < s->stream_count);
    for (size_t i = 0; i < s->stream_count; i++) {
        size_t before = 0;

        for (size_t k = 0; k < s->stream_count; k++)
            before += s->streams[k]->start_time < s->streams[i]->start_time;
        if (before == n)
            return s->streams[i];
    }
    return NULL;
}

static void a_source_that_moves_is_told(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS;

    (void)state;
    set_up_call(s);
    speak(s, &a, 100);
    a.src = "203.0.113.77:4002";
    speak(s, &a, 100);
    scene_finish(s);
    assert_int_equal(s->stream_count, 2);
    expect_text(nth_stream(s, 0)->events, "[]");
    expect_text(nth_stream(s, 1)->events,
                "[{\"t\":1795255202.120000,\"event\":\"media_address_change\","
                "\"from\":\"203.0.113.1:4000\",\"to\":\"203.0.113.77:4002\"}]");
    assert_int_equal(nth_stream(s, 1)->foreign_source, 0);
    scene_close(s);
}

static void two_at_once_with_one_ssrc_collide(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, other = ALICE_TALKS;

    (void)state;
    other.src = "203.0.113.77:4002";
    other.seq = 30000;
    set_up_call(s);
    speak(s, &a, 10);
    talk(s, &a, &other, 200);
    scene_finish(s);
    expect_text(nth_stream(s, 1)->events,
                "[{\"t\":1795255200.320000,\"event\":\"ssrc_collision\","
                "\"from\":\"203.0.113.1:4000\",\"to\":\"203.0.113.77:4002\"}]");
    scene_close(s);
}

/* A mirror in front of and behind a NAT shows each packet twice: nothing happened. */
static void the_same_packets_seen_twice_are_no_collision(void **state)
{
    struct scene *s = scene_open(NULL);
    struct talker a = ALICE_TALKS, again = ALICE_TALKS;

    (void)state;
    again.src = "203.0.113.77:4002";
    set_up_call(s);
    talk(s, &a, &again, 200);
    scene_finish(s);
    for (size_t i = 0; i < 2; i++) {
        expect_text(s->streams[i]->events, "[]");
        assert_int_equal(s->streams[i]->foreign_source, 0);
    }
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quiet_stream_has_none),
        cmocka_unit_test(a_codec_that_no_sdp_named_is_told),
        cmocka_unit_test(a_codec_that_sdp_names_later_is_announced),
        cmocka_unit_test(only_who_listens_announces),
        cmocka_unit_test(another_clock_is_told_with_its_codec),
        cmocka_unit_test(what_is_no_codec_changes_none),
        cmocka_unit_test(keys_of_several_payload_types_are_left_out_of_jitter),
        cmocka_unit_test(what_goes_on_unknown_is_the_codec),
        cmocka_unit_test(restarts_jumps_and_dscp_are_told_in_order),
        cmocka_unit_test(a_pause_is_no_event),
        cmocka_unit_test(events_have_a_cap),
        cmocka_unit_test(another_ssrc_takes_over),
        cmocka_unit_test(a_source_that_moves_is_told),
        cmocka_unit_test(two_at_once_with_one_ssrc_collide),
        cmocka_unit_test(the_same_packets_seen_twice_are_no_collision),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
