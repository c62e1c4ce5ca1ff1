#include "storage/audio/audio_stream.h"

#include "storage/audio/stream_sound.h"

#include <errno.h>
#include <stdlib.h>

#define NS_PER_S  1000000000ll
#define NS_PER_MS 1000000ll

#define WAIT_NS      (250 * NS_PER_MS) /* for a packet that is late */
#define JUMP_NS      NS_PER_S          /* the clocks have parted: a new anchor at once */
#define SLIP_NS      (60 * NS_PER_MS)  /* … within a second */
#define TOLERANCE_NS NS_PER_MS         /* what rounding may leave between two packets */
enum {
    SECOND_PACKETS = 50,
    SEQ_JUMP = 3000,        /* MAX_DROPOUT of RFC 3550 */
    CONCEALED_MAX_MS = 500, /* what is lost beyond is silence */
};

void audio_stream_init(struct audio_stream *s, const struct audio_payload_type *types,
                       struct audio_mix *mix, uint32_t rate_hz, int64_t begin_ns)
{
    *s = (struct audio_stream){
        .types = types, .mix = mix, .rate_hz = rate_hz, .begin_ns = begin_ns, .noise_state = 1
    };
}

static void drop_waiting(struct audio_stream *s)
{
    for (size_t i = 0; i < s->waiting_count; i++)
        free(s->waiting[i].payload);
    s->waiting_count = 0;
}

void audio_stream_fini(struct audio_stream *s)
{
    drop_waiting(s);
    stream_sound_close(s);
}

static int64_t to_samples(const struct audio_stream *s, int64_t ns)
{
    /* A timeline of six hours at 48 kHz is 2^50 here. */
    return (ns / NS_PER_S) * s->rate_hz + (ns % NS_PER_S) * s->rate_hz / NS_PER_S;
}

static int64_t since_anchor_ns(const struct audio_stream *s, uint32_t timestamp)
{
    return (int64_t)(int32_t)(timestamp - s->anchor_timestamp) * NS_PER_S / s->clock_hz;
}

static void anchor(struct audio_stream *s, int64_t at_ns, uint32_t timestamp)
{
    s->anchored = true;
    s->anchor_ns = at_ns;
    s->anchor_timestamp = timestamp;
    s->earliest_ns = INT64_MAX;
    s->in_second = 0;
}

/* Where the packet belongs, in ns of the timeline. *jumped: what was before has nothing to do with it. */
static int64_t place(struct audio_stream *s, const struct waiting_packet *p, uint32_t clock_hz,
                     bool *jumped)
{
    int64_t arrival = p->time_ns - s->begin_ns, at, lateness;

    *jumped = false;
    if (!s->anchored || s->clock_hz != clock_hz) {
        s->clock_hz = clock_hz;
        *jumped = s->anchored;
        anchor(s, arrival - s->first_late_ns, p->timestamp);
        s->first_late_ns = 0;
        return s->anchor_ns;
    }
    at = s->anchor_ns + since_anchor_ns(s, p->timestamp);
    lateness = arrival - at;
    if (lateness > JUMP_NS || lateness < -JUMP_NS) {
        s->counts.jumps++;
        *jumped = true;
        anchor(s, arrival, p->timestamp);
        return arrival;
    }
    if (lateness < s->earliest_ns)
        s->earliest_ns = lateness;
    if (++s->in_second >= SECOND_PACKETS) {
        bool slips = s->earliest_ns > SLIP_NS || s->earliest_ns < -SLIP_NS;

        s->counts.slips += slips;
        anchor(s, at + (slips ? s->earliest_ns : 0), p->timestamp);
        at = s->anchor_ns;
    }
    return at;
}

/* Fills what lies between the end of the sound so far and `at`. lost: packets of it. */
static void fill_gap(struct audio_stream *s, int64_t at, int64_t lost)
{
    int64_t gap = at - stream_sound_end(s), guess = gap;

    if (s->silent_gaps || !s->resampler)
        return;
    if (s->in_noise) {
        stream_sound_noise(s, gap);
        return;
    }
    if (lost == 0)
        return;
    /* A pause may lie beside what was lost. */
    if (guess > lost * s->last_samples + to_samples(s, TOLERANCE_NS))
        guess = lost * s->last_samples;
    if (guess > to_samples(s, CONCEALED_MAX_MS * NS_PER_MS))
        guess = to_samples(s, CONCEALED_MAX_MS * NS_PER_MS);
    stream_sound_conceal(s, guess);
}

static void play_sound(struct audio_stream *s, const struct waiting_packet *p, int64_t at_ns,
                       int64_t lost, bool jumped)
{
    int64_t at = to_samples(s, at_ns), tolerance = to_samples(s, TOLERANCE_NS), gap;

    if (jumped)
        stream_sound_break(s);
    if (s->resampler && at - stream_sound_end(s) > tolerance)
        fill_gap(s, at, lost);
    s->in_noise = false;
    gap = s->resampler ? at - stream_sound_end(s) : 0;
    if (gap > tolerance)
        stream_sound_break(s);
    /* What cannot be decoded is as lost as what never came. */
    s->unheard = !stream_sound_decode(s, p, at, gap < -tolerance ? -gap : 0);
}

