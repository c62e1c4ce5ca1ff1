#include "analyzer/call/media_stream.h"

#include "analyzer/call/stream_events.h"
#include "analyzer/call/stream_reports.h"

#include <math.h>
#include <stdlib.h>

enum {
    PROVEN_IN_A_ROW = 4, /* chance alone makes that of noise once in 2^48 */
};

static void take_event_format(struct media_stream *s, const struct media_format *format)
{
    s->event_payload_type = format->payload_type;
    s->tones_want |= TONES_DECIDE;
    s->event_ms_per_tick = 1000.0 / (format->clock_rate_hz ? format->clock_rate_hz : 8000);
}

/* RFC 3389 §4: by the codec's own clock. Another one cannot be told into it. */
static void take_noise_format(struct media_stream *s, const struct media_format *format)
{
    s->noise_payload_type = format->payload_type;
    s->noise_timed = format->clock_rate_hz == s->format.clock_rate_hz;
}

static void take_format(struct media_stream *s, const struct media_format *format)
{
    s->format = *format;
    s->payload_type = format->payload_type;
    s->has_clock = format->clock_rate_hz != 0;
    s->payload_kind = format->payload_kind;
    s->level_encoding = format->level_encoding;
    s->tones_want |= TONES_DECIDE;
}

struct media_stream *media_stream_new(const struct stream_key *key,
                                      const struct media_format *format, int64_t time_ns)
{
    struct media_stream *s = aligned_alloc(_Alignof(struct media_stream), sizeof *s);

    if (!s)
        return NULL;
    memset(s, 0, sizeof *s);
    s->key = *key;
    s->event_payload_type = s->noise_payload_type = MEDIA_NO_PAYLOAD_TYPE;
    s->red_payload_type = MEDIA_NO_PAYLOAD_TYPE;
    rtp_stream_init(&s->rtp, format->clock_rate_hz);
    take_format(s, format);
    if (format->is_event) { /* keypresses alone, so far: a codec may follow */
        take_event_format(s, format);
        s->payload_type = MEDIA_NO_PAYLOAD_TYPE;
    } else if (format->is_red) {
        s->red_payload_type = format->payload_type;
        s->payload_type = MEDIA_NO_PAYLOAD_TYPE;
    } else if (format->is_noise) {
        take_noise_format(s, format);
    }
    timeline_init(&s->timeline, time_ns);
    timeline_set_codec(&s->timeline, s->format.ie, s->format.clock_rate_hz != 0);
    return s;
}

void media_stream_free(struct media_stream *s)
{
    if (!s)
        return;
    quantile_fini(&s->jitter_series);
    timeline_fini(&s->timeline);
    keypress_fini(&s->keys);
    free(s->fax);
    stream_events_free(s->events);
    stream_reports_free(s->reports);
    free(s);
}

void media_stream_set_format(struct media_stream *s, const struct media_format *format)
{
    if (format->is_event) {
        take_event_format(s, format);
        return;
    }
    if (format->is_red && !s->srtp) { /* what is in it counts */
        s->red_payload_type = format->payload_type;
        return;
    }
    if (format->is_noise) { /* the codec stays what it is */
        take_noise_format(s, format);
        return;
    }
    if (format->clock_rate_hz != s->format.clock_rate_hz)
        rtp_stream_set_clock(&s->rtp, format->clock_rate_hz);
    if (s->noise_payload_type == s->payload_type) /* nothing but noise came so far */
        s->noise_timed = s->format.clock_rate_hz == format->clock_rate_hz;
    if (format->payload_type != s->payload_type) /* else more is known of the same */
        media_stream_bank_row(s);
    if (format->payload_kind != s->format.payload_kind)
        s->payload = (struct payload_tally){ 0 };
    take_format(s, format);
    timeline_set_codec(&s->timeline, media_stream_row_now(s), format->clock_rate_hz != 0);
}

bool media_stream_is_timed(const struct media_stream *s)
{
    if (s->format.clock_rate_hz == 0)
        return false; /* its timestamps are in unknown units */
    return s->media != MEDIA_AUDIO ||
           (rtp_stream_times_hold(&s->rtp) && !drift_is_absurd(&s->drift));
}

/* Which of the block's numbers each model heard. */
struct heard {
    uint64_t raw;
    uint64_t behind[PLAYOUT_MODELS];
};

