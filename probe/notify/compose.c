#include "probe/notify/compose.h"

#include "analyzer/base/siphash.h"
#include "probe/notify/dialect.h"
#include "probe/state/acks.h"
#include "probe/state/silences.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void compose_fini(struct compose *c)
{
    free(c->candidates);
    c->candidates = NULL;
    strbuf_fini(&c->body);
}

/* ---- what holds an alert back ---- */

static int ask_silence(struct compose *c, const struct alert_record *alert, int64_t wall_ms)
{
    struct silence *silence = malloc(sizeof *silence);
    int found;

    if (!silence)
        return -ENOMEM;
    found = silences_find(outbox_state(c->outbox), alert->labels.p ? alert->labels : SLICE("{}"),
                          wall_ms, silence);
    free(silence);
    return found;
}

static bool is_in_window(const struct compose *c, const struct alert_record *alert, int64_t now_s)
{
    struct slice labels = alert->labels.p ? alert->labels : SLICE("{}");

    for (size_t i = 0; i < c->options.window_count; i++) {
        if (maintenance_holds(&c->options.windows[i], labels, now_s))
            return true;
    }
    return false;
}

static int ask_hold(struct compose *c, const struct alert_record *alert, int64_t wall_ms,
                    enum route_hold *hold)
{
    struct ack ack;
    int found;

    *hold = alert->muted_by ? ROUTE_MUTED : ROUTE_FREE;
    if (*hold != ROUTE_FREE)
        return 0;
    found = ask_silence(c, alert, wall_ms);
    if (found < 0)
        return found;
    if (found)
        *hold = ROUTE_SILENCED;
    else if (is_in_window(c, alert, wall_ms / 1000))
        *hold = ROUTE_MAINTENANCE;
    else if ((found = acks_find(outbox_state(c->outbox), alert->id, &ack)) == 1)
        *hold = ROUTE_ACKNOWLEDGED;
    return found < 0 ? found : 0;
}

static int look_at_hold(struct compose *c, struct roster_entry *e, const struct endpoint_clock *now)
{
    enum route_hold hold;
    int err;

    if (e->hold_ms && !c->looks_anew && now->steady_ms < e->hold_ms + c->options.hold_ms)
        return 0;
    err = ask_hold(c, e->alert, now->wall_ms, &hold);
    if (err)
        return err;
    e->hold = (uint8_t)hold;
    e->hold_ms = now->steady_ms ? now->steady_ms : 1;
    return 0;
}

/* ---- what a receiver is to be told ---- */

static bool is_same(const struct route_mark *a, const struct route_mark *b)
{
    return a->severity == b->severity && a->held == b->held && a->is_over == b->is_over &&
           a->returns == b->returns;
}

/* One alert for one receiver: a candidate, held back, or settled. */
static int look_at(struct compose *c, struct roster_entry *e, size_t receiver, size_t *count,
                   const struct endpoint_clock *now)
{
    const struct receiver *r = &c->roster->receivers[receiver];
    struct route_mark before = e->marks[receiver];
    enum route_need need;
    int err = look_at_hold(c, e, now);

    if (err)
        return err;
    need = route_decide(r, e->alert, (enum route_hold)e->hold, &e->marks[receiver],
                        now->wall_ms / 1000);
    if (need == ROUTE_NOTHING) {
        e->since_ms[receiver] = 0;
        /* Settled, until there is a new version; unless it is held back. */
        if (e->marks[receiver].held == ROUTE_FREE && e->alert->ended_time == RECORD_NONE)
            e->open &= ~(UINT32_C(1) << receiver);
        return is_same(&before, &e->marks[receiver])
                   ? 0
                   : roster_save(c->roster, c->outbox, e, receiver);
    }
    if (!e->since_ms[receiver])
        e->since_ms[receiver] = now->steady_ms ? now->steady_ms : 1;
    c->candidates[(*count)++] = (struct candidate){ .entry = e, .need = need };
    return 0;
}

static int gather(struct compose *c, size_t receiver, size_t *count,
                  const struct endpoint_clock *now)
{
    int err = 0;

    *count = 0;
    for (size_t i = 0; i < c->roster->count && !err; i++) {
        struct roster_entry *e = c->roster->entries[i];

        if (e->open >> receiver & 1)
            err = look_at(c, e, receiver, count, now);
    }
    return err;
}

