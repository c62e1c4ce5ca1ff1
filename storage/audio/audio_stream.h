/*
 * audio_stream - the packets of one RTP stream in any order, its sound on the timeline.
 *
 * The first packet's arrival is the anchor (less what it was later than the second that followed);
 * after it the RTP timestamps say where a packet belongs, so jitter is not heard. The anchor moves when the two clocks part: at once by more than a second
 * (a jump, a restart, a clock that stood still on hold), and when the earliest packet of a second is
 * more than 60 ms off (drift; a longer path). So both ends of a call stay within 60 ms of how they
 * were heard, for hours.
 *
 *     packet ──► waiting, by sequence number ──► anchor ──► decoder ──► resampler ──► mix
 *                up to 250 ms for what is late      └ a gap: concealed, noise or silence
 *
 * Ownership  audio_stream_init/fini; formats and mix are borrowed.
 * Thread     One thread a stream.
 * Errors     A stranger's packets: at most AUDIO_STREAM_WAITING of them wait, and each is placed
 *            within a second of its arrival, wherever its timestamp points.
 */
#ifndef STORAGE_AUDIO_AUDIO_STREAM_H
#define STORAGE_AUDIO_AUDIO_STREAM_H

#include "analyzer/rtp/rtp_packet.h"
#include "storage/audio/audio_codec.h"
#include "storage/audio/audio_mix.h"
#include "storage/audio/resampler.h"

enum {
    AUDIO_STREAM_WAITING = 64,
    AUDIO_STREAM_FORMATS = 4, /* decoders kept open */
    AUDIO_PAYLOAD_TYPES = 128,
};

/* What a payload type is to the ear. */
enum audio_kind {
    AUDIO_KIND_UNKNOWN, /* nothing decodes it */
    AUDIO_KIND_SOUND,
    AUDIO_KIND_NOISE, /* comfort noise, RFC 3389 */
    AUDIO_KIND_EVENT, /* telephone-event: silence, for digits are secrets */
};

struct audio_payload_type {
    struct audio_format format;
    uint32_t clock_hz;
    uint8_t kind; /* enum audio_kind */
};

struct waiting_packet {
    int64_t seq; /* extended */
    int64_t time_ns;
    uint32_t timestamp;
    uint8_t payload_type;
    uint8_t *payload; /* owned */
    size_t bytes;
};

struct audio_stream {
    const struct audio_payload_type *types; /* AUDIO_PAYLOAD_TYPES of them */
    struct audio_mix *mix;
    uint32_t rate_hz;      /* of the timeline */
    int64_t begin_ns;      /* of the timeline */
    int64_t last_ns;       /* of the stream: noise ends there */
    int64_t first_late_ns; /* how late its first packet was */
    enum audio_side side;
    bool silent_gaps;

    struct waiting_packet waiting[AUDIO_STREAM_WAITING]; /* by seq */
    size_t waiting_count;
    bool begun;
    int64_t next_seq;

    bool anchored;
    int64_t anchor_ns; /* since begin_ns */
    uint32_t anchor_timestamp, clock_hz;
    int64_t earliest_ns; /* least lateness of this second */
    unsigned in_second;  /* packets */

    struct {
        struct audio_decoder *decoder;
        uint8_t payload_type;
    } decoders[AUDIO_STREAM_FORMATS];
    struct audio_decoder *decoder; /* of the last packet with sound; NULL: none yet */

    struct resampler *resampler; /* of the segment; NULL: none */
    int64_t segment_at;          /* where the sound that is going on began */
    int64_t segment_in;          /* samples of it, at the decoder's rate */
    int64_t segment_out;         /* samples of it on the timeline */
    int64_t last_samples;        /* of the last packet with sound, at the timeline's rate */
    bool unheard;                /* the last packet gave no sound */
    bool in_noise;               /* since the last packet, how the silence sounds is known */
    double noise_peak;           /* of comfort noise; 0: the decoder makes it */
    uint32_t noise_state;

    struct {
        int64_t late, undecodable, cut, jumps, slips;
        int64_t lost, concealed; /* packets, samples */
    } counts;
    int error;
};

void audio_stream_init(struct audio_stream *s, const struct audio_payload_type *types,
                       struct audio_mix *mix, uint32_t rate_hz, int64_t begin_ns);
void audio_stream_fini(struct audio_stream *s);

/* The payload is copied. is_cut: the capture has not all of it, so it counts as lost. */
void audio_stream_packet(struct audio_stream *s, const struct rtp_packet *packet, int64_t time_ns,
                         bool is_cut);

/* Time passes: what waited long enough is heard; a pause is filled up to `line`. */
void audio_stream_advance(struct audio_stream *s, int64_t now_ns, int64_t line);

/* The end: everything that waits is heard. */
void audio_stream_finish(struct audio_stream *s);

/* What its decoders refused. */
uint64_t audio_stream_refused(const struct audio_stream *s, enum audio_refusal reason);

#endif
