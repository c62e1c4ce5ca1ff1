#include "probe/decap/tcp_websocket.h"

#include "probe/decap/tcp_unit.h"

#include <stdlib.h>

/* Messages of a WebSocket that named no subprotocol, none of them SIP. */
enum { STRANGE_MAX = 32 };

void tcp_websocket_begin(struct tcp_content *c, struct tcp_delivery *d, bool sip,
                         const struct tcp_segment *at_hand)
{
    struct websocket *w = NULL;

    tcp_content_clear(c, d, at_hand);
    tcp_content_turn_to(c, d, TCP_KIND_WEBSOCKET);
    if (tcp_account_pay(&d->account, d->paid, sizeof *w)) {
        w = calloc(1, sizeof *w);
        if (!w)
            tcp_account_return(&d->account, d->paid, sizeof *w);
    }
    if (!w) {
        d->counters->refusals[REFUSAL_TCP_BYTES]++;
        tcp_content_turn_to_other(c, d, at_hand);
        return;
    }
    c->websocket = w;
    c->ws_sip = sip;
    c->ws_lost = c->ws_refused = false;
    c->ws_strange = 0;
}

void tcp_websocket_end(struct tcp_content *c, struct tcp_delivery *d)
{
    if (!c->websocket)
        return;
    tcp_account_return(&d->account, d->paid, sizeof *c->websocket);
    free(c->websocket);
    c->websocket = NULL;
}

static void refuse(struct tcp_content *c, struct tcp_delivery *d)
{
    d->counters->refusals[REFUSAL_WEBSOCKET_MALFORMED] += !c->ws_refused;
    c->ws_refused = true;
    c->ws_lost = true;
}

/* Is it worth going on? A connection that named no subprotocol may be anybody's. */
static void judge(struct tcp_content *c, bool is_sip)
{
    if (is_sip)
        c->ws_sip = true;
    else if (c->ws_strange < STRANGE_MAX)
        c->ws_strange++;
}

static void hand_over(struct tcp_content *c, struct tcp_delivery *d, struct slice payload,
                      size_t missing, const struct tcp_segment *segment)
{
    size_t wire = payload.len + missing;
    bool is_sip = sip_msg_looks_like(payload);

    judge(c, is_sip);
    if (!is_sip)
        return;
    if (segment)
        tcp_unit_of_segment(d, TRANSPORT_WS, payload, wire, segment);
    else
        tcp_unit_of_message(d, TRANSPORT_WS, &c->message, payload.len, payload.len, wire);
}

static bool add_unmasked(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                         const struct websocket_piece *piece)
{
    size_t at = c->message.len;

    if (!tcp_message_add(&c->message, &d->account, d->paid, segment, piece->payload, 0)) {
        d->counters->refusals[REFUSAL_TCP_BYTES]++;
        c->ws_lost = true;
        return false;
    }
    if (piece->masked)
        websocket_unmask(c->message.bytes + at, piece->payload.len, piece->mask);
    return true;
}

static void take_piece(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                       const struct websocket_piece *piece)
{
    if (piece->begins) {
        tcp_content_clear(c, d, segment);
        c->ws_lost = false;
    }
    if (piece->compressed) {
        refuse(c, d);
    } else if (c->message.len + piece->payload.len > SIP_MSG_MAX_BYTES) {
        if (!c->ws_lost)
            d->counters->refusals[REFUSAL_SIP_TOO_LONG]++;
        c->ws_lost = true;
    }
    if (c->ws_lost) {
        tcp_content_clear(c, d, segment);
        return;
    }
    if (piece->begins && piece->ends && !piece->masked) {
        hand_over(c, d, piece->payload, 0, segment);
        return;
    }
    if (add_unmasked(c, d, segment, piece) && piece->ends && c->message.len)
        hand_over(c, d, tcp_message_slice(&c->message), 0, NULL);
    if (piece->ends || c->ws_lost)
        tcp_content_clear(c, d, segment);
}

void tcp_websocket_take(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                        struct slice *rest)
{
    struct websocket_piece piece;

    d->more = true;
    switch (websocket_next(c->websocket, rest, &piece)) {
    case WEBSOCKET_PIECE:
        take_piece(c, d, segment, &piece);
        break;
    case WEBSOCKET_MORE:
    case WEBSOCKET_CONTROL:
        break;
    case WEBSOCKET_BAD:
        refuse(c, d);
        tcp_content_turn_to_other(c, d, segment);
        return;
    }
    if (!c->ws_sip && c->ws_strange == STRANGE_MAX)
        tcp_content_turn_to_other(c, d, segment);
}

bool tcp_websocket_gap(struct tcp_content *c, struct tcp_delivery *d, size_t missing)
{
    if (c->message.len && !c->ws_lost)
        hand_over(c, d, tcp_message_slice(&c->message), missing ? missing : 1, NULL);
    tcp_content_clear(c, d, NULL);
    c->ws_lost = true;
    return !missing || websocket_skip(c->websocket, missing);
}
