/*
 * media_stream - one RTP stream as it is heard: its packets, its losses, how it would have sounded.
 *
 * Joins what rtp/ knows of sequence numbers and times with what quality/ knows of playout, bursts and
 * the E-model. Lives in a call, or alone until SDP claims it.
 *
 * Ownership  media_stream_new/free; the endpoint's formats are borrowed from its call.
 * Thread     Analysis thread only.
 * Source     docs/METRICS.md §2 to §4
 */
#ifndef ANALYZER_CALL_MEDIA_STREAM_H
#define ANALYZER_CALL_MEDIA_STREAM_H

#include "analyzer/base/expiry.h"
#include "analyzer/call/keypress.h"
#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "analyzer/quality/burst.h"
#include "analyzer/quality/codec_ie.h"
#include "analyzer/quality/drift.h"
#include "analyzer/quality/playout.h"
#include "analyzer/quality/timeline.h"
#include "analyzer/record.h"
#include "analyzer/rtp/payload.h"
#include "analyzer/rtp/rtp_stream.h"
#include "analyzer/rtp/udptl_stream.h"

struct call;
struct stream_events;
struct stream_reports;

enum stream_direction {
    DIRECTION_UNKNOWN,
    DIRECTION_CALLER_TO_CALLEE,
    DIRECTION_CALLEE_TO_CALLER,
};

enum media_kind { MEDIA_AUDIO, MEDIA_VIDEO, MEDIA_IMAGE, MEDIA_OTHER };

enum {
    MEDIA_CODEC_NAME_MAX = 16,
    MEDIA_NO_PAYLOAD_TYPE = 255,
};

/* What a payload type means. */
struct media_format {
    char codec[MEDIA_CODEC_NAME_MAX]; /* as SDP spells it, printable; empty: not known */
    struct slice fmtp;                /* in the call's arena; absent: none */
    const struct codec_ie *ie;        /* NULL: no model */
    uint32_t clock_rate_hz;
    uint8_t payload_type;
    bool is_event;          /* telephone-event */
    bool is_noise;          /* comfort noise */
    bool is_red;            /* redundancy: others are packed in it (RFC 2198) */
    uint8_t payload_kind;   /* enum payload_kind */
    uint8_t level_encoding; /* enum level_encoding */
    uint8_t of_media;       /* enum media_kind + 1 of the m= line that names it; 0: none does */
};

/* The key of the stream table: who sends what to whom. */
struct stream_key {
    struct addr src, dst;
    uint32_t network;
    uint32_t ssrc;
};

/* What media_tones wants of the next packet. */
enum tones_want { TONES_NOTHING = 0, TONES_DECIDE = 1, TONES_LISTEN = 2 };

/*
 * A thousand calls do not fit the nearest caches: what costs is the lines of 64 bytes that a packet
 * touches. So what every packet needs stands in front, within the parts too, and a stream begins on a
 * line of its own.
 */
struct media_stream {
    struct stream_key key;
    struct call *call; /* NULL: an orphan */
    struct quantile jitter_series;
    uint8_t payload_type, event_payload_type, noise_payload_type, red_payload_type;
    uint8_t payload_kind, level_encoding; /* of the format */
    bool has_clock;                       /* the format's is known */
    uint8_t stray_packets;                /* in a row, of a payload type that nobody knows */
    uint8_t dscp;
    uint8_t media; /* enum media_kind */
    uint8_t direction;
    uint8_t tones_want; /* enum tones_want */
    bool srtp;
    bool foreign;     /* somebody else sends to the call's port, see media_foreign.h */
    bool proven;      /* announced by SDP, or enough packets in sequence to be RTP */
    uint8_t in_a_row; /* in sequence, until proven */
    bool times_lie;   /* so many that nothing is called late any more */
    bool noise_timed; /* comfort noise has the codec's clock */
    uint32_t decoded_packets, loud_packets; /* whose level is known; of those, not silent */
    _Alignas(64) struct rtp_stream rtp;
    struct playout playout;
    struct timeline timeline;
    struct drift drift;

    /* Packets that come late. */
    uint64_t late[PLAYOUT_MODELS][RTP_WINDOW_BLOCKS];

    /* Every 64th packet. */
    struct loss_runs runs[RECORD_MODELS]; /* raw, then as enum playout_model */
    struct loss_lengths lengths;          /* raw */
    struct burst burst;                   /* of what jb200 heard */

