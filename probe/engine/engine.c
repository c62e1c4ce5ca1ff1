#include "probe/engine/engine.h"

#include "analyzer/base/log.h"
#include "analyzer/privacy/privacy_record.h"
#include "probe/decap/classify.h"
#include "probe/decap/mirror.h"
#include "probe/engine/feed_lines.h"
#include "probe/engine/frame_keeper.h"
#include "probe/engine/frame_scrub.h"
#include "probe/engine/ledger.h"
#include "probe/engine/lookahead.h"
#include "probe/engine/probe_watch.h"
#include "probe/engine/rule_feed.h"
#include "probe/engine/rule_history.h"
#include "probe/engine/run_clock.h"
#include "probe/engine/store_watch.h"
#include "rules/rule_set.h"
#include "storage/audio/tones.h"
#include "storage/day_db.h"
#include "storage/packets/packet_log.h"
#include "storage/store_losses.h"
#include "storage/store_sync.h"
#include "storage/writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define TICK_NS     INT64_C(1000000000)
#define SET_BACK_NS INT64_C(10000000000) /* further than packets come out of order */
#define OWN_NS      INT64_C(10000000000) /* how often rules see the mirror and the ledger */
#define FINISH_NS   INT64_C(2000000000)  /* of the 5 s in which a run that is to stop is gone */

enum { RTP_PICKED_OF = 16 };

struct engine {
    struct engine_options options;
    struct decap *decap;
    struct classify *classify; /* NULL: nobody asks what unknown flows are */
    struct mirror *mirror;
    struct counters counters; /* refusals of what the engine shows frames to */
    uint64_t dice;            /* which RTP packets the mirror is judged by */
    struct lookahead *lookahead;
    struct analyzer *analyzer;
    struct writer *writer;         /* NULL: nothing is stored */
    struct packet_log *packet_log; /* NULL: the same */
    struct store_sync *sync;       /* NULL: nobody tells the disk */
    struct frame_keeper *keeper;   /* NULL: the same */
    struct keep_policy *policy;    /* NULL: the same */
    struct frame_scrub *scrub;     /* NULL: packets are stored as they came */
    struct privacy_scratch masked; /* the record at hand */
    struct rule_set *rules;        /* NULL: no alerts */
    struct rule_history *history;  /* NULL: no alerts, or no store */
    struct store_watch store_watch;
    struct probe_watch probe_watch;
    struct feed_lines feed;
    struct ledger ledger;
    struct siphash_key hash_key;
    int64_t next_tick_ns, now_ns, previous_ns; /* of the packets */
    int64_t next_own_ns;                       /* rules see the mirror and the ledger */
    int64_t losses_noted;                      /* drops that the calls have been told of */
    bool is_claimed;                           /* the frame at hand belongs to a call or a stream */
    uint64_t alerts;
    struct strbuf scratch;
    int64_t finish_by_ns; /* monotonic; 0: no hurry */
    bool finished;
};

static void hand_over(struct engine *e, const struct record_type *type, const void *record)
{
    if (e->options.record)
        e->options.record(e->options.record_ctx, type, record);
}

/* The record as others may see it; NULL: nobody may, for lack of memory. Alerts are made of masked
 * records, and may be on their way while one is at hand: they are not masked again. */
static const void *mask(struct engine *e, const struct record_type *type, const void *record)
{
    const void *copy = privacy_record(&e->options.privacy, type, record, &e->masked);

    e->counters.refusals[REFUSAL_PRIVACY_RECORD_LOST] += !copy;
    return copy;
}

static int64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void wait_when_full(struct engine *e, bool wait)
{
    if (e->writer)
        writer_wait_when_full(e->writer, wait);
    if (e->packet_log)
        packet_log_wait_when_full(e->packet_log, wait);
}

/* At the end of a live run every open call closes at once. The queues take that in as the disk
 * does, but not for longer than who asked the run to stop waits. */
static void mind_the_end(struct engine *e)
{
    if (!e->finish_by_ns || monotonic_ns() < e->finish_by_ns)
        return;
    e->finish_by_ns = 0;
    wait_when_full(e, false);
}

