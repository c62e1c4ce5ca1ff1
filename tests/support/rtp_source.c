/*
 * Two ways to go through the network. Where order is kept, the source acts when its next packet
 * arrives and needs nothing else. Where packets may overtake each other, it acts when it sends,
 * and each packet becomes a flight: an actor of its own that arrives later. Copies are flights too.
 */
#include "tests/support/rtp_source.h"

#include "tests/support/rtcp_source.h"
#include "tests/support/rtp_content.h"

#include <stdlib.h>

enum {
    RTP_HEADER_BYTES = 12,
    RESTART_GUARD = 4, /* so many packets around a restart are not lost */
    FOREIGN_PORT = 6666,
    VIDEO_PORT_AFTER = 2,
    WIRE_NS = 20000, /* two packets of a stream are at least that far apart */
    DSCP_EF = 46,
};

struct rtp_flight {
    struct actor actor;
    struct rtp_source *source;
    struct rtp_unit unit;
    struct rtp_flight *next_free;
};

/* The observer's notes on digits: one event is one timestamp. */
static void hear_digit(struct rtp_source *s, const struct rtp_unit *u, int64_t now_ns)
{
    struct call_seen *seen = &s->call->seen;
    uint32_t duration = (uint32_t)(u->own[2] << 8 | u->own[3]);
    int64_t into_ns = (duration - s->ticks_per_packet) * NS_PER_S / s->observer.clock_hz;
    int i = 0;

    while (i < seen->dtmf_count && seen->dtmf[i].timestamp != u->timestamp)
        i++;
    if (i == CALL_DIGITS_MAX)
        return;
    if (i == seen->dtmf_count) {
        seen->dtmf[seen->dtmf_count++] = (struct call_dtmf){
            rtp_content_key(u->own[0]), (uint8_t)s->side, now_ns - into_ns, u->timestamp, 0, false
        };
    }
    if (duration > seen->dtmf[i].duration_ticks)
        seen->dtmf[i].duration_ticks = duration;
}

static void put32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
}

/* Behind the capture point, where nobody sees whether it gets through. */
static void go_on(struct rtp_source *s, const struct rtp_unit *u)
{
    if (s->call->impaired && rng_chance(&s->rng, s->call->world->options.loss_after))
        return;
    if (s->received++ == 0)
        s->received_first = s->received_highest = u->seq;
    if (u->seq > s->received_highest)
        s->received_highest = u->seq;
}

/* The packet passes the capture point. */
static void arrive(struct rtp_source *s, const struct rtp_unit *u, int64_t now_ns)
{
    uint8_t header[RTP_HEADER_BYTES];
    struct observer_packet seen = { u->seq, u->timestamp, now_ns, u->marker, u->event, u->noise };
    struct flow_part head = { header, sizeof(header), 0 };
    struct flow_part body = { u->bytes ? u->bytes : u->own, u->len, u->sum };

    header[0] = 0x80;
    header[1] = (uint8_t)(u->payload_type | (u->marker ? 0x80 : 0));
    header[2] = (uint8_t)((u->seq + u->wire_offset) >> 8);
    header[3] = (uint8_t)(u->seq + u->wire_offset);
    put32(header + 4, (uint32_t)u->timestamp);
    put32(header + 8, s->ssrc);
    head.sum = flow_fold(flow_sum(header, sizeof(header)));

    world_write(s->call->world, WORLD_RTP, &s->flow, now_ns, &head, &body);
    observer_arrive(&s->observer, &seen);
    go_on(s, u);
    s->call->seen.frames++;
    if (s->sound && !u->event && u->len == s->ticks_per_packet)
        sound_measure(&s->heard, s->sound->mu_law, u->own, u->len);
    if (u->event)
        hear_digit(s, u, now_ns);
}

static int64_t flight_run(struct actor *self, int64_t now_ns)
{
    struct rtp_flight *f = (struct rtp_flight *)self;
    struct world *w = f->source->call->world;

    arrive(f->source, &f->unit, now_ns);
    call_release(f->source->call);
    f->next_free = w->free_flights;
    w->free_flights = f;
    return ACTOR_DONE;
}

static void fly(struct rtp_source *s, const struct rtp_unit *u, int64_t arrival_ns)
{
    struct world *w = s->call->world;
    struct rtp_flight *f = w->free_flights;

    if (f)
        w->free_flights = f->next_free;
    else
        f = world_alloc(sizeof(*f));
    f->actor.run = flight_run;
    f->source = s;
    f->unit = *u;
    call_take(s->call);
    event_heap_push(&w->events, world_time(w, arrival_ns), &f->actor);
}

