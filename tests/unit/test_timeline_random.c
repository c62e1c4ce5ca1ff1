/*
 * test_timeline_random - random streams against an observer that remembers each number and judges at
 * the very end.
 */
#include "analyzer/call/media_stream.h"

#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/interval_rows.h"

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)
#define START_NS  (INT64_C(1795255200) * NS_PER_S)

enum { NUMBERS = 3000, SECONDS = 400 };

struct observer {
    int owner[NUMBERS]; /* the second; −1: not passed */
    bool heard[NUMBERS], came[NUMBERS];
    int64_t highest, last_ms;
    int last_second;
    unsigned packets[SECONDS / 5];
    double jitter_ms[SECONDS / 5];
};

static void observe(struct observer *o, int64_t number, int64_t time_ms, bool late,
                    double jitter_ms)
{
    int second = (int)(time_ms / 1000);
    int64_t gap = number - o->highest - 1, silence_ms = time_ms - o->last_ms;

    if (o->came[number])
        return;
    o->came[number] = true;
    o->heard[number] = !late;
    o->packets[second / 5]++;
    o->jitter_ms[second / 5] = fmax(o->jitter_ms[second / 5], (float)jitter_ms);
    if (number > o->highest) {
        o->owner[number] = second;
        for (int64_t k = 0; k < gap; k++) {
            int64_t lost = o->highest + 1 + k;

            o->owner[lost] = second;
            /* The k-th of the gap is charged to the first second by whose end k + 1 were due. */
            for (int at = o->last_second; 2 * 20 * gap >= silence_ms && at < second; at++) {
                double due = (double)gap / ((double)silence_ms * 1e6) *
                             (((at + 1) * 1000.0 - (double)o->last_ms) * 1e6);

                if (floor(due) >= (double)(k + 1)) {
                    o->owner[lost] = at;
                    break;
                }
            }
        }
        o->highest = number;
    }
    o->last_ms = time_ms;
    o->last_second = second;
}

/* What of the seconds from..to−1 was lost. */
static struct timeline_losses losses_of(const struct observer *o, int from, int to)
{
    struct timeline_losses l = { 0 };

    for (int64_t i = 0; i <= o->highest; i++) {
        bool goes_on = i > 0 && o->owner[i - 1] >= from && !o->heard[i - 1];

        if (o->owner[i] < from || o->owner[i] >= to)
            continue;
        l.numbers++;
        l.lost += !o->came[i];
        l.late += o->came[i] && !o->heard[i];
        l.runs += !o->heard[i] && !goes_on;
    }
    return l;
}

static struct emodel_budget budget_of(const struct timeline_losses *l, const struct codec_ie *ie)
{
    double lost = l->lost + l->late, share = lost / l->numbers;
    double ratio = l->runs ? lost / l->runs * (1 - share) : 1;