static struct heard heard_of(const struct media_stream *s, const struct rtp_block *block)
{
    size_t slot = (uint64_t)block->number % RTP_WINDOW_BLOCKS;
    struct heard h = { .raw = block->seen };

    for (int m = 0; m < PLAYOUT_MODELS; m++)
        h.behind[m] = block->seen & ~s->late[m][slot];
    return h;
}

static void add_block(struct loss_runs runs[RECORD_MODELS], struct loss_lengths *lengths,
                      struct burst *burst, const struct rtp_block *block, const struct heard *h)
{
    loss_runs_add(&runs[0], block->valid, h->raw);
    for (int m = 0; m < PLAYOUT_MODELS; m++)
        loss_runs_add(&runs[1 + m], block->valid, h->behind[m]);
    loss_lengths_add(lengths, block->valid, h->raw);
    burst_add(burst, block->valid, h->behind[PLAYOUT_JB200]);
    if (!block->last)
        return;
    for (int m = 0; m < RECORD_MODELS; m++)
        loss_runs_break(&runs[m]);
    loss_lengths_break(lengths);
    burst_break(burst);
}

static void retire(void *ctx, const struct rtp_block *block)
{
    struct media_stream *s = ctx;
    struct heard h = heard_of(s, block);

    add_block(s->runs, &s->lengths, &s->burst, block, &h);
    if (s->reports)
        stream_reports_retire(s->reports, block, s->runs[0].lost);
    for (int m = 0; m < PLAYOUT_MODELS; m++)
        s->late[m][(uint64_t)block->number % RTP_WINDOW_BLOCKS] = 0;
    s->times_lie = s->media == MEDIA_AUDIO && !rtp_stream_times_hold(&s->rtp);
    timeline_set_codec(&s->timeline, media_stream_row_now(s), s->has_clock && !s->times_lie);
}

/* Did the 200 ms buffer play it? Of a number that is in the window. */
static bool is_played(const struct media_stream *s, int64_t ext)
{
    size_t slot = (uint64_t)(ext >> 6) % RTP_WINDOW_BLOCKS;

    return (s->rtp.seen[slot] & ~s->late[PLAYOUT_JB200][slot]) >> (ext & 63) & 1;
}

/* As the sequence stood before the packet. */
struct sequence {
    int64_t first, highest;
};

/* Losses are charged where the gap shows, and credited back where the late packet belongs. Says how
 * many numbers were passed over. */
static uint32_t count_unusual(struct media_stream *s, const struct rtp_observation *seen,
                              const struct sequence *before, int64_t time_ns, bool late,
                              struct counters *counters)
{
    struct timeline_packet p = {
        .time_ns = time_ns,
        .ext = seen->ext,
        .next_ext = before->highest + 1,
        .jitter_ms = s->rtp.jitter_ms,
        .late = late,
        .restarts = seen->arrival == RTP_ARRIVAL_RESTART,
    };

    if (s->rtp.first == seen->ext && seen->arrival == RTP_ARRIVAL_IN_ORDER) { /* a segment begins */
        p.next_ext = seen->ext;
    } else if (seen->arrival == RTP_ARRIVAL_IN_ORDER) {
        p.gap = (uint32_t)(seen->ext - before->highest - 1);
        p.gap_ms = p.gap * (s->rtp.ticks_per_packet * s->rtp.ms_per_tick);
    } else if (p.restarts) {
        p.next_ext = seen->ext - 1;
    } else if (seen->ext < before->first) {
        p.widens = true;
        p.gap = (uint32_t)(before->first - seen->ext - 1);
        p.above_heard = is_played(s, before->first);
    } else {
        p.late_copy = true;
        p.below_heard = seen->ext == s->rtp.first || is_played(s, seen->ext - 1);
        p.above_heard = is_played(s, seen->ext + 1);
    }
    timeline_unusual(&s->timeline, &p, counters);
    return p.widens ? 0 : p.gap;
}

static uint32_t count_in_timeline(struct media_stream *s, const struct rtp_observation *seen,
                                  const struct sequence *before, int64_t time_ns, bool late,
                                  struct counters *counters)
{
    if (seen->arrival == RTP_ARRIVAL_IN_ORDER && seen->ext == before->highest + 1 && !late)
        timeline_usual(&s->timeline, time_ns, seen->ext, s->rtp.jitter_ms, counters);
    else if (seen->arrival != RTP_ARRIVAL_DUPLICATE && seen->arrival != RTP_ARRIVAL_WILD)
        return count_unusual(s, seen, before, time_ns, late, counters);
    return 0;
}

