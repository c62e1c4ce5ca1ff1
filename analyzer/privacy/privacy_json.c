#include "analyzer/privacy/privacy_json.h"

#include "analyzer/base/json_item.h"
#include "analyzer/privacy/privacy_field.h"
#include "analyzer/privacy/uri_scrub.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    NAMED_MAX = 128, /* of one alert: whom it names */
    NAMED_MAX_BYTES = 512,
    NAME_MAX_BYTES = 64,
    DEPTH_MAX = 3,
    DIGITS_MIN = 4,
};

struct privacy privacy_of_viewer(const struct privacy *stored)
{
    bool cuts = stored && stored->numbers == PRIVACY_REDACT;

    return (struct privacy){ .numbers = PRIVACY_REDACT,
                             .names = PRIVACY_REDACT,
                             .digits = cuts && stored->digits > DIGITS_MIN ? stored->digits
                                                                           : DIGITS_MIN };
}

/* The text is ours to write: slices of it point into it. */
static char *own(struct slice s)
{
    return (char *)(uintptr_t)s.p;
}

/* What stands between the quotes. */
static struct slice inside(struct slice value)
{
    return value.len >= 2 && value.p[0] == '"' ? slice_of(value.p + 1, value.len - 2) : SLICE("");
}

static bool is_text(struct slice value)
{
    return value.len >= 2 && value.p[0] == '"';
}

static bool is_object(struct slice value)
{
    return value.len >= 2 && value.p[0] == '{';
}

/* ---- of a record ---- */

struct masking {
    const struct privacy *p;
    const struct record_type *type;
    bool is_nobody; /* its subject is no person's */
    bool sweep;     /* the second time */
    struct mask_seen *seen;
};

static void mask_members(const struct masking *m, struct slice object, const char *outer,
                         int depth);

static void mask_streams(const struct masking *m, struct slice array)
{
    struct masking of_stream = *m;
    struct slice item;

    of_stream.type = &record_type_stream;
    while (json_item_next(&array, &item))
        mask_members(&of_stream, item, "", 0);
}

/* A display name stands in quotes, which JSON escapes: a blank is in the place of each backslash for as long
 * as it takes. Every quote within a string has one. */
static void mask_escaped(const struct masking *m, enum privacy_class what, char *text, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        if (text[i] == '"')
            text[i - 1] = ' ';
    }
    privacy_mask_field(m->p, what, m->is_nobody, text, len, m->seen);
    for (size_t i = 1; i < len; i++) {
        if (text[i] == '"')
            text[i - 1] = '\\';
    }
}

static void mask_value(const struct masking *m, const struct record_field *field,
                       struct slice value)
{
    enum privacy_class what = privacy_class_of(m->type, field);

    if (field->kind != FIELD_TEXT && field->kind != FIELD_JSON)
        return;
    if (what == PRIVACY_UNCLASSED)
        what = field->kind == FIELD_JSON ? PRIVACY_JSON : PRIVACY_TEXT;
    if (what == PRIVACY_PLAIN)
        return;
    if (what == PRIVACY_JSON || !is_text(value))
        privacy_mask_json(m->p, own(value), value.len, m->sweep, m->seen);
    else if (m->sweep)
        mask_sweep(m->p, m->seen, own(inside(value)), inside(value).len);
    else
        mask_escaped(m, what, own(inside(value)), inside(value).len);
}

static bool is_person(enum privacy_class what)
{
    return what == PRIVACY_USER || what == PRIVACY_USER_AT || what == PRIVACY_URI ||
           what == PRIVACY_CALL_ID || what == PRIVACY_SUBJECT;
}

static bool is_name_sign(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* `from_user=alice trunk!="carrier a"`: the values of those that name people. */
static void mask_matches(const struct masking *m, char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        size_t begin = i, name_end, end;
        bool quoted;

        if (text[i] != '=')
            continue;
        name_end = i > 0 && text[i - 1] == '!' ? i - 1 : i;
        for (begin = name_end; begin > 0 && is_name_sign(text[begin - 1]); begin--)
            ;
        if (!is_person(privacy_class_of_key(slice_of(text + begin, name_end - begin))))
            continue;
        quoted = i + 2 < len && text[i + 1] == '\\' && text[i + 2] == '"';
        begin = i + 1 + 2 * quoted;
        for (end = begin; end < len && (quoted ? text[end] != '\\' : text[end] != ' '); end++)
            ;
        mask_user(m->p, text + begin, end - begin, m->seen);
        i = end;
    }
}