/* Before the first tick the first packet's time is all there is. */
static int64_t time_of(const struct engine *e)
{
    return e->now_ns ? e->now_ns : e->previous_ns;
}

/* Of every type but calls. */
static void show_rules(struct engine *e, const struct record_type *type, const void *record)
{
    rule_feed_record(e->rules, type, record, time_of(e));
}

static void tell_call(struct engine *e, const struct call_record *call, enum record_event event)
{
    if (event == RECORD_CLOSED)
        hand_over(e, &record_type_call, call);
    rule_feed_call(e->rules, call, event, time_of(e));
    if (e->writer && event != RECORD_SETTLED)
        writer_submit(e->writer, &record_type_call, call); /* its streams go with it */
    feed_lines_call(&e->feed, call, event);
}

static void on_call(void *ctx, const struct call_record *call, enum record_event event,
                    void **keeper)
{
    struct engine *e = ctx;
    struct call_record kept = *call;
    const struct call_record *masked;

    mind_the_end(e);
    if (e->policy)
        keep_policy_call(e->policy, &kept, event, keeper); /* by what it is, not what is shown */
    masked = mask(e, &record_type_call, &kept);
    if (masked)
        tell_call(e, masked, event);
    if (e->policy && event == RECORD_CLOSED)
        keep_policy_close(e->policy, call, keeper, e->now_ns);
}

static void on_stream(void *ctx, const struct stream_record *stream, void **keeper)
{
    struct engine *e = ctx;

    if (stream && (stream = mask(e, &record_type_stream, stream)) != NULL) {
        hand_over(e, &record_type_stream, stream);
        if (e->writer)
            writer_submit(e->writer, &record_type_stream, stream);
    }
    if (e->packet_log)
        packet_log_close_keeper(e->packet_log, keeper);
}

static void on_adopted(void *ctx, uint64_t orphan, uint64_t call, void **keeper)
{
    struct engine *e = ctx;

    (void)orphan; /* the stream keeps its id in its call, so its packets are found there */
    (void)call;
    if (e->packet_log)
        packet_log_close_keeper(e->packet_log, keeper);
}

static void on_transaction(void *ctx, const struct transaction_record *transaction)
{
    struct engine *e = ctx;

    transaction = mask(e, &record_type_transaction, transaction);
    if (!transaction)
        return;
    hand_over(e, &record_type_transaction, transaction);
    show_rules(e, &record_type_transaction, transaction);
    if (e->writer)
        writer_submit(e->writer, &record_type_transaction, transaction);
}

/* Of the moment: nobody keeps it. */
static void show_moment(struct engine *e, const struct record_type *type, const void *record)
{
    show_rules(e, type, record);
    feed_lines_record(&e->feed, type, record);
}

/* Legs, minutes of trunks, their calls at once, registrations, peers, security. */
static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct engine *e = ctx;

    if (type == &record_type_load) {
        show_moment(e, type, record);
        return;
    }
    record = mask(e, type, record);
    if (!record)
        return;
    hand_over(e, type, record);
    show_rules(e, type, record);
    if (e->writer)
        writer_submit(e->writer, type, record);
}

static void on_baseline(void *ctx, const struct baseline_record *baseline)
{
    struct engine *e = ctx;

    if (e->writer)
        writer_submit(e->writer, &record_type_baseline, baseline);
}

static void on_past(void *ctx, const struct baseline_record *past)
{
    struct engine *e = ctx;

    rule_set_history(e->rules, past);
}

static void on_alert(void *ctx, const struct alert_record *alert)
{
    struct engine *e = ctx;

    e->alerts++;
    hand_over(e, &record_type_alert, alert);
    if (e->writer)
        writer_submit(e->writer, &record_type_alert, alert);
    feed_lines_record(&e->feed, &record_type_alert, alert);
    feed_lines_poll(&e->feed); /* now, and not with the next tick */
    if (e->policy)
        keep_policy_alert(e->policy, alert);
    store_watch_pin(&e->store_watch, alert);
}

