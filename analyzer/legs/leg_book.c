#include "analyzer/legs/leg_book.h"

#include "analyzer/legs/leg_media.h"

#include <errno.h>

enum {
    KEYS_PER_CALL = 6, /* its own Call-ID, three numbers, and a name or two; few have all */
    KEYS_AT_MOST = LEGS_KEYS_MAX + 4,
};

static struct leg_link *looks_link(struct leg_call *c)
{
    return &c->looks;
}

static struct leg_link *closed_link(struct leg_call *c)
{
    return &c->closed;
}

typedef struct leg_link *(*link_fn)(struct leg_call *);

static void list_add(struct leg_list *l, struct leg_call *c, link_fn link)
{
    *link(c) = (struct leg_link){ NULL, l->last };
    if (l->last)
        link(l->last)->next = c;
    else
        l->first = c;
    l->last = c;
    l->count++;
}

static void list_remove(struct leg_list *l, struct leg_call *c, link_fn link)
{
    struct leg_link *at = link(c);

    if (at->previous)
        link(at->previous)->next = at->next;
    else
        l->first = at->next;
    if (at->next)
        link(at->next)->previous = at->previous;
    else
        l->last = at->previous;
    l->count--;
}

int leg_book_init(struct leg_book *b, const struct legs_options *options)
{
    memset(b, 0, sizeof *b);
    b->options = *options;
    if (b->options.header_count > LEGS_HEADERS_MAX)
        b->options.header_count = LEGS_HEADERS_MAX;
    b->key = (struct siphash_key){ { options->hash_key[0], options->hash_key[1] } };
    b->hosts.key = b->key;
    b->names = (struct leg_names){ &b->keys, &b->key, b->options.headers, b->options.header_count,
                                   &b->refused_keys };
    if (table_init(&b->calls, options->max_calls) != 0 ||
        leg_keys_init(&b->keys, options->max_calls * KEYS_PER_CALL) != 0 ||
        leg_prints_init(&b->prints, options->max_calls) != 0) {
        leg_book_fini(b);
        return -ENOMEM;
    }
    return 0;
}

static bool same_id(const void *item, const void *key)
{
    const struct leg_call *c = item;
    const uint64_t *id = key;

    return c->id == *id;
}

/* Ids are times: near each other, and an outsider has no hand in them but by when he calls. */
static uint64_t hash_id(uint64_t id)
{
    id *= UINT64_C(0x9e3779b97f4a7c15);
    return id ^ id >> 32;
}

static void forget(struct leg_book *b, struct leg_call *c)
{
    while (c->pairs)
        leg_pair_free(c->pairs);
    leg_keys_remove(&b->keys, c);
    leg_media_drop(c);
    if (c->look_time != RECORD_NONE)
        list_remove(&b->looks, c, looks_link);
    if (c->phase == LEG_CLOSED)
        list_remove(&b->closed, c, closed_link);
    table_remove(&b->calls, hash_id(c->id), c);
    leg_call_free(c);
}

void leg_book_fini(struct leg_book *b)
{
    for (size_t i = 0; b->calls.slots && i <= b->calls.mask; i++) {
        struct leg_call *c = b->calls.slots[i].item;

        if (!c)
            continue;
        while (c->pairs)
            leg_pair_free(c->pairs);
        leg_media_drop(c);
    }
    for (size_t i = 0; b->calls.slots && i <= b->calls.mask; i++)
        leg_call_free(b->calls.slots[i].item);
    table_fini(&b->calls);
    leg_keys_fini(&b->keys);
    leg_prints_fini(&b->prints);
    strbuf_fini(&b->evidence);
    strbuf_fini(&b->media);
}

struct leg_call *leg_book_find(const struct leg_book *b, uint64_t id)
{
    return table_find(&b->calls, hash_id(id), same_id, &id);
}

/* False: all that are remembered go on yet. */
static bool make_room(struct leg_book *b)
{
    while (b->closed.first && (b->calls.used >= b->options.max_calls ||
                               b->keys.count + KEYS_AT_MOST > b->keys.max_keys)) {
        leg_book_refuse(b, REFUSAL_LEGS);
        forget(b, b->closed.first);
    }
    if (b->calls.used < b->options.max_calls)
        return true;
    leg_book_refuse(b, REFUSAL_LEGS);
    return false;
}

struct leg_call *leg_book_get(struct leg_book *b, uint64_t id, struct slice call_id,
                              int64_t time_ns)
{
    struct leg_call *c = leg_book_find(b, id);

    if (c)
        return c;
    if (!make_room(b))
        return NULL;
    c = leg_call_new(id, call_id, time_ns);
    if (!c || table_put(&b->calls, hash_id(id), c) != 0) {
        leg_book_refuse(b, REFUSAL_MEMORY);
        leg_call_free(c);
        return NULL;
    }
    leg_names_own(&b->names, c, call_id);
    return c;
}

void leg_book_look_later(struct leg_book *b, struct leg_call *c, int64_t time_ns)
{
    if (c->look_time != RECORD_NONE)
        list_remove(&b->looks, c, looks_link);
    c->look_time = time_ns;
    list_add(&b->looks, c, looks_link);
}

struct leg_call *leg_book_next_look(struct leg_book *b, int64_t now_ns)
{
    struct leg_call *c = b->looks.first;

    if (!c || c->look_time > now_ns)
        return NULL;
    list_remove(&b->looks, c, looks_link);
    c->look_time = RECORD_NONE;
    return c;
}

void leg_book_close(struct leg_book *b, struct leg_call *c)
{
    c->closed_at = b->now_ns;
    list_add(&b->closed, c, closed_link);
}

void leg_book_forget(struct leg_book *b, int64_t before_ns)
{
    while (b->closed.first && b->closed.first->closed_at < before_ns)
        forget(b, b->closed.first);
}
