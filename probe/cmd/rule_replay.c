#include "probe/cmd/rule_replay.h"

#include "analyzer/base/json_item.h"
#include "analyzer/record_id.h"
#include "probe/engine/rule_history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define NS_PER_S      INT64_C(1000000000)
#define NS_PER_MINUTE (60 * NS_PER_S)
#define NS_PER_DAY    (86400 * NS_PER_S)
/* A call or a state that is told after `since` may have begun that long before. */
#define CALLS_BEFORE_NS  (6 * 3600 * NS_PER_S)
#define OTHERS_BEFORE_NS NS_PER_DAY
#define STRETCH_LEAST    NS_PER_S
#define STRETCH_FIRST    (10 * NS_PER_MINUTE)
#define STRETCH_MOST     NS_PER_DAY
#define UNANSWERED_NS    (32 * NS_PER_S)
#define FACT_AGAIN_NS    (10 * NS_PER_S)

enum { ROWS_FEW = 5000, LOADS_LOOKED_AT = 256 };

/* A record that is told once or several times. */
struct held {
    void *record;
    unsigned uses;
};

struct event {
    int64_t time_ns, until_ns; /* told again every `again_ns` until then; 0: once */
    int64_t again_ns;
    uint64_t order; /* of those at one time */
    struct held *held;
    enum rule_occasion occasion;
    uint32_t stretch;  /* that it was read in */
    const char *state; /* of a peer, at that time; NULL: as it is */
};

struct rule_replay {
    const struct rule_replay_options *options;
    struct rule_replay_counts *counts;
    struct rule_set *rules;
    struct rule_history *history;
    struct event *heap; /* the earliest first */
    size_t used, room;
    uint64_t order;
    int64_t next_tick_ns;
    uint32_t stretch;
    size_t rows; /* of the stretch */
    bool overflowed;
    int err;
};

/* --- the heap ------------------------------------------------------------------------------- */

