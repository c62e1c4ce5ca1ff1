#include "storage/upkeep/number_forms.h"

#include "analyzer/plan/plan.h"
#include "analyzer/privacy/mask.h"

#include <errno.h>

enum { GAP_MAX = 2, DROPPED_MAX = 6, ESCAPE_BYTES = 3 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void add_form(struct number_forms *f, struct slice digits, bool is_whole)
{
    struct number_form *form = &f->forms[f->count];

    if (f->count == NUMBER_FORMS_MAX || digits.len > NUMBER_FORM_DIGITS || digits.len == 0)
        return;
    for (size_t i = 0; i < f->count; i++) {
        if (slice_eq(slice_of(f->forms[i].digits, f->forms[i].len), digits))
            return;
    }
    memset(form, 0, sizeof *form);
    memcpy(form->digits, digits.p, digits.len);
    form->len = (uint8_t)digits.len;
    form->is_whole = is_whole;
    f->count++;
}

/* What is dialled for it: tried out, since the plan knows rules of the country and of the user. */
static void add_dialled_forms(struct number_forms *f, const struct plan *plan, const char *e164)
{
    static const char *const prefixes[] = { "", "0", "1", "8", "06", "01", "9", "00" };
    struct slice digits = slice_of_text(e164 + 1);
    char dialled[NUMBER_FORM_DIGITS + 4], number[PLAN_NUMBER_MAX];

    for (size_t dropped = 0; dropped <= DROPPED_MAX && dropped < digits.len; dropped++) {
        for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++) {
            struct slice rest = slice_of(digits.p + dropped, digits.len - dropped);
            size_t n = strlen(prefixes[i]);

            if (n + rest.len > NUMBER_FORM_DIGITS)
                continue;
            memcpy(dialled, prefixes[i], n);
            memcpy(dialled + n, rest.p, rest.len);
            if (dropped == 0 && n == 0)
                continue;
            if (plan_number(plan, slice_of(dialled, n + rest.len), number) &&
                strcmp(number, e164) == 0 && !(dropped == 0 && n > 0))
                add_form(f, slice_of(dialled, n + rest.len), true);
        }
    }
}

/* The digits of what was given; 0: it is no number. */
static size_t take_digits(struct slice number, char digits[NUMBER_FORM_DIGITS + 1])
{
    size_t n = 0;

    if (!mask_is_number(number))
        return 0;
    for (size_t i = 0; i < number.len; i++) {
        if (!is_digit(number.p[i]) || (n == 0 && number.p[i] == '0'))
            continue;
        if (n == NUMBER_FORM_DIGITS)
            return NUMBER_FORM_DIGITS + 1;
        digits[n++] = number.p[i];
    }
    return n;
}

int number_forms_make(struct number_forms *out, struct slice number, const struct plan *plan)
{
    char e164[PLAN_NUMBER_MAX], digits[NUMBER_FORM_DIGITS + 1];
    size_t n = take_digits(slice_trim(number), digits);

    out->count = 0;
    if (n == 0)
        return -EINVAL;
    if (n < NUMBER_FORM_DIGITS_MIN || n > NUMBER_FORM_DIGITS)
        return -ERANGE;
    if (!plan) {
        add_form(out, slice_of(digits, n), false);
        return 0;
    }
    if (!plan_number(plan, slice_trim(number), e164))
        return -EINVAL;
    add_form(out, slice_of_text(e164 + 1), false);
    add_dialled_forms(out, plan, e164);
    return 0;
}

void number_forms_add_pseudonyms(struct number_forms *f, const struct privacy *privacy)
{
    size_t count = f->count;

    for (size_t i = 0; i < count; i++) {
        struct number_form form = f->forms[i];

        mask_number(privacy, form.digits, form.len, NULL);
        add_form(f, slice_of(form.digits, form.len), form.is_whole);
    }
}

/* The newest digits of a text, and where they stand. */
struct trail {
    size_t count; /* in a row, separators between them */
    struct {
        size_t at;
        char digit;
        bool is_first; /* nothing but a digit could stand right before it, and none does */
    } digits[32];
};

static bool is_separator(char c)
{
    return c == '-' || c == '.' || c == '(' || c == ')' || c == ' ' || c == '/';
}

static bool fits(const struct trail *t, const struct number_form *form)
{
    if (t->count < form->len)
        return false;
    for (size_t i = 0; i < form->len; i++) {
        if (t->digits[(t->count - form->len + i) % 32].digit != form->digits[i])
            return false;
    }
    return !form->is_whole || t->digits[(t->count - form->len) % 32].is_first;
}

static const struct number_form *find_form(const struct number_forms *f, const struct trail *t)
{
    for (size_t i = 0; t->count >= NUMBER_FORM_DIGITS_MIN && i < f->count; i++) {
        if (fits(t, &f->forms[i]))
            return &f->forms[i];
    }
    return NULL;
}

/* The digit at text[i]; '\0': none. *bytes: how far the next sign is. */
static char digit_at(const char *text, size_t len, size_t i, size_t *bytes)
{
    *bytes = 1;
    if (is_digit(text[i]))
        return text[i];
    if (text[i] == '%' && len - i >= ESCAPE_BYTES && text[i + 1] == '3' && is_digit(text[i + 2])) {
        *bytes = ESCAPE_BYTES;
        return text[i + 2];
    }
    return '\0';
}

static void blank_form(const struct trail *t, const struct number_form *form, char *text)
{
    for (size_t i = 0; i < form->len; i++) {
        size_t at = t->digits[(t->count - form->len + i) % 32].at;

        if (text[at] == '%') {
            text[at + 1] = '5';
            text[at + 2] = '8';
        } else {
            text[at] = 'X';
        }
    }
}

/* text is written to only when `writable` is it. */
static size_t walk(const struct number_forms *f, struct slice text, char *writable)
{
    struct trail t = { .count = 0 };
    const struct number_form *form;
    size_t found = 0, gap = 0, bytes;
    bool in_run = false;

    for (size_t i = 0; i < text.len; i += bytes) {
        char digit = digit_at(text.p, text.len, i, &bytes);
        size_t next;

        if (!digit) {
            in_run = false;
            if (t.count && (!is_separator(text.p[i]) || ++gap > GAP_MAX))
                t.count = gap = 0;
            continue;
        }
        t.digits[t.count % 32].at = i;
        t.digits[t.count % 32].digit = digit;
        t.digits[t.count % 32].is_first = !in_run;
        t.count++;
        in_run = true;
        gap = 0;
        if (i + bytes < text.len && digit_at(text.p, text.len, i + bytes, &next))
            continue; /* a number ends where its digits end */
        form = find_form(f, &t);
        if (!form)
            continue;
        found++;
        if (writable)
            blank_form(&t, form, writable);
    }
    return found;
}

size_t number_forms_count(const struct number_forms *f, struct slice text)
{
    return walk(f, text, NULL);
}

size_t number_forms_blank(const struct number_forms *f, char *text, size_t len)
{
    return walk(f, slice_of(text, len), text);
}
