/*
 * test_rtp_stream - losses, repeats and order against an implementation that remembers everything,
 * jitter against RFC 3550 A.8 in the RTP clock.
 */
#include "analyzer/rtp/rtp_stream.h"

#include "analyzer/quality/burst.h"
#include "tests/unit/loss_reference.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define NS_PER_MS INT64_C(1000000)

/* docs/METRICS.md §2 without any cleverness: one segment is an array of what was heard. */
enum { SEGMENT_ROOM = 400000, MIDDLE = 1000 };

struct reference {
    bool heard[SEGMENT_ROOM];
    size_t first, highest; /* in heard */
    uint16_t highest_seq;
    bool started, was_wild;
    uint16_t wild_seq;
    int64_t expected, duplicates, out_of_order, restarts;
    struct loss_shape shape;
};

static void reference_begin(struct reference *r, uint16_t seq)
{
    r->first = r->highest = MIDDLE;
    r->highest_seq = seq;
    r->heard[MIDDLE] = true;
    r->started = true;
}

static void reference_end(struct reference *r)
{
    size_t n = r->highest - r->first + 1;

    loss_shape_add(&r->shape, r->heard + r->first, n);
    r->expected += (int64_t)n;
    memset(r->heard + r->first, 0, n);
}

static enum rtp_arrival reference_take(struct reference *r, uint16_t seq)
{
    int ahead = (int)(uint16_t)(seq - r->highest_seq);
    size_t at;

    if (!r->started) {
        reference_begin(r, seq);
        return RTP_ARRIVAL_IN_ORDER;
    }
    if (ahead >= 32768)
        ahead -= 65536;
    if (ahead >= 3000 || ahead <= -100) {
        bool second = r->was_wild && seq == (uint16_t)(r->wild_seq + 1);

        r->was_wild = !second;
        r->wild_seq = seq;
        if (!second)
            return RTP_ARRIVAL_WILD;
        reference_end(r);
        reference_begin(r, (uint16_t)(seq - 1));
        r->heard[++r->highest] = true;
        r->highest_seq = seq;
        r->restarts++;
        return RTP_ARRIVAL_RESTART;
    }
    r->was_wild = false;
    at = (size_t)((int)r->highest + ahead);
    if (r->heard[at]) {
        r->duplicates++;
        return RTP_ARRIVAL_DUPLICATE;
    }
    r->heard[at] = true;
    if (ahead > 0) {
        r->highest = at;
        r->highest_seq = seq;
        return RTP_ARRIVAL_IN_ORDER;
    }
    r->out_of_order++;
    if (at < r->first)
        r->first = at;
    return RTP_ARRIVAL_LATE;
}

/* What the blocks add up to; they must come in order, each once. */
struct owner {
    struct loss_runs runs;
    struct burst burst;
    int64_t next_number; /* of the block, within the segment; −1: a segment begins */
    int64_t numbers;
};

static void add_block(void *ctx, const struct rtp_block *b)
{
    struct owner *o = ctx;

    assert_true(b->valid != 0);
    assert_true((b->seen & ~b->valid) == 0);
    if (o->next_number >= 0)
        assert_true(b->number == o->next_number);
    o->next_number = b->last ? -1 : b->number + 1;
    o->numbers += __builtin_popcountll(b->valid);
    loss_runs_add(&o->runs, b->valid, b->seen);
    burst_add(&o->burst, b->valid, b->seen);
    if (b->last) {
        loss_runs_break(&o->runs);
        burst_break(&o->burst);
    }
}

static enum rtp_arrival observe(struct rtp_stream *s, uint16_t seq, struct owner *o)
{
    struct quantile series = { 0 };
    struct rtp_packet packet = { .seq = seq };
    struct rtp_observation seen;

    rtp_stream_observe(s, &packet, 1, false, &series, add_block, o, &seen);
    quantile_fini(&series);
    return seen.arrival;
}

