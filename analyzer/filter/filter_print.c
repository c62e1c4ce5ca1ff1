/*
 * filter_print - a filter written back, and an error shown under the word that it means.
 */
#include "analyzer/filter/filter.h"

#include "analyzer/base/utf8.h"
#include "analyzer/filter/filter_number.h"
#include "analyzer/filter/filter_time.h"

#include <inttypes.h>
#include <math.h>

/* --- values --------------------------------------------------------------------------------- */

/* Characters that mean themselves wherever they stand. */
static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("@._+:/-", c)) || (uint8_t)c >= 0x80;
}

void filter_print_text(struct strbuf *out, struct slice text)
{
    bool quote = text.len == 0;

    for (size_t i = 0; i < text.len; i++)
        quote = quote || !is_plain(text.p[i]);
    if (!quote) {
        strbuf_add_slice(out, text);
        return;
    }
    strbuf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '"' || text.p[i] == '\\' || text.p[i] == '\0')
            strbuf_add_char(out, '\\');
        strbuf_add_char(out, text.p[i] == '\0' ? '0' : text.p[i]);
    }
    strbuf_add_char(out, '"');
}

static void print_text(const struct filter_test *t, struct strbuf *out)
{
    bool is_whole_of_loose = t->shape == FILTER_WHOLE && t->field->is_loose;

    strbuf_addf(out, "%s%s", t->field->name, is_whole_of_loose ? "=" : ":");
    if (t->shape == FILTER_PART || t->shape == FILTER_SUFFIX)
        strbuf_add_char(out, '*');
    filter_print_text(out, t->text);
    if (t->shape == FILTER_PART || t->shape == FILTER_PREFIX)
        strbuf_add_char(out, '*');
}

static void add_number(struct strbuf *out, const struct filter_test *t, double value)
{
    if (value < 0)
        strbuf_add_char(out, '-');
    filter_number_print(out, fabs(value), t->field->unit, t->field->scale);
}

static void print_number(const struct filter_test *t, struct strbuf *out)
{
    bool is_real = t->members[0] && t->members[0]->kind == FIELD_REAL;

    strbuf_add_text(out, t->field->name);
    if (isinf(t->most)) {
        strbuf_add_text(out, t->is_over ? ">" : ">=");
        add_number(out, t, t->least);
    } else if (isinf(t->least)) {
        strbuf_add_text(out, t->is_under ? "<" : "<=");
        add_number(out, t, t->most);
    } else {
        strbuf_add_char(out, ':');
        add_number(out, t, t->least);
        /* One real number would be read as all that round to it. */
        if (t->least == t->most && !is_real)
            return;
        strbuf_add_text(out, "..");
        add_number(out, t, t->most);
    }
}

static void print_time(const struct filter_test *t, struct strbuf *out)
{
    if (t->to == RECORD_NONE) {
        strbuf_add_text(out, "since:");
        filter_time_print(out, t->from);
    } else if (t->from == RECORD_NONE) {
        strbuf_add_text(out, "until:");
        filter_time_print(out, t->to);
    } else {
        strbuf_add_text(out, "time:");
        filter_time_print(out, t->from);
        strbuf_add_text(out, "..");
        filter_time_print(out, t->to);
    }
}

static void print_instant(const struct filter_test *t, struct strbuf *out)
{
    strbuf_addf(out, "%s:", t->field->name);
    if (t->from != RECORD_NONE)
        filter_time_print(out, t->from);
    strbuf_add_text(out, "..");
    if (t->to != RECORD_NONE)
        filter_time_print(out, t->to);
}

static void print_addr(const struct filter_test *t, struct strbuf *out)
{
    char text[ADDR_TEXT_MAX];
    unsigned bits = t->addr_bits;
    bool is_v4 = addr_is_v4(&t->addr) && bits >= 96;

    if (t->addr.port)
        addr_format(&t->addr, text);
    else
        addr_format_ip(&t->addr, text);
    strbuf_addf(out, "%s:%s", t->field->name, text);
    if (bits < 128)
        strbuf_addf(out, "/%u", is_v4 ? bits - 96 : bits);
}

static void print_test(const struct filter_test *t, struct strbuf *out)
{
    if (t->shape == FILTER_ANY) {
        strbuf_addf(out, "has:%s", t->field->name);
        return;
    }
    switch (t->field->kind) {
    case FILTER_NUMBER:
    case FILTER_PORT:
        print_number(t, out);
        break;
    case FILTER_TIME:
        print_time(t, out);
        break;
    case FILTER_INSTANT:
        print_instant(t, out);
        break;
    case FILTER_TRUTH:
        strbuf_addf(out, "%s:%s", t->field->name, t->truth ? "yes" : "no");
        break;
    case FILTER_ADDR:
        print_addr(t, out);
        break;
    case FILTER_ID:
        strbuf_addf(out, "%s:%016" PRIx64, t->field->name, t->id);
        break;
    default:
        print_text(t, out);
    }
}

/* Parentheses where the one above binds tighter: not, then and, then or. */
static void print_node(const struct filter *f, uint16_t at, enum filter_node_kind above,
                       struct strbuf *out)
{
    const struct filter_node *n = &f->nodes[at];
    bool is_joint = n->kind == FILTER_AND || n->kind == FILTER_OR;
    bool wraps = is_joint && (above == FILTER_NOT || (above == FILTER_AND && n->kind == FILTER_OR));

    if (wraps)
        strbuf_add_char(out, '(');
    if (n->kind == FILTER_NOT) {
        strbuf_add_char(out, '-');
        print_node(f, n->left, FILTER_NOT, out);
    } else if (is_joint) {
        print_node(f, n->left, n->kind, out);
        strbuf_add_text(out, n->kind == FILTER_AND ? " " : " or ");
        print_node(f, n->right, n->kind, out);
    } else {
        print_test(&f->tests[n->test], out);
    }
    if (wraps)
        strbuf_add_char(out, ')');
}

void filter_print(const struct filter *f, struct strbuf *out)
{
    if (f && f->node_count)
        print_node(f, f->root, FILTER_OR, out);
}

/* --- pointing at a word --------------------------------------------------------------------- */

enum { SHOWN_BEFORE = 40, SHOWN_CHARACTERS = 76 };

static size_t character_at(struct slice text, size_t at)
{
    uint32_t ignored;
    size_t len = utf8_decode(text.p + at, text.len - at, &ignored);

    return len ? len : 1;
}

/* Of a long text the part around the word. */
void filter_error_point(const struct filter_error *error, struct slice text, const char *indent,
                        struct strbuf *out)
{
    size_t first = error->column > SHOWN_BEFORE + 1 ? error->column - SHOWN_BEFORE : 1;
    size_t column = 1, shown = 0;

    strbuf_addf(out, "%s%s", indent, first > 1 ? "…" : "");
    for (size_t at = 0; at < text.len && shown < SHOWN_CHARACTERS; column++) {
        size_t len = character_at(text, at);

        if (column >= first) {
            strbuf_add_printable(out, slice_of(text.p + at, len));
            shown++;
        }
        at += len;
    }
    strbuf_addf(out, "\n%s%*s", indent, (int)(error->column - first + (first > 1)), "");
    for (size_t i = 0; i < error->length && error->column - first + i <= shown; i++)
        strbuf_add_char(out, '^');
    strbuf_add_char(out, '\n');
}
