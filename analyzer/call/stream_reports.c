#include "analyzer/call/stream_reports.h"

#include "analyzer/call/loss_side.h"

#include <math.h>
#include <stdlib.h>

#define NS_PER_MS 1e6

enum {
    TIMES_KEPT = 4,    /* as many as may be under way on a long path */
    RTT_SAMPLES = 16,  /* of a half, spread over the whole call */
    JITTER_MAX_S = 60, /* more is damage */
    CNAME_MAX_BYTES = 64,
    UNRESTED_MAX_MS = 1000, /* a longer way with a DLSR of 0: its sender does not fill that in */
};

/* When a time passed that somebody said: the middle of it is what an echo repeats. */
struct told_times {
    struct {
        uint32_t middle;
        int64_t time_ns; /* 0: none */
    } at[TIMES_KEPT];
    uint8_t next;
};

/* Every stride-th measurement. */
struct rtt_half {
    uint32_t seen, stride;
    uint8_t count;
    float ms[RTT_SAMPLES];
};

struct stream_reports {
    struct told_times by_sender, by_receiver;
    uint32_t receiver_ssrc; /* who said those; kept apart, for a receiver may have no stream */
    struct rtt_half receiver, sender;
    struct loss_side losses;
    uint32_t reports, sender_reports;
    uint32_t jitter_max; /* RTP clock */
    int32_t lost;
    uint8_t fraction_max;
    uint8_t cname_len; /* 0: not told */
    char cname[CNAME_MAX_BYTES];
    int64_t bye_time;
    struct rtcp_voip_metrics *voip; /* NULL: not told */
};

_Static_assert(sizeof(struct stream_reports) <= 1024, "a stream's state stays small");

static struct stream_reports *reports_of(struct media_stream *s)
{
    if (s->reports)
        return s->reports;
    s->reports = calloc(1, sizeof *s->reports);
    if (s->reports)
        s->reports->bye_time = RECORD_NONE;
    return s->reports;
}

void stream_reports_free(struct stream_reports *r)
{
    if (!r)
        return;
    free(r->voip);
    free(r);
}

static void say_time(struct told_times *t, uint32_t middle, int64_t time_ns)
{
    t->at[t->next].middle = middle;
    t->at[t->next].time_ns = time_ns;
    t->next = (uint8_t)((t->next + 1) % TIMES_KEPT);
}

/* The newest time that it may echo. An LSR of 0 says that none was heard. */
static bool echo(const struct told_times *t, uint32_t lsr, uint32_t dlsr, int64_t time_ns,
                 double *rtt_ms)
{
    for (unsigned i = 1; lsr && i <= TIMES_KEPT; i++) {
        unsigned at = (t->next + TIMES_KEPT - i) % TIMES_KEPT;
        int64_t rtt_ns;

        if (!t->at[at].time_ns || t->at[at].middle != lsr)
            continue;
        if (!rtcp_rtt_ns(t->at[at].time_ns, time_ns, dlsr, &rtt_ns))
            return false;
        *rtt_ms = (double)rtt_ns / NS_PER_MS;
        return dlsr || *rtt_ms <= UNRESTED_MAX_MS;
    }
    return false;
}

static void add_rtt(struct rtt_half *h, double rtt_ms)
{
    if (h->stride == 0)
        h->stride = 1;
    if (h->seen++ % h->stride)
        return;
    if (h->count == RTT_SAMPLES) { /* half of them stand for all so far */
        for (uint8_t i = 0; i < RTT_SAMPLES / 2; i++)
            h->ms[i] = h->ms[2 * i];
        h->count = RTT_SAMPLES / 2;
        h->stride *= 2;
    }
    h->ms[h->count++] = (float)rtt_ms;
}