static void expect_reference(const struct rtp_stream *s, const struct owner *o,
                             const struct reference *r, uint64_t seed)
{
    struct burst_report b = burst_report(&o->burst);

    if (rtp_stream_expected(s) != r->expected || o->numbers != r->expected ||
        o->runs.lost != r->shape.lost || o->runs.runs != r->shape.runs ||
        s->duplicates != r->duplicates || s->out_of_order != r->out_of_order ||
        s->restarts != r->restarts || b.bursts != r->shape.bursts ||
        b.longest_run != r->shape.longest_run)
        fail_msg("seed %llu: expected %lld/%lld lost %u/%lld runs %u/%lld duplicates %lld/%lld "
                 "out of order %lld/%lld restarts %lld/%lld bursts %u/%lld",
                 (unsigned long long)seed, (long long)rtp_stream_expected(s),
                 (long long)r->expected, o->runs.lost, (long long)r->shape.lost, o->runs.runs,
                 (long long)r->shape.runs, (long long)s->duplicates, (long long)r->duplicates,
                 (long long)s->out_of_order, (long long)r->out_of_order, (long long)s->restarts,
                 (long long)r->restarts, b.bursts, (long long)r->shape.bursts);
}

/* What comes after `highest`: mostly the next, and every limit of the rules. */
static uint16_t next_seq(struct random *r, uint16_t highest, uint16_t last, unsigned mood)
{
    static const int edges[] = { 2999, 3000, 3001, -99, -100, -101, 63, 64, 65, -64, 128, 192, 0 };

    if (random_hits(r, 0.01))
        return (uint16_t)(last + 1); /* after a wild one: a restart */
    switch (random_below(r, 16 + 40 * (mood % 3))) {
    case 0:
        return (uint16_t)(highest + 1 + random_below(r, 8));
    case 1:
        return (uint16_t)(highest - random_below(r, 100));
    case 2:
        return (uint16_t)(highest - random_below(r, 6));
    case 3:
        return last; /* twice */
    case 4:
        return (uint16_t)(highest + 1 + random_below(r, mood % 5 ? 70 : 2999));
    case 5:
        return (uint16_t)((int)highest + edges[random_below(r, sizeof edges / sizeof edges[0])]);
    case 6:
        return mood % 2 ? (uint16_t)random_next(r) : (uint16_t)(highest + 2);
    default:
        return (uint16_t)(highest + 1);
    }
}

static void random_sequences_agree_with_the_slow_way(void **state)
{
    static struct reference ref;

    (void)state;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct random r = { seed };
        struct owner o = { .next_number = -1 }, peeked;
        unsigned packets = 2 + random_below(&r, seed % 100 ? 150 : 5000);
        uint16_t seq = seed % 4 ? (uint16_t)random_next(&r) : (uint16_t)(65530 + seed % 8);
        struct rtp_stream s;

        /* reference_end has left `heard` empty. */
        memset(&ref.first, 0, sizeof ref - offsetof(struct reference, first));
        rtp_stream_init(&s, 8000);
        for (unsigned i = 0; i < packets; i++) {
            enum rtp_arrival was = reference_take(&ref, seq), is = observe(&s, seq, &o);

            if (was != is)
                fail_msg("seed %llu, packet %u: %d, expected %d", (unsigned long long)seed, i,
                         (int)is, (int)was);
            if (ref.highest > SEGMENT_ROOM - 4000)
                break;
            seq = next_seq(&r, ref.highest_seq, seq, (unsigned)seed);
        }
        reference_end(&ref);
        peeked = o;
        rtp_stream_peek(&s, add_block, &peeked);
        expect_reference(&s, &peeked, &ref, seed);
        rtp_stream_flush(&s, add_block, &o);
        expect_reference(&s, &o, &ref, seed);
    }
}

/* Every single loss and every pair, around the border of two blocks and the wrap of 16 bits. */
static void losses_at_every_place_are_counted(void **state)
{
    (void)state;
    for (unsigned start = 65536 - 200; start < 65536 + 60; start += 13) {
        for (unsigned length = 1; length < 130; length += 3) {
            for (unsigned at = 1; at < 70; at += 3) {
                struct owner o = { .next_number = -1 };
                struct rtp_stream s;

                rtp_stream_init(&s, 8000);
                for (unsigned i = 0; i < 200; i++) {
                    if (i < at || i >= at + length)
                        observe(&s, (uint16_t)(start + i), &o);
                }
                rtp_stream_flush(&s, add_block, &o);
                assert_int_equal(o.runs.lost, length);
                assert_int_equal(o.runs.runs, 1);
                assert_int_equal(rtp_stream_expected(&s), 200);
            }
        }
    }
}

