/*
 * config_value - one value, a list or a list of maps put into its field of struct config.
 *
 * Ownership  Fields own their texts and lists; config_fini frees them.
 * Errors     −EINVAL after a complaint: a whole sentence with its place.
 */
#ifndef PROBE_CONFIG_VALUE_H
#define PROBE_CONFIG_VALUE_H

#include "probe/config_option.h"

/* Where a value comes from, for the errors. */
struct config_origin {
    const char *name;    /* the file, or the option of the command line */
    size_t line, column; /* from 1; 0: the command line */
    struct strbuf *errors;
    unsigned count;
};

void config_complain(struct config_origin *origin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The option's field in the struct that it belongs to. */
void *config_field(void *of, const struct config_option *o);

/* One value into the option's field; a list becomes a list of that one. 0, −ENOMEM, or −EINVAL
 * after a complaint. */
int config_set_one(void *of, const struct config_option *o, struct slice value,
                   struct config_origin *origin);

const struct config_map *config_map_of(const struct config_option *o);

/* What struct config_trunks and its like have in common. */
struct config_items {
    void *items;
    size_t n;
};

struct config_items config_items_of(const void *field);
void *config_items_at(const struct config_items *items, const struct config_map *map, size_t i);
/* One more with the defaults of its keys, good until the next. 0, −ENOMEM, or −EINVAL after a complaint. */
int config_items_append(const struct config_option *o, void *field, struct config_origin *origin,
                        void **item);
void config_items_clear(const struct config_option *o, void *field);

void config_list_clear(struct config_list *list);
int config_list_append(const struct config_option *o, struct config_list *list, struct slice value,
                       struct config_origin *origin);

#endif
