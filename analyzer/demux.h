/*
 * demux - what a datagram is, by its first bytes.
 *
 * Source  RFC 7983 (the ranges of the first byte), RFC 5761 §4 (RTCP among RTP), RFC 5764
 */
#ifndef ANALYZER_DEMUX_H
#define ANALYZER_DEMUX_H

#include "analyzer/datagram.h"

enum demux_kind {
    DEMUX_EMPTY,
    DEMUX_SIP,
    DEMUX_KEEPALIVE, /* CRLF or NULs on a SIP port */
    DEMUX_RTP,
    DEMUX_RTCP,
    DEMUX_STUN,
    DEMUX_DTLS,
    DEMUX_ZRTP,
    DEMUX_OTHER,
};

enum demux_kind demux_classify(const struct datagram *d);

#endif
