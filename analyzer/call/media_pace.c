/*
 * media_pace - how a stream was sent, for its record: talkspurts, pauses, noise, the sender's clock.
 */
#include "analyzer/call/media_stream.h"

void media_stream_report_pace(const struct media_stream *s, struct stream_record *out)
{
    if (s->media != MEDIA_AUDIO || s->fax)
        return;
    out->comfort_noise = s->noise_packets;
    if (!media_stream_is_timed(s))
        return;
    out->talkspurts = s->rtp.talkspurts;
    out->dtx_ratio = rtp_stream_dtx_ratio(&s->rtp);
    out->skew_ms_min = drift_skew_min_ms(&s->drift);
    out->skew_ms_max = drift_skew_max_ms(&s->drift);
    out->clock_drift_ppm = drift_ppm(&s->drift);
}
