/*
 * cmd_rules - the subcommands of "earshot rules", one file each.
 */
#ifndef PROBE_CMD_CMD_RULES_H
#define PROBE_CMD_CMD_RULES_H

#include "probe/cli.h"
#include "probe/cmd/folders.h"
#include "rules/rule_folder.h"

int cmd_rules_check(int argc, char **argv);
int cmd_rules_list(int argc, char **argv);
int cmd_rules_test(int argc, char **argv);

/* The rules of `path`, a folder or a file; NULL: those that came along, named in `room`. What is wrong is
 * said on stderr, one a line. -1 to go on; else the exit status: 65 where a rule is wrong. `folder` is to
 * be ended by rule_folder_fini either way. */
int cmd_rules_read(const struct cli_command *command, const char *path, struct rule_folder *folder,
                   char room[FOLDERS_PATH_MAX]);

#endif
