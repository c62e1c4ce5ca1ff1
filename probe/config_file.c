/*
 * YAML is read as a document of nodes, each with its line and column. A section of the file is what
 * stands before the dot of an option's name. The file's size is capped, and so are the errors told.
 */
#include "probe/config_value.h"

#include "analyzer/base/nearest.h"
#include "analyzer/plan/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

enum {
    FILE_BYTES_MAX = 256 << 10, /* the sample with all its comments is 5 KiB, a trunk 200 bytes */
    BRACKETS_OPEN_MAX = 64,     /* a list in a section needs two */
    NAME_BYTES_MAX = 64,
};

struct reading {
    struct config *c;
    struct config_origin origin;
    yaml_document_t document;
    bool seen[CONFIG_OPTIONS];
    struct plan *plan; /* of the trunks so far: two must not share a name, or an address */
    int err;           /* the first that is no fault of the file: −ENOMEM */
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

static void read_list(struct reading *r, const struct config_option *o, struct config_list *list,
                      const yaml_node_t *node)
{
    config_list_clear(list);
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *value = yaml_document_get_node(&r->document, *item);

        point_at(r, value);
        if (value->type == YAML_SCALAR_NODE)
            keep_error(r, config_list_append(o, list, scalar_of(value), &r->origin));
        else
            config_complain(&r->origin, "%s: an item must be a single text", o->name);
    }
}

/* One option's value, into the struct that it belongs to. */
static void read_value(struct reading *r, void *of, const struct config_option *o,
                       const yaml_node_t *value)
{
    point_at(r, value);
    if (value->type == YAML_SEQUENCE_NODE && o->type == CONFIG_LIST)
        read_list(r, o, config_field(of, o), value);
    else if (value->type != YAML_SCALAR_NODE)
        config_complain(&r->origin, "%s: must be a %s", o->name,
                        o->type == CONFIG_LIST ? "list, like [a, b]" : "single value");
    else if (is_null(value) && o->type == CONFIG_LIST)
        config_list_clear(config_field(of, o));
    else if (is_null(value) && o->type == CONFIG_TEXT)
        keep_error(r, config_set_one(of, o, SLICE(""), &r->origin));
    else
        keep_error(r, config_set_one(of, o, scalar_of(value), &r->origin));
}

/* ---- lists of maps ---- */

enum { MAP_KEYS_MAX = 16 };
_Static_assert((int)CONFIG_RECEIVER_KEYS <= (int)MAP_KEYS_MAX, "a map's keys");

/* One item of a list, for what is to be checked beyond its values. */
struct map_item {
    const yaml_node_t *node;
    const yaml_node_t *values[MAP_KEYS_MAX]; /* of its keys, in their order; NULL: not there */
    bool is_clean;                           /* what is missing was not merely misspelt */
};

static const struct config_option *find_key(const struct config_map *map, struct slice name)
{
    for (size_t i = 0; i < map->key_count; i++) {
        if (slice_eq(name, slice_of_text(map->keys[i].name)))
            return &map->keys[i];
    }
    return NULL;
}

static void complain_key(struct reading *r, const struct config_map *map, struct slice key)
{
    const char *names[MAP_KEYS_MAX], *nearest;
    struct strbuf all = { 0 };

    for (size_t i = 0; i < map->key_count; i++) {
        names[i] = map->keys[i].name;
        strbuf_addf(&all, "%s%s", i ? ", " : "", names[i]);
    }
    nearest = nearest_name(key, names, map->key_count);
    if (nearest)
        config_complain(&r->origin, "%s: unknown key '%s', did you mean '%s'?", map->option,
                        log_text(key), nearest);
    else
        config_complain(&r->origin, "%s: unknown key '%s'; there are %s", map->option,
                        log_text(key), all.p ? all.p : "");
    strbuf_fini(&all);
}

