#include "probe/web/overview.h"

#include "analyzer/kpi/kpi_id.h"
#include "analyzer/record_id.h"
#include "probe/web/overview_trouble.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define MINUTE_NS INT64_C(60000000000)

enum { DAY_MINUTES = 1440 };

/* The finest that gives no more steps than a chart has room for. */
static unsigned step_minutes(unsigned minutes)
{
    static const unsigned steps[] = { 1, 2, 5, 10, 15, 30, 60 };
    size_t i = 0;

    for (; i < sizeof steps / sizeof *steps; i++) {
        if ((minutes + steps[i] - 1) / steps[i] <= OVERVIEW_STEPS_MAX)
            return steps[i];
    }
    return 120;
}

int overview_init(struct overview *o, int64_t until, unsigned minutes)
{
    unsigned step = step_minutes(minutes);
    size_t busy = minutes > DAY_MINUTES ? minutes : DAY_MINUTES;

    memset(o, 0, sizeof *o);
    o->from = until - minutes * MINUTE_NS;
    o->until = until;
    o->step_ns = step * MINUTE_NS;
    o->step_count = (minutes + step - 1) / step;
    o->now.concurrent_max = o->before.concurrent_max = o->concurrent = RECORD_NONE;
    o->minute_count = busy;
    o->minutes_from = until - (int64_t)busy * MINUTE_NS;
    o->steps = calloc(o->step_count, sizeof *o->steps);
    o->minutes = calloc(o->minute_count, sizeof *o->minutes);
    if (!o->steps || !o->minutes || table_init(&o->by_name, OVERVIEW_GROUPS_MAX) != 0) {
        free(o->steps);
        free(o->minutes);
        return -ENOMEM;
    }
    for (size_t i = 0; i < o->step_count; i++)
        o->steps[i].concurrent_max = RECORD_NONE;
    return 0;
}

void overview_fini(struct overview *o)
{
    for (size_t i = 0; i < o->group_count; i++) {
        free(o->groups[i]->sum);
        free(o->groups[i]);
    }
    table_fini(&o->by_name);
    free(o->steps);
    free(o->minutes);
}

int64_t overview_groups_from(const struct overview *o)
{
    return o->from - (o->until - o->from);
}

int64_t overview_all_from(const struct overview *o)
{
    int64_t before = overview_groups_from(o);

    return before < o->minutes_from ? before : o->minutes_from;
}

/* ---- all calls ---- */

static int64_t known(int64_t value)
{
    return value == RECORD_NONE ? 0 : value;
}

static size_t step_of(const struct overview *o, int64_t time)
{
    return (size_t)((time - o->from) / o->step_ns);
}

void overview_add_all(struct overview *o, const struct kpi_record *k)
{
    if (k->time < overview_all_from(o) || k->time >= o->until)
        return;
    if (k->time >= o->minutes_from) {
        struct overview_minute *m = &o->minutes[(k->time - o->minutes_from) / MINUTE_NS];

        m->attempts += known(k->attempts);
        m->duration_s += isnan(k->duration_s) ? 0 : k->duration_s;
    }
    if (k->time >= o->from) {
        kpi_sum_add(&o->now, k);
        kpi_sum_add(&o->steps[step_of(o, k->time)], k);
    } else if (k->time >= overview_groups_from(o)) {
        kpi_sum_add(&o->before, k);
    }
    if (k->time == o->until - MINUTE_NS)
        o->concurrent = k->concurrent_max;
}

bool overview_busy_hour(const struct overview *o, struct overview_hour *hour)
{
    const struct overview_minute *m = o->minutes;
    size_t best = 0;
    int64_t sum = 0, most = 0;

    /* Of hours that are alike the last: it begins with a call. */
    for (size_t i = 0; i < o->minute_count; i++) {
        sum += m[i].attempts;
        if (i >= OVERVIEW_BUSY_MINUTES)
            sum -= m[i - OVERVIEW_BUSY_MINUTES].attempts;
        if (i + 1 >= OVERVIEW_BUSY_MINUTES && sum >= most) {
            most = sum;
            best = i + 1 - OVERVIEW_BUSY_MINUTES;
        }
    }
    if (most == 0)
        return false;
    *hour = (struct overview_hour){ .from = o->minutes_from + (int64_t)best * MINUTE_NS,
                                    .attempts = most };
    for (size_t i = best; i < best + OVERVIEW_BUSY_MINUTES; i++)
        hour->erlang += m[i].duration_s / 3600;
    return true;
}

/* ---- groups ---- */

static bool same_text(struct slice a, struct slice b)
{
    return (a.p != NULL) == (b.p != NULL) && (!a.p || slice_eq(a, b));
}

