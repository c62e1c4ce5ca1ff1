#include "analyzer/call/transaction.h"

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
} recorded[] = {
    { SIP_METHOD_REGISTER, SLICE_INIT("register") },
    { SIP_METHOD_OPTIONS, SLICE_INIT("options") },
    { SIP_METHOD_MESSAGE, SLICE_INIT("message") },
    { SIP_METHOD_SUBSCRIBE, SLICE_INIT("subscribe") },
};

static struct slice name_of(enum sip_method method)
{
    for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
        if (recorded[i].method == method)
            return recorded[i].name;
    }
    return SLICE_ABSENT;
}

bool transaction_is_recorded(enum sip_method method)
{
    return name_of(method).p != NULL;
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
    r->method = name_of((enum sip_method)msg->method);
    r->call_id = keep(t, msg->call_id);
    /* Who registers is in To; else who asks is in From (RFC 3261 §10.2). */
    r->user = keep(t, msg->method == SIP_METHOD_REGISTER ? msg->to_user : msg->from_user);
    r->from_uri = keep(t, msg->from_uri);
    r->to_uri = keep(t, msg->to_uri);
    r->user_agent = keep(t, msg->user_agent);
    r->src = d->src;
    r->dst = d->dst;
    r->time = d->time_ns;
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

bool transaction_response(struct transaction *t, const struct sip_msg *msg,
                          const struct datagram *d)
{
    struct transaction_record *r = &t->record;

    if (msg->cseq != t->cseq || msg->status < 200)
        return false;
    r->final_status = msg->status;
    r->final_reason = keep(t, msg->reason);
    r->round_trip_ms = (double)(d->time_ns - t->request_time) / 1e6;
    if (sip_msg_expires(msg) >= 0)
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
