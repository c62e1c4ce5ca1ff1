#include "probe/engine/feed_lines.h"

#include "analyzer/analyzer.h"
#include "probe/engine/engine.h"
#include "probe/process/own_figures.h"
#include "rules/rule_set.h"
#include "storage/upkeep/retention.h"

/* What a reader takes in one line is 64 KiB (live_client.h). */
enum { RULES_LINE_MAX_BYTES = 60 * 1024 };
#define RULES_EVERY_NS INT64_C(10000000000)

void feed_lines_fini(struct feed_lines *f)
{
    strbuf_fini(&f->line);
}

static bool has_readers(const struct feed_lines *f)
{
    return f->feed && live_feed_has_readers(f->feed);
}

static void publish(struct feed_lines *f)
{
    if (!f->line.failed)
        live_feed_publish(f->feed, strbuf_slice(&f->line));
}

void feed_lines_record(struct feed_lines *f, const struct record_type *type, const void *record)
{
    struct jsonw j;

    if (!has_readers(f))
        return;
    strbuf_reset(&f->line);
    j = jsonw_to(&f->line);
    record_write_json(&j, type, record);
    publish(f);
}

void feed_lines_call(struct feed_lines *f, const struct call_record *call, enum record_event event)
{
    static const char *const events[] = {
        [RECORD_OPENED] = "opened",
        [RECORD_CHANGED] = "changed",
        [RECORD_SETTLED] = "settled",
        [RECORD_CLOSED] = "closed",
    };
    struct call_record alone = *call;
    struct jsonw j;

    if (!has_readers(f))
        return;
    alone.stream_count = 0;
    strbuf_reset(&f->line);
    j = jsonw_to(&f->line);
    record_write_json(&j, &record_type_call, &alone);
    strbuf_chop(&f->line, 1); /* the closing brace, for one key more */
    j.need_comma = true;
    jsonw_key(&j, "event");
    jsonw_text(&j, slice_of_text(events[event]));
    jsonw_object_close(&j);
    publish(f);
}

static void add_count(struct jsonw *j, const char *name, int64_t count)
{
    jsonw_key(j, name);
    if (count == RECORD_NONE)
        jsonw_null(j);
    else
        jsonw_int(j, count);
}

void feed_lines_store(struct feed_lines *f, struct retention *retention)
{
    enum disk_cause cause = DISK_CAUSE_NONE;

    f->store_step = retention ? disk_step_name(retention_step(retention, &cause)) : NULL;
    f->store_cause = disk_cause_name(cause);
}

void feed_lines_rules(struct feed_lines *f, int64_t wall_ns, const struct rule_set *rules)
{
    /* Groups of each rule, the nearest to firing; fewer where the line would be longer than a reader takes. */
    static const size_t most[] = { 10, 5, 3, 1, 0 };

    if (!rules || !has_readers(f) ||
        (f->rules_ns && wall_ns >= f->rules_ns && wall_ns - f->rules_ns < RULES_EVERY_NS))
        return;
    f->rules_ns = wall_ns;
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        struct jsonw j;

        strbuf_reset(&f->line);
        j = jsonw_to(&f->line);
        jsonw_object_open(&j);
        jsonw_key(&j, "type");
        jsonw_text(&j, SLICE("rules"));
        jsonw_key(&j, "time");
        jsonw_time(&j, wall_ns);
        rule_set_write_values(rules, &j, most[i]);
        jsonw_object_close(&j);
        if (f->line.len <= RULES_LINE_MAX_BYTES) {
            publish(f);
            return;
        }
    }
}

static void write_process(struct jsonw *j)
{
    struct own_figures figures;

    own_figures_read(&figures);
    jsonw_key(j, "process");
    own_figures_write(j, "probe", &figures);
}

/* What waits for whom, of how much that may; lost: what found no room. */
static void write_queue(struct jsonw *j, const char *name, const char *unit, uint64_t depth,
                        uint64_t most, uint64_t lost)
{
    jsonw_object_open(j);
    jsonw_key(j, "name");
    jsonw_text(j, slice_of_text(name));
    jsonw_key(j, "unit");
    jsonw_text(j, slice_of_text(unit));
    add_count(j, "depth", (int64_t)depth);
    add_count(j, "cap", (int64_t)most);
    add_count(j, "lost", (int64_t)lost);
    jsonw_object_close(j);
}

static void write_queues(struct jsonw *j, const struct ledger *ledger)
{
    const struct packet_log_stats *p = &ledger->packets;

    jsonw_key(j, "queues");
    jsonw_array_open(j);
    if (ledger->has_store) {
        write_queue(j, "rows", "rows", ledger->rows.queued, ledger->rows.queued_max,
                    ledger->rows.refused);
        write_queue(j, "packets", "bytes", p->queued_bytes, p->queued_max_bytes,
                    p->losses[PACKET_LOSS_QUEUE_FULL]);
        write_queue(j, "packet_memory", "bytes", p->memory_bytes, p->memory_max_bytes,
                    p->losses[PACKET_LOSS_MEMORY]);
    }
    jsonw_array_close(j);
}

static void write_interfaces(struct jsonw *j, const struct engine_losses *losses)
{
    jsonw_key(j, "interfaces");
    jsonw_array_open(j);
    for (size_t i = 0; i < losses->interface_count; i++) {
        const struct engine_interface *it = &losses->interfaces[i];

        jsonw_object_open(j);
        jsonw_key(j, "name");
        jsonw_text(j, slice_of_text(it->name));
        add_count(j, "packets", it->frames);
        add_count(j, "kernel_dropped", it->kernel_dropped);
        add_count(j, "interface_dropped", it->interface_dropped);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}

void feed_lines_stats(struct feed_lines *f, int64_t wall_ns, const struct ledger *ledger,
                      const struct analyzer_totals *totals, const struct engine_losses *losses)
{
    double seconds = f->stats_ns ? (double)(wall_ns - f->stats_ns) / 1e9 : 0;
    uint64_t frames = ledger->received - f->stats_frames;
    struct jsonw j;

    f->stats_ns = wall_ns;
    f->stats_frames = ledger->received;
    if (!f->feed)
        return;
    strbuf_reset(&f->line);
    j = jsonw_to(&f->line);
    jsonw_object_open(&j);
    jsonw_key(&j, "type");
    jsonw_text(&j, SLICE("stats"));
    jsonw_key(&j, "time");
    jsonw_time(&j, wall_ns);
    add_count(&j, "packets", (int64_t)ledger->received);
    jsonw_key(&j, "packets_per_s");
    jsonw_real(&j, seconds > 0 ? (double)frames / seconds : 0.0, 0);
    add_count(&j, "calls_open", (int64_t)totals->open_calls);
    add_count(&j, "calls", (int64_t)totals->calls);
    add_count(&j, "kernel_dropped", ledger->kernel_dropped);
    add_count(&j, "interface_dropped", ledger->interface_dropped);
    add_count(&j, "store_dropped", (int64_t)ledger->store_dropped);
    add_count(&j, "not_kept", (int64_t)ledger->not_kept);
    jsonw_key(&j, "store_step");
    jsonw_text(&j, slice_of_text(f->store_step));
    jsonw_key(&j, "store_step_cause");
    jsonw_text(&j, slice_of_text(f->store_cause));
    write_process(&j);
    write_queues(&j, ledger);
    write_interfaces(&j, losses);
    jsonw_object_close(&j);
    publish(f);
}
