#include "analyzer/filter/filter_lex.h"

#include "analyzer/base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

enum { SHOWN_BYTES = 40 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* NUL at the end of the text: where one stands in it, it is a byte like others elsewhere. */
static char char_at(const struct filter_lex *lex, size_t at)
{
    return at < lex->text.len ? lex->text.p[at] : '\0';
}

static struct slice between(const struct filter_lex *lex, size_t from, size_t to)
{
    return slice_of(lex->text.p + from, to - from);
}

/* --- errors --------------------------------------------------------------------------------- */

/* Of well-formed characters, and of bytes that are none. */
static size_t count_characters(struct slice s)
{
    size_t n = 0, step;
    uint32_t ignored;

    for (size_t i = 0; i < s.len; i += step ? step : 1, n++)
        step = utf8_decode(s.p + i, s.len - i, &ignored);
    return n;
}

int filter_lex_fail(const struct filter_lex *lex, struct filter_place place, const char *format,
                    ...)
{
    size_t n;
    va_list args;

    n = count_characters(between(lex, place.at, place.at + place.len));
    lex->error->column = count_characters(between(lex, 0, place.at)) + 1;
    lex->error->length = n ? n : 1;
    va_start(args, format);
    vsnprintf(lex->error->text, sizeof lex->error->text, format, args);
    va_end(args);
    return -EINVAL;
}

struct filter_shown filter_lex_show(struct slice word)
{
    struct filter_shown shown;
    struct strbuf b = { 0 };
    size_t len = word.len < SHOWN_BYTES ? word.len : SHOWN_BYTES;

    /* Not within a character. */
    while (len && len < word.len && ((uint8_t)word.p[len] & 0xc0) == 0x80)
        len--;
    strbuf_add_printable(&b, slice_of(word.p, len));
    snprintf(shown.text, sizeof shown.text, "'%.*s%s'", (int)(b.len < 44 ? b.len : 44),
             b.p ? b.p : "", len < word.len ? "…" : "");
    strbuf_fini(&b);
    return shown;
}

/* --- what comes next ------------------------------------------------------------------------ */

static const struct {
    struct slice word;
    enum filter_token token;
} keywords[] = {
    { SLICE_INIT("or"), FILTER_TOKEN_OR },   { SLICE_INIT("||"), FILTER_TOKEN_OR },
    { SLICE_INIT("and"), FILTER_TOKEN_AND }, { SLICE_INIT("&&"), FILTER_TOKEN_AND },
    { SLICE_INIT("not"), FILTER_TOKEN_NOT },
};

/* A keyword ends at a blank, a parenthesis or the end: "order" is none, "or:" neither. */
static enum filter_token find_keyword(const struct filter_lex *lex, struct filter_place *place)
{
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        size_t len = keywords[i].word.len, end = lex->at + len;
        char after = char_at(lex, end);

        if (end > lex->text.len || !slice_ieq(between(lex, lex->at, end), keywords[i].word))
            continue;
        if (end == lex->text.len || is_blank(after) || after == '(' || after == ')') {
            place->len = len;
            return keywords[i].token;
        }
    }
    return FILTER_TOKEN_WORD;
}

enum filter_token filter_lex_peek(struct filter_lex *lex, struct filter_place *place)
{
    while (lex->at < lex->text.len && is_blank(lex->text.p[lex->at]))
        lex->at++;
    *place = (struct filter_place){ lex->at, 1 };
    if (lex->at == lex->text.len) {
        place->len = 0;
        return FILTER_TOKEN_END;
    }
    switch (lex->text.p[lex->at]) {
    case '(':
        return FILTER_TOKEN_OPEN;
    case ')':
        return FILTER_TOKEN_CLOSE;
    case '-':
    case '!':
        return FILTER_TOKEN_NOT;
    default:
        return find_keyword(lex, place);
    }
}

/* --- fields --------------------------------------------------------------------------------- */

static const struct {
    struct slice text;
    enum filter_operator operator_;
} operators[] = {
    { SLICE_INIT("=="), FILTER_EQUAL },   { SLICE_INIT("="), FILTER_EQUAL },
    { SLICE_INIT("!="), FILTER_UNEQUAL }, { SLICE_INIT("<="), FILTER_AT_MOST },
    { SLICE_INIT("<"), FILTER_LESS },     { SLICE_INIT(">="), FILTER_AT_LEAST },
    { SLICE_INIT(">"), FILTER_MORE },
};

