/*
 * The grammar, from the outside in:
 *
 *     any      all { "or" all }
 *     all      one { ["and"] one }
 *     one      { "not" | "-" | "!" } ( "(" any ")" | word )
 *     word     field operator value { "," value } | value
 *
 * Nodes never outnumber their room: n tests need n − 1 joints, and a "not" stands over something
 * else than a "not", so there are at most 4n − 2 of them.
 */
#include "analyzer/base/nearest.h"
#include "analyzer/filter/filter_scope.h"
#include "analyzer/filter/filter_value.h"
#include "analyzer/filter/filter_vocabulary.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { NAMES_MAX = 256, NAMES_BYTES_MAX = 4096, MEMORY_TIMES = 3 };

struct parse {
    struct filter_lex lex;
    struct filter *filter;
    struct filter_vocabulary words;
    int64_t now_ns;
    unsigned depth;
};

static int parse_any(struct parse *p, uint16_t *node);

/* --- nodes ---------------------------------------------------------------------------------- */

static uint16_t add_node(struct parse *p, enum filter_node_kind kind, uint16_t left, uint16_t right)
{
    uint16_t at = p->filter->node_count++;

    assert(at < FILTER_NODES_MAX);
    p->filter->nodes[at] =
        (struct filter_node){ .kind = (uint8_t)kind, .left = left, .right = right };
    return at;
}

static int add_test(struct parse *p, const struct filter_test *test, struct filter_place place,
                    uint16_t *node)
{
    struct filter *f = p->filter;

    if (f->test_count == FILTER_TESTS_MAX)
        return filter_lex_fail(&p->lex, place, "a filter has at most %d words", FILTER_TESTS_MAX);
    *node = add_node(p, FILTER_TEST, 0, 0);
    f->nodes[*node].test = (uint8_t)f->test_count;
    f->tests[f->test_count++] = *test;
    return 0;
}

/* --- words ---------------------------------------------------------------------------------- */

/* All names and aliases as C strings, for the nearest one. */
static size_t list_names(const struct filter_vocabulary *words, char *copy, const char **names)
{
    size_t used = 0, count = 0;

    for (size_t i = 0; i < words->count; i++) {
        struct slice rest = slice_of_text(words->fields[i].aliases);
        struct slice name = slice_of_text(words->fields[i].name);

        do {
            if (count == NAMES_MAX || used + name.len + 1 > NAMES_BYTES_MAX)
                return count;
            names[count++] = copy + used;
            memcpy(copy + used, name.p, name.len);
            copy[used + name.len] = '\0';
            used += name.len + 1;
            name = slice_cut(&rest, ' ');
        } while (name.len);
    }
    return count;
}

static int refuse_field(struct parse *p, struct filter_place place)
{
    struct slice word = slice_of(p->lex.text.p + place.at, place.len);
    char copy[NAMES_BYTES_MAX];
    const char *names[NAMES_MAX];
    const char *meant = nearest_name(word, names, list_names(&p->words, copy, names));
    struct filter_shown shown = filter_lex_show(word);

    if (meant)
        return filter_lex_fail(&p->lex, place, "no field is called %s, did you mean '%s'?",
                               shown.text, meant);
    if (!p->words.is_of_calls)
        return filter_lex_fail(&p->lex, place,
                               "no field of these is called %s; docs/METRICS.md lists them",
                               shown.text);
    return filter_lex_fail(&p->lex, place,
                           "no field is called %s; a text that holds an operator stands in quotes",
                           shown.text);
}

static const char *example_name(const struct parse *p)
{
    return p->words.is_of_calls ? "mos" : p->words.fields[p->words.count - 1].name;
}

static int parse_has(struct parse *p, const struct filter_value *value, uint16_t *node)
{
    const struct filter_field *field = filter_vocabulary_find(&p->words, value->text);
    struct filter_test test;

    if (!field || value->star_before || value->star_after || value->is_quoted) {
        if (value->place.len == 0)
            return filter_lex_fail(&p->lex, value->place, "has needs a field, as in has:%s",
                                   example_name(p));
        return refuse_field(p, value->place);
    }
    filter_value_clear(&test, field);
    test.shape = FILTER_ANY;
    return add_test(p, &test, value->place, node);
}

static int parse_one_value(struct parse *p, const struct filter_asked *asked, bool is_list,
                           uint16_t *node)
{
    struct filter_value value;
    struct filter_test test;
    int err = filter_lex_take_value(&p->lex, is_list, &value);

    if (err)
        return err;
    if (!asked->field)
        return parse_has(p, &value, node);
    err = filter_value_read(&p->lex, asked, &value, &test);
    return err ? err : add_test(p, &test, value.place, node);
}

