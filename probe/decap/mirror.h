/*
 * mirror - is the SPAN port right? What its packets say about the mirror itself.
 *
 * A mirror that delivers one direction, delivers twice, loses VLAN tags or cuts frames makes every
 * figure wrong, and looks like a bad network. Per frame: copies and cut frames are counted. Per pair
 * of hosts that speak SIP or RTP: whether both directions are heard, and tagged alike. The
 * complaints, and when they are made:
 *
 *   doubled       at least 10 frames, and 1 % of all, came a second time
 *   cut           more than 0.1 % of the frames were cut by a snap length
 *   one_way       half of the judged pairs or more are heard in one direction, although what is
 *                 heard proves that the other one spoke: a response without its request, an ACK to
 *                 an INVITE whose answer never came. A request that nobody answers proves nothing.
 *                 Without any SIP: three pairs or more, 200 RTP packets in each, none heard back.
 *   vlan_missing  of a pair or more one direction is tagged, the other is not
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

/* A SIP message (BIN_SIP) or an RTP packet (BIN_RTP): every one, or one of `weight`. */
void mirror_datagram(struct mirror *m, const struct datagram *d, enum packet_bin bin,
                     unsigned weight);

/* Fills the record but for `source`; its JSON pieces live in `scratch` (reset). vlans and tunnels
 * count SIP and RTP packets, weights included. */
void mirror_report(const struct mirror *m, struct mirror_record *out, struct strbuf *scratch);

#endif
