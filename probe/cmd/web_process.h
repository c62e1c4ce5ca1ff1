/*
 * web_process - HTTP, WebSocket and webhooks of one store: what `serve` is, and what `run` starts
 * beside the probe.
 *
 * Thread  web_process_run keeps the caller's thread until SIGTERM or SIGINT.
 */
#ifndef PROBE_CMD_WEB_PROCESS_H
#define PROBE_CMD_WEB_PROCESS_H

#include "analyzer/privacy/privacy.h"
#include "probe/access/access.h"
#include "probe/capture/source.h"
#include "probe/cli.h"
#include "probe/cmd/folders.h"
#include "probe/config.h"

#include <sys/types.h>

struct web_process_options {
    const char *store_dir, *listen;
    const char *web_root; /* NULL: the API alone */
    const char *base_url; /* NULL: http:// and the address */
    bool listen_to_calls;
    bool needs_probe;             /* it stands beside one */
    const char *config_file;      /* NULL: none */
    struct access_options access; /* who may, and for how long */
    struct privacy privacy;       /* how the store's numbers and names are masked */
    const char *rules_dir;        /* NULL: none */
    const struct config *config;  /* whom alerts are told; certificates to watch */
    char rules_room[FOLDERS_PATH_MAX];
};

/* Whether others could read passwords and calls on their way: -1 to go on; else the exit status, with
 * the ways out said. */
int web_process_check(const struct cli_command *command, const struct web_process_options *options);

/* Prints its address; returns the exit status. */
int web_process_run(const struct cli_command *command, const struct web_process_options *options);

/* In a process of its own, which ends when this one does. Its pid, or −errno. The sources are
 * closed there: all hostile parsing stays here. Call it before threads are started. */
pid_t web_process_start(const struct cli_command *command,
                        const struct web_process_options *options, struct source **sources,
                        size_t source_count);

/* SIGTERM, then waits; after 3 s without mercy. */
void web_process_stop(pid_t pid);

#endif
