/*
 * call - one call (or registration, or OPTIONS ping): who, when, which messages, which media.
 *
 * All of it is planned when it begins (scenario.c), then played by actors that share this struct:
 * one for its SIP messages, and for each leg of media one for RTP and one for RTCP. The last of
 * them to finish writes the truth and frees it.
 *
 * Ownership  call_new gives the first reference to the SIP actor; call_take, call_release count.
 * Time       Everything is timed as the capture point sees it. It stands between the two sides,
 *            delay_ns[side] away from each.
 */
#ifndef TESTS_SUPPORT_CALL_H
#define TESTS_SUPPORT_CALL_H

#include "tests/support/world.h"

enum call_kind { CALL_INVITE, CALL_REGISTER, CALL_OPTIONS };
enum call_side { CALL_CALLER, CALL_CALLEE, CALL_SIDES };
enum call_method {
    METHOD_INVITE,
    METHOD_ACK,
    METHOD_BYE,
    METHOD_CANCEL,
    METHOD_REGISTER,
    METHOD_OPTIONS,
    METHOD_INFO,
    METHOD_PUBLISH,
};
enum call_sdp { SDP_NONE, SDP_OFFER, SDP_ANSWER, BODY_DTMF_RELAY, BODY_DTMF, BODY_VQ };
enum call_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY };

enum {
    CALL_STEPS_MAX = 160,
    CALL_DIGITS_MAX = 32,
    CALL_DIGITS_DRAWN = 8, /* where the options name none */
    CALL_PHASES = 2,       /* before and after a re-INVITE that moved the media */
    CALL_EXTRAS = 3,       /* media beside the call's own: two of video, a stranger's */
    CALL_SECOND_EVENT_TYPE = 100,
    CALL_RESTART_JUMP = 20000,
    CALL_ID_MAX = 96,
    CALL_USER_MAX = 32,
};

/* One SIP message. */
struct call_step {
    int64_t time_ns;
    uint16_t status;     /* 0: a request */
    uint8_t method;      /* of the request, or of the CSeq of a response */
    uint8_t from;        /* the side that sends it */
    uint8_t transaction; /* makes the branch */
    uint8_t cseq;
    uint8_t sdp;       /* enum call_sdp: its body */
    uint8_t direction; /* enum call_direction */
    uint8_t phase;     /* of the media that the SDP describes */
    uint8_t version;   /* of the SDP session */
    char digit;        /* in INFO */
    bool repeat;       /* sent before, word for word */
    bool credentials;
};

struct call_digit {
    char digit;
    int64_t tick, ticks; /* of the stream, in packets */
};

enum call_digit_way { CALL_DIGITS_EVENTS, CALL_DIGITS_INFO, CALL_DIGITS_INBAND };

/* A digit as it arrived. */
struct call_dtmf {
    char digit;
    uint8_t side;
    int64_t time_ns;
    int64_t timestamp;
    uint32_t duration_ticks;
    bool told; /* INFO: the duration */
};

struct call_seen {
    int64_t invite_ns, first_18x_ns, answer_ns, end_ns, progress_ns; /* 0: never */
    int64_t reply_ns, attempt_ns; /* last final response and the request it answers */
    int frames, sip_messages, rtcp_packets, publish_frames;
    int invites, reinvites, retransmissions, attempts;
    int final_status;
    int ended_by; /* enum call_side; −1: nobody */
    bool challenged, cancelled;
    struct call_dtmf dtmf[CALL_DIGITS_MAX];
    int dtmf_count;
};

struct call {
    struct actor actor; /* of the SIP messages */
    struct world *world;
    enum call_kind kind;
    uint64_t index;
    struct rng rng;
    int references;

    char call_id[CALL_ID_MAX];
    char user[CALL_SIDES][CALL_USER_MAX];
    const char *host[CALL_SIDES]; /* of the URI */
    const char *agent[CALL_SIDES];
    uint64_t tag[CALL_SIDES];
    int64_t expires_s;
    int64_t delay_ns[CALL_SIDES];

    struct flow signalling[CALL_SIDES]; /* from that side */
    struct addr media[CALL_PHASES][CALL_SIDES];
    struct addr stranger; /* who sends RTP without being asked */
    enum codec_id codec[CALL_PHASES];
    bool impaired, offers_one; /* one codec alone */
    const struct wave *wave;   /* it is one of these; NULL: of none */
    int one_way;               /* the side whose media is never seen; −1: both are */
    enum call_digit_way digit_way;
    bool two_event_types, srtp, fax, video, changes_ssrc, publishes;
    struct call_digit digits[CALL_DIGITS_MAX];
    int digit_count;

    struct call_step steps[CALL_STEPS_MAX];
    int step_count, step_at;
    struct media_leg *legs[CALL_PHASES][CALL_SIDES];
    struct media_leg *extras[CALL_EXTRAS];
    int extra_count;
    struct fax_source *fax_legs[CALL_SIDES];
    struct call_seen seen;
};

enum { CALL_DTMF_RELAY_MS = 160 };

static inline int call_other(int side)
{
    return side == CALL_CALLER ? CALL_CALLEE : CALL_CALLER;
}

/* With its generator; to be planned, then started. */
struct call *call_new(struct world *w, enum call_kind kind, uint64_t index);
/* After planning: sorts the messages and sets the SIP actor to work. */
void call_start(struct call *c);

void call_take(struct call *c);
void call_release(struct call *c);

/* Adds a message to the plan and returns it; a plan that is full ends the program. */
struct call_step *call_say(struct call *c, int64_t time_ns, int from, enum call_method method,
                           int status);

#endif
