/*
 * throttle - how long somebody must wait before he may try a password again.
 *
 * Counted by user name, known or not, and by address (an IPv6 one by its /64). The first few tries are
 * free; each further one doubles the wait, up to THROTTLE_WAIT_MAX_S; what was tried is forgotten bit
 * by bit. A name is not held up where its user has logged in before: nobody can lock somebody out
 * by guessing at his name from elsewhere.
 *
 * Ownership  throttle_init/fini in place.
 * Thread     One at a time.
 * Bounded    THROTTLE_PLACES of each kind; when a row of them is full, what matters least makes room.
 */
#ifndef PROBE_ACCESS_THROTTLE_H
#define PROBE_ACCESS_THROTTLE_H

#include "analyzer/base/addr.h"
#include "analyzer/base/siphash.h"

enum {
    THROTTLE_ROWS = 512,
    THROTTLE_ROW = 8,
    THROTTLE_PLACES = THROTTLE_ROWS * THROTTLE_ROW,
    THROTTLE_NAME_FREE = 5,
    THROTTLE_ADDRESS_FREE = 10,
    THROTTLE_WAIT_MAX_S = 60,
    THROTTLE_FORGET_S = 300, /* after that long, one try less */
    THROTTLE_KNOWN_S = 30 * 86400,
};

struct throttle_place {
    uint64_t hash; /* 0: free */
    int64_t last_s;
    unsigned tries;
};

struct throttle {
    struct siphash_key key;
    struct throttle_place *names, *addresses, *known; /* THROTTLE_PLACES each */
};

int throttle_init(struct throttle *t); /* 0 or −ENOMEM */
void throttle_fini(struct throttle *t);

/* 0: go on, and it counts as one that failed until throttle_forgive. Else the seconds to wait. */
unsigned throttle_try(struct throttle *t, struct slice name, const struct addr *from,
                      int64_t now_s);
/* It was right. */
void throttle_forgive(struct throttle *t, struct slice name, const struct addr *from,
                      int64_t now_s);

#endif
