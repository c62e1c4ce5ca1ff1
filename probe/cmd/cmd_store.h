/*
 * cmd_store - what looks after a store: the commands below `earshot store`, one file each.
 *
 * Each takes its own argv (argv[0] is its name) and returns the exit status.
 */
#ifndef PROBE_CMD_CMD_STORE_H
#define PROBE_CMD_CMD_STORE_H

int cmd_store_check(int argc, char **argv);
int cmd_store_rebuild(int argc, char **argv);
int cmd_store_status(int argc, char **argv);
int cmd_store_pin(int argc, char **argv);
int cmd_store_unpin(int argc, char **argv);
int cmd_store_pins(int argc, char **argv);
int cmd_store_retain(int argc, char **argv);

#endif
