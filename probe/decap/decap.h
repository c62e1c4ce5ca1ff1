/*
 * decap - one frame in, the datagrams it completes out, or the named reason why there is none.
 *
 * Link layer, VLAN tags, IP, UDP. What is not opened (TCP, fragments, tunnels) goes into a bin of
 * its own, so that the ledger shows what the analyzer never saw. Every length is held against the
 * bytes that are there; a checksum is not verified, because a capture on the sending host has none.
 *
 * Ownership  decap_new/free. Datagrams point into the frame and are lent until the next call.
 * Thread     One thread an instance.
 */
#ifndef PROBE_DECAP_DECAP_H
#define PROBE_DECAP_DECAP_H

#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "analyzer/frame.h"

struct decap;

/* 0 or −ENOMEM. */
int decap_new(struct decap **dp);
void decap_free(struct decap *d);

/* Returns how many datagrams the frame completes and points *out at them. At 0 *bin is the frame's
 * place in the ledger; otherwise *bin is untouched and whoever takes the datagrams names it. */
size_t decap_frame(struct decap *d, const struct frame *frame, const struct datagram **out,
                   enum packet_bin *bin);

/* Where the payload lies within the frame; false when it does not (one put together from several
 * frames). */
static inline bool decap_payload_offset(const struct frame *frame, const struct datagram *datagram,
                                        uint32_t *offset)
{
    uintptr_t data = (uintptr_t)frame->data, payload = (uintptr_t)datagram->payload.p;

    if (payload < data || payload - data > frame->captured_bytes ||
        datagram->payload.len > frame->captured_bytes - (payload - data))
        return false;
    *offset = (uint32_t)(payload - data);
    return true;
}

#endif
