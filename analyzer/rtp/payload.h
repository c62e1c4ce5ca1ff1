/*
 * payload - what a codec's own header says of a packet: mode, bandwidth, frames, comfort noise.
 *
 * No sound is decoded here: the first bytes of each frame (AMR's table of contents, Opus's TOC,
 * lengths of G.729 and G.723.1 frames) tell how the talker encoded, which is what its quality
 * hangs on. Modes are tallied; the one that most of the sound was sent in is the stream's.
 *
 * Ownership  struct payload_tally by value; zeroed is empty.
 * Thread     Pure functions; safe anywhere.
 * Errors     enum payload_parse; a frame that cannot be is counted and not tallied.
 * Source     RFC 4867 (AMR, AMR-WB; both packings), RFC 6716 §3.1 and 7587 (Opus), RFC 3551 (G.729,
 *            G.723.1 lengths), RFC 3389 (comfort noise)
 */
#ifndef ANALYZER_RTP_PAYLOAD_H
#define ANALYZER_RTP_PAYLOAD_H

#include "analyzer/base/slice.h"

/* AMR with interleaving, CRCs or robust sorting has another header: nothing is read of it. */
enum payload_kind {
    PAYLOAD_PLAIN, /* nothing to read: G.711, G.722, GSM … */
    PAYLOAD_AMR,
    PAYLOAD_AMR_OCTETS, /* octet-align=1 */
    PAYLOAD_AMR_WB,
    PAYLOAD_AMR_WB_OCTETS,
    PAYLOAD_OPUS,
    PAYLOAD_G729,
    PAYLOAD_G723,
    PAYLOAD_ILBC,
};

enum payload_parse {
    PAYLOAD_PARSE_OK,
    PAYLOAD_PARSE_SHORT,  /* cut, or shorter than what it announces */
    PAYLOAD_PARSE_MODE,   /* a reserved mode */
    PAYLOAD_PARSE_LENGTH, /* no whole number of frames */
};

enum {
    /* AMR and AMR-WB: the frame type, 0 to 7 and 0 to 8. The others: see the enums below. */
    PAYLOAD_MODES = 16,
    PAYLOAD_NO_MODE = 255,
};

enum payload_opus_mode { OPUS_NARROW, OPUS_MEDIUM, OPUS_WIDE, OPUS_SUPER_WIDE, OPUS_FULL };
enum payload_g723_mode { G723_6300, G723_5300 };
enum payload_ilbc_mode { ILBC_20_MS, ILBC_30_MS };

/* One packet. */
struct payload_info {
    uint32_t duration_us; /* of sound that it stands for, noise and gaps between frames included */
    uint8_t mode;         /* of its speech frames (the last one's); PAYLOAD_NO_MODE: none */
    uint8_t frames;       /* of speech */
    bool noise;           /* it carries comfort noise (SID) */
    bool nothing;         /* no data at all: DTX kept alive */
};

struct payload_tally {
    uint64_t speech_us; /* of packets with speech: for the bit rate */
    uint64_t bytes;     /* … that they took */
    uint32_t frames[PAYLOAD_MODES];
    uint32_t noise_packets;
};

/* By the encoding name of SDP and its parameters. */
enum payload_kind payload_kind_of(struct slice codec, struct slice fmtp);

enum payload_parse payload_parse(struct payload_info *out, enum payload_kind kind,
                                 struct slice payload);

/* Bytes at the payload's front that say how it was encoded and nothing of what: all that payload_parse
 * reads, but for a rare few (many frames of G.723.1, of which the first alone). At most payload.len. */
size_t payload_head_bytes(enum payload_kind kind, struct slice payload);

/* The same of a payload that was cut: its front, and its length on the wire. PAYLOAD_PARSE_SHORT when
 * the front is too short to tell. */
enum payload_parse payload_parse_cut(struct payload_info *out, enum payload_kind kind,
                                     struct slice front, size_t wire_bytes);

void payload_tally_add(struct payload_tally *t, const struct payload_info *p, size_t bytes);
/* The mode of most frames; PAYLOAD_NO_MODE before any. */
uint8_t payload_tally_mode(const struct payload_tally *t);
/* Bits of payload a second of speech; 0 before any. */
double payload_tally_bit_s(const struct payload_tally *t);

#endif
