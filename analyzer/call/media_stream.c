#include "analyzer/call/media_stream.h"

#include "analyzer/rtp/dtmf.h"

#include <math.h>
#include <stdlib.h>

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS 1e6

enum {
    LEAST_PACKETS_FOR_MOS = 100,  /* fewer say nothing: null */
    LEAST_EXPECTED_INTERVAL = 25, /* the same for 5 s: half a second of 20 ms packets */
    PROVEN_IN_A_ROW = 4,          /* chance alone makes that of noise once in 2^48 */
    FIRST_INTERVALS = 4,
};

struct media_stream *media_stream_new(const struct stream_key *key,
                                      const struct media_format *format, int64_t time_ns)
{
    struct media_stream *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->key = *key;
    s->rtcp.rtt_ms = NAN;
    s->event_payload_type = MEDIA_NO_PAYLOAD_TYPE;
    rtp_stream_init(&s->rtp, format->clock_rate_hz);
    s->format = *format;
    s->payload_type = format->payload_type;
    if (format->is_event) { /* keypresses alone, so far: a codec may follow */
        s->event_payload_type = format->payload_type;
        s->payload_type = MEDIA_NO_PAYLOAD_TYPE;
    }
    s->interval_end_ns = time_ns + MEDIA_INTERVAL_S * NS_PER_S;
    return s;
}

void media_stream_free(struct media_stream *s)
{
    if (!s)
        return;
    quantile_fini(&s->jitter_series);
    free(s->intervals);
    free(s->dtmf);
    free(s);
}

void media_stream_set_format(struct media_stream *s, const struct media_format *format)
{
    if (format->is_event) {
        s->event_payload_type = format->payload_type;
        return;
    }
    if (format->is_noise)
        return; /* comfort noise: the codec stays what it is, the packet is timed like any other */
    if (format->clock_rate_hz != s->format.clock_rate_hz)
        rtp_stream_set_clock(&s->rtp, format->clock_rate_hz);
    s->format = *format;
    s->payload_type = format->payload_type;
}

/* Which of the block's numbers each model heard. */
struct heard {
    uint64_t raw;
    uint64_t behind[PLAYOUT_MODELS];
};

static struct heard heard_of(const struct media_stream *s, const struct rtp_block *block)
{
    size_t slot = (uint64_t)block->number % RTP_WINDOW_BLOCKS;
    struct heard h = { .raw = block->seen };

    for (int m = 0; m < PLAYOUT_MODELS; m++)
        h.behind[m] = block->seen & ~s->late[m][slot];
    return h;
}

static void add_block(struct loss_runs runs[RECORD_MODELS], struct burst *burst,
                      const struct rtp_block *block, const struct heard *h)
{
    loss_runs_add(&runs[0], block->valid, h->raw);
    for (int m = 0; m < PLAYOUT_MODELS; m++)
        loss_runs_add(&runs[1 + m], block->valid, h->behind[m]);
    burst_add(burst, block->valid, h->behind[PLAYOUT_JB200]);
    if (!block->last)
        return;
    for (int m = 0; m < RECORD_MODELS; m++)
        loss_runs_break(&runs[m]);
    burst_break(burst);
}

static void retire(void *ctx, const struct rtp_block *block)
{
    struct media_stream *s = ctx;
    struct heard h = heard_of(s, block);

    add_block(s->runs, &s->burst, block, &h);
    for (int m = 0; m < PLAYOUT_MODELS; m++)
        s->late[m][(uint64_t)block->number % RTP_WINDOW_BLOCKS] = 0;
}

/* Puts the interval that is over with the others. */
static void keep_interval(struct media_stream *s, struct counters *counters)
{
    if (s->interval_count == s->interval_room && s->interval_count < MEDIA_INTERVALS_MAX) {
        uint32_t room = s->interval_room ? s->interval_room * 2 : FIRST_INTERVALS;
        struct media_interval *grown = realloc(s->intervals, room * sizeof *grown);

        if (grown) {
            s->intervals = grown;
            s->interval_room = room;
        }
    }
    if (s->interval_count < s->interval_room && s->interval_count < MEDIA_INTERVALS_MAX)
        s->intervals[s->interval_count++] = s->now;
    else
        counters->refusals[REFUSAL_INTERVALS]++;
    s->now = (struct media_interval){ 0 };
    s->interval_first_ext = s->rtp.highest + 1;
    s->interval_end_ns += MEDIA_INTERVAL_S * NS_PER_S;
}

