/*
 * amr_frame - RTP payloads of AMR and AMR-WB: the form is right, the speech is random bits.
 *
 * Nine of ten frames have the highest mode (12.2 and 23.85 kbit/s), the others any one.
 *
 * Source  RFC 4867 §4.3 (bandwidth-efficient), §4.4 (octet-aligned)
 */
#ifndef TESTS_SUPPORT_AMR_FRAME_H
#define TESTS_SUPPORT_AMR_FRAME_H

#include "tests/support/rng.h"

struct amr_form {
    bool wideband, aligned;
};

enum { AMR_BYTES_MAX = 192 }; /* three frames of the highest mode */

/* Returns the length. */
uint16_t amr_frame_make(uint8_t *out, struct amr_form form, int64_t frames, struct rng *r);
uint16_t amr_frame_sid(uint8_t *out, struct amr_form form, struct rng *r);

#endif