static size_t skip_blanks(const struct filter_lex *lex, size_t at)
{
    while (at < lex->text.len && is_blank(lex->text.p[at]))
        at++;
    return at;
}

/* Blanks may stand around these, as other tools have it: mos < 3.5. */
static bool take_operator(struct filter_lex *lex, size_t at, enum filter_operator *operator_)
{
    at = skip_blanks(lex, at);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (slice_starts_with(between(lex, at, lex->text.len), operators[i].text)) {
            *operator_ = operators[i].operator_;
            lex->at = skip_blanks(lex, at + operators[i].text.len);
            return true;
        }
    }
    return false;
}

bool filter_lex_take_field(struct filter_lex *lex, struct filter_place *place,
                           enum filter_operator *operator_)
{
    size_t end = lex->at;

    if (!is_letter(char_at(lex, end)))
        return false;
    while (is_name_char(char_at(lex, end)))
        end++;
    *place = (struct filter_place){ lex->at, end - lex->at };
    if (char_at(lex, end) == ':') {
        *operator_ = FILTER_IS;
        lex->at = end + 1;
        return true;
    }
    return take_operator(lex, end, operator_);
}

/* --- values --------------------------------------------------------------------------------- */

static int take_quoted(struct filter_lex *lex, struct filter_value *value)
{
    struct filter_place open = { lex->at, 1 };
    char *start = lex->memory + lex->used;

    for (lex->at++; lex->at < lex->text.len; lex->at++) {
        char c = lex->text.p[lex->at];

        if (c == '"') {
            value->text = slice_of(start, (size_t)(lex->memory + lex->used - start));
            value->is_quoted = true;
            lex->at++;
            return 0;
        }
        if (c == '\\' && lex->at + 1 < lex->text.len) {
            c = lex->text.p[++lex->at];
            c = c == '0' ? '\0' : c; /* an address may not carry a NUL */
        }
        lex->memory[lex->used++] = c;
    }
    return filter_lex_fail(lex, open, "the quote is not closed");
}

static bool ends_value(const struct filter_lex *lex, bool is_list, size_t depth)
{
    char c = char_at(lex, lex->at);

    return lex->at == lex->text.len || is_blank(c) || (depth == 0 && c == ')') ||
           (is_list && depth == 0 && c == ',');
}

/* Parentheses that a value opens and closes belong to it: Linphone/3.6.1(belle-sip). */
static void take_plain(struct filter_lex *lex, bool is_list, struct filter_value *value)
{
    size_t start = lex->at, depth = 0, end;

    while (!ends_value(lex, is_list, depth)) {
        char c = lex->text.p[lex->at++];

        if (c == '(')
            depth++;
        else if (c == ')')
            depth--;
    }
    end = lex->at;
    value->star_after = end > start && lex->text.p[end - 1] == '*';
    value->text = between(lex, start, value->star_after ? end - 1 : end);
}

/* A star in the middle would have to be looked for as such, and nobody means that. */
static int refuse_inner_star(const struct filter_lex *lex, const struct filter_value *value)
{
    size_t star = slice_find(value->text, '*');

    if (value->is_quoted || star == value->text.len)
        return 0;
    return filter_lex_fail(
        lex, (struct filter_place){ (size_t)(value->text.p - lex->text.p) + star, 1 },
        "a * stands at the beginning or the end of a word; in quotes it is the character itself");
}

int filter_lex_take_value(struct filter_lex *lex, bool is_list, struct filter_value *value)
{
    size_t start = lex->at;
    int err = 0;

    *value = (struct filter_value){ 0 };
    if (char_at(lex, lex->at) == '*') {
        value->star_before = true;
        lex->at++;
    }
    if (char_at(lex, lex->at) == '"') {
        err = take_quoted(lex, value);
        if (err)
            return err;
        if (char_at(lex, lex->at) == '*') {
            value->star_after = true;
            lex->at++;
        }
        if (!ends_value(lex, is_list, 0))
            return filter_lex_fail(lex, (struct filter_place){ lex->at, 1 },
                                   "a blank is missing behind the closing quote");
    } else {
        take_plain(lex, is_list, value);
    }
    value->place = (struct filter_place){ start, lex->at - start };
    return refuse_inner_star(lex, value);
}
