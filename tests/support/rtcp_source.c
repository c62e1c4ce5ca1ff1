#include "tests/support/rtcp_source.h"

enum {
    RTCP_SR = 200,
    RTCP_RR = 201,
    RTCP_SDES = 202,
    RTCP_BYE = 203,
    RTCP_XR = 207,
    XR_REFERENCE_TIME = 4,
    XR_DELAY_SINCE = 5,
    XR_VOIP_METRICS = 7,
    XR_UNAVAILABLE = 127,
    SDES_CNAME = 1,
    CNAME_CHARS = 16,
    COMPOUND_MAX = 256,
    DSCP_EF = 46,
};

static const int64_t interval_ns = 5 * NS_PER_S;
static const int64_t ntp_epoch_s = 2208988800; /* 1900 to 1970 */

static uint8_t *put32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
    return p + 4;
}

/* Seconds in units of 2^-32 since 1900. */
static uint64_t ntp_time(int64_t unix_ns)
{
    uint64_t s = (uint64_t)(unix_ns / NS_PER_S + ntp_epoch_s);
    uint64_t fraction = ((uint64_t)(unix_ns % NS_PER_S) << 32) / (uint64_t)NS_PER_S;

    return s << 32 | fraction;
}

/* What this side knows of the stream that it receives: what got through behind the capture point. */
struct reception {
    int64_t expected, lost, fraction;
};

static struct reception take_stock(struct rtcp_source *r)
{
    const struct rtp_source *heard = &r->peer->rtp;
    int64_t expected = heard->received ? heard->received_highest - heard->received_first + 1 : 0;
    int64_t expected_new = expected - r->expected_before;
    int64_t lost_new = expected_new - (heard->received - r->received_before);
    int64_t fraction = expected_new > 0 && lost_new > 0 ? lost_new * 256 / expected_new : 0;

    r->expected_before = expected;
    r->received_before = heard->received;
    return (struct reception){ expected, expected - heard->received,
                               fraction > 255 ? 255 : fraction };
}

static uint8_t *put_block(struct rtcp_source *r, uint8_t *p, int64_t now_ns)
{
    const struct rtp_source *heard = &r->peer->rtp;
    const struct observer *o = &heard->observer;
    struct rtcp_told *told = &r->peer->told;
    struct reception stock = take_stock(r);
    int64_t held_ns = now_ns - r->peer_report_seen_ns - 2 * r->call->delay_ns[r->side];
    bool echoes = r->peer_report_ntp && held_ns >= 0;
    double jitter_ms = o->jitter_ticks * 1e3 / o->clock_hz;

    p = put32(p, heard->ssrc);
    p = put32(p, (uint32_t)stock.fraction << 24 | ((uint32_t)stock.lost & 0xffffff));
    p = put32(p, (uint32_t)(heard->received_highest + heard->wire_offset));
    p = put32(p, (uint32_t)o->jitter_ticks);
    p = put32(p, echoes ? r->peer_report_ntp : 0);
    p = put32(p, echoes ? (uint32_t)((held_ns << 16) / NS_PER_S) : 0);

    told->reports++;
    told->lost_cumulative = stock.lost;
    told->lost_before = observer_missing_up_to(o, heard->received_highest);
    told->lost_after = stock.lost + o->duplicates - told->lost_before;
    if (told->reports == 1) {
        told->first_lost_before = told->lost_before;
        told->first_lost_after = told->lost_after;
    }
    told->round_trip |= echoes;
    if ((double)stock.fraction / 256 > told->fraction_lost_max)
        told->fraction_lost_max = (double)stock.fraction / 256;
    if (jitter_ms > told->jitter_ms_max)
        told->jitter_ms_max = jitter_ms;
    return p;
}