/* True: too late for 200 ms. */
static bool play_out(struct media_stream *s, const struct rtp_observation *seen)
{
    unsigned late = playout_arrive(&s->playout, seen->transit_ms, seen->rebased || seen->talkspurt);

    for (unsigned m = 0, left = late; left; m++, left >>= 1) {
        if (left & 1)
            s->late[m][(uint64_t)(seen->ext >> 6) % RTP_WINDOW_BLOCKS] |= 1ull << (seen->ext & 63);
    }
    return late >> PLAYOUT_JB200 & 1;
}

/* Numbers that follow each other are what noise has not. */
static void prove(struct media_stream *s, const struct rtp_observation *seen,
                  int64_t highest_before)
{
    if (seen->arrival == RTP_ARRIVAL_IN_ORDER && seen->ext == highest_before + 1)
        s->in_a_row++;
    else if (s->rtp.packets > 1)
        s->in_a_row = 0;
    if (s->in_a_row >= PROVEN_IN_A_ROW - 1)
        s->proven = true;
}

/* What is encrypted would be digits that nobody pressed. */
static void hear_event(struct media_stream *s, const struct rtp_packet *packet, int64_t time_ns,
                       struct counters *counters)
{
    const struct keypress_clock clock = {
        .ms_per_tick = s->event_ms_per_tick,
        .ticks_per_packet = s->event_ms_per_tick == s->rtp.ms_per_tick ? s->rtp.ticks_per_packet : 0
    };

    if (!s->srtp)
        keypress_event(&s->keys, packet, &clock, time_ns, counters);
}

/* On the wire; 0: cut so that it cannot be told. */
static size_t payload_bytes(const struct rtp_packet *packet)
{
    return packet->cut ? packet->wire_payload_bytes : packet->payload.len;
}

/* What its codec's own header says. */
static void read_payload(struct media_stream *s, const struct rtp_packet *packet,
                         struct counters *counters)
{
    struct payload_info info;

    enum payload_parse parse;

    s->rtp.own_ticks = 0;
    if (packet->cut)
        parse = payload_parse_cut(&info, (enum payload_kind)s->payload_kind, packet->payload,
                                  payload_bytes(packet));
    else
        parse = payload_parse(&info, (enum payload_kind)s->payload_kind, packet->payload);
    if (parse != PAYLOAD_PARSE_OK) {
        counters->refusals[REFUSAL_PAYLOAD_MALFORMED] += !packet->cut;
        return;
    }
    payload_tally_add(&s->payload, &info, payload_bytes(packet));
    s->noise_packets += info.noise;
    s->rtp.own_ticks = (uint32_t)((uint64_t)info.duration_us * s->format.clock_rate_hz / 1000000);
}

static void measure_level(struct media_stream *s, const struct rtp_packet *packet)
{
    enum level_heard heard =
        level_measure(timeline_level(&s->timeline), (enum level_encoding)s->level_encoding,
                      packet->payload, packet->seq);

    s->decoded_packets += heard != LEVEL_NOTHING;
    s->loud_packets += heard == LEVEL_SOUND;
    /* A byte is a tick in G.711; L16 may have any number of channels. */
    s->rtp.own_ticks = s->level_encoding == LEVEL_L16 ? 0 : (uint32_t)payload_bytes(packet);
}

/* A packet of the codec, or of comfort noise, that is no copy. */
static void hear(struct media_stream *s, const struct rtp_packet *packet,
                 const struct rtp_observation *seen, int64_t time_ns, struct counters *counters)
{
    drift_add(&s->drift, time_ns, seen->transit_ms, seen->rebased);
    if (packet->payload_type == s->noise_payload_type) {
        s->noise_packets++;
        s->rtp.own_ticks = 0;
        return;
    }
    s->stray_packets = 0;
    if (s->srtp)
        return;
    if (s->level_encoding)
        measure_level(s, packet);
    else if (s->payload_kind)
        read_payload(s, packet, counters);
}

static void note_events(struct media_stream *s, const struct rtp_observation *seen, int64_t time_ns,
                        struct counters *counters)
{
    if (seen->arrival == RTP_ARRIVAL_RESTART)
        stream_events_restart(s, time_ns, counters);
    else
        stream_events_jump(s, seen->jump_ms, time_ns, counters);
}

