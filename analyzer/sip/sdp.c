#include "analyzer/sip/sdp.h"

#include "analyzer/sip/sip_multipart.h"
#include "analyzer/sip/sip_scan.h"

/* Above this a packet time is a mistake: 1 s. */
enum {
    PTIME_MAX_MS = 1000,
    PAYLOAD_TYPES = 128,
    PORT_COUNT_MAX = 1000,
    GROUP_MAX_BYTES = 512, /* it is searched for each m= line */
};

struct reader {
    struct sdp *out;
    struct sdp_media *media; /* the m= section we are in; NULL in the session's */
    bool skip;               /* … which is one that is not kept */
    bool own_address;        /* the section had a c= */
    bool own_direction;
    bool session_fingerprint, session_ice;
    bool rtcp_port, rtcp_address;   /* a=rtcp said one */
    uint16_t format[PAYLOAD_TYPES]; /* index in out->formats + 1; 0: not in this m= */
};

/* A c= or the address of a=rtcp. */
struct connection {
    struct addr addr;
    struct slice text;
    bool host_name;
};

static const char *const parse_texts[SDP_PARSE_COUNT] = {
#define X(name, text) text,
    SDP_PARSES(X)
#undef X
};

static const char *const anomaly_texts[SDP_ANOMALY_COUNT] = {
#define X(name, text) text,
    SDP_ANOMALIES(X)
#undef X
};

const char *sdp_parse_text(enum sdp_parse result)
{
    return (unsigned)result < SDP_PARSE_COUNT ? parse_texts[result] : "";
}

const char *sdp_anomaly_text(enum sdp_anomaly anomaly)
{
    return (unsigned)anomaly < SDP_ANOMALY_COUNT ? anomaly_texts[anomaly] : "";
}

const struct sdp_format *sdp_media_format_find(const struct sdp *sdp, const struct sdp_media *media,
                                               unsigned payload_type)
{
    const struct sdp_format *format = sdp_media_formats(sdp, media);

    for (unsigned i = 0; i < media->format_count; i++) {
        if (format[i].payload_type == payload_type && payload_type != SDP_PAYLOAD_NONE)
            return &format[i];
    }
    return NULL;
}

static void flag(struct sdp *sdp, enum sdp_anomaly anomaly)
{
    sdp->anomalies |= 1U << anomaly;
}

/* Takes the next word off *s and the blanks before it. Empty at the end. */
static struct slice cut_word(struct slice *s)
{
    struct slice word;

    while (s->len && (s->p[0] == ' ' || s->p[0] == '\t'))
        *s = scan_skip(*s, 1);
    word = scan_head(*s, scan_find2(*s, ' ', '\t'));
    *s = scan_skip(*s, word.len);
    return word;
}

/* An RTP payload type, or −1. */
static int payload_type_of(struct slice word)
{
    int type = 0;

    if (word.len == 0 || word.len > 3)
        return -1;
    for (size_t i = 0; i < word.len; i++) {
        if (!scan_is_digit(word.p[i]))
            return -1;
        type = type * 10 + (word.p[i] - '0');
    }
    return type < PAYLOAD_TYPES ? type : -1;
}

