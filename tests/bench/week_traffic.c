#include "tests/bench/week_state.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* --- what happens when ---------------------------------------------------------------------- */

static bool is_before(const struct week_event *a, const struct week_event *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

void week_state_post(struct week_traffic *w, int64_t time_ns, enum week_event_kind kind, void *item,
                     int index)
{
    struct week_heap *h = &w->heap;
    struct week_event e = { .time_ns = time_ns, .order = h->order++, .kind = kind };
    size_t at;

    if (kind == WEEK_STORM)
        e.of.storm = item;
    else if (item)
        e.of.call = item;
    else
        e.of.index = index;
    if (h->count == h->room) {
        size_t room = h->room ? h->room * 2 : 1024;
        struct week_event *more = realloc(h->events, room * sizeof *more);

        if (!more)
            abort();
        h->events = more;
        h->room = room;
    }
    for (at = h->count++; at && is_before(&e, &h->events[(at - 1) / 2]); at = (at - 1) / 2)
        h->events[at] = h->events[(at - 1) / 2];
    h->events[at] = e;
}

static struct week_event take_first(struct week_heap *h)
{
    struct week_event first = h->events[0], last = h->events[--h->count];
    size_t at = 0;

    for (size_t child; (child = 2 * at + 1) < h->count; at = child) {
        if (child + 1 < h->count && is_before(&h->events[child + 1], &h->events[child]))
            child++;
        if (!is_before(&h->events[child], &last))
            break;
        h->events[at] = h->events[child];
    }
    h->events[at] = last;
    return first;
}

void week_state_tell(struct week_traffic *w, enum rule_occasion occasion,
                     const struct record_type *type, const void *record)
{
    w->options.record(w->options.ctx, occasion, type, record, w->now_ns);
}

static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct week_traffic *w = ctx;

    week_state_tell(w, rule_occasion_of(type), type, record);
}

void week_state_transaction(struct week_traffic *w, struct transaction_record *t)
{
    t->id = (uint64_t)t->time / 1000 << 11 | (w->transactions++ & 2047);
    week_state_tell(w, RULE_TRANSACTION, &record_type_transaction, t);
    peers_transaction(w->peers, t, t->time);
    security_transaction(w->security, t);
}

bool week_state_has(const struct week_traffic *w, enum week_kind kind)
{
    return w->trouble && w->trouble->kind == kind;
}

/* --- calls ---------------------------------------------------------------------------------- */

void week_state_begin_call(struct week_traffic *w, const struct week_fate *fate, int64_t time_ns)
{
    struct week_call *c = w->free_calls;

    if (c)
        w->free_calls = c->next;
    else if ((c = malloc(sizeof *c)) == NULL)
        abort();
    c->fate = *fate;
    if (w->trouble)
        week_trouble_bend(w->trouble, &c->fate, &w->random);
    week_call_begin(c, time_ns, w->calls++ + (w->options.seed << 40));
    week_state_post(w, time_ns, WEEK_OPENED, c, 0);
}

static void tell_call(struct week_traffic *w, struct week_call *c, enum rule_occasion occasion,
                      enum record_event event)
{
    w->options.record(w->options.ctx, occasion, &record_type_call, &c->record, w->now_ns);
    kpi_call(w->kpi, &c->kpi, &c->record, event);
    security_call(w->security, &c->security, &c->record, event);
}

static struct week_storm *new_storm(struct week_traffic *w)
{
    struct week_storm *s = w->free_storms;

    if (s)
        w->free_storms = s->next;
    else if ((s = malloc(sizeof *s)) == NULL)
        abort();
    return s;
}