/* Two of one name, or of one address, would each have half of the calls. */
static void check_address(struct reading *r, struct slice trunk, const yaml_node_t *at)
{
    int err = plan_add_trunk_address(r->plan, trunk, scalar_of(at));

    point_at(r, at);
    if (err == -EEXIST)
        config_complain(&r->origin, "trunks: '%s' is an address of another trunk already",
                        log_text(scalar_of(at)));
    else if (err == -E2BIG)
        config_complain(&r->origin, "trunks: more than %d addresses in all", PLAN_ADDRESSES_MAX);
    else
        keep_error(r, err); /* what cannot be read was complained about */
}

static void check_trunk(struct reading *r, const void *of, const struct map_item *item)
{
    const yaml_node_t *addresses = item->values[1]; /* as the keys are in config.c */
    const struct config_trunk *trunk = of;
    struct slice name = slice_of_text(trunk->name);
    int err = r->plan ? 0 : plan_new(&r->plan);

    if (!err && trunk->name)
        err = plan_add_trunk(r->plan, &(struct plan_trunk){ .name = name });
    point_at(r, item->node);
    if (!trunk->name && item->is_clean)
        config_complain(&r->origin, "trunks: a trunk needs a name");
    else if (err == -EEXIST)
        config_complain(&r->origin, "trunks: '%s' is there twice", log_text(name));
    else if (!addresses && item->is_clean)
        config_complain(&r->origin, "trunks: '%s' needs addresses", log_text(name));
    keep_error(r, err);
    if (!trunk->name || err || !addresses || addresses->type == YAML_MAPPING_NODE)
        return; /* not a list: complained about */
    if (addresses->type == YAML_SCALAR_NODE) {
        check_address(r, name, addresses);
        return;
    }
    for (const yaml_node_item_t *i = addresses->data.sequence.items.start;
         i < addresses->data.sequence.items.top; i++) {
        const yaml_node_t *at = yaml_document_get_node(&r->document, *i);

        if (at->type == YAML_SCALAR_NODE)
            check_address(r, name, at);
    }
}

/* What a receiver of each kind cannot do without. */
static const struct {
    const char *kind;
    bool url, from_and_to, token;
    const char *schemes[4]; /* of its url; none: anything */
} kinds[] = {
    { "webhook", true, false, false, { "https://", "http://" } },
    { "alertmanager", true, false, false, { "https://", "http://" } },
    { "pagerduty", false, false, true, { "https://", "http://" } },
    { "slack", true, false, false, { "https://", "http://" } },
    { "mail", true, true, false, { "smtps://", "smtp://" } },
    { "syslog", true, false, false, { "syslog+udp://", "syslog+tcp://" } },
    { "exec", true, false, false, { "/" } },
    { "heartbeat", true, false, false, { "https://", "http://" } },
};

static void check_url(struct reading *r, const struct config_receiver *receiver, size_t kind,
                      const struct map_item *item)
{
    struct slice url = slice_of_text(receiver->url);

    if (receiver->url && receiver->url_file)
        config_complain(&r->origin, "notify.receivers: '%s' has both url and url_file",
                        receiver->name);
    if (kinds[kind].url && !receiver->url && !receiver->url_file && item->is_clean)
        config_complain(&r->origin, "notify.receivers: '%s' needs a url", receiver->name);
    if (!receiver->url)
        return;
    for (size_t i = 0; i < 4 && kinds[kind].schemes[i]; i++) {
        struct slice scheme = slice_of_text(kinds[kind].schemes[i]);

        if (slice_istarts_with(url, scheme) && url.len > scheme.len)
            return;
    }
    if (item->values[2])
        point_at(r, item->values[2]);
    /* Not the url itself: it may be a secret. */
    config_complain(&r->origin, "notify.receivers: the url of '%s' must begin with %s%s%s",
                    receiver->name, kinds[kind].schemes[0], kinds[kind].schemes[1] ? " or " : "",
                    kinds[kind].schemes[1] ? kinds[kind].schemes[1] : "");
}

