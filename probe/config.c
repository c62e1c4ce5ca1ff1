/*
 * To add an option: a field in struct config, a row in the table. The rest follows from the row;
 * the test says which pages are to be made anew.
 *
 * A section of the file is what stands before the dot of a name. YAML is read as a document of
 * nodes, each with its line and column; the file's size is capped, so are the errors told.
 */
#include "probe/config.h"

#include "analyzer/base/addr.h"
#include "analyzer/base/json.h"
#include "analyzer/base/nearest.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum {
    FILE_BYTES_MAX = 1 << 20,
    VALUE_BYTES_MAX = 4096,
    LIST_ITEMS_MAX = 256,
    ERRORS_MAX = 20,
    NAME_BYTES_MAX = 64,
};

enum config_type {
    CONFIG_TEXT,
    CONFIG_LIST,
    CONFIG_INT,
    CONFIG_BOOL,
    CONFIG_SIZE,     /* bytes, with KiB, MiB, GiB */
    CONFIG_DURATION, /* milliseconds, with ms, s, min, h, d */
};

static const char *const type_names[] = {
    "text", "list", "number", "yes or no", "size", "duration"
};

/* What a text, or each item of a list, must look like. */
struct config_form {
    const char *text; /* behind "is not" */
    bool (*accepts)(struct slice value);
};

struct option {
    const char *name;
    enum config_type type;
    size_t offset;
    int64_t min, max;               /* of numbers, in the field's unit */
    const char *fallback;           /* the default; NULL: unset */
    const struct config_form *form; /* NULL: anything */
    const char *help;               /* whole sentences for the file and the manual */
};

static const char *const log_levels[] = { "error", "warn", "info", "debug" };

static bool is_address(struct slice value)
{
    struct addr ignored;

    return addr_parse(value, &ignored);
}

static bool is_url(struct slice value)
{
    return (slice_istarts_with(value, SLICE("http://")) && value.len > 7) ||
           (slice_istarts_with(value, SLICE("https://")) && value.len > 8);
}

static bool is_log_level(struct slice value)
{
    for (size_t i = 0; i < sizeof log_levels / sizeof log_levels[0]; i++) {
        if (slice_eq(value, slice_of_text(log_levels[i])))
            return true;
    }
    return false;
}

static const struct config_form form_address = { "ADDRESS:PORT, like 127.0.0.1:8080 or [::1]:8080",
                                                 is_address };
static const struct config_form form_url = { "a URL that begins with http:// or https://", is_url };
static const struct config_form form_log_level = { "one of error, warn, info, debug",
                                                   is_log_level };

#define AT(field) offsetof(struct config, field)

/* clang-format off */
static const struct option options[] = {
    { "capture.interfaces", CONFIG_LIST, AT(capture_interfaces), 0, 0, NULL, NULL,
      "The network interfaces to listen on, usually those that a mirrored port feeds." },
    { "capture.filter", CONFIG_TEXT, AT(capture_filter), 0, 0, NULL, NULL,
      "A filter in the language of tcpdump, applied in the kernel. "
      "Unset, everything is read, which costs little and misses nothing." },
    { "capture.ring_mib", CONFIG_INT, AT(capture_ring_mib), 1, 2047, "256", NULL,
      "The kernel's ring for each interface, in MiB. "
      "It holds what arrives while the probe is busy; when packets are dropped, make it larger." },
    { "capture.promiscuous", CONFIG_BOOL, AT(capture_promiscuous), 0, 0, "yes", NULL,
      "Whether to take packets that are addressed to others, as those of a mirrored port are." },
    { "capture.snaplen", CONFIG_SIZE, AT(capture_snaplen), 96, 262144, "65535", NULL,
      "How much of each packet is kept. "
      "Less than the network's packets are long means that messages and audio are cut." },
    { "capture.block_timeout", CONFIG_DURATION, AT(capture_block_timeout), 1, 10000, "100ms", NULL,
      "How long the kernel may gather packets before it hands them over. "
      "Longer costs less work, shorter shows calls sooner." },
    { "store.directory", CONFIG_TEXT, AT(store_directory), 0, 0, "/var/lib/earshot", NULL,
      "Where calls and packets are kept, a folder a day." },
    { "web.listen", CONFIG_TEXT, AT(web_listen), 0, 0, "127.0.0.1:8080", &form_address,
      "Where the dashboard and the API listen. "
      "There is no login: whoever reaches this address sees every call." },
    { "web.root", CONFIG_TEXT, AT(web_root), 0, 0, NULL, NULL,
      "The folder with the dashboard's files. "
      "Unset, the one that was installed with the program." },
    { "rules.directory", CONFIG_TEXT, AT(rules_directory), 0, 0, NULL, NULL,
      "The folder with the rules that raise alerts, a YAML file each. "
      "Unset, the one that was installed with the program." },
    { "notify.webhooks", CONFIG_LIST, AT(notify_webhooks), 0, 0, NULL, &form_url,
      "URLs that every alert is posted to, as JSON." },
    { "notify.base_url", CONFIG_TEXT, AT(notify_base_url), 0, 0, NULL, &form_url,
      "What a person's browser must put before the path of a page, for the links in alerts. "
      "Unset, alerts carry no links." },
    { "user", CONFIG_TEXT, AT(user), 0, 0, NULL, NULL,
      "The user to become once the interfaces are open, when started as root. "
      "The store must be theirs to write." },
    { "log.level", CONFIG_TEXT, AT(log_level), 0, 0, "warn", &form_log_level,
      "What is told on the standard error: error, warn, info or debug, each with those before." },
};
/* clang-format on */

