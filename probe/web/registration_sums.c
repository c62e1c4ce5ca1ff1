#include "probe/web/registration_sums.h"

#include "analyzer/record_id.h"

#include <errno.h>
#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)
/* As the analyzer has it: a refresh of the last moment that was lost once is no loss. */
#define GRACE_NS (5 * NS_PER_S)

enum { FIRST_ROOM = 1024, TEXT_MAX = 128 };

/* What its newest row said. */
enum word { WORD_REGISTERED, WORD_EXPIRED, WORD_REMOVED, WORD_FAILING };

struct registration_entry {
    uint64_t hash;
    uint64_t id;
    int64_t since, expires, first_seen;
    uint32_t flaps, flaps_before; /* all in all; at the end of the day that they are counted from */
    uint8_t word;                 /* enum word */
    uint8_t state;                /* enum registration_state */
    bool wanted;
};

static const struct slice names[REGISTRATION_STATES] = {
    SLICE_INIT("registered"), SLICE_INIT("failing"), SLICE_INIT("flapping"),
    SLICE_INIT("expired"),    SLICE_INIT("removed"),
};

struct slice registration_state_name(enum registration_state state)
{
    return names[state];
}

enum registration_state registration_state_parse(struct slice name)
{
    unsigned state = 0;

    while (state < REGISTRATION_STATES && !slice_eq(names[state], name))
        state++;
    return (enum registration_state)state;
}

int registration_sums_init(struct registration_sums *s, const struct siphash_key *key)
{
    *s = (struct registration_sums){ .key = *key, .room = FIRST_ROOM };
    s->entries = calloc(s->room, sizeof *s->entries);
    s->slot_mask = 2 * FIRST_ROOM - 1;
    s->slots = calloc(s->slot_mask + 1, sizeof *s->slots);
    if (s->entries && s->slots)
        return 0;
    registration_sums_fini(s);
    return -ENOMEM;
}

void registration_sums_fini(struct registration_sums *s)
{
    free(s->entries);
    free(s->slots);
    s->entries = NULL;
    s->slots = NULL;
}

static void put_slot(struct registration_sums *s, size_t at)
{
    size_t i = s->entries[at].hash & s->slot_mask;

    while (s->slots[i])
        i = (i + 1) & s->slot_mask;
    s->slots[i] = (uint32_t)at + 1;
}

static bool grow(struct registration_sums *s)
{
    size_t room = 2 * s->room;
    struct registration_entry *entries = realloc(s->entries, room * sizeof *entries);
    uint32_t *slots;

    if (!entries)
        return false;
    s->entries = entries;
    slots = calloc(2 * room, sizeof *slots);
    if (!slots)
        return false;
    free(s->slots);
    s->slots = slots;
    s->slot_mask = 2 * room - 1;
    s->room = room;
    for (size_t i = 0; i < s->count; i++)
        put_slot(s, i);
    return true;
}

/* Of 64 bits with a key that nobody knows: two of a million users meet once in 37 million stores. */
static uint64_t hash_of(const struct registration_sums *s, const struct registration_record *row)
{
    const struct slice texts[] = { row->user, row->domain, row->source, row->registrar };
    char bytes[4 * (TEXT_MAX + 1)];
    size_t at = 0;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t len = texts[i].len < TEXT_MAX ? texts[i].len : TEXT_MAX;

        if (len)
            memcpy(bytes + at, texts[i].p, len);
        at += len;
        bytes[at++] = (char)len; /* so that no two lists of texts are one */
    }
    return siphash(&s->key, bytes, at);
}

static struct registration_entry *find(struct registration_sums *s, uint64_t hash)
{
    for (size_t i = hash & s->slot_mask; s->slots[i]; i = (i + 1) & s->slot_mask) {
        if (s->entries[s->slots[i] - 1].hash == hash)
            return &s->entries[s->slots[i] - 1];
    }
    return NULL;
}

static enum word word_of(struct slice state)
{
    if (slice_eq(state, SLICE("registered")))
        return WORD_REGISTERED;
    if (slice_eq(state, SLICE("expired")))
        return WORD_EXPIRED;
    return slice_eq(state, SLICE("removed")) ? WORD_REMOVED : WORD_FAILING;
}

static uint32_t flaps_of(const struct registration_record *row)
{
    return row->flaps > 0 ? (uint32_t)row->flaps : 0;
}

/* An older row: how often it had been lost by the end of that day. The nearest one of the day before
 * yesterday or earlier counts, else nothing before its beginning. */
