#include "analyzer/filter/filter_value.h"

#include "analyzer/base/nearest.h"
#include "analyzer/filter/filter_number.h"
#include "analyzer/filter/filter_time.h"
#include "analyzer/record_id.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

enum { NAMES_MAX = 32, NAMES_BYTES_MAX = 512, V4_BITS = 32, V6_BITS = 128, PORT_MAX = 65535 };

void filter_value_clear(struct filter_test *test, const struct filter_field *field)
{
    *test = (struct filter_test){ .field = field,
                                  .least = -INFINITY,
                                  .most = INFINITY,
                                  .from = RECORD_NONE,
                                  .to = RECORD_NONE,
                                  .truth = -1 };
    for (size_t i = 0; i < FILTER_MEMBERS_MAX && field->members[i]; i++)
        test->members[i] = record_field_find(&record_type_call, slice_of_text(field->members[i]));
}

/* One place for "FIELD: 'WORD' is not …". */
static int refuse(struct filter_lex *lex, const struct filter_asked *asked,
                  const struct filter_value *value, const char *expected)
{
    return filter_lex_fail(lex, value->place, "%s: %s is not %s, as in %s", asked->field->name,
                           filter_lex_show(value->text).text, expected, asked->field->example);
}

static int refuse_operator(struct filter_lex *lex, const struct filter_asked *asked,
                           const char *kind)
{
    return filter_lex_fail(lex, asked->place, "%s is %s: it takes : = and !=, as in %s",
                           asked->field->name, kind, asked->field->example);
}

static bool compares(const struct filter_asked *asked)
{
    return asked->operator_ > FILTER_UNEQUAL;
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

    if (compares(asked))
        return refuse_operator(lex, asked, "a text");
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

/* --- numbers -------------------------------------------------------------------------------- */

/* What one side of a range means: a class reaches from 500 to 599. */
struct point {
    double low, high, step;
};

static bool is_ratio(const struct filter_field *field)
{
    return field->unit && field->unit[0] == '%';
}

/* The member's value for 1 without a unit. */
static double bare_scale(const struct filter_field *field)
{
    return is_ratio(field) ? 1 : field->scale;
}

static bool is_class(const struct filter_field *field, struct slice text)
{
    return field->has_classes && text.len == 3 && text.p[0] >= '1' && text.p[0] <= '6' &&
           slice_ieq(slice_of(text.p + 1, 2), SLICE("xx"));
}

static int refuse_unit(struct filter_lex *lex, const struct filter_asked *asked,
                       struct filter_place place, struct slice unit)
{
    const char *own = asked->field->unit;
    const char *takes = !own ? "no unit" : own[0] == '%' ? "% or none" : "ms, s, min, h or d";

    return filter_lex_fail(lex, place, "%s takes %s, not %s", asked->field->name, takes,
                           filter_lex_show(unit).text);
}

static int refuse_far(struct filter_lex *lex, const struct filter_asked *asked,
                      struct filter_place place)
{
    const struct filter_field *f = asked->field;

    return filter_lex_fail(lex, place, "%s is from %.15g to %.15g%s%s", f->name, f->low, f->high,
                           f->unit && !is_ratio(f) ? f->unit : "",
                           is_ratio(f)      ? ", or from 0% to 100%"
                           : f->has_classes ? ", or a class like 5xx"
                                            : "");
}

static int read_point(struct filter_lex *lex, const struct filter_asked *asked,
                      const struct filter_value *value, struct slice text, struct point *point)
{
    const struct filter_field *f = asked->field;
    struct filter_place place = value->place;
    struct filter_amount amount;
    struct slice unit;
    double bare = bare_scale(f);

    if (is_class(f, text)) {
        point->low = (text.p[0] - '0') * 100;
        point->high = point->low + 99;
        return 0;
    }
    switch (filter_number_parse(text, f->unit, f->scale, &amount, &unit)) {
    case FILTER_NUMBER_OK:
        break;
    case FILTER_NUMBER_TOO_LONG:
        return filter_lex_fail(lex, place, "%s: a number has at most 15 digits", f->name);
    case FILTER_NUMBER_UNIT:
        return refuse_unit(lex, asked, place, unit);
    default:
        return refuse(lex, asked, value, "a number");
    }
    if (amount.value < f->low * bare || amount.value > f->high * bare)
        return refuse_far(lex, asked, place);
    point->low = point->high = amount.value;
    /* 0 is 0, and 0.5 of loss is not "about 0 to 1". */
    point->step = amount.value > 0 ? amount.step : 0;
    if (is_ratio(f) && point->step > 0.01)
        point->step = 0.01;
    return 0;
}

/* "3..4", and what is open on one side. False: no range. */
static bool split_range(struct slice text, struct slice *low, struct slice *high)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.p[i] == '.' && text.p[i + 1] == '.') {
            *low = slice_of(text.p, i);
            *high = slice_of(text.p + i + 2, text.len - i - 2);
            return true;
        }
    }
    return false;
}