/* A late packet is no loss, as late as the limit allows: 99 numbers on. */
static void reordered_packets_fill_their_gap(void **state)
{
    (void)state;
    for (unsigned start = 65400; start < 65600; start += 7) {
        for (unsigned late = 1; late < 100; late++) {
            struct owner o = { .next_number = -1 };
            struct rtp_stream s;

            rtp_stream_init(&s, 8000);
            for (unsigned i = 0; i < 300; i++) {
                if (i != 100)
                    observe(&s, (uint16_t)(start + i), &o);
                if (i == 100 + late)
                    assert_int_equal(observe(&s, (uint16_t)(start + 100), &o), RTP_ARRIVAL_LATE);
            }
            assert_int_equal(observe(&s, (uint16_t)(start + 299), &o), RTP_ARRIVAL_DUPLICATE);
            rtp_stream_flush(&s, add_block, &o);
            assert_int_equal(o.runs.lost, 0);
            assert_int_equal(s.out_of_order, 1);
            assert_int_equal(s.duplicates, 1);
        }
    }
}

/* RFC 3550 A.8, in ticks of the RTP clock and in arrival order. */
struct a8 {
    double transit, jitter, sum, max;
    int64_t count;
    bool started;
};

static void a8_take(struct a8 *a, double arrival_ticks, double timestamp)
{
    double transit = arrival_ticks - timestamp;

    if (a->started) {
        a->jitter += (fabs(transit - a->transit) - a->jitter) / 16;
        a->sum += a->jitter;
        a->count++;
        if (a->jitter > a->max)
            a->max = a->jitter;
    }
    a->transit = transit;
    a->started = true;
}

struct sent {
    int64_t number, arrival_ns;
    bool event;
};

static int by_arrival(const void *a, const void *b)
{
    const struct sent *x = a, *y = b;

    if (x->arrival_ns != y->arrival_ns)
        return x->arrival_ns < y->arrival_ns ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* A stream with loss, repeats, disorder and keypresses; every number wraps on the way. */
static void jitter_is_that_of_a8(void **state)
{
    static const uint32_t clocks[] = { 8000, 16000, 48000, 44100, 90000 };
    static struct sent sent[2000];

    (void)state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct random r = { seed };
        uint32_t clock = clocks[seed % 5], ticks = clock / 50;
        uint32_t first_timestamp = (uint32_t)(0 - (uint64_t)random_below(&r, 100) * ticks);
        int64_t start_ns = INT64_C(1795255200) * 1000000000 + (int64_t)random_below(&r, 1000000000);
        unsigned n = 0, spread_ms = 1 + random_below(&r, 120);
        struct owner o = { .next_number = -1 };
        struct quantile series = { 0 };
        struct rtp_stream s;
        struct a8 a = { .started = false };

        for (int64_t i = 0; i < 600; i++) {
            if (i > 3 && random_hits(&r, 0.03))
                continue;
            sent[n++] =
                (struct sent){ i,
                               start_ns + i * 20 * NS_PER_MS +
                                   (int64_t)random_below(&r, i > 3 ? spread_ms * 1000 : 1) * 1000,
                               i > 3 && random_hits(&r, 0.02) };
            if (i > 3 && random_hits(&r, 0.01)) {
                sent[n] = sent[n - 1];
                sent[n++].arrival_ns += random_below(&r, 5000000);
            }
        }
        qsort(sent, n, sizeof sent[0], by_arrival);
        rtp_stream_init(&s, clock);
        for (unsigned i = 0; i < n; i++) {
            struct rtp_packet p = { .seq = (uint16_t)(65500 + sent[i].number),
                                    .timestamp =
                                        first_timestamp + (uint32_t)sent[i].number * ticks };
            struct rtp_observation seen;

            rtp_stream_observe(&s, &p, sent[i].arrival_ns, !sent[i].event, &series, add_block, &o,
                               &seen);
            if (!sent[i].event)
                a8_take(&a, (double)(sent[i].arrival_ns - start_ns) * 1e-9 * clock,
                        (double)sent[i].number * ticks);
        }
        quantile_fini(&series);
        assert_true(s.jitter_count == a.count);
        if (fabs(s.jitter_ms - a.jitter / clock * 1e3) > 1e-5 ||
            fabs(s.jitter_sum_ms - a.sum / clock * 1e3) > 1e-2 ||
            fabs(s.jitter_max_ms - a.max / clock * 1e3) > 1e-5)
            fail_msg("seed %llu: J %g, expected %g", (unsigned long long)seed, s.jitter_ms,
                     a.jitter / clock * 1e3);
    }
}

