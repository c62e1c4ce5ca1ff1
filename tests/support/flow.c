#include "tests/support/flow.h"

#include "tests/support/rng.h"

enum {
    IPV4_BYTES = 20,
    IPV6_BYTES = 40,
    UDP_BYTES = 8,
    ETHERTYPE_IPV4 = 0x0800,
    ETHERTYPE_IPV6 = 0x86dd,
    ETHERTYPE_VLAN = 0x8100,
    VLAN_VOICE = 5 << 13, /* priority code point 5: voice */
};

static uint8_t *put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
    return p + 2;
}

/* A big-endian field as the word that flow_sum would see. */
static uint32_t word_of(unsigned value)
{
    uint8_t bytes[2];
    uint16_t word;

    put16(bytes, value);
    memcpy(&word, bytes, 2);
    return word;
}

uint16_t flow_link_type(enum flow_link link)
{
    static const uint16_t types[] = {
        [FLOW_ETHERNET] = 1, [FLOW_SLL] = 113, [FLOW_SLL2] = 276, [FLOW_RAW] = 101
    };

    return types[link];
}

uint64_t flow_sum(const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    uint64_t sum = 0;
    uint8_t last[2] = { 0, 0 };
    uint32_t word;
    uint16_t half;

    for (; len >= 4; len -= 4, p += 4) {
        memcpy(&word, p, 4);
        sum += word;
    }
    if (len >= 2) {
        memcpy(&half, p, 2);
        sum += half;
        p += 2;
        len -= 2;
    }
    if (len) {
        last[0] = *p;
        memcpy(&half, last, 2);
        sum += half;
    }
    return sum;
}

uint32_t flow_fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

void flow_mac(const struct addr *host, uint8_t mac[6])
{
    uint64_t low, high, mixed;

    memcpy(&high, host->ip, 8);
    memcpy(&low, host->ip + 8, 8);
    mixed = rng_mix(high ^ rng_mix(low));
    mac[0] = 0x02;
    for (int i = 1; i < 6; i++)
        mac[i] = (uint8_t)(mixed >> (8 * i));
}

static uint8_t *put_ethernet(uint8_t *p, const struct flow *f, int vlan, unsigned ethertype)
{
    flow_mac(&f->dst, p);
    flow_mac(&f->src, p + 6);
    p += 12;
    if (vlan) {
        p = put16(p, ETHERTYPE_VLAN);
        p = put16(p, VLAN_VOICE | (unsigned)vlan);
    }
    return put16(p, ethertype);
}

/* "Linux cooked": what the `any` device of Linux gives. Packet type 0 is "to us". */
static uint8_t *put_sll(uint8_t *p, const struct flow *f, unsigned ethertype)
{
    p = put16(p, 0);
    p = put16(p, 1); /* ARPHRD_ETHER */
    p = put16(p, 6);
    flow_mac(&f->src, p);
    p = put16(p + 6, 0);
    return put16(p, ethertype);
}

static uint8_t *put_sll2(uint8_t *p, const struct flow *f, unsigned ethertype)
{
    p = put16(p, ethertype);
    p = put16(p, 0);
    p = put16(p, 0);
    p = put16(p, 2); /* interface index */
    p = put16(p, 1); /* ARPHRD_ETHER */
    *p++ = 0;
    *p++ = 6;
    flow_mac(&f->src, p);
    return put16(p + 6, 0);
}

static uint8_t *put_link(uint8_t *p, const struct flow *f, const struct flow_style *style)
{
    unsigned ethertype = f->v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4;

    switch (style->link) {
    case FLOW_ETHERNET:
        return put_ethernet(p, f, style->vlan, ethertype);
    case FLOW_SLL:
        return put_sll(p, f, ethertype);
    case FLOW_SLL2:
        return put_sll2(p, f, ethertype);
    case FLOW_RAW:
        break;
    }
    return p;
}

