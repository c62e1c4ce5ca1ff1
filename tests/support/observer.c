/*
 * Slots hold the last 512 sequence numbers; 256 behind the highest a number is judged for good, in
 * order, and runs and bursts of losses are counted there. Nothing arrives later than that: the
 * sender delays no packet by more than 90 others.
 */
#include "tests/support/observer.h"

#include <assert.h>
#include <math.h>

enum {
    SLOT_SEEN = 1,
    SLOT_LATE = 2, /* shifted by the number of the playout model */
    LAG = OBSERVER_WINDOW / 2,
    GMIN = 16,          /* RFC 3611 §4.7.2 */
    LATE_RUN_MAX = 10,  /* as many late packets move the anchor */
    DISCONTINUITY_S = 1 /* a longer jump of the timestamp, unexplained, starts anew */
};

static const struct {
    double depth_ms, early_ms;
} models[OBSERVER_PLAYOUTS] = {
    [OBSERVER_JB20] = { 20, 60 },    [OBSERVER_JB50] = { 50, 150 },   [OBSERVER_JB60] = { 60, 180 },
    [OBSERVER_JB120] = { 120, 360 }, [OBSERVER_JB200] = { 200, 400 },
};

void observer_init(struct observer *o, uint32_t clock_hz, int64_t ticks_per_packet)
{
    *o = (struct observer){ .clock_hz = clock_hz, .ticks_per_packet = ticks_per_packet };
}

static void close_group(struct observer_bursts *b)
{
    if (b->group >= 2) { /* a lone loss belongs to the gap */
        b->bursts++;
        b->packets += b->end - b->start + 1;
        b->losses += b->group;
    }
    b->group = 0;
}

static void count_loss(struct observer_bursts *b, int64_t seq)
{
    if (b->group && seq - b->end - 1 >= GMIN)
        close_group(b);
    if (b->group == 0)
        b->start = seq;
    b->group++;
    b->end = seq;
}

static void count_run(struct observer_runs *r, bool lost)
{
    if (!lost) {
        if (r->run)
            r->classes[r->run < 5 ? r->run - 1 : 4 + (r->run > 9) + (r->run > 19)]++;
        r->run = 0;
        return;
    }
    r->lost++;
    r->run++;
    if (r->run == 1)
        r->runs++;
    if (r->run > r->longest)
        r->longest = r->run;
}

/* The last word on one sequence number. */
static void judge(struct observer *o, int64_t seq)
{
    uint8_t slot = o->slots[seq % OBSERVER_WINDOW];
    bool lost = !(slot & SLOT_SEEN);

    count_run(&o->runs[0], lost);
    if (lost || slot & SLOT_LATE << OBSERVER_JB200)
        count_loss(&o->bursts, seq);
    for (int m = 0; m < OBSERVER_PLAYOUTS; m++)
        count_run(&o->runs[1 + m], lost || (slot & SLOT_LATE << m));
}

static void advance(struct observer *o, int64_t seq)
{
    while (o->highest < seq) {
        o->highest++;
        o->slots[o->highest % OBSERVER_WINDOW] = 0;
        if (o->highest - LAG >= o->first)
            judge(o, o->highest - LAG);
    }
}

static const double bin_base_ms = 0.001, bin_width = 1.01;

static void note_jitter(struct observer *o)
{
    double ms = o->jitter_ticks * 1e3 / o->clock_hz;
    double bin = ms > bin_base_ms ? 1 + floor(log(ms / bin_base_ms) / log(bin_width)) : 0;

    o->jitter_bins[bin < OBSERVER_JITTER_BINS - 1 ? (int)bin : OBSERVER_JITTER_BINS - 1]++;
}

/* Nearest rank, to half a percent. */
static double jitter_p95(const struct observer *o)
{
    int64_t rank = (o->jitter_count * 95 + 99) / 100, sum = 0;

    for (int bin = 0; bin < OBSERVER_JITTER_BINS; bin++) {
        sum += o->jitter_bins[bin];
        if (sum >= rank)
            return bin ? bin_base_ms * pow(bin_width, bin - 0.5) : 0;
    }
    return NAN;
}

/* RFC 3550 A.8. Returns whether the timestamps broke off here. */
static bool measure_jitter(struct observer *o, const struct observer_packet *p)
{
    int64_t seq_step = p->seq - o->reference_seq;
    int64_t timestamp_step = p->timestamp - o->reference_timestamp;
    int64_t unexplained = timestamp_step - seq_step * o->ticks_per_packet;
    double arrival_ticks = (double)(p->time_ns - o->reference_ns) * 1e-9 * o->clock_hz;
    bool broke = o->has_reference && (unexplained > DISCONTINUITY_S * (int64_t)o->clock_hz ||
                                      -unexplained > DISCONTINUITY_S * (int64_t)o->clock_hz);

    if (o->has_reference && !broke) {
        o->jitter_ticks += (fabs(arrival_ticks - (double)timestamp_step) - o->jitter_ticks) / 16;
        o->jitter_sum_ticks += o->jitter_ticks;
        o->jitter_count++;
        note_jitter(o);
        if (o->jitter_ticks > o->jitter_max_ticks)
            o->jitter_max_ticks = o->jitter_ticks;
    }
    o->has_reference = true;
    o->reference_ns = p->time_ns;
    o->reference_seq = p->seq;
    o->reference_timestamp = p->timestamp;
    return broke;
}