static void look_back(struct registration_entry *e, const struct registration_record *row)
{
    int32_t days = record_id_day(e->id) - record_id_day(row->id);

    /* Another beginning: the probe was started anew, and counts from there. */
    if (row->first_seen == e->first_seen && days >= 2 && e->flaps_before == 0)
        e->flaps_before = flaps_of(row);
}

bool registration_sums_add(struct registration_sums *s, const struct registration_record *row,
                           bool wanted)
{
    uint64_t hash = hash_of(s, row);
    struct registration_entry *e = find(s, hash);

    if (e) {
        look_back(e, row);
        return true;
    }
    if (s->count == REGISTRATION_SUMS_MAX) {
        s->cut = true;
        return true;
    }
    if (s->count == s->room && !grow(s))
        return false;
    s->entries[s->count] = (struct registration_entry){ .hash = hash,
                                                        .id = row->id,
                                                        .since = row->since,
                                                        .expires = row->expires_time,
                                                        .first_seen = row->first_seen,
                                                        .flaps = flaps_of(row),
                                                        .word = (uint8_t)word_of(row->state),
                                                        .wanted = wanted };
    put_slot(s, s->count++);
    return true;
}

static uint32_t recent_flaps(const struct registration_entry *e)
{
    return e->flaps > e->flaps_before ? e->flaps - e->flaps_before : 0;
}

/* The probe that could have said so may be gone: a time that has run out has run out all the same. */
static void expire(struct registration_entry *e, int64_t now_ns)
{
    if (e->word != WORD_REGISTERED || e->expires == RECORD_NONE || e->expires + GRACE_NS > now_ns)
        return;
    e->word = WORD_EXPIRED;
    e->since = e->expires;
}

static enum registration_state state_of(const struct registration_entry *e)
{
    if (e->word == WORD_FAILING)
        return REGISTRATION_FAILING;
    if (e->word == WORD_REMOVED)
        return REGISTRATION_REMOVED;
    if (recent_flaps(e) >= REGISTRATION_FLAPS_MIN)
        return REGISTRATION_FLAPPING;
    return e->word == WORD_REGISTERED ? REGISTRATION_REGISTERED : REGISTRATION_EXPIRED;
}

void registration_sums_judge(struct registration_sums *s, int64_t now_ns,
                             uint64_t counts[REGISTRATION_STATES])
{
    for (int i = 0; i < REGISTRATION_STATES; i++)
        counts[i] = 0;
    for (size_t i = 0; i < s->count; i++) {
        struct registration_entry *e = &s->entries[i];

        expire(e, now_ns);
        e->state = (uint8_t)state_of(e);
        counts[e->state] += e->wanted;
    }
}

/* Does a come after b in the list? */
static bool is_after(const struct registration_place *a, const struct registration_place *b)
{
    return a->since != b->since ? a->since < b->since : a->id < b->id;
}

/* A heap with the last one of the list on top. */
static void sink(struct registration_place *heap, size_t n, size_t at)
{
    for (;;) {
        size_t last = at, child = 2 * at + 1;
        struct registration_place moved = heap[at];

        for (size_t i = child; i < child + 2 && i < n; i++) {
            if (is_after(&heap[i], &heap[last]))
                last = i;
        }
        if (last == at)
            return;
        heap[at] = heap[last];
        heap[last] = moved;
        at = last;
    }
}

static void rise(struct registration_place *heap, size_t at)
{
    while (at > 0 && is_after(&heap[at], &heap[(at - 1) / 2])) {
        struct registration_place moved = heap[at];

        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = moved;
        at = (at - 1) / 2;
    }
}

static int compare_places(const void *a, const void *b)
{
    return is_after(a, b) - is_after(b, a);
}

size_t registration_sums_pick(const struct registration_sums *s, enum registration_state state,
                              const struct registration_place *after,
                              struct registration_place *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < s->count && room; i++) {
        const struct registration_entry *e = &s->entries[i];
        const struct registration_place place = { e->since, e->id, recent_flaps(e), e->state };

        if (!e->wanted || (state != REGISTRATION_STATES && e->state != state) ||
            (after && !is_after(&place, after)))
            continue;
        if (n < room) {
            out[n] = place;
            rise(out, n++);
        } else if (is_after(&out[0], &place)) {
            out[0] = place;
            sink(out, n, 0);
        }
    }
    if (n)
        qsort(out, n, sizeof *out, compare_places);
    return n;
}
