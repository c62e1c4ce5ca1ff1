/*
 * rewrap_ip - the outermost IP packet of a frame: where it lies, and its sums.
 *
 * Ownership  Plain values; places are offsets into the frame.
 * Source     RFC 791, RFC 8200, RFC 1071; the LINKTYPE_ registry; IEEE 802.1Q; RFC 3032, RFC 2516
 */
#ifndef TESTS_SUPPORT_REWRAP_IP_H
#define TESTS_SUPPORT_REWRAP_IP_H

#include "analyzer/base/addr.h"
#include "tests/support/rewrap_frames.h"

enum {
    REWRAP_LINK_NULL = 0,
    REWRAP_LINK_ETHERNET = 1,
    REWRAP_LINK_RAW = 101,
    REWRAP_LINK_LOOP = 108,
    REWRAP_LINK_SLL = 113,
    REWRAP_LINK_SLL2 = 276,
    REWRAP_ETHERNET_BYTES = 14,
    REWRAP_IPV4 = 0x0800,
    REWRAP_IPV6 = 0x86dd,
    REWRAP_VLAN = 0x8100,
    REWRAP_VLAN_AD = 0x88a8,
    REWRAP_VNTAG = 0x8926,
    REWRAP_MPLS = 0x8847,
    REWRAP_PPPOE = 0x8864,
};

/* What follows the link header and its tags. */
struct rewrap_network {
    size_t at;      /* where it begins */
    size_t type_at; /* of the field that names it; SIZE_MAX: there is none (raw) */
    uint16_t ethertype;
    bool tagged;
};

/* Ends the program with a link type that is none of the above. */
struct rewrap_network rewrap_network_find(uint32_t link_type, const struct rewrap_frame *frame);

struct rewrap_ip {
    size_t at;            /* of its header */
    size_t payload_at;    /* of what it carries; fragment headers are left where they are */
    size_t end;           /* within the frame; what stands behind is padding */
    struct addr src, dst; /* without ports */
    uint8_t protocol;
    bool is_v6;
    bool is_fragment;
};

/* Below tags, MPLS and PPPoE. False: the frame carries no IP, or not all of its header. */
bool rewrap_ip_find(uint32_t link_type, const struct rewrap_frame *frame, struct rewrap_ip *out);

enum { REWRAP_IP_HEADER_MAX = 40 };

/* A header before `payload` bytes; gives the place behind it. */
uint8_t *rewrap_ip_put(uint8_t *p, const struct addr *src, const struct addr *dst, uint8_t protocol,
                       size_t payload, uint16_t id);
/* Length and sum of a header, anew. */
void rewrap_ip_set_length(uint8_t *ip, size_t total);
void rewrap_ip_sum(uint8_t *ip);

/* The sum of a UDP or TCP packet with its pseudo header, to be copied in; the field itself is 0. */
uint16_t rewrap_ip_transport_sum(const struct addr *src, const struct addr *dst, uint8_t protocol,
                                 const uint8_t *p, size_t len);

#endif
