/*
 * Two ways to go through the network. Where order is kept, the source acts when its next packet
 * arrives and needs nothing else. Where packets may overtake each other, it acts when it sends,
 * and each packet becomes a flight: an actor of its own that arrives later. Copies are flights too.
 */
#include "tests/support/rtp_source.h"

#include "tests/support/rtcp_source.h"

#include <stdlib.h>

enum {
    RTP_HEADER_BYTES = 12,
    COMFORT_NOISE = 13,
    EVENT_VOLUME = 10, /* −10 dBm0 */
    EVENT_END = 0x80,
    END_COPIES = 3,
    WIRE_NS = 20000, /* two packets of a stream are at least that far apart */
    DSCP_EF = 46,
};

struct rtp_flight {
    struct actor actor;
    struct rtp_source *source;
    struct rtp_unit unit;
    struct rtp_flight *next_free;
};

static uint8_t event_code(char digit)
{
    if (digit == '*')
        return 10;
    return digit == '#' ? 11 : (uint8_t)(digit - '0');
}

/* The observer's notes on digits: one event is one timestamp. */
static void hear_digit(struct rtp_source *s, const struct rtp_unit *u, int64_t now_ns)
{
    static const char digits[] = "0123456789*#";
    struct call_seen *seen = &s->call->seen;
    uint32_t duration = (uint32_t)(u->own[2] << 8 | u->own[3]);
    int i = 0;

    while (i < seen->dtmf_count && seen->dtmf[i].timestamp != u->timestamp)
        i++;
    if (i == CALL_DIGITS_MAX)
        return;
    if (i == seen->dtmf_count) {
        seen->dtmf[seen->dtmf_count++] =
            (struct call_dtmf){ digits[u->own[0]], (uint8_t)s->side, now_ns, u->timestamp, 0 };
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

/* The packet passes the capture point. */
static void arrive(struct rtp_source *s, const struct rtp_unit *u, int64_t now_ns)
{
    uint8_t header[RTP_HEADER_BYTES];
    struct observer_packet seen = { u->seq, u->timestamp, now_ns, u->marker, u->event };
    struct flow_part head = { header, sizeof(header), 0 };
    struct flow_part body = { u->bytes ? u->bytes : u->own, u->len, u->sum };

    header[0] = 0x80;
    header[1] = (uint8_t)(u->payload_type | (u->marker ? 0x80 : 0));
    header[2] = (uint8_t)(u->seq >> 8);
    header[3] = (uint8_t)u->seq;
    put32(header + 4, (uint32_t)u->timestamp);
    put32(header + 8, s->ssrc);
    head.sum = flow_fold(flow_sum(header, sizeof(header)));

    world_write(s->call->world, WORLD_RTP, &s->flow, now_ns, &head, &body);
    observer_arrive(&s->observer, &seen);
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

static const struct call_digit *digit_at(const struct rtp_source *s, int64_t tick)
{
    for (int i = 0; i < s->digit_count; i++) {
        const struct call_digit *d = &s->digits[i];

        if (tick >= d->tick && tick < d->tick + d->ticks + END_COPIES - 1)
            return d;
    }
    return NULL;
}

static void make_event(struct rtp_source *s, struct rtp_unit *u, const struct call_digit *d)
{
    int64_t played = u->tick - d->tick + 1 < d->ticks ? u->tick - d->tick + 1 : d->ticks;
    int64_t duration = played * s->ticks_per_packet;

    u->event = true;
    u->marker = u->tick == d->tick;
    u->timestamp = s->first_timestamp + d->tick * s->ticks_per_packet;
    u->payload_type = audio_codecs[s->codec].event_type;
    u->own[0] = event_code(d->digit);
    u->own[1] = (uint8_t)(EVENT_VOLUME | (played == d->ticks ? EVENT_END : 0));
    u->own[2] = (uint8_t)(duration >> 8);
    u->own[3] = (uint8_t)duration;
    u->bytes = NULL;
    u->len = 4;
    u->sum = flow_fold(flow_sum(u->own, 4));
}

static void make_audio(struct rtp_source *s, struct rtp_unit *u)
{
    const struct audio_frame *frame = &s->loop->frames[u->tick % s->loop->count];

    u->payload_type = audio_codecs[s->codec].payload_type;
    if (s->sound) {
        u->bytes = NULL;
        u->len = (uint16_t)s->ticks_per_packet;
        sound_render(s->sound, u->tick * s->ticks_per_packet, u->own, u->len);
        u->sum = flow_fold(flow_sum(u->own, u->len));
        return;
    }
    u->bytes = frame->bytes;
    u->len = frame->len;
    u->sum = frame->sum;
}

static void make_comfort_noise(struct rtp_unit *u)
{
    u->payload_type = COMFORT_NOISE;
    u->own[0] = 60; /* −60 dBov */
    u->bytes = NULL;
    u->len = 1;
    u->sum = flow_fold(flow_sum(u->own, 1));
}

/* Moves on to the next phrase or pause; true when this tick is silent and sends nothing or, at its
 * start, comfort noise. */
static bool is_silent(struct rtp_source *s, int64_t tick, bool *begins)
{
    int64_t per_s = NS_PER_S / s->ptime_ns;

    *begins = false;
    if (!s->dtx || tick < s->talk_until)
        return false;
    if (tick == s->talk_until) {
        *begins = true;
        s->silent_until = tick + rng_between(&s->rng, per_s / 2, per_s * 2);
    }
    if (tick < s->silent_until)
        return true;
    s->talk_until = tick + rng_between(&s->rng, per_s, per_s * 3);
    return false;
}

/* What the sender sends next; false at the end. */
static bool next_unit(struct rtp_source *s, struct rtp_unit *u)
{
    bool has_noise = audio_codecs[s->codec].clock_hz == 8000;
    bool marker = s->sent_packets == 0;

    while (s->tick < s->tick_end) {
        const struct call_digit *digit;
        bool begins;

        if (s->tick >= s->pause_from && s->tick < s->pause_to) {
            s->tick = s->pause_to;
            marker = true;
            continue;
        }
        u->tick = s->tick++;
        u->marker = u->event = false;
        u->timestamp = s->first_timestamp + u->tick * s->ticks_per_packet;
        digit = digit_at(s, u->tick);
        if (is_silent(s, u->tick, &begins) && !digit) {
            marker = true;
            if (!begins || !has_noise)
                continue;
            make_comfort_noise(u);
        } else {
            u->marker = marker;
            make_audio(s, u);
            if (digit)
                make_event(s, u, digit);
        }
        u->seq = s->next_seq++;
        s->sent_packets++;
        s->sent_bytes += u->len;
        return true;
    }
    return false;
}

static bool is_lost(struct rtp_source *s)
{
    const struct options *o = &s->call->world->options;

    if (!s->call->impaired)
        return false;
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
    return s->start_ns + u->tick * s->ptime_ns;
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
    while (next_unit(s, &s->pending)) {
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
    if (!next_unit(s, &s->pending))
        return finish(s);
    return sent_at(s, &s->pending);
}

static void start_acting(struct rtp_source *s)
{
    struct world *w = s->call->world;
    int64_t at_ns;

    if (w->options.reorder) {
        s->actor.run = run_overtaking;
        at_ns = next_unit(s, &s->pending) ? sent_at(s, &s->pending) : ACTOR_DONE;
    } else {
        s->actor.run = run_in_order;
        at_ns = next_arrival(s);
    }
    if (at_ns == ACTOR_DONE)
        return;
    call_take(s->call);
    event_heap_push(&w->events, at_ns, &s->actor);
}

/* Sound of its own, where the options ask for some and the codec is one that we can speak. */
static void prepare_sound(struct rtp_source *s)
{
    const struct world *w = s->call->world;
    const struct sound_plan *plan = &w->options.sound[s->side];

    if (!sound_is_asked_for(plan) || (s->codec != CODEC_PCMU && s->codec != CODEC_PCMA))
        return;
    s->sound = world_alloc(sizeof(*s->sound));
    sound_init(s->sound, plan, s->codec == CODEC_PCMU, w->audio->pcm[s->side],
               w->audio->pcm_samples, s->rng.state);
}

/* The first tick at or after a time. */
static int64_t tick_from(const struct rtp_source *s, int64_t time_ns)
{
    return time_ns <= s->start_ns ? 0 : (time_ns - s->start_ns + s->ptime_ns - 1) / s->ptime_ns;
}

struct media_leg *rtp_source_start(struct call *c, const struct media_plan *plan)
{
    struct world *w = c->world;
    struct media_leg *leg = world_alloc(sizeof(*leg));
    struct rtp_source *s = &leg->rtp;
    const struct addr *src = &c->media[plan->phase][plan->side];
    const struct addr *dst = &c->media[plan->phase][call_other(plan->side)];
    const struct audio_codec *codec;
    uint64_t stream = c->index * 4 + (uint64_t)plan->phase * 2 + (uint64_t)plan->side;

    s->call = c;
    s->side = plan->side;
    s->rng = rng_for((uint64_t)w->options.seed, WORLD_RNG_LEG, stream);
    s->codec = c->codec[plan->phase];
    codec = &audio_codecs[s->codec];
    s->loop = &w->audio->loops[s->codec][plan->side];
    s->ssrc = (uint32_t)rng_next(&s->rng);
    s->next_seq = rng_below(&s->rng, 65536);
    s->first_timestamp = rng_between(&s->rng, 0, UINT32_MAX - 1);
    s->start_ns = world_time(w, plan->start_ns);
    s->ptime_ns = w->options.ptime_ms * NS_PER_MS;
    s->ticks_per_packet = codec->clock_hz * w->options.ptime_ms / 1000;
    s->tick_end = tick_from(s, plan->end_ns);
    s->pause_from = tick_from(s, plan->pause_from_ns);
    s->pause_to = tick_from(s, plan->pause_to_ns);
    s->dtx = rng_chance(&c->rng, w->options.dtx);
    s->talk_until = NS_PER_S / s->ptime_ns * 2;
    if (plan->side == CALL_CALLER && plan->phase == 0) {
        s->digits = c->digits;
        s->digit_count = c->digit_count;
    }
    flow_init(&s->flow, &w->options.style, FLOW_UDP, src, dst, plan->side == 0 ? 64 : 57, DSCP_EF,
              (uint16_t)rng_next(&s->rng));
    observer_init(&s->observer, codec->clock_hz, s->ticks_per_packet);
    prepare_sound(s);
    c->legs[plan->phase][plan->side] = leg;
    start_acting(s);
    if (!w->options.no_rtcp)
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
