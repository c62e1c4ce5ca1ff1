/*
 * tcp_content - what one direction of a connection carries, told by its bytes, and read.
 *
 *   unknown --start line--------------------> sip
 *      |----GET, HTTP/1.1 101--> http --upgrade--> websocket
 *      |----handshake record----------------> tls
 *      '----anything else-------------------> other
 *
 * A direction that was joined in the middle stays unknown for its first segments, and on the ports
 * of SIP for good: a start line may turn up. So may another upgrade where HTTP was spoken.
 *
 * Ownership  Zero-initialised by tcp_content_init; tcp_content_drop gives everything back.
 */
#ifndef PROBE_DECAP_TCP_CONTENT_H
#define PROBE_DECAP_TCP_CONTENT_H

#include "probe/decap/sip_framing.h"
#include "probe/decap/tcp_message.h"
#include "probe/decap/tls_handshake.h"
#include "probe/decap/websocket.h"

struct tcp_tls;

enum tcp_kind {
    TCP_KIND_UNKNOWN,
    TCP_KIND_SIP,
    TCP_KIND_HTTP, /* its head is gathered */
    TCP_KIND_WEBSOCKET,
    TCP_KIND_TLS,
    TCP_KIND_OTHER,
};

struct tcp_content {
    uint8_t kind;       /* enum tcp_kind */
    uint8_t segments;   /* looked at while unknown */
    bool joined;        /* its beginning was not seen */
    bool sip_port;      /* one of the ports is registered for SIP */
    bool http;          /* OTHER, and began as HTTP does */
    bool ws_sip;        /* the subprotocol says so */
    bool ws_lost;       /* the rest of the message at hand is not wanted */
    bool ws_refused;    /* said so already */
    uint8_t ws_strange; /* messages in a row that were not SIP */
    bool tls_ended;     /* nothing more of it is wanted */
    uint32_t bytes;     /* looked at while unknown */
    uint32_t gaps;      /* holes so far */
    struct sip_framing framing;
    struct tcp_message message;
    union {
        struct websocket *websocket; /* TCP_KIND_WEBSOCKET */
        struct tls_handshake *tls;   /* TCP_KIND_TLS; NULL: nothing yet, or no more */
    };
};

/* One direction and one call of tcp.h: where units go, and who pays. */
struct tcp_delivery {
    decap_fn fn;
    void *ctx;
    struct counters *counters;
    struct tcp_account account;
    /* The direction. */
    const struct addr *src, *dst;
    uint32_t network;
    size_t *paid;
    uint32_t gaps; /* holes in it so far */
    /* The packet at hand; frame NULL: none, time passes. */
    const struct frame *frame;
    const struct tcp_packet *packet;
    uint64_t order;
    /* What came of the packet at hand. */
    bool handed;    /* a unit that it carried */
    bool keepalive; /* line ends between messages */
    bool more;      /* anything else */
    /* The list of a unit's frames. */
    const struct held_frame **parts;
    size_t part_count, part_room;
    struct tcp_tls *tls;
};

/* joined: its beginning was not seen. */
void tcp_content_init(struct tcp_content *c, bool joined, bool sip_port);

/* Everything is given back; the kind stays. */
void tcp_content_drop(struct tcp_content *c, struct tcp_delivery *d);

/* The next bytes in order. Afterwards tcp_message_keeps tells whether the segment was kept. */
void tcp_content_take(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment);

/* A hole of that many bytes; 0: nothing more will come. What waits is handed over as it is. */
void tcp_content_gap(struct tcp_content *c, struct tcp_delivery *d, size_t missing);

/* Only the message that is kept; at_hand: a segment that its caller still needs. */
static inline void tcp_content_clear(struct tcp_content *c, struct tcp_delivery *d,
                                     const struct tcp_segment *at_hand)
{
    tcp_message_clear(&c->message, &d->account, d->paid, at_hand);
}

/* It is of that kind from now on. The message that is kept stays, or is cleared with OTHER. */
void tcp_content_turn_to(struct tcp_content *c, struct tcp_delivery *d, enum tcp_kind kind);
void tcp_content_turn_to_other(struct tcp_content *c, struct tcp_delivery *d,
                               const struct tcp_segment *at_hand);

/* What an unknown direction turned out to be, if so, by a step of the framing. view: what that was
 * looking at. */
void tcp_content_learn(struct tcp_content *c, struct tcp_delivery *d, enum sip_framing_step step,
                       struct slice view);

/* Is it worth following? Otherwise nothing is kept of the direction but that. */
static inline bool tcp_content_is_wanted(const struct tcp_content *c)
{
    return c->kind != TCP_KIND_OTHER && !(c->kind == TCP_KIND_TLS && c->tls_ended);
}

/* The place of a frame that completed nothing. */
enum packet_bin tcp_content_bin(const struct tcp_content *c, const struct tcp_delivery *d);

#endif
