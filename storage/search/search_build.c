#include "storage/search/search_build.h"

#include "storage/day_db.h"
#include "storage/record_sql.h"
#include "storage/search/search_fields.h"
#include "storage/search/search_maker.h"

#include <errno.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* Of the calls of a block. */
enum {
    OPEN_SHARE = 16,   /* still open: it may be made with that part of them */
    LOOK_SHARE = 16,   /* come in since a look that found nothing due */
    STALE_SHARE = 16,  /* changed, before it is made anew */
    SHORT_SHARE = 2,   /* a last block under that is taken apart when the day is opened */
    WAITING_TIMES = 4, /* calls in no block: from there on one is made, whatever is open */
};

enum { NOTE, NTH, OPEN, DROP_COLUMNS, DROP_BLOCK, DROP_STALE, ADD_BLOCK, ADD_COLUMN, STATEMENTS };

static const char *const statements[STATEMENTS] = {
    [NOTE] = "INSERT OR IGNORE INTO search_stale(id) VALUES(?)",
    [NTH] = "SELECT id FROM calls WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?",
    [OPEN] = "SELECT count(*) FROM calls WHERE closed_time IS NULL AND id > ? AND id <= ?",
    [DROP_COLUMNS] = "DELETE FROM search_columns WHERE place >= ? AND place < ?",
    [DROP_BLOCK] = "DELETE FROM search_blocks WHERE block = ?",
    [DROP_STALE] = "DELETE FROM search_stale WHERE id >= ? AND id <= ?",
    [ADD_BLOCK] =
        "INSERT INTO search_blocks(block, last_id, calls, number, version) VALUES(?, ?, ?, ?, ?)",
    [ADD_COLUMN] = "INSERT INTO search_columns(place, least, most, data) VALUES(?, ?, ?, ?)",
};

struct search_build {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    uint32_t calls;   /* of a block */
    uint64_t covered; /* last id of the last block; 0: there is none */
    uint64_t newest;  /* id noted so far */
    uint64_t waiting; /* calls behind it, about */
    uint64_t look_at; /* waiting, when it is worth a look */
    uint64_t stale;   /* noted since the last look at the list */
};

/* --- statements ----------------------------------------------------------------------------- */

/* A whole number; `otherwise` where there is none. */
static int ask_number(sqlite3_stmt *s, sqlite3 *db, int64_t otherwise, int64_t *value)
{
    int rc = sqlite3_step(s), err = 0;

    *value = otherwise;
    if (rc == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL)
        *value = sqlite3_column_int64(s, 0);
    else if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_reset(s);
    return err;
}

static int ask_once(sqlite3 *db, const char *sql, int64_t otherwise, int64_t *value)
{
    sqlite3_stmt *s;
    int err = day_db_prepare(&s, db, slice_of_text(sql));

    if (err)
        return err;
    err = ask_number(s, db, otherwise, value);
    sqlite3_finalize(s);
    return err;
}

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : day_db_errno(db);
}

static int run_with(struct search_build *b, int statement, int64_t first, int64_t second)
{
    sqlite3_stmt *s = b->statements[statement];
    int err;

    sqlite3_bind_int64(s, 1, first);
    if (sqlite3_bind_parameter_count(s) > 1)
        sqlite3_bind_int64(s, 2, second);
    err = sqlite3_step(s) == SQLITE_DONE ? 0 : day_db_errno(b->db);
    sqlite3_reset(s);
    return err;
}

