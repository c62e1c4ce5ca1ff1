#include "analyzer/call/tracker.h"

#include "analyzer/call/call_report.h"
#include "analyzer/call/deviation.h"
#include "analyzer/call/media_foreign.h"
#include "analyzer/call/verdict.h"
#include "analyzer/legs/legs.h"
#include "analyzer/peer/peers.h"
#include "analyzer/record_id.h"
#include "analyzer/security/security.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define NS_PER_S                  INT64_C(1000000000)
#define OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

enum {
    CALLS_OF_ONE_ID_MAX =
        32,               /* open at a time: whoever needs more plays with the list they are in */
    ANSWERED_SHARE = 4,   /* one call of four may be one that somebody talks in, at least */
    REFRESH_S = 10,       /* how often a call with media is reported as it goes on */
    LOOK_S = 20,          /* how often one that talks is looked at: is its media still there? */
    WAIT_S = 5,           /* how often a call that waits for others is looked at */
    ORPHAN_PROVEN_S = 60, /* silence that ends a stream nobody announced */
    ORPHAN_UNPROVEN_S = 5,
    MAX_REGISTRATIONS = 200000,
    MAX_PEERS = 20000,
    MAX_PAIRS = 20000, /* of hosts, of media and of signalling */
    MAX_SOURCES = 20000,
};

/* What lives beside the calls and is told of them. */
static int init_watchers(struct tracker *t)
{
    const struct analyzer_options *o = &t->options;
    const struct kpi_options kpi = { .plan = o->plan,
                                     .hash_key = { o->hash_key[0], o->hash_key[1] },
                                     .counters = &t->counters,
                                     .record = t->sink.record,
                                     .ctx = t->sink.ctx,
                                     .once = t->sink.closed_only };
    const struct legs_options legs = { .headers = o->leg_headers,
                                       .header_count = o->leg_header_count,
                                       .max_calls = o->max_calls,
                                       .hash_key = { o->hash_key[0], o->hash_key[1] },
                                       .counters = &t->counters,
                                       .record = t->sink.record,
                                       .ctx = t->sink.ctx };
    const struct peers_options peers = { .plan = o->plan,
                                         .max_registrations = MAX_REGISTRATIONS,
                                         .max_peers = MAX_PEERS,
                                         .hash_key = { o->hash_key[0], o->hash_key[1] },
                                         .counters = &t->counters,
                                         .record = t->sink.record,
                                         .ctx = t->sink.ctx };
    const struct security_options security = { .plan = o->plan,
                                               .hours_from = o->hours_from,
                                               .hours_to = o->hours_to,
                                               .max_sources = MAX_SOURCES,
                                               .hash_key = { o->hash_key[0], o->hash_key[1] },
                                               .counters = &t->counters,
                                               .record = t->sink.record,
                                               .ctx = t->sink.ctx };
    int err = kpi_new(&t->kpi, &kpi);

    if (err == 0)
        err = legs_new(&t->legs, &legs);
    if (err == 0)
        err = peers_new(&t->peers, &peers);
    if (err == 0)
        err = security_new(&t->security, &security);
    return err;
}

int tracker_init(struct tracker *t, const struct analyzer_options *options,
                 const struct analyzer_sink *sink)
{
    memset(t, 0, sizeof *t);
    t->options = *options;
    t->sink = *sink;
    t->key = (struct siphash_key){ { options->hash_key[0], options->hash_key[1] } };
    t->dates.key = t->key;
    if (table_init(&t->calls, options->max_calls) != 0 ||
        table_init(&t->streams, options->max_streams) != 0 ||
        table_init(&t->transactions, options->max_transactions) != 0 ||
        table_init(&t->ssrcs, options->max_streams) != 0 ||
        pair_watch_init(&t->pairs, &t->key, MAX_PAIRS, &t->counters) != 0 ||
        media_map_init(&t->media, &t->key, options->max_streams * 2) != 0 ||
        init_watchers(t) != 0) {
        tracker_fini(t);
        return -ENOMEM;
    }
    expiry_init(&t->call_expiry);
    expiry_init(&t->orphan_expiry);
    expiry_init(&t->transaction_expiry);
    return 0;
}

void tracker_fini(struct tracker *t)
{
    table_fini(&t->calls);
    table_fini(&t->streams);
    table_fini(&t->transactions);
    table_fini(&t->ssrcs);
    pair_watch_fini(&t->pairs);
    media_map_fini(&t->media);
    strbuf_fini(&t->scratch);
    kpi_free(t->kpi);
    legs_free(t->legs);
    peers_free(t->peers);
    security_free(t->security);
}

