/*
 * test_media_stream - losses, lateness and bursts of whole streams against receivers that remember
 * everything; the memory of keypresses and reports; what is no measurement is unknown.
 */
#include "analyzer/call/media_stream.h"

#include "tests/unit/loss_reference.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define NS_PER_MS INT64_C(1000000)

enum { NUMBERS = 1500, FIXED_MODELS = 2 };

static const struct media_format pcmu = { .codec = "PCMU", .clock_rate_hz = 8000 };

static struct media_stream *new_pcmu(void)
{
    const struct stream_key key = { .ssrc = 7 };
    struct media_format format = pcmu;
    struct media_stream *s;

    format.ie = codec_ie_for_sdp(SLICE("PCMU"), 8000, SLICE_ABSENT);
    assert_non_null(format.ie);
    s = media_stream_new(&key, &format, 0);
    assert_non_null(s);
    return s;
}

/* A packet on its way: when it arrives. */
struct sent {
    int64_t number, arrival_ms;
};

static int by_arrival(const void *a, const void *b)
{
    const struct sent *x = a, *y = b;

    if (x->arrival_ms != y->arrival_ms)
        return x->arrival_ms < y->arrival_ms ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Loss, repeats and lateness with a path that changes; never more than 99 numbers out of order. */
static unsigned send_stream(struct random *r, struct sent *sent)
{
    double loss = random_share(r) * 0.3;
    uint32_t jitter_ms = 1 + random_below(r, 400);
    int64_t shift_ms = 0;
    unsigned n = 0;

    for (int64_t i = 0; i < NUMBERS; i++) {
        if (random_hits(r, 0.01))
            shift_ms = random_below(r, 600);
        if (i > 0 && random_hits(r, i % 200 < 20 ? 0.9 * loss + 0.1 : loss))
            continue;
        sent[n++] = (struct sent){ i, i * 20 + shift_ms + (i ? random_below(r, jitter_ms) : 0) };
        if (random_hits(r, 0.02)) {
            sent[n] = sent[n - 1];
            sent[n++].arrival_ms += random_below(r, 100);
        }
    }
    qsort(sent, n, sizeof sent[0], by_arrival);
    return n;
}

/* A fixed buffer, docs/METRICS.md §4. */
struct receiver {
    int64_t depth_ms, early_limit_ms, anchor_ms;
    unsigned late_in_a_row;
    bool started;
    bool heard[NUMBERS];
};

static void receive(struct receiver *r, const struct sent *p)
{
    int64_t lateness_ms;

    if (!r->started)
        r->anchor_ms = p->arrival_ms - p->number * 20;
    r->started = true;
    lateness_ms = p->arrival_ms - p->number * 20 - r->anchor_ms;
    r->heard[p->number] = lateness_ms <= r->depth_ms;
    if (lateness_ms > r->depth_ms) {
        if (++r->late_in_a_row < 10)
            return;
        r->anchor_ms += lateness_ms;
    } else if (-lateness_ms > r->early_limit_ms) {
        r->anchor_ms += lateness_ms;
    }
    r->late_in_a_row = 0;
}

static void expect_shape(const struct stream_record *r, const struct receiver *jb200, size_t first,
                         size_t n)
{
    struct loss_shape shape = { 0 };
    double ratio;

    loss_shape_add(&shape, jb200->heard + first, n);
    assert_int_equal(r->jb200.lost_total, shape.lost);
    assert_int_equal(r->burst_bursts, shape.bursts);
    assert_int_equal(r->burst_longest_run, shape.longest_run);
    ratio = shape.runs
                ? (double)shape.lost / (double)shape.runs * (1 - (double)shape.lost / (double)n)
                : 1;
    assert_true(fabs(r->burst_burst_ratio - fmax(1, ratio)) < 1e-9);
    if (shape.bursts)
        assert_true(fabs(r->burst_density_ratio -
                         (double)shape.burst_losses / (double)shape.burst_packets) < 1e-9);
}

static void what_each_receiver_lost_is_counted(void **state)
{
    static struct sent sent[2 * NUMBERS];

    (void)state;
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct random r = { seed };
        unsigned n = send_stream(&r, sent);
        static struct receiver jb50, jb200;
        static bool raw[NUMBERS];
        struct counters counters = { .bins = { 0 } };
        struct media_stream *s = new_pcmu();
        struct loss_shape raw_shape = { 0 }, jb50_shape = { 0 };
        struct stream_record record;
        size_t first = NUMBERS, last = 0, numbers;

        memset(raw, 0, sizeof raw);
        jb50 = (struct receiver){ .depth_ms = 50, .early_limit_ms = 150 };
        jb200 = (struct receiver){ .depth_ms = 200, .early_limit_ms = 400 };
        for (unsigned i = 0; i < n; i++) {
            struct rtp_packet p = { .ssrc = 7,
                                    .seq = (uint16_t)(65000 + sent[i].number),
                                    .timestamp = 0xffff0000u + (uint32_t)sent[i].number * 160 };

            media_stream_packet(s, &p, sent[i].arrival_ms * NS_PER_MS, &counters);
            if (!raw[sent[i].number]) {
                receive(&jb50, &sent[i]);
                receive(&jb200, &sent[i]);
            }
            raw[sent[i].number] = true;
            first = first < (size_t)sent[i].number ? first : (size_t)sent[i].number;
            last = last > (size_t)sent[i].number ? last : (size_t)sent[i].number;
        }
        numbers = last - first + 1;
        media_stream_report(s, &record);
        loss_shape_add(&raw_shape, raw + first, numbers);
        loss_shape_add(&jb50_shape, jb50.heard + first, numbers);
        if (record.packets != n || record.expected != (int64_t)numbers ||
            record.lost != raw_shape.lost || record.jb50.lost_total != jb50_shape.lost)
            fail_msg("seed %llu: lost %lld/%lld, behind 50 ms %lld/%lld", (unsigned long long)seed,
                     (long long)record.lost, (long long)raw_shape.lost,
                     (long long)record.jb50.lost_total, (long long)jb50_shape.lost);
        expect_shape(&record, &jb200, first, numbers);
        assert_true(record.jb50.late == record.jb50.lost_total - record.lost);
        assert_true(record.mos_lq_jb200 <= record.mos_lq_raw + 1e-12);
        media_stream_free(s);
    }
}