static int end_work(struct search_build *b, int err)
{
    if (err == 0)
        err = run(b->db, "COMMIT");
    if (err)
        sqlite3_exec(b->db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

/* --- one block ------------------------------------------------------------------------------ */

static int drop_block(struct search_build *b, int64_t block, int64_t number)
{
    int err =
        run_with(b, DROP_COLUMNS, number << SEARCH_PLACE_BITS, (number + 1) << SEARCH_PLACE_BITS);

    return err ? err : run_with(b, DROP_BLOCK, block, 0);
}

struct block {
    uint64_t first, last; /* ids that it covers */
    uint32_t calls;
    uint64_t last_call;
    struct search_maker makers[SEARCH_FIELDS];
};

static int prepare_rows(struct search_build *b, const uint16_t *fields, sqlite3_stmt **sp)
{
    struct strbuf sql = { 0 };
    int err;

    record_sql_select_some(&sql, &record_sql_tables[record_sql_table_find(&record_type_call)],
                           b->db, fields, SEARCH_FIELDS);
    strbuf_add_text(&sql, " WHERE id >= ? AND id <= ? ORDER BY id LIMIT ?");
    err = sql.failed ? -ENOMEM : day_db_prepare(sp, b->db, strbuf_slice(&sql));
    strbuf_fini(&sql);
    return err;
}

static int read_rows(struct search_build *b, struct block *block)
{
    uint16_t fields[SEARCH_FIELDS];
    struct call_record call;
    sqlite3_stmt *s = NULL;
    int rc, err;

    for (int i = 0; i < SEARCH_FIELDS; i++)
        fields[i] = (uint16_t)(block->makers[i].member - record_type_call.fields);
    err = prepare_rows(b, fields, &s);
    if (err)
        return err;
    sqlite3_bind_int64(s, 1, (int64_t)block->first);
    sqlite3_bind_int64(s, 2, (int64_t)block->last);
    sqlite3_bind_int64(s, 3, b->calls);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        record_sql_read_some(s, &record_type_call, fields, SEARCH_FIELDS, &call);
        for (int i = 0; i < SEARCH_FIELDS; i++)
            search_maker_add(&block->makers[i], &call);
        block->last_call = call.id;
        block->calls++;
    }
    if (rc != SQLITE_DONE)
        err = day_db_errno(b->db);
    sqlite3_finalize(s);
    return err;
}

static int write_column(struct search_build *b, struct block *block, int field, int64_t number,
                        struct strbuf *bytes)
{
    const struct search_field *f = &search_fields[field];
    const struct search_maker *lean = f->leans_on ? &block->makers[f->leans_on] : NULL;
    sqlite3_stmt *s = b->statements[ADD_COLUMN];
    double least, most;
    int err = search_maker_finish(&block->makers[field], lean, bytes, &least, &most);

    if (err)
        return err;
    sqlite3_bind_int64(s, 1, number << SEARCH_PLACE_BITS | field);
    sqlite3_bind_double(s, 2, least);
    sqlite3_bind_double(s, 3, most);
    sqlite3_bind_blob64(s, 4, bytes->p, bytes->len, SQLITE_STATIC);
    err = sqlite3_step(s) == SQLITE_DONE ? 0 : day_db_errno(b->db);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return err;
}

static int write_block(struct search_build *b, struct block *block)
{
    sqlite3_stmt *s = b->statements[ADD_BLOCK];
    struct strbuf bytes = { 0 };
    int64_t number;
    int err = ask_once(b->db, "SELECT max(number) + 1 FROM search_blocks", 1, &number);

    for (int i = 0; i < SEARCH_FIELDS && err == 0; i++)
        err = write_column(b, block, i, number, &bytes);
    strbuf_fini(&bytes);
    if (err)
        return err;
    sqlite3_bind_int64(s, 1, (int64_t)block->first);
    sqlite3_bind_int64(s, 2, (int64_t)block->last);
    sqlite3_bind_int64(s, 3, block->calls);
    sqlite3_bind_int64(s, 4, number);
    sqlite3_bind_int64(s, 5, SEARCH_VERSION);
    err = sqlite3_step(s) == SQLITE_DONE ? 0 : day_db_errno(b->db);
    sqlite3_reset(s);
    if (err == 0)
        err = run_with(b, DROP_STALE, (int64_t)block->first, (int64_t)block->last);
    return err;
}

/* A block of the first calls from `first` on, up to `last`. *covered: the last id that it covers; it
 * is under first where there was no call. In the transaction that is open. */
static int make_block(struct search_build *b, uint64_t first, uint64_t last, uint64_t *covered)
{
    struct block *block = calloc(1, sizeof *block);
    int err = 0;

    if (!block)
        return -ENOMEM;
    block->first = first;
    block->last = last;
    *covered = first - 1;
    for (int i = 0; i < SEARCH_FIELDS; i++)
        search_maker_init(&block->makers[i], i, b->calls);
    err = read_rows(b, block);
    if (err == 0 && block->calls) {
        if (block->calls == b->calls || last == INT64_MAX)
            block->last = block->last_call;
        err = write_block(b, block);
        *covered = block->last;
    }
    for (int i = 0; i < SEARCH_FIELDS; i++)
        search_maker_fini(&block->makers[i]);
    free(block);
    return err;
}

/* --- what is due ---------------------------------------------------------------------------- */

/* The end of the next block: its last call. 0: it is not due. */
static int find_due(struct search_build *b, uint64_t *last)
{
    sqlite3_stmt *nth = b->statements[NTH], *open = b->statements[OPEN];
    int64_t id, count;
    int err;

    *last = 0;
    sqlite3_bind_int64(nth, 1, (int64_t)b->covered);
    sqlite3_bind_int64(nth, 2, b->calls - 1);
    err = ask_number(nth, b->db, 0, &id);
    if (err || id == 0)
        return err;
    sqlite3_bind_int64(open, 1, (int64_t)b->covered);
    sqlite3_bind_int64(open, 2, id);
    err = ask_number(open, b->db, 0, &count);
    if (err == 0 &&
        (count <= b->calls / OPEN_SHARE || b->waiting >= (uint64_t)b->calls * WAITING_TIMES))
        *last = (uint64_t)id;
    return err;
}

/* One more block at the end. 1, or 0 where none is due. */
static int grow(struct search_build *b)
{
    uint64_t last, covered;
    int err = find_due(b, &last);

    if (err || last == 0) {
        b->look_at = b->waiting + b->calls / LOOK_SHARE;
        return err;
    }
    err = run(b->db, "BEGIN IMMEDIATE");
    if (err)
        return err;
    err = end_work(b, make_block(b, b->covered + 1, last, &covered));
    if (err)
        return err;
    b->covered = covered;
    b->waiting -= b->waiting < b->calls ? b->waiting : b->calls;
    return 1;
}

/* The block whose list of changed calls is longer than `most`. 0; −ENOENT. */
static int find_stale(struct search_build *b, int most, int64_t *block, int64_t *last,
                      int64_t *number)
{
    sqlite3_stmt *s;
    int rc,
        err = day_db_prepare(
            &s, b->db,
            SLICE("SELECT block, last_id, number, (SELECT count(*) FROM search_stale WHERE id >= "
                  "block AND id <= last_id) AS n FROM search_blocks WHERE n > ? LIMIT 1"));

    if (err)
        return err;
    sqlite3_bind_int(s, 1, most);
    rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        *block = sqlite3_column_int64(s, 0);
        *last = sqlite3_column_int64(s, 1);
        *number = sqlite3_column_int64(s, 2);
    } else {
        err = rc == SQLITE_DONE ? -ENOENT : day_db_errno(b->db);
    }
    sqlite3_finalize(s);
    return err;
}

