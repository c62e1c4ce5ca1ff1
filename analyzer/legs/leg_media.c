#include "analyzer/legs/leg_media.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)
/* Of legs without a host in common: one begins as the other one asks for it. */
#define BEGIN_TOGETHER_NS (10 * NS_PER_S)

enum { STREAMS_MAX = LEG_SOUNDS_MAX * 2, MEASURED_MIN = 2 };

enum direction { UNKNOWN, TO_CALLEE, TO_CALLER, DIRECTION_COUNT };

static const struct slice directions[DIRECTION_COUNT] = {
    [UNKNOWN] = SLICE_INIT("unknown"),
    [TO_CALLEE] = SLICE_INIT("caller_to_callee"),
    [TO_CALLER] = SLICE_INIT("callee_to_caller"),
};

struct leg_stream {
    uint64_t id;
    uint32_t src, dst;           /* hashes of the hosts */
    float loss_ratio, jitter_ms; /* NaN: not known */
    uint8_t direction;           /* enum direction */
};

struct leg_media {
    unsigned count;
    struct leg_stream streams[];
};

static bool is_heard_elsewhere(const struct leg_call *c, uint64_t stream)
{
    for (const struct leg_pair *p = c->pairs; p; p = leg_pair_next(p, c)) {
        for (const struct leg_sound *s = p->sounds; s; s = s->next) {
            if (s->stream[leg_pair_side(p, c)] == stream)
                return true;
        }
    }
    return false;
}

static uint32_t hash_host(const struct addr *a)
{
    static const struct siphash_key fixed = { { 0, 0 } };

    return (uint32_t)siphash(&fixed, a->ip, sizeof a->ip);
}

static struct leg_stream summary_of(const struct stream_record *s)
{
    struct leg_stream out = { .id = s->id,
                              .src = hash_host(&s->src),
                              .dst = hash_host(&s->dst),
                              .loss_ratio = NAN,
                              .jitter_ms = (float)s->jitter_ms_mean };

    if (s->expected > 0 && s->lost >= 0)
        out.loss_ratio = (float)((double)s->lost / (double)s->expected);
    for (uint8_t i = 0; i < DIRECTION_COUNT; i++) {
        if (slice_eq(s->direction, directions[i]))
            out.direction = i;
    }
    return out;
}

void leg_media_take(struct leg_call *c, const struct call_record *record)
{
    struct leg_stream found[STREAMS_MAX];
    struct leg_media *media;
    unsigned count = 0;

    for (size_t i = 0; c->pairs && i < record->stream_count && count < STREAMS_MAX; i++) {
        const struct stream_record *s = &record->streams[i];

        if (s->foreign_source != 1 && is_heard_elsewhere(c, s->id))
            found[count++] = summary_of(s);
    }
    if (!count)
        return;
    media = realloc(c->media, sizeof *media + count * sizeof *found);
    if (!media)
        return;
    memcpy(media->streams, found, count * sizeof *found);
    media->count = count;
    c->media = media;
}

void leg_media_drop(struct leg_call *c)
{
    free(c->media);
    c->media = NULL;
}

static const struct leg_stream *find(const struct leg_call *c, uint64_t id)
{
    for (unsigned i = 0; c->media && i < c->media->count; i++) {
        if (c->media->streams[i].id == id)
            return &c->media->streams[i];
    }
    return NULL;
}

/* What one host sends to two is its announcement, and what two send to one is theirs: sound that
 * passes a machine comes from one host, and goes to another. */
static bool passes_on(const struct leg_stream *a, const struct leg_stream *b)
{
    return a && b && a->src != b->src && a->dst != b->dst;
}

static bool is_relayed(const struct leg_stream *a, const struct leg_stream *b)
{
    return a->dst == b->src || b->dst == a->src;
}

static unsigned count_bits(uint16_t bits)
{
    return (unsigned)__builtin_popcount(bits);
}

/* Equal sounds that speak for it: in the right order, always as far apart. */
static unsigned steady_prints(const struct leg_sound *s)
{
    unsigned steady;

    if (leg_sound_apart_us(s, &steady) == RECORD_NONE || s->disorder * 4 > s->matched ||
        steady * 4 < count_bits(s->alone) * 3 || s->last_time[1] - s->first_time < NS_PER_S)
        return 0;
    return steady;
}

