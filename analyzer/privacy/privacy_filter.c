#include "analyzer/privacy/privacy_filter.h"

#include "analyzer/privacy/privacy_record.h"
#include "analyzer/privacy/uri_scrub.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { WORD_SHOWN = 64 };

static int refuse(struct filter_error *error, const struct filter_test *t, const char *why)
{
    int n = (int)(t->text.len < WORD_SHOWN ? t->text.len : WORD_SHOWN);

    *error = (struct filter_error){ .column = 0 };
    snprintf(error->text, sizeof error->text, "%s:%s%.*s%s cannot be found: %s", t->field->name,
             t->shape == FILTER_SUFFIX || t->shape == FILTER_PART ? "*" : "", n, t->text.p,
             t->shape == FILTER_PREFIX || t->shape == FILTER_PART ? "*" : "", why);
    return -EINVAL;
}

static size_t count_digits(struct slice s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.p[i] >= '0' && s.p[i] <= '9';
    return n;
}

/* Of users: what of the word is masked, if it can be told. text: a copy of its own. */
static int fit_number(const struct privacy *p, const struct filter_test *t, char *text,
                      struct filter_error *error)
{
    bool has_end = count_digits(t->text) >= PRIVACY_PSEUDONYM_DIGITS;

    switch (t->shape) {
    case FILTER_WHOLE:
        mask_number(p, text, t->text.len, NULL);
        return 0;
    case FILTER_SUFFIX:
        if (p->numbers == PRIVACY_REDACT)
            return refuse(error, t, "the ends of numbers are not kept (privacy.numbers: redact)");
        if (!has_end)
            return refuse(error, t,
                          "the end of a pseudonym is found by eight digits or more "
                          "(privacy.numbers: pseudonym)");
        mask_number(p, text, t->text.len, NULL);
        return 0;
    case FILTER_PART:
        if (p->numbers == PRIVACY_PSEUDONYM && has_end)
            mask_number(p, text, t->text.len, NULL);
        return 0;
    default:
        return 0;
    }
}

static int fit_user(const struct privacy *p, const struct filter_test *t, char *text,
                    struct filter_error *error)
{
    if (mask_is_number(t->text))
        return p->numbers ? fit_number(p, t, text, error) : 0;
    if (!p->names)
        return 0;
    if (t->shape != FILTER_WHOLE)
        return refuse(error, t, "names are masked, and found whole or not at all (privacy.names)");
    mask_user(p, text, t->text.len, NULL);
    return 0;
}

static void fit_uri(const struct privacy *p, const struct filter_test *t, char *text)
{
    size_t at = slice_find(t->text, '@');

    if (uri_scrub(p, text, t->text.len, NULL) == 0 && at > 0 && at < t->text.len)
        mask_user(p, text, at, NULL); /* "alice@example.com" */
}

/* What the field holds; a field with several members holds the same in all of them. */
static enum privacy_class class_of(const struct filter_test *t)
{
    if (t->field->kind != FILTER_TEXT || !t->members[0])
        return PRIVACY_PLAIN;
    return privacy_class_of(&record_type_call, t->members[0]);
}

static int fit(const struct privacy *p, const struct filter_test *t, char *text,
               struct filter_error *error)
{
    switch (class_of(t)) {
    case PRIVACY_USER:
        return fit_user(p, t, text, error);
    case PRIVACY_URI:
        fit_uri(p, t, text);
        return 0;
    case PRIVACY_CALL_ID:
        mask_call_id(p, text, t->text.len);
        return 0;
    default:
        return 0;
    }
}

int privacy_filter(const struct privacy *p, struct filter *f, struct filter_error *error)
{
    size_t total = 0;
    char *room;
    int err = 0;

    if (!privacy_masks(p))
        return 0;
    for (size_t i = 0; i < f->test_count; i++)
        total += f->tests[i].text.len;
    /* Tests can share a word: each gets one of its own. */
    f->masked = room = malloc(total + f->call_id.len + 1);
    if (!room)
        return -ENOMEM;
    for (size_t i = 0; err == 0 && i < f->test_count; i++) {
        struct filter_test *t = &f->tests[i];

        if (t->text.len == 0 || t->shape == FILTER_ANY)
            continue;
        memcpy(room, t->text.p, t->text.len);
        err = fit(p, t, room, error);
        if (err == 0)
            t->text.p = room;
        room += t->text.len;
    }
    if (err == 0 && f->call_id.len) {
        memcpy(room, f->call_id.p, f->call_id.len);
        mask_call_id(p, room, f->call_id.len);
        f->call_id.p = room;
    }
    return err;
}

bool privacy_filter_is_masked(const struct filter_field *field)
{
    for (size_t i = 0; i < FILTER_MEMBERS_MAX && field->members[i]; i++) {
        const struct record_field *member =
            record_field_find(&record_type_call, slice_of_text(field->members[i]));
        enum privacy_class what =
            member ? privacy_class_of(&record_type_call, member) : PRIVACY_PLAIN;

        if (member && record_is_slice(member) &&
            (what == PRIVACY_USER || what == PRIVACY_URI || what == PRIVACY_CALL_ID ||
             what == PRIVACY_USER_AT))
            return true;
    }
    return false;
}

/* Words of strangers may hold numbers; five digits in a row are no version of a program. */
static bool asks_for_digits(const struct filter_test *t)
{
    size_t row = 0;

    for (size_t i = 0; i < t->text.len && row < 5; i++)
        row = t->text.p[i] >= '0' && t->text.p[i] <= '9' ? row + 1 : 0;
    return row == 5;
}

const struct filter_field *privacy_filter_find_masked(const struct filter *f)
{
    for (size_t i = 0; i < f->test_count; i++) {
        const struct filter_test *t = &f->tests[i];
        bool is_word = t->field->kind == FILTER_TEXT || t->field->kind == FILTER_NAMES;

        if (is_word && t->shape != FILTER_ANY &&
            (privacy_filter_is_masked(t->field) || asks_for_digits(t)))
            return t->field;
    }
    return NULL;
}
