#include "analyzer/quality/timeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S INT64_C(1000000000)

enum { LEAST_EXPECTED_INTERVAL = 25 }; /* half a second of 20 ms packets */

void timeline_init(struct timeline *t, int64_t time_ns)
{
    *t = (struct timeline){ .start_ns = time_ns,
                            .interval_end_ns = time_ns + INTERVAL_S * NS_PER_S };
}

void timeline_fini(struct timeline *t)
{
    free(t->packed);
}

void timeline_set_codec(struct timeline *t, const struct codec_ie *ie, bool timed)
{
    t->ie = ie;
    t->timed = timed;
}

static double mos_of(const struct timeline *t, const struct timeline_second *s)
{
    double expected = (double)s->packets + s->lost;
    double lost = (double)s->lost + s->late;
    struct loss_runs runs = { (uint32_t)lost, (uint32_t)s->runs + s->late, false };

    if (!t->ie || expected < LEAST_EXPECTED_INTERVAL)
        return NAN;
    if (lost > expected)
        lost = expected;
    return emodel_of_loss(t->ie->scale, t->ie->ie, t->ie->bpl, 100 * lost / expected,
                          loss_runs_burst_ratio(&runs, (int64_t)expected), 0)
        .mos;
}

static size_t pack(const struct timeline *t, uint8_t out[INTERVAL_PACKED_BYTES])
{
    const struct timeline_second *s = &t->now;
    struct interval i = interval_empty();

    i.packets = s->packets;
    i.lost = s->lost;
    i.late = s->late;
    if (s->packets && t->timed)
        i.jitter_ms_max = (double)s->jitter_ms_max;
    i.mos_lq = mos_of(t, s);
    return interval_pack(out, &i);
}

static bool reserve(struct timeline *t, size_t bytes)
{
    uint32_t room = t->packed_room ? t->packed_room * 2 : 64;
    uint8_t *grown;

    if (t->packed_bytes + bytes <= t->packed_room)
        return true;
    grown = realloc(t->packed, room);
    if (!grown)
        return false;
    t->packed = grown;
    t->packed_room = room;
    return true;
}

static void keep(struct timeline *t, struct counters *counters)
{
    uint8_t bytes[INTERVAL_PACKED_BYTES];
    size_t n = pack(t, bytes);

    if (t->intervals < INTERVALS_MAX && reserve(t, n)) {
        memcpy(t->packed + t->packed_bytes, bytes, n);
        t->packed_bytes += (uint32_t)n;
        t->intervals++;
    } else {
        counters->refusals[REFUSAL_INTERVALS]++;
    }
    t->now = (struct timeline_second){ 0 };
    t->interval_end_ns += INTERVAL_S * NS_PER_S;
}

void timeline_roll(struct timeline *t, int64_t time_ns, int64_t highest_ext,
                   struct counters *counters)
{
    while (time_ns >= t->interval_end_ns && t->intervals < INTERVALS_MAX)
        keep(t, counters);
    t->interval_first_ext = highest_ext + 1;
}

static void add_u16(uint16_t *count, int64_t n)
{
    int64_t sum = *count + n;

    *count = sum < 0 ? 0 : sum > UINT16_MAX ? UINT16_MAX : (uint16_t)sum;
}

static void count(struct timeline *t, double jitter_ms)
{
    add_u16(&t->now.packets, 1);
    if ((float)jitter_ms > t->now.jitter_ms_max)
        t->now.jitter_ms_max = (float)jitter_ms;
}

void timeline_packet(struct timeline *t, int64_t gap, double jitter_ms)
{
    count(t, jitter_ms);
    if (gap > 0) {
        add_u16(&t->now.lost, gap);
        add_u16(&t->now.runs, 1);
    }
}

void timeline_late_copy(struct timeline *t, int64_t ext, double jitter_ms)
{
    count(t, jitter_ms);
    if (ext >= t->interval_first_ext)
        add_u16(&t->now.lost, -1);
}

void timeline_too_late(struct timeline *t)
{
    add_u16(&t->now.late, 1);
}

void timeline_heard(struct timeline *t, const struct level_sum *level)
{
    level_add(&t->now.level, level);
}

void timeline_report(const struct timeline *t, struct timeline_report *out)
{
    *out = (struct timeline_report){ -1, NAN, 0, NAN, NAN, t->now.level };
}

void timeline_write(const struct timeline *t, struct strbuf *out)
{
    uint8_t bytes[INTERVAL_PACKED_BYTES];

    strbuf_add(out, bytes, interval_pack_heading(bytes, t->start_ns));
    strbuf_add(out, t->packed, t->packed_bytes);
    if (t->now.packets)
        strbuf_add(out, bytes, pack(t, bytes));
}
