#include "analyzer/call/verdict.h"

#define NS_PER_S INT64_C(1000000000)

enum {
    SHORT_CALL_S = 3, /* answered for less: media may not have started */
    SILENT_CALL_S = 10,
    SILENT_PACKETS = 100, /* fewer say nothing */
};

/* Packets that each side sent. Index: who sends. */
struct heard {
    int64_t packets[2];
    int64_t elsewhere[2]; /* … of those, to an address that SDP did not name */
    int64_t unknown;
    int64_t decoded[2], loud[2]; /* whose level is known; of those, above −50 dBm0 */
    bool undecoded[2];           /* there is sound of which none is known */
};

/* Other people's packets are not this call's, and who is seen may still not be heard. */
static void listen_to(struct heard *h, const struct media_stream *s)
{
    int side = s->direction == DIRECTION_CALLER_TO_CALLEE ? SIDE_CALLER : SIDE_CALLEE;

    if (s->foreign || s->media == MEDIA_VIDEO)
        return;
    if (s->direction == DIRECTION_UNKNOWN) {
        h->unknown += s->rtp.packets;
        return;
    }
    h->packets[side] += s->rtp.packets;
    if (s->strayed)
        h->elsewhere[side] += s->rtp.packets;
    h->decoded[side] += s->decoded_packets;
    h->loud[side] += s->loud_packets;
    if (s->media == MEDIA_AUDIO && s->decoded_packets == 0 && !s->format.is_event &&
        !s->format.is_noise)
        h->undecoded[side] = true;
}

static struct heard listen(const struct call *call)
{
    struct heard h = { .unknown = 0 };

    for (uint8_t i = 0; i < call->stream_count; i++)
        listen_to(&h, call->streams[i]);
    return h;
}

/* Does what this side says (SDP direction) forbid or excuse that it sends? */
static bool may_be_quiet(const struct call *call, enum call_side side)
{
    enum call_side other = side == SIDE_CALLER ? SIDE_CALLEE : SIDE_CALLER;
    uint8_t own = call->sdp_direction[side], others = call->sdp_direction[other];

    return (call->sdp_seen[side] && (own == SDP_RECVONLY || own == SDP_INACTIVE)) ||
           (call->sdp_seen[other] && (others == SDP_SENDONLY || others == SDP_INACTIVE));
}

/* Is where this side wants its media sent out of reach for the other one? */
static bool asks_for_private(const struct call *call, enum call_side side)
{
    const struct addr *signalling = side == SIDE_CALLER ? &call->dst : &call->src;

    for (const struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
        if (e->side == side && !e->rtcp_only && addr_is_private(&e->addr) &&
            !addr_is_private(signalling))
            return true;
    }
    return false;
}

static int64_t talk_time(const struct call *call)
{
    int64_t end = call->bye_time != RECORD_NONE ? call->bye_time : call_last_time(call);

    return end - call->answer_time;
}

/* One side sends nothing: why? */
static enum media_verdict blame(const struct call *call, enum call_side silent,
                                const struct heard *h)
{
    enum call_side other = silent == SIDE_CALLER ? SIDE_CALLEE : SIDE_CALLER;

    if (may_be_quiet(call, silent))
        return VERDICT_ON_HOLD;
    if (call_has_fax(call))
        return VERDICT_UNKNOWN; /* fax: both sides need not send at once */
    if (h->elsewhere[other])
        return VERDICT_WRONG_ADDRESS;
    return asks_for_private(call, other) ? VERDICT_NAT_UNREACHABLE : VERDICT_ONE_WAY;
}

/* Packets come, but there is nothing in them. What a side may do on hold is no defect. */
static bool says_nothing(const struct call *call, enum call_side side, const struct heard *h)
{
    return h->decoded[side] >= SILENT_PACKETS && h->loud[side] == 0 && !h->undecoded[side] &&
           !may_be_quiet(call, side);
}

static bool is_silent(const struct call *call, const struct heard *h)
{
    return talk_time(call) >= SILENT_CALL_S * NS_PER_S && !call_has_fax(call) &&
           (says_nothing(call, SIDE_CALLER, h) || says_nothing(call, SIDE_CALLEE, h));
}

enum media_verdict verdict_of_call(const struct call *call, bool media_seen)
{
    struct heard h = listen(call);
    int64_t all = h.packets[0] + h.packets[1] + h.unknown;

    if (call->answer_time == RECORD_NONE) {
        if (all == 0)
            return VERDICT_NONE;
        return call->state == CALL_IN_CALL || call->state == CALL_COMPLETED ? VERDICT_UNKNOWN
                                                                            : VERDICT_EARLY_ONLY;
    }
    if (h.packets[0] && h.packets[1])
        return is_silent(call, &h) ? VERDICT_SILENT : VERDICT_OK;
    if (talk_time(call) < SHORT_CALL_S * NS_PER_S || h.unknown)
        return VERDICT_UNKNOWN;
    if (all == 0) {
        if (!media_seen || (!call->sdp_seen[0] && !call->sdp_seen[1]))
            return VERDICT_UNKNOWN; /* nothing, or not where to listen, is known */
        if (may_be_quiet(call, SIDE_CALLER) && may_be_quiet(call, SIDE_CALLEE))
            return VERDICT_ON_HOLD;
        return call_has_fax(call) ? VERDICT_UNKNOWN : VERDICT_NO_RTP;
    }
    return blame(call, h.packets[SIDE_CALLER] ? SIDE_CALLEE : SIDE_CALLER, &h);
}

struct slice verdict_text(enum media_verdict verdict)
{
    static const struct slice texts[VERDICT_COUNT] = {
        [VERDICT_OK] = SLICE_INIT("ok"),
        [VERDICT_NO_RTP] = SLICE_INIT("no_rtp"),
        [VERDICT_ONE_WAY] = SLICE_INIT("one_way"),
        [VERDICT_WRONG_ADDRESS] = SLICE_INIT("wrong_address"),
        [VERDICT_NAT_UNREACHABLE] = SLICE_INIT("nat_unreachable"),
        [VERDICT_SILENT] = SLICE_INIT("silent"),
        [VERDICT_ON_HOLD] = SLICE_INIT("on_hold"),
        [VERDICT_EARLY_ONLY] = SLICE_INIT("early_only"),
        [VERDICT_UNKNOWN] = SLICE_INIT("unknown"),
    };

    return texts[verdict];
}

bool verdict_is_one_way(enum media_verdict verdict)
{
    return verdict == VERDICT_ONE_WAY || verdict == VERDICT_WRONG_ADDRESS ||
           verdict == VERDICT_NAT_UNREACHABLE;
}
