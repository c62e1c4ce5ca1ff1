/*
 * verdict - what became of a call's media: a word with a reason, not a flag.
 *
 * Whether a side is heard is judged by what it sent since the answer. Where one direction is missing,
 * in this order:
 *
 *   1. hold, sendonly, recvonly or inactive excused it but for 3 s; fax; under 3 s of talk: no fault
 *   2. RTCP of the listener reports on a stream that the probe never saw: the stream exists, so it is
 *      the mirror (capture_blind), for certain
 *   3. what the other side sends goes elsewhere than SDP said, or to a private address out of its
 *      reach: that is why (wrong_address, nat_unreachable)
 *   4. what all calls between the same hosts showed (pair_watch.h): the mirror, or this call
 *   5. nothing of all that: unknown as long as the call is open or may be waited for; one_way in the
 *      last report
 *
 * Where both directions are seen they may still not arrive: all that a side sends goes to an address
 * that is neither in the SDP nor where the other side's media comes from (wrong_address), or to a
 * private address while the other side's media comes from a public one (nat_unreachable).
 *
 * Thread  Analysis thread only.
 * Source  docs/METRICS.md §6
 */
#ifndef ANALYZER_CALL_VERDICT_H
#define ANALYZER_CALL_VERDICT_H

#include "analyzer/call/call.h"

/* clang-format off */
#define VERDICTS(X)                                                                       \
    X(OK,              "ok")                                                              \
    X(NO_RTP,          "no_rtp")                                                          \
    X(ONE_WAY,         "one_way")                                                         \
    X(WRONG_ADDRESS,   "wrong_address")                                                   \
    X(NAT_UNREACHABLE, "nat_unreachable")                                                 \
    X(SILENT,          "silent") /* one says nothing above −50 dBm0 all along */          \
    X(ON_HOLD,         "on_hold")                                                         \
    X(EARLY_ONLY,      "early_only")                                                      \
    X(CAPTURE_BLIND,   "capture_blind")                                                   \
    X(UNKNOWN,         "unknown")

/* Why: what `media_evidence` calls it. */
#define VERDICT_REASONS(X)                                                                \
    X(BOTH_HEARD,           "both_heard")                                                 \
    X(DTX,                  "dtx")                                                        \
    X(NOTHING_CAME,         "nothing_came")                                               \
    X(CALLER_SENT_NOTHING,  "caller_sent_nothing")                                        \
    X(CALLEE_SENT_NOTHING,  "callee_sent_nothing")                                        \
    X(SENT_ELSEWHERE,       "sent_elsewhere")                                             \
    X(PRIVATE_ADDRESS,      "private_address")                                            \
    X(SENT_TO_PRIVATE,      "sent_to_private_address")                                    \
    X(SILENCE,              "silence")                                                    \
    X(HELD,                 "held")                                                       \
    X(BEFORE_ANSWER,        "before_answer")                                              \
    X(PAIR_NEVER_BOTH_WAYS, "pair_never_both_ways")                                       \
    X(REPORTS_OF_UNSEEN,    "reports_of_unseen")                                          \
    X(TOO_SHORT,            "too_short")                                                  \
    X(NO_MEDIA_ANYWHERE,    "no_media_anywhere") /* the probe hears no RTP of any call */ \
    X(NO_SDP,               "no_sdp")                                                     \
    X(FAX,                  "fax")                                                        \
    X(DIRECTION_UNKNOWN,    "direction_unknown")                                          \
    X(ANSWER_UNSEEN,        "answer_unseen")                                              \
    X(PAIR_UNDECIDED,       "pair_undecided")
/* clang-format on */

enum media_verdict {
    VERDICT_NONE, /* never answered, no media: null */
#define X(id, text) VERDICT_##id,
    VERDICTS(X)
#undef X
        VERDICT_COUNT
};

enum verdict_reason {
#define X(id, text) WHY_##id,
    VERDICT_REASONS(X)
#undef X
        WHY_COUNT
};

/* What one side sent. Other people's packets are not this call's; pictures are no sound. */
struct verdict_side {
    int64_t packets, early;            /* since the answer, and before it */
    int64_t elsewhere;                 /* … since, where nobody of the call listens */
    int64_t to_private;                /* … since, to a private address */
    int64_t from_private;              /* … since, from one */
    int64_t from_announced;            /* … since, from where its SDP said */
    int64_t decoded, loud;             /* whose level is known; of those, above −50 dBm0 */
    const struct media_stream *stream; /* its main one; NULL: none */
    bool undecoded;                    /* there is sound of which no level is known */
    bool dtx;                          /* it saves packets in silence */
};

struct verdict {
    enum media_verdict word;
    enum verdict_reason why;
    uint8_t silent_side; /* enum call_side + 1; 0: none */
    bool provisional;    /* may be another one when the call closes */
    struct verdict_side sides[2];
    int64_t unassigned; /* packets of unknown direction */
    int64_t talk_ns;    /* from the answer to the BYE, or so far; 0: never answered */
    int64_t excused_ns[2];
};

struct verdict_scene {
    bool media_seen; /* RTP of any call came by so far; without, it is the probe that hears none */
    bool last;       /* the call closes: nothing more is waited for */
};

void verdict_judge(const struct call *call, const struct verdict_scene *scene, struct verdict *out);

/* Counts what was seen of the call for its pairs of hosts. closed: nothing more will come. */
void verdict_tell_pairs(struct pair_watch *w, struct call *call, bool closed);

/* When the talk ended, or the last that was heard of it. */
int64_t verdict_talk_end(const struct call *call);

/* Does the stream carry sound or fax of the call's own? */
bool verdict_counts(const struct media_stream *s);

/* Absent for VERDICT_NONE. */
struct slice verdict_text(enum media_verdict verdict);
struct slice verdict_reason_text(enum verdict_reason why);

/* One of the three that mean that somebody does not hear. */
bool verdict_is_one_way(enum media_verdict verdict);

#endif