static bool is_host_name(struct slice s)
{
    bool letter = false;

    for (size_t i = 0; i < s.len; i++) {
        char lower = (char)(s.p[i] | 0x20);
        bool alpha = lower >= 'a' && lower <= 'z';

        if (!alpha && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-' && s.p[i] != '.')
            return false;
        letter |= alpha;
    }
    return letter;
}

/* "IN IP4 192.0.2.1/127". */
static bool parse_connection(struct connection *out, struct slice s)
{
    struct slice address;

    cut_word(&s);
    cut_word(&s);
    address = cut_word(&s);
    *out = (struct connection){ .text = scan_cut(&address, '/') };
    if (out->text.len && addr_parse_ip(out->text, &out->addr))
        return true;
    out->host_name = is_host_name(out->text);
    return out->host_name;
}

/* --- the lines before the attributes --- */

static void read_origin(struct reader *r, struct slice s)
{
    struct connection connection;
    struct sdp *out = r->out;

    out->origin_user = cut_word(&s);
    out->origin_session_id = cut_word(&s);
    out->origin_version = cut_word(&s);
    if (parse_connection(&connection, s))
        out->origin = connection.addr;
}

static void read_session_name(struct reader *r, struct slice s)
{
    r->out->session_name = s;
}

static void use_connection(struct sdp_media *media, const struct connection *connection)
{
    memcpy(media->rtp.ip, connection->addr.ip, sizeof media->rtp.ip);
    media->has_address = true;
    media->host_name = connection->host_name;
    media->address_text = connection->text;
}

static void read_connection(struct reader *r, struct slice s)
{
    struct connection connection;

    if (r->skip || (r->media && r->own_address))
        return;
    if (!parse_connection(&connection, s)) {
        flag(r->out, SDP_ANOMALY_BAD_ADDRESS);
        return;
    }
    if (r->media) {
        use_connection(r->media, &connection);
        r->own_address = true;
    } else {
        r->out->connection = connection.addr;
        r->out->connection_text = connection.text;
        r->out->connection_host_name = connection.host_name;
        r->out->has_connection = true;
    }
}

/* --- m= --- */

static enum sdp_type type_of(struct slice text)
{
    if (scan_is(text, SLICE("audio")))
        return SDP_AUDIO;
    if (scan_is(text, SLICE("video")))
        return SDP_VIDEO;
    if (scan_is(text, SLICE("image")))
        return SDP_IMAGE;
    return SDP_OTHER;
}

/* Looks at the words of "UDP/TLS/RTP/SAVPF" and the like. */
static void read_proto(struct sdp_media *media)
{
    struct slice rest = media->proto;

    while (rest.len) {
        struct slice word = scan_cut(&rest, '/');

        media->on_rtp |= scan_is(word, SLICE("rtp"));
        media->srtp |= word.len >= 4 && scan_is(scan_head(word, 4), SLICE("savp"));
    }
}

static void add_format(struct reader *r, struct slice word)
{
    const struct sdp_static_payload *known;
    struct sdp_media *media = r->media;
    struct sdp_format *format;
    struct sdp *out = r->out;
    int type;

    if (media->format_count == SDP_FORMATS_PER_MEDIA || out->format_count == SDP_FORMATS_MAX) {
        flag(out, SDP_ANOMALY_FORMAT_LIMIT);
        return;
    }
    format = &out->formats[out->format_count++];
    media->format_count++;
    *format = (struct sdp_format){ .payload_type = SDP_PAYLOAD_NONE, .channels = 1 };
    if (!media->on_rtp) {
        format->name = word;
        return;
    }
    type = payload_type_of(word);
    if (type < 0) {
        format->name = word;
        flag(out, SDP_ANOMALY_BAD_MEDIA);
        return;
    }
    format->payload_type = (uint8_t)type;
    if (r->format[type] == 0)
        r->format[type] = out->format_count;
    known = sdp_static_payload((unsigned)type);
    if (known) {
        format->name = known->name;
        format->clock_rate_hz = known->clock_rate_hz;
        format->channels = known->channels;
    }
}

/* "49170" or "49170/2". */
static bool parse_port(struct sdp_media *media, struct slice s)
{
    struct slice count = s, port = scan_cut(&count, '/');
    uint64_t number;

    if (!slice_to_u64(port, UINT16_MAX, &number))
        return false;
    media->rtp.port = (uint16_t)number;
    media->port_count = 1;
    if (count.len && slice_to_u64(count, PORT_COUNT_MAX, &number) && number > 0)
        media->port_count = (uint16_t)number;
    return true;
}

/* The number of the group that names the mid; 0: none does. */
static uint8_t bundle_of(const struct sdp *sdp, struct slice mid)
{
    for (uint8_t i = 0; mid.len && i < sdp->bundle_count; i++) {
        struct slice rest = sdp->bundles[i];

        for (struct slice word = cut_word(&rest); word.len; word = cut_word(&rest)) {
            if (slice_eq(word, mid))
                return (uint8_t)(i + 1);
        }
    }
    return 0;
}

/* What only the whole section tells. */
static void end_media(struct reader *r)
{
    struct sdp_media *media = r->media;
    uint16_t port;

    if (!media)
        return;
    if (!r->own_address && r->out->has_connection) {
        struct connection session = { r->out->connection, r->out->connection_text,
                                      r->out->connection_host_name };

        use_connection(media, &session);
    }
    if (!r->own_direction)
        media->direction = r->out->direction;
    media->srtp |= r->session_fingerprint && media->on_rtp;
    media->ice |= r->session_ice;
    media->bundle = bundle_of(r->out, media->mid);
    port = media->rtcp.port;
    if (!r->rtcp_port && media->rtp.port != 0 && media->rtp.port != UINT16_MAX)
        port = (uint16_t)(media->rtp.port + (media->rtcp_mux ? 0 : 1));
    if (!r->rtcp_address)
        media->rtcp = media->rtp;
    media->rtcp.port = port;
    r->media = NULL;
}

static void read_media(struct reader *r, struct slice s)
{
    struct sdp *out = r->out;
    struct sdp_media *media;
    struct slice word;

    end_media(r);
    r->skip = true;
    if (out->media_count == SDP_MEDIA_MAX) {
        flag(out, SDP_ANOMALY_MEDIA_LIMIT);
        return;
    }
    media = &out->media[out->media_count];
    *media = (struct sdp_media){ .first_format = out->format_count,
                                 .first_candidate = out->candidate_count,
                                 .first_ssrc = out->ssrc_count };
    media->type_text = cut_word(&s);
    media->type = (uint8_t)type_of(media->type_text);
    word = cut_word(&s);
    media->proto = cut_word(&s);
    if (!parse_port(media, word) || media->proto.len == 0) {
        flag(out, SDP_ANOMALY_BAD_MEDIA);
        return;
    }
    media->disabled = media->rtp.port == 0;
    read_proto(media);
    out->media_count++;
    r->media = media;
    r->skip = r->own_address = r->own_direction = r->rtcp_port = r->rtcp_address = false;
    memset(r->format, 0, sizeof r->format);
    while ((word = cut_word(&s)).len)
        add_format(r, word);
}

/* --- a= --- */

/* The format that the payload type at the front of *s means; NULL when it is not on the m=. */
static struct sdp_format *cut_format(struct reader *r, struct slice *s)
{
    int type = payload_type_of(cut_word(s));

    if (type < 0) {
        flag(r->out, SDP_ANOMALY_BAD_ATTRIBUTE);
        return NULL;
    }
    return r->format[type] ? &r->out->formats[r->format[type] - 1] : NULL;
}

/* "101 telephone-event/8000" or "96 opus/48000/2". */
static void read_rtpmap(struct reader *r, struct slice s)
{
    struct sdp_format *format;
    struct slice name, clock;
    uint64_t number;

    if (!r->media || !(format = cut_format(r, &s)))
        return;
    s = cut_word(&s);
    name = scan_cut(&s, '/');
    clock = scan_cut(&s, '/');
    if (name.len == 0 || !slice_to_u64(clock, UINT32_MAX, &number)) {
        flag(r->out, SDP_ANOMALY_BAD_ATTRIBUTE);
        return;
    }
    format->name = name;
    format->clock_rate_hz = (uint32_t)number;
    format->channels = 1;
    if (s.len && slice_to_u64(s, UINT8_MAX, &number) && number > 0)
        format->channels = (uint8_t)number;
}

static void read_fmtp(struct reader *r, struct slice s)
{
    struct sdp_format *format;

    if (r->media && (format = cut_format(r, &s)) != NULL)
        format->fmtp = scan_trim(s);
}

/* One of the four words of RFC 3264; other attributes without a value are none of ours. */
static void read_direction(struct reader *r, struct slice name)
{
    static const struct slice names[] = {
        [SDP_SENDRECV] = SLICE_INIT("sendrecv"),
        [SDP_SENDONLY] = SLICE_INIT("sendonly"),
        [SDP_RECVONLY] = SLICE_INIT("recvonly"),
        [SDP_INACTIVE] = SLICE_INIT("inactive"),
    };

    for (uint8_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!slice_eq(name, names[i]))
            continue;
        if (r->media)
            r->media->direction = i;
        else
            r->out->direction = i;
        r->own_direction = r->media != NULL;
    }
}

