/*
 * test_media_tones - which streams are listened to, in which order their sound is fed, and what keys
 * that gives in the record.
 */
#include "analyzer/rtp/g711.h"
#include "storage/audio/tones.h"
#include "tests/unit/media_scene.h"
#include "tests/unit/tone_fixture.h"

#define PCMU_ONLY(ip, port)                                                                        \
    "v=0\r\no=- 1 1 IN IP4 " ip "\r\ns=-\r\nc=IN IP4 " ip "\r\nt=0 0\r\nm=audio " port             \
    " RTP/AVP 0\r\n"
#define ALICE_PLAIN PCMU_ONLY("203.0.113.1", "4000")
#define BOB_PLAIN   PCMU_ONLY("198.51.100.1", "6000")

enum { PACKET_SAMPLES = 160 };

/* A listener that hears nothing, and remembers what it was fed. The struct has no context. */
static struct {
    int opened, closed, open_most;
    uint64_t samples, silent;
    bool no_memory;
} fake;

static void *fake_open(void)
{
    if (fake.no_memory)
        return NULL;
    fake.opened++;
    if (fake.opened - fake.closed > fake.open_most)
        fake.open_most = fake.opened - fake.closed;
    return calloc(1, 1);
}

static void fake_listen(void *listener, const int16_t *samples, size_t count, tone_fn found,
                        void *ctx)
{
    (void)listener;
    (void)found;
    (void)ctx;
    fake.samples += count;
    for (size_t i = 0; i < count; i++)
        fake.silent += samples[i] == 0;
}

static void fake_close(void *listener)
{
    fake.closed++;
    free(listener);
}

static struct scene *open_with(struct tone_listener tones, enum inband_dtmf when)
{
    struct analyzer_options options;

    memset(&fake, 0, sizeof fake);
    analyzer_options_default(&options);
    options.tones = tones;
    options.inband_dtmf = (uint8_t)when;
    options.keep_digits = true;
    return scene_open(&options);
}

static const struct tone_listener pretended = { fake_open, fake_listen, fake_close };

static void who_is_listened_to(void **state)
{
    static const struct {
        const char *what, *offer, *answer;
        enum inband_dtmf when;
        uint8_t payload_type;
        bool unanswered;
        int opened;
    } rows[] = {
        { "neither side has events", ALICE_PLAIN, BOB_PLAIN, INBAND_AUTO, 0, false, 2 },
        { "the answer has none", ALICE_SDP, BOB_PLAIN, INBAND_AUTO, 0, false, 2 },
        { "the offer has none", ALICE_PLAIN, BOB_SDP, INBAND_AUTO, 0, false, 2 },
        { "both have events", ALICE_SDP, BOB_SDP, INBAND_AUTO, 0, false, 0 },
        { "both have events, but always", ALICE_SDP, BOB_SDP, INBAND_ALWAYS, 0, false, 2 },
        { "never", ALICE_PLAIN, BOB_PLAIN, INBAND_NEVER, 0, false, 0 },
        { "A-law, which nobody named", ALICE_PLAIN, BOB_PLAIN, INBAND_AUTO, 8, false, 2 },
        { "another codec", ALICE_PLAIN, BOB_PLAIN, INBAND_AUTO, 9, false, 0 },
        { "not answered", ALICE_PLAIN, BOB_PLAIN, INBAND_AUTO, 0, true, 0 },
        { "the answer is not seen, the offer has events", ALICE_SDP, NULL, INBAND_AUTO, 0, false,
          0 },
        { "encrypted", ALICE_PLAIN "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n",
          BOB_PLAIN "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", INBAND_ALWAYS, 0, false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = open_with(pretended, rows[i].when);
        struct talker a = ALICE_TALKS, b = BOB_TALKS;

        print_message("    %s\n", rows[i].what);
        a.payload_type = b.payload_type = rows[i].payload_type;
        send(s, "INVITE", .sdp = rows[i].offer);
        send(s, rows[i].unanswered ? "183" : "200", .to_tag = "bob-1", .sdp = rows[i].answer);
        talk(s, &a, &b, 50);
        assert_int_equal(fake.opened, rows[i].opened);
        assert_int_equal(fake.closed, 0);
        assert_int_equal(fake.samples, rows[i].opened * (16 + 49 * 160)); /* talkers send little */
        hang_up(s);
        scene_finish(s);
        assert_int_equal(fake.closed, rows[i].opened);
        scene_close(s);
    }
}

static void an_event_that_turns_up_ends_it(void **state)
{
    struct scene *s = open_with(pretended, INBAND_AUTO);
    struct talker a = ALICE_TALKS, b = BOB_TALKS, event;

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_PLAIN);
    talk(s, &a, &b, 10);
    assert_int_equal(fake.opened, 2);
    event = a;
    event.payload_type = 101;
    send_payload(s, &event, true, SLICE("\5\212\3\40"));
    assert_int_equal(fake.closed, 1); /* Alice's; Bob may still send none */
    a.seq++;
    talk(s, &a, &b, 10);
    assert_int_equal(fake.opened, 2);
    scene_close(s);
}