static void play_noise(struct audio_stream *s, const struct waiting_packet *p, int64_t at_ns,
                       int64_t lost, bool jumped)
{
    int64_t at = to_samples(s, at_ns);

    if (jumped)
        stream_sound_break(s);
    if (s->resampler && at > stream_sound_end(s))
        fill_gap(s, at, lost);
    if (s->resampler && at - stream_sound_end(s) > to_samples(s, TOLERANCE_NS))
        stream_sound_break(s);
    if (!s->silent_gaps)
        stream_sound_begin_noise(s, p, at);
}

static void play(struct audio_stream *s, const struct waiting_packet *p)
{
    const struct audio_payload_type *type = &s->types[p->payload_type];
    int64_t at_ns, lost = p->seq - s->next_seq;
    bool jumped;

    s->counts.lost += lost;
    lost += s->unheard;
    s->unheard = false;
    s->next_seq = p->seq + 1;
    if (type->kind == AUDIO_KIND_UNKNOWN)
        s->counts.undecodable++;
    if (type->kind == AUDIO_KIND_UNKNOWN || type->kind == AUDIO_KIND_EVENT)
        return;
    at_ns = place(s, p, type->clock_hz, &jumped);
    if (type->kind == AUDIO_KIND_NOISE)
        play_noise(s, p, at_ns, lost, jumped);
    else
        play_sound(s, p, at_ns, lost, jumped);
}

static void play_first(struct audio_stream *s)
{
    struct waiting_packet p = s->waiting[0];

    s->waiting_count--;
    memmove(s->waiting, s->waiting + 1, s->waiting_count * sizeof s->waiting[0]);
    play(s, &p);
    free(p.payload);
}

static void play_due(struct audio_stream *s, int64_t now_ns)
{
    while (s->waiting_count &&
           (s->waiting[0].seq == s->next_seq || now_ns - s->waiting[0].time_ns > WAIT_NS))
        play_first(s);
}

/* The number that the 16 bits stand for; a jump begins anew, and what waits is heard first. */
static int64_t extend(struct audio_stream *s, uint16_t seq)
{
    int64_t newest = s->waiting_count ? s->waiting[s->waiting_count - 1].seq : s->next_seq - 1;
    int16_t step = (int16_t)(uint16_t)(seq - (uint16_t)newest);

    if (s->begun && step < SEQ_JUMP && step > -SEQ_JUMP)
        return newest + step;
    while (s->waiting_count)
        play_first(s);
    if (s->begun) {
        s->counts.jumps++;
        s->anchored = false;
        stream_sound_break(s);
    }
    s->begun = true;
    /* So far from 0 that no step of a packet leads below it. */
    s->next_seq = ((int64_t)1 << 20) + seq;
    return s->next_seq;
}

void audio_stream_packet(struct audio_stream *s, const struct rtp_packet *packet, int64_t time_ns,
                         bool is_cut)
{
    struct waiting_packet p = { .time_ns = time_ns,
                                .timestamp = packet->timestamp,
                                .payload_type = packet->payload_type,
                                .bytes = packet->payload.len };
    size_t at;

    s->counts.cut += is_cut;
    if (is_cut)
        return;
    p.seq = extend(s, packet->seq);
    at = s->waiting_count;
    while (at && s->waiting[at - 1].seq > p.seq)
        at--;
    if (p.seq < s->next_seq || (at && s->waiting[at - 1].seq == p.seq)) {
        s->counts.late++;
        return;
    }
    p.payload = malloc(p.bytes + 1);
    if (!p.payload) {
        s->error = -ENOMEM;
        return;
    }
    if (p.bytes)
        memcpy(p.payload, packet->payload.p, p.bytes);
    memmove(s->waiting + at + 1, s->waiting + at, (s->waiting_count - at) * sizeof p);
    s->waiting[at] = p;
    s->waiting_count++;
    play_due(s, time_ns);
    if (s->waiting_count == AUDIO_STREAM_WAITING)
        play_first(s);
}

void audio_stream_advance(struct audio_stream *s, int64_t now_ns, int64_t line)
{
    int64_t last = to_samples(s, s->last_ns - s->begin_ns);

    play_due(s, now_ns);
    if (line > last)
        line = last;
    if (s->in_noise && s->resampler && line > stream_sound_end(s))
        stream_sound_noise(s, line - stream_sound_end(s));
}

void audio_stream_finish(struct audio_stream *s)
{
    while (s->waiting_count)
        play_first(s);
    stream_sound_break(s);
}

uint64_t audio_stream_refused(const struct audio_stream *s, enum audio_refusal reason)
{
    uint64_t n = 0;

    for (size_t i = 0; i < AUDIO_STREAM_FORMATS; i++) {
        if (s->decoders[i].decoder)
            n += audio_decoder_refused(s->decoders[i].decoder, reason);
    }
    return n;
}
