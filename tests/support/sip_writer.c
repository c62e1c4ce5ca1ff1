#include "tests/support/sip_writer.h"

static const char *const method_names[] = {
    [METHOD_INVITE] = "INVITE", [METHOD_ACK] = "ACK",           [METHOD_BYE] = "BYE",
    [METHOD_CANCEL] = "CANCEL", [METHOD_REGISTER] = "REGISTER", [METHOD_OPTIONS] = "OPTIONS",
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

enum { TOKEN_NONCE = 1000, TOKEN_CNONCE, TOKEN_RESPONSE, TOKEN_RESPONSE_REST, TOKEN_SESSION };

/* The codec lines of one media description. */
static void add_codec(struct strbuf *out, const struct audio_codec *codec)
{
    strbuf_addf(out, "a=rtpmap:%d %s\r\n", codec->payload_type, codec->rtpmap);
    if (codec->fmtp)
        strbuf_addf(out, "a=fmtp:%d %s\r\n", codec->payload_type, codec->fmtp);
}

/* What a side offers besides the codec that will be taken. */
static bool is_offered(enum codec_id id, enum codec_id chosen, int64_t ptime_ms)
{
    if (id == chosen)
        return true;
    return (id == CODEC_PCMA || id == CODEC_PCMU || id == CODEC_G729) &&
           audio_takes_ptime(id, ptime_ms);
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
    const char *family = addr_is_v4(media) ? "IP4" : "IP6";
    char ip[ADDR_TEXT_MAX];

    addr_format_ip(media, ip);
    strbuf_reset(out);
    strbuf_addf(out, "v=0\r\no=- %u %u IN %s %s\r\ns=call\r\nc=IN %s %s\r\nt=0 0\r\n",
                (unsigned)(token(c, TOKEN_SESSION + s->from) >> 34),
                (unsigned)(token(c, TOKEN_SESSION + s->from) >> 34) + s->version, family, ip,
                family, ip);
    strbuf_addf(out, "m=audio %u RTP/AVP %d", media->port, codec->payload_type);
    for (int id = 0; s->sdp == SDP_OFFER && id < CODEC_COUNT; id++) {
        if ((enum codec_id)id != chosen && is_offered((enum codec_id)id, chosen, ptime_ms))
            strbuf_addf(out, " %d", audio_codecs[id].payload_type);
    }
    strbuf_addf(out, " %d\r\n", codec->event_type);
    add_codec(out, codec);
    for (int id = 0; s->sdp == SDP_OFFER && id < CODEC_COUNT; id++) {
        if ((enum codec_id)id != chosen && is_offered((enum codec_id)id, chosen, ptime_ms))
            add_codec(out, &audio_codecs[id]);
    }
    strbuf_addf(out, "a=rtpmap:%d telephone-event/%u\r\na=fmtp:%d 0-15\r\na=ptime:%d\r\na=%s\r\n",
                codec->event_type, codec->clock_hz, codec->event_type, (int)ptime_ms,
                directions[s->direction]);
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
    strbuf_addf(out, "Call-ID: %s\r\nCSeq: %d %s\r\n", c->call_id, s->cseq,
                method_names[s->method]);
    add_contact(c, s, local, out);
    add_challenge(c, s, out);
    strbuf_addf(out, "%s: %s\r\n", s->status ? "Server" : "User-Agent", c->agent[s->from]);
    if (s->sdp) {
        write_sdp(c, s, body);
        body_len = body->len;
        strbuf_add_text(out, "Content-Type: application/sdp\r\n");
    }
    strbuf_addf(out, "Content-Length: %zu\r\n\r\n", body_len);
    if (body_len)
        strbuf_add(out, body->p, body_len);
}
