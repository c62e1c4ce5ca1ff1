/*
 * call_packets - the media packets of a stored call, opened: frames in, datagrams out.
 *
 * Ownership  Datagrams are lent for the time of the call of the function.
 * Errors     −errno of the store, or what the function returned.
 */
#ifndef PROBE_CMD_CALL_PACKETS_H
#define PROBE_CMD_CALL_PACKETS_H

#include "probe/decap/decap.h"

struct call_packets {
    const char *store;
    uint64_t call;
    const struct decap_options *decap;
    uint64_t frames;  /* of the last reading */
    uint64_t damaged; /* chunks left out */
};

/* −errno ends the reading. */
typedef int (*call_packet_fn)(void *ctx, const struct datagram *d);

int call_packets_read(struct call_packets *p, call_packet_fn fn, void *ctx);

#endif
