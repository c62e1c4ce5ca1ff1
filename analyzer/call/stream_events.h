/*
 * stream_events - what changed in mid-stream, by time: the codec, the clock, who sends, from where.
 *
 * Some of it one packet shows (another payload type, a restart): that is noted when it happens. Some
 * only two streams of a call show together (another SSRC took over): that is worked out when the call
 * is reported.
 *
 * Ownership  The stream owns its events; stream_events_free. NULL: nothing happened.
 * Thread     Analysis thread only.
 * Bounded    STREAM_EVENTS_MAX, and STREAM_EVENTS_OF_KIND of one kind: a router that cannot decide on a
 *            DSCP must not hide that the codec changed. More are counted (stream_events).
 * Source     docs/METRICS.md §1
 */
#ifndef ANALYZER_CALL_STREAM_EVENTS_H
#define ANALYZER_CALL_STREAM_EVENTS_H

#include "analyzer/base/addr.h"
#include "analyzer/base/jsonw.h"
#include "analyzer/counters.h"

enum { STREAM_EVENTS_MAX = 32, STREAM_EVENTS_OF_KIND = 12, STREAM_PAUSES_MAX = 8 };

/* Shorter ones are not remembered. */
#define STREAM_PAUSE_LEAST_NS INT64_C(3000000000)

struct call;
struct media_format;
struct media_stream;
struct stream_events;

void stream_events_free(struct stream_events *e);

/* From now on it is another codec: announced when SDP of whoever listens names its payload type, now
 * or by the end (a re-INVITE's answer often comes behind its media). Comfort noise and keypresses are
 * no codecs: nothing is noted. */
void stream_events_codec(struct media_stream *s, const struct media_format *to, int64_t time_ns,
                         struct counters *counters);

/* The sequence numbers began anew. */
void stream_events_restart(struct media_stream *s, int64_t time_ns, struct counters *counters);

/* Neither the sequence nor the time of arrival explains the timestamp. */
void stream_events_jump(struct media_stream *s, double jump_ms, int64_t time_ns,
                        struct counters *counters);

/* Fax of the same side took over from the sound. */
void stream_events_t38(struct media_stream *s, int64_t time_ns, struct counters *counters);

void stream_events_dscp(struct media_stream *s, uint8_t to, int64_t time_ns,
                        struct counters *counters);

/* Nothing came for a while: so others who sent meanwhile were not beside it. The longest are kept. */
void stream_events_pause(struct media_stream *s, int64_t from_ns, int64_t to_ns,
                         struct counters *counters);

/* Those that are kept, in no order. Says how many. */
struct stream_pause {
    int64_t from_ns, to_ns;
};
int stream_events_pauses(const struct media_stream *s, struct stream_pause out[STREAM_PAUSES_MAX]);

/* How long both sent. 0: not at once. */
int64_t stream_events_overlap_ns(const struct media_stream *a, const struct media_stream *b);

/* Are they the same packets, seen twice (before and behind a NAT)? */
bool stream_events_are_copies(const struct media_stream *a, const struct media_stream *b);

/* The JSON array. */
void stream_events_write(const struct media_stream *s, struct strbuf *out);

/* The first codec change that SDP does not name, in words: "PCMA/8 to G729/18". False: none. */
bool stream_events_first_unannounced(const struct media_stream *s, int64_t *time_ns,
                                     struct strbuf *words);

/* Codec changes to what SDP does not name, not even by now. */
int64_t stream_events_unannounced(const struct media_stream *s);

/* The same of a call's audio; foreign sources aside. RECORD_NONE without audio. */
int64_t stream_events_unannounced_in_call(const struct call *call);

#endif
