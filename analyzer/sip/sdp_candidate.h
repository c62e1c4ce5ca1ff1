/*
 * sdp_candidate - one ICE candidate of a session description: where media may come to as well.
 *
 * Thread  Any; reads its argument alone.
 * Source  RFC 8839 §5.1 (a=candidate), §5.2 (a=remote-candidates)
 */
#ifndef ANALYZER_SIP_SDP_CANDIDATE_H
#define ANALYZER_SIP_SDP_CANDIDATE_H

#include "analyzer/base/addr.h"

enum sdp_candidate_kind {
    SDP_CANDIDATE_HOST,
    SDP_CANDIDATE_SRFLX,
    SDP_CANDIDATE_PRFLX,
    SDP_CANDIDATE_RELAY,
    SDP_CANDIDATE_REMOTE /* the other side's, that this one chose */
};

struct sdp_candidate {
    struct addr addr;
    uint8_t kind;      /* enum sdp_candidate_kind */
    uint8_t component; /* 1: RTP, 2: RTCP */
};

enum sdp_candidate_parse {
    SDP_CANDIDATE_OK,
    SDP_CANDIDATE_OTHER, /* over TCP, by a name (mDNS), of another component or kind: none of ours */
    SDP_CANDIDATE_BAD,
};

/* "1 1 UDP 2130706431 10.0.1.1 8998 typ host": what stands behind "candidate:". */
enum sdp_candidate_parse sdp_candidate_parse(struct slice s, struct sdp_candidate *out);

/* "1 192.0.2.3 45664 2 192.0.2.3 45665": takes the next one off *s. At the end s->len is 0. */
enum sdp_candidate_parse sdp_candidate_cut_remote(struct slice *s, struct sdp_candidate *out);

#endif
