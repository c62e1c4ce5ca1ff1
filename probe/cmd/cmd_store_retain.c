#include "analyzer/record.h"
#include "analyzer/record_id.h"
#include "probe/cmd/byte_text.h"
#include "probe/cmd/cmd_store.h"
#include "probe/cmd/settings.h"
#include "storage/store_dir.h"
#include "storage/upkeep/retention_work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

struct retain {
    const struct cli_command *command;
    struct retention_work work;
    int64_t bytes;
    uint64_t settled, failed;
    bool dry_run, trust_clock;
};

static void print_removal(const struct retention_removal *r, int64_t bytes, const char *note)
{
    struct strbuf line = { 0 };
    char day[16] = "";

    store_dir_day_name(r->day, day);
    strbuf_addf(&line, "  %s  %-10s ", day,
                r->kind == STORE_ROWS ? "whole day" : store_kind_name((enum store_kind)r->kind));
    byte_text_add_right(&line, bytes, 8);
    strbuf_addf(&line, "  %s%s\n", retention_cause_name((enum retention_cause)r->cause), note);
    fwrite(line.p ? line.p : "", 1, line.len, stdout);
    strbuf_fini(&line);
}

static void on_done(void *ctx, const struct retention_removal *r, const struct day_removed *removed,
                    int err)
{
    struct retain *t = ctx;
    int64_t bytes = 0;

    for (int k = 0; k < STORE_KINDS; k++)
        bytes += removed->bytes[k];
    t->bytes += bytes;
    t->settled += removed->is_settled;
    t->failed += err != 0;
    print_removal(r, bytes,
                  err                   ? ": failed, see above"
                  : removed->is_settled ? ": pinned calls alone are left, kept"
                                        : "");
}

static void say_plan(struct retain *t, const struct retention_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        print_removal(&plan->removals[i], plan->removals[i].takes, "");
        t->bytes += plan->removals[i].takes;
    }
}

static void say_end(struct retain *t, const struct retention_plan *plan)
{
    struct strbuf line = { 0 };

    if (plan->count == 0) {
        strbuf_add_text(&line, "nothing has to go\n");
    } else {
        byte_text_add(&line, t->bytes);
        strbuf_add_text(&line, t->dry_run ? " would go, pinned calls excepted\n" : " removed\n");
    }
    if (plan->clock_is_ahead)
        strbuf_addf(
            &line,
            "the clock is over %d days ahead of the newest packet: ages are counted from that "
            "packet\n",
            RETENTION_AHEAD_DAYS);
    if (plan->disk_short) {
        byte_text_add(&line, plan->disk_short);
        strbuf_add_text(&line, " of what retention.free_* asks for cannot be made free\n");
    }
    fwrite(line.p ? line.p : "", 1, line.len, stdout);
    strbuf_fini(&line);
}

static int retain(struct retain *t)
{
    struct retention_when when = { .packet_day = RETENTION_NO_PACKETS,
                                   .age_is_due = true,
                                   .by_hand = true };
    struct retention_plan plan;
    struct timespec now;
    int err;

    clock_gettime(CLOCK_REALTIME, &now);
    when.clock_day = record_id_day(record_id_make((int64_t)now.tv_sec * 1000000000, 0));
    when.now_ms = 1;
    if (t->trust_clock)
        when.packet_day = when.clock_day;
    err = retention_work_look(&t->work, &when, &plan);
    if (err)
        return cli_fail(t->command, EXIT_NO_INPUT, "%s: cannot be looked at: %s",
                        t->work.removal.store_dir, strerror(-err));
    if (t->dry_run)
        say_plan(t, &plan);
    else
        retention_work_do(&t->work, &when, &plan, on_done, t);
    say_end(t, &plan);
    retention_plan_fini(&plan);
    return t->failed ? EXIT_CANNOT_WRITE : EXIT_OK;
}

static bool is_locked(const char *store)
{
    char path[STORE_PATH_MAX];
    bool locked;
    int n = snprintf(path, sizeof path, "%s/VERSION", store);
    int fd = n > 0 && n < (int)sizeof path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return false;
    locked = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return locked;
}

/* Beside a probe it would remove what that one is writing to. */
static int lock(const struct retain *t, const char *store, int *fd)
{
    int err = store_dir_check(store);

    if (err == 0)
        err = is_locked(store) ? -EBUSY : store_dir_open(store, fd);
    if (err == -EBUSY)
        return cli_fail(t->command, EXIT_UNAVAILABLE,
                        "%s: a probe writes to this store, and does this itself every minute; "
                        "'--dry-run' shows what would go",
                        store);
    if (err)
        return cli_fail(t->command, err == -ENOENT ? EXIT_NO_INPUT : EXIT_CANNOT_WRITE,
                        "%s: cannot be used as a store: %s", store, strerror(-err));
    return -1;
}

static int run(struct retain *t, const struct config *config)
{
    const struct day_removal removal = { .store_dir = config->store_directory };
    struct retention_limits limits;
    int fd = -1, err, status = t->dry_run ? -1 : lock(t, removal.store_dir, &fd);

    if (status != -1)
        return status;
    settings_retention(config, &limits);
    retention_work_init(&t->work, &removal, &limits);
    err = t->dry_run ? 0 : day_removal_clean(&removal);
    if (err)
        status = cli_fail(t->command, EXIT_CANNOT_WRITE,
                          "%s: what an earlier run had removed is still there: %s",
                          removal.store_dir, strerror(-err));
    else
        status = retain(t);
    retention_work_fini(&t->work);
    if (fd >= 0)
        close(fd);
    return fflush(stdout) == 0 ? status : EXIT_CANNOT_WRITE;
}

int cmd_store_retain(int argc, char **argv)
{
    struct settings set = { .file = NULL };
    struct retain t = { .dry_run = false };
    const struct cli_option options[] = {
        { "config", 'c', CLI_TEXT, "FILE", "whose limits (retention.*), and whose store", &set.file,
          0, 0 },
        { "store", 's', CLI_TEXT, "DIR", "another store than the configuration's", &set.store, 0,
          0 },
        { "dry-run", 'n', CLI_FLAG, NULL, "say what would go, and why, and remove nothing",
          &t.dry_run, 0, 0 },
        { "trust-clock", 0, CLI_FLAG, NULL,
          "ages are counted from today, although no packet came for days", &t.trust_clock, 0, 0 },
    };
    const struct cli_command command = {
        "store retain",
        "-c FILE [--dry-run]",
        "removes what is past its limits, once; a running probe does so by itself",
        "  earshot store retain --dry-run -c /etc/earshot/earshot.yaml\n",
        options,
        sizeof options / sizeof options[0],
    };
    struct config config;
    int first, status = cli_parse(&command, argc, argv, &first);

    if (status != -1)
        return status;
    if (!set.file)
        return cli_fail(&command, EXIT_USAGE, "by which limits? '-c FILE'");
    t.command = &command;
    status = settings_read(&command, &set, &config);
    if (status == -1)
        status = run(&t, &config);
    config_fini(&config);
    return status;
}