/* A stream that paused has empty intervals; past the cap there is no use in counting them. */
static void roll_intervals(struct media_stream *s, int64_t time_ns, struct counters *counters)
{
    while (time_ns >= s->interval_end_ns && s->interval_count < MEDIA_INTERVALS_MAX)
        keep_interval(s, counters);
}

static void add_u16(uint16_t *count, int64_t n)
{
    int64_t sum = *count + n;

    *count = sum < 0 ? 0 : sum > UINT16_MAX ? UINT16_MAX : (uint16_t)sum;
}

/* Losses are charged where the gap shows, and credited back where the late packet belongs. */
static void count_in_interval(struct media_stream *s, const struct rtp_observation *seen,
                              int64_t highest_before)
{
    struct media_interval *now = &s->now;
    int64_t gap = seen->ext - highest_before - 1;

    add_u16(&now->packets, 1);
    if ((float)s->rtp.jitter_ms > now->jitter_max_ms)
        now->jitter_max_ms = (float)s->rtp.jitter_ms;
    if (seen->arrival == RTP_ARRIVAL_IN_ORDER && s->rtp.packets > 1 && gap > 0) {
        add_u16(&now->lost, gap);
        add_u16(&now->runs, 1);
    }
    if (seen->arrival == RTP_ARRIVAL_LATE) {
        bool before = seen->ext < s->interval_first_ext && s->interval_count > 0;

        add_u16(before ? &s->intervals[s->interval_count - 1].lost : &now->lost, -1);
    }
}

static void play_out(struct media_stream *s, const struct rtp_observation *seen)
{
    unsigned late = playout_arrive(&s->playout, seen->transit_ms, seen->rebased || seen->talkspurt);

    for (int m = 0; late; m++, late >>= 1) {
        if (late & 1)
            s->late[m][(uint64_t)(seen->ext >> 6) % RTP_WINDOW_BLOCKS] |= 1ull << (seen->ext & 63);
    }
}

static struct media_dtmf *dtmf_new(struct media_stream *s)
{
    if (s->dtmf_count >= MEDIA_DTMF_MAX)
        return NULL;
    if (s->dtmf_count == s->dtmf_room) {
        uint32_t room = s->dtmf_room ? s->dtmf_room * 2 : 8;
        struct media_dtmf *grown = realloc(s->dtmf, room * sizeof *grown);

        if (!grown)
            return NULL;
        s->dtmf = grown;
        s->dtmf_room = room;
    }
    return &s->dtmf[s->dtmf_count++];
}

static void note_event(struct media_stream *s, const struct rtp_packet *packet, int64_t time_ns)
{
    struct media_dtmf *d = s->dtmf_count ? &s->dtmf[s->dtmf_count - 1] : NULL;
    struct dtmf_event event;

    if (!dtmf_event_parse(&event, packet->payload) || event.event > 15)
        return;
    if (!d || d->timestamp != packet->timestamp) {
        /* A late packet of an event before this one adds nothing new. */
        if (d && (int32_t)(packet->timestamp - d->timestamp) < 0)
            return;
        d = dtmf_new(s);
        if (!d)
            return;
        *d = (struct media_dtmf){ time_ns, packet->timestamp, 0, event.event, false };
    }
    if (event.duration > d->duration)
        d->duration = event.duration;
    d->ended = d->ended || event.end;
}

/* Numbers that follow each other are what noise has not. */
static void prove(struct media_stream *s, const struct rtp_observation *seen,
                  int64_t highest_before)
{
    if (seen->arrival == RTP_ARRIVAL_IN_ORDER && seen->ext == highest_before + 1)
        s->in_a_row++;
    else if (s->rtp.packets > 1)
        s->in_a_row = 0;
    if (s->in_a_row >= PROVEN_IN_A_ROW - 1)
        s->proven = true;
}

