/*
 * Rows that name the number: found and masked by functions that SQLite calls for each text, so that a
 * column that is added to a table is looked at without being told of.
 */
#include "storage/day_db.h"
#include "storage/search/search_build.h"
#include "storage/upkeep/erase_work.h"

#include "analyzer/base/strbuf.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* clang-format off */
#define NAMES_CALL                                                                                 \
    "names_number(call_id)+names_number(from_user)+names_number(to_user)+names_number(from_uri)+"  \
    "names_number(to_uri)+names_number(request_uri)+names_number(from_number)+"                    \
    "names_number(to_number)>0"
/* clang-format on */

#define UNGROUP                                                                                    \
    "UPDATE calls SET leg_group=NULL WHERE leg_group IS NOT NULL AND is_erased(leg_group) AND "    \
    "id NOT IN (SELECT call_a FROM legs UNION SELECT call_b FROM legs)"

static struct slice value_slice(sqlite3_value *value)
{
    const void *p = sqlite3_value_blob(value); /* before bytes: SQLite asks for that order */

    return slice_of(p, p ? (size_t)sqlite3_value_bytes(value) : 0);
}

static void names_number(sqlite3_context *ctx, int n, sqlite3_value **values)
{
    const struct erase *e = sqlite3_user_data(ctx);

    (void)n;
    sqlite3_result_int(ctx, number_forms_count(e->forms, value_slice(values[0])) > 0);
}

static void mask_number_in(sqlite3_context *ctx, int n, sqlite3_value **values)
{
    const struct erase *e = sqlite3_user_data(ctx);
    struct slice text = value_slice(values[0]);
    char *copy;

    (void)n;
    if (!text.p || number_forms_count(e->forms, text) == 0) {
        sqlite3_result_value(ctx, values[0]);
        return;
    }
    copy = malloc(text.len);
    if (!copy) {
        sqlite3_result_error_nomem(ctx);
        return;
    }
    memcpy(copy, text.p, text.len);
    number_forms_blank(e->forms, copy, text.len);
    sqlite3_result_text64(ctx, copy, text.len, free, SQLITE_UTF8);
}

static void is_erased(sqlite3_context *ctx, int n, sqlite3_value **values)
{
    const struct erase *e = sqlite3_user_data(ctx);

    (void)n;
    sqlite3_result_int(ctx, sqlite3_value_type(values[0]) == SQLITE_INTEGER &&
                                erase_has_id(e, (uint64_t)sqlite3_value_int64(values[0])));
}

/* The id that stands at p as "16 hex digits" in quotes, or 0. */
static uint64_t quoted_id(struct slice s)
{
    uint64_t id = 0;

    if (s.len < 18 || s.p[0] != '"' || s.p[17] != '"')
        return 0;
    for (size_t i = 1; i <= 16; i++) {
        char c = s.p[i];

        if (c >= '0' && c <= '9')
            id = id << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            id = id << 4 | (uint64_t)(c - 'a' + 10);
        else
            return 0;
    }
    return id;
}

/* JSON with the ids of erased calls left out of its arrays; as the value of a key they become null. */
static void without_erased(sqlite3_context *ctx, int n, sqlite3_value **values)
{
    const struct erase *e = sqlite3_user_data(ctx);
    struct slice json = value_slice(values[0]);
    struct strbuf out = { .p = NULL };

    (void)n;
    for (size_t i = 0; i < json.len; i++) {
        uint64_t id = json.p[i] == '"' ? quoted_id(slice_of(json.p + i, json.len - i)) : 0;

        if (!id || !erase_has_id(e, id)) {
            strbuf_add_char(&out, json.p[i]);
            continue;
        }
        i += 17;
        if (out.len && out.p[out.len - 1] == ':')
            strbuf_add_text(&out, "null");
        else if (i + 1 < json.len && json.p[i + 1] == ',')
            i++;
        else if (out.len && out.p[out.len - 1] == ',')
            strbuf_chop(&out, 1);
    }
    if (out.failed)
        sqlite3_result_error_nomem(ctx);
    else if (!json.p)
        sqlite3_result_null(ctx);
    else
        sqlite3_result_text(ctx, out.p ? out.p : "", (int)out.len, SQLITE_TRANSIENT);
    strbuf_fini(&out);
}

static int add_functions(struct erase *e, sqlite3 *db)
{
    static const struct {
        const char *name;
        void (*fn)(sqlite3_context *ctx, int n, sqlite3_value **values);
    } rows[] = {
        { "names_number", names_number },
        { "mask_number", mask_number_in },
        { "is_erased", is_erased },
        { "without_erased", without_erased },
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (sqlite3_create_function_v2(db, rows[i].name, 1, SQLITE_UTF8, e, rows[i].fn, NULL, NULL,
                                       NULL) != SQLITE_OK)
            return day_db_errno(db);
    }
    return 0;
}

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : day_db_errno(db);
}