/* Ten packets of 20 ms, then one that differs: does it count as jitter? */
static void only_unexplained_jumps_reset_the_reference(void **state)
{
    static const struct {
        int seq_step;
        int64_t tick_step, arrival_step_ms;
        bool rebased;
        double jitter_ms; /* J after it, J being 0 before */
    } rows[] = {
        { 1, 160, 20, false, 0 },
        { 1, 160, 36, false, 1 },
        { 100, 16000, 2000, false, 0 },    /* 99 lost: explained */
        { 1, 8000 + 160, 1020, false, 0 }, /* a pause of just 1 s */
        { 1, 8000 + 161, 1020, true, 0 },  /* more than 1 s */
        { 1, 8000 * 60, 60000, true, 0 },  /* silence suppressed for a minute */
        { 1, -80000, 20, true, 0 },        /* another timestamp base */
        { 1, INT64_C(0x7fffffff), 20, true, 0 },
        { -3, -480, 4, false, 4 },    /* out of order by three: D = 4 + 60 */
        { 5000, 4000, 20, false, 0 }, /* wild: its times are not looked at */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct owner o = { .next_number = -1 };
        struct quantile series = { 0 };
        struct rtp_observation seen;
        struct rtp_packet p = { .seq = 65530, .timestamp = 0xffffff00 };
        int64_t now_ns = NS_PER_MS;
        struct rtp_stream s;

        rtp_stream_init(&s, 8000);
        for (int n = 0; n < 10; n++) {
            rtp_stream_observe(&s, &p, now_ns, true, &series, add_block, &o, &seen);
            assert_int_equal(seen.rebased, n == 0);
            p.seq++;
            p.timestamp += 160;
            now_ns += 20 * NS_PER_MS;
        }
        p.seq = (uint16_t)(p.seq - 1 + rows[i].seq_step);
        p.timestamp = p.timestamp - 160 + (uint32_t)(uint64_t)rows[i].tick_step;
        now_ns += (rows[i].arrival_step_ms - 20) * NS_PER_MS;
        rtp_stream_observe(&s, &p, now_ns, true, &series, add_block, &o, &seen);
        quantile_fini(&series);
        if (seen.rebased != rows[i].rebased || fabs(s.jitter_ms - rows[i].jitter_ms) > 1e-6)
            fail_msg("row %zu: J %g%s", i, s.jitter_ms, seen.rebased ? ", rebased" : "");
    }
}

/* A talkspurt is a marker and a gap; either alone is none. */
static void a_talkspurt_needs_marker_and_gap(void **state)
{
    (void)state;
    for (int marker = 0; marker < 2; marker++) {
        for (uint32_t gap = 1; gap <= 3; gap++) {
            struct owner o = { .next_number = -1 };
            struct quantile series = { 0 };
            struct rtp_observation seen;
            struct rtp_packet p = { .seq = 1 };
            struct rtp_stream s;

            rtp_stream_init(&s, 8000);
            for (int n = 0; n < 5; n++, p.seq++, p.timestamp += 160)
                rtp_stream_observe(&s, &p, n * 20 * NS_PER_MS, true, &series, add_block, &o, &seen);
            p.timestamp += 160 * (gap - 1);
            p.marker = marker;
            rtp_stream_observe(&s, &p, (int64_t)(4 + gap) * 20 * NS_PER_MS, true, &series,
                               add_block, &o, &seen);
            assert_int_equal(seen.talkspurt, marker && gap == 3);
            assert_false(seen.rebased);
            quantile_fini(&series);
        }
    }
}

