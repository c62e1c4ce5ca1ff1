/*
 * media_terms - what SDP lets each side of a call send, over time, and what of its media was before
 * the answer: so that silence is judged by what was agreed on then.
 *
 * Most calls never say anything but sendrecv: they store nothing.
 *
 * Ownership  Changes lie in the call's arena.
 * Thread     Analysis thread only.
 * Time       Of the packets, ns.
 * Bounded    MEDIA_TERMS_MAX changes; a call with more is excused for all that follows (counted as
 *            call_notes).
 * Source     RFC 3264 §5.1, §6.1, §8.4
 */
#ifndef ANALYZER_CALL_MEDIA_TERMS_H
#define ANALYZER_CALL_MEDIA_TERMS_H

#include "analyzer/base/addr.h"
#include "analyzer/call/pair_watch.h"
#include "analyzer/sip/sdp.h"

struct call;
struct media_ssrc;

enum { MEDIA_TERMS_MAX = 64 };

/* From `time_ns` on, until the next one. */
struct media_term {
    struct media_term *older;
    int64_t time_ns;
    uint8_t direction[2]; /* enum sdp_direction that each side said, by enum call_side */
};

/* What RTCP of a side says that it hears. */
enum listener_word {
    LISTENER_SILENT,
    LISTENER_HEARS_NOTHING,
    LISTENER_HEARS_SEEN,
    LISTENER_HEARS_UNSEEN
};

/* What a call knows of its media besides its streams. Zero: nothing yet. */
struct call_media {
    struct media_term *terms; /* the newest first */
    struct media_ssrc *ssrcs; /* see media_learn.h */
    struct pair_use pairs[PAIR_KINDS];
    struct addr announced[2]; /* where each side wants its sound; port 0: not said */
    int64_t timeouts_to[2];   /* told so far, by direction (who sends): up to then */
    uint32_t tcp_gaps[2];     /* holes in the TCP streams of its SIP when each was seen last, + 1 */
    uint32_t gap_lost;        /* losses at instants when other calls lost too */
    uint8_t term_count, learned_count, ssrc_count;
    uint8_t listener[2]; /* enum listener_word of each side */
    bool answer_taken;   /* what came before the answer is counted apart */
    bool end_taken;      /* ports that a newer call announced are no longer its own */
    bool waits;          /* is over, but its pair of hosts is not judged yet */
    bool waited;         /* … and has been waited for long enough */
    bool terms_full;
    bool cut;     /* a packet of its media was cut by the snap length */
    bool tcp_gap; /* the TCP stream of its SIP had a hole */
};

/* SDP of that side says so, at the call's last_sip_time. False: over the cap. */
bool media_terms_say(struct call *call, uint8_t side, uint8_t direction);

/* Does what SDP said last forbid or excuse that this side sends? */
bool media_terms_excuse(const struct call *call, uint8_t side);

/* How much of from..to that side was excused. */
int64_t media_terms_excused_ns(const struct call *call, uint8_t side, int64_t from_ns,
                               int64_t to_ns);

/* The first stretch of from..to, but for its excused parts, that begins at *from_ns or later: moves
 * both bounds. False: there is none. */
bool media_terms_owed(const struct call *call, uint8_t side, int64_t *from_ns, int64_t *to_ns);

#endif
