/*
 * rtp_packet - the header of one RTP packet.
 *
 * Source  RFC 3550 §5.1, §5.3.1 (header extension)
 */
#ifndef ANALYZER_RTP_RTP_PACKET_H
#define ANALYZER_RTP_RTP_PACKET_H

#include "analyzer/base/slice.h"

enum rtp_parse {
    RTP_PARSE_OK,
    RTP_PARSE_SHORT,   /* cut inside the header, CSRCs or extension */
    RTP_PARSE_VERSION, /* not version 2 */
    RTP_PARSE_PADDING, /* more padding than payload */
};

enum { RTP_HEADER_BYTES = 12 };

struct rtp_packet {
    uint32_t ssrc;
    uint32_t timestamp;
    uint16_t seq;
    uint8_t payload_type;
    bool marker;
    bool cut;             /* by the snap length: the payload's end is missing */
    struct slice payload; /* without padding */
    uint32_t
        wire_payload_bytes; /* its length on the wire; 0 where it cannot be told: cut, and padded */
};

/* wire_bytes: the length on the wire; a cut packet's padding cannot be read, so it is left in. */
enum rtp_parse rtp_packet_parse(struct rtp_packet *out, struct slice datagram, uint32_t wire_bytes);

#endif