/* Who was not put through tries again, mostly once or twice. */
static void maybe_retry(struct week_traffic *w, const struct week_call *c)
{
    const int16_t status = c->fate.status;
    struct week_storm *s;

    if (c->fate.from.port || c->fate.is_in || (status != 486 && status < 500 && status != 408) ||
        !week_chance(&w->random, 0.35))
        return;
    s = new_storm(w);
    *s = (struct week_storm){ .fate = c->fate, .same = status == 486 ? 0.6 : 0.25 };
    s->left = 1 + week_chance(&w->random, 0.3);
    s->gap_s = week_between(&w->random, 8, 90);
    week_state_post(w, w->now_ns + (int64_t)(s->gap_s * 1e9), WEEK_STORM, s, 0);
}

static void go_on_storm(struct week_traffic *w, struct week_storm *s, int64_t time_ns)
{
    struct week_fate f = s->fate;

    if (!week_chance(&w->random, s->same)) {
        week_call_plan_outcome(&f, &w->mood, &w->random);
        f.is_dumb = true; /* not one more chain */
    }
    if (f.status == 200)
        s->left = 1;
    f.codec_changes = f.media_timeouts = 0;
    week_state_begin_call(w, &f, time_ns);
    if (--s->left > 0) {
        double gap_s = s->gap_s * week_between(&w->random, 0.6, 1.6);

        week_state_post(w, time_ns + (int64_t)(gap_s * 1e9), WEEK_STORM, s, 0);
        return;
    }
    s->next = w->free_storms;
    w->free_storms = s;
}

/* A fax, an alarm line, somebody who is in a hurry: 5 to 14 calls to one number that does not take
 * them, within a minute or two. */
static void begin_storm(struct week_traffic *w, int64_t time_ns)
{
    static const int16_t codes[] = { 486, 486, 486, 487, 404, 503, 500, 480, 403, 408 };
    struct week_storm *s = new_storm(w);

    *s = (struct week_storm){ .same = 0.93,
                              .gap_s = week_between(&w->random, 4, 16),
                              .left = 5 + (int)week_below(&w->random, 10) };
    week_call_plan(&s->fate, &w->mood, &w->random);
    s->fate.caller = (int)week_below(&w->random, 5000);
    week_call_refuse(&s->fate, codes[week_below(&w->random, 10)], NULL);
    week_state_post(w, time_ns, WEEK_STORM, s, 0);
}

static void end_call(struct week_traffic *w, struct week_call *c)
{
    week_call_close(c);
    tell_call(w, c, RULE_CALL_CLOSED, RECORD_CLOSED);
    w->in_calls -= c->fate.status == 200;
    c->next = w->free_calls;
    w->free_calls = c;
}

static void settle_call(struct week_traffic *w, struct week_call *c)
{
    week_call_settle(c);
    tell_call(w, c, RULE_CALL_SETTLED, RECORD_SETTLED);
    w->in_calls += c->fate.status == 200;
    if (c->fate.status != 200 && !c->fate.is_dumb)
        maybe_retry(w, c);
    week_state_post(w, c->ended_ns + 5 * WEEK_NS_PER_S, WEEK_CLOSED, c, 0);
}

static void handle(struct week_traffic *w, const struct week_event *e)
{
    switch (e->kind) {
    case WEEK_OPENED:
        tell_call(w, e->of.call, RULE_CALL_OPENED, RECORD_OPENED);
        week_state_post(w, e->of.call->settled_ns, WEEK_SETTLED, e->of.call, 0);
        break;
    case WEEK_SETTLED:
        settle_call(w, e->of.call);
        break;
    case WEEK_CLOSED:
        end_call(w, e->of.call);
        break;
    case WEEK_STORM:
        go_on_storm(w, e->of.storm, e->time_ns);
        break;
    case WEEK_PING:
        week_hosts_ping(w, e->of.index, e->time_ns);
        break;
    case WEEK_REGISTER:
        week_hosts_register(w, e->of.index, e->time_ns);
        break;
    }
}

/* --- how it goes by the day ----------------------------------------------------------------- */

/* Goes back to 1 with three days of memory. */
static double drift(double x, double spread, struct week_random *r)
{
    const double keep = exp(-1.0 / 72);

    return exp(log(x) * keep + spread * sqrt(1 - keep * keep) * week_normal(r));
}

