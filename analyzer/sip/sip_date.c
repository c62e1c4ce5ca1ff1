#include "analyzer/sip/sip_date.h"

/* Exactly so many digits. */
static bool take_digits(struct slice *s, size_t count, int *out)
{
    *out = 0;
    if (s->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        *out = *out * 10 + (s->p[i] - '0');
    }
    *s = slice_of(s->p + count, s->len - count);
    return true;
}

static bool take_char(struct slice *s, char c)
{
    if (s->len == 0 || s->p[0] != c)
        return false;
    *s = slice_of(s->p + 1, s->len - 1);
    return true;
}

static bool take_month(struct slice *s, int *month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

    for (*month = 1; *month <= 12; ++*month) {
        if (slice_istarts_with(*s, slice_of(names + 3 * (*month - 1), 3))) {
            *s = slice_of(s->p + 3, s->len - 3);
            return true;
        }
    }
    return false;
}

static bool is_leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int year, int month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

    return days[month - 1] + (month == 2 && is_leap(year));
}

static int64_t days_since_1970(int year, int month, int day)
{
    int64_t y = year - 1, days = 365 * y + y / 4 - y / 100 + y / 400 - 719162;

    for (int m = 1; m < month; m++)
        days += days_of_month(year, m);
    return days + day - 1;
}

bool sip_date_parse(struct slice value, int64_t *seconds)
{
    int day, month, year, hour, minute, second;
    struct slice s = slice_trim(value);

    slice_cut(&s, ','); /* the day of the week: nobody needs it, and some get it wrong */
    s = slice_trim(s);
    if (s.len > 1 && s.p[1] == ' ' ? !take_digits(&s, 1, &day) : !take_digits(&s, 2, &day))
        return false;
    if (!take_char(&s, ' ') || !take_month(&s, &month) || !take_char(&s, ' ') ||
        !take_digits(&s, 4, &year) || !take_char(&s, ' ') || !take_digits(&s, 2, &hour) ||
        !take_char(&s, ':') || !take_digits(&s, 2, &minute) || !take_char(&s, ':') ||
        !take_digits(&s, 2, &second) || !slice_ieq(slice_trim(s), SLICE("GMT")))
        return false;
    if (year < 1970 || day < 1 || day > days_of_month(year, month) || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    *seconds =
        days_since_1970(year, month, day) * 86400 + (int64_t)hour * 3600 + minute * 60 + second;
    return true;
}