enum { OPTIONS = sizeof options / sizeof options[0] };

/* Where a value comes from, for the errors. */
struct origin {
    const char *name;    /* file, or the option of the command line */
    size_t line, column; /* from 1; 0: the command line */
    struct strbuf *errors;
    unsigned count;
};

static void complain(struct origin *origin, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void complain(struct origin *origin, const char *format, ...)
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

static void *field_of(const struct config *c, const struct option *o)
{
    return (char *)(uintptr_t)c + o->offset;
}

static void list_clear(struct config_list *list)
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

static int set_number(const struct option *o, void *field, struct slice value,
                      struct origin *origin)
{
    static const char *const shapes[] = {
        [CONFIG_INT] = "a whole number",
        [CONFIG_SIZE] = "a size, like 65535, 64KiB or 1MiB",
        [CONFIG_DURATION] = "a duration, like 100ms, 2s, 5min, 1h or 7d",
    };
    int64_t number;

    if (!parse_with_unit(value, o->type, &number)) {
        complain(origin, "%s: '%s' is not %s", o->name, log_text(value), shapes[o->type]);
        return -EINVAL;
    }
    if (number < o->min || number > o->max) {
        complain(origin, "%s: '%s' is not between %" PRId64 " and %" PRId64 "%s", o->name,
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
static int check_text(const struct option *o, struct slice value, struct origin *origin)
{
    if (value.len > VALUE_BYTES_MAX) {
        complain(origin, "%s: longer than %d bytes", o->name, VALUE_BYTES_MAX);
        return -EINVAL;
    }
    for (size_t i = 0; i < value.len; i++) {
        if ((unsigned char)value.p[i] < ' ') {
            complain(origin, "%s: holds a control character", o->name);
            return -EINVAL;
        }
    }
    if (o->form && !o->form->accepts(value)) {
        complain(origin, "%s: '%s' is not %s", o->name, log_text(value), o->form->text);
        return -EINVAL;
    }
    return 0;
}

/* An empty text unsets it. */
static int set_text(const struct option *o, char **field, struct slice value, struct origin *origin)
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

static int list_append(const struct option *o, struct config_list *list, struct slice value,
                       struct origin *origin)
{
    int err = check_text(o, value, origin);
    char **items, *copy;

    if (!err && value.len == 0) {
        complain(origin, "%s: an empty item", o->name);
        err = -EINVAL;
    }
    if (!err && list->n == LIST_ITEMS_MAX) {
        complain(origin, "%s: more than %d items", o->name, LIST_ITEMS_MAX);
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
static int set_one(struct config *c, const struct option *o, struct slice value,
                   struct origin *origin)
{
    void *field = field_of(c, o);

    switch (o->type) {
    case CONFIG_TEXT:
        return set_text(o, field, value, origin);
    case CONFIG_LIST:
        list_clear(field);
        return list_append(o, field, value, origin);
    case CONFIG_BOOL:
        if (parse_bool(value, field))
            return 0;
        complain(origin, "%s: '%s' is neither yes nor no", o->name, log_text(value));
        return -EINVAL;
    case CONFIG_INT:
    case CONFIG_SIZE:
    case CONFIG_DURATION:
        break;
    }
    return set_number(o, field, value, origin);
}

static const struct option *option_find(const char *name)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    }
    return NULL;
}

int config_init(struct config *c)
{
    struct strbuf errors = { 0 };
    struct origin origin = { "default", 0, 0, &errors, 0 };
    int err = 0;

    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < OPTIONS && !err; i++) {
        if (options[i].fallback)
            err = set_one(c, &options[i], slice_of_text(options[i].fallback), &origin);
    }
    strbuf_fini(&errors);
    if (err)
        config_fini(c);
    return err;
}

void config_fini(struct config *c)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        void *field = field_of(c, &options[i]);

        if (options[i].type == CONFIG_LIST)
            list_clear(field);
        if (options[i].type == CONFIG_TEXT) {
            free(*(char **)field);
            *(char **)field = NULL;
        }
    }
}

/* --- the file --- */

struct reading {
    struct config *c;
    struct origin origin;
    yaml_document_t document;
    bool seen[OPTIONS];
    int err; /* the first that is no fault of the file: −ENOMEM */
};

static struct slice scalar_of(const yaml_node_t *node)
{
    return slice_of(node->data.scalar.value, node->data.scalar.length);
}

/* What YAML calls null: nothing, ~ or null, not in quotes. */
static bool is_null(const yaml_node_t *node)
{
    struct slice s;

    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    s = scalar_of(node);
    return s.len == 0 || slice_eq(s, SLICE("~")) || slice_ieq(s, SLICE("null"));
}

static void point_at(struct reading *r, const yaml_node_t *node)
{
    r->origin.line = node->start_mark.line + 1;
    r->origin.column = node->start_mark.column + 1;
}

static void keep_error(struct reading *r, int err)
{
    if (err == -ENOMEM)
        r->err = err;
}

static void read_list(struct reading *r, const struct option *o, const yaml_node_t *node)
{
    struct config_list *list = field_of(r->c, o);

    list_clear(list);
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *value = yaml_document_get_node(&r->document, *item);

        point_at(r, value);
        if (value->type == YAML_SCALAR_NODE)
            keep_error(r, list_append(o, list, scalar_of(value), &r->origin));
        else
            complain(&r->origin, "%s: an item must be a single text", o->name);
    }
}

