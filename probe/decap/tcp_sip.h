/*
 * tcp_sip - a direction that carries SIP, or may: its messages handed over as they become whole.
 *
 * What is whole in a segment is handed over from there. Otherwise it is kept, a line or a body at a
 * time, so that never more than one message is.
 */
#ifndef PROBE_DECAP_TCP_SIP_H
#define PROBE_DECAP_TCP_SIP_H

#include "probe/decap/tcp_content.h"

/* Takes some bytes off *rest, or finds that they are another kind's (tcp_content_learn). begins: they
 * are the first of a segment. */
void tcp_sip_take(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                  struct slice *rest, bool begins);

/* As tcp_content_gap. */
void tcp_sip_gap(struct tcp_content *c, struct tcp_delivery *d, size_t missing);

#endif