/* Receiver reference time, its echo, and VoIP metrics (RFC 3611 §4.4, 4.5, 4.7). */
static uint8_t *put_extended(struct rtcp_source *r, uint8_t *p, int64_t now_ns)
{
    const struct rtp_source *heard = &r->peer->rtp;
    struct rtcp_told_xr *told = &r->peer->told.xr;
    uint64_t ntp = ntp_time(now_ns - r->call->delay_ns[r->side] + r->clock_offset_ns);
    int64_t held_ns = now_ns - r->peer_reference_seen_ns - 2 * r->call->delay_ns[r->side];
    bool echoes = r->peer_reference_ntp && held_ns >= 0;
    int64_t expected = heard->received_highest - heard->received_first + 1;
    int64_t lost = expected > heard->received ? expected - heard->received : 0;
    int64_t percent = lost * 100 / expected;
    int64_t delay_ms = (r->call->delay_ns[0] + r->call->delay_ns[1]) / NS_PER_MS;

    *told = (struct rtcp_told_xr){ .told = true,
                                   .loss_rate = (int)(lost * 256 / expected),
                                   .round_trip_ms = (int)(2 * delay_ms),
                                   .end_system_ms = 60,
                                   .r_factor = (int)(percent < 30 ? 92 - 2 * percent : 32),
                                   .mos_lq = (int)(percent < 30 ? 43 - percent : 13),
                                   .mos_cq = (int)(percent < 30 ? 42 - percent : 12),
                                   .jitter_buffer_ms = 40,
                                   .jitter_buffer_max_ms = 120 };
    p = put32(p, 0x80000000u | RTCP_XR << 16 | (1 + 3 + (echoes ? 4u : 0u) + 9));
    p = put32(p, r->own->rtp.ssrc);
    p = put32(p, XR_REFERENCE_TIME << 24 | 2);
    p = put32(p, (uint32_t)(ntp >> 32));
    p = put32(p, (uint32_t)ntp);
    if (echoes) {
        p = put32(p, XR_DELAY_SINCE << 24 | 3);
        p = put32(p, heard->ssrc);
        p = put32(p, r->peer_reference_ntp);
        p = put32(p, (uint32_t)((held_ns << 16) / NS_PER_S));
    }
    p = put32(p, XR_VOIP_METRICS << 24 | 8);
    p = put32(p, heard->ssrc);
    p = put32(p, (uint32_t)told->loss_rate << 24); /* none discarded, no bursts, no density */
    p = put32(p, 0);                               /* of no duration */
    p = put32(p, (uint32_t)told->round_trip_ms << 16 | (uint32_t)told->end_system_ms);
    p = put32(p, XR_UNAVAILABLE << 24 | XR_UNAVAILABLE << 16 | XR_UNAVAILABLE << 8 | 16);
    p = put32(p, (uint32_t)told->r_factor << 24 | XR_UNAVAILABLE << 16 |
                     (uint32_t)told->mos_lq << 8 | (uint32_t)told->mos_cq);
    p = put32(p, (uint32_t)told->jitter_buffer_ms);
    p = put32(p, (uint32_t)told->jitter_buffer_max_ms << 16 | (uint32_t)told->jitter_buffer_max_ms);
    r->peer->rtcp.peer_reference_ntp = (uint32_t)(ntp >> 16);
    r->peer->rtcp.peer_reference_seen_ns = now_ns;
    return p;
}

/* The other side will echo this report. */
static void tell_peer(const struct rtcp_source *r, uint64_t ntp, int64_t now_ns)
{
    if (r->peer) {
        r->peer->rtcp.peer_report_ntp = (uint32_t)(ntp >> 16);
        r->peer->rtcp.peer_report_seen_ns = now_ns;
    }
}

static uint8_t *put_report(struct rtcp_source *r, uint8_t *p, int64_t now_ns)
{
    const struct rtp_source *s = &r->own->rtp;
    bool sender = s->sent_packets > r->sent_before;
    bool block = r->peer && r->peer->rtp.observer.packets > 0;
    uint32_t words = 1 + (sender ? 5u : 0u) + (block ? 6u : 0u);
    uint32_t type = sender ? RTCP_SR : RTCP_RR;
    uint64_t ntp = ntp_time(now_ns - r->call->delay_ns[r->side] + r->clock_offset_ns);
    int64_t media = (now_ns - s->start_ns) * audio_codecs[s->codec].clock_hz / NS_PER_S;

    p = put32(p, 0x80000000u | (uint32_t)block << 24 | type << 16 | words);
    p = put32(p, s->ssrc);
    if (sender) {
        p = put32(p, (uint32_t)(ntp >> 32));
        p = put32(p, (uint32_t)ntp);
        p = put32(p, (uint32_t)(s->first_timestamp + media));
        p = put32(p, (uint32_t)s->sent_packets);
        p = put32(p, (uint32_t)s->sent_bytes);
        tell_peer(r, ntp, now_ns);
        if (r->sender_reports++ == 0)
            r->first_sent = s->sent_packets;
        r->last_sent = s->sent_packets;
    }
    r->sent_before = s->sent_packets;
    return block ? put_block(r, p, now_ns) : p;
}

