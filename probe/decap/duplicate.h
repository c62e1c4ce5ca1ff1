/*
 * duplicate - the copies of a frame that a mirror port delivers, told from packets sent twice.
 *
 * Two SPAN sessions, or both directions of one port, deliver a packet twice within microseconds. The
 * innermost IP packet is the same but for what a router changes: TTL (hop limit), DSCP, ECN and
 * checksums; link layer, tags and tunnels may differ. A sender that repeats itself gives the packet
 * another IP id, or waits: timer T1 of SIP is ten times the window. What IPv6, or IPv4 with the id 0,
 * sends twice within the window cannot be told from a copy, and is taken for one.
 *
 * Found by a keyed hash of the whole packet, and believed only when the first bytes (addresses, id,
 * lengths, ports, the RTP header) are the same. Of a packet cut by the snap length, what was captured
 * has to tell it from others; otherwise it is never a copy.
 *
 * Ownership  duplicate_new/free.
 * Thread     One thread an instance.
 * Time       Of the packets; a window of −window…+window, since sources are not in perfect order.
 */
#ifndef PROBE_DECAP_DUPLICATE_H
#define PROBE_DECAP_DUPLICATE_H

#include "analyzer/base/slice.h"

struct duplicate;

/* 0 or −ENOMEM. */
int duplicate_new(struct duplicate **dp, int64_t window_ns, const uint64_t hash_key[2]);
void duplicate_free(struct duplicate *d);

/* Whether the packet, from its IP header on, as captured, came before within the window; otherwise
 * it is remembered. wire_bytes: its length on the wire. */
bool duplicate_see(struct duplicate *d, int64_t time_ns, struct slice ip_packet, size_t wire_bytes);

#endif
