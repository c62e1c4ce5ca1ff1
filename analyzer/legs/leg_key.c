#include "analyzer/legs/leg_key.h"

#include "analyzer/legs/leg_call.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_ROOM = 256 };

static const struct {
    const char *text;
    uint8_t class; /* names of different classes never meet */
} kinds[LEG_KEY_KIND_COUNT] = {
    [LEG_KEY_CALL_ID] = { "call_id", 0 },
    [LEG_KEY_HEADER] = { "header", 0 },
    [LEG_KEY_SESSION_FROM] = { "session_id", 1 },
    [LEG_KEY_SESSION_TO] = { "session_id", 1 },
    [LEG_KEY_ICID] = { "icid", 2 },
    [LEG_KEY_DIALLED] = { "dialled", 3 },
    [LEG_KEY_CALLER] = { "caller", 4 },
};

static int grow(struct leg_keys *k)
{
    uint32_t room = k->room ? k->room * 2 : FIRST_ROOM;
    struct leg_key *keys = realloc(k->keys, room * sizeof *keys);
    uint32_t *buckets;

    if (!keys)
        return -ENOMEM;
    k->keys = keys;
    buckets = calloc(room, sizeof *buckets);
    if (!buckets)
        return -ENOMEM;
    /* The newest key of each name moves to its new bucket. */
    for (uint32_t i = 0; k->buckets && i <= k->bucket_mask; i++) {
        for (uint32_t at = k->buckets[i], next; at; at = next) {
            uint32_t *to = &buckets[keys[at].hash & (room - 1)];

            next = keys[at].next;
            keys[at].next = *to;
            *to = at;
        }
    }
    free(k->buckets);
    k->buckets = buckets;
    k->bucket_mask = room - 1;
    k->room = room;
    return 0;
}

int leg_keys_init(struct leg_keys *k, size_t max_keys)
{
    const size_t most = UINT32_MAX / 4;

    memset(k, 0, sizeof *k);
    k->max_keys = (uint32_t)(max_keys < most ? max_keys : most);
    k->used = 1; /* 0 is no key */
    return grow(k);
}

void leg_keys_fini(struct leg_keys *k)
{
    free(k->keys);
    free(k->buckets);
    memset(k, 0, sizeof *k);
}

uint64_t leg_key_hash(const struct siphash_key *key, enum leg_key_kind kind, struct slice text)
{
    struct siphash_key salted = *key;

    salted.k[0] ^= kinds[kind].class;
    return siphash(&salted, text.p, text.len);
}

bool leg_key_is_number(uint8_t kind)
{
    return kind == LEG_KEY_DIALLED || kind == LEG_KEY_CALLER;
}

static uint32_t take_free(struct leg_keys *k)
{
    uint32_t at = k->free_head;

    if (at) {
        k->free_head = k->keys[at].next;
        k->count++;
        return at;
    }
    if (k->used > k->max_keys || (k->used == k->room && grow(k) != 0))
        return 0;
    k->count++;
    return k->used++;
}

/* Where the index of the newest key of that name stands; it holds 0 when there is none. */
static uint32_t *find_newest(const struct leg_keys *k, uint64_t hash)
{
    uint32_t *slot = &k->buckets[hash & k->bucket_mask];

    while (*slot && k->keys[*slot].hash != hash)
        slot = &k->keys[*slot].next;
    return slot;
}

/* Takes a key out of the list of its name. */
static void unlink_name(struct leg_keys *k, uint32_t at)
{
    struct leg_key *key = &k->keys[at];
    struct leg_key *older = leg_key_at(k, key->older);
    uint32_t *slot;

    if (older)
        older->newer = key->newer;
    if (key->newer) {
        k->keys[key->newer].older = key->older;
        if (!leg_key_is_number(key->kind))
            k->keys[*find_newest(k, key->hash)].carriers--;
        return;
    }
    slot = find_newest(k, key->hash);
    if (!older) {
        *slot = key->next;
        return;
    }
    older->next = key->next;
    older->carriers = key->carriers ? (uint8_t)(key->carriers - 1) : 0;
    older->common = key->common;
    *slot = key->older;
}

static void release(struct leg_keys *k, uint32_t at)
{
    unlink_name(k, at);
    k->keys[at].next = k->free_head;
    k->free_head = at;
    k->count--;
}

/* Of a name that too many carry the oldest key goes: the newest keep it marked. */
static void drop_oldest(struct leg_keys *k, uint32_t newest)
{
    uint32_t at = newest;
    uint32_t *link;

    while (k->keys[at].older)
        at = k->keys[at].older;
    link = &k->keys[at].call->first_key;
    while (*link != at)
        link = &k->keys[*link].next_of_call;
    *link = k->keys[at].next_of_call;
    release(k, at);
}

bool leg_keys_has(const struct leg_keys *k, const struct leg_call *call, uint64_t hash,
                  enum leg_key_kind kind)
{
    for (uint32_t at = call->first_key; at; at = k->keys[at].next_of_call) {
        const struct leg_key *key = &k->keys[at];

        if (key->hash == hash && (key->kind == kind || !leg_key_is_number(key->kind)))
            return true;
    }
    return false;
}

bool leg_keys_add(struct leg_keys *k, struct leg_call *call, uint64_t hash, enum leg_key_kind kind,
                  uint8_t header)
{
    uint32_t at, *slot, before;
    struct leg_key *key;

    at = take_free(k);
    if (!at)
        return false;
    slot = find_newest(k, hash);
    before = *slot;
    key = &k->keys[at];
    *key = (struct leg_key){ .hash = hash,
                             .call = call,
                             .older = before,
                             .next_of_call = call->first_key,
                             .kind = (uint8_t)kind,
                             .header = header,
                             .carriers = 1 };
    call->first_key = at;
    *slot = at;
    if (before) {
        struct leg_key *was = &k->keys[before];

        key->next = was->next;
        was->newer = at;
        key->common = was->common;
        key->carriers = (uint8_t)(was->carriers + !leg_key_is_number(key->kind));
    }
    if (key->carriers > LEG_CARRIERS_MAX) {
        key->common = true;
        drop_oldest(k, at);
    }
    return true;
}

void leg_keys_remove(struct leg_keys *k, struct leg_call *call)
{
    uint32_t at = call->first_key;

    while (at) {
        uint32_t next = k->keys[at].next_of_call;

        release(k, at);
        at = next;
    }
    call->first_key = 0;
}

bool leg_key_is_common(const struct leg_keys *k, const struct leg_key *key)
{
    return k->keys[*find_newest(k, key->hash)].common;
}

/* The callee's half alone is that of a conference, or of whom a call was transferred to. */
bool leg_key_ties(const struct leg_key *a, const struct leg_key *b)
{
    if (a->hash != b->hash || leg_key_is_number(a->kind))
        return false;
    if (a->kind == LEG_KEY_CALL_ID && b->kind == LEG_KEY_CALL_ID)
        return false; /* a Call-ID that was used again */
    return !(a->kind == LEG_KEY_SESSION_TO && b->kind == LEG_KEY_SESSION_TO);
}

const char *leg_key_text(enum leg_key_kind kind)
{
    return kinds[kind].text;
}
