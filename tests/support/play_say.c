#include "tests/support/play_say.h"

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 100, "Trying" },
    { 180, "Ringing" },
    { 183, "Session Progress" },
    { 200, "OK" },
    { 202, "Accepted" },
    { 302, "Moved Temporarily" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 407, "Proxy Authentication Required" },
    { 410, "Gone" },
    { 422, "Session Interval Too Small" },
    { 480, "Temporarily Unavailable" },
    { 481, "Call/Transaction Does Not Exist" },
    { 482, "Loop Detected" },
    { 486, "Busy Here" },
    { 487, "Request Terminated" },
    { 488, "Not Acceptable Here" },
    { 491, "Request Pending" },
    { 500, "Server Internal Error" },
    { 503, "Service Unavailable" },
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

static bool is(const char *text, const char *other)
{
    return strcmp(text, other) == 0;
}

/* A branch that belongs to this call and that transaction. */
static uint64_t branch_of(const struct play_dialog *d, int transaction)
{
    return rng_mix(((uint64_t)d->tag[CALL_CALLER] << 32 | d->tag[CALL_CALLEE]) +
                   0x9e3779b97f4a7c15u * (uint64_t)(transaction + 1)) >>
           8;
}

/* What one frame of a message needs to know. */
struct wording {
    const struct play_dialog *d;
    const struct play_said *said; /* the request, or the one that is answered */
    const struct play_extra *extra;
    int status;
    int from;     /* who says it */
    int hop;      /* 0: as who asks says it; 1: as the proxy hands it on */
    int64_t vias; /* how many it carries */
};

static void add_vias(const struct wording *w, struct strbuf *out)
{
    const struct play_dialog *d = w->d;
    const struct play_party *asker = d->party[w->said->from];
    char text[ADDR_TEXT_MAX];

    if (w->vias > 1) {
        addr_format(&d->proxy->sip, text);
        strbuf_addf(out, "Via: SIP/2.0/UDP %s;branch=z9hG4bK%014llx.p\r\n", text,
                    (unsigned long long)branch_of(d, w->said->transaction));
    }
    if (w->extra->via_more)
        strbuf_add_text(out, w->extra->via_more);
    addr_format(&asker->says, text);
    strbuf_addf(out, "Via: SIP/2.0/UDP %s;branch=z9hG4bK%014llx", text,
                (unsigned long long)branch_of(d, w->said->transaction));
    if (w->status || w->hop) {
        addr_format_ip(&asker->sip, text);
        strbuf_addf(out, ";received=%s;rport=%u\r\n", text, asker->sip.port);
    } else {
        strbuf_add_text(out, ";rport\r\n");
    }
}

static void add_start(const struct wording *w, struct strbuf *out)
{
    const struct play_dialog *d = w->d;
    const struct play_party *to = d->party[call_other(w->from)];
    char text[ADDR_TEXT_MAX];

    if (w->status) {
        strbuf_addf(out, "SIP/2.0 %d %s\r\n", w->status,
                    w->extra->reason ? w->extra->reason : reason_of(w->status));
        return;
    }
    if (w->extra->uri) {
        strbuf_addf(out, "%s %s SIP/2.0\r\n", w->said->method, w->extra->uri);
    } else if (d->open_call) {
        addr_format(&to->says, text);
        strbuf_addf(out, "%s sip:%s@%s SIP/2.0\r\n", w->said->method, to->user, text);
    } else {
        strbuf_addf(out, "%s sip:%s@%s SIP/2.0\r\n", w->said->method, to->user, to->host);
    }
}

static void add_parties(const struct wording *w, struct strbuf *out)
{
    const struct play_dialog *d = w->d;
    int asker = w->said->from;
    const struct play_party *from = d->party[asker], *to = d->party[call_other(asker)];

    strbuf_addf(out, "From: <sip:%s@%s>;tag=%08x\r\n", from->user, from->host, w->said->from_tag);
    strbuf_addf(out, "To: <sip:%s@%s>", to->user, to->host);
    if (w->said->to_tag && w->status != 100)
        strbuf_addf(out, ";tag=%08x", w->said->to_tag);
    strbuf_addf(out, "\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", d->call_id, w->said->cseq,
                w->said->method);
}

