/*
 * media_tones - which streams are listened to for keys in the sound, and when.
 *
 * Automatic: G.711 of a call in which SDP agreed on no telephone-event, from its answer on until an
 * event turns up all the same. The listener itself is lent from outside (struct tone_listener): here
 * the sound is put in order for it. Packets are fed as they arrive; what is missing is silence, what
 * comes late or twice is left out, and a tone that a lost packet tore in two is one.
 *
 * Ownership  A stream has its struct media_tones while it is listened to; media_tones_close.
 * Thread     Analysis thread only.
 * Bounded    options.max_tone_listeners at a time (refusal tone_listeners).
 */
#ifndef ANALYZER_CALL_MEDIA_TONES_H
#define ANALYZER_CALL_MEDIA_TONES_H

#include "analyzer/call/media_stream.h"

struct media_tones;
struct tracker;

/* The call was answered, or said something new about its media. */
void media_tones_call_changed(struct call *call);

/* Decides when that is due; listens. */
void media_tones_hear(struct tracker *t, struct media_stream *s, const struct rtp_packet *packet,
                      int64_t time_ns);

/* One packet of the stream, behind media_stream_packet. */
static inline void media_tones_packet(struct tracker *t, struct media_stream *s,
                                      const struct rtp_packet *packet, int64_t time_ns)
{
    if (s->tones_want)
        media_tones_hear(t, s, packet, time_ns);
}

/* Nobody listens any more: the stream ends. */
void media_tones_close(struct tracker *t, struct media_stream *s);

#endif
