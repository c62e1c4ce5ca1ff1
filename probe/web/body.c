#include "probe/web/body.h"

#include "analyzer/base/nearest.h"

#include <jansson.h>
#include <math.h>

/* 2112: where record ids end (record_id.h). */
#define SECONDS_MAX      4.5e9
#define NAME_SHOWN_BYTES 40

/* jansson calls itself for each level; a text that says "[[[[" is not worth its stack. */
static bool is_too_deep(struct slice text)
{
    size_t depth = 0;
    bool in_text = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        if (in_text && c == '\\')
            i++;
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == '{' || c == '['))
            depth++;
        else if (!in_text && (c == '}' || c == ']') && depth)
            depth--;
        if (depth > BODY_DEPTH_MAX)
            return true;
    }
    return false;
}

static json_t *parse(struct slice text, struct strbuf *error)
{
    json_error_t at;
    json_t *root;

    if (is_too_deep(text)) {
        strbuf_addf(error, "the body is nested more than %d deep", BODY_DEPTH_MAX);
        return NULL;
    }
    root = json_loadb(text.p, text.len, JSON_REJECT_DUPLICATES, &at);
    if (!root) {
        strbuf_addf(error, "the body is no JSON: line %d, column %d: ", at.line, at.column);
        strbuf_add_printable(error, slice_of_text(at.text));
        return NULL;
    }
    if (json_is_object(root))
        return root;
    strbuf_add_text(error, "the body must be a JSON object");
    json_decref(root);
    return NULL;
}

static bool read_text(const struct body_field *f, const json_t *value)
{
    struct slice text;

    if (!json_is_string(value))
        return false;
    text = slice_of(json_string_value(value), json_string_length(value));
    *f->text = text;
    return text.len <= f->max_bytes;
}

static bool read_time(const struct body_field *f, const json_t *value)
{
    double seconds = json_number_value(value);

    if (!json_is_number(value) || !(seconds > 0) || seconds > SECONDS_MAX)
        return false;
    *f->number = llround(seconds * 1000);
    return true;
}

static bool read_count(const struct body_field *f, const json_t *value)
{
    *f->number = json_integer_value(value);
    return json_is_integer(value) && *f->number > 0;
}

static bool read_flag(const struct body_field *f, const json_t *value)
{
    *f->number = json_is_true(value);
    return json_is_boolean(value);
}

static bool read_words(struct body *b, const struct body_field *f, const json_t *value)
{
    size_t i;
    json_t *word;

    json_array_foreach(value, i, word)
    {
        struct slice text = slice_of(json_string_value(word), json_string_length(word));

        if (!json_is_string(word) || text.len == 0 || slice_find(text, ',') < text.len)
            return false;
        strbuf_add(&b->words, ",", i > 0);
        strbuf_add_slice(&b->words, text);
    }
    *f->text = strbuf_slice(&b->words);
    return json_is_array(value) && !b->words.failed && b->words.len <= f->max_bytes;
}

static bool read_value(struct body *b, const struct body_field *f, const json_t *value)
{
    switch (f->kind) {
    case BODY_TIME:
        return read_time(f, value);
    case BODY_COUNT:
        return read_count(f, value);
    case BODY_FLAG:
        return read_flag(f, value);
    case BODY_WORDS:
        return read_words(b, f, value);
    case BODY_TEXT:
    default:
        return read_text(f, value);
    }
}

static void say_bad(const struct body_field *f, struct strbuf *error)
{
    static const char *const what[] = {
        [BODY_TIME] = "a time, in seconds since 1970",
        [BODY_COUNT] = "a whole number, from 1 on",
        [BODY_FLAG] = "true or false",
        [BODY_WORDS] = "a list of texts",
    };

    if (f->kind == BODY_TEXT)
        strbuf_addf(error, "'%s' must be a text of at most %zu bytes", f->name, f->max_bytes);
    else
        strbuf_addf(error, "'%s' must be %s", f->name, what[f->kind]);
}

static void say_unknown(const char *name, const struct body_field *fields, size_t count,
                        struct strbuf *error)
{
    const char *names[BODY_FIELDS_MAX];
    struct slice shown = slice_of_text(name);
    const char *meant;

    for (size_t i = 0; i < count && i < BODY_FIELDS_MAX; i++)
        names[i] = fields[i].name;
    meant = shown.len <= NAME_SHOWN_BYTES
                ? nearest_name(shown, names, count < BODY_FIELDS_MAX ? count : BODY_FIELDS_MAX)
                : NULL;
    if (shown.len > NAME_SHOWN_BYTES)
        shown.len = NAME_SHOWN_BYTES;
    strbuf_add_text(error, "the body has an unknown member '");
    strbuf_add_printable(error, shown);
    strbuf_add_char(error, '\'');
    if (meant)
        strbuf_addf(error, ", did you mean '%s'?", meant);
}

static bool read_fields(struct body *b, const struct body_field *fields, size_t count,
                        struct strbuf *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct body_field *f = &fields[i];
        const json_t *value = json_object_get(b->root, f->name);

        if (!value || json_is_null(value)) {
            if (!f->is_needed)
                continue;
            strbuf_addf(error, "'%s' is missing", f->name);
            return false;
        }
        if (!read_value(b, f, value)) {
            say_bad(f, error);
            return false;
        }
    }
    return true;
}

bool body_read(struct body *b, struct slice text, const struct body_field *fields, size_t count,
               struct strbuf *error)
{
    json_t *root = parse(slice_trim(text).len ? text : SLICE("{}"), error);
    const char *name;
    json_t *value;

    *b = (struct body){ .root = root, .words = { .max_bytes = 1024 } };
    for (size_t i = 0; i < count; i++) {
        if (fields[i].number)
            *fields[i].number = fields[i].kind == BODY_FLAG ? -1 : 0;
        if (fields[i].text)
            *fields[i].text = SLICE_ABSENT;
    }
    if (!root)
        return false;
    json_object_foreach(root, name, value)
    {
        size_t i = 0;

        while (i < count && strcmp(fields[i].name, name) != 0)
            i++;
        if (i == count) {
            say_unknown(name, fields, count, error);
            return false;
        }
    }
    return read_fields(b, fields, count, error);
}

void body_fini(struct body *b)
{
    json_decref(b->root);
    strbuf_fini(&b->words);
    b->root = NULL;
}
