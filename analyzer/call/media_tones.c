#include "analyzer/call/media_tones.h"

#include "analyzer/base/serial.h"
#include "analyzer/call/tracker.h"
#include "analyzer/rtp/g711.h"

#include <math.h>
#include <stdlib.h>

enum {
    SAMPLES_PER_MS = 8,
    CHUNK_SAMPLES = 512,
    SILENCE_MAX_SAMPLES = 8000, /* a pause is one after a second: more of it tells nothing */
    BACK_MAX_SAMPLES = 8000,    /* further back is another clock, not a late packet */
    /* Pauses between keys are 40 ms and more (ITU-T Q.24); shorter ones are holes in a tone. */
    HOLE_SAMPLES = 30 * SAMPLES_PER_MS,
    LOST_MAX_SAMPLES = 100 * SAMPLES_PER_MS, /* more may hide a whole pause */
    HOLES_KEPT = 8,
};

/* A tone as it is heard. */
struct tone {
    char digit; /* '\0': none so far */
    uint64_t begin, end;
    int64_t time_ns;
};

/* In samples. */
struct hole {
    uint64_t begin, end;
};

struct media_tones {
    void *listener;
    struct tone last;
    uint64_t fed;                  /* samples so far */
    uint64_t packet_fed;           /* … before the packet at hand */
    struct hole holes[HOLES_KEPT]; /* a ring: the last silences that stand for what did not come */
    unsigned next_hole;
    int64_t packet_ns; /* when the packet at hand came */
    uint32_t next_timestamp;
    uint16_t next_seq;
    enum g711_law law;
    bool started;
    struct media_stream *stream;
    struct counters *counters;
};

static void tell(const struct media_tones *m)
{
    const struct tone *tone = &m->last;
    uint64_t samples = tone->end - tone->begin;
    const struct keypress key = { .time_ns = tone->time_ns,
                                  .last_ns = m->packet_ns,
                                  .duration_ms = samples ? (double)samples / SAMPLES_PER_MS : NAN,
                                  .known_by = (uint32_t)tone->begin,
                                  .digit = tone->digit,
                                  .way = KEYPRESS_INBAND,
                                  .ended = samples > 0 };

    keypress_tone(&m->stream->keys, &key, m->counters);
}

/* What of the sound between the two was not heard. Begin and end of a tone are not known to the
 * sample, so holes beside them count too. */
static uint64_t lost_between(const struct media_tones *m, uint64_t from, uint64_t to)
{
    uint64_t lost = 0;

    for (int i = 0; i < HOLES_KEPT; i++) {
        const struct hole *h = &m->holes[i];

        if (h->end + HOLE_SAMPLES > from && h->begin < to)
            lost += h->end - h->begin;
    }
    return lost;
}

/* Does the tone that begins there go on with the last one? What was lost in between is no pause. */
static bool goes_on(const struct media_tones *m, char digit, uint64_t at_sample)
{
    const struct tone *tone = &m->last;

    if (tone->digit != digit)
        return false;
    return at_sample <= tone->end ||
           at_sample - tone->end < HOLE_SAMPLES + lost_between(m, tone->end, at_sample);
}

static void on_tone(void *ctx, char digit, uint64_t at_sample, uint32_t samples)
{
    struct media_tones *m = ctx;
    struct tone *tone = &m->last;

    if (!goes_on(m, digit, at_sample))
        *tone =
            (struct tone){ .digit = digit,
                           .begin = at_sample,
                           .end = at_sample,
                           .time_ns = m->packet_ns + ((int64_t)at_sample - (int64_t)m->packet_fed) *
                                                         (1000000 / SAMPLES_PER_MS) };
    if (samples)
        tone->end = at_sample + samples;
    tell(m);
}

static void feed(const struct tracker *t, struct media_tones *m, const int16_t *samples,
                 size_t count)
{
    t->options.tones.listen(m->listener, samples, count, on_tone, m);
    m->fed += count;
}

/* lost: packets stood here. Else nobody sent, which is a pause like any other. */
static void feed_silence(const struct tracker *t, struct media_tones *m, uint32_t count, bool lost)
{
    static const int16_t silence[CHUNK_SAMPLES];

    if (lost && count <= LOST_MAX_SAMPLES) {
        m->holes[m->next_hole] = (struct hole){ m->fed, m->fed + count };
        m->next_hole = (m->next_hole + 1) % HOLES_KEPT;
    }
    for (uint32_t n; count; count -= n) {
        n = count < CHUNK_SAMPLES ? count : CHUNK_SAMPLES;
        feed(t, m, silence, n);
    }
}