static void each_hour(struct week_traffic *w)
{
    for (int i = 0; i < WEEK_DESTINATIONS; i++) {
        w->mood.busy[i] = drift(w->mood.busy[i], 0.10, &w->random);
        w->mood.cancel[i] = drift(w->mood.cancel[i], 0.07, &w->random);
        w->mood.not_found[i] = drift(w->mood.not_found[i], 0.12, &w->random);
        w->mood.talk[i] = drift(w->mood.talk[i], 0.05, &w->random);
    }
}

/* A gateway that is loaded anew or changes over: some seconds with a tenth of the calls refused. */
static void stumble(struct week_traffic *w, double now_s)
{
    for (int i = 0; i < WEEK_TRUNKS; i++) {
        if (now_s >= w->stumble_until_s[i])
            w->mood.failure[i] = 1;
        if (!week_chance(&w->random, w->options.step_s / 120000.0))
            continue;
        w->stumble_until_s[i] = now_s + week_between(&w->random, 3, 15);
        w->mood.failure[i] = 0.1 / week_trunks[i].failure;
    }
}

/* Tuesdays and Thursdays, before noon: a call centre's machine dials mobile numbers. */
static double campaign_rate(const struct week_traffic *w)
{
    double hour = week_hour_of(w->now_ns);
    int day = week_day_of(w->now_ns);

    if ((day != 1 && day != 3) || hour < 9.5 || hour >= 12 || week_is_holiday(w->now_ns))
        return 0;
    return 0.06 * w->options.calls_per_s;
}

static void plan_campaign(struct week_traffic *w, struct week_fate *f)
{
    do
        week_call_plan(f, &w->mood, &w->random);
    while (f->is_in);
    f->destination = week_chance(&w->random, 0.8);
    f->sbc = 1;
    f->caller = 77;
    if (f->status == 200 && week_chance(&w->random, 0.3)) {
        f->status = 487;
        f->ring_s = 18;
    }
    f->talk_s = week_chance(&w->random, 0.15) ? 4 : 5 + week_exponential(&w->random, 50);
}

static void plan_some(struct week_traffic *w, struct week_fate *f)
{
    const struct week_trouble *t = w->trouble;

    week_call_plan(f, &w->mood, &w->random);
    f->caller = (int)week_below(&w->random, 5000);
    if (t && t->kind == WEEK_MORE_CALLS && t->trunk != WEEK_ANY && week_chance(&w->random, 0.5)) {
        f->is_in = false;
        f->trunk = t->trunk;
    }
}

int64_t week_state_soon(struct week_traffic *w)
{
    return w->now_ns + (int64_t)(week_unit(&w->random) * w->options.step_s * 1e9);
}

static void begin_calls(struct week_traffic *w, double rate, bool is_campaign)
{
    unsigned n = week_poisson(&w->random, rate * w->options.step_s);

    for (unsigned i = 0; i < n; i++) {
        struct week_fate f;

        if (is_campaign)
            plan_campaign(w, &f);
        else
            plan_some(w, &f);
        week_state_begin_call(w, &f, week_state_soon(w));
    }
}

static void each_step(struct week_traffic *w)
{
    int64_t s = w->now_ns / WEEK_NS_PER_S;
    double rate = week_rate(w->now_ns, &w->mood.business_share) * w->options.calls_per_s,
           storms = 2 + 4 * sqrt(w->options.calls_per_s);

    if (s % 3600 == 0)
        each_hour(w);
    if (s % 60 == 0)
        w->noise = 0.93 * w->noise + 0.02 * week_normal(&w->random);
    stumble(w, (double)s);
    if (week_state_has(w, WEEK_SILENT))
        return;
    if (week_state_has(w, WEEK_MORE_CALLS))
        begin_calls(w, rate * (w->trouble->strength - 1), false);
    begin_calls(w, rate * exp(w->noise), false);
    begin_calls(w, campaign_rate(w), true);
    if (week_chance(&w->random, storms * w->options.step_s / WEEK_DAY_S))
        begin_storm(w, w->now_ns);
    week_hosts_tick(w);
    if (w->trouble)
        week_hosts_trouble(w);
}

