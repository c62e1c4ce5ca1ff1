/*
 * YAML is read as a document of nodes, each with its line and column. A section of the file is what
 * stands before the dot of an option's name. The file's size is capped, and so are the errors told.
 */
#include "probe/config_option.h"

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

static const struct config_option *find_trunk_key(struct slice name)
{
    for (size_t i = 0; i < CONFIG_TRUNK_KEYS; i++) {
        if (slice_eq(name, slice_of_text(config_trunk_keys[i].name)))
            return &config_trunk_keys[i];
    }
    return NULL;
}

static void complain_trunk_key(struct reading *r, struct slice key)
{
    const char *names[CONFIG_TRUNK_KEYS], *nearest;

    for (size_t i = 0; i < CONFIG_TRUNK_KEYS; i++)
        names[i] = config_trunk_keys[i].name;
    nearest = nearest_name(key, names, CONFIG_TRUNK_KEYS);
    if (nearest)
        config_complain(&r->origin, "trunks: unknown key '%s', did you mean '%s'?", log_text(key),
                        nearest);
    else
        config_complain(&r->origin,
                        "trunks: unknown key '%s'; there are name, addresses, channels, encrypted",
                        log_text(key));
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

/* is_clean: what is missing was not merely misspelt. */
static void check_trunk(struct reading *r, const struct config_trunk *trunk,
                        const yaml_node_t *node, const yaml_node_t *addresses, bool is_clean)
{
    struct slice name = slice_of_text(trunk->name);
    int err = trunk->name ? plan_add_trunk(r->plan, &(struct plan_trunk){ .name = name }) : 0;

    point_at(r, node);
    if (!trunk->name && is_clean)
        config_complain(&r->origin, "trunks: a trunk needs a name");
    else if (err == -EEXIST)
        config_complain(&r->origin, "trunks: '%s' is there twice", log_text(name));
    else if (!addresses && is_clean)
        config_complain(&r->origin, "trunks: '%s' needs addresses", log_text(name));
    keep_error(r, err);
    if (!trunk->name || err || !addresses || addresses->type == YAML_MAPPING_NODE)
        return; /* not a list: complained about */
    if (addresses->type == YAML_SCALAR_NODE) {
        check_address(r, name, addresses);
        return;
    }
    for (const yaml_node_item_t *item = addresses->data.sequence.items.start;
         item < addresses->data.sequence.items.top; item++) {
        const yaml_node_t *at = yaml_document_get_node(&r->document, *item);

        if (at->type == YAML_SCALAR_NODE)
            check_address(r, name, at);
    }
}

static void read_trunk(struct reading *r, struct config_trunk *trunk, const yaml_node_t *node)
{
    const yaml_node_t *addresses = NULL;
    bool seen[CONFIG_TRUNK_KEYS] = { false };
    unsigned complaints = r->origin.count;

    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&r->document, pair->value);
        const struct config_option *o =
            key->type == YAML_SCALAR_NODE ? find_trunk_key(scalar_of(key)) : NULL;

        point_at(r, key);
        if (key->type != YAML_SCALAR_NODE) {
            config_complain(&r->origin, "a key must be a single word");
        } else if (!o) {
            complain_trunk_key(r, scalar_of(key));
        } else if (seen[o - config_trunk_keys]) {
            config_complain(&r->origin, "trunks: %s is given twice", o->name);
        } else {
            seen[o - config_trunk_keys] = true;
            read_value(r, trunk, o, value);
            if (o->type == CONFIG_LIST && !is_null(value))
                addresses = value;
        }
    }
    check_trunk(r, trunk, node, addresses, r->origin.count == complaints);
}

static void read_trunks(struct reading *r, const struct config_option *o, const yaml_node_t *node)
{
    struct config_trunks *trunks = config_field(r->c, o);

    config_trunks_clear(trunks);
    if (is_null(node))
        return;
    point_at(r, node);
    if (node->type != YAML_SEQUENCE_NODE) {
        config_set_one(r->c, o, SLICE(""), &r->origin); /* says what it must be */
        return;
    }
    keep_error(r, plan_new(&r->plan));
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top && r->plan; item++) {
        const yaml_node_t *value = yaml_document_get_node(&r->document, *item);
        struct config_trunk *trunk;

        point_at(r, value);
        if (value->type != YAML_MAPPING_NODE) {
            config_complain(&r->origin, "%s: an item must be a map, with name and addresses",
                            o->name);
            continue;
        }
        trunk = config_trunks_append(o, trunks, &r->origin);
        if (!trunk) {
            if (trunks->n < (size_t)o->max)
                r->err = -ENOMEM;
            break;
        }
        read_trunk(r, trunk, value);
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
    if (o->type == CONFIG_TRUNKS)
        read_trunks(r, o, value);
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
