/*
 * vq_writer - what a phone says of a call that is over (RFC 6035 §4).
 */
#ifndef TESTS_SUPPORT_VQ_WRITER_H
#define TESTS_SUPPORT_VQ_WRITER_H

#include "tests/support/call.h"

/* The caller's report. What it says is in the truth as well: vq_writer_values. */
void vq_writer_write(const struct call *c, struct strbuf *out);

struct vq_values {
    double loss_percent, mos_lq;
    int round_trip_ms, r_lq;
};

/* False when it heard nothing. */
bool vq_writer_values(const struct call *c, struct vq_values *out);

#endif
