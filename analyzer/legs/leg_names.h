/*
 * leg_names - reads from a message what its call may share with another leg, and files it.
 *
 * A name counts where it looks made for one call: NAME_MIN_BYTES or more, with a digit in it. What
 * is carried by many calls all the same is found out by leg_key.
 *
 * Source  RFC 7989 §5, RFC 7329 (Session-ID of old), RFC 7315 §5.6 (icid-value, related-icid),
 *         RFC 5806 (Diversion), RFC 7044 (History-Info)
 */
#ifndef ANALYZER_LEGS_LEG_NAMES_H
#define ANALYZER_LEGS_LEG_NAMES_H

#include "analyzer/legs/leg_call.h"
#include "analyzer/sip/sip_msg.h"

struct leg_names {
    struct leg_keys *keys;
    const struct siphash_key *key;
    const struct slice *headers;
    size_t header_count;
    uint64_t *refused; /* counts keys for which there was no room */
};

/* Its own Call-ID, once. */
void leg_names_own(const struct leg_names *n, struct leg_call *call, struct slice call_id);

/* An INVITE or a response to one. */
void leg_names_take(const struct leg_names *n, struct leg_call *call, const struct sip_msg *msg);

#endif
