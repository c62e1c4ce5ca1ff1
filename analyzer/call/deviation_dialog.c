/*
 * deviation_dialog - tags, sequence numbers and hosts: does a message belong to the dialog that it
 * says it belongs to?
 */
#include "analyzer/call/deviation.h"
#include "analyzer/call/deviation_check.h"
#include "analyzer/sip/sip_uri.h"

#define NS_PER_MS INT64_C(1000000)

enum {
    CSEQ_WINDOW = 64,     /* bits of what came by below the highest */
    REORDERED_MS = 100,   /* two ports of a mirror do no worse */
    NEIGHBOUR_BYTES = 15, /* of an address as v6: a /24 of v4 */
    NEIGHBOUR_BYTES_V6 = 8,
    LITERAL_MIN = 7, /* "1.2.3.4" */
    LITERAL_MAX = 45,
};

/* What a request's number is to those before it. */
enum cseq_order { CSEQ_NEW, CSEQ_KNOWN, CSEQ_LOWER, CSEQ_NOT_TOLD };

/* ---- tags ---- */

static bool holds_tag(const struct deviation_watch *w, struct slice tag)
{
    uint32_t hash = deviation_hash(tag.p, tag.len, 0);

    for (uint8_t i = 0; i < w->tag_count; i++) {
        if (w->tags[i] == hash)
            return true;
    }
    return false;
}

static void learn_tag(struct deviation_watch *w, struct slice tag)
{
    if (tag.len == 0 || holds_tag(w, tag))
        return;
    if (w->tag_count == DEVIATION_TAGS_MAX) {
        w->tags_unknown = true;
        return;
    }
    w->tags[w->tag_count++] = deviation_hash(tag.p, tag.len, 0);
}

/* The callee's tag in a message of this call; absent: neither tag is the caller's. */
static struct slice callee_tag(const struct call *call, const struct sip_msg *msg)
{
    if (slice_eq(msg->from_tag, call->from_tag))
        return msg->to_tag;
    return slice_eq(msg->to_tag, call->from_tag) ? msg->from_tag : SLICE_ABSENT;
}

static bool is_of_first_invite(const struct call *call, const struct sip_msg *msg)
{
    return msg->cseq_method == SIP_METHOD_INVITE && slice_eq(msg->from_tag, call->from_tag) &&
           (!call->invite_cseq_known || msg->cseq == call->invite_cseq);
}

/* Tags that were cut cannot be compared. */
static bool has_whole_tags(const struct call *call)
{
    return call->answer_time != RECORD_NONE && call->from_tag.len && call->to_tag.len &&
           call->from_tag.len < CALL_TEXT_MAX_BYTES && call->to_tag.len < CALL_TEXT_MAX_BYTES;
}

/* One tag is right and the other is nobody's. When both are strange it is another dialog. */
static bool is_tag_changed(const struct deviation_look *look)
{
    const struct call *call = look->call;
    const struct sip_msg *msg = look->msg;
    struct slice callee = callee_tag(call, msg);

    if (callee.len)
        return !slice_eq(callee, call->to_tag) && !look->watch->tags_unknown &&
               !holds_tag(look->watch, callee);
    return slice_eq(msg->from_tag, call->to_tag) || slice_eq(msg->to_tag, call->to_tag);
}

/* A response has the tags of its request: whoever answers a changed one changed nothing. */
static void check_tags(const struct deviation_look *look)
{
    const struct sip_msg *msg = look->msg;
    bool ack = msg->cseq_method == SIP_METHOD_ACK; /* of a branch that was not heard of, maybe */
    struct strbuf detail = { 0 };

    if (ack || msg->cseq_method == SIP_METHOD_CANCEL || !msg->from_tag.len || !msg->to_tag.len ||
        !has_whole_tags(look->call) || (!msg->is_request && is_of_first_invite(look->call, msg)) ||
        !is_tag_changed(look) ||
        (!msg->is_request && call_notes_find(&look->call->deviations, DEVIATION_TAG_CHANGED)) ||
        deviation_look_again(look, DEVIATION_TAG_CHANGED))
        return;
    deviation_look_name(look, &detail);
    strbuf_add_text(&detail, " has the tags ");
    strbuf_add_slice(&detail, msg->from_tag);
    strbuf_add_text(&detail, " and ");
    strbuf_add_slice(&detail, msg->to_tag);
    deviation_look_note(look, DEVIATION_TAG_CHANGED, &detail);
}