static void on_store_alert(void *ctx, const struct alert_record *alert)
{
    on_alert(ctx, alert);
}

static void on_store_record(void *ctx, const struct store_record *record)
{
    struct engine *e = ctx;

    hand_over(e, &record_type_store, record);
    show_rules(e, &record_type_store, record);
    if (e->writer)
        writer_submit(e->writer, &record_type_store, record);
    feed_lines_record(&e->feed, &record_type_store, record);
}

static struct store_watch_sink store_sink(struct engine *e)
{
    return (struct store_watch_sink){ e, on_store_alert, on_store_record };
}

static void on_certificate(void *ctx, const struct certificate_record *certificate)
{
    struct engine *e = ctx;

    certificate = mask(e, &record_type_certificate, certificate);
    if (!certificate)
        return;
    hand_over(e, &record_type_certificate, certificate);
    show_rules(e, &record_type_certificate, certificate);
    if (e->writer)
        writer_submit(e->writer, &record_type_certificate, certificate);
    feed_lines_record(&e->feed, &record_type_certificate, certificate);
}

static void read_store_stats(struct engine *e)
{
    struct packet_log_stats *stats = &e->ledger.packets;

    if (!e->packet_log)
        return;
    packet_log_read_stats(e->packet_log, stats);
    writer_read_stats(e->writer, &e->ledger.rows);
    e->ledger.has_store = true;
    e->ledger.not_kept = frame_keeper_not_kept(e->keeper) + stats->not_kept + stats->forgotten;
    e->ledger.stored = stats->frames_stored - stats->forgotten;
    e->ledger.store_dropped = stats->frames_dropped;
}

/* Texts stand in the scratch, as those of the next. */
static void report_mirror(struct engine *e, struct mirror_record *out)
{
    mirror_report(e->mirror, out, &e->scratch);
    out->source = slice_of_text(e->options.source);
}

static void report_ledger(struct engine *e, struct capture_record *out)
{
    struct counters refusals = *analyzer_counters(e->analyzer);
    struct analyzer_totals totals;

    read_store_stats(e);
    decap_read_stats(e->decap, &e->ledger.decap);
    ledger_add_refusals(&refusals, decap_counters(e->decap));
    ledger_add_refusals(&refusals, &e->counters);
    if (e->scrub)
        frame_scrub_count(e->scrub, &refusals);
    analyzer_totals(e->analyzer, &totals);
    ledger_report(&e->ledger, &refusals, e->analyzer, e->classify, e->options.source, out,
                  &e->scratch);
    out->calls = (int64_t)totals.calls;
    out->streams = (int64_t)totals.streams;
}

/* In packet time, so that a file raises the alerts that the network did. */
static void show_rules_own(struct engine *e)
{
    struct mirror_record mirror;
    struct capture_record ledger;

    if (!e->rules || (e->now_ns < e->next_own_ns && e->now_ns >= e->next_own_ns - OWN_NS))
        return;
    e->next_own_ns = e->now_ns + OWN_NS;
    report_mirror(e, &mirror);
    show_rules(e, &record_type_mirror, &mirror);
    report_ledger(e, &ledger);
    show_rules(e, &record_type_capture, &ledger);
}

/* Called between two frames: what waits for others may be handed over by it. */
static void tick(struct engine *e, int64_t now_ns)
{
    e->next_tick_ns = now_ns + TICK_NS;
    e->now_ns = now_ns;
    if (e->history)
        rule_history_beat(e->history, now_ns, rule_set_wants_history(e->rules));
    lookahead_tick(e->lookahead, now_ns);
    analyzer_tick(e->analyzer, now_ns);
    show_rules_own(e);
    if (e->rules)
        rule_set_tick(e->rules, now_ns);
    if (e->policy)
        keep_policy_tick(e->policy, now_ns);
    if (e->packet_log)
        packet_log_tick(e->packet_log, now_ns);
    feed_lines_poll(&e->feed);
}

