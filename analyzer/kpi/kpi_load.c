/*
 * Calls at once of a trunk that has a limit, as they change: what its minutes say is told too late to
 * do anything about it.
 */
#include "analyzer/kpi/kpi_state.h"

#define NS_PER_S INT64_C(1000000000)

/* Both directions are one trunk, which stands in the list once. */
static void list(struct kpi *k, struct kpi_group *g)
{
    if (g->channel_limit == RECORD_NONE || g->is_load_due ||
        (g->other_direction && g->other_direction->is_load_due))
        return;
    g->is_load_due = true;
    g->next_load = k->loads;
    k->loads = g;
}

void kpi_load_change(struct kpi *k, struct kpi_group *g, int change)
{
    g->open_now += change;
    list(k, g);
}

void kpi_load_forget(struct kpi *k, struct kpi_group *g)
{
    if (g->open_now)
        kpi_load_change(k, g, (int)-g->open_now);
}

/* Who reads only the last minutes shall know of a trunk that is full and stays so. */
static void list_busy(struct kpi *k)
{
    for (int i = 1; i <= KPI_GROUPS_MAX; i++) {
        if (k->by_index[i] && k->by_index[i]->open_now > 0)
            list(k, k->by_index[i]);
    }
}

static void tell(struct kpi *k, const struct kpi_group *g, int64_t now_ns)
{
    int64_t open = g->open_now + (g->other_direction ? g->other_direction->open_now : 0);
    struct load_record record;

    record_clear(&record_type_load, &record);
    record.time = now_ns;
    record.trunk = g->trunk;
    record.concurrent = open > 0 ? open : 0;
    record.channel_limit = g->channel_limit;
    k->options.record(k->options.ctx, &record_type_load, &record);
}

void kpi_load_tell(struct kpi *k, int64_t now_ns)
{
    const int64_t again_ns = KPI_LOAD_AGAIN_S * NS_PER_S;
    bool tells = k->options.record && !k->options.once;

    if (now_ns >= k->load_again_ns || now_ns < k->load_again_ns - again_ns) {
        k->load_again_ns = now_ns + again_ns;
        list_busy(k);
    }
    while (k->loads) {
        struct kpi_group *g = k->loads;

        k->loads = g->next_load;
        g->next_load = NULL;
        g->is_load_due = false;
        if (tells)
            tell(k, g, now_ns);
    }
}