/* The ids of a block anew; there may be more calls among them now. */
static int make_anew(struct search_build *b, int64_t block, int64_t last, int64_t number)
{
    uint64_t covered = (uint64_t)block - 1;
    int err = drop_block(b, block, number);

    while (err == 0 && covered < (uint64_t)last) {
        uint64_t before = covered;

        err = make_block(b, before + 1, (uint64_t)last, &covered);
        if (covered <= before)
            break;
    }
    return err;
}

/* 1, or 0 where no block has that many changed calls. */
static int renew(struct search_build *b, int most)
{
    int64_t block = 0, last = 0, number = 0;
    int err = find_stale(b, most, &block, &last, &number);

    if (err == -ENOENT) {
        b->stale = 0;
        return 0;
    }
    if (err == 0)
        err = run(b->db, "BEGIN IMMEDIATE");
    if (err)
        return err;
    err = end_work(b, make_anew(b, block, last, number));
    return err ? err : 1;
}

int search_build_some(struct search_build *b, int most)
{
    int made = 0, more = 1;

    while (made < most && more == 1) {
        more = 0;
        if (b->waiting >= b->look_at)
            more = grow(b);
        else if (b->stale >= b->calls / STALE_SHARE)
            more = renew(b, (int)b->calls / STALE_SHARE);
        if (more < 0) { /* not again at once: a full disk stays full for a while */
            b->look_at = b->waiting + b->calls / LOOK_SHARE;
            b->stale = 0;
            return more;
        }
        made += more;
    }
    return made;
}

