/*
 * Packets by hand in, samples out: where a packet lands on the timeline, and what becomes of those
 * that do not come, come twice, late, or with a timestamp that makes no sense.
 */
#include "storage/audio/audio_codec.h"
#include "storage/audio/audio_have.h"
#include "storage/audio/call_audio.h"
#include "storage/audio/peaks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS      1000000ll
#define S       1000000000ll
#define T0      (1795255200 * S)
#define A_LAW_0 0xd5 /* the smallest sample: silence */

enum {
    CALLER = 1,
    CALLEE = 2,
    OTHER = 3,
    STREAMS = 4,
    PACKETS_MAX = 60000,
    HEARD_MAX = 48000 * 130
};

struct sent {
    int64_t time_ns;
    uint8_t from, to;
    uint32_t ssrc, timestamp;
    uint16_t seq;
    uint8_t type;
    uint8_t *payload; /* owned */
    size_t bytes;
    bool cut;
};

struct scene {
    struct call_record call;
    struct stream_record streams[STREAMS];
    struct call_format items[8];
    struct call_formats formats;
    struct sent *sent;
    size_t count;
    int16_t *heard; /* stereo */
    size_t frames;
    uint32_t rate_hz;
    struct strbuf said;
    struct call_audio_counts counts;
    bool silent_gaps;
};

static struct addr address(uint8_t host)
{
    uint8_t ip[4] = { 192, 0, 2, host };

    return addr_v4(ip, 4000);
}

static void add_stream(struct scene *s, uint8_t from, uint8_t to, uint32_t ssrc, const char *codec,
                       uint8_t type, uint32_t clock_hz)
{
    struct stream_record *r = &s->streams[s->call.stream_count++];

    record_clear(&record_type_stream, r);
    r->ssrc = ssrc;
    r->src = address(from);
    r->dst = address(to);
    r->direction = from == CALLER ? SLICE("caller_to_callee") : SLICE("callee_to_caller");
    r->media = SLICE("audio");
    r->payload_type = type;
    r->codec = slice_of_text(codec);
    r->clock_rate_hz = clock_hz;
    s->call.streams = s->streams;
}

static struct scene *scene_new(void)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    record_clear(&record_type_call, &s->call);
    s->call.stream_count = 0;
    s->formats.items = s->items;
    s->sent = calloc(PACKETS_MAX, sizeof *s->sent);
    s->heard = malloc((size_t)HEARD_MAX * 2 * sizeof *s->heard);
    assert_non_null(s->sent);
    assert_non_null(s->heard);
    return s;
}

static void scene_free(struct scene *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->sent[i].payload);
    free(s->sent);
    free(s->heard);
    strbuf_fini(&s->said);
    free(s);
}

static struct sent *send_bytes(struct scene *s, uint8_t from, uint8_t to, uint8_t type,
                               int64_t time_ns, uint16_t seq, uint32_t timestamp,
                               const uint8_t *bytes, size_t count)
{
    struct sent *p = &s->sent[s->count++];

    assert_true(s->count <= PACKETS_MAX);
    *p = (struct sent){ .time_ns = T0 + time_ns,
                        .from = from,
                        .to = to,
                        .ssrc = from,
                        .timestamp = timestamp,
                        .seq = seq,
                        .type = type,
                        .payload = malloc(count + 1),
                        .bytes = count };
    assert_non_null(p->payload);
    memcpy(p->payload, bytes, count);
    return p;
}

/* 20 ms of A-law that is all one loud sample, so that where it is can be seen. */
static struct sent *send_law(struct scene *s, uint8_t from, int64_t time_ns, uint16_t seq,
                             uint32_t timestamp, uint8_t code)
{
    uint8_t bytes[160];

    memset(bytes, code, sizeof bytes);
    return send_bytes(s, from, from == CALLER ? CALLEE : CALLER, 8, time_ns, seq, timestamp, bytes,
                      sizeof bytes);
}

