/*
 * play - one scene of the corpus: its cast, what they say and send, and what a probe must make of it.
 *
 * A scene (scenes.h) is a script: it says its messages one after the other, while the play's clock
 * goes on. When it has been played the truth about each of its calls is written: not what was sent,
 * but what must be said of it (see README.md, "Labels").
 *
 * Ownership  The stage makes a play, its script fills it, the last actor to finish writes the truth
 *            and frees it.
 * Time       now_ns is when the next message passes the capture point, after a few milliseconds.
 * Source     RFC 3261, 3264, 3262 (PRACK), 3311 (UPDATE), 3515 (REFER), 3891 (Replaces), 3911 (Join)
 */
#ifndef TESTS_SUPPORT_PLAY_H
#define TESTS_SUPPORT_PLAY_H

#include "tests/support/call.h"

enum {
    PLAY_DIALOGS_MAX = 8,
    PLAY_VOICES_MAX = 24,
    PLAY_SEGMENTS_MAX = 64,
    PLAY_LINKS_MAX = 4,
    PLAY_TAGS_MAX = 4,
};

/* Who there is in every play. A scene need not let them all in. */
enum play_role {
    ROLE_PHONE,  /* of the PBX's network */
    ROLE_TRUNK,  /* of the carrier's */
    ROLE_PHONE2, /* a colleague */
    ROLE_TRUNK2, /* another subscriber of the carrier */
    ROLE_SBC,    /* between both: ends one call and begins another */
    ROLE_SBC_OUT,
    ROLE_PROXY, /* hands messages on */
    ROLE_NOMAD, /* behind a NAT */
    ROLES_OF_PLAY
};

struct play_party {
    char user[CALL_USER_MAX];
    const char *host, *agent;
    struct addr sip;   /* where its messages come from and go to */
    struct addr says;  /* what its Via and Contact name */
    struct addr media; /* what its SDP names */
    struct addr rtp;   /* where its RTP comes from and goes to */
};

struct play_codec {
    const char *name;
    uint8_t payload_type, bytes, tick_ms;
};
extern const struct play_codec play_g729, play_pcma, play_g722, play_video;

/* What one sends: RTP, or T.38. */
struct play_voice {
    const struct play_codec *codec;
    struct flow flow;
    struct rng rng; /* the payload: equal states say the same */
    uint32_t ssrc;
    int64_t base_ns, seq;
    bool started, marker, silent, fax;
    bool noise;    /* comfort noise alone */
    uint64_t loss; /* chance */
    int64_t sent, lost;
    struct play *play;
    struct play_dialog *dialog; /* whose packet count it adds to; NULL: nobody's */
};

/* From then until then one is heard. */
struct play_segment {
    struct actor actor;
    struct play_voice *voice;
    int64_t end_ns;
    /* As the voice had it when this stretch was planned. */
    const struct play_codec *codec;
    bool silent, noise;
};

struct play_link {
    const char *kind;
    const struct play_dialog *other;
};

#define PLAY_ANY     "?" /* of a text: not labelled */
#define PLAY_ANY_INT INT32_MIN

/* What must be said of a call. NULL and RECORD-like −1 are null. */
struct play_truth {
    const char *outcome, *nos_cause, *verdict, *ended_by, *ended_how;
    const char *deviations, *history; /* words; history: these at least, and nothing as weighty */
    const char *confidence, *legs;    /* legs: "certain", "score", NULL: stands alone */
    const char *trunk_in, *trunk_out, *attestation;
    int one_way, early_media, late_offer, challenged, media_timeouts;
    int final_status, q850_cause, branches, sightings, hold_count, retransmissions;
    int session_expires_s, streams, legs_delay_ms;
    int64_t conversation, packets;
};

/* One message's peculiarities; none: the usual. Spent by the message that comes next. */
struct play_extra {
    const char *headers, *body, *type, *uri, *via_more, *reason;
    uint32_t from_tag, to_tag;
    int cseq, transaction;
    const struct play_party *source, *target; /* as seen on the wire */
    bool no_contact, no_max_forwards, repeat;
    bool unseen;      /* it is not in the capture */
    int64_t early_ns; /* it passes that much before its time */
};

struct play_said {
    const char *method;
    int from, cseq, transaction;
    uint32_t from_tag, to_tag;
};

struct play_sdp {
    const char *direction, *formats, *lines, *lines_after;
    const char *connection; /* NULL: the party's address */
    int version;
    uint16_t port; /* 0: the party's */
};

struct play_dialog {
    struct play *play;
    char call_id[CALL_ID_MAX];
    struct play_party *party[CALL_SIDES], own[CALL_SIDES]; /* with ports of this call */
    struct play_party *proxy;                              /* NULL: they speak to each other */
    uint32_t tag[CALL_SIDES];
    int cseq[CALL_SIDES];
    int transaction;
    bool open_call;                   /* answered: requests go to the Contact */
    struct play_said request, invite; /* the last; the last INVITE */
    int invite_status;                /* what that was answered with */
    uint32_t invite_tag;              /* and the To-tag of that answer */
    struct play_extra next;
    struct play_sdp sdp[CALL_SIDES];
    struct play_voice *voice[CALL_SIDES];
    const struct play_codec *codec;
    uint32_t tags_heard[PLAY_TAGS_MAX];
    int tags_heard_count;
    int64_t invite_ns;
    struct play_link links[PLAY_LINKS_MAX];
    int link_count;
    struct play_truth truth;
    bool unlabelled;
};

struct play_message {
    int64_t time_ns;
    struct addr src, dst;
    size_t at, len;
};

struct play {
    struct actor actor; /* of the messages */
    struct world *world;
    const char *scene;
    uint64_t index;
    struct rng rng;
    int references;
    int64_t now_ns;
    struct play_party cast[ROLES_OF_PLAY];
    struct play_dialog dialogs[PLAY_DIALOGS_MAX];
    int dialog_count;
    struct play_voice voices[PLAY_VOICES_MAX];
    int voice_count;
    struct play_segment segments[PLAY_SEGMENTS_MAX];
    int segment_count;
    struct play_message *messages;
    size_t message_count, message_room, message_at;
    struct strbuf text, body, scratch;
    struct strbuf notes; /* lines of truth that are no call's, each ended */
    uint16_t ip_id;
};

struct play *play_new(struct world *w, const char *scene, uint64_t index, int64_t time_ns);
/* After the script: sets its actors to work. */
void play_start(struct play *p);
void play_take(struct play *p);
void play_release(struct play *p);

/* A call that may come; of two that a B2BUA joins each is one. */
struct play_dialog *play_dialog(struct play *p, enum play_role caller, enum play_role callee);

static inline void play_wait(struct play *p, int64_t ms)
{
    p->now_ns += ms * NS_PER_MS;
}

/* Ends the program: a scene asks for more than there is room for. */
_Noreturn void play_overflow(const struct play *p, const char *what);

/* A message's bytes pass, from and to these. Kept until the play is over. */
void play_frame(struct play *p, int64_t time_ns, const struct addr *src, const struct addr *dst,
                const void *bytes, size_t len);

#endif
