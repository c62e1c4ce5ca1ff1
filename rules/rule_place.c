#include "rules/rule_place.h"

#include "analyzer/base/utf8.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t character_at(struct slice s, size_t at)
{
    uint32_t ignored;
    size_t len = utf8_decode(s.p + at, s.len - at, &ignored);

    return len ? len : 1;
}

/* The byte at which a line and column begin; s.len: there is none. */
static size_t byte_of(struct slice s, int line, int column)
{
    size_t at = 0;

    for (; line > 1 && at < s.len; at++)
        line -= s.p[at] == '\n';
    for (; column > 1 && at < s.len && s.p[at] != '\n'; column--)
        at += character_at(s, at);
    return at < s.len ? at : s.len;
}

static size_t skip_blanks(struct slice s, size_t at)
{
    while (at < s.len && is_blank(s.p[at]))
        at++;
    return at;
}

/* Behind the quote, or behind the line of a block's ">-". */
static size_t skip_opening(struct slice s, size_t at, char opening)
{
    if (opening == '"' || opening == '\'')
        return at + 1;
    if (opening != '>' && opening != '|')
        return at;
    while (at < s.len && s.p[at] != '\n')
        at++;
    return skip_blanks(s, at);
}

/* The bytes of `file` that stand for the character of the text at *at, which it passes; false: they
 * do not fit. */
static bool pass_character(struct slice file, size_t *in_file, struct slice text, size_t *at,
                           char opening)
{
    size_t len = character_at(text, *at);

    if (is_blank(text.p[*at])) {
        if (*in_file >= file.len || !is_blank(file.p[*in_file]))
            return false;
        *in_file = skip_blanks(file, *in_file);
        *at = skip_blanks(text, *at);
        return true;
    }
    *in_file = skip_blanks(file, *in_file);
    if (opening == '"' && *in_file < file.len && file.p[*in_file] == '\\')
        ++*in_file;
    if (*in_file + len > file.len || memcmp(file.p + *in_file, text.p + *at, len) != 0)
        return false;
    if (opening == '\'' && text.p[*at] == '\'')
        ++*in_file; /* it stands there twice */
    *in_file += len;
    *at += len;
    return true;
}

static void place_of(struct slice file, size_t at, int *line, int *column)
{
    *line = *column = 1;
    for (size_t i = 0; i < at && i < file.len; i += character_at(file, i)) {
        ++*column;
        if (file.p[i] == '\n') {
            ++*line;
            *column = 1;
        }
    }
}

void rule_place_find(struct slice file, const struct rule_node *node, size_t character, int *line,
                     int *column)
{
    size_t in_file = byte_of(file, node->line, node->column), at = 0, end = 0;
    char opening = in_file < file.len ? file.p[in_file] : '\0';

    *line = node->line;
    *column = node->column;
    for (size_t n = 1; n < character && end < node->text.len; n++)
        end += character_at(node->text, end);
    in_file = skip_opening(file, in_file, opening);
    while (at < end) {
        if (!pass_character(file, &in_file, node->text, &at, opening))
            return;
    }
    /* What comes next stands behind the line's break, not before it. */
    if (end < node->text.len && !is_blank(node->text.p[end]))
        in_file = skip_blanks(file, in_file);
    place_of(file, in_file, line, column);
}
