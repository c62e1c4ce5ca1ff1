/*
 * What is counted of a call stands in its mark. When an event says something else, what was counted
 * is taken back where it stood and counted where it belongs; what only the end of a call tells
 * (duration, MOS, who hung up) is counted once, with the last event.
 */
#include "analyzer/kpi/kpi_state.h"

#include <math.h>

#define NS_PER_S INT64_C(1000000000)

enum { SHORT_US = 6000000 };

enum outcome {
    OUTCOME_NONE,
    OUTCOME_SUCCESS,
    OUTCOME_FAILURE,
    OUTCOME_BUSY,
    OUTCOME_CANCEL,
    OUTCOME_NOT_FOUND,
    OUTCOME_OTHER,
};

/* What of a mark is taken back and counted alone. */
enum aspect { ASPECT_ATTEMPT = 1, ASPECT_OUTCOME = 2, ASPECT_ANSWERED = 4, ASPECT_ENDED = 8 };

enum { ASPECTS_ALL = 15 };

static void tally(struct kpi *k, struct kpi_minute *m, uint16_t key, int sign)
{
    if (!kpi_group_tally(m, key, sign))
        kpi_state_refuse(k, m->group->is_all ? REFUSAL_MEMORY : REFUSAL_KPI_GROUPS);
}

/* To take back, nothing is made: where it was counted is there, or told and gone. */
static struct kpi_minute *minute_for(struct kpi *k, struct kpi_group *g, uint32_t mark, int sign)
{
    struct kpi_minute *m;

    if (mark == 0)
        return NULL;
    if (sign > 0)
        return kpi_state_minute(k, g, mark - 1);
    m = kpi_group_find(g, mark - 1);
    if (m)
        kpi_state_list(k, m);
    return m;
}

static void count_attempt(struct kpi *k, struct kpi_group *g, const struct kpi_mark *mark, int sign)
{
    struct kpi_minute *m = minute_for(k, g, mark->attempt_minute, sign);

    if (m)
        kpi_group_count(m, KPI_ATTEMPTS, sign);
}

/* ITU-T E.425: the network did its part. 480 is a phone that rang or is away, 603 a user's no. */
static bool is_effective(const struct kpi_mark *mark)
{
    return mark->outcome == OUTCOME_SUCCESS || mark->outcome == OUTCOME_BUSY ||
           mark->outcome == OUTCOME_CANCEL || mark->status == 480 || mark->status == 603;
}

static void count_outcome(struct kpi *k, struct kpi_group *g, const struct kpi_mark *mark, int sign)
{
    static const uint8_t counts[] = {
        [OUTCOME_SUCCESS] = KPI_ANSWERED,    [OUTCOME_FAILURE] = KPI_FAILURE,
        [OUTCOME_BUSY] = KPI_BUSY,           [OUTCOME_CANCEL] = KPI_CANCEL,
        [OUTCOME_NOT_FOUND] = KPI_NOT_FOUND, [OUTCOME_OTHER] = KPI_OTHER,
    };
    struct kpi_minute *m = minute_for(k, g, mark->settled_minute, sign);

    if (!m)
        return;
    kpi_group_count(m, counts[mark->outcome], sign);
    if (is_effective(mark))
        kpi_group_count(m, KPI_EFFECTIVE, sign);
    if (mark->status)
        tally(k, m, mark->status, sign);
    if (mark->pdd_class)
        tally(k, m, (uint16_t)(KPI_KEY_PDD + mark->pdd_class - 1), sign);
}

/* Every minute from there on has other calls at once. */
static void list_from(struct kpi *k, struct kpi_group *g, uint32_t minute)
{
    for (uint32_t at = minute; g && at <= k->newest; at++) {
        struct kpi_minute *m = kpi_group_find(g, at);

        if (m)
            kpi_state_list(k, m);
    }
}

/* One call more or less from that second on. */
static void change_lane(struct kpi *k, struct kpi_group *g, uint32_t second, int change)
{
    uint32_t minute = second / KPI_MINUTE_S, oldest;
    struct kpi_minute *m = NULL;

    if (k->begun && minute < kpi_state_oldest(k)) {
        g->open_before += change;
        kpi_load_change(k, g, change);
    } else {
        m = kpi_state_minute(k, g, minute);
        if (!m || !kpi_group_change(m, second % KPI_MINUTE_S, change))
            return;
        kpi_load_change(k, g, change);
    }
    oldest = kpi_state_oldest(k);
    if (minute < oldest)
        minute = oldest;
    list_from(k, g, minute);
    list_from(k, g->other_direction, minute);
}

