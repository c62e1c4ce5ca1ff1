#include "tests/support/dialer.h"

#include "tests/support/scenario.h"

#include <stdlib.h>

enum { ROLES = 3 + OPTIONS_SPIKES_MAX + OPTIONS_WAVES_MAX };

typedef void (*dialer_begin_fn)(struct dialer *d, uint64_t n, int64_t time_ns);

struct dialer {
    struct actor actor;
    struct world *world;
    dialer_begin_fn begin;
    const struct spike *spike;
    const struct wave *wave;
    struct rng rng;
    uint64_t first_index; /* of the calls it makes, so that no two share one */
    int64_t start_ns, count, done;
    int64_t span_ns; /* count events are spread over it */
};

/* The n-th beginning: evenly spread, but not like clockwork. */
static int64_t next_time(struct dialer *d)
{
    double step = (double)d->span_ns / (double)d->count;
    double at = step * ((double)d->done + (double)rng_below(&d->rng, 1000) / 1000.0);

    return world_time(d->world, d->start_ns + (int64_t)at);
}

static int64_t dialer_run(struct actor *self, int64_t now_ns)
{
    struct dialer *d = (struct dialer *)self;

    d->begin(d, d->first_index + (uint64_t)d->done, now_ns);
    if (++d->done == d->count)
        return ACTOR_DONE;
    return next_time(d);
}

static void begin_call(struct dialer *d, uint64_t index, int64_t time_ns)
{
    const struct options *o = &d->world->options;
    struct scenario_fate fate = { .status = 200, .trunk = -1 };
    uint64_t luck = rng_next(&d->rng) >> 32;

    if (o->short_failed)
        fate.status = 486;
    for (int i = 0; i <= o->fail_count; i++) {
        struct fail_share f = { 487, o->cancel };

        if (i < o->fail_count)
            f = o->fails[i];
        if (luck < f.chance) {
            fate.status = f.status;
            break;
        }
        luck -= f.chance;
    }
    scenario_call(d->world, index, time_ns, &fate);
}

static void begin_spike_call(struct dialer *d, uint64_t index, int64_t time_ns)
{
    struct scenario_fate fate = { d->spike->status, d->spike->trunk, true, NULL };

    scenario_call(d->world, index, time_ns, &fate);
}

static void begin_wave_call(struct dialer *d, uint64_t index, int64_t time_ns)
{
    const struct wave *w = d->wave;
    struct scenario_fate fate = { 200, w->trunk, w->way == WAVE_OUT, w };
    uint64_t luck = rng_next(&d->rng) >> 32;

    for (int i = 0; i < w->fail_count; i++) {
        if (luck < w->fails[i].chance) {
            fate.status = w->fails[i].status;
            break;
        }
        luck -= w->fails[i].chance;
    }
    scenario_call(d->world, index, time_ns, &fate);
}

static void begin_register(struct dialer *d, uint64_t index, int64_t time_ns)
{
    scenario_register(d->world, index, time_ns);
}

static void begin_options(struct dialer *d, uint64_t index, int64_t time_ns)
{
    scenario_options(d->world, index, time_ns);
}

static int64_t calls_span(const struct options *o)
{
    return world_from_seconds(o->concurrent ? o->ramp_s : (double)o->calls / o->rate_per_s);
}

int64_t dialer_horizon(const struct world *w)
{
    const struct options *o = &w->options;
    double each_s = o->short_failed ? 0 : o->ring_s + o->duration_s;
    int64_t end_ns = w->start_ns + calls_span(o) + world_from_seconds(each_s);

    if (o->length_s > 0)
        return w->start_ns + world_from_seconds(o->length_s);
    for (int i = 0; i < o->spike_count; i++) {
        int64_t spike_ns =
            w->start_ns + world_from_seconds(o->spikes[i].at_s + o->spikes[i].over_s);

        if (spike_ns > end_ns)
            end_ns = spike_ns;
    }
    for (int i = 0; i < o->wave_count; i++) {
        int64_t wave_ns =
            w->start_ns + world_from_seconds(o->waves[i].at_s + o->waves[i].over_s + each_s);

        if (wave_ns > end_ns)
            end_ns = wave_ns;
    }
    return end_ns;
}

static void start(struct dialer *d, struct world *w, int role, int64_t start_ns, int64_t count,
                  int64_t span_ns)
{
    d->actor.run = dialer_run;
    d->world = w;
    d->start_ns = start_ns;
    d->count = count;
    d->span_ns = span_ns;
    d->rng = rng_for((uint64_t)w->options.seed, WORLD_RNG_DIALER, (uint64_t)role);
    if (count > 0)
        event_heap_push(&w->events, next_time(d), &d->actor);
}

struct dialer *dialer_start_all(struct world *w)
{
    const struct options *o = &w->options;
    struct dialer *d = world_alloc(ROLES * sizeof(*d));
    int64_t noise_ns = w->noise_end_ns - w->start_ns;
    uint64_t index = (uint64_t)o->calls;

    d[0].begin = begin_call;
    start(&d[0], w, 0, w->start_ns, o->calls, calls_span(o));
    d[1].begin = begin_register;
    start(&d[1], w, 1, w->start_ns, o->registers, noise_ns);
    d[2].begin = begin_options;
    start(&d[2], w, 2, w->start_ns, o->options, noise_ns);
    for (int i = 0; i < o->spike_count; i++) {
        const struct spike *s = &o->spikes[i];

        d[3 + i].begin = begin_spike_call;
        d[3 + i].spike = s;
        d[3 + i].first_index = index;
        index += (uint64_t)s->count;
        start(&d[3 + i], w, 3 + i, w->start_ns + world_from_seconds(s->at_s), s->count,
              world_from_seconds(s->over_s));
    }
    for (int i = 0; i < o->wave_count; i++) {
        const struct wave *wave = &o->waves[i];
        int role = 3 + OPTIONS_SPIKES_MAX + i;

        d[role].begin = begin_wave_call;
        d[role].wave = wave;
        d[role].first_index = index;
        index += (uint64_t)wave->count;
        start(&d[role], w, role, w->start_ns + world_from_seconds(wave->at_s), wave->count,
              world_from_seconds(wave->over_s));
    }
    return d;
}

void dialer_free_all(struct dialer *dialers)
{
    free(dialers);
}
