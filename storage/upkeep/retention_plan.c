/*
 * Works on what is left of each day: what one rule removes is gone for those that follow. The rules
 * in order: age, size, room on the disk.
 */
#include "storage/upkeep/retention_plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { OPEN_NEWEST = 2 /* calls that ended after midnight */ };

static const char *const cause_names[RETENTION_CAUSES] = {
    [RETENTION_AGE] = "age",
    [RETENTION_SIZE] = "size",
    [RETENTION_DISK_FULL] = "disk_full",
};

struct planner {
    struct retention_plan *plan;
    const struct retention_limits *limits;
    const struct retention_facts *facts;
    struct left_of_day {
        int64_t bytes[STORE_KINDS]; /* that may go */
        bool is_old;                /* something of it went by age */
    } * left;
    size_t room, old_days;
    int64_t freed, gone[STORE_KINDS];
    bool no_memory;
};

const char *retention_cause_name(enum retention_cause cause)
{
    return cause_names[cause];
}

int64_t retention_keep_free(const struct retention_limits *limits, int64_t disk_bytes)
{
    int64_t percent = disk_bytes / 100 * limits->free_percent;

    return percent < limits->free_bytes ? percent : limits->free_bytes;
}

bool retention_day_is_open(const struct store_day *days, size_t count, int32_t clock_day,
                           int32_t day)
{
    size_t open = count < OPEN_NEWEST ? count : OPEN_NEWEST;

    /* The clock may be wrong, and so may be the newest folder: each of them says what is open. */
    return (open && day >= days[count - open].day) ||
           (day >= clock_day - (OPEN_NEWEST - 1) && day <= clock_day);
}

static void find_left(struct planner *p)
{
    const struct retention_facts *f = p->facts;

    for (size_t i = 0; i < f->count; i++) {
        const struct store_day *d = &f->days[i];
        bool is_open =
            retention_day_is_open(f->days, f->by_hand ? 0 : f->count, f->clock_day, d->day);

        for (int k = 0; k < STORE_KINDS; k++) {
            int64_t open = k == STORE_ROWS ? d->bytes[k] : d->newest_bytes[k];

            p->left[i].bytes[k] = is_open ? d->bytes[k] - open : d->bytes[k];
            if (f->settled && f->settled[i] & 1u << k)
                p->left[i].bytes[k] = 0;
        }
    }
}

/* Takes at least `bytes` of what is left of that kind. */
static int64_t take(struct planner *p, size_t i, enum store_kind kind, enum retention_cause cause,
                    int64_t bytes)
{
    struct retention_plan *plan = p->plan;
    int64_t *left = &p->left[i].bytes[kind], takes = *left;

    if (takes <= 0 || p->no_memory)
        return 0;
    if (plan->count == p->room) {
        size_t room = p->room ? p->room * 2 : 16;
        struct retention_removal *grown = realloc(plan->removals, room * sizeof *grown);

        if (!grown) {
            p->no_memory = true;
            return 0;
        }
        plan->removals = grown;
        p->room = room;
    }
    if (bytes < takes && kind != STORE_ROWS)
        takes = bytes;
    *left -= takes;
    p->gone[kind] += takes;
    for (int k = 0; k < STORE_KINDS && kind == STORE_ROWS; k++) { /* its day goes along */
        takes += p->left[i].bytes[k];
        p->gone[k] += p->left[i].bytes[k];
        p->left[i].bytes[k] = 0;
    }
    plan->removals[plan->count++] = (struct retention_removal){
        .day = p->facts->days[i].day,
        .kind = (uint8_t)kind,
        .cause = (uint8_t)cause,
        .bytes = *left == 0 ? INT64_MAX : bytes,
        .takes = takes,
    };
    p->freed += takes;
    return takes;
}

/* What was said is of no use without the headers it belongs to. */
static int64_t take_all(struct planner *p, size_t i, enum store_kind kind,
                        enum retention_cause cause)
{
    int64_t taken = 0;

    if (kind == STORE_MEDIA)
        taken = take(p, i, STORE_AUDIO, cause, INT64_MAX);
    return taken + take(p, i, kind, cause, INT64_MAX);
}

/* --- the rules ---------------------------------------------------------------------------------- */

static size_t old_days_max(const struct retention_facts *f)
{
    size_t most = f->count * RETENTION_AGE_PERCENT / 100;

    if (f->by_hand)
        return f->count;
    return most ? most : 1;
}

