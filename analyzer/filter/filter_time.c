#include "analyzer/filter/filter_time.h"

#include "analyzer/filter/filter_number.h"

#include <time.h>

#define NS_PER_S      1000000000ll
#define NS_PER_MINUTE (60 * NS_PER_S)
#define NS_PER_HOUR   (60 * NS_PER_MINUTE)
#define NS_PER_DAY    (24 * NS_PER_HOUR)
/* 2112 */
#define SECONDS_MAX 4500000000ull
/* A number with fewer digits, and no @ before it, is more likely to lack its unit: since:2. */
enum { EPOCH_DIGITS_MIN = 9, FRACTION_DIGITS = 9 };

static struct filter_span span_of(int64_t first, int64_t width)
{
    return (struct filter_span){ .first = first, .last = first + width - 1 };
}

/* --- small parts ---------------------------------------------------------------------------- */

/* Exactly that many digits, no more than max. */
static bool take_digits(struct slice *text, size_t count, unsigned max, int64_t *value)
{
    uint64_t n;

    if (text->len < count || !slice_to_u64(slice_of(text->p, count), max, &n))
        return false;
    text->p += count;
    text->len -= count;
    *value = (int64_t)n;
    return true;
}

static bool take_char(struct slice *text, char c)
{
    if (text->len == 0 || text->p[0] != c)
        return false;
    text->p++;
    text->len--;
    return true;
}

/* Behind the point: up to nine digits, as ns. */
static bool take_fraction(struct slice *text, int64_t *ns)
{
    int64_t scale = NS_PER_S;
    size_t digits = 0;

    for (*ns = 0; text->len && text->p[0] >= '0' && text->p[0] <= '9'; digits++) {
        if (digits == FRACTION_DIGITS)
            return false;
        scale /= 10;
        *ns += (text->p[0] - '0') * scale;
        take_char(text, text->p[0]);
    }
    return digits > 0;
}

/* --- 10:30:15.5 ----------------------------------------------------------------------------- */

/* Hours alone only behind a date. Gives ns since midnight, and what was named. */
static bool take_clock(struct slice *text, bool needs_minutes, int64_t *ns, int64_t *width)
{
    int64_t part;

    if (!take_digits(text, 2, 23, &part))
        return false;
    *ns = part * NS_PER_HOUR;
    *width = NS_PER_HOUR;
    if (!take_char(text, ':'))
        return !needs_minutes;
    if (!take_digits(text, 2, 59, &part))
        return false;
    *ns += part * NS_PER_MINUTE;
    *width = NS_PER_MINUTE;
    if (!take_char(text, ':'))
        return true;
    if (!take_digits(text, 2, 59, &part))
        return false;
    *ns += part * NS_PER_S;
    *width = NS_PER_S;
    if (!take_char(text, '.'))
        return true;
    *width = 1;
    if (!take_fraction(text, &part))
        return false;
    *ns += part;
    return true;
}

/* Z, +01:00, +0100, +01, or nothing. */
static bool take_zone(struct slice *text, int64_t *ns)
{
    bool is_east = take_char(text, '+');
    int64_t hours, minutes = 0;

    *ns = 0;
    if (!is_east && !take_char(text, '-'))
        return text->len == 0 || take_char(text, 'Z') || take_char(text, 'z');
    if (!take_digits(text, 2, 23, &hours))
        return false;
    take_char(text, ':');
    if (text->len && !take_digits(text, 2, 59, &minutes))
        return false;
    *ns = hours * NS_PER_HOUR + minutes * NS_PER_MINUTE;
    if (!is_east)
        *ns = -*ns;
    return true;
}

/* --- 2026-11-21 ----------------------------------------------------------------------------- */

static int64_t days_of_month(int64_t year, int64_t month)
{
    static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && is_leap);
}

/* Days since 1970 of a date in the proleptic Gregorian calendar, from 1970 on. */
static int64_t days_until(int64_t year, int64_t month, int64_t day)
{
    int64_t before = year - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162;

    for (int64_t m = 1; m < month; m++)
        days += days_of_month(year, m);
    return days + day - 1;
}

