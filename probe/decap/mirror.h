/*
 * mirror - is the SPAN port right? What its packets say about the mirror itself.
 *
 * A mirror that delivers one direction, delivers twice, loses VLAN tags or cuts frames makes every
 * figure wrong, and looks like a bad network. Counted per frame: duplicates, cut frames, VLANs,
 * tunnels. Judged per pair of hosts that speak SIP or RTP: whether both directions are heard, and
 * tagged alike.
 *
 * Ownership  mirror_new/free.
 * Thread     One thread an instance.
 */
#ifndef PROBE_DECAP_MIRROR_H
#define PROBE_DECAP_MIRROR_H

#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "analyzer/frame.h"
#include "analyzer/record.h"

struct mirror;

/* 0 or −ENOMEM. Refusals are counted in *counters, which outlives it. */
int mirror_new(struct mirror **mp, const uint64_t hash_key[2], struct counters *counters);
void mirror_free(struct mirror *m);

/* Every frame, with its bin. A few nanoseconds. */
void mirror_frame(struct mirror *m, const struct frame *frame, enum packet_bin bin);

/* A SIP message or RTP packet (every one, or some of them: `weight` packets stand behind it). */
void mirror_datagram(struct mirror *m, const struct datagram *d, enum packet_bin bin,
                     unsigned weight);

/* Fills the record but for `source`; its JSON pieces live in `scratch` (reset). */
void mirror_report(const struct mirror *m, struct mirror_record *out, struct strbuf *scratch);

#endif