static void by_age(struct planner *p)
{
    const struct retention_facts *f = p->facts;
    bool ahead = f->packet_day != RETENTION_NO_PACKETS &&
                 (int64_t)f->clock_day - f->packet_day > RETENTION_AHEAD_DAYS;
    int32_t today = f->packet_day < f->clock_day ? f->packet_day : f->clock_day;

    p->plan->clock_is_ahead = ahead;
    if (!f->age_is_due || f->packet_day == RETENTION_NO_PACKETS || (ahead && !f->by_hand))
        return;
    for (size_t i = 0; i < f->count; i++) {
        for (int k = 0; k < STORE_KINDS; k++) {
            int64_t days = p->limits->days[k];

            if (days == 0 || (int64_t)today - f->days[i].day <= days || p->left[i].bytes[k] <= 0)
                continue;
            if (!p->left[i].is_old && p->old_days >= old_days_max(f)) {
                p->plan->more_by_age = true;
                return;
            }
            p->old_days += !p->left[i].is_old;
            p->left[i].is_old = true;
            take_all(p, i, (enum store_kind)k, RETENTION_AGE);
        }
    }
}

/* How much of a kind there is too much, once the plan so far is carried out. */
static int64_t over_size(const struct planner *p, enum store_kind kind)
{
    int64_t sum = 0;

    for (size_t i = 0; i < p->facts->count; i++)
        sum += p->facts->days[i].bytes[kind];
    return sum - p->gone[kind] - p->limits->bytes[kind];
}

/* What pinned calls take: to take in less would not make it less. */
static int64_t settled_bytes(const struct planner *p, enum store_kind kind)
{
    int64_t sum = 0;

    for (size_t i = 0; p->facts->settled && i < p->facts->count; i++)
        sum += p->facts->settled[i] & 1u << kind ? p->facts->days[i].bytes[kind] : 0;
    return sum;
}

static void by_size(struct planner *p)
{
    for (int k = 0; k < STORE_KINDS; k++) {
        int64_t over = p->limits->bytes[k] ? over_size(p, (enum store_kind)k) : 0;

        for (size_t i = 0; i < p->facts->count && over > 0; i++) {
            int64_t had = p->left[i].bytes[k];

            if (k == STORE_ROWS) {
                if (take(p, i, STORE_ROWS, RETENTION_SIZE, INT64_MAX))
                    over -= had;
            } else if (had <= over) {
                take_all(p, i, (enum store_kind)k, RETENTION_SIZE);
                over -= had;
            } else {
                over -= take(p, i, (enum store_kind)k, RETENTION_SIZE, over);
            }
        }
        over -= settled_bytes(p, (enum store_kind)k);
        p->plan->over_size[k] = over > 0 ? over : 0;
    }
}

static void for_room(struct planner *p)
{
    /* In this order; what stands together goes day by day. */
    static const struct {
        enum store_kind kinds[2];
        int count;
    } classes[] = {
        { { STORE_AUDIO, STORE_MEDIA }, 2 },
        { { STORE_SIGNALLING, STORE_SIGNALLING }, 1 },
        { { STORE_ROWS, STORE_ROWS }, 1 },
    };
    int64_t keep = retention_keep_free(p->limits, p->facts->disk_bytes);
    int64_t need = keep - p->facts->free_bytes - p->freed;

    if (keep <= 0 || need <= 0)
        return;
    need += keep / 100 * RETENTION_SPARE_PERCENT;
    for (size_t c = 0; c < sizeof classes / sizeof classes[0]; c++) {
        for (size_t i = 0; i < p->facts->count && need > 0; i++) {
            for (int k = 0; k < classes[c].count && need > 0; k++)
                need -= take(p, i, classes[c].kinds[k], RETENTION_DISK_FULL, need);
        }
    }
    p->plan->disk_short = need > 0 ? need : 0;
}

int retention_plan_make(struct retention_plan *plan, const struct retention_limits *limits,
                        const struct retention_facts *facts)
{
    struct planner p = { .plan = plan, .limits = limits, .facts = facts };

    *plan = (struct retention_plan){ .count = 0 };
    p.left = calloc(facts->count + 1, sizeof *p.left);
    if (!p.left)
        return -ENOMEM;
    find_left(&p);
    by_age(&p);
    by_size(&p);
    for_room(&p);
    free(p.left);
    if (p.no_memory) {
        retention_plan_fini(plan);
        return -ENOMEM;
    }
    return 0;
}

void retention_plan_fini(struct retention_plan *plan)
{
    free(plan->removals);
    plan->removals = NULL;
    plan->count = 0;
}
