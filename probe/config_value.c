/*
 * Single values, lists and lists of maps, put into their fields.
 */
#include "probe/config_value.h"

#include "probe/config_form.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { VALUE_BYTES_MAX = 4096, LIST_ITEMS_MAX = 256, ERRORS_MAX = 20 };

void config_complain(struct config_origin *origin, const char *format, ...)
{
    char text[512];
    va_list args;

    if (++origin->count > ERRORS_MAX) {
        if (origin->count == ERRORS_MAX + 1)
            strbuf_addf(origin->errors, "%s: and more\n", origin->name);
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (origin->line)
        strbuf_addf(origin->errors, "%s:%zu:%zu: %s\n", origin->name, origin->line, origin->column,
                    text);
    else
        strbuf_addf(origin->errors, "%s: %s\n", origin->name, text);
}

void *config_field(void *of, const struct config_option *o)
{
    return (char *)of + o->offset;
}

void config_list_clear(struct config_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct config_list){ NULL, 0 };
}

static char *text_copy(struct slice value)
{
    char *copy = malloc(value.len + 1);

    if (copy) {
        memcpy(copy, value.p, value.len);
        copy[value.len] = '\0';
    }
    return copy;
}

/* Whole numbers with a unit. false: not of this shape, or past what 64 bits hold. */
static bool parse_with_unit(struct slice value, enum config_type type, int64_t *out)
{
    static const struct {
        const char *unit;
        enum config_type type;
        uint64_t factor;
    } units[] = {
        { "", CONFIG_INT, 1 },
        { "", CONFIG_SIZE, 1 },
        { "B", CONFIG_SIZE, 1 },
        { "KiB", CONFIG_SIZE, 1024 },
        { "MiB", CONFIG_SIZE, 1024 * 1024 },
        { "GiB", CONFIG_SIZE, 1024 * 1024 * 1024 },
        { "ms", CONFIG_DURATION, 1 },
        { "s", CONFIG_DURATION, 1000 },
        { "min", CONFIG_DURATION, 60 * 1000 },
        { "h", CONFIG_DURATION, 3600 * 1000 },
        { "d", CONFIG_DURATION, 86400 * 1000 },
    };
    size_t digits = 0;
    struct slice unit;
    uint64_t number;

    while (digits < value.len && value.p[digits] >= '0' && value.p[digits] <= '9')
        digits++;
    unit = slice_trim(slice_of(value.p + digits, value.len - digits));
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].type != type || !slice_ieq(unit, slice_of_text(units[i].unit)))
            continue;
        if (!slice_to_u64(slice_of(value.p, digits), INT64_MAX / units[i].factor, &number))
            return false;
        *out = (int64_t)(number * units[i].factor);
        return true;
    }
    return false;
}

static bool parse_bool(struct slice value, bool *out)
{
    static const struct {
        const char *text;
        bool value;
    } words[] = { { "yes", true }, { "true", true },   { "on", true },
                  { "no", false }, { "false", false }, { "off", false } };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_ieq(value, slice_of_text(words[i].text))) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

static int set_number(const struct config_option *o, void *field, struct slice value,
                      struct config_origin *origin)
{
    static const char *const shapes[] = {
        [CONFIG_INT] = "a whole number",
        [CONFIG_SIZE] = "a size, like 65535, 64KiB or 1MiB",
        [CONFIG_DURATION] = "a duration, like 100ms, 2s, 5min, 1h or 7d",
    };
    int64_t number;

    if (!parse_with_unit(value, o->type, &number)) {
        config_complain(origin, "%s: '%s' is not %s", o->name, log_text(value), shapes[o->type]);
        return -EINVAL;
    }
    if (number < o->min || number > o->max) {
        config_complain(origin, "%s: '%s' is not between %" PRId64 " and %" PRId64 "%s", o->name,
                        log_text(value), o->min, o->max,
                        o->type == CONFIG_DURATION ? " ms"
                        : o->type == CONFIG_SIZE   ? " bytes"
                                                   : "");
        return -EINVAL;
    }
    *(int64_t *)field = number;
    return 0;
}

