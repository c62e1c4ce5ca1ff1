/*
 * why - the R budget of a stream in words and numbers: what its MOS is made of, who says so, and what
 * another jitter buffer would have made of it.
 *
 *     R 93.2 − 11.0 codec − 14.6 loss 2.1 % bursts 1.8 − 0 delay = 67.6, MOS 3.5
 *
 * Computed anew from the inputs that are stored beside the MOS, and held against the R that is
 * stored: where the two differ it says so.
 *
 * Source  docs/METRICS.md; ITU-T G.107, G.107.1, G.107.2
 */
#ifndef PROBE_CMD_WHY_H
#define PROBE_CMD_WHY_H

#include "analyzer/record.h"

/* How far the R computed anew may be from the stored one. */
#define WHY_R_TOLERANCE 0.01

void why_add(struct strbuf *out, const struct stream_record *s);

#endif
