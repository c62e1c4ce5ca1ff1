/*
 * call_audio - the packets of a stored call become stereo sound: caller left, callee right.
 *
 * The packets are read twice, in the order of their time. The first reading says which payload types
 * really flowed, so that the sample rate, the length and what cannot be decoded are known before a
 * sample is out; the second is the sound, of which some seconds are in memory at a time.
 *
 *     new ── survey… ── plan ── begin ── render… ── finish
 *
 * A stream of somebody else to the call's port is left out; so is one that passed the probe a second
 * time (same source identifier, same direction, same time). Several streams of one direction (early
 * media, a re-INVITE, a transfer) are added up where they were heard.
 *
 * Ownership  call_audio_new/free; the formats are borrowed until then, the record is not.
 * Thread     One thread a call.
 * Errors     A refusal has a name and a sentence; what is left out is named too.
 */
#ifndef STORAGE_AUDIO_CALL_AUDIO_H
#define STORAGE_AUDIO_CALL_AUDIO_H

#include "analyzer/base/strbuf.h"
#include "analyzer/datagram.h"
#include "analyzer/record.h"
#include "storage/audio/audio_mix.h"
#include "storage/audio/call_formats.h"

enum { CALL_AUDIO_SECONDS_MAX = 6 * 3600 };

enum call_audio_verdict {
    CALL_AUDIO_OK,
    CALL_AUDIO_NO_STREAMS, /* nobody sent sound */
    CALL_AUDIO_NOT_STORED, /* … but none of it is kept, or only its first bytes */
    CALL_AUDIO_ENCRYPTED,
    CALL_AUDIO_NO_DECODER,
    CALL_AUDIO_TOO_LONG,
};

struct call_audio_options {
    bool silent_gaps; /* nothing in place of what was lost, no comfort noise */
    audio_sink_fn sink;
    void *sink_ctx;
};

struct call_audio;

/* 0 or −ENOMEM. */
int call_audio_new(struct call_audio **ap, const struct call_record *call,
                   const struct call_formats *formats);
void call_audio_free(struct call_audio *a);

/* The first reading. */
void call_audio_survey(struct call_audio *a, const struct datagram *d);

/* `said` gets the refusal, or what is left out; a line each, without an end. */
enum call_audio_verdict call_audio_plan(struct call_audio *a, struct strbuf *said);

uint32_t call_audio_rate_hz(const struct call_audio *a);
double call_audio_seconds(const struct call_audio *a);

/* The second reading. 0, −ENOMEM, or the sink's −errno. */
int call_audio_begin(struct call_audio *a, const struct call_audio_options *options);
int call_audio_render(struct call_audio *a, const struct datagram *d);
int call_audio_finish(struct call_audio *a);

struct call_audio_counts {
    int64_t packets, lost, late, undecodable, cut, jumps, slips;
    uint64_t refused[AUDIO_REFUSAL_COUNT];
};
void call_audio_read_counts(const struct call_audio *a, struct call_audio_counts *out);

#endif