static void keypresses_have_a_cap(void **state)
{
    struct media_format events = {
        .codec = "telephone-event", .clock_rate_hz = 8000, .payload_type = 101, .is_event = true
    };
    struct counters counters = { .bins = { 0 } };
    struct media_stream *s = new_pcmu();

    (void)state;
    media_stream_set_format(s, &events);
    for (uint32_t i = 0; i < 10000; i++) {
        struct rtp_packet p = { .ssrc = 7,
                                .payload_type = 101,
                                .seq = (uint16_t)i,
                                .timestamp = i * 800,
                                .payload = SLICE("\x01\x8a\x01\x00") };

        media_stream_packet(s, &p, (int64_t)i * 100 * NS_PER_MS, &counters);
    }
    assert_int_equal(s->keys.count, KEYPRESS_MAX);
    media_stream_free(s);
}

/* A digit held across a wrap of the timestamp is one; a late packet of the one before adds none. */
static void keypresses_are_told_apart_by_their_timestamps(void **state)
{
    static const struct {
        uint32_t timestamp;
        const char *payload; /* of 4 bytes */
        unsigned count;
    } rows[] = {
        { 0xffffff00, "\x05\x0a\x00\xa0", 1 }, { 0xffffff00, "\x05\x0a\x01\x40", 1 },
        { 0xffffff00, "\x05\x8a\x01\xe0", 1 }, { 0xffffff00, "\x05\x8a\x01\xe0", 1 },
        { 0x00000400, "\x05\x0a\x00\xa0", 2 }, { 0x00000400, "\x05\x0a\x00\x50", 2 },
        { 0xffffff00, "\x05\x8a\x01\xe0", 2 }, { 0x00000400, "\x05\x8a\x00\xa0", 2 },
        { 0x00000900, "\x10\x0a\x00\xa0", 2 }, /* a flash */
        { 0x00000a00, "\x0f\x0a\x00\xa0", 3 },
    };
    struct media_format events = { .clock_rate_hz = 8000, .payload_type = 101, .is_event = true };
    struct counters counters = { .bins = { 0 } };
    struct media_stream *s = new_pcmu();

    (void)state;
    media_stream_set_format(s, &events);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtp_packet p = { .payload_type = 101,
                                .seq = (uint16_t)i,
                                .timestamp = rows[i].timestamp,
                                .payload = slice_of(rows[i].payload, 4) };

        media_stream_packet(s, &p, (int64_t)i * 20 * NS_PER_MS, &counters);
        assert_int_equal(s->keys.count, rows[i].count);
    }
    assert_int_equal(s->keys.keys[0].ticks, 480);
    assert_int_equal(s->keys.keys[1].ticks, 160); /* a packet late by itself does not shorten it */
    assert_true(s->keys.keys[0].ended && s->keys.keys[0].digit == '5');
    media_stream_free(s);
}

