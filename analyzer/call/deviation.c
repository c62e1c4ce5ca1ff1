#include "analyzer/call/deviation.h"

#include "analyzer/call/deviation_check.h"
#include "analyzer/sip/sdp.h"
#include "analyzer/sip/sip_header.h"
#include "analyzer/sip/sip_uri.h"

#define NS_PER_MS INT64_C(1000000)

enum {
    COPY_LEAST_MS = 250,     /* nearer ones are one packet, seen twice: T1 is 500 ms */
    ANSWER_COPIES = 3,       /* without an ACK: one may be slow */
    ANSWER_COPIES_ACKED = 2, /* one may have been under way while the ACK was */
    WARNING_LENGTH = 3,
    MEDIA_WORDS_MAX = 100,
};

void deviation_note(struct call *call, enum deviation deviation, int64_t time_ns, uint8_t by,
                    struct slice detail, struct counters *counters)
{
    if (!call_notes_add(&call->deviations, &call->arena, (uint8_t)deviation, time_ns, by, detail,
                        true))
        counters->refusals[REFUSAL_CALL_NOTES]++;
}

void deviation_look_note(const struct deviation_look *look, enum deviation deviation,
                         struct strbuf *detail)
{
    deviation_note(look->call, deviation, look->d->time_ns, (uint8_t)(look->side + 1),
                   detail->len ? strbuf_slice(detail) : SLICE_ABSENT, look->counters);
    strbuf_fini(detail);
}

bool deviation_look_again(const struct deviation_look *look, enum deviation deviation)
{
    const struct call_note *note = look->call->deviations.first;

    for (; note; note = note->next) {
        if (note->kind == deviation && note->by == look->side + 1) {
            deviation_note(look->call, deviation, look->d->time_ns, note->by, SLICE_ABSENT,
                           look->counters);
            return true;
        }
    }
    return false;
}

void deviation_look_name(const struct deviation_look *look, struct strbuf *out)
{
    const struct sip_msg *msg = look->msg;
    char from[ADDR_TEXT_MAX];

    addr_format(&look->d->src, from);
    if (!msg->is_request)
        strbuf_addf(out, "%u to ", msg->status);
    strbuf_add_slice(out, msg->method_text);
    strbuf_addf(out, " from %s", from);
}

/* FNV-1a, as a fingerprint: whoever makes two alike only hides his own messages. */
uint32_t deviation_hash(const void *p, size_t len, uint32_t seed)
{
    const unsigned char *at = p;
    uint32_t h = 2166136261u ^ seed;

    for (size_t i = 0; i < len; i++)
        h = (h ^ at[i]) * 16777619u;
    return h | 1; /* 0 is none */
}

/* ---- headers ---- */

static void note_headers(const struct deviation_look *look, uint64_t headers, bool missing)
{
    enum deviation what = missing ? DEVIATION_HEADER_MISSING : DEVIATION_HEADER_DUPLICATE;
    struct strbuf detail = { 0 };

    if (headers == 0 || deviation_look_again(look, what))
        return;
    if (missing)
        strbuf_add_text(&detail, "no ");
    for (uint64_t left = headers; left; left &= left - 1) {
        if (left != headers)
            strbuf_add_text(&detail, ", ");
        strbuf_add_slice(&detail, sip_header_name((enum sip_header)__builtin_ctzll(left)));
    }
    strbuf_add_text(&detail, missing ? " in " : " twice in ");
    deviation_look_name(look, &detail);
    deviation_look_note(look, what, &detail);
}

/* ---- private addresses across NAT ---- */

static bool host_to_addr(struct slice sent_by, struct addr *out)
{
    return addr_parse(sent_by, out) || addr_parse_ip(sent_by, out);
}

/* Who names its loopback does not know where it is; that is no NAT. */
static bool is_loopback(const struct addr *a)
{
    return addr_is_v4(a) && a->ip[12] == 127;
}

/* Within a NAT all is private, and so it should be: only a public source shows that one was passed. */
static bool is_inside_address(const struct deviation_look *look, const struct addr *named)
{
    return addr_is_private(named) && !addr_is_private(&look->d->src) &&
           !addr_is_unspecified(&look->d->src);
}

static bool contact_addr(const struct sip_msg *msg, struct addr *out)
{
    struct sip_uri uri;

    return msg->contact_uri.len && sip_uri_parse(&uri, msg->contact_uri) &&
           sip_host_to_addr(uri.host, out);
}

static void add_named(struct strbuf *out, const char *header, const struct addr *named,
                      const struct addr *source)
{
    char inside[ADDR_TEXT_MAX], outside[ADDR_TEXT_MAX];

    addr_format_ip(named, inside);
    addr_format(source, outside);
    strbuf_addf(out, "%s %s, sent from %s", header, inside, outside);
}

/* A router that rewrites one header and forgets the other. */
static void add_alg(struct strbuf *out, const struct deviation_look *look, const char *header,
                    const struct addr *other, bool other_known)
{
    if (other_known && addr_ip_eq(other, &look->d->src))
        strbuf_addf(out, "; the %s was rewritten: a SIP ALG", header);
}

