/*
 * live_mask - messages of the live feed for who is not to see numbers and names.
 *
 * A message is masked once, however many such clients there are and wherever they stand: what was masked
 * lately is kept, by a keyed hash of the message.
 *
 * Ownership  live_mask_init/fini in place.
 * Thread     The service thread alone.
 * Bounded    LIVE_MASK_PLACES messages, LIVE_MASK_BYTES_MAX of them.
 */
#ifndef PROBE_WEB_LIVE_MASK_H
#define PROBE_WEB_LIVE_MASK_H

#include "analyzer/base/siphash.h"
#include "analyzer/base/strbuf.h"
#include "analyzer/privacy/privacy.h"

enum { LIVE_MASK_PLACES = 2048, LIVE_MASK_BYTES_MAX = 4 << 20 };

struct live_masked {
    uint64_t hash; /* 0: free */
    char *text;
    size_t len;
};

struct live_mask {
    struct privacy view;
    struct siphash_key key;
    struct live_masked *places;
    size_t bytes;
    struct strbuf room;          /* of one that is not kept */
    uint64_t masked, from_cache; /* messages */
};

/* stored: how the store is masked; NULL: it is not. 0 or −errno. */
int live_mask_init(struct live_mask *m, const struct privacy *stored);
void live_mask_fini(struct live_mask *m);

/* What may be seen of it, as long as it was; lent until the next one. "{}" without memory. */
struct slice live_mask_show(void *mask, struct slice message);

#endif
