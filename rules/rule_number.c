#include "rules/rule_number.h"

#include "analyzer/filter/filter_number.h"

#include <stdint.h>

/* 15 digits are exact in a double. */
enum { DIGITS_MAX = 15, TEXT_MAX = 40 };

/* "20 %" is 20%. */
static struct slice without_blanks(struct slice text, char room[TEXT_MAX])
{
    size_t len = 0;

    if (text.len > TEXT_MAX)
        return SLICE_ABSENT;
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] != ' ')
            room[len++] = text.p[i];
    }
    return slice_of(room, len);
}

bool rule_number_real(struct slice text, const char *unit, double *out)
{
    char room[TEXT_MAX];
    struct slice part = without_blanks(text, room), ignored;
    bool is_ratio = unit && unit[0] == '%';
    struct filter_amount amount;
    bool is_negative = part.len && part.p[0] == '-';

    if (is_negative)
        part = slice_of(part.p + 1, part.len - 1);
    if (part.len == 0 ||
        filter_number_parse(part, unit, is_ratio ? 0.01 : 1, &amount, &ignored) != FILTER_NUMBER_OK)
        return false;
    *out = is_negative ? -amount.value : amount.value;
    return true;
}

bool rule_number_whole(struct slice text, int64_t *out)
{
    bool is_negative = text.len && text.p[0] == '-';
    struct slice digits = is_negative ? slice_of(text.p + 1, text.len - 1) : text;
    uint64_t value;

    if (digits.len > DIGITS_MAX || !slice_to_u64(digits, INT64_MAX, &value))
        return false;
    *out = is_negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool rule_number_duration(struct slice text, int64_t *out_ns)
{
    char room[TEXT_MAX];
    struct slice part = without_blanks(text, room), ignored;
    struct filter_amount amount;

    if (part.len == 0 ||
        filter_number_parse(part, "ms", 1, &amount, &ignored) != FILTER_NUMBER_OK ||
        !amount.has_unit || amount.value > 1e12)
        return false;
    *out_ns = (int64_t)(amount.value * 1e6);
    return true;
}