/* A talk of `count` packets, 20 ms each; the caller's code is 0xaa (32256), the callee's 0x2a. */
static void send_talk(struct scene *s, uint8_t from, int64_t time_ns, uint16_t seq,
                      uint32_t timestamp, size_t count)
{
    for (size_t i = 0; i < count; i++)
        send_law(s, from, time_ns + (int64_t)i * 20 * MS, (uint16_t)(seq + i),
                 timestamp + (uint32_t)i * 160, from == CALLER ? 0xaa : 0x2a);
}

static int by_time(const void *a, const void *b)
{
    const struct sent *x = a, *y = b;

    return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

static int take_samples(void *ctx, const int16_t *stereo, size_t frames)
{
    struct scene *s = ctx;

    assert_true(s->frames + frames <= HEARD_MAX);
    memcpy(s->heard + 2 * s->frames, stereo, frames * 2 * sizeof *stereo);
    s->frames += frames;
    return 0;
}

static void build(const struct sent *p, uint8_t *packet)
{
    const uint8_t header[12] = { 0x80,
                                 p->type,
                                 (uint8_t)(p->seq >> 8),
                                 (uint8_t)p->seq,
                                 (uint8_t)(p->timestamp >> 24),
                                 (uint8_t)(p->timestamp >> 16),
                                 (uint8_t)(p->timestamp >> 8),
                                 (uint8_t)p->timestamp,
                                 (uint8_t)(p->ssrc >> 24),
                                 (uint8_t)(p->ssrc >> 16),
                                 (uint8_t)(p->ssrc >> 8),
                                 (uint8_t)p->ssrc };

    memcpy(packet, header, sizeof header);
    memcpy(packet + sizeof header, p->payload, p->bytes);
}

static void each_packet(struct scene *s, struct call_audio *a, bool second)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct sent *p = &s->sent[i];
        uint8_t *packet = malloc(12 + p->bytes);
        struct datagram d = { .time_ns = p->time_ns,
                              .src = address(p->from),
                              .dst = address(p->to),
                              .payload = slice_of(packet, 12 + p->bytes),
                              .wire_bytes = (uint32_t)(12 + p->bytes + p->cut) };

        assert_non_null(packet);
        build(p, packet);
        if (second)
            assert_int_equal(call_audio_render(a, &d), 0);
        else
            call_audio_survey(a, &d);
        free(packet);
    }
}

static enum call_audio_verdict listen(struct scene *s)
{
    struct call_audio_options options = { .silent_gaps = s->silent_gaps,
                                          .sink = take_samples,
                                          .sink_ctx = s };
    enum call_audio_verdict verdict;
    struct call_audio *a;

    qsort(s->sent, s->count, sizeof s->sent[0], by_time);
    assert_int_equal(call_audio_new(&a, &s->call, &s->formats), 0);
    each_packet(s, a, false);
    strbuf_reset(&s->said);
    s->frames = 0;
    verdict = call_audio_plan(a, &s->said);
    if (verdict == CALL_AUDIO_OK) {
        s->rate_hz = call_audio_rate_hz(a);
        assert_int_equal(call_audio_begin(a, &options), 0);
        each_packet(s, a, true);
        assert_int_equal(call_audio_finish(a), 0);
        call_audio_read_counts(a, &s->counts);
    }
    call_audio_free(a);
    return verdict;
}

static struct scene *two_sides(void)
{
    struct scene *s = scene_new();

    add_stream(s, CALLER, CALLEE, CALLER, "PCMA", 8, 8000);
    add_stream(s, CALLEE, CALLER, CALLEE, "PCMA", 8, 8000);
    return s;
}

/* Samples of a side that are loud, in [from, to) ms. */
static size_t loud(const struct scene *s, int side, int from_ms, int to_ms)
{
    size_t n = 0, from = (size_t)from_ms * s->rate_hz / 1000,
           to = (size_t)to_ms * s->rate_hz / 1000;

    for (size_t i = from; i < to && i < s->frames; i++)
        n += abs(s->heard[2 * i + (size_t)side]) > 16000;
    return n;
}

