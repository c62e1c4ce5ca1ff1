#include "analyzer/filter/filter_range.h"

#include "analyzer/filter/filter_number.h"
#include "analyzer/filter/filter_time.h"

#include <math.h>

/* --- numbers -------------------------------------------------------------------------------- */

/* What one side of a range means: a class reaches from 500 to 599. */
struct point {
    double low, high;                 /* both ends count */
    double rounded_low, rounded_high; /* as far as it is written */
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
    bool is_negative = f->low < 0 && text.len > 1 && text.p[0] == '-';
    struct filter_amount amount;
    struct slice unit;
    double bare = bare_scale(f);

    if (is_negative)
        text = slice_of(text.p + 1, text.len - 1);
    if (is_class(f, text)) {
        point->low = (text.p[0] - '0') * 100;
        point->high = point->low + 99;
        point->rounded_low = point->low;
        point->rounded_high = point->high;
        return 0;
    }
    switch (filter_number_parse(text, f->unit, f->scale, &amount, &unit)) {
    case FILTER_NUMBER_OK:
        break;
    case FILTER_NUMBER_TOO_LONG:
        return filter_lex_fail(lex, place, "%s: a number has at most 15 digits", f->name);
    case FILTER_NUMBER_UNIT:
        if (f->has_classes)
            return refuse_far(lex, asked, place);
        return refuse_unit(lex, asked, place, unit);
    default:
        return filter_value_refuse(lex, asked, value, "a number");
    }
    if (is_negative)
        amount = (struct filter_amount){ -amount.value, -amount.high, -amount.low, true };
    if (amount.value < f->low * bare || amount.value > f->high * bare)
        return refuse_far(lex, asked, place);
    point->low = point->high = amount.value;
    point->rounded_low = amount.low;
    point->rounded_high = amount.high;
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
    struct point point = { 0 };
    int err = 0;

    if (filter_asked_compares(asked))
        return filter_lex_fail(lex, value->place, "%s: a range comes behind : alone, as in %s:%s",
                               asked->field->name, asked->field->name, "3..4");
    if (side[0].len == 0 && side[1].len == 0)
        return filter_value_refuse(lex, asked, value, "a range");
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

    test->least = is_real ? fmax(point->rounded_low, f->low * bare) : point->low;
    test->most = is_real ? fmin(point->rounded_high, f->high * bare) : point->high;
}

int filter_range_read_number(struct filter_lex *lex, const struct filter_asked *asked,
                             const struct filter_value *value, struct filter_test *test)
{
    struct point point = { 0 };
    struct slice side[2];
    int err;

    if (value->is_quoted || value->star_before || value->star_after)
        return filter_value_refuse(lex, asked, value, "a number");
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
    if (filter_time_parse(text, asked->now_ns == RECORD_NONE ? 0 : asked->now_ns, span)) {
        if (asked->now_ns != RECORD_NONE || !span->is_relative)
            return 0;
        return filter_lex_fail(
            lex, value->place,
            "%s: %s is counted from now, and a rule goes on: a date is meant, as "
            "in %s",
            asked->field->name, filter_lex_show(text).text, asked->field->example);
    }
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
    struct filter_span span = { 0 };
    int err = 0;

    if (filter_asked_compares(asked))
        return filter_lex_fail(lex, value->place, "%s: a range comes behind : alone",
                               asked->field->name);
    if (side[0].len == 0 && side[1].len == 0)
        return filter_value_refuse(lex, asked, value, "a range");
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

    if (filter_asked_compares(asked) && asked->operator_ != with_it)
        return filter_lex_fail(lex, asked->place, "%s says itself which side is meant: %s",
                               asked->field->name, asked->field->example);
    if (is_since)
        test->from = span->first;
    else
        test->to = end_of(span);
    return 0;
}

int filter_range_read_time(struct filter_lex *lex, const struct filter_asked *asked,
                           const struct filter_value *value, struct filter_test *test)
{
    bool is_both = asked->field->kind == FILTER_INSTANT || strcmp(asked->field->name, "time") == 0;
    struct filter_span span;
    struct slice side[2];
    int err;

    if (value->star_before || value->star_after)
        return filter_value_refuse(lex, asked, value, "a time");
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
