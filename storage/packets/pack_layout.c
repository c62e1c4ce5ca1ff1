#include "storage/packets/pack_layout.h"

enum {
    IPV4_BYTES = 20,
    IPV6_BYTES = 40,
    UDP_BYTES = 8,
    TCP_BYTES = 20,
    SCAN_BYTES = 64,    /* how far behind the header before it an IP header is looked for */
    TRAILER_BYTES = 64, /* padding and trailers behind an IP packet */
    MORE_FRAGMENTS = 0x2000,
    FRAGMENT_OFFSET = 0x1fff,
};

enum {
    HOP_BY_HOP = 0,
    IP_IN_IP = 4,
    TCP = 6,
    UDP = 17,
    IPV6_IN_IP = 41,
    ROUTING = 43,
    FRAGMENT = 44,
    GRE = 47,
    ESP = 50,
    ICMPV6 = 58,
    OPTIONS = 60
};

/* What an IP header says. */
struct ip_header {
    size_t bytes, packet_bytes; /* packet: with its header */
    uint8_t protocol;
    bool first_fragment, later_fragment;
};

static uint32_t sum_of(const uint8_t *p, size_t n)
{
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < n; i += 2)
        sum += pack_u16(p + i);
    sum = (sum & 0xffff) + (sum >> 16);
    return (sum & 0xffff) + (sum >> 16);
}

static bool read_v4(const uint8_t *p, size_t there, struct ip_header *ip)
{
    uint16_t fragment;

    if (there < IPV4_BYTES)
        return false;
    ip->bytes = (size_t)(p[0] & 15) * 4;
    if (ip->bytes < IPV4_BYTES || ip->bytes > there)
        return false;
    ip->packet_bytes = pack_u16(p + 2);
    ip->protocol = p[9];
    fragment = pack_u16(p + 6);
    ip->later_fragment = (fragment & FRAGMENT_OFFSET) != 0;
    ip->first_fragment = !ip->later_fragment && (fragment & MORE_FRAGMENTS);
    return sum_of(p, ip->bytes) == 0xffff || pack_u16(p + 10) == 0;
}

static bool is_known_v6(uint8_t protocol)
{
    static const uint8_t known[] = { HOP_BY_HOP, IP_IN_IP, TCP, UDP,    IPV6_IN_IP, ROUTING,
                                     FRAGMENT,   GRE,      ESP, ICMPV6, OPTIONS };

    for (size_t i = 0; i < sizeof known; i++) {
        if (known[i] == protocol)
            return true;
    }
    return false;
}

static bool read_v6(const uint8_t *p, size_t there, struct ip_header *ip)
{
    if (there < IPV6_BYTES || !is_known_v6(p[6]))
        return false;
    *ip = (struct ip_header){ .bytes = IPV6_BYTES,
                              .packet_bytes = IPV6_BYTES + (size_t)pack_u16(p + 4),
                              .protocol = p[6] };
    while (ip->protocol == HOP_BY_HOP || ip->protocol == ROUTING || ip->protocol == OPTIONS ||
           ip->protocol == FRAGMENT) {
        const uint8_t *extension = p + ip->bytes;

        if (ip->bytes + 8 > there)
            break;
        if (ip->protocol == FRAGMENT) {
            uint16_t fragment = pack_u16(extension + 2);

            ip->later_fragment = fragment >> 3 != 0;
            ip->first_fragment = !ip->later_fragment && (fragment & 1);
            ip->bytes += 8;
        } else {
            ip->bytes += ((size_t)extension[1] + 1) * 8;
        }
        ip->protocol = extension[0];
    }
    return ip->bytes <= there;
}

static bool read_ip(const struct chunk_frame *f, size_t at, struct ip_header *ip)
{
    const uint8_t *p = f->data + at;
    size_t there = f->captured_bytes - at, wire = f->wire_bytes - at;

    *ip = (struct ip_header){ .bytes = 0 };
    if (p[0] >> 4 == 4 ? !read_v4(p, there, ip) : p[0] >> 4 != 6 || !read_v6(p, there, ip))
        return false;
    return ip->packet_bytes >= ip->bytes && ip->packet_bytes <= wire &&
           wire - ip->packet_bytes <= TRAILER_BYTES;
}

/* The first IP header from `from` on. */
static bool scan(const struct chunk_frame *f, size_t from, size_t *at, struct ip_header *ip)
{
    size_t end = from + SCAN_BYTES;

    if (end > f->captured_bytes)
        end = f->captured_bytes;
    for (*at = from; *at < end; (*at)++) {
        if (read_ip(f, *at, ip))
            return true;
    }
    return false;
}

