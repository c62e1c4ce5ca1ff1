#include "tests/bench/week_world.h"

#include <math.h>
#include <stdio.h>

const struct week_trunk week_trunks[WEEK_TRUNKS] = {
    { "carrier-a", { 203, 0, 113, 10 }, "PCMA", 4.38, 0.006, 0.42 },
    { "carrier-b", { 203, 0, 113, 20 }, "PCMA", 4.36, 0.008, 0.33 },
    { "carrier-c", { 203, 0, 113, 30 }, "PCMU", 4.33, 0.010, 0.02 },
    { "intl-d", { 198, 51, 100, 40 }, "G729", 4.02, 0.020, 0.00 },
    { "small-e", { 198, 51, 100, 50 }, "PCMA", 4.38, 0.012, 0.03 },
    { "did-f", { 198, 51, 100, 60 }, "PCMA", 4.38, 0.006, 0.20 },
};

#define HOME                                                                                       \
    {                                                                                              \
        0.55, 0.30, 0.10, 0.00, 0.05, 0                                                            \
    }
#define MOBILE                                                                                     \
    {                                                                                              \
        0.45, 0.50, 0.05, 0.00, 0.00, 0                                                            \
    }
#define NEAR                                                                                       \
    {                                                                                              \
        0.40, 0.20, 0.00, 0.40, 0.00, 0                                                            \
    }
#define ABROAD                                                                                     \
    {                                                                                              \
        0.15, 0.05, 0.00, 0.80, 0.00, 0                                                            \
    }
#define FAR_AWAY 0.46, 0.07, 0.24, 0.13

/* Shares: those of the outcomes leave what is refused for other reasons. */
const struct week_destination week_destinations[WEEK_DESTINATIONS] = {
    { "Germany", "49", .46, .46, .62, .10, .18, .05, 190, 1400, HOME },
    { "Germany mobile", "4917", .2, .24, .53, .09, .3, .03, 115, 3200, MOBILE },
    { "Austria", "43", .04, .02, .58, .11, .2, .06, 180, 1900, NEAR },
    { "Switzerland", "41", .04, .02, .6, .1, .19, .05, 185, 1800, NEAR },
    { "United Kingdom", "44", .045, .02, .57, .11, .2, .06, 175, 2100, NEAR },
    { "United Kingdom mobile", "447", .015, .012, .47, .08, .32, .06, 120, 3500, NEAR },
    { "France", "33", .03, .015, .56, .12, .21, .06, 180, 2200, NEAR },
    { "Netherlands", "31", .025, .01, .6, .1, .2, .05, 170, 1700, NEAR },
    { "Italy", "39", .02, .02, .52, .12, .23, .07, 210, 2600, NEAR },
    { "Spain", "34", .015, .015, .53, .11, .23, .07, 200, 2400, NEAR },
    { "Poland", "48", .02, .025, .5, .11, .26, .07, 160, 2500, ABROAD },
    { "Turkey", "90", .006, .03, .42, .1, .3, .1, 240, 3600, ABROAD },
    { "Turkey mobile", "905", .004, .025, .38, .08, .36, .09, 190, 4300, ABROAD },
    { "United States", "1", .04, .012, .66, .07, .15, .06, 260, 2000, ABROAD },
    { "Canada", "1416", .008, .003, .64, .07, .17, .06, 250, 2100, ABROAD },
    { "India", "91", .01, .006, .38, .1, .31, .12, 230, 4600, ABROAD },
    { "Romania", "40", .003, .02, .46, .1, .29, .08, 220, 3000, ABROAD },
    { "Ukraine", "380", .003, .015, .42, .1, .32, .09, 260, 3400, ABROAD },
    { "Greece", "30", .002, .012, .5, .1, .26, .07, 240, 2800, ABROAD },
    { "Croatia", "385", .001, .008, .5, .1, .26, .07, 210, 2700, ABROAD },
    { "Belgium", "32", .006, .002, .58, .1, .2, .06, 170, 1900, NEAR },
    { "Denmark", "45", .004, .001, .6, .09, .2, .05, 165, 1900, NEAR },
    { "Sweden", "46", .004, .001, .59, .09, .21, .05, 170, 2000, NEAR },
    { "Czechia", "420", .004, .002, .54, .1, .24, .06, 150, 2300, ABROAD },
    { "Hungary", "36", .002, .003, .52, .1, .25, .06, 170, 2500, ABROAD },
    { "China", "86", .004, .001, FAR_AWAY, 200, 4200, ABROAD },
    { "Japan", "81", .001, .0005, FAR_AWAY, 230, 3300, ABROAD },
    { "Brazil", "55", .001, .001, FAR_AWAY, 220, 4100, ABROAD },
    { "Australia", "61", .001, .0007, FAR_AWAY, 260, 3000, ABROAD },
    { "Israel", "972", .0006, .0005, FAR_AWAY, 210, 3100, ABROAD },
    { "South Africa", "27", .0004, .0003, FAR_AWAY, 200, 4300, ABROAD },
    { "Mexico", "52", .0003, .0002, FAR_AWAY, 190, 4000, ABROAD },
    { "Norway", "47", .002, .0006, .6, .09, .2, .05, 165, 1900, NEAR },
    { "Portugal", "351", .001, .002, .53, .1, .24, .07, 210, 2500, ABROAD },
    { "Serbia", "381", .0005, .006, .46, .1, .28, .08, 230, 3100, ABROAD },
    { "Morocco", "212", .0003, .002, FAR_AWAY, 180, 4000, ABROAD },
};

