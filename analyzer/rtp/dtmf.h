/*
 * dtmf - a keypress told by telephone-event packets.
 *
 * All packets of one event carry the same timestamp; the end comes three times. An event is known
 * by its timestamp, so the repeats are one.
 *
 * Source  RFC 4733 §2.3
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

#endif
