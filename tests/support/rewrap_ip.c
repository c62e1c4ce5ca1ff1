#include "tests/support/rewrap_ip.h"

#include "tests/support/flow.h"
#include "tests/support/rewrap_put.h"

#include <sysexits.h>

enum {
    IPV4_BYTES = 20,
    IPV6_BYTES = 40,
    IPV6_FRAGMENT = 44,
    TTL = 64,
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
};

static bool is_tag(unsigned ethertype)
{
    return ethertype == REWRAP_VLAN || ethertype == REWRAP_VLAN_AD || ethertype == REWRAP_VNTAG ||
           ethertype == 0x9100;
}

/* Raw and null name no EtherType: the version does. */
static uint16_t ethertype_of_version(const struct rewrap_frame *frame, size_t at)
{
    return frame->len > at && frame->p[at] >> 4 == 6 ? REWRAP_IPV6 : REWRAP_IPV4;
}

struct rewrap_network rewrap_network_find(uint32_t link_type, const struct rewrap_frame *frame)
{
    struct rewrap_network n = { .at = 0, .type_at = SIZE_MAX };

    switch (link_type) {
    case REWRAP_LINK_RAW:
        n.ethertype = ethertype_of_version(frame, 0);
        return n;
    case REWRAP_LINK_NULL:
    case REWRAP_LINK_LOOP:
        n.at = 4;
        n.ethertype = ethertype_of_version(frame, 4);
        return n;
    case REWRAP_LINK_ETHERNET:
        n.at = REWRAP_ETHERNET_BYTES;
        n.type_at = 12;
        break;
    case REWRAP_LINK_SLL:
        n.at = 16;
        n.type_at = 14;
        break;
    case REWRAP_LINK_SLL2:
        n.at = 20;
        n.type_at = 0;
        break;
    default:
        rewrap_die(EX_DATAERR, "link type %u is not one that can be wrapped anew", link_type);
    }
    if (frame->len < n.at)
        rewrap_die(EX_DATAERR, "a frame is shorter than its link header");
    n.ethertype = (uint16_t)get16(frame->p + n.type_at);
    while (is_tag(n.ethertype) && frame->len >= n.at + 6) {
        n.at += n.ethertype == REWRAP_VNTAG ? 6 : 4;
        n.type_at = n.at - 2;
        n.ethertype = (uint16_t)get16(frame->p + n.type_at);
        n.tagged = true;
    }
    return n;
}

/* Past MPLS labels or a PPPoE session to the IP header; SIZE_MAX: to none. */
static size_t ip_below(const struct rewrap_frame *frame, const struct rewrap_network *n)
{
    size_t at = n->at;

    if (n->ethertype == REWRAP_IPV4 || n->ethertype == REWRAP_IPV6)
        return at;
    if (n->ethertype == REWRAP_PPPOE && frame->len >= at + 8) {
        unsigned protocol = get16(frame->p + at + 6);

        return protocol == PPP_IPV4 || protocol == PPP_IPV6 ? at + 8 : SIZE_MAX;
    }
    if (n->ethertype != REWRAP_MPLS)
        return SIZE_MAX;
    while (frame->len >= at + 4) {
        at += 4;
        if (frame->p[at - 2] & 1) /* the bottom of the stack */
            return at;
    }
    return SIZE_MAX;
}

static bool read_v4(const struct rewrap_frame *frame, struct rewrap_ip *out)
{
    const uint8_t *ip = frame->p + out->at;

    out->payload_at = out->at + 4 * (size_t)(ip[0] & 15);
    out->end = out->at + get16(ip + 2);
    out->src = addr_v4(ip + 12, 0);
    out->dst = addr_v4(ip + 16, 0);
    out->protocol = ip[9];
    out->is_fragment = get16(ip + 6) & 0x3fff;
    return out->payload_at >= out->at + IPV4_BYTES && out->payload_at <= out->end;
}

bool rewrap_ip_find(uint32_t link_type, const struct rewrap_frame *frame, struct rewrap_ip *out)
{
    const struct rewrap_network n = rewrap_network_find(link_type, frame);
    const uint8_t *ip;

    *out = (struct rewrap_ip){ .at = ip_below(frame, &n) };
    if (out->at == SIZE_MAX || frame->len < out->at + IPV4_BYTES)
        return false;
    ip = frame->p + out->at;
    if (ip[0] >> 4 == 4)
        return read_v4(frame, out);
    if (ip[0] >> 4 != 6 || frame->len < out->at + IPV6_BYTES)
        return false;
    out->is_v6 = true;
    out->payload_at = out->at + IPV6_BYTES;
    out->end = out->payload_at + get16(ip + 4);
    out->src = addr_v6(ip + 8, 0);
    out->dst = addr_v6(ip + 24, 0);
    out->protocol = ip[6];
    out->is_fragment = ip[6] == IPV6_FRAGMENT;
    return true;
}

void rewrap_ip_sum(uint8_t *ip)
{
    uint16_t word;

    if (ip[0] >> 4 != 4)
        return;
    put16(ip + 10, 0);
    word = (uint16_t)~flow_fold(flow_sum(ip, 4 * (size_t)(ip[0] & 15)));
    memcpy(ip + 10, &word, 2);
}

void rewrap_ip_set_length(uint8_t *ip, size_t total)
{
    if (ip[0] >> 4 == 4)
        put16(ip + 2, (unsigned)total);
    else
        put16(ip + 4, (unsigned)(total - IPV6_BYTES));
    rewrap_ip_sum(ip);
}

uint8_t *rewrap_ip_put(uint8_t *p, const struct addr *src, const struct addr *dst, uint8_t protocol,
                       size_t payload, uint16_t id)
{
    uint8_t *ip = p;

    if (!addr_is_v4(src)) {
        p = put32(p, 0x60000000);
        p = put16(p, (unsigned)payload);
        p = put8(p, protocol);
        p = put8(p, TTL);
        p = put_bytes(p, src->ip, 16);
        return put_bytes(p, dst->ip, 16);
    }
    p = put16(p, 0x4500);
    p = put16(p, (unsigned)(IPV4_BYTES + payload));
    p = put16(p, id);
    p = put16(p, 0);
    p = put8(p, TTL);
    p = put8(p, protocol);
    p = put16(p, 0);
    p = put_bytes(p, src->ip + 12, 4);
    p = put_bytes(p, dst->ip + 12, 4);
    rewrap_ip_sum(ip);
    return p;
}

uint16_t rewrap_ip_transport_sum(const struct addr *src, const struct addr *dst, uint8_t protocol,
                                 const uint8_t *p, size_t len)
{
    size_t from = addr_is_v4(src) ? 12 : 0;
    uint8_t rest[8];
    uint16_t word;

    put32(put32(rest, (uint32_t)len), protocol);
    word = (uint16_t)~flow_fold(flow_sum(src->ip + from, 16 - from) +
                                flow_sum(dst->ip + from, 16 - from) + flow_sum(rest, 8) +
                                flow_sum(p, len));
    return word == 0 && protocol == FLOW_UDP ? 0xffff : word;
}
