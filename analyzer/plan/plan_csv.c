/*
 * A table of destinations as people keep them: out of a spreadsheet, or a carrier's price list.
 */
#include "analyzer/plan/plan.h"

#include <errno.h>

enum { CELL_BYTES_MAX = 512 };

/* One cell of a line. */
struct cell {
    char text[CELL_BYTES_MAX];
    size_t len;
};

struct csv {
    struct slice rest;
    size_t line;
};

static char peek(const struct csv *c)
{
    return c->rest.len ? c->rest.p[0] : '\n';
}

static char take(struct csv *c)
{
    char at = peek(c);

    if (c->rest.len)
        c->rest = slice_of(c->rest.p + 1, c->rest.len - 1);
    return at;
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static void end_line(struct csv *c)
{
    if (take(c) == '\r' && c->rest.len && peek(c) == '\n')
        take(c);
    c->line++;
}

static bool add(struct cell *cell, char at)
{
    if (cell->len == sizeof cell->text)
        return false;
    cell->text[cell->len++] = at;
    return true;
}

/* Behind the opening quote. A name needs no line end, so none is taken: a quote that was forgotten
 * does not swallow the file. NULL: fine. */
static const char *read_quoted(struct csv *c, struct cell *out)
{
    for (;;) {
        char at = take(c);

        if (c->rest.len == 0 && at != '"')
            return "a quote is not closed";
        if (is_line_end(at))
            return "a quote is not closed";
        if (at == '"') {
            if (c->rest.len == 0 || peek(c) != '"')
                return NULL;
            take(c);
        }
        if (!add(out, at))
            return "a cell is longer than 512 bytes";
    }
}

static void skip_blanks(struct csv *c)
{
    while (peek(c) == ' ' || peek(c) == '\t')
        take(c);
}

/* NULL: fine; the comma or the line's end is next. */
static const char *read_cell(struct csv *c, struct cell *out)
{
    const char *wrong = NULL;

    out->len = 0;
    skip_blanks(c);
    if (peek(c) == '"') {
        take(c);
        wrong = read_quoted(c, out);
        skip_blanks(c);
        if (!wrong && peek(c) != ',' && !is_line_end(peek(c)))
            wrong = "text behind a closing quote";
        return wrong;
    }
    while (peek(c) != ',' && !is_line_end(peek(c))) {
        if (!add(out, take(c)))
            return "a cell is longer than 512 bytes";
    }
    while (out->len && (out->text[out->len - 1] == ' ' || out->text[out->len - 1] == '\t'))
        out->len--;
    return NULL;
}

static bool has_digit(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] >= '0' && s.p[i] <= '9')
            return true;
    }
    return false;
}

static const char *wrong_prefix(struct slice prefix)
{
    if (prefix.len && prefix.p[0] == '+')
        prefix = slice_of(prefix.p + 1, prefix.len - 1);
    if (prefix.len == 0)
        return "no prefix";
    if (prefix.len > PLAN_PREFIX_MAX)
        return "the prefix has more than 15 digits";
    for (size_t i = 0; i < prefix.len; i++) {
        if (prefix.p[i] < '0' || prefix.p[i] > '9')
            return "the prefix is not digits alone";
    }
    return NULL;
}

static const char *what_failed(int err)
{
    switch (err) {
    case 0:
        return NULL;
    case -E2BIG:
        return "more than 200000 prefixes";
    case -EINVAL:
        return "the name is not 1 to 64 printable characters";
    default:
        return "out of memory";
    }
}

/* One line that is not empty. */
static const char *read_row(struct plan *p, struct csv *c, bool is_first, int *err)
{
    struct cell prefix, name, ignored;
    const char *wrong = read_cell(c, &prefix);

    name.len = 0;
    if (!wrong && peek(c) == ',') {
        take(c);
        wrong = read_cell(c, &name);
    } else if (!wrong) {
        wrong = "no comma between prefix and name";
    }
    while (!wrong && peek(c) == ',') {
        take(c);
        wrong = read_cell(c, &ignored);
    }
    if (!wrong && is_first && prefix.len && !has_digit(slice_of(prefix.text, prefix.len)))
        return NULL; /* headings */
    if (!wrong)
        wrong = wrong_prefix(slice_of(prefix.text, prefix.len));
    if (wrong)
        return wrong;
    *err =
        plan_add_destination(p, slice_of(prefix.text, prefix.len), slice_of(name.text, name.len));
    return what_failed(*err);
}

static void skip_line(struct csv *c)
{
    while (!is_line_end(peek(c)))
        take(c);
}

int plan_read_csv(struct plan *p, struct slice text, struct plan_csv_error *error)
{
    struct csv c = { text, 1 };
    bool is_first = true;
    int err = -EINVAL;

    if (slice_starts_with(text, SLICE("\xef\xbb\xbf")))
        c.rest = slice_of(text.p + 3, text.len - 3);
    while (c.rest.len) {
        skip_blanks(&c);
        if (c.rest.len && peek(&c) == '#')
            skip_line(&c);
        if (c.rest.len && !is_line_end(peek(&c))) {
            const char *wrong = read_row(p, &c, is_first, &err);

            if (wrong) {
                *error = (struct plan_csv_error){ c.line, wrong };
                return err ? err : -EINVAL;
            }
            is_first = false;
        }
        end_line(&c);
    }
    return 0;
}
