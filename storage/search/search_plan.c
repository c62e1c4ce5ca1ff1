#include "storage/search/search_plan.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/query_days.h"

#include <errno.h>
#include <stdlib.h>

/* --- the fields ----------------------------------------------------------------------------- */

void search_plan_add_field(struct search_plan *plan, const struct record_field *field)
{
    uint16_t at = (uint16_t)(field - record_type_call.fields);

    for (size_t i = 0; i < plan->field_count; i++) {
        if (plan->fields[i] == at)
            return;
    }
    if (plan->field_count < SEARCH_ROW_FIELDS_MAX)
        plan->fields[plan->field_count++] = at;
}

static void add_fields(struct search_plan *plan)
{
    search_plan_add_field(plan, record_field_find(&record_type_call, SLICE("id")));
    if (plan->order.field)
        search_plan_add_field(plan, plan->order.field);
    for (size_t i = 0; plan->filter && i < plan->filter->test_count; i++) {
        const struct filter_test *test = &plan->filter->tests[i];

        for (size_t m = 0; m < FILTER_MEMBERS_MAX && test->members[m]; m++)
            search_plan_add_field(plan, test->members[m]);
    }
}

/* --- the alerts ----------------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static bool in_alert(void *ctx, const struct filter_test *test, uint64_t call)
{
    const struct search_plan *plan = ctx;
    const struct filter *f = plan->filter;
    bool is_here = test >= f->tests && test < f->tests + FILTER_TESTS_MAX;
    const struct search_alert_calls *calls =
        &plan->alerts[test - (is_here ? f->tests : plan->single->tests)];

    return calls->count &&
           bsearch(&call, calls->ids, calls->count, sizeof call, compare_ids) != NULL;
}

static int add_id(struct search_alert_calls *calls, uint64_t id)
{
    if (calls->count == calls->room) {
        size_t room = calls->room ? 2 * calls->room : 256;
        uint64_t *ids = realloc(calls->ids, room * sizeof *ids);

        if (!ids)
            return -ENOMEM;
        calls->ids = ids;
        calls->room = room;
    }
    calls->ids[calls->count++] = id;
    return 0;
}

/* The ids of a JSON array of them: 16 hex digits each, which is all that such a text can hold. */
static int add_ids(struct search_alert_calls *calls, struct slice json)
{
    uint64_t id = 0;
    size_t digits = 0;
    int err = 0;

    for (size_t i = 0; i < json.len && err == 0; i++) {
        char c = json.p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        if (digit < 0) {
            digits = 0;
            continue;
        }
        id = digits ? id << 4 | (unsigned)digit : (unsigned)digit;
        if (++digits == RECORD_ID_TEXT_LEN && calls->count < SEARCH_ALERT_CALLS_MAX)
            err = add_id(calls, id);
    }
    return err;
}

struct alert_reading {
    struct search_plan *plan;
    int error;
};

static bool note_alert(void *ctx, const void *record)
{
    struct alert_reading *reading = ctx;
    struct search_plan *plan = reading->plan;
    const struct alert_record *alert = record;

    for (size_t i = 0; i < plan->filter->test_count && reading->error == 0; i++) {
        const struct filter_test *test = &plan->filter->tests[i];

        if (test->field->kind == FILTER_ALERT && filter_test_text(test, alert->rule))
            reading->error = add_ids(&plan->alerts[i], alert->calls);
    }
    return reading->error == 0;
}

/* Evidence is older than its alert, by a window of hours at most, and may be of the day before. */
static int read_alerts(struct search_plan *plan, struct query *q)
{
    struct alert_reading reading = { .plan = plan };
    struct query_question question = { .table = query_days_table(&record_type_alert),
                                       .row = note_alert,
                                       .ctx = &reading };
    int32_t first = record_id_day(plan->first_id), last = record_id_day(plan->last_id);
    bool asked = false;
    int err;

    for (size_t i = 0; plan->filter && i < plan->filter->test_count; i++)
        asked = asked || plan->filter->tests[i].field->kind == FILTER_ALERT;
    if (!asked)
        return 0;
    err = query_days_ask(q, &question, first > 0 ? first - 1 : 0, last + 2);
    query_where_fini(&question.where);
    if (err == 0)
        err = reading.error;
    for (size_t i = 0; i < plan->filter->test_count && err == 0; i++) {
        struct search_alert_calls *calls = &plan->alerts[i];

        if (calls->count == SEARCH_ALERT_CALLS_MAX)
            log_warn("search: more than %d calls are evidence of alerts; ask for fewer days",
                     (int)SEARCH_ALERT_CALLS_MAX);
        if (calls->count)
            qsort(calls->ids, calls->count, sizeof *calls->ids, compare_ids);
    }
    return err;
}

/* --- the whole ------------------------------------------------------------------------------ */

int search_plan_make(struct search_plan *plan, struct query *q,
                     const struct search_request *request)
{
    const struct filter *f = request->filter;
    int err;

    memset(plan, 0, sizeof *plan);
    plan->filter = f && f->node_count ? f : NULL;
    plan->last_id = INT64_MAX;
    plan->world = (struct filter_world){ .ctx = plan, .in_alert = in_alert };
    err = search_order_make(&plan->order, request->sort, request->ascending);
    if (err)
        return err;
    if (plan->filter && f->since != RECORD_NONE)
        plan->first_id = record_id_make(f->since, 0);
    if (plan->filter && f->until != RECORD_NONE)
        plan->last_id = record_id_make(f->until, UINT64_MAX);
    add_fields(plan);
    plan->single = malloc(sizeof *plan->single);
    if (!plan->single)
        return -ENOMEM;
    if (plan->filter)
        *plan->single = *plan->filter;
    err = read_alerts(plan, q);
    if (err)
        search_plan_fini(plan);
    return err;
}

void search_plan_fini(struct search_plan *plan)
{
    for (size_t i = 0; i < FILTER_TESTS_MAX; i++)
        free(plan->alerts[i].ids);
    free(plan->single);
    memset(plan, 0, sizeof *plan);
}