static void check_via(const struct deviation_look *look)
{
    struct addr via, contact;
    struct strbuf detail = { 0 };

    if (!look->msg->is_request || !host_to_addr(look->msg->via_sent_by, &via) ||
        !is_inside_address(look, &via) || is_loopback(&via) ||
        deviation_look_again(look, DEVIATION_PRIVATE_VIA))
        return;
    add_named(&detail, "Via", &via, &look->d->src);
    add_alg(&detail, look, "Contact", &contact, contact_addr(look->msg, &contact));
    deviation_look_note(look, DEVIATION_PRIVATE_VIA, &detail);
}

/* Behind a proxy that stays on the route it does not matter what the Contact says. */
static void check_contact(const struct deviation_look *look)
{
    const struct sip_msg *msg = look->msg;
    bool names_sender = msg->is_request ? msg->method == SIP_METHOD_INVITE
                                        : msg->cseq_method == SIP_METHOD_INVITE &&
                                              msg->status > 100 && msg->status < 300;
    struct strbuf detail = { 0 };
    struct addr via, contact;

    if (!names_sender || look->d->transport == TRANSPORT_WS || !contact_addr(msg, &contact) ||
        !is_inside_address(look, &contact) || sip_msg_find_header(msg, SLICE("record-route")).p ||
        deviation_look_again(look, DEVIATION_PRIVATE_CONTACT))
        return;
    add_named(&detail, "Contact", &contact, &look->d->src);
    if (msg->is_request)
        add_alg(&detail, look, "Via", &via, host_to_addr(msg->via_sent_by, &via));
    deviation_look_note(look, DEVIATION_PRIVATE_CONTACT, &detail);
}

/* ---- the answer and its ACK ---- */

/* A message at one hop: the same again is a copy, at another hop it is a sighting. */
static uint32_t hop_hash(const struct deviation_look *look)
{
    const struct sip_msg *msg = look->msg;
    uint32_t h = deviation_hash(look->d->src.ip, sizeof look->d->src.ip, msg->cseq);

    h = deviation_hash(look->d->dst.ip, sizeof look->d->dst.ip, h ^ look->d->dst.port);
    h = deviation_hash(msg->via_branch.p, msg->via_branch.len, h);
    return deviation_hash(msg->to_tag.p, msg->to_tag.len, h);
}

static bool is_copy(uint32_t *first, int64_t *last_ns, uint32_t hash, int64_t time_ns)
{
    bool copy = *first == hash && time_ns - *last_ns >= COPY_LEAST_MS * NS_PER_MS;

    if (*first == 0 || copy) {
        *first = hash;
        *last_ns = time_ns;
    }
    return copy;
}

static void count_answer(const struct deviation_look *look)
{
    struct deviation_watch *w = look->watch;
    struct strbuf detail = { 0 };
    char ack_dst[ADDR_TEXT_MAX];

    if (!is_copy(&w->answer, &w->answer_time_ns, hop_hash(look), look->d->time_ns))
        return;
    w->answer_copies++;
    if (w->acked && look->d->time_ns - w->ack_time_ns >= COPY_LEAST_MS * NS_PER_MS)
        w->answer_copies_acked++;
    if (w->answer_copies_acked < ANSWER_COPIES_ACKED &&
        (w->acked || w->answer_copies < ANSWER_COPIES))
        return;
    if (deviation_look_again(look, DEVIATION_ANSWER_REPEATED))
        return;
    if (w->acked) {
        addr_format(&w->ack_dst, ack_dst);
        strbuf_addf(&detail, "%u to INVITE, though an ACK went to %s", look->msg->status, ack_dst);
    } else {
        strbuf_addf(&detail, "%u to INVITE, and no ACK was seen", look->msg->status);
    }
    deviation_look_note(look, DEVIATION_ANSWER_REPEATED, &detail);
}

static void follow_answer(const struct deviation_look *look)
{
    const struct sip_msg *msg = look->msg;
    const struct call *call = look->call;
    struct deviation_watch *w = look->watch;
    bool of_invite = call->invite_cseq_known && msg->cseq == call->invite_cseq;

    if (msg->is_request && msg->method == SIP_METHOD_ACK && of_invite &&
        look->side == SIDE_CALLER) {
        if (!w->acked || w->acked_cseq != msg->cseq)
            w->ack_time_ns = look->d->time_ns;
        w->acked = true;
        w->acked_cseq = msg->cseq;
        w->ack_dst = look->d->dst;
    } else if (!msg->is_request && msg->cseq_method == SIP_METHOD_INVITE && of_invite &&
               msg->status >= 200 && msg->status < 300 && look->side == SIDE_CALLEE) {
        w->acked = w->acked && w->acked_cseq == msg->cseq;
        count_answer(look);
    } else if (msg->is_request && msg->method == SIP_METHOD_BYE &&
               is_copy(&w->bye, &w->bye_time_ns, hop_hash(look), look->d->time_ns)) {
        w->bye_copies++;
    }
}

