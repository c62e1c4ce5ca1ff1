#include "analyzer/call/transfer.h"

#include "analyzer/call/call_link.h"
#include "analyzer/call/history.h"
#include "analyzer/call/tracker.h"
#include "analyzer/sip/sip_uri.h"

#define NS_PER_S INT64_C(1000000000)

enum {
    TARGET_MAX_BYTES = 512,
    FOLLOWED_S = 64, /* how long after the REFER the INVITE may come: a person may be asked first */
};

/* "call-id;to-tag=…;from-tag=…" */
struct dialog_name {
    struct slice call_id, to_tag, from_tag;
};

static struct dialog_name dialog_name_of(struct slice value)
{
    struct dialog_name name = { SLICE_ABSENT, SLICE_ABSENT, SLICE_ABSENT };
    struct slice params;
    size_t end;

    if (!value.len)
        return name;
    end = slice_find(value, ';');
    params = slice_of(value.p + end, value.len - end);
    name.call_id = slice_trim(slice_of(value.p, end));
    name.to_tag = sip_param_find(params, SLICE("to-tag"));
    name.from_tag = sip_param_find(params, SLICE("from-tag"));
    return name;
}

static bool is_tag_of(const struct call *call, struct slice tag)
{
    return slice_eq(call->from_tag, tag) || branch_find(call, tag);
}

/* Either way round: who sends it names the tags as the one sees them who receives it. */
static struct call *find_dialog(const struct tracker *t, const struct dialog_name *name)
{
    struct call *call = name->call_id.len ? tracker_find_calls(t, name->call_id) : NULL;

    for (; call; call = call->next_same_id) {
        if (is_tag_of(call, name->to_tag) && is_tag_of(call, name->from_tag))
            return call;
    }
    return NULL;
}

static uint64_t hash_of(const struct tracker *t, struct slice s)
{
    return s.len ? siphash(&t->key, s.p, s.len) | 1 : 0;
}

