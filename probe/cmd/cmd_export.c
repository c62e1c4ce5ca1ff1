#include "probe/cmd/cmd.h"
#include "probe/cmd/store_query.h"
#include "storage/pcap_export.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { PIECE_BYTES = 128 * 1024 };

static int copy_out(const struct cli_command *command, struct pcap_export *x, FILE *to,
                    const char *path)
{
    uint8_t piece[PIECE_BYTES];
    int64_t n;

    while ((n = pcap_export_read(x, piece, sizeof piece)) > 0) {
        if (fwrite(piece, 1, (size_t)n, to) != (size_t)n)
            return cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", path, strerror(errno));
    }
    if (n < 0)
        return store_query_failed(command, "the packets", (int)n);
    if (fflush(to) != 0)
        return cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", path, strerror(errno));
    return EXIT_OK;
}

static int export_call(const struct cli_command *command, const char *store, uint64_t id,
                       const char *path)
{
    bool to_stdout = strcmp(path, "-") == 0;
    struct pcap_export *x;
    FILE *to;
    int status, err = pcap_export_open(&x, store, id);

    if (err == -ENOENT)
        return cli_fail(command, EXIT_TROUBLE, "none of this call's packets are stored");
    if (err)
        return store_query_failed(command, "the packets", err);
    to = to_stdout ? stdout : fopen(path, "wbe");
    if (!to) {
        pcap_export_close(x);
        return cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", path, strerror(errno));
    }
    status = copy_out(command, x, to, path);
    if (!to_stdout && fclose(to) != 0 && status == EXIT_OK)
        status = cli_fail(command, EXIT_CANNOT_WRITE, "%s: %s", path, strerror(errno));
    if (status == EXIT_OK && !to_stdout)
        printf("%llu packets into %s\n", (unsigned long long)pcap_export_frames(x), path);
    if (pcap_export_damaged(x))
        status =
            cli_fail(command, EXIT_BAD_INPUT, "%llu chunks of this call are damaged and left out",
                     (unsigned long long)pcap_export_damaged(x));
    pcap_export_close(x);
    return status;
}

int cmd_export(int argc, char **argv)
{
    const char *store = NULL, *output = NULL;
    const struct cli_option options[] = {
        { "store", 's', CLI_TEXT, "DIR", "the store to read", &store, 0, 0 },
        { "output", 'o', CLI_TEXT, "FILE", "where to write; '-' is the standard output", &output, 0,
          0 },
    };
    const struct cli_command command = {
        "export",
        "CALL --store DIR -o FILE",
        "writes every packet of a call, SIP and media, as captured",
        "CALL is the id that 'earshot calls' shows, or a Call-ID (the newest call that has it).\n\n"
        "  earshot export 0dd2… --store /var/lib/earshot -o call.pcap\n"
        "  earshot export 0dd2… --store /var/lib/earshot -o - | wireshark -k -i -\n",
        options,
        2,
    };
    struct query *q;
    uint64_t id;
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (first == argc)
        return cli_fail(&command, EXIT_USAGE, "which call? its id or its Call-ID");
    if (!output)
        return cli_fail(&command, EXIT_USAGE, "where to? '-o FILE', or '-o -'");
    if (strcmp(output, "-") == 0 && isatty(STDOUT_FILENO))
        return cli_fail(&command, EXIT_USAGE, "packets on a terminal help nobody: '-o FILE'");
    status = store_query_open(&command, store, &q);
    if (status != -1)
        return status;
    status = store_query_find(&command, q, argv[first], &id);
    query_close(q);
    return status != -1 ? status : export_call(&command, store, id, output);
}