static void listening_begins_with_the_answer_and_follows_a_reinvite(void **state)
{
    struct scene *s = open_with(pretended, INBAND_AUTO);
    struct talker a = ALICE_TALKS, b = BOB_TALKS;

    (void)state;
    send(s, "INVITE", .sdp = ALICE_SDP);
    talk(s, &a, &b, 5);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_PLAIN);
    talk(s, &a, &b, 5);
    assert_int_equal(fake.opened, 2);
    send(s, "INVITE", .to_tag = "bob-1", .cseq = 2, .sdp = ALICE_SDP);
    send(s, "200", .to_tag = "bob-1", .cseq = 2, .sdp = BOB_SDP);
    talk(s, &a, &b, 5);
    assert_int_equal(fake.closed, 2);
    scene_close(s);
}

static void listeners_over_the_cap_are_refused_by_name(void **state)
{
    struct analyzer_options options;
    struct scene *s;
    struct talker a = ALICE_TALKS, b = BOB_TALKS;

    (void)state;
    memset(&fake, 0, sizeof fake);
    analyzer_options_default(&options);
    options.tones = pretended;
    options.max_tone_listeners = 1;
    s = scene_open(&options);
    send(s, "INVITE", .sdp = ALICE_PLAIN);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_PLAIN);
    talk(s, &a, &b, 50);
    assert_int_equal(fake.open_most, 1);
    assert_int_equal(scene_refused(s, REFUSAL_TONE_LISTENERS), 1);
    scene_close(s);

    s = open_with(pretended, INBAND_AUTO);
    fake.no_memory = true;
    send(s, "INVITE", .sdp = ALICE_PLAIN);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_PLAIN);
    a = ALICE_TALKS;
    talk(s, &a, NULL, 50);
    assert_int_equal(scene_refused(s, REFUSAL_MEMORY), 1);
    scene_close(s);
}

/* Each packet brings 160 samples that are not zero. */
static enum packet_bin say_loud(struct scene *s, const struct talker *t)
{
    uint8_t payload[PACKET_SAMPLES];

    memset(payload, 0x20, sizeof payload);
    return send_payload(s, t, false, slice_of(payload, sizeof payload));
}

static void the_sound_is_put_in_order(void **state)
{
    enum { ENOUGH = 12 };
    static const struct {
        const char *what;
        int at[ENOUGH]; /* packets by their place, until −1 */
        uint64_t loud, silent;
    } rows[] = {
        { "in order", { 0, 1, 2, 3, -1 }, 4 * 160, 0 },
        { "twice", { 0, 1, 1, 2, -1 }, 3 * 160, 0 },
        { "one is missing", { 0, 1, 3, -1 }, 3 * 160, 160 },
        { "one comes late: its place was silent", { 0, 2, 1, 3, -1 }, 3 * 160, 160 },
        { "a long pause is a second of silence", { 0, 1, 5000, 5001, -1 }, 4 * 160, 8000 },
        { "timestamps that jump back are a new beginning", { 500, 501, 3, 4, -1 }, 4 * 160, 8000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = open_with(pretended, INBAND_AUTO);
        struct talker a = ALICE_TALKS;

        print_message("    %s\n", rows[i].what);
        send(s, "INVITE", .sdp = ALICE_PLAIN);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_PLAIN);
        for (int n = 0; rows[i].at[n] >= 0; n++) {
            a.seq = (uint16_t)(100 + rows[i].at[n]);
            a.timestamp = 0xffffff00 + (uint32_t)rows[i].at[n] * PACKET_SAMPLES;
            say_loud(s, &a);
            scene_wait_ms(s, 20);
        }
        assert_int_equal(fake.samples, rows[i].loud + rows[i].silent);
        assert_int_equal(fake.silent, rows[i].silent);
        scene_close(s);
    }
}

