/*
 * overview - the minutes of a window added up, beside those of the window before: what all calls did, step by
 * step, and which trunks and destinations did worse than they should.
 *
 * Counts add up; ratios and percentiles follow from the sums (analyzer/kpi/kpi_sum.h). A group is listed for a
 * reason that chance does not explain; the others by how much they carry.
 *
 * Ownership  overview_init/fini; texts are copied.
 * Bounded    OVERVIEW_GROUPS_MAX groups; minutes of others are left out, and `cut` says so.
 * Time       ns.
 */
#ifndef PROBE_WEB_OVERVIEW_H
#define PROBE_WEB_OVERVIEW_H

#include "analyzer/base/table.h"
#include "analyzer/kpi/kpi_sum.h"

enum {
    OVERVIEW_MINUTES_MAX = 10080,
    OVERVIEW_STEPS_MAX = 96,
    OVERVIEW_GROUPS_MAX = 4096,
    OVERVIEW_LISTED_MAX = 12,
    OVERVIEW_BUSY_MINUTES = 60,
    OVERVIEW_TROUBLE_MAX = 160,
};

struct overview_counts {
    int64_t attempts, answered, settled, effective, ended, one_way, judged;
    double duration_s;
};

struct overview_step {
    uint32_t answered, settled;
};

struct overview_group {
    struct slice trunk, direction, destination;
    uint64_t key; /* of kpi_id.h */
    struct overview_counts now, before;
    double lost; /* calls that went wrong and would not have; 0: nothing is wrong */
    char trouble[OVERVIEW_TROUBLE_MAX]; /* why it is listed, for a person; empty: for its calls */
    struct kpi_sum *sum;                /* of those that are listed; NULL: not asked yet */
    struct overview_step steps[OVERVIEW_STEPS_MAX];
};

struct overview_list {
    struct overview_group *groups[OVERVIEW_LISTED_MAX];
    size_t count;
    size_t troubled; /* of all groups */
    size_t all;
};

/* What came about in each minute that a busy hour is looked for in. */
struct overview_minute {
    int64_t attempts;
    double duration_s;
};

struct overview {
    int64_t from, until; /* of the window; the one before it is as long */
    int64_t step_ns;
    size_t step_count;
    struct kpi_sum now, before;
    struct kpi_sum *steps;
    int64_t concurrent; /* in the last minute; RECORD_NONE: it has no row */

    struct overview_minute *minutes;
    int64_t minutes_from; /* the window, or the day up to its end */
    size_t minute_count;

    struct table by_name;
    struct overview_group *groups[OVERVIEW_GROUPS_MAX];
    size_t group_count;
    bool cut;
    struct overview_list trunks, destinations;
};

/* Of so many minutes up to `until`, which is a minute's beginning. 0 or −ENOMEM. */
int overview_init(struct overview *o, int64_t until, unsigned minutes);
void overview_fini(struct overview *o);

/* Where the first minute lies that it wants of all calls: their rows and those of groups. */
int64_t overview_all_from(const struct overview *o);
int64_t overview_groups_from(const struct overview *o);

/* A whole row of all calls. */
void overview_add_all(struct overview *o, const struct kpi_record *minute);
/* The group of that key; NULL: it has not been met. */
struct overview_group *overview_find(const struct overview *o, uint64_t key);
/* Trunk, direction, destination. NULL: no memory, or (`cut` says so) no room. */
struct overview_group *overview_meet(struct overview *o, uint64_t key, const struct slice names[3]);
/* A minute of a trunk or a destination alone; settled of them effective. */
void overview_add_group(struct overview *o, struct overview_group *g, int64_t time,
                        const struct overview_counts *minute);

/* Fills in both lists: the worst first, then those with most attempts. */
void overview_rank(struct overview *o);
/* A row of a listed group with its histograms. False: no memory. */
bool overview_add_listed(struct overview *o, const struct kpi_record *minute);

struct overview_hour {
    int64_t from;
    int64_t attempts;
    double erlang; /* the talking time of the calls that ended in it, in hours */
};
/* The 60 minutes with most attempts; false: there were none. */
bool overview_busy_hour(const struct overview *o, struct overview_hour *hour);

#endif