/* Of an IP packet: its UDP header and where what it carries begins; 0: it carries none to look into. */
static size_t read_udp(const struct chunk_frame *f, size_t at, const struct ip_header *ip)
{
    size_t udp = at + ip->bytes, length;

    if (ip->protocol != UDP || ip->later_fragment || udp + UDP_BYTES > f->captured_bytes)
        return 0;
    length = pack_u16(f->data + udp + 4);
    if (ip->first_fragment ? length < ip->packet_bytes - ip->bytes
                           : length != ip->packet_bytes - ip->bytes)
        return 0;
    return udp;
}

static bool carries_ip(uint8_t protocol)
{
    return protocol == IP_IN_IP || protocol == IPV6_IN_IP || protocol == GRE;
}

/* What the innermost packet is, and where its headers end. */
static void end_headers(struct pack_layout *l, const struct chunk_frame *f, size_t at,
                        const struct ip_header *ip)
{
    size_t udp = l->layers[l->layer_count - 1].udp, end = at + ip->bytes, rtp;

    l->rtp = 0;
    l->content = PACK_CONTENT_OTHER;
    if (udp) {
        end = udp + UDP_BYTES;
        l->content = (uint8_t)pack_content_of(f->data + end, f->captured_bytes - end, &rtp);
        if (rtp && end + rtp <= PACK_HEADER_MAX) {
            l->rtp = (uint16_t)end;
            end += rtp;
        } else if (rtp) {
            l->content = PACK_CONTENT_OTHER;
        }
    } else if (ip->protocol == TCP && !ip->later_fragment && end + TCP_BYTES <= f->captured_bytes) {
        end += TCP_BYTES;
    }
    l->header_bytes = end <= PACK_HEADER_MAX ? (uint16_t)end : 0;
}

bool pack_layout_find(struct pack_layout *l, const struct chunk_frame *f)
{
    struct ip_header ip, inner;
    size_t at = 0, inner_at;
    bool found = f->wire_bytes >= f->captured_bytes && scan(f, 0, &at, &ip);

    *l = (struct pack_layout){ .layer_count = 0 };
    while (found && l->layer_count < PACK_LAYERS_MAX) {
        size_t udp = read_udp(f, at, &ip), from = at + ip.bytes;

        l->layers[l->layer_count++] = (struct pack_layer){ (uint16_t)at, (uint16_t)udp };
        found = (udp || carries_ip(ip.protocol)) && !ip.first_fragment && !ip.later_fragment &&
                scan(f, udp ? from + UDP_BYTES : from, &inner_at, &inner);
        if (found && l->layer_count < PACK_LAYERS_MAX) {
            at = inner_at;
            ip = inner;
        }
    }
    if (l->layer_count == 0)
        return false;
    end_headers(l, f, at, &ip);
    return l->header_bytes > 0 && l->header_bytes <= f->captured_bytes &&
           pack_layout_is_possible(l);
}

bool pack_layout_same_link(const struct pack_layout *l, const uint8_t *header,
                           const struct chunk_frame *f)
{
    return memcmp(header, f->data, l->layers[0].ip) == 0;
}

static bool same_ip(const uint8_t *a, const uint8_t *b)
{
    if (a[0] != b[0])
        return false;
    if (a[0] >> 4 == 6) /* next header, hop limit, addresses */
        return memcmp(a + 6, b + 6, IPV6_BYTES - 6) == 0;
    /* fragment, time to live, protocol; addresses */
    return memcmp(a + 6, b + 6, 4) == 0 && memcmp(a + 12, b + 12, 8) == 0;
}

bool pack_layout_fits(const struct pack_layout *l, const uint8_t *header,
                      const struct chunk_frame *f)
{
    const struct pack_layer *inner = &l->layers[l->layer_count - 1];
    size_t end = (size_t)inner->udp + UDP_BYTES, rtp;

    if (f->captured_bytes < l->header_bytes || !same_ip(header + inner->ip, f->data + inner->ip))
        return false;
    if (!inner->udp)
        return true;
    if (memcmp(header + inner->udp, f->data + inner->udp, 4) != 0 ||
        pack_content_of(f->data + end, f->captured_bytes - end, &rtp) != l->content)
        return false;
    if (l->content != PACK_CONTENT_RTP)
        return true;
    return end + rtp == l->header_bytes &&
           memcmp(header + l->rtp + 8, f->data + l->rtp + 8, 4) == 0;
}