void rtcp_source_name(const struct rtcp_source *r, char name[RTCP_SOURCE_NAME_MAX])
{
    static const char hex[] = "0123456789abcdef";

    for (int i = 0; i < CNAME_CHARS; i++)
        name[i] = hex[r->cname >> (4 * i) & 15];
    name[CNAME_CHARS] = '\0';
}

static uint8_t *put_name(const struct rtcp_source *r, uint8_t *p)
{
    char name[RTCP_SOURCE_NAME_MAX];

    rtcp_source_name(r, name);
    p = put32(p, 0x81000000u | RTCP_SDES << 16 | (4 + 2 + CNAME_CHARS + 2) / 4);
    p = put32(p, r->own->rtp.ssrc);
    *p++ = SDES_CNAME;
    *p++ = CNAME_CHARS;
    for (int i = 0; i < CNAME_CHARS; i++)
        *p++ = (uint8_t)name[i];
    *p++ = 0; /* ends the list and fills the word */
    *p++ = 0;
    return p;
}

static void send_reports(struct rtcp_source *r, int64_t now_ns, uint8_t *bytes, uint8_t *end)
{
    struct call *c = r->call;
    size_t len = (size_t)(end - bytes);
    struct flow_part head = { bytes, len, flow_fold(flow_sum(bytes, len)) }, none = { 0 };

    c->seen.frames++;
    c->seen.rtcp_packets++;
    world_write(c->world, WORLD_RTCP, &r->flow, now_ns, &head, &none);
}

static int64_t rtcp_run(struct actor *self, int64_t now_ns)
{
    struct rtcp_source *r = (struct rtcp_source *)self;
    struct call *c = r->call;
    const struct options *o = &c->world->options;
    bool last = now_ns >= r->end_ns, reduced = o->rtcp_reduced && ++r->turns % 2 == 0 && !last;
    uint8_t compound[COMPOUND_MAX];
    uint8_t *p = compound;

    for (int phase = 0; phase < CALL_PHASES && !r->peer; phase++) {
        if (c->legs[phase][r->side] == r->own)
            r->peer = c->legs[phase][call_other(r->side)];
    }
    p = put_report(r, p, now_ns);
    if (!reduced)
        p = put_name(r, p);
    if (o->xr && r->peer && r->peer->rtp.received) {
        if (reduced) {
            send_reports(r, now_ns, compound, p);
            p = compound;
        }
        p = put_extended(r, p, now_ns);
    }
    if (last) {
        p = put32(p, 0x81000000u | RTCP_BYE << 16 | 1);
        p = put32(p, r->own->rtp.ssrc);
        r->bye_ns = now_ns;
    }
    send_reports(r, now_ns, compound, p);
    if (!last)
        return now_ns + interval_ns < r->end_ns ? now_ns + interval_ns : r->end_ns;
    call_release(c);
    return ACTOR_DONE;
}

void rtcp_source_start(struct media_leg *leg, const struct media_plan *plan)
{
    struct rtcp_source *r = &leg->rtcp;
    struct rtp_source *s = &leg->rtp;
    struct world *w = s->call->world;
    struct addr src = s->flow.src, dst = s->flow.dst;
    int64_t first_ns;

    if (!w->options.rtcp_mux) {
        src.port++;
        dst.port++;
    }
    r->actor.run = rtcp_run;
    r->call = s->call;
    r->own = leg;
    r->side = plan->side;
    r->end_ns = world_time(w, plan->end_ns);
    r->clock_offset_ns = rng_between(&s->rng, -200, 200) * NS_PER_MS;
    r->cname = rng_next(&s->rng);
    first_ns = world_time(w, s->start_ns + rng_between(&s->rng, 1000, 2500) * NS_PER_MS);
    if (first_ns > r->end_ns)
        first_ns = r->end_ns;
    flow_init(&r->flow, &w->options.style, FLOW_UDP, &src, &dst, plan->side == 0 ? 64 : 57, DSCP_EF,
              (uint16_t)rng_next(&s->rng));
    call_take(s->call);
    event_heap_push(&w->events, first_ns, &r->actor);
}