/* Whether a text may be the option's, or an item of its list. */
static int check_text(const struct config_option *o, struct slice value,
                      struct config_origin *origin)
{
    if (value.len > VALUE_BYTES_MAX) {
        config_complain(origin, "%s: longer than %d bytes", o->name, VALUE_BYTES_MAX);
        return -EINVAL;
    }
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.p[i] < ' ') {
            config_complain(origin, "%s: holds a control character", o->name);
            return -EINVAL;
        }
    }
    if (o->form && !o->form->accepts(value)) {
        config_complain(origin, "%s: '%s' is not %s", o->name, log_text(value), o->form->text);
        return -EINVAL;
    }
    if (o->form && o->form->explains) {
        struct strbuf why = { 0 };
        bool fits = o->form->explains(value, &why);

        if (!fits)
            config_complain(origin, "%s: '%s': %s", o->name, log_text(value), why.p ? why.p : "");
        strbuf_fini(&why);
        return fits ? 0 : -EINVAL;
    }
    return 0;
}

/* An empty text unsets it. */
static int set_text(const struct config_option *o, char **field, struct slice value,
                    struct config_origin *origin)
{
    char *copy = NULL;
    int err;

    if (value.len) {
        err = check_text(o, value, origin);
        if (err)
            return err;
        copy = text_copy(value);
        if (!copy)
            return -ENOMEM;
    }
    free(*field);
    *field = copy;
    return 0;
}

int config_list_append(const struct config_option *o, struct config_list *list, struct slice value,
                       struct config_origin *origin)
{
    size_t items_max = o->max ? (size_t)o->max : LIST_ITEMS_MAX;
    int err = check_text(o, value, origin);
    char **items, *copy;

    if (!err && value.len == 0) {
        config_complain(origin, "%s: an empty item", o->name);
        err = -EINVAL;
    }
    if (!err && list->n == items_max) {
        config_complain(origin, "%s: more than %zu items", o->name, items_max);
        err = -EINVAL;
    }
    if (err)
        return err;
    copy = text_copy(value);
    items = copy ? realloc(list->items, (list->n + 1) * sizeof *items) : NULL;
    if (!items) {
        free(copy);
        return -ENOMEM;
    }
    list->items = items;
    list->items[list->n++] = copy;
    return 0;
}

/* One value. A list becomes a list of that one. */
int config_set_one(void *of, const struct config_option *o, struct slice value,
                   struct config_origin *origin)
{
    void *field = config_field(of, o);

    switch (o->type) {
    case CONFIG_TEXT:
        return set_text(o, field, value, origin);
    case CONFIG_LIST:
        config_list_clear(field);
        return config_list_append(o, field, value, origin);
    case CONFIG_BOOL:
        if (parse_bool(value, field))
            return 0;
        config_complain(origin, "%s: '%s' is neither yes nor no", o->name, log_text(value));
        return -EINVAL;
    case CONFIG_MAPS:
        config_complain(origin, "%s: must be a list of maps, each with %s", o->name,
                        config_map_of(o)->needs);
        return -EINVAL;
    case CONFIG_INT:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
        break;
    }
    return set_number(o, field, value, origin);
}

/* ---- lists of maps ---- */

const struct config_map *config_map_of(const struct config_option *o)
{
    for (size_t i = 0; i < CONFIG_MAPS_COUNT; i++) {
        if (strcmp(config_maps[i].option, o->name) == 0)
            return &config_maps[i];
    }
    return NULL;
}

/* The field is a struct of its own kind with a pointer and a count, like struct config_trunks. */
struct config_items config_items_of(const void *field)
{
    struct config_items items;

    memcpy(&items, field, sizeof items);
    return items;
}

void *config_items_at(const struct config_items *items, const struct config_map *map, size_t i)
{
    return (char *)items->items + i * map->item_bytes;
}

static void clear_values(void *of, const struct config_option *options, size_t n);