static bool wants_contact(const struct wording *w)
{
    static const char *const methods[] = { "INVITE", "UPDATE", "REFER", "SUBSCRIBE", "NOTIFY" };

    if (w->extra->no_contact || w->status == 100 || w->status >= 300)
        return false;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (is(w->said->method, methods[i]))
            return true;
    }
    return false;
}

static void write_message(const struct wording *w, struct strbuf *out)
{
    const struct play_extra *extra = w->extra;
    const struct play_party *speaker = w->d->party[w->from];
    char text[ADDR_TEXT_MAX];

    strbuf_reset(out);
    add_start(w, out);
    add_vias(w, out);
    if (w->status == 0 && !extra->no_max_forwards)
        strbuf_addf(out, "Max-Forwards: %d\r\n", 70 - w->hop);
    add_parties(w, out);
    if (wants_contact(w)) {
        addr_format(&speaker->says, text);
        strbuf_addf(out, "Contact: <sip:%s@%s>\r\n", speaker->user, text);
    }
    if (w->d->proxy && is(w->said->method, "INVITE") && (w->hop || w->status) && w->status != 100) {
        addr_format(&w->d->proxy->sip, text);
        strbuf_addf(out, "Record-Route: <sip:%s;lr>\r\n", text);
    }
    if (extra->headers)
        strbuf_add_text(out, extra->headers);
    strbuf_addf(out, "%s: %s\r\n", w->status ? "Server" : "User-Agent", speaker->agent);
    if (extra->body)
        strbuf_addf(out, "Content-Type: %s\r\n", extra->type ? extra->type : "application/sdp");
    strbuf_addf(out, "Content-Length: %zu\r\n\r\n", extra->body ? strlen(extra->body) : 0);
    if (extra->body)
        strbuf_add_text(out, extra->body);
}

static void pass(struct play_dialog *d, const struct wording *w, const struct play_party *from,
                 const struct play_party *to)
{
    struct play *p = d->play;

    p->now_ns += rng_between(&p->rng, 2000, 12000) * 1000;
    if (w->extra->unseen)
        return;
    write_message(w, &p->scratch);
    play_frame(p, p->now_ns - w->extra->early_ns, &from->sip, &to->sip, p->scratch.p,
               p->scratch.len);
    d->truth.retransmissions += w->extra->repeat && w->hop == 0;
}

/* Over the proxy, where there is one: the same message at two points of its way. */
static void say(struct play_dialog *d, const struct play_said *said, int status)
{
    int from = status ? call_other(said->from) : said->from;
    struct play_extra extra = d->next;
    struct wording w = { d, said, &extra, status, from, 0, 1 };
    const struct play_party *source = extra.source ? extra.source : d->party[from];
    const struct play_party *target = extra.target ? extra.target : d->party[call_other(from)];

    d->next = (struct play_extra){ 0 };
    if (!d->proxy) {
        pass(d, &w, source, target);
    } else if (status == 100) { /* from hop to hop */
        pass(d, &w, d->proxy, target);
    } else if (status) {
        w.vias = 2;
        pass(d, &w, source, d->proxy);
        w.vias = 1;
        w.hop = 1;
        pass(d, &w, d->proxy, target);
        d->truth.sightings++;
    } else {
        pass(d, &w, source, d->proxy);
        w.vias = 2;
        w.hop = 1;
        pass(d, &w, d->proxy, target);
        d->truth.sightings++;
    }
}

