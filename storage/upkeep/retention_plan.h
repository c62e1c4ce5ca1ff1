/*
 * retention_plan - what of a store has to go: by age, by size, for room on the disk.
 *
 * Decides, and does nothing. Rows that go take their day along, packets and all; media takes what was
 * said in it. Oldest day first. Never what may be open: the rows and the newest segments of the two
 * newest days and of today.
 *
 * Ownership  The plan's list is freed by retention_plan_fini.
 * Thread     Pure functions.
 * Time       Ages are counted in days, from the clock or from the newest packet, whichever is
 *            earlier: a clock that jumps, or a packet from the future, makes nothing old. A clock that
 *            is ahead of the packets by more than RETENTION_AHEAD_DAYS removes nothing by age.
 */
#ifndef STORAGE_UPKEEP_RETENTION_PLAN_H
#define STORAGE_UPKEEP_RETENTION_PLAN_H

#include "storage/upkeep/store_size.h"

enum {
    RETENTION_AHEAD_DAYS = 2, /* a weekend without a call is no wrong clock, but this long is odd */
    /* Of the days at most that one look removes by age, and at least one: should all of the above have
     * failed, a person has hours to notice. */
    RETENTION_AGE_PERCENT = 20,
    /* Under pressure that much more than the guard asks for is made free, or each look would remove
     * one segment. */
    RETENTION_SPARE_PERCENT = 10,
};

/* 0: no limit. */
struct retention_limits {
    int64_t days[STORE_KINDS];
    int64_t bytes[STORE_KINDS];
    int64_t free_percent, free_bytes; /* the smaller of both is kept free */
};

/* Without what is in there: all zero. */
#define RETENTION_NO_PACKETS INT32_MIN

struct retention_facts {
    const struct store_day *days; /* oldest first */
    const uint8_t *settled;       /* by day: bits of kinds of which pinned calls alone are left */
    size_t count;
    int32_t clock_day;
    int32_t packet_day; /* of the newest packet; RETENTION_NO_PACKETS: none */
    int64_t disk_bytes, free_bytes;
    bool age_is_due; /* not at every look */
    bool by_hand;    /* a person asks, and no probe runs: no limit on how many days, and what is the
                      * newest is not open for that alone */
};

enum retention_cause { RETENTION_AGE, RETENTION_SIZE, RETENTION_DISK_FULL, RETENTION_CAUSES };

/* "age", "size", "disk_full". */
const char *retention_cause_name(enum retention_cause cause);

struct retention_removal {
    int32_t day;
    uint8_t kind;  /* enum store_kind; rows: the whole day */
    uint8_t cause; /* enum retention_cause */
    int64_t bytes; /* to be freed at least; INT64_MAX: all there is */
    int64_t takes; /* what goes by the sizes that are known; a segment is not cut in two */
};

struct retention_plan {
    struct retention_removal *removals; /* in the order in which they are to be done */
    size_t count;
    bool clock_is_ahead;            /* of the packets: nothing goes by age */
    bool more_by_age;               /* than one look may remove */
    int64_t disk_short;             /* bytes that are to be free and cannot be made so; 0: none */
    int64_t over_size[STORE_KINDS]; /* bytes over the limit that are open, and cannot go; 0: none */
};

/* What the disk has to keep free. */
int64_t retention_keep_free(const struct retention_limits *limits, int64_t disk_bytes);

/* 0 or −ENOMEM. */
int retention_plan_make(struct retention_plan *plan, const struct retention_limits *limits,
                        const struct retention_facts *facts);
void retention_plan_fini(struct retention_plan *plan);

/* May something of that day be open? count 0: by the clock alone. */
bool retention_day_is_open(const struct store_day *days, size_t count, int32_t clock_day,
                           int32_t day);

#endif
