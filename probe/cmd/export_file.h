/*
 * export_file - packets or records of calls into a file or a pipe, for 'earshot export'.
 *
 * The file is FILE.part until it is whole, on the disk, and renamed: what has its name is complete.
 *
 * Thread  Main thread.
 */
#ifndef PROBE_CMD_EXPORT_FILE_H
#define PROBE_CMD_EXPORT_FILE_H

#include "probe/cli.h"
#include "storage/export/export.h"

enum { EXPORT_PATH_MAX = 4096 };

/* Is it a folder, or meant to be one? Then the file in it gets a name of ours. */
bool export_file_is_folder(const char *output);

/* OUTPUT/NAME; false when that is too long. */
bool export_file_path(char path[EXPORT_PATH_MAX], const char *output, const char *name);

/* `output`: "-" is the standard output; a folder gets a file named after the calls. Returns the exit status,
 * everything said. The request's filter is used up in any case. */
int export_file(const struct cli_command *command, struct export_request *request,
                const char *output);

#endif
