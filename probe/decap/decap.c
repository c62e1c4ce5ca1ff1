/*
 * A frame is taken through its layers one after the other: link, tags, tunnels, IP, in whatever
 * order they come, until there is a transport that the analyzer reads, or a reason why not. Each
 * layer is a view of the same bytes; nothing is copied but the addresses, and what waits for the
 * rest of it. The instance holds what lives longer than a frame.
 *
 * Invariants
 *   1. Each turn of the loop takes bytes off the layer or changes its kind to one that does; what
 *      can be nested without end is counted: tunnels in layer.room, packets put together in joins.
 *   2. layer.captured_bytes never exceeds layer.wire_bytes, and both lie within the layer below.
 *   3. The innermost IP packet is looked at once for being a copy, before anything remembers it.
 */
#include "probe/decap/decap.h"

#include "probe/decap/certificates.h"
#include "probe/decap/dtls.h"
#include "probe/decap/duplicate.h"
#include "probe/decap/ip.h"
#include "probe/decap/ipfrag.h"
#include "probe/decap/link.h"
#include "probe/decap/ppp.h"
#include "probe/decap/tcp.h"
#include "probe/decap/tunnel.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>

/* A tunnel in fragments may carry fragments; more was never meant. */
enum { UDP_HEADER_BYTES = 8, JOINS_MAX = 4 };

struct decap {
    struct decap_options options;
    struct tunnel_ports tunnel_ports;
    struct duplicate *duplicate; /* NULL: every copy is analysed */
    struct ipfrag *ipfrag;
    struct certificates *certificates;
    struct tcp *tcp;
    struct counters counters;
    uint64_t duplicate_frames;
    struct decap_unit unit; /* that of UDP; what is the same for all was set at the start */
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
    bool was_seen;       /* it, or its pieces, by duplicate_see */
    bool done;           /* nothing is left to be opened */
    unsigned joins;      /* packets put together, one within another */
    /* What the layer lies in, when that was put together: the frames that came before. */
    const struct held_frame *const *parts;
    size_t part_count;
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
    int err;

    if (!d)
        return -ENOMEM;
    d->options = *options;
    tunnel_ports_init(&d->tunnel_ports, options);
    d->unit.datagram.transport = TRANSPORT_UDP;
    d->unit.in_frame = true;
    err = certificates_new(&d->certificates, &d->options, &d->counters);
    if (err == 0)
        err = tcp_new(&d->tcp, &d->options, d->certificates, &d->counters);
    if (err == 0)
        err = ipfrag_new(&d->ipfrag, &d->options, &d->counters);
    if (err == 0 && options->duplicate_window_ns > 0)
        err = duplicate_new(&d->duplicate, options->duplicate_window_ns, options->hash_key);
    if (err) {
        decap_free(d);
        return err;
    }
    *dp = d;
    return 0;
}

void decap_free(struct decap *d)
{
    if (!d)
        return;
    duplicate_free(d->duplicate);
    ipfrag_free(d->ipfrag);
    tcp_free(d->tcp);
    certificates_free(d->certificates);
    free(d);
}

static uint32_t network_of(const struct passage *p)
{
    return p->d->options.separate_vlans ? layer_network(&p->layer) : 0;
}

/* Whether the mirror delivered the innermost packet before. */
static bool is_copy(struct passage *p)
{
    if (!p->d->duplicate || p->was_seen)
        return false;
    p->was_seen = true;
    if (!duplicate_see(p->d->duplicate, p->frame->time_ns,
                       slice_of(p->ip.header, p->ip.captured_bytes), p->ip.wire_bytes))
        return false;
    p->d->duplicate_frames++;
    return true;
}

/* Two words that are stored as one: who reads an address reads it whole, at once, and would
 * otherwise wait until all that was stored before has reached the cache. */
typedef uint64_t address_words __attribute__((vector_size(16)));

static void put_address(struct addr *to, const uint8_t *ip, bool is_v6, uint16_t port)
{
    address_words words = { 0 };

    if (is_v6) {
        memcpy(&words, ip, sizeof words);
    } else {
        uint32_t v4;

        memcpy(&v4, ip, sizeof v4);
        words[1] = htobe64(UINT64_C(0xffff) << 32 | be32toh(v4)); /* ::ffff:a.b.c.d */
    }
    memcpy(to->ip, &words, sizeof words);
    to->port = port;
}

