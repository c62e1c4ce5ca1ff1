/*
 * classify_name - the protocols that an unknown flow can be found to be, and those of them that a
 * few bytes or a port give away.
 *
 * What is plain to see is told here and not by nDPI: its dissectors of TLS, QUIC, DNS and HTTP are
 * its largest, and they have no more to say that Earshot wants to know.
 */
#ifndef PROBE_DECAP_CLASSIFY_NAME_H
#define PROBE_DECAP_CLASSIFY_NAME_H

#include "probe/decap/classify_packet.h"

/* clang-format off */
#define CLASSIFY_NAMES(X)                                                             \
    X(UNKNOWN,     NULL)                                                              \
    X(MGCP,        "mgcp")     X(IAX,       "iax")      X(H323,     "h323")           \
    X(SKINNY,      "skinny")   X(MEGACO,    "megaco")   X(SIP,      "sip")            \
    X(RTP,         "rtp")      X(RTCP,      "rtcp")     X(STUN,     "stun")           \
    X(RTSP,        "rtsp")     X(WHATSAPP,  "whatsapp") X(TEAMS,    "teams")          \
    X(SKYPE,       "skype")    X(ZOOM,      "zoom")     X(HANGOUT,  "hangout")        \
    X(FACEBOOK,    "facebook_call")         X(SIGNAL,   "signal")                     \
    X(TLS,         "tls")      X(DTLS,      "dtls")     X(QUIC,     "quic")           \
    X(HTTP,        "http")     X(SSH,       "ssh")      X(DNS,      "dns")            \
    X(MDNS,        "mdns")     X(LLMNR,     "llmnr")    X(SSDP,     "ssdp")           \
    X(DHCP,        "dhcp")     X(NTP,       "ntp")      X(TFTP,     "tftp")           \
    X(SYSLOG,      "syslog")   X(RADIUS,    "radius")   X(DIAMETER, "diameter")       \
    X(SNMP,        "snmp")
/* clang-format on */

enum classify_name {
#define X(name, text) CLASSIFY_##name,
    CLASSIFY_NAMES(X)
#undef X
        CLASSIFY_COUNT
};

/* NULL: CLASSIFY_UNKNOWN. */
const char *classify_name_text(enum classify_name name);

/* By what a packet begins with, and where; CLASSIFY_UNKNOWN: not plain to see. */
enum classify_name classify_name_of(const struct classify_packet *packet);

/* STUN with its magic cookie: the flow may still turn out to be more than that. */
bool classify_name_is_stun(const struct classify_packet *packet);

#endif