void week_traffic_run(struct week_traffic *w, int64_t until_ns)
{
    while (w->now_ns < until_ns) {
        int64_t next_ns = w->now_ns + w->options.step_s * WEEK_NS_PER_S;

        each_step(w);
        while (w->heap.count && w->heap.events[0].time_ns < next_ns) {
            struct week_event e = take_first(&w->heap);

            handle(w, &e);
        }
        w->now_ns = next_ns;
        kpi_load_tell(w->kpi, next_ns);
        if (w->options.step_s < 60 || next_ns / WEEK_NS_PER_S % 3600 == 0)
            kpi_tick(w->kpi, next_ns);
        peers_tick(w->peers, next_ns);
        security_tick(w->security, next_ns);
        week_beats_tick(w);
        w->options.tick(w->options.ctx, next_ns);
    }
}

void week_traffic_trouble(struct week_traffic *w, const struct week_trouble *t)
{
    w->trouble = t;
    w->trouble_began_ns = w->now_ns;
}

static int open_rooms(struct week_traffic *w)
{
    const struct week_options *o = &w->options;

    w->plan = week_plan(o->calls_per_s);
    if (!w->plan ||
        kpi_new(&w->kpi,
                &(struct kpi_options){
                    .plan = w->plan, .counters = &w->counters, .record = on_record, .ctx = w }) ||
        peers_new(&w->peers, &(struct peers_options){ .plan = w->plan,
                                                      .max_registrations = 100000,
                                                      .max_peers = 10000,
                                                      .counters = &w->counters,
                                                      .record = on_record,
                                                      .ctx = w }) ||
        security_new(&w->security, &(struct security_options){ .plan = w->plan,
                                                               .max_sources = 10000,
                                                               .counters = &w->counters,
                                                               .record = on_record,
                                                               .ctx = w }))
        return -ENOMEM;
    return 0;
}

int week_traffic_new(struct week_traffic **wp, const struct week_options *options)
{
    struct week_traffic *w = calloc(1, sizeof *w);

    if (!w)
        return -ENOMEM;
    w->options = *options;
    w->random.state = options->seed;
    w->now_ns = w->beats.started_ns = options->start_ns;
    for (int i = 0; i < WEEK_DESTINATIONS; i++)
        w->mood.busy[i] = w->mood.cancel[i] = w->mood.not_found[i] = w->mood.talk[i] = 1;
    if (open_rooms(w) != 0 || week_hosts_open(w) != 0) {
        week_traffic_free(w);
        return -ENOMEM;
    }
    *wp = w;
    return 0;
}

static bool holds_call(enum week_event_kind kind)
{
    return kind == WEEK_OPENED || kind == WEEK_SETTLED || kind == WEEK_CLOSED;
}

void week_traffic_free(struct week_traffic *w)
{
    struct week_call *c;
    struct week_storm *s;

    if (!w)
        return;
    for (size_t i = 0; i < w->heap.count; i++) {
        if (holds_call(w->heap.events[i].kind))
            free(w->heap.events[i].of.call);
        else if (w->heap.events[i].kind == WEEK_STORM)
            free(w->heap.events[i].of.storm);
    }
    while ((c = w->free_calls) != NULL) {
        w->free_calls = c->next;
        free(c);
    }
    while ((s = w->free_storms) != NULL) {
        w->free_storms = s->next;
        free(s);
    }
    free(w->heap.events);
    free(w->users);
    security_free(w->security);
    peers_free(w->peers);
    kpi_free(w->kpi);
    plan_free(w->plan);
    free(w);
}

uint64_t week_traffic_calls(const struct week_traffic *w)
{
    return w->calls;
}
