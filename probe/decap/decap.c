/*
 * A frame is taken through its layers one after the other: link, tags, tunnels, IP, in whatever
 * order they come, until there is a transport that the analyzer reads, or a reason why not. Each
 * layer is a view of the same bytes; nothing is copied but the addresses, and what waits for the
 * rest of it. The instance holds what lives longer than a frame.
 *
 * Invariants
 *   1. Each turn of the loop takes bytes off the layer or changes its kind to one that does; what
 *      can be nested without end (tunnels, packets put together) is paid from layer.room.
 *   2. layer.captured_bytes never exceeds layer.wire_bytes, and both lie within the layer below.
 *   3. The innermost IP packet is looked at once for being a copy, before anything remembers it.
 */
#include "probe/decap/decap.h"

#include "probe/decap/certificates.h"
#include "probe/decap/ip.h"
#include "probe/decap/link.h"
#include "probe/decap/ppp.h"
#include "probe/decap/tunnel.h"

#include <errno.h>
#include <stdlib.h>

enum { UDP_HEADER_BYTES = 8 };

struct decap {
    struct decap_options options;
    struct tunnel_ports tunnel_ports;
    struct certificates *certificates;
    struct counters counters;
    struct decap_stats stats;
    struct slice ip_packet;
};

/* A frame on its way through the layers. */
struct passage {
    struct decap *d;
    const struct frame *frame;
    decap_fn fn;
    void *ctx;
    struct layer layer;
    struct ip_packet ip; /* the innermost so far */
    bool handed_over;
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
    tunnel_ports_init(&d->tunnel_ports, options);
    if (certificates_new(&d->certificates, &d->options, &d->counters) != 0) {
        decap_free(d);
        return -ENOMEM;
    }
    *dp = d;
    return 0;
}

void decap_free(struct decap *d)
{
    if (!d)
        return;
    certificates_free(d->certificates);
    free(d);
}

static struct addr address_of(const uint8_t *ip, bool is_v6, uint16_t port)
{
    return is_v6 ? addr_v6(ip, port) : addr_v4(ip, port);
}

static uint32_t network_of(const struct passage *p)
{
    return p->d->options.separate_vlans ? layer_network(&p->layer) : 0;
}

/* Records begin with their type, 20 to 63, and a version that counts down from 0xfe 0xff. */
static bool looks_like_dtls(struct slice s)
{
    return s.len >= 3 && s.p[0] >= 20 && s.p[0] <= 63 && (uint8_t)s.p[1] == 0xfe;
}

static void hand_over_udp(struct passage *p, uint16_t src_port, uint16_t dst_port)
{
    const struct ip_packet *ip = &p->ip;
    struct decap_unit unit = {
        .datagram = {
            .time_ns = p->frame->time_ns,
            .src = address_of(ip->src_ip, ip->is_v6, src_port),
            .dst = address_of(ip->dst_ip, ip->is_v6, dst_port),
            .payload = slice_of(p->layer.p, p->layer.captured_bytes),
            .wire_bytes = (uint32_t)p->layer.wire_bytes,
            .network = network_of(p),
            .transport = TRANSPORT_UDP,
            .dscp = ip->dscp,
            .path = p->layer.path,
        },
        .in_frame = true,
    };

    if (looks_like_dtls(unit.datagram.payload))
        certificates_dtls(p->d->certificates, &unit.datagram);
    p->handed_over = true;
    p->fn(p->ctx, &unit);
}

/* RFC 768 */
static enum packet_bin skip_udp_header(struct layer *l)
{
    size_t bytes;

    if (l->captured_bytes < UDP_HEADER_BYTES)
        return BIN_UDP_SHORT;
    bytes = layer_u16(l, 4);
    if (bytes < UDP_HEADER_BYTES || !layer_limit(l, bytes))
        return BIN_UDP_LENGTH;
    if (bytes == UDP_HEADER_BYTES)
        return BIN_UDP_EMPTY;
    layer_skip(l, UDP_HEADER_BYTES);
    return BIN_COUNT;
}

static enum packet_bin take_udp(struct passage *p)
{
    const struct tunnel_ports *tunnels = &p->d->tunnel_ports;
    struct layer *l = &p->layer;
    const uint8_t *header = l->p;
    enum packet_bin bin = skip_udp_header(l);
    uint16_t src_port, dst_port;

    if (bin != BIN_COUNT)
        return bin;
    src_port = (uint16_t)(header[0] << 8 | header[1]);
    dst_port = (uint16_t)(header[2] << 8 | header[3]);
    if (tunnel_ports_may_hold(tunnels, dst_port)) {
        bin = tunnel_open_udp(l, tunnels, dst_port);
        if (bin != BIN_UDP_OTHER)
            return bin;
    }
    hand_over_udp(p, src_port, dst_port);
    return BIN_COUNT;
}

static enum packet_bin take_transport(struct passage *p)
{
    if (p->ip.is_fragment)
        return BIN_FRAGMENT;
    if (p->ip.protocol == IP_PROTOCOL_UDP)
        return take_udp(p);
    if (tunnel_is_protocol(p->ip.protocol))
        return tunnel_open(&p->layer, p->ip.protocol);
    return ip_bin_of_protocol(p->ip.protocol);
}

static enum packet_bin take_ip(struct passage *p)
{
    enum packet_bin bin = ip_open(&p->layer, &p->ip);

    if (bin == BIN_COUNT)
        p->d->ip_packet = slice_of(p->ip.header, p->ip.captured_bytes);
    return bin;
}

static enum packet_bin take_layer(struct passage *p)
{
    switch (p->layer.kind) {
    case LAYER_LINK:
        return link_open(&p->layer);
    case LAYER_ETHERTYPE:
        return link_open_ethertype(&p->layer);
    case LAYER_LLC:
        return link_open_llc(&p->layer);
    case LAYER_PPP:
        return ppp_open(&p->layer);
    case LAYER_IP:
        return take_ip(p);
    default:
        return take_transport(p);
    }
}

enum packet_bin decap_frame(struct decap *d, const struct frame *frame, decap_fn fn, void *ctx)
{
    struct passage p;
    enum packet_bin bin;

    p.d = d;
    p.frame = frame;
    p.fn = fn;
    p.ctx = ctx;
    p.handed_over = false;
    p.layer = (struct layer){
        .p = frame->data,
        .captured_bytes = frame->captured_bytes,
        .wire_bytes =
            frame->wire_bytes > frame->captured_bytes ? frame->wire_bytes : frame->captured_bytes,
        .kind = LAYER_LINK,
        .link_type = frame->link_type,
        .room = d->options.depth_max,
    };
    d->ip_packet = SLICE_ABSENT;
    do {
        bin = take_layer(&p);
    } while (bin == BIN_COUNT && !p.handed_over);
    return bin;
}

void decap_tick(struct decap *d, int64_t now_ns, decap_fn fn, void *ctx)
{
    (void)fn;
    (void)ctx;
    certificates_tick(d->certificates, now_ns);
}

void decap_finish(struct decap *d, decap_fn fn, void *ctx)
{
    (void)fn;
    (void)ctx;
    certificates_finish(d->certificates);
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
