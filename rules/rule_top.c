#include "rules/rule_top.h"

#include <stdlib.h>

void rule_top_fini(struct rule_top *t)
{
    free(t->counters);
    *t = (struct rule_top){ NULL, 0, 0 };
}

static struct slice key_of(const struct rule_top_counter *c)
{
    return slice_of(c->key, (size_t)c->len);
}

static bool make_room(struct rule_top *t)
{
    uint8_t room = t->room ? (uint8_t)(t->room * 2) : 1;
    struct rule_top_counter *grown;

    if (t->used < t->room)
        return true;
    if (t->room == RULE_TOP_COUNTERS)
        return false;
    grown = realloc(t->counters, room * sizeof *grown);
    if (!grown)
        return false;
    t->counters = grown;
    t->room = room;
    return true;
}

static struct rule_top_counter *smallest(struct rule_top *t)
{
    struct rule_top_counter *least = t->used ? &t->counters[0] : NULL;

    for (size_t i = 1; i < t->used; i++) {
        struct rule_top_counter *c = &t->counters[i];

        if (c->now + c->before < least->now + least->before)
            least = c;
    }
    return least;
}

void rule_top_add(struct rule_top *t, struct slice key)
{
    struct rule_top_counter *c;

    if (key.len > RULE_TOP_KEY_MAX)
        key.len = RULE_TOP_KEY_MAX;
    for (size_t i = 0; i < t->used; i++) {
        if (slice_eq(key_of(&t->counters[i]), key)) {
            t->counters[i].now++;
            return;
        }
    }
    if (make_room(t)) {
        c = &t->counters[t->used++];
        *c = (struct rule_top_counter){ 0 };
    } else {
        c = smallest(t);
    }
    if (!c)
        return;
    c->now++;
    c->len = (char)key.len;
    memcpy(c->key, key.p, key.len);
}

void rule_top_turn(struct rule_top *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->used; i++) {
        struct rule_top_counter c = t->counters[i];

        c.before = c.now;
        c.now = 0;
        if (c.before)
            t->counters[kept++] = c;
    }
    t->used = (uint8_t)kept;
}

size_t rule_top_read(const struct rule_top *t, double share,
                     struct rule_top_value out[RULE_TOP_TOLD])
{
    size_t n = 0;

    for (size_t i = 0; i < t->used; i++) {
        const struct rule_top_counter *c = &t->counters[i];
        struct rule_top_value v = { key_of(c), c->now + (int64_t)(c->before * share + 0.5) };
        size_t at = n;

        while (at > 0 && out[at - 1].count < v.count)
            at--;
        if (at == RULE_TOP_TOLD || v.count == 0)
            continue;
        n += n < RULE_TOP_TOLD;
        memmove(&out[at + 1], &out[at], (n - 1 - at) * sizeof *out);
        out[at] = v;
    }
    return n;
}
