/*
 * mpls - a stack of labels, and IP or a whole Ethernet frame behind it.
 *
 * Nothing in the packet says what the labels carry. IP is told by its version and its length; an
 * Ethernet frame by its type field, with or without a control word before it.
 *
 * Source  RFC 3032, RFC 4385 §3, RFC 4448 §4.6, RFC 4928 §3
 */
#ifndef PROBE_DECAP_MPLS_H
#define PROBE_DECAP_MPLS_H

#include "probe/decap/layer.h"

enum { ETHERTYPE_MPLS = 0x8847, ETHERTYPE_MPLS_UPSTREAM = 0x8848 };

/* BIN_COUNT when *l is the next layer, otherwise the frame's bin. */
enum packet_bin mpls_open(struct layer *l);

#endif