/* The nearest code, by the table of all. */
static uint8_t code_of(enum g711_law law, double value)
{
    uint8_t best = 0;
    double least = 1e9;

    for (int c = 0; c < 256; c++) {
        const char code = (char)c;
        int16_t sample;

        g711_expand(&sample, law, slice_of(&code, 1));
        if (fabs(sample - value) < least) {
            least = fabs(sample - value);
            best = (uint8_t)c;
        }
    }
    return best;
}

/* Alice's phone, which has sound alone. */
struct keypad {
    struct scene *scene;
    struct talker talker;
    enum g711_law law;
    uint64_t seed;
    int lose; /* the packet of each key that does not arrive; 0: none */
};

static void send_sound(struct keypad *k, char digit, int packets)
{
    for (int p = 0; p < packets; p++) {
        uint8_t payload[PACKET_SAMPLES];

        for (size_t n = 0; n < PACKET_SAMPLES; n++) {
            double value = tone_rms(-40) * tone_noise(&k->seed);

            if (digit)
                value += tone_key(digit, -23, (size_t)p * PACKET_SAMPLES + n);
            payload[n] = code_of(k->law, value);
        }
        if (!digit || p + 1 != k->lose)
            send_payload(k->scene, &k->talker, false, slice_of(payload, sizeof payload));
        k->talker.seq++;
        k->talker.timestamp += PACKET_SAMPLES;
        scene_wait_ms(k->scene, 20);
    }
}

/* The digits of a "dtmf" that was kept, and of how many the method is inband. */
static size_t digits_of(struct slice dtmf, char *digits, size_t room)
{
    size_t count = 0, inband = 0;

    for (size_t i = 0; i + 10 < dtmf.len; i++) {
        if (memcmp(dtmf.p + i, "\"digit\":\"", 9) == 0 && count + 1 < room)
            digits[count++] = dtmf.p[i + 9];
        if (memcmp(dtmf.p + i, "\"inband\"", 8) == 0)
            inband++;
    }
    digits[count] = '\0';
    return inband;
}

static void twenty_of_twenty_through_a_call(void **state)
{
    static const char dialled[] = "1234567890*#ABCD5550";
    static const struct {
        enum g711_law law;
        uint8_t payload_type;
        int on, off, lose; /* packets */
    } rows[] = {
        { G711_ULAW, 0, 4, 4, 0 }, { G711_ALAW, 8, 4, 4, 0 }, { G711_ULAW, 0, 7, 5, 4 },
        { G711_ALAW, 8, 7, 5, 1 }, { G711_ALAW, 8, 7, 5, 7 },
    };

    (void)state;
    if (!tones_listener().open)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = open_with(tones_listener(), INBAND_AUTO);
        struct keypad k = { s, ALICE_TALKS, rows[i].law, i + 1, rows[i].lose };
        char heard[64];

        k.talker.payload_type = rows[i].payload_type;
        send(s, "INVITE", .sdp = ALICE_PLAIN);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_PLAIN);
        for (const char *d = dialled; *d; d++) {
            send_sound(&k, '\0', rows[i].off);
            send_sound(&k, *d, rows[i].on);
        }
        send_sound(&k, '\0', 10);
        hang_up(s);
        assert_int_equal(digits_of(only_call(s)->dtmf, heard, sizeof heard), 20);
        assert_string_equal(heard, dialled);
        scene_close(s);
    }
}