/* All of it is loud, or nothing is. */
static void assert_heard(const struct scene *s, int side, int from_ms, int to_ms)
{
    assert_int_equal(loud(s, side, from_ms, to_ms), (size_t)(to_ms - from_ms) * s->rate_hz / 1000);
}

static void assert_silent(const struct scene *s, int side, int from_ms, int to_ms)
{
    assert_int_equal(loud(s, side, from_ms, to_ms), 0);
}

static void test_sides(void **state)
{
    struct scene *s = two_sides();

    (void)state;
    send_talk(s, CALLER, 0, 65530, 0xffffff00u, 50); /* both wrap */
    send_talk(s, CALLEE, 300 * MS, 7, 1000, 50);
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    assert_int_equal(s->rate_hz, 8000);
    assert_int_equal(s->frames, 1300 * 8);
    assert_heard(s, 0, 0, 1000);
    assert_silent(s, 0, 1000, 1300);
    assert_silent(s, 1, 0, 300);
    assert_heard(s, 1, 300, 1300);
    assert_int_equal(s->heard[0], 32256);
    assert_int_equal(s->heard[2 * 8 * 400 + 1], -32256);
    assert_int_equal(s->counts.lost, 0);
    scene_free(s);
}

/* Packets that come late, twice, or in another order lie where they belong all the same. */
static void test_order(void **state)
{
    struct scene *s = two_sides();

    (void)state;
    for (uint16_t i = 0; i < 100; i++) {
        int64_t late = (i * 7 % 5) * 13 * MS; /* up to 52 ms: they overtake each other */

        send_law(s, CALLER, i * 20 * MS + late, i, i * 160u, i % 2 ? A_LAW_0 : 0xaa);
        if (i % 10 == 0)
            send_law(s, CALLER, i * 20 * MS + late + MS, i, i * 160u, i % 2 ? A_LAW_0 : 0xaa);
    }
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    for (int i = 0; i < 100; i++) {
        if (i % 2)
            assert_silent(s, 0, i * 20, i * 20 + 20);
        else
            assert_heard(s, 0, i * 20, i * 20 + 20);
    }
    assert_int_equal(s->counts.late, 10);
    assert_int_equal(s->counts.lost, 0);
    scene_free(s);
}

static void test_gaps(void **state)
{
    struct scene *s = two_sides();

    (void)state;
    send_talk(s, CALLER, 0, 0, 0, 50);
    send_talk(s, CALLER, 1100 * MS, 55, 55 * 160, 50); /* five are lost */
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    assert_int_equal(s->counts.lost, 5);
    assert_true(loud(s, 0, 1000, 1010) > 0); /* a guess, which fades */
    assert_silent(s, 0, 1080, 1099);
    assert_heard(s, 0, 1110, 2100);
    s->silent_gaps = true;
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    assert_silent(s, 0, 1000, 1100);
    assert_heard(s, 0, 1100, 2100);
    scene_free(s);
}

/* A pause without loss is silence, or the noise that was said to be in it; events are silence. */
static void test_pauses(void **state)
{
    static const uint8_t noise[] = { 45 }, event[] = { 5, 0x8a, 0, 160 };
    struct scene *s = two_sides();
    double sum = 0;

    (void)state;
    s->items[0] = (struct call_format){ .to = address(CALLEE),
                                        .payload_type = 101,
                                        .format = { .encoding = SLICE("telephone-event") } };
    s->formats.count = 1;
    send_talk(s, CALLER, 0, 0, 0, 50);
    send_bytes(s, CALLER, CALLEE, 13, 1000 * MS, 50, 50 * 160, noise, sizeof noise);
    send_talk(s, CALLER, 3000 * MS, 51, 150 * 160, 50);
    for (uint16_t i = 0; i < 10; i++)
        send_bytes(s, CALLER, CALLEE, 101, (4000 + i * 20) * MS, (uint16_t)(101 + i), 200 * 160,
                   event, sizeof event);
    send_talk(s, CALLER, 4200 * MS, 111, 210 * 160, 50);
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    assert_heard(s, 0, 0, 1000);
    assert_heard(s, 0, 3000, 4000);
    assert_silent(s, 0, 4000, 4200);
    assert_heard(s, 0, 4200, 5200);
    assert_int_equal(s->counts.lost, 0);
    for (size_t i = 8 * 1000; i < 8 * 3000; i++)
        sum += (double)s->heard[2 * i] * s->heard[2 * i];
    /* −45 dBov, within half a dB. */
    assert_true(fabs(10 * log10(sum / 16000 / (32767.0 * 32767)) + 45) < 0.5);
    s->silent_gaps = true;
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    for (size_t i = 8 * 1000; i < 8 * 3000; i++)
        assert_int_equal(s->heard[2 * i], 0);
    scene_free(s);
}

