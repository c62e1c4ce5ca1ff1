/*
 * counters - what was counted, by name: the bins of the ledger and the refusals.
 *
 * A packet goes into exactly one bin, so the bins add up to what was received. A refusal is a name
 * and a number: nothing is dropped silently. The tables below make the enums, the JSON keys and
 * the documentation.
 *
 * Thread  The analysis thread's; others get a copy.
 */
#ifndef ANALYZER_COUNTERS_H
#define ANALYZER_COUNTERS_H

#include "analyzer/base/jsonw.h"

/* clang-format off */
#define PACKET_BINS(X)                                                     \
    X(SIP,                "sip")                /* a SIP message */        \
    X(SIP_MALFORMED,      "sip_malformed")      /* begins like SIP, cannot be read */ \
    X(SIP_KEEPALIVE,      "sip_keepalive")      /* CRLF or NULs on a SIP port */ \
    X(RTP,                "rtp")                /* of a stream that is tracked */ \
    X(RTP_UNPROVEN,       "rtp_unproven")       /* looks like RTP, too few to be sure */ \
    X(RTP_MALFORMED,      "rtp_malformed")      /* on an RTP flow, header does not fit */ \
    X(RTCP,               "rtcp")                                          \
    X(RTCP_MALFORMED,     "rtcp_malformed")     /* damage, or SRTCP */     \
    X(STUN,               "stun")                                          \
    X(DTLS,               "dtls")                                          \
    X(ZRTP,               "zrtp")                                          \
    X(T38,                "t38")                                           \
    X(UDP_OTHER,          "udp_other")          /* no protocol of ours */  \
    X(UDP_EMPTY,          "udp_empty")                                     \
    X(TCP,                "tcp")                /* no protocol of ours, or no payload */ \
    X(TCP_SEGMENT,        "tcp_segment")        /* that is or may be SIP, and completes no message */ \
    X(TCP_MALFORMED,      "tcp_malformed")      /* header cut, or a length that lies */ \
    X(TLS,                "tls")                                           \
    X(WEBSOCKET,          "websocket")          /* upgrade, ping, pong, close */ \
    X(ICMP,               "icmp")                                          \
    X(SCTP,               "sctp")                                          \
    X(TUNNEL,             "tunnel")             /* ESP, EtherIP, … not opened; control packets */ \
    X(TUNNEL_MALFORMED,   "tunnel_malformed")   /* its header is cut or lies */ \
    X(TUNNEL_DEPTH,       "tunnel_depth")       /* more layers than the limit */ \
    X(IP_OTHER,           "ip_other")           /* another IP protocol */  \
    X(FRAGMENT,           "fragment")           /* of an IP packet; the last to come counts as what it completes */ \
    X(FRAGMENT_OVERLAP,   "fragment_overlap")   /* says again, otherwise, what another said: all refused */ \
    X(FRAGMENT_MALFORMED, "fragment_malformed") /* beyond 65535, empty, not a multiple of 8 */ \
    X(FRAGMENT_LIMIT,     "fragment_limit")     /* no room to hold it */   \
    X(DUPLICATE,          "duplicate")          /* the mirror delivered it twice: the copy */ \
    X(ARP,                "arp")                                           \
    X(LINK_OTHER,         "link_other")         /* another EtherType */    \
    X(LINK_UNKNOWN,       "link_unknown")       /* a link type that is not read */ \
    X(LINK_SHORT,         "link_short")         /* cut or malformed below IP */ \
    X(VLAN_DEPTH,         "vlan_depth")         /* more tags than the limit */ \
    X(IP_VERSION,         "ip_version")                                    \
    X(IP_HEADER,          "ip_header")          /* header length that does not fit */ \
    X(IP_SHORT,           "ip_short")           /* cut inside the IP header */ \
    X(IP_LENGTH,          "ip_length")          /* total length that does not fit */ \
    X(IPV6_EXTENSIONS,    "ipv6_extensions")    /* a chain too long, or cut */ \
    X(UDP_SHORT,          "udp_short")          /* cut inside the UDP header */ \
    X(UDP_LENGTH,         "udp_length")         /* a length that lies */   \
    X(FILTERED,           "filtered")           /* the configuration left it out */