uint64_t tracker_new_id(struct tracker *t, int64_t time_ns, uint64_t hash)
{
    /* As far as packets come out of order. Further back is another clock, or another capture. */
    const uint64_t near = UINT64_C(2000000) << RECORD_ID_HASH_BITS;
    uint64_t id = record_id_make(time_ns, hash);

    /* Names grow, so none comes twice: many begin in one microsecond where clocks are coarse. */
    if (id <= t->last_id && t->last_id - id < near)
        id = t->last_id + 1;
    t->last_id = id;
    return id;
}

/* A name's own hash: without the run's key, so that the same packets give the same ids. */
static uint64_t name_hash(struct slice s)
{
    static const struct siphash_key fixed = { { 0, 0 } };

    return siphash(&fixed, s.p, s.len);
}

static bool same_call_id(const void *item, const void *key)
{
    const struct call *call = item;
    const struct slice *id = key;

    /* The hash covers the whole Call-ID, what is kept may be cut. */
    return call->call_id.len == (id->len < CALL_ID_MAX_BYTES ? id->len : CALL_ID_MAX_BYTES) &&
           memcmp(call->call_id.p, id->p, call->call_id.len) == 0;
}

struct call *tracker_find_calls(const struct tracker *t, struct slice call_id)
{
    return table_find(&t->calls, siphash(&t->key, call_id.p, call_id.len), same_call_id, &call_id);
}

/* Those beside the calls are told before the sink is: what they find out stands in the record. */
static void tell_watchers(struct tracker *t, struct call *call, struct call_record *record,
                          enum record_event event)
{
    kpi_call(t->kpi, &call->kpi, record, event);
    legs_call(t->legs, record, event);
    security_call(t->security, &call->guard, record, event);
    record->leg_group = legs_group(t->legs, call->id);
}

static void report(struct tracker *t, struct call *call, enum record_event event)
{
    const struct call_scene scene = { .media_seen = t->streams_total > 0,
                                      .keep_digits = t->options.keep_digits,
                                      .last = event == RECORD_CLOSED,
                                      .now_ns = t->now_ns,
                                      .losses = &t->losses };
    struct call_record record;

    if (!t->sink.call || (t->sink.closed_only && event < RECORD_SETTLED))
        return;
    media_foreign_judge(call);
    media_watch_report(t, call, event == RECORD_CLOSED);
    call_end_judge(call, event == RECORD_CLOSED);
    call_report(call, &scene, &record, t->stream_records, &t->scratch);
    tell_watchers(t, call, &record, event);
    if (!t->sink.closed_only || event == RECORD_CLOSED)
        t->sink.call(t->sink.ctx, &record, event, &call->keeper);
}

void tracker_changed(struct tracker *t, struct call *call)
{
    if (call->changed || t->sink.closed_only)
        return;
    call->changed = true;
    call->next_changed = NULL;
    call->previous_changed = t->changed_tail;
    if (t->changed_tail)
        t->changed_tail->next_changed = call;
    else
        t->changed_head = call;
    t->changed_tail = call;
}

void tracker_settled(struct tracker *t, struct call *call)
{
    if (call->settled)
        return;
    call->settled = true;
    report(t, call, RECORD_SETTLED);
}

/* A call that is about to go must not be reported as changed any more. */
static void unlist_changed(struct tracker *t, struct call *call)
{
    if (!call->changed)
        return;
    if (call->previous_changed)
        call->previous_changed->next_changed = call->next_changed;
    else
        t->changed_head = call->next_changed;
    if (call->next_changed)
        call->next_changed->previous_changed = call->previous_changed;
    else
        t->changed_tail = call->previous_changed;
    call->changed = false;
}

static void report_changed(struct tracker *t)
{
    while (t->changed_head) {
        struct call *call = t->changed_head;

        unlist_changed(t, call);
        report(t, call, call->opened ? RECORD_CHANGED : RECORD_OPENED);
        call->opened = true;
    }
}

static void unlink_call_id(struct tracker *t, struct call *call)
{
    struct call *head = table_find(&t->calls, call->call_id_hash, same_call_id, &call->call_id);

    if (head == call) {
        table_remove(&t->calls, call->call_id_hash, call);
        if (call->next_same_id)
            table_put(&t->calls, call->call_id_hash, call->next_same_id); /* room was just made */
        return;
    }
    for (struct call *c = head; c; c = c->next_same_id) {
        if (c->next_same_id == call)
            c->next_same_id = call->next_same_id;
    }
}

