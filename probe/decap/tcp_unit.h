/*
 * tcp_unit - one message of a stream, handed over with the frames that carried it.
 */
#ifndef PROBE_DECAP_TCP_UNIT_H
#define PROBE_DECAP_TCP_UNIT_H

#include "probe/decap/tcp_content.h"

/* The message lies in one segment. */
void tcp_unit_of_segment(struct tcp_delivery *d, enum transport transport, struct slice payload,
                         size_t wire_bytes, const struct tcp_segment *segment);

/* The message is the first `bytes` bytes of what was gathered, its payload at most that long. */
void tcp_unit_of_message(struct tcp_delivery *d, enum transport transport,
                         const struct tcp_message *m, size_t bytes, size_t payload_bytes,
                         size_t wire_bytes);

#endif
