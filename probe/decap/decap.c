/*
 * Link, then IP, then UDP, each a function that either narrows the view or names the bin. Nothing
 * is copied but the addresses. The instance holds the datagrams it lends, and is where state that
 * lives longer than a frame (fragments, TCP) will have its place.
 */
#include "probe/decap/decap.h"

#include "probe/decap/ip.h"
#include "probe/decap/link.h"

#include <errno.h>
#include <stdlib.h>

enum { UDP_HEADER_BYTES = 8 };

struct decap {
    struct datagram datagram;
};

int decap_new(struct decap **dp)
{
    struct decap *d = calloc(1, sizeof *d);

    if (!d)
        return -ENOMEM;
    *dp = d;
    return 0;
}

void decap_free(struct decap *d)
{
    free(d);
}

static uint16_t u16_at(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static struct addr address_of(const uint8_t *ip, bool is_v6, uint16_t port)
{
    return is_v6 ? addr_v6(ip, port) : addr_v4(ip, port);
}

/* RFC 768. BIN_COUNT when *out was filled in. */
static enum packet_bin open_udp(const struct ip_payload *in, struct datagram *out)
{
    size_t udp_bytes, captured = in->captured_bytes;

    if (captured < UDP_HEADER_BYTES)
        return BIN_UDP_SHORT;
    udp_bytes = u16_at(in->p + 4);
    if (udp_bytes < UDP_HEADER_BYTES || udp_bytes > in->wire_bytes)
        return BIN_UDP_LENGTH;
    if (udp_bytes == UDP_HEADER_BYTES)
        return BIN_UDP_EMPTY;
    if (captured > udp_bytes)
        captured = udp_bytes;
    out->src = address_of(in->src_ip, in->is_v6, u16_at(in->p));
    out->dst = address_of(in->dst_ip, in->is_v6, u16_at(in->p + 2));
    out->payload = slice_of(in->p + UDP_HEADER_BYTES, captured - UDP_HEADER_BYTES);
    out->wire_bytes = (uint32_t)(udp_bytes - UDP_HEADER_BYTES);
    out->transport = TRANSPORT_UDP;
    out->dscp = in->dscp;
    return BIN_COUNT;
}

size_t decap_frame(struct decap *d, const struct frame *frame, const struct datagram **out,
                   enum packet_bin *bin)
{
    struct link_payload link;
    struct ip_payload ip;
    enum packet_bin reason = link_open(frame, &link);

    if (reason == BIN_COUNT)
        reason = ip_open(&link, &ip);
    if (reason == BIN_COUNT)
        reason = open_udp(&ip, &d->datagram);
    if (reason != BIN_COUNT) {
        *bin = reason;
        return 0;
    }
    d->datagram.time_ns = frame->time_ns;
    d->datagram.network = link.network;
    *out = &d->datagram;
    return 1;
}