void play_ask(struct play_dialog *d, int from, const char *method)
{
    bool same = is(method, "CANCEL");
    uint32_t own = d->tag[from], other = d->tag[call_other(from)];
    bool first = is(method, "INVITE") && !d->open_call;
    struct play_said said = { method,
                              from,
                              same ? d->invite.cseq : ++d->cseq[from],
                              same ? d->invite.transaction : ++d->transaction,
                              d->next.from_tag ? d->next.from_tag : own,
                              d->next.to_tag ? d->next.to_tag
                              : d->open_call ? other
                                             : 0 };

    if (d->next.cseq)
        said.cseq = d->next.cseq;
    if (d->next.transaction)
        said.transaction = d->next.transaction;
    d->request = said;
    if (is(method, "INVITE"))
        d->invite = said;
    say(d, &said, 0);
    if (first && !d->invite_ns)
        d->invite_ns = world_time(d->play->world, d->play->now_ns);
}

/* What a probe must make of a response to the first INVITE. */
static void note_status(struct play_dialog *d, int status)
{
    static const struct {
        int status;
        const char *cause;
    } causes[] = { { 486, "busy" },      { 600, "busy" },      { 487, "cancel" },
                   { 404, "not_found" }, { 410, "not_found" }, { 604, "not_found" } };
    struct play_truth *t = &d->truth;

    if (status < 200 || d->open_call)
        return;
    t->final_status = status;
    if (status < 300) {
        t->outcome = "success";
        t->nos_cause = t->ended_how = NULL;
        return;
    }
    t->outcome = status / 100 == 5 ? "failure" : "nos";
    t->nos_cause = status / 100 == 5 ? NULL : "other";
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (causes[i].status == status)
            t->nos_cause = causes[i].cause;
    }
    t->ended_how = status < 400 ? "redirected" : status == 487 ? "cancel" : "rejected";
    t->challenged |= status == 401 || status == 407;
}

/* A branch is a To-tag of somebody who rang, or more. */
static void note_branch(struct play_dialog *d, int status, uint32_t tag)
{
    if (status <= 100 || (status >= 300 && status < 400) || status == 401 || status == 407 ||
        status == 482)
        return;
    for (int i = 0; i < d->tags_heard_count; i++) {
        if (d->tags_heard[i] == tag)
            return;
    }
    if (d->tags_heard_count < PLAY_TAGS_MAX)
        d->tags_heard[d->tags_heard_count++] = tag;
    d->truth.branches = d->tags_heard_count;
}

static void reply(struct play_dialog *d, struct play_said *said, int status)
{
    bool first = is(said->method, "INVITE") && said->to_tag == 0;
    struct play_said answered = *said;

    if (!answered.to_tag)
        answered.to_tag = d->next.to_tag ? d->next.to_tag : d->tag[call_other(said->from)];
    if (first) {
        note_status(d, status);
        note_branch(d, status, answered.to_tag);
    }
    say(d, &answered, status);
    if (is(said->method, "INVITE")) {
        d->invite_status = status;
        d->invite_tag = answered.to_tag;
    }
    if (first && status >= 200 && status < 300)
        d->open_call = true;
}

void play_reply(struct play_dialog *d, int status)
{
    reply(d, &d->request, status);
}

void play_reply_invite(struct play_dialog *d, int status)
{
    reply(d, &d->invite, status);
}

void play_ack(struct play_dialog *d)
{
    struct play_said ack = d->invite;

    ack.method = "ACK";
    if (!ack.to_tag)
        ack.to_tag = d->invite_tag;
    if (d->invite_status < 300) /* the ACK of a refusal belongs to its transaction */
        ack.transaction = ++d->transaction;
    if (d->next.transaction)
        ack.transaction = d->next.transaction;
    if (d->next.from_tag)
        ack.from_tag = d->next.from_tag;
    say(d, &ack, 0);
}

