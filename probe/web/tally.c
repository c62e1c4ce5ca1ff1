#include "probe/web/tally.h"

#include "analyzer/base/json_item.h"

#include <math.h>
#include <stdlib.h>

const double tally_bounds[TALLY_SPREADS][TALLY_BUCKETS_MAX + 1] = {
    [TALLY_DURATION_S] = { 6, 15, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600 },
    [TALLY_DELAY_S] = { 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 11, 20, 60 },
    [TALLY_MOS] = { 1.0, 2.0, 2.6, 3.1, 3.6, 4.0, 4.3, 4.5 },
    [TALLY_LOSS] = { 0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5 },
    [TALLY_JITTER_S] = { 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5 },
};

const char *tally_outcome_name(enum tally_outcome outcome)
{
    static const char *const names[] = { "success", "failure",   "busy",
                                         "cancel",  "not_found", "other" };

    return outcome < TALLY_OUTCOMES ? names[outcome] : "other";
}

int tally_init(struct tally *t)
{
    memset(&t->calls, 0, sizeof t->calls);
    memset(t->registrations, 0, sizeof t->registrations);
    t->registrations_ms = 0;
    for (size_t i = 0; i < TALLY_FIGURES; i++)
        atomic_init(&t->figures[i], 0);
    for (size_t i = 0; i < TALLY_ROUTES_MAX; i++) {
        for (size_t k = 0; k < TALLY_CLASSES; k++)
            atomic_init(&t->requests[i][k], 0);
    }
    return -pthread_mutex_init(&t->lock, NULL);
}

void tally_fini(struct tally *t)
{
    pthread_mutex_destroy(&t->lock);
}

void tally_request(struct tally *t, size_t route, int status)
{
    size_t class = status >= 100 && status < 600 ? (size_t)status / 100 : 0;

    atomic_fetch_add_explicit(&t->requests[route < TALLY_ROUTES_MAX ? route : 0][class], 1,
                              memory_order_relaxed);
}

/* ---- a call ---- */

/* As much of it as counts; absent and NaN for what is not known. */
struct told_call {
    struct slice outcome, cause, trunk_in, trunk_out;
    double status, delay_ms, duration_ms, mos, loss, jitter_ms, packets;
    bool is_one_way;
};

static double number_of(struct slice text)
{
    char room[40];
    char *end;
    double value;

    if (text.len == 0 || text.len >= sizeof room)
        return NAN;
    memcpy(room, text.p, text.len);
    room[text.len] = '\0';
    value = strtod(room, &end);
    return *end == '\0' ? value : NAN;
}

/* Without its quotes; what has escapes is no name of ours. */
static struct slice word_of(struct slice text)
{
    if (text.len < 2 || text.p[0] != '"' || slice_find(text, '\\') < text.len)
        return SLICE_ABSENT;
    return slice_of(text.p + 1, text.len - 2);
}

static void read_member(struct told_call *c, struct slice name, struct slice value)
{
    const struct {
        struct slice name;
        struct slice *word;
        double *number;
    } members[] = {
        { SLICE("outcome"), &c->outcome, NULL },
        { SLICE("nos_cause"), &c->cause, NULL },
        { SLICE("trunk_in"), &c->trunk_in, NULL },
        { SLICE("trunk_out"), &c->trunk_out, NULL },
        { SLICE("final_status"), NULL, &c->status },
        { SLICE("post_dial_delay_ms"), NULL, &c->delay_ms },
        { SLICE("duration_ms"), NULL, &c->duration_ms },
        { SLICE("mos_lq"), NULL, &c->mos },
        { SLICE("loss_ratio"), NULL, &c->loss },
        { SLICE("jitter_ms_p95"), NULL, &c->jitter_ms },
        { SLICE("packets"), NULL, &c->packets },
    };

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (!slice_eq(name, members[i].name))
            continue;
        if (members[i].word)
            *members[i].word = word_of(value);
        else
            *members[i].number = number_of(value);
        return;
    }
    if (slice_eq(name, SLICE("one_way")))
        c->is_one_way = slice_eq(value, SLICE("true"));
}

static struct told_call read_call(struct slice line)
{
    struct told_call c = { .status = NAN,
                           .delay_ms = NAN,
                           .duration_ms = NAN,
                           .mos = NAN,
                           .loss = NAN,
                           .jitter_ms = NAN,
                           .packets = NAN };
    struct slice name, value;

    while (json_item_next_member(&line, &name, &value))
        read_member(&c, name, value);
    return c;
}

static enum tally_outcome outcome_of(const struct told_call *c)
{
    for (unsigned i = TALLY_BUSY; i < TALLY_OTHER; i++) {
        if (slice_eq(c->cause, slice_of_text(tally_outcome_name(i))))
            return i;
    }
    return slice_eq(c->outcome, SLICE("success"))   ? TALLY_SUCCESS
           : slice_eq(c->outcome, SLICE("failure")) ? TALLY_FAILURE
                                                    : TALLY_OTHER;
}

/* ITU-T E.425, as analyzer/kpi/kpi_call.c has it: the network did its part. */
static bool is_effective(const struct told_call *c, enum tally_outcome outcome)
{
    return outcome == TALLY_SUCCESS || outcome == TALLY_BUSY || outcome == TALLY_CANCEL ||
           c->status == 480 || c->status == 603;
}

