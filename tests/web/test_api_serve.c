/*
 * test_api_serve - the web process alone: what test_api.js talks to.
 *
 *     test_api_serve STORE WEB_ROOT [ADDR:PORT [SOUND_PROGRAM SECONDS]]
 *
 * With a program that makes sound, and the seconds it may take, calls can be listened to. Prints its address and serves until SIGTERM.
 */
#include "probe/state/outbox.h"
#include "probe/web/server.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct server *server;

static void on_signal(int number)
{
    (void)number;
    server_stop(server);
}

static void on_wake(void *ctx)
{
    (void)ctx; /* there is no notifier, but tests may be asked for */
}

int main(int argc, char **argv)
{
    const struct outbox_receiver receiver = {
        .name = "pager", .kind = "webhook", .place = "https://hooks.example.org", .state = "up"
    };
    struct server_options options = { .wake = on_wake };
    struct sigaction action = { .sa_handler = on_signal };
    int err;

    if (argc < 3) {
        fprintf(stderr, "usage: test_api_serve STORE WEB_ROOT [ADDR:PORT [PROGRAM SECONDS]]\n");
        return 2;
    }
    options.store_dir = argv[1];
    options.web_root = argv[2];
    options.listen = argc > 3 ? argv[3] : "127.0.0.1:0";
    if (argc > 5) {
        options.listen_to_calls = true;
        options.sound_program = argv[4];
        options.sound_time_max_s = (unsigned)strtoul(argv[5], NULL, 10);
    }
    options.rules_dir = getenv("TEST_API_RULES");
    err = state_db_open(&options.state, argv[1]);
    if (!err)
        err = outbox_open(&options.outbox, options.state);
    if (!err)
        err = outbox_set_receivers(options.outbox, &receiver, 1, 1);
    if (err == -EBUSY) /* another one serves this store: reads alone */
        err = 0;
    if (!err)
        err = server_open(&server, &options);
    if (err) {
        fprintf(stderr, "test_api_serve: %s: %s\n", options.listen, strerror(-err));
        return 1;
    }
    sigaction(SIGTERM, &action, NULL);
    printf("%s\n", server_address(server));
    fflush(stdout);
    err = server_run(server);
    server_close(server);
    outbox_close(options.outbox);
    state_db_close(options.state);
    return err ? 1 : 0;
}