static void check_receiver(struct reading *r, const void *of, const struct map_item *item)
{
    const struct config_receivers *all = &r->c->notify_receivers;
    const struct config_receiver *receiver = of;
    size_t kind = 0;

    point_at(r, item->node);
    if (!receiver->name) {
        if (item->is_clean)
            config_complain(&r->origin, "notify.receivers: a receiver needs a name");
        return;
    }
    for (size_t i = 0; i < all->n && &all->items[i] != receiver; i++) {
        if (all->items[i].name && strcmp(all->items[i].name, receiver->name) == 0)
            config_complain(&r->origin, "notify.receivers: '%s' is there twice", receiver->name);
    }
    while (kind + 1 < sizeof kinds / sizeof kinds[0] &&
           strcmp(kinds[kind].kind, receiver->kind ? receiver->kind : "webhook") != 0)
        kind++;
    if (kinds[kind].from_and_to && (!receiver->from || !receiver->to) && item->is_clean)
        config_complain(&r->origin, "notify.receivers: '%s' needs from and to", receiver->name);
    if (kinds[kind].token && !receiver->token_file && item->is_clean)
        config_complain(&r->origin,
                        "notify.receivers: '%s' needs a token_file with its routing key",
                        receiver->name);
    check_url(r, receiver, kind, item);
}

static const struct {
    const char *option;
    void (*check)(struct reading *r, const void *of, const struct map_item *item);
} map_checks[CONFIG_MAPS_COUNT] = {
    { "trunks", check_trunk },
    { "notify.receivers", check_receiver },
};

static void read_item(struct reading *r, const struct config_map *map, void *of,
                      const yaml_node_t *node)
{
    struct map_item item = { .node = node };
    bool seen[MAP_KEYS_MAX] = { false };
    unsigned complaints = r->origin.count;

    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&r->document, pair->value);
        const struct config_option *o =
            key->type == YAML_SCALAR_NODE ? find_key(map, scalar_of(key)) : NULL;

        point_at(r, key);
        if (key->type != YAML_SCALAR_NODE) {
            config_complain(&r->origin, "a key must be a single word");
        } else if (!o) {
            complain_key(r, map, scalar_of(key));
        } else if (seen[o - map->keys]) {
            config_complain(&r->origin, "%s: %s is given twice", map->option, o->name);
        } else {
            seen[o - map->keys] = true;
            read_value(r, of, o, value);
            if (!is_null(value))
                item.values[o - map->keys] = value;
        }
    }
    item.is_clean = r->origin.count == complaints;
    for (size_t i = 0; i < CONFIG_MAPS_COUNT; i++) {
        if (strcmp(map_checks[i].option, map->option) == 0)
            map_checks[i].check(r, of, &item);
    }
}

static void read_items(struct reading *r, const struct config_option *o, const yaml_node_t *node)
{
    const struct config_map *map = config_map_of(o);
    void *field = config_field(r->c, o);

    config_items_clear(o, field);
    if (is_null(node))
        return;
    point_at(r, node);
    if (node->type != YAML_SEQUENCE_NODE) {
        config_set_one(r->c, o, SLICE(""), &r->origin); /* says what it must be */
        return;
    }
    for (const yaml_node_item_t *i = node->data.sequence.items.start;
         i < node->data.sequence.items.top; i++) {
        const yaml_node_t *value = yaml_document_get_node(&r->document, *i);
        void *item;
        int err;

        point_at(r, value);
        if (value->type != YAML_MAPPING_NODE) {
            config_complain(&r->origin, "%s: an item must be a map, with %s", o->name, map->needs);
            continue;
        }
        err = config_items_append(o, field, &r->origin, &item);
        keep_error(r, err);
        if (err)
            break;
        read_item(r, map, item, value);
    }
    plan_free(r->plan);
    r->plan = NULL;
}

static void read_option(struct reading *r, const struct config_option *o, const yaml_node_t *key,
                        const yaml_node_t *value)
{
    bool *seen = &r->seen[o - config_options];

    point_at(r, key);
    if (*seen) {
        config_complain(&r->origin, "%s: given twice", o->name);
        return;
    }
    *seen = true;
    if (o->type == CONFIG_MAPS)
        read_items(r, o, value);
    else
        read_value(r, r->c, o, value);
}

