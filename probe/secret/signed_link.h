/*
 * signed_link - a path of the API that whoever has the link may ask for, until a time.
 *
 *     /api/v1/calls/0123…/pcap?format=pcap&expires=1795255200&signature=…
 *
 * The signature covers the path, all other parameters in their order, and the time. It comes last,
 * the time before it, each once.
 *
 * Thread  Pure.
 */
#ifndef PROBE_SECRET_SIGNED_LINK_H
#define PROBE_SECRET_SIGNED_LINK_H

#include "analyzer/base/strbuf.h"
#include "probe/secret/hmac.h"

enum signed_link_verdict {
    SIGNED_LINK_NONE, /* it has neither a time nor a signature */
    SIGNED_LINK_GOOD,
    SIGNED_LINK_EXPIRED,
    SIGNED_LINK_FORGED, /* or broken on the way */
};

/* path: with its query, without a signature; expires_s: since 1970. */
void signed_link_write(struct strbuf *out, const struct hmac_key *key, struct slice path,
                       int64_t expires_s);

/* query: what stands behind the '?'. */
enum signed_link_verdict signed_link_check(const struct hmac_key *key, struct slice path,
                                           struct slice query, int64_t now_s);

#endif
