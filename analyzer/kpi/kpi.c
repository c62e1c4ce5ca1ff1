/*
 * The groups, the ring of minutes, and when each minute is told.
 */
#include "analyzer/kpi/kpi.h"

#include "analyzer/kpi/kpi_id.h"
#include "analyzer/kpi/kpi_state.h"

#include <errno.h>
#include <stdlib.h>

#define NS_PER_S      INT64_C(1000000000)
#define NS_PER_MINUTE (60 * NS_PER_S)

enum {
    TELL_AGAIN_S = 10,
};

int kpi_new(struct kpi **out, const struct kpi_options *options)
{
    struct kpi *k = calloc(1, sizeof *k);

    if (!k)
        return -ENOMEM;
    k->options = *options;
    k->key = (struct siphash_key){ { options->hash_key[0], options->hash_key[1] } };
    k->epoch = 1;
    k->all = kpi_group_new(SLICE_ABSENT, SLICE_ABSENT, SLICE_ABSENT, &k->bytes);
    if (!k->all || table_init(&k->groups, KPI_GROUPS_MAX) != 0) {
        kpi_free(k);
        return -ENOMEM;
    }
    k->all->is_all = true;
    *out = k;
    return 0;
}

void kpi_free(struct kpi *k)
{
    if (!k)
        return;
    for (int i = 1; i <= KPI_GROUPS_MAX; i++)
        kpi_group_free(k->by_index[i]);
    kpi_group_free(k->all);
    table_fini(&k->groups);
    strbuf_fini(&k->texts);
    free(k);
}

size_t kpi_bytes(const struct kpi *k)
{
    return k->bytes;
}

void kpi_state_refuse(struct kpi *k, enum refusal why)
{
    if (k->options.counters)
        k->options.counters->refusals[why]++;
}

uint32_t kpi_state_oldest(const struct kpi *k)
{
    return k->newest >= KPI_MINUTES ? k->newest - (KPI_MINUTES - 1) : 0;
}

void kpi_state_list(struct kpi *k, struct kpi_minute *m)
{
    if (m->is_listed)
        return;
    m->is_listed = true;
    m->previous = NULL;
    m->next = k->listed;
    if (k->listed)
        k->listed->previous = m;
    k->listed = m;
}

static void unlist(struct kpi *k, struct kpi_minute *m)
{
    if (!m->is_listed)
        return;
    m->is_listed = false;
    if (m->previous)
        m->previous->next = m->next;
    else
        k->listed = m->next;
    if (m->next)
        m->next->previous = m->previous;
}

static void report(struct kpi *k, const struct kpi_group *g, struct kpi_record *out)
{
    kpi_sum_report(&k->sum, out, &k->texts);
    out->trunk = g->trunk;
    out->direction = g->direction;
    out->destination = g->destination;
    out->channel_limit = g->channel_limit;
}

static void tell(struct kpi *k, struct kpi_minute *m)
{
    const struct kpi_group *g = m->group;
    struct kpi_record record;

    unlist(k, m);
    /* Only a change of calls at once that came to nothing; or what was told has to be taken back. */
    if (!k->options.record ||
        (!m->is_told && kpi_group_is_empty(m) &&
         !(g->has_lane && kpi_group_is_in_use(g, kpi_state_oldest(k), m->minute))))
        return;
    m->is_told = true;
    memset(&k->sum, 0, sizeof k->sum);
    kpi_group_add(&k->sum, m);
    k->sum.concurrent_max =
        g->has_lane ? kpi_group_peak(g, kpi_state_oldest(k), m->minute) : RECORD_NONE;
    report(k, g, &record);
    record.id = kpi_id_make(g->name_hash, (int64_t)m->minute * NS_PER_MINUTE);
    record.time = (int64_t)m->minute * NS_PER_MINUTE;
    record.window_s = KPI_MINUTE_S;
    k->options.record(k->options.ctx, &record_type_kpi, &record);
}

/* All groups, the row of all first; NULL past the last one. */
static struct kpi_group *group_at(const struct kpi *k, int i)
{
    return i == 0 ? k->all : k->by_index[i];
}

static void tell_before(struct kpi *k, uint32_t minute)
{
    struct kpi_minute *next;

    for (struct kpi_minute *m = k->listed; m; m = next) {
        next = m->next;
        if (m->minute < minute)
            tell(k, m);
    }
}

/* A trunk that only talks on has a row too. */
static void note_use(struct kpi *k, uint32_t minute)
{
    for (int i = 0; i <= KPI_GROUPS_MAX; i++) {
        struct kpi_group *g = group_at(k, i);
        struct kpi_minute *m;

        if (!g || !g->has_lane || kpi_group_find(g, minute) ||
            !kpi_group_is_in_use(g, kpi_state_oldest(k), minute))
            continue;
        m = kpi_group_open(g, minute);
        if (m)
            kpi_state_list(k, m);
    }
}

