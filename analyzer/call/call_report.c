#include "analyzer/call/call_report.h"

#include "analyzer/call/call_link.h"
#include "analyzer/call/deviation.h"
#include "analyzer/call/history.h"
#include "analyzer/call/keypress_report.h"
#include "analyzer/call/media_evidence.h"
#include "analyzer/call/media_foreign.h"
#include "analyzer/call/media_timeout.h"
#include "analyzer/call/stream_events.h"
#include "analyzer/call/stream_reports.h"
#include "analyzer/call/vq_reports.h"
#include "analyzer/plan/plan.h"

#include <math.h>
#include <stddef.h>

/* Unknown too when the mirror showed what follows before what was. */
static double ms_between(int64_t from, int64_t to)
{
    return from == RECORD_NONE || to == RECORD_NONE || to < from ? NAN : (double)(to - from) / 1e6;
}

static struct slice transport_text(uint8_t transport)
{
    static const struct slice texts[] = { SLICE_INIT("udp"), SLICE_INIT("tcp"), SLICE_INIT("tls"),
                                          SLICE_INIT("ws") };

    return texts[transport];
}

static uint16_t final_status(const struct call *call)
{
    /* A challenge that nobody answered is how the call ended. */
    return call->final_status ? call->final_status : call->challenge_status;
}

static struct slice nos_cause(uint16_t status, bool cancelled)
{
    static const struct {
        uint16_t status;
        struct slice cause;
    } causes[] = {
        { 486, SLICE_INIT("busy") },      { 600, SLICE_INIT("busy") },
        { 487, SLICE_INIT("cancel") },    { 404, SLICE_INIT("not_found") },
        { 410, SLICE_INIT("not_found") }, { 604, SLICE_INIT("not_found") },
    };

    if (cancelled && (status == 0 || status == 408 || status == 480))
        return SLICE("cancel");
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        if (causes[i].status == status)
            return causes[i].cause;
    }
    return SLICE("other");
}

/* Whoever offered: the caller, unless he left it to the callee. */
static void report_offer(const struct call *call, struct call_record *out)
{
    const struct slice *media = call->watch.media;

    out->media_offered = media[media[SIDE_CALLER].len ? SIDE_CALLER : SIDE_CALLEE];
    if (out->media_offered.len == 0)
        out->media_offered = (struct slice){ 0 };
}

/* METRICS §5. Unknown as long as the call is still being set up. */
static void report_outcome(const struct call *call, struct call_record *out)
{
    uint16_t status = final_status(call);

    if (call->failure_pending)
        return;
    if (status >= 200 && status < 300) {
        out->outcome = SLICE("success");
    } else if (status >= 500 && status < 600) {
        out->outcome = SLICE("failure");
    } else if (status >= 300 || call->state == CALL_CANCELLED || call->state == CALL_ABANDONED) {
        out->outcome = SLICE("nos");
        out->nos_cause = nos_cause(status, call->cancelled);
    }
}

static void report_signalling(const struct call *call, struct call_record *out)
{
    static const struct slice sides[] = { { NULL, 0 }, SLICE_INIT("caller"), SLICE_INIT("callee") };

    out->id = call->id;
    out->call_id = call->call_id;
    out->transport = transport_text(call->transport);
    out->state = call_state_text((enum call_state)call->state);
    out->from_user = call->from_user;
    out->to_user = call->to_user;
    out->from_uri = call->from_uri;
    out->to_uri = call->to_uri;
    out->request_uri = call->request_uri;
    out->from_tag = call->from_tag;
    out->to_tag = call->to_tag;
    out->src = call->src;
    out->dst = call->dst;
    out->user_agent = call->user_agent;
    out->server = call->server;
    if (final_status(call))
        out->final_status = final_status(call);
    out->final_reason = call->final_reason;
    out->reason_header = call->reason_header;
    out->ended_by = sides[call->ended_by];
    out->auth_challenged = call->challenged;
    out->invite_count = call->invite_count;
    out->retransmissions = call->retransmissions;
    out->reinvite_count = call->reinvite_count;
}

/* What happened on the way. Of a call that began before the capture some is not known. */
static void report_way(const struct call *call, struct call_record *out)
{
    int64_t until = call->bye_time != RECORD_NONE ? call->bye_time : call_last_time(call);

    out->ended_how = call_end_text(call->ended_how);
    if (call->q850_cause >= 0)
        out->q850_cause = call->q850_cause;
    out->challenged_by = call->challenged_by;
    out->branches = branch_count(call);
    out->sightings = call->sightings;
    if (call->invite_seen) {
        out->early_media = call->early_media;
        out->late_offer = call->late_offer;
    }
    out->hold_count = hold_count(call);
    out->hold_ms = (double)hold_total_ns(call, until) / 1e6;
    if (call->session.interval_s)
        out->session_expires_s = call->session.interval_s;
}

