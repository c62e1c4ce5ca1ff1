#include "storage/upkeep/verify.h"

#include "storage/day_db.h"
#include "storage/store_dir.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

struct verify {
    const struct verify_options *options;
    struct verify_result *result;
    struct verify_progress progress;
    int32_t day;
    char day_name[16];
};

static void tell(struct verify *v, bool is_fault, const char *file, int64_t offset,
                 const char *what, const char *advice)
{
    struct verify_finding finding = { is_fault, v->day_name, file, offset, what, advice };

    if (is_fault)
        v->result->faults++;
    else
        v->result->notes++;
    v->options->found(v->options->ctx, &finding);
}

static const char rebuild_advice[] = "'earshot store rebuild-index' makes it anew from the packets";

/* What SQLite says of its own file. */
static int check_pages(struct verify *v, sqlite3 *db)
{
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, db, SLICE("PRAGMA quick_check(10)"));

    if (err)
        return err;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(s, 0);

        if (!text || strcmp(text, "ok") != 0)
            tell(v, true, DAY_DB_FILE, -1, text ? text : "no verdict", rebuild_advice);
    }
    if (rc != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_finalize(s);
    return err;
}

static void check_day(struct verify *v)
{
    sqlite3 *db;
    int err = day_db_open_read(&db, v->options->store_dir, v->day);

    if (err == -ENOENT)
        return;
    if (err) {
        tell(v, true, DAY_DB_FILE, -1, day_db_error_text(err), rebuild_advice);
        return;
    }
    err = check_pages(v, db);
    if (err)
        tell(v, true, DAY_DB_FILE, -1, day_db_error_text(err), rebuild_advice);
    day_db_close(db);
}

int verify_store(const struct verify_options *options, struct verify_result *result)
{
    struct verify v = { .options = options, .result = result };
    int32_t *days;
    size_t count;
    int err = store_dir_check(options->store_dir);

    *result = (struct verify_result){ .days = 0 };
    if (err == 0)
        err = store_dir_days(options->store_dir, &days, &count);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++) {
        v.day = days[i];
        store_dir_day_name(v.day, v.day_name);
        check_day(&v);
        result->days++;
    }
    free(days);
    return 0;
}
