#include "probe/cli.h"
#include "probe/cmd/cmd_store.h"
#include "probe/cmd/settings.h"
#include "probe/cmd/store_rebuild.h"
#include "probe/engine/progress.h"
#include "probe/engine/stop_signal.h"
#include "storage/day_db.h"
#include "storage/store_dir.h"
#include "storage/upkeep/rebuild.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct rebuilding {
    const struct cli_command *command;
    const char *store, *only;
    struct engine_options engine;
    struct progress bar;
    struct rebuild_progress done;
};

static void show(void *ctx, const struct rebuild_progress *p)
{
    struct rebuilding *r = ctx;

    progress_update(&r->bar, &(struct progress_state){ .done_bytes = (int64_t)p->done_bytes,
                                                       .total_bytes = (int64_t)p->total_bytes,
                                                       .packets = (int64_t)p->frames });
}

static int busy(const struct rebuilding *r)
{
    return cli_fail(r->command, EXIT_UNAVAILABLE,
                    "%s: a probe is writing to this store; stop it first (systemctl stop earshot), "
                    "then try again",
                    r->store);
}

static int failed(const struct rebuilding *r, const char *day, int err)
{
    if (err == -EBUSY)
        return busy(r);
    return cli_fail(r->command, err == -EPROTO ? EXIT_BAD_INPUT : EXIT_CANNOT_WRITE,
                    "%s/%s: its index cannot be made: %s", r->store, day, day_db_error_text(err));
}

/* The calls of packets that have no row. */
static int rebuild_calls(struct rebuilding *r, int32_t day, const char *name,
                         const struct rebuild_result *result)
{
    struct store_rebuild again = { .store_dir = r->store,
                                   .day = day,
                                   .ids = result->missing,
                                   .id_count = result->missing_count,
                                   .engine = &r->engine,
                                   .progress = &r->bar };
    int err = store_rebuild_calls(&again);

    progress_clear(&r->bar);
    if (err && *again.error.text)
        return cli_fail(r->command, EXIT_CANNOT_WRITE, "%s", again.error.text);
    if (err)
        return failed(r, name, err);
    if (again.calls + again.streams)
        printf("%s: %llu calls and %llu streams that had no row, from %llu packets\n", name,
               (unsigned long long)again.calls, (unsigned long long)again.streams,
               (unsigned long long)again.packets);
    return EXIT_OK;
}

static void print_day(const char *name, const struct rebuild_result *result)
{
    printf("%s: %llu chunks with %llu packets\n", name, (unsigned long long)result->chunks,
           (unsigned long long)result->frames);
    if (result->was_set_aside)
        printf("%s: the database was damaged and is kept beside the new one, as %s.damaged-N; "
               "alerts, other requests and figures are in it alone\n",
               name, DAY_DB_FILE);
    if (result->damaged_bytes)
        printf("%s: %llu bytes of the segments are in no whole chunk\n", name,
               (unsigned long long)result->damaged_bytes);
    if (result->silent)
        printf("%s: %llu chunks whose sound is no longer kept\n", name,
               (unsigned long long)result->silent);
    if (result->repeated)
        printf("%s: %llu chunks are there twice; one of each counts\n", name,
               (unsigned long long)result->repeated);
}

static int rebuild_one(struct rebuilding *r, int32_t day, const char *name)
{
    struct rebuild_result result;
    int lock, status = EXIT_OK, err = store_dir_open(r->store, &lock);

    if (err)
        return failed(r, name, err);
    err = rebuild_day(r->store, day, &r->done, show, r, &result);
    close(lock);
    progress_clear(&r->bar);
    if (err)
        return failed(r, name, err);
    print_day(name, &result);
    if (result.missing_count)
        status = rebuild_calls(r, day, name, &result);
    rebuild_result_fini(&result);
    if (status == EXIT_OK) {
        err = rebuild_search(r->store, day);
        if (err)
            status = failed(r, name, err);
    }
    return status;
}

static int rebuild_days(struct rebuilding *r, const int32_t *days, size_t count)
{
    int status = EXIT_OK;
    bool found = false;

    for (size_t i = 0; i < count; i++)
        r->done.total_bytes += rebuild_bytes(r->store, days[i]);
    for (size_t i = 0; i < count && status == EXIT_OK && !stop_signal_seen(); i++) {
        char name[16] = "";

        store_dir_day_name(days[i], name);
        if (r->only && strcmp(r->only, name) != 0)
            continue;
        found = true;
        status = rebuild_one(r, days[i], name);
    }
    if (r->only && !found)
        return cli_fail(r->command, EXIT_NO_INPUT, "%s has no day '%.20s' (2026-11-21)", r->store,
                        r->only);
    return status;
}

static int rebuild_store(struct rebuilding *r)
{
    int32_t *days = NULL;
    size_t count = 0;
    struct stat st;
    int status, err = stat(r->store, &st) == 0 ? store_dir_check(r->store) : -errno;

    if (err == 0)
        err = store_dir_days(r->store, &days, &count);
    if (err)
        return cli_fail(r->command, err == -EPROTO ? EXIT_BAD_INPUT : EXIT_NO_INPUT,
                        "%s: cannot be read as a store: %s", r->store, day_db_error_text(err));
    stop_signal_install();
    progress_begin(&r->bar);
    status = rebuild_days(r, days, count);
    progress_end(&r->bar);
    free(days);
    if (fflush(stdout) != 0 && status == EXIT_OK)
        status = EXIT_CANNOT_WRITE;
    return status;
}

int cmd_store_rebuild(int argc, char **argv)
{
    struct rebuilding r = { .store = NULL };
    const char *config = NULL;
    const struct cli_option options[] = {
        { "config", 'c', CLI_TEXT, "FILE",
          "what of earshot.yaml(5) is heeded where calls are analysed again: decap, dtmf, trunks, "
          "numbers, destinations, privacy",
          &config, 0, 0 },
        { "day", 'd', CLI_TEXT, "DAY", "that day alone (2026-11-21, UTC)", &r.only, 0, 0 },
        { "store", 's', CLI_TEXT, "DIR", "the store", &r.store, 0, 0 },
    };
    const struct cli_command command = {
        "store rebuild-index",
        "--store DIR",
        "makes the index of a store anew from its packets",
        "Where a day's database is missing or damaged, its calls and streams come back as well, by "
        "analysing\nthe stored packets again. No probe may be writing to the store.\n\n"
        "  earshot store rebuild-index --store /var/lib/earshot/store --day 2026-11-21\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct plan_loaded plan;
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    r.command = &command;
    if (!r.store)
        return cli_fail(&command, EXIT_USAGE, "which store? '--store DIR'");
    status = settings_read_engine(&command, config, &plan, &r.engine);
    r.engine.privacy = (struct privacy){ .numbers = PRIVACY_CLEAR }; /* the packets are masked */
    if (status == -1)
        status = rebuild_store(&r);
    plan_load_fini(&plan);
    return status;
}