static bool is_at(const struct filter_lex *lex, char c)
{
    return lex->at < lex->text.len && lex->text.p[lex->at] == c;
}

/* Behind the operator: one value or several, any of which may fit. */
static int parse_values(struct parse *p, const struct filter_asked *asked, uint16_t *node)
{
    int err = parse_one_value(p, asked, true, node);

    while (err == 0 && is_at(&p->lex, ',')) {
        struct filter_place comma = { p->lex.at++, 1 };
        uint16_t other;

        if (asked->operator_ > FILTER_UNEQUAL)
            return filter_lex_fail(&p->lex, comma, "a list comes behind : = or !=");
        err = parse_one_value(p, asked, true, &other);
        if (err == 0)
            *node = add_node(p, FILTER_OR, *node, other);
    }
    return err;
}

static int parse_field(struct parse *p, struct filter_place place, enum filter_operator operator_,
                       uint16_t *node)
{
    struct slice name = slice_of(p->lex.text.p + place.at, place.len);
    struct filter_asked asked = { .field = filter_vocabulary_find(&p->words, name),
                                  .operator_ = operator_,
                                  .place = place,
                                  .now_ns = p->now_ns };
    int err;

    if (!asked.field && !slice_ieq(name, SLICE("has")))
        return refuse_field(p, place);
    if (!asked.field && operator_ != FILTER_IS)
        return filter_lex_fail(&p->lex, place, "has takes a : and a field, as in has:%s",
                               example_name(p));
    err = parse_values(p, &asked, node);
    if (err == 0 && operator_ == FILTER_UNEQUAL)
        *node = add_node(p, FILTER_NOT, *node, 0);
    return err;
}

static int add_text(struct parse *p, const char *name, const struct filter_value *value,
                    enum filter_shape shape, uint16_t *node)
{
    struct filter_test test;

    filter_value_clear(&test, filter_field_find(slice_of_text(name)));
    test.text = value->text;
    test.shape = (uint8_t)shape;
    return add_test(p, &test, value->place, node);
}

/* 16 hex digits may be Earshot's own id, as lists of calls show it. */
static int add_bare_id(struct parse *p, const struct filter_value *value, uint16_t *node)
{
    struct filter_test test;
    uint64_t id;
    uint16_t other;
    int err;

    if (value->star_before || value->star_after || !filter_value_is_id(value->text, &id))
        return 0;
    filter_value_clear(&test, filter_field_find(SLICE("id")));
    test.id = id;
    err = add_test(p, &test, value->place, &other);
    if (err == 0)
        *node = add_node(p, FILTER_OR, *node, other);
    return err;
}

/* Without stars a Call-ID may be begun, and of a number a part is enough. */
static int add_bare_text(struct parse *p, struct filter_value *value, uint16_t *node)
{
    enum filter_shape call_id = FILTER_PREFIX, number = FILTER_PART;
    char *copy = p->lex.memory + p->lex.used;
    uint16_t other;
    int err;

    if (value->star_before && !value->star_after)
        call_id = number = FILTER_SUFFIX;
    else if (value->star_before)
        call_id = FILTER_PART;
    else if (value->star_after)
        number = FILTER_PREFIX;
    if (value->text.len)
        memcpy(copy, value->text.p, value->text.len);
    p->lex.used += value->text.len;
    value->text.p = copy;
    err = add_text(p, "call_id", value, call_id, node);
    if (err == 0)
        err = add_text(p, "number", value, number, &other);
    if (err == 0)
        *node = add_node(p, FILTER_OR, *node, other);
    return err ? err : add_bare_id(p, value, node);
}

/* Only calls have a number and a Call-ID that everybody means. */
static int refuse_bare(struct parse *p, const struct filter_value *value)
{
    const struct filter_field *first = &p->words.fields[0];

    /* Ids come first, and few ask for one. */
    if (first->kind == FILTER_ID && p->words.count > 1)
        first++;
    return filter_lex_fail(&p->lex, value->place, "%s needs a field before it, as in %s",
                           filter_lex_show(value->text).text, first->example);
}

