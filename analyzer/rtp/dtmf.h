/*
 * dtmf - a keypress told by telephone-event packets.
 *
 * All packets of one event carry the same timestamp; the end comes three times. What events make a
 * key is the matter of call/keypress.h.
 *
 * Source  RFC 4733 §2.3, §3.2; RFC 2198 (redundancy)
 */
#ifndef ANALYZER_RTP_DTMF_H
#define ANALYZER_RTP_DTMF_H

#include "analyzer/base/slice.h"

struct dtmf_event {
    uint8_t event; /* 0..9, 10 '*', 11 '#', 12..15 A..D; others are tones */
    bool end;
    uint16_t duration; /* in the RTP clock, so far */
};

/* False when the payload is too short. */
bool dtmf_event_parse(struct dtmf_event *out, struct slice payload);

/* 0-9 * # A-D; '\0': it is no key. */
static inline char dtmf_event_digit(const struct dtmf_event *e)
{
    return e->event < 16 ? "0123456789*#ABCD"[e->event] : '\0';
}

/* One block of a redundant payload: the oldest comes first, the packet's own last. */
struct dtmf_red_block {
    struct slice payload;
    uint16_t earlier; /* than the packet's timestamp, in the RTP clock */
    uint8_t payload_type;
};

enum { DTMF_RED_BLOCKS = 8 };

/* Says how many; 0 when a length lies, or there are more than DTMF_RED_BLOCKS. */
unsigned dtmf_red_parse(struct dtmf_red_block out[DTMF_RED_BLOCKS], struct slice payload);

/* Up to where the blocks begin: their types and lengths. At most payload.len. */
size_t dtmf_red_head_bytes(struct slice payload);

#endif
