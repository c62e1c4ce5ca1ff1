/*
 * hold - who put the call on hold, and for how long.
 *
 * A side holds when its offer, or its answer to an offer that wanted more, says sendonly, inactive or
 * 0.0.0.0, and said otherwise before, or nothing. It counts from the moment at which both agreed
 * (2xx); an offer that is refused changes nothing, and what the SDP said before holds again.
 *
 * Ownership  In the call's arena, from the first hold or offer within the dialog on.
 * Time       Of the packets, ns.
 * Thread     Analysis thread only.
 * Source     RFC 3264 §8.4, 3261 §14, 3311 (UPDATE); 2543 (0.0.0.0)
 */
#ifndef ANALYZER_CALL_HOLD_H
#define ANALYZER_CALL_HOLD_H

#include "analyzer/datagram.h"
#include "analyzer/sip/sip_msg.h"

struct call;
struct counters;

struct hold_offer {
    bool open;
    bool empty; /* the request had no SDP: the answer offers */
    uint8_t method;
    uint8_t before, offered; /* enum sdp_direction */
    uint32_t cseq;
};

struct hold {
    bool by[2];                 /* who holds, by enum call_side */
    struct hold_offer offer[2]; /* by who sent the request */
    uint32_t count;
    int64_t since; /* somebody holds; RECORD_NONE */
    int64_t total_ns;
};

/* What the SDP of a side said before a message. */
struct hold_before {
    uint8_t direction; /* enum sdp_direction */
};

/* A message that is new, after its SDP was taken in. has_sdp: it had one. */
void hold_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                  bool has_sdp, struct hold_before before, struct counters *counters);

/* Does anybody hold now? */
bool hold_is_on(const struct call *call);

/* How long somebody held, up to that time. */
int64_t hold_total_ns(const struct call *call, int64_t until_ns);
uint32_t hold_count(const struct call *call);

#endif
