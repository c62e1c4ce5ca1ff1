#include "analyzer/base/utc.h"

#define NS_PER_S INT64_C(1000000000)

/* Writes a number right-aligned with leading zeros. */
static void put(char *at, int digits, int64_t value)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Days since 1970 as a date, counted in eras of 400 years that begin on the first of March. */
static void put_date(char *at, int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = shifted / 146097, day_of_era = shifted % 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;

    put(at, 4, era * 400 + year_of_era + (month <= 2));
    at[4] = '-';
    put(at + 5, 2, month);
    at[7] = '-';
    put(at + 8, 2, day_of_year - (153 * month_from_march + 2) / 5 + 1);
}

void utc_format_ms(int64_t time_ns, char out[UTC_TEXT_MAX])
{
    int64_t seconds = time_ns > 0 ? time_ns / NS_PER_S : 0;
    int64_t rest = seconds % 86400;

    put_date(out, seconds / 86400);
    out[10] = ' ';
    put(out + 11, 2, rest / 3600);
    out[13] = ':';
    put(out + 14, 2, rest / 60 % 60);
    out[16] = ':';
    put(out + 17, 2, rest % 60);
    out[19] = '.';
    put(out + 20, 3, time_ns > 0 ? time_ns / 1000000 % 1000 : 0);
    out[23] = '\0';
}