static int read_range(struct filter_lex *lex, const struct filter_asked *asked,
                      const struct filter_value *value, const struct slice side[2],
                      struct filter_test *test)
{
    struct point point;
    int err = 0;

    if (compares(asked))
        return filter_lex_fail(lex, value->place, "%s: a range comes behind : alone, as in %s:%s",
                               asked->field->name, asked->field->name, "3..4");
    if (side[0].len == 0 && side[1].len == 0)
        return refuse(lex, asked, value, "a range");
    if (side[0].len) {
        err = read_point(lex, asked, value, side[0], &point);
        test->least = point.low;
    }
    if (err == 0 && side[1].len) {
        err = read_point(lex, asked, value, side[1], &point);
        test->most = point.high;
    }
    if (err == 0 && test->least > test->most)
        err = filter_lex_fail(lex, value->place,
                              "%s: nothing is within %s, the smaller number comes first",
                              asked->field->name, filter_lex_show(value->text).text);
    return err;
}

/* A real number is as exact as it is written: 3.5 is what would be rounded to it. */
static void set_equal(const struct point *point, struct filter_test *test)
{
    const struct filter_field *f = test->field;
    bool is_real = test->members[0] && test->members[0]->kind == FIELD_REAL;
    double bare = bare_scale(f);

    test->least = is_real ? fmax(point->low - point->step / 2, f->low * bare) : point->low;
    test->most = is_real ? fmin(point->high + point->step / 2, f->high * bare) : point->high;
}

static int read_number(struct filter_lex *lex, const struct filter_asked *asked,
                       const struct filter_value *value, struct filter_test *test)
{
    struct point point = { 0 };
    struct slice side[2];
    int err;

    if (value->is_quoted || value->star_before || value->star_after)
        return refuse(lex, asked, value, "a number");
    if (split_range(value->text, &side[0], &side[1]))
        return read_range(lex, asked, value, side, test);
    err = read_point(lex, asked, value, value->text, &point);
    if (err)
        return err;
    switch (asked->operator_) {
    case FILTER_LESS:
        test->most = point.low;
        test->is_under = true;
        break;
    case FILTER_AT_MOST:
        test->most = point.high;
        break;
    case FILTER_MORE:
        test->least = point.high;
        test->is_over = true;
        break;
    case FILTER_AT_LEAST:
        test->least = point.low;
        break;
    default:
        set_equal(&point, test);
    }
    return 0;
}

/* --- times ---------------------------------------------------------------------------------- */

static int read_span(struct filter_lex *lex, const struct filter_asked *asked,
                     const struct filter_value *value, struct slice text, struct filter_span *span)
{
    if (filter_time_parse(text, asked->now_ns, span))
        return 0;
    return filter_lex_fail(lex, value->place,
                           "%s: %s is no time: 2h, 3d, yesterday, 10:30, 2026-11-21, "
                           "2026-11-21T10:00 (UTC) or seconds since 1970",
                           asked->field->name, filter_lex_show(text).text);
}

/* What "up to it" reaches: the whole of a day, but the beginning of a minute. */
static int64_t end_of(const struct filter_span *span)
{
    return span->is_day ? span->last : span->first;
}

static int read_time_range(struct filter_lex *lex, const struct filter_asked *asked,
                           const struct filter_value *value, const struct slice side[2],
                           struct filter_test *test)
{
    struct filter_span span;
    int err = 0;

    if (compares(asked))
        return filter_lex_fail(lex, value->place, "%s: a range comes behind : alone",
                               asked->field->name);
    if (side[0].len == 0 && side[1].len == 0)
        return refuse(lex, asked, value, "a range");
    if (side[0].len) {
        err = read_span(lex, asked, value, side[0], &span);
        test->from = span.first;
    }
    if (err == 0 && side[1].len) {
        err = read_span(lex, asked, value, side[1], &span);
        test->to = end_of(&span);
    }
    if (err == 0 && test->to != RECORD_NONE && test->from > test->to)
        err = filter_lex_fail(lex, value->place,
                              "%s: nothing is within %s, the earlier time comes first",
                              asked->field->name, filter_lex_show(value->text).text);
    return err;
}

