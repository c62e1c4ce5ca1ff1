#include "probe/decap/classify_name.h"

#include "analyzer/base/bytes.h"
#include "probe/decap/tls_handshake.h"

const char *classify_name_text(enum classify_name name)
{
    static const char *const texts[] = {
#define X(name, text) text,
        CLASSIFY_NAMES(X)
#undef X
    };

    return texts[name];
}

enum carrier { UDP = 1, TCP = 2 };

static const struct {
    struct slice head;
    uint8_t carriers;
    uint8_t name; /* enum classify_name */
} beginnings[] = {
    { SLICE_INIT("RTSP/1.0 "), UDP | TCP, CLASSIFY_RTSP },
    { SLICE_INIT("OPTIONS rtsp:"), UDP | TCP, CLASSIFY_RTSP },
    { SLICE_INIT("DESCRIBE rtsp:"), UDP | TCP, CLASSIFY_RTSP },
    { SLICE_INIT("SETUP rtsp:"), UDP | TCP, CLASSIFY_RTSP },
    { SLICE_INIT("PLAY rtsp:"), UDP | TCP, CLASSIFY_RTSP },
    { SLICE_INIT("HTTP/1."), TCP, CLASSIFY_HTTP },
    { SLICE_INIT("GET /"), TCP, CLASSIFY_HTTP },
    { SLICE_INIT("POST /"), TCP, CLASSIFY_HTTP },
    { SLICE_INIT("PUT /"), TCP, CLASSIFY_HTTP },
    { SLICE_INIT("HEAD /"), TCP, CLASSIFY_HTTP },
    { SLICE_INIT("CONNECT "), TCP, CLASSIFY_HTTP },
    { SLICE_INIT("PRI * HTTP/2.0\r\n"), TCP, CLASSIFY_HTTP },
    { SLICE_INIT("SSH-"), TCP, CLASSIFY_SSH },
    { SLICE_INIT("M-SEARCH * HTTP/1.1\r\n"), UDP, CLASSIFY_SSDP },
    { SLICE_INIT("NOTIFY * HTTP/1.1\r\n"), UDP, CLASSIFY_SSDP },
};

/* A header of 12 bytes that asks at most a handful of things, with an opcode that exists. */
static bool is_dns(struct slice s)
{
    struct bytes b = bytes_of(s.p, s.len);
    uint16_t flags, questions, answers;

    bytes_take(&b, 2);
    flags = bytes_u16(&b);
    questions = bytes_u16(&b);
    answers = bytes_u16(&b);
    bytes_take(&b, 4);
    return bytes_ok(&b) && (flags >> 11 & 15) <= 6 && (flags & 15) <= 11 && questions <= 16 &&
           answers <= 256;
}

/* A sequence of 30 and its length, and version 1, 2c or 3. RFC 3417 */
static bool is_snmp(struct slice s)
{
    struct bytes b = bytes_of(s.p, s.len);
    bool sequence = bytes_u8(&b) == 0x30;
    uint8_t length = bytes_u8(&b);

    bytes_take(&b, length >= 0x81 && length <= 0x84 ? length & 15 : 0);
    return sequence && bytes_u8(&b) == 2 && bytes_u8(&b) == 1 && bytes_u8(&b) <= 3 && bytes_ok(&b);
}

static const struct {
    uint16_t port; /* of either side, UDP */
    uint8_t name;  /* enum classify_name */
    bool (*is)(struct slice payload);
} ports[] = {
    { 53, CLASSIFY_DNS, is_dns },     { 5353, CLASSIFY_MDNS, is_dns },
    { 5355, CLASSIFY_LLMNR, is_dns }, { 161, CLASSIFY_SNMP, is_snmp },
    { 162, CLASSIFY_SNMP, is_snmp },
};

/* Version 1 or 2 with a long header (RFC 9000 §17.2, RFC 9369), or the end of a negotiation. */
static bool is_quic(struct slice s)
{
    struct bytes b = bytes_of(s.p, s.len);
    uint8_t first = bytes_u8(&b);
    uint32_t version = bytes_u32(&b);
    uint8_t id_bytes = bytes_u8(&b);

    return bytes_ok(&b) && (first & 0xc0) == 0xc0 && id_bytes <= 20 &&
           (version == 1 || version == 0x6b3343cf || version >> 8 == 0xff0000);
}

/* RFC 6347 §4.1: a type of 20 to 25 and a version; one of the first two epochs. */
static bool is_dtls(struct slice s)
{
    struct bytes b = bytes_of(s.p, s.len);
    uint8_t type = bytes_u8(&b);
    uint16_t version = bytes_u16(&b), epoch = bytes_u16(&b);

    bytes_take(&b, 6);
    bytes_u16(&b);
    return bytes_ok(&b) && type >= 20 && type <= 25 && (version == 0xfeff || version == 0xfefd) &&
           epoch <= 1;
}

bool classify_name_is_stun(const struct classify_packet *packet)
{
    struct bytes b = bytes_of(packet->payload.p, packet->payload.len);
    uint16_t type = bytes_u16(&b), length = bytes_u16(&b);
    uint32_t cookie = bytes_u32(&b);

    bytes_take(&b, 12);
    return bytes_ok(&b) && type < 0x4000 && length % 4 == 0 && cookie == 0x2112a442;
}

enum classify_name classify_name_of(const struct classify_packet *packet)
{
    uint8_t carrier = packet->tcp ? TCP : UDP;
    struct slice s = packet->payload;

    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
        if (beginnings[i].carriers & carrier && slice_starts_with(s, beginnings[i].head))
            return (enum classify_name)beginnings[i].name;
    }
    if (packet->tcp)
        return tls_handshake_looks_like(s) ? CLASSIFY_TLS : CLASSIFY_UNKNOWN;
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        if ((packet->src.port == ports[i].port || packet->dst.port == ports[i].port) &&
            ports[i].is(s))
            return (enum classify_name)ports[i].name;
    }
    return is_dtls(s) ? CLASSIFY_DTLS : is_quic(s) ? CLASSIFY_QUIC : CLASSIFY_UNKNOWN;
}
