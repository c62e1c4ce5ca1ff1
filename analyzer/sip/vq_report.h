/*
 * vq_report - what a phone says about how a call sounded (application/vq-rtcpxr).
 *
 * Lines are "Key: value" or "Key: A=b C=d", in any order and case; metrics stand behind LocalMetrics (the
 * reporting end) or RemoteMetrics (what the other end told it). Of what is said twice the first counts.
 *
 * Ownership  Slices point into the body.
 * Errors     Tolerant: a line or value that cannot be read, or is outside its range, is left out (NaN,
 *            absent).
 * Source     RFC 6035 §4
 */
#ifndef ANALYZER_SIP_VQ_REPORT_H
#define ANALYZER_SIP_VQ_REPORT_H

#include "analyzer/base/addr.h"
#include "analyzer/base/slice.h"

#define VQ_REPORT_TYPE SLICE("application/vq-rtcpxr")

enum vq_parse {
    VQ_PARSE_OK,
    VQ_PARSE_NOT_VQ,  /* neither VQSessionReport, VQIntervalReport nor VQAlertReport first */
    VQ_PARSE_NO_CALL, /* no CallID */
};

/* One end's metrics. NaN: not told (127 and its like in the source). */
struct vq_metrics {
    bool present;                         /* something was told */
    struct slice codec;                   /* PD */
    double loss_ratio, discard_ratio;     /* NLR, JDR: 0..1 */
    double burst_density_ratio, burst_ms; /* BLD, BD */
    double gap_density_ratio, gap_ms;     /* GLD, GD */
    double round_trip_ms, end_system_ms;  /* RTD, ESD; 0 is taken for not measured */
    double jitter_ms, jb_nominal_ms;      /* IAJ, JBN */
    double signal_dbm, noise_dbm;         /* SL, NL */
    double r_lq, r_cq, mos_lq, mos_cq;    /* RLQ RCQ MOSLQ MOSCQ */
};

struct vq_report {
    struct slice kind;    /* session interval alert */
    bool call_term;       /* "CallTerm": the last one */
    struct slice call_id; /* of the call that it measures */
    struct slice local_id, remote_id;
    struct addr local, remote;        /* all zero: not told; port 0: the port was not */
    uint32_t local_ssrc, remote_ssrc; /* 0: not told */
    struct vq_metrics local_metrics, remote_metrics;
};

enum vq_parse vq_report_parse(struct vq_report *out, struct slice body);

/* "not_vq": for counters and logs. */
const char *vq_parse_text(enum vq_parse why);

#endif
