/*
 * retention_work - looks at a store, says what has to go, and does it.
 *
 * What cannot go (pinned calls are all that is left of it, or an error came) is remembered for a while,
 * so that it is neither tried again each time nor counted on.
 *
 * Ownership  retention_work_init/fini. Strings and what `removal` points to are borrowed.
 * Thread     One.
 * Errors     −errno.
 */
#ifndef STORAGE_UPKEEP_RETENTION_WORK_H
#define STORAGE_UPKEEP_RETENTION_WORK_H

#include "storage/upkeep/day_removal.h"
#include "storage/upkeep/retention_plan.h"

struct retention_settled;

struct retention_work {
    struct retention_limits limits;
    struct day_removal removal;
    struct store_size size;
    int64_t disk_bytes, free_bytes;                 /* of the newest look */
    int64_t removed[STORE_KINDS][RETENTION_CAUSES]; /* bytes, since init */
    /* Its own. */
    struct retention_settled *settled;
    size_t settled_count, settled_room;
};

/* What the caller knows of time. */
struct retention_when {
    int64_t now_ms; /* monotonic */
    int32_t clock_day;
    int32_t packet_day; /* RETENTION_NO_PACKETS: as the store has it */
    bool age_is_due, by_hand;
};

void retention_work_init(struct retention_work *w, const struct day_removal *removal,
                         const struct retention_limits *limits);
void retention_work_fini(struct retention_work *w);

/* How much room the disk has: cheap. */
int retention_work_read_disk(struct retention_work *w);

/* Sizes, and a plan to be freed with retention_plan_fini. */
int retention_work_look(struct retention_work *w, const struct retention_when *when,
                        struct retention_plan *plan);

/* Told of each removal when it is done, with what it freed. */
typedef void (*retention_done_fn)(void *ctx, const struct retention_removal *removal,
                                  const struct day_removed *removed, int err);

/* Carries it out until the end, or until removal.goes_on says no (−EINTR). An error of one removal is
 * told and does not stop the others. */
int retention_work_do(struct retention_work *w, const struct retention_when *when,
                      const struct retention_plan *plan, retention_done_fn done, void *ctx);

#endif