static void report_times(const struct call *call, struct call_record *out)
{
    int64_t first_word = call->first_progress_time;

    out->invite_time = call->invite_time;
    out->first_18x_time = call->first_18x_time;
    out->answer_time = call->answer_time;
    out->end_time = call->end_time;
    out->settled_time = call->settled_time;
    out->closed_time = call->closed_time;
    if (first_word == RECORD_NONE || (call->final_time != RECORD_NONE && !call->failure_pending &&
                                      call->final_time < first_word))
        first_word = call->failure_pending ? RECORD_NONE : call->final_time;
    out->post_dial_delay_ms = ms_between(call->invite_time, first_word);
    out->setup_ms = ms_between(call->invite_time, call->answer_time);
    out->ring_ms = ms_between(call->first_18x_time, call->answer_time);
    out->disconnect_delay_ms = ms_between(call->bye_time, call->bye_answer_time);
    if (call->answer_time == RECORD_NONE)
        return;
    out->duration_open = call->bye_time == RECORD_NONE;
    out->duration_ms =
        ms_between(call->answer_time, out->duration_open ? call_last_time(call) : call->bye_time);
}

/* Collects JSON pieces in one buffer. Their places are kept as numbers until the buffer rests. */
struct piece {
    size_t from, to;
};

static struct slice piece_of(const struct strbuf *scratch, struct piece p)
{
    return slice_of((scratch->p ? scratch->p : "") + p.from, p.to - p.from);
}

static void worst(double *kept, double value, bool low_is_worse)
{
    if (isnan(value))
        return;
    if (isnan(*kept) || (low_is_worse ? value < *kept : value > *kept))
        *kept = value;
}

/* Of what the call's own parties said and heard. */
static void report_worst(struct call_record *out, const struct stream_record *s)
{
    out->packets = (out->packets == RECORD_NONE ? 0 : out->packets) + s->packets;
    if (!slice_eq(s->media, SLICE("audio")) || s->foreign_source == 1)
        return;
    worst(&out->mos_lq, s->mos_lq_jb200, true);
    worst(&out->mos_cq, s->mos_cq, true);
    worst(&out->jitter_ms_p95, s->jitter_ms_p95, false);
    if (s->expected > 0)
        worst(&out->loss_ratio, (double)s->lost / (double)s->expected, false);
    if (s->bad_seconds > out->bad_seconds) /* RECORD_NONE is below all */
        out->bad_seconds = s->bad_seconds;
    worst(&out->worst_10s_mos_lq, s->worst_10s_mos_lq, true);
    worst(&out->silence_ratio, s->silence_ratio, false);
}

/* Every five seconds of every stream weigh the same. */
static void report_intervals(const struct call *call, const struct stream_record *streams,
                             struct call_record *out)
{
    struct timeline_mos mos = { 0 };

    for (uint8_t i = 0; i < call->stream_count; i++) {
        if (!isnan(streams[i].interval_mos_p50) && streams[i].foreign_source != 1)
            timeline_add_mos(&call->streams[i]->timeline, &mos);
    }
    out->interval_mos_p5 = timeline_mos_quantile(&mos, 0.05);
    out->interval_mos_p50 = timeline_mos_quantile(&mos, 0.5);
}

static struct piece write_codecs(const struct stream_record *streams, size_t count,
                                 struct strbuf *scratch)
{
    struct piece p = { scratch->len, 0 };
    struct jsonw j = jsonw_to(scratch);

    jsonw_array_open(&j);
    for (size_t i = 0; i < count; i++) {
        bool known = !streams[i].codec.p;

        for (size_t k = 0; k < i && !known; k++)
            known = slice_ieq(streams[k].codec, streams[i].codec);
        if (!known)
            jsonw_text(&j, streams[i].codec);
    }
    jsonw_array_close(&j);
    p.to = scratch->len;
    return p;
}

static void write_dtmf(const struct call *call, const struct call_scene *scene, struct strbuf *out)
{
    keypress_report(call, scene->keep_digits, out);
}

