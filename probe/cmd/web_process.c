#include "probe/cmd/web_process.h"

#include "analyzer/base/log.h"
#include "probe/access/access.h"
#include "probe/cmd/about_facts.h"
#include "probe/engine/stop_signal.h"
#include "probe/notify/notify.h"
#include "probe/receivers_load.h"
#include "probe/state/outbox.h"
#include "probe/state/state_db.h"
#include "probe/syslog/audit_syslog.h"
#include "probe/watch/certificate_watch.h"
#include "probe/watch/dead_man.h"
#include "probe/web/guard.h"
#include "probe/web/listener.h"
#include "probe/web/server.h"
#include "probe/web/trail.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_TRIES = 30, STORE_TRIES = 100 };
#define STOP_WAIT_NS  100000000L
#define STORE_WAIT_NS 50000000L

/* What stands beside the server. */
struct beside {
    struct server *server;
    struct access *access;
    struct state_db *state; /* NULL: another process has it */
    struct outbox *outbox;
    struct receivers_loaded receivers;
    struct hmac_key link_key;
    bool has_link_key;
    struct notify *notify; /* NULL: nobody is told anything */
    struct dead_man *dead_man;
    struct certificate_watch *certificates; /* NULL: none are watched */
    char host[256];                         /* of notify.base_url: as people reach us */
    const char *host_names[2];
    struct about_facts about;
    struct audit_syslog *syslog; /* NULL: no copy of the trail goes anywhere */
    struct trail *trail;
};

/* "https://probe.example.org:8443/x": a name that may stand in Host, since somebody wrote it down. */
static void read_host(struct beside *b, const char *base_url)
{
    struct slice rest = slice_of_text(base_url), name;

    if (!base_url)
        return;
    while (rest.len && slice_cut(&rest, '/').len)
        continue; /* the scheme, and the nothing between its slashes */
    name = guard_host_name(slice_cut(&rest, '/'));
    if (!name.p || name.len >= sizeof b->host)
        return;
    memcpy(b->host, name.p, name.len);
    b->host_names[0] = b->host;
}

static void stop_serving(void *ctx)
{
    server_stop(ctx);
}

static bool take_reload(void *ctx)
{
    (void)ctx;
    return stop_signal_take_reload();
}

/* "https://127.0.0.1:8443": as it is reached from here. */
static const char *scheme_of(const struct server *server)
{
    return server_is_secure(server) ? "https" : "http";
}

static void on_wake(void *ctx)
{
    struct beside *b = ctx;

    if (b->notify)
        notify_wake(b->notify);
}

/* An alert of our own: the notifier and the pages are told. */
static void on_own_alert(void *ctx)
{
    struct beside *b = ctx;

    on_wake(b);
    server_tell(b->server, SLICE("{\"type\":\"handled\",\"what\":\"alerts\",\"alert\":null}"));
}

static void on_line(void *ctx, struct slice line)
{
    struct beside *b = ctx;

    if (b->notify)
        notify_hear(b->notify, line);
}

static bool has_receivers(const struct web_process_options *o)
{
    return o->config && o->config->notify_webhooks.n + o->config->notify_receivers.n > 0;
}

/* -1 to go on, without it when it is another's: then the store is only shown. */
static int open_state(const struct cli_command *command, struct beside *b,
                      const struct web_process_options *o)
{
    int err = state_db_open(&b->state, o->store_dir);

    if (!err)
        err = outbox_open(&b->outbox, b->state);
    if (!err)
        return -1;
    state_db_close(b->state);
    b->state = NULL;
    if (err == -EBUSY) {
        log_warn(
            "web: another process serves %s already: it tells people of alerts, and keeps silences "
            "and acknowledgements; here they are only shown",
            o->store_dir);
        return -1;
    }
    if (err == -ENOENT && !has_receivers(o)) {
        log_warn(
            "web: %s is not there yet: silences and acknowledgements can be made once it is, after "
            "a restart",
            o->store_dir);
        return -1;
    }
    return cli_fail(command, err == -EACCES ? EXIT_NO_PERMISSION : EXIT_CANNOT_WRITE,
                    "%s/state.sqlite: %s", o->store_dir,
                    err == -EPROTO ? "made by a newer version" : strerror(-err));
}