/* One wild time stamp must not end every call: time is what two packets in a row agree on. */
static void advance(struct engine *e, int64_t time_ns)
{
    int64_t earlier = time_ns < e->previous_ns ? time_ns : e->previous_ns;
    int64_t later = time_ns < e->previous_ns ? e->previous_ns : time_ns;

    e->previous_ns = time_ns;
    if (earlier >= e->next_tick_ns)
        tick(e, earlier);
    else if (later < e->now_ns - SET_BACK_NS)
        tick(e, later);
}

/* One RTP packet in 16 is enough, and by chance: of two directions that take turns, each 16th would
 * always be the same one. Knuth's MMIX generator. */
static bool is_picked(struct engine *e)
{
    e->dice = e->dice * 6364136223846793005u + 1442695040888963407u;
    return e->dice >> 60 == 0;
}

static void judge_mirror(struct engine *e, const struct datagram *d, enum packet_bin bin)
{
    if (bin == BIN_RTP) {
        if (is_picked(e))
            mirror_datagram(e->mirror, d, bin, RTP_PICKED_OF);
    } else if (bin == BIN_SIP) {
        mirror_datagram(e->mirror, d, bin, 1);
    }
}

static enum packet_bin take_unit(void *ctx, const struct frame *frame,
                                 const struct decap_unit *unit)
{
    struct engine *e = ctx;
    struct claim claim;
    enum packet_bin bin = analyzer_datagram(e->analyzer, &unit->datagram, &claim);

    judge_mirror(e, &unit->datagram, bin);
    if (claim.kind != CLAIM_NONE) {
        e->is_claimed = true;
        if (e->keeper)
            frame_keeper_keep(e->keeper, frame, unit, &claim);
    }
    return bin;
}

static void end_frame(void *ctx, const struct frame *frame, enum packet_bin bin,
                      struct slice ip_packet)
{
    struct engine *e = ctx;

    ledger_receive(&e->ledger, frame, bin);
    mirror_frame(e->mirror, frame, bin);
    if (e->is_claimed)
        e->is_claimed = false;
    else if (e->classify && classify_wants(bin) && ip_packet.p)
        classify_see(e->classify, frame->time_ns, ip_packet);
    if (e->keeper)
        frame_keeper_end_frame(e->keeper);
}

/* A replay removes nothing: its store may be looked at for as long as a person likes. */
static int open_store_watch(struct engine *e, struct engine_error *error)
{
    const struct retention_options options = {
        .store_dir = e->options.store_dir,
        .limits = e->options.retention,
        .writer = e->writer,
        .log = e->packet_log,
    };
    int err = 0;

    if (e->options.live)
        err = store_watch_start(&e->store_watch, &options);
    else
        store_watch_start_pins(&e->store_watch, options.store_dir);
    if (err)
        snprintf(error->text, sizeof error->text, "%s: cannot be kept within its limits: %s",
                 e->options.store_dir, strerror(-err));
    return err;
}

static int open_store(struct engine *e, struct engine_error *error)
{
    const char *dir = e->options.store_dir;
    int err;

    if (!dir)
        return 0;
    err = writer_start(&e->writer, &(struct writer_options){ dir, !e->options.live });
    if (err == 0)
        err = packet_log_start(
            &e->packet_log,
            &(struct packet_log_options){ .store_dir = dir,
                                          .writer = e->writer,
                                          .wait_when_full = !e->options.live,
                                          .replace_older = !e->options.live,
                                          .memory_max_bytes = e->options.chunk_memory_bytes,
                                          .keep = keep_options_most(&e->options.keep),
                                          .may_tighten = e->options.keep.rule_count > 0 });
    if (err == 0)
        err = store_sync_start(&e->sync, e->writer, e->packet_log, e->options.sync_ms);
    if (err == -EPROTO)
        snprintf(error->text, sizeof error->text,
                 "%s: the store was made by a newer version of earshot; use that version, or "
                 "another folder",
                 dir);
    else if (err == -EBUSY)
        snprintf(error->text, sizeof error->text,
                 "%s: another earshot is writing to this store; stop it, or use another folder",
                 dir);
    else if (err)
        snprintf(error->text, sizeof error->text, "%s: cannot be used as a store: %s", dir,
                 strerror(-err));
    if (err)
        return err;
    err = frame_keeper_new(
        &e->keeper, e->packet_log, &e->hash_key,
        &(struct frame_keeper_options){ e->options.keep_video, e->options.keep.keep });
    if (err == 0)
        err = keep_policy_new(&e->policy, e->packet_log, dir, &e->options.keep, e->rules != NULL);
    if (err == 0 && privacy_is_on(&e->options.privacy)) {
        err = frame_scrub_new(&e->scrub, &e->options.privacy);
        frame_keeper_scrub(e->keeper, e->scrub);
    }
    if (err) {
        snprintf(error->text, sizeof error->text, "out of memory");
        return err;
    }
    err = open_store_watch(e, error);
    if (err)
        return err;
    err = live_feed_open(&e->feed.feed, dir);
    if (err)
        log_warn("engine: %s has no live feed: %s", dir,
                 err == -EADDRINUSE ? "another probe serves it" : strerror(-err));
    return 0;
}

