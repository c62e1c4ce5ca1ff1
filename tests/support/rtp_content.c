#include "tests/support/rtp_content.h"

#include <string.h>

enum {
    COMFORT_NOISE = 13,
    EVENT_VOLUME = 10, /* −10 dBm0 */
    EVENT_END = 0x80,
    END_COPIES = 3,
    SRTP_TAG_BYTES = 10,
    PICTURES_PER_KEY = 60,
    PICTURE_TICKS = 3000, /* thirty a second */
    PICTURE_PACKET_MAX = 1100,
};

static const char keys[] = "0123456789*#ABCD";

uint8_t rtp_content_event(char key)
{
    const char *at = strchr(keys, key);

    return at ? (uint8_t)(at - keys) : 0;
}

char rtp_content_key(uint8_t event)
{
    return keys[event & 15];
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

static void sum_own(struct rtp_unit *u)
{
    u->bytes = NULL;
    u->sum = flow_fold(flow_sum(u->own, u->len));
}

static void make_event(struct rtp_source *s, struct rtp_unit *u, const struct call_digit *d)
{
    int64_t played = u->tick - d->tick + 1 < d->ticks ? u->tick - d->tick + 1 : d->ticks;
    int64_t duration = played * s->ticks_per_packet;
    bool second = s->call->two_event_types && (d - s->digits) % 2 == 1;

    u->event = true;
    u->marker = u->tick == d->tick;
    u->timestamp = s->first_timestamp + d->tick * s->ticks_per_packet;
    u->payload_type = second ? CALL_SECOND_EVENT_TYPE : audio_codecs[s->codec].event_type;
    u->own[0] = rtp_content_event(d->digit);
    u->own[1] = (uint8_t)(EVENT_VOLUME | (played == d->ticks ? EVENT_END : 0));
    u->own[2] = (uint8_t)(duration >> 8);
    u->own[3] = (uint8_t)duration;
    u->len = 4;
    sum_own(u);
}

/* Bytes that look like nothing, the same for the same packet. */
static void make_secret(struct rtp_source *s, struct rtp_unit *u)
{
    struct rng r = rng_for(s->ssrc, 0x5ec, (uint64_t)u->tick);

    u->len = (uint16_t)(u->len + SRTP_TAG_BYTES);
    for (int i = 0; i < u->len; i++)
        u->own[i] = (uint8_t)rng_next(&r);
    sum_own(u);
}

static void make_audio(struct rtp_source *s, struct rtp_unit *u)
{
    bool switched = s->switch_tick && u->tick >= s->switch_tick;
    const struct audio_loop *loop = switched ? s->loop_after : s->loop;
    const struct audio_frame *frame = &loop->frames[u->tick % loop->count];

    u->payload_type = audio_codecs[switched ? s->codec_after : s->codec].payload_type;
    u->bytes = frame->bytes;
    u->len = frame->len;
    u->sum = frame->sum;
    if (s->call->srtp) {
        make_secret(s, u);
    } else if (s->sound && !switched) {
        u->len = (uint16_t)s->ticks_per_packet;
        sound_render(s->sound, u->tick * s->ticks_per_packet, u->own, u->len);
        sum_own(u);
    }
}

static void make_comfort_noise(const struct rtp_source *s, struct rtp_unit *u)
{
    u->noise = true;
    u->len = audio_comfort_noise(s->codec, u->own);
    if (u->len) {
        u->payload_type = audio_codecs[s->codec].payload_type;
    } else {
        u->payload_type = COMFORT_NOISE;
        u->own[0] = 60; /* −60 dBov */
        u->len = 1;
    }
    sum_own(u);
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

static void count_sent(struct rtp_source *s, struct rtp_unit *u)
{
    if (s->restart_tick && u->tick >= s->restart_tick && !s->wire_offset)
        s->wire_offset = CALL_RESTART_JUMP;
    u->wire_offset = s->wire_offset;
    u->seq = s->next_seq++;
    s->sent_packets++;
    s->sent_bytes += u->len;
}

/* The packets of one picture share its timestamp; the last has the marker. */
static bool next_picture(struct rtp_source *s, struct rtp_unit *u)
{
    static const uint8_t filler[PICTURE_PACKET_MAX]; /* VP8: inside of a partition */
    struct rng r = rng_for(s->ssrc, 0x71c, (uint64_t)s->tick);
    int64_t packets = s->tick % PICTURES_PER_KEY == 0 ? 8 : rng_between(&r, 1, 4);

    if (s->tick >= s->tick_end)
        return false;
    u->tick = s->tick;
    u->extra_ns = s->picture_packet * 300 * 1000;
    u->timestamp = s->first_timestamp + s->tick * PICTURE_TICKS;
    u->payload_type = audio_codecs[CODEC_VP8].payload_type;
    u->marker = s->picture_packet + 1 == packets;
    u->bytes = filler;
    u->len = u->marker ? 420 : PICTURE_PACKET_MAX;
    u->sum = flow_fold(flow_sum(filler, u->len));
    if (++s->picture_packet == packets) {
        s->picture_packet = 0;
        s->tick++;
    }
    count_sent(s, u);
    return true;
}

bool rtp_content_next(struct rtp_source *s, struct rtp_unit *u)
{
    bool has_noise =
        audio_codecs[s->codec].clock_hz == 8000 || audio_codecs[s->codec].clock_hz == 16000;
    bool marker = s->sent_packets == 0;

    u->marker = u->event = u->noise = false;
    u->extra_ns = 0;
    if (s->kind == MEDIA_VIDEO)
        return next_picture(s, u);
    while (s->tick < s->tick_end) {
        const struct call_digit *digit;
        bool begins;

        if (s->tick >= s->pause_from && s->tick < s->pause_to) {
            s->tick = s->pause_to;
            marker = true;
            continue;
        }
        u->tick = s->tick++;
        u->timestamp = s->first_timestamp + u->tick * s->ticks_per_packet;
        digit = digit_at(s, u->tick);
        if (is_silent(s, u->tick, &begins) && !digit) {
            marker = true;
            if (!begins || !has_noise)
                continue;
            make_comfort_noise(s, u);
        } else {
            u->marker = marker;
            make_audio(s, u);
            if (digit)
                make_event(s, u, digit);
        }
        count_sent(s, u);
        return true;
    }
    return false;
}

void rtp_content_prepare(struct rtp_source *s)
{
    const struct call *c = s->call;
    const struct world *w = c->world;
    const struct sound_plan *plan = &w->options.sound[s->side];
    bool keys_sound = c->digit_way == CALL_DIGITS_INBAND && s->side == CALL_CALLER;
    double packet_s = (double)s->ptime_ns * 1e-9;

    if ((!sound_is_asked_for(plan) && !keys_sound) || s->kind != MEDIA_AUDIO ||
        (s->codec != CODEC_PCMU && s->codec != CODEC_PCMA))
        return;
    s->sound = world_alloc(sizeof(*s->sound));
    sound_init(s->sound, plan, s->codec == CODEC_PCMU, w->audio->pcm[s->side],
               w->audio->pcm_samples, s->rng.state);
    for (int i = 0; keys_sound && i < c->digit_count; i++) {
        const struct call_digit *d = &c->digits[i];
        struct sound_tone tone = sound_key(d->digit, w->options.dtmf_dbm0,
                                           (double)d->tick * packet_s, (double)d->ticks * packet_s);

        sound_add(s->sound, &tone);
    }
}
