/*
 * main - a table of subcommands.
 */
#include "analyzer/base/nearest.h"
#include "probe/cli.h"
#include "probe/cmd/cmd.h"

#include <stdio.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    { "analyze", cmd_analyze, "read captures, print their calls; nothing is stored" },
    { "replay", cmd_replay, "read captures into a store" },
    { "run", cmd_run, "listen on an interface, store, alert, serve the dashboard" },
    { "doctor", cmd_doctor, "is this machine, and the mirrored port, fit for it?" },
    { "serve", cmd_serve, "serve the dashboard and the API of a store" },
    { "calls", cmd_calls, "list and search the calls of a store" },
    { "show", cmd_show, "print one call: its ladder and its streams" },
    { "export", cmd_export, "write the packets of calls, a table of them, or the sound of one" },
    { "erase", cmd_erase, "remove a number from a store, and prove it" },
    { "audit", cmd_audit, "who did what: list the audit trail, check its chain" },
    { "alerts", cmd_alerts, "list the alerts of a store" },
    { "rules", cmd_rules, "check alert rules, and try them on what a store holds" },
    { "store", cmd_store, "look after a store: check it, rebuild its index" },
    { "user", cmd_user, "who may log in, and in which role" },
    { "token", cmd_token, "tokens with which scripts ask the API" },
    { "trunks", cmd_trunks, "what trunks and destinations did lately" },
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *to)
{
    fputs("earshot - hears every call on a mirrored port and says how it sounded\n\n"
          "Usage: earshot COMMAND [OPTION]...\n\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].help);
    fputs("\n'earshot COMMAND --help' explains a command; 'man earshot' everything.\n"
          "First steps: earshot analyze capture.pcap\n",
          to);
}

static int refuse(const char *word)
{
    const char *names[COMMANDS], *near;

    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    near = nearest_name(slice_of_text(word), names, COMMANDS);
    if (near)
        fprintf(stderr, "earshot: no command '%.40s', did you mean '%s'?\n", word, near);
    else
        fprintf(stderr, "earshot: no command '%.40s'; 'earshot --help' lists them\n", word);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    struct slice word = slice_of_text(argc > 1 ? argv[1] : "");

    for (size_t i = 0; i < COMMANDS; i++) {
        if (slice_eq(word, slice_of_text(commands[i].name)))
            return commands[i].run(argc - 1, argv + 1);
    }
    if (slice_eq(word, SLICE("--version")))
        return cmd_version(argc - 1, argv + 1);
    if (slice_eq(word, SLICE("--help")) || slice_eq(word, SLICE("-h")) ||
        slice_eq(word, SLICE("help"))) {
        print_help(stdout);
        return EXIT_OK;
    }
    if (word.len)
        return refuse(argv[1]);
    print_help(stderr);
    return EXIT_USAGE;
}
