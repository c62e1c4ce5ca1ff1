/*
 * media_report - a stream as a record: what was counted, and what it means for the ear.
 */
#include "analyzer/call/media_stream.h"
#include "analyzer/call/stream_reports.h"

#include <math.h>

#define NS_PER_MS 1e6

enum { LEAST_PACKETS_FOR_MOS = 100 }; /* fewer say nothing: null */

/* The clock is known, but the timestamps are nonsense: what hangs on lateness is not known. */
static bool times_lie(const struct media_stream *s)
{
    return s->format.clock_rate_hz && !media_stream_is_timed(s);
}

static void report_quality(const struct media_stream *s, const struct media_tally *t,
                           int64_t expected, double rtt_ms, struct stream_record *out)
{
    double *const r[RECORD_MODELS] = { &out->r_raw,   &out->r_jb20,  &out->r_jb50,    &out->r_jb60,
                                       &out->r_jb120, &out->r_jb200, &out->r_adaptive };
    double *const mos[RECORD_MODELS] = { &out->mos_lq_raw,     &out->mos_lq_jb20,
                                         &out->mos_lq_jb50,    &out->mos_lq_jb60,
                                         &out->mos_lq_jb120,   &out->mos_lq_jb200,
                                         &out->mos_lq_adaptive };
    static const struct slice scales[] = { SLICE_INIT("nb"), SLICE_INIT("wb"), SLICE_INIT("fb") };
    const struct codec_ie *ie = media_stream_codec_row(s);
    const struct loss_runs *heard = &t->runs[1 + PLAYOUT_JB200];
    struct emodel_budget b;

    if (!ie || s->media != MEDIA_AUDIO || s->rtp.packets < LEAST_PACKETS_FOR_MOS)
        return;
    b = emodel_of_loss(ie->scale, ie->ie, ie->bpl, 0, 1, 0); /* its powers are taken once */
    for (int m = 0; m < (times_lie(s) ? 1 : RECORD_MODELS); m++) {
        emodel_budget_lose(&b, ie->scale, ie->ie, ie->bpl,
                           100.0 * t->runs[m].lost / (double)expected,
                           loss_runs_burst_ratio(&t->runs[m], expected));
        *r[m] = b.r;
        *mos[m] = b.mos;
    }
    if (times_lie(s))
        return;
    out->codec_model = slice_of_text(codec_model_text(ie->model));
    out->model_ppl_ratio = (double)heard->lost / (double)expected;
    out->model_burst_ratio = loss_runs_burst_ratio(heard, expected);
    out->model_ie = ie->ie;
    out->model_bpl = ie->bpl;
    out->model_codec = slice_of_text(ie->codec);
    out->model_scale = scales[ie->scale];
    out->model_delay_ms = 0;
    out->model_version = SLICE(EMODEL_VERSION);
    if (!isnan(rtt_ms)) {
        double delay_ms = rtt_ms / 2 + playout_depth_ms(&s->playout, PLAYOUT_JB200) +
                          s->rtp.ticks_per_packet * s->rtp.ms_per_tick;

        b = emodel_of_loss(ie->scale, ie->ie, ie->bpl, 100 * out->model_ppl_ratio,
                           out->model_burst_ratio, delay_ms);
        out->model_cq_delay_ms = delay_ms;
        out->r_cq = b.r;
        out->mos_cq = b.mos;
    }
}

/* What the second and the five of them say; the rest of the record is of the whole stream. */
static void report_seconds(const struct media_stream *s, struct stream_record *out)
{
    struct timeline_mos mos = { 0 };
    struct timeline_report t;

    if (s->media != MEDIA_AUDIO)
        return;
    timeline_report(&s->timeline, &t);
    out->level_dbm0 = level_dbm0(&t.level);
    out->silence_ratio = level_silence_ratio(&t.level);
    out->clipping_ratio = level_clipping_ratio(&t.level);
    if (s->rtp.packets < LEAST_PACKETS_FOR_MOS || times_lie(s))
        return;
    if (t.bad_seconds >= 0)
        out->bad_seconds = t.bad_seconds;
    out->worst_10s_mos_lq = t.worst_10s_mos;
    if (!isnan(t.worst_10s_mos))
        out->worst_10s_time = t.worst_10s_time_ns;
    timeline_add_mos(&s->timeline, &mos);
    out->interval_mos_p5 = timeline_mos_quantile(&mos, 0.05);
    out->interval_mos_p50 = timeline_mos_quantile(&mos, 0.5);
}