uint32_t media_stream_packet(struct media_stream *s, const struct rtp_packet *packet,
                             int64_t time_ns, struct counters *counters)
{
    bool is_event = packet->payload_type == s->event_payload_type;
    bool is_codec = packet->payload_type == s->payload_type;
    /* Else its timestamp stands still, or is in unknown units. */
    bool timed = s->has_clock && !is_event &&
                 (is_codec || (packet->payload_type == s->noise_payload_type && s->noise_timed));
    struct sequence before = { s->rtp.first, s->rtp.highest };
    struct rtp_observation seen;
    uint32_t missing;
    bool late = false;

    if (time_ns - s->rtp.last_time_ns >= STREAM_PAUSE_LEAST_NS && s->rtp.packets)
        stream_events_pause(s, s->rtp.last_time_ns, time_ns, counters);
    rtp_stream_observe(&s->rtp, packet, time_ns, timed, &s->jitter_series, retire, s, &seen);
    if (!s->proven)
        prove(s, &seen, before.highest);
    if (seen.arrival == RTP_ARRIVAL_RESTART || seen.jumped)
        note_events(s, &seen, time_ns, counters);
    if (seen.arrival == RTP_ARRIVAL_WILD)
        counters->refusals[REFUSAL_RTP_OUT_OF_WINDOW]++;
    else if (timed && seen.arrival != RTP_ARRIVAL_DUPLICATE && !s->times_lie)
        late = play_out(s, &seen);
    missing = count_in_timeline(s, &seen, &before, time_ns, late, counters);
    if (is_event)
        hear_event(s, packet, time_ns, counters);
    else if (timed && seen.arrival != RTP_ARRIVAL_DUPLICATE && seen.arrival != RTP_ARRIVAL_WILD)
        hear(s, packet, &seen, time_ns, counters);
    return missing;
}

int media_stream_unpack(const struct media_stream *s, struct rtp_packet *packet,
                        struct dtmf_red_block older[DTMF_RED_BLOCKS], struct counters *counters)
{
    unsigned count;

    if (packet->payload_type != s->red_payload_type || s->srtp)
        return 0;
    count = dtmf_red_parse(older, packet->payload);
    if (count == 0) {
        counters->refusals[REFUSAL_PAYLOAD_MALFORMED] += !packet->cut;
        return -1;
    }
    packet->payload_type = older[count - 1].payload_type;
    packet->payload = older[count - 1].payload;
    packet->wire_payload_bytes = packet->cut ? 0 : (uint32_t)packet->payload.len;
    return (int)count - 1;
}

void media_stream_hear_again(struct media_stream *s, const struct dtmf_red_block *older, int count,
                             uint32_t timestamp, int64_t time_ns, struct counters *counters)
{
    for (int i = 0; i < count; i++) {
        const struct rtp_packet packet = { .timestamp = timestamp - older[i].earlier,
                                           .payload_type = older[i].payload_type,
                                           .payload = older[i].payload };
        struct dtmf_event event;

        if (packet.payload_type != s->event_payload_type ||
            !dtmf_event_parse(&event, packet.payload))
            continue;
        /* When the packet would have come that it is taken from. */
        hear_event(s, &packet,
                   time_ns +
                       (int64_t)((event.duration - older[i].earlier) * s->event_ms_per_tick * 1e6) -
                       (int64_t)(s->rtp.ticks_per_packet * s->rtp.ms_per_tick * 1e6),
                   counters);
    }
}

static void tally_block(void *ctx, const struct rtp_block *block)
{
    struct media_tally *t = ctx;
    struct heard h = heard_of(t->stream, block);

    add_block(t->runs, &t->lengths, &t->burst, block, &h);
}

void media_stream_tally(const struct media_stream *s, struct media_tally *t)
{
    t->stream = s;
    memcpy(t->runs, s->runs, sizeof t->runs);
    t->lengths = s->lengths;
    t->burst = s->burst;
    rtp_stream_peek(&s->rtp, tally_block, t);
}

double media_stream_loss_ratio(const struct media_stream *s)
{
    int64_t expected = rtp_stream_expected(&s->rtp);
    struct media_tally t;

    if (expected == 0)
        return NAN;
    media_stream_tally(s, &t);
    return (double)t.runs[0].lost / (double)expected;
}
