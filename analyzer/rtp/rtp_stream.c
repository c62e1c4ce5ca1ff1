#include "analyzer/rtp/rtp_stream.h"

#include "analyzer/base/serial.h"

#include <math.h>

enum {
    BLOCK_BITS = 6,
    KEPT_BLOCKS = 3, /* the highest's and two before: at least 129 numbers */
    DISCONTINUITY_MS = 1000,
    LONGEST_PTIME_MS = 200,
};

void rtp_stream_init(struct rtp_stream *s, uint32_t clock_rate_hz)
{
    *s = (struct rtp_stream){ 0 };
    rtp_stream_set_clock(s, clock_rate_hz);
}

void rtp_stream_set_clock(struct rtp_stream *s, uint32_t clock_rate_hz)
{
    double before = s->ms_per_tick;

    s->ms_per_tick = 1000.0 / (clock_rate_hz ? clock_rate_hz : 8000);
    s->media_ticks = (int64_t)((double)s->media_ticks * before / s->ms_per_tick);
    s->dtx_ticks = (int64_t)((double)s->dtx_ticks * before / s->ms_per_tick);
    s->own_ticks = 0;
    s->has_reference = false;
    s->ticks_per_packet = 0;
    s->agreeing = 0;
}

int64_t rtp_stream_expected(const struct rtp_stream *s)
{
    return s->expected_before + (s->started ? s->highest - s->first + 1 : 0);
}

static size_t slot_of(int64_t block_number)
{
    return (uint64_t)block_number % RTP_WINDOW_BLOCKS;
}

static struct rtp_block block_at(const struct rtp_stream *s, int64_t number)
{
    int64_t start = number * 64;
    uint64_t valid = ~0ull;

    if (s->first > start)
        valid &= ~0ull << (s->first - start);
    if (s->highest < start + 63)
        valid &= ~0ull >> (start + 63 - s->highest);
    return (struct rtp_block){ number, valid, s->seen[slot_of(number)] & valid, false };
}

static void retire_until(struct rtp_stream *s, int64_t number, rtp_block_fn retire, void *ctx)
{
    for (; s->oldest_block < number; s->oldest_block++) {
        struct rtp_block block = block_at(s, s->oldest_block);

        retire(ctx, &block);
        s->seen[slot_of(s->oldest_block)] = 0;
    }
}

static bool is_seen(const struct rtp_stream *s, int64_t ext)
{
    return s->seen[slot_of(ext >> BLOCK_BITS)] >> (ext & 63) & 1;
}

static void mark_seen(struct rtp_stream *s, int64_t ext)
{
    s->seen[slot_of(ext >> BLOCK_BITS)] |= 1ull << (ext & 63);
}

static void begin_segment(struct rtp_stream *s, int64_t ext)
{
    s->first = s->highest = ext;
    s->oldest_block = ext >> BLOCK_BITS;
    s->has_wild = false;
    s->started = true;
    mark_seen(s, ext);
}

static void end_segment(struct rtp_stream *s, rtp_block_fn retire, void *ctx)
{
    int64_t last = s->highest >> BLOCK_BITS;
    struct rtp_block block;

    retire_until(s, last, retire, ctx);
    block = block_at(s, last);
    block.last = true;
    retire(ctx, &block);
    for (int i = 0; i < RTP_WINDOW_BLOCKS; i++)
        s->seen[i] = 0;
    s->expected_before += s->highest - s->first + 1;
    s->started = false;
}

void rtp_stream_flush(struct rtp_stream *s, rtp_block_fn retire, void *ctx)
{
    if (s->started)
        end_segment(s, retire, ctx);
}

void rtp_stream_peek(const struct rtp_stream *s, rtp_block_fn each, void *ctx)
{
    if (!s->started)
        return;
    for (int64_t n = s->oldest_block; n <= s->highest >> BLOCK_BITS; n++) {
        struct rtp_block block = block_at(s, n);

        block.last = n == s->highest >> BLOCK_BITS;
        each(ctx, &block);
    }
}