static void report_losses(const struct media_stream *s, const struct media_tally *t,
                          struct stream_record *out)
{
    struct playout_result *const models[PLAYOUT_MODELS] = {
        &out->jb20, &out->jb50, &out->jb60, &out->jb120, &out->jb200, &out->adaptive
    };
    struct burst_report burst = burst_report(&t->burst);
    double ptime_ms = rtp_stream_ptime_ms(&s->rtp);

    out->lost = t->runs[0].lost;
    if (times_lie(s))
        return;
    for (int m = 0; m < PLAYOUT_MODELS && s->format.clock_rate_hz; m++) {
        models[m]->late = s->playout.buffers[m].late;
        models[m]->lost_total = t->runs[1 + m].lost;
    }
    out->burst_bursts = burst.bursts;
    out->burst_longest_run = burst.longest_run;
    out->burst_density_ratio = burst.density_ratio;
    out->burst_burst_ratio = loss_runs_burst_ratio(&t->runs[1 + PLAYOUT_JB200], out->expected);
    if (s->format.clock_rate_hz) {
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
    if (r->packets > 1 && r->last_time_ns >= r->first_time_ns) { /* else its clock was set back */
        out->delta_ms_mean =
            (double)(r->last_time_ns - r->first_time_ns) / NS_PER_MS / (double)(r->packets - 1);
        out->delta_ms_max = (double)r->delta_max_ns / NS_PER_MS;
    }
    if (r->jitter_count == 0 || !media_stream_is_timed(s))
        return; /* without the clock a timestamp says nothing */
    out->jitter_ms_mean = r->jitter_sum_ms / (double)r->jitter_count;
    out->jitter_ms_max = r->jitter_max_ms;
    out->jitter_ms_p95 = fmin(quantile_of(&s->jitter_series, 0.95), r->jitter_max_ms);
}

/* Fax has no SSRC, no codec clock and no sound. */
static void report_fax(const struct media_stream *s, struct stream_record *out)
{
    if (!s->fax)
        return;
    out->ssrc = RECORD_NONE;
    out->payload_type = RECORD_NONE;
    out->clock_rate_hz = RECORD_NONE;
    out->udptl_recovered = s->fax->recovered;
    out->udptl_error_correction = udptl_stream_correction(s->fax);
}

void media_stream_report(const struct media_stream *s, struct stream_record *out)
{
    static const struct slice directions[] = { SLICE_INIT("unknown"),
                                               SLICE_INIT("caller_to_callee"),
                                               SLICE_INIT("callee_to_caller") };
    static const struct slice kinds[] = { SLICE_INIT("audio"), SLICE_INIT("video"),
                                          SLICE_INIT("image"), SLICE_INIT("other") };
    struct media_tally t;

    record_clear(&record_type_stream, out);
    media_stream_tally(s, &t);
    out->id = s->id;
    out->ssrc = s->key.ssrc;
    out->src = s->key.src;
    out->dst = s->key.dst;
    out->direction = directions[s->direction];
    out->media = kinds[s->media];
    out->payload_type =
        s->payload_type != MEDIA_NO_PAYLOAD_TYPE ? s->payload_type : s->event_payload_type;
    out->fmtp = s->format.fmtp;
    out->foreign_source = s->foreign;
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
    stream_reports_report(s, out);
    report_seconds(s, out);
    report_quality(s, &t, out->expected, out->rtcp_rtt_ms, out);
    media_stream_report_pace(s, out);
    report_fax(s, out);
}