static bool is_before(const struct event *a, const struct event *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

static void sift_up(struct event *heap, size_t at)
{
    struct event moved = heap[at];

    while (at && is_before(&moved, &heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = moved;
}

static void sift_down(struct event *heap, size_t count, size_t at)
{
    struct event moved = heap[at];
    size_t child;

    while ((child = 2 * at + 1) < count) {
        if (child + 1 < count && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (!is_before(&heap[child], &moved))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = moved;
}

static void push(struct rule_replay *r, const struct event *event)
{
    if (r->used == r->room) {
        size_t room = r->room ? 2 * r->room : 1024;
        struct event *heap = realloc(r->heap, room * sizeof *heap);

        if (!heap) {
            r->err = -ENOMEM;
            return;
        }
        r->heap = heap;
        r->room = room;
    }
    r->heap[r->used] = *event;
    event->held->uses++;
    sift_up(r->heap, r->used++);
}

static void release(struct held *held)
{
    if (--held->uses)
        return;
    free(held->record);
    free(held);
}

static struct event pop(struct rule_replay *r)
{
    struct event first = r->heap[0];

    r->heap[0] = r->heap[--r->used];
    if (r->used)
        sift_down(r->heap, r->used, 0);
    return first;
}

/* --- telling -------------------------------------------------------------------------------- */

static void tell_peer(struct rule_replay *r, const struct event *e)
{
    struct peer_record peer = *(const struct peer_record *)e->held->record;

    if (e->state) {
        peer.state = slice_of_text(e->state);
        peer.since = e->time_ns;
    }
    rule_set_record(r->rules, e->occasion, &record_type_peer, &peer, e->time_ns);
}

static void tell(struct rule_replay *r, struct event *e)
{
    const struct record_type *type = rule_occasions[e->occasion].type;

    if (e->time_ns >= r->options->since) {
        rule_history_beat(r->history, e->time_ns, rule_set_wants_history(r->rules));
        if (e->time_ns >= r->next_tick_ns) { /* about as often as live */
            rule_set_tick(r->rules, e->time_ns);
            r->next_tick_ns = e->time_ns + NS_PER_S;
        }
        if (type == &record_type_peer)
            tell_peer(r, e);
        else
            rule_set_record(r->rules, e->occasion, type, e->held->record, e->time_ns);
        r->counts->records[e->occasion]++;
    }
    if (e->again_ns && e->time_ns < e->until_ns) {
        e->time_ns += e->again_ns;
        if (e->time_ns > e->until_ns)
            e->time_ns = e->until_ns;
        e->order = r->order++;
        push(r, e);
    }
    release(e->held);
}

/* All that lies before that time, and what there is no room for. */
static void drain(struct rule_replay *r, int64_t until_ns)
{
    while (r->used && r->err == 0 &&
           (r->heap[0].time_ns < until_ns || r->used > RULE_REPLAY_WAITING_MAX)) {
        struct event e = pop(r);

        if (e.time_ns >= r->options->until) {
            release(e.held);
            continue;
        }
        r->counts->early += e.time_ns >= until_ns;
        tell(r, &e);
    }
}

/* --- what becomes of a row ------------------------------------------------------------------ */

static bool is_wanted(const struct rule_replay *r, enum rule_occasion occasion)
{
    return r->options->occasions & UINT32_C(1) << occasion;
}

static void add(struct rule_replay *r, struct held *held, enum rule_occasion occasion,
                int64_t time_ns)
{
    struct event e = { .time_ns = time_ns,
                       .order = r->order++,
                       .held = held,
                       .occasion = occasion,
                       .stretch = r->stretch };

    if (time_ns >= 0 && is_wanted(r, occasion)) /* RECORD_NONE: it never came to that */
        push(r, &e);
}

static void add_repeated(struct rule_replay *r, struct held *held, enum rule_occasion occasion,
                         int64_t first_ns, int64_t last_ns, int64_t again_ns)
{
    struct event e = { .time_ns = first_ns,
                       .until_ns = last_ns,
                       .again_ns = again_ns,
                       .order = r->order++,
                       .held = held,
                       .occasion = occasion,
                       .stretch = r->stretch };

    if (first_ns < 0 || last_ns < first_ns)
        return;
    /* What was before is only the state that it began with. */
    if (first_ns < r->options->since && again_ns)
        e.time_ns += (r->options->since - first_ns) / again_ns * again_ns;
    push(r, &e);
}

static void add_call(struct rule_replay *r, struct held *held)
{
    const struct call_record *call = held->record;

    add(r, held, RULE_CALL_OPENED, record_id_time_ns(call->id));
    add(r, held, RULE_CALL_SETTLED, call->settled_time);
    add(r, held, RULE_CALL_CLOSED, call->closed_time);
}

static void add_transaction(struct rule_replay *r, struct held *held)
{
    const struct transaction_record *t = held->record;
    int64_t took = isnan(t->round_trip_ms) ? UNANSWERED_NS : (int64_t)(t->round_trip_ms * 1e6);

    add(r, held, RULE_TRANSACTION, t->time == RECORD_NONE ? RECORD_NONE : t->time + took);
}

/* The most calls at once of the minute; both directions are one trunk. */
static void add_load(struct rule_replay *r, const struct kpi_record *k, int64_t time_ns)
{
    size_t looked_at = 0;
    struct load_record *load = NULL;
    struct held *held;

    if (!k->trunk.p || k->destination.p || k->channel_limit == RECORD_NONE ||
        k->concurrent_max == RECORD_NONE || !is_wanted(r, RULE_LOAD))
        return;
    for (size_t i = r->used; i > 0 && looked_at < LOADS_LOOKED_AT; i--, looked_at++) {
        const struct event *e = &r->heap[i - 1];

        load = e->occasion == RULE_LOAD ? e->held->record : NULL;
        if (load && e->time_ns == time_ns && slice_eq(load->trunk, k->trunk)) {
            load->concurrent += k->concurrent_max;
            return;
        }
    }
    held = calloc(1, sizeof *held);
    load = calloc(1, sizeof *load);
    if (held && load) {
        struct load_record made;

        record_clear(&record_type_load, &made);
        made.time = time_ns;
        made.trunk = k->trunk;
        made.concurrent = k->concurrent_max;
        made.channel_limit = k->channel_limit;
        free(load);
        load = record_clone(&record_type_load, &made);
    }
    if (!held || !load) {
        free(held);
        free(load);
        r->err = -ENOMEM;
        return;
    }
    held->record = load;
    held->uses = 1;
    add(r, held, RULE_LOAD, time_ns);
    release(held);
}

static void add_minute(struct rule_replay *r, struct held *held)
{
    const struct kpi_record *k = held->record;
    int64_t over_ns = k->time + k->window_s * NS_PER_S;

    add(r, held, RULE_MINUTE, over_ns);
    add_load(r, k, over_ns);
}

/* When its state began, and when it was last heard of. */
static void add_registration(struct rule_replay *r, struct held *held)
{
    const struct registration_record *reg = held->record;

    add(r, held, RULE_REGISTRATION, reg->since);
    if (reg->last_seen > reg->since)
        add(r, held, RULE_REGISTRATION, reg->last_seen);
}

static const char *peer_state(struct slice text)
{
    static const char *const states[] = { "up", "down", "unknown" };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (text.len > 1 && slice_eq(slice_of(text.p + 1, text.len - 2), slice_of_text(states[i])))
            return states[i];
    }
    return NULL;
}

/* Once a minute as it was then, from one change to the next. */
static void add_peer(struct rule_replay *r, struct held *held)
{
    const struct peer_record *peer = held->record;
    int64_t from_ns = record_id_time_ns(peer->id);
    struct slice rest = peer->history, item;
    struct event e = {
        .again_ns = NS_PER_MINUTE, .held = held, .occasion = RULE_PEER, .stretch = r->stretch
    };

    if (!is_wanted(r, RULE_PEER))
        return;
    while (json_item_next(&rest, &item)) {
        int64_t time_ns = json_item_time(json_item_number(item, "t"));

        if (e.state && time_ns > from_ns) {
            e.time_ns = e.time_ns > from_ns ? e.time_ns : from_ns;
            e.until_ns = time_ns - 1;
            e.order = r->order++;
            push(r, &e);
        }
        e.state = peer_state(json_item_get(item, "state"));
        e.time_ns = time_ns;
    }
    add_repeated(r, held, RULE_PEER, e.state && e.time_ns > from_ns ? e.time_ns : from_ns,
                 peer->last_seen, NS_PER_MINUTE);
}

static void add_security(struct rule_replay *r, struct held *held)
{
    const struct security_record *fact = held->record;

    add_repeated(r, held, RULE_SECURITY, fact->first_seen, fact->last_seen, FACT_AGAIN_NS);
}

static void add_certificate(struct rule_replay *r, struct held *held)
{
    const struct certificate_record *c = held->record;

    add_repeated(r, held, RULE_CERTIFICATE, c->first_seen, c->last_seen, NS_PER_MINUTE);
}

static void add_mirror(struct rule_replay *r, struct held *held)
{
    add(r, held, RULE_MIRROR, ((const struct mirror_record *)held->record)->end_time);
}

static void add_capture(struct rule_replay *r, struct held *held)
{
    add(r, held, RULE_CAPTURE, ((const struct capture_record *)held->record)->end_time);
}

static void add_store(struct rule_replay *r, struct held *held)
{
    add(r, held, RULE_STORE, ((const struct store_record *)held->record)->time);
}

/* --- reading -------------------------------------------------------------------------------- */

static const struct {
    const struct record_type *type;
    uint32_t occasions; /* that it is read for */
    int64_t before_ns;
    void (*add)(struct rule_replay *r, struct held *held);
} tables[] = {
    { &record_type_call, 1u << RULE_CALL_OPENED | 1u << RULE_CALL_SETTLED | 1u << RULE_CALL_CLOSED,
      CALLS_BEFORE_NS, add_call },
    { &record_type_transaction, 1u << RULE_TRANSACTION, NS_PER_MINUTE, add_transaction },
    { &record_type_kpi, 1u << RULE_MINUTE | 1u << RULE_LOAD, NS_PER_MINUTE, add_minute },
    { &record_type_registration, 1u << RULE_REGISTRATION, OTHERS_BEFORE_NS, add_registration },
    { &record_type_peer, 1u << RULE_PEER, OTHERS_BEFORE_NS, add_peer },
    { &record_type_security, 1u << RULE_SECURITY, OTHERS_BEFORE_NS, add_security },
    { &record_type_certificate, 1u << RULE_CERTIFICATE, OTHERS_BEFORE_NS, add_certificate },
    { &record_type_mirror, 1u << RULE_MIRROR, OTHERS_BEFORE_NS, add_mirror },
    { &record_type_capture, 1u << RULE_CAPTURE, OTHERS_BEFORE_NS, add_capture },
    { &record_type_store, 1u << RULE_STORE, NS_PER_MINUTE, add_store },
};

enum { TABLES = sizeof tables / sizeof tables[0] };

struct reading {
    struct rule_replay *replay;
    size_t table;
};

static bool on_row(void *ctx, const void *record)
{
    struct reading *reading = ctx;
    struct rule_replay *r = reading->replay;
    struct held *held = calloc(1, sizeof *held);

    if (++r->rows > RULE_REPLAY_ROWS_MAX)
        r->overflowed = true;
    if (held)
        held->record = record_clone(tables[reading->table].type, record);
    if (!held || !held->record) {
        free(held);
        r->err = -ENOMEM;
        return false;
    }
    held->uses = 1;
    tables[reading->table].add(r, held);
    release(held);
    return r->err == 0 && !r->overflowed;
}

static int read_stretch(struct rule_replay *r, struct query *q, int64_t from_ns, int64_t until_ns)
{
    r->stretch++;
    r->rows = 0;
    r->overflowed = false;
    for (size_t t = 0; t < TABLES && !r->overflowed && r->err == 0; t++) {
        struct reading reading = { r, t };
        int64_t first_ns = r->options->since - tables[t].before_ns;
        int err;

        if (!(tables[t].occasions & r->options->occasions) || until_ns <= first_ns)
            continue;
        err = query_range(q, tables[t].type, from_ns > first_ns ? from_ns : first_ns, until_ns,
                          on_row, &reading);
        if (err)
            return err;
    }
    return r->err;
}

/* Of a stretch that was too long. */
static void forget_stretch(struct rule_replay *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->used; i++) {
        if (r->heap[i].stretch == r->stretch)
            release(r->heap[i].held);
        else
            r->heap[kept++] = r->heap[i];
    }
    r->used = kept;
    for (size_t i = kept / 2; i > 0; i--)
        sift_down(r->heap, kept, i - 1);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int read_all(struct rule_replay *r, struct query *q)
{
    const struct rule_replay_options *o = r->options;
    int64_t at = o->since > OTHERS_BEFORE_NS ? o->since - OTHERS_BEFORE_NS : 0;
    int64_t length = STRETCH_FIRST;

    while (at < o->until) {
        int64_t end = least(at + length, o->until);
        int err = read_stretch(r, q, at, end);

        if (err)
            return err;
        if (r->overflowed && length > STRETCH_LEAST) {
            forget_stretch(r);
            length = length / 8 > STRETCH_LEAST ? length / 8 : STRETCH_LEAST;
            continue;
        }
        drain(r, end);
        if (r->err)
            return r->err;
        if (o->progress && !o->progress(o->ctx, end))
            return -EINTR;
        if (r->rows < ROWS_FEW)
            length = least(2 * length, STRETCH_MOST);
        at = end;
    }
    drain(r, o->until);
    return r->err;
}

static void on_past(void *ctx, const struct baseline_record *past)
{
    rule_set_history(ctx, past);
}

int rule_replay(struct query *q, struct rule_set *rules, const struct rule_replay_options *options,
                struct rule_replay_counts *counts)
{
    const struct rule_history_options history = {
        .store_dir = options->store_dir, .wait = true, .past = on_past, .ctx = rules
    };
    struct rule_replay r = { .options = options, .counts = counts, .rules = rules };
    int err;

    *counts = (struct rule_replay_counts){ 0 };
    err = rule_history_start(&r.history, &history);
    if (err)
        return err;
    err = read_all(&r, q);
    if (err == 0)
        rule_set_tick(rules, options->until);
    for (size_t i = 0; i < r.used; i++)
        release(r.heap[i].held);
    free(r.heap);
    rule_history_stop(r.history);
    return err;
}