/* The RTP clock runs away from the arrivals: the sound stays within 60 ms and a second of them. */
static void test_drift(void **state)
{
    static const double rates[] = { 1.002, 0.998, 1.02, 0.98 };

    (void)state;
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        struct scene *s = two_sides();
        const int packets = 5000;
        int worst = 0;

        for (int i = 0; i < packets; i++) /* a click in every 50th */
            send_law(s, CALLER, (int64_t)(i * 20.0 * MS / rates[r]), (uint16_t)i, (uint32_t)i * 160,
                     i % 50 == 25 ? 0xaa : A_LAW_0);
        assert_int_equal(listen(s), CALL_AUDIO_OK);
        for (int i = 25; i < packets - 50; i += 50) {
            int at = (int)(i * 20 / rates[r]), off = 0;

            while (off < 200 && !loud(s, 0, at + off, at + off + 1) &&
                   (at < off || !loud(s, 0, at - off, at - off + 1)))
                off++;
            if (off > worst)
                worst = off;
        }
        print_message("clock %.4f: at most %d ms off, moved %lld times\n", rates[r], worst,
                      (long long)s->counts.slips);
        assert_true(worst <= 100);
        assert_true(s->counts.slips > 0);
        scene_free(s);
    }
}

/* Timestamps that jump, run backward, stand still or are noise; sequence numbers that begin anew. */
static void test_nonsense(void **state)
{
    struct scene *s = two_sides();

    (void)state;
    send_talk(s, CALLER, 0, 0, 0, 50);
    send_talk(s, CALLER, 1000 * MS, 50, 4000000000u, 50); /* a jump */
    send_talk(s, CALLER, 2000 * MS, 40000, 17, 50);       /* a restart */
    for (uint16_t i = 0; i < 50; i++)                     /* backward */
        send_law(s, CALLER, (3000 + i * 20) * MS, (uint16_t)(40050 + i), 9000 - i * 160u, 0xaa);
    for (uint16_t i = 0; i < 50; i++) /* still */
        send_law(s, CALLER, (4000 + i * 20) * MS, (uint16_t)(40100 + i), 77, 0xaa);
    for (uint16_t i = 0; i < 50; i++) /* noise */
        send_law(s, CALLER, (5000 + i * 20) * MS, (uint16_t)(40150 + i), i * 2654435761u, 0xaa);
    for (uint16_t i = 0; i < 50; i++) /* … of both */
        send_law(s, CALLER, (6000 + i * 20) * MS, (uint16_t)(i * 40503u), i * 2654435761u, 0xaa);
    send_talk(s, CALLER, 7000 * MS, 100, 0, 50);
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    assert_heard(s, 0, 0, 2980);
    assert_heard(s, 0, 7020, 7980);
    assert_true(s->frames >= 8 * 8000 && s->frames < 8 * 9100);
    assert_true(s->counts.jumps > 4);
    scene_free(s);
}