/* Ids between two blocks, or before the first, that none covers: somebody took a block out. 1, or 0. */
static int fill_hole(struct search_build *b)
{
    static const char find[] =
        "SELECT last_id FROM (SELECT 0 AS last_id UNION ALL SELECT last_id FROM search_blocks) AS "
        "a "
        "WHERE last_id < (SELECT max(last_id) FROM search_blocks) AND NOT EXISTS "
        "(SELECT 1 FROM search_blocks WHERE block = a.last_id + 1) LIMIT 1";
    int64_t before, next;
    uint64_t covered = 0;
    char sql[96];
    int err = ask_once(b->db, find, -1, &before);

    if (err || before < 0)
        return err;
    snprintf(sql, sizeof sql, "SELECT min(block) FROM search_blocks WHERE block > %lld",
             (long long)before);
    err = ask_once(b->db, sql, 0, &next);
    if (err == 0)
        err = run(b->db, "BEGIN IMMEDIATE");
    if (err)
        return err;
    for (uint64_t at = (uint64_t)before; err == 0 && at + 1 < (uint64_t)next; at = covered) {
        err = make_block(b, at + 1, (uint64_t)next - 1, &covered);
        if (err == 0 && covered <= at)
            break;
    }
    err = end_work(b, err);
    return err ? err : covered > (uint64_t)before;
}

static int count_rest(struct search_build *b, uint64_t *count)
{
    int64_t value;
    char sql[96];
    int err;

    snprintf(sql, sizeof sql, "SELECT count(*) FROM calls WHERE id > %lld", (long long)b->covered);
    err = ask_once(b->db, sql, 0, &value);
    *count = (uint64_t)value;
    return err;
}

/* The last calls, whatever is open of them. 1, or 0: there are none. */
static int grow_to_end(struct search_build *b, uint64_t least)
{
    uint64_t count, covered = b->covered;
    int err = count_rest(b, &count);

    if (err || count == 0 || count < least)
        return err;
    err = run(b->db, "BEGIN IMMEDIATE");
    if (err == 0)
        err = end_work(b, make_block(b, covered + 1, INT64_MAX, &covered));
    if (err)
        return err;
    b->covered = covered;
    b->waiting = count > b->calls ? count - b->calls : 0;
    return 1;
}

int search_build_rest(struct search_build *b, int most, uint64_t least)
{
    int made = 0, more = 1;

    while (made < most && more) {
        more = grow_to_end(b, least);
        if (more == 0)
            more = fill_hole(b);
        if (more == 0)
            more = renew(b, least > INT32_MAX ? INT32_MAX : (int)least / 4);
        if (more < 0)
            return more;
        made += more;
    }
    return made;
}

/* --- open and close ------------------------------------------------------------------------- */

/* A last block that is short is taken apart: its calls go into the next one. */
static int drop_short(struct search_build *b)
{
    int64_t block = 0, number = 0, calls = b->calls;
    int err = ask_once(b->db, "SELECT calls FROM search_blocks ORDER BY block DESC LIMIT 1",
                       b->calls, &calls);

    if (err || calls >= b->calls / SHORT_SHARE)
        return err;
    err = ask_once(b->db, "SELECT max(block) FROM search_blocks", 0, &block);
    if (err == 0)
        err = ask_once(b->db, "SELECT number FROM search_blocks ORDER BY block DESC LIMIT 1", 0,
                       &number);
    return err ? err : drop_block(b, block, number);
}

