#include "analyzer/filter/filter_value.h"

#include "analyzer/base/nearest.h"
#include "analyzer/filter/filter_range.h"
#include "analyzer/record_id.h"

#include <math.h>
#include <stdio.h>

enum { NAMES_MAX = 64, NAMES_BYTES_MAX = 1024, V4_BITS = 32, V6_BITS = 128, PORT_MAX = 65535 };

void filter_value_clear(struct filter_test *test, const struct filter_field *field)
{
    const struct record_type *type = field->type ? field->type : &record_type_call;

    *test = (struct filter_test){ .field = field,
                                  .least = -INFINITY,
                                  .most = INFINITY,
                                  .from = RECORD_NONE,
                                  .to = RECORD_NONE,
                                  .truth = -1 };
    for (size_t i = 0; i < FILTER_MEMBERS_MAX && field->members[i]; i++)
        test->members[i] = record_field_find(type, slice_of_text(field->members[i]));
}

/* One place for "FIELD: 'WORD' is not …". */
int filter_value_refuse(struct filter_lex *lex, const struct filter_asked *asked,
                        const struct filter_value *value, const char *expected)
{
    return filter_lex_fail(lex, value->place, "%s: %s is not %s, as in %s", asked->field->name,
                           filter_lex_show(value->text).text, expected, asked->field->example);
}

int filter_value_refuse_operator(struct filter_lex *lex, const struct filter_asked *asked,
                                 const char *kind)
{
    return filter_lex_fail(lex, asked->place, "%s is %s: it takes : = and !=, as in %s",
                           asked->field->name, kind, asked->field->example);
}

/* --- texts and names ------------------------------------------------------------------------ */

static void lower(struct slice *text, struct filter_lex *lex)
{
    char *out = lex->memory + lex->used;

    for (size_t i = 0; i < text->len; i++) {
        char c = text->p[i];

        out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    lex->used += text->len;
    text->p = out;
}

/* Texts of the tests outlive what was typed. What was unescaped is there already. */
static void keep(struct slice *text, struct filter_lex *lex)
{
    char *out = lex->memory + lex->used;

    if (text->len)
        memcpy(out, text->p, text->len);
    lex->used += text->len;
    text->p = out;
}

static int check_values(struct filter_lex *lex, const struct filter_asked *asked,
                        const struct filter_value *value)
{
    const struct filter_field *field = asked->field;
    struct slice rest = slice_of_text(field->values);
    char copy[NAMES_BYTES_MAX];
    const char *names[NAMES_MAX], *meant;
    size_t count = 0;

    snprintf(copy, sizeof copy, "%s", field->values);
    for (const char *at = field->values; rest.len && count < NAMES_MAX;) {
        struct slice name = slice_cut(&rest, ' ');

        if (slice_ieq(name, value->text))
            return 0;
        names[count++] = copy + (name.p - at);
        copy[(size_t)(name.p - at) + name.len] = '\0';
    }
    meant = nearest_name(value->text, names, count);
    if (meant)
        return filter_lex_fail(lex, value->place, "no %s is called %s, did you mean '%s'?",
                               field->name, filter_lex_show(value->text).text, meant);
    return filter_lex_fail(lex, value->place, "no %s is called %s: there are %s", field->name,
                           filter_lex_show(value->text).text, field->values);
}

static int read_text(struct filter_lex *lex, const struct filter_asked *asked,
                     const struct filter_value *value, struct filter_test *test)
{
    bool is_part = asked->field->is_loose && asked->operator_ == FILTER_IS && !value->star_before &&
                   !value->star_after && value->text.len;

    if (filter_asked_compares(asked))
        return filter_value_refuse_operator(lex, asked, "a text");
    test->text = value->text;
    if (is_part || (value->star_before && value->star_after))
        test->shape = FILTER_PART;
    else if (value->star_after)
        test->shape = FILTER_PREFIX;
    else if (value->star_before)
        test->shape = FILTER_SUFFIX;
    else if (asked->field->values) {
        int err = check_values(lex, asked, value);

        if (err)
            return err;
    }
    if (asked->field->ignores_case)
        lower(&test->text, lex);
    else
        keep(&test->text, lex);
    return 0;
}

/* --- addresses and ports -------------------------------------------------------------------- */

/* "10.1." of 10.1.*: one to three whole parts. */
static bool parse_parts(struct slice text, struct filter_test *test)
{
    uint8_t ip[4] = { 0 };
    size_t parts = 0;

    while (text.len) {
        size_t before = text.len;
        struct slice part = slice_cut(&text, '.');
        uint64_t n;

        if (parts == 3 || part.len == before || part.len > 3 || !slice_to_u64(part, 255, &n))
            return false;
        ip[parts++] = (uint8_t)n;
    }
    if (parts == 0)
        return false;
    test->addr = addr_v4(ip, 0);
    test->addr_bits = (uint8_t)(V6_BITS - V4_BITS + 8 * parts);
    return true;
}

static void mask(struct addr *addr, unsigned bits)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned left = bits > 8 * i ? bits - 8 * i : 0;

        if (left < 8)
            addr->ip[i] &= (uint8_t)(0xff00u >> left);
    }
}

