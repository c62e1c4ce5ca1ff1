#include "probe/cmd/cmd.h"

#include "analyzer/base/log.h"
#include "probe/capture/capture_filter.h"
#include "probe/capture/privileges.h"
#include "probe/capture/source_live.h"
#include "probe/cmd/ledger_text.h"
#include "probe/cmd/settings.h"
#include "probe/cmd/web_process.h"
#include "probe/engine/live_run.h"
#include "probe/engine/stop_signal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUN_SOURCES_MAX = 32, TUNNEL_PORTS_MAX = 5 * DECAP_PORTS_MAX };

struct run {
    const struct cli_command *command;
    const struct config *config;
    const char *config_file; /* NULL: none */
    const char *rules;
    bool no_web;
    struct source_live_options live;
    struct decap_options decap;
    struct plan_loaded plan;
    uint16_t tunnel_ports[TUNNEL_PORTS_MAX]; /* of decap, for the filter */
    struct web_process_options web;          /* its store is the probe's */
    struct source *sources[RUN_SOURCES_MAX];
    size_t source_count;
    char source_names[256];
    char rules_room[FOLDERS_PATH_MAX], web_room[FOLDERS_PATH_MAX];
    struct mirror_record *mirror; /* the last word on it; NULL: none yet */
    struct strbuf ledger;         /* as text, once the engine has finished */
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