static void write_confidence(const struct call *call, const struct call_scene *scene,
                             struct strbuf *out)
{
    (void)call;
    confidence_write_reasons(scene->confidence, out);
}

static void write_evidence(const struct call *call, const struct call_scene *scene,
                           struct strbuf *out)
{
    media_evidence_write(call, scene->verdict, scene->confidence, out);
}

static void write_timeouts(const struct call *call, const struct call_scene *scene,
                           struct strbuf *out)
{
    media_timeout_write(call, scene->verdict, scene->now_ns, out);
}

static void write_vlan(const struct call *call, const struct call_scene *scene, struct strbuf *out)
{
    (void)scene;
    if (call->path.vlan_count)
        path_add_vlan(out, &call->path);
}

static void write_tunnel(const struct call *call, const struct call_scene *scene,
                         struct strbuf *out)
{
    (void)scene;
    if (call->path.tunnel_count)
        path_add_tunnel(out, &call->path);
}

/* What is only rare is none. */
static void write_anomalies(const struct call *call, const struct call_scene *scene,
                            struct strbuf *out)
{
    struct jsonw j = jsonw_to(out);

    (void)scene;
    jsonw_array_open(&j);
    for (int i = 0; i < SIP_ANOMALY_COUNT; i++) {
        if (call->sip_anomalies >> i & 1 && sip_anomaly_is_defect((enum sip_anomaly)i))
            jsonw_text(&j, slice_of_text(sip_anomaly_text((enum sip_anomaly)i)));
    }
    jsonw_array_close(&j);
}

static void write_vq_reports(const struct call *call, const struct call_scene *scene,
                             struct strbuf *out)
{
    (void)scene;
    vq_reports_write(call, out);
}

static void write_history(const struct call *call, const struct call_scene *scene,
                          struct strbuf *out)
{
    (void)scene;
    call_notes_write(&call->history, "event", history_name, out);
}

static void write_deviations(const struct call *call, const struct call_scene *scene,
                             struct strbuf *out)
{
    (void)scene;
    call_notes_write(&call->deviations, "deviation", deviation_name, out);
}

static void write_links(const struct call *call, const struct call_scene *scene, struct strbuf *out)
{
    (void)scene;
    call_link_write(call, out);
}

/* The texts of a call that must be made. What a writer leaves empty is null. */
static const struct call_text {
    void (*write)(const struct call *call, const struct call_scene *scene, struct strbuf *out);
    size_t offset; /* of the slice in the record */
} call_texts[] = {
    { write_dtmf, offsetof(struct call_record, dtmf) },
    { write_confidence, offsetof(struct call_record, capture_confidence_reasons) },
    { write_vlan, offsetof(struct call_record, vlan) },
    { write_tunnel, offsetof(struct call_record, tunnel) },
    { write_anomalies, offsetof(struct call_record, sip_anomalies) },
    { write_vq_reports, offsetof(struct call_record, vq_reports) },
    { write_history, offsetof(struct call_record, history) },
    { write_deviations, offsetof(struct call_record, deviations) },
    { write_links, offsetof(struct call_record, links) },
    { write_evidence, offsetof(struct call_record, media_evidence) },
    { write_timeouts, offsetof(struct call_record, media_timeouts) },
};
enum { CALL_TEXTS = sizeof call_texts / sizeof call_texts[0] };

static void write_texts(const struct call *call, const struct call_scene *scene,
                        struct strbuf *scratch, struct piece pieces[CALL_TEXTS])
{
    for (size_t i = 0; i < CALL_TEXTS; i++) {
        pieces[i].from = scratch->len;
        call_texts[i].write(call, scene, scratch);
        pieces[i].to = scratch->len;
    }
}

static void place_texts(const struct piece pieces[CALL_TEXTS], const struct strbuf *scratch,
                        struct call_record *out)
{
    for (size_t i = 0; i < CALL_TEXTS; i++) {
        struct slice *text = (struct slice *)(void *)((char *)out + call_texts[i].offset);

        if (pieces[i].to > pieces[i].from)
            *text = piece_of(scratch, pieces[i]);
    }
}

/* The texts of a stream that must be made. */
struct stream_pieces {
    struct piece intervals, loss_runs, xr, events;
};

static void write_loss_runs(const struct media_stream *s, struct strbuf *scratch)
{
    struct jsonw j = jsonw_to(scratch);
    struct media_tally t;

    media_stream_tally(s, &t);
    loss_lengths_break(&t.lengths);
    jsonw_array_open(&j);
    for (int i = 0; i < LOSS_LENGTHS; i++)
        jsonw_int(&j, t.lengths.runs[i]);
    jsonw_array_close(&j);
}