static int load_receivers(const struct cli_command *command, struct beside *b,
                          const struct web_process_options *o)
{
    struct strbuf errors = { 0 };
    int status = -1, err;

    if (!has_receivers(o) || !b->state)
        return -1;
    err = receivers_load(&b->receivers, o->config, &errors);
    if (err) {
        struct slice text = slice_trim(strbuf_slice(&errors));

        status = cli_fail(command, err == -EINVAL ? EXIT_USAGE : EXIT_TROUBLE, "%.*s",
                          text.len ? (int)text.len : 13, text.len ? text.p : "out of memory");
    }
    strbuf_fini(&errors);
    return status;
}

static int start_notify(const struct cli_command *command, struct beside *b,
                        const struct web_process_options *o, const char *address)
{
    const struct config *c = o->config;
    struct notify_options options = { .store_dir = o->store_dir,
                                      .outbox = b->outbox,
                                      .receivers = b->receivers.receivers,
                                      .receiver_count = b->receivers.count,
                                      .windows = b->receivers.windows,
                                      .window_count = b->receivers.window_count,
                                      .base_url = address,
                                      .link_key = b->has_link_key ? &b->link_key : NULL };
    int err;

    if (!b->receivers.count)
        return -1;
    options.allow = (const char *const *)c->notify_allow.items;
    options.allow_count = c->notify_allow.n;
    options.link_hours = c->notify_link_hours;
    options.ca_file = c->notify_ca_file;
    options.may_execute = c->notify_exec;
    err = notify_start(&b->notify, &options);
    if (err)
        return cli_fail(command, err == -EINVAL ? EXIT_USAGE : EXIT_CANNOT_WRITE,
                        "alerts cannot be told: %s", strerror(-err));
    return -1;
}

/* Who did what, and where a copy of that goes. */
static int open_trail(const struct cli_command *command, struct beside *b,
                      const struct web_process_options *o)
{
    const char *place = o->config ? o->config->audit_syslog : NULL;
    struct trail_options options = { .store_dir = o->store_dir };
    int err = 0;

    if (place)
        err = audit_syslog_start(&b->syslog, place, o->config->audit_syslog_texts);
    options.syslog = b->syslog;
    if (err == 0)
        err = trail_open(&b->trail, &options);
    return err ? cli_fail(command, EXIT_TROUBLE, "the audit trail: %s", strerror(-err)) : -1;
}

static int open_beside(const struct cli_command *command, struct beside *b,
                       const struct web_process_options *o)
{
    int status = -1, err = access_open(&b->access, &o->access);

    if (err)
        return cli_fail(command, EXIT_TROUBLE, "nobody could log in: %s", strerror(-err));
    status = open_trail(command, b, o);
    if (status == -1)
        status = open_state(command, b, o);
    if (status == -1)
        status = load_receivers(command, b, o);
    if (status != -1 || !b->state)
        return status;
    err = hmac_key_of_store(&b->link_key, o->store_dir);
    b->has_link_key = err == 0;
    if (err)
        log_warn("web: %s/links.key: %s; messages have no links to packets", o->store_dir,
                 strerror(-err));
    return -1;
}

static void close_beside(struct beside *b)
{
    trail_close(b->trail);
    audit_syslog_stop(b->syslog);
    access_close(b->access);
    receivers_load_fini(&b->receivers);
    hmac_key_wipe(&b->link_key);
    outbox_close(b->outbox);
    state_db_close(b->state);
}

static bool speaks_tls(const struct web_process_options *o)
{
    return o->config && o->config->web_tls_certificate;
}

