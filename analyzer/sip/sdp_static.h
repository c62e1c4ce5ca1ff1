/*
 * sdp_static - what the static RTP payload types mean, where no rtpmap says otherwise.
 *
 * Source  RFC 3551 §6, tables 4 and 5.
 */
#ifndef ANALYZER_SIP_SDP_STATIC_H
#define ANALYZER_SIP_SDP_STATIC_H

#include "analyzer/base/slice.h"

enum sdp_type { SDP_OTHER, SDP_AUDIO, SDP_VIDEO, SDP_IMAGE };

struct sdp_static_payload {
    struct slice name;
    uint32_t clock_rate_hz;
    uint8_t channels;
    uint8_t type; /* enum sdp_type */
};

/* NULL for dynamic, reserved and unassigned types. */
const struct sdp_static_payload *sdp_static_payload(unsigned payload_type);

#endif
