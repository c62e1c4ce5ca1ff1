/*
 * tunnel - what carries whole packets or frames within IP.
 *
 * Source  GRE: RFC 2784, RFC 2890, RFC 7637 (NVGRE), RFC 2637 (PPTP's version 1). ERSPAN:
 *         draft-foschiano-erspan. IP in IP: RFC 2003, RFC 4213. MPLS in IP: RFC 4023. VXLAN: RFC
 *         7348, draft-ietf-nvo3-vxlan-gpe. Geneve: RFC 8926. GTP-U: 3GPP TS 29.281. TZSP: as its
 *         maker Network Chemistry wrote it down. L2TP: RFC 2661.
 */
#ifndef PROBE_DECAP_TUNNEL_H
#define PROBE_DECAP_TUNNEL_H

#include "probe/decap/decap.h"
#include "probe/decap/layer.h"

/* Whether tunnel_open knows the IP protocol. */
bool tunnel_is_protocol(uint8_t ip_protocol);

/* BIN_COUNT when *l is the next layer, otherwise the frame's bin. */
enum packet_bin tunnel_open(struct layer *l, uint8_t ip_protocol);

struct tunnel_port {
    uint16_t port;
    uint8_t kind; /* enum tunnel_kind */
};

/* Which UDP ports are tunnels'. */
struct tunnel_ports {
    uint64_t filter; /* a bit a port, by its lowest bits: most ports are told with one look */
    struct tunnel_port ports[5 * DECAP_PORTS_MAX];
    unsigned count;
};

void tunnel_ports_init(struct tunnel_ports *ports, const struct decap_options *options);

static inline bool tunnel_ports_may_hold(const struct tunnel_ports *ports, uint16_t port)
{
    return ports->filter >> (port & 63) & 1;
}

/* l: the payload of a datagram to that port. BIN_UDP_OTHER, and nothing done: it is none of a
 * tunnel, but a datagram as any other; whoever chose a port for RTP may have chosen this one. */
enum packet_bin tunnel_open_udp(struct layer *l, const struct tunnel_ports *ports, uint16_t port);

#endif
