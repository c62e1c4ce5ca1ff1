#include "rules/rule_group.h"

#include <stdlib.h>

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

static void free_list(struct rule_group_list *list)
{
    struct rule_group *g = list->first;

    while (g) {
        struct rule_group *after = g->after;

        free(g->episode);
        free(g);
        g = after;
    }
    *list = (struct rule_group_list){ NULL, NULL };
}

int rule_group_set_init(struct rule_groups *set, size_t max_groups, uint32_t buckets,
                        const struct siphash_key *hash_key)
{
    *set = (struct rule_groups){ .hash_key = *hash_key, .buckets = buckets };
    return table_init(&set->by_key, max_groups);
}

void rule_group_set_fini(struct rule_groups *set)
{
    free_list(&set->active);
    free_list(&set->idle);
    table_fini(&set->by_key);
}

/* One block: the group, its buckets, its key. */
static struct rule_group *new_group(const struct rule_groups *set, struct slice key, uint64_t hash)
{
    size_t buckets_bytes = set->buckets * sizeof(struct rule_bucket);
    struct rule_group *g = malloc(sizeof *g + buckets_bytes + key.len);
    char *bytes;

    if (!g)
        return NULL;
    memset(g, 0, sizeof *g);
    bytes = (char *)(g + 1);
    rule_window_init(&g->window, (struct rule_bucket *)(void *)bytes, set->buckets);
    if (key.len)
        memcpy(bytes + buckets_bytes, key.p, key.len);
    g->key = slice_of(bytes + buckets_bytes, key.len);
    g->hash = hash;
    g->pending_since_ns = RECORD_NONE;
    return g;
}

static void drop_longest_idle(struct rule_groups *set)
{
    struct rule_group *g = set->idle.first;

    list_remove(&set->idle, g);
    table_remove(&set->by_key, g->hash, g);
    free(g);
}

struct rule_group *rule_group_take(struct rule_groups *set, struct slice key)
{
    uint64_t hash = siphash(&set->hash_key, key.p, key.len);
    struct rule_group *g = table_find(&set->by_key, hash, has_key, &key);

    if (g)
        return g;
    if (set->by_key.used >= set->by_key.max_items) {
        if (!set->idle.first)
            return NULL;
        drop_longest_idle(set);
    }
    g = new_group(set, key, hash);
    if (!g)
        return NULL;
    if (table_put(&set->by_key, hash, g) != 0) {
        free(g);
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

void rule_group_retire(struct rule_groups *set, struct rule_group *g)
{
    rule_window_clear(&g->window);
    g->pending_since_ns = RECORD_NONE;
    g->matched = 0;
    if (!g->active)
        return;
    list_remove(&set->active, g);
    list_append(&set->idle, g);
    g->active = false;
}
