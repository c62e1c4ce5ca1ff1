/*
 * fuzz_vq_report - any bytes as a quality report of a phone (RFC 6035).
 *
 * What it lends must lie inside the body, and every number within its range.
 */
#include "analyzer/sip/vq_report.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void must_lie_in(struct slice part, struct slice body)
{
    must(!part.p || (part.p >= body.p && part.p + part.len <= body.p + body.len));
}

static void must_be_within(double value, double low, double high)
{
    must(isnan(value) || (value >= low && value <= high));
}

static void check_metrics(const struct vq_metrics *m, struct slice body)
{
    must_lie_in(m->codec, body);
    must_be_within(m->loss_ratio, 0, 1);
    must_be_within(m->discard_ratio, 0, 1);
    must_be_within(m->burst_density_ratio, 0, 1);
    must_be_within(m->gap_density_ratio, 0, 1);
    must_be_within(m->burst_ms, 0, 3600000);
    must_be_within(m->gap_ms, 0, 3600000);
    must_be_within(m->round_trip_ms, 0, 65534);
    must_be_within(m->end_system_ms, 0, 65534);
    must_be_within(m->jitter_ms, 0, 65534);
    must_be_within(m->jb_nominal_ms, 0, 65534);
    must_be_within(m->signal_dbm, -126, 126);
    must_be_within(m->noise_dbm, -126, 126);
    must_be_within(m->r_lq, 0, 120);
    must_be_within(m->r_cq, 0, 120);
    must_be_within(m->mos_lq, 1, 5);
    must_be_within(m->mos_cq, 1, 5);
    must(m->present || (isnan(m->loss_ratio) && isnan(m->mos_lq) && !m->codec.p));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = slice_of(data, size);
    struct vq_report r;
    enum vq_parse why = vq_report_parse(&r, body);

    must((why == VQ_PARSE_NOT_VQ) == (r.kind.p == NULL));
    must((why == VQ_PARSE_OK) == (r.call_id.len > 0));
    must_lie_in(r.call_id, body);
    must_lie_in(r.local_id, body);
    must_lie_in(r.remote_id, body);
    check_metrics(&r.local_metrics, body);
    check_metrics(&r.remote_metrics, body);
    return 0;
}