/* Length, identification and checksum stay 0 for now. */
static uint8_t *put_ip(uint8_t *p, struct flow *f, int ttl, int dscp)
{
    uint8_t *ip = p;

    if (f->v6) {
        p = put16(p, 0x6000u | (unsigned)dscp << 6);
        p = put16(p, 0);
        p = put16(p, 0);
        *p++ = f->protocol;
        *p++ = (uint8_t)ttl;
        memcpy(p, f->src.ip, 16);
        memcpy(p + 16, f->dst.ip, 16);
        f->pseudo_sum = flow_fold(flow_sum(p, 32) + word_of(f->protocol));
        return p + 32;
    }
    *p++ = 0x45;
    *p++ = (uint8_t)(dscp << 2);
    p = put16(p, 0);
    p = put16(p, 0);
    p = put16(p, 0); /* may be fragmented, as most voice gear sends it */
    *p++ = (uint8_t)ttl;
    *p++ = f->protocol;
    p = put16(p, 0);
    memcpy(p, f->src.ip + 12, 4);
    memcpy(p + 4, f->dst.ip + 12, 4);
    f->pseudo_sum = flow_fold(flow_sum(p, 8) + word_of(f->protocol));
    f->ip_sum = flow_fold(flow_sum(ip, IPV4_BYTES));
    return p + 8;
}

void flow_init(struct flow *f, const struct flow_style *style, enum flow_protocol protocol,
               const struct addr *src, const struct addr *dst, int ttl, int dscp, uint16_t ip_id)
{
    uint8_t *p = f->header;

    *f = (struct flow){ .src = *src, .dst = *dst, .protocol = (uint8_t)protocol, .ip_id = ip_id };
    f->v6 = !addr_is_v4(src);
    p = put_link(p, f, style);
    f->ip_at = (uint8_t)(p - f->header);
    p = put_ip(p, f, ttl, dscp);
    if (protocol == FLOW_UDP) {
        f->pseudo_sum =
            flow_fold((uint64_t)f->pseudo_sum + word_of(src->port) + word_of(dst->port));
        p = put16(p, src->port);
        p = put16(p, dst->port);
        p = put16(p, 0);
        p = put16(p, 0);
    }
    f->header_bytes = (uint8_t)(p - f->header);
}

static void finish_ipv4(struct flow *f, uint8_t *ip, size_t total)
{
    uint32_t sum = flow_fold((uint64_t)f->ip_sum + word_of((unsigned)total) + word_of(f->ip_id));
    uint16_t word = (uint16_t)~sum;

    put16(ip + 2, (unsigned)total);
    put16(ip + 4, f->ip_id++);
    memcpy(ip + 10, &word, 2);
}

/* Where the checksum of a protocol lies, counted from its own header. */
static size_t checksum_at(uint8_t protocol)
{
    if (protocol == FLOW_UDP)
        return 6;
    return protocol == FLOW_TCP ? 16 : 2;
}

size_t flow_write(struct flow *f, struct pcap_writer *w, int64_t time_ns,
                  const struct flow_part *head, const struct flow_part *body)
{
    size_t payload = head->len + body->len;
    size_t upper = payload + (f->protocol == FLOW_UDP ? UDP_BYTES : 0);
    size_t total = f->header_bytes + payload;
    uint8_t *frame = pcap_writer_frame(w, time_ns, total);
    uint8_t *ip = frame + f->ip_at;
    uint8_t *above = ip + (f->v6 ? IPV6_BYTES : IPV4_BYTES);
    uint64_t sum = (uint64_t)head->sum + body->sum;
    uint16_t word;

    memcpy(frame, f->header, f->header_bytes);
    memcpy(frame + f->header_bytes, head->bytes, head->len);
    if (body->len)
        memcpy(frame + f->header_bytes + head->len, body->bytes, body->len);

    if (f->v6)
        put16(ip + 4, (unsigned)upper);
    else
        finish_ipv4(f, ip, total - f->ip_at);
    if (f->protocol != FLOW_ICMP)
        sum += f->pseudo_sum + word_of((unsigned)upper);
    if (f->protocol == FLOW_UDP) {
        put16(above + 4, (unsigned)upper);
        sum += word_of((unsigned)upper);
    }
    word = (uint16_t)~flow_fold(sum);
    if (word == 0 && f->protocol == FLOW_UDP)
        word = 0xffff; /* 0 would mean: no checksum */
    memcpy(above + checksum_at(f->protocol), &word, 2);
    return total;
}