/* "53020" or "53020 IN IP4 192.0.2.1". */
static void read_rtcp(struct reader *r, struct slice s)
{
    struct connection connection;
    uint64_t port;

    if (!r->media)
        return;
    if (!slice_to_u64(cut_word(&s), UINT16_MAX, &port)) {
        flag(r->out, SDP_ANOMALY_BAD_ATTRIBUTE);
        return;
    }
    r->rtcp_port = true;
    r->rtcp_address = scan_trim(s).len && parse_connection(&connection, s);
    if (r->rtcp_address)
        r->media->rtcp = connection.addr;
    r->media->rtcp.port = (uint16_t)port;
}

static void read_rtcp_mux(struct reader *r, struct slice s)
{
    (void)s;
    if (r->media)
        r->media->rtcp_mux = true;
}

/* Milliseconds; some say "2.5". */
static void read_ptime(struct reader *r, struct slice s)
{
    struct slice fraction = scan_trim(s), whole = scan_cut(&fraction, '.');
    uint64_t number, unit_us = 100;

    if (!r->media)
        return;
    if (!slice_to_u64(whole, PTIME_MAX_MS, &number)) {
        flag(r->out, SDP_ANOMALY_BAD_ATTRIBUTE);
        return;
    }
    number *= 1000;
    for (size_t i = 0; i < fraction.len && i < 3; i++, unit_us /= 10) {
        if (fraction.p[i] >= '0' && fraction.p[i] <= '9')
            number += (unsigned)(fraction.p[i] - '0') * unit_us;
    }
    r->media->ptime_us = (uint32_t)number;
}

