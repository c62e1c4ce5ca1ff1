/*
 * media_map - which call an RTP address belongs to.
 *
 * SDP announces addresses (endpoints); RTP that goes to one, or comes from one, belongs to that
 * call. Two calls may announce the same address, one after the other: the newer one stands first.
 * RTP to an address that nobody has announced is kept there as an orphan, to be adopted when SDP
 * turns up.
 *
 * Equal addresses in two networks (VLANs) are two hosts. But phones have their RTP in a voice VLAN,
 * and their SIP may be mirrored from another one: so what nobody announced in its own network
 * belongs to whoever announced that address elsewhere, as long as there is one such network only.
 *
 * Ownership  The map owns its nodes; endpoints belong to their calls, orphans to the stream table.
 * Thread     Analysis thread only.
 */
#ifndef ANALYZER_CALL_MEDIA_MAP_H
#define ANALYZER_CALL_MEDIA_MAP_H

#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "analyzer/call/media_stream.h"
#include "analyzer/sip/sdp.h"

/* How an endpoint's address became known. */
enum media_learned {
    LEARNED_NOT,       /* SDP: c= and m=, a=rtcp */
    LEARNED_CANDIDATE, /* SDP: an ICE candidate */
    LEARNED_PORT,      /* the port of a private address in the SDP, at the host of its signalling */
    LEARNED_ANSWERED,  /* an announced address sends there */
    LEARNED_ANSWERS,   /* it sends to an announced address */
    LEARNED_SSRC,      /* it sends an SSRC that SDP names */
    LEARNED_CONTINUES, /* a stream of the call goes on there */
    LEARNED_COUNT
};

struct media_endpoint {
    struct addr addr;
    uint32_t network;
    struct call *call;
    struct media_endpoint *next_in_call;
    struct media_endpoint *next_at_address; /* the older announcement */
    struct media_endpoint *previous_at_address;
    struct media_format *formats;
    uint8_t format_count, format_room;
    uint8_t side;      /* enum call_side: who listens here */
    uint8_t media;     /* enum media_kind */
    uint8_t direction; /* enum sdp_direction, as this side put it */
    uint8_t learned;   /* enum media_learned */
    bool srtp;
    bool rtcp_only;
    bool weak;     /* stands behind what other calls announce there */
    bool ice;      /* media may go elsewhere */
    bool several;  /* several m= lines share it (BUNDLE) */
    bool unplaced; /* no address so far: it stands in its call alone */
};

struct media_place;

/* An address in a network. */
struct media_node {
    struct addr addr;
    uint32_t network;
    uint64_t hash;
    struct media_place *place;
    struct media_node *next_at_place, *previous_at_place;
    struct media_endpoint *endpoints;
    struct media_stream *orphans; /* whose destination this is */
};

/* An address in all networks. */
struct media_place {
    struct addr addr;
    uint64_t hash;
    struct media_node *announced;   /* with endpoints */
    struct media_node *unannounced; /* with orphans alone */
};

struct media_map {
    struct table nodes, places;
    struct siphash_key key;
};

int media_map_init(struct media_map *m, const struct siphash_key *key, size_t max_nodes);
void media_map_fini(struct media_map *m);

/* Borrowed, or NULL. */
struct media_node *media_map_find(const struct media_map *m, const struct addr *addr,
                                  uint32_t network);

/* The newest call's endpoint at this address; NULL. */
struct media_endpoint *media_map_endpoint(const struct media_map *m, const struct addr *addr,
                                          uint32_t network);

/* The same where nobody announced it in this network, but in exactly one other; NULL. Wants another
 * look-up than the one above, so it is asked after it. */
struct media_endpoint *media_map_elsewhere(const struct media_map *m, const struct addr *addr,
                                           uint32_t network);

/* Orphans that go to this address in a network where nobody announced it, as those above would be
 * found: a node of them, or NULL. */
struct media_node *media_map_orphans_elsewhere(const struct media_map *m, const struct addr *addr);

/* False at the cap or without memory. A weak one stands behind the newest that is not. */
bool media_map_announce(struct media_map *m, struct media_endpoint *endpoint);
void media_map_withdraw(struct media_map *m, struct media_endpoint *endpoint);

bool media_map_add_orphan(struct media_map *m, struct media_stream *s);
void media_map_remove_orphan(struct media_map *m, struct media_stream *s);

/* What the payload type means at this endpoint, elsewhere in its call, or by RFC 3551. What nobody
 * knows is a format without name and clock. */
struct media_format media_format_for(const struct media_endpoint *at,
                                     const struct media_endpoint *others, uint8_t payload_type);

/* From an SDP format of such an m= line. */
struct media_format media_format_of_sdp(const struct sdp_format *f, uint8_t media);

#endif
