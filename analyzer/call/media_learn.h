/*
 * media_learn - media that no SDP announces where it is, and how it is found all the same.
 *
 *   answered   an announced address sends to X: X is where the other side is (symmetric RTP, NAT)
 *   answers    X sends to an announced address, where its side sends from nowhere else: the same
 *   ssrc       a stream of an SSRC that SDP names (a=ssrc): of whoever named it
 *   continues  a stream that stopped goes on elsewhere: the same SSRC and codec, numbers that follow
 *
 * What is learned stands in the media map behind what is announced, so that what comes from X or goes
 * to it later is found as well; a call remembers it to its end and reports it. Streams that nobody
 * claims are asked for again now and then: SDP, or their other half, may have come since.
 *
 * An SSRC that two calls have tells nothing, and a copy of a stream (the other leg of a relay) is no
 * continuation: its numbers are not above those that were seen, or the first one goes on.
 *
 * A port that a newer call announces is no longer that of a call which is over: a stream that goes on
 * there, with addresses and SSRC unchanged, belongs to the newer one from then on.
 *
 * Ownership  SSRCs lie in the call's arena and in the tracker's table, until media_learn_forget.
 * Thread     Analysis thread only.
 * Bounded    CALL_LEARNED_MAX addresses and CALL_SSRCS_MAX SSRCs of a call (learned_addresses).
 * Source     RFC 4961 (symmetric RTP), 5576 (SSRCs in SDP)
 */
#ifndef ANALYZER_CALL_MEDIA_LEARN_H
#define ANALYZER_CALL_MEDIA_LEARN_H

#include "analyzer/call/call.h"

struct tracker;

enum { CALL_LEARNED_MAX = 24, CALL_SSRCS_MAX = 64 };

/* An SSRC of a call: SDP named it, or a stream has it. */
struct media_ssrc {
    struct media_ssrc *next_in_call;
    struct call *call;
    const struct media_endpoint *by;   /* whose SDP named it; NULL: none */
    const struct media_stream *stream; /* that has it; NULL: none so far */
    uint32_t ssrc;
    uint8_t media; /* enum media_kind, as SDP says */
    bool shared;   /* with another call */
};

/* SDP of the endpoint's side says that it sends this SSRC. */
void media_learn_named(struct tracker *t, const struct media_endpoint *e, uint32_t ssrc,
                       uint8_t media);

/* A stream joined its call, because of where it goes to (listener) or comes from: what its other end
 * tells, and its SSRC. */
void media_learn_stream(struct tracker *t, struct media_stream *s, bool listener);

/* What SDP of the call says that an SSRC of that side is: enum media_kind, or −1. */
int media_learn_kind(const struct tracker *t, const struct call *call, uint8_t sender,
                     uint32_t ssrc);

/* A stream that nobody claims: is it somebody's by now? True: it joined a call. */
bool media_learn_orphan(struct tracker *t, struct media_stream *s);

/* The call goes: its SSRCs leave the table. */
void media_learn_forget(struct tracker *t, struct call *call);

/* An address is announced anew; a call is over: what still runs there is the newer call's. */
void media_reuse_announced(struct tracker *t, const struct media_endpoint *e);
void media_reuse_over(struct tracker *t, const struct call *call);

/* Is the call over, and its ports free for others? */
bool media_is_over(const struct call *call);

/* "answered", "candidate", …; absent for LEARNED_NOT. */
struct slice media_learned_text(uint8_t learned);

#endif
