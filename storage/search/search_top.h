/*
 * search_top - the first so many of what is offered in any order.
 *
 * Ownership  init/fini.
 * Memory     limit keys.
 */
#ifndef STORAGE_SEARCH_SEARCH_TOP_H
#define STORAGE_SEARCH_SEARCH_TOP_H

#include "storage/search/search_order.h"

struct search_top {
    struct search_order order;
    struct search_key after; /* only what comes behind it */
    bool has_after;
    bool failed; /* no memory: sticky */
    size_t limit, count, room;
    struct search_key *keys; /* a heap, the last of them at its top */
};

/* after: NULL: from the first. */
void search_top_init(struct search_top *top, const struct search_order *order,
                     const struct search_key *after, size_t limit);
void search_top_fini(struct search_top *top);

void search_top_offer(struct search_top *top, const struct search_key *key);

/* The key that whatever is to be taken must come before; NULL: there is room. */
const struct search_key *search_top_last(const struct search_top *top);

/* In order; nothing is offered after. */
void search_top_sort(struct search_top *top);

#endif
