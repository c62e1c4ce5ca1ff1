#include "tests/support/sip_writer.h"

#include "tests/support/vq_writer.h"

static const char *const method_names[] = {
    [METHOD_INVITE] = "INVITE", [METHOD_ACK] = "ACK",           [METHOD_BYE] = "BYE",
    [METHOD_CANCEL] = "CANCEL", [METHOD_REGISTER] = "REGISTER", [METHOD_OPTIONS] = "OPTIONS",
    [METHOD_INFO] = "INFO",     [METHOD_PUBLISH] = "PUBLISH",
};

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 100, "Trying" },
    { 180, "Ringing" },
    { 183, "Session Progress" },
    { 200, "OK" },
    { 302, "Moved Temporarily" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Timeout" },
    { 410, "Gone" },
    { 480, "Temporarily Unavailable" },
    { 484, "Address Incomplete" },
    { 486, "Busy Here" },
    { 487, "Request Terminated" },
    { 488, "Not Acceptable Here" },
    { 500, "Server Internal Error" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Server Time-out" },
    { 600, "Busy Everywhere" },
    { 603, "Decline" },
    { 604, "Does Not Exist Anywhere" },
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Other";
}

/* A number that belongs to this call and that purpose. */
static uint64_t token(const struct call *c, unsigned purpose)
{
    return rng_mix(c->tag[CALL_CALLER] + 0x9e3779b97f4a7c15u * (purpose + 1));
}

enum {
    TOKEN_NONCE = 1000,
    TOKEN_CNONCE,
    TOKEN_RESPONSE,
    TOKEN_RESPONSE_REST,
    TOKEN_SESSION,
    TOKEN_KEY = 1010,
    TOKEN_PUBLISH = 1020
};

/* The codec lines of one media description. */
static void add_codec(struct strbuf *out, const struct audio_codec *codec)
{
    strbuf_addf(out, "a=rtpmap:%d %s\r\n", codec->payload_type, codec->rtpmap);
    if (codec->fmtp)
        strbuf_addf(out, "a=fmtp:%d %s\r\n", codec->payload_type, codec->fmtp);
}

static void add_events(struct strbuf *out, int payload_type, unsigned clock_hz)
{
    strbuf_addf(out, "a=rtpmap:%d telephone-event/%u\r\na=fmtp:%d 0-15\r\n", payload_type, clock_hz,
                payload_type);
}

/* What a side offers besides the codec that will be taken. */
static bool is_offered(const struct call *c, enum codec_id id, enum codec_id chosen)
{
    int64_t ptime_ms = c->world->options.ptime_ms;

    if (id == chosen || c->offers_one)
        return id == chosen;
    return (id == CODEC_PCMA || id == CODEC_PCMU || id == CODEC_G729) &&
           audio_takes_ptime(id, ptime_ms);
}

static const char *attribute_of_family(const struct addr *a)
{
    return addr_is_v4(a) ? "IP4" : "IP6";
}

/* What every SDP of a side begins with. */
static void write_session(const struct call *c, const struct call_step *s, struct strbuf *out)
{
    const struct addr *media = &c->media[s->phase][s->from];
    const char *family = attribute_of_family(media);
    unsigned session = (unsigned)(token(c, TOKEN_SESSION + s->from) >> 34);
    char ip[ADDR_TEXT_MAX];

    addr_format_ip(media, ip);
    strbuf_reset(out);
    strbuf_addf(out, "v=0\r\no=- %u %u IN %s %s\r\ns=call\r\nc=IN %s %s\r\nt=0 0\r\n", session,
                session + s->version, family, ip, family, ip);
}

static void write_fax_sdp(const struct call *c, const struct call_step *s, struct strbuf *out)
{
    write_session(c, s, out);
    strbuf_addf(out,
                "m=image %u udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n"
                "a=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxBuffer:2000\r\n"
                "a=T38FaxMaxDatagram:400\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n",
                c->media[s->phase][s->from].port);
}

/* Lines that only some options ask for. */
static void add_manner(const struct call *c, const struct call_step *s, struct strbuf *out)
{
    const struct options *o = &c->world->options;
    const struct audio_codec *video = &audio_codecs[CODEC_VP8];

    if (o->rtcp_mux)
        strbuf_add_text(out, "a=rtcp-mux\r\n");
    if (o->rtcp_reduced)
        strbuf_add_text(out, "a=rtcp-rsize\r\n");
    if (c->srtp)
        strbuf_addf(out,
                    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
                    "inline:%016llx%016llx%08x\r\n",
                    (unsigned long long)token(c, TOKEN_KEY + 2u * s->from),
                    (unsigned long long)token(c, TOKEN_KEY + 2u * s->from + 1), s->from);
    if (c->video) {
        strbuf_addf(out, "m=video %u RTP/AVP %d\r\n", c->media[s->phase][s->from].port + 2,
                    video->payload_type);
        add_codec(out, video);
    }
}

static void write_sdp(const struct call *c, const struct call_step *s, struct strbuf *out)
{
    static const char *const directions[] = {
        [SDP_SENDRECV] = "sendrecv", [SDP_SENDONLY] = "sendonly", [SDP_RECVONLY] = "recvonly"
    };
    const struct addr *media = &c->media[s->phase][s->from];
    enum codec_id chosen = c->codec[s->phase];
    const struct audio_codec *codec = &audio_codecs[chosen];
    int64_t ptime_ms = c->world->options.ptime_ms;
    bool events = c->digit_way != CALL_DIGITS_INBAND;

    write_session(c, s, out);
    strbuf_addf(out, "m=audio %u RTP/%s %d", media->port, c->srtp ? "SAVP" : "AVP",
                codec->payload_type);
    for (int id = 0; s->sdp == SDP_OFFER && id < CODEC_COUNT; id++) {
        if ((enum codec_id)id != chosen && is_offered(c, (enum codec_id)id, chosen))
            strbuf_addf(out, " %d", audio_codecs[id].payload_type);
    }
    if (c->two_event_types)
        strbuf_addf(out, " %d", CALL_SECOND_EVENT_TYPE);
    if (events)
        strbuf_addf(out, " %d", codec->event_type);
    strbuf_add_text(out, "\r\n");
    add_codec(out, codec);
    for (int id = 0; s->sdp == SDP_OFFER && id < CODEC_COUNT; id++) {
        if ((enum codec_id)id != chosen && is_offered(c, (enum codec_id)id, chosen))
            add_codec(out, &audio_codecs[id]);
    }
    if (events)
        add_events(out, codec->event_type, codec->clock_hz);
    if (c->two_event_types)
        add_events(out, CALL_SECOND_EVENT_TYPE, codec->clock_hz);
    strbuf_addf(out, "a=ptime:%d\r\na=%s\r\n", (int)ptime_ms, directions[s->direction]);
    add_manner(c, s, out);
}

static void write_body(const struct call *c, const struct call_step *s, struct strbuf *out)
{
    strbuf_reset(out);
    if (s->sdp == BODY_DTMF)
        strbuf_add_char(out, s->digit);
    else if (s->sdp == BODY_DTMF_RELAY)
        strbuf_addf(out, "Signal=%c\r\nDuration=%d\r\n", s->digit, CALL_DTMF_RELAY_MS);
    else if (s->sdp == BODY_VQ)
        vq_writer_write(c, out);
    else if (c->fax && s->phase == 1)
        write_fax_sdp(c, s, out);
    else
        write_sdp(c, s, out);
}

static void add_start_line(const struct call *c, const struct call_step *s, struct strbuf *out)
{
    int to = call_other(s->from);
    char remote[ADDR_TEXT_MAX];

    if (s->status) {
        strbuf_addf(out, "SIP/2.0 %d %s\r\n", s->status, reason_of(s->status));
        return;
    }
    if (c->kind != CALL_INVITE) {
        strbuf_addf(out, "%s sip:%s SIP/2.0\r\n", method_names[s->method], c->host[CALL_CALLEE]);
        return;
    }
    /* Inside a dialog requests go to the Contact of the other side; what precedes it, and the ACK
     * of a refusal, to the address that was dialled. */
    if (c->seen.answer_ns) {
        addr_format(&c->signalling[s->from].dst, remote);
        strbuf_addf(out, "%s sip:%s@%s SIP/2.0\r\n", method_names[s->method], c->user[to], remote);
    } else {
        strbuf_addf(out, "%s sip:%s@%s SIP/2.0\r\n", method_names[s->method], c->user[to],
                    c->host[to]);
    }
}

/* From and To keep the sides of the request: the one who asks is From. */
static void add_parties(const struct call *c, const struct call_step *s, int asker,
                        struct strbuf *out)
{
    int asked = call_other(asker);
    /* The other side has a tag once it has answered anything but 100. */
    bool tagged = c->seen.answer_ns || s->status > 100 || s->method == METHOD_ACK;

    if (c->kind == CALL_REGISTER)
        asked = asker;
    strbuf_addf(out, "From: <sip:%s@%s>;tag=%08x\r\n", c->user[asker], c->host[asker],
                (unsigned)(c->tag[asker] >> 32));
    strbuf_addf(out, "To: <sip:%s@%s>", c->user[asked], c->host[asked]);
    if (tagged)
        strbuf_addf(out, ";tag=%08x", (unsigned)(c->tag[call_other(asker)] >> 32));
    strbuf_add_text(out, "\r\n");
}

static void add_challenge(const struct call *c, const struct call_step *s, struct strbuf *out)
{
    static const char *const names[2][2] = { { "WWW-Authenticate", "Proxy-Authenticate" },
                                             { "Authorization", "Proxy-Authorization" } };
    bool proxy = s->method == METHOD_INVITE;
    uint64_t nonce = token(c, TOKEN_NONCE);

    if (s->status == 401 || s->status == 407) {
        strbuf_addf(out,
                    "%s: Digest realm=\"example.net\", nonce=\"%016llx\", algorithm=MD5, "
                    "qop=\"auth\"\r\n",
                    names[0][proxy], (unsigned long long)nonce);
    } else if (s->credentials && s->status == 0) {
        strbuf_addf(out,
                    "%s: Digest username=\"%s\", realm=\"example.net\", nonce=\"%016llx\", "
                    "uri=\"sip:%s\", response=\"%016llx%016llx\", algorithm=MD5, "
                    "cnonce=\"%08x\", qop=auth, nc=00000001\r\n",
                    names[1][proxy], c->user[CALL_CALLER], (unsigned long long)nonce,
                    c->host[CALL_CALLEE], (unsigned long long)token(c, TOKEN_RESPONSE),
                    (unsigned long long)token(c, TOKEN_RESPONSE_REST),
                    (unsigned)(token(c, TOKEN_CNONCE) >> 32));
    }
}

static void add_contact(const struct call *c, const struct call_step *s, const char *local,
                        struct strbuf *out)
{
    if (s->method == METHOD_INVITE && s->status != 100 && s->status < 300) {
        strbuf_addf(out, "Contact: <sip:%s@%s>\r\n", c->user[s->from], local);
        if (s->status != 180)
            strbuf_add_text(out, "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO\r\n"
                                 "Supported: replaces, timer\r\n");
    }
    if (s->method == METHOD_REGISTER && s->status == 0)
        strbuf_addf(out, "Contact: <sip:%s@%s>\r\nExpires: %d\r\n", c->user[CALL_CALLER], local,
                    (int)c->expires_s);
    if (s->method == METHOD_REGISTER && s->status == 200) {
        char phone[ADDR_TEXT_MAX];

        addr_format(&c->signalling[CALL_CALLER].src, phone);
        strbuf_addf(out, "Contact: <sip:%s@%s>;expires=%d\r\n", c->user[CALL_CALLER], phone,
                    (int)c->expires_s);
    }
    if (s->method == METHOD_OPTIONS)
        strbuf_add_text(out, s->status == 0 ? "Accept: application/sdp\r\n"
                                            : "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n");
    if (s->status == 503)
        strbuf_add_text(out, "Retry-After: 30\r\n");
    if ((s->method == METHOD_BYE || s->method == METHOD_CANCEL) && s->status == 0)
        strbuf_addf(out, "Reason: %s\r\n",
                    s->method == METHOD_BYE ? "Q.850;cause=16;text=\"Normal call clearing\""
                                            : "SIP;cause=487;text=\"Request Terminated\"");
}

static const char *const body_types[] = {
    [SDP_OFFER] = "application/sdp",     [SDP_ANSWER] = "application/sdp",
    [BODY_DTMF] = "application/dtmf",    [BODY_DTMF_RELAY] = "application/dtmf-relay",
    [BODY_VQ] = "application/vq-rtcpxr",
};

void sip_writer_write(const struct call *c, const struct call_step *s, struct strbuf *out)
{
    int asker = s->status ? call_other(s->from) : s->from;
    const struct flow *request_flow = &c->signalling[asker];
    char via[ADDR_TEXT_MAX], local[ADDR_TEXT_MAX], received[ADDR_TEXT_MAX];
    struct strbuf *body = &c->world->body;
    size_t body_len = 0;

    addr_format(&request_flow->src, via);
    addr_format(&c->signalling[s->from].src, local);
    strbuf_reset(out);
    add_start_line(c, s, out);
    strbuf_addf(out, "Via: SIP/2.0/UDP %s;branch=z9hG4bK%016llx", via,
                (unsigned long long)token(c, s->transaction));
    if (s->status) {
        addr_format_ip(&request_flow->src, received);
        strbuf_addf(out, ";received=%s;rport=%u\r\n", received, request_flow->src.port);
    } else {
        strbuf_add_text(out, ";rport\r\nMax-Forwards: 70\r\n");
    }
    add_parties(c, s, asker, out);
    if (s->method == METHOD_PUBLISH) /* a dialog of its own */
        strbuf_addf(out, "Call-ID: %016llx@%s\r\nEvent: vq-rtcpxr\r\n",
                    (unsigned long long)token(c, TOKEN_PUBLISH), c->host[s->from]);
    else
        strbuf_addf(out, "Call-ID: %s\r\n", c->call_id);
    strbuf_addf(out, "CSeq: %d %s\r\n", s->cseq, method_names[s->method]);
    add_contact(c, s, local, out);
    add_challenge(c, s, out);
    strbuf_addf(out, "%s: %s\r\n", s->status ? "Server" : "User-Agent", c->agent[s->from]);
    if (s->sdp) {
        write_body(c, s, body);
        body_len = body->len;
        strbuf_addf(out, "Content-Type: %s\r\n", body_types[s->sdp]);
    }
    strbuf_addf(out, "Content-Length: %zu\r\n\r\n", body_len);
    if (body_len)
        strbuf_add(out, body->p, body_len);
}
