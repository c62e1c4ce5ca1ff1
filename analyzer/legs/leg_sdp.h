/*
 * leg_sdp - where a body of SDP wants its sound, as hashes: enough to see that two are the same.
 *
 * Source  RFC 8866 §5.2 (o=), §5.7 (c=), §5.14 (m=)
 */
#ifndef ANALYZER_LEGS_LEG_SDP_H
#define ANALYZER_LEGS_LEG_SDP_H

#include "analyzer/base/siphash.h"
#include "analyzer/base/slice.h"

/* 0: not said. */
struct leg_sdp {
    uint64_t media;  /* address and port of the first audio */
    uint32_t host;   /* the address alone */
    uint32_t origin; /* user and session of o=, where they were made up for this session */
};

/* Nothing of it known when the body is none. */
struct leg_sdp leg_sdp_of(const struct siphash_key *key, struct slice body);

#endif
