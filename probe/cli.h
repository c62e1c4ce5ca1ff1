/*
 * cli - the options of a subcommand: one table parses them, explains them, and names the nearest
 * real one when somebody mistypes.
 *
 * Thread  Main thread, before anything else starts.
 */
#ifndef PROBE_CLI_H
#define PROBE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses: sysexits.h where it has one. */
enum cli_exit {
    EXIT_OK = 0,
    EXIT_TROUBLE = 1,
    EXIT_USAGE = 2,
    EXIT_BAD_INPUT = 65,
    EXIT_NO_INPUT = 66,
    EXIT_UNAVAILABLE = 69,
    EXIT_CANNOT_WRITE = 73,
    EXIT_NO_PERMISSION = 77,
    EXIT_BAD_CONFIG = 78,
};

enum cli_kind {
    CLI_FLAG, /* bool */
    CLI_TEXT, /* const char * */
    CLI_LIST, /* struct cli_list */
    CLI_INT,  /* int64_t within min..max */
    CLI_REAL, /* double */
    CLI_TIME, /* int64_t ns: epoch seconds or 2026-11-21T10:00:00 (UTC) */
};

enum { CLI_LIST_MAX = 32 };

struct cli_list {
    const char *items[CLI_LIST_MAX];
    size_t count;
};

struct cli_option {
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    enum cli_kind kind;
    const char *argument; /* "DIR", for the help */
    const char *help;
    void *value;
    int64_t min, max; /* CLI_INT */
};

struct cli_command {
    const char *name;      /* "analyze" */
    const char *arguments; /* "FILE..." */
    const char *summary;   /* one sentence */
    const char *example;   /* lines of examples for the help, or NULL */
    const struct cli_option *options;
    size_t option_count;
};

/* Returns -1 to go on, with *first the index of the first argument that is no option; else the
 * exit status (0 after --help). */
int cli_parse(const struct cli_command *command, int argc, char **argv, int *first);

/* "earshot NAME: text" on stderr; returns `status`. */
int cli_fail(const struct cli_command *command, enum cli_exit status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
