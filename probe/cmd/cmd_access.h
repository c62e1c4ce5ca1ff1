/*
 * cmd_access - what `earshot user` and `earshot token` share: both work on STORE/access.sqlite, also while
 * a server runs.
 *
 * Thread  Main thread.
 */
#ifndef PROBE_CMD_CMD_ACCESS_H
#define PROBE_CMD_CMD_ACCESS_H

#include "probe/access/access.h"
#include "probe/cli.h"
#include "probe/config.h"

struct cmd_access_row {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
};

/* "earshot user add …": finds and runs one of them. */
int cmd_access_dispatch(const char *command, const char *summary, const struct cmd_access_row *rows,
                        size_t count, int argc, char **argv);

/* What is open while a subcommand runs. */
struct cmd_access {
    const struct cli_command *command;
    struct config config;
    struct access *access;
    const char *name; /* the one argument; NULL: none is wanted */
    int64_t now_s;
};

/* The options that each of them has. */
struct cmd_access_options {
    const char *file, *store;
};

/* Reads the options, with the one argument that is wanted, if `what` ("which user?"), and opens the
 * store's users. -1 to go on; else the exit status, everything said. cmd_access_close either way. */
int cmd_access_open(struct cmd_access *a, const struct cli_command *command,
                    const struct cmd_access_options *options, const char *what, int argc,
                    char **argv);
void cmd_access_close(struct cmd_access *a);

/* The line of the audit trail, before it is done. what: "user add"; more: " role=viewer", or "". -1 to go on;
 * else the exit status, everything said. */
int cmd_access_audit(const struct cmd_access *a, const char *deed, const char *more);

/* Says what went wrong; the exit status. why: of −EINVAL, or NULL. */
int cmd_access_fail(const struct cmd_access *a, int err, const char *why);

/* A time for a person; "never" for 0. */
const char *cmd_access_time(int64_t time_s, char room[32]);

#endif
