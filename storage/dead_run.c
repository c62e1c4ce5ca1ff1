#include "storage/dead_run.h"

#include "analyzer/base/log.h"
#include "storage/day_db.h"
#include "storage/packets/lost_chunks.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { GUESSED_DAYS = 2 };

/* What knows the search index of a call that changes is stale. */
static const char note_stale[] = "INSERT OR IGNORE INTO search_stale(id) "
                                 "SELECT id FROM calls WHERE closed_time IS NULL";

/* The last that is known of a call: its own times, its streams', its packets'. Without any of them
 * the time in its id. */
static const char close_calls[] =
    "UPDATE calls SET state = 'interrupted', ended_how = 'interrupted', closed_time = ("
    "SELECT max(t) FROM ("
    "SELECT max(ifnull(invite_time, 0), ifnull(first_18x_time, 0), ifnull(answer_time, 0),"
    " ifnull(end_time, 0), ifnull(settled_time, 0)) AS t"
    " UNION ALL SELECT max(end_time) FROM streams WHERE call = calls.id"
    " UNION ALL SELECT max(last_time) FROM chunks WHERE id = calls.id"
    " UNION ALL SELECT max(last_time) FROM chunks WHERE id IN"
    " (SELECT id FROM streams WHERE call = calls.id)))"
    " WHERE closed_time IS NULL";

static const char close_talks[] =
    "UPDATE calls SET duration_open = 1,"
    " duration_ms = max(ifnull(duration_ms, 0), (closed_time - answer_time) / 1e6)"
    " WHERE state = 'interrupted' AND answer_time IS NOT NULL AND closed_time >= answer_time"
    " AND (duration_open IS NULL OR duration_ms IS NULL"
    " OR duration_ms < (closed_time - answer_time) / 1e6)";

/* The ledger of the run tells how far it came. */
static const char close_alerts[] =
    "UPDATE alerts SET state = 'resolved',"
    " ended_time = max(ifnull(time, 0), ifnull(since, 0), ifnull("
    "(SELECT max(end_time) FROM captures WHERE start_time <= alerts.time), 0)),"
    " description = ifnull(description || ' ', '') ||"
    " 'The probe stopped while this alert was firing: whether it went on is not known.'"
    " WHERE state = 'firing'";

static int run(sqlite3 *db, const char *sql, int *changed)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return day_db_errno(db);
    if (changed)
        *changed = sqlite3_changes(db);
    return 0;
}

static int settle_rows(sqlite3 *db, int *calls, int *alerts)
{
    int err = run(db, note_stale, NULL);

    if (err == 0)
        err = run(db, close_calls, calls);
    if (err == 0 && *calls)
        err = run(db, close_talks, NULL);
    return err ? err : run(db, close_alerts, alerts);
}

static int settle(sqlite3 *db, const char *store_dir, const struct run_mark_day *d, bool power_cut)
{
    struct lost_chunks lost = { 0 };
    int calls = 0, alerts = 0, err = run(db, "BEGIN IMMEDIATE", NULL);
    char day[16] = "";

    if (err)
        return err;
    if (power_cut)
        err = lost_chunks_remove(db, store_dir, d, &lost);
    if (err == 0)
        err = settle_rows(db, &calls, &alerts);
    if (err == 0)
        err = run(db, "COMMIT", NULL);
    if (err) {
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
        return err;
    }
    store_dir_day_name(d->day, day);
    if (calls || alerts)
        log_warn("store: the run before this one died: %d calls of %s that were open are closed as "
                 "interrupted, %d alerts as resolved",
                 calls, day, alerts);
    if (lost.chunks)
        log_warn(
            "store: %s: %llu pieces of packets (%llu packets) had not reached the disk when the "
            "power went: they are no longer listed",
            day, (unsigned long long)lost.chunks, (unsigned long long)lost.frames);
    return 0;
}

static int settle_day(const char *store_dir, const struct run_mark_day *d, bool power_cut)
{
    char path[STORE_PATH_MAX];
    struct stat st;
    sqlite3 *db;
    int err = store_dir_path(path, store_dir, d->day, DAY_DB_FILE);

    if (err)
        return err;
    if (stat(path, &st) != 0)
        return errno == ENOENT ? 0 : -errno; /* removed since */
    err = day_db_open_write(&db, store_dir, d->day);
    if (err)
        return err;
    err = settle(db, store_dir, d, power_cut);
    day_db_close(db);
    return err;
}

void dead_run_settle(const char *store_dir, struct run_mark *left)
{
    bool power_cut = !run_mark_is_of_this_boot(left);
    size_t kept = 0;

    for (size_t i = 0; i < left->count; i++) {
        int err = settle_day(store_dir, &left->days[i], power_cut);
        char day[16] = "";

        if (err == 0)
            continue;
        store_dir_day_name(left->days[i].day, day);
        log_error("store: cannot close what a dead run left open in %s: %s; the next start tries "
                  "again",
                  day, day_db_error_text(err));
        left->days[kept++] = left->days[i];
    }
    left->count = kept;
}

int dead_run_guess(const char *store_dir, struct run_mark *left)
{
    int32_t *days;
    size_t count;
    int err = store_dir_days(store_dir, &days, &count);

    memset(left, 0, sizeof *left);
    if (err)
        return err;
    if (count > GUESSED_DAYS)
        memmove(days, days + count - GUESSED_DAYS, GUESSED_DAYS * sizeof *days);
    count = count > GUESSED_DAYS ? GUESSED_DAYS : count;
    left->days = calloc(count ? count : 1, sizeof *left->days);
    if (!left->days)
        err = -ENOMEM;
    for (size_t i = 0; left->days && i < count; i++)
        left->days[left->count++].day = days[i];
    left->room = count ? count : 1;
    free(days);
    return err;
}
