/*
 * query_legs - which calls are legs of one conversation: from one call to the next, as far as it goes.
 *
 * A pair is told when the later of its calls begins, or when more is known of it, so its row lies in
 * the day of one of the two, or in the day after.
 */
#include "storage/query_days.h"

#include "analyzer/record_id.h"

#include <errno.h>
#include <stdlib.h>

struct leg_walk {
    struct leg_record *legs[QUERY_LEGS_MAX]; /* clones */
    size_t leg_count;
    uint64_t calls[QUERY_LEG_CALLS_MAX]; /* the first is the one that was asked for */
    size_t call_count;
    bool failed;
};

static bool meet_call(struct leg_walk *walk, uint64_t call)
{
    for (size_t i = 0; i < walk->call_count; i++) {
        if (walk->calls[i] == call)
            return true;
    }
    if (walk->call_count == QUERY_LEG_CALLS_MAX || call == 0)
        return false;
    walk->calls[walk->call_count++] = call;
    return true;
}

/* A pair of which a call has no room any more is left out whole. */
static bool take_leg(void *ctx, const void *record)
{
    const struct leg_record *leg = record;
    struct leg_walk *walk = ctx;
    struct leg_record *copy;

    for (size_t i = 0; i < walk->leg_count; i++) {
        if (walk->legs[i]->id == leg->id)
            return true;
    }
    if (walk->leg_count == QUERY_LEGS_MAX)
        return false;
    if (!meet_call(walk, leg->call_a) || !meet_call(walk, leg->call_b))
        return true;
    copy = record_clone(&record_type_leg, leg);
    if (!copy) {
        walk->failed = true;
        return false;
    }
    walk->legs[walk->leg_count++] = copy;
    return true;
}

/* The pairs of one call; one without a group was withdrawn. Two questions, each of which has an
 * index. */
static int ask_call(struct query *q, struct leg_walk *walk, uint64_t call)
{
    static const char *const clauses[] = { " WHERE leg_group IS NOT NULL AND call_a = ?",
                                           " WHERE leg_group IS NOT NULL AND call_b = ?" };
    int32_t day = record_id_day(call);
    int err = 0;

    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0] && err == 0; i++) {
        struct query_question question = { .table = query_days_table(&record_type_leg),
                                           .row = take_leg,
                                           .ctx = walk };

        strbuf_add_text(&question.where.sql, clauses[i]);
        query_where_bind_id(&question.where, call);
        err = question.where.sql.failed ? -ENOMEM : query_days_ask(q, &question, day - 1, day + 1);
        query_where_fini(&question.where);
    }
    return walk->failed ? -ENOMEM : err;
}

static int compare_legs(const void *a, const void *b)
{
    const struct leg_record *const *x = a, *const *y = b;

    if ((*x)->time != (*y)->time)
        return (*x)->time < (*y)->time ? -1 : 1;
    return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

int query_legs(struct query *q, uint64_t call, query_row_fn row, void *ctx)
{
    struct leg_walk walk = { .calls = { call }, .call_count = 1 };
    int err = query_days_refresh(q);

    for (size_t i = 0; i < walk.call_count && err == 0; i++)
        err = ask_call(q, &walk, walk.calls[i]);
    if (walk.leg_count)
        qsort(walk.legs, walk.leg_count, sizeof *walk.legs, compare_legs);
    for (size_t i = 0; i < walk.leg_count && err == 0; i++) {
        if (!row(ctx, walk.legs[i]))
            break;
    }
    for (size_t i = 0; i < walk.leg_count; i++)
        free(walk.legs[i]);
    return err;
}
