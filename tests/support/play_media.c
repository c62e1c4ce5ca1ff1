#include "tests/support/play_media.h"

enum {
    RTP_HEADER_BYTES = 12,
    PACKET_MAX = 1200,
    CLOCK_PER_MS = 8,
    NOISE_TYPE = 13,
    NOISE_EVERY_MS = 200,
    FAX_EVERY_MS = 30,
    SILENCE = 0xd5, /* A-law's quietest */
    DSCP_EF = 46,
};

const struct play_codec play_g729 = { "G729", 18, 20, 20 };
const struct play_codec play_pcma = { "PCMA", 8, 160, 20 };
const struct play_codec play_g722 = { "G722", 9, 160, 20 };
const struct play_codec play_video = { "VP8", 96, 200, 33 };

static uint8_t *put32(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)(value >> 24);
    p[1] = (uint8_t)(value >> 16);
    p[2] = (uint8_t)(value >> 8);
    p[3] = (uint8_t)value;
    return p + 4;
}

static size_t put_rtp(const struct play_segment *s, uint8_t *out, int64_t now_ns)
{
    struct play_voice *v = s->voice;
    uint32_t ticks = (uint32_t)((now_ns - v->base_ns) / 1000 * CLOCK_PER_MS / 1000);
    uint8_t type = s->noise ? NOISE_TYPE : s->codec->payload_type;
    size_t len = s->noise ? 1 : s->codec->bytes;
    uint8_t *p = out;

    p = put32(p, 0x80000000u | (v->marker ? 0x800000u : 0) | (uint32_t)type << 16 |
                     ((uint32_t)v->seq & 0xffff));
    p = put32(p, v->ssrc * 7 + ticks);
    p = put32(p, v->ssrc);
    v->marker = false;
    for (size_t i = 0; i < len; i += 8) {
        uint64_t word = s->silent ? 0x0101010101010101u * SILENCE : rng_next(&v->rng);

        memcpy(p + i, &word, len - i < 8 ? len - i : 8);
    }
    if (s->codec == &play_video)
        p[0] = 0; /* a descriptor: the rest of a picture that began before */
    return RTP_HEADER_BYTES + len;
}

/* An indicator without redundancy. */
static size_t put_fax(const struct play_voice *v, uint8_t *p)
{
    const uint8_t packet[] = { (uint8_t)(v->seq >> 8), (uint8_t)v->seq, 1, 6, 0, 0 };

    memcpy(p, packet, sizeof(packet));
    return sizeof(packet);
}

/* The mirror is blind for a moment, to all of them at once. */
static bool in_gap(const struct world *w, int64_t now_ns)
{
    return w->options.mirror_gaps && (now_ns - w->start_ns) / NS_PER_MS % 4000 > 3700;
}

static int64_t step_ns(const struct play_segment *s)
{
    int64_t ms = s->voice->fax ? FAX_EVERY_MS : s->noise ? NOISE_EVERY_MS : s->codec->tick_ms;

    return ms * NS_PER_MS;
}

static int64_t segment_run(struct actor *self, int64_t now_ns)
{
    struct play_segment *s = (struct play_segment *)self;
    struct play_voice *v = s->voice;
    struct world *w = v->play->world;
    uint8_t packet[PACKET_MAX];
    struct flow_part none = { 0 }, head = { packet, 0, 0 };

    if (!v->started) {
        v->started = true;
        v->base_ns = now_ns;
    }
    head.len = v->fax ? put_fax(v, packet) : put_rtp(s, packet, now_ns);
    v->seq++;
    v->sent++;
    if (rng_chance(&v->play->rng, v->loss)) {
        v->lost++;
    } else if (!in_gap(w, now_ns)) {
        head.sum = flow_fold(flow_sum(packet, head.len));
        world_write(w, v->fax ? WORLD_UDPTL : WORLD_RTP, &v->flow, now_ns, &head, &none);
        if (v->dialog)
            v->dialog->truth.packets++;
    }
    if (now_ns + step_ns(s) < s->end_ns)
        return now_ns + step_ns(s);
    play_release(v->play);
    return ACTOR_DONE;
}

struct play_voice *play_voice_between(struct play *p, struct play_dialog *d, const struct addr *src,
                                      const struct addr *dst, const struct play_codec *codec)
{
    struct play_voice *v = &p->voices[p->voice_count];

    if (p->voice_count == PLAY_VOICES_MAX)
        play_overflow(p, "streams");
    p->voice_count++;
    v->codec = codec;
    v->play = p;
    v->dialog = d;
    v->rng = (struct rng){ rng_next(&p->rng) };
    v->ssrc = (uint32_t)rng_next(&p->rng);
    v->seq = rng_below(&p->rng, 60000);
    v->marker = true;
    flow_init(&v->flow, &p->world->options.style, FLOW_UDP, src, dst, 60, DSCP_EF,
              (uint16_t)rng_next(&p->rng));
    return v;
}

struct play_voice *play_voice(struct play_dialog *d, int side)
{
    if (!d->voice[side])
        play_new_voice(d, side);
    return d->voice[side];
}

void play_new_voice(struct play_dialog *d, int side)
{
    d->voice[side] = play_voice_between(d->play, d, &d->party[side]->rtp,
                                        &d->party[call_other(side)]->rtp, d->codec);
    d->truth.streams++;
}

void play_echo(const struct play_voice *of, struct play_voice *echo)
{
    echo->rng = of->rng;
}

void play_sound(struct play_voice *v, int64_t from_ns, int64_t to_ns)
{
    struct play *p = v->play;
    struct play_segment *s = &p->segments[p->segment_count];

    if (p->segment_count == PLAY_SEGMENTS_MAX)
        play_overflow(p, "stretches of sound");
    p->segment_count++;
    s->actor.run = segment_run;
    s->voice = v;
    s->end_ns = to_ns;
    s->codec = v->codec;
    s->silent = v->silent;
    s->noise = v->noise;
    play_take(p);
    event_heap_push(&p->world->events, world_time(p->world, from_ns), &s->actor);
}

void play_speak(struct play_dialog *d, int side, int64_t ms)
{
    struct play *p = d->play;

    play_sound(play_voice(d, side), p->now_ns + rng_between(&p->rng, 1000, 20000) * 1000,
               p->now_ns + ms * NS_PER_MS);
    p->now_ns += ms * NS_PER_MS;
}

void play_talk(struct play_dialog *d, int64_t ms)
{
    int64_t from_ns = d->play->now_ns;

    play_speak(d, CALL_CALLER, ms);
    d->play->now_ns = from_ns;
    play_speak(d, CALL_CALLEE, ms);
    d->truth.verdict = "ok";
    d->truth.one_way = 0;
}