/* Takes the call out of every table and reports it for the last time. */
static void close_call(struct tracker *t, struct call *call)
{
    deviation_close(call, t->now_ns, t->loss_epoch != call->loss_epoch, &t->counters);
    /* A failure that the client might have answered, and did not; or silence to the last. */
    if (call->state == CALL_ABANDONED || call->state == CALL_CANCELLED ||
        (call->final_status && call_state_is_over((enum call_state)call->state)))
        tracker_settled(t, call);
    transfer_forget(t, call);
    expiry_cancel(&call->expiry);
    unlist_changed(t, call);
    call_queue_leave(&t->queues, call);
    unlink_call_id(t, call);
    for (uint8_t i = 0; i < call->stream_count; i++)
        tracker_forget_stream(t, call->streams[i]);
    for (struct media_endpoint *e = call->endpoints; e; e = e->next_in_call)
        media_map_withdraw(&t->media, e);
    report(t, call, RECORD_CLOSED);
    media_watch_close(t, call);
    t->call_count--;
    call_free(call);
}

/* Room for one more. Nobody who talks is cut off; and some room is left for those who will, however many
 * calls there are that nobody answers. */
static bool make_room(struct tracker *t)
{
    size_t max = t->options.max_calls, max_unanswered = max - max / ANSWERED_SHARE;
    struct call *victim;

    if (t->call_count >= max)
        tracker_refuse(t, REFUSAL_CALLS);
    else if (t->queues.count >= max_unanswered && max >= ANSWERED_SHARE)
        tracker_refuse(t, REFUSAL_CALLS_UNANSWERED);
    else
        return true;
    victim = call_queue_victim(&t->queues);
    if (victim)
        close_call(t, victim);
    return victim != NULL;
}

/* The same among those with one Call-ID, which are searched one by one. */
static bool make_room_among(struct tracker *t, struct call *newest)
{
    struct call *victim = NULL;
    unsigned count = 0;

    for (struct call *call = newest; call; call = call->next_same_id, count++) {
        if (call->state != CALL_IN_CALL)
            victim = call;
    }
    if (count < CALLS_OF_ONE_ID_MAX)
        return true;
    tracker_refuse(t, REFUSAL_CALLS);
    if (victim)
        close_call(t, victim);
    return victim != NULL;
}

struct call *tracker_open_call(struct tracker *t, struct slice call_id, int64_t time_ns)
{
    uint64_t hash = siphash(&t->key, call_id.p, call_id.len);
    struct call *older, *call;

    if (!make_room_among(t, tracker_find_calls(t, call_id)))
        return NULL;
    if (!make_room(t))
        return NULL;
    call = call_new(call_id, hash, time_ns);
    if (!call) {
        tracker_refuse(t, REFUSAL_MEMORY);
        return NULL;
    }
    older = table_find(&t->calls, hash, same_call_id, &call_id);
    if (older)
        table_remove(&t->calls, hash, older);
    call->next_same_id = older;
    if (table_put(&t->calls, hash, call) != 0) {
        tracker_refuse(t, REFUSAL_MEMORY);
        if (older)
            table_put(&t->calls, hash, older);
        call_free(call);
        return NULL;
    }
    if (call_id.len > CALL_ID_MAX_BYTES)
        tracker_refuse(t, REFUSAL_TEXT_CUT);
    call->id = tracker_new_id(t, time_ns, name_hash(call_id));
    call->loss_epoch = t->loss_epoch;
    call_queue_file(&t->queues, call);
    t->call_count++;
    t->calls_total++;
    expiry_set(&t->call_expiry, &call->expiry, time_ns + REFRESH_S * NS_PER_S);
    return call;
}

void tracker_arm(struct tracker *t, struct call *call, int64_t now_ns)
{
    int64_t at = call_deadline(call), due = session_timer_due(call);
    int64_t look = now_ns + (call->state == CALL_IN_CALL ? LOOK_S : REFRESH_S) * NS_PER_S;

    if (due != RECORD_NONE && due > now_ns && due < at)
        at = due;
    expiry_set(&t->call_expiry, &call->expiry, at < look ? at : look);
}

