/*
 * filter_args - a filter on a command line: read, explained where it is at fault, its fields listed.
 *
 * Errors  Said on stderr, with the text and a mark under the word that is meant.
 */
#ifndef PROBE_CMD_FILTER_ARGS_H
#define PROBE_CMD_FILTER_ARGS_H

#include "analyzer/filter/filter.h"
#include "probe/cli.h"

/* -1 to go on, with *filter for the caller to free; else the exit status. `option`: the one that the
 * text is of, "--status"; NULL: the text is the filter itself. */
int filter_args_parse(const struct cli_command *command, const char *option, struct slice text,
                      struct filter **filter);

/* The same over records of any type. */
int filter_args_parse_record(const struct cli_command *command, const struct record_type *type,
                             struct slice text, struct filter **filter);

/* "mos", or "-mos" which turns *falls over. -1 to go on; else the exit status. *field NULL: by time. */
int filter_args_sort(const struct cli_command *command, const char *text,
                     const struct filter_field **field, bool *falls);

/* All fields, with an example and a sentence each. */
void filter_args_list(struct strbuf *out);

#endif
