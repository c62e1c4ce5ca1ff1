/*
 * cmd - the subcommands of earshot, one file each.
 *
 * Each takes its own argv (argv[0] is its name) and returns the exit status.
 */
#ifndef PROBE_CMD_CMD_H
#define PROBE_CMD_CMD_H

int cmd_analyze(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_calls(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_erase(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_alerts(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_trunks(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_store(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_token(int argc, char **argv);
/* --version */
int cmd_version(int argc, char **argv);

#endif
