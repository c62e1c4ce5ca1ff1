/*
 * stream_reports - what both ends say about a stream in RTCP, beside what passed the probe.
 *
 * Most streams of most captures have no RTCP: theirs is allocated with the first word about them.
 *
 * On which side of the probe packets were lost is loss_side's.
 *
 * The round trip falls in two at the probe. A time that passes (in an SR or an RRTR) and its echo (in
 * a report block or a DLRR) measure the way from here to whoever echoes it, and back. Each half is the
 * median of its echoes: one report that waited in a queue, or a clock that was set, does not move it.
 *
 * Ownership  A stream owns its reports; stream_reports_free with it.
 * Thread     Analysis thread only.
 * Errors     What tells something returns false without memory.
 * Source     RFC 3550 §6.4, RFC 3611 §4.4, §4.5, §4.7; docs/METRICS.md §5
 */
#ifndef ANALYZER_CALL_STREAM_REPORTS_H
#define ANALYZER_CALL_STREAM_REPORTS_H

#include "analyzer/call/media_stream.h"
#include "analyzer/rtp/rtcp_packet.h"

void stream_reports_free(struct stream_reports *r);

/* A sender report of this stream passed the probe. */
bool stream_reports_sent(struct media_stream *s, const struct rtcp_sender_info *info,
                         int64_t time_ns);

/* A receiver's report block about this stream passed the probe. */
bool stream_reports_block(struct media_stream *s, const struct rtcp_report_block *block,
                          uint32_t by_ssrc);

/* RRTR: the sender of the stream said its time; or its receiver did, who sends no stream of its own. */
bool stream_reports_sender_time(struct media_stream *s, uint64_t ntp, int64_t time_ns);
bool stream_reports_receiver_time(struct media_stream *s, uint32_t by_ssrc, uint64_t ntp,
                                  int64_t time_ns);

/* An echo of a time that this stream's sender, or its receiver by_ssrc, said before: from here to the
 * other end and back. False: no such time, or no measurement. */
bool stream_reports_echo_of_sender(const struct media_stream *s, uint32_t lsr, uint32_t dlsr,
                                   int64_t time_ns, double *rtt_ms);
bool stream_reports_echo_of_receiver(const struct media_stream *s, uint32_t by_ssrc, uint32_t lrr,
                                     uint32_t dlrr, int64_t time_ns, double *rtt_ms);

/* Such a measurement belongs to the receiver of one stream and to the sender of the opposite one. */
bool stream_reports_receiver_rtt(struct media_stream *s, double rtt_ms);
bool stream_reports_sender_rtt(struct media_stream *s, double rtt_ms);

/* SDES, BYE and XR block 7. */
bool stream_reports_cname(struct media_stream *s, struct slice cname);
bool stream_reports_bye(struct media_stream *s, int64_t time_ns);
bool stream_reports_voip(struct media_stream *s, const struct rtcp_voip_metrics *metrics);

/* 64 numbers of the stream are final; lost: of all up to them. */
void stream_reports_retire(struct stream_reports *r, const struct rtp_block *block, uint32_t lost);

/* Fills rtcp_…, but for rtcp_xr. Texts are borrowed from the stream. */
void stream_reports_report(const struct media_stream *s, struct stream_record *out);

/* What XR said last, as a JSON object. False (and nothing written): it said nothing. */
bool stream_reports_write_xr(const struct media_stream *s, struct strbuf *out);

#endif
