#include "probe/web/overview.h"

#include "analyzer/kpi/kpi_id.h"
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

static bool same_key(const void *item, const void *key)
{
    return ((const struct overview_group *)item)->key == *(const uint64_t *)key;
}

struct overview_group *overview_find(const struct overview *o, uint64_t key)
{
    return table_find(&o->by_name, key, same_key, &key);
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
struct overview_group *overview_meet(struct overview *o, uint64_t key, const struct slice names[3])
{
    struct overview_group *g = NULL;
    char *at;

    o->cut = o->cut || o->group_count == OVERVIEW_GROUPS_MAX;
    if (o->group_count < OVERVIEW_GROUPS_MAX)
        g = calloc(1, sizeof *g + names[0].len + names[1].len + names[2].len + 1);
    if (!g)
        return NULL;
    at = (char *)(g + 1);
    g->key = key;
    g->trunk = put_text(&at, names[0]);
    g->direction = put_text(&at, names[1]);
    g->destination = put_text(&at, names[2]);
    if (table_put(&o->by_name, key, g) != 0) {
        free(g);
        return NULL;
    }
    o->groups[o->group_count++] = g;
    return g;
}

static void add_counts(struct overview_counts *c, const struct overview_counts *minute)
{
    c->attempts += minute->attempts;
    c->answered += minute->answered;
    c->settled += minute->settled;
    c->effective += minute->effective;
    c->ended += minute->ended;
    c->one_way += minute->one_way;
    c->judged += minute->judged;
    c->duration_s += minute->duration_s;
}

void overview_add_group(struct overview *o, struct overview_group *g, int64_t time,
                        const struct overview_counts *minute)
{
    if (time >= o->from && time < o->until) {
        struct overview_step *step = &g->steps[step_of(o, time)];

        add_counts(&g->now, minute);
        step->answered += (uint32_t)minute->answered;
        step->settled += (uint32_t)minute->settled;
    } else if (time < o->from && time >= overview_groups_from(o)) {
        add_counts(&g->before, minute);
    }
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
    struct overview_group *g = overview_find(o, kpi_id_key(k->id));
    int64_t time = kpi_id_minute_ns(k->id);

    if (!g || time < o->from || time >= o->until)
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
