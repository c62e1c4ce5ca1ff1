#include "analyzer/call/media_timeout.h"

#include "analyzer/call/history.h"
#include "analyzer/call/stream_events.h"

/* What is being searched. */
struct search {
    const struct call *call;
    struct media_timeout *out;
    unsigned count;
    uint8_t side;
};

static bool is_of_side(const struct media_stream *s, uint8_t side)
{
    return verdict_counts(s) && s->rtp.packets &&
           s->direction ==
               (side == SIDE_CALLER ? DIRECTION_CALLER_TO_CALLEE : DIRECTION_CALLEE_TO_CALLER);
}

/* Until when the stream goes on from `at` without a timeout of its own; its next packet after that.
 * INT64_MAX: none. */
struct stretch {
    int64_t until, next;
};

static struct stretch stretch_of(const struct media_stream *s, int64_t at)
{
    struct stream_pause pauses[STREAM_PAUSES_MAX];
    int count = stream_events_pauses(s, pauses);
    struct stretch r = { s->rtp.last_time_ns, INT64_MAX };

    if (s->rtp.last_time_ns < at)
        return (struct stretch){ at, INT64_MAX };
    if (s->rtp.first_time_ns > at + MEDIA_TIMEOUT_NS)
        return (struct stretch){ at, s->rtp.first_time_ns };
    for (int i = 0; i < count; i++) {
        if (pauses[i].to_ns - pauses[i].from_ns <= MEDIA_TIMEOUT_NS || pauses[i].to_ns <= at)
            continue;
        if (pauses[i].from_ns < r.until)
            r = (struct stretch){ pauses[i].from_ns, pauses[i].to_ns };
    }
    if (r.until < at)
        r.until = at;
    return r;
}

/* The same of all streams of the side together. */
static struct stretch stretch_of_side(const struct search *q, int64_t at)
{
    struct stretch all = { at, INT64_MAX };
    bool grown = true;

    while (grown) {
        grown = false;
        all.next = INT64_MAX;
        for (uint8_t i = 0; i < q->call->stream_count; i++) {
            struct stretch one;

            if (!is_of_side(q->call->streams[i], q->side))
                continue;
            one = stretch_of(q->call->streams[i], all.until);
            grown |= one.until > all.until;
            if (one.until > all.until)
                all.until = one.until;
            if (one.next < all.next)
                all.next = one.next;
        }
    }
    return all;
}

/* What of a silence was owed. back: it ended because something came. */
static void add_owed(struct search *q, int64_t from_ns, int64_t to_ns, bool back)
{
    int64_t begin = from_ns, end = to_ns;

    while (q->count < MEDIA_TIMEOUTS_MAX && media_terms_owed(q->call, q->side, &begin, &end)) {
        if (end - begin > MEDIA_TIMEOUT_NS)
            q->out[q->count++] =
                (struct media_timeout){ begin, back || end < to_ns ? end : RECORD_NONE, q->side };
        begin = end;
        end = to_ns;
    }
}

static void search_side(struct search *q, int64_t from_ns, int64_t to_ns)
{
    int64_t at = from_ns;

    while (at < to_ns && q->count < MEDIA_TIMEOUTS_MAX) {
        struct stretch s = stretch_of_side(q, at);

        if (s.next >= to_ns) {
            add_owed(q, s.until, to_ns, false);
            return;
        }
        add_owed(q, s.until, s.next, true);
        at = s.next;
    }
}

/* Can it be told at all whether that side sends? */
static bool is_judged(const struct verdict *v, uint8_t side)
{
    if (v->sides[side].dtx)
        return false;
    return v->sides[side].stream || verdict_is_one_way(v->word) || v->word == VERDICT_NO_RTP;
}

unsigned media_timeout_find(const struct call *call, const struct verdict *v, int64_t now_ns,
                            struct media_timeout out[MEDIA_TIMEOUTS_MAX])
{
    struct search q = { call, out, 0, 0 };
    int64_t end = call->bye_time;

    if (call->answer_time == RECORD_NONE || call_has_fax(call))
        return 0;
    if (end == RECORD_NONE)
        end = now_ns > verdict_talk_end(call) ? now_ns : verdict_talk_end(call);
    if (end - call->answer_time <= MEDIA_TIMEOUT_NS)
        return 0;
    for (q.side = 0; q.side < 2; q.side++) {
        if (is_judged(v, q.side))
            search_side(&q, call->answer_time, end);
    }
    return q.count;
}

bool media_timeout_note(struct call *call, const struct verdict *v, int64_t now_ns,
                        struct counters *counters)
{
    struct media_timeout found[MEDIA_TIMEOUTS_MAX];
    unsigned count = media_timeout_find(call, v, now_ns, found);
    bool any = false;

    for (unsigned i = 0; i < count; i++) {
        int64_t *told = &call->media.timeouts_to[found[i].side];

        if (found[i].from_ns <= *told)
            continue;
        *told = found[i].from_ns;
        any = true;
        history_note(call, HISTORY_MEDIA_TIMEOUT, found[i].from_ns + MEDIA_TIMEOUT_NS,
                     (uint8_t)(found[i].side + 1), SLICE_ABSENT, counters);
    }
    return any;
}

void media_timeout_write(const struct call *call, const struct verdict *v, int64_t now_ns,
                         struct strbuf *out)
{
    static const struct slice directions[] = { SLICE_INIT("caller_to_callee"),
                                               SLICE_INIT("callee_to_caller") };
    struct media_timeout found[MEDIA_TIMEOUTS_MAX];
    unsigned count = media_timeout_find(call, v, now_ns, found);
    struct jsonw j = jsonw_to(out);

    jsonw_array_open(&j);
    for (unsigned i = 0; i < count; i++) {
        jsonw_object_open(&j);
        jsonw_key(&j, "from");
        jsonw_time(&j, found[i].from_ns);
        jsonw_key(&j, "to");
        if (found[i].to_ns == RECORD_NONE)
            jsonw_null(&j);
        else
            jsonw_time(&j, found[i].to_ns);
        jsonw_key(&j, "direction");
        jsonw_text(&j, directions[found[i].side]);
        jsonw_object_close(&j);
    }
    jsonw_array_close(&j);
}
