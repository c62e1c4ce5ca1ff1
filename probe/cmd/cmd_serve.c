#include "probe/cli.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/settings.h"
#include "probe/cmd/store_query.h"
#include "probe/cmd/web_process.h"
#include "probe/engine/stop_signal.h"

#include <unistd.h>

/* A store that is not there may yet come, with the first probe. One that cannot be read is refused
 * here, rather than to each who asks. */
static int check_store(const struct cli_command *command, const char *dir)
{
    struct store_totals totals;
    struct query *q;
    int err, status;

    if (access(dir, F_OK) != 0)
        return -1;
    status = store_query_open(command, dir, &q);
    if (status != -1)
        return status;
    err = query_totals(q, &totals);
    query_close(q);
    return err ? store_query_failed(command, dir, err) : -1;
}

int cmd_serve(int argc, char **argv)
{
    struct settings set = { .file = NULL };
    const struct cli_option options[] = {
        { "config", 'c', CLI_TEXT, "FILE", "settings, see earshot.yaml(5); options here come first",
          &set.file, 0, 0 },
        { "store", 's', CLI_TEXT, "DIR", "the store to serve (default /var/lib/earshot)",
          &set.store, 0, 0 },
        { "listen", 'l', CLI_TEXT, "ADDR:PORT", "where (default 127.0.0.1:8080; port 0: any free)",
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
    };
    const struct cli_command command = {
        "serve",
        "[--store DIR]",
        "serves the dashboard and the API of a store",
        "Only this machine can connect unless --listen says otherwise. Who has no user logs in by "
        "the\n"
        "link that the first start prints; 'earshot user' makes more.\n\n"
        "  earshot serve --store /var/lib/earshot --webhook https://hooks.example/earshot\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct web_process_options web;
    struct config config;
    char web_root[FOLDERS_PATH_MAX];
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    status = settings_read(&command, &set, &config);
    if (status == -1)
        status = check_store(&command, config.store_directory);
    if (status == -1) {
        settings_web(&config, set.file, &web, web_root);
        status = web_process_check(&command, &web);
    }
    if (status == -1) {
        stop_signal_install();
        stop_signal_watch_reload();
        status = web_process_run(&command, &web);
    }
    config_fini(&config);
    return status;
}
