#include "probe/engine/store_watch.h"

#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/upkeep/pins.h"

#include <stdio.h>
#include <stdlib.h>

/* Of the ids of this rule's alerts: any number that is always the same. */
enum { ALERT_HASH = 0x57 };

/* What a person reads. By cause: what is wrong, and what to do. */
static const struct {
    const char *what, *remedy;
} causes[DISK_CAUSES] = {
    [DISK_CAUSE_NONE] = { "the store was under pressure", "" },
    [DISK_CAUSE_FULL] = { "the disk of the store is full",
                          "make room on it, or lower retention.* so that older packets go sooner" },
    [DISK_CAUSE_BUDGET] = { "the media of today alone is over its size limit",
                            "raise retention.media_size or retention.audio_size, or keep the media "
                            "of fewer calls (store.policy, store.media_of)" },
    [DISK_CAUSE_SLOW] = { "the disk of the store does not keep up",
                          "look for what else writes to it, or keep the media of fewer calls" },
    [DISK_CAUSE_ERROR] = { "writing to the store fails", "look at the kernel's log and the disk" },
};

static const char *const steps[] = {
    [DISK_STEP_FULL] = "all that is configured is stored again",
    [DISK_STEP_HEADERS] = "of media only the RTP headers are stored",
    [DISK_STEP_METRICS] = "no media is stored",
};

int store_watch_start(struct store_watch *w, const struct retention_options *options)
{
    *w = (struct store_watch){ .store_dir = options->store_dir };
    return retention_start(&w->retention, options);
}

void store_watch_start_pins(struct store_watch *w, const char *store_dir)
{
    *w = (struct store_watch){ .store_dir = store_dir };
}

/* One alert from the first step down to the last step up; each step in between tells it anew. */
static void tell_change(struct store_watch *w, const struct retention_change *c,
                        const struct store_watch_sink *sink)
{
    bool is_over = c->to == DISK_STEP_FULL;
    const char *cause = disk_cause_name(c->cause);
    struct alert_record alert;
    char summary[256];

    if (w->alert == 0) {
        w->alert = record_id_make(c->time, ALERT_HASH);
        w->since = c->time;
    }
    record_clear(&record_type_alert, &alert);
    snprintf(summary, sizeof summary, "%s%s%s (%.1f of %.1f GiB free)",
             is_over ? "" : causes[c->cause].what, is_over ? "" : ": ", steps[c->to],
             (double)c->free_bytes / (1 << 30), (double)c->disk_bytes / (1 << 30));
    alert.id = w->alert;
    alert.rule = SLICE("store_pressure");
    alert.severity = c->to == DISK_STEP_METRICS ? SLICE("critical") : SLICE("warning");
    alert.state = is_over ? SLICE("resolved") : SLICE("firing");
    alert.group = slice_of_text(cause ? cause : "store");
    alert.summary = slice_of_text(summary);
    alert.description = SLICE("The probe measures every call as before, and stores signalling and "
                              "rows as long as anything can be written.");
    alert.runbook = slice_of_text(causes[c->cause].remedy);
    alert.since = alert.time = w->since;
    alert.ended_time = is_over ? c->time : RECORD_NONE;
    alert.value = (double)c->free_bytes;
    alert.threshold = (double)c->keep_free;
    sink->alert(sink->ctx, &alert);
    if (is_over)
        w->alert = 0;
}

void store_watch_beat(struct store_watch *w, const struct store_watch_sink *sink, int64_t packet_ns)
{
    struct retention_change change;
    struct store_record *record;

    if (!w->retention)
        return;
    retention_note_packet(w->retention, packet_ns);
    while (retention_take_change(w->retention, &change))
        tell_change(w, &change, sink);
    record = retention_take_record(w->retention);
    if (record)
        sink->record(sink->ctx, record);
    free(record);
}

void store_watch_finish(struct store_watch *w, const struct store_watch_sink *sink)
{
    if (!w->retention)
        return;
    retention_stop(w->retention);
    store_watch_beat(w, sink, 0);
    store_watch_free(w);
}

void store_watch_free(struct store_watch *w)
{
    retention_free(w->retention);
    w->retention = NULL;
}

static void pin_now(const struct store_watch *w, const struct alert_record *alert, struct slice by)
{
    uint64_t calls[RETENTION_ALERT_PINS_MAX];
    size_t n = pins_read_calls(alert->calls, calls, RETENTION_ALERT_PINS_MAX);

    for (size_t i = 0; i < n; i++) {
        int err =
            pins_add_new(w->store_dir, &(struct pin){ calls[i], alert->time, by, alert->summary });

        if (err)
            log_warn("engine: %016llx cannot be pinned: %s", (unsigned long long)calls[i],
                     strerror(-err));
    }
}

void store_watch_pin(struct store_watch *w, const struct alert_record *alert)
{
    char by[128];

    if (!w->store_dir || !alert->calls.p || !slice_eq(alert->state, SLICE("firing")))
        return;
    snprintf(by, sizeof by, "alert %.*s", (int)(alert->rule.len < 100 ? alert->rule.len : 100),
             alert->rule.p ? alert->rule.p : "");
    if (w->retention)
        retention_pin(w->retention, alert->calls, slice_of_text(by), alert->summary);
    else
        pin_now(w, alert, slice_of_text(by));
}