static int open_history(struct engine *e, struct engine_error *error)
{
    const struct rule_history_options options = {
        .store_dir = e->options.store_dir, .wait = !e->options.live, .past = on_past, .ctx = e
    };
    int err = rule_history_start(&e->history, &options);

    if (err)
        snprintf(error->text, sizeof error->text, "%s: no thread to read what was normal: %s",
                 e->options.store_dir, strerror(-err));
    return err;
}

static int open_analyzer(struct engine *e)
{
    struct analyzer_options options;
    const struct analyzer_sink sink = {
        .ctx = e,
        .call = on_call,
        .stream = on_stream,
        .adopted = on_adopted,
        .transaction = on_transaction,
        .record = on_record,
        .closed_only = !e->options.store_dir && !e->options.rules_dir,
    };

    analyzer_options_default(&options);
    memcpy(options.hash_key, e->hash_key.k, sizeof options.hash_key);
    options.tones = tones_listener();
    options.inband_dtmf = e->options.inband_dtmf;
    options.keep_digits =
        e->options.keep_digits && !(e->options.privacy.blank & PRIVACY_BLANK_DTMF);
    options.plan = e->options.plan;
    options.leg_headers = e->options.leg_headers;
    options.leg_header_count = e->options.leg_header_count;
    options.hours_from = e->options.hours_from;
    options.hours_to = e->options.hours_to;
    return analyzer_new(&e->analyzer, &options, &sink);
}

static int open_decap(struct engine *e)
{
    const struct lookahead_sink sink = { .ctx = e, .unit = take_unit, .frame = end_frame };
    struct decap_options options = e->options.decap;
    int err;

    if (options.depth_max == 0)
        decap_options_default(&options);
    memcpy(options.hash_key, e->hash_key.k, sizeof options.hash_key);
    options.certificate = on_certificate;
    options.certificate_ctx = e;
    options.certificate_once = !e->options.store_dir && !e->options.rules_dir;
    err = decap_new(&e->decap, &options);
    if (err == 0)
        err = mirror_new(&e->mirror, e->hash_key.k, &e->counters);
    if (err == 0 && !e->options.no_classify)
        err = classify_new(&e->classify, e->hash_key.k, &e->counters);
    if (err)
        return err;
    return lookahead_new(&e->lookahead, e->analyzer, e->decap, e->options.live, &sink);
}

static int load_rules(struct engine *e, struct engine_error *error)
{
    const struct rule_set_options options = {
        .dir = e->options.rules_dir, .alert = on_alert, .baseline = on_baseline, .ctx = e
    };

    return rule_set_load(&e->rules, &options, error->text, sizeof error->text);
}

int engine_reload_rules(struct engine *e, struct engine_error *said)
{
    said->text[0] = '\0';
    return e->rules ? rule_set_reload(e->rules, e->now_ns, said->text, sizeof said->text) : 0;
}

int engine_open(struct engine **ep, const struct engine_options *options,
                struct engine_error *error)
{
    struct engine *e = calloc(1, sizeof *e);
    int err = -ENOMEM;

