/*
 * sink - what an analyzer is given: its limits, and where its records go.
 *
 * Ownership  Plain values; records are lent for the time of the call.
 * Thread     The sink's functions run on the analysis thread, within the analyzer's own calls.
 */
#ifndef ANALYZER_SINK_H
#define ANALYZER_SINK_H

#include "analyzer/record.h"

enum record_event {
    RECORD_OPENED,  /* first report of a call: at the tick after it was first seen */
    RECORD_CHANGED, /* something else is known; at most once a tick */
    RECORD_SETTLED, /* its outcome is known: answered, or failed for good: at once. Given up: at its end. Once a call */
    RECORD_CLOSED, /* the last word; nothing about it follows. Once a call */
};

/* Records of any other type: legs, minutes of trunks, registrations, peers, security. */
typedef void (*record_fn)(void *ctx, const struct record_type *type, const void *record);

struct plan;

struct analyzer_sink {
    void *ctx;
    /* keeper: a pointer of the sink's own that stays with the call (see struct claim). */
    void (*call)(void *ctx, const struct call_record *call, enum record_event event, void **keeper);
    /* A stream that no call claims, when it ends. */
    void (*stream)(void *ctx, const struct stream_record *stream, void **keeper);
    /* An orphan found its call: what the keeper holds so far stays under the orphan's id. */
    void (*adopted)(void *ctx, uint64_t orphan, uint64_t call, void **keeper);
    void (*transaction)(void *ctx, const struct transaction_record *transaction);
    record_fn record;
    bool closed_only; /* calls are reported once, when they close */
};

/* A key is heard: where in the sound that was fed so far it begins, in samples. Told twice: as soon
 * as it is sure, with 0 samples, and with its length once it is over. */
typedef void (*tone_fn)(void *ctx, char digit, uint64_t at_sample, uint32_t samples);

/*
 * Finds keypresses in the sound itself. Lent by whoever has a library for it (the analyzer leans on
 * none); all NULL: nobody listens. The same sound gives the same keys.
 */
struct tone_listener {
    void *(*open)(void); /* NULL without memory */
    /* Linear samples at 8 kHz; lost ones are fed as silence, so that time stays right. */
    void (*listen)(void *listener, const int16_t *samples, size_t count, tone_fn found, void *ctx);
    void (*close)(void *listener);
};

/* When sound is listened to for keys. Automatic: G.711 where SDP agreed on no telephone-event. */
enum inband_dtmf { INBAND_AUTO, INBAND_ALWAYS, INBAND_NEVER };

struct analyzer_options {
    size_t max_calls;        /* open at a time; beyond: the oldest unanswered one goes */
    size_t max_streams;      /* open at a time, orphans included */
    size_t max_orphans;      /* of those, not announced by SDP */
    size_t max_transactions; /* REGISTER, OPTIONS and the like in flight */
    size_t
        max_tone_listeners; /* open at a time: a listener takes some 400 bytes and 5 % of a core per
                                  hundred */
    struct tone_listener tones;
    uint8_t inband_dtmf;             /* enum inband_dtmf */
    bool keep_digits;                /* DTMF digits stand in records; else they are masked */
    const struct plan *plan;         /* trunks, numbers, destinations; NULL: none. Borrowed */
    const struct slice *leg_headers; /* that both legs of a B2BUA carry; borrowed */
    size_t leg_header_count;
    uint8_t hours_from, hours_to; /* see security/security.h */
    uint64_t hash_key[2];         /* random in a live run; does not change the records */
};

enum claim_kind { CLAIM_NONE, CLAIM_SIP, CLAIM_MEDIA, CLAIM_VIDEO };

/* Whose packet it was. Lent until the next call into the analyzer. */
struct claim {
    enum claim_kind kind;
    uint64_t id;   /* of the call, or of the orphan stream */
    void **keeper; /* the sink's pointer in that call; NULL at first */
    /*
     * So many bytes of the payload's front are no content, and are what an analysis of the stored packet
     * needs; CLAIM_ALL: the whole payload. Content is what a person said, sent or pressed:
     *
     *     SIP, RTCP, STUN, ZRTP, DTLS but its application data    all: control
     *     RTP         the header with CSRCs and extensions, and what the codec says of its frames: the
     *                 mode and table of contents of AMR, the TOC of Opus, the type of a G.723.1 frame,
     *                 the headers of redundant blocks (RFC 2198). What is kept tells codec mode, pauses
     *                 and loss, but no sample. Of a telephone-event, which is a key that somebody
     *                 pressed, of SRTP and of video the RTP header alone
     *     T.38        sequence number and length of the newest piece: the fax itself is content
     *     unknown     nothing
     */
    uint32_t plain_bytes;
    bool is_orphan; /* of no call yet */
    /* RTP: the payload type of keys in this packet, alone or in a redundant block; 0: none. */
    uint8_t key_type;
};

#define CLAIM_ALL UINT32_MAX

#endif
