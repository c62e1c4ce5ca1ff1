/*
 * config_option - the table of options.
 *
 * What config.c, config_value.c, config_file.c and config_print.c share; everybody else includes probe/config.h.
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
    CONFIG_MAPS,     /* a list of maps, with the keys of its config_map */
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
    size_t offset;                  /* in struct config; of a map's keys in its struct */
    int64_t min, max;               /* of numbers, in the field's unit; of lists, of items */
    const char *fallback;           /* the default, a list's with commas; NULL: unset */
    const struct config_form *form; /* NULL: anything */
    const char *help;               /* whole sentences for the file and the manual */
};

enum {
    CONFIG_OPTIONS = 87,
    CONFIG_TRUNK_KEYS = 4,
    CONFIG_RECEIVER_KEYS = 16,
    CONFIG_MAPS_COUNT = 2
};

extern const struct config_option config_options[CONFIG_OPTIONS];
extern const struct config_option config_trunk_keys[CONFIG_TRUNK_KEYS];
extern const struct config_option config_receiver_keys[CONFIG_RECEIVER_KEYS];

/* An option that is a list of maps. */
struct config_map {
    const char *option;
    size_t item_bytes; /* of the struct that one map becomes */
    const struct config_option *keys;
    size_t key_count;
    const char *needs; /* "name and addresses", for a person */
};

extern const struct config_map config_maps[CONFIG_MAPS_COUNT];

const struct config_option *config_option_find(const char *name);

#endif