    /* Seldom. */
    struct media_format format;
    struct payload_tally payload;
    int64_t format_since;               /* packets before the format of now … */
    int64_t longest_packets;            /* … and most of them that another one had, */
    const struct codec_ie *longest_row; /* which was sent in this */
    uint32_t noise_packets;             /* of comfort noise: payload type 13, or the codec's own */
    struct stream_events *events;       /* what changed; NULL: nothing */
    struct keypress_list keys;          /* that were sent as events, or heard in the sound */
    struct media_tones *tones;          /* listens for keys in the sound; NULL: nobody does */
    struct udptl_stream *fax;           /* NULL: it is no fax */
    double event_ms_per_tick;           /* the clock of its events */
    struct stream_reports *reports;     /* what RTCP says of it; NULL: nothing so far */
    struct media_stream *next_orphan, *previous_orphan; /* that go to the same address */
    uint64_t id;
    int64_t early_packets; /* before the call was answered */
    void *keeper;          /* of the orphan; a call has its own */
    struct expiry_link expiry;
};
_Static_assert(sizeof(struct media_stream) < 2048, "a probe follows 100,000 streams");

/* NULL without memory. */
struct media_stream *media_stream_new(const struct stream_key *key,
                                      const struct media_format *format, int64_t time_ns);
void media_stream_free(struct media_stream *s);

/* Asks for the memory that media_stream_packet will touch; then for what that points to. */
static inline void media_stream_prefetch(const struct media_stream *s)
{
    /* Of the timeline what stands before its seconds, of the drift its first line. */
    for (size_t at = 0; at < offsetof(struct media_stream, timeline.before); at += 64)
        __builtin_prefetch((const char *)s + at, 1);
    __builtin_prefetch(&s->drift, 1);
}

static inline void media_stream_prefetch_through(const struct media_stream *s)
{
    __builtin_prefetch(s->call);
    __builtin_prefetch(s->jitter_series.last, 1);
}

/* The codec changes in mid-stream. */
void media_stream_set_format(struct media_stream *s, const struct media_format *format);

/* Says how many numbers are newly missing because of it: mostly 0. */
uint32_t media_stream_packet(struct media_stream *s, const struct rtp_packet *packet,
                             int64_t time_ns, struct counters *counters);

/* Takes the packet out of the redundancy that it is packed in; the blocks of those before it come
 * along. Says how many; 0 too where there is nothing to unpack, −1 where a length lies (counted). */
int media_stream_unpack(const struct media_stream *s, struct rtp_packet *packet,
                        struct dtmf_red_block older[DTMF_RED_BLOCKS], struct counters *counters);

/* Keys that were lost, perhaps, and come once more with the packet at `timestamp`. */
void media_stream_hear_again(struct media_stream *s, const struct dtmf_red_block *older, int count,
                             uint32_t timestamp, int64_t time_ns, struct counters *counters);

/* The counts behind each model, those still in the window included. */
struct media_tally {
    const struct media_stream *stream;
    struct loss_runs runs[RECORD_MODELS];
    struct loss_lengths lengths;
    struct burst burst;
};
void media_stream_tally(const struct media_stream *s, struct media_tally *t);

/* media_report.c. Fills a record from what is known now. Texts that must be made (intervals, events,
 * …) are left absent: they are pieces of the report's scratch buffer, see call_report.c. */
void media_stream_report(const struct media_stream *s, struct stream_record *out);

/* media_codec.c. The row of the codec table that it is really sent in, as far as its packets tell;
 * else what SDP says. NULL: no model. */
const struct codec_ie *media_stream_row_now(const struct media_stream *s);
/* The one of most of its packets, where the codec changed. */
const struct codec_ie *media_stream_codec_row(const struct media_stream *s);
/* Before another format: this one is over. */
void media_stream_bank_row(struct media_stream *s);

/* Do its timestamps mean anything? Else jitter, lateness, ptime and drift are not known. */
bool media_stream_is_timed(const struct media_stream *s);

/* media_pace.c. Fills talkspurts, comfort_noise, dtx_ratio, skew_ms and clock_drift_ppm. */
void media_stream_report_pace(const struct media_stream *s, struct stream_record *out);

/* Lost share behind the 200 ms buffer; NaN before anything was expected. */
double media_stream_loss_ratio(const struct media_stream *s);

#endif
