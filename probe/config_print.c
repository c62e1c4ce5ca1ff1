/*
 * What the table tells people: the commented file, and the options of the manual.
 */
#include "probe/config_value.h"

#include "analyzer/base/jsonw.h"

#include <inttypes.h>

static const char *const type_names[] = { "text", "list",     "number",      "yes or no",
                                          "size", "duration", "list of maps" };

static void print_value(const void *of, const struct config_option *o, struct strbuf *out);

/* A number that is not known is left out: no channels are not 0 channels. */
static bool is_unset(const void *of, const struct config_option *o)
{
    const void *field = (const char *)of + o->offset;

    if (o->type == CONFIG_TEXT)
        return !*(char *const *)field;
    return o->type == CONFIG_INT && o->min > 0 && *(const int64_t *)field == 0;
}

static void print_items(const struct config_option *o, const void *field, struct strbuf *out)
{
    const struct config_map *map = config_map_of(o);
    struct config_items items = config_items_of(field);
    /* One level deeper than the option itself. */
    const char *indent = strchr(o->name, '.') ? "    " : "  ";

    for (size_t i = 0; i < items.n; i++) {
        const void *item = config_items_at(&items, map, i);
        const char *mark = "-";

        for (size_t k = 0; k < map->key_count; k++) {
            if (is_unset(item, &map->keys[k]))
                continue;
            strbuf_addf(out, "\n%s%s %s: ", indent, mark, map->keys[k].name);
            print_value(item, &map->keys[k], out);
            mark = " ";
        }
    }
}

/* The value as the file would have it; nothing when it is unset. JSON's quoting is YAML's too. */
static void print_value(const void *of, const struct config_option *o, struct strbuf *out)
{
    const void *field = (const char *)of + o->offset;
    const struct config_list *list = field;
    struct jsonw j = jsonw_to(out);

    switch (o->type) {
    case CONFIG_TEXT:
        if (*(char *const *)field)
            jsonw_text(&j, slice_of_text(*(char *const *)field));
        break;
    case CONFIG_LIST:
        if (list->n == 0 && !o->fallback)
            break;
        jsonw_array_open(&j);
        for (size_t i = 0; i < list->n; i++)
            jsonw_text(&j, slice_of_text(list->items[i]));
        jsonw_array_close(&j);
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
    case CONFIG_MAPS:
        print_items(o, field, out);
        break;
    }
}

/* Words of the text in lines of at most 78 columns, each behind `lead`. */
static void print_wrapped(struct strbuf *out, const char *lead, struct slice rest)
{
    size_t column = 0;

    while (rest.len) {
        struct slice word = slice_cut(&rest, ' ');

        if (column && column + 1 + word.len > 78) {
            strbuf_add_char(out, '\n');
            column = 0;
        }
        strbuf_add_text(out, column == 0 ? lead : " ");
        column += column == 0 ? strlen(lead) : 1;
        strbuf_add_slice(out, word);
        column += word.len;
    }
    strbuf_add_char(out, '\n');
}

/* "web.tls.key": the lines of the sections that the option before it was not in; returns how deep it is.
 * *rest: what is left of the name. */
static size_t print_sections(struct strbuf *out, const char *name, const char *before,
                             struct slice *rest)
{
    size_t depth = 0;

    *rest = slice_of_text(name);
    while (slice_find(*rest, '.') < rest->len) {
        struct slice part = slice_cut(rest, '.');
        size_t upto = (size_t)(rest->p - name);

        if (strncmp(name, before, upto) != 0)
            strbuf_addf(out, "%*s%.*s:\n", (int)(2 * depth), "", (int)part.len, part.p);
        depth++;
    }
    return depth;
}

void config_print(const struct config *c, struct strbuf *out)
{
    static const char *const leads[] = { "# ", "  # ", "    # " };
    const char *before = "";

    strbuf_add_text(out, "# The configuration of Earshot; earshot.yaml(5) is its manual.\n");
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        struct strbuf value = { 0 };
        struct slice key;
        size_t depth;

        strbuf_add_char(out, '\n');
        depth = print_sections(out, config_options[i].name, before, &key);
        before = config_options[i].name;
        print_wrapped(out, leads[depth], slice_of_text(config_options[i].help));
        print_value(c, &config_options[i], &value);
        strbuf_addf(out, "%*s%s%.*s:%s%s\n", (int)(2 * depth), "", value.len ? "" : "# ",
                    (int)key.len, key.p, value.len && value.p[0] != '\n' ? " " : "",
                    value.len ? value.p : "");
        if (value.failed)
            out->failed = true;
        strbuf_fini(&value);
    }
}

/* "https://hooks.example/services/T0…": who knows the rest can speak for us. Parts in front of an @ likewise. */
static void add_without_secret(struct strbuf *out, struct slice text)
{
    size_t scheme = 0, from, end;

    while (scheme + 3 <= text.len && memcmp(text.p + scheme, "://", 3) != 0)
        scheme++;
    if (scheme + 3 > text.len) {
        strbuf_add_slice(out, text);
        return;
    }
    from = end = scheme + 3;
    while (end < text.len && !strchr("/?# ", text.p[end])) {
        if (text.p[end++] == '@')
            from = end;
    }
    strbuf_add_slice(out, slice_of(text.p, scheme + 3));
    strbuf_add_slice(out, slice_of(text.p + from, end - from));
    if (end < text.len)
        strbuf_add_text(out, "/\xe2\x80\xa6");
}

