/*
 * sip_msg - one SIP message as slices of its datagram: what a monitor needs to file it.
 *
 * A monitor is no party: it never rejects a message that has a Call-ID, it notes what is wrong
 * with it. Only the headers of sip_header.h's table are looked at; the others are stepped over.
 *
 * Ownership  Slices point into the datagram; nothing is allocated or copied.
 * Errors     enum sip_parse for what cannot be filed, `anomalies` for what can, but is odd. After
 *            a refusal the struct still holds what was read up to there (call_id maybe).
 * Unknown    Absent slices, −1 in numbers; a number that does not fit is −1 and flagged.
 * Source     RFC 3261 §7, §20, §25.1; RFC 4475 and RFC 5118 for the oddities.
 */
#ifndef ANALYZER_SIP_SIP_MSG_H
#define ANALYZER_SIP_SIP_MSG_H

#include "analyzer/base/slice.h"

/* clang-format off */
#define SIP_METHODS(X)                                                        \
    X(INVITE) X(ACK) X(BYE) X(CANCEL) X(OPTIONS) X(REGISTER) X(PRACK)         \
    X(SUBSCRIBE) X(NOTIFY) X(PUBLISH) X(INFO) X(REFER) X(MESSAGE) X(UPDATE)

#define SIP_PARSES(X)                                                         \
    X(OK,              "ok")                                                  \
    X(KEEPALIVE,       "keepalive")       /* nothing but line ends or NULs */ \
    X(NOT_SIP,         "not_sip")         /* no SIP start line */             \
    X(UNKNOWN_VERSION, "unknown_version") /* SIP/ and not 2.0 */              \
    X(BAD_STATUS,      "bad_status")      /* not three digits, not 100..699 */ \
    X(NO_CALL_ID,      "no_call_id")      /* whole, but nothing to file it under */ \
    X(TRUNCATED,       "truncated")       /* ends before its Call-ID */       \
    X(TOO_LONG,        "too_long")        /* over SIP_MSG_MAX_BYTES */

#define SIP_ANOMALIES(X)                                                      \
    X(BAD_START_LINE,       "bad_start_line")  /* spaces where none belong */ \
    X(BAD_RURI,             "bad_ruri")        /* cannot be a URI: spaces, <>, no host */ \
    X(RURI_HEADERS,         "ruri_headers")    /* ?headers in it; never acted on */ \
    X(BAD_VIA,              "bad_via")                                        \
    X(BAD_BRANCH,           "bad_branch")      /* only the magic cookie */    \
    X(BAD_FROM,             "bad_from")                                       \
    X(BAD_TO,               "bad_to")                                         \
    X(BAD_CONTACT,          "bad_contact")                                    \
    X(BAD_CSEQ,             "bad_cseq")                                       \
    X(BAD_DATE,             "bad_date")        /* not GMT */                  \
    X(BAD_HEADER,           "bad_header")      /* a line without name or colon */ \
    X(BAD_NUMBER,           "bad_number")      /* no digits where a number belongs */ \
    X(SCALAR_OVERFLOW,      "scalar_overflow") /* more than the header may hold */ \
    X(CL_NEGATIVE,          "cl_negative")     /* Content-Length below 0 */   \
    X(CL_GT_BODY,           "cl_gt_body")      /* … beyond the datagram */    \
    X(EXTRA_BYTES,          "extra_bytes")     /* … ends before the datagram */ \
    X(DUP_SINGLETON,        "dup_singleton")   /* given twice, differently: the first counts */ \
    X(CSEQ_METHOD_MISMATCH, "cseq_method_mismatch") /* the start line counts */ \
    X(MISSING_HEADER,       "missing_header")  /* no Via, From, To or CSeq */ \
    X(HEADER_LIMIT,         "header_limit")    /* more than SIP_HEADERS_USED */ \
    X(CUT,                  "cut")             /* no empty line; the line that was cut is not used */ \
    X(UNKNOWN_VERSION,      "unknown_version")                                \
    X(BAD_STATUS,           "bad_status")                                     \
    X(RFC2543,              "rfc2543")         /* no branch with the cookie: legal, old */ \
    X(FOLDED,               "folded")          /* a header over several lines: legal, rare */
/* clang-format on */

enum { SIP_MSG_MAX_BYTES = 65536, SIP_HEADERS_USED = 256 };

enum sip_method {
    SIP_METHOD_NONE, /* could not be told */
#define X(name) SIP_METHOD_##name,
    SIP_METHODS(X)
#undef X
        SIP_METHOD_OTHER, /* a method, and none of ours */
    SIP_METHOD_COUNT
};

enum sip_parse {
#define X(name, text) SIP_PARSE_##name,
    SIP_PARSES(X)
#undef X
        SIP_PARSE_COUNT
};

enum sip_anomaly {
#define X(name, text) SIP_ANOMALY_##name,
    SIP_ANOMALIES(X)
#undef X
        SIP_ANOMALY_COUNT
};