static void spread_add(struct tally_spread *s, enum tally_what what, double value)
{
    const double *bounds = tally_bounds[what];

    if (isnan(value))
        return;
    s->count++;
    s->sum += value;
    for (size_t i = 0; bounds[i] != 0; i++) {
        if (value <= bounds[i]) {
            s->buckets[i]++;
            return;
        }
    }
}

static void sum_add(struct tally_sum *s, double value)
{
    if (isnan(value))
        return;
    s->sum += value;
    s->count++;
}

/* NULL: it has no name, or there are too many. */
static struct tally_trunk *find_trunk(struct tally_calls *all, struct slice name, bool is_outbound)
{
    struct tally_trunk *t;

    if (name.len == 0 || name.len >= TALLY_TRUNK_NAME_MAX)
        return NULL;
    for (size_t i = 0; i < all->trunk_count; i++) {
        t = &all->trunks[i];
        if (t->is_outbound == is_outbound && slice_eq(name, slice_of_text(t->name)))
            return t;
    }
    if (all->trunk_count == sizeof all->trunks / sizeof all->trunks[0])
        return NULL;
    t = &all->trunks[all->trunk_count++];
    *t = (struct tally_trunk){ .is_outbound = is_outbound };
    memcpy(t->name, name.p, name.len);
    return t;
}

static void settle_trunk(struct tally_trunk *t, enum tally_outcome outcome, bool effective,
                         double delay_s)
{
    if (!t)
        return;
    t->settled++;
    t->answered += outcome == TALLY_SUCCESS;
    t->effective += effective;
    sum_add(&t->delay_s, delay_s);
}

static void take_settled(struct tally_calls *all, const struct told_call *c)
{
    enum tally_outcome outcome = outcome_of(c);
    bool effective = is_effective(c, outcome);
    double delay_s = c->delay_ms / 1e3;
    size_t class = c->status >= 100 && c->status < 700 ? (size_t)c->status / 100 : 0;

    all->outcomes[outcome]++;
    all->effective += effective;
    all->statuses[class]++;
    spread_add(&all->spreads[TALLY_DELAY_S], TALLY_DELAY_S, delay_s);
    settle_trunk(find_trunk(all, c->trunk_in, false), outcome, effective, delay_s);
    settle_trunk(find_trunk(all, c->trunk_out, true), outcome, effective, delay_s);
}

static void close_trunk(struct tally_trunk *t, const struct told_call *c)
{
    if (!t)
        return;
    sum_add(&t->mos, c->mos);
    sum_add(&t->duration_s, c->duration_ms / 1e3);
}

static void take_closed(struct tally_calls *all, const struct told_call *c)
{
    const double values[TALLY_SPREADS] = {
        [TALLY_DURATION_S] = c->duration_ms / 1e3,
        [TALLY_DELAY_S] = NAN,
        [TALLY_MOS] = c->mos,
        [TALLY_LOSS] = c->loss,
        [TALLY_JITTER_S] = c->jitter_ms / 1e3,
    };

    for (unsigned i = 0; i < TALLY_SPREADS; i++)
        spread_add(&all->spreads[i], i, values[i]);
    all->one_way += c->is_one_way;
    if (c->packets > 0)
        all->rtp_packets += (uint64_t)c->packets;
    close_trunk(find_trunk(all, c->trunk_in, false), c);
    close_trunk(find_trunk(all, c->trunk_out, true), c);
}

static bool ends_with(struct slice line, struct slice end)
{
    return line.len >= end.len && memcmp(line.p + line.len - end.len, end.p, end.len) == 0;
}

void tally_take(struct tally *t, struct slice line)
{
    /* As probe/engine/feed_lines.c ends the line of a call: of most, nothing else is looked at. */
    bool settled = ends_with(line, SLICE("\"event\":\"settled\"}"));
    struct told_call c;

    if (!settled && !ends_with(line, SLICE("\"event\":\"closed\"}")))
        return;
    c = read_call(line);
    pthread_mutex_lock(&t->lock);
    if (settled)
        take_settled(&t->calls, &c);
    else
        take_closed(&t->calls, &c);
    pthread_mutex_unlock(&t->lock);
}

void tally_read(struct tally *t, struct tally_calls *out)
{
    pthread_mutex_lock(&t->lock);
    *out = t->calls;
    pthread_mutex_unlock(&t->lock);
}

bool tally_read_registrations(struct tally *t, int64_t now_ms, int64_t age_max_ms,
                              uint64_t counts[TALLY_REGISTRATIONS])
{
    bool is_new;

    pthread_mutex_lock(&t->lock);
    is_new = t->registrations_ms && now_ms >= t->registrations_ms &&
             now_ms - t->registrations_ms < age_max_ms;
    if (is_new)
        memcpy(counts, t->registrations, sizeof t->registrations);
    pthread_mutex_unlock(&t->lock);
    return is_new;
}

void tally_set_registrations(struct tally *t, int64_t now_ms,
                             const uint64_t counts[TALLY_REGISTRATIONS])
{
    pthread_mutex_lock(&t->lock);
    t->registrations_ms = now_ms;
    memcpy(t->registrations, counts, sizeof t->registrations);
    pthread_mutex_unlock(&t->lock);
}