static void apply(struct kpi *k, struct kpi_group *g, const struct kpi_mark *mark, unsigned aspects,
                  int sign)
{
    if (aspects & ASPECT_ATTEMPT)
        count_attempt(k, g, mark, sign);
    if (aspects & ASPECT_OUTCOME)
        count_outcome(k, g, mark, sign);
    if ((aspects & ASPECT_ANSWERED) && g->has_lane && mark->answered_s)
        change_lane(k, g, mark->answered_s - 1, sign);
    /* In its last second it still is there. */
    if ((aspects & ASPECT_ENDED) && g->has_lane && mark->ended_s)
        change_lane(k, g, mark->ended_s, -sign);
}

static uint8_t outcome_of(const struct call_record *call)
{
    static const struct {
        struct slice outcome, cause;
        uint8_t is;
    } rows[] = {
        { SLICE_INIT("success"), { NULL, 0 }, OUTCOME_SUCCESS },
        { SLICE_INIT("failure"), { NULL, 0 }, OUTCOME_FAILURE },
        { SLICE_INIT("nos"), SLICE_INIT("busy"), OUTCOME_BUSY },
        { SLICE_INIT("nos"), SLICE_INIT("cancel"), OUTCOME_CANCEL },
        { SLICE_INIT("nos"), SLICE_INIT("not_found"), OUTCOME_NOT_FOUND },
        { SLICE_INIT("nos"), { NULL, 0 }, OUTCOME_OTHER },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (slice_eq(call->outcome, rows[i].outcome) &&
            (!rows[i].cause.p || slice_eq(call->nos_cause, rows[i].cause)))
            return rows[i].is;
    }
    return OUTCOME_NONE;
}

/* Seconds since 1970, + 1; 0: unknown, or no time that can be. */
static uint32_t second_of(int64_t time_ns)
{
    if (time_ns < 0 || time_ns / NS_PER_S > KPI_TIME_MAX_S) /* RECORD_NONE is below 0 */
        return 0;
    return (uint32_t)(time_ns / NS_PER_S) + 1;
}

static uint32_t minute_mark(int64_t time_ns)
{
    uint32_t second = second_of(time_ns);

    return second ? (second - 1) / KPI_MINUTE_S + 1 : 0;
}

/* What the record says, apart from its groups. */
static void read_call(const struct call_record *call, struct kpi_mark *out)
{
    uint8_t outcome = outcome_of(call);

    out->attempt_minute = minute_mark(call->invite_time);
    if (outcome != OUTCOME_NONE && minute_mark(call->settled_time)) {
        out->settled_minute = minute_mark(call->settled_time);
        out->outcome = outcome;
        if (call->final_status >= 100 && call->final_status < KPI_STATUSES)
            out->status = (uint16_t)call->final_status;
        if (call->post_dial_delay_ms >= 0)
            out->pdd_class = (uint16_t)(kpi_sum_pdd_class(call->post_dial_delay_ms) + 1);
    }
    out->answered_s = second_of(call->answer_time);
    if (out->answered_s)
        out->ended_s = second_of(call->closed_time);
    if (out->ended_s && out->ended_s < out->answered_s)
        out->answered_s = out->ended_s = 0; /* the mirror showed them the wrong way round */
}

static unsigned differences(const struct kpi_mark *a, const struct kpi_mark *b)
{
    unsigned aspects = 0;

    if (a->attempt_minute != b->attempt_minute)
        aspects |= ASPECT_ATTEMPT;
    if (a->settled_minute != b->settled_minute || a->outcome != b->outcome ||
        a->status != b->status || a->pdd_class != b->pdd_class)
        aspects |= ASPECT_OUTCOME;
    if (a->answered_s != b->answered_s)
        aspects |= ASPECT_ANSWERED;
    if (a->ended_s != b->ended_s)
        aspects |= ASPECT_ENDED;
    return aspects;
}

/* Counted before time was set back: that stays. What comes now counts now. */
static unsigned untold(const struct kpi_mark *mark)
{
    return (mark->attempt_minute ? 0u : ASPECT_ATTEMPT) |
           (mark->settled_minute ? 0u : ASPECT_OUTCOME) |
           (mark->answered_s ? 0u : ASPECT_ANSWERED | ASPECT_ENDED);
}