    for (size_t i = 0; i < r->config->capture_interfaces.n && i < RUN_SOURCES_MAX; i++) {
        struct source_error error;
        int n;

        r->live.interface = r->config->capture_interfaces.items[i];
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

static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct run *r = ctx;

    if (type == &record_type_mirror) {
        free(r->mirror);
        r->mirror = record_clone(type, record);
    } else if (type == &record_type_capture) {
        ledger_text_add(&r->ledger, record, r->mirror);
    }
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
    if (losses->clock_steps)
        printf("; the clock was set %lld times", (long long)losses->clock_steps);
    putchar('\n');
    if (r->ledger.len)
        fwrite(r->ledger.p, 1, r->ledger.len, stdout);
    strbuf_fini(&r->ledger);
    free(r->mirror);
}

static int listen_until_stopped(struct run *r)
{
    struct engine_options options = { .store_dir = r->web.store_dir,
                                      .rules_dir = r->rules,
                                      .source = r->source_names,
                                      .live = true,
                                      .record = on_record,
                                      .record_ctx = r,
                                      .no_classify = !r->config->decap_classify };
    struct engine_error error;
    struct live_run_end end;
    struct engine *engine;
    int status;

    settings_engine(r->config, &r->plan, &options);
    if (engine_open(&engine, &options, &error) != 0)
        return cli_fail(r->command, EXIT_CANNOT_WRITE, "%s", error.text);
    printf("listening on %s, storing into %s; Ctrl-C ends it\n", r->source_names, r->web.store_dir);
    fflush(stdout);
    status = live_run(engine, r->sources, r->source_count, r->live.block_timeout_ms, &end);
    if (status)
        cli_fail(r->command, (enum cli_exit)status, "%s", end.error.text);
    engine_heartbeat(engine, 0, &end.losses);
    close_sources(r);
    engine_finish(engine);
    say_farewell(r, engine, &end.losses);
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

    status = open_sources(r);
    if (status == -1 && privileges_drop(r->config->user, text) != 0)
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

static void take_tunnel_ports(struct run *r)
{
    const struct decap_ports *const lists[] = { &r->decap.vxlan, &r->decap.geneve, &r->decap.gtpu,
                                                &r->decap.tzsp, &r->decap.l2tp };
    size_t n = 0;

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        for (size_t k = 0; k < lists[i]->count; k++)
            r->tunnel_ports[n++] = lists[i]->ports[k];
    }
    r->live.filter.tunnel_ports = (struct filter_wrap_ports){ r->tunnel_ports, n };
}

static void take_settings(struct run *r, const struct config *c)
{
    r->config = c;
    source_live_options_default(&r->live);
    settings_decap(c, &r->decap);
    take_tunnel_ports(r);
    r->live.filter.text = c->capture_filter;
    r->live.filter.wrap = c->capture_filter_wrap;
    r->live.stamps = strcmp(c->capture_timestamps, "adapter") == 0 ? SOURCE_LIVE_STAMPS_ADAPTER
                                                                   : SOURCE_LIVE_STAMPS_HOST;
    r->live.ring_mib = (int)c->capture_ring_mib;
    r->live.snap_bytes = (int)c->capture_snaplen;
    r->live.block_timeout_ms = (int)c->capture_block_timeout;
    r->live.promiscuous = c->capture_promiscuous;
    r->rules = settings_rules(c, r->rules_room);
    settings_web(c, r->config_file, &r->web, r->web_room);
    r->web.needs_probe = true;
}

static int print_filter(const struct run *r)
{
    struct strbuf text = { 0 };
    struct source_error error;
    int err = 0;

    if (r->live.filter.text)
        err = capture_filter_print(&r->live.filter, &text, &error);
    if (err)
        err =
            cli_fail(r->command, (enum cli_exit)source_exit_status(error.fault), "%s", error.text);
    else
        puts(text.p ? text.p : "");
    strbuf_fini(&text);
    return err;
}

static int run_as_configured(struct run *r, const struct config *c, bool only_filter)
{
    int status;

    take_settings(r, c);
    if (only_filter)
        return print_filter(r);
    if (c->capture_interfaces.n == 0)
        return cli_fail(r->command, EXIT_USAGE, "which interface? '-i NAME'");
    status = r->no_web ? -1 : web_process_check(r->command, &r->web);
    if (status == -1)
        status = settings_plan(r->command, c, &r->plan);
    if (status == -1) {
        stop_signal_install();
        stop_signal_watch_reload();
        status = run(r);
    }
    plan_load_fini(&r->plan);
    return status;
}

int cmd_run(int argc, char **argv)
{
    struct settings set = { .file = NULL };
    struct run r = { .no_web = false };
    bool only_filter = false;
    const struct cli_option options[] = {
        { "config", 'c', CLI_TEXT, "FILE", "settings, see earshot.yaml(5); options here come first",
          &set.file, 0, 0 },
        { "print-config", 0, CLI_FLAG, NULL, "the settings as they would be, as YAML, and stop",
          &set.print, 0, 0 },
        { "interface", 'i', CLI_LIST, "NAME", "where to listen; may be repeated", &set.interfaces,
          0, 0 },
        { "store", 's', CLI_TEXT, "DIR", "the store to write to (default /var/lib/earshot)",
          &set.store, 0, 0 },
        { "keep", 'k', CLI_TEXT, "LEVEL",
          "of packets: full, headers (default: signalling, and RTP without what was said), "
          "signalling or nothing",
          &set.keep, 0, 0 },
        { "filter", 'f', CLI_TEXT, "EXPR", "capture filter (pcap-filter(7)); default: everything",
          &set.filter, 0, 0 },
        { "no-wrap", 0, CLI_FLAG, NULL,
          "the filter as it is: no fragments, VLANs and tunnels beside", &set.no_wrap, 0, 0 },
        { "print-filter", 0, CLI_FLAG, NULL, "what the filter becomes on an Ethernet, and stop",
          &only_filter, 0, 0 },
        { "ring-mib", 0, CLI_TEXT, "MIB", "the kernel's ring (default 256)", &set.ring_mib, 0, 0 },
        { "snaplen", 0, CLI_TEXT, "BYTES", "what is kept of a packet (default: all)", &set.snaplen,
          0, 0 },
        { "timestamps", 0, CLI_TEXT, "WHOSE", "host (default) or adapter, where the adapter can",
          &set.timestamps, 0, 0 },
        { "no-promiscuous", 0, CLI_FLAG, NULL, "only what is addressed to this machine",
          &set.not_promiscuous, 0, 0 },
        { "rules", 'r', CLI_TEXT, "DIR", "alert rules (default: those that came with earshot)",
          &set.rules, 0, 0 },
        { "user", 'u', CLI_TEXT, "NAME", "whom to become once the interfaces are open, as root",
          &set.user, 0, 0 },
        { "listen", 'l', CLI_TEXT, "ADDR:PORT", "the dashboard (default 127.0.0.1:8080)",
          &set.listen, 0, 0 },
        { "web-root", 0, CLI_TEXT, "DIR", "the dashboard's files (default: those that came along)",
          &set.web_root, 0, 0 },
        { "tls-cert", 0, CLI_TEXT, "FILE", "the dashboard's certificate, PEM: it speaks HTTPS",
          &set.tls_cert, 0, 0 },
        { "tls-key", 0, CLI_TEXT, "FILE", "its key, unless it is in the same file", &set.tls_key, 0,
          0 },
        { "insecure", 0, CLI_FLAG, NULL, "the dashboard without TLS for other machines too",
          &set.insecure, 0, 0 },
        { "webhook", 'w', CLI_LIST, "URL", "where alerts are POSTed; may be repeated",
          &set.webhooks, 0, 0 },
        { "allow", 'a', CLI_LIST, "ADDR|NET|HOST",
          "an internal address that webhooks may go to, like 127.0.0.1; may be repeated",
          &set.allow, 0, 0 },
        { "base-url", 0, CLI_TEXT, "URL", "how people reach the dashboard: for links in webhooks",
          &set.base_url, 0, 0 },
        { "no-web", 0, CLI_FLAG, NULL, "no dashboard beside the probe", &r.no_web, 0, 0 },
    };
    const struct cli_command command = {
        "run",
        "-i NAME [--store DIR]",
        "listens on an interface, stores, alerts and serves the dashboard",
        "Needs CAP_NET_RAW until the interfaces are open, and gives it away then. SIGHUP makes it "
        "read\n"
        "its rules anew.\n\n"
        "  earshot run -i eth1 --store /var/lib/earshot\n"
        "  earshot run -c /etc/earshot/earshot.yaml\n"
        "  earshot run -i eth1 -i eth2 -f 'net 10.1.0.0/16' --store /var/lib/earshot\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct config config;
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (first < argc)
        return cli_fail(&command, EXIT_USAGE, "'%s' is no option; an interface is '-i %s'",
                        argv[first], argv[first]);
    r.command = &command;
    r.config_file = set.file;
    status = settings_read(&command, &set, &config);
    if (status == -1)
        status = run_as_configured(&r, &config, only_filter);
    config_fini(&config);
    return status;
}