/* What is open in no call, and was nothing for an hour. */
static void forget_idle_groups(struct kpi *k)
{
    for (int i = 1; i <= KPI_GROUPS_MAX; i++) {
        struct kpi_group *g = k->by_index[i];

        if (!g || g->marks || g->held || g->is_load_due)
            continue;
        if (g->other_direction)
            g->other_direction->other_direction = NULL;
        table_remove(&k->groups, g->hash, g);
        k->by_index[i] = NULL;
        kpi_group_free(g);
    }
}

static void drop_minutes(struct kpi *k, uint32_t minute)
{
    for (int i = 0; i <= KPI_GROUPS_MAX; i++) {
        struct kpi_group *g = group_at(k, i);
        struct kpi_minute *m = g ? kpi_group_find(g, minute) : NULL;

        if (!m)
            continue;
        unlist(k, m);
        kpi_group_drop(g, m);
    }
}

/* Moves the ring on. All of the oldest minute is told before any of it goes: both directions of a
 * trunk stand in each other's rows. */
static void advance(struct kpi *k, uint32_t minute)
{
    uint32_t steps = minute - k->newest;

    if (steps > KPI_MINUTES)
        steps = KPI_MINUTES;
    note_use(k, k->newest);
    for (uint32_t i = 0; i < steps; i++) {
        uint32_t gone = kpi_state_oldest(k);

        if (k->newest + 1 >= KPI_MINUTES) {
            tell_before(k, gone + 1);
            drop_minutes(k, gone);
        }
        k->newest++;
        if (i + 1 < steps && steps < KPI_MINUTES)
            note_use(k, k->newest);
    }
    k->newest = minute;
    forget_idle_groups(k);
}

static void begin_anew(struct kpi *k, uint32_t minute)
{
    tell_before(k, UINT32_MAX);
    for (int i = 0; i <= KPI_GROUPS_MAX; i++) {
        struct kpi_group *g = group_at(k, i);

        for (int at = 0; g && at < KPI_MINUTES; at++) {
            if (g->minutes[at])
                kpi_group_drop(g, g->minutes[at]);
        }
        if (g) {
            g->open_before = 0;
            kpi_load_forget(k, g);
        }
    }
    k->newest = minute;
    k->epoch = k->epoch == UINT8_MAX ? 1 : (uint8_t)(k->epoch + 1);
}

void kpi_tick(struct kpi *k, int64_t now_ns)
{
    uint32_t minute;
    bool is_over;

    if (now_ns <= 0 || now_ns / NS_PER_S > KPI_TIME_MAX_S)
        return;
    minute = (uint32_t)(now_ns / NS_PER_MINUTE);
    if (!k->begun) {
        k->begun = true;
        k->newest = minute;
    } else if (minute + KPI_MINUTES < k->newest) {
        begin_anew(k, minute);
    } else if (minute > k->newest) {
        advance(k, minute);
    }
    is_over = minute != k->now_minute;
    k->now_minute = minute;
    if (k->options.once || (!is_over && now_ns < k->next_tell_ns &&
                            now_ns >= k->next_tell_ns - TELL_AGAIN_S * NS_PER_S))
        return;
    tell_before(k, minute);
    k->next_tell_ns = now_ns + TELL_AGAIN_S * NS_PER_S;
}

void kpi_finish(struct kpi *k)
{
    note_use(k, k->newest);
    tell_before(k, UINT32_MAX);
}

struct kpi_minute *kpi_state_minute(struct kpi *k, struct kpi_group *g, uint32_t minute)
{
    struct kpi_minute *m;

    if (!k->begun) {
        k->begun = true;
        k->newest = minute;
    }
    if (minute > k->newest && minute - k->newest < KPI_MINUTES)
        advance(k, minute);
    if (minute > k->newest || minute < kpi_state_oldest(k)) {
        if (g->is_all)
            kpi_state_refuse(k, REFUSAL_KPI_LATE);
        return NULL;
    }
    m = kpi_group_find(g, minute);
    if (!m) {
        m = kpi_group_open(g, minute);
        if (!m)
            kpi_state_refuse(k, g->is_all ? REFUSAL_MEMORY : REFUSAL_KPI_GROUPS);
    }
    if (m)
        kpi_state_list(k, m);
    return m;
}

static bool same_group(const void *item, const void *key)
{
    const struct kpi_group *g = item;
    const struct slice *names = key;

    return slice_eq(g->trunk, names[0]) && slice_eq(g->direction, names[1]) &&
           slice_eq(g->destination, names[2]) && !g->trunk.p == !names[0].p &&
           !g->destination.p == !names[2].p;
}

static uint64_t hash_of(const struct kpi *k, const struct slice names[3])
{
    uint64_t h = 0;

    for (int i = 0; i < 3; i++) {
        uint64_t part[2] = { h, names[i].p ? siphash(&k->key, names[i].p, names[i].len) : 0 };

        h = siphash(&k->key, part, sizeof part);
    }
    return h;
}

