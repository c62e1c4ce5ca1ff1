/*
 * test_api_serve - the web process alone: what test_api.js talks to.
 *
 *     test_api_serve STORE WEB_ROOT [ADDR:PORT [SOUND_PROGRAM SECONDS]]
 *
 * With a program that makes sound, and the seconds it may take, calls can be listened to. Prints its address, a blank and
 * an admin's token, and serves until SIGTERM. The admin is `tester`, his password TESTER_PASSWORD.
 */
#include "probe/access/access.h"
#include "probe/state/outbox.h"
#include "probe/web/connections.h"
#include "probe/web/server.h"
#include "probe/web/trail.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TESTER          "tester"
#define TESTER_PASSWORD "a password of the tests"

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

/* So that a test needs not five hundred of them. */
static void take_limits(struct server_options *options, struct server_limits *limits)
{
    const char *live_clients = getenv("TEST_API_LIVE_CLIENTS");

    if (!live_clients)
        return;
    *limits = connections_limits_usual;
    limits->live_clients = (unsigned)strtoul(live_clients, NULL, 10);
    options->limits = limits;
}

/* An admin, unless another server of this store has made him, and a token of his. */
static int make_tester(struct access *access, char secret[TOKEN_LEN + 1])
{
    const struct access_change change = { .name = SLICE(TESTER),
                                          .role = ROLE_ADMIN,
                                          .now_s = (int64_t)time(NULL) };
    struct token token = { .scopes = role_rights(ROLE_ADMIN) & ~(unsigned)RIGHT_SELF };
    const struct identity who = { .name = TESTER, .rights = role_rights(ROLE_ADMIN) };
    char link[SECRET_KEY_LEN + 1];
    const char *why;
    int err = access_add_user(access, &change, SLICE(TESTER_PASSWORD), link, &why);

    if (err && err != -EEXIST)
        return err;
    snprintf(token.name, sizeof token.name, "test-%ld", (long)getpid());
    return access_add_token(access, &who, &token, 1, change.now_s, secret);
}

int main(int argc, char **argv)
{
    const struct outbox_receiver receiver = {
        .name = "pager", .kind = "webhook", .place = "https://hooks.example.org", .state = "up"
    };
    struct server_options options = { .wake = on_wake };
    struct sigaction action = { .sa_handler = on_signal };
    struct server_limits limits;
    char secret[TOKEN_LEN + 1];
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
    take_limits(&options, &limits);
    err = access_open(&options.access, &(struct access_options){ .store_dir = argv[1] });
    if (!err)
        err = make_tester(options.access, secret);
    if (err) {
        fprintf(stderr, "test_api_serve: access: %s\n", strerror(-err));
        return 1;
    }
    err = trail_open(&options.trail, &(struct trail_options){ .store_dir = argv[1] });
    if (err)
        return 1;
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
    printf("%s %s\n", server_address(server), secret);
    fflush(stdout);
    err = server_run(server);
    server_close(server);
    outbox_close(options.outbox);
    trail_close(options.trail);
    state_db_close(options.state);
    access_close(options.access);
    return err ? 1 : 0;
}
