/*
 * kpi_state - what a kpi holds, for the files of this room alone.
 */
#ifndef ANALYZER_KPI_KPI_STATE_H
#define ANALYZER_KPI_KPI_STATE_H

#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "analyzer/kpi/kpi.h"
#include "analyzer/kpi/kpi_group.h"

enum {
    KPI_TIME_MAX_S = INT32_MAX, /* 2038: a clock beyond it is wrong; minutes have room for more */
};

struct kpi {
    struct kpi_options options;
    struct siphash_key key;
    struct table groups;
    struct kpi_group *by_index[KPI_GROUPS_MAX + 1]; /* 0: none */
    uint16_t last_index;
    struct kpi_group *all;
    size_t bytes;
    struct kpi_minute *listed; /* to be told */
    uint32_t newest;           /* minute of the ring */
    uint32_t now_minute;       /* of the last tick */
    bool begun;
    uint8_t epoch;
    int64_t next_tell_ns;
    struct kpi_group *loads; /* whose calls at once are to be told */
    int64_t load_again_ns;
    struct kpi_sum sum;
    struct strbuf texts;
};

void kpi_state_refuse(struct kpi *k, enum refusal why);
uint32_t kpi_state_oldest(const struct kpi *k);

/* The minute will be told. */
void kpi_state_list(struct kpi *k, struct kpi_minute *m);

/* The minute of the group, listed; the ring moves on where it is the newest. NULL (counted): too old,
 * or no room. */
struct kpi_minute *kpi_state_minute(struct kpi *k, struct kpi_group *g, uint32_t minute);

/* The groups that a call belongs to, by index; 0: none. `complain`: what a cap refuses is counted. */
void kpi_state_groups(struct kpi *k, const struct call_record *call, bool complain,
                      uint16_t groups[KPI_GROUPS_OF_CALL]);

/* kpi_load.c: calls at once of the group changed by so many. */
void kpi_load_change(struct kpi *k, struct kpi_group *g, int change);
/* kpi_load.c: nothing is open any more, as time was set back. */
void kpi_load_forget(struct kpi *k, struct kpi_group *g);

#endif
