#include "probe/cmd/web_process.h"

#include "analyzer/base/log.h"
#include "probe/engine/stop_signal.h"
#include "probe/notify/notify.h"
#include "probe/web/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_TRIES = 30 };
#define STOP_WAIT_NS 100000000L

static void stop_serving(void *ctx)
{
    server_stop(ctx);
}

static int start_webhooks(const struct cli_command *command, struct notify **notify,
                          const struct web_process_options *o, const char *address)
{
    char base_url[128];
    struct notify_options options = { .store_dir = o->store_dir,
                                      .urls = o->webhooks,
                                      .url_count = o->webhook_count };
    int err;

    if (o->webhook_count == 0)
        return -1;
    snprintf(base_url, sizeof base_url, "http://%s", address);
    options.base_url = o->base_url ? o->base_url : base_url;
    err = notify_start(notify, &options);
    if (err == -EBUSY)
        return cli_fail(command, EXIT_UNAVAILABLE,
                        "%s: another process sends this store's webhooks already", o->store_dir);
    if (err)
        return cli_fail(command, err == -EINVAL ? EXIT_USAGE : EXIT_CANNOT_WRITE,
                        "webhooks cannot be sent: %s", strerror(-err));
    return -1;
}

int web_process_run(const struct cli_command *command, const struct web_process_options *o)
{
    struct server *server;
    struct notify *notify = NULL;
    int err, status;

    err = server_open(&server, &(struct server_options){ .store_dir = o->store_dir,
                                                         .web_root = o->web_root,
                                                         .listen = o->listen,
                                                         .listen_to_calls = o->listen_to_calls,
                                                         .config_file = o->config_file,
                                                         .privacy = &o->privacy });
    if (err == -EINVAL)
        return cli_fail(command, EXIT_USAGE, "--listen: '%s' is no ADDRESS:PORT", o->listen);
    if (err)
        return cli_fail(command, EXIT_UNAVAILABLE, "cannot listen on %s: %s%s", o->listen,
                        strerror(-err),
                        err == -EADDRINUSE ? "; another port: --listen 127.0.0.1:8081" : "");
    status = start_webhooks(command, &notify, o, server_address(server));
    if (status == -1) {
        printf("dashboard: http://%s/\n", server_address(server));
        fflush(stdout);
        stop_signal_call(stop_serving, server);
        err = server_run(server);
        stop_signal_call(NULL, NULL);
        status = err ? cli_fail(command, EXIT_TROUBLE, "the server stopped: %s", strerror(-err))
                     : EXIT_OK;
    }
    if (notify)
        notify_stop(notify);
    server_close(server);
    return status;
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
