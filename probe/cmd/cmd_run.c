#include "probe/cmd/cmd.h"

#include "analyzer/base/log.h"
#include "probe/capture/privileges.h"
#include "probe/capture/source_live.h"
#include "probe/cmd/folders.h"
#include "probe/cmd/web_process.h"
#include "probe/engine/live_run.h"
#include "probe/engine/stop_signal.h"

#include <stdio.h>
#include <string.h>

struct run {
    const struct cli_command *command;
    const char *rules, *user;
    struct cli_list interfaces, webhooks;
    bool no_web, not_promiscuous;
    int64_t ring_mib, snap_bytes;
    struct source_live_options live;
    struct web_process_options web; /* its store is the probe's */
    struct source *sources[CLI_LIST_MAX];
    size_t source_count;
    char source_names[256];
};

static void close_sources(struct run *r)
{
    for (size_t i = 0; i < r->source_count; i++)
        source_close(r->sources[i]);
    r->source_count = 0;
}

static int open_sources(struct run *r)
{
    size_t used = 0;

    for (size_t i = 0; i < r->interfaces.count; i++) {
        struct source_error error;
        int n;

        r->live.interface = r->interfaces.items[i];
        if (source_live_open(&r->sources[i], &r->live, &error) != 0)
            return cli_fail(r->command, (enum cli_exit)source_exit_status(error.fault), "%s",
                            error.text);
        r->source_count++;
        n = snprintf(r->source_names + used, sizeof r->source_names - used, "%s%s", i ? "," : "",
                     r->live.interface);
        if (n > 0 && used + (size_t)n < sizeof r->source_names)
            used += (size_t)n;
    }
    return -1;
}

static void say_farewell(struct run *r, const struct engine *e, const struct engine_losses *losses)
{
    struct engine_progress done;

    engine_progress_read(e, &done);
    printf("%lld packets, %llu calls, %llu alert messages from %s", (long long)done.frames,
           (unsigned long long)done.calls, (unsigned long long)done.alerts, r->source_names);
    if (losses->kernel_dropped != RECORD_NONE)
        printf("; the kernel dropped %lld", (long long)losses->kernel_dropped);
    if (losses->interface_dropped != RECORD_NONE)
        printf(", the interface %lld", (long long)losses->interface_dropped);
    putchar('\n');
}

static int listen_until_stopped(struct run *r)
{
    const struct engine_options options = { .store_dir = r->web.store_dir,
                                            .rules_dir = r->rules,
                                            .source = r->source_names,
                                            .live = true };
    struct engine_losses losses;
    struct source_error source_error;
    struct engine_error error;
    struct engine *engine;
    int status;

    if (engine_open(&engine, &options, &error) != 0)
        return cli_fail(r->command, EXIT_CANNOT_WRITE, "%s", error.text);
    printf("listening on %s, storing into %s; Ctrl-C ends it\n", r->source_names, r->web.store_dir);
    fflush(stdout);
    status = live_run(engine, r->sources, r->source_count, &source_error);
    if (status)
        cli_fail(r->command, (enum cli_exit)status, "%s", source_error.text);
    live_run_losses(r->sources, r->source_count, &losses);
    engine_heartbeat(engine, 0, &losses);
    close_sources(r);
    engine_finish(engine);
    say_farewell(r, engine, &losses);
    if (engine_store_failed(engine, &error))
        status = cli_fail(r->command, EXIT_CANNOT_WRITE, "%s", error.text);
    engine_close(engine);
    return status;
}