static void read_option(struct reading *r, const struct option *o, const yaml_node_t *key,
                        const yaml_node_t *value)
{
    bool *seen = &r->seen[o - options];

    point_at(r, key);
    if (*seen) {
        complain(&r->origin, "%s: given twice", o->name);
        return;
    }
    *seen = true;
    point_at(r, value);
    if (value->type == YAML_SEQUENCE_NODE && o->type == CONFIG_LIST)
        read_list(r, o, value);
    else if (value->type != YAML_SCALAR_NODE)
        complain(&r->origin, "%s: must be a %s", o->name,
                 o->type == CONFIG_LIST ? "list, like [a, b]" : "single value");
    else if (is_null(value) && o->type == CONFIG_LIST)
        list_clear(field_of(r->c, o));
    else if (is_null(value) && o->type == CONFIG_TEXT)
        keep_error(r, set_one(r->c, o, SLICE(""), &r->origin));
    else
        keep_error(r, set_one(r->c, o, scalar_of(value), &r->origin));
}

/* The part of an option's name that stands at this level, in `out`; false: none. */
static bool name_at_level(const struct option *o, struct slice prefix, char out[NAME_BYTES_MAX])
{
    struct slice rest = slice_of_text(o->name), part;

    if (!slice_starts_with(rest, prefix))
        return false;
    rest = slice_of(rest.p + prefix.len, rest.len - prefix.len);
    part = slice_cut(&rest, '.');
    snprintf(out, NAME_BYTES_MAX, "%.*s", (int)part.len, part.p);
    return true;
}

/* A near name at this level, or the same name in another section. */
static void complain_unknown(struct reading *r, struct slice prefix, struct slice key)
{
    char level[OPTIONS][NAME_BYTES_MAX];
    const char *names[OPTIONS], *nearest;
    size_t n = 0;

    for (size_t i = 0; i < OPTIONS; i++) {
        if (name_at_level(&options[i], prefix, level[n])) {
            names[n] = level[n];
            n++;
        }
    }
    nearest = nearest_name(key, names, n);
    for (size_t i = 0; i < OPTIONS && !nearest; i++) {
        const char *dot = strrchr(options[i].name, '.');

        if (dot && slice_eq(key, slice_of_text(dot + 1)))
            nearest = options[i].name;
    }
    if (nearest)
        complain(&r->origin, "unknown key '%s', did you mean '%s'?", log_text(key), nearest);
    else
        complain(&r->origin, "unknown key '%s'; earshot.yaml(5) lists those that there are",
                 log_text(key));
}

static bool is_section(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < OPTIONS; i++) {
        if (strncmp(options[i].name, name, len) == 0 && options[i].name[len] == '.')
            return true;
    }
    return false;
}