/* ---- one message ---- */

/* Of one alert for one receiver; the same at any time, so that it would be even if this database were
 * lost. */
static void name_one(char out[OUTBOX_ID_MAX], const struct alert_record *alert,
                     enum route_need need, const struct route_mark *mark)
{
    bool is_firing = need == ROUTE_FIRING;
    bool is_return = is_firing && mark->is_over;
    bool is_worse = is_firing && !mark->is_over && mark->severity >= 0;
    int returns = mark->returns + is_return;
    int len = snprintf(out, OUTBOX_ID_MAX, "alert_%016" PRIx64 "_%s", alert->id,
                       is_firing ? "firing" : "resolved");

    if (is_worse)
        len += snprintf(out + len, OUTBOX_ID_MAX - (size_t)len, "_%s",
                        receiver_severity_name(receiver_severity(alert->severity)));
    if (returns)
        snprintf(out + len, OUTBOX_ID_MAX - (size_t)len, "_%d", returns);
}

struct group {
    struct candidate *members[OUTBOX_ALERTS_MAX];
    size_t count;
};

static void name_group(char out[OUTBOX_ID_MAX], const struct group *g, size_t receiver)
{
    static const struct siphash_key fixed = { { 0x65617273686f74, 2 } };
    uint64_t hash = 0;

    for (size_t i = 0; i < g->count; i++) {
        const struct candidate *m = g->members[i];
        char part[OUTBOX_ID_MAX + 16];

        name_one(out, m->entry->alert, m->need, &m->entry->marks[receiver]);
        snprintf(part, sizeof part, "%016" PRIx64 "%s", hash, out);
        hash = siphash(&fixed, part, strlen(part));
    }
    if (g->count > 1)
        snprintf(out, OUTBOX_ID_MAX, "alerts_%zu_%016" PRIx64, g->count, hash);
}

static struct notify_message message_of(const struct compose *c, size_t receiver,
                                        const struct alert_record *const *alerts, size_t count,
                                        const struct endpoint_clock *now)
{
    return (struct notify_message){ .alerts = alerts,
                                    .count = count,
                                    .receiver = &c->roster->receivers[receiver],
                                    .base_url = c->options.base_url,
                                    .link_key = c->options.link_key,
                                    .link_hours = c->options.link_hours,
                                    .now_s = now->wall_ms / 1000 };
}

/* The body that was written goes into the outbox. */
static int put_message(struct compose *c, size_t receiver, const struct alert_record *const *alerts,
                       size_t count, const char *id, const char *about,
                       const struct endpoint_clock *now)
{
    uint64_t ids[OUTBOX_ALERTS_MAX];
    const struct outbox_message out = { .receiver = c->roster->receivers[receiver].name,
                                        .id = id,
                                        .about = about,
                                        .alerts = ids,
                                        .alert_count = count,
                                        .body = strbuf_slice(&c->body) };
    int added;

    for (size_t i = 0; i < count; i++)
        ids[i] = alerts[i]->id;
    added = outbox_add(c->outbox, &out, now->wall_ms);
    if (added > 0)
        c->told |= UINT32_C(1) << receiver;
    return added < 0 ? added : 0;
}

