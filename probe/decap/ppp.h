/*
 * ppp - PPP frames, and the PPPoE sessions that carry them over Ethernet.
 *
 * Source  RFC 1661 §2, RFC 1662 §3.1, RFC 2516 §4
 */
#ifndef PROBE_DECAP_PPP_H
#define PROBE_DECAP_PPP_H

#include "probe/decap/layer.h"

enum { ETHERTYPE_PPPOE_SESSION = 0x8864 };

/* BIN_COUNT when *l is the next layer, otherwise the frame's bin. */
enum packet_bin ppp_open(struct layer *l);
enum packet_bin ppp_open_session(struct layer *l);

/* Whether a PPP frame begins there that carries IP. */
bool ppp_holds_ip(const struct layer *l, size_t at);

#endif