static void hand_over_udp(struct passage *p, uint16_t src_port, uint16_t dst_port)
{
    const struct ip_packet *ip = &p->ip;
    struct decap_unit *unit = &p->d->unit;
    struct datagram *datagram = &unit->datagram;

    put_address(&datagram->src, ip->src_ip, ip->is_v6, src_port);
    put_address(&datagram->dst, ip->dst_ip, ip->is_v6, dst_port);
    datagram->time_ns = p->frame->time_ns;
    datagram->payload = slice_of(p->layer.p, p->layer.captured_bytes);
    datagram->wire_bytes = (uint32_t)p->layer.wire_bytes;
    datagram->network = network_of(p);
    datagram->dscp = ip->dscp;
    datagram->path = p->layer.path;
    unit->parts = p->parts;
    unit->part_count = p->part_count;
    if (dtls_looks_like(datagram->payload))
        certificates_dtls(p->d->certificates, datagram);
    p->done = true;
    p->fn(p->ctx, unit);
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
    uint16_t src_port = 0, dst_port = 0;

    if (bin == BIN_COUNT) {
        src_port = (uint16_t)(header[0] << 8 | header[1]);
        dst_port = (uint16_t)(header[2] << 8 | header[3]);
        if (tunnel_ports_may_hold(tunnels, dst_port)) {
            enum packet_bin inner = tunnel_open_udp(l, tunnels, dst_port);

            if (inner != BIN_UDP_OTHER)
                return inner;
        }
    }
    if (is_copy(p))
        return BIN_DUPLICATE;
    if (bin == BIN_COUNT)
        hand_over_udp(p, src_port, dst_port);
    return bin;
}

static enum packet_bin take_tcp(struct passage *p)
{
    const struct tcp_packet packet = {
        .src_ip = p->ip.src_ip,
        .dst_ip = p->ip.dst_ip,
        .p = p->layer.p,
        .captured_bytes = p->layer.captured_bytes,
        .wire_bytes = p->layer.wire_bytes,
        .path = &p->layer.path,
        .network = network_of(p),
        .is_v6 = p->ip.is_v6,
        .dscp = p->ip.dscp,
        .parts = p->parts,
        .part_count = p->part_count,
    };

    p->done = true;
    return tcp_add(p->d->tcp, p->frame, &packet, p->fn, p->ctx);
}

/* BIN_COUNT: the layer is the transport of the whole packet now. */
static enum packet_bin take_fragment(struct passage *p)
{
    struct ip_packet *ip = &p->ip;
    struct layer *l = &p->layer;
    const struct ipfrag_piece piece = {
        .src_ip = ip->src_ip,
        .dst_ip = ip->dst_ip,
        .id = ip->fragment_id,
        .network = network_of(p),
        .offset_bytes = ip->fragment_offset_bytes,
        .p = l->p,
        .captured_bytes = l->captured_bytes,
        .wire_bytes = l->wire_bytes,
        .protocol = ip->protocol,
        .is_v6 = ip->is_v6,
        .more = ip->more_fragments,
        .parts = p->parts,
        .part_count = p->part_count,
    };
    struct ipfrag_joined joined;
    enum packet_bin bin;

    if (is_copy(p))
        return BIN_DUPLICATE;
    if (p->joins++ == JOINS_MAX)
        return BIN_TUNNEL_DEPTH;
    bin = ipfrag_add(p->d->ipfrag, p->frame, &piece, &joined);
    if (bin != BIN_COUNT)
        return bin;
    l->p = joined.p;
    l->captured_bytes = joined.captured_bytes;
    l->wire_bytes = joined.wire_bytes;
    p->parts = joined.parts;
    p->part_count = joined.part_count;
    p->d->ip_packet = SLICE_ABSENT;
    ip->protocol = joined.protocol;
    ip->is_fragment = false;
    return ip_skip_extensions(l, ip);
}

static enum packet_bin take_transport(struct passage *p)
{
    uint8_t protocol = p->ip.protocol;

    if (p->ip.is_fragment)
        return take_fragment(p);
    if (protocol == IP_PROTOCOL_UDP)
        return take_udp(p);
    if (tunnel_is_protocol(protocol))
        return tunnel_open(&p->layer, protocol);
    if (is_copy(p))
        return BIN_DUPLICATE;
    if (protocol == IP_PROTOCOL_TCP)
        return take_tcp(p);
    return ip_bin_of_protocol(protocol);
}

static enum packet_bin take_ip(struct passage *p)
{
    enum packet_bin bin = ip_open(&p->layer, &p->ip);

    p->was_seen = false;
    if (bin == BIN_COUNT && p->part_count == 0)
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
    p.was_seen = p.done = false;
    p.parts = NULL;
    p.part_count = p.joins = 0;
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
    } while (bin == BIN_COUNT && !p.done);
    return bin;
}

void decap_tick(struct decap *d, int64_t now_ns, decap_fn fn, void *ctx)
{
    ipfrag_tick(d->ipfrag, now_ns);
    tcp_tick(d->tcp, now_ns, fn, ctx);
    certificates_tick(d->certificates, now_ns);
}

void decap_finish(struct decap *d, decap_fn fn, void *ctx)
{
    ipfrag_finish(d->ipfrag);
    tcp_finish(d->tcp, fn, ctx);
    certificates_finish(d->certificates);
}

struct slice decap_ip_packet(const struct decap *d)
{
    return d->ip_packet;
}

void decap_read_stats(const struct decap *d, struct decap_stats *out)
{
    *out = (struct decap_stats){
        .duplicate_frames = d->duplicate_frames,
        .fragments_expired = ipfrag_stats(d->ipfrag)->frames_expired,
        .tcp_gaps = tcp_stats(d->tcp)->gaps,
        .tcp_streams = tcp_stats(d->tcp)->streams,
    };
}

const struct counters *decap_counters(const struct decap *d)
{
    return &d->counters;
}