/* since and until say by their names which side they mean. */
static int read_side(struct filter_lex *lex, const struct filter_asked *asked,
                     const struct filter_span *span, struct filter_test *test)
{
    bool is_since = strcmp(asked->field->name, "since") == 0;
    enum filter_operator with_it = is_since ? FILTER_AT_LEAST : FILTER_AT_MOST;

    if (compares(asked) && asked->operator_ != with_it)
        return filter_lex_fail(lex, asked->place, "%s says itself which side is meant: %s",
                               asked->field->name, asked->field->example);
    if (is_since)
        test->from = span->first;
    else
        test->to = end_of(span);
    return 0;
}

static int read_time(struct filter_lex *lex, const struct filter_asked *asked,
                     const struct filter_value *value, struct filter_test *test)
{
    bool is_both = strcmp(asked->field->name, "time") == 0;
    struct filter_span span;
    struct slice side[2];
    int err;

    if (value->star_before || value->star_after)
        return refuse(lex, asked, value, "a time");
    if (is_both && split_range(value->text, &side[0], &side[1]))
        return read_time_range(lex, asked, value, side, test);
    err = read_span(lex, asked, value, value->text, &span);
    if (err || !is_both)
        return err ? err : read_side(lex, asked, &span, test);
    /* To the microsecond, as ids have it. */
    switch (asked->operator_) {
    case FILTER_LESS:
        test->to = span.first / 1000 * 1000 - 1;
        break;
    case FILTER_AT_MOST:
        test->to = end_of(&span);
        break;
    case FILTER_MORE:
        test->from = (end_of(&span) / 1000 + 1) * 1000;
        break;
    case FILTER_AT_LEAST:
        test->from = span.first;
        break;
    default:
        test->from = span.first;
        test->to = span.is_ago ? RECORD_NONE : span.last;
    }
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
    if (compares(asked))
        return refuse_operator(lex, asked, "an address");
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

    if (compares(asked))
        return refuse_operator(lex, asked, "yes or no");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_ieq(value->text, words[i].word)) {
            test->truth = words[i].truth;
            return 0;
        }
    }
    return refuse(lex, asked, value, "yes or no");
}

static int read_id(struct filter_lex *lex, const struct filter_asked *asked,
                   const struct filter_value *value, struct filter_test *test)
{
    static const char digits[] = "0123456789abcdef";

    if (compares(asked))
        return refuse_operator(lex, asked, "an id");
    if (value->text.len != RECORD_ID_TEXT_LEN || value->star_before || value->star_after)
        return refuse(lex, asked, value, "16 hex digits");
    for (size_t i = 0; i < value->text.len; i++) {
        char c = value->text.p[i];
        const char *at = memchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c, 16);

        if (!at)
            return refuse(lex, asked, value, "16 hex digits");
        test->id = test->id << 4 | (uint64_t)(at - digits);
    }
    return 0;
}

int filter_value_read(struct filter_lex *lex, const struct filter_asked *asked,
                      const struct filter_value *value, struct filter_test *test)
{
    static int (*const readers[])(struct filter_lex *, const struct filter_asked *,
                                  const struct filter_value *, struct filter_test *) = {
        [FILTER_TEXT] = read_text,   [FILTER_NUMBER] = read_number, [FILTER_TIME] = read_time,
        [FILTER_TRUTH] = read_truth, [FILTER_ADDR] = read_addr,     [FILTER_PORT] = read_number,
        [FILTER_NAMES] = read_text,  [FILTER_ID] = read_id,         [FILTER_ALERT] = read_text,
    };

    filter_value_clear(test, asked->field);
    if (value->text.len == 0 && !value->is_quoted) {
        if (!value->star_before && !value->star_after)
            return filter_lex_fail(lex, asked->place, "%s needs a value, as in %s",
                                   asked->field->name, asked->field->example);
        if (compares(asked))
            return refuse_operator(lex, asked, "only known or unknown with a *");
        test->shape = FILTER_ANY;
        return 0;
    }
    return readers[asked->field->kind](lex, asked, value, test);
}