    snprintf(error->text, sizeof error->text, "out of memory");
    if (!e)
        return err;
    e->options = *options;
    e->ledger.kernel_dropped = e->ledger.interface_dropped = RECORD_NONE;
    /* Who knows the key can prepare names that collide. */
    if (getrandom(e->hash_key.k, sizeof e->hash_key.k, 0) < 0)
        log_warn("engine: no random numbers: %s", strerror(errno));
    probe_watch_start(&e->probe_watch, run_clock_boot_ns());
    err = open_analyzer(e);
    if (err == 0)
        err = open_decap(e);
    if (err == 0 && options->rules_dir)
        err = load_rules(e, error);
    if (err == 0)
        err = open_store(e, error);
    if (err == 0 && e->rules && options->store_dir)
        err = open_history(e, error);
    if (err) {
        e->finished = true; /* nothing came in, so nothing is to be reported */
        engine_close(e);
        return err;
    }
    *ep = e;
    return 0;
}

void engine_frame(void *engine, const struct frame *frame)
{
    struct engine *e = engine;

    advance(e, frame->time_ns);
    lookahead_push(e->lookahead, frame);
}

void engine_idle(struct engine *e, int64_t wall_ns)
{
    lookahead_drain(e->lookahead);
    if (e->ledger.received && wall_ns >= e->next_tick_ns)
        tick(e, wall_ns);
    else if (e->ledger.received && e->packet_log)
        packet_log_tick(e->packet_log, e->now_ns); /* the rest of what was due */
}

/* What the mirror port delivers, beside the ledger. */
static void write_mirror(struct engine *e, bool last)
{
    struct mirror_record record;

    report_mirror(e, &record);
    if (last) {
        hand_over(e, &record_type_mirror, &record);
        show_rules(e, &record_type_mirror, &record);
    }
    if (e->ledger.received == 0)
        return;
    if (e->writer)
        writer_submit(e->writer, &record_type_mirror, &record);
    feed_lines_record(&e->feed, &record_type_mirror, &record);
}

/* The ledger as it stands, into the store: a run that is killed has told its losses. */
static void write_ledger(struct engine *e, bool last)
{
    struct capture_record record;

    report_ledger(e, &record);
    if (last) {
        hand_over(e, &record_type_capture, &record);
        show_rules(e, &record_type_capture, &record);
    }
    if (e->writer && e->ledger.received)
        writer_submit(e->writer, &record_type_capture, &record);
}

static void watch_store(struct engine *e)
{
    struct store_watch_sink sink = store_sink(e);

    store_watch_beat(&e->store_watch, &sink, e->now_ns);
    feed_lines_store(&e->feed, e->store_watch.retention);
}

static void note_losses(struct engine *e, const struct engine_losses *losses)
{
    int64_t lost = (losses->kernel_dropped == RECORD_NONE ? 0 : losses->kernel_dropped) +
                   (losses->interface_dropped == RECORD_NONE ? 0 : losses->interface_dropped);

    e->ledger.kernel_dropped = losses->kernel_dropped;
    e->ledger.interface_dropped = losses->interface_dropped;
    analyzer_note_capture_loss(e->analyzer,
                               lost > e->losses_noted ? (uint64_t)(lost - e->losses_noted) : 0);
    e->losses_noted = lost;
}

/* Of a live run. Until the first packet comes there is no other time than the host's. */
static void watch_probe(struct engine *e, int64_t wall_ns, const struct engine_losses *losses)
{
    struct probe_sight sight;
    struct probe_record record;

    if (!e->options.live || wall_ns <= 0)
        return;
    probe_watch_see(&sight, &e->ledger, e->analyzer);
    sight.wall_ns = wall_ns;
    sight.boot_ns = run_clock_boot_ns();
    sight.clock_moved_ns = losses->clock_moved_ns;
    probe_watch_look(&e->probe_watch, &sight, &record);
    if (!e->ledger.received)
        e->now_ns = wall_ns;
    show_moment(e, &record_type_probe, &record);
    if (e->rules && !e->ledger.received)
        rule_set_tick(e->rules, e->now_ns);
}

