/*
 * search_maker - makes a column of the values of one field (search_column.h has the forms).
 *
 * Ownership  init/fini.
 * Thread     One a maker.
 * Errors     No memory makes `failed` sticky: add freely, ask at the end.
 */
#ifndef STORAGE_SEARCH_SEARCH_MAKER_H
#define STORAGE_SEARCH_SEARCH_MAKER_H

#include "storage/search/search_column.h"
#include "storage/search/search_fields.h"

struct search_value {
    uint32_t at, len; /* in bytes */
};

struct search_maker {
    const struct search_field *field;
    const struct record_field *member;
    bool failed;
    uint32_t count, room;
    uint64_t *numbers; /* in an order of their own, of reals their bits; of texts places, from 1 */
    bool *is_known;    /* of numbers */
    struct strbuf bytes; /* of texts: each once */
    struct search_value *values;
    uint32_t distinct;
    uint32_t *slots; /* places in values, from 1, by hash */
    size_t slot_mask;
    uint64_t *codes; /* what is packed */
    uint32_t *low;   /* lower halves, of a column of phones */
    uint8_t form;    /* that was taken */
    struct strbuf scratch;
};

/* For `room` values at most, which is SEARCH_BLOCK_CALLS or less. */
void search_maker_init(struct search_maker *m, int field, uint32_t room);
void search_maker_fini(struct search_maker *m);

void search_maker_add(struct search_maker *m, const struct call_record *call);

/* The column's bytes, and between which values its numbers lie (NaN: there are none). lean: the
 * maker of field->leans_on with the same calls; NULL: none. 0 or −ENOMEM. */
int search_maker_finish(struct search_maker *m, const struct search_maker *lean, struct strbuf *out,
                        double *least, double *most);

#endif