static void times_between_packets_are_kept(void **state)
{
    static const int64_t arrivals_ms[] = { 1000, 1020, 1015, 1100, 1101 };
    struct owner o = { .next_number = -1 };
    struct rtp_stream s;

    (void)state;
    rtp_stream_init(&s, 8000);
    for (size_t i = 0; i < 5; i++) {
        struct quantile series = { 0 };
        struct rtp_packet p = { .seq = (uint16_t)i, .timestamp = (uint32_t)i * 160 };
        struct rtp_observation seen;

        rtp_stream_observe(&s, &p, arrivals_ms[i] * NS_PER_MS, true, &series, add_block, &o, &seen);
        quantile_fini(&series);
    }
    assert_true(s.first_time_ns == 1000 * NS_PER_MS && s.last_time_ns == 1101 * NS_PER_MS);
    assert_true(s.delta_max_ns == 85 * NS_PER_MS);
    assert_int_equal(s.packets, 5);
}

/* n packets that come every 20 ms, with timestamps of their own making. */
static void send_paced(struct rtp_stream *s, uint32_t (*timestamp)(struct random *r, uint32_t i),
                       uint32_t n)
{
    struct owner o = { .next_number = -1 };
    struct quantile series = { 0 };
    struct random r = { 9 };

    rtp_stream_init(s, 8000);
    for (uint32_t i = 0; i < n; i++) {
        struct rtp_packet p = { .seq = (uint16_t)(65000 + i), .timestamp = timestamp(&r, i) };
        struct rtp_observation seen;

        s->own_ticks = 160;
        rtp_stream_observe(s, &p, (int64_t)i * 20 * NS_PER_MS, true, &series, add_block, &o, &seen);
    }
    quantile_fini(&series);
}

static uint32_t usual(struct random *r, uint32_t i)
{
    (void)r;
    return 0xffff0000u + i * 160;
}

static uint32_t standing(struct random *r, uint32_t i)
{
    (void)r;
    return i < 10 ? i * 160 : 1600;
}

static uint32_t backward(struct random *r, uint32_t i)
{
    (void)r;
    return 0u - i * 160;
}

static uint32_t anything(struct random *r, uint32_t i)
{
    (void)i;
    return (uint32_t)random_next(r);
}

static uint32_t in_pairs(struct random *r, uint32_t i)
{
    (void)r;
    return i / 2 * 320;
}

static uint32_t seldom_standing(struct random *r, uint32_t i)
{
    (void)r;
    return (i - (i % 10 == 5)) * 160;
}

