/*
 * settings - what the configuration file and the command line say together.
 *
 * The file first (earshot.yaml(5)), then the options, which win.
 *
 * Thread  Main thread, before anything else starts.
 */
#ifndef PROBE_CMD_SETTINGS_H
#define PROBE_CMD_SETTINGS_H

#include "probe/cli.h"
#include "probe/cmd/folders.h"
#include "probe/cmd/web_process.h"
#include "probe/config.h"
#include "probe/decap/decap.h"
#include "probe/engine/engine.h"
#include "probe/plan_load.h"

/* The options as they were given; NULL, false or empty: not given. */
struct settings {
    const char *file;
    bool print;
    struct cli_list interfaces, webhooks, allow;
    const char *store, *filter, *ring_mib, *snaplen, *rules, *user, *listen, *web_root, *base_url;
    const char *timestamps, *keep, *tls_cert, *tls_key;
    bool not_promiscuous, no_wrap, insecure;
};

/* -1 to go on; else the exit status, everything said. *config is to be freed with config_fini
 * either way. */
int settings_read(const struct cli_command *command, const struct settings *set,
                  struct config *config);

/* The folder of the rules: as configured, or those that came along, named in `room`; NULL: none. */
const char *settings_rules(const struct config *config, char room[FOLDERS_PATH_MAX]);

/* How packets are opened. */
void settings_decap(const struct config *config, struct decap_options *decap);

/* Trunks, numbers, destinations. -1 to go on; else the exit status, everything said. *plan is to be
 * freed with plan_load_fini either way. */
int settings_plan(const struct cli_command *command, const struct config *config,
                  struct plan_loaded *plan);

/* How long what is stored is kept. */
void settings_retention(const struct config *config, struct retention_limits *limits);

/* What the configuration says of an engine; it borrows from the plan. */
void settings_engine(const struct config *config, const struct plan_loaded *plan,
                     struct engine_options *engine);

/* The same of a command that needs nothing else of the file; NULL: the defaults. -1 to go on; else
 * the exit status, everything said. *plan is to be freed with plan_load_fini either way. */
int settings_read_engine(const struct cli_command *command, const char *file,
                         struct plan_loaded *plan, struct engine_options *engine);
int settings_read_engine_set(const struct cli_command *command, const struct settings *set,
                             struct plan_loaded *plan, struct engine_options *engine);

struct access_options;

/* Who may, and for how long; it borrows the store's name. */
void settings_access(const struct config *config, struct access_options *access);

/* Borrows from the configuration and from `room`. file: the configuration's, or NULL. */
void settings_web(const struct config *config, const char *file, struct web_process_options *web,
                  char room[FOLDERS_PATH_MAX]);

struct filter;

/* Of a store whose numbers and names are masked as the configuration says: the filter asks for what they
 * became. file: NULL, nothing is masked. -1 to go on; else the exit status, everything said. */
int settings_mask_filter(const struct cli_command *command, const char *file,
                         struct filter *filter);

#endif