/* As many of the group as one message holds; the others stay candidates. */
static int send_group(struct compose *c, size_t receiver, struct group *g,
                      const struct endpoint_clock *now)
{
    const struct alert_record *alerts[OUTBOX_ALERTS_MAX];
    struct alert_record *as_it_fired = calloc(g->count, sizeof *as_it_fired);
    bool is_firing = g->members[0]->need == ROUTE_FIRING;
    size_t found = g->count;
    struct notify_message message;
    char id[OUTBOX_ID_MAX];
    int err;

    if (!as_it_fired)
        return -ENOMEM;
    for (size_t i = 0; i < g->count; i++) {
        as_it_fired[i] = *g->members[i]->entry->alert;
        if (is_firing) { /* it may be over by now: that comes behind */
            as_it_fired[i].state = SLICE("firing");
            as_it_fired[i].ended_time = RECORD_NONE;
        }
        alerts[i] = &as_it_fired[i];
    }
    message = message_of(c, receiver, alerts, g->count, now);
    err = dialect_write_some(&c->body, &message, &g->count);
    for (size_t i = g->count; i < found; i++)
        g->members[i]->is_taken = false;
    name_group(id, g, receiver);
    if (!err)
        err =
            put_message(c, receiver, alerts, g->count, id, is_firing ? "firing" : "resolved", now);
    for (size_t i = 0; i < g->count && !err; i++) {
        struct roster_entry *e = g->members[i]->entry;

        route_note(&e->marks[receiver], g->members[i]->need, e->alert);
        e->since_ms[receiver] = 0;
        err = roster_save(c->roster, c->outbox, e, receiver);
    }
    free(as_it_fired);
    return err;
}

/* ---- groups ---- */

static size_t group_max(const struct receiver *r)
{
    size_t max = dialect_of(r->kind)->alerts_max;

    return max < OUTBOX_ALERTS_MAX ? max : OUTBOX_ALERTS_MAX;
}

/* All of the same rule and need as the first; *since: when the oldest of them was found. */
static void take_group(struct compose *c, size_t first, size_t count, size_t receiver, size_t max,
                       struct group *g, int64_t *since_ms)
{
    const struct candidate *like = &c->candidates[first];

    g->count = 0;
    *since_ms = INT64_MAX;
    for (size_t i = first; i < count && g->count < max; i++) {
        struct candidate *m = &c->candidates[i];

        if (m->is_taken || m->need != like->need ||
            !slice_eq(m->entry->alert->rule, like->entry->alert->rule))
            continue;
        m->is_taken = true;
        g->members[g->count++] = m;
        if (m->entry->since_ms[receiver] < *since_ms)
            *since_ms = m->entry->since_ms[receiver];
    }
}

/* Messages of what is ready; *more: something that was told now has an end to be told, too. */
static int send_groups(struct compose *c, size_t receiver, size_t count, bool *more,
                       const struct endpoint_clock *now)
{
    const struct receiver *r = &c->roster->receivers[receiver];
    size_t max = group_max(r);
    int err = 0;

    for (size_t i = 0; i < count && !err; i++) {
        int64_t since_ms;
        struct group g;

        if (c->candidates[i].is_taken)
            continue;
        take_group(c, i, count, receiver, max, &g, &since_ms);
        if (now->steady_ms < c->next_ms[receiver] ||
            (g.count < max && now->steady_ms < since_ms + r->group_wait_ms)) {
            c->waits = true;
            continue; /* all of them */
        }
        c->next_ms[receiver] = now->steady_ms + r->least_interval_ms;
        *more = *more || g.members[0]->need == ROUTE_FIRING;
        err = send_group(c, receiver, &g, now);
    }
    return err;
}

/* All that fire and that it knows of, from the roster's *at on, at most max. */
static size_t gather_again(const struct compose *c, size_t receiver, size_t *at, size_t max,
                           const struct alert_record **alerts)
{
    size_t count = 0;

    for (; *at < c->roster->count && count < max; (*at)++) {
        const struct roster_entry *e = c->roster->entries[*at];

        if (e->marks[receiver].severity >= 0 && !e->marks[receiver].is_over &&
            slice_eq(e->alert->state, SLICE("firing")))
            alerts[count++] = e->alert;
    }
    return count;
}

/* Alertmanager forgets what it is not told again. */
static int tell_again(struct compose *c, size_t receiver, const struct endpoint_clock *now)
{
    const struct alert_record *alerts[OUTBOX_ALERTS_MAX];
    size_t max = group_max(&c->roster->receivers[receiver]), at = 0, part = 0, count;
    int err = 0;

    c->again_ms[receiver] = now->steady_ms + c->options.again_ms;
    while (!err && (count = gather_again(c, receiver, &at, max, alerts)) > 0) {
        size_t done = 0;

        while (!err && done < count) {
            struct notify_message message =
                message_of(c, receiver, alerts + done, count - done, now);
            size_t some = message.count;
            char id[OUTBOX_ID_MAX];

            snprintf(id, sizeof id, "again_%" PRIx64 "_%zu", (uint64_t)now->wall_ms, part++);
            err = dialect_write_some(&c->body, &message, &some);
            if (!err)
                err = put_message(c, receiver, alerts + done, some, id, "again", now);
            done += some;
        }
    }
    return err;
}

