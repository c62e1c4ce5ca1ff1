/*
 * sdp - a session description as slices of its body: where the media goes and in what codec.
 *
 * Ownership  Slices point into the body; nothing is allocated or copied. The struct is some 17 KiB
 *            and is not cleared as a whole: only the first media_count media and the formats that
 *            they own hold anything.
 * Errors     Tolerant: a line that cannot be read is stepped over and flagged; what is over a cap
 *            is flagged, the rest is used.
 * Source     RFC 4566, 8866; 3264 (directions); 3605 (a=rtcp); 5761 (rtcp-mux); 3551 (static
 *            payload types); 4568, 5763 (SRTP); 2046 §5.1 (multipart); 8839 (ICE); 8843 (BUNDLE);
 *            5576 (SSRCs).
 */
#ifndef ANALYZER_SIP_SDP_H
#define ANALYZER_SIP_SDP_H

#include "analyzer/base/addr.h"
#include "analyzer/sip/sdp_candidate.h"
#include "analyzer/sip/sdp_static.h"

enum {
    SDP_MAX_BYTES = 65536,
    SDP_MEDIA_MAX = 32,         /* m= lines */
    SDP_FORMATS_PER_MEDIA = 64, /* of one m= line */
    SDP_FORMATS_MAX = 256,      /* of all of them: keeps the struct small */
    SDP_CANDIDATES_MAX = 64,    /* ICE, of all m= lines */
    SDP_SSRCS_MAX = 32,         /* the same */
    SDP_BUNDLES_MAX = 4,        /* groups of m= lines on one port */
    SDP_PAYLOAD_NONE = 255,     /* a format that is no RTP payload type, as "t38" */
};

/* clang-format off */
#define SDP_PARSES(X)                                                        \
    X(OK,       "ok")                                                        \
    X(EMPTY,    "empty")                                                     \
    X(NOT_SDP,  "not_sdp")   /* neither a v= first nor an m= anywhere */     \
    X(TOO_LONG, "too_long")  /* over SDP_MAX_BYTES */

#define SDP_ANOMALIES(X)                                                     \
    X(BAD_LINE,      "bad_line")       /* not <letter>=… */                  \
    X(BAD_MEDIA,     "bad_media")      /* an m= without type, port, proto */ \
    X(BAD_ADDRESS,   "bad_address")    /* a c= that is neither IP nor name */ \
    X(BAD_ATTRIBUTE, "bad_attribute")  /* rtpmap, rtcp, ptime that cannot be read */ \
    X(MEDIA_LIMIT,   "media_limit")    /* more m= than SDP_MEDIA_MAX */      \
    X(FORMAT_LIMIT,  "format_limit")   /* more formats than the caps */      \
    X(CANDIDATE_LIMIT, "candidate_limit") /* more candidates than SDP_CANDIDATES_MAX */ \
    X(SSRC_LIMIT,    "ssrc_limit")     /* more SSRCs than SDP_SSRCS_MAX */   \
    X(BUNDLE_LIMIT,  "bundle_limit")   /* more groups than SDP_BUNDLES_MAX */ \
    X(NO_VERSION,    "no_version")     /* does not begin with v= */
/* clang-format on */

enum sdp_parse {
#define X(name, text) SDP_PARSE_##name,
    SDP_PARSES(X)
#undef X
        SDP_PARSE_COUNT
};

enum sdp_anomaly {
#define X(name, text) SDP_ANOMALY_##name,
    SDP_ANOMALIES(X)
#undef X
        SDP_ANOMALY_COUNT
};

enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

struct sdp_format {
    struct slice name;      /* encoding name; absent: a dynamic type without rtpmap */
    struct slice fmtp;      /* after the payload type; absent: none */
    uint32_t clock_rate_hz; /* 0: unknown */
    uint8_t payload_type;   /* 0..127 or SDP_PAYLOAD_NONE */
    uint8_t channels;       /* 1 where nothing is said */
};

struct sdp_media {
    struct addr rtp;   /* the c= that holds here with the m= port; unspecified ip: none or a name */
    struct addr rtcp;  /* a=rtcp, the RTP address when muxed, else port + 1 */
    uint8_t type;      /* enum sdp_type */
    uint8_t direction; /* enum sdp_direction */
    bool disabled;     /* port 0 */
    bool has_address;  /* a c= held for it, and it was an IP address or a name */
    bool host_name;    /* … and was a name: rtp.ip is unspecified */
    bool on_rtp;       /* proto is RTP/… or …/RTP/… */
    bool srtp;         /* SAVP in the proto, or a crypto or fingerprint attribute */
    bool rtcp_mux;
    bool ice;         /* candidates or an a=ice-ufrag: media may go elsewhere */
    bool bundle_only; /* its port 0 does not disable it */
    uint8_t bundle;   /* number of its group, from 1; 0: it has a port of its own */
    uint8_t format_count, candidate_count, ssrc_count;
    uint16_t first_format;               /* in sdp.formats */
    uint8_t first_candidate, first_ssrc; /* in sdp.candidates, sdp.ssrcs */
    uint16_t port_count;                 /* of m=… port/count; 1 */
    uint32_t ptime_us;                   /* 0: not said */
    struct slice type_text, proto, mid;
    struct slice address_text; /* of the c= that holds, TTL cut off */
};

struct sdp {
    uint32_t anomalies; /* bit 1 << enum sdp_anomaly */
    uint16_t media_count, format_count;
    uint8_t candidate_count, ssrc_count, bundle_count;
    struct slice origin_user, origin_session_id, origin_version;
    struct addr origin;        /* port 0; unspecified for a name or none */
    struct slice session_name; /* s= */
    struct addr connection;    /* of the session's c=; port 0 */
    struct slice connection_text;
    bool has_connection;
    bool connection_host_name;             /* it was a name */
    uint8_t direction;                     /* of the session */
    struct slice bundles[SDP_BUNDLES_MAX]; /* the mids of each group */
    struct sdp_media media[SDP_MEDIA_MAX];
    struct sdp_format formats[SDP_FORMATS_MAX];
    struct sdp_candidate candidates[SDP_CANDIDATES_MAX];
    uint32_t ssrcs[SDP_SSRCS_MAX];
};

enum sdp_parse sdp_parse(struct sdp *out, struct slice body);

/* The session description in a body of that Content-Type: the body itself, or the first such part
 * of a multipart. Absent when there is none. A body without a type that begins with "v=" counts. */
struct slice sdp_find_body(struct slice content_type, struct slice body);

static inline const struct sdp_format *sdp_media_formats(const struct sdp *sdp,
                                                         const struct sdp_media *media)
{
    return sdp->formats + media->first_format;
}

/* The format of that payload type in the media; NULL when it is not offered. */
const struct sdp_format *sdp_media_format_find(const struct sdp *sdp, const struct sdp_media *media,
                                               unsigned payload_type);

static inline bool sdp_has(const struct sdp *sdp, enum sdp_anomaly anomaly)
{
    return sdp->anomalies >> anomaly & 1;
}

const char *sdp_parse_text(enum sdp_parse result);
const char *sdp_anomaly_text(enum sdp_anomaly anomaly);

#endif
