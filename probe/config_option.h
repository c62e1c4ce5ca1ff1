/*
 * config_option - the table of options, and one value put into its field.
 *
 * What config.c, config_file.c and config_print.c share; everybody else includes probe/config.h.
 */
#ifndef PROBE_CONFIG_OPTION_H
#define PROBE_CONFIG_OPTION_H

#include "probe/config.h"

enum config_type {
    CONFIG_TEXT,
    CONFIG_LIST,
    CONFIG_INT,
    CONFIG_BOOL,
    CONFIG_SIZE,     /* bytes, with KiB, MiB, GiB */
    CONFIG_DURATION, /* milliseconds, with ms, s, min, h, d */
    CONFIG_TRUNKS,   /* a list of maps, with the keys of config_trunk_keys */
};

/* What a text, or each item of a list, must look like. */
struct config_form {
    const char *text; /* behind "is not" */
    bool (*accepts)(struct slice value);
    /* NULL, or more to check, with a sentence of its own in *why. */
    bool (*explains)(struct slice value, struct strbuf *why);
};

struct config_option {
    const char *name;
    enum config_type type;
    size_t offset;                  /* in struct config; of a trunk's keys in struct config_trunk */
    int64_t min, max;               /* of numbers, in the field's unit; of lists, of items */
    const char *fallback;           /* the default, a list's with commas; NULL: unset */
    const struct config_form *form; /* NULL: anything */
    const char *help;               /* whole sentences for the file and the manual */
};

enum { CONFIG_OPTIONS = 59, CONFIG_TRUNK_KEYS = 4 };

extern const struct config_option config_options[CONFIG_OPTIONS];
extern const struct config_option config_trunk_keys[CONFIG_TRUNK_KEYS];

/* Where a value comes from, for the errors. */
struct config_origin {
    const char *name;    /* the file, or the option of the command line */
    size_t line, column; /* from 1; 0: the command line */
    struct strbuf *errors;
    unsigned count;
};

void config_complain(struct config_origin *origin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

const struct config_option *config_option_find(const char *name);

/* The option's field in the struct that it belongs to. */
void *config_field(void *of, const struct config_option *o);

/* One value into the option's field; a list becomes a list of that one. 0, −ENOMEM, or −EINVAL
 * after a complaint. */
int config_set_one(void *of, const struct config_option *o, struct slice value,
                   struct config_origin *origin);

/* A trunk with the defaults of its keys; NULL without memory, or (after a complaint) over the cap. */
struct config_trunk *config_trunks_append(const struct config_option *o,
                                          struct config_trunks *trunks,
                                          struct config_origin *origin);
void config_trunks_clear(struct config_trunks *trunks);

void config_list_clear(struct config_list *list);
int config_list_append(const struct config_option *o, struct config_list *list, struct slice value,
                       struct config_origin *origin);

#endif
