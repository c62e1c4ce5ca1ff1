/*
 * frame - one packet as it was captured, and the datagram's place in it.
 *
 * Ownership  The bytes are lent by the source for the time of one callback.
 * Time       Nanoseconds since 1970 UTC, as captured.
 */
#ifndef ANALYZER_FRAME_H
#define ANALYZER_FRAME_H

#include <stdint.h>

struct frame {
    int64_t time_ns;
    const uint8_t *data;
    uint32_t captured_bytes; /* held in data */
    uint32_t wire_bytes;     /* its length on the wire, at least captured_bytes */
    uint32_t link_type;      /* LINKTYPE_ value of the pcap format (not the DLT_ of one system) */
};

#endif
