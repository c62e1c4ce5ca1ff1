#include "probe/cli.h"
#include "probe/cmd/call_line.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/ledger_text.h"
#include "probe/cmd/settings.h"
#include "probe/cmd/story_lines.h"
#include "probe/engine/file_run.h"
#include "probe/engine/stop_signal.h"

#include <stdio.h>
#include <stdlib.h>

struct printer {
    const struct cli_command *command;
    struct strbuf out;
    bool json, story;
    bool heading_done;
    bool broken; /* nobody reads any more */
    uint64_t calls, streams;
    struct strbuf certificates;
    struct mirror_record *mirror; /* the last word on it; NULL: none yet */
    struct story_lines *stories;
};

enum { FLUSH_BYTES = 64 * 1024 };

static void flush(struct printer *p)
{
    struct slice text = strbuf_slice(&p->out);

    if (p->out.failed || fwrite(text.p, 1, text.len, stdout) != text.len)
        p->broken = true;
    strbuf_reset(&p->out);
}

static void add_json(struct printer *p, const struct record_type *type, const void *record)
{
    struct jsonw j = jsonw_to(&p->out);

    record_write_json(&j, type, record);
    strbuf_add_char(&p->out, '\n');
}

static void add_ledger(struct printer *p, const struct capture_record *c)
{
    strbuf_addf(&p->out, "\n%llu calls, %llu streams without SIP\n", (unsigned long long)p->calls,
                (unsigned long long)p->streams);
    strbuf_add_slice(&p->out, strbuf_slice(&p->certificates));
    ledger_text_add(&p->out, c, p->mirror);
}

/* Told where it came about, between the calls. */
static void add_alert(struct printer *p, const struct alert_record *a)
{
    strbuf_addf(&p->out, "%.*s %.*s: %.*s\n", (int)a->severity.len, a->severity.p,
                (int)a->state.len, a->state.p, (int)a->summary.len, a->summary.p);
}

static void add_text(struct printer *p, const struct record_type *type, const void *record)
{
    if (!p->heading_done && (type == &record_type_call || type == &record_type_stream)) {
        p->heading_done = true;
        call_line_heading(&p->out);
    }
    if (type == &record_type_call) {
        p->calls++;
        call_line_add(&p->out, record);
    } else if (type == &record_type_stream) {
        p->streams++;
        call_line_orphan(&p->out, record);
    } else if (type == &record_type_certificate) {
        ledger_text_add_certificate(&p->certificates, record);
    } else if (type == &record_type_mirror) {
        free(p->mirror);
        p->mirror = record_clone(type, record);
    } else if (type == &record_type_capture) {
        add_ledger(p, record);
    } else if (type == &record_type_alert) {
        add_alert(p, record);
    }
}

static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct printer *p = ctx;

    if (p->story)
        story_lines_take(p->stories, type, record, &p->out);
    else if (p->json)
        add_json(p, type, record);
    else
        add_text(p, type, record);
    if (p->out.len >= FLUSH_BYTES)
        flush(p);
}

/* What was read so far stands before the complaint. */
static void on_trouble(void *ctx, const char *text)
{
    struct printer *p = ctx;

    flush(p);
    fflush(stdout);
    cli_fail(p->command, EXIT_BAD_INPUT, "%s", text);
}

int cmd_analyze(int argc, char **argv)
{
    struct printer p = { 0 };
    const char *config = NULL;
    struct engine_options engine_options = { .source = "", .record = on_record, .record_ctx = &p };
    const struct cli_option options[] = {
        { "config", 'c', CLI_TEXT, "FILE",
          "what of earshot.yaml(5) is heeded: decap, dtmf, trunks, numbers, destinations", &config,
          0, 0 },
        { "json", 'j', CLI_FLAG, NULL, "one JSON record a line (docs/METRICS.md)", &p.json, 0, 0 },
        { "rules", 'r', CLI_TEXT, "DIR", "raises alerts by these rules, in the time of the packets",
          &engine_options.rules_dir, 0, 0 },
        { "story", 0, CLI_FLAG, NULL, "each call in plain sentences, a line each", &p.story, 0, 0 },
    };
    const struct cli_command command = {
        "analyze",
        "FILE...",
        "reads captures and prints their calls; nothing is stored",
        "FILE is a pcap or pcapng, '-' the standard input.\n\n"
        "  earshot analyze capture.pcap\n"
        "  earshot analyze --story capture.pcap\n"
        "  earshot analyze --json --rules /etc/earshot/rules monday.pcap tuesday.pcap\n"
        "  tcpdump -w - -i eth0 -c 10000 | earshot analyze --json - | jq .mos_lq\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct plan_loaded plan = { .plan = NULL };
    struct engine_error error;
    struct engine *engine;
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (first == argc)
        return cli_fail(&command, EXIT_USAGE, "which capture? 'earshot analyze FILE...'");
    status = settings_read_engine(&command, config, &plan, &engine_options);
    if (status != -1) {
        plan_load_fini(&plan);
        return status;
    }
    p.stories = p.story ? calloc(1, sizeof *p.stories) : NULL;
    if (p.story && !p.stories) {
        plan_load_fini(&plan);
        return cli_fail(&command, EXIT_TROUBLE, "out of memory");
    }
    p.command = &command;
    engine_options.source = argv[first];
    stop_signal_install();
    if (engine_open(&engine, &engine_options, &error) != 0) {
        free(p.stories);
        plan_load_fini(&plan);
        return cli_fail(&command, EXIT_TROUBLE, "%s", error.text);
    }
    status = file_run(engine, argv + first, (size_t)(argc - first), on_trouble, &p);
    engine_finish(engine);
    engine_close(engine);
    plan_load_fini(&plan);
    if (p.stories) {
        story_lines_finish(p.stories, &p.out);
        story_lines_fini(p.stories);
    }
    flush(&p);
    free(p.stories);
    strbuf_fini(&p.out);
    free(p.mirror);
    strbuf_fini(&p.certificates);
    if (fflush(stdout) != 0 || p.broken)
        status = status ? status : EXIT_CANNOT_WRITE;
    return status;
}