void media_stream_packet(struct media_stream *s, const struct rtp_packet *packet, int64_t time_ns,
                         struct counters *counters)
{
    bool is_event = packet->payload_type == s->event_payload_type;
    bool timed = !is_event && s->format.clock_rate_hz; /* else its timestamp is in unknown units */
    int64_t highest_before = s->rtp.highest;
    struct rtp_observation seen;

    if (time_ns >= s->interval_end_ns)
        roll_intervals(s, time_ns, counters);
    rtp_stream_observe(&s->rtp, packet, time_ns, timed, &s->jitter_series, retire, s, &seen);
    if (s->rtp.packets == 1)
        s->interval_first_ext = seen.ext;
    if (!s->proven)
        prove(s, &seen, highest_before);
    count_in_interval(s, &seen, highest_before);
    if (is_event) {
        note_event(s, packet, time_ns);
        return;
    }
    if (seen.arrival == RTP_ARRIVAL_WILD) {
        counters->refusals[REFUSAL_RTP_OUT_OF_WINDOW]++;
        return;
    }
    if (seen.arrival != RTP_ARRIVAL_DUPLICATE && s->format.clock_rate_hz) {
        uint32_t late_before = s->playout.buffers[PLAYOUT_JB200].late;

        play_out(s, &seen);
        add_u16(&s->now.late, s->playout.buffers[PLAYOUT_JB200].late - late_before);
    }
}

void media_stream_sent_report(struct media_stream *s, uint32_t lsr, int64_t time_ns)
{
    s->sent_reports[s->next_report].lsr = lsr;
    s->sent_reports[s->next_report].time_ns = time_ns;
    s->next_report = (uint8_t)((s->next_report + 1) % MEDIA_SENDER_REPORTS);
}

void media_stream_report_block(struct media_stream *s, const struct rtcp_report_block *block,
                               uint32_t by_ssrc, int64_t time_ns)
{
    s->rtcp.reports++;
    s->rtcp.by_ssrc = by_ssrc;
    s->rtcp.lost = block->lost;
    if (block->fraction_lost > s->rtcp.fraction_max)
        s->rtcp.fraction_max = block->fraction_lost;
    if (block->jitter > s->rtcp.jitter_max)
        s->rtcp.jitter_max = block->jitter;
    if (block->lsr == 0)
        return;
    for (int i = 0; i < MEDIA_SENDER_REPORTS; i++) {
        int64_t rtt_ns;

        if (s->sent_reports[i].lsr == block->lsr && s->sent_reports[i].time_ns &&
            rtcp_rtt_ns(s->sent_reports[i].time_ns, time_ns, block->dlsr, &rtt_ns))
            s->rtcp.rtt_ms = (double)rtt_ns / NS_PER_MS;
    }
}

/* The counts behind each model, the window included. */
struct tally {
    const struct media_stream *stream;
    struct loss_runs runs[RECORD_MODELS];
    struct burst burst;
};

static void tally_block(void *ctx, const struct rtp_block *block)
{
    struct tally *t = ctx;
    struct heard h = heard_of(t->stream, block);

    add_block(t->runs, &t->burst, block, &h);
}

static void tally_up(const struct media_stream *s, struct tally *t)
{
    t->stream = s;
    memcpy(t->runs, s->runs, sizeof t->runs);
    t->burst = s->burst;
    rtp_stream_peek(&s->rtp, tally_block, t);
}

double media_stream_loss_ratio(const struct media_stream *s)
{
    int64_t expected = rtp_stream_expected(&s->rtp);
    struct tally t;

    if (expected == 0)
        return NAN;
    tally_up(s, &t);
    return (double)t.runs[0].lost / (double)expected;
}