static void test_refusals(void **state)
{
    struct scene *s = two_sides();

    (void)state;
    assert_int_equal(listen(s), CALL_AUDIO_NOT_STORED);
    send_talk(s, CALLER, 0, 0, 0, 5) /* one side alone is enough */;
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    assert_non_null(strstr(s->said.p, "none of its packets are stored"));
    for (size_t i = 0; i < 5; i++)
        s->sent[i].cut = true;
    assert_int_equal(listen(s), CALL_AUDIO_NOT_STORED);
    assert_non_null(strstr(s->said.p, "snap length"));
    for (size_t i = 0; i < 5; i++)
        s->sent[i].cut = false;
    send_law(s, CALLER, 7ll * 3600 * S, 5, 800, 0xaa);
    assert_int_equal(listen(s), CALL_AUDIO_TOO_LONG);
    assert_non_null(strstr(s->said.p, "7.0 hours"));
    s->count--;
    free(s->sent[s->count].payload);
    s->streams[0].codec = SLICE("EVS");
    assert_int_equal(listen(s), CALL_AUDIO_NO_DECODER);
    assert_non_null(strstr(s->said.p, "EVS"));
    s->streams[0].srtp = s->streams[1].srtp = 1;
    assert_int_equal(listen(s), CALL_AUDIO_ENCRYPTED);
    s->call.stream_count = 0;
    assert_int_equal(listen(s), CALL_AUDIO_NO_STREAMS);
    scene_free(s);
}

/* Somebody else's packets, and the same ones at a second place, are not heard; another stream of the
 * same side is. */
static void test_streams(void **state)
{
    struct scene *s = two_sides();
    size_t before;

    (void)state;
    add_stream(s, OTHER, CALLEE, OTHER, "PCMA", 8, 8000);
    add_stream(s, CALLER, OTHER, CALLER, "PCMA", 8, 8000);
    s->streams[2].direction = SLICE("caller_to_callee");
    s->streams[2].foreign_source = 1;
    send_talk(s, CALLER, 0, 0, 0, 50);
    before = s->count;
    for (size_t i = 0; i < before; i++) { /* on the way to OTHER, 5 ms later */
        struct sent *p = send_law(s, CALLER, (int64_t)i * 20 * MS + 5 * MS, (uint16_t)i,
                                  (uint32_t)i * 160, 0xaa);

        p->to = OTHER;
    }
    for (size_t i = 0; i < before; i++) {
        struct sent *p = send_law(s, CALLER, (2000 + (int64_t)i * 20) * MS, (uint16_t)i,
                                  (uint32_t)i * 160, 0xaa);

        p->from = OTHER;
        p->ssrc = OTHER;
    }
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    assert_int_equal(s->frames, 8000);
    assert_heard(s, 0, 0, 1000);
    s->streams[2].foreign_source = 0;
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    assert_heard(s, 0, 0, 1000);
    assert_silent(s, 0, 1010, 1990);
    assert_heard(s, 0, 2000, 3000);
    scene_free(s);
}

static double tone_level(const struct scene *s, int side, double hz, size_t from, size_t count)
{
    double re = 0, im = 0;

    for (size_t i = 0; i < count; i++) {
        double phase = 2 * M_PI * hz * (double)(from + i) / s->rate_hz;
        double x = s->heard[2 * (from + i) + (size_t)side];

        re += x * cos(phase);
        im += x * sin(phase);
    }
    return 2 * hypot(re, im) / (double)count;
}

/* Rates that differ meet in one file, at the level and the time that they had. Straight lines between
 * samples take more of a tone than a filter does. */
