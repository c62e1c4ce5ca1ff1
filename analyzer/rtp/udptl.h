/*
 * udptl - one packet of fax over UDP: its number and what it repeats.
 *
 * A packet holds its own piece of fax (the primary), and behind it either the pieces of the packets
 * before it once more, or parity over several of them. Lengths and counts are as the packed encoding
 * rules (ITU-T X.691, aligned) write them: one octet up to 127, two up to 16383; longer ones come in
 * fragments, which nothing that fits a datagram of fax has.
 *
 * Source  ITU-T T.38 §9.1 (UDPTL); X.691 §10.9
 */
#ifndef ANALYZER_RTP_UDPTL_H
#define ANALYZER_RTP_UDPTL_H

#include "analyzer/base/slice.h"

enum udptl_parse {
    UDPTL_PARSE_OK,
    UDPTL_PARSE_SHORT,  /* cut inside a field */
    UDPTL_PARSE_LENGTH, /* a length that lies, or bytes behind the end */
};

struct udptl_packet {
    uint16_t seq;
    uint16_t primary_bytes;
    uint8_t repeats;     /* earlier primary packets that it carries again: the last so many */
    bool fec;            /* it carries parity instead */
    bool has_correction; /* which of the two is known: it was not cut before */
};

/* Up to where the fax begins: sequence number and length of the newest piece. */
size_t udptl_head_bytes(struct slice datagram);

/* cut: the snap length took the end; what is there is believed. */
enum udptl_parse udptl_packet_parse(struct udptl_packet *out, struct slice datagram, bool cut);

#endif