/* The same key twice, and in between nothing is sent (or comfort noise): no packet is missing. */
static void a_pause_that_was_not_sent_is_a_pause(void **state)
{
    (void)state;
    if (!tones_listener().open)
        return;
    for (int noise = 0; noise < 2; noise++) {
        struct scene *s = open_with(tones_listener(), INBAND_AUTO);
        struct keypad k = { s, ALICE_TALKS, G711_ULAW, 1, 0 };
        char heard[8];

        send(s, "INVITE", .sdp = ALICE_PLAIN);
        send(s, "200", .to_tag = "bob-1", .sdp = BOB_PLAIN);
        send_sound(&k, '5', 5);
        if (noise) {
            k.talker.payload_type = 13;
            send_payload(s, &k.talker, false, SLICE("\x40"));
            k.talker.payload_type = 0;
            k.talker.seq++;
        }
        k.talker.timestamp += 4 * PACKET_SAMPLES;
        scene_wait_ms(s, 80);
        send_sound(&k, '5', 5);
        send_sound(&k, '\0', 10);
        hang_up(s);
        assert_int_equal(digits_of(only_call(s)->dtmf, heard, sizeof heard), 2);
        assert_string_equal(heard, "55");
        scene_close(s);
    }
}

static void its_time_and_length_are_those_of_the_tone(void **state)
{
    struct scene *s;
    struct keypad k;
    double time_s, duration_ms;
    const struct call_record *c;
    char text[1024];

    (void)state;
    if (!tones_listener().open)
        return;
    s = open_with(tones_listener(), INBAND_AUTO);
    k = (struct keypad){ s, ALICE_TALKS, G711_ULAW, 1, 0 };
    send(s, "INVITE", .sdp = ALICE_PLAIN);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_PLAIN);
    send_sound(&k, '\0', 50); /* a second */
    send_sound(&k, '5', 10);
    send_sound(&k, '\0', 10);
    c = only_call(s);
    assert_true(c->dtmf.len < sizeof text);
    memcpy(text, c->dtmf.p, c->dtmf.len);
    text[c->dtmf.len] = '\0';
    assert_non_null(strstr(text, "\"method\":\"inband\",\"also\":[],\"digit\":\"5\""));
    assert_non_null(strstr(text, "\"direction\":\"caller_to_callee\""));
    time_s = strtod(strstr(text, "\"time\":") + 7, NULL);
    duration_ms = strtod(strstr(text, "\"duration_ms\":") + 14, NULL);
    assert_true(fabs(time_s - SCENE_START_NS / 1e9 - 1.0) < 0.010);
    assert_true(fabs(duration_ms - 200) < 16);
    scene_close(s);
}

/* A gateway that sends the tone and the event: one key, and both are named. */
static void a_tone_beside_its_event_is_the_same_key(void **state)
{
    struct scene *s;
    struct keypad k;
    struct talker event;
    const struct call_record *c;
    char text[1024];

    (void)state;
    if (!tones_listener().open)
        return;
    s = open_with(tones_listener(), INBAND_ALWAYS);
    k = (struct keypad){ s, ALICE_TALKS, G711_ULAW, 1, 0 };
    set_up_call(s);
    send_sound(&k, '\0', 50);
    send_sound(&k, '5', 3); /* until the gateway has noticed */
    event = k.talker;
    event.payload_type = 101;
    for (int i = 1; i <= 6; i++) {
        const uint8_t payload[4] = { 5, i > 3 ? 0x8a : 0x0a, (uint8_t)((i < 4 ? i : 4) * 160 >> 8),
                                     (uint8_t)((i < 4 ? i : 4) * 160) };

        event.seq = k.talker.seq++;
        send_payload(s, &event, i == 1, slice_of(payload, 4));
        k.talker.timestamp += PACKET_SAMPLES;
        scene_wait_ms(s, 20);
    }
    send_sound(&k, '\0', 20);
    c = only_call(s);
    assert_true(c->dtmf.len < sizeof text);
    memcpy(text, c->dtmf.p, c->dtmf.len);
    text[c->dtmf.len] = '\0';
    if (!strstr(text, "\"method\":\"rfc4733\",\"also\":[\"inband\"],\"digit\":\"5\"") ||
        strstr(text, "},{"))
        fail_msg("%s", text);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_listened_to),
        cmocka_unit_test(an_event_that_turns_up_ends_it),
        cmocka_unit_test(listening_begins_with_the_answer_and_follows_a_reinvite),
        cmocka_unit_test(listeners_over_the_cap_are_refused_by_name),
        cmocka_unit_test(the_sound_is_put_in_order),
        cmocka_unit_test(twenty_of_twenty_through_a_call),
        cmocka_unit_test(a_pause_that_was_not_sent_is_a_pause),
        cmocka_unit_test(its_time_and_length_are_those_of_the_tone),
        cmocka_unit_test(a_tone_beside_its_event_is_the_same_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
