/*
 * leg_key - which calls carry the same name: a Session-ID, a header's value, a number.
 *
 * A key is one name in one call. Keys of one name stand in a list, newest first. A name of a call
 * that many calls carry is nobody's name: from LEG_CARRIERS_MAX on it is marked common, and of its
 * keys only the newest are kept, so that it stays marked as long as anybody carries it. Numbers
 * (LEG_KEY_DIALLED, LEG_KEY_CALLER) are many calls' by nature: their lists are long, and are
 * walked from a call to its neighbours in time.
 *
 * Ownership  leg_keys_init/fini. Keys live in one block that grows; 0 is no key.
 * Bounded    max_keys; leg_keys_add says false beyond.
 */
#ifndef ANALYZER_LEGS_LEG_KEY_H
#define ANALYZER_LEGS_LEG_KEY_H

#include "analyzer/base/siphash.h"
#include "analyzer/base/slice.h"

enum { LEG_CARRIERS_MAX = 8 };

/* What a name is. Only names of one class can be equal. */
enum leg_key_kind {
    LEG_KEY_CALL_ID,      /* its own, in case another call's header says it */
    LEG_KEY_HEADER,       /* of the list that the configuration gives */
    LEG_KEY_SESSION_FROM, /* the caller's half of a Session-ID */
    LEG_KEY_SESSION_TO,   /* the callee's */
    LEG_KEY_ICID,
    LEG_KEY_DIALLED,
    LEG_KEY_CALLER,
    LEG_KEY_KIND_COUNT
};

struct leg_call;

struct leg_key {
    uint64_t hash;
    struct leg_call *call;
    uint32_t newer, older; /* keys of the same name */
    uint32_t next;         /* the newest keys of other names in the bucket; else the free list */
    uint32_t next_of_call;
    uint8_t kind;     /* enum leg_key_kind */
    uint8_t header;   /* which one of the list */
    uint8_t carriers; /* in the newest key: of a call's name, up to LEG_CARRIERS_MAX + 1 */
    bool common;      /* in the newest key: nobody's name */
};

struct leg_keys {
    struct leg_key *keys;
    uint32_t *buckets;
    uint32_t room, used, free_head;
    uint32_t count; /* keys in use */
    uint32_t bucket_mask;
    uint32_t max_keys;
};

/* 0 or −ENOMEM. */
int leg_keys_init(struct leg_keys *k, size_t max_keys);
void leg_keys_fini(struct leg_keys *k);

/* The name's hash within its class. */
uint64_t leg_key_hash(const struct siphash_key *key, enum leg_key_kind kind, struct slice text);

bool leg_key_is_number(uint8_t kind);

/* Does the call have that name, of any kind? */
bool leg_keys_has(const struct leg_keys *k, const struct leg_call *call, uint64_t hash,
                  enum leg_key_kind kind);

/* The call must not have the name yet. False: no room for it. */
bool leg_keys_add(struct leg_keys *k, struct leg_call *call, uint64_t hash, enum leg_key_kind kind,
                  uint8_t header);

/* All keys of the call. */
void leg_keys_remove(struct leg_keys *k, struct leg_call *call);

static inline struct leg_key *leg_key_at(const struct leg_keys *k, uint32_t at)
{
    return at ? &k->keys[at] : NULL;
}

/* Is the name of this key carried by too many? */
bool leg_key_is_common(const struct leg_keys *k, const struct leg_key *key);

/* Does the one key in a and the one in b make the two calls one conversation? */
bool leg_key_ties(const struct leg_key *a, const struct leg_key *b);

/* For evidence: "session_id". */
const char *leg_key_text(enum leg_key_kind kind);

#endif
