/*
 * keypress - the digits of a stream or of a call's signalling, however they were sent.
 *
 * Events (RFC 4733) are known by their timestamp: packets that are lost, doubled or out of order make
 * one digit as long as one of them arrives, at its place among the others. A key that is held for
 * longer than a duration can say comes as several events, each beginning where the one before is
 * full; it is one digit. INFO is known by its CSeq, a tone by its place in the sound.
 *
 * That one key may be sent in two ways at once is seen to when they are reported, see
 * keypress_report.h.
 *
 * Ownership  Lists by value; keypress_fini frees.
 * Thread     Analysis thread only.
 * Bounded    KEYPRESS_MAX a list; more are counted (dtmf_digits).
 * Source     RFC 4733 §2.3, §2.5; docs/METRICS.md §5
 */
#ifndef ANALYZER_CALL_KEYPRESS_H
#define ANALYZER_CALL_KEYPRESS_H

#include "analyzer/counters.h"
#include "analyzer/rtp/dtmf.h"
#include "analyzer/rtp/rtp_packet.h"

/* The more exact first. */
enum keypress_way { KEYPRESS_RFC4733, KEYPRESS_INBAND, KEYPRESS_INFO, KEYPRESS_WAYS };

enum { KEYPRESS_MAX = 256 };

struct keypress {
    int64_t time_ns;    /* when it began; never before the one in front of it */
    int64_t last_ns;    /* when a packet told of it last */
    double duration_ms; /* NaN: not told */
    uint32_t known_by;  /* RTP timestamp, CSeq or sample */
    uint32_t ticks;     /* duration of RTP events, in their clock */
    char digit;         /* 0-9 * # A-D */
    uint8_t way;        /* enum keypress_way */
    uint8_t direction;  /* enum stream_direction; of INFO, others have their stream's */
    bool ended;
};

struct keypress_list {
    struct keypress *keys; /* in the order in which they were pressed */
    uint32_t count, room;
    uint32_t refused; /* what the last one over the cap is known by: each is counted once */
};

/* The clock of a stream's events. */
struct keypress_clock {
    double ms_per_tick;
    uint32_t ticks_per_packet; /* 0: not known */
};

void keypress_fini(struct keypress_list *l);

/* One telephone-event packet of a stream. */
void keypress_event(struct keypress_list *l, const struct rtp_packet *packet,
                    const struct keypress_clock *clock, int64_t time_ns, struct counters *counters);

/* An INFO with a digit. One that was seen already is the same. duration_ms NaN: not told. */
void keypress_info(struct keypress_list *l, const struct keypress *key, struct counters *counters);

/* That INFO was sent back for credentials: it comes again, with another CSeq. */
void keypress_withdraw(struct keypress_list *l, uint32_t cseq, uint8_t direction);

/* A tone in the sound that began at time_ns. The same sample again: more is known of its duration. */
void keypress_tone(struct keypress_list *l, const struct keypress *key, struct counters *counters);

#endif