/* A stream that pauses for long has its empty intervals, and no more than a day of them. */
static void intervals_have_a_cap(void **state)
{
    struct counters counters = { .bins = { 0 } };
    struct media_stream *s = new_pcmu();
    struct strbuf b = { 0 };

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        struct rtp_packet p = { .seq = (uint16_t)i, .timestamp = i * 160 };

        media_stream_packet(s, &p, (int64_t)i * 3600 * 24 * 365 * 1000 * NS_PER_MS, &counters);
    }
    assert_int_equal(s->timeline.intervals, INTERVALS_MAX);
    timeline_write(&s->timeline, &b);
    assert_false(b.failed);
    strbuf_fini(&b);
    media_stream_free(s);
}

static bool ratio_or_unknown(double x)
{
    return isnan(x) || (x >= 0 && x <= 1);
}

static bool positive_or_unknown(double x)
{
    return isnan(x) || (x >= 0 && isfinite(x));
}

/* What no stream may say, whatever was sent. */
static void expect_sane(const struct media_stream *s, uint64_t seed)
{
    struct stream_record r;
    bool sane;

    media_stream_report(s, &r);
    sane =
        r.lost >= 0 && r.lost <= r.expected && r.duplicates >= 0 && r.out_of_order >= 0 &&
        r.packets >= r.expected - r.lost && positive_or_unknown(r.jitter_ms_mean) &&
        positive_or_unknown(r.jitter_ms_p95) && positive_or_unknown(r.jitter_ms_max) &&
        !(r.jitter_ms_mean > r.jitter_ms_max) && ratio_or_unknown(r.dtx_ratio) &&
        ratio_or_unknown(r.silence_ratio) && ratio_or_unknown(r.clipping_ratio) &&
        ratio_or_unknown(r.burst_density_ratio) && positive_or_unknown(r.ptime_ms) &&
        !(r.ptime_ms > 200) && !(r.skew_ms_min > r.skew_ms_max) &&
        (isnan(r.clock_drift_ppm) || fabs(r.clock_drift_ppm) <= DRIFT_MOST_PPM) &&
        (isnan(r.level_dbm0) || (r.level_dbm0 > -51 && r.level_dbm0 < 7)) &&
        (isnan(r.mos_lq_jb200) || (r.mos_lq_jb200 >= 1 && r.mos_lq_jb200 <= 4.5)) &&
        (isnan(r.mos_lq_raw) || r.mos_lq_jb200 <= r.mos_lq_raw + 1e-12 || isnan(r.mos_lq_jb200)) &&
        r.comfort_noise >= 0 && r.comfort_noise <= r.packets;
    if (!sane)
        fail_msg("seed %llu: no such stream", (unsigned long long)seed);
}