static void read_crypto(struct reader *r, struct slice s)
{
    (void)s;
    if (r->media)
        r->media->srtp = true;
}

static void read_fingerprint(struct reader *r, struct slice s)
{
    (void)s;
    if (r->media)
        r->media->srtp |= r->media->on_rtp;
    else
        r->session_fingerprint = true;
}

static void add_candidate(struct reader *r, enum sdp_candidate_parse result,
                          const struct sdp_candidate *candidate)
{
    struct sdp *out = r->out;

    if (result == SDP_CANDIDATE_BAD)
        flag(out, SDP_ANOMALY_BAD_ATTRIBUTE);
    if (result != SDP_CANDIDATE_OK)
        return;
    if (out->candidate_count == SDP_CANDIDATES_MAX) {
        flag(out, SDP_ANOMALY_CANDIDATE_LIMIT);
        return;
    }
    out->candidates[out->candidate_count++] = *candidate;
    r->media->candidate_count++;
}

static void read_candidate(struct reader *r, struct slice s)
{
    struct sdp_candidate candidate;

    if (!r->media)
        return;
    r->media->ice = true;
    add_candidate(r, sdp_candidate_parse(s, &candidate), &candidate);
}

static void read_remote_candidates(struct reader *r, struct slice s)
{
    for (s = scan_trim(s); r->media && s.len;) {
        struct sdp_candidate candidate;
        enum sdp_candidate_parse result = sdp_candidate_cut_remote(&s, &candidate);

        add_candidate(r, result, &candidate);
        if (result == SDP_CANDIDATE_BAD)
            return;
    }
}

static void read_ice(struct reader *r, struct slice s)
{
    (void)s;
    if (r->media)
        r->media->ice = true;
    else
        r->session_ice = true;
}

static void read_mid(struct reader *r, struct slice s)
{
    if (r->media)
        r->media->mid = scan_trim(s);
}

static void read_bundle_only(struct reader *r, struct slice s)
{
    (void)s;
    if (r->media)
        r->media->bundle_only = true;
}

/* "BUNDLE audio video". */
static void read_group(struct reader *r, struct slice s)
{
    struct sdp *out = r->out;

    if (r->media || !scan_is(cut_word(&s), SLICE("bundle")))
        return;
    if (out->bundle_count == SDP_BUNDLES_MAX)
        flag(out, SDP_ANOMALY_BUNDLE_LIMIT);
    else
        out->bundles[out->bundle_count++] =
            scan_trim(scan_head(s, s.len < GROUP_MAX_BYTES ? s.len : GROUP_MAX_BYTES));
}

