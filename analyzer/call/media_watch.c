/*
 * media_watch - what happens to a call's media as the call goes its way: answered, silent, over,
 * reported, gone.
 *
 * A call that ended one way over hosts that nobody can judge yet waits for those that follow, see
 * pair_watch.h: PAIR_WAITING_MAX calls at a time.
 */
#include "analyzer/call/media_learn.h"
#include "analyzer/call/media_timeout.h"
#include "analyzer/call/tracker.h"
#include "analyzer/call/verdict.h"

/* A hole that came after the call's first message of that direction. Another connection counts anew. */
static void note_tcp_gaps(struct call *call, const struct datagram *d)
{
    uint32_t *seen = &call->media.tcp_gaps[!addr_ip_eq(&d->src, &call->src)];

    if (d->transport == TRANSPORT_UDP)
        return;
    call->media.tcp_gap |= *seen && d->tcp_gaps + 1 > *seen;
    *seen = d->tcp_gaps + 1;
}

void media_watch_message(struct tracker *t, struct call *call, const struct datagram *d)
{
    struct call_media *m = &call->media;

    note_tcp_gaps(call, d);
    if (call->answer_time != RECORD_NONE && !m->answer_taken) {
        m->answer_taken = true;
        for (uint8_t i = 0; i < call->stream_count; i++)
            call->streams[i]->early_packets = call->streams[i]->rtp.packets;
    }
    if (media_is_over(call) && !m->end_taken) {
        m->end_taken = true;
        media_reuse_over(t, call);
    }
}

static void judge(const struct tracker *t, const struct call *call, bool last, struct verdict *out)
{
    const struct verdict_scene scene = { t->streams_total > 0, last };

    verdict_judge(call, &scene, out);
}

static int64_t now_of(const struct tracker *t, const struct call *call)
{
    return t->now_ns > call->last_sip_time ? t->now_ns : call->last_sip_time;
}

void media_watch_report(struct tracker *t, struct call *call, bool last)
{
    struct verdict v;

    if (call->answer_time == RECORD_NONE)
        return;
    verdict_tell_pairs(&t->pairs, call, last);
    judge(t, call, last, &v);
    media_timeout_note(call, &v, now_of(t, call), &t->counters);
}

bool media_watch_silence(struct tracker *t, struct call *call, int64_t now_ns)
{
    struct verdict v;

    if (call->answer_time == RECORD_NONE || call->stream_count == 0 ||
        now_ns - call->answer_time <= MEDIA_TIMEOUT_NS)
        return false;
    judge(t, call, false, &v);
    return media_timeout_note(call, &v, now_ns, &t->counters);
}

/* Until when other calls of the same hosts may still come. */
static int64_t wait_end(const struct call *call)
{
    const struct pair *p = call->media.pairs[PAIR_MEDIA].pair;
    int64_t last = p && p->last_ns > call->bye_time ? p->last_ns : call->bye_time;
    int64_t most = call->bye_time + PAIR_WAIT_MOST_NS;

    return last + PAIR_WAIT_NS < most ? last + PAIR_WAIT_NS : most;
}

bool media_watch_waits(struct tracker *t, struct call *call, int64_t now_ns)
{
    struct call_media *m = &call->media;
    struct verdict v;
    bool waits;

    if (call->bye_time == RECORD_NONE || call->answer_time == RECORD_NONE)
        return false;
    verdict_tell_pairs(&t->pairs, call, true);
    judge(t, call, false, &v);
    waits = v.why == WHY_PAIR_UNDECIDED && v.word == VERDICT_UNKNOWN && now_ns < wait_end(call) &&
            (m->waits || t->waiting_count < PAIR_WAITING_MAX);
    t->waiting_count += (size_t)waits;
    t->waiting_count -= (size_t)m->waits;
    m->waits = waits;
    return waits;
}

void media_watch_close(struct tracker *t, struct call *call)
{
    struct call_media *m = &call->media;

    for (int kind = 0; kind < PAIR_KINDS; kind++)
        pair_watch_release(&t->pairs, &m->pairs[kind]);
    gap_watch_forget(&t->gaps, call);
    media_learn_forget(t, call);
    t->waiting_count -= (size_t)m->waits;
    m->waits = false;
}
