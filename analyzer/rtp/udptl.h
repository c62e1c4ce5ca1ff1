/*
 * udptl - one packet of fax over UDP: its number and what it repeats.
 *
 * Source  ITU-T T.38 §9.1 (UDPTL), annex on error correction
 */
#ifndef ANALYZER_RTP_UDPTL_H
#define ANALYZER_RTP_UDPTL_H

#include "analyzer/base/slice.h"

enum udptl_parse {
    UDPTL_PARSE_OK,
    UDPTL_PARSE_SHORT,  /* cut inside a field */
    UDPTL_PARSE_LENGTH, /* a length that lies */
};

struct udptl_packet {
    uint16_t seq;
    uint16_t primary_bytes;
    uint8_t repeats; /* earlier primary packets that it carries again (redundancy) */
    bool fec;        /* it carries parity instead */
};

/* cut: the snap length took the end; what is there is believed. */
enum udptl_parse udptl_packet_parse(struct udptl_packet *out, struct slice datagram, bool cut);

#endif
