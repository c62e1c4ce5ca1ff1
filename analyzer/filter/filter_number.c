#include "analyzer/filter/filter_number.h"

#include <math.h>
#include <stdio.h>

enum { DIGITS_MAX = 15, TERMS_MAX = 8 };

static const struct {
    struct slice name;
    double ms;
} units[] = {
    { SLICE_INIT("ms"), 1 },          { SLICE_INIT("s"), 1000 },
    { SLICE_INIT("sec"), 1000 },      { SLICE_INIT("min"), 60000 },
    { SLICE_INIT("m"), 60000 },       { SLICE_INIT("h"), 3600000 },
    { SLICE_INIT("d"), 86400000 },    { SLICE_INIT("day"), 86400000 },
    { SLICE_INIT("days"), 86400000 }, { SLICE_INIT("w"), 604800000 },
};

static double unit_ms(struct slice unit)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (slice_ieq(unit, units[i].name))
            return units[i].ms;
    }
    return 0;
}

/* Digits, and how many of them stand behind the point: 3.25 is 325 and 2. */
struct decimal {
    double digits;
    int tens;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes it off the text. At most 15 digits, so all of them are exact in a double. */
static enum filter_number_parse take_decimal(struct slice *text, struct decimal *d)
{
    size_t i = 0, count = 0;
    bool has_point = false;

    *d = (struct decimal){ 0 };
    for (; i < text->len; i++) {
        char c = text->p[i];

        if (c == '.' && !has_point && i + 1 < text->len && is_digit(text->p[i + 1])) {
            has_point = true;
            continue;
        }
        if (!is_digit(c))
            break;
        d->digits = d->digits * 10 + (c - '0');
        d->tens += has_point;
        if (d->digits > 0 && ++count > DIGITS_MAX)
            return FILTER_NUMBER_TOO_LONG;
        if (d->tens > DIGITS_MAX)
            return FILTER_NUMBER_TOO_LONG;
    }
    text->p += i;
    text->len -= i;
    return i && count + (d->digits == 0) ? FILTER_NUMBER_OK : FILTER_NUMBER_NONE;
}

/* One division of two numbers that are exact gives the double that is nearest to what is written. */
static double scaled(double digits, int tens, double times, double by)
{
    for (int i = 0; i < tens; i++)
        by *= 10;
    return digits * times / by;
}

static struct slice take_unit(struct slice *text)
{
    size_t i = 0;

    while (i < text->len && !is_digit(text->p[i]))
        i++;
    *text = slice_of(text->p + i, text->len - i);
    return slice_of(text->p - i, i);
}

/* What a number of the unit is multiplied with and divided by; false: the unit does not fit. */
static bool find_factors(struct slice word, const char *unit, double scale, double *times,
                         double *by)
{
    struct slice own = slice_of_text(unit ? unit : "");
    double own_ms = unit_ms(own);

    *times = scale;
    *by = 1;
    if (slice_eq(own, SLICE("%"))) {
        *times = 1;
        *by = word.len ? 100 : 1;
        return word.len == 0 || slice_eq(word, own);
    }
    if (word.len == 0)
        return true;
    *times = unit_ms(word) * scale;
    *by = own_ms;
    return own_ms > 0 && *times > 0;
}

/* A ratio without a % is meant to two places at least: 0.5 is not "about 0 to 1". */
enum { RATIO_TENS_MIN = 2 };
#define ROUNDED_MAX 1e14

/* Half of the last place to both sides: one place more, so that the ends are as exact as what is
 * written. With 15 digits there is none left for that. */
static void add_term(struct filter_amount *amount, struct decimal d, double times, double by,
                     bool is_bare_ratio)
{
    double value = scaled(d.digits, d.tens, times, by);

    while (is_bare_ratio && d.tens < RATIO_TENS_MIN) {
        d.digits *= 10;
        d.tens++;
    }
    if (d.digits > 0 && d.digits < ROUNDED_MAX) {
        amount->low = amount->value + scaled(d.digits * 10 - 5, d.tens + 1, times, by);
        amount->high = amount->value + scaled(d.digits * 10 + 5, d.tens + 1, times, by);
    } else {
        amount->low = amount->high = amount->value + value;
    }
    amount->value += value;
}

enum filter_number_parse filter_number_parse(struct slice text, const char *unit, double scale,
                                             struct filter_amount *amount, struct slice *word)
{
    size_t terms = 0;

    *amount = (struct filter_amount){ 0 };
    while (text.len) {
        struct decimal d;
        enum filter_number_parse result = take_decimal(&text, &d);
        double times, by;

        if (result != FILTER_NUMBER_OK)
            return result;
        *word = take_unit(&text);
        /* "3.5.1" and "1..2" are nothing; what is no letter is no unit. */
        if (word->len && word->p[0] == '.')
            return FILTER_NUMBER_NONE;
        if (!find_factors(*word, unit, scale, &times, &by))
            return FILTER_NUMBER_UNIT;
        if (++terms > TERMS_MAX || (terms > 1 && (word->len == 0 || !amount->has_unit)))
            return FILTER_NUMBER_NONE;
        amount->has_unit = word->len > 0;
        add_term(amount, d, times, by, word->len == 0 && unit && unit[0] == '%');
    }
    return terms ? FILTER_NUMBER_OK : FILTER_NUMBER_NONE;
}

/* As few decimals as are read as the same. */
static bool print_in(struct strbuf *out, double value, const char *suffix, double factor,
                     const char *unit, double scale)
{
    char text[64];

    for (int decimals = 0; decimals <= DIGITS_MAX; decimals++) {
        int n = snprintf(text, sizeof text, "%.*f%s", decimals, value / factor, suffix);
        struct filter_amount amount;
        struct slice ignored;

        if (n < 0 || (size_t)n >= sizeof text)
            break;
        if (filter_number_parse(slice_of(text, (size_t)n), unit, scale, &amount, &ignored) ==
                FILTER_NUMBER_OK &&
            amount.value == value) {
            strbuf_add(out, text, (size_t)n);
            return true;
        }
    }
    return false;
}

static void print_near(struct strbuf *out, double value)
{
    strbuf_addf(out, "%.12f", value);
    while (out->len && out->p[out->len - 1] == '0')
        strbuf_chop(out, 1);
    if (out->len && out->p[out->len - 1] == '.')
        strbuf_chop(out, 1);
}

bool filter_number_print(struct strbuf *out, double value, const char *unit, double scale)
{
    struct slice own = slice_of_text(unit ? unit : "");
    double own_ms = unit_ms(own);

    if (slice_eq(own, SLICE("%"))) {
        if (print_in(out, value, "%", 0.01, unit, scale) ||
            print_in(out, value, "", 1, unit, scale))
            return true;
    } else if (print_in(out, value, unit ? unit : "", scale, unit, scale) ||
               (own_ms > 0 && print_in(out, value, "ms", scale / own_ms, unit, scale))) {
        return true;
    }
    print_near(out, slice_eq(own, SLICE("%")) ? value : value / scale);
    return false;
}
