#include "probe/cmd/cmd_store.h"

#include "analyzer/base/nearest.h"
#include "probe/cli.h"
#include "probe/cmd/cmd.h"

#include <stdio.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    { "status", cmd_store_status,
      "what it takes, how far back it reaches, how long the disk will do" },
    { "check", cmd_store_check, "verify every checksum and every reference" },
    { "rebuild-index", cmd_store_rebuild, "make the index anew from the packets" },
    { "retain", cmd_store_retain, "remove what is past its limits, once" },
    { "pin", cmd_store_pin, "keep a call, whatever the limits say" },
    { "unpin", cmd_store_unpin, "let it go again" },
    { "pins", cmd_store_pins, "list the calls that are kept so" },
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *to)
{
    fputs("earshot store - looks after a store\n\n"
          "Usage: earshot store COMMAND --store DIR [OPTION]...\n\n",
          to);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(to, "  %-14s %s\n", commands[i].name, commands[i].help);
    fputs("\n'earshot store COMMAND --help' explains one.\n", to);
}

static int refuse(const char *word)
{
    const char *names[COMMANDS], *near;

    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    near = nearest_name(slice_of_text(word), names, COMMANDS);
    if (near)
        fprintf(stderr, "earshot store: no command '%.40s', did you mean '%s'?\n", word, near);
    else
        fprintf(stderr, "earshot store: no command '%.40s'; 'earshot store --help' lists them\n",
                word);
    return EXIT_USAGE;
}

int cmd_store(int argc, char **argv)
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