/* ---- sequence numbers ---- */

/* Each dialog of a call that forked counts on its own: followed is the one that was answered. */
static bool is_followed_dialog(const struct deviation_look *look)
{
    struct deviation_watch *w = look->watch;
    struct slice tag = callee_tag(look->call, look->msg);
    uint32_t hash = deviation_hash(tag.p, tag.len, 0);

    if (tag.len == 0)
        return false;
    if (w->dialog == hash)
        return true;
    if (w->dialog && !(has_whole_tags(look->call) && slice_eq(tag, look->call->to_tag)))
        return false;
    w->dialog = hash;
    w->cseq_known[SIDE_CALLEE] = false;
    w->cseq_known[SIDE_CALLER] = look->call->invite_cseq_known;
    w->cseq[SIDE_CALLER] = look->call->invite_cseq;
    w->cseq_seen[SIDE_CALLER] = 1;
    return true;
}

static enum cseq_order take_cseq(struct deviation_watch *w, enum call_side side, uint32_t cseq,
                                 int64_t time_ns)
{
    uint32_t below = w->cseq[side] - cseq, above = cseq - w->cseq[side];
    uint64_t bit;

    if (!w->cseq_known[side] || cseq > w->cseq[side]) {
        w->cseq_seen[side] =
            w->cseq_known[side] && above < CSEQ_WINDOW ? w->cseq_seen[side] << above | 1 : 1;
        w->cseq_known[side] = true;
        w->cseq[side] = cseq;
        w->cseq_time_ns[side] = time_ns;
        return CSEQ_NEW;
    }
    bit = below < CSEQ_WINDOW ? UINT64_C(1) << below : 0;
    if (w->cseq_seen[side] & bit)
        return CSEQ_KNOWN;
    w->cseq_seen[side] |= bit;
    return time_ns - w->cseq_time_ns[side] >= REORDERED_MS * NS_PER_MS ? CSEQ_LOWER : CSEQ_NEW;
}

static enum cseq_order check_cseq(const struct deviation_look *look)
{
    const struct sip_msg *msg = look->msg;
    uint32_t highest = look->watch->cseq[look->side];
    struct strbuf detail = { 0 };
    enum cseq_order order;

    if (!msg->has_cseq || !is_followed_dialog(look))
        return CSEQ_NOT_TOLD;
    order = take_cseq(look->watch, look->side, msg->cseq, look->d->time_ns);
    if (order != CSEQ_LOWER || deviation_look_again(look, DEVIATION_CSEQ_ORDER))
        return order;
    deviation_look_name(look, &detail);
    strbuf_addf(&detail, " has CSeq %u, after %u", msg->cseq, highest);
    deviation_look_note(look, DEVIATION_CSEQ_ORDER, &detail);
    return order;
}

/* ---- who takes part ---- */

/* A carrier answers from another host of the same rack. Within one's own network there is no such
 * excuse. */
static uint32_t host_hash(const struct addr *a)
{
    size_t bytes = sizeof a->ip;

    if (!addr_is_private(a))
        bytes = addr_is_v4(a) ? NEIGHBOUR_BYTES : NEIGHBOUR_BYTES_V6;
    return deviation_hash(a->ip, bytes, (uint32_t)bytes);
}

static bool holds_host(const struct deviation_watch *w, const struct addr *a)
{
    uint32_t hash = host_hash(a);

    for (uint8_t i = 0; i < w->host_count; i++) {
        if (w->hosts[i] == hash)
            return true;
    }
    return false;
}

