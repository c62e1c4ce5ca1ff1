/*
 * search_tally - how often each value of some fields stands in the newest calls that a filter means.
 *
 * What the facets of the page are made of: from the columns of the search index where there is one, so
 * that ten thousand calls that lie far apart cost no ten thousand rows.
 *
 * Ownership  search_tally_new/free; texts of values live as long as it.
 * Memory     SEARCH_TALLY_VALUES_MAX values a field; calls with others are counted together.
 * Errors     −errno, as search_calls.
 */
#ifndef STORAGE_SEARCH_SEARCH_TALLY_H
#define STORAGE_SEARCH_SEARCH_TALLY_H

#include "analyzer/base/arena.h"
#include "storage/search/search.h"

struct search_column;

enum {
    SEARCH_TALLY_FIELDS_MAX = 16,
    SEARCH_TALLY_VALUES_MAX = 512,
    SEARCH_TALLY_TEXT_MAX = 256, /* bytes of a value; longer ones are among the others */
};

/* What is counted of one field of the call record. */
struct search_tally_kind {
    const char *member;
    bool is_names;        /* a JSON array of names: each of them counts */
    const double *bounds; /* of numbers: how many bounds a number reaches stands for it */
    size_t bound_count;   /* 0: each number stands for itself */
};

struct search_tally_value {
    struct slice text; /* of texts and names */
    double number;     /* of numbers: itself, or how many bounds it reaches */
    uint64_t calls;
};

struct search_tally_field {
    const struct search_tally_kind *kind;
    const struct record_field *member;
    int number; /* of its column; −1: it has none */
    struct search_tally_value values[SEARCH_TALLY_VALUES_MAX]; /* those with most calls first */
    size_t count;
    uint64_t others; /* calls with values that found no room */
};

struct search_tally {
    struct search_tally_field *fields;
    size_t field_count;
    size_t limit;       /* calls */
    uint64_t looked_at; /* calls that match and were counted; limit: there may be more */
    struct arena texts;
};

/* NULL: no memory, or a member that is none. kinds outlive it. */
struct search_tally *search_tally_new(const struct search_tally_kind *kinds, size_t count,
                                      size_t limit);
void search_tally_free(struct search_tally *t);

/* Counts. filter NULL: every call. */
int search_tally_calls(struct query *q, const struct filter *filter, struct search_tally *t);

/* One more call, by its record. */
void search_tally_add_call(struct search_tally *t, const struct call_record *call);

/* So many calls more with that value; an absent text and NaN are unknown, and not counted. */
void search_tally_add_text(struct search_tally *t, struct search_tally_field *f, struct slice text,
                           uint64_t calls);
void search_tally_add_number(struct search_tally_field *f, double number, uint64_t calls);

/* Of the matches of a block, 64 a word, only the newest that there is room for stay; how many. */
uint64_t search_tally_keep_newest(const struct search_tally *t, uint64_t *matches, uint32_t words);

/* The values that the matches have in a column. 0 or −ENOMEM. */
int search_tally_add_column(struct search_tally *t, struct search_tally_field *f,
                            const struct search_column *c, const uint64_t *matches);

#endif