bool leg_media_proves(const struct leg_pair *p, unsigned *prints)
{
    int64_t apart = p->calls[1]->start - p->calls[0]->start;
    bool together = apart < BEGIN_TOGETHER_NS && apart > -BEGIN_TOGETHER_NS;
    unsigned relayed = 0, all = 0;

    for (const struct leg_sound *s = p->sounds; s; s = s->next) {
        const struct leg_stream *a = find(p->calls[0], s->stream[0]);
        const struct leg_stream *b = find(p->calls[1], s->stream[1]);
        unsigned n;

        if (!passes_on(a, b))
            continue;
        n = steady_prints(s);
        all += n;
        if (is_relayed(a, b))
            relayed += n;
    }
    *prints = all;
    return relayed >= LEG_PRINTS_RELAYED || (together && all >= LEG_PRINTS_APART);
}

static void write_id(struct jsonw *j, const char *key, uint64_t id)
{
    char text[17];

    snprintf(text, sizeof text, "%016" PRIx64, id);
    jsonw_key(j, key);
    jsonw_text(j, slice_of_text(text));
}

static void write_real(struct jsonw *j, const char *key, double value, int decimals)
{
    jsonw_key(j, key);
    jsonw_real(j, value, decimals);
}

static void worsen(double *worst, double value)
{
    if (!isnan(value) && (isnan(*worst) || value > *worst))
        *worst = value;
}

/* Which one the sound passes first: by the host between them, else by the clock. */
static bool b_is_first(const struct leg_stream *a, const struct leg_stream *b, int64_t apart_us)
{
    bool a_feeds_b = a->dst == b->src, b_feeds_a = b->dst == a->src;

    return a_feeds_b == b_feeds_a ? apart_us < 0 : b_feeds_a;
}

static void write_one(struct jsonw *j, const struct leg_sound *s, const struct leg_stream *a,
                      const struct leg_stream *b, int64_t apart_us, struct leg_media_worst *worst)
{
    bool turned = b_is_first(a, b, apart_us);
    double more = (double)b->loss_ratio - (double)a->loss_ratio, loss = turned ? -more : more;
    double delay = (double)(turned ? -apart_us : apart_us) / 1000;

    jsonw_object_open(j);
    jsonw_key(j, "direction");
    jsonw_text(j, directions[a->direction]);
    write_id(j, "stream_a", a->id);
    write_id(j, "stream_b", b->id);
    jsonw_key(j, "first");
    jsonw_text(j, turned ? SLICE("b") : SLICE("a"));
    jsonw_key(j, "prints");
    jsonw_int(j, s->matched);
    write_real(j, "loss_ratio_a", (double)a->loss_ratio, 6);
    write_real(j, "loss_ratio_b", (double)b->loss_ratio, 6);
    write_real(j, "loss_added_ratio", loss, 6);
    write_real(j, "delay_added_ms", delay, 3);
    write_real(j, "jitter_ms_a", (double)a->jitter_ms, 3);
    write_real(j, "jitter_ms_b", (double)b->jitter_ms, 3);
    jsonw_object_close(j);
    worsen(&worst->loss_added_ratio, loss);
    worsen(&worst->delay_added_ms, delay);
}

unsigned leg_media_write(const struct leg_pair *p, struct jsonw *j, struct leg_media_worst *worst)
{
    unsigned written = 0;

    *worst = (struct leg_media_worst){ NAN, NAN };
    for (const struct leg_sound *s = p->sounds; s; s = s->next) {
        const struct leg_stream *a = find(p->calls[0], s->stream[0]);
        const struct leg_stream *b = find(p->calls[1], s->stream[1]);
        unsigned steady;
        int64_t apart_us = leg_sound_apart_us(s, &steady);

        if (!passes_on(a, b) || s->matched < MEASURED_MIN + s->disorder)
            continue;
        write_one(j, s, a, b, apart_us, worst);
        written++;
    }
    return written;
}