static void report_quality(const struct media_stream *s, const struct tally *t, int64_t expected,
                           double rtt_ms, struct stream_record *out)
{
    double *const r[RECORD_MODELS] = { &out->r_raw, &out->r_jb50, &out->r_jb200, &out->r_adaptive };
    double *const mos[RECORD_MODELS] = { &out->mos_lq_raw, &out->mos_lq_jb50, &out->mos_lq_jb200,
                                         &out->mos_lq_adaptive };
    const struct codec_ie *ie = s->format.ie;
    const struct loss_runs *heard = &t->runs[1 + PLAYOUT_JB200];

    if (!ie || s->media != MEDIA_AUDIO || s->srtp || s->rtp.packets < LEAST_PACKETS_FOR_MOS)
        return;
    for (int m = 0; m < RECORD_MODELS; m++) {
        double percent = 100.0 * t->runs[m].lost / (double)expected;
        struct emodel_budget b = emodel_of_loss(ie->scale, ie->ie, ie->bpl, percent,
                                                loss_runs_burst_ratio(&t->runs[m], expected), 0);

        *r[m] = b.r;
        *mos[m] = b.mos;
    }
    out->codec_model = slice_of_text(codec_model_text(ie->model));
    out->model_ppl_ratio = (double)heard->lost / (double)expected;
    out->model_burst_ratio = loss_runs_burst_ratio(heard, expected);
    out->model_ie = ie->ie;
    out->model_bpl = ie->bpl;
    out->model_delay_ms = 0;
    out->model_version = SLICE(EMODEL_VERSION);
    if (!isnan(rtt_ms)) {
        double delay_ms = rtt_ms / 2 + playout_depth_ms(&s->playout, PLAYOUT_JB200) +
                          s->rtp.ticks_per_packet * s->rtp.ms_per_tick;

        out->mos_cq = emodel_of_loss(ie->scale, ie->ie, ie->bpl, 100 * out->model_ppl_ratio,
                                     out->model_burst_ratio, delay_ms)
                          .mos;
    }
}

static void report_losses(const struct media_stream *s, const struct tally *t,
                          struct stream_record *out)
{
    struct playout_result *const models[PLAYOUT_MODELS] = { &out->jb50, &out->jb200,
                                                            &out->adaptive };
    struct burst_report burst = burst_report(&t->burst);
    double ptime_ms = s->rtp.ticks_per_packet * s->rtp.ms_per_tick;

    out->lost = t->runs[0].lost;
    for (int m = 0; m < PLAYOUT_MODELS && s->format.clock_rate_hz; m++) {
        models[m]->late = s->playout.buffers[m].late;
        models[m]->lost_total = t->runs[1 + m].lost;
    }
    out->burst_bursts = burst.bursts;
    out->burst_longest_run = burst.longest_run;
    out->burst_density_ratio = burst.density_ratio;
    out->burst_burst_ratio = loss_runs_burst_ratio(&t->runs[1 + PLAYOUT_JB200], out->expected);
    if (s->rtp.ticks_per_packet && s->format.clock_rate_hz) {
        out->ptime_ms = ptime_ms;
        out->burst_duration_ms = burst.duration_packets * ptime_ms;
        out->burst_gap_duration_ms = burst.gap_packets * ptime_ms;
    }
}

static void report_times(const struct media_stream *s, struct stream_record *out)
{
    const struct rtp_stream *r = &s->rtp;

    out->start_time = r->first_time_ns;
    out->end_time = r->last_time_ns;
    if (r->packets > 1) {
        out->delta_ms_mean =
            (double)(r->last_time_ns - r->first_time_ns) / NS_PER_MS / (double)(r->packets - 1);
        out->delta_ms_max = (double)r->delta_max_ns / NS_PER_MS;
    }
    if (r->jitter_count == 0 || s->format.clock_rate_hz == 0)
        return; /* without the clock a timestamp says nothing */
    out->jitter_ms_mean = r->jitter_sum_ms / (double)r->jitter_count;
    out->jitter_ms_max = r->jitter_max_ms;
    out->jitter_ms_p95 = fmin(quantile_of(&s->jitter_series, 0.95), r->jitter_max_ms);
}

static double report_rtcp(const struct media_stream *s, const struct media_stream *other,
                          struct stream_record *out)
{
    double rtt_ms = NAN;