/* What people wrote to each other about alerts: labels of a silence, a comment. */
static void mask_words(const struct masking *m, struct slice name, struct slice value)
{
    struct slice words = inside(value);

    if (slice_eq(name, SLICE("labels")))
        mask_matches(m, own(words), words.len);
    if (slice_eq(name, SLICE("labels")) || slice_eq(name, SLICE("comment")))
        mask_call_id(m->p, own(words), words.len);
}

/* "rtcp.cname" is {"rtcp":{"cname":…}}. */
static void mask_member(const struct masking *m, struct slice name, struct slice value,
                        const char *outer, int depth)
{
    const struct record_field *field = NULL;
    char full[NAME_MAX_BYTES];
    int n;

    /* Numbers and null, of which there are most, hold no text. */
    if (value.len == 0 || !strchr("\"{[", value.p[0]))
        return;
    n = snprintf(full, sizeof full, "%s%.*s", outer, (int)name.len, name.p);
    if (n > 0 && (size_t)n < sizeof full)
        field = record_field_find(m->type, slice_of_text(full));
    if (field) {
        mask_value(m, field, value);
    } else if (m->type == &record_type_call && slice_eq(name, SLICE("streams"))) {
        mask_streams(m, value);
    } else if (is_object(value) && depth < DEPTH_MAX && n > 0 && (size_t)n + 1 < sizeof full) {
        full[n] = '.';
        full[n + 1] = '\0';
        mask_members(m, value, full, depth + 1);
    } else if (!slice_eq(name, SLICE("type")) && !slice_eq(name, SLICE("event"))) {
        mask_words(m, name, value);
        /* From its name on, which says what it is. */
        privacy_mask_json(m->p, own(name) - 1, (size_t)(value.p + value.len - name.p) + 1, m->sweep,
                          m->seen);
    }
}

static void mask_members(const struct masking *m, struct slice object, const char *outer, int depth)
{
    struct slice name, value;

    while (json_item_next_member(&object, &name, &value))
        mask_member(m, name, value, outer, depth);
}

static void mask_record(const struct privacy *p, const struct record_type *type, char *text,
                        size_t len)
{
    struct mask_seen seen = { .count = 0 };
    struct slice object = slice_of(text, len);
    struct masking m = { .p = p, .type = type, .seen = &seen };

    m.is_nobody = type == &record_type_security &&
                  privacy_field_names_nobody(inside(json_item_get(object, "fact")));
    mask_members(&m, object, "", 0);
    m.sweep = true;
    if (seen.count)
        mask_members(&m, object, "", 0);
}

/* ---- of an alert ---- */

/* Whom an alert names, as its text was before anything was masked. */
struct named {
    struct slice words[NAMED_MAX];
    enum privacy_class what[NAMED_MAX];
    size_t count;
};

static void add_named(struct named *named, enum privacy_class what, struct slice value)
{
    struct slice word = inside(value);

    if (!is_person(what) || word.len == 0 || word.len > NAMED_MAX_BYTES ||
        named->count == NAMED_MAX)
        return;
    named->words[named->count] = word;
    named->what[named->count++] = what;
}

/* A certificate has a subject as well, and a server beside it. */
static enum privacy_class class_of_label(struct slice labels, struct slice name)
{
    enum privacy_class what = privacy_class_of_key(name);

    if (what == PRIVACY_SUBJECT && json_item_get(labels, "server").p)
        return PRIVACY_PLAIN;
    return what;
}

static void find_named(struct named *named, struct slice alert)
{
    struct slice labels = json_item_get(alert, "labels"), rest = labels, name, value, item;
    struct slice tops = json_item_get(json_item_get(alert, "evidence"), "top");

    while (json_item_next_member(&rest, &name, &value))
        add_named(named, class_of_label(labels, name), value);
    while (json_item_next(&tops, &item)) {
        enum privacy_class what = class_of_label(labels, inside(json_item_get(item, "field")));
        struct slice values = json_item_get(item, "values"), one;

        while (json_item_next(&values, &one))
            add_named(named, what, json_item_get(one, "value"));
    }
}

