#include "analyzer/call/media_map.h"

#include <stdlib.h>

struct node_key {
    struct addr addr;
    uint32_t network;
};

static uint64_t hash_of(const struct media_map *m, const struct addr *addr, uint32_t network)
{
    uint8_t bytes[22];

    memcpy(bytes, addr->ip, 16);
    memcpy(bytes + 16, &addr->port, 2);
    memcpy(bytes + 18, &network, 4);
    return siphash(&m->key, bytes, sizeof bytes);
}

static bool same_node(const void *item, const void *key)
{
    const struct media_node *node = item;
    const struct node_key *k = key;

    return node->network == k->network && addr_eq(&node->addr, &k->addr);
}

int media_map_init(struct media_map *m, const struct siphash_key *key, size_t max_nodes)
{
    int err = table_init(&m->nodes, max_nodes);

    m->key = *key;
    if (err == 0)
        err = table_init(&m->places, max_nodes);
    if (err)
        table_fini(&m->nodes);
    return err;
}

static void free_items(struct table *t)
{
    for (size_t i = 0; t->slots && i <= t->mask; i++)
        free(t->slots[i].item);
    table_fini(t);
}

void media_map_fini(struct media_map *m)
{
    free_items(&m->nodes);
    free_items(&m->places);
}

struct media_node *media_map_find(const struct media_map *m, const struct addr *addr,
                                  uint32_t network)
{
    struct node_key key = { *addr, network };

    return table_find(&m->nodes, hash_of(m, addr, network), same_node, &key);
}

struct media_endpoint *media_map_endpoint(const struct media_map *m, const struct addr *addr,
                                          uint32_t network)
{
    struct media_node *node = media_map_find(m, addr, network);

    return node ? node->endpoints : NULL;
}

static uint64_t place_hash(const struct media_map *m, const struct addr *addr)
{
    uint8_t bytes[18];

    memcpy(bytes, addr->ip, 16);
    memcpy(bytes + 16, &addr->port, 2);
    return siphash(&m->key, bytes, sizeof bytes);
}

static bool same_place(const void *item, const void *key)
{
    return addr_eq(&((const struct media_place *)item)->addr, key);
}

static struct media_place *find_place(const struct media_map *m, const struct addr *addr)
{
    return table_find(&m->places, place_hash(m, addr), same_place, addr);
}

struct media_endpoint *media_map_elsewhere(const struct media_map *m, const struct addr *addr,
                                           uint32_t network)
{
    const struct media_place *place = find_place(m, addr);
    const struct media_node *only = place ? place->announced : NULL;

    if (!only || only->next_at_place || only->network == network)
        return NULL;
    return only->endpoints;
}

struct media_node *media_map_orphans_elsewhere(const struct media_map *m, const struct addr *addr)
{
    const struct media_place *place = find_place(m, addr);

    if (!place || !place->announced || place->announced->next_at_place)
        return NULL;
    return place->unannounced;
}

static struct media_place *place_for(struct media_map *m, const struct addr *addr)
{
    struct media_place *place = find_place(m, addr);

    if (place)
        return place;
    place = calloc(1, sizeof *place);
    if (!place)
        return NULL;
    place->addr = *addr;
    place->hash = place_hash(m, addr);
    if (table_put(&m->places, place->hash, place) != 0) {
        free(place);
        return NULL;
    }
    return place;
}

static void drop_place_if_empty(struct media_map *m, struct media_place *place)
{
    if (place->announced || place->unannounced)
        return;
    table_remove(&m->places, place->hash, place);
    free(place);
}

static void link_node(struct media_node **list, struct media_node *node)
{
    node->previous_at_place = NULL;
    node->next_at_place = *list;
    if (*list)
        (*list)->previous_at_place = node;
    *list = node;
}

static void unlink_node(struct media_node **list, struct media_node *node)
{
    if (node->previous_at_place)
        node->previous_at_place->next_at_place = node->next_at_place;
    else
        *list = node->next_at_place;
    if (node->next_at_place)
        node->next_at_place->previous_at_place = node->previous_at_place;
}

/* A new one stands with the unannounced. */
static struct media_node *node_for(struct media_map *m, const struct addr *addr, uint32_t network)
{
    struct media_node *node = media_map_find(m, addr, network);
    struct media_place *place;

    if (node)
        return node;
    place = place_for(m, addr);
    if (!place)
        return NULL;
    node = calloc(1, sizeof *node);
    if (!node)
        goto drop_place;
    node->addr = *addr;
    node->network = network;
    node->hash = hash_of(m, addr, network);
    node->place = place;
    if (table_put(&m->nodes, node->hash, node) != 0)
        goto free_node;
    link_node(&place->unannounced, node);
    return node;

free_node:
    free(node);
drop_place:
    drop_place_if_empty(m, place);
    return NULL;
}

static void drop_if_empty(struct media_map *m, struct media_node *node)
{
    if (node->endpoints || node->orphans)
        return;
    unlink_node(&node->place->unannounced, node);
    drop_place_if_empty(m, node->place);
    table_remove(&m->nodes, node->hash, node);
    free(node);
}

