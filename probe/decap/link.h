/*
 * link - from the frame to the network layer: link headers, VLAN tags, what an EtherType announces.
 *
 * Source  The LINKTYPE_ registry of the pcap format; IEEE 802.3, 802.2, 802.1Q (tags, 802.1ad
 *         included), 802.1BR (E-tag); VN-Tag as proposed for 802.1Qbh; RFC 1042 (SNAP)
 */
#ifndef PROBE_DECAP_LINK_H
#define PROBE_DECAP_LINK_H

#include "probe/decap/layer.h"

/* Each takes off the header of its kind of layer. BIN_COUNT when *l is the next layer, otherwise the
 * frame's bin. */
enum packet_bin link_open(struct layer *l);
enum packet_bin link_open_ethertype(struct layer *l);
enum packet_bin link_open_llc(struct layer *l);

#endif
