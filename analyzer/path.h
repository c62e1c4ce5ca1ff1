/*
 * path - the way a packet came to the mirror port: VLAN tags and tunnels around it.
 *
 * Decap fills it in, the analyzer keeps that of a call's first INVITE, the record shows it. It says
 * where to look; whether two addresses are in one network is datagram.h's `network`, since many ids
 * differ by direction (GTP-U, MPLS) or by mirror session (ERSPAN) within one call.
 *
 * Ownership  Plain value.
 * Source     IEEE 802.1Q; the RFCs of each tunnel are named in probe/decap/tunnel.h
 */
#ifndef ANALYZER_PATH_H
#define ANALYZER_PATH_H

#include "analyzer/base/strbuf.h"

/* clang-format off */
#define TUNNEL_KINDS(X)                                             \
    X(MPLS,    "mpls")    /* id: the innermost label */             \
    X(PPPOE,   "pppoe")   /* session */                             \
    X(GRE,     "gre")     /* key, if it has one */                  \
    X(ERSPAN1, "erspan1")                                           \
    X(ERSPAN2, "erspan2") /* session */                             \
    X(ERSPAN3, "erspan3") /* session */                             \
    X(VXLAN,   "vxlan")   /* VNI */                                 \
    X(GENEVE,  "geneve")  /* VNI */                                 \
    X(IPIP,    "ipip")    /* IPv4 in IP */                          \
    X(IP6,     "6in4")    /* IPv6 in IP */                          \
    X(GTPU,    "gtpu")    /* TEID */                                \
    X(TZSP,    "tzsp")                                              \
    X(L2TP,    "l2tp")    /* tunnel << 16 | session */              \
    X(VNTAG,   "vntag")   /* source interface */
/* clang-format on */

enum tunnel_kind {
    TUNNEL_NONE,
#define X(name, text) TUNNEL_##name,
    TUNNEL_KINDS(X)
#undef X
        TUNNEL_KIND_COUNT
};

enum {
    PATH_VLANS = 2,   /* outermost and innermost: what lies between is not kept */
    PATH_TUNNELS = 2, /* likewise */
    PATH_TEXT_MAX = 64,
};

#define TUNNEL_ID_NONE UINT32_MAX

struct path {
    uint32_t tunnel_ids[PATH_TUNNELS]; /* TUNNEL_ID_NONE: it has none */
    uint16_t vlans[PATH_VLANS];        /* 0: no tag, or a priority tag */
    uint8_t tunnels[PATH_TUNNELS];     /* enum tunnel_kind; TUNNEL_NONE: no more */
    uint8_t vlan_count, tunnel_count;  /* as many as there were */
};

/* "42", or "100.42" outermost first; nothing without a tag. */
void path_add_vlan(struct strbuf *out, const struct path *path);

/* "vxlan 5001", or "gtpu 7/ipip" outermost first; nothing without a tunnel. */
void path_add_tunnel(struct strbuf *out, const struct path *path);

#endif
