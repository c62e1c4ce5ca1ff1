#include "probe/cmd/cmd_rules.h"

#include <stdio.h>
#include <stdlib.h>

/* What is worse: 65 is a rule that is wrong, 66 one that is not there. */
static int check(const struct cli_command *command, const char *path, struct rule_folder *folder,
                 size_t *fine)
{
    char room[FOLDERS_PATH_MAX];
    int status = cmd_rules_read(command, path, folder, room);

    *fine += folder->count;
    rule_folder_fini(folder);
    return status;
}

int cmd_rules_check(int argc, char **argv)
{
    const struct cli_command command = {
        "rules check",
        "[DIR|FILE]...",
        "says what is wrong with alert rules, one mistake a line, each with its file, line and "
        "column",
        "Without a name those that came with earshot. Ends with 65 when a rule is wrong.\n\n"
        "  earshot rules check /etc/earshot/rules\n"
        "  earshot rules check rules/*.yaml\n",
        NULL,
        0,
    };
    struct rule_folder *folder;
    size_t fine = 0;
    int first, result = EXIT_OK, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    folder = calloc(1, sizeof *folder);
    if (!folder)
        return cli_fail(&command, EXIT_TROUBLE, "no memory");
    if (first == argc)
        result = check(&command, NULL, folder, &fine);
    for (int i = first; i < argc; i++) {
        status = check(&command, argv[i], folder, &fine);
        result = status == -1 || status < result ? result : status;
    }
    free(folder);
    fflush(stderr);
    printf(fine == 1 ? "%zu rule is fine\n" : "%zu rules are fine\n", fine);
    return result == -1 ? EXIT_OK : result;
}
