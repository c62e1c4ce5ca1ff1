#include "tests/support/stage.h"

#include "tests/support/scenes.h"

#include <stdlib.h>

enum {
    SCENES_MAX = 128,
    FIRST_PLAIN = 12,
    AFTERWARDS_S = 300, /* longer than any scene */
};

struct stage {
    struct actor actor;
    struct world *world;
    const struct scene *scenes[SCENES_MAX];
    size_t count;
    uint32_t weights;
    struct rng rng;
    uint64_t next_index;
    size_t turn; /* of those that have not been played yet */
    int64_t calls, cut_short;
};

static void add(struct stage *s, const struct scene *scene)
{
    if (s->count == SCENES_MAX)
        return;
    s->scenes[s->count++] = scene;
    s->weights += scene->weight;
}

static bool is_of(const struct scene *scene, struct slice group)
{
    if (slice_eq(group, SLICE("all")))
        return !(scene->groups & SCENE_APART);
    if (slice_eq(group, SLICE("harmless")))
        return scene->groups & SCENE_HARMLESS;
    return slice_eq(group, SLICE("alike")) && (scene->groups & SCENE_ALIKE);
}

/* A group, or a name. */
static bool choose(struct stage *s, struct slice word)
{
    const struct scene *scene = scene_find(word);
    size_t before = s->count;

    if (scene) {
        add(s, scene);
        return true;
    }
    for (size_t at = 0; (scene = scene_next(&at)) != NULL;) {
        if (is_of(scene, word))
            add(s, scene);
    }
    return s->count > before;
}

static const struct scene *draw(struct stage *s)
{
    uint32_t luck = rng_below(&s->rng, s->weights);

    for (size_t i = 0; i < s->count; i++) {
        if (luck < s->scenes[i]->weight)
            return s->scenes[i];
        luck -= s->scenes[i]->weight;
    }
    return s->scenes[0];
}

static void perform(struct stage *s, const struct scene *scene, int64_t now_ns)
{
    struct play *p = play_new(s->world, scene->name, s->next_index++, now_ns);

    scene->script(p);
    for (int i = 0; i < p->dialog_count; i++) {
        s->calls += !p->dialogs[i].unlabelled;
        s->world->totals.calls += !p->dialogs[i].unlabelled;
    }
    play_start(p);
}

static int64_t next_ns(struct stage *s, int64_t now_ns)
{
    int64_t mean_us = (int64_t)(1e6 / s->world->options.rate_per_s);

    return world_time(s->world, now_ns + (mean_us / 2 + rng_between(&s->rng, 0, mean_us)) * 1000);
}

/* The calls that go on when the capture ends. */
static int64_t cut_short(struct stage *s, int64_t now_ns)
{
    const struct scene *scene;

    for (size_t i = 0; i < s->count; i++) {
        scene = s->scenes[i];
        if (!(scene->groups & SCENE_AT_END))
            continue;
        for (int64_t n = 0; n < s->cut_short; n++)
            perform(s, scene, now_ns + n * 3 * NS_PER_MS);
    }
    return ACTOR_DONE;
}

static int64_t stage_run(struct actor *self, int64_t now_ns)
{
    struct stage *s = (struct stage *)self;
    const struct scene *scene = draw(s);

    if (s->calls >= s->world->options.calls)
        return cut_short(s, now_ns);
    if (s->next_index < FIRST_PLAIN && s->count > 1)
        scene = scene_find(SLICE("plain"));
    else if (s->turn < s->count)
        scene = s->scenes[s->turn++];
    if (scene->groups & SCENE_AT_END)
        s->cut_short++;
    else
        perform(s, scene, now_ns);
    if (s->calls + s->cut_short < s->world->options.calls)
        return next_ns(s, now_ns);
    s->calls = s->world->options.calls;
    return now_ns + AFTERWARDS_S * NS_PER_S;
}

bool stage_start(struct world *w, struct stage **out)
{
    struct stage *s = world_alloc(sizeof(*s));
    struct slice rest = slice_of_text(w->options.scenes);

    s->actor.run = stage_run;
    s->world = w;
    s->rng = rng_for((uint64_t)w->options.seed, WORLD_RNG_DIALER, 1000);
    while (rest.len) {
        struct slice word = slice_cut(&rest, ',');

        if (choose(s, word))
            continue;
        fprintf(stderr, "earshot-traffic: --scenes: there is no '%.*s'\n", (int)word.len, word.p);
        free(s);
        return false;
    }
    event_heap_push(&w->events, world_time(w, w->start_ns), &s->actor);
    *out = s;
    return true;
}

void stage_free(struct stage *s)
{
    free(s);
}
