/*
 * store_query - opens a store for a command, and says in plain words why it cannot.
 */
#ifndef PROBE_CMD_STORE_QUERY_H
#define PROBE_CMD_STORE_QUERY_H

#include "probe/cli.h"
#include "storage/query.h"

/* -1 to go on, with *q open; else the exit status, the reason said. */
int store_query_open(const struct cli_command *command, const char *dir, struct query **q);

/* A question to `what` failed with err: the reason said. Returns the exit status. */
int store_query_failed(const struct cli_command *command, const char *what, int err);

/* `text` is Earshot's id or a Call-ID. -1 to go on; else the exit status, the reason said. */
int store_query_find(const struct cli_command *command, struct query *q, const char *text,
                     uint64_t *id);

#endif
