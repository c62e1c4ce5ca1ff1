#include "analyzer/call/transaction.h"

#include "analyzer/sip/sip_contacts.h"
#include "analyzer/sip/sip_uri.h"

#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)

enum {
    TEXT_MAX_BYTES = 512,
    ARENA_MAX_BYTES = 8192,
    FIRST_TEXT_BYTES = 448,
    UNANSWERED_S = 32, /* RFC 3261 timer F */
};

static const struct {
    enum sip_method method;
    struct slice name;
    bool recorded; /* has a record of its own; else it is only counted for its peers */
} methods[] = {
    { SIP_METHOD_REGISTER, SLICE_INIT("register"), true },
    { SIP_METHOD_OPTIONS, SLICE_INIT("options"), true },
    { SIP_METHOD_MESSAGE, SLICE_INIT("message"), true },
    { SIP_METHOD_SUBSCRIBE, SLICE_INIT("subscribe"), true },
    { SIP_METHOD_NOTIFY, SLICE_INIT("notify"), false },
    { SIP_METHOD_PUBLISH, SLICE_INIT("publish"), false },
};

enum { METHODS = sizeof methods / sizeof methods[0] };

/* METHODS: none of them. */
static size_t row_of(enum sip_method method)
{
    size_t i = 0;

    while (i < METHODS && methods[i].method != method)
        i++;
    return i;
}

bool transaction_is_followed(enum sip_method method)
{
    return row_of(method) < METHODS;
}

bool transaction_is_recorded(enum sip_method method)
{
    size_t i = row_of(method);

    return i < METHODS && methods[i].recorded;
}

static struct slice keep(struct transaction *t, struct slice s)
{
    bool cut = false;

    return arena_copy(&t->arena, s, TEXT_MAX_BYTES, &cut);
}

struct transaction *transaction_new(const struct sip_msg *msg, const struct datagram *d,
                                    uint64_t hash)
{
    struct transaction *t = malloc(sizeof *t + FIRST_TEXT_BYTES);
    struct transaction_record *r;
    size_t row = row_of((enum sip_method)msg->method);

    if (!t)
        return NULL;
    memset(t, 0, sizeof *t);
    arena_init(&t->arena, t + 1, FIRST_TEXT_BYTES, ARENA_MAX_BYTES);
    t->hash = hash;
    t->cseq = msg->cseq;
    t->method = msg->method;
    t->request_time = d->time_ns;
    r = &t->record;
    record_clear(&record_type_transaction, r);
    r->method = row < METHODS ? methods[row].name : SLICE_ABSENT;
    r->call_id = keep(t, msg->call_id);
    /* Who registers is in To; else who asks is in From (RFC 3261 §10.2). */
    r->user = keep(t, msg->method == SIP_METHOD_REGISTER ? msg->to_user : msg->from_user);
    r->from_uri = keep(t, msg->from_uri);
    r->to_uri = keep(t, msg->to_uri);
    r->user_agent = keep(t, msg->user_agent);
    r->src = d->src;
    r->dst = d->dst;
    r->time = d->time_ns;
    r->contact = keep(t, msg->contact);
    r->expires_s = sip_msg_expires(msg) >= 0 ? sip_msg_expires(msg) : RECORD_NONE;
    r->attempts = 1;
    r->auth_challenged = 0;
    return t;
}

void transaction_free(struct transaction *t)
{
    if (!t)
        return;
    arena_fini(&t->arena);
    free(t);
}

void transaction_request(struct transaction *t, const struct sip_msg *msg, const struct datagram *d)
{
    if (msg->cseq == t->cseq)
        return; /* a retransmission: the round trip counts from the first */
    t->cseq = msg->cseq;
    t->request_time = d->time_ns;
    t->record.attempts++;
    t->challenged = false;
}

/* What the answer says of the contact that was asked for; other phones of the user stand beside it. */
static void take_bindings(struct transaction *t, const struct sip_msg *msg)
{
    struct transaction_record *r = &t->record;
    struct sip_name_addr asked;
    struct sip_contacts listed;

    if (!r->contact.p || !sip_name_addr_parse(&asked, r->contact))
        asked.uri = SLICE_ABSENT; /* "*", or a question: who is registered? */
    sip_contacts_read(&listed, msg->header_block, asked.uri);
    r->contacts = listed.count;
    if (r->expires_s == 0)
        return; /* what is removed is not listed any more */
    if (listed.expires_s >= 0)
        r->expires_s = listed.expires_s;
    else if (msg->expires >= 0)
        r->expires_s = msg->expires;
    if (listed.value.p && asked.uri.p) /* a question binds nobody */
        r->contact = keep(t, listed.value);
}

bool transaction_response(struct transaction *t, const struct sip_msg *msg,
                          const struct datagram *d)
{
    struct transaction_record *r = &t->record;

    if (msg->cseq != t->cseq || msg->status < 200)
        return false;
    r->final_status = msg->status;
    r->final_reason = keep(t, msg->reason);
    r->round_trip_ms = (double)(d->time_ns - t->request_time) / 1e6;
    if (t->method == SIP_METHOD_REGISTER && msg->status < 300)
        take_bindings(t, msg);
    else if (t->method != SIP_METHOD_REGISTER && sip_msg_expires(msg) >= 0)
        r->expires_s = sip_msg_expires(msg); /* what was granted, not what was asked for */
    if (msg->status == 401 || msg->status == 407) {
        r->auth_challenged = 1;
        t->challenged = true;
        return false;
    }
    return true;
}

int64_t transaction_deadline(const struct transaction *t)
{
    return t->request_time + UNANSWERED_S * NS_PER_S;
}
