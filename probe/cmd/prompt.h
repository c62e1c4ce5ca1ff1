/*
 * prompt - a password from whoever sits there, or from a pipe.
 *
 * Thread  Main thread. A signal while he types leaves the terminal as it was.
 */
#ifndef PROBE_CMD_PROMPT_H
#define PROBE_CMD_PROMPT_H

#include "analyzer/base/slice.h"
#include "probe/cli.h"

enum { PROMPT_MAX = 1024 };

/* from_stdin: the first line of the standard input; else asked for on the terminal, twice. -1 to go on;
 * else the exit status, everything said. The slice points into room, to be wiped with password_wipe. */
int prompt_password(const struct cli_command *command, bool from_stdin, char room[PROMPT_MAX],
                    struct slice *password);

#endif