static bool is_lost(struct rtp_source *s)
{
    const struct options *o = &s->call->world->options;
    int64_t from_restart = s->pending.tick - s->restart_tick;

    if (!s->call->impaired ||
        (s->restart_tick && from_restart > -RESTART_GUARD && from_restart < RESTART_GUARD))
        return false;
    if (s->pending.event && rng_chance(&s->rng, o->event_loss))
        return true;
    if (o->gilbert) {
        s->losing = s->losing ? !rng_chance(&s->rng, o->gilbert_leave)
                              : rng_chance(&s->rng, o->gilbert_enter);
        if (s->losing)
            return true;
    }
    return rng_chance(&s->rng, o->loss);
}

/* What the network adds to the way of one packet. */
static int64_t delay(struct rtp_source *s)
{
    const struct options *o = &s->call->world->options;
    int64_t sigma_ns = (int64_t)(o->jitter_ms * 1e6), ns;

    if (!s->call->impaired || sigma_ns == 0)
        return 0;
    ns = 4 * sigma_ns + rng_gauss(&s->rng) * (sigma_ns / 100) / (RNG_SIGMA / 100);
    return ns > 0 ? ns : 0;
}

static int64_t sent_at(const struct rtp_source *s, const struct rtp_unit *u)
{
    int64_t media_ns = u->tick * s->ptime_ns;

    return s->start_ns + media_ns + u->extra_ns -
           media_ns / 1000 * s->call->world->options.drift_ppm / 1000;
}

static void maybe_copy(struct rtp_source *s, const struct rtp_unit *u, int64_t arrival_ns)
{
    const struct options *o = &s->call->world->options;

    if (s->call->impaired && rng_chance(&s->rng, o->duplicate))
        fly(s, u, arrival_ns + rng_between(&s->rng, 50000, s->ptime_ns * 3 / 2));
}

static int64_t finish(struct rtp_source *s)
{
    call_release(s->call);
    return ACTOR_DONE;
}

/* When the next packet arrives. */
static int64_t next_arrival(struct rtp_source *s)
{
    while (rtp_content_next(s, &s->pending)) {
        int64_t arrival_ns;

        if (is_lost(s))
            continue;
        arrival_ns = sent_at(s, &s->pending) + delay(s);
        if (arrival_ns < s->last_arrival_ns + WIRE_NS)
            arrival_ns = s->last_arrival_ns + WIRE_NS;
        s->last_arrival_ns = arrival_ns;
        return world_time(s->call->world, arrival_ns);
    }
    return ACTOR_DONE;
}

static int64_t run_in_order(struct actor *self, int64_t now_ns)
{
    struct rtp_source *s = (struct rtp_source *)self;
    int64_t next_ns;

    arrive(s, &s->pending, now_ns);
    maybe_copy(s, &s->pending, now_ns);
    next_ns = next_arrival(s);
    return next_ns == ACTOR_DONE ? finish(s) : next_ns;
}

static int64_t run_overtaking(struct actor *self, int64_t now_ns)
{
    struct rtp_source *s = (struct rtp_source *)self;
    const struct options *o = &s->call->world->options;
    int64_t arrival_ns;

    (void)now_ns;
    if (!is_lost(s)) {
        arrival_ns = sent_at(s, &s->pending) + delay(s);
        if (s->floor_ns && s->call->impaired && rng_chance(&s->rng, o->reorder))
            arrival_ns += rng_between(&s->rng, s->ptime_ns * 5 / 4, s->ptime_ns * 7 / 2);
        if (arrival_ns < s->floor_ns)
            arrival_ns = s->floor_ns;
        if (!s->floor_ns)
            s->floor_ns = arrival_ns + WIRE_NS;
        fly(s, &s->pending, arrival_ns);
        maybe_copy(s, &s->pending, arrival_ns);
    }
    if (!rtp_content_next(s, &s->pending))
        return finish(s);
    return sent_at(s, &s->pending);
}

static void start_acting(struct rtp_source *s)
{
    struct world *w = s->call->world;
    int64_t at_ns;

    if (w->options.reorder) {
        s->actor.run = run_overtaking;
        at_ns = rtp_content_next(s, &s->pending) ? sent_at(s, &s->pending) : ACTOR_DONE;
    } else {
        s->actor.run = run_in_order;
        at_ns = next_arrival(s);
    }
    if (at_ns == ACTOR_DONE)
        return;
    call_take(s->call);
    event_heap_push(&w->events, at_ns, &s->actor);
}

/* The first tick at or after a time. */
static int64_t tick_from(const struct rtp_source *s, int64_t time_ns)
{
    return time_ns <= s->start_ns ? 0 : (time_ns - s->start_ns + s->ptime_ns - 1) / s->ptime_ns;
}

