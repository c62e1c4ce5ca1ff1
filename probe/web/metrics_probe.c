#include "analyzer/base/json_item.h"
#include "probe/process/own_figures.h"
#include "probe/web/metrics.h"

#include <math.h>

static struct slice word_at(struct slice object, const char *key)
{
    struct slice text = json_item_get(object, key);

    return text.len >= 2 && text.p[0] == '"' ? slice_of(text.p + 1, text.len - 2) : SLICE_ABSENT;
}

/* A figure of the line by itself; NaN is left out with its family. */
static void write_figure(struct exposition *e, struct slice stats, const char *key,
                         const char *family, enum exposition_type type, const char *help)
{
    double value = json_item_number(stats, key);

    if (isnan(value))
        return;
    exposition_begin(e, family, type, help);
    exposition_value(e, value);
}

/* A figure of each object of a list of the line, under a label. */
struct of_each {
    const char *list, *name, *label, *figure;
};

static void write_each(struct exposition *e, struct slice stats, const struct of_each *of)
{
    struct slice list = json_item_get(stats, of->list), item;

    while (json_item_next(&list, &item)) {
        exposition_label(e, 0, of->label, word_at(item, of->name));
        exposition_value(e, json_item_number(item, of->figure));
    }
}

static void write_drops(struct exposition *e, struct slice stats)
{
    static const struct {
        const char *key;
        struct slice reason;
    } reasons[] = { { "kernel_dropped", SLICE_INIT("kernel") },
                    { "interface_dropped", SLICE_INIT("interface") } };
    struct slice list = json_item_get(stats, "interfaces"), item;

    exposition_begin(e, "earshot_capture_dropped_packets", EXPOSITION_COUNTER,
                     "Packets that the probe did not get, by who dropped them.");
    while (json_item_next(&list, &item)) {
        for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
            exposition_label(e, 0, "interface", word_at(item, "name"));
            exposition_label(e, 1, "reason", reasons[i].reason);
            exposition_value(e, json_item_number(item, reasons[i].key));
        }
    }
}

static void write_capture(struct exposition *e, struct slice stats)
{
    exposition_begin(e, "earshot_capture_packets", EXPOSITION_COUNTER,
                     "Packets received, by interface.");
    write_each(e, stats, &(struct of_each){ "interfaces", "name", "interface", "packets" });
    write_drops(e, stats);
    write_figure(e, stats, "store_dropped", "earshot_store_dropped_packets", EXPOSITION_COUNTER,
                 "Packets that the store could not take.");
    write_figure(e, stats, "not_kept", "earshot_store_not_kept_packets", EXPOSITION_COUNTER,
                 "Packets that the configuration leaves out of the store.");
}

static void write_queues(struct exposition *e, struct slice stats)
{
    exposition_begin(e, "earshot_queue_depth", EXPOSITION_GAUGE,
                     "What waits in a queue of the probe: rows, or bytes of packets.");
    write_each(e, stats, &(struct of_each){ "queues", "name", "queue", "depth" });
    exposition_begin(e, "earshot_queue_capacity", EXPOSITION_GAUGE, "How much of it there may be.");
    write_each(e, stats, &(struct of_each){ "queues", "name", "queue", "cap" });
    exposition_begin(e, "earshot_queue_lost", EXPOSITION_COUNTER, "What found no room in it.");
    write_each(e, stats, &(struct of_each){ "queues", "name", "queue", "lost" });
}

struct process_figures {
    const char *name;
    double rss_bytes, cpu_s, threads, fds, started_s;
};

static struct process_figures own_process(void)
{
    struct own_figures own;

    own_figures_read(&own);
    return (struct process_figures){ .name = "web",
                                     .rss_bytes = (double)own.rss_bytes,
                                     .cpu_s = own.cpu_s,
                                     .threads = (double)own.threads,
                                     .fds = (double)own.fds,
                                     .started_s = (double)own.started_s };
}

static struct process_figures probe_process(struct slice stats)
{
    struct slice p = json_item_get(stats, "process");

    return (struct process_figures){ .name = "probe",
                                     .rss_bytes = json_item_number(p, "rss_bytes"),
                                     .cpu_s = json_item_number(p, "cpu_s"),
                                     .threads = json_item_number(p, "threads"),
                                     .fds = json_item_number(p, "fds"),
                                     .started_s = json_item_number(p, "started") };
}

static void write_processes(struct exposition *e, struct slice stats)
{
    static const struct {
        const char *family, *help;
        enum exposition_type type;
        size_t offset;
    } rows[] = {
        { "earshot_process_resident_memory_bytes", "Memory of a process of Earshot.",
          EXPOSITION_GAUGE, offsetof(struct process_figures, rss_bytes) },
        { "earshot_process_cpu_seconds", "Processor time that it took.", EXPOSITION_COUNTER,
          offsetof(struct process_figures, cpu_s) },
        { "earshot_process_threads", "Its threads.", EXPOSITION_GAUGE,
          offsetof(struct process_figures, threads) },
        { "earshot_process_open_fds", "Its open descriptors.", EXPOSITION_GAUGE,
          offsetof(struct process_figures, fds) },
        { "earshot_process_start_time_seconds", "When it began.", EXPOSITION_GAUGE,
          offsetof(struct process_figures, started_s) },
    };
    const struct process_figures both[] = { own_process(), probe_process(stats) };

    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        exposition_begin(e, rows[r].family, rows[r].type, rows[r].help);
        for (size_t i = 0; i < 2; i++) {
            double value;

            memcpy(&value, (const char *)&both[i] + rows[r].offset, sizeof value);
            exposition_label(e, 0, "process", slice_of_text(both[i].name));
            exposition_value(e, value < 0 ? NAN : value); /* -1: not known */
        }
    }
}

void metrics_write_stats(struct exposition *e, struct slice stats)
{
    exposition_begin(e, "earshot_probe_up", EXPOSITION_GAUGE,
                     "Whether a probe that listens is connected: 1 or 0.");
    exposition_count(e, stats.p ? 1 : 0);
    write_processes(e, stats);
    if (!stats.p)
        return;
    write_figure(e, stats, "calls_open", "earshot_calls_active", EXPOSITION_GAUGE,
                 "Calls that go on just now.");
    write_capture(e, stats);
    write_queues(e, stats);
}

void metrics_write_rules(struct exposition *e, struct slice rules)
{
    static const struct {
        const char *family, *key, *help;
    } rows[] = {
        { "earshot_alerts_firing", "firing", "Alerts of a rule that fire." },
        { "earshot_alerts_pending", "pending", "Alerts of a rule that are about to." },
    };

    for (size_t r = 0; rules.p && r < sizeof rows / sizeof rows[0]; r++) {
        struct slice list = json_item_get(rules, "rules"), item;

        exposition_begin(e, rows[r].family, EXPOSITION_GAUGE, rows[r].help);
        while (json_item_next(&list, &item)) {
            exposition_label(e, 0, "rule", word_at(item, "rule"));
            exposition_label(e, 1, "severity", word_at(item, "severity"));
            exposition_value(e, json_item_number(item, rows[r].key));
        }
    }
}