static void learn_host(struct deviation_watch *w, const struct addr *a)
{
    if (addr_is_unspecified(a) || holds_host(w, a))
        return;
    if (w->host_count == DEVIATION_HOSTS_MAX) {
        w->hosts_unknown = true;
        return;
    }
    w->hosts[w->host_count++] = host_hash(a);
}

static bool is_literal(char c)
{
    return (c >= '0' && c <= '9') || c == '.';
}

/* Every v4 address that the headers name, wherever it stands: a Contact, a Via, a route. */
static void learn_literals(struct deviation_watch *w, struct slice block)
{
    for (size_t i = 0, from = 0; i <= block.len; i++) {
        struct addr a;

        if (i < block.len && is_literal(block.p[i]))
            continue;
        if (i - from >= LITERAL_MIN && i - from <= LITERAL_MAX &&
            addr_parse_ip(slice_of(block.p + from, i - from), &a))
            learn_host(w, &a);
        from = i + 1;
    }
}

/* Where requests to it go cannot be told when it has but a name. */
static bool is_named(struct slice uri_text)
{
    struct sip_uri uri;
    struct addr a;

    return uri_text.len && sip_uri_parse(&uri, uri_text) && !sip_host_to_addr(uri.host, &a);
}

static void learn_route(struct deviation_watch *w, const struct sip_msg *msg)
{
    struct slice route = sip_msg_find_header(msg, SLICE("record-route"));
    struct sip_name_addr name_addr;

    learn_literals(w, msg->header_block);
    if (is_named(msg->contact_uri))
        w->hosts_unknown = true;
    if (route.p && (!sip_name_addr_parse(&name_addr, route) || is_named(name_addr.uri)))
        w->hosts_unknown = true;
}

static bool names_itself(const struct deviation_look *look)
{
    struct sip_uri uri;
    struct addr contact;

    return (look->msg->method == SIP_METHOD_INVITE || look->msg->method == SIP_METHOD_UPDATE) &&
           sip_uri_parse(&uri, look->msg->contact_uri) && sip_host_to_addr(uri.host, &contact) &&
           addr_ip_eq(&contact, &look->d->src);
}

/* A new request of the dialog. One that came by before is at another hop now, and a re-INVITE that
 * says where it comes from is a move. */
static void check_source(const struct deviation_look *look, enum cseq_order order)
{
    struct deviation_watch *w = look->watch;
    struct strbuf detail = { 0 };

    if (holds_host(w, &look->d->src)) {
        learn_host(w, &look->d->dst);
        return;
    }
    if (order == CSEQ_KNOWN || names_itself(look)) {
        learn_host(w, &look->d->src);
        learn_host(w, &look->d->dst);
        return;
    }
    if (w->hosts_unknown || !has_whole_tags(look->call) || w->host_count == 0 ||
        look->call->invite_time == RECORD_NONE ||
        deviation_look_again(look, DEVIATION_STRANGE_SOURCE))
        return;
    deviation_look_name(look, &detail);
    deviation_look_note(look, DEVIATION_STRANGE_SOURCE, &detail);
}

void deviation_check_dialog(const struct deviation_look *look)
{
    struct deviation_watch *w = look->watch;
    const struct call *call = look->call;
    const struct sip_msg *msg = look->msg;
    bool in_dialog = msg->is_request && msg->to_tag.len && msg->method != SIP_METHOD_ACK &&
                     msg->method != SIP_METHOD_CANCEL;

    if (call->answer_time == RECORD_NONE || (!msg->is_request && is_of_first_invite(call, msg)))
        learn_tag(w, callee_tag(call, msg));
    if (in_dialog) {
        check_source(look, check_cseq(look));
        check_tags(look);
        return;
    }
    check_tags(look);
    if (call->answer_time == RECORD_NONE || msg->method == SIP_METHOD_ACK) {
        learn_host(w, &look->d->src);
        learn_host(w, &look->d->dst);
    }
    if (msg->cseq_method == SIP_METHOD_INVITE && (msg->is_request || msg->status > 100) &&
        !w->hosts_unknown)
        learn_route(w, msg);
}