static void hear(const struct tracker *t, struct media_tones *m, const struct rtp_packet *packet,
                 int64_t time_ns)
{
    int64_t gap = m->started ? serial32_diff(m->next_timestamp, packet->timestamp) : 0;
    struct slice codes = packet->payload;
    int16_t samples[CHUNK_SAMPLES];

    if (gap < 0 && gap > -BACK_MAX_SAMPLES)
        return; /* late, or once more: its place was fed already */
    m->packet_ns = time_ns;
    if (gap)
        feed_silence(t, m,
                     gap > 0 && gap < SILENCE_MAX_SAMPLES ? (uint32_t)gap : SILENCE_MAX_SAMPLES,
                     packet->seq != m->next_seq);
    m->next_seq = (uint16_t)(packet->seq + 1);
    m->packet_fed = m->fed;
    m->next_timestamp = packet->timestamp + (uint32_t)codes.len;
    m->started = true;
    while (codes.len) {
        size_t n = codes.len < CHUNK_SAMPLES ? codes.len : CHUNK_SAMPLES;

        g711_expand(samples, m->law, slice_of(codes.p, n));
        feed(t, m, samples, n);
        codes = slice_of(codes.p + n, codes.len - n);
    }
}

static bool offers_events(const struct media_endpoint *e)
{
    for (uint8_t i = 0; i < e->format_count; i++) {
        if (e->formats[i].is_event)
            return true;
    }
    return false;
}

/* Did both sides name telephone-event? As long as one side alone spoke, and named it, it may. */
static bool events_agreed(const struct call *call)
{
    bool spoke[2] = { false, false }, events[2] = { false, false };

    for (const struct media_endpoint *e = call->endpoints; e; e = e->next_in_call) {
        if (e->media != MEDIA_AUDIO || e->rtcp_only || e->learned)
            continue;
        spoke[e->side] = true;
        events[e->side] = events[e->side] || offers_events(e);
    }
    for (int side = 0; side < 2; side++) {
        if (spoke[side] && !events[side])
            return false;
    }
    return true;
}

static bool is_wanted(const struct tracker *t, const struct media_stream *s)
{
    if (!s->call || s->media != MEDIA_AUDIO || s->srtp || s->foreign)
        return false;
    if (t->options.inband_dtmf == INBAND_ALWAYS)
        return true;
    return t->options.inband_dtmf == INBAND_AUTO && s->call->answer_time != RECORD_NONE &&
           s->event_payload_type == MEDIA_NO_PAYLOAD_TYPE && !events_agreed(s->call);
}

static void open_listener(struct tracker *t, struct media_stream *s, enum g711_law law)
{
    struct media_tones *m;

    if (t->tone_listeners >= t->options.max_tone_listeners) {
        tracker_refuse(t, REFUSAL_TONE_LISTENERS);
        return;
    }
    m = calloc(1, sizeof *m);
    if (m)
        m->listener = t->options.tones.open();
    if (!m || !m->listener) {
        free(m);
        tracker_refuse(t, REFUSAL_MEMORY);
        return;
    }
    m->law = law;
    m->stream = s;
    m->counters = &t->counters;
    s->tones = m;
    t->tone_listeners++;
}

void media_tones_close(struct tracker *t, struct media_stream *s)
{
    if (!s->tones)
        return;
    t->options.tones.close(s->tones->listener);
    free(s->tones);
    s->tones = NULL;
    t->tone_listeners--;
}

/* What was agreed on, or what the stream sends, is not what it was. */
static void decide(struct tracker *t, struct media_stream *s)
{
    enum g711_law law = g711_law_of(slice_of_text(s->format.codec));
    bool wanted = law != G711_NONE && is_wanted(t, s);

    if (s->tones && (!wanted || s->tones->law != law))
        media_tones_close(t, s);
    if (!s->tones && wanted)
        open_listener(t, s, law);
}

void media_tones_call_changed(struct call *call)
{
    for (uint8_t i = 0; i < call->stream_count; i++)
        call->streams[i]->tones_want |= TONES_DECIDE;
}

void media_tones_hear(struct tracker *t, struct media_stream *s, const struct rtp_packet *packet,
                      int64_t time_ns)
{
    if (!t->options.tones.open || t->options.inband_dtmf == INBAND_NEVER) {
        s->tones_want = TONES_NOTHING;
        return;
    }
    if (s->tones_want & TONES_DECIDE) {
        decide(t, s);
        s->tones_want = s->tones ? TONES_LISTEN : TONES_NOTHING;
    }
    if (!s->tones)
        return;
    if (packet->payload_type == s->payload_type)
        hear(t, s->tones, packet, time_ns);
    else if (packet->seq == s->tones->next_seq)
        s->tones->next_seq++; /* comfort noise: the next one is no loss */
}
