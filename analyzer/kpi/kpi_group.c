#include "analyzer/kpi/kpi_group.h"

#include "analyzer/kpi/kpi_id.h"

#include <stdlib.h>

static struct slice place(char **at, struct slice text)
{
    struct slice kept = { *at, text.len };

    if (!text.p)
        return SLICE_ABSENT;
    memcpy(*at, text.p, text.len);
    *at += text.len;
    return kept;
}

struct kpi_group *kpi_group_new(struct slice trunk, struct slice direction,
                                struct slice destination, size_t *bytes)
{
    size_t texts = trunk.len + direction.len + destination.len;
    struct kpi_group *g = calloc(1, sizeof *g + texts);
    char *at;

    if (!g)
        return NULL;
    at = (char *)(g + 1);
    g->trunk = place(&at, trunk);
    g->direction = place(&at, direction);
    g->destination = place(&at, destination);
    g->name_hash = kpi_id_hash(trunk, direction, destination);
    g->has_lane = !destination.p;
    g->channel_limit = RECORD_NONE;
    g->bytes = bytes;
    *bytes += sizeof *g + texts;
    return g;
}

void kpi_group_free(struct kpi_group *g)
{
    if (!g)
        return;
    for (int i = 0; i < KPI_MINUTES; i++) {
        if (g->minutes[i])
            kpi_group_drop(g, g->minutes[i]);
    }
    *g->bytes -= sizeof *g + g->trunk.len + g->direction.len + g->destination.len;
    free(g);
}

struct kpi_minute *kpi_group_find(const struct kpi_group *g, uint32_t minute)
{
    struct kpi_minute *m = g->minutes[minute % KPI_MINUTES];

    return m && m->minute == minute ? m : NULL;
}

/* Trunks by destination are the most, and go without first. */
static bool may_grow(const struct kpi_group *g, size_t bytes)
{
    bool is_pair = g->trunk.p && g->destination.p;

    return g->is_all || *g->bytes + bytes <= (is_pair ? KPI_PAIR_BYTES_MAX : KPI_BYTES_MAX);
}

struct kpi_minute *kpi_group_open(struct kpi_group *g, uint32_t minute)
{
    struct kpi_minute *m;

    if (!may_grow(g, sizeof *m))
        return NULL;
    m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    *g->bytes += sizeof *m;
    m->group = g;
    m->minute = minute;
    g->minutes[minute % KPI_MINUTES] = m;
    g->held++;
    return m;
}

void kpi_group_drop(struct kpi_group *g, struct kpi_minute *m)
{
    g->open_before += m->change;
    g->minutes[m->minute % KPI_MINUTES] = NULL;
    g->held--;
    *g->bytes -= sizeof *m + m->tally_room * sizeof *m->tallies +
                 (m->changes ? KPI_MINUTE_S * sizeof *m->changes : 0);
    free(m->tallies);
    free(m->changes);
    free(m);
}

void kpi_group_count(struct kpi_minute *m, enum kpi_count what, int sign)
{
    if (sign > 0)
        m->counts[what]++;
    else if (m->counts[what])
        m->counts[what]--;
}

/* Where the key stands, or belongs. */
static uint16_t find_tally(const struct kpi_minute *m, uint16_t key)
{
    uint16_t low = 0, high = m->tally_count;

    while (low < high) {
        uint16_t middle = (uint16_t)((low + high) / 2);

        if (m->tallies[middle].key < key)
            low = (uint16_t)(middle + 1);
        else
            high = middle;
    }
    return low;
}

static bool grow_tallies(struct kpi_minute *m)
{
    enum { FIRST_ROOM = 4 };
    uint16_t room = m->tally_room ? (uint16_t)(m->tally_room * 2) : FIRST_ROOM;
    size_t more = (size_t)(room - m->tally_room) * sizeof *m->tallies;
    struct kpi_tally *grown;

    if (!may_grow(m->group, more))
        return false;
    grown = realloc(m->tallies, room * sizeof *grown);
    if (!grown)
        return false;
    *m->group->bytes += more;
    m->tallies = grown;
    m->tally_room = room;
    return true;
}

bool kpi_group_tally(struct kpi_minute *m, uint16_t key, int sign)
{
    uint16_t at = find_tally(m, key);
    bool is_there = at < m->tally_count && m->tallies[at].key == key;

    if (sign < 0) {
        if (is_there && m->tallies[at].count)
            m->tallies[at].count--;
        return true;
    }
    if (!is_there) {
        if (m->tally_count == m->tally_room && !grow_tallies(m))
            return false;
        memmove(m->tallies + at + 1, m->tallies + at,
                (size_t)(m->tally_count - at) * sizeof *m->tallies);
        m->tallies[at] = (struct kpi_tally){ key, 0 };
        m->tally_count++;
    }
    m->tallies[at].count++;
    return true;
}

bool kpi_group_change(struct kpi_minute *m, unsigned second, int change)
{
    if (!m->changes) {
        if (!may_grow(m->group, KPI_MINUTE_S * sizeof *m->changes))
            return false;
        m->changes = calloc(KPI_MINUTE_S, sizeof *m->changes);
        if (!m->changes)
            return false;
        *m->group->bytes += KPI_MINUTE_S * sizeof *m->changes;
    }
    m->changes[second] += change;
    m->change += change;
    return true;
}

/* Open as the minute begins. */
static int64_t open_at(const struct kpi_group *g, uint32_t oldest, uint32_t minute)
{
    int64_t open = g->open_before;

    for (uint32_t at = oldest; at < minute; at++) {
        const struct kpi_minute *m = kpi_group_find(g, at);

        if (m)
            open += m->change;
    }
    return open;
}

static int64_t peak_of(const struct kpi_group *const groups[2], uint32_t oldest, uint32_t minute)
{
    const int32_t *changes[2] = { NULL, NULL };
    int64_t open = 0, peak = 0;

    for (int i = 0; i < 2; i++) {
        const struct kpi_minute *m = groups[i] ? kpi_group_find(groups[i], minute) : NULL;

        if (groups[i])
            open += open_at(groups[i], oldest, minute);
        if (m)
            changes[i] = m->changes;
    }
    for (int second = 0; second < KPI_MINUTE_S; second++) {
        open += (changes[0] ? changes[0][second] : 0) + (changes[1] ? changes[1][second] : 0);
        if (open > peak)
            peak = open;
    }
    return peak;
}

int64_t kpi_group_peak(const struct kpi_group *g, uint32_t oldest, uint32_t minute)
{
    const struct kpi_group *const both[2] = { g, g->other_direction };

    return peak_of(both, oldest, minute);
}

bool kpi_group_is_in_use(const struct kpi_group *g, uint32_t oldest, uint32_t minute)
{
    const struct kpi_group *const alone[2] = { g, NULL };

    return peak_of(alone, oldest, minute) > 0;
}

bool kpi_group_is_empty(const struct kpi_minute *m)
{
    for (int i = 0; i < KPI_COUNTS; i++) {
        if (m->counts[i])
            return false;
    }
    return true;
}

void kpi_group_add(struct kpi_sum *sum, const struct kpi_minute *m)
{
    for (int i = 0; i < KPI_COUNTS; i++)
        sum->counts[i] += m->counts[i];
    sum->duration_us += m->duration_us;
    for (uint16_t i = 0; i < m->tally_count; i++)
        sum->keys[m->tallies[i].key] += m->tallies[i].count;
}
