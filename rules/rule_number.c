#include "rules/rule_number.h"

/* 15 digits are exact in a double, and times 100 or a day in ns still fit 64 bits where used. */
enum { DIGITS_MAX = 15, DURATION_DIGITS_MAX = 6 };

static bool all_digits(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    }
    return true;
}

bool rule_number_real(struct slice text, bool percent, double *out)
{
    struct slice part = text, whole;
    bool negative = false, is_percent = false, has_point;
    double value = 0, scale = 1;

    if (part.len && part.p[0] == '-') {
        negative = true;
        part = slice_of(part.p + 1, part.len - 1);
    }
    if (percent && part.len && part.p[part.len - 1] == '%') {
        is_percent = true;
        part.len--;
        part = slice_trim(part);
    }
    has_point = slice_find(part, '.') < part.len;
    whole = slice_cut(&part, '.');
    if (whole.len == 0 || has_point != (part.len > 0) || whole.len + part.len > DIGITS_MAX ||
        !all_digits(whole) || !all_digits(part))
        return false;
    for (size_t i = 0; i < whole.len; i++)
        value = value * 10 + (whole.p[i] - '0');
    for (size_t i = 0; i < part.len; i++, scale *= 10)
        value = value * 10 + (part.p[i] - '0');
    value /= scale;
    if (is_percent)
        value /= 100;
    *out = negative ? -value : value;
    return true;
}

bool rule_number_whole(struct slice text, int64_t *out)
{
    bool negative = text.len && text.p[0] == '-';
    struct slice digits = negative ? slice_of(text.p + 1, text.len - 1) : text;
    uint64_t value;

    if (digits.len > DIGITS_MAX || !slice_to_u64(digits, INT64_MAX, &value))
        return false;
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool rule_number_duration(struct slice text, int64_t *out_ns)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
    uint64_t count;

    if (text.len < 2 || text.len - 1 > DURATION_DIGITS_MAX ||
        !slice_to_u64(slice_of(text.p, text.len - 1), UINT64_MAX, &count))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit == text.p[text.len - 1]) {
            /* At most 999,999 days: below 2^63 / 10^9 s. */
            *out_ns = (int64_t)count * units[i].seconds;
            if (*out_ns > INT64_MAX / 1000000000)
                return false;
            *out_ns *= 1000000000;
            return true;
        }
    }
    return false;
}