static int begin_day(struct search_build *b)
{
    int64_t covered = 0, waiting, newest, stale;
    char sql[192];
    int err = run(b->db, "BEGIN IMMEDIATE");

    if (err)
        return err;
    snprintf(sql, sizeof sql,
             "DELETE FROM search_columns WHERE place >> %d IN (SELECT number FROM search_blocks "
             "WHERE version <> %d); DELETE FROM search_blocks WHERE version <> %d",
             SEARCH_PLACE_BITS, SEARCH_VERSION, SEARCH_VERSION);
    err = run(b->db, sql);
    if (err == 0)
        err = drop_short(b);
    err = end_work(b, err);
    if (err == 0)
        err = ask_once(b->db, "SELECT max(last_id) FROM search_blocks", 0, &covered);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM calls WHERE id > %lld", (long long)covered);
    if (err == 0)
        err = ask_once(b->db, sql, 0, &waiting);
    if (err == 0)
        err = ask_once(b->db, "SELECT max(id) FROM calls", 0, &newest);
    if (err == 0)
        err = ask_once(b->db, "SELECT count(*) FROM search_stale", 0, &stale);
    if (err)
        return err;
    b->covered = (uint64_t)covered;
    b->waiting = (uint64_t)waiting;
    b->newest = (uint64_t)newest;
    b->stale = (uint64_t)stale;
    b->look_at = b->calls;
    return 0;
}

int search_build_open(struct search_build **bp, sqlite3 *db)
{
    struct search_build *b = calloc(1, sizeof *b);
    int err = b ? 0 : -ENOMEM;

    if (!b)
        return err;
    b->db = db;
    b->calls = SEARCH_BLOCK_CALLS;
    for (int i = 0; i < STATEMENTS && err == 0; i++)
        err = day_db_prepare(&b->statements[i], db, slice_of_text(statements[i]));
    if (err == 0)
        err = begin_day(b);
    if (err) {
        search_build_close(b);
        return err;
    }
    *bp = b;
    return 0;
}

void search_build_set_calls(struct search_build *b, uint32_t calls)
{
    b->calls = calls;
    b->look_at = calls;
}

void search_build_close(struct search_build *b)
{
    if (!b)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(b->statements[i]);
    free(b);
}

int search_build_note(struct search_build *b, uint64_t id)
{
    if (id <= b->covered) {
        b->stale++;
        return run_with(b, NOTE, (int64_t)id, 0);
    }
    if (id > b->newest) {
        b->newest = id;
        b->waiting++;
    }
    return 0;
}

/* --- the whole day, one call ---------------------------------------------------------------- */

int search_build_all(sqlite3 *db, search_progress_fn progress, void *ctx)
{
    struct search_build *b;
    uint64_t done = 0;
    int made, err = run(db, "DELETE FROM search_columns; DELETE FROM search_blocks; DELETE FROM "
                            "search_stale");

    if (err == 0)
        err = search_build_open(&b, db);
    if (err)
        return err;
    do {
        made = search_build_rest(b, 1, 0);
        done += b->calls;
    } while (made > 0 && (!progress || progress(ctx, done)));
    search_build_close(b);
    return made < 0 ? made : 0;
}

int search_build_forget(sqlite3 *db, uint64_t id)
{
    static const char find[] = " FROM search_blocks WHERE block <= ?1 AND last_id >= ?1";
    char sql[256];
    sqlite3_stmt *s = NULL;
    int err = 0;

    for (int i = 0; i < 2 && err == 0; i++) {
        if (i == 0)
            snprintf(sql, sizeof sql,
                     "DELETE FROM search_columns WHERE place >> %d IN (SELECT number%s)",
                     SEARCH_PLACE_BITS, find);
        else
            snprintf(sql, sizeof sql, "DELETE%s", find);
        err = day_db_prepare(&s, db, slice_of_text(sql));
        if (err)
            break;
        sqlite3_bind_int64(s, 1, (int64_t)id);
        err = sqlite3_step(s) == SQLITE_DONE ? 0 : day_db_errno(db);
        sqlite3_finalize(s);
    }
    return err;
}