static bool is_word_sign(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

/* Wherever the word stands by itself in the text. */
static void mask_word(const struct privacy *p, struct slice word, enum privacy_class what,
                      char *text, size_t len, struct mask_seen *seen)
{
    for (size_t i = 0; i + word.len <= len; i++) {
        if (text[i] != word.p[0] || memcmp(text + i, word.p, word.len) != 0 ||
            (i > 0 && is_word_sign(text[i - 1]) && is_word_sign(word.p[0])) ||
            (i + word.len < len && is_word_sign(text[i + word.len]) &&
             is_word_sign(word.p[word.len - 1])))
            continue;
        privacy_mask_field(p, what, false, text + i, word.len, seen);
        i += word.len - 1;
    }
}

/* Each string of a value, without its quotes; names of members are left. */
static void mask_strings(const struct privacy *p, const struct named *named, struct slice value,
                         bool guess, struct mask_seen *seen)
{
    char *text = own(value);

    for (size_t i = 0; i < value.len; i++) {
        size_t end;

        if (text[i] != '"')
            continue;
        end = privacy_string_end(text, value.len, i + 1);
        if (end + 1 >= value.len || text[end + 1] != ':') {
            char *s = text + i + 1;
            size_t len = end - i - 1;

            for (size_t k = 0; k < named->count; k++)
                mask_word(p, named->words[k], named->what[k], s, len, seen);
            uri_scrub(p, s, len, seen);
            mask_sweep(p, seen, s, len);
            if (guess)
                mask_call_id(p, s, len);
        }
        i = end;
    }
}

/* Texts that may name somebody; guess: a row of seven digits in them is taken for a number, which in a
 * filter it may not be: times stand there. */
static const struct {
    const char *name;
    bool guess;
} alert_texts[] = {
    { "group", true },   { "summary", true },   { "description", true },
    { "labels", false }, { "evidence", false }, { "search", false },
    { "ack", true },     { "silence", true },   { "deliveries", false },
};

static void mask_alert(const struct privacy *p, char *text, size_t len)
{
    char *before = malloc(len);
    struct mask_seen seen = { .count = 0 };
    struct named named = { .count = 0 };
    struct slice alert = slice_of(text, len);

    if (!before) {
        for (size_t i = 0; i < sizeof alert_texts / sizeof alert_texts[0]; i++) {
            struct slice value = json_item_get(alert, alert_texts[i].name);

            if (value.len == 0)
                continue;
            memset(own(value), ' ', value.len);
            *own(value) = '0';
        }
        return;
    }
    memcpy(before, text, len);
    find_named(&named, slice_of(before, len));
    for (size_t k = 0; k < named.count; k++)
        mask_note(&seen, named.words[k]);
    for (size_t i = 0; i < sizeof alert_texts / sizeof alert_texts[0]; i++) {
        struct slice value = json_item_get(alert, alert_texts[i].name);

        if (value.p)
            mask_strings(p, &named, value, alert_texts[i].guess, &seen);
    }
    free(before);
}

/* ---- of rules ---- */

/* "from_user, dst.ip": does one of the fields name people? */
static bool groups_by_people(struct slice by)
{
    while (by.len) {
        if (is_person(privacy_class_of_key(slice_trim(slice_cut(&by, ',')))))
            return true;
    }
    return false;
}

static void mask_rules(const struct privacy *p, struct slice line)
{
    struct slice rules = json_item_get(line, "rules"), rule, values, value;
    struct mask_seen seen = { .count = 0 };

    while (json_item_next(&rules, &rule)) {
        values = json_item_get(rule, "values");
        while (groups_by_people(inside(json_item_get(rule, "by"))) &&
               json_item_next(&values, &value)) {
            struct slice group = inside(json_item_get(value, "group"));

            mask_user(p, own(group), group.len, &seen);
        }
    }
}

/* A transaction's type is its method. */
static const struct record_type *type_of(struct slice name)
{
    const struct record_type *type = privacy_type_of(name);

    return type ? type : &record_type_transaction;
}

void privacy_json(const struct privacy *p, char *text, size_t len)
{
    struct slice line = slice_of(text, len), type = inside(json_item_get(line, "type"));

    if (!privacy_masks(p))
        return;
    if (slice_eq(type, SLICE("alert")))
        mask_alert(p, text, len);
    else if (slice_eq(type, SLICE("rules")))
        mask_rules(p, line);
    else
        mask_record(p, type_of(type), text, len);
}