/* A word that names a field is meant as that: "one_way", but "mos" of what? */
static int parse_bare(struct parse *p, uint16_t *node)
{
    struct filter_value value;
    struct filter_test test;
    const struct filter_field *field;
    int err = filter_lex_take_value(&p->lex, false, &value);

    if (err)
        return err;
    if (p->words.is_of_calls && !value.is_quoted && filter_value_is_addr(&value, &test)) {
        struct filter_test of_ip;

        filter_value_clear(&of_ip, filter_field_find(SLICE("ip")));
        of_ip.addr = test.addr;
        of_ip.addr_bits = test.addr_bits;
        return add_test(p, &of_ip, value.place, node);
    }
    if (value.text.len == 0)
        return filter_lex_fail(&p->lex, value.place, "nothing is asked for: a word is empty");
    field = value.is_quoted || value.star_before || value.star_after
                ? NULL
                : filter_vocabulary_find(&p->words, value.text);
    if (field && field->kind == FILTER_TRUTH) {
        filter_value_clear(&test, field);
        test.truth = 1;
        return add_test(p, &test, value.place, node);
    }
    if (field)
        return filter_lex_fail(&p->lex, value.place,
                               "%s needs a value, as in %s; to look for the word, put it in quotes",
                               field->name, field->example);
    if (!p->words.is_of_calls)
        return refuse_bare(p, &value);
    return add_bare_text(p, &value, node);
}

/* fe80::1 and sip:alice@example.com look like fields that there are none of. */
static int parse_colon_word(struct parse *p, struct filter_place name, bool *is_taken,
                            uint16_t *node)
{
    static const struct slice schemes[] = { SLICE_INIT("sip"), SLICE_INIT("sips"),
                                            SLICE_INIT("tel") };
    struct slice word = slice_of(p->lex.text.p + name.at, name.len);
    struct filter_lex before = p->lex;
    struct filter_value value;
    struct filter_test ignored;

    *is_taken = true;
    p->lex.at = name.at;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        struct filter_asked asked = { .field = filter_field_find(SLICE("uri")), .place = name };

        if (slice_ieq(word, schemes[i]))
            return parse_one_value(p, &asked, false, node);
    }
    if (filter_lex_take_value(&p->lex, false, &value) == 0 && !value.is_quoted &&
        filter_value_is_addr(&value, &ignored)) {
        p->lex.at = name.at;
        return parse_bare(p, node);
    }
    p->lex = before;
    *is_taken = false;
    return 0;
}

static int parse_word(struct parse *p, uint16_t *node)
{
    struct filter_place name;
    enum filter_operator operator_;
    bool is_taken = false;
    int err = 0;

    if (!filter_lex_take_field(&p->lex, &name, &operator_))
        return parse_bare(p, node);
    if (p->words.is_of_calls && operator_ == FILTER_IS &&
        !filter_field_find(slice_of(p->lex.text.p + name.at, name.len)))
        err = parse_colon_word(p, name, &is_taken, node);
    if (err || is_taken)
        return err;
    return parse_field(p, name, operator_, node);
}

/* --- and, or, not, parentheses -------------------------------------------------------------- */

static int parse_group(struct parse *p, struct filter_place open, uint16_t *node)
{
    struct filter_place place;
    enum filter_token token;
    int err;

    if (p->depth == FILTER_DEPTH_MAX)
        return filter_lex_fail(&p->lex, open, "parentheses stand at most %d deep",
                               FILTER_DEPTH_MAX);
    p->lex.at++;
    p->depth++;
    token = filter_lex_peek(&p->lex, &place);
    if (token == FILTER_TOKEN_CLOSE || token == FILTER_TOKEN_END)
        return filter_lex_fail(&p->lex, open,
                               token == FILTER_TOKEN_CLOSE ? "nothing stands within the parentheses"
                                                           : "the parenthesis is not closed");
    err = parse_any(p, node);
    if (err)
        return err;
    if (filter_lex_peek(&p->lex, &place) != FILTER_TOKEN_CLOSE)
        return filter_lex_fail(&p->lex, open, "the parenthesis is not closed");
    p->lex.at++;
    p->depth--;
    return 0;
}

/* `last`: what was read before, for which something is missing now. */
static int refuse_missing(struct parse *p, enum filter_token found, struct filter_place place,
                          const struct filter_place *last)
{
    if (last)
        return filter_lex_fail(&p->lex, *last, "nothing stands behind %s",
                               filter_lex_show(slice_of(p->lex.text.p + last->at, last->len)).text);
    if (found == FILTER_TOKEN_CLOSE)
        return filter_lex_fail(&p->lex, place, "no parenthesis is open here");
    return filter_lex_fail(&p->lex, place, "nothing stands before %s",
                           filter_lex_show(slice_of(p->lex.text.p + place.at, place.len)).text);
}

static bool begins_one(enum filter_token token)
{
    return token == FILTER_TOKEN_WORD || token == FILTER_TOKEN_OPEN || token == FILTER_TOKEN_NOT;
}

static bool is_blank_or_end(const struct filter_lex *lex)
{
    return lex->at == lex->text.len || is_at(lex, ' ') || is_at(lex, '\t') || is_at(lex, '\n');
}

