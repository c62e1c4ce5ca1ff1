#include "probe/notify/maintenance.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { DAY_MINUTES = 24 * 60, ALL_DAYS = 0x7f };

static const char *const day_names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

/* 0 Monday … 6 Sunday, or −1. */
static int day_of(struct slice name)
{
    for (int i = 0; i < 7; i++) {
        if (slice_ieq(slice_trim(name), slice_of_text(day_names[i])))
            return i;
    }
    return -1;
}

static bool add_days(struct slice part, uint8_t *days)
{
    struct slice rest = part, first = slice_cut(&rest, '-');
    bool is_range = first.len < part.len;
    int from = day_of(first), to = is_range ? day_of(rest) : from;

    if (from < 0 || to < 0)
        return false;
    for (int d = from;; d = (d + 1) % 7) {
        *days = (uint8_t)(*days | 1u << d);
        if (d == to)
            return true;
    }
}

bool maintenance_parse_days(struct slice text, uint8_t *days)
{
    struct slice rest = slice_trim(text);

    *days = 0;
    if (slice_ieq(rest, SLICE("daily"))) {
        *days = ALL_DAYS;
        return true;
    }
    while (rest.len) {
        if (!add_days(slice_cut(&rest, ','), days))
            return false;
    }
    return *days != 0;
}

/* "08:30", to 24:00. */
static bool parse_minute(struct slice text, uint16_t *minute)
{
    struct slice rest = slice_trim(text), hour = slice_cut(&rest, ':');
    uint64_t h, m;

    if (hour.len > 2 || rest.len != 2 || !slice_to_u64(hour, 24, &h) || !slice_to_u64(rest, 59, &m))
        return false;
    *minute = (uint16_t)(h * 60 + m);
    return *minute <= DAY_MINUTES;
}

bool maintenance_parse_minutes(struct slice text, uint16_t *from, uint16_t *to)
{
    struct slice rest = text, first = slice_cut(&rest, '-');

    return parse_minute(first, from) && parse_minute(rest, to) && *from != *to &&
           *from < DAY_MINUTES;
}

bool maintenance_is_within(uint8_t days, uint16_t from, uint16_t to, int64_t now_s)
{
    time_t t = (time_t)now_s;
    struct tm tm;
    int minute, day;

    if (!localtime_r(&t, &tm))
        return false;
    if (days == 0)
        days = ALL_DAYS;
    minute = tm.tm_hour * 60 + tm.tm_min;
    day = (tm.tm_wday + 6) % 7;
    if (from == to)
        return days >> day & 1;
    if (from < to)
        return (days >> day & 1) && minute >= from && minute < to;
    /* Into the next day: that belongs to the day on which it began. */
    return ((days >> day & 1) && minute >= from) || ((days >> ((day + 6) % 7) & 1) && minute < to);
}

/* "2026-12-24 18:00", local time. */
static bool parse_moment(struct slice text, int64_t *out)
{
    struct slice rest = slice_trim(text), date = slice_cut(&rest, ' ');
    struct slice year = slice_cut(&date, '-'), month = slice_cut(&date, '-');
    struct tm tm = { .tm_isdst = -1 };
    uint64_t y, m, d;
    uint16_t minute;
    time_t t;

    if (year.len != 4 || month.len != 2 || date.len != 2 || !slice_to_u64(year, 9999, &y) ||
        !slice_to_u64(month, 12, &m) || !slice_to_u64(date, 31, &d) || y < 1970 || !m || !d ||
        !parse_minute(rest, &minute))
        return false;
    tm.tm_year = (int)y - 1900;
    tm.tm_mon = (int)m - 1;
    tm.tm_mday = (int)d;
    tm.tm_min = minute;
    t = mktime(&tm);
    *out = t;
    return t != (time_t)-1 && (minute == DAY_MINUTES || tm.tm_mday == (int)d); /* no 30 February */
}

/* "FROM - TO" of two moments; the hyphen between them has blanks around it. */
static bool parse_once(struct slice text, int64_t *from, int64_t *to)
{
    for (size_t i = 0; i + 3 <= text.len; i++) {
        if (memcmp(text.p + i, " - ", 3) != 0)
            continue;
        return parse_moment(slice_of(text.p, i), from) &&
               parse_moment(slice_of(text.p + i + 3, text.len - i - 3), to) && *from < *to;
    }
    return false;
}

static bool parse_weekly(struct maintenance *m, struct slice text)
{
    struct slice rest = text, days = slice_cut(&rest, ' ');

    if (!rest.len) { /* hours alone */
        rest = days;
        days = SLICE("daily");
    }
    return maintenance_parse_days(days, &m->days) &&
           maintenance_parse_minutes(slice_trim(rest), &m->from_minute, &m->to_minute);
}

int maintenance_parse(struct maintenance *m, struct slice text, char error[MAINTENANCE_ERROR_MAX])
{
    struct slice when = text, match = slice_cut(&when, ';');
    char why[LABEL_MATCH_ERROR_MAX];

    memset(m, 0, sizeof *m);
    if (match.len == text.len) { /* no labels before it */
        when = text;
        match = SLICE("");
    }
    if (label_match_parse(&m->match, match, why) != 0) {
        snprintf(error, MAINTENANCE_ERROR_MAX, "%s", why);
        return -EINVAL;
    }
    when = slice_trim(when);
    if (parse_once(when, &m->from_s, &m->to_s))
        return 0;
    m->from_s = m->to_s = 0;
    if (parse_weekly(m, when))
        return 0;
    snprintf(error, MAINTENANCE_ERROR_MAX,
             "the time is not like 'sat,sun 02:00-06:00', 'daily 03:00-03:30' or "
             "'2026-12-24 18:00 - 2026-12-26 08:00'");
    return -EINVAL;
}

bool maintenance_holds(const struct maintenance *m, struct slice labels, int64_t now_s)
{
    bool now = m->days ? maintenance_is_within(m->days, m->from_minute, m->to_minute, now_s)
                       : now_s >= m->from_s && now_s < m->to_s;

    return now && label_match_fits(&m->match, labels);
}