/* Every first column of the answer is handed to `each`. */
static int each_id(sqlite3 *db, const char *sql, int (*each)(void *ctx, uint64_t id), void *ctx)
{
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, db, slice_of_text(sql));

    if (err)
        return err;
    while (err == 0 && (rc = sqlite3_step(s)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW)
            err = day_db_errno(db);
        else
            err = each(ctx, (uint64_t)sqlite3_column_int64(s, 0));
    }
    sqlite3_finalize(s);
    return err;
}

struct counted {
    struct erase *e;
    uint64_t *count;
};

static int take_id(void *ctx, uint64_t id)
{
    struct counted *c = ctx;

    ++*c->count;
    return erase_ids_add(c->e, id);
}

static int take_count(void *ctx, uint64_t count)
{
    *(uint64_t *)ctx += count;
    return 0;
}

/* The rows that go, by table; what else of them there is to count in a dry run. */
static const struct {
    const char *table, *where;
    size_t count; /* offset in erase_result */
} removals[] = {
    /* clang-format off */
    { "legs", "is_erased(call_a)+is_erased(call_b)>0", offsetof(struct erase_result, legs) },
    { "transactions", "names_number(user)+names_number(from_uri)+names_number(to_uri)+"
      "names_number(contact)+names_number(call_id)>0", offsetof(struct erase_result, transactions) },
    { "registrations", "names_number(user)+names_number(contact)>0",
      offsetof(struct erase_result, registrations) },
    { "security", "names_number(subject)+is_erased(call)>0", offsetof(struct erase_result, security) },
    { "alerts", "names_number(\"group\")", offsetof(struct erase_result, alerts) },
    /* clang-format on */
};

enum { REMOVALS = sizeof removals / sizeof removals[0], SQL_MAX = 1024 };

static uint64_t *counter(struct erase *e, size_t offset)
{
    return (uint64_t *)(void *)((char *)e->result + offset);
}

static int find_ids(struct erase *e, sqlite3 *db)
{
    struct counted calls = { e, &e->result->calls }, streams = { e, &e->result->streams };
    int err = each_id(db, "SELECT id FROM calls WHERE " NAMES_CALL, take_id, &calls);

    erase_ids_sort(e);
    if (err == 0)
        err = each_id(db,
                      "SELECT id FROM streams WHERE is_erased(call) OR "
                      "(call IS NULL AND names_number(rtcp_cname)+names_number(call_id)>0)",
                      take_id, &streams);
    erase_ids_sort(e);
    return err;
}

/* What a dry run tells of the other tables. */
static int count_rows(struct erase *e, sqlite3 *db)
{
    char sql[SQL_MAX];
    int err = 0;

    for (size_t i = 0; err == 0 && i < REMOVALS; i++) {
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE %s", removals[i].table,
                 removals[i].where);
        err = each_id(db, sql, take_count, counter(e, removals[i].count));
    }
    return err;
}

int erase_rows_find(struct erase *e, int32_t day)
{
    sqlite3 *db;
    int err = day_db_open_read(&db, e->dir, day);

    if (err == -ENOENT)
        return 0;
    if (err)
        return err;
    err = add_functions(e, db);
    if (err == 0)
        err = find_ids(e, db);
    if (err == 0 && e->options->dry_run)
        err = count_rows(e, db);
    day_db_close(db);
    return err;
}

static int remove_rows(struct erase *e, sqlite3 *db, bool *changed)
{
    char sql[SQL_MAX];
    int err = 0;

    for (size_t i = 0; err == 0 && i < REMOVALS; i++) {
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE %s", removals[i].table, removals[i].where);
        err = run(db, sql);
        *counter(e, removals[i].count) += (uint64_t)sqlite3_changes(db);
        *changed |= sqlite3_changes(db) > 0;
    }
    return err;
}

static int forget_in_search(void *db, uint64_t id)
{
    return search_build_forget(db, id);
}

/* Calls of the set, and what only makes sense with them. */
static int remove_calls(struct erase *e, sqlite3 *db, bool *changed)
{
    static const char *const steps[] = {
        "DELETE FROM streams WHERE is_erased(id) OR is_erased(call)",
        "DELETE FROM chunks WHERE is_erased(id)",
        "DELETE FROM calls WHERE is_erased(id)",
    };
    int err = each_id(db, "SELECT id FROM calls WHERE is_erased(id)", forget_in_search, db);

    (void)e;
    for (size_t i = 0; err == 0 && i < sizeof steps / sizeof steps[0]; i++) {
        err = run(db, steps[i]);
        *changed |= sqlite3_changes(db) > 0;
    }
    return err;
}

