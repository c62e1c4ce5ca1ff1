#include "probe/cmd/store_query.h"

#include "analyzer/base/log.h"
#include "storage/day_db.h"

#include <errno.h>

int store_query_open(const struct cli_command *command, const char *dir, struct query **q)
{
    int err;

    if (!dir)
        return cli_fail(command, EXIT_USAGE, "which store? '--store DIR'");
    err = query_open(q, dir);
    if (err == -EPROTO)
        return cli_fail(command, EXIT_BAD_INPUT,
                        "%s: the store was made by a newer version of earshot; use that one", dir);
    if (err)
        return cli_fail(command, EXIT_NO_INPUT, "%s: cannot be read as a store: %s", dir,
                        strerror(-err));
    return -1;
}

int store_query_failed(const struct cli_command *command, const char *what, int err)
{
    return cli_fail(command, err == -EPROTO ? EXIT_BAD_INPUT : EXIT_TROUBLE,
                    "%s cannot be read: %s", what, day_db_error_text(err));
}

int store_query_find(const struct cli_command *command, struct query *q, const char *text,
                     uint64_t *id)
{
    int err = query_find_call(q, slice_of_text(text), id);

    if (err == -ENOENT)
        return cli_fail(command, EXIT_TROUBLE,
                        "no call '%s' in the store; 'earshot calls' lists them",
                        log_text(slice_of_text(text)));
    if (err)
        return store_query_failed(command, "the store", err);
    return -1;
}
