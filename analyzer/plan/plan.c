/*
 * Trunks and destinations. Both are found in hash tables, longest first: an address by the length of
 * its network, a number by the count of its digits. A prefix is one number, its digits behind a 1, so
 * that "049" and "49" differ. What is in the tables comes from the configuration, so their hashes
 * need no key.
 */
#include "analyzer/plan/plan_state.h"

#include <errno.h>
#include <stdlib.h>

enum { ARENA_BYTES_MAX = 64 << 20, V4_BITS = 96 };

struct trunk_address {
    struct addr addr; /* its host bits are 0; port 0: any */
    unsigned bits;
    const struct plan_trunk *trunk;
};

struct plan_entry {
    uint64_t key;
    struct plan_destination destination;
};

static uint64_t mix(uint64_t h)
{
    h = (h ^ h >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 29;
}

static struct slice keep(struct plan *p, struct slice text)
{
    bool cut = false;
    struct slice kept = arena_copy(&p->arena, text, text.len, &cut);

    return kept.p ? kept : SLICE("");
}

/* A name that a person gives: not empty, not too long, nothing that moves a cursor. */
static bool is_name(struct slice name)
{
    if (name.len == 0 || name.len > PLAN_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if ((unsigned char)name.p[i] < ' ' || name.p[i] == 0x7f)
            return false;
    }
    return true;
}

static bool same_prefix(const void *item, const void *key)
{
    return ((const struct plan_entry *)item)->key == *(const uint64_t *)key;
}

static bool prefix_key(struct slice prefix, uint64_t *out)
{
    uint64_t key = 1;

    if (prefix.len == 0 || prefix.len > PLAN_PREFIX_MAX)
        return false;
    for (size_t i = 0; i < prefix.len; i++) {
        if (prefix.p[i] < '0' || prefix.p[i] > '9')
            return false;
        key = key * 10 + (uint64_t)(prefix.p[i] - '0');
    }
    *out = key;
    return true;
}

/* name: lives as long as the plan. */
static int put_destination(struct plan *p, struct slice prefix, struct slice name)
{
    struct plan_entry *entry;
    uint64_t key;

    if (!prefix_key(prefix, &key))
        return -EINVAL;
    entry = table_find(&p->destinations, mix(key), same_prefix, &key);
    if (entry) {
        entry->destination.name = name;
        return 0;
    }
    if (p->destinations.used >= p->built_in + PLAN_DESTINATIONS_MAX)
        return -E2BIG;
    entry = arena_take(&p->arena, sizeof *entry);
    if (!entry)
        return -ENOMEM;
    *entry = (struct plan_entry){ key, { keep(p, prefix), name } };
    return table_put(&p->destinations, mix(key), entry);
}

static int put_world_row(struct plan *p, const struct plan_world_destination *row)
{
    struct slice rest = slice_of_text(row->prefixes), name = slice_of_text(row->name);
    size_t head = strlen(row->head);
    char prefix[PLAN_PREFIX_MAX];
    int err = 0;

    if (!row->prefixes)
        return put_destination(p, slice_of_text(row->head), name);
    memcpy(prefix, row->head, head);
    while (rest.len && !err) {
        struct slice tail = slice_cut(&rest, ' ');

        memcpy(prefix + head, tail.p, tail.len);
        err = put_destination(p, slice_of(prefix, head + tail.len), name);
    }
    return err;
}

int plan_new(struct plan **pp)
{
    struct plan *p = calloc(1, sizeof *p);
    int err;

    if (!p)
        return -ENOMEM;
    arena_init(&p->arena, NULL, 0, ARENA_BYTES_MAX);
    err = table_init(&p->addresses, PLAN_ADDRESSES_MAX);
    if (!err)
        err = table_init(&p->destinations, PLAN_DESTINATIONS_MAX * 2);
    for (size_t i = 0; i < plan_world_destination_count && !err; i++)
        err = put_world_row(p, &plan_world_destinations[i]);
    if (err) {
        plan_free(p);
        return err;
    }
    p->built_in = p->destinations.used;
    *pp = p;
    return 0;
}

void plan_free(struct plan *p)
{
    if (!p)
        return;
    table_fini(&p->addresses);
    table_fini(&p->destinations);
    arena_fini(&p->arena);
    free(p);
}

static struct plan_trunk *find_named(const struct plan *p, struct slice name)
{
    for (size_t i = 0; i < p->trunk_count; i++) {
        if (slice_eq(p->trunks[i]->name, name))
            return p->trunks[i];
    }
    return NULL;
}

const struct plan_trunk *plan_find_trunk_named(const struct plan *p, struct slice name)
{
    return find_named(p, name);
}

int plan_add_trunk(struct plan *p, const struct plan_trunk *trunk)
{
    struct plan_trunk *kept;

    if (!is_name(trunk->name))
        return -EINVAL;
    if (find_named(p, trunk->name))
        return -EEXIST;
    if (p->trunk_count == PLAN_TRUNKS_MAX)
        return -E2BIG;
    kept = arena_take(&p->arena, sizeof *kept);
    if (!kept)
        return -ENOMEM;
    *kept = *trunk;
    kept->name = keep(p, trunk->name);
    p->trunks[p->trunk_count++] = kept;
    return 0;
}

/* The address with its host bits taken away. */
static struct addr network_of(const struct addr *addr, unsigned bits)
{
    struct addr a = { .port = 0 };

    memcpy(a.ip, addr->ip, bits / 8);
    if (bits % 8)
        a.ip[bits / 8] = (uint8_t)(addr->ip[bits / 8] & 0xff00u >> bits % 8);
    return a;
}

static bool parse_cidr(struct slice text, struct addr *out, unsigned *bits)
{
    struct slice rest = text, ip = slice_cut(&rest, '/');
    uint64_t number;
    bool v4;

    if (!addr_parse_ip(ip, out))
        return false;
    v4 = addr_is_v4(out) && slice_find(ip, ':') == ip.len;
    if (!slice_to_u64(rest, v4 ? 32 : PLAN_BITS_MAX, &number))
        return false;
    *bits = (unsigned)number + (v4 ? V4_BITS : 0);
    *out = network_of(out, *bits);
    return true;
}

static bool parse_address(struct slice text, struct addr *out, unsigned *bits)
{
    *bits = PLAN_BITS_MAX;
    if (slice_find(text, '/') < text.len)
        return parse_cidr(text, out, bits);
    if (addr_parse_ip(text, out)) {
        out->port = 0;
        return true;
    }
    return addr_parse(text, out) && out->port != 0;
}

bool plan_is_address(struct slice address)
{
    struct addr ignored;
    unsigned bits;

    return parse_address(address, &ignored, &bits);
}

static uint64_t address_hash(const struct addr *addr, unsigned bits)
{
    uint64_t a, b;

    memcpy(&a, addr->ip, 8);
    memcpy(&b, addr->ip + 8, 8);
    return mix(a ^ mix(b ^ (uint64_t)addr->port << 16 ^ bits));
}

struct address_key {
    struct addr addr;
    unsigned bits;
};

static bool same_address(const void *item, const void *key)
{
    const struct trunk_address *a = item;
    const struct address_key *k = key;

    return a->bits == k->bits && addr_eq(&a->addr, &k->addr);
}

static const struct trunk_address *find_address(const struct plan *p, const struct addr *addr,
                                                unsigned bits)
{
    const struct address_key key = { *addr, bits };

    return table_find(&p->addresses, address_hash(addr, bits), same_address, &key);
}

int plan_add_trunk_address(struct plan *p, struct slice trunk, struct slice address)
{
    const struct plan_trunk *owner = find_named(p, trunk);
    const struct trunk_address *known;
    struct trunk_address *made;
    struct addr addr;
    unsigned bits;
    int err;

    if (!owner)
        return -ENOENT;
    if (!parse_address(address, &addr, &bits))
        return -EINVAL;
    known = find_address(p, &addr, bits);
    if (known)
        return known->trunk == owner ? 0 : -EEXIST;
    made = arena_take(&p->arena, sizeof *made);
    if (!made)
        return -ENOMEM;
    *made = (struct trunk_address){ addr, bits, owner };
    err = table_put(&p->addresses, address_hash(&addr, bits), made);
    if (err)
        return err == -ENOSPC ? -E2BIG : err;
    p->has_bits[bits] = true;
    return 0;
}

const struct plan_trunk *plan_find_trunk(const struct plan *p, const struct addr *addr)
{
    /* "::/0" is meant for IPv6, though IPv4 is kept as a part of it. */
    int shortest = addr_is_v4(addr) ? V4_BITS : 0;
    const struct trunk_address *found;

    if (p->addresses.used == 0)
        return NULL;
    if (p->has_bits[PLAN_BITS_MAX] && (found = find_address(p, addr, PLAN_BITS_MAX)) != NULL)
        return found->trunk;
    for (int bits = PLAN_BITS_MAX; bits >= shortest; bits--) {
        struct addr network;

        if (!p->has_bits[bits])
            continue;
        network = network_of(addr, (unsigned)bits);
        found = find_address(p, &network, (unsigned)bits);
        if (found)
            return found->trunk;
    }
    return NULL;
}

int plan_add_destination(struct plan *p, struct slice prefix, struct slice name)
{
    uint64_t ignored;
    int err;

    if (prefix.len && prefix.p[0] == '+')
        prefix = slice_of(prefix.p + 1, prefix.len - 1);
    if (!prefix_key(prefix, &ignored) || !is_name(name))
        return -EINVAL;
    name = keep(p, name);
    err = name.len ? put_destination(p, prefix, name) : -ENOMEM;
    return err == -ENOSPC ? -E2BIG : err;
}

const struct plan_destination *plan_find_destination(const struct plan *p, const char *number)
{
    struct slice digits = slice_of_text(number);
    uint64_t key;

    if (digits.len == 0 || digits.p[0] != '+')
        return NULL;
    digits = slice_of(digits.p + 1, digits.len - 1);
    if (digits.len > PLAN_PREFIX_MAX)
        digits.len = PLAN_PREFIX_MAX;
    for (; digits.len && prefix_key(digits, &key); digits.len--) {
        const struct plan_entry *entry = table_find(&p->destinations, mix(key), same_prefix, &key);

        if (entry)
            return &entry->destination;
    }
    return NULL;
}