    return emodel_of_loss(ie->scale, ie->ie, ie->bpl, 100 * share, fmax(1, ratio), 0);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static double nearest_rank(double *values, size_t n, double share)
{
    qsort(values, n, sizeof values[0], by_value);
    return n ? values[(size_t)ceil(share * (double)n) - 1] : NAN;
}

static void expect_real(double actual, double expected, double within, uint64_t seed,
                        const char *what)
{
    if (isnan(actual) != isnan(expected) || fabs(actual - expected) > within)
        fail_msg("seed %llu: %s is %.6f, expected %.6f", (unsigned long long)seed, what, actual,
                 expected);
}

static void expect_seconds(const struct observer *o, const struct codec_ie *ie,
                           const struct timeline_report *r, uint64_t seed)
{
    bool last_is_whole = o->last_ms >= o->last_second * 1000 + 500;
    int64_t bad = 0, judged = 0;
    double worst = NAN;

    for (int second = 0; second <= o->last_second; second++) {
        struct timeline_losses l = losses_of(o, second, second + 1);

        if (l.numbers < 8)
            continue;
        judged++;
        bad += emodel_r_on_narrowband(budget_of(&l, ie).r, ie->scale) < 60;
    }
    for (int second = 0; second + 9 + !last_is_whole <= o->last_second; second++) {
        struct timeline_losses l = losses_of(o, second, second + 10);

        if (l.numbers >= 80 && !(worst <= budget_of(&l, ie).mos))
            worst = budget_of(&l, ie).mos;
    }
    if (r->bad_seconds != (judged ? bad : -1))
        fail_msg("seed %llu: %lld bad seconds, expected %lld", (unsigned long long)seed,
                 (long long)r->bad_seconds, (long long)bad);
    expect_real(r->worst_10s_mos, worst, 1e-9, seed, "the worst ten");
    if (!isnan(worst)) {
        int from = (int)((r->worst_10s_time_ns - START_NS) / NS_PER_S);
        struct timeline_losses l = losses_of(o, from, from + 10);

        expect_real(budget_of(&l, ie).mos, worst, 1e-9, seed, "the ten seconds named");
    }
}

static void expect_intervals(const struct observer *o, const struct codec_ie *ie,
                             const struct timeline *t, uint64_t seed)
{
    struct timeline_mos pool = { 0 };
    struct interval row[ROOM];
    double mos[ROOM];
    size_t n = intervals_of(t, row), known = 0;

    assert_int_equal(n, o->last_second / 5 + 1);
    for (size_t i = 0; i < n; i++) {
        struct timeline_losses l = losses_of(o, 5 * (int)i, 5 * (int)i + 5);
        double expected = l.numbers < 25 ? NAN : budget_of(&l, ie).mos;

        if (row[i].packets != o->packets[i] || row[i].lost != l.lost || row[i].late != l.late)
            fail_msg("seed %llu, interval %zu: %lld packets, %lld lost, %lld late; expected %u, "
                     "%u, %u",
                     (unsigned long long)seed, i, (long long)row[i].packets, (long long)row[i].lost,
                     (long long)row[i].late, o->packets[i], l.lost, l.late);
        expect_real(row[i].mos_lq, expected, 0.0005001, seed, "an interval's MOS");
        expect_real(row[i].jitter_ms_max, o->packets[i] ? o->jitter_ms[i] : NAN, 0.00501, seed,
                    "an interval's jitter");
        if (!isnan(expected))
            mos[known++] = round(expected * 1000) / 1000;
    }
    timeline_add_mos(t, &pool);
    assert_int_equal(pool.intervals, known);
    expect_real(timeline_mos_quantile(&pool, 0.05), nearest_rank(mos, known, 0.05), 0.0011, seed,
                "p5");
    expect_real(timeline_mos_quantile(&pool, 0.5), nearest_rank(mos, known, 0.5), 0.0011, seed,
                "p50");
}

struct sent {
    int64_t number, arrival_ms;
    uint32_t timestamp;
};

static int by_arrival(const void *a, const void *b)
{
    const struct sent *x = a, *y = b;

    if (x->arrival_ms != y->arrival_ms)
        return x->arrival_ms < y->arrival_ms ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Loss in bursts, outages, holds, repeats, lateness; what is delayed is so by under a second. */
static size_t send_stream(struct random *r, struct sent *sent, size_t numbers)
{
    double loss = random_share(r) * random_share(r) * 0.5;
    uint32_t jitter_ms = 1 + random_below(r, random_hits(r, 0.5) ? 30 : 500);
    int64_t media_ms = 0, shift_ms = 0;
    size_t n = 0, outage = 0;

    for (size_t i = 0; i < numbers; i++, media_ms += 20) {
        struct sent *p = &sent[n];

        if (random_hits(r, 0.003))
            shift_ms = random_below(r, 400);
        if (random_hits(r, 0.001))
            media_ms += random_below(r, 9000); /* hold */
        if (random_hits(r, 0.001))
            outage = 1 + random_below(r, 400);
        if (i >= 4 && (outage || random_hits(r, i % 300 < 30 ? 0.5 : loss))) {
            outage -= outage > 0;
            continue;
        }
        *p = (struct sent){ (int64_t)i, media_ms, (uint32_t)media_ms * 8 };
        if (i >= 4)
            p->arrival_ms += shift_ms + random_below(r, jitter_ms);
        n++;
        if (random_hits(r, 0.01)) {
            sent[n] = sent[n - 1];
            sent[n++].arrival_ms += random_below(r, 100);
        }
    }
    qsort(sent, n, sizeof sent[0], by_arrival);
    return n;
}

static void random_streams_are_judged_as_by_who_remembers_all(void **state)
{
    static const char *const names[] = { "G.711", "G.729", "G.722-64", "AMR-12.2", "G.711-noPLC" };
    static struct sent sent[2 * NUMBERS];
    static struct observer o;

    (void)state;
    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct random r = { seed };
        const struct stream_key key = { .ssrc = 7 };
        struct media_format format = { .codec = "PCMU", .clock_rate_hz = 8000 };
        struct counters counters = { .bins = { 0 } };
        size_t n = send_stream(&r, sent, seed % 4 ? 1 + random_below(&r, NUMBERS) : 700);
        struct timeline_report report;
        struct media_stream *s;

        format.ie = codec_ie_find(slice_of_text(names[seed % 5]));
        if (!format.ie)
            format.ie = codec_ie_find(SLICE("G.711"));
        s = media_stream_new(&key, &format, START_NS);
        assert_non_null(s);
        memset(&o, 0, sizeof o);
        memset(o.owner, -1, sizeof o.owner);
        o.highest = -1;
        for (size_t i = 0; i < n; i++) {
            struct rtp_packet p = { .ssrc = 7,
                                    .seq = (uint16_t)(64000 + sent[i].number),
                                    .timestamp = sent[i].timestamp };
            uint32_t late = s->playout.buffers[PLAYOUT_JB200].late;

            media_stream_packet(s, &p, START_NS + sent[i].arrival_ms * NS_PER_MS, &counters);
            observe(&o, sent[i].number, sent[i].arrival_ms,
                    s->playout.buffers[PLAYOUT_JB200].late != late, s->rtp.jitter_ms);
        }
        timeline_report(&s->timeline, &report);
        expect_seconds(&o, format.ie, &report, seed);
        expect_intervals(&o, format.ie, &s->timeline, seed);
        media_stream_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_streams_are_judged_as_by_who_remembers_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