static bool parse_network(struct slice text, struct filter_test *test)
{
    struct slice length = text;
    struct slice ip = slice_cut(&length, '/');
    uint64_t bits;

    if (ip.len == text.len || !addr_parse_ip(ip, &test->addr))
        return false;
    bits = addr_is_v4(&test->addr) && slice_find(ip, ':') == ip.len ? V4_BITS : V6_BITS;
    if (!slice_to_u64(length, bits, &bits))
        return false;
    if (slice_find(ip, ':') == ip.len)
        bits += V6_BITS - V4_BITS;
    test->addr_bits = (uint8_t)bits;
    mask(&test->addr, test->addr_bits);
    return true;
}

bool filter_value_is_addr(const struct filter_value *value, struct filter_test *test)
{
    if (value->star_before)
        return false;
    if (value->star_after)
        return parse_parts(value->text, test);
    test->addr_bits = V6_BITS;
    return addr_parse(value->text, &test->addr) || addr_parse_ip(value->text, &test->addr) ||
           parse_network(value->text, test);
}

static int read_addr(struct filter_lex *lex, const struct filter_asked *asked,
                     const struct filter_value *value, struct filter_test *test)
{
    if (filter_asked_compares(asked))
        return filter_value_refuse_operator(lex, asked, "an address");
    if (filter_value_is_addr(value, test))
        return 0;
    return filter_lex_fail(lex, value->place,
                           "%s: %s is no address: 192.0.2.7, 192.0.2.7:5060, 10.0.0.0/8, 10.1.*, "
                           "2001:db8::1, [2001:db8::1]:5060 or 2001:db8::/32",
                           asked->field->name, filter_lex_show(value->text).text);
}

/* --- truths and ids ------------------------------------------------------------------------- */

static int read_truth(struct filter_lex *lex, const struct filter_asked *asked,
                      const struct filter_value *value, struct filter_test *test)
{
    static const struct {
        struct slice word;
        int8_t truth;
    } words[] = {
        { SLICE_INIT("yes"), 1 },   { SLICE_INIT("no"), 0 }, { SLICE_INIT("true"), 1 },
        { SLICE_INIT("false"), 0 }, { SLICE_INIT("1"), 1 },  { SLICE_INIT("0"), 0 },
    };

    if (filter_asked_compares(asked))
        return filter_value_refuse_operator(lex, asked, "yes or no");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_ieq(value->text, words[i].word)) {
            test->truth = words[i].truth;
            return 0;
        }
    }
    return filter_value_refuse(lex, asked, value, "yes or no");
}

bool filter_value_is_id(struct slice text, uint64_t *id)
{
    static const char digits[] = "0123456789abcdef";

    *id = 0;
    if (text.len != RECORD_ID_TEXT_LEN)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        const char *at = memchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c, 16);

        if (!at)
            return false;
        *id = *id << 4 | (uint64_t)(at - digits);
    }
    return true;
}

static int read_id(struct filter_lex *lex, const struct filter_asked *asked,
                   const struct filter_value *value, struct filter_test *test)
{
    if (filter_asked_compares(asked))
        return filter_value_refuse_operator(lex, asked, "an id");
    if (value->star_before || value->star_after || !filter_value_is_id(value->text, &test->id))
        return filter_value_refuse(lex, asked, value, "16 hex digits");
    return 0;
}

int filter_value_read(struct filter_lex *lex, const struct filter_asked *asked,
                      const struct filter_value *value, struct filter_test *test)
{
    static int (*const readers[])(struct filter_lex *, const struct filter_asked *,
                                  const struct filter_value *, struct filter_test *) = {
        [FILTER_TEXT] = read_text,
        [FILTER_NUMBER] = filter_range_read_number,
        [FILTER_TIME] = filter_range_read_time,
        [FILTER_TRUTH] = read_truth,
        [FILTER_ADDR] = read_addr,
        [FILTER_PORT] = filter_range_read_number,
        [FILTER_NAMES] = read_text,
        [FILTER_ID] = read_id,
        [FILTER_ALERT] = read_text,
        [FILTER_INSTANT] = filter_range_read_time,
    };

    filter_value_clear(test, asked->field);
    if (asked->now_ns == RECORD_NONE &&
        (asked->field->kind == FILTER_TIME || asked->field->kind == FILTER_ALERT))
        return filter_lex_fail(lex, asked->place,
                               "a rule looks at what comes, '%s' has no place in it: leave it out",
                               asked->field->name);
    if (value->text.len == 0 && !value->is_quoted) {
        if (!value->star_before && !value->star_after)
            return filter_lex_fail(lex, asked->place, "%s needs a value, as in %s",
                                   asked->field->name, asked->field->example);
        if (filter_asked_compares(asked))
            return filter_value_refuse_operator(lex, asked, "only known or unknown with a *");
        test->shape = FILTER_ANY;
        return 0;
    }
    return readers[asked->field->kind](lex, asked, value, test);
}
