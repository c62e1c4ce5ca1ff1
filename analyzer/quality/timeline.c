#include "analyzer/quality/timeline.h"

#include "analyzer/quality/burst.h"

#include <math.h>
#include <stdlib.h>

#define NS_PER_S    UINT64_C(1000000000)
#define BAD_BELOW_R 60

enum {
    LEAST_NUMBERS_INTERVAL = 25, /* half a second of 20 ms packets */
    SETTLED_S = 20,              /* after so many silent seconds nothing is open any more */
    PACKED_ROOM_BYTES = 64,
};

/* Times come from a file: any two of them, and their wraps are defined. */
static int64_t later(int64_t time_ns, uint64_t by_ns)
{
    return (int64_t)((uint64_t)time_ns + by_ns);
}

static int64_t between(int64_t from_ns, int64_t to_ns)
{
    return (int64_t)((uint64_t)to_ns - (uint64_t)from_ns);
}

void timeline_init(struct timeline *t, int64_t time_ns)
{
    *t = (struct timeline){ .start_ns = time_ns,
                            .last_ns = time_ns,
                            .second_end_ns = later(time_ns, NS_PER_S),
                            .now.first_ext = INT64_MIN,
                            .before.first_ext = INT64_MIN };
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

/* The powers of the E-model, once for each codec. */
static void know_codec(struct timeline *t)
{
    double lossless_r;

    if (!t->ie || t->ie == t->known_ie)
        return;
    t->known_ie = t->ie;
    t->line_r = emodel_of_loss(t->ie->scale, 0, t->ie->bpl, 0, 1, 0).r;
    lossless_r = t->line_r - t->ie->ie;
    t->lossless_mos = emodel_mos(lossless_r, t->ie->scale);
    t->codec_is_bad = emodel_r_on_narrowband(lossless_r, t->ie->scale) < BAD_BELOW_R;
}

/* Of losses that are some; the codec is known. */
static double r_of(const struct timeline *t, const struct timeline_losses *l)
{
    struct loss_runs runs = { l->lost + l->late, l->runs + l->goes_on, false };
    double percent = 100.0 * runs.lost / l->numbers;

    return t->line_r - emodel_ie_eff(t->ie->scale, t->ie->ie, t->ie->bpl, percent,
                                     loss_runs_burst_ratio(&runs, l->numbers));
}

static double mos_of(const struct timeline *t, const struct timeline_losses *l, uint32_t least)
{
    if (!t->ie || l->numbers < least)
        return NAN;
    if (l->lost + l->late == 0)
        return t->lossless_mos;
    return emodel_mos(r_of(t, l), t->ie->scale);
}

static void add_losses(struct timeline_losses *to, const struct timeline_losses *from)
{
    if (to->numbers == 0)
        to->goes_on = from->goes_on;
    to->numbers += from->numbers;
    to->lost += from->lost;
    to->late += from->late;
    to->runs += from->runs;
}

/* What a second did not hear, in steps upwards: of what was lost some is never nothing. */
static uint8_t unheard_of(const struct timeline_losses *second)
{
    uint64_t unheard = (uint64_t)second->lost + second->late, steps;

    if (unheard == 0 || second->numbers == 0)
        return 0;
    steps = (unheard * INTERVAL_SHARE_STEPS + second->numbers - 1) / second->numbers;
    return steps < INTERVAL_SHARE_STEPS ? (uint8_t)steps : INTERVAL_SHARE_STEPS;
}

/* The second before `now`: of the interval before, when `now` is the first of its own. */
static void add_before(struct timeline *t)
{
    unsigned at = (t->second_of_interval + INTERVAL_S - 1U) % INTERVAL_S;

    add_losses(t->has_closing ? &t->closing.losses : &t->open.losses, &t->before.losses);
    t->unheard[at] = unheard_of(&t->before.losses);
}

static uint16_t to_u16(uint32_t n)
{
    return n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
}

/* A second alone. */
static void judge(struct timeline *t, const struct timeline_losses *l)
{
    bool bad;

    if (!t->ie || l->numbers < TIMELINE_LEAST_NUMBERS)
        return;
    bad = t->codec_is_bad;
    if (l->lost + l->late)
        bad = emodel_r_on_narrowband(r_of(t, l), t->ie->scale) < BAD_BELOW_R;
    t->judged_seconds++;
    t->bad_seconds += bad;
}

/* The window's first number is in its first second that has any. */
static bool window_goes_on(const struct timeline *t)
{
    for (unsigned i = 0; i < TIMELINE_WINDOW_S; i++) {
        const struct timeline_past *past = &t->past[(t->oldest + i) % TIMELINE_WINDOW_S];

        if (past->numbers)
            return past->goes_on;
    }
    return false;
}

/* The ten seconds that end with this one. */
static void slide(struct timeline *t, const struct timeline_losses *l, int64_t end_ns)
{
    struct timeline_past *past = &t->past[t->oldest];
    double mos;

    t->window.numbers -= past->numbers;
    t->window.lost -= past->unheard;
    t->window.runs -= past->runs;
    *past = (struct timeline_past){ to_u16(l->numbers), to_u16(l->lost + l->late), to_u16(l->runs),
                                    l->goes_on };
    t->window.numbers += past->numbers;
    t->window.lost += past->unheard;
    t->window.runs += past->runs;
    t->oldest = (uint8_t)((t->oldest + 1) % TIMELINE_WINDOW_S);
    if (t->window_s < TIMELINE_WINDOW_S)
        t->window_s++;
    if (t->window_s < TIMELINE_WINDOW_S)
        return;
    t->window.goes_on = t->window.lost && window_goes_on(t);
    mos = mos_of(t, &t->window, TIMELINE_WINDOW_S * TIMELINE_LEAST_NUMBERS);
    if (!isnan(mos) && (t->worst_mos <= 0 || mos < t->worst_mos)) {
        t->worst_mos = mos;
        t->worst_time_ns = later(end_ns, -(TIMELINE_WINDOW_S * NS_PER_S));
    }
}

static bool is_empty(const struct timeline_interval *i)
{
    return i->packets == 0 && i->losses.numbers == 0;
}

static double interval_mos(const struct timeline *t, const struct timeline_interval *i)
{
    return mos_of(t, &i->losses, LEAST_NUMBERS_INTERVAL);
}

/* With the silence before it. */
static size_t pack(const struct timeline *t, const struct timeline_interval *i,
                   const uint8_t unheard[INTERVAL_S], uint32_t pause,
                   uint8_t out[2 * INTERVAL_PACKED_BYTES])
{
    size_t n = pause ? interval_pack_pause(out, pause) : 0;
    struct interval values = interval_empty();

    values.packets = i->packets;
    values.lost = i->losses.lost;
    values.late = i->losses.late;
    if (i->packets && t->timed)
        values.jitter_ms_max = (double)i->jitter_ms_max;
    values.mos_lq = interval_mos(t, i);
    values.level_dbm0 = level_dbm0(&i->level);
    values.silence_ratio = level_silence_ratio(&i->level);
    values.clipping_ratio = level_clipping_ratio(&i->level);
    memcpy(values.unheard, unheard, sizeof values.unheard);
    return n + interval_pack(out + n, &values);
}

static bool append(struct timeline *t, const uint8_t *bytes, size_t n)
{
    if (t->packed_bytes + n > t->packed_room) {
        /* At most INTERVALS_MAX times two pieces: far from a wrap. */
        uint32_t room = (uint32_t)(t->packed_room * 2 + n + PACKED_ROOM_BYTES);
        uint8_t *grown = realloc(t->packed, room);

        if (!grown)
            return false;
        t->packed = grown;
        t->packed_room = room;
    }
    memcpy(t->packed + t->packed_bytes, bytes, n);
    t->packed_bytes += (uint32_t)n;
    return true;
}

static void pass_empty(struct timeline *t, uint64_t intervals)
{
    uint32_t room = INTERVALS_MAX - t->intervals;
    uint32_t n = intervals < room ? (uint32_t)intervals : room;

    t->intervals += n;
    t->pause += n;
}

static void keep_interval(struct timeline *t, const struct timeline_interval *i,
                          struct counters *counters)
{
    uint8_t bytes[2 * INTERVAL_PACKED_BYTES];

    if (is_empty(i)) {
        pass_empty(t, 1);
        return;
    }
    level_add(&t->level, &i->level);
    if (t->intervals >= INTERVALS_MAX) {
        counters->refusals[REFUSAL_INTERVALS]++;
    } else if (!append(t, bytes, pack(t, i, t->unheard, t->pause, bytes))) {
        counters->refusals[REFUSAL_MEMORY]++;
        pass_empty(t, 1); /* those after it stay in their places */
    } else {
        t->intervals++;
        t->pause = 0;
    }
}

/* One second is over; the one before it is judged. next_ext: the first number of the next one. */
static void step(struct timeline *t, int64_t next_ext, struct counters *counters)
{
    know_codec(t);
    if (t->has_before) {
        add_before(t);
        judge(t, &t->before.losses);
        slide(t, &t->before.losses, later(t->second_end_ns, -NS_PER_S));
    }
    if (t->has_closing) {
        keep_interval(t, &t->closing, counters);
        memset(t->unheard, 0, sizeof t->unheard);
    }
    t->has_closing = false;
    t->before = t->now;
    t->has_before = true;
    t->now = (struct timeline_second){ .first_ext = next_ext };
    t->second_end_ns = later(t->second_end_ns, NS_PER_S);
    if (++t->second_of_interval < INTERVAL_S)
        return;
    t->second_of_interval = 0;
    t->closing = t->open;
    t->has_closing = true;
    t->open = (struct timeline_interval){ 0 };
}

void timeline_roll(struct timeline *t, int64_t time_ns, int64_t ext, struct counters *counters)
{
    uint64_t left = (uint64_t)between(t->second_end_ns, time_ns) / NS_PER_S + 1;

    for (unsigned steps = 0; left; left--, steps++) {
        if (steps >= SETTLED_S && left > INTERVAL_S) {
            uint64_t intervals = (left - 1) / INTERVAL_S;

            pass_empty(t, intervals);
            t->second_end_ns = later(t->second_end_ns, intervals * INTERVAL_S * NS_PER_S);
            left -= intervals * INTERVAL_S;
        }
        step(t, ext, counters);
    }
}

/* The next number is not heard. */
static void begin_run(struct timeline *t)
{
    struct timeline_losses *l = &t->now.losses;

    if (t->in_run && l->numbers == 0)
        l->goes_on = true;
    l->runs += !t->in_run;
    t->in_run = true;
}

static void charge_gap(struct timeline *t, uint32_t n)
{
    if (n == 0)
        return;
    begin_run(t);
    t->now.losses.numbers += n;
    t->now.losses.lost += n;
}

/* Seconds pass that lost what they should have brought: each its share. */
static void roll_through_outage(struct timeline *t, const struct timeline_packet *p,
                                struct counters *counters)
{
    int64_t begin_ns = t->last_ns;
    double per_ns = p->gap / (double)between(begin_ns, p->time_ns);
    uint32_t charged = 0;

    while (p->time_ns >= t->second_end_ns) {
        uint32_t due = (uint32_t)(per_ns * (double)between(begin_ns, t->second_end_ns));

        due = due > p->gap ? p->gap : due;
        charge_gap(t, due - charged);
        charged = due;
        step(t, p->next_ext + charged, counters);
    }
    charge_gap(t, p->gap - charged);
}

static void pass_time(struct timeline *t, const struct timeline_packet *p,
                      struct counters *counters)
{
    int64_t silence_ns = between(t->last_ns, p->time_ns);
    bool is_gap = p->gap && !p->widens;

    if (p->time_ns >= t->second_end_ns) {
        /* Half of the silence or more: then the rest of it was lost time too. */
        if (is_gap && silence_ns > 0 && 2e6 * p->gap_ms >= (double)silence_ns) {
            roll_through_outage(t, p, counters);
            return;
        }
        timeline_roll(t, p->time_ns, p->next_ext, counters);
    }
    if (is_gap)
        charge_gap(t, p->gap);
}

/* The second that owns a number that was passed before; the oldest, when that one is judged. */
static struct timeline_second *owner_of(struct timeline *t, int64_t ext)
{
    return t->has_before && ext < t->now.first_ext ? &t->before : &t->now;
}

/* A run begins at a number that is not heard where the one before it is. So when this one is heard
 * after all, it is no beginning any more, and the one after it may become one. */
static void heal(struct timeline *t, struct timeline_second *s, const struct timeline_packet *p)
{
    struct timeline_second *next = owner_of(t, p->ext + 1);

    if (p->below_heard)
        s->losses.runs -= s->losses.runs > 0;
    if (!p->above_heard)
        next->losses.runs++;
    if (p->ext <= s->first_ext) /* the first of its second */
        s->losses.goes_on = false;
    if (next != s)
        next->losses.goes_on = false;
}

static void credit(struct timeline *t, const struct timeline_packet *p)
{
    struct timeline_second *s = owner_of(t, p->ext);
    struct timeline_losses *l = &s->losses;

    if (l->lost == 0)
        return; /* its second is judged already */
    l->lost--;
    if (p->late)
        l->late++;
    else if (p->ext >= s->first_ext)
        heal(t, s, p);
    if (l->runs > l->lost + l->late) /* only where the second that owned it is judged */
        l->runs = l->lost + l->late;
}

/* The segment begins further down than was thought. */
static void widen(struct timeline *t, const struct timeline_packet *p)
{
    struct timeline_losses *first = &owner_of(t, p->ext + p->gap + 1)->losses;
    struct timeline_losses *l = &owner_of(t, p->ext)->losses;

    l->numbers += p->gap + 1;
    l->lost += p->gap;
    l->late += p->late;
    if (p->gap == 0 && !p->late)
        return;
    if (!p->above_heard) /* the run of the first number begins further down too */
        first->runs -= first->runs > 0;
    l->runs++;
}

void timeline_unusual(struct timeline *t, const struct timeline_packet *p,
                      struct counters *counters)
{
    uint32_t counted = p->restarts ? 2 : 1;

    pass_time(t, p, counters);
    t->last_ns = p->time_ns;
    t->open.packets += counted;
    if ((float)p->jitter_ms > t->open.jitter_ms_max)
        t->open.jitter_ms_max = (float)p->jitter_ms;
    if (p->late_copy) {
        credit(t, p);
        return;
    }
    if (p->widens) {
        widen(t, p);
        return;
    }
    if (p->restarts || !p->late)
        t->in_run = false;
    if (p->late)
        begin_run(t);
    t->now.losses.numbers += counted;
    t->now.losses.late += p->late;
}

/* What would be known if the stream ended here. */
struct ending {
    struct timeline t;
    const struct timeline_interval *tail[2]; /* that are not packed */
    uint8_t unheard[2][INTERVAL_S];          /* of these */
    unsigned tail_count;
};

static void end(const struct timeline *stream, struct ending *e)
{
    struct timeline *t = &e->t;

    *t = *stream; /* with borrowed bytes, which are only read */
    e->tail_count = 0;
    know_codec(t);
    if (t->has_before) {
        add_before(t);
        judge(t, &t->before.losses);
        slide(t, &t->before.losses, later(t->second_end_ns, -NS_PER_S));
    }
    add_losses(&t->open.losses, &t->now.losses);
    judge(t, &t->now.losses);
    if (t->last_ns >= later(t->second_end_ns, -(NS_PER_S / 2))) /* half a second more is a second */
        slide(t, &t->now.losses, t->second_end_ns);
    memset(e->unheard, 0, sizeof e->unheard);
    memcpy(e->unheard[0], t->unheard, sizeof t->unheard);
    if (t->has_closing)
        e->tail[e->tail_count++] = &t->closing;
    e->unheard[e->tail_count][t->second_of_interval] = unheard_of(&t->now.losses);
    e->tail[e->tail_count++] = &t->open;
}

void timeline_report(const struct timeline *t, struct timeline_report *out)
{
    struct ending e;

    end(t, &e);
    for (unsigned i = 0; i < e.tail_count; i++)
        level_add(&e.t.level, &e.tail[i]->level);
    *out = (struct timeline_report){
        .bad_seconds = e.t.judged_seconds ? e.t.bad_seconds : -1,
        .worst_10s_mos = e.t.worst_mos > 0 ? e.t.worst_mos : NAN,
        .worst_10s_time_ns = e.t.worst_time_ns,
        .level = e.t.level,
    };
}

void timeline_write(const struct timeline *t, struct strbuf *out)
{
    uint8_t bytes[2 * INTERVAL_PACKED_BYTES];
    struct ending e;

    end(t, &e);
    strbuf_add(out, bytes, interval_pack_heading(bytes, t->start_ns));
    if (t->packed_bytes)
        strbuf_add(out, t->packed, t->packed_bytes);
    for (unsigned i = 0; i < e.tail_count && e.t.intervals < INTERVALS_MAX; i++) {
        e.t.intervals++;
        if (is_empty(e.tail[i])) {
            e.t.pause++;
            continue;
        }
        strbuf_add(out, bytes, pack(&e.t, e.tail[i], e.unheard[i], e.t.pause, bytes));
        e.t.pause = 0;
    }
}

void timeline_write_untimed(const struct timeline *t, struct strbuf *out)
{
    struct strbuf whole = { 0 };
    uint8_t bytes[INTERVAL_PACKED_BYTES];
    struct interval_reader r;
    struct interval i;
    uint32_t pause = 0;
    int64_t time_ns;

    timeline_write(t, &whole);
    out->failed |= whole.failed;
    strbuf_add(out, bytes, interval_pack_heading(bytes, t->start_ns));
    interval_read_series(&r, strbuf_slice(&whole));
    while (interval_next(&r, &i, &time_ns)) {
        if (i.packets == 0 && i.lost == 0) {
            pause++;
            continue;
        }
        if (pause)
            strbuf_add(out, bytes, interval_pack_pause(bytes, pause));
        pause = 0;
        i.late = 0;
        memset(i.unheard, 0, sizeof i.unheard); /* which second it was hangs on times */
        i.jitter_ms_max = i.mos_lq = NAN;
        strbuf_add(out, bytes, interval_pack(bytes, &i));
    }
    strbuf_fini(&whole);
}

static void add_mos(struct timeline_mos *mos, double value)
{
    long step = isnan(value) ? -1 : lround((value - 1) * 1000);

    if (step < 0 || step >= TIMELINE_MOS_STEPS)
        return;
    if (mos->intervals == 0 || step < mos->lowest)
        mos->lowest = (uint32_t)step;
    mos->counts[step]++;
    mos->intervals++;
}

void timeline_add_mos(const struct timeline *t, struct timeline_mos *mos)
{
    struct interval_reader r = { .rest = bytes_of(t->packed, t->packed_bytes),
                                 .left = INTERVALS_MAX };
    struct interval i;
    int64_t time_ns;
    struct ending e;

    while (interval_next(&r, &i, &time_ns))
        add_mos(mos, i.mos_lq);
    end(t, &e);
    for (unsigned k = 0; k < e.tail_count && t->intervals + k < INTERVALS_MAX; k++)
        add_mos(mos, interval_mos(&e.t, e.tail[k]));
}

double timeline_mos_quantile(const struct timeline_mos *mos, double share)
{
    double rank = ceil(share * mos->intervals);
    double below = 0;

    if (mos->intervals == 0)
        return NAN;
    for (unsigned step = mos->lowest; step < TIMELINE_MOS_STEPS; step++) {
        below += mos->counts[step];
        if (below >= rank)
            return 1 + step / 1000.0;
    }
    return NAN;
}
