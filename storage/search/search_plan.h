/*
 * search_plan - a request made ready: which ids it is about, which fields of a row it looks at, and
 * which calls the alerts name that it asks for.
 *
 * Ownership  make/fini. Borrows the filter.
 * Memory     The ids of the alerts asked for, SEARCH_ALERT_CALLS_MAX at most.
 */
#ifndef STORAGE_SEARCH_SEARCH_PLAN_H
#define STORAGE_SEARCH_SEARCH_PLAN_H

#include "storage/search/search_order.h"

enum { SEARCH_ROW_FIELDS_MAX = 128, SEARCH_ALERT_CALLS_MAX = 1 << 20 };

/* The calls that the alerts of one test name, by id. */
struct search_alert_calls {
    uint64_t *ids;
    size_t count, room;
};

struct search_plan {
    const struct filter *filter; /* NULL: every call */
    struct search_order order;
    uint64_t first_id, last_id;             /* first over last: nothing matches */
    uint16_t fields[SEARCH_ROW_FIELDS_MAX]; /* places in the table of a call, its id first */
    size_t field_count;
    struct search_alert_calls alerts[FILTER_TESTS_MAX];
    struct filter_world world;
    struct filter *single; /* the filter again, to be made one of its tests */
};

/* 0; −EINVAL: it cannot be sorted so; −ENOMEM; −errno. */
int search_plan_make(struct search_plan *plan, struct query *q,
                     const struct search_request *request);
void search_plan_fini(struct search_plan *plan);

/* One more field that is read of a row. */
void search_plan_add_field(struct search_plan *plan, const struct record_field *field);

/* The exact Call-ID that every match has; absent: none follows. */
static inline struct slice search_plan_call_id(const struct search_plan *plan)
{
    return plan->filter ? plan->filter->call_id : SLICE_ABSENT;
}

static inline bool search_plan_match(const struct search_plan *plan, const struct call_record *call)
{
    return filter_match(plan->filter, call, &plan->world);
}

#endif