/* 21600000 ms are 6 h. */
static void show_duration(struct strbuf *out, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {
        { 86400000, "d" }, { 3600000, "h" }, { 60000, "min" }, { 1000, "s" }, { 1, "ms" }
    };
    size_t i = 0;

    while (units[i].ms > 1 && (ms == 0 || ms % units[i].ms))
        i++;
    strbuf_addf(out, "%" PRId64 " %s", ms / units[i].ms, units[i].unit);
}

static void show_texts(struct strbuf *out, const struct config_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        if (i)
            strbuf_add_text(out, ", ");
        add_without_secret(out, slice_of_text(list->items[i]));
    }
}

/* "name: a, addresses: 192.0.2.1; name: b …" */
static void show_value(struct strbuf *out, const void *of, const struct config_option *o)
{
    const void *field = (const char *)of + o->offset;
    const struct config_map *map = o->type == CONFIG_MAPS ? config_map_of(o) : NULL;
    struct config_items items = map ? config_items_of(field) : (struct config_items){ NULL, 0 };

    if (o->type == CONFIG_LIST) {
        show_texts(out, field);
    } else if (o->type == CONFIG_TEXT) {
        add_without_secret(out, slice_of_text(*(char *const *)field));
    } else if (o->type == CONFIG_DURATION) {
        show_duration(out, *(const int64_t *)field);
    } else if (!map) {
        print_value(of, o, out);
    }
    for (size_t i = 0; i < items.n; i++) {
        const void *item = config_items_at(&items, map, i);
        const char *mark = i ? "; " : "";

        for (size_t k = 0; k < map->key_count; k++) {
            if (is_unset(item, &map->keys[k]))
                continue;
            strbuf_addf(out, "%s%s: ", mark, map->keys[k].name);
            show_value(out, item, &map->keys[k]);
            mark = ", ";
        }
    }
}

void config_print_shown(const struct config *c, struct jsonw *j)
{
    struct config usual;
    bool is_known = config_init(&usual) == 0;

    jsonw_array_open(j);
    for (size_t i = 0; i < CONFIG_OPTIONS; i++) {
        struct strbuf value = { 0 }, fallback = { 0 };

        show_value(&value, c, &config_options[i]);
        if (is_known)
            show_value(&fallback, &usual, &config_options[i]);
        jsonw_object_open(j);
        jsonw_key(j, "option");
        jsonw_text(j, slice_of_text(config_options[i].name));
        jsonw_key(j, "value");
        jsonw_text(j, value.len ? strbuf_slice(&value) : SLICE_ABSENT);
        jsonw_key(j, "default");
        jsonw_bool(j, slice_eq(strbuf_slice(&value), strbuf_slice(&fallback)));
        jsonw_object_close(j);
        strbuf_fini(&value);
        strbuf_fini(&fallback);
    }
    jsonw_array_close(j);
    if (is_known)
        config_fini(&usual);
}

/* Takes the first sentence off: mdoc wants each to begin a line. */
static struct slice cut_sentence(struct slice *rest)
{
    struct slice sentence = *rest;

    for (size_t i = 0; i + 1 < rest->len; i++) {
        if (rest->p[i] == '.' && rest->p[i + 1] == ' ') {
            sentence.len = i + 1;
            *rest = slice_of(rest->p + i + 2, rest->len - i - 2);
            return sentence;
        }
    }
    rest->len = 0;
    return sentence;
}

static void print_range(const struct config_option *o, struct strbuf *out)
{
    if (o->max && (o->type == CONFIG_LIST || o->type == CONFIG_MAPS))
        strbuf_addf(out, "At most %" PRId64 ".\n", o->max);
    else if (o->max)
        strbuf_addf(out, "From %" PRId64 " to %" PRId64 "%s.\n", o->min, o->max,
                    o->type == CONFIG_DURATION ? " milliseconds"
                    : o->type == CONFIG_SIZE   ? " bytes"
                                               : "");
    if (o->fallback)
        strbuf_addf(out, "Default:\n.Ql %s .\n", o->fallback);
}

static void print_options(const struct config_option *options, size_t n, struct strbuf *out)
{
    strbuf_add_text(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < n; i++) {
        const struct config_option *o = &options[i];

        strbuf_addf(out, ".It Cm %s Pq %s\n", o->name, type_names[o->type]);
        for (struct slice rest = slice_of_text(o->help); rest.len;)
            print_wrapped(out, "", cut_sentence(&rest));
        print_range(o, out);
        if (o->type == CONFIG_MAPS)
            print_options(config_map_of(o)->keys, config_map_of(o)->key_count, out);
    }
    strbuf_add_text(out, ".El\n");
}

void config_print_manual(struct strbuf *out)
{
    print_options(config_options, CONFIG_OPTIONS, out);
}
