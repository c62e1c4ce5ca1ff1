#include "probe/cli.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/settings.h"
#include "probe/engine/file_run.h"
#include "probe/engine/stop_signal.h"

#include <stdio.h>

enum { SOURCE_NAME_MAX = 512 };

struct replay {
    const struct cli_command *command;
    const char *store, *rules;
    struct engine_options engine;
    struct plan_loaded plan;
    bool quiet;
};

static void on_trouble(void *ctx, const char *text)
{
    const struct replay *r = ctx;

    cli_fail(r->command, EXIT_BAD_INPUT, "%s", text);
}

/* What the ledger calls the captures. */
static void name_source(char *name, size_t room, char **paths, size_t count)
{
    if (count == 1)
        snprintf(name, room, "%s", paths[0]);
    else
        snprintf(name, room, "%s and %zu more", paths[0], count - 1);
}

static int replay(struct replay *r, char **paths, size_t count)
{
    char source[SOURCE_NAME_MAX];
    struct engine_options options = r->engine;
    struct engine_progress done;
    struct engine_error error;
    struct engine *engine;
    int status;

    name_source(source, sizeof source, paths, count);
    options.store_dir = r->store;
    options.rules_dir = r->rules;
    options.source = source;
    if (engine_open(&engine, &options, &error) != 0)
        return cli_fail(r->command, EXIT_CANNOT_WRITE, "%s", error.text);
    status = file_run(engine, paths, count, on_trouble, r);
    engine_finish(engine);
    engine_progress_read(engine, &done);
    if (engine_store_failed(engine, &error))
        status = cli_fail(r->command, EXIT_CANNOT_WRITE, "%s", error.text);
    engine_close(engine);
    if (!r->quiet)
        printf("%lld packets, %llu calls and %llu alert messages into %s\n", (long long)done.frames,
               (unsigned long long)done.calls, (unsigned long long)done.alerts, r->store);
    return status;
}

int cmd_replay(int argc, char **argv)
{
    struct replay r = { 0 };
    struct settings set = { .file = NULL };
    const struct cli_option options[] = {
        { "config", 'c', CLI_TEXT, "FILE",
          "what of earshot.yaml(5) is heeded: decap, dtmf, trunks, numbers, destinations, privacy, "
          "and of store what is kept",
          &set.file, 0, 0 },
        { "keep", 'k', CLI_TEXT, "LEVEL",
          "of packets: full, headers (default: signalling, and RTP without what was said), "
          "signalling or nothing",
          &set.keep, 0, 0 },
        { "store", 's', CLI_TEXT, "DIR", "the store to write to; made when it is missing", &r.store,
          0, 0 },
        { "rules", 'r', CLI_TEXT, "DIR", "alert rules (default: those that came with earshot)",
          &r.rules, 0, 0 },
        { "quiet", 'q', CLI_FLAG, NULL, "no summary at the end", &r.quiet, 0, 0 },
    };
    const struct cli_command command = {
        "replay",
        "FILE... --store DIR",
        "reads captures into a store: calls, packets, alerts",
        "The same capture replayed again replaces its own calls.\n\n"
        "  earshot replay monday.pcap --store /var/lib/earshot\n"
        "  earshot serve --store /var/lib/earshot\n",
        options,
        sizeof options / sizeof options[0],
    };
    char rules[FOLDERS_PATH_MAX];
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    r.command = &command;
    if (first == argc)
        return cli_fail(&command, EXIT_USAGE,
                        "which capture? 'earshot replay FILE... --store DIR'");
    if (!r.store)
        return cli_fail(&command, EXIT_USAGE, "which store? '--store DIR'");
    status = settings_read_engine_set(&command, &set, &r.plan, &r.engine);
    if (status == -1) {
        if (!r.rules)
            r.rules = folders_find("rules", rules);
        stop_signal_install();
        status = replay(&r, argv + first, (size_t)(argc - first));
    }
    plan_load_fini(&r.plan);
    return status;
}