static bool parse_date(struct slice text, struct filter_span *span)
{
    int64_t year, month, day, clock, width, zone, start;

    if (!take_digits(&text, 4, 2112, &year) || year < 1970 || !take_char(&text, '-') ||
        !take_digits(&text, 2, 12, &month) || month == 0 || !take_char(&text, '-') ||
        !take_digits(&text, 2, 31, &day) || day == 0 || day > days_of_month(year, month))
        return false;
    start = days_until(year, month, day) * NS_PER_DAY;
    if (text.len == 0) {
        *span = span_of(start, NS_PER_DAY);
        span->is_day = true;
        return true;
    }
    if (!take_char(&text, 'T') && !take_char(&text, 't') && !take_char(&text, ' '))
        return false;
    if (!take_clock(&text, false, &clock, &width) || !take_zone(&text, &zone) || text.len)
        return false;
    *span = span_of(start + clock - zone, width);
    return true;
}

/* --- the others ----------------------------------------------------------------------------- */

static bool parse_word(struct slice text, int64_t now_ns, struct filter_span *span)
{
    int64_t today = now_ns / NS_PER_DAY * NS_PER_DAY;

    if (slice_ieq(text, SLICE("now"))) {
        *span = span_of(now_ns, 1);
        return true;
    }
    if (slice_ieq(text, SLICE("yesterday")))
        today -= today >= NS_PER_DAY ? NS_PER_DAY : 0;
    else if (!slice_ieq(text, SLICE("today")))
        return false;
    *span = span_of(today, NS_PER_DAY);
    span->is_day = true;
    return true;
}

static bool parse_clock(struct slice text, int64_t now_ns, struct filter_span *span)
{
    int64_t clock, width;

    if (!take_clock(&text, true, &clock, &width) || text.len)
        return false;
    *span = span_of(now_ns / NS_PER_DAY * NS_PER_DAY + clock, width);
    return true;
}

static bool parse_ago(struct slice text, int64_t now_ns, struct filter_span *span)
{
    struct filter_amount amount;
    struct slice ignored;
    double ns;

    if (filter_number_parse(text, "ms", 1e6, &amount, &ignored) != FILTER_NUMBER_OK ||
        !amount.has_unit)
        return false;
    ns = amount.value;
    *span = span_of(ns < (double)now_ns ? now_ns - (int64_t)ns : 0, 1);
    span->is_ago = true;
    return true;
}

static bool parse_epoch(struct slice text, struct filter_span *span)
{
    bool is_marked = take_char(&text, '@');
    struct slice fraction = text;
    struct slice whole = slice_cut(&fraction, '.');
    bool has_point = whole.len < text.len;
    uint64_t seconds;
    int64_t ns = 0;

    if (!is_marked && !has_point && whole.len < EPOCH_DIGITS_MIN)
        return false;
    if (!slice_to_u64(whole, SECONDS_MAX, &seconds))
        return false;
    if (has_point && (!take_fraction(&fraction, &ns) || fraction.len))
        return false;
    *span = span_of((int64_t)seconds * NS_PER_S + ns, 1);
    return true;
}

static int64_t within(int64_t time_ns)
{
    const int64_t end = (int64_t)SECONDS_MAX * NS_PER_S;

    if (time_ns < 0)
        return 0;
    return time_ns < end ? time_ns : end;
}

bool filter_time_parse(struct slice text, int64_t now_ns, struct filter_span *span)
{
    now_ns = within(now_ns);
    if (!parse_date(text, span) && !parse_epoch(text, span)) {
        if (!parse_word(text, now_ns, span) && !parse_clock(text, now_ns, span) &&
            !parse_ago(text, now_ns, span))
            return false;
        span->is_relative = true;
    }
    span->first = within(span->first);
    span->last = within(span->last);
    return true;
}

void filter_time_print(struct strbuf *out, int64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / NS_PER_S);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm))
        return;
    strbuf_addf(out, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                tm.tm_hour, tm.tm_min, tm.tm_sec);
    if (time_ns % NS_PER_S) {
        strbuf_addf(out, ".%09lld", (long long)(time_ns % NS_PER_S));
        while (out->len && out->p[out->len - 1] == '0')
            strbuf_chop(out, 1);
    }
    strbuf_add_char(out, 'Z');
}