/* Sequence numbers, timestamps and times of every kind of liar; payloads of any length of any codec. */
static void whatever_is_sent_the_figures_are_sane(void **state)
{
    static uint8_t bytes[65536];
    struct random r = { 77 };

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)random_next(&r);
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct counters counters = { .bins = { 0 } };
        struct media_stream *s = new_pcmu();
        struct rtp_packet p = { .seq = 0 };
        int64_t time_ns = 1795255200000 * NS_PER_MS;

        r.state = seed;
        s->format.level_encoding = (uint8_t)(seed % 4);
        s->format.payload_kind =
            (uint8_t)(s->format.level_encoding ? 0 : random_below(&r, PAYLOAD_ILBC + 1));
        for (unsigned i = 0; i < 600; i++) {
            uint32_t liar = random_below(&r, 100);
            size_t len = liar == 0 ? random_below(&r, sizeof bytes + 1) : random_below(&r, 200);

            p.seq = (uint16_t)(liar < 5 ? random_next(&r) : p.seq + (liar < 90 ? 1u : liar % 4));
            p.timestamp = seed % 3 == 0   ? (uint32_t)random_next(&r)
                          : liar % 10 < 2 ? p.timestamp - random_below(&r, 1000)
                                          : p.timestamp + 160;
            p.marker = liar % 7 == 0;
            p.cut = liar == 50;
            time_ns += seed % 5 == 0 ? (int64_t)random_below(&r, 1000000) * 10000 - 4000000000
                                     : 20 * NS_PER_MS;
            p.payload = slice_of(bytes + sizeof bytes - len, len);
            media_stream_packet(s, &p, time_ns, &counters);
        }
        expect_sane(s, seed);
        media_stream_free(s);
    }
}

/* Timestamps that mean nothing make no jitter, no lateness and no score that hangs on it. */
static void what_timestamps_without_sense_would_say_is_unknown(void **state)
{
    (void)state;
    for (int lie = 0; lie < 4; lie++) {
        struct counters counters = { .bins = { 0 } };
        struct media_stream *s = new_pcmu();
        struct random r = { 5 };
        struct stream_record record;

        for (uint32_t i = 0; i < 3000; i++) {
            const uint32_t timestamps[] = { i * 160, 4711, 0u - i * 160,
                                            (uint32_t)random_next(&r) };
            struct rtp_packet p = { .seq = (uint16_t)i, .timestamp = timestamps[lie] };

            media_stream_packet(s, &p, (int64_t)i * 20 * NS_PER_MS, &counters);
        }
        media_stream_report(s, &record);
        assert_int_equal(isnan(record.jitter_ms_mean) != 0, lie != 0);
        assert_int_equal(isnan(record.jitter_ms_max) != 0, lie != 0);
        assert_int_equal(isnan(record.ptime_ms) != 0, lie != 0);
        assert_int_equal(isnan(record.clock_drift_ppm) != 0, lie != 0);
        assert_int_equal(isnan(record.skew_ms_max) != 0, lie != 0);
        assert_int_equal(isnan(record.mos_lq_jb200) != 0, lie != 0);
        assert_int_equal(record.jb200.late == RECORD_NONE, lie != 0);
        assert_true(record.mos_lq_raw > 1); /* nothing was lost: that is known */
        assert_int_equal(record.lost, 0);
        media_stream_free(s);
    }
}

/* SDP says 8 kHz, the talker counts in 16: everything that is computed from it is nonsense. */
static void another_clock_than_announced_is_noticed(void **state)
{
    struct counters counters = { .bins = { 0 } };
    struct media_stream *s = new_pcmu();
    struct stream_record record;

    (void)state;
    for (uint32_t i = 0; i < 2000; i++) {
        struct rtp_packet p = { .seq = (uint16_t)i, .timestamp = i * 320 };

        media_stream_packet(s, &p, (int64_t)i * 20 * NS_PER_MS, &counters);
    }
    media_stream_report(s, &record);
    assert_true(isnan(record.jitter_ms_mean) && isnan(record.clock_drift_ppm));
    assert_true(isnan(record.mos_lq_jb200) && !isnan(record.mos_lq_raw));
    media_stream_free(s);
}

/* The state of a stream is under 2 KiB, what it points to aside. */
static void a_stream_stays_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct media_stream) <= 2048);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_each_receiver_lost_is_counted),
        cmocka_unit_test(keypresses_have_a_cap),
        cmocka_unit_test(keypresses_are_told_apart_by_their_timestamps),
        cmocka_unit_test(intervals_have_a_cap),
        cmocka_unit_test(whatever_is_sent_the_figures_are_sane),
        cmocka_unit_test(what_timestamps_without_sense_would_say_is_unknown),
        cmocka_unit_test(another_clock_than_announced_is_noticed),
        cmocka_unit_test(a_stream_stays_small),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
