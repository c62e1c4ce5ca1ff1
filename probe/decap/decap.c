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
    struct decap_options options;
    struct counters counters;
    struct decap_stats stats;
    struct slice ip_packet;
};

void decap_options_default(struct decap_options *options)
{
    *options = (struct decap_options){
        .vxlan = { { 4789, 8472 }, 2 },
        .geneve = { { 6081 }, 1 },
        .gtpu = { { 2152 }, 1 },
        .tzsp = { { 37008 }, 1 },
        .l2tp = { { 1701 }, 1 },
        .depth_max = 8,
        .duplicate_window_ns = INT64_C(50000000),
        .separate_vlans = true,
        .fragment_bytes_max = 16u << 20,
        .fragmented_max = 4096,
        .tcp_bytes_max = 64u << 20,
        .tcp_stream_bytes_max = 256u << 10,
        .tcp_streams_max = 65536,
        .hash_key = { 0x0706050403020100u, 0x0f0e0d0c0b0a0908u },
    };
}

int decap_new(struct decap **dp, const struct decap_options *options)
{
    struct decap *d = calloc(1, sizeof *d);

    if (!d)
        return -ENOMEM;
    d->options = *options;
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

enum packet_bin decap_frame(struct decap *d, const struct frame *frame, decap_fn fn, void *ctx)
{
    struct decap_unit unit = { .in_frame = true };
    struct link_payload link;
    struct ip_payload ip;
    enum packet_bin reason = link_open(frame, &link);

    d->ip_packet = slice_of(NULL, 0);
    if (reason == BIN_COUNT) {
        d->ip_packet = slice_of(link.p, link.captured_bytes);
        reason = ip_open(&link, &ip);
    }
    if (reason == BIN_COUNT)
        reason = open_udp(&ip, &unit.datagram);
    if (reason != BIN_COUNT)
        return reason;
    unit.datagram.time_ns = frame->time_ns;
    unit.datagram.network = link.network;
    fn(ctx, &unit);
    return BIN_COUNT;
}

void decap_tick(struct decap *d, int64_t now_ns, decap_fn fn, void *ctx)
{
    (void)d;
    (void)now_ns;
    (void)fn;
    (void)ctx;
}

void decap_finish(struct decap *d, decap_fn fn, void *ctx)
{
    decap_tick(d, INT64_MAX, fn, ctx);
}

struct slice decap_ip_packet(const struct decap *d)
{
    return d->ip_packet;
}

void decap_read_stats(const struct decap *d, struct decap_stats *out)
{
    *out = d->stats;
}

const struct counters *decap_counters(const struct decap *d)
{
    return &d->counters;
}
