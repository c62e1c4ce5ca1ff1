#include "rules/rule_group.h"

#include "rules/rule_episode.h"

#include <stdlib.h>

enum { LOOKED_AT = 8 }; /* groups, for a small one */

static void list_append(struct rule_group_list *list, struct rule_group *g)
{
    g->before = list->last;
    g->after = NULL;
    if (list->last)
        list->last->after = g;
    else
        list->first = g;
    list->last = g;
}

static void list_remove(struct rule_group_list *list, struct rule_group *g)
{
    if (g->before)
        g->before->after = g->after;
    else
        list->first = g->after;
    if (g->after)
        g->after->before = g->before;
    else
        list->last = g->before;
}

static bool has_key(const void *item, const void *key)
{
    return slice_eq(((const struct rule_group *)item)->key, *(const struct slice *)key);
}

static void free_group(struct rule_group *g)
{
    if (g->histogram)
        rule_histogram_fini(g->histogram);
    if (g->distinct)
        rule_distinct_fini(g->distinct);
    rule_proof_free(g->proof);
    rule_episode_free(g->episode);
    free(g);
}

static void free_list(struct rule_group_list *list)
{
    struct rule_group *g = list->first;

    while (g) {
        struct rule_group *after = g->after;

        free_group(g);
        g = after;
    }
    *list = (struct rule_group_list){ NULL, NULL };
}

/* Lays the parts of a group out behind it; the bytes in all when g is NULL. */
static size_t lay_out(const struct rule_plan *plan, struct rule_group *g)
{
    uint32_t steps = (uint32_t)plan->steps;
    size_t at = sizeof *g;
    char *block = (char *)g;

#define TAKE(bytes) (at += (bytes), block ? (void *)(block + at - (bytes)) : NULL)
    void *histogram = plan->has_histogram ? TAKE(sizeof(struct rule_histogram)) : NULL;
    void *histogram_room = plan->has_histogram ? TAKE(rule_histogram_bytes(steps)) : NULL;
    void *distinct = plan->has_distinct ? TAKE(sizeof(struct rule_distinct)) : NULL;
    void *distinct_room = plan->has_distinct ? TAKE(rule_distinct_bytes(steps)) : NULL;
    void *newest = plan->has_newest ? TAKE(sizeof(struct rule_newest)) : NULL;
    void *normal = plan->has_normal ? TAKE(sizeof(struct rule_normal)) : NULL;
    void *window_room = TAKE(rule_window_bytes(steps, plan->lanes));
    void *series_room = TAKE(plan->series_room * sizeof(float));
#undef TAKE

    if (!g)
        return at;
    g->histogram = histogram;
    g->distinct = distinct;
    g->newest = newest;
    g->normal = normal;
    if (histogram)
        rule_histogram_init(g->histogram, histogram_room, steps);
    if (distinct)
        rule_distinct_init(g->distinct, distinct_room, steps);
    if (newest)
        *g->newest = (struct rule_newest){ .time_ns = RECORD_NONE };
    if (normal)
        rule_normal_init(g->normal);
    rule_window_init(&g->window, window_room, steps, plan->lanes);
    rule_series_init(&g->series, series_room, plan->series_room);
    return at;
}

int rule_group_set_init(struct rule_groups *set, size_t max_groups, const struct rule_plan *plan)
{
    *set = (struct rule_groups){ .plan = plan, .block_bytes = lay_out(plan, NULL) };
    return table_init(&set->by_key, max_groups);
}

void rule_group_set_fini(struct rule_groups *set)
{
    free_list(&set->active); /* `other` is in one of them */
    free_list(&set->idle);
    free(set->crowd);
    table_fini(&set->by_key);
}

/* One block: the group, its parts, its key. */
static struct rule_group *new_group(const struct rule_groups *set, struct slice key, uint64_t hash,
                                    int64_t step)
{
    struct rule_group *g = malloc(set->block_bytes + key.len);

    if (!g)
        return NULL;
    memset(g, 0, sizeof *g);
    lay_out(set->plan, g);
    if (key.len)
        memcpy((char *)g + set->block_bytes, key.p, key.len);
    g->key = slice_of((char *)g + set->block_bytes, key.len);
    g->hash = hash;
    g->known_step = step;
    g->over_ns = RECORD_NONE;
    return g;
}

static void drop(struct rule_groups *set, struct rule_group *g)
{
    if (set->hand == g)
        set->hand = g->after;
    list_remove(g->active ? &set->active : &set->idle, g);
    table_remove(&set->by_key, g->hash, g);
    free_group(g);
}