/* RFC 3550 A.1: what lies outside the limits is believed when the next one follows it. */
static enum rtp_arrival judge_wild(struct rtp_stream *s, uint16_t seq, rtp_block_fn retire,
                                   void *ctx, int64_t *ext)
{
    if (!s->has_wild || seq != s->wild_next) {
        s->has_wild = true;
        s->wild_next = (uint16_t)(seq + 1);
        *ext = s->highest;
        return RTP_ARRIVAL_WILD;
    }
    /* The segment begins with the wild one before this. A cycle further on, so numbers only grow. */
    *ext = ((s->highest >> 16) + 2) * 65536 + seq;
    end_segment(s, retire, ctx);
    begin_segment(s, *ext - 1);
    s->highest = *ext;
    mark_seen(s, *ext);
    s->restarts++;
    return RTP_ARRIVAL_RESTART;
}

static enum rtp_arrival place(struct rtp_stream *s, uint16_t seq, rtp_block_fn retire, void *ctx,
                              int64_t *ext)
{
    int ahead;

    if (!s->started) {
        *ext = s->packets ? ((s->highest >> 16) + 2) * 65536 + seq : 65536 + seq;
        begin_segment(s, *ext);
        return RTP_ARRIVAL_IN_ORDER;
    }
    ahead = serial16_diff((uint16_t)(uint64_t)s->highest, seq);
    if (ahead >= RTP_MAX_DROPOUT || ahead <= -RTP_MAX_MISORDER)
        return judge_wild(s, seq, retire, ctx, ext);
    s->has_wild = false;
    *ext = s->highest + ahead;
    if (ahead > 0) {
        s->highest = *ext;
        /* Blocks in between were passed over without a packet: they go out empty. */
        if ((*ext >> BLOCK_BITS) - KEPT_BLOCKS >= s->oldest_block)
            retire_until(s, (*ext >> BLOCK_BITS) - KEPT_BLOCKS + 1, retire, ctx);
        mark_seen(s, *ext);
        return RTP_ARRIVAL_IN_ORDER;
    }
    if (is_seen(s, *ext)) {
        s->duplicates++;
        return RTP_ARRIVAL_DUPLICATE;
    }
    /* From before the first packet: it widens the range. Then highest − first < 129, so nothing of
     * the segment was handed out yet. */
    if (*ext < s->first) {
        s->first = *ext;
        s->oldest_block = *ext >> BLOCK_BITS;
    }
    mark_seen(s, *ext);
    s->out_of_order++;
    return RTP_ARRIVAL_LATE;
}

/* Follows the packet time: two equal steps in a row set it. */
static void learn_ticks(struct rtp_stream *s, int64_t step, int64_t ticks)
{
    if (step != 1 || ticks <= 0 || (double)ticks * s->ms_per_tick > LONGEST_PTIME_MS)
        return;
    if ((uint32_t)ticks == s->ticks_per_packet) {
        s->agreeing = s->agreeing < UINT8_MAX ? (uint8_t)(s->agreeing + 1) : UINT8_MAX;
    } else if (s->agreeing == 0) {
        s->ticks_per_packet = (uint32_t)ticks;
    } else {
        s->agreeing /= 2;
    }
}

static void rebase(struct rtp_stream *s, uint32_t timestamp, int64_t time_ns)
{
    s->base_time_ns = time_ns;
    s->base_timestamp = s->timestamp_ext = timestamp;
    s->transit_ms = 0;
    s->has_reference = true;
}

/* RFC 3550 A.8, in ms instead of ticks: the same formula, scaled. */
static void add_jitter(struct rtp_stream *s, double transit_ms, struct quantile *series)
{
    double d = fabs(transit_ms - s->transit_ms);

    s->jitter_ms += (d - s->jitter_ms) / 16;
    s->jitter_sum_ms += s->jitter_ms;
    s->jitter_count++;
    if (s->jitter_ms > s->jitter_max_ms)
        s->jitter_max_ms = s->jitter_ms;
    quantile_add(series, (float)s->jitter_ms);
}

/* Time from the arrival of the packet before, as its transit remembers it. */
static double elapsed_ms(const struct rtp_stream *s, int64_t time_ns)
{
    double before_ms =
        s->transit_ms + (double)(s->timestamp_ext - s->base_timestamp) * s->ms_per_tick;

    return (double)(time_ns - s->base_time_ns) * 1e-6 - before_ms;
}

/* What was passed over without a packet missing: nobody sent it. Where a packet's own length is not
 * beyond doubt, one packet more or less is no pause. */