/* "314159 cname:x", a line for each of its attributes. */
static void read_ssrc(struct reader *r, struct slice s)
{
    struct sdp *out = r->out;
    uint64_t ssrc;

    if (!r->media)
        return;
    if (!slice_to_u64(cut_word(&s), UINT32_MAX, &ssrc)) {
        flag(out, SDP_ANOMALY_BAD_ATTRIBUTE);
        return;
    }
    for (unsigned i = r->media->first_ssrc; i < out->ssrc_count; i++) {
        if (out->ssrcs[i] == ssrc)
            return;
    }
    if (out->ssrc_count == SDP_SSRCS_MAX) {
        flag(out, SDP_ANOMALY_SSRC_LIMIT);
        return;
    }
    out->ssrcs[out->ssrc_count++] = (uint32_t)ssrc;
    r->media->ssrc_count++;
}

static void read_attribute(struct reader *r, struct slice s)
{
    static const struct {
        struct slice name;
        void (*read)(struct reader *r, struct slice value);
    } attributes[] = {
        { SLICE_INIT("rtpmap"), read_rtpmap },
        { SLICE_INIT("fmtp"), read_fmtp },
        { SLICE_INIT("ptime"), read_ptime },
        { SLICE_INIT("candidate"), read_candidate },
        { SLICE_INIT("rtcp"), read_rtcp },
        { SLICE_INIT("rtcp-mux"), read_rtcp_mux },
        { SLICE_INIT("crypto"), read_crypto },
        { SLICE_INIT("fingerprint"), read_fingerprint },
        { SLICE_INIT("mid"), read_mid },
        { SLICE_INIT("group"), read_group },
        { SLICE_INIT("ssrc"), read_ssrc },
        { SLICE_INIT("ice-ufrag"), read_ice },
        { SLICE_INIT("remote-candidates"), read_remote_candidates },
        { SLICE_INIT("bundle-only"), read_bundle_only },
    };
    struct slice name = scan_cut(&s, ':');

    if (r->skip)
        return;
    if (s.len == 0)
        name = scan_trim(name);
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        if (name.len == attributes[i].name.len && slice_eq(name, attributes[i].name)) {
            attributes[i].read(r, s);
            return;
        }
    }
    read_direction(r, name);
}

static void read_line(struct reader *r, struct slice line)
{
    static void (*const readers[26])(struct reader * r, struct slice value) = {
        ['a' - 'a'] = read_attribute, ['c' - 'a'] = read_connection,   ['m' - 'a'] = read_media,
        ['o' - 'a'] = read_origin,    ['s' - 'a'] = read_session_name,
    };
    unsigned letter;

    if (line.len == 0)
        return;
    letter = (unsigned char)line.p[0] - 'a';
    if (line.len < 2 || line.p[1] != '=' || letter >= 26) {
        flag(r->out, SDP_ANOMALY_BAD_LINE);
        return;
    }
    if (readers[letter])
        readers[letter](r, slice_of(line.p + 2, line.len - 2));
}

enum sdp_parse sdp_parse(struct sdp *out, struct slice body)
{
    struct reader r = { .out = out };
    bool version;

    memset(out, 0, offsetof(struct sdp, media));
    if (body.len > SDP_MAX_BYTES)
        return SDP_PARSE_TOO_LONG;
    while (body.len && (body.p[0] == '\r' || body.p[0] == '\n'))
        body = slice_of(body.p + 1, body.len - 1);
    if (body.len == 0)
        return SDP_PARSE_EMPTY;
    version = slice_starts_with(body, SLICE("v="));
    while (body.len) {
        struct slice line = slice_cut(&body, '\n');

        if (line.len && line.p[line.len - 1] == '\r')
            line.len--;
        read_line(&r, line);
    }
    end_media(&r);
    if (version)
        return SDP_PARSE_OK;
    flag(out, SDP_ANOMALY_NO_VERSION);
    return out->media_count ? SDP_PARSE_OK : SDP_PARSE_NOT_SDP;
}

struct slice sdp_find_body(struct slice content_type, struct slice body)
{
    if (!content_type.p && slice_starts_with(body, SLICE("v=")))
        return body;
    return sip_multipart_find(content_type, body, SLICE("application/sdp"));
}