/* The part of an option's name that stands at this level, in `out`; false: none. */
static bool name_at_level(const struct config_option *o, struct slice prefix,
                          char out[NAME_BYTES_MAX])
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
    char level[CONFIG_OPTIONS][NAME_BYTES_MAX];
    const char *names[CONFIG_OPTIONS], *nearest;
    size_t n = 0;

    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        if (name_at_level(&config_options[i], prefix, level[n])) {
            names[n] = level[n];
            n++;
        }
    }
    nearest = nearest_name(key, names, n);
    for (size_t i = 0; i < CONFIG_OPTIONS && !nearest; i++) {
        const char *dot = strrchr(config_options[i].name, '.');

        if (dot && slice_eq(key, slice_of_text(dot + 1)))
            nearest = config_options[i].name;
    }
    if (nearest)
        config_complain(&r->origin, "unknown key '%s', did you mean '%s'?", log_text(key), nearest);
    else
        config_complain(&r->origin, "unknown key '%s'; earshot.yaml(5) lists those that there are",
                        log_text(key));
}

static bool is_section(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        if (strncmp(config_options[i].name, name, len) == 0 && config_options[i].name[len] == '.')
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
        const struct config_option *option;
        char name[NAME_BYTES_MAX * 2 + 2];
        struct slice text;
        bool is_whole;
        int len;

        point_at(r, key);
        if (key->type != YAML_SCALAR_NODE) {
            config_complain(&r->origin, "a key must be a single word");
            continue;
        }
        text = scalar_of(key);
        len = snprintf(name, sizeof name, "%s%.*s", prefix,
                       text.len > NAME_BYTES_MAX ? 0 : (int)text.len, text.p);
        /* Too long, or with a NUL in it: no name of ours. */
        is_whole =
            len > 0 && strlen(prefix) + text.len == (size_t)len && strlen(name) == (size_t)len;
        option = is_whole ? config_option_find(name) : NULL;
        if (option) {
            read_option(r, option, key, value);
        } else if (!is_whole || !is_section(name)) {
            complain_unknown(r, slice_of_text(prefix), text);
        } else if (value->type == YAML_MAPPING_NODE) {
            snprintf(name + len, sizeof name - (size_t)len, ".");
            read_mapping(r, value, name);
        } else if (!is_null(value)) {
            point_at(r, value);
            config_complain(&r->origin, "'%s' is a section, its options go below it", name);
        }
    }
}

static void complain_syntax(struct config_origin *origin, const yaml_parser_t *parser)
{
    origin->line = parser->problem_mark.line + 1;
    origin->column = parser->problem_mark.column + 1;
    config_complain(origin, "%s%s%s", parser->problem ? parser->problem : "cannot be read",
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
        config_complain(&r->origin, "must be options, like 'capture:' with 'filter: udp' below it");
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
        config_complain(&r->origin, "a second document; one file is one configuration");
    }
    yaml_document_delete(&r->document);
}

/* libyaml's time grows with the square of the brackets that are open: some tens of thousands take
 * minutes. Brackets in quotes count too, which no option comes near to. */
static bool is_too_deep(struct slice text, struct config_origin *origin)
{
    size_t open = 0, line = 1, line_start = 0;

    for (size_t i = 0; i < text.len; i++) {
        switch (text.p[i]) {
        case '[':
        case '{':
            open++;
            break;
        case ']':
        case '}':
            open -= open > 0;
            break;
        case '\n':
            line++;
            line_start = i + 1;
            break;
        default:
            continue;
        }
        if (open > BRACKETS_OPEN_MAX) {
            origin->line = line;
            origin->column = i - line_start + 1;
            config_complain(origin, "more than %d brackets are open", BRACKETS_OPEN_MAX);
            return true;
        }
    }
    return false;
}

int config_read_text(struct config *c, const char *name, struct slice text, struct strbuf *errors)
{
    struct reading r = { .c = c, .origin = { name, 0, 0, errors, 0 } };
    yaml_parser_t parser;

    if (text.len > FILE_BYTES_MAX) {
        config_complain(&r.origin, "larger than 256 KiB");
        return -EINVAL;
    }
    if (is_too_deep(text, &r.origin))
        return -EINVAL;
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

const char *config_library_version(void)
{
    return yaml_get_version_string();
}