/* Bits of sip_msg.auth: which headers of RFC 3261 §22 are there. */
enum sip_auth {
    SIP_AUTH_WWW_AUTHENTICATE = 1,
    SIP_AUTH_PROXY_AUTHENTICATE = 2,
    SIP_AUTH_AUTHORIZATION = 4,
    SIP_AUTH_PROXY_AUTHORIZATION = 8,
    SIP_AUTH_CHALLENGE = SIP_AUTH_WWW_AUTHENTICATE | SIP_AUTH_PROXY_AUTHENTICATE,
    SIP_AUTH_CREDENTIALS = SIP_AUTH_AUTHORIZATION | SIP_AUTH_PROXY_AUTHORIZATION
};

struct sip_msg {
    bool is_request;
    bool has_cseq;       /* cseq was read */
    uint8_t method;      /* enum sip_method: the start line's; in a response CSeq's */
    uint8_t cseq_method; /* enum sip_method: what CSeq says */
    uint8_t auth;        /* enum sip_auth bits */
    uint16_t status;     /* 100..699; 0 in a request */
    uint16_t headers;    /* header fields that were looked at, up to SIP_HEADERS_USED */
    uint32_t cseq;
    uint64_t anomalies; /* bit 1 << enum sip_anomaly */
    uint64_t missing;   /* bit 1 << enum sip_header: mandatory, and not there (RFC 3261 §8.1.1) */
    uint64_t repeated;  /* … may be there once, and is not */

    struct slice method_text; /* raw, as `method` above */
    struct slice request_uri; /* raw; without the <> some put around it */
    struct slice request_user;
    struct slice reason; /* of the status line */

    struct slice call_id;
    struct slice from, to;                /* raw header values */
    struct slice from_uri, to_uri;        /* addr-spec without <> and header parameters */
    struct slice from_user, to_user;      /* raw, escapes kept; absent in a foreign scheme */
    struct slice from_tag, to_tag;        /* absent: no tag */
    struct slice cseq_text;               /* raw value */
    struct slice via_branch, via_sent_by; /* of the top Via; sent-by is host[:port] */
    struct slice via_received;            /* its received parameter */
    struct slice contact;                 /* raw value of the first Contact line */
    struct slice contact_uri;             /* of the first Contact; "*" in an un-REGISTER */
    struct slice user_agent, server;
    struct slice reason_header; /* RFC 3326 */
    struct slice warning;
    struct slice session_id;        /* RFC 7989, its parameters included */
    struct slice asserted_identity; /* RFC 3325, raw value of the first */
    /* Raw values of the first of that name: what ties calls together, and what dialogs agree on. */
    struct slice refer_to, referred_by;            /* RFC 3515, 3892 */
    struct slice replaces, join, target_dialog;    /* RFC 3891, 3911, 4538 */
    struct slice session_expires, min_se, require; /* RFC 4028 */
    struct slice rseq, rack;                       /* RFC 3262 */
    struct slice identity;                         /* RFC 8224 */
    struct slice diversion, history_info;          /* RFC 5806, 7044 */
    struct slice charging_vector;                  /* RFC 7315 §5.6 */
    struct slice event;                            /* RFC 6665 */
    struct slice header_block;                     /* all header lines: see sip_msg_find_header */
    struct slice content_type;
    struct slice body; /* what Content-Length and the datagram leave; empty when there is none */

    int64_t content_length;  /* −1: absent or unreadable */
    int64_t expires;         /* s, the header's; −1 */
    int64_t contact_expires; /* s, the first Contact's parameter; −1 */
    int64_t max_forwards;    /* −1 */
    int64_t retry_after;     /* s; −1 */
};

/* Could a datagram on any port be SIP? The start line only; a few ns when it is not. */
bool sip_msg_looks_like(struct slice datagram);

enum sip_parse sip_msg_parse(struct sip_msg *msg, struct slice datagram);

static inline bool sip_msg_has(const struct sip_msg *msg, enum sip_anomaly anomaly)
{
    return msg->anomalies >> anomaly & 1;
}

/* For those who fill a message. */
static inline void sip_msg_flag_if(struct sip_msg *msg, bool wrong, enum sip_anomaly anomaly)
{
    msg->anomalies |= (uint64_t)wrong << anomaly;
}

/* The value of the first header of that name, in any case, of those without a place above: walks
 * through the lines, so it is for rare questions. Absent: none. */
struct slice sip_msg_find_header(const struct sip_msg *msg, struct slice name);

/* Contact's parameter before the header (RFC 3261 §10.2.1.1), s; −1: neither is there. */
static inline int64_t sip_msg_expires(const struct sip_msg *msg)
{
    return msg->contact_expires >= 0 ? msg->contact_expires : msg->expires;
}

/* True for what is wrong, false for what is only rare (rfc2543, folded). */
bool sip_anomaly_is_defect(enum sip_anomaly anomaly);

/* Methods are compared with case (RFC 3261 §7.1). */
enum sip_method sip_method_find(struct slice text);

const char *sip_method_text(enum sip_method method); /* "INVITE"; "" for NONE, "OTHER" */
const char *sip_parse_text(enum sip_parse result);
const char *sip_anomaly_text(enum sip_anomaly anomaly);

#endif
