#include "analyzer/call/stream_reports.h"

#include <math.h>
#include <stdlib.h>

#define NS_PER_MS 1e6

enum { SENDER_REPORTS = 4 }; /* as many as may be under way on a long path */

struct stream_reports {
    struct {
        uint32_t lsr; /* middle 32 bits of its NTP time */
        int64_t time_ns;
    } sent[SENDER_REPORTS];
    uint8_t next_sent;
    uint8_t fraction_max;
    uint32_t reports;
    uint32_t jitter_max; /* RTP clock */
    uint32_t by_ssrc;
    int32_t lost;
    double rtt_ms; /* probe to the receiver and back; NaN: not known */
};

static struct stream_reports *reports_of(struct media_stream *s)
{
    if (s->reports)
        return s->reports;
    s->reports = calloc(1, sizeof *s->reports);
    if (s->reports)
        s->reports->rtt_ms = NAN;
    return s->reports;
}

void stream_reports_free(struct stream_reports *r)
{
    free(r);
}

bool stream_reports_sent(struct media_stream *s, const struct rtcp_sender_info *info,
                         int64_t time_ns)
{
    struct stream_reports *r = reports_of(s);

    if (!r)
        return false;
    r->sent[r->next_sent].lsr = rtcp_ntp_middle(info->ntp);
    r->sent[r->next_sent].time_ns = time_ns;
    r->next_sent = (uint8_t)((r->next_sent + 1) % SENDER_REPORTS);
    return true;
}

bool stream_reports_block(struct media_stream *s, const struct rtcp_report_block *block,
                          uint32_t by_ssrc, int64_t time_ns)
{
    struct stream_reports *r = reports_of(s);

    if (!r)
        return false;
    r->reports++;
    r->by_ssrc = by_ssrc;
    r->lost = block->lost;
    if (block->fraction_lost > r->fraction_max)
        r->fraction_max = block->fraction_lost;
    if (block->jitter > r->jitter_max)
        r->jitter_max = block->jitter;
    for (int i = 0; block->lsr && i < SENDER_REPORTS; i++) {
        int64_t rtt_ns;

        if (r->sent[i].lsr == block->lsr && r->sent[i].time_ns &&
            rtcp_rtt_ns(r->sent[i].time_ns, time_ns, block->dlsr, &rtt_ns))
            r->rtt_ms = (double)rtt_ns / NS_PER_MS;
    }
    return true;
}

bool stream_reports_is_by(const struct media_stream *s, uint32_t ssrc)
{
    return s->reports && s->reports->reports && s->reports->by_ssrc == ssrc;
}

void stream_reports_report(const struct media_stream *s, const struct media_stream *other,
                           struct stream_record *out)
{
    const struct stream_reports *r = s->reports;

    out->rtcp_reports = r ? r->reports : 0;
    if (!r)
        return;
    if (r->reports) {
        out->rtcp_fraction_lost_max = r->fraction_max / 256.0;
        out->rtcp_jitter_ms_max = r->jitter_max * s->rtp.ms_per_tick;
        out->rtcp_lost_cumulative = r->lost;
    }
    if (other && other->reports)
        out->rtcp_rtt_ms = r->rtt_ms + other->reports->rtt_ms; /* NaN as long as one half is */
}
