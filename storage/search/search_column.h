/*
 * search_column - one field of the calls of a block, as it lies in search_columns.data.
 *
 * Four forms; whoever makes a column takes the one that is smallest:
 *
 *   numbers      base and packed differences from it; all bits set is "unknown". A real is a whole
 *                number of its last decimal, or its 64 bits where it has more of them.
 *   dictionary   each value once, and packed places in that list; 0 is "absent". A test looks
 *                at each value once. Addresses are texts of 18 bytes here: IP, port.
 *   phones       16 nibbles each (search_pack.h): the lower 8 as they are, the upper 8 by packed
 *                places in a dictionary (0: absent, 1: no phone number, it is in a list beside).
 *   texts        packed lengths (0: absent, else one more) and all bytes in a row.
 *
 * A column may also say "the same as another one", whole or in its lower halves: a number of the
 * dial plan is that of From or To, most of the time.
 *
 * A header of 8 bytes, form, bits, decimals or field, flags, count, little-endian like all that
 * follows; search_maker.c writes what search_column.c reads.
 *
 * Ownership  search_column_open/close; borrows the bytes and the column it leans on.
 * Thread     Pure.
 * Errors     The bytes are a stranger's: −EUCLEAN where they contradict themselves; −ENOMEM.
 */
#ifndef STORAGE_SEARCH_SEARCH_COLUMN_H
#define STORAGE_SEARCH_SEARCH_COLUMN_H

#include "analyzer/filter/filter.h"
#include "storage/search/search_order.h"

enum {
    SEARCH_BLOCK_CALLS = 16384,
    SEARCH_BLOCK_CALLS_MAX = 65536, /* that is read */
    SEARCH_WORDS_MAX = SEARCH_BLOCK_CALLS_MAX / 64,
    SEARCH_COLUMN_HEAD = 8,
    SEARCH_COLUMN_BYTES_MAX = 64 << 20,
    SEARCH_ADDR_BYTES = 18,
};

enum search_form {
    SEARCH_NUMBERS = 1,
    SEARCH_DICTIONARY,
    SEARCH_PHONES,
    SEARCH_TEXTS,
    SEARCH_SAME, /* decimals: the field */
};

enum search_flags {
    SEARCH_HAS_UNKNOWN = 1,  /* numbers: all bits set is one */
    SEARCH_ALL_UNKNOWN = 2,  /* numbers: there is nothing else */
    SEARCH_IS_RAW = 4,       /* numbers: doubles in an order of their own */
    SEARCH_IS_PACKED = 8,    /* dictionary, texts: by LZ4 */
    SEARCH_LOW_IS_SAME = 16, /* phones: as those of field `decimals` */
    SEARCH_HAS_OTHERS = 32,  /* phones: texts that are none */
};

/* Of an upper half in a phone column; from SEARCH_PHONE_HIGH on, places in the dictionary. */
enum { SEARCH_PHONE_ABSENT, SEARCH_PHONE_OTHER, SEARCH_PHONE_HIGH };

/* The kind, beside enum field_kind, of a column of Call-IDs: numbers, of their first bytes. */
enum { SEARCH_KIND_HEAD = 100, SEARCH_HEAD_BYTES = 6 };

struct search_column {
    uint8_t form, bits, decimals, flags;
    uint8_t kind; /* enum field_kind of the member */
    uint32_t count;
    uint64_t base;        /* numbers */
    const uint8_t *codes; /* numbers, dictionary; phones: of the upper halves; texts: lengths */
    uint32_t distinct;    /* dictionary, phones: values; codes over it are none */
    struct slice *values; /* dictionary; texts: one a row; phones: the other ones */
    const uint8_t *low;   /* phones: 4 bytes a row */
    const uint8_t *highs; /* phones: 4 bytes a value */
    const uint8_t *other_rows; /* phones: 4 bytes each, ascending */
    uint32_t others;
    const struct search_column *same;
    void *memory; /* of values */
    char *unpacked;
};

/* The field that the column leans on; −1: none. To be opened before, for search_column_open. */
int search_column_leans_on(struct slice bytes);

int search_column_open(struct search_column *c, struct slice bytes, uint32_t count, uint8_t kind,
                       const struct search_column *same);
void search_column_close(struct search_column *c);

/* Sets the bits of the rows that pass, of those set in `among`; every word of out is written. */
int search_column_match(const struct search_column *c, const struct filter_test *test,
                        const uint64_t *among, uint64_t *out);

/* The rows of `among` whose number lies between: what sorting asks. False: not of numbers. */
bool search_column_between(const struct search_column *c, double least, double most,
                           const uint64_t *among, uint64_t *out);

/* The rows of `among` whose text may come before `last`, a text, or be equal to it. 1; 0: nothing can be said of
 * such a column; −ENOMEM. */
int search_column_precede(const struct search_column *c, const struct search_key *last,
                          bool ascending, const uint64_t *among, uint64_t *out);

/* The first bytes of a text as a number that sorts as they do; zeros behind its end. */
uint64_t search_head(struct slice text);

/* The rows of `among` that may begin with the text. True: they do. */
bool search_column_heads(const struct search_column *c, struct slice prefix, const uint64_t *among,
                         uint64_t *out);

/* Of the column of ids. */
uint64_t search_column_id(const struct search_column *c, uint32_t row);

/* What is looked for, where the lower halves of phone numbers tell whether it can be there. */
struct search_low {
    uint32_t value, mask;
};

bool search_low_make(struct search_low *low, const struct filter_test *test);

/* Whether any of the lower halves fits. They begin SEARCH_COLUMN_HEAD bytes into a column. */
bool search_low_any(const struct search_low *low, const uint32_t *halves, uint32_t count);

/* The place in `values` of the row's value; false: it has none. Of dictionaries alone. */
bool search_column_place(const struct search_column *c, uint32_t row, uint32_t *place);

/* The key of one row, but for its id. */
void search_column_key(const struct search_column *c, uint32_t row, struct search_key *key);

#endif
