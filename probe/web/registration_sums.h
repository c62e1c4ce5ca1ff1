/*
 * registration_sums - who is registered now, from rows that say how it stood on each day.
 *
 * Rows are taken newest first: the first one of a user at a registrar, from one source, says how it stands,
 * the older ones how often it was lost since. Of each no more is kept than decides where it belongs and in
 * which order it is shown, so that a hundred thousand take a few MiB; a page of them is picked, not sorted
 * out of all.
 *
 * Ownership  registration_sums_init/fini in place.
 * Bounded    REGISTRATION_SUMS_MAX users; others are left out, and `cut` says so.
 */
#ifndef PROBE_WEB_REGISTRATION_SUMS_H
#define PROBE_WEB_REGISTRATION_SUMS_H

#include "analyzer/base/siphash.h"
#include "analyzer/record.h"

enum {
    REGISTRATION_SUMS_MAX = 400000,
    /* Lost and back that often since the day before: somebody should look. Once is a reboot. */
    REGISTRATION_FLAPS_MIN = 2,
};

enum registration_state {
    REGISTRATION_REGISTERED,
    REGISTRATION_FAILING,  /* turned away, or nobody answers */
    REGISTRATION_FLAPPING, /* registered or not: it was lost and came back, again and again */
    REGISTRATION_EXPIRED,  /* the time ran out, and nobody asked for more */
    REGISTRATION_REMOVED,  /* logged out on purpose */
    REGISTRATION_STATES
};

/* "registered" */
struct slice registration_state_name(enum registration_state state);
/* REGISTRATION_STATES: none is called so. */
enum registration_state registration_state_parse(struct slice name);

/* Where one stands in the list. */
struct registration_place {
    int64_t since;  /* ns; when its state began */
    uint64_t id;    /* of its newest row */
    uint32_t flaps; /* since the day before */
    uint8_t state;  /* enum registration_state */
};

struct registration_sums {
    struct siphash_key key;
    struct registration_entry *entries;
    size_t count, room;
    uint32_t *slots; /* places in entries, and 1; 0: free */
    size_t slot_mask;
    bool cut;
};

/* 0 or −ENOMEM. key: nobody outside may know it. */
int registration_sums_init(struct registration_sums *s, const struct siphash_key *key);
void registration_sums_fini(struct registration_sums *s);

/* A row; wanted: a search asks for it. False: no memory. */
bool registration_sums_add(struct registration_sums *s, const struct registration_record *row,
                           bool wanted);

/* All rows are in: each finds its state. now_ns: as the packets count it. counts: of those wanted. */
void registration_sums_judge(struct registration_sums *s, int64_t now_ns,
                             uint64_t counts[REGISTRATION_STATES]);

/* Up to `room` of a state (REGISTRATION_STATES: of any) behind the place `after` (NULL: from the first), the
 * newest change first. Returns how many. */
size_t registration_sums_pick(const struct registration_sums *s, enum registration_state state,
                              const struct registration_place *after,
                              struct registration_place *out, size_t room);

#endif