static int64_t pause_ticks(const struct rtp_stream *s, int64_t step, int64_t ticks)
{
    int64_t packet = s->ticks_per_packet;
    int64_t own = s->own_ticks > packet ? s->own_ticks : packet;
    int64_t pause = ticks - (step - 1) * packet - own;

    if (packet == 0 || pause <= (step == 1 && s->own_ticks == packet ? 0 : packet))
        return 0;
    return pause;
}

/* A step that is not one packet on. */
static void judge_step(struct rtp_stream *s, int64_t step, int64_t ticks, int64_t unexplained,
                       int64_t time_ns, struct rtp_observation *out)
{
    double off_ms = elapsed_ms(s, time_ns) - (double)ticks * s->ms_per_tick;

    if (step < 1)
        return;
    if (fabs((double)unexplained) * s->ms_per_tick > DISCONTINUITY_MS &&
        fabs(off_ms) > DISCONTINUITY_MS) {
        out->jumped = true;
        out->jump_ms = (double)unexplained * s->ms_per_tick;
        s->doubtful++;
    } else if (ticks <= 0) {
        s->doubtful++;
    } else {
        s->media_ticks += ticks;
        s->dtx_ticks += pause_ticks(s, step, ticks);
    }
}

static void measure(struct rtp_stream *s, const struct rtp_packet *p, int64_t time_ns,
                    struct quantile *jitter_series, struct rtp_observation *out)
{
    int64_t ticks, step, unexplained;
    double transit_ms;

    if (!s->has_reference) {
        rebase(s, p->timestamp, time_ns);
        out->rebased = true;
        goto done;
    }
    ticks = serial32_diff(s->last_timestamp, p->timestamp);
    step = out->ext - s->last_ext;
    learn_ticks(s, step, ticks);
    unexplained = ticks - step * (int64_t)s->ticks_per_packet;
    if (out->arrival == RTP_ARRIVAL_RESTART) {
        rebase(s, p->timestamp, time_ns);
        out->rebased = true;
        goto done;
    }
    s->steps++;
    if (step == 1 && unexplained == 0 && ticks > 0)
        s->media_ticks += ticks;
    else
        judge_step(s, step, ticks, unexplained, time_ns, out);
    out->talkspurt = p->marker && ticks > 2 * (int64_t)s->ticks_per_packet && !out->jumped;
    s->talkspurts += out->talkspurt;
    if (fabs((double)unexplained) * s->ms_per_tick > DISCONTINUITY_MS) {
        rebase(s, p->timestamp, time_ns);
        out->rebased = true;
        goto done;
    }
    s->timestamp_ext += ticks;
    transit_ms = (double)(time_ns - s->base_time_ns) * 1e-6 -
                 (double)(s->timestamp_ext - s->base_timestamp) * s->ms_per_tick;
    add_jitter(s, transit_ms, jitter_series);
    s->transit_ms = transit_ms;
done:
    out->transit_ms = s->transit_ms;
    s->last_timestamp = p->timestamp;
    s->last_ext = out->ext;
}

void rtp_stream_observe(struct rtp_stream *s, const struct rtp_packet *packet, int64_t time_ns,
                        bool timed, struct quantile *jitter_series, rtp_block_fn retire, void *ctx,
                        struct rtp_observation *out)
{
    int64_t delta_ns = time_ns - s->last_time_ns;

    out->rebased = out->talkspurt = out->jumped = false;
    out->transit_ms = 0;
    out->arrival = place(s, packet->seq, retire, ctx, &out->ext);
    if (s->packets == 0)
        s->first_time_ns = time_ns;
    else if (delta_ns > s->delta_max_ns)
        s->delta_max_ns = delta_ns;
    s->packets++;
    s->last_time_ns = time_ns;
    /* A wild one may belong to nobody: its timestamp is not trusted either. */
    if (timed && out->arrival != RTP_ARRIVAL_WILD)
        measure(s, packet, time_ns, jitter_series, out);
}

bool rtp_stream_times_hold(const struct rtp_stream *s)
{
    return s->doubtful * 4 <= s->steps;
}

double rtp_stream_ptime_ms(const struct rtp_stream *s)
{
    return s->agreeing ? s->ticks_per_packet * s->ms_per_tick : NAN;
}

double rtp_stream_dtx_ratio(const struct rtp_stream *s)
{
    return s->media_ticks ? (double)s->dtx_ticks / (double)s->media_ticks : NAN;
}
