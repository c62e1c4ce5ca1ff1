#include "probe/cmd/cmd_access.h"

#include "probe/cmd/cli_audit.h"

#include "analyzer/base/nearest.h"
#include "probe/cmd/settings.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

enum { ROWS_MAX = 16 };

static void print_help(FILE *to, const char *command, const char *summary,
                       const struct cmd_access_row *rows, size_t count)
{
    fprintf(to, "earshot %s - %s\n\nUsage: earshot %s COMMAND [OPTION]...\n\n", command, summary,
            command);
    for (size_t i = 0; i < count; i++)
        fprintf(to, "  %-9s %s\n", rows[i].name, rows[i].help);
    fprintf(to, "\n'earshot %s COMMAND --help' explains one. A server need not be stopped.\n",
            command);
}

static int refuse(const char *command, const char *word, const struct cmd_access_row *rows,
                  size_t count)
{
    const char *names[ROWS_MAX], *near;

    for (size_t i = 0; i < count && i < ROWS_MAX; i++)
        names[i] = rows[i].name;
    near = nearest_name(slice_of_text(word), names, count < ROWS_MAX ? count : ROWS_MAX);
    fprintf(stderr, "earshot %s: no command '%.40s'%s%s%s\n", command, word,
            near ? ", did you mean '" : "; 'earshot ", near ? near : command,
            near ? "'?" : " --help' lists them");
    return EXIT_USAGE;
}

int cmd_access_dispatch(const char *command, const char *summary, const struct cmd_access_row *rows,
                        size_t count, int argc, char **argv)
{
    struct slice word = slice_of_text(argc > 1 ? argv[1] : "");

    for (size_t i = 0; i < count; i++) {
        if (slice_eq(word, slice_of_text(rows[i].name)))
            return rows[i].run(argc - 1, argv + 1);
    }
    if (slice_eq(word, SLICE("--help")) || slice_eq(word, SLICE("-h"))) {
        print_help(stdout, command, summary, rows, count);
        return EXIT_OK;
    }
    if (word.len)
        return refuse(command, argv[1], rows, count);
    print_help(stderr, command, summary, rows, count);
    return EXIT_USAGE;
}

static int read_arguments(struct cmd_access *a, const char *what, int argc, char **argv, int first)
{
    if (what && argc - first != 1)
        return cli_fail(a->command, EXIT_USAGE, "%s", what);
    if (!what && argc != first)
        return cli_fail(a->command, EXIT_USAGE, "'%s' is too much", argv[first]);
    a->name = what ? argv[first] : NULL;
    return -1;
}

int cmd_access_open(struct cmd_access *a, const struct cli_command *command,
                    const struct cmd_access_options *options, const char *what, int argc,
                    char **argv)
{
    struct settings set = { .file = NULL };
    struct access_options who;
    int first, status = cli_parse(command, argc, argv, &first);
    int err;

    *a = (struct cmd_access){ .command = command, .now_s = (int64_t)time(NULL) };
    if (status != -1)
        return status;
    set.file = options->file;
    set.store = options->store;
    status = read_arguments(a, what, argc, argv, first);
    if (status == -1)
        status = settings_read(command, &set, &a->config);
    if (status != -1)
        return status;
    settings_access(&a->config, &who);
    err = access_open(&a->access, &who);
    return err ? cli_fail(command, EXIT_TROUBLE, "out of memory") : -1;
}

void cmd_access_close(struct cmd_access *a)
{
    access_close(a->access);
    config_fini(&a->config);
}

int cmd_access_audit(const struct cmd_access *a, const char *deed, const char *more)
{
    char detail[400];
    struct audit_entry e = { .deed = slice_of_text(deed), .object = slice_of_text(a->name) };
    int err;

    snprintf(detail, sizeof detail, "%s%s", a->command->name, more);
    e.detail = slice_of_text(detail);
    err = cli_audit(a->config.store_directory, &e);
    if (err == 0 || err == -ENOENT) /* no store: there is nothing to be done in it either */
        return -1;
    return cli_fail(a->command, EXIT_CANNOT_WRITE,
                    "%s/audit.jsonl: %s; without its line it is not done",
                    a->config.store_directory, strerror(-err));
}

int cmd_access_fail(const struct cmd_access *a, int err, const char *why)
{
    const char *store = a->config.store_directory;

    switch (err) {
    case -EINVAL:
        return cli_fail(a->command, EXIT_USAGE, "%s", why ? why : "that cannot be");
    case -EEXIST:
        return cli_fail(a->command, EXIT_TROUBLE, "there is one of this name already");
    case -EPERM:
        return cli_fail(a->command, EXIT_TROUBLE,
                        "this is the last admin who can log in: make another one first");
    case -EACCES:
        return cli_fail(a->command, EXIT_NO_PERMISSION,
                        "%s/access.sqlite belongs to another user: be that one, or root", store);
    case -EPROTO:
        return cli_fail(a->command, EXIT_CANNOT_WRITE,
                        "%s/access.sqlite was made by a newer version of Earshot", store);
    case -ENOENT:
        if (access_needs_setup(a->access) || why)
            return cli_fail(a->command, EXIT_NO_INPUT, "%s",
                            why ? why : "no such user: there is none at all yet");
        return cli_fail(a->command, EXIT_NO_INPUT,
                        "%s: no such user, or no store; 'earshot user list' lists them", store);
    default:
        return cli_fail(a->command, EXIT_CANNOT_WRITE, "%s/access.sqlite: %s", store,
                        strerror(-err));
    }
}

const char *cmd_access_time(int64_t time_s, char room[32])
{
    time_t at = (time_t)time_s;
    struct tm utc;

    if (time_s == 0 || !gmtime_r(&at, &utc))
        return "never";
    strftime(room, 32, "%Y-%m-%d %H:%M UTC", &utc);
    return room;
}