/* Each level is one part of a name longer, and names are few: the depth is theirs, not the file's. */
static void read_mapping(struct reading *r, const yaml_node_t *node, const char *prefix)
{
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&r->document, pair->value);
        const struct option *option;
        char name[NAME_BYTES_MAX * 2];
        struct slice text;

        point_at(r, key);
        if (key->type != YAML_SCALAR_NODE) {
            complain(&r->origin, "a key must be a single word");
            continue;
        }
        text = scalar_of(key);
        /* A name with a NUL or of great length is cut here, and then unknown or not the same. */
        snprintf(name, sizeof name, "%s%.*s", prefix, text.len > NAME_BYTES_MAX ? 0 : (int)text.len,
                 text.p);
        option = strlen(name) == strlen(prefix) + text.len ? option_find(name) : NULL;
        if (option) {
            read_option(r, option, key, value);
        } else if (strlen(name) != strlen(prefix) + text.len || !is_section(name)) {
            complain_unknown(r, slice_of_text(prefix), text);
        } else if (value->type == YAML_MAPPING_NODE) {
            strncat(name, ".", sizeof name - strlen(name) - 1);
            read_mapping(r, value, name);
        } else if (!is_null(value)) {
            point_at(r, value);
            complain(&r->origin, "'%s' is a section, its options go below it", name);
        }
    }
}

static void complain_syntax(struct origin *origin, const yaml_parser_t *parser)
{
    origin->line = parser->problem_mark.line + 1;
    origin->column = parser->problem_mark.column + 1;
    complain(origin, "%s%s%s", parser->problem ? parser->problem : "cannot be read",
             parser->context ? " " : "", parser->context ? parser->context : "");
}

static void read_documents(struct reading *r, yaml_parser_t *parser)
{
    const yaml_node_t *root;
    bool is_more;

    if (!yaml_parser_load(parser, &r->document)) {
        if (parser->error == YAML_MEMORY_ERROR)
            r->err = -ENOMEM;
        else
            complain_syntax(&r->origin, parser);
        return;
    }
    root = yaml_document_get_root_node(&r->document);
    is_more = root != NULL;
    if (root && root->type == YAML_MAPPING_NODE) {
        read_mapping(r, root, "");
    } else if (root && !is_null(root)) {
        point_at(r, root);
        complain(&r->origin, "must be options, like 'capture:' with 'filter: udp' below it");
    }
    yaml_document_delete(&r->document);
    if (!is_more)
        return;
    if (!yaml_parser_load(parser, &r->document)) {
        complain_syntax(&r->origin, parser);
        return;
    }
    root = yaml_document_get_root_node(&r->document);
    if (root) {
        point_at(r, root);
        complain(&r->origin, "a second document; one file is one configuration");
    }
    yaml_document_delete(&r->document);
}

int config_read_text(struct config *c, const char *name, struct slice text, struct strbuf *errors)
{
    struct reading r = { .c = c, .origin = { name, 0, 0, errors, 0 } };
    yaml_parser_t parser;

    if (text.len > FILE_BYTES_MAX) {
        complain(&r.origin, "larger than 1 MiB");
        return -EINVAL;
    }
    if (!yaml_parser_initialize(&parser))
        return -ENOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.len);
    read_documents(&r, &parser);
    yaml_parser_delete(&parser);
    if (r.err)
        return r.err;
    return r.origin.count ? -EINVAL : 0;
}

int config_read_file(struct config *c, const char *path, struct strbuf *errors)
{
    FILE *f = fopen(path, "re");
    char *text = NULL;
    size_t len = 0;
    int err = 0;

    if (f) {
        text = malloc(FILE_BYTES_MAX + 1);
        len = text ? fread(text, 1, FILE_BYTES_MAX + 1, f) : 0;
    }
    if (!f || !text || ferror(f)) {
        err = errno ? -errno : -EIO;
        strbuf_addf(errors, "%s: cannot be read: %s\n", path, strerror(-err));
    }
    if (f)
        fclose(f);
    if (!err)
        err = config_read_text(c, path, slice_of(text, len), errors);
    free(text);
    return err;
}

int config_set(struct config *c, const char *option, const char *called, const char *const *values,
               size_t n, struct strbuf *errors)
{
    const struct option *o = option_find(option);
    struct origin origin = { called, 0, 0, errors, 0 };
    int err = 0;

    if (!o || (n != 1 && o->type != CONFIG_LIST)) {
        complain(&origin, "%s: %s", option, o ? "takes one value" : "no such option");
        return -EINVAL;
    }
    if (o->type != CONFIG_LIST)
        return set_one(c, o, slice_of_text(values[0]), &origin);
    list_clear(field_of(c, o));
    for (size_t i = 0; i < n && !err; i++)
        err = list_append(o, field_of(c, o), slice_of_text(values[i]), &origin);
    return err;
}