static int by_size(const void *a, const void *b)
{
    const float *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* NaN: never measured. */
static double median(const struct rtt_half *h)
{
    float ms[RTT_SAMPLES];

    if (h->count == 0)
        return NAN;
    memcpy(ms, h->ms, sizeof ms);
    qsort(ms, h->count, sizeof ms[0], by_size);
    if (h->count % 2)
        return (double)ms[h->count / 2];
    return ((double)ms[h->count / 2 - 1] + (double)ms[h->count / 2]) / 2;
}

bool stream_reports_sent(struct media_stream *s, const struct rtcp_sender_info *info,
                         int64_t time_ns)
{
    struct stream_reports *r = reports_of(s);

    if (!r)
        return false;
    r->sender_reports++;
    say_time(&r->by_sender, rtcp_ntp_middle(info->ntp), time_ns);
    loss_side_sent(&r->losses, s, info->packets);
    return true;
}

bool stream_reports_block(struct media_stream *s, const struct rtcp_report_block *block,
                          uint32_t by_ssrc)
{
    struct stream_reports *r = reports_of(s);

    if (!r)
        return false;
    r->reports++;
    r->lost = block->lost;
    if (block->fraction_lost > r->fraction_max)
        r->fraction_max = block->fraction_lost;
    if (block->jitter > r->jitter_max && block->jitter * s->rtp.ms_per_tick < JITTER_MAX_S * 1e3)
        r->jitter_max = block->jitter;
    loss_side_received(&r->losses, s, block, by_ssrc);
    return true;
}

bool stream_reports_sender_time(struct media_stream *s, uint64_t ntp, int64_t time_ns)
{
    struct stream_reports *r = reports_of(s);

    if (r)
        say_time(&r->by_sender, rtcp_ntp_middle(ntp), time_ns);
    return r != NULL;
}

bool stream_reports_receiver_time(struct media_stream *s, uint32_t by_ssrc, uint64_t ntp,
                                  int64_t time_ns)
{
    struct stream_reports *r = reports_of(s);

    if (!r)
        return false;
    r->receiver_ssrc = by_ssrc;
    say_time(&r->by_receiver, rtcp_ntp_middle(ntp), time_ns);
    return true;
}

bool stream_reports_echo_of_sender(const struct media_stream *s, uint32_t lsr, uint32_t dlsr,
                                   int64_t time_ns, double *rtt_ms)
{
    return s->reports && echo(&s->reports->by_sender, lsr, dlsr, time_ns, rtt_ms);
}

bool stream_reports_echo_of_receiver(const struct media_stream *s, uint32_t by_ssrc, uint32_t lrr,
                                     uint32_t dlrr, int64_t time_ns, double *rtt_ms)
{
    return s->reports && s->reports->receiver_ssrc == by_ssrc &&
           echo(&s->reports->by_receiver, lrr, dlrr, time_ns, rtt_ms);
}

bool stream_reports_receiver_rtt(struct media_stream *s, double rtt_ms)
{
    struct stream_reports *r = reports_of(s);

    if (r)
        add_rtt(&r->receiver, rtt_ms);
    return r != NULL;
}

bool stream_reports_sender_rtt(struct media_stream *s, double rtt_ms)
{
    struct stream_reports *r = reports_of(s);

    if (r)
        add_rtt(&r->sender, rtt_ms);
    return r != NULL;
}

bool stream_reports_cname(struct media_stream *s, struct slice cname)
{
    struct stream_reports *r = reports_of(s);

    if (!r)
        return false;
    while (cname.len && cname.p[cname.len - 1] == '\0')
        cname.len--; /* some count the end of the text in */
    r->cname_len = (uint8_t)(cname.len < CNAME_MAX_BYTES ? cname.len : CNAME_MAX_BYTES);
    memcpy(r->cname, cname.p, r->cname_len);
    return true;
}

bool stream_reports_bye(struct media_stream *s, int64_t time_ns)
{
    struct stream_reports *r = reports_of(s);

    if (r && r->bye_time == RECORD_NONE)
        r->bye_time = time_ns;
    return r != NULL;
}

bool stream_reports_voip(struct media_stream *s, const struct rtcp_voip_metrics *metrics)
{
    struct stream_reports *r = reports_of(s);

    if (r && !r->voip)
        r->voip = malloc(sizeof *r->voip);
    if (!r || !r->voip)
        return false;
    *r->voip = *metrics;
    return true;
}

void stream_reports_retire(struct stream_reports *r, const struct rtp_block *block, uint32_t lost)
{
    loss_side_retire(&r->losses, block, lost);
}

void stream_reports_report(const struct media_stream *s, struct stream_record *out)
{
    const struct stream_reports *r = s->reports;

    out->rtcp_reports = out->rtcp_sender_reports = 0;
    if (!r)
        return;
    out->rtcp_reports = r->reports;
    out->rtcp_sender_reports = r->sender_reports;
    if (r->reports) {
        out->rtcp_fraction_lost_max = r->fraction_max / 256.0;
        out->rtcp_lost_cumulative = r->lost;
        if (s->format.clock_rate_hz)
            out->rtcp_jitter_ms_max = r->jitter_max * s->rtp.ms_per_tick;
    }
    out->rtcp_rtt_receiver_ms = median(&r->receiver);
    out->rtcp_rtt_ms = median(&r->receiver) + median(&r->sender); /* NaN as long as one half is */
    if (r->cname_len)
        out->rtcp_cname = slice_of(r->cname, r->cname_len);
    out->rtcp_bye_time = r->bye_time;
    loss_side_report(&r->losses, out);
}

static void write_real(struct jsonw *j, const char *key, double value, int decimals)
{
    jsonw_key(j, key);
    jsonw_real(j, value, decimals);
}

/* known: else it is null. */
static void write_int(struct jsonw *j, const char *key, int32_t value, bool known)
{
    jsonw_key(j, key);
    if (known)
        jsonw_int(j, value);
    else
        jsonw_null(j);
}

static void write_tenths(struct jsonw *j, const char *key, int16_t value)
{
    write_real(j, key, value < 0 ? NAN : value / 10.0, 1);
}

/* RFC 3611 §4.7.6 */
static void write_configuration(struct jsonw *j, uint8_t rx_config)
{
    static const struct slice concealment[] = { SLICE_INIT(""), SLICE_INIT("disabled"),
                                                SLICE_INIT("enhanced"), SLICE_INIT("standard") };
    static const struct slice buffer[] = { SLICE_INIT(""), SLICE_INIT(""), SLICE_INIT("fixed"),
                                           SLICE_INIT("adaptive") };
    struct slice texts[2] = { concealment[rx_config >> 6], buffer[rx_config >> 4 & 3] };

    jsonw_key(j, "concealment");
    jsonw_text(j, texts[0].len ? texts[0] : SLICE_ABSENT);
    jsonw_key(j, "jitter_buffer");
    jsonw_text(j, texts[1].len ? texts[1] : SLICE_ABSENT);
}

bool stream_reports_write_xr(const struct media_stream *s, struct strbuf *out)
{
    const struct rtcp_voip_metrics *m = s->reports ? s->reports->voip : NULL;
    struct jsonw j = jsonw_to(out);

    if (!m)
        return false;
    jsonw_object_open(&j);
    write_real(&j, "loss_ratio", m->loss_ratio, 4);
    write_real(&j, "discard_ratio", m->discard_ratio, 4);
    write_real(&j, "burst_density_ratio", m->burst_density_ratio, 4);
    write_real(&j, "gap_density_ratio", m->gap_density_ratio, 4);
    write_int(&j, "burst_duration_ms", m->burst_duration_ms, true);
    write_int(&j, "gap_duration_ms", m->gap_duration_ms, true);
    write_int(&j, "round_trip_ms", m->round_trip_ms, m->round_trip_ms >= 0);
    write_int(&j, "end_system_delay_ms", m->end_system_delay_ms, m->end_system_delay_ms >= 0);
    write_int(&j, "signal_dbm", m->signal_dbm, m->signal_dbm != INT16_MIN);
    write_int(&j, "noise_dbm", m->noise_dbm, m->noise_dbm != INT16_MIN);
    write_int(&j, "rerl_db", m->rerl_db, m->rerl_db >= 0);
    write_int(&j, "gmin", m->gmin, m->gmin >= 0);
    write_int(&j, "r_factor", m->r_factor, m->r_factor >= 0);
    write_int(&j, "external_r_factor", m->external_r_factor, m->external_r_factor >= 0);
    write_tenths(&j, "mos_lq", m->mos_lq_x10);
    write_tenths(&j, "mos_cq", m->mos_cq_x10);
    write_configuration(&j, m->rx_config);
    write_int(&j, "jb_nominal_ms", m->jb_nominal_ms, true);
    write_int(&j, "jb_maximum_ms", m->jb_maximum_ms, true);
    write_int(&j, "jb_abs_max_ms", m->jb_abs_max_ms, true);
    jsonw_object_close(&j);
    return true;
}
