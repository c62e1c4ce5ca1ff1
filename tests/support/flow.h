/*
 * flow - frames from one address and port to another: link, IP and UDP headers, sums right.
 *
 * The headers are laid out once; each frame only changes lengths, IP identification and checksums.
 *
 * Ownership  A plain value. Borrows nothing.
 * Units      Sums are one's-complement sums of 16-bit words in this machine's byte order, folded
 *            or not (RFC 1071 §2: the order of bytes does not matter until the end).
 * Source     RFC 791, RFC 8200, RFC 768, IEEE 802.1Q, LINKTYPE_LINUX_SLL and _SLL2
 */
#ifndef TESTS_SUPPORT_FLOW_H
#define TESTS_SUPPORT_FLOW_H

#include "analyzer/base/addr.h"
#include "tests/support/pcap_writer.h"

enum flow_link { FLOW_ETHERNET, FLOW_SLL, FLOW_SLL2, FLOW_RAW };
enum flow_protocol { FLOW_ICMP = 1, FLOW_TCP = 6, FLOW_UDP = 17, FLOW_ICMPV6 = 58 };
enum { FLOW_HEADER_MAX = 72 };

struct flow_style {
    enum flow_link link;
    int vlan; /* 0: untagged; Ethernet alone */
};

struct flow {
    struct addr src, dst;
    uint8_t header[FLOW_HEADER_MAX];
    uint8_t header_bytes, ip_at;
    uint8_t protocol;
    bool v6;
    uint16_t ip_id;
    uint32_t ip_sum;     /* of the IPv4 header without length, identification and checksum */
    uint32_t pseudo_sum; /* addresses and protocol, and for UDP the ports */
};

struct flow_part {
    const void *bytes;
    size_t len;
    uint32_t sum;
};

/* LINKTYPE_ number of a link. */
uint16_t flow_link_type(enum flow_link link);

uint64_t flow_sum(const void *bytes, size_t len);
uint32_t flow_fold(uint64_t sum);

/* The Ethernet address of a host: locally administered, made from its IP address. */
void flow_mac(const struct addr *host, uint8_t mac[6]);

void flow_init(struct flow *f, const struct flow_style *style, enum flow_protocol protocol,
               const struct addr *src, const struct addr *dst, int ttl, int dscp, uint16_t ip_id);

/* One frame with head and body as payload, head of even length, both with their sums. Returns its
 * length. For ICMP and TCP the payload begins with their header. */
size_t flow_write(struct flow *f, struct pcap_writer *w, int64_t time_ns,
                  const struct flow_part *head, const struct flow_part *body);

#endif