/* Guesses must not take what somebody announces: behind the first, so that no list is walked. */
static void announce_behind(struct media_endpoint *first, struct media_endpoint *endpoint)
{
    endpoint->previous_at_address = first;
    endpoint->next_at_address = first->next_at_address;
    if (first->next_at_address)
        first->next_at_address->previous_at_address = endpoint;
    first->next_at_address = endpoint;
}

bool media_map_announce(struct media_map *m, struct media_endpoint *endpoint)
{
    struct media_node *node = node_for(m, &endpoint->addr, endpoint->network);

    if (!node)
        return false;
    if (endpoint->weak && node->endpoints && !node->endpoints->weak) {
        announce_behind(node->endpoints, endpoint);
        return true;
    }
    endpoint->previous_at_address = NULL;
    endpoint->next_at_address = node->endpoints;
    if (node->endpoints) {
        node->endpoints->previous_at_address = endpoint;
    } else {
        unlink_node(&node->place->unannounced, node);
        link_node(&node->place->announced, node);
    }
    node->endpoints = endpoint;
    return true;
}

/* Linked both ways: a load test announces one address in all of its calls. */
void media_map_withdraw(struct media_map *m, struct media_endpoint *endpoint)
{
    struct media_node *node =
        endpoint->unplaced ? NULL : media_map_find(m, &endpoint->addr, endpoint->network);

    if (!node)
        return;
    if (endpoint->previous_at_address)
        endpoint->previous_at_address->next_at_address = endpoint->next_at_address;
    else
        node->endpoints = endpoint->next_at_address;
    if (endpoint->next_at_address)
        endpoint->next_at_address->previous_at_address = endpoint->previous_at_address;
    if (node->endpoints)
        return;
    unlink_node(&node->place->announced, node);
    link_node(&node->place->unannounced, node);
    drop_if_empty(m, node);
}

bool media_map_add_orphan(struct media_map *m, struct media_stream *s)
{
    struct media_node *node = node_for(m, &s->key.dst, s->key.network);

    if (!node)
        return false;
    s->previous_orphan = NULL;
    s->next_orphan = node->orphans;
    if (node->orphans)
        node->orphans->previous_orphan = s;
    node->orphans = s;
    return true;
}

void media_map_remove_orphan(struct media_map *m, struct media_stream *s)
{
    struct media_node *node = media_map_find(m, &s->key.dst, s->key.network);

    if (!node)
        return;
    if (s->previous_orphan)
        s->previous_orphan->next_orphan = s->next_orphan;
    else
        node->orphans = s->next_orphan;
    if (s->next_orphan)
        s->next_orphan->previous_orphan = s->previous_orphan;
    drop_if_empty(m, node);
}

static void name_format(struct media_format *f, struct slice name, struct slice fmtp)
{
    size_t n = 0;

    /* RFC 4566 token characters only: it is shown to people and goes into file names of none. */
    for (size_t i = 0; i < name.len && n + 1 < sizeof f->codec; i++) {
        if (name.p[i] > 0x20 && name.p[i] < 0x7f)
            f->codec[n++] = name.p[i];
    }
    f->codec[n] = '\0';
    f->is_event = slice_ieq(name, SLICE("telephone-event"));
    f->is_noise = slice_ieq(name, SLICE("CN"));
    f->is_red = slice_ieq(name, SLICE("red"));
    f->payload_kind = (uint8_t)payload_kind_of(name, fmtp);
    f->level_encoding = (uint8_t)level_encoding_of(name);
    f->ie = codec_ie_for_sdp(name, f->clock_rate_hz, fmtp);
}

struct media_format media_format_of_sdp(const struct sdp_format *sdp, uint8_t media)
{
    struct media_format f = { .payload_type = sdp->payload_type,
                              .of_media = (uint8_t)(media + 1),
                              .clock_rate_hz = sdp->clock_rate_hz };

    if (sdp->name.p)
        name_format(&f, sdp->name, sdp->fmtp);
    return f;
}

static const struct media_format *find_format(const struct media_endpoint *e, uint8_t payload_type)
{
    for (uint8_t i = 0; i < e->format_count; i++) {
        if (e->formats[i].payload_type == payload_type)
            return &e->formats[i];
    }
    return NULL;
}

struct media_format media_format_for(const struct media_endpoint *at,
                                     const struct media_endpoint *others, uint8_t payload_type)
{
    struct media_format unknown = { .payload_type = payload_type };
    const struct media_format *f = at ? find_format(at, payload_type) : NULL;
    const struct sdp_static_payload *fixed;

    for (; !f && others; others = others->next_in_call)
        f = find_format(others, payload_type);
    if (f)
        return *f;
    fixed = sdp_static_payload(payload_type);
    if (!fixed)
        return unknown;
    unknown.clock_rate_hz = fixed->clock_rate_hz;
    name_format(&unknown, fixed->name, SLICE_ABSENT);
    return unknown;
}
