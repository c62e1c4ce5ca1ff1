/*
 * kpi_group - the counts of one group: a trunk and direction, a destination, both, or all.
 *
 * A ring of the last minutes, in which only those that something was counted in take memory. Where
 * calls at once are counted (all, and a trunk's directions), a minute holds what changed in each of
 * its seconds, and the group what was open before the ring: so a call whose end is told late is
 * taken out of the seconds after its end.
 *
 * Ownership  kpi_group_new/free; minutes belong to their group.
 * Thread     Analysis thread only.
 */
#ifndef ANALYZER_KPI_KPI_GROUP_H
#define ANALYZER_KPI_KPI_GROUP_H

#include "analyzer/kpi/kpi.h"
#include "analyzer/kpi/kpi_sum.h"

enum { KPI_MINUTE_S = 60 };

struct kpi_group;

struct kpi_tally {
    uint16_t key;
    uint32_t count;
};

struct kpi_minute {
    struct kpi_minute *next, *previous; /* in the list of those to be told */
    struct kpi_group *group;
    uint32_t minute; /* since 1970 */
    bool is_listed;
    bool is_told; /* has a row already */
    uint16_t tally_count, tally_room;
    uint32_t counts[KPI_COUNTS];
    int64_t duration_us;
    struct kpi_tally *tallies; /* by key */
    int32_t *changes;          /* of calls at once, by second; NULL: none */
    int32_t change;            /* their sum */
};

struct kpi_group {
    struct slice trunk, direction, destination; /* behind the struct */
    uint64_t hash;
    struct kpi_group *other_direction; /* of the same trunk, where calls at once are counted */
    uint64_t name_hash;                /* without a key: the same in every run */
    size_t *bytes;                     /* of all groups together */
    bool has_lane;                     /* calls at once are counted */
    bool is_all;                       /* the row of all: no cap holds for it */
    uint16_t index;
    uint16_t held;  /* minutes */
    uint32_t marks; /* calls that are counted in it */
    int64_t open_before;
    int64_t open_now;      /* all that is open, whenever it began */
    int64_t channel_limit; /* of the trunk; RECORD_NONE: none, or no lane */
    struct kpi_group *next_load;
    bool is_load_due;                        /* in the list of those whose calls at once are told */
    struct kpi_minute *minutes[KPI_MINUTES]; /* by minute % KPI_MINUTES */
};

struct kpi_group *kpi_group_new(struct slice trunk, struct slice direction,
                                struct slice destination, size_t *bytes);
/* Its minutes must have been taken out of every list. */
void kpi_group_free(struct kpi_group *g);

/* NULL: nothing was counted in it. */
struct kpi_minute *kpi_group_find(const struct kpi_group *g, uint32_t minute);
/* The same, made; NULL: over KPI_BYTES_MAX, or without memory. The slot must be free. */
struct kpi_minute *kpi_group_open(struct kpi_group *g, uint32_t minute);
/* Frees the minute, whose calls at once go on. */
void kpi_group_drop(struct kpi_group *g, struct kpi_minute *m);

void kpi_group_count(struct kpi_minute *m, enum kpi_count what, int sign);
/* False: no memory. */
bool kpi_group_tally(struct kpi_minute *m, uint16_t key, int sign);
/* So many calls more from that second of the minute on. False: no memory. */
bool kpi_group_change(struct kpi_minute *m, unsigned second, int change);

/* The most calls at once in that minute, both directions of a trunk together; oldest: of the ring. */
int64_t kpi_group_peak(const struct kpi_group *g, uint32_t oldest, uint32_t minute);
/* Does the group itself have one in that minute? */
bool kpi_group_is_in_use(const struct kpi_group *g, uint32_t oldest, uint32_t minute);

/* Nothing is counted in it, calls at once apart. */
bool kpi_group_is_empty(const struct kpi_minute *m);

void kpi_group_add(struct kpi_sum *sum, const struct kpi_minute *m);

#endif