/* Others that speak of them: alerts that they prove, calls that they tie. A conversation that only one
 * leg is left of is none. */
static int unlink_calls(sqlite3 *db, bool *changed)
{
    static const char *const steps[] = {
        "UPDATE alerts SET calls=without_erased(calls) WHERE calls<>without_erased(calls)",
        "UPDATE calls SET links=without_erased(links) WHERE links<>without_erased(links)",
        UNGROUP,
    };
    int err = 0;

    for (size_t i = 0; err == 0 && i < sizeof steps / sizeof steps[0]; i++) {
        err = run(db, steps[i]);
        *changed |= sqlite3_changes(db) > 0;
    }
    return err;
}

/* "names_number(a)+names_number(b)>0" and "a=mask_number(a),b=…" of the texts of a table. */
static int list_texts(sqlite3 *db, const char *table, struct strbuf *where, struct strbuf *set)
{
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, db,
                                 SLICE("SELECT name FROM pragma_table_info(?) "
                                       "WHERE type='TEXT'"));

    if (err)
        return err;
    sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 0);

        strbuf_addf(where, "%snames_number(\"%s\")", where->len ? "+" : "", name);
        strbuf_addf(set, "%s\"%s\"=mask_number(\"%s\")", set->len ? "," : "", name, name);
    }
    if (rc != SQLITE_DONE)
        err = day_db_errno(db);
    sqlite3_finalize(s);
    return where->failed || set->failed ? -ENOMEM : err;
}

static int mask_table(sqlite3 *db, const char *table, uint64_t *rows)
{
    struct strbuf where = { .p = NULL }, set = { .p = NULL }, sql = { .p = NULL };
    int err = list_texts(db, table, &where, &set);

    if (err == 0 && where.len && strcmp(table, "calls") == 0) {
        strbuf_addf(&sql, "SELECT id FROM calls WHERE %s>0", where.p);
        err = sql.failed ? -ENOMEM : each_id(db, sql.p, forget_in_search, db);
        strbuf_reset(&sql);
    }
    if (err == 0 && where.len) {
        strbuf_addf(&sql, "UPDATE \"%s\" SET %s WHERE %s>0", table, set.p, where.p);
        err = sql.failed ? -ENOMEM : run(db, sql.p);
        *rows += err == 0 ? (uint64_t)sqlite3_changes(db) : 0;
    }
    strbuf_fini(&where);
    strbuf_fini(&set);
    strbuf_fini(&sql);
    return err;
}

static int mask_tables(sqlite3 *db, uint64_t *rows)
{
    sqlite3_stmt *s = NULL;
    int rc, err = day_db_prepare(&s, db,
                                 SLICE("SELECT name FROM sqlite_master WHERE type='table' "
                                       "AND name NOT LIKE 'sqlite%'"));

    if (err)
        return err;
    while (err == 0 && (rc = sqlite3_step(s)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW)
            err = day_db_errno(db);
        else
            err = mask_table(db, (const char *)sqlite3_column_text(s, 0), rows);
    }
    sqlite3_finalize(s);
    return err;
}

int erase_rows_mask(struct erase *e, sqlite3 *db, uint64_t *rows)
{
    int err = add_functions(e, db);

    if (err == 0)
        err = run(db, "PRAGMA secure_delete=ON");
    if (err == 0)
        err = run(db, "BEGIN IMMEDIATE");
    if (err)
        return err;
    err = mask_tables(db, rows);
    if (err == 0)
        err = run(db, "COMMIT");
    if (err)
        run(db, "ROLLBACK");
    return err;
}

int erase_rows_remove(struct erase *e, sqlite3 *db, bool *changed)
{
    uint64_t masked = 0;
    int err = add_functions(e, db);

    if (err == 0)
        err = run(db, "PRAGMA secure_delete=ON");
    if (err == 0)
        err = run(db, "BEGIN IMMEDIATE");
    if (err)
        return err;
    err = remove_calls(e, db, changed);
    if (err == 0)
        err = remove_rows(e, db, changed);
    if (err == 0)
        err = unlink_calls(db, changed);
    if (err == 0)
        err = mask_tables(db, &masked);
    if (err == 0)
        err = run(db, "COMMIT");
    if (err) {
        run(db, "ROLLBACK");
        return err;
    }
    e->result->rows_masked += masked;
    *changed |= masked > 0;
    return 0;
}

/* What SQLite copies for the vacuum goes through the log, which is emptied after. */
int erase_rows_compact(sqlite3 *db)
{
    int err = run(db, "PRAGMA secure_delete=ON");

    if (err == 0)
        err = run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (err == 0)
        err = run(db, "VACUUM");
    if (err == 0)
        err = run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
    return err;
}