/* How often that hash came for certain, this time included. */
static uint32_t crowd_add(struct rule_groups *set, uint64_t hash, int64_t step)
{
    struct rule_crowd *c = set->crowd;
    size_t least = 0;

    if (!c)
        c = set->crowd = calloc(1, sizeof *c);
    if (!c)
        return 0;
    if (step - c->since_step >= set->plan->steps || step < c->since_step)
        *c = (struct rule_crowd){ .since_step = step };
    for (size_t i = 0; i < RULE_CROWD_SEATS; i++) {
        if (c->seats[i].count && c->seats[i].hash == hash)
            return ++c->seats[i].count - c->seats[i].error;
        if (c->seats[i].count < c->seats[least].count)
            least = i;
    }
    c->seats[least].hash = hash;
    c->seats[least].error = c->seats[least].count++;
    return 1;
}

/* One of the next few groups that is small and quiet; NULL. */
static struct rule_group *small_group(struct rule_groups *set)
{
    struct rule_group *least = NULL;

    for (size_t i = 0; i < LOOKED_AT; i++) {
        struct rule_group *g = set->hand ? set->hand : set->active.first;

        if (!g)
            break;
        set->hand = g->after;
        if (!g->episode && !g->is_other && (!least || g->window.samples < least->window.samples))
            least = g;
    }
    return least;
}

static struct rule_group *take_other(struct rule_groups *set, int64_t step)
{
    if (!set->other) {
        set->other = new_group(set, SLICE(""), 0, step);
        if (set->other) {
            set->other->is_other = true;
            list_append(&set->idle, set->other);
        }
    }
    return set->other;
}

static bool make_room(struct rule_groups *set, uint64_t hash, int64_t step)
{
    struct rule_group *g = set->idle.first;

    if (set->by_key.used < set->by_key.max_items)
        return true;
    if (g && g->is_other)
        g = g->after;
    if (!g) {
        uint32_t count = crowd_add(set, hash, step);

        g = small_group(set);
        if (!g || count <= g->window.samples + 1)
            return false;
    }
    drop(set, g);
    return true;
}

struct rule_group *rule_group_take(struct rule_groups *set, struct slice key, uint64_t hash,
                                   int64_t step)
{
    struct rule_group *g = table_find(&set->by_key, hash, has_key, &key);

    if (g)
        return g;
    if (!make_room(set, hash, step))
        return take_other(set, step);
    g = new_group(set, key, hash, step);
    if (!g)
        return NULL;
    if (table_put(&set->by_key, hash, g) != 0) {
        free_group(g);
        return NULL;
    }
    list_append(&set->idle, g);
    return g;
}

void rule_group_activate(struct rule_groups *set, struct rule_group *g)
{
    if (g->active)
        return;
    list_remove(&set->idle, g);
    list_append(&set->active, g);
    g->active = true;
}

void rule_group_clear(const struct rule_groups *set, struct rule_group *g)
{
    (void)set;
    rule_window_clear(&g->window);
    if (g->histogram)
        rule_histogram_clear(g->histogram);
    if (g->distinct)
        rule_distinct_clear(g->distinct);
    if (g->newest)
        g->newest->time_ns = RECORD_NONE;
    rule_proof_free(g->proof);
    g->proof = NULL;
}

void rule_group_retire(struct rule_groups *set, struct rule_group *g)
{
    rule_group_clear(set, g);
    if (!g->active)
        return;
    if (set->hand == g)
        set->hand = g->after;
    list_remove(&set->active, g);
    list_append(&set->idle, g);
    g->active = false;
}

void rule_group_slide(struct rule_group *g, int64_t step)
{
    rule_window_slide(&g->window, step);
    if (g->histogram)
        rule_histogram_slide(g->histogram, step);
    if (g->distinct)
        rule_distinct_slide(g->distinct, step);
}

struct slice rule_group_part(const struct rule_group *g, size_t which)
{
    return rule_key_part(g->key, which);
}

static size_t list_bytes(const struct rule_group_list *list, size_t block_bytes)
{
    size_t bytes = 0;

    for (const struct rule_group *g = list->first; g; g = g->after) {
        bytes += block_bytes + g->key.len;
        if (g->histogram)
            bytes += rule_histogram_heap_bytes(g->histogram);
        if (g->distinct)
            bytes += rule_distinct_heap_bytes(g->distinct);
        if (g->proof)
            bytes += rule_proof_bytes(g->proof);
        if (g->episode)
            bytes += rule_episode_bytes(g->episode);
    }
    return bytes;
}

size_t rule_group_set_bytes(const struct rule_groups *set)
{
    return list_bytes(&set->active, set->block_bytes) + list_bytes(&set->idle, set->block_bytes) +
           (set->by_key.mask + 1) * sizeof *set->by_key.slots +
           (set->crowd ? sizeof *set->crowd : 0);
}
