/*
 * media_fax - fax in a call (T.38): UDPTL as a stream of its own in each direction.
 *
 * A stream of fax is counted like any other, by its sequence numbers; it has no SSRC, no codec clock
 * and no sound. Where a call announces an image at an address, what is whole UDPTL there is fax,
 * whatever else its first bytes look like (a sequence number of 0x8000 and more begins like RTP);
 * RTP that goes on at the same address, or comes back after the fax, stays RTP.
 *
 * Ownership  The stream owns its struct udptl_stream.
 * Thread     Analysis thread only.
 * Source     ITU-T T.38 §9.1
 */
#ifndef ANALYZER_CALL_MEDIA_FAX_H
#define ANALYZER_CALL_MEDIA_FAX_H

#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "analyzer/sink.h"

struct tracker;

/* Stands where a payload type stands; no RTP packet has it, and nothing else is called so. */
enum { MEDIA_FAX_PAYLOAD_TYPE = 254 };

enum fax_arrival {
    FAX_ELSEWHERE, /* nobody announced an image there */
    FAX_TAKEN,     /* counted, and claimed for its call */
    FAX_NOT_UDPTL, /* an image is announced there, but this is something else */
    FAX_REFUSED,   /* it is fax, but over a limit; claimed for its call */
};

enum fax_arrival media_fax_packet(struct tracker *t, const struct datagram *d, struct claim *claim);

#endif