static void timestamps_without_sense_are_no_measure(void **state)
{
    static const struct {
        uint32_t (*timestamp)(struct random *r, uint32_t i);
        bool hold;
        double ptime_ms; /* NaN: not known; −1: whatever */
    } rows[] = {
        { usual, true, 20 },      { seldom_standing, true, 20 }, { standing, false, -1 },
        { backward, false, NAN }, { anything, false, -1 },       { in_pairs, false, -1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rtp_stream s;
        double ptime_ms;

        send_paced(&s, rows[i].timestamp, 500);
        ptime_ms = rtp_stream_ptime_ms(&s);
        if (rtp_stream_times_hold(&s) != rows[i].hold)
            fail_msg("row %zu: %d of %d doubtful", i, (int)s.doubtful, (int)s.steps);
        if (rows[i].ptime_ms >= 0 ? ptime_ms != rows[i].ptime_ms
                                  : isnan(rows[i].ptime_ms) && !isnan(ptime_ms))
            fail_msg("row %zu: ptime %g", i, ptime_ms);
        assert_true(s.dtx_ticks <= s.media_ticks && s.dtx_ticks >= 0);
    }
}

/* What was not sent on purpose, by all media time. */
static void pauses_are_told_from_losses(void **state)
{
    static const struct {
        const char *what;
        unsigned seq_step, gap_packets; /* packets whose numbers, and whose time, passed */
        unsigned own_ticks;             /* of each packet, as its payload tells; 0: not known */
        bool marker;
        unsigned arrives_after; /* packets of time */
        double ratio;           /* of 100 packets and the gap */
        unsigned talkspurts;
    } rows[] = {
        { "nothing", 1, 1, 160, false, 1, 0, 0 },
        { "a pause", 1, 11, 160, true, 11, 10.0 / 109, 1 },
        { "a pause of one packet", 1, 2, 160, false, 2, 1.0 / 100, 0 },
        { "the same, but it may be a longer packet", 1, 2, 0, false, 2, 0, 0 },
        { "a pause without marker", 1, 11, 0, false, 11, 10.0 / 109, 0 },
        { "losses", 11, 11, 160, false, 11, 0, 0 },
        { "losses and a pause", 6, 21, 160, true, 21, 15.0 / 119, 1 },
        { "a pause of a minute", 1, 3001, 160, true, 3001, 3000.0 / 3099, 1 },
        { "a jump that is no pause", 1, 3001, 160, true, 1, 0, 0 },
        { "longer packets", 1, 3, 480, false, 3, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct owner o = { .next_number = -1 };
        struct quantile series = { 0 };
        struct rtp_packet p = { .seq = 65500, .timestamp = 0xffffff00 };
        struct rtp_observation seen = { .rebased = false };
        struct rtp_stream s;
        int64_t now_ns = 0;

        rtp_stream_init(&s, 8000);
        for (unsigned n = 0; n < 100; n++) {
            bool gap = n == 50;
            unsigned packets = gap ? rows[i].gap_packets : 1;

            if (n > 0) {
                p.seq = (uint16_t)(p.seq + (gap ? rows[i].seq_step : 1));
                p.timestamp += 160 * packets;
                now_ns += (gap ? rows[i].arrives_after : 1) * 20 * NS_PER_MS;
            }
            p.marker = gap && rows[i].marker;
            rtp_stream_observe(&s, &p, now_ns, true, &series, add_block, &o, &seen);
            s.own_ticks = rows[i].own_ticks;
        }
        quantile_fini(&series);
        if (fabs(rtp_stream_dtx_ratio(&s) - rows[i].ratio) > 1e-9)
            fail_msg("%s: %g, expected %g", rows[i].what, rtp_stream_dtx_ratio(&s), rows[i].ratio);
        if (s.talkspurts != rows[i].talkspurts)
            fail_msg("%s: %u talkspurts", rows[i].what, s.talkspurts);
    }
}

/* Three times around, then anything at all: the counts hold together. */
static void sequences_that_wrap_or_lie_keep_their_counts(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct owner o = { .next_number = -1 };
        struct quantile series = { 0 };
        struct random r = { seed };
        struct rtp_stream s;
        uint32_t number = random_below(&r, 65536), sent = 0, lost = 0, first = number;

        rtp_stream_init(&s, 8000);
        for (; number - first < 3 * 65536 + 500; number++) {
            struct rtp_packet p = { .seq = (uint16_t)number, .timestamp = number * 160 };
            struct rtp_observation seen;

            if (number > first && number - first < 3 * 65536 + 499 && random_hits(&r, 0.01)) {
                lost++;
                continue;
            }
            rtp_stream_observe(&s, &p, (int64_t)number * 20 * NS_PER_MS, true, &series, add_block,
                               &o, &seen);
            sent++;
        }
        assert_int_equal(s.packets, sent);
        assert_int_equal(s.restarts, 0);
        assert_int_equal(rtp_stream_expected(&s), 3 * 65536 + 500);
        assert_true(s.jitter_max_ms < 1e-6);
        for (int i = 0; i < 2000; i++) {
            struct rtp_packet p = { .seq = (uint16_t)random_next(&r),
                                    .timestamp = (uint32_t)random_next(&r) };
            struct rtp_observation seen;

            rtp_stream_observe(&s, &p, (int64_t)number * 20 * NS_PER_MS, true, &series, add_block,
                               &o, &seen);
            assert_true(s.first <= s.highest && s.dtx_ticks <= s.media_ticks);
        }
        rtp_stream_flush(&s, add_block, &o);
        assert_int_equal(o.numbers, rtp_stream_expected(&s));
        assert_true(o.runs.lost >= lost && isfinite(s.jitter_sum_ms));
        quantile_fini(&series);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sequences_agree_with_the_slow_way),
        cmocka_unit_test(losses_at_every_place_are_counted),
        cmocka_unit_test(reordered_packets_fill_their_gap),
        cmocka_unit_test(jitter_is_that_of_a8),
        cmocka_unit_test(only_unexplained_jumps_reset_the_reference),
        cmocka_unit_test(a_talkspurt_needs_marker_and_gap),
        cmocka_unit_test(times_between_packets_are_kept),
        cmocka_unit_test(timestamps_without_sense_are_no_measure),
        cmocka_unit_test(pauses_are_told_from_losses),
        cmocka_unit_test(sequences_that_wrap_or_lie_keep_their_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
