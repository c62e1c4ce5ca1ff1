/*
 * search_day - the calls of one day that match, a piece of the day at a time.
 *
 * A piece is a block of the index, or some thousand rows that are in none. Each is read in a
 * transaction of its own, so that no answer, however long, keeps the writer's log from being taken
 * in; blocks may come and go between two pieces.
 *
 * Ownership  search_piece_fini.
 */
#ifndef STORAGE_SEARCH_SEARCH_DAY_H
#define STORAGE_SEARCH_SEARCH_DAY_H

#include "storage/search/search_plan.h"
#include "storage/search/search_top.h"

struct day_reader;
struct search_tally;

struct search_piece {
    struct search_top *top;     /* where matches go; NULL: to ids */
    struct search_tally *tally; /* or here: they are counted, the newest first */
    uint64_t *ids;              /* in the order of the plan */
    size_t count, room;
    uint64_t looked_at; /* calls, in all pieces */
    uint64_t reached;   /* the ids that were asked for are done up to this one, in that order */
};

void search_piece_fini(struct search_piece *piece);

/* A match. −ENOMEM. */
int search_piece_add(struct search_piece *piece, uint64_t id);

/* The next piece of the ids from first to last, both inclusive. 0 or −errno. */
int search_day_next(struct day_reader *r, const struct search_plan *plan, uint64_t first,
                    uint64_t last, struct search_piece *piece);

#endif
