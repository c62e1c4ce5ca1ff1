#include "analyzer/demux.h"

#include "analyzer/sip/sip_msg.h"

enum {
    SIP_PORT = 5060,
    SIPS_PORT = 5061,
    RTP_LEAST_BYTES = 12,
    RTCP_LEAST_BYTES = 8,
    STUN_LEAST_BYTES = 20,
    DTLS_LEAST_BYTES = 13,
    ZRTP_LEAST_BYTES = 12,
};

static bool has_at(struct slice s, size_t at, const char *four)
{
    return s.len >= at + 4 && memcmp(s.p + at, four, 4) == 0;
}

static bool on_sip_port(const struct datagram *d)
{
    return d->src.port == SIP_PORT || d->dst.port == SIP_PORT || d->src.port == SIPS_PORT ||
           d->dst.port == SIPS_PORT;
}

static enum demux_kind version_2(struct slice s)
{
    unsigned type = (unsigned char)(s.len > 1 ? s.p[1] : 0);

    /* RFC 5761: 192..223 is RTCP's; as RTP it would be types 64..95 with a marker, which none uses. */
    if (type >= 192 && type <= 223)
        return s.len >= RTCP_LEAST_BYTES ? DEMUX_RTCP : DEMUX_OTHER;
    return s.len >= RTP_LEAST_BYTES ? DEMUX_RTP : DEMUX_OTHER;
}

enum demux_kind demux_classify(const struct datagram *d)
{
    struct slice s = d->payload;
    unsigned first;

    if (s.len == 0)
        return DEMUX_EMPTY;
    first = (unsigned char)s.p[0];
    if (first >= 128 && first <= 191)
        return version_2(s);
    if (first < 4 && s.len >= STUN_LEAST_BYTES && has_at(s, 4, "\x21\x12\xa4\x42"))
        return DEMUX_STUN;
    if (first == 0x10 && s.len >= ZRTP_LEAST_BYTES && has_at(s, 4, "ZRTP"))
        return DEMUX_ZRTP;
    if (first >= 20 && first <= 63 && s.len >= DTLS_LEAST_BYTES && (unsigned char)s.p[1] == 0xfe)
        return DEMUX_DTLS;
    if (sip_msg_looks_like(s))
        return DEMUX_SIP;
    if (on_sip_port(d))
        return first == '\r' || first == '\n' || first == '\0' ? DEMUX_KEEPALIVE : DEMUX_SIP;
    return DEMUX_OTHER;
}