/* User and host, in small letters, without what a URI may have besides; 0: it is none. */
static uint64_t uri_hash(const struct tracker *t, struct slice text)
{
    char out[TARGET_MAX_BYTES];
    struct sip_uri uri;
    size_t len;

    if (!text.len || !sip_uri_parse(&uri, text) || (!uri.user.len && !uri.host.len))
        return 0;
    len = sip_unescape(uri.user, out, sizeof out - 1);
    out[len++] = '@';
    for (size_t i = 0; i < uri.host.len && len < sizeof out; i++) {
        char c = uri.host.p[i];

        out[len++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    return hash_of(t, slice_of(out, len));
}

/* The Call-ID of the Replaces in a URI's headers. */
static uint64_t replaces_hash(const struct tracker *t, struct slice uri_text)
{
    char out[TARGET_MAX_BYTES];
    struct dialog_name name;
    struct sip_uri uri;
    struct slice rest;

    if (!sip_uri_parse(&uri, uri_text))
        return 0;
    for (rest = uri.headers; rest.len;) {
        struct slice value = slice_cut(&rest, '&'), key = slice_cut(&value, '=');

        if (!slice_ieq(key, SLICE("Replaces")))
            continue;
        name = dialog_name_of(slice_of(out, sip_unescape(value, out, sizeof out)));
        return hash_of(t, name.call_id);
    }
    return 0;
}

static struct slice uri_of(struct slice value)
{
    struct sip_name_addr name;

    return value.len && sip_name_addr_parse(&name, value) ? name.uri : SLICE_ABSENT;
}

/* ---- the call in which it was asked for ---- */

static void on_refer(struct tracker *t, struct call *call, const struct sip_msg *msg,
                     const struct datagram *d)
{
    struct transfers *all = &t->transfers;
    struct transfer *transfer = &all->list[all->next];
    struct slice uri = uri_of(msg->refer_to);
    uint8_t by = (uint8_t)(call_sender(call, msg) + 1);

    history_note(call, HISTORY_REFER, d->time_ns, by, uri, &t->counters);
    call->transfer_open = true;
    if (!uri.len)
        return;
    all->next = (uint8_t)((all->next + 1) % TRANSFERS_MAX);
    if (!transfer->call)
        all->open++;
    *transfer = (struct transfer){ .call = call,
                                   .time_ns = d->time_ns,
                                   .target = uri_hash(t, uri),
                                   .replaces = replaces_hash(t, uri),
                                   .referrer = uri_hash(t, uri_of(msg->referred_by)),
                                   .sent = d->dst,
                                   .by = by };
    call->transfer_asked = true;
}

/* What came of it; told once. */
static void settle(struct tracker *t, struct call *call, enum history what, struct slice detail,
                   int64_t time_ns)
{
    if (!call->transfer_open)
        return;
    call->transfer_open = false;
    history_note(call, what, time_ns, 0, detail, &t->counters);
    tracker_changed(t, call);
}

/* "SIP/2.0 486 Busy Here" */
static void on_notify(struct tracker *t, struct call *call, const struct sip_msg *msg,
                      const struct datagram *d)
{
    struct slice rest = msg->body, line = slice_trim(slice_cut(&rest, '\n'));
    struct slice words = line, version, status;
    uint64_t number;

    if (!slice_istarts_with(msg->event, SLICE("refer")))
        return;
    version = slice_cut(&words, ' ');
    status = slice_cut(&words, ' ');
    if (!slice_istarts_with(version, SLICE("SIP/")) || !slice_to_u64(status, 699, &number) ||
        number < 200)
        return;
    line.p += version.len + 1;
    line.len -= version.len + 1;
    if (number < 300)
        settle(t, call, HISTORY_TRANSFERRED, SLICE_ABSENT, d->time_ns);
    else
        settle(t, call, HISTORY_TRANSFER_FAILED, line, d->time_ns);
}

/* ---- the call that comes of it ---- */

static void link_both(struct tracker *t, struct call *call, enum call_link_kind kind,
                      struct call *other, enum call_link_kind back, int64_t time_ns)
{
    call_link_add(call, kind, other->call_id, other->id, time_ns, &t->counters);
    call_link_add(other, back, call->call_id, call->id, time_ns, &t->counters);
    tracker_changed(t, other);
}

static void take_named(struct tracker *t, struct call *call, struct slice value,
                       enum call_link_kind kind, enum call_link_kind back, int64_t time_ns)
{
    struct dialog_name name = dialog_name_of(value);
    struct call *other;

    if (name.call_id.len == 0)
        return;
    other = find_dialog(t, &name);
    if (other && other != call)
        link_both(t, call, kind, other, back, time_ns);
    else if (!other && !slice_eq(name.call_id, call->call_id)) /* itself, and not answered yet */
        call_link_add(call, kind, name.call_id, 0, time_ns, &t->counters);
}

/* How sure it is that the INVITE came of that REFER; 0: not at all. */
static int match(const struct transfer *transfer, const struct datagram *d, uint64_t replaces,
                 uint64_t referrer, const uint64_t targets[2])
{
    if (!transfer->call || d->time_ns - transfer->time_ns > FOLLOWED_S * NS_PER_S ||
        transfer->time_ns - d->time_ns > NS_PER_S)
        return 0;
    if (transfer->replaces || replaces)
        return transfer->replaces == replaces ? 3 : 0;
    if (!transfer->target || (transfer->target != targets[0] && transfer->target != targets[1]))
        return 0;
    if (referrer && transfer->referrer)
        return referrer == transfer->referrer ? 2 : 0;
    return !transfer->taken && addr_ip_eq(&transfer->sent, &d->src) ? 1 : 0;
}

static void find_origin(struct tracker *t, struct call *call, const struct sip_msg *msg,
                        const struct datagram *d)
{
    const uint64_t targets[2] = { uri_hash(t, msg->request_uri), uri_hash(t, msg->to_uri) };
    uint64_t referrer = uri_hash(t, uri_of(msg->referred_by));
    uint64_t replaces = hash_of(t, dialog_name_of(msg->replaces).call_id);
    struct transfer *best = NULL;
    int sure = 0;

    for (struct transfer *one = t->transfers.list; one < t->transfers.list + TRANSFERS_MAX; one++) {
        int match_is = match(one, d, replaces, referrer, targets);

        if (match_is > sure || (match_is && match_is == sure && one->time_ns > best->time_ns)) {
            best = one;
            sure = match_is;
        }
    }
    if (!best || best->call == call)
        return;
    best->taken = true;
    link_both(t, call, CALL_LINK_REFERRED_FROM, best->call, CALL_LINK_TRANSFERS_TO, d->time_ns);
}

static void on_invite(struct tracker *t, struct call *call, const struct sip_msg *msg,
                      const struct datagram *d)
{
    if (msg->replaces.len)
        take_named(t, call, msg->replaces, CALL_LINK_REPLACES, CALL_LINK_REPLACED_BY, d->time_ns);
    if (msg->join.len)
        take_named(t, call, msg->join, CALL_LINK_JOINS, CALL_LINK_JOINED_BY, d->time_ns);
    if (t->transfers.open)
        find_origin(t, call, msg, d);
}

void transfer_message(struct tracker *t, struct call *call, const struct sip_msg *msg,
                      const struct datagram *d)
{
    if (sighting_opens(msg))
        on_invite(t, call, msg, d);
    else if (msg->is_request && msg->method == SIP_METHOD_REFER)
        on_refer(t, call, msg, d);
    else if (msg->is_request && msg->method == SIP_METHOD_NOTIFY)
        on_notify(t, call, msg, d);
    else if (!msg->is_request && msg->cseq_method == SIP_METHOD_REFER && msg->status >= 300 &&
             msg->status != 401 && msg->status != 407)
        settle(t, call, HISTORY_TRANSFER_FAILED, msg->reason, d->time_ns);
}

static struct call *find_by_id(const struct tracker *t, const struct call_link *link)
{
    struct call *call = link->id ? tracker_find_calls(t, link->call_id) : NULL;

    while (call && call->id != link->id)
        call = call->next_same_id;
    return call;
}

void transfer_answered(struct tracker *t, struct call *call, int64_t time_ns)
{
    for (const struct call_link *link = call->links; link; link = link->next) {
        struct call *other = find_by_id(t, link);

        if (!other)
            continue;
        if (link->kind == CALL_LINK_REPLACES && other->replaced_time == RECORD_NONE) {
            other->replaced_time = time_ns;
            history_note(other, HISTORY_REPLACED, time_ns, 0, SLICE_ABSENT, &t->counters);
        } else if (link->kind == CALL_LINK_JOINS) {
            history_note(other, HISTORY_JOINED, time_ns, 0, SLICE_ABSENT, &t->counters);
        } else if (link->kind == CALL_LINK_REFERRED_FROM) {
            settle(t, other, HISTORY_TRANSFERRED, SLICE_ABSENT, time_ns);
        }
        tracker_changed(t, other);
    }
}

void transfer_forget(struct tracker *t, const struct call *call)
{
    for (size_t i = 0; call->transfer_asked && i < TRANSFERS_MAX; i++) {
        if (t->transfers.list[i].call == call) {
            t->transfers.list[i].call = NULL;
            t->transfers.open--;
        }
    }
}