void config_items_clear(const struct config_option *o, void *field)
{
    const struct config_map *map = config_map_of(o);
    struct config_items items = config_items_of(field);

    for (size_t i = 0; i < items.n; i++)
        clear_values(config_items_at(&items, map, i), map->keys, map->key_count);
    free(items.items);
    items = (struct config_items){ NULL, 0 };
    memcpy(field, &items, sizeof items);
}

static int set_default(void *of, const struct config_option *o, struct config_origin *origin);

int config_items_append(const struct config_option *o, void *field, struct config_origin *origin,
                        void **item)
{
    const struct config_map *map = config_map_of(o);
    struct config_items items = config_items_of(field);
    void *grown;
    int err = 0;

    if (items.n == (size_t)o->max) {
        config_complain(origin, "%s: more than %" PRId64 " items", o->name, o->max);
        return -EINVAL;
    }
    grown = realloc(items.items, (items.n + 1) * map->item_bytes);
    if (!grown)
        return -ENOMEM;
    items.items = grown;
    *item = config_items_at(&items, map, items.n);
    memset(*item, 0, map->item_bytes);
    items.n++;
    memcpy(field, &items, sizeof items);
    for (size_t i = 0; i < map->key_count && !err; i++)
        err = set_default(*item, &map->keys[i], origin);
    return err;
}

/* ---- all of it ---- */

const struct config_option *config_option_find(const char *name)
{
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        if (strcmp(config_options[i].name, name) == 0)
            return &config_options[i];
    }
    return NULL;
}

static int set_default(void *of, const struct config_option *o, struct config_origin *origin)
{
    struct slice rest = slice_of_text(o->fallback);
    int err = 0;

    if (o->type != CONFIG_LIST)
        return o->fallback ? config_set_one(of, o, rest, origin) : 0;
    while (rest.len && !err)
        err = config_list_append(o, config_field(of, o), slice_trim(slice_cut(&rest, ',')), origin);
    return err;
}

int config_init(struct config *c)
{
    struct strbuf errors = { 0 };
    struct config_origin origin = { "default", 0, 0, &errors, 0 };
    int err = 0;

    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < CONFIG_OPTIONS && !err; i++)
        err = set_default(c, &config_options[i], &origin);
    strbuf_fini(&errors);
    if (err)
        config_fini(c);
    return err;
}

static void clear_values(void *of, const struct config_option *options, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        void *field = config_field(of, &options[i]);

        if (options[i].type == CONFIG_LIST)
            config_list_clear(field);
        if (options[i].type == CONFIG_MAPS)
            config_items_clear(&options[i], field);
        if (options[i].type == CONFIG_TEXT) {
            free(*(char **)field);
            *(char **)field = NULL;
        }
    }
}

void config_fini(struct config *c)
{
    clear_values(c, config_options, CONFIG_OPTIONS);
}

int config_set(struct config *c, const char *option, const char *called, const char *const *values,
               size_t n, struct strbuf *errors)
{
    const struct config_option *o = config_option_find(option);
    struct config_origin origin = { called, 0, 0, errors, 0 };
    int err = 0;

    if (!o || (n != 1 && o->type != CONFIG_LIST)) {
        config_complain(&origin, "%s: %s", option, o ? "takes one value" : "no such option");
        return -EINVAL;
    }
    if (o->type != CONFIG_LIST)
        return config_set_one(c, o, slice_of_text(values[0]), &origin);
    config_list_clear(config_field(c, o));
    for (size_t i = 0; i < n && !err; i++)
        err = config_list_append(o, config_field(c, o), slice_of_text(values[i]), &origin);
    return err;
}

enum log_level config_log_level(const struct config *c)
{
    int level = c->log_level ? config_log_level_find(slice_of_text(c->log_level)) : -1;

    return level < 0 ? LOG_LEVEL_WARN : (enum log_level)level;
}

void config_hours(const struct config *c, uint8_t *from, uint8_t *to)
{
    if (!c->security_hours || !config_parse_hours(slice_of_text(c->security_hours), from, to))
        *from = *to = 0;
}