void engine_heartbeat(struct engine *e, int64_t wall_ns, const struct engine_losses *losses)
{
    struct analyzer_totals totals;

    lookahead_drain(e->lookahead);
    note_losses(e, losses);
    write_mirror(e, false);
    write_ledger(e, false);
    watch_store(e);
    watch_probe(e, wall_ns, losses);
    analyzer_totals(e->analyzer, &totals);
    feed_lines_poll(&e->feed);
    feed_lines_stats(&e->feed, wall_ns, &e->ledger, &totals, losses);
    feed_lines_rules(&e->feed, wall_ns, e->rules);
    feed_lines_poll(&e->feed);
}

void engine_finish(struct engine *e)
{
    struct store_watch_sink sink = store_sink(e);

    if (e->finished)
        return;
    e->finished = true;
    lookahead_drain(e->lookahead);
    if (e->options.live) {
        e->finish_by_ns = monotonic_ns() + FINISH_NS;
        wait_when_full(e, true);
    }
    if (e->previous_ns > e->now_ns)
        tick(e, e->previous_ns);
    lookahead_finish(e->lookahead);
    analyzer_finish(e->analyzer);
    if (e->rules)
        rule_set_tick(e->rules, e->now_ns);
    if (e->policy)
        keep_policy_finish(e->policy);
    if (e->packet_log)
        packet_log_flush(e->packet_log); /* what was stored is counted before it is told */
    write_mirror(e, true);
    write_ledger(e, true);
    store_watch_finish(&e->store_watch, &sink);
    if (e->writer)
        writer_flush(e->writer); /* what could not be written is known before it is asked for */
    feed_lines_poll(&e->feed);
}

void engine_close(struct engine *e)
{
    if (!e)
        return;
    engine_finish(e);
    store_watch_free(&e->store_watch); /* before what it works with */
    rule_history_stop(e->history);
    analyzer_free(e->analyzer);
    store_sync_stop(e->sync);
    if (e->packet_log)
        packet_log_stop(e->packet_log);
    if (e->writer)
        writer_stop(e->writer);
    if (e->feed.feed)
        live_feed_close(e->feed.feed);
    frame_keeper_free(e->keeper);
    keep_policy_free(e->policy);
    frame_scrub_free(e->scrub);
    privacy_scratch_fini(&e->masked);
    rule_set_free(e->rules);
    lookahead_free(e->lookahead);
    classify_free(e->classify);
    mirror_free(e->mirror);
    decap_free(e->decap);
    feed_lines_fini(&e->feed);
    strbuf_fini(&e->scratch);
    free(e);
}

void engine_progress_read(const struct engine *e, struct engine_progress *out)
{
    struct analyzer_totals totals;

    analyzer_totals(e->analyzer, &totals);
    *out = (struct engine_progress){ (int64_t)e->ledger.received, (int64_t)e->ledger.received_bytes,
                                     totals.calls, totals.open_calls, e->alerts };
}

bool engine_store_failed(struct engine *e, struct engine_error *error)
{
    struct writer_stats rows = { 0 };
    struct packet_log_stats packets = { 0 };
    struct jsonw j;
    int why;

    if (e->writer)
        writer_read_stats(e->writer, &rows);
    if (e->packet_log)
        packet_log_read_stats(e->packet_log, &packets);
    if (rows.failed + rows.refused + packets.frames_dropped == 0)
        return false;
    why = packets.last_error ? packets.last_error : rows.last_error;
    strbuf_reset(&e->scratch);
    j = jsonw_to(&e->scratch);
    store_losses_write(&j, &packets, &rows);
    snprintf(error->text, sizeof error->text,
             "%s: not everything could be stored: %llu packets and %llu records are missing%s%s %s",
             e->options.store_dir, (unsigned long long)packets.frames_dropped,
             (unsigned long long)(rows.failed + rows.refused), why ? ": " : "",
             why ? day_db_error_text(why) : "", e->scratch.p ? e->scratch.p : "");
    return true;
}
