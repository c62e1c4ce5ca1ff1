#include "probe/watch/watch_alerts.h"

#include "analyzer/base/log.h"

#include <errno.h>
#include <stdlib.h>

struct old_alert {
    struct alert_record *alert;
    uint64_t
        id_now; /* that the rules of this process call it; 0: they have not said a word of it */
};

struct watch_alerts {
    struct watch_alerts_options options;
    struct old_alert old[WATCH_ALERTS_OLD_MAX];
    size_t count;
    bool failing; /* it was said that nothing can be stored */
};

static bool is_ours(const struct watch_alerts *w, struct slice rule)
{
    const struct watch_alerts_options *o = &w->options;

    return (!o->only || slice_eq(rule, slice_of_text(o->only))) &&
           (!o->not || !slice_eq(rule, slice_of_text(o->not )));
}

static bool take_old(void *ctx, const struct alert_record *alert)
{
    struct watch_alerts *w = ctx;

    if (slice_eq(alert->state, SLICE("firing")) && is_ours(w, alert->rule)) {
        struct alert_record *copy = record_clone(&record_type_alert, alert);

        if (copy)
            w->old[w->count++].alert = copy;
    }
    return w->count < WATCH_ALERTS_OLD_MAX;
}

int watch_alerts_open(struct watch_alerts **wp, const struct watch_alerts_options *options)
{
    struct watch_alerts *w = calloc(1, sizeof *w);
    int err;

    if (!w)
        return -ENOMEM;
    w->options = *options;
    err = own_alerts_list(options->state, 0, 0, take_old, w);
    if (err) {
        watch_alerts_close(w);
        return err;
    }
    *wp = w;
    return 0;
}

void watch_alerts_close(struct watch_alerts *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->count; i++)
        free(w->old[i].alert);
    free(w);
}

static void put(struct watch_alerts *w, const struct alert_record *alert)
{
    int err = own_alerts_put(w->options.state, alert);

    if (err && !w->failing)
        log_warn("watch: an alert cannot be stored: %s", strerror(-err));
    w->failing = err != 0;
    if (!err && w->options.told)
        w->options.told(w->options.ctx);
}

static void forget(struct watch_alerts *w, size_t at)
{
    free(w->old[at].alert);
    w->old[at] = w->old[--w->count];
}

static bool is_over(const struct alert_record *a)
{
    return slice_eq(a->state, SLICE("resolved")) || slice_eq(a->state, SLICE("passed"));
}

/* w->count: it is none of before. */
static size_t find(const struct watch_alerts *w, const struct alert_record *alert)
{
    size_t i = 0;

    for (; i < w->count; i++) {
        const struct old_alert *old = &w->old[i];

        if (old->id_now == alert->id)
            break;
        if (!old->id_now && !is_over(alert) && slice_eq(old->alert->rule, alert->rule) &&
            slice_eq(old->alert->group, alert->group))
            break;
    }
    return i;
}

static uint64_t id_as_told(const struct watch_alerts *w, uint64_t id)
{
    for (size_t i = 0; id && i < w->count; i++) {
        if (w->old[i].id_now == id)
            return w->old[i].alert->id;
    }
    return id;
}

void watch_alerts_tell(struct watch_alerts *w, const struct alert_record *alert)
{
    struct alert_record a = *alert;
    size_t at = find(w, alert);

    a.muted_by = id_as_told(w, a.muted_by);
    if (at < w->count) {
        const struct alert_record *before = w->old[at].alert;

        w->old[at].id_now = alert->id;
        a.id = before->id;
        a.since = before->since;
        a.time = before->time;
        a.fired_time = before->fired_time;
        if (slice_eq(a.state, SLICE("pending")))
            return; /* to everybody else it is firing */
        if (slice_eq(a.state, SLICE("passed")))
            a.state = SLICE("resolved");
        if (is_over(&a) && a.ended_time == RECORD_NONE)
            a.ended_time = a.changed_time;
    }
    put(w, &a);
    if (at < w->count && is_over(&a))
        forget(w, at);
}

void watch_alerts_end_old(struct watch_alerts *w, int64_t now_ns)
{
    for (size_t i = w->count; i-- > 0;) {
        struct alert_record a = *w->old[i].alert;

        if (w->old[i].id_now)
            continue;
        a.state = SLICE("resolved");
        a.ended_time = a.changed_time = now_ns;
        put(w, &a);
        forget(w, i);
    }
}

const struct alert_record *watch_alerts_find_old(const struct watch_alerts *w, struct slice rule,
                                                 struct slice group)
{
    for (size_t i = 0; i < w->count; i++) {
        if (slice_eq(w->old[i].alert->rule, rule) && slice_eq(w->old[i].alert->group, group))
            return w->old[i].alert;
    }
    return NULL;
}
