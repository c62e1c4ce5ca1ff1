/*
 * tcp_websocket - a direction that carries SIP over WebSocket: a message of the one is a message of
 * the other.
 *
 * A message that is whole in a segment and not masked is handed over from there.
 *
 * Source  RFC 7118 §5: one SIP message in one WebSocket message
 */
#ifndef PROBE_DECAP_TCP_WEBSOCKET_H
#define PROBE_DECAP_TCP_WEBSOCKET_H

#include "probe/decap/tcp_content.h"

/* The kind becomes WEBSOCKET; OTHER when there is no room. sip: the subprotocol is known to be. */
void tcp_websocket_begin(struct tcp_content *c, struct tcp_delivery *d, bool sip,
                         const struct tcp_segment *at_hand);
void tcp_websocket_end(struct tcp_content *c, struct tcp_delivery *d);

/* Takes some bytes off *rest. */
void tcp_websocket_take(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                        struct slice *rest);

/* As tcp_content_gap. False: the frames cannot be followed any more. */
bool tcp_websocket_gap(struct tcp_content *c, struct tcp_delivery *d, size_t missing);

#endif