/* PagerDuty goes on waking people until it knows that somebody has it. Its id is told once. */
static int tell_acknowledged(struct compose *c, size_t receiver, const struct roster_entry *e,
                             const struct endpoint_clock *now)
{
    const struct alert_record *alerts[] = { e->alert };
    struct notify_message message = message_of(c, receiver, alerts, 1, now);
    const struct route_mark *mark = &e->marks[receiver];
    char id[OUTBOX_ID_MAX];
    struct ack ack;
    int err;

    if (mark->severity < 0 || mark->is_over || !slice_eq(e->alert->state, SLICE("firing")))
        return 0;
    err = acks_find(outbox_state(c->outbox), e->alert->id, &ack);
    if (err <= 0)
        return err;
    snprintf(id, sizeof id, "alert_%016" PRIx64 "_acknowledged_%d", e->alert->id,
             (int)mark->returns);
    message.is_acknowledged = true;
    err = dialect_write(&c->body, &message);
    return err ? err : put_message(c, receiver, alerts, 1, id, "acknowledged", now);
}

static int compose_one(struct compose *c, size_t receiver, const struct endpoint_clock *now)
{
    bool is_manager = c->roster->receivers[receiver].kind == RECEIVER_ALERTMANAGER;
    bool is_pager = c->roster->receivers[receiver].kind == RECEIVER_PAGERDUTY;
    bool more = true;
    size_t count;
    int err = 0;

    /* The end of what came and went unseen is found behind its beginning. */
    for (int i = 0; i < 3 && more && !err; i++) {
        more = false;
        err = gather(c, receiver, &count, now);
        if (!err)
            err = send_groups(c, receiver, count, &more, now);
    }
    for (size_t i = 0; is_pager && c->looks_anew && i < c->roster->count && !err; i++)
        err = tell_acknowledged(c, receiver, c->roster->entries[i], now);
    if (!err && is_manager && now->steady_ms >= c->again_ms[receiver])
        err = tell_again(c, receiver, now);
    return err;
}

int compose_all(struct compose *c, const struct endpoint_clock *now)
{
    int err = 0;

    if (c->room < c->roster->count) {
        free(c->candidates);
        c->room = c->roster->count + 64;
        c->candidates = calloc(c->room, sizeof *c->candidates);
        if (!c->candidates) {
            c->room = 0;
            return -ENOMEM;
        }
    }
    c->waits = false;
    for (size_t i = 0; i < c->roster->receiver_count && !err; i++)
        err = compose_one(c, i, now);
    c->looks_anew = false;
    return err;
}

/* ---- tests ---- */

int compose_test(struct compose *c, size_t receiver, const struct endpoint_clock *now)
{
    const struct alert_record *alerts[1];
    struct notify_message message;
    struct alert_record alert;
    char id[OUTBOX_ID_MAX];
    int err;

    record_clear(&record_type_alert, &alert);
    alert.id = (uint64_t)now->wall_ms << 1;
    alert.rule = SLICE("test");
    alert.severity = SLICE("info");
    alert.state = SLICE("firing");
    alert.group = SLICE("test");
    alert.labels = SLICE("{\"rule\":\"test\",\"severity\":\"info\"}");
    alert.summary =
        SLICE("A test of Earshot's messages: nothing is wrong, and this one has arrived.");
    alert.time = alert.since = alert.fired_time = alert.changed_time = now->wall_ms * 1000000;
    alert.calls = SLICE("[]");
    alerts[0] = &alert;
    snprintf(id, sizeof id, "test_%" PRIx64, (uint64_t)now->wall_ms);
    message = message_of(c, receiver, alerts, 1, now);
    message.is_test = true;
    err = dialect_write(&c->body, &message);
    return err ? err : put_message(c, receiver, alerts, 0, id, "test", now);
}