static int run(struct run *r)
{
    char text[PRIVILEGES_TEXT_MAX];
    pid_t web = 0;
    int status;

    r->live.ring_mib = (int)r->ring_mib;
    r->live.snap_bytes = (int)r->snap_bytes;
    r->live.promiscuous = !r->not_promiscuous;
    status = open_sources(r);
    if (status == -1 && privileges_drop(r->user, text) != 0)
        status = cli_fail(r->command, EXIT_NO_PERMISSION, "%s", text);
    if (status != -1)
        goto close;
    if (!r->no_web) {
        web = web_process_start(r->command, &r->web, r->sources, r->source_count);
        if (web < 0)
            log_error("run: no web process: %s", strerror((int)-web));
    }
    status = listen_until_stopped(r);
    if (web > 0)
        web_process_stop(web);
close:
    close_sources(r);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct run r = { .ring_mib = 256, .snap_bytes = 65535, .web = { .listen = "127.0.0.1:8080" } };
    const struct cli_option options[] = {
        { "interface", 'i', CLI_LIST, "NAME", "where to listen; may be repeated", &r.interfaces, 0,
          0 },
        { "store", 's', CLI_TEXT, "DIR", "the store to write to; made when it is missing",
          &r.web.store_dir, 0, 0 },
        { "filter", 'f', CLI_TEXT, "EXPR", "capture filter (pcap-filter(7)); default: everything",
          &r.live.filter, 0, 0 },
        { "ring-mib", 0, CLI_INT, "MIB", "the kernel's ring (default 256)", &r.ring_mib, 1, 2047 },
        { "snaplen", 0, CLI_INT, "BYTES", "what is kept of a packet (default 65535: all)",
          &r.snap_bytes, 64, 262144 },
        { "no-promiscuous", 0, CLI_FLAG, NULL, "only what is addressed to this machine",
          &r.not_promiscuous, 0, 0 },
        { "rules", 'r', CLI_TEXT, "DIR", "alert rules (default: those that came with earshot)",
          &r.rules, 0, 0 },
        { "user", 'u', CLI_TEXT, "NAME", "whom to become once the interfaces are open, as root",
          &r.user, 0, 0 },
        { "listen", 'l', CLI_TEXT, "ADDR:PORT", "the dashboard (default 127.0.0.1:8080)",
          &r.web.listen, 0, 0 },
        { "web-root", 0, CLI_TEXT, "DIR", "the dashboard's files (default: those that came along)",
          &r.web.web_root, 0, 0 },
        { "webhook", 'w', CLI_LIST, "URL", "where alerts are POSTed; may be repeated", &r.webhooks,
          0, 0 },
        { "base-url", 0, CLI_TEXT, "URL", "how people reach the dashboard: for links in webhooks",
          &r.web.base_url, 0, 0 },
        { "no-web", 0, CLI_FLAG, NULL, "no dashboard beside the probe", &r.no_web, 0, 0 },
    };
    const struct cli_command command = {
        "run",
        "-i NAME --store DIR",
        "listens on an interface, stores, alerts and serves the dashboard",
        "Needs CAP_NET_RAW until the interfaces are open, and gives it away then.\n\n"
        "  earshot run -i eth1 --store /var/lib/earshot\n"
        "  earshot run -i eth1 -i eth2 -f 'udp or vlan' --store /var/lib/earshot --listen "
        "0.0.0.0:8080\n",
        options,
        sizeof options / sizeof options[0],
    };
    int first, status;

    source_live_options_default(&r.live);
    status = cli_parse(&command, argc, argv, &first);
    if (status != -1)
        return status;
    r.command = &command;
    if (first < argc)
        return cli_fail(&command, EXIT_USAGE, "'%s' is no option; an interface is '-i %s'",
                        argv[first], argv[first]);
    if (r.interfaces.count == 0)
        return cli_fail(&command, EXIT_USAGE, "which interface? '-i NAME'");
    if (!r.web.store_dir)
        return cli_fail(&command, EXIT_USAGE, "which store? '--store DIR'");
    if (!r.rules)
        r.rules = folders_find("rules");
    if (!r.web.web_root)
        r.web.web_root = folders_find("web");
    r.web.webhooks = r.webhooks.items;
    r.web.webhook_count = r.webhooks.count;
    stop_signal_install();
    return run(&r);
}
