#include "probe/cli.h"
#include "probe/cmd/cmd.h"
#include "probe/cmd/folders.h"
#include "probe/cmd/web_process.h"
#include "probe/engine/stop_signal.h"

#include <unistd.h>

int cmd_serve(int argc, char **argv)
{
    struct web_process_options web = { .listen = "127.0.0.1:8080" };
    struct cli_list webhooks = { .count = 0 };
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to serve", &web.store_dir, 0, 0 },
        { "listen", 'l', CLI_TEXT, "ADDR:PORT", "where (default 127.0.0.1:8080; port 0: any free)",
          &web.listen, 0, 0 },
        { "web-root", 0, CLI_TEXT, "DIR", "the dashboard's files (default: those that came along)",
          &web.web_root, 0, 0 },
        { "webhook", 'w', CLI_LIST, "URL", "where alerts are POSTed; may be repeated", &webhooks, 0,
          0 },
        { "base-url", 0, CLI_TEXT, "URL", "how people reach the dashboard: for links in webhooks",
          &web.base_url, 0, 0 },
    };
    const struct cli_command command = {
        "serve",
        "--store DIR",
        "serves the dashboard and the API of a store",
        "Only this machine can connect unless --listen says otherwise; there is no login yet.\n\n"
        "  earshot serve --store /var/lib/earshot --webhook https://hooks.example/earshot\n",
        options,
        5,
    };
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (!web.store_dir)
        return cli_fail(&command, EXIT_USAGE, "which store? '--store DIR'");
    if (!web.web_root)
        web.web_root = folders_find("web");
    web.webhooks = webhooks.items;
    web.webhook_count = webhooks.count;
    stop_signal_install();
    return web_process_run(&command, &web);
}