/* The slot bits of the models that would have thrown this packet away. */
static uint8_t play(struct observer *o, const struct observer_packet *p, bool first, bool broke)
{
    int64_t media_ticks, gap;
    double transit_ms;
    uint8_t bits = 0;

    if (first) {
        o->base_ns = p->time_ns;
        o->base_timestamp = o->highest_timestamp = p->timestamp;
    }
    media_ticks = p->timestamp - o->base_timestamp;
    transit_ms = (double)(p->time_ns - o->base_ns) * 1e-6 - (double)media_ticks * 1e3 / o->clock_hz;
    gap = p->timestamp - o->highest_timestamp;
    if (gap > 0)
        o->highest_timestamp = p->timestamp;

    o->talkspurts += !first && p->marker && gap > 2 * o->ticks_per_packet;
    for (int m = 0; m < OBSERVER_PLAYOUTS; m++) {
        struct observer_playout *b = &o->playouts[m];
        bool late;

        if (first || broke || (p->marker && gap > 2 * o->ticks_per_packet) ||
            b->anchor_ms - transit_ms > models[m].early_ms) {
            b->anchor_ms = transit_ms;
            b->late_in_a_row = 0;
            continue;
        }
        late = transit_ms > b->anchor_ms + models[m].depth_ms;
        b->late_in_a_row = late ? b->late_in_a_row + 1 : 0;
        if (late) {
            b->late++;
            bits |= (uint8_t)(SLOT_LATE << m);
        }
        if (b->late_in_a_row == LATE_RUN_MAX) {
            b->anchor_ms = transit_ms;
            b->late_in_a_row = 0;
        }
    }
    return bits;
}

void observer_arrive(struct observer *o, const struct observer_packet *p)
{
    bool first = o->packets == 0;
    bool first_media = !o->has_reference;
    bool broke = false;
    uint8_t *slot = &o->slots[p->seq % OBSERVER_WINDOW];

    if (first) {
        o->first = o->highest = p->seq;
        o->first_ns = p->time_ns;
    } else if (p->time_ns - o->last_ns > o->delta_max_ns) {
        o->delta_max_ns = p->time_ns - o->last_ns;
    }
    o->last_ns = p->time_ns;
    o->packets++;
    assert(p->seq >= o->first && p->seq > o->highest - LAG);
    if (p->seq < o->highest && !(*slot & SLOT_SEEN))
        o->out_of_order++;
    advance(o, p->seq);

    if (!p->event)
        broke = measure_jitter(o, p);
    if (*slot & SLOT_SEEN) {
        o->duplicates++;
        return;
    }
    *slot |= SLOT_SEEN;
    o->comfort_noise += p->noise;
    if (!p->event)
        *slot |= play(o, p, first_media, broke);
}

int64_t observer_missing_up_to(const struct observer *o, int64_t seq)
{
    int64_t missing = observer_expected(o) - (o->packets - o->duplicates);

    for (int64_t n = seq + 1; n <= o->highest; n++)
        missing -= !(o->slots[n % OBSERVER_WINDOW] & SLOT_SEEN);
    return missing;
}

/* G.107: the mean run of losses against what chance would give. */
static double burst_ratio(const struct observer_runs *r, int64_t expected)
{
    double ratio;

    if (r->runs == 0)
        return 1;
    ratio = (double)r->lost / (double)r->runs * (1 - (double)r->lost / (double)expected);
    return ratio > 1 ? ratio : 1;
}

struct observer_report observer_report(const struct observer *o)
{
    struct observer end = *o;
    struct observer_report r = { .expected = observer_expected(o) };
    int64_t from = o->highest - LAG + 1 > o->first ? o->highest - LAG + 1 : o->first;
    double tick_ms = 1e3 / o->clock_hz;

    for (int64_t seq = from; o->packets && seq <= o->highest; seq++)
        judge(&end, seq);
    close_group(&end.bursts);

    r.lost = end.runs[0].lost;
    r.jitter_ms_mean =
        o->jitter_count ? o->jitter_sum_ticks / (double)o->jitter_count * tick_ms : NAN;
    r.jitter_ms_p95 = o->jitter_count ? jitter_p95(o) : NAN;
    r.jitter_ms_max = o->jitter_count ? o->jitter_max_ticks * tick_ms : NAN;
    r.delta_ms_mean = NAN;
    r.delta_ms_max = NAN;
    if (o->packets > 1) {
        r.delta_ms_mean = (double)(o->last_ns - o->first_ns) * 1e-6 / (double)(o->packets - 1);
        r.delta_ms_max = (double)o->delta_max_ns * 1e-6;
    }
    for (int m = 0; m < 1 + OBSERVER_PLAYOUTS; m++) {
        r.runs[m] = end.runs[m];
        r.burst_ratio[m] = burst_ratio(&end.runs[m], r.expected);
    }
    r.bursts = end.bursts.bursts;
    r.burst_density = NAN;
    if (end.bursts.packets)
        r.burst_density = (double)end.bursts.losses / (double)end.bursts.packets;
    return r;
}
