/*
 * query_totals - how much a store holds, counted again only for days whose files have changed.
 */
#include "storage/query_days.h"

#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/store_dir.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Fills in what tells whether the files have changed; true when they have not. */
static bool is_unchanged(const struct query *q, struct day_totals *t)
{
    static const char *const files[2] = { DAY_DB_FILE, DAY_DB_FILE "-wal" };
    bool same = true;

    for (int i = 0; i < 2; i++) {
        struct stat st = { 0 };

        query_days_stat(q, t->day, files[i], &st);
        same = same && same_time(&st.st_mtim, &t->changed[i]) && st.st_size == t->size[i];
        t->changed[i] = st.st_mtim;
        t->size[i] = st.st_size;
    }
    return same;
}

static int count_day(struct query *q, struct day_totals *t)
{
    struct day_reader *r;
    sqlite3_stmt *s = NULL;
    int err = query_days_use(q, t->day, &r);

    if (err == 0)
        err = day_db_prepare(&s, r->db,
                             SLICE("SELECT (SELECT count(*) FROM calls),"
                                   "(SELECT count(*) FROM alerts),(SELECT count(*) FROM chunks),"
                                   "(SELECT min(id) FROM calls),(SELECT max(id) FROM calls)"));
    if (err)
        return err;
    if (sqlite3_step(s) == SQLITE_ROW) {
        t->calls = (uint64_t)sqlite3_column_int64(s, 0);
        t->alerts = (uint64_t)sqlite3_column_int64(s, 1);
        t->chunks = (uint64_t)sqlite3_column_int64(s, 2);
        t->first_time = t->last_time = RECORD_NONE;
        if (t->calls) {
            t->first_time = record_id_time_ns((uint64_t)sqlite3_column_int64(s, 3));
            t->last_time = record_id_time_ns((uint64_t)sqlite3_column_int64(s, 4));
        }
    } else {
        err = day_db_errno(r->db);
    }
    sqlite3_finalize(s);
    return err;
}

/* One slot a day, in the order of q->days; what is known of a day that stays is carried over. */
static int align_totals(struct query *q)
{
    struct day_totals *fresh = calloc(q->day_count ? q->day_count : 1, sizeof *fresh);
    size_t old = 0;

    if (!fresh)
        return -ENOMEM;
    for (size_t i = 0; i < q->day_count; i++) {
        while (old < q->total_count && q->totals[old].day < q->days[i])
            old++;
        if (old < q->total_count && q->totals[old].day == q->days[i])
            fresh[i] = q->totals[old];
        fresh[i].day = q->days[i];
    }
    free(q->totals);
    q->totals = fresh;
    q->total_count = q->day_count;
    return 0;
}

/* The bytes of the files of a day. */
static uint64_t day_bytes(const struct query *q, int32_t day)
{
    char path[STORE_PATH_MAX];
    struct dirent *entry;
    uint64_t bytes = 0;
    DIR *dir;

    if (store_dir_path(path, q->store_dir, day, NULL) != 0)
        return 0;
    dir = opendir(path);
    if (!dir)
        return 0;
    while ((entry = readdir(dir)) != NULL) {
        struct stat st;

        if (query_days_stat(q, day, entry->d_name, &st) == 0 && S_ISREG(st.st_mode))
            bytes += (uint64_t)st.st_size;
    }
    closedir(dir);
    return bytes;
}

static void add_day(struct store_totals *totals, const struct day_totals *t)
{
    totals->calls += t->calls;
    totals->alerts += t->alerts;
    totals->chunks += t->chunks;
    if (t->calls == 0)
        return;
    if (totals->first_time == RECORD_NONE || t->first_time < totals->first_time)
        totals->first_time = t->first_time;
    if (totals->last_time == RECORD_NONE || t->last_time > totals->last_time)
        totals->last_time = t->last_time;
}

int query_totals(struct query *q, struct store_totals *totals)
{
    int err = query_days_refresh(q);

    if (err == 0)
        err = align_totals(q);
    if (err)
        return err;
    *totals = (struct store_totals){ .first_time = RECORD_NONE, .last_time = RECORD_NONE };
    for (size_t i = 0; i < q->day_count; i++) {
        struct day_totals *t = &q->totals[i];

        if (!is_unchanged(q, t)) {
            err = count_day(q, t);
            if (err)
                t->size[0] = -1; /* ask again */
            err = query_days_result(q, t->day, err);
            if (err)
                return err;
        }
        totals->days++;
        totals->bytes += day_bytes(q, t->day);
        add_day(totals, t);
    }
    return 0;
}