static void test_rates(void **state)
{
    static const uint32_t rates[] = { 11025, 16000, 32000, 44100, 48000 };

    (void)state;
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
        struct scene *s = two_sides();
        size_t count = rates[r] / 50, first;
        double level_db;
        uint8_t bytes[2 * 960];

        s->streams[1].codec = SLICE("L16");
        s->streams[1].payload_type = 96;
        s->streams[1].clock_rate_hz = rates[r];
        send_talk(s, CALLER, 0, 0, 0, 150);
        for (uint16_t i = 0; i < 100; i++) { /* 1 kHz from 1 s on */
            for (size_t k = 0; k < count; k++) {
                double x = 10000 * sin(2 * M_PI * 1000 * (double)(i * count + k) / rates[r]);

                bytes[2 * k] = (uint8_t)((uint16_t)lrint(x) >> 8);
                bytes[2 * k + 1] = (uint8_t)lrint(x);
            }
            send_bytes(s, CALLEE, CALLER, 96, 1000 * MS + (int64_t)(i * count) * S / rates[r], i,
                       (uint32_t)(i * count), bytes, 2 * count);
        }
        assert_int_equal(listen(s), CALL_AUDIO_OK);
        assert_int_equal(s->rate_hz, rates[r] <= 16000 ? 16000 : 48000);
        level_db = 20 * log10(tone_level(s, 1, 1000, s->rate_hz * 3 / 2, s->rate_hz) / 10000);
        assert_true(fabs(level_db) < (HAVE_SPEEXDSP ? 0.1 : 0.4));
        for (first = 0; abs(s->heard[2 * first + 1]) < 3000;)
            first++;
        assert_true(fabs((double)first / s->rate_hz - 1) < 0.001);
        assert_true(loud(s, 0, 10, 2990) > s->rate_hz * 2);
        scene_free(s);
    }
}

/* A codec for a moment, announced by SDP, in the middle of another; and one that nobody announced. */
static void test_change(void **state)
{
    struct scene *s = two_sides();
    uint8_t mulaw[160];

    (void)state;
    memset(mulaw, 0x80, sizeof mulaw);
    send_talk(s, CALLER, 0, 0, 0, 50);
    for (uint16_t i = 0; i < 50; i++) /* static, so known */
        send_bytes(s, CALLER, CALLEE, 0, (1000 + i * 20) * MS, (uint16_t)(50 + i), (50u + i) * 160,
                   mulaw, sizeof mulaw);
    for (uint16_t i = 0; i < 50; i++)
        send_bytes(s, CALLER, CALLEE, 99, (2000 + i * 20) * MS, (uint16_t)(100 + i),
                   (100u + i) * 160, mulaw, sizeof mulaw);
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    assert_heard(s, 0, 0, 2000);
    assert_int_equal(s->heard[2 * 8 * 1500], 32124);
    assert_silent(s, 0, 2010, 3000);
    assert_int_equal(s->counts.undecodable, 50);
    assert_non_null(strstr(s->said.p, "payload type 99"));
    s->items[0] = (struct call_format){
        .to = address(CALLEE),
        .payload_type = 99,
        .format = { .encoding = SLICE("PCMU"), .clock_rate_hz = 8000, .channels = 1 }
    };
    s->formats.count = 1;
    assert_int_equal(listen(s), CALL_AUDIO_OK);
    assert_heard(s, 0, 0, 3000);
    scene_free(s);
}

static void test_peaks(void **state)
{
    static const size_t lengths[] = { 1, 7, 1000, 65536, 65537, 400000 };

    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
        struct strbuf text = { .p = NULL };
        struct jsonw j = jsonw_to(&text);
        struct peaks p;
        const int buckets = 4;

        assert_int_equal(peaks_init(&p, 8000), 0);
        for (size_t i = 0; i < lengths[l]; i++) { /* the last quarter is loud on the right */
            int16_t frame[2] = { -16384, i * 4 >= lengths[l] * 3 ? 8192 : 0 };

            peaks_add(&p, frame, 1);
        }
        peaks_write_json(&p, (size_t)buckets, &j);
        assert_false(text.failed);
        assert_non_null(strstr(text.p, "\"left\":[[-0.500,-0.500]"));
        if (lengths[l] > 4)
            assert_non_null(strstr(text.p, "\"buckets\":4"));
        if (lengths[l] > 7)
            assert_non_null(strstr(text.p, "\"right\":[[0.000,0.000],[0.000,0.000],"));
        if (lengths[l] == 1000)
            assert_non_null(strstr(text.p, "[0.000,0.000],[0.250,0.250]]}"));
        strbuf_fini(&text);
        peaks_fini(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sides),    cmocka_unit_test(test_order),
        cmocka_unit_test(test_gaps),     cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_drift),    cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_refusals), cmocka_unit_test(test_streams),
        cmocka_unit_test(test_rates),    cmocka_unit_test(test_change),
        cmocka_unit_test(test_peaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