/* ---- what was offered, and refused ---- */

static bool is_worth_a_word(const struct sdp_format *f)
{
    return f->name.len && !slice_ieq(f->name, SLICE("telephone-event")) &&
           !slice_ieq(f->name, SLICE("CN"));
}

static void add_media(struct strbuf *out, const struct sdp *sdp, const struct sdp_media *media)
{
    const struct sdp_format *formats = sdp_media_formats(sdp, media);
    bool audio = slice_ieq(media->type_text, SLICE("audio")), first = true;

    if (out->len)
        strbuf_add_text(out, ", ");
    if (!audio) {
        strbuf_add_slice(out, media->type_text);
        strbuf_add_char(out, ' ');
    }
    for (uint8_t i = 0; i < media->format_count; i++) {
        if (!is_worth_a_word(&formats[i]) && formats[i].payload_type != SDP_PAYLOAD_NONE)
            continue;
        if (!first)
            strbuf_add_text(out, ", ");
        first = false;
        if (formats[i].name.len)
            strbuf_add_slice(out, formats[i].name);
    }
    if (media->disabled)
        strbuf_add_text(out, " (port 0: switched off)");
    else if (media->srtp)
        strbuf_add_text(out, " (SRTP)");
}

static void add_all_media(struct strbuf *out, const struct sdp *sdp)
{
    for (uint16_t i = 0; i < sdp->media_count; i++) {
        add_media(out, sdp, &sdp->media[i]);
        if (out->len > MEDIA_WORDS_MAX) {
            strbuf_chop(out, out->len - MEDIA_WORDS_MAX);
            return;
        }
    }
}

void deviation_media(struct call *call, unsigned side, const struct sdp *sdp,
                     struct counters *counters)
{
    struct slice *kept = &call->watch.media[side];
    struct strbuf words = { .max_bytes = 4096 };

    add_all_media(&words, sdp);
    if (!slice_eq(*kept, strbuf_slice(&words)))
        *kept = call_keep(call, strbuf_slice(&words), MEDIA_WORDS_MAX, counters);
    strbuf_fini(&words);
}

/* RFC 3261 §20.43. Without one the status must do. */
static bool is_about_media(struct slice warning)
{
    static const struct slice codes[] = { SLICE_INIT("304"), SLICE_INIT("305"), SLICE_INIT("399") };

    if (warning.len < WARNING_LENGTH)
        return true;
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (slice_starts_with(warning, codes[i]))
            return true;
    }
    return false;
}

/* The text between the quotes, with its code. */
static void add_warning(struct strbuf *out, struct slice warning)
{
    size_t open = slice_find(warning, '"');

    if (warning.len < WARNING_LENGTH)
        return;
    strbuf_add_text(out, "; warning: ");
    strbuf_add(out, warning.p, WARNING_LENGTH);
    if (open == warning.len)
        return;
    warning = slice_of(warning.p + open + 1, warning.len - open - 1);
    warning.len = slice_find(warning, '"');
    strbuf_add_char(out, ' ');
    strbuf_add_slice(out, warning);
}

static void add_accepted(struct strbuf *out, const struct sip_msg *msg)
{
    struct slice body = sdp_find_body(msg->content_type, msg->body);
    struct strbuf words = { .max_bytes = 4096 };
    struct sdp sdp;

    if (body.len && sdp_parse(&sdp, body) == SDP_PARSE_OK) {
        add_all_media(&words, &sdp);
        strbuf_add_text(out, "; would take: ");
        strbuf_add_slice(out, strbuf_slice(&words));
    }
    strbuf_fini(&words);
}

static void check_refusal(const struct deviation_look *look)
{
    const struct sip_msg *msg = look->msg;
    enum call_side offerer = look->side == SIDE_CALLER ? SIDE_CALLEE : SIDE_CALLER;
    struct strbuf detail = { 0 };

    if (msg->is_request || msg->cseq_method != SIP_METHOD_INVITE ||
        (msg->status != 488 && msg->status != 606) || !is_about_media(msg->warning) ||
        look->watch->media[offerer].len == 0)
        return;
    if (deviation_look_again(look, DEVIATION_CODEC_REFUSED))
        return;
    strbuf_add_text(&detail, "offer: ");
    strbuf_add_slice(&detail, look->watch->media[offerer]);
    add_accepted(&detail, msg);
    add_warning(&detail, msg->warning);
    deviation_look_note(look, DEVIATION_CODEC_REFUSED, &detail);
}

void deviation_message(struct call *call, const struct sip_msg *msg, const struct datagram *d,
                       struct counters *counters)
{
    const struct deviation_look look = { call, &call->watch, msg,
                                         d,    counters,     call_sender(call, msg) };

    note_headers(&look, msg->missing, true);
    note_headers(&look, msg->repeated, false);
    check_via(&look);
    check_contact(&look);
    follow_answer(&look);
    check_refusal(&look);
    deviation_check_dialog(&look);
    call->watch.last_sip_ns[look.side] = d->time_ns;
}