static struct stream_pieces write_stream(const struct media_stream *s, struct strbuf *scratch)
{
    struct stream_pieces p;

    p.intervals.from = scratch->len;
    if (media_stream_is_timed(s))
        timeline_write(&s->timeline, scratch);
    else
        timeline_write_untimed(&s->timeline, scratch);
    p.intervals.to = p.loss_runs.from = scratch->len;
    write_loss_runs(s, scratch);
    p.loss_runs.to = p.xr.from = scratch->len;
    stream_reports_write_xr(s, scratch);
    p.xr.to = p.events.from = scratch->len;
    stream_events_write(s, scratch);
    p.events.to = scratch->len;
    return p;
}

static void place_stream(const struct stream_pieces *p, const struct strbuf *scratch,
                         struct stream_record *out)
{
    out->intervals = piece_of(scratch, p->intervals);
    out->loss_runs = piece_of(scratch, p->loss_runs);
    if (p->xr.to > p->xr.from)
        out->rtcp_xr = piece_of(scratch, p->xr);
    out->events = piece_of(scratch, p->events);
}

static void report_plan(const struct call *call, struct call_record *out)
{
    out->emergency = call->emergency;
    out->from_number = call->from_number;
    out->to_number = call->to_number;
    if (call->trunk_in)
        out->trunk_in = call->trunk_in->name;
    if (call->trunk_out)
        out->trunk_out = call->trunk_out->name;
    if (call->destination) {
        out->destination = call->destination->name;
        out->destination_prefix = call->destination->prefix;
    }
}

/* Of the call's own. */
static int64_t lost_in(const struct stream_record *streams, size_t count)
{
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        if (streams[i].foreign_source != 1 && streams[i].lost > 0)
            sum += streams[i].lost;
    }
    return sum;
}

void call_report(const struct call *call, const struct call_scene *scene, struct call_record *out,
                 struct stream_record *streams, struct strbuf *scratch)
{
    struct piece codecs, texts[CALL_TEXTS];
    struct stream_pieces pieces[RECORD_STREAMS_MAX];
    struct call_scene view = *scene;
    struct confidence confidence;
    struct verdict verdict;

    record_clear(&record_type_call, out);
    strbuf_reset(scratch);
    report_signalling(call, out);
    report_way(call, out);
    report_times(call, out);
    report_outcome(call, out);
    report_plan(call, out);
    report_offer(call, out);
    for (uint8_t i = 0; i < call->stream_count; i++) {
        media_stream_report(call->streams[i], &streams[i]);
        streams[i].call = call->id;
        streams[i].call_id = call->call_id;
        report_worst(out, &streams[i]);
        pieces[i] = write_stream(call->streams[i], scratch);
    }
    report_intervals(call, streams, out);
    verdict_judge(call, &(struct verdict_scene){ scene->media_seen, scene->last }, &verdict);
    confidence_judge(call, scene->losses, scene->now_ns, lost_in(streams, call->stream_count),
                     verdict.word == VERDICT_CAPTURE_BLIND, &confidence);
    view.verdict = &verdict;
    view.confidence = &confidence;
    codecs = write_codecs(streams, call->stream_count, scratch);
    write_texts(call, &view, scratch, texts);
    if (!scratch->failed) { /* else the texts are not whole: null */
        for (uint8_t i = 0; i < call->stream_count; i++)
            place_stream(&pieces[i], scratch, &streams[i]);
        out->codecs = piece_of(scratch, codecs);
        place_texts(texts, scratch, out);
    }
    out->fax = call_has_fax(call);
    out->codec_changes_unannounced = stream_events_unannounced_in_call(call);
    out->foreign_sources = media_foreign_count(call);
    out->media_verdict = verdict_text(verdict.word);
    if (verdict.word != VERDICT_NONE)
        out->one_way = verdict_is_one_way(verdict.word);
    out->capture_confidence = confidence_text(confidence.level);
    out->stir = call->stir;
    out->streams = streams;
    out->stream_count = call->stream_count;
}

void call_report_orphan(const struct media_stream *s, struct stream_record *out,
                        struct strbuf *scratch)
{
    struct stream_pieces pieces;

    strbuf_reset(scratch);
    media_stream_report(s, out);
    pieces = write_stream(s, scratch);
    if (!scratch->failed)
        place_stream(&pieces, scratch, out);
}
