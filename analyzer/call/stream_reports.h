/*
 * stream_reports - what both ends say about a stream in RTCP, beside what passed the probe.
 *
 * Most streams of most captures have no RTCP: theirs is allocated with its first report.
 *
 * Ownership  A stream owns its reports; stream_reports_free with it.
 * Thread     Analysis thread only.
 * Source     RFC 3550 §6.4, docs/METRICS.md §5
 */
#ifndef ANALYZER_CALL_STREAM_REPORTS_H
#define ANALYZER_CALL_STREAM_REPORTS_H

#include "analyzer/call/media_stream.h"
#include "analyzer/rtp/rtcp_packet.h"

void stream_reports_free(struct stream_reports *r);

/* A sender report of this stream passed the probe. False without memory. */
bool stream_reports_sent(struct media_stream *s, const struct rtcp_sender_info *info,
                         int64_t time_ns);

/* A receiver's word about this stream passed the probe. False without memory. */
bool stream_reports_block(struct media_stream *s, const struct rtcp_report_block *block,
                          uint32_t by_ssrc, int64_t time_ns);

/* Does the receiver of this stream send under that SSRC? */
bool stream_reports_is_by(const struct media_stream *s, uint32_t ssrc);

/* other: the stream of the opposite direction, for the round trip; NULL: not known. */
void stream_reports_report(const struct media_stream *s, const struct media_stream *other,
                           struct stream_record *out);

#endif
