/*
 * destinations - which destinations were ever called.
 *
 * Ownership  destinations_init/fini in place; memory comes with the first call.
 * Bounded    DESTINATIONS_MAX: beyond, none is new any more.
 */
#ifndef ANALYZER_SECURITY_DESTINATIONS_H
#define ANALYZER_SECURITY_DESTINATIONS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    DESTINATIONS_SLOTS = 32768, /* a power of two */
    DESTINATIONS_MAX = DESTINATIONS_SLOTS / 2,
    /* What every probe has to learn first: a day, with each hour in it, and calls enough that the
     * usual destinations were among them. */
    DESTINATIONS_LEARN_S = 86400,
    DESTINATIONS_LEARN_CALLS = 200,
};

struct destination_slot {
    uint64_t hash; /* 0: free */
    int64_t new_until_s;
    uint32_t calls; /* since it was new */
};

struct destinations {
    struct destination_slot *slots;
    uint32_t used;
    uint64_t calls;
    int64_t first_s;
};

/* A call to it. 0: nothing new; else how many there were since it was. window_s: so long it stays
 * new. */
uint32_t destinations_call(struct destinations *d, uint64_t hash, uint32_t window_s, int64_t now_s);
void destinations_fini(struct destinations *d);

#endif