int web_process_check(const struct cli_command *command, const struct web_process_options *o)
{
    struct addr at;

    if (o->config && o->config->web_tls_key && !o->config->web_tls_certificate)
        return cli_fail(command, o->config_file ? EXIT_BAD_CONFIG : EXIT_USAGE,
                        "web.tls.key needs web.tls.certificate beside it");
    if (speaks_tls(o) || (o->config && o->config->web_insecure) ||
        listener_parse(slice_of_text(o->listen), &at) != 0 || guard_is_loopback(&at))
        return -1;
    return cli_fail(
        command, o->config_file ? EXIT_BAD_CONFIG : EXIT_USAGE,
        "on %s passwords and calls would go to other machines in the clear. Three ways "
        "out: a certificate (web.tls.certificate and web.tls.key, or --tls-cert FILE "
        "--tls-key FILE); this machine alone (--listen 127.0.0.1:%u, with a proxy or an "
        "SSH tunnel before it); or web.insecure: yes (--insecure), where something else "
        "speaks TLS or nobody minds",
        o->listen, at.port);
}

/* The table of options has seen to it that they are in range. */
static struct server_limits limits_of(const struct config *c)
{
    return (struct server_limits){
        .connections = (unsigned)c->web_limits_connections,
        .per_address = (unsigned)c->web_limits_connections_per_address,
        .local = (unsigned)c->web_limits_connections_local,
        .live_clients = (unsigned)c->web_limits_live_clients,
        .header_bytes = (size_t)c->web_limits_header_size,
        .body_bytes = (size_t)c->web_limits_body_size,
        .header_s = (unsigned)(c->web_limits_header_time + 999) / 1000,
        .body_s = (unsigned)(c->web_limits_body_time + 999) / 1000,
        .idle_s = (unsigned)(c->web_limits_idle_time + 999) / 1000,
        .stall_s = (unsigned)(c->web_limits_stall_time + 999) / 1000,
    };
}

/* Of the configuration; the rest is filled in by the caller. */
static void take_web_settings(struct server_options *options, struct server_limits *limits,
                              const struct web_process_options *o)
{
    const struct config *c = o->config;

    options->needs_probe = o->needs_probe;
    options->behind_tls = o->base_url && strncmp(o->base_url, "https://", 8) == 0;
    if (!c)
        return;
    *limits = limits_of(c);
    options->limits = limits;
    options->tls_certificate = c->web_tls_certificate;
    options->tls_key = c->web_tls_key;
    options->metrics_open = c->web_metrics_open;
}

static int open_server(const struct cli_command *command, struct server **server, struct beside *b,
                       const struct web_process_options *o)
{
    struct server_limits limits;
    struct server_options options = { .store_dir = o->store_dir,
                                      .host_names = b->host_names,
                                      .web_root = o->web_root,
                                      .listen = o->listen,
                                      .listen_to_calls = o->listen_to_calls,
                                      .config_file = o->config_file,
                                      .privacy = &o->privacy,
                                      .rules_dir = o->rules_dir,
                                      .about = &b->about.about,
                                      .access = b->access,
                                      .trail = b->trail,
                                      .state = b->state,
                                      .outbox = b->outbox,
                                      .wake = b->receivers.count ? on_wake : NULL,
                                      .wake_ctx = b,
                                      .take_reload = take_reload,
                                      .hear = on_line,
                                      .hear_ctx = b };
    int err;

    read_host(b, o->base_url);
    about_facts_init(&b->about, o->config, o->config_file);
    take_web_settings(&options, &limits, o);
    err = server_open(server, &options);
    if (!err)
        return -1;
    if (err == -EKEYREJECTED)
        return cli_fail(command, o->config_file ? EXIT_BAD_CONFIG : EXIT_USAGE,
                        "the certificate of the dashboard cannot be used, see above");
    if (err == -EINVAL)
        return cli_fail(command, EXIT_USAGE, "--listen: '%s' is no ADDRESS:PORT", o->listen);
    return cli_fail(command, EXIT_UNAVAILABLE, "cannot listen on %s: %s%s", o->listen,
                    strerror(-err),
                    err == -EADDRINUSE ? "; another port: --listen 127.0.0.1:8081" : "");
}

