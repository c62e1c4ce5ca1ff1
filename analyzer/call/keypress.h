/*
 * keypress - the digits of a call, however they were sent: events, INFO, tones in the sound.
 *
 * One key pressed is one digit in one direction, even when an end sends it in two ways at once (many
 * gateways do): what the sound says within a short time of an event of the same digit is the same.
 *
 * Digits are secrets (PINs, cards). Unless the configuration says otherwise they are masked before
 * they reach a record; what is told is when, how long, in which way and from whom.
 *
 * Ownership  Lists by value; keypress_fini frees.
 * Thread     Analysis thread only.
 * Bounded    KEYPRESS_MAX a call and way; more are counted (dtmf_digits).
 * Source     RFC 4733 §2.3, §2.5; docs/METRICS.md §5
 */
#ifndef ANALYZER_CALL_KEYPRESS_H
#define ANALYZER_CALL_KEYPRESS_H

#include "analyzer/base/jsonw.h"
#include "analyzer/counters.h"
#include "analyzer/rtp/dtmf.h"
#include "analyzer/rtp/rtp_packet.h"

enum keypress_way { KEYPRESS_RFC4733, KEYPRESS_INFO, KEYPRESS_INBAND };

enum { KEYPRESS_MAX = 256 };

struct keypress {
    int64_t time_ns;
    double duration_ms; /* NaN: not told */
    uint32_t timestamp; /* of RTP events: what they are known by */
    uint16_t duration;  /* of RTP events, in the RTP clock */
    char digit;         /* 0-9 * # A-D */
    uint8_t way;        /* enum keypress_way */
    uint8_t direction;  /* enum stream_direction */
    bool ended;
};

struct keypress_list {
    struct keypress *keys; /* by time */
    uint32_t count, room;
};

void keypress_fini(struct keypress_list *l);

/* One telephone-event packet of a stream. */
void keypress_event(struct keypress_list *l, const struct rtp_packet *packet, int64_t time_ns,
                    struct counters *counters);

#endif