/* Where a stream beside the call's own comes from and goes to. */
static void address_extra(const struct call *c, enum media_kind kind, struct addr *src,
                          struct addr *dst)
{
    if (kind == MEDIA_VIDEO) {
        src->port = (uint16_t)(src->port + VIDEO_PORT_AFTER);
        dst->port = (uint16_t)(dst->port + VIDEO_PORT_AFTER);
    } else if (kind == MEDIA_FOREIGN) {
        *src = c->stranger;
        src->port = FOREIGN_PORT;
    }
}

static void init_flow(struct rtp_source *s, const struct media_plan *plan)
{
    const struct call *c = s->call;
    struct addr src = c->media[plan->phase][plan->side];
    struct addr dst = c->media[plan->phase][call_other(plan->side)];

    address_extra(c, plan->kind, &src, &dst);
    flow_init(&s->flow, &c->world->options.style, FLOW_UDP, &src, &dst, plan->side == 0 ? 64 : 57,
              plan->kind == MEDIA_FOREIGN ? 0 : DSCP_EF, (uint16_t)rng_next(&s->rng));
}

/* When it sends, in ticks. */
static void init_times(struct rtp_source *s, const struct media_plan *plan)
{
    const struct options *o = &s->call->world->options;

    s->start_ns = world_time(s->call->world, plan->start_ns);
    s->ptime_ns = plan->kind == MEDIA_VIDEO ? NS_PER_S / 30 : o->ptime_ms * NS_PER_MS;
    s->ticks_per_packet = audio_codecs[s->codec].clock_hz * o->ptime_ms / 1000;
    s->tick_end = tick_from(s, plan->end_ns);
    s->pause_from = tick_from(s, plan->pause_from_ns);
    s->pause_to = tick_from(s, plan->pause_to_ns);
    s->switch_tick = tick_from(s, plan->switch_ns);
    s->restart_tick = tick_from(s, plan->restart_ns);
    s->talk_until = NS_PER_S / s->ptime_ns * 2;
}

/* A payload type that no SDP of ours names, of the same clock. */
static void init_switch(struct rtp_source *s)
{
    const struct world *w = s->call->world;
    enum codec_id after = s->codec == CODEC_G722 ? CODEC_GSM : CODEC_G722;

    if (!audio_takes_ptime(after, w->options.ptime_ms))
        s->switch_tick = 0;
    s->codec_after = after;
    s->loop_after = &w->audio->loops[after][s->side];
}

static void keep_leg(struct call *c, struct media_leg *leg, const struct media_plan *plan)
{
    if (plan->kind == MEDIA_AUDIO)
        c->legs[plan->phase][plan->side] = leg;
    else
        c->extras[c->extra_count++] = leg;
}

struct media_leg *rtp_source_start(struct call *c, const struct media_plan *plan)
{
    struct world *w = c->world;
    struct media_leg *leg = world_alloc(sizeof(*leg));
    struct rtp_source *s = &leg->rtp;
    uint64_t stream = c->index * 4 + (uint64_t)plan->phase * 2 + (uint64_t)plan->side;
    bool own = plan->kind == MEDIA_AUDIO;

    s->call = c;
    s->kind = plan->kind;
    s->side = plan->side;
    s->rng = own ? rng_for((uint64_t)w->options.seed, WORLD_RNG_LEG, stream)
                 : rng_for((uint64_t)w->options.seed, WORLD_RNG_EXTRA_LEG,
                           stream + (uint64_t)plan->kind * UINT32_MAX);
    s->codec = plan->kind == MEDIA_VIDEO ? CODEC_VP8 : c->codec[plan->phase];
    s->loop = &w->audio->loops[s->codec][plan->side];
    s->ssrc = (uint32_t)rng_next(&s->rng);
    s->next_seq = rng_below(&s->rng, 65536);
    s->first_timestamp = rng_between(&s->rng, 0, UINT32_MAX - 1);
    init_times(s, plan);
    init_switch(s);
    s->dtx = own && rng_chance(&c->rng, w->options.dtx);
    if (own && plan->side == CALL_CALLER && plan->phase == 0 &&
        c->digit_way == CALL_DIGITS_EVENTS) {
        s->digits = c->digits;
        s->digit_count = c->digit_count;
    }
    init_flow(s, plan);
    observer_init(&s->observer, audio_codecs[s->codec].clock_hz, s->ticks_per_packet);
    rtp_content_prepare(s);
    keep_leg(c, leg, plan);
    start_acting(s);
    if (!w->options.no_rtcp && own && !c->srtp)
        rtcp_source_start(leg, plan);
    return leg;
}

void rtp_source_fini(struct rtp_source *s)
{
    free(s->sound);
}

void rtp_source_free_flights(struct world *w)
{
    while (w->free_flights) {
        struct rtp_flight *f = w->free_flights;

        w->free_flights = f->next_free;
        free(f);
    }
}