static struct kpi_group *find_group(const struct kpi *k, struct slice trunk, struct slice direction,
                                    struct slice destination)
{
    const struct slice names[3] = { trunk, direction, destination };

    return table_find(&k->groups, hash_of(k, names), same_group, names);
}

static uint16_t free_index(const struct kpi *k)
{
    for (uint16_t i = 1; i <= KPI_GROUPS_MAX; i++) {
        uint16_t at = (uint16_t)((k->last_index + i - 1) % KPI_GROUPS_MAX + 1);

        if (!k->by_index[at])
            return at;
    }
    return 0;
}

static int64_t channel_limit(const struct kpi *k, const struct kpi_group *g)
{
    const struct plan_trunk *trunk = NULL;

    if (g->has_lane && g->trunk.p && k->options.plan)
        trunk = plan_find_trunk_named(k->options.plan, g->trunk);
    return trunk && trunk->channel_limit >= 0 ? trunk->channel_limit : RECORD_NONE;
}

static void link_directions(struct kpi *k, struct kpi_group *g)
{
    struct slice other = slice_eq(g->direction, SLICE("in")) ? SLICE("out") : SLICE("in");

    if (!g->has_lane)
        return;
    g->other_direction = find_group(k, g->trunk, other, SLICE_ABSENT);
    if (g->other_direction)
        g->other_direction->other_direction = g;
}

/* NULL: over a cap. */
static struct kpi_group *open_group(struct kpi *k, struct slice trunk, struct slice direction,
                                    struct slice destination)
{
    const struct slice names[3] = { trunk, direction, destination };
    struct kpi_group *g = find_group(k, trunk, direction, destination);
    bool is_pair = trunk.p && destination.p;
    uint16_t index;

    if (g || k->groups.used >= (is_pair ? KPI_PAIRS_MAX : KPI_GROUPS_MAX) ||
        k->bytes > (is_pair ? KPI_PAIR_BYTES_MAX : KPI_BYTES_MAX))
        return g;
    index = free_index(k);
    g = kpi_group_new(trunk, direction, destination, &k->bytes);
    if (!g)
        return NULL;
    g->hash = hash_of(k, names);
    g->index = index;
    g->channel_limit = channel_limit(k, g);
    if (table_put(&k->groups, g->hash, g) != 0) {
        kpi_group_free(g);
        return NULL;
    }
    k->by_index[index] = g;
    k->last_index = index;
    link_directions(k, g);
    return g;
}

void kpi_state_groups(struct kpi *k, const struct call_record *call, bool complain,
                      uint16_t groups[KPI_GROUPS_OF_CALL])
{
    const struct slice in = SLICE("in"), out = SLICE("out"), none = SLICE_ABSENT;
    const struct slice names[KPI_GROUPS_OF_CALL][3] = {
        { call->trunk_in, in, none },
        { call->trunk_out, out, none },
        { none, none, call->destination },
        { call->trunk_in, in, call->destination },
        { call->trunk_out, out, call->destination },
    };

    for (int i = 0; i < KPI_GROUPS_OF_CALL; i++) {
        bool wants_trunk = i != 2, wants_destination = i >= 2;
        struct kpi_group *g;

        groups[i] = 0;
        if ((wants_trunk && !names[i][0].p) || (wants_destination && !names[i][2].p))
            continue;
        g = open_group(k, names[i][0], names[i][1], names[i][2]);
        if (g)
            groups[i] = g->index;
        else if (complain)
            kpi_state_refuse(k, REFUSAL_KPI_GROUPS);
    }
}

bool kpi_read(struct kpi *k, struct slice trunk, struct slice direction, struct slice destination,
              unsigned minutes, int64_t now_ns, struct kpi_record *out)
{
    const struct kpi_group *g = !trunk.p && !direction.p && !destination.p
                                    ? k->all
                                    : find_group(k, trunk, direction, destination);
    uint32_t last, first;

    if (!g || now_ns < 0 || now_ns / NS_PER_S > KPI_TIME_MAX_S || minutes == 0 ||
        minutes >= KPI_MINUTES)
        return false;
    last = (uint32_t)(now_ns / NS_PER_MINUTE);
    first = last >= minutes ? last - minutes + 1 : 0;
    memset(&k->sum, 0, sizeof k->sum);
    k->sum.concurrent_max = g->has_lane ? 0 : RECORD_NONE;
    for (uint32_t at = first; at <= last; at++) {
        const struct kpi_minute *m = kpi_group_find(g, at);
        int64_t peak =
            g->has_lane && at <= k->newest ? kpi_group_peak(g, kpi_state_oldest(k), at) : 0;

        if (m)
            kpi_group_add(&k->sum, m);
        if (g->has_lane && peak > k->sum.concurrent_max)
            k->sum.concurrent_max = peak;
    }
    report(k, g, out);
    out->time = (int64_t)first * NS_PER_MINUTE;
    out->window_s = (int64_t)minutes * KPI_MINUTE_S;
    return true;
}