/* What raises alerts of its own; without the state there is nowhere to put them. */
static int start_watching(const struct cli_command *command, struct beside *b,
                          const struct web_process_options *o)
{
    const struct config_list *targets = o->config ? &o->config->certificates_watch : NULL;
    int err;

    if (!b->state)
        return -1;
    err = dead_man_start(&b->dead_man, &(struct dead_man_options){ .store_dir = o->store_dir,
                                                                   .state = b->state,
                                                                   .told = on_own_alert,
                                                                   .ctx = b });
    if (!err && targets)
        err = certificate_watch_start(
            &b->certificates,
            &(struct certificate_watch_options){ .state = b->state,
                                                 .rules_dir = o->rules_dir,
                                                 .targets = (const char *const *)targets->items,
                                                 .target_count = targets->n,
                                                 .every_ms = o->config->certificates_every,
                                                 .told = on_own_alert,
                                                 .ctx = b });
    if (!err)
        return -1;
    return cli_fail(command, err == -EINVAL ? EXIT_USAGE : EXIT_TROUBLE,
                    "the probe and certificates cannot be watched: %s", strerror(-err));
}

/* There is no default password: whoever started us makes the first admin. */
static void print_setup_link(struct access *access, const char *base_url)
{
    struct slice base = slice_of_text(base_url);
    char key[SECRET_KEY_LEN + 1];

    if (access_make_setup_key(access, key) != 0)
        return;
    while (base.len && base.p[base.len - 1] == '/')
        base.len--;
    printf("no user yet; make the first admin here, once: %.*s/#/setup?key=%s\n", (int)base.len,
           base.p, key);
}

static int serve(const struct cli_command *command, struct server *server, struct access *access,
                 const char *base_url)
{
    int err;

    printf("dashboard: %s://%s/\n", scheme_of(server), server_address(server));
    print_setup_link(access, base_url);
    fflush(stdout);
    stop_signal_call(stop_serving, server);
    err = server_run(server);
    stop_signal_call(NULL, NULL);
    return err ? cli_fail(command, EXIT_TROUBLE, "the server stopped: %s", strerror(-err))
               : EXIT_OK;
}

int web_process_run(const struct cli_command *command, const struct web_process_options *o)
{
    struct beside b = { .state = NULL };
    struct server *server = NULL;
    char base_url[128];
    int status = open_beside(command, &b, o);

    if (status == -1)
        status = open_server(command, &server, &b, o);
    if (status == -1) {
        snprintf(base_url, sizeof base_url, "%s://%s", scheme_of(server), server_address(server));
        status = start_notify(command, &b, o, o->base_url ? o->base_url : base_url);
    }
    b.server = server;
    if (status == -1)
        status = start_watching(command, &b, o);
    if (status == -1)
        status = serve(command, server, b.access, o->base_url ? o->base_url : base_url);
    certificate_watch_stop(b.certificates); /* wakes the notifier, as the server's workers do */
    dead_man_stop(b.dead_man);
    server_close(server);
    notify_stop(b.notify);
    about_facts_fini(&b.about);
    close_beside(&b);
    return status;
}

/* The probe makes the store while we start. */
static void wait_for_store(const char *dir)
{
    const struct timespec wait = { 0, STORE_WAIT_NS };

    for (int i = 0; i < STORE_TRIES && access(dir, F_OK) != 0; i++)
        nanosleep(&wait, NULL);
}

pid_t web_process_start(const struct cli_command *command,
                        const struct web_process_options *options, struct source **sources,
                        size_t source_count)
{
    pid_t parent = getpid(), pid = fork();

    if (pid < 0)
        return -errno;
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(EXIT_OK); /* it was gone before we could ask to be told */
    for (size_t i = 0; i < source_count; i++)
        source_close(sources[i]);
    wait_for_store(options->store_dir);
    exit(web_process_run(command, options));
}

void web_process_stop(pid_t pid)
{
    const struct timespec wait = { 0, STOP_WAIT_NS };

    kill(pid, SIGTERM);
    for (int i = 0; i < STOP_TRIES; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return;
        nanosleep(&wait, NULL);
    }
    log_warn("run: the web process does not leave, it is ended");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}