/* --- what the table tells people --- */

/* The value as the file would have it; nothing when it is unset. JSON's quoting is YAML's too. */
static void print_value(const struct config *c, const struct option *o, struct strbuf *out)
{
    const void *field = field_of(c, o);
    const struct config_list *list = field;
    struct json j = json_to(out);

    switch (o->type) {
    case CONFIG_TEXT:
        if (*(char *const *)field)
            json_text(&j, slice_of_text(*(char *const *)field));
        break;
    case CONFIG_LIST:
        if (list->n == 0)
            break;
        json_array_open(&j);
        for (size_t i = 0; i < list->n; i++)
            json_text(&j, slice_of_text(list->items[i]));
        json_array_close(&j);
        break;
    case CONFIG_BOOL:
        strbuf_add_text(out, *(const bool *)field ? "yes" : "no");
        break;
    case CONFIG_INT:
    case CONFIG_SIZE:
        strbuf_addf(out, "%" PRId64, *(const int64_t *)field);
        break;
    case CONFIG_DURATION:
        strbuf_addf(out, "%" PRId64 "ms", *(const int64_t *)field);
        break;
    }
}

/* Words of the text in lines of at most 90 columns, each behind `lead`. */
static void print_wrapped(struct strbuf *out, const char *lead, const char *text)
{
    struct slice rest = slice_of_text(text);
    size_t column = 0;

    while (rest.len) {
        struct slice word = slice_cut(&rest, ' ');

        if (column && column + 1 + word.len > 90) {
            strbuf_add_char(out, '\n');
            column = 0;
        }
        if (column == 0) {
            strbuf_add_text(out, lead);
            column = strlen(lead);
        } else {
            strbuf_add_char(out, ' ');
            column++;
        }
        strbuf_add_slice(out, word);
        column += word.len;
    }
    strbuf_add_char(out, '\n');
}

void config_print(const struct config *c, struct strbuf *out)
{
    struct slice section = SLICE_ABSENT;

    strbuf_add_text(out, "# The configuration of Earshot; earshot.yaml(5) is its manual.\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        struct slice key = slice_of_text(options[i].name), own = SLICE("");
        struct strbuf value = { 0 };
        const char *indent = "";

        if (slice_find(key, '.') < key.len) {
            own = slice_cut(&key, '.');
            indent = "  ";
        }
        strbuf_add_char(out, '\n');
        if (own.len && !slice_eq(own, section))
            strbuf_addf(out, "%.*s:\n", (int)own.len, own.p);
        section = own;
        print_wrapped(out, *indent ? "  #" : "#", options[i].help);
        print_value(c, &options[i], &value);
        strbuf_addf(out, "%s%s%.*s:%s%s\n", indent, value.len ? "" : "# ", (int)key.len, key.p,
                    value.len ? " " : "", value.len ? value.p : "");
        if (value.failed)
            out->failed = true;
        strbuf_fini(&value);
    }
}

void config_print_manual(struct strbuf *out)
{
    strbuf_add_text(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *o = &options[i];

        strbuf_addf(out, ".It Cm %s Pq %s\n", o->name, type_names[o->type]);
        /* A sentence a line, as mdoc wants it. */
        for (const char *p = o->help; *p; p++) {
            bool ends = p[0] == '.' && p[1] == ' ';

            strbuf_add_char(out, *p);
            if (ends) {
                strbuf_add_char(out, '\n');
                p++;
            }
        }
        strbuf_add_char(out, '\n');
        if (o->max)
            strbuf_addf(out, "From %" PRId64 " to %" PRId64 "%s.\n", o->min, o->max,
                        o->type == CONFIG_DURATION ? " milliseconds"
                        : o->type == CONFIG_SIZE   ? " bytes"
                                                   : "");
        if (o->fallback)
            strbuf_addf(out, "Default:\n.Ql %s .\n", o->fallback);
    }
    strbuf_add_text(out, ".El\n");
}

const char *config_option_name(size_t i)
{
    return i < OPTIONS ? options[i].name : NULL;
}

enum log_level config_log_level(const struct config *c)
{
    for (size_t i = 0; i < sizeof log_levels / sizeof log_levels[0]; i++) {
        if (c->log_level && strcmp(c->log_level, log_levels[i]) == 0)
            return (enum log_level)i;
    }
    return LOG_LEVEL_WARN;
}