/* By the hour, of a working day of companies; of homes. */
static const double business_hours[24] = {
    .03, .02, .02, .02, .03, .06, .15, .45, 1.2, 1.7, 1.8, 1.7,
    1.1, 1.3, 1.7, 1.7, 1.4, .9,  .4,  .22, .14, .09, .06, .04,
};
static const double home_hours[24] = {
    .12, .07, .04, .03, .03, .06, .15, .35, .6,  .85, .95, 1.,
    1.,  .95, .9,  1.,  1.2, 1.5, 1.8, 1.9, 1.7, 1.2, .6,  .25,
};
#define BUSINESS_SCALE 1.55 /* so that a usual week's mean is 1 */
#define HOME_SCALE     0.30

int week_day_of(int64_t time_ns)
{
    return (int)((time_ns - WEEK_START_NS) / WEEK_NS_PER_S / WEEK_DAY_S % 7);
}

double week_hour_of(int64_t time_ns)
{
    return (double)(time_ns / WEEK_NS_PER_S % WEEK_DAY_S) / 3600;
}

/* A Thursday and, weeks later, a Monday: days on which companies are closed. */
bool week_is_holiday(int64_t time_ns)
{
    int64_t day = (time_ns - WEEK_START_NS) / WEEK_NS_PER_S / WEEK_DAY_S;

    return day == 17 || day == 28 || day == 53;
}

static double at_hour(const double hours[24], double hour)
{
    double at = hour - 0.5 < 0 ? hour + 23.5 : hour - 0.5;
    int first = (int)at;

    return hours[first] + (hours[(first + 1) % 24] - hours[first]) * (at - first);
}

double week_rate(int64_t time_ns, double *business_share)
{
    double hour = week_hour_of(time_ns), business = BUSINESS_SCALE * at_hour(business_hours, hour),
           home = HOME_SCALE * at_hour(home_hours, hour);
    int day = week_day_of(time_ns);

    if (day >= 5 || week_is_holiday(time_ns)) {
        business *= day == 5 ? 0.16 : 0.07;
        home *= 1.15;
    } else if (day == 0 && hour < 12) {
        business *= 1.2; /* what was left over at the weekend */
    } else if (day == 4 && hour > 14) {
        business *= 0.75;
    }
    *business_share = business / (business + home);
    return business + home;
}

/* What it carries in a usual busy hour is at most 70 % of them, the chance of Poisson aside. */
int64_t week_channels(int trunk, double calls_per_s)
{
    static const double share[WEEK_TRUNKS] = { 0.42, 0.34, 0.04, 0.12, 0.04, 0.10 };
    double busy = calls_per_s * 3.3 * share[trunk] * 0.57 * 200;

    return (int64_t)ceil((busy + 4 * sqrt(busy) + 3) / 0.7);
}

struct plan *week_plan(double calls_per_s)
{
    struct plan *p;
    char ip[32];

    if (plan_new(&p) != 0)
        return NULL;
    plan_set_country(p, SLICE("49"));
    for (int i = 0; i < WEEK_TRUNKS; i++) {
        const struct week_trunk *t = &week_trunks[i];
        const uint8_t *b = t->ip;
        struct slice name = slice_of_text(t->name);

        snprintf(ip, sizeof ip, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
        plan_add_trunk(p, &(struct plan_trunk){ name, week_channels(i, calls_per_s), false });
        plan_add_trunk_address(p, name, slice_of_text(ip));
    }
    return p;
}