/* The formats of an offer name more than one; those of an answer the one that is taken. */
void play_add_sdp(struct play_dialog *d, int side)
{
    struct play *p = d->play;
    struct strbuf *out = &p->body;
    const struct play_sdp *sdp = &d->sdp[side];
    const struct addr *media = &d->party[side]->media;
    char ip[ADDR_TEXT_MAX], codec[48];

    addr_format_ip(media, ip);
    snprintf(codec, sizeof(codec), "%u 101", d->codec->payload_type);
    strbuf_reset(out);
    strbuf_addf(out, "v=0\r\no=- %u %u IN IP4 %s\r\ns=call\r\nc=IN IP4 %s\r\nt=0 0\r\n%s",
                1000 + d->tag[side] % 100000, 1000 + d->tag[side] % 100000 + (unsigned)sdp->version,
                ip, sdp->connection ? sdp->connection : ip, sdp->lines ? sdp->lines : "");
    strbuf_addf(out, "m=audio %u RTP/AVP %s\r\n", sdp->port ? sdp->port : media->port,
                sdp->formats ? sdp->formats : codec);
    strbuf_add_text(out, "a=rtpmap:18 G729/8000\r\na=rtpmap:8 PCMA/8000\r\n"
                         "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n");
    strbuf_addf(out, "a=%s\r\n%s", sdp->direction, sdp->lines_after ? sdp->lines_after : "");
    d->next.body = out->p;
    d->sdp[side].version++;
}

void play_invite(struct play_dialog *d)
{
    if (!d->next.body)
        play_add_sdp(d, CALL_CALLER);
    play_ask(d, CALL_CALLER, "INVITE");
    play_reply(d, 100);
}

void play_answer(struct play_dialog *d)
{
    if (!d->next.body)
        play_add_sdp(d, CALL_CALLEE);
    play_reply_invite(d, 200);
    play_ack(d);
}

void play_answered_call(struct play_dialog *d)
{
    play_invite(d);
    play_wait(d->play, rng_between(&d->play->rng, 30, 200));
    play_reply(d, 180);
    play_wait(d->play, rng_between(&d->play->rng, 300, 1500));
    play_answer(d);
}

void play_refuse(struct play_dialog *d, int status)
{
    play_reply_invite(d, status);
    play_ack(d);
}

void play_cancel(struct play_dialog *d)
{
    struct play_said invite = d->invite;

    d->next.headers = "Reason: SIP;cause=487;text=\"Request Terminated\"\r\n";
    play_ask(d, CALL_CALLER, "CANCEL");
    play_reply(d, 200);
    d->invite = invite;
    play_refuse(d, 487);
    d->truth.ended_by = "caller";
}

void play_bye(struct play_dialog *d, int from)
{
    if (!d->next.headers)
        d->next.headers = "Reason: Q.850;cause=16;text=\"Normal call clearing\"\r\n";
    play_exchange(d, from, "BYE", 200);
    d->truth.ended_by = from == CALL_CALLER ? "caller" : "callee";
    d->truth.ended_how = "bye";
    d->truth.q850_cause = 16;
}

void play_exchange(struct play_dialog *d, int from, const char *method, int status)
{
    play_ask(d, from, method);
    play_reply(d, status);
}

void play_reinvite(struct play_dialog *d, int from, const char *direction)
{
    int other = call_other(from);

    d->sdp[from].direction = direction;
    d->sdp[other].direction = is(direction, "sendonly")   ? "recvonly"
                              : is(direction, "recvonly") ? "sendonly"
                                                          : direction;
    play_add_sdp(d, from);
    play_ask(d, from, "INVITE");
    play_add_sdp(d, other);
    play_reply(d, 200);
    play_ack(d);
}

static void link(struct play_dialog *from, const char *kind, const struct play_dialog *to)
{
    if (from->link_count == PLAY_LINKS_MAX)
        play_overflow(from->play, "links");
    from->links[from->link_count++] = (struct play_link){ kind, to };
}

void play_tie(struct play_dialog *a, const char *kind, struct play_dialog *b, const char *back)
{
    if (kind)
        link(a, kind, b);
    if (back)
        link(b, back, a);
}