#define REFUSALS(X)                                                        \
    X(CALLS,              "calls")              /* max_calls: the oldest unanswered call was let go */ \
    X(STREAMS,            "streams")            /* max_streams */          \
    X(STREAMS_IN_CALL,    "streams_in_call")                               \
    X(TRANSACTIONS,       "transactions")                                  \
    X(MEDIA_ADDRESSES,    "media_addresses")    /* announced by SDP, over the cap */ \
    X(BRANCHES,           "branches")           /* To-tags in a call, over the cap */ \
    X(TEXT_CUT,           "text_cut")           /* a header value longer than what is kept */ \
    X(SDP_MALFORMED,      "sdp_malformed")                                 \
    X(SIP_NO_CALL,        "sip_no_call")        /* a response or in-dialog request of no known call */ \
    X(RTP_OUT_OF_WINDOW,  "rtp_out_of_window")  /* a lone wild sequence number: RFC 3550 A.1 */ \
    X(INTERVALS,          "intervals")          /* a stream longer than what its series holds */ \
    X(FRAGMENTED,         "fragmented")         /* packets in pieces at a time: the oldest was let go */ \
    X(TCP_STREAMS,        "tcp_streams")        /* at a time: the longest silent one was let go */ \
    X(TCP_BYTES,          "tcp_bytes")          /* waiting in a stream or in all: skipped */ \
    X(TCP_OVERLAP,        "tcp_overlap")        /* the same bytes of a stream twice, differing: the first count */ \
    X(SIP_RESYNC,         "sip_resync")         /* a stream damaged: gone on at the next start line */ \
    X(SIP_TOO_LONG,       "sip_too_long")       /* a message of a stream over the limit */ \
    X(WEBSOCKET_MALFORMED, "websocket_malformed") /* a frame that cannot be */ \
    X(TLS_MALFORMED,      "tls_malformed")      /* a handshake that cannot be read */ \
    X(CERTIFICATE_MALFORMED, "certificate_malformed") /* not X.509 */      \
    X(CERTIFICATES,       "certificates")       /* kept at a time */       \
    X(HANDSHAKES,         "handshakes")         /* TLS and DTLS at a time */ \
    X(FLOWS,              "flows")              /* unknown ones looked at, at a time */ \
    X(CONVERSATIONS,      "conversations")      /* that the mirror's health is judged by */ \
    X(STREAM_EVENTS,      "stream_events")      /* changes in mid-stream, over the cap */ \
    X(PAYLOAD_MALFORMED,  "payload_malformed")  /* a codec's frame that cannot be */ \
    X(RTCP_FOREIGN,       "rtcp_foreign")       /* RTCP of a call from a host that takes no part in it */ \
    X(XR_MALFORMED,       "xr_malformed")       /* an XR block whose length lies */ \
    X(VQ_MALFORMED,       "vq_malformed")       /* a quality report (RFC 6035) that cannot be read */ \
    X(VQ_NO_CALL,         "vq_no_call")         /* a quality report of no call that is open */ \
    X(VQ_REPORTS,         "vq_reports")         /* quality reports of a call, over the cap */ \
    X(DTMF_DIGITS,        "dtmf_digits")        /* keypresses of a call, over the cap */ \
    X(DTMF_MALFORMED,     "dtmf_malformed")     /* a keypress that cannot be read */ \
    X(TONE_LISTENERS,     "tone_listeners")     /* streams listened to for keypresses, at a time */ \
    X(UDPTL_MALFORMED,    "udptl_malformed")    /* on a fax address, but no UDPTL packet */ \
    X(CALL_NOTES,         "call_notes")         /* deviations or events of a call, over the cap */ \
    X(LINKS,              "links")              /* to other calls, over the cap */ \
    X(LEGS,               "legs")               /* summaries of calls that may be legs: the oldest went */ \
    X(KPI_GROUPS,         "kpi_groups")         /* trunks times destinations, over the cap */ \
    X(KPI_LATE,           "kpi_late")           /* counts of a call told over an hour late, in no row */ \
    X(REGISTRATIONS,      "registrations")      /* the one longest silent was let go */ \
    X(PEERS,              "peers")              /* the same */             \
    X(SOURCES,            "sources")            /* watched by security: one that did least was let go */ \
    X(IDENTITY_MALFORMED, "identity_malformed") /* an Identity header that cannot be read */ \
    X(MEDIA_PAIRS,        "media_pairs")        /* pairs of hosts that blindness is judged by */ \
    X(SDP_LIMIT,          "sdp_limit")          /* m= lines, formats, candidates or SSRCs of one SDP, over the caps */ \
    X(LEARNED_ADDRESSES,  "learned_addresses")  /* of a call's media, named by no SDP or as a candidate, over the cap */ \
    X(CALLS_UNANSWERED,   "calls_unanswered")   /* unanswered calls over their share: the oldest went */ \
    X(PRIVACY_MESSAGE_BLANKED, "privacy_message_blanked") /* stored blank: its head could not be read */ \
    X(PRIVACY_HEADER_BLANKED, "privacy_header_blanked") /* … a line without a name */ \
    X(PRIVACY_BODY_BLANKED, "privacy_body_blanked") /* … not text, or packed */ \
    X(PRIVACY_IDENTITY_BLANKED, "privacy_identity_blanked") /* … what a PASSporT vouches for */ \
    X(PRIVACY_PIECE_BLANKED, "privacy_piece_blanked") /* … a packet with a part of a message */ \
    X(PRIVACY_FRAME_BLANKED, "privacy_frame_blanked") /* … a packet whose payload was not found */ \
    X(PRIVACY_RECORD_LOST, "privacy_record_lost") /* not written: no memory to mask it */ \
    X(MEMORY,             "memory")             /* the system gave none */
/* clang-format on */

enum packet_bin {
#define X(name, text) BIN_##name,
    PACKET_BINS(X)
#undef X
        BIN_COUNT
};

enum refusal {
#define X(name, text) REFUSAL_##name,
    REFUSALS(X)
#undef X
        REFUSAL_COUNT
};

struct counters {
    uint64_t bins[BIN_COUNT];
    uint64_t refusals[REFUSAL_COUNT];
};

const char *packet_bin_text(enum packet_bin bin);
const char *refusal_text(enum refusal refusal);

/* Those above zero, as one JSON object. */
void counters_write_bins(struct jsonw *j, const struct counters *c);
void counters_write_refusals(struct jsonw *j, const struct counters *c);

#endif
