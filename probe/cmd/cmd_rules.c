#include "probe/cmd/cmd_rules.h"

#include "analyzer/base/nearest.h"
#include "probe/cmd/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    { "check", cmd_rules_check, "are the rules right? every mistake with its place" },
    { "list", cmd_rules_list, "what each watches, and when it fires" },
    { "test", cmd_rules_test, "when would it have fired? over what a store holds" },
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *to)
{
    fputs("earshot rules - checks alert rules and tries them out\n\n"
          "Usage: earshot rules COMMAND [OPTION]...\n\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-6s %s\n", commands[i].name, commands[i].help);
    fputs("\n'earshot rules COMMAND --help' explains one.\n", to);
}

static int refuse(const char *word)
{
    const char *names[COMMANDS], *near;

    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    near = nearest_name(slice_of_text(word), names, COMMANDS);
    if (near)
        fprintf(stderr, "earshot rules: no command '%.40s', did you mean '%s'?\n", word, near);
    else
        fprintf(stderr, "earshot rules: no command '%.40s'; 'earshot rules --help' lists them\n",
                word);
    return EXIT_USAGE;
}

int cmd_rules_read(const struct cli_command *command, const char *path, struct rule_folder *folder,
                   char room[FOLDERS_PATH_MAX])
{
    struct strbuf errors = { 0 };
    int err;

    folder->count = 0;
    if (!path)
        path = folders_find("rules", room);
    if (!path)
        return cli_fail(command, EXIT_NO_INPUT, "no rules came along; which folder? '--rules DIR'");
    err = rule_folder_check(folder, path, &errors);
    if (errors.len)
        fwrite(errors.p, 1, errors.len, stderr);
    else if (err)
        cli_fail(command, EXIT_NO_INPUT, "%s: %s", path, strerror(-err));
    if (err && errors.len == 0)
        err = EXIT_NO_INPUT;
    else
        err = err ? EXIT_BAD_INPUT : -1;
    strbuf_fini(&errors);
    return err;
}

int cmd_rules(int argc, char **argv)
{
    struct slice word = slice_of_text(argc > 1 ? argv[1] : "");

    for (size_t i = 0; i < COMMANDS; i++) {
        if (slice_eq(word, slice_of_text(commands[i].name)))
            return commands[i].run(argc - 1, argv + 1);
    }
    if (slice_eq(word, SLICE("--help")) || slice_eq(word, SLICE("-h"))) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (word.len)
        return refuse(argv[1]);
    print_help(stderr);
    return EXIT_USAGE;
}