    out->rtcp_reports = s->rtcp.reports;
    if (s->rtcp.reports) {
        out->rtcp_fraction_lost_max = s->rtcp.fraction_max / 256.0;
        out->rtcp_jitter_ms_max = s->rtcp.jitter_max * s->rtp.ms_per_tick;
        out->rtcp_lost_cumulative = s->rtcp.lost;
    }
    if (other)
        rtt_ms = s->rtcp.rtt_ms + other->rtcp.rtt_ms; /* NaN as long as one half is */
    out->rtcp_rtt_ms = rtt_ms;
    return rtt_ms;
}

void media_stream_report(const struct media_stream *s, const struct media_stream *other,
                         struct stream_record *out)
{
    static const struct slice directions[] = { SLICE_INIT("unknown"),
                                               SLICE_INIT("caller_to_callee"),
                                               SLICE_INIT("callee_to_caller") };
    static const struct slice kinds[] = { SLICE_INIT("audio"), SLICE_INIT("video"),
                                          SLICE_INIT("image"), SLICE_INIT("other") };
    struct tally t;
    double rtt_ms;

    record_clear(&record_type_stream, out);
    tally_up(s, &t);
    out->id = s->id;
    out->ssrc = s->key.ssrc;
    out->src = s->key.src;
    out->dst = s->key.dst;
    out->direction = directions[s->direction];
    out->media = kinds[s->media];
    out->payload_type =
        s->payload_type != MEDIA_NO_PAYLOAD_TYPE ? s->payload_type : s->event_payload_type;
    if (s->format.codec[0])
        out->codec = slice_of_text(s->format.codec);
    if (s->format.clock_rate_hz)
        out->clock_rate_hz = s->format.clock_rate_hz;
    out->dscp = s->dscp;
    out->srtp = s->srtp;
    out->packets = s->rtp.packets;
    out->expected = rtp_stream_expected(&s->rtp);
    out->duplicates = s->rtp.duplicates;
    out->out_of_order = s->rtp.out_of_order;
    out->restarts = s->rtp.restarts;
    report_times(s, out);
    report_losses(s, &t, out);
    rtt_ms = report_rtcp(s, other, out);
    report_quality(s, &t, out->expected, rtt_ms, out);
}

static double interval_mos(const struct media_stream *s, const struct media_interval *i)
{
    /* `packets` counts duplicates too; good enough for what is shown, and never flattering by much. */
    double expected = (double)i->packets + i->lost;
    double lost = (double)i->lost + i->late;
    struct loss_runs runs = { (uint32_t)lost, (uint32_t)i->runs + i->late, false };

    if (!s->format.ie || s->media != MEDIA_AUDIO || s->srtp || expected < LEAST_EXPECTED_INTERVAL)
        return NAN;
    if (lost > expected)
        lost = expected;
    return emodel_of_loss(s->format.ie->scale, s->format.ie->ie, s->format.ie->bpl,
                          100 * lost / expected, loss_runs_burst_ratio(&runs, (int64_t)expected), 0)
        .mos;
}

static void write_interval(const struct media_stream *s, const struct media_interval *i, uint32_t n,
                           struct jsonw *j)
{
    jsonw_object_open(j);
    jsonw_key(j, "t");
    jsonw_time(j, s->rtp.first_time_ns + (int64_t)n * MEDIA_INTERVAL_S * NS_PER_S);
    jsonw_key(j, "packets");
    jsonw_int(j, i->packets);
    jsonw_key(j, "lost");
    jsonw_int(j, i->lost);
    jsonw_key(j, "jitter_ms_max");
    jsonw_real(j, i->packets && s->format.clock_rate_hz ? (double)i->jitter_max_ms : NAN, 3);
    jsonw_key(j, "mos_lq");
    jsonw_real(j, interval_mos(s, i), 3);
    jsonw_object_close(j);
}

void media_stream_write_intervals(const struct media_stream *s, struct jsonw *j)
{
    jsonw_array_open(j);
    for (uint32_t n = 0; n < s->interval_count; n++)
        write_interval(s, &s->intervals[n], n, j);
    if (s->now.packets)
        write_interval(s, &s->now, s->interval_count, j);
    jsonw_array_close(j);
}
