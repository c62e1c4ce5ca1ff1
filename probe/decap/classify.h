/*
 * classify - what an unknown flow may be, by nDPI: a hint, never a verdict.
 *
 * For flows that no SDP announced and that Earshot does not analyse: the first 8 packets of a flow
 * are shown to nDPI, then 4 bytes of it are kept. Counted per protocol, so that the ledger can say
 * "seen, not analysed": MGCP, IAX, H.323, Skinny, STUN, RTP without SIP, …
 *
 * Ownership  classify_new/free. nDPI is started with the first unknown flow.
 * Thread     One thread an instance; no other instance may start at the same time.
 */
#ifndef PROBE_DECAP_CLASSIFY_H
#define PROBE_DECAP_CLASSIFY_H

#include "analyzer/base/jsonw.h"
#include "analyzer/counters.h"

struct classify;

/* 0 or −ENOMEM. Refusals are counted in *counters, which outlives it. */
int classify_new(struct classify **cp, const uint64_t hash_key[2], struct counters *counters);
void classify_free(struct classify *c);

/* A packet of a flow that is not analysed, from its IP header on, as captured. */
void classify_see(struct classify *c, int64_t time_ns, struct slice ip_packet);

/* {"mgcp":12,"iax":3}: packets by protocol, most first; those of flows that stayed unknown are not
 * in it. */
void classify_write(struct jsonw *j, const struct classify *c);

/* What may be VoIP that is not analysed, if a protocol of its own says so. */
bool classify_wants(enum packet_bin bin);

/* Of the library that it stands on, as that says it. */
const char *classify_library_version(void);

#endif