static void move(struct kpi *k, const struct kpi_mark *was, const struct kpi_mark *is,
                 unsigned aspects)
{
    apply(k, k->all, was, aspects, -1);
    apply(k, k->all, is, aspects, 1);
    for (int i = 0; i < KPI_GROUPS_OF_CALL; i++) {
        struct kpi_group *from = was->groups[i] ? k->by_index[was->groups[i]] : NULL;
        struct kpi_group *to = is->groups[i] ? k->by_index[is->groups[i]] : NULL;
        unsigned moved = from == to ? aspects : ASPECTS_ALL;

        /* Held before the other is let go. */
        if (to)
            to->marks++;
        if (from)
            apply(k, from, was, moved, -1);
        if (to)
            apply(k, to, is, moved, 1);
        if (from)
            from->marks--;
    }
}

static bool is_one_of(struct slice text, const struct slice *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (slice_eq(text, words[i]))
            return true;
    }
    return false;
}

static void count_media(struct kpi *k, struct kpi_minute *m, const struct call_record *call)
{
    static const struct slice unjudged[] = { SLICE_INIT("unknown"), SLICE_INIT("capture_blind") };

    if (call->mos_lq >= 0)
        tally(k, m, (uint16_t)(KPI_KEY_MOS + kpi_sum_mos_class(call->mos_lq)), 1);
    if (call->one_way < 0 || !call->media_verdict.p || is_one_of(call->media_verdict, unjudged, 2))
        return;
    kpi_group_count(m, KPI_JUDGED, 1);
    if (call->one_way)
        kpi_group_count(m, KPI_ONE_WAY, 1);
}

static void count_end(struct kpi *k, struct kpi_group *g, const struct call_record *call)
{
    static const struct slice completed[] = { SLICE_INIT("bye"), SLICE_INIT("replaced") };
    struct kpi_minute *m = minute_for(k, g, minute_mark(call->closed_time), 1);
    int64_t duration_us;

    if (!m)
        return;
    kpi_group_count(m, KPI_ENDED, 1);
    if (is_one_of(call->ended_how, completed, 2))
        kpi_group_count(m, KPI_COMPLETED, 1);
    if (call->duration_ms >= 0) {
        duration_us = llround(call->duration_ms * 1000);
        m->duration_us += duration_us;
        if (duration_us < SHORT_US)
            kpi_group_count(m, KPI_SHORT, 1);
    }
    if (slice_eq(call->ended_by, SLICE("caller")))
        kpi_group_count(m, KPI_BY_CALLER, 1);
    else if (slice_eq(call->ended_by, SLICE("callee")))
        kpi_group_count(m, KPI_BY_CALLEE, 1);
    count_media(k, m, call);
}

/* The last word: what an answered call was like. One whose end nobody saw has none. */
static void close_call(struct kpi *k, struct kpi_mark *mark, const struct call_record *call)
{
    bool ended = mark->outcome == OUTCOME_SUCCESS && minute_mark(call->closed_time) &&
                 !slice_eq(call->ended_how, SLICE("interrupted"));

    if (ended)
        count_end(k, k->all, call);
    for (int i = 0; i < KPI_GROUPS_OF_CALL; i++) {
        struct kpi_group *g = mark->groups[i] ? k->by_index[mark->groups[i]] : NULL;

        if (g && ended)
            count_end(k, g, call);
        if (g)
            g->marks--;
        mark->groups[i] = 0;
    }
}

void kpi_call(struct kpi *k, struct kpi_mark *mark, const struct call_record *call,
              enum record_event event)
{
    struct kpi_mark is = { .epoch = k->epoch };
    bool is_stale = mark->epoch && mark->epoch != k->epoch;
    unsigned aspects;

    read_call(call, &is);
    aspects = differences(mark, &is);
    if (event == RECORD_CHANGED && mark->epoch && !aspects)
        return; /* its groups are looked at when its outcome is known, and at its end */
    if (is_stale || (event == RECORD_CHANGED && mark->epoch))
        memcpy(is.groups, mark->groups, sizeof is.groups);
    else
        kpi_state_groups(k, call, event == RECORD_CLOSED, is.groups);
    if (is_stale)
        aspects &= untold(mark);
    move(k, mark, &is, aspects);
    is.epoch = mark->epoch ? mark->epoch : k->epoch;
    *mark = is;
    if (event == RECORD_CLOSED)
        close_call(k, mark, call);
}