static int parse_one(struct parse *p, const struct filter_place *last, uint16_t *node)
{
    struct filter_place place, before;
    bool is_not = false;
    enum filter_token token;
    int err;

    while ((token = filter_lex_peek(&p->lex, &place)) == FILTER_TOKEN_NOT) {
        p->lex.at += place.len;
        before = place;
        last = &before;
        is_not = !is_not;
        if (place.len == 1 && is_blank_or_end(&p->lex))
            return refuse_missing(p, token, place, last);
    }
    if (!begins_one(token))
        return refuse_missing(p, token, place, last);
    err = token == FILTER_TOKEN_OPEN ? parse_group(p, place, node) : parse_word(p, node);
    if (err)
        return err;
    /* The "not" within was made last, so its room is free again. */
    if (is_not && p->filter->nodes[*node].kind == FILTER_NOT)
        *node = p->filter->nodes[--p->filter->node_count].left;
    else if (is_not)
        *node = add_node(p, FILTER_NOT, *node, 0);
    return 0;
}

static int parse_all(struct parse *p, const struct filter_place *last, uint16_t *node)
{
    struct filter_place place;
    enum filter_token token;
    int err = parse_one(p, last, node);

    while (err == 0) {
        uint16_t other;

        token = filter_lex_peek(&p->lex, &place);
        if (token == FILTER_TOKEN_AND)
            p->lex.at += place.len;
        else if (!begins_one(token))
            return 0;
        err = parse_one(p, token == FILTER_TOKEN_AND ? &place : NULL, &other);
        if (err == 0)
            *node = add_node(p, FILTER_AND, *node, other);
    }
    return err;
}

static int parse_any(struct parse *p, uint16_t *node)
{
    struct filter_place place;
    int err = parse_all(p, NULL, node);

    while (err == 0 && filter_lex_peek(&p->lex, &place) == FILTER_TOKEN_OR) {
        uint16_t other;

        p->lex.at += place.len;
        err = parse_all(p, &place, &other);
        if (err == 0)
            *node = add_node(p, FILTER_OR, *node, other);
    }
    return err;
}

static int parse_text(struct parse *p)
{
    struct filter_place place;
    enum filter_token token;
    int err;

    if (p->lex.text.len > FILTER_TEXT_MAX)
        return filter_lex_fail(
            &p->lex, (struct filter_place){ FILTER_TEXT_MAX, p->lex.text.len - FILTER_TEXT_MAX },
            "a filter has at most %d bytes", FILTER_TEXT_MAX);
    if (filter_lex_peek(&p->lex, &place) == FILTER_TOKEN_END)
        return 0;
    err = parse_any(p, &p->filter->root);
    if (err)
        return err;
    token = filter_lex_peek(&p->lex, &place);
    return token == FILTER_TOKEN_END ? 0 : refuse_missing(p, token, place, NULL);
}

/* Fields that the filter takes over. */
static int parse_filter(struct filter **fp, struct parse *p, struct filter_field *vocabulary)
{
    struct slice text = p->lex.text;
    int err = -ENOMEM;

    *p->lex.error = (struct filter_error){ 0 };
    p->filter = calloc(1, sizeof *p->filter);
    if (!p->filter) {
        free(vocabulary);
        return -ENOMEM;
    }
    p->filter->vocabulary = vocabulary;
    if (text.len <= FILTER_TEXT_MAX) {
        p->filter->memory = malloc(MEMORY_TIMES * text.len + 1);
        if (!p->filter->memory)
            goto fail;
    }
    p->lex.memory = p->filter->memory;
    err = parse_text(p);
    if (err)
        goto fail;
    filter_scope_find(p->filter);
    *fp = p->filter;
    return 0;

fail:
    filter_free(p->filter);
    return err;
}

int filter_parse(struct filter **fp, struct slice text, int64_t now_ns, struct filter_error *error)
{
    struct parse p = { .lex = { .text = text.len ? text : SLICE(""), .error = error },
                       .words = { filter_fields, filter_field_count, true },
                       .now_ns = now_ns };

    return parse_filter(fp, &p, NULL);
}

int filter_parse_record(struct filter **fp, const struct record_type *type, struct slice text,
                        int64_t now_ns, struct filter_error *error)
{
    struct parse p = { .lex = { .text = text.len ? text : SLICE(""), .error = error },
                       .now_ns = now_ns };
    struct filter_field *fields;
    int err;

    if (type == &record_type_call)
        return filter_parse(fp, text, now_ns, error);
    *error = (struct filter_error){ 0 };
    err = filter_vocabulary_make(&fields, &p.words.count, type);
    if (err)
        return err;
    p.words.fields = fields;
    return parse_filter(fp, &p, fields);
}

void filter_free(struct filter *f)
{
    if (!f)
        return;
    free(f->memory);
    free(f->vocabulary);
    free(f->masked);
    free(f);
}