static bool same_names(const void *item, const void *key)
{
    const struct overview_group *a = item;
    const struct kpi_record *b = key;

    return same_text(a->trunk, b->trunk) && same_text(a->direction, b->direction) &&
           same_text(a->destination, b->destination);
}

static struct slice put_text(char **at, struct slice text)
{
    struct slice kept = text.p ? slice_of(*at, text.len) : SLICE_ABSENT;

    if (text.len)
        memcpy(*at, text.p, text.len);
    *at += text.len;
    return kept;
}

/* The group's names lie behind it. */
static struct overview_group *make_group(struct overview *o, const struct kpi_record *k,
                                         uint64_t hash)
{
    struct overview_group *g =
        calloc(1, sizeof *g + k->trunk.len + k->direction.len + k->destination.len + 1);
    char *at = (char *)(g + 1);

    if (!g)
        return NULL;
    g->hash = hash;
    g->trunk = put_text(&at, k->trunk);
    g->direction = put_text(&at, k->direction);
    g->destination = put_text(&at, k->destination);
    if (table_put(&o->by_name, hash, g) != 0) {
        free(g);
        return NULL;
    }
    o->groups[o->group_count++] = g;
    return g;
}

static void count_minute(struct overview_counts *c, const struct kpi_record *k, int64_t settled)
{
    c->attempts += known(k->attempts);
    c->answered += known(k->answered);
    c->settled += settled;
    c->effective += isnan(k->ner_ratio) ? 0 : llround(k->ner_ratio * (double)settled);
    c->ended += known(k->ended);
    c->one_way += known(k->one_way);
    c->judged += known(k->judged);
    c->duration_s += isnan(k->duration_s) ? 0 : k->duration_s;
}

bool overview_add_group(struct overview *o, const struct kpi_record *k, int64_t time)
{
    int64_t settled = known(k->answered) + known(k->failure) + known(k->nos);
    struct overview_group *g;
    uint64_t hash;

    if (!k->trunk.p && !k->destination.p)
        return true; /* all calls */
    hash = kpi_id_hash(k->trunk, k->direction, k->destination);
    g = table_find(&o->by_name, hash, same_names, k);
    if (!g && o->group_count == OVERVIEW_GROUPS_MAX) {
        o->cut = true;
        return true;
    }
    if (!g)
        g = make_group(o, k, hash);
    if (!g)
        return false;
    if (time >= o->from && time < o->until) {
        struct overview_step *step = &g->steps[step_of(o, time)];

        count_minute(&g->now, k, settled);
        step->answered += (uint32_t)known(k->answered);
        step->settled += (uint32_t)settled;
    } else if (time < o->from && time >= overview_groups_from(o)) {
        count_minute(&g->before, k, settled);
    }
    return true;
}

/* ---- the worst of them ---- */

static int compare_texts(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.p, b.p, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_groups(const void *a, const void *b)
{
    const struct overview_group *x = *(const struct overview_group *const *)a;
    const struct overview_group *y = *(const struct overview_group *const *)b;
    int order = (y->lost > x->lost) - (y->lost < x->lost);

    if (order == 0)
        order = (y->now.attempts > x->now.attempts) - (y->now.attempts < x->now.attempts);
    if (order == 0)
        order = compare_texts(x->trunk, y->trunk);
    if (order == 0)
        order = compare_texts(x->direction, y->direction);
    return order ? order : compare_texts(x->destination, y->destination);
}

static bool is_idle(const struct overview_group *g)
{
    return g->now.attempts == 0 && g->now.settled == 0 && g->now.ended == 0 && g->lost <= 0;
}

void overview_rank(struct overview *o)
{
    for (size_t i = 0; i < o->group_count; i++)
        overview_find_trouble(o->groups[i]);
    if (o->group_count)
        qsort(o->groups, o->group_count, sizeof *o->groups, compare_groups);
    for (size_t i = 0; i < o->group_count; i++) {
        struct overview_group *g = o->groups[i];
        struct overview_list *list = g->trunk.p ? &o->trunks : &o->destinations;

        if (is_idle(g))
            continue;
        list->all++;
        list->troubled += g->lost > 0;
        if (list->count < OVERVIEW_LISTED_MAX)
            list->groups[list->count++] = g;
    }
}

bool overview_add_listed(struct overview *o, const struct kpi_record *k)
{
    uint64_t hash = kpi_id_hash(k->trunk, k->direction, k->destination);
    struct overview_group *g = table_find(&o->by_name, hash, same_names, k);

    if (!g || k->time < o->from || k->time >= o->until)
        return true;
    if (!g->sum) {
        g->sum = calloc(1, sizeof *g->sum);
        if (!g->sum)
            return false;
        g->sum->concurrent_max = RECORD_NONE;
    }
    kpi_sum_add(g->sum, k);
    return true;
}