static void expire_calls(struct tracker *t, int64_t now_ns)
{
    struct expiry_link *link;

    while ((link = expiry_pop(&t->call_expiry, now_ns)) != NULL) {
        struct call *call = OWNER(link, struct call, expiry);
        int64_t deadline = call_deadline(call);

        if (call->loss_epoch == t->loss_epoch) /* else the refresh may be among what was lost */
            session_timer_tick(call, now_ns, &t->counters);
        if (deadline > now_ns) {
            if (media_watch_silence(t, call, now_ns) ||
                (call->stream_count && call->answer_time == RECORD_NONE &&
                 call_last_time(call) > now_ns - REFRESH_S * NS_PER_S))
                tracker_changed(t, call);
            tracker_arm(t, call, now_ns);
            continue;
        }
        if (media_watch_waits(t, call, now_ns)) {
            expiry_set(&t->call_expiry, link, now_ns + WAIT_S * NS_PER_S);
            continue;
        }
        call_end_give_up(call, true);
        close_call(t, call);
    }
}

static void close_orphan(struct tracker *t, struct media_stream *s)
{
    struct stream_record record;

    expiry_cancel(&s->expiry);
    tracker_forget_stream(t, s);
    if (t->sink.stream && (s->proven || s->keeper)) {
        call_report_orphan(s, &record, &t->scratch);
        /* An unproven one is not reported as a stream, but what was kept of it must be let go. */
        t->sink.stream(t->sink.ctx, s->proven ? &record : NULL, &s->keeper);
    }
    media_stream_free(s);
}

static void expire_orphans(struct tracker *t, int64_t now_ns)
{
    struct expiry_link *link;

    while ((link = expiry_pop(&t->orphan_expiry, now_ns)) != NULL) {
        struct media_stream *s = OWNER(link, struct media_stream, expiry);
        int64_t deadline =
            s->rtp.last_time_ns + (s->proven ? ORPHAN_PROVEN_S : ORPHAN_UNPROVEN_S) * NS_PER_S;

        if (deadline > now_ns)
            expiry_set(&t->orphan_expiry, link, deadline);
        else
            close_orphan(t, s);
    }
}

void tracker_report_transaction(struct tracker *t, struct transaction *tr)
{
    if (!tr->reported && t->sink.transaction) {
        peers_transaction(t->peers, &tr->record, tr->request_time);
        security_transaction(t->security, &tr->record);
        if (transaction_is_recorded((enum sip_method)tr->method))
            t->sink.transaction(t->sink.ctx, &tr->record);
    }
    tr->reported = true;
}

void tracker_end_transaction(struct tracker *t, struct transaction *tr)
{
    expiry_cancel(&tr->expiry);
    table_remove(&t->transactions, tr->hash, tr);
    tracker_report_transaction(t, tr);
    transaction_free(tr);
}

static void expire_transactions(struct tracker *t, int64_t now_ns)
{
    struct expiry_link *link;

    while ((link = expiry_pop(&t->transaction_expiry, now_ns)) != NULL) {
        struct transaction *tr = OWNER(link, struct transaction, expiry);

        if (transaction_deadline(tr) > now_ns)
            expiry_set(&t->transaction_expiry, link, transaction_deadline(tr));
        else
            tracker_end_transaction(t, tr);
    }
}

void tracker_tick(struct tracker *t, int64_t now_ns)
{
    t->now_ns = now_ns;
    kpi_tick(t->kpi, now_ns); /* before calls are told: they count in the ring as it is now */
    expire_calls(t, now_ns);
    expire_orphans(t, now_ns);
    expire_transactions(t, now_ns);
    report_changed(t);
    kpi_load_tell(t->kpi, now_ns);
    legs_tick(t->legs, now_ns);
    peers_tick(t->peers, now_ns);
    security_tick(t->security, now_ns);
}

void tracker_finish(struct tracker *t)
{
    struct expiry_link *link;

    /* Calls of one pair of hosts are judged together: all are counted before the first is told. */
    for (link = expiry_first(&t->call_expiry); link; link = expiry_next(&t->call_expiry, link))
        verdict_tell_pairs(&t->pairs, OWNER(link, struct call, expiry), true);
    while ((link = expiry_pop_any(&t->call_expiry)) != NULL) {
        call_end_give_up(OWNER(link, struct call, expiry), false);
        close_call(t, OWNER(link, struct call, expiry));
    }
    while ((link = expiry_pop_any(&t->orphan_expiry)) != NULL)
        close_orphan(t, OWNER(link, struct media_stream, expiry));
    while ((link = expiry_pop_any(&t->transaction_expiry)) != NULL)
        tracker_end_transaction(t, OWNER(link, struct transaction, expiry));
    if (!t->sink.record)
        return;
    legs_finish(t->legs);
    kpi_finish(t->kpi);
    peers_finish(t->peers);
    security_finish(t->security);
}
