/*
 * store_check - looks at a store with SQLite's eyes: is every day database whole?
 *
 *     store_check STORE            "ok", or what PRAGMA integrity_check says; exit status 1
 *     store_check STORE COLUMN...  those of the newest ledger, one "COLUMN VALUE" a line
 *     store_check STORE --sql Q    the rows of Q over all days, columns apart by a tab
 *
 * A probe may be writing to it. Nothing here uses the code under test.
 */
#include <dirent.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, SQL_BYTES = 4096, BUSY_MS = 10000 };

static void die(const char *path, const char *why)
{
    fprintf(stderr, "store_check: %s: %s\n", path, why);
    exit(1);
}

static int is_day(const struct dirent *entry)
{
    return strlen(entry->d_name) == 10 && entry->d_name[4] == '-';
}

/* Prints each row; returns how many there were. */
static int print_rows(sqlite3 *db, const char *path, const char *sql)
{
    sqlite3_stmt *statement;
    int rows = 0, code;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        die(path, sqlite3_errmsg(db));
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const unsigned char *text = sqlite3_column_text(statement, i);

            printf("%s%s", i ? "\t" : "", text ? (const char *)text : "null");
        }
        putchar('\n');
        rows++;
    }
    if (code != SQLITE_DONE)
        die(path, sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    return rows;
}

static void check_integrity(sqlite3 *db, const char *path)
{
    sqlite3_stmt *statement;
    const char *verdict;

    if (sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW)
        die(path, sqlite3_errmsg(db));
    verdict = (const char *)sqlite3_column_text(statement, 0);
    if (!verdict || strcmp(verdict, "ok") != 0)
        die(path, verdict ? verdict : "no verdict");
    sqlite3_finalize(statement);
}

/* "bins.sip" is the key sip of the JSON in the column bins. False: this day has no ledger. */
static bool print_ledger(sqlite3 *db, const char *path, char **columns, int count)
{
    for (int i = 0; i < count; i++) {
        char sql[SQL_BYTES], *dot = strchr(columns[i], '.');
        int column_len = dot ? (int)(dot - columns[i]) : (int)strlen(columns[i]);

        if (dot)
            snprintf(sql, sizeof sql,
                     "SELECT '%s ' || ifnull(json_extract(%.*s, '$.%s'), 0) FROM captures "
                     "ORDER BY end_time DESC LIMIT 1",
                     columns[i], column_len, columns[i], dot + 1);
        else
            snprintf(sql, sizeof sql,
                     "SELECT '%s ' || ifnull(%s, 'null') FROM captures "
                     "ORDER BY end_time DESC LIMIT 1",
                     columns[i], columns[i]);
        if (print_rows(db, path, sql) != 1)
            return false;
    }
    return true;
}

/* NULL: no database yet, or nothing in it, as after a kill. */
static sqlite3 *open_day(char path[PATH_BYTES], const char *store, const char *day)
{
    sqlite3_stmt *statement;
    bool is_empty;
    sqlite3 *db;

    snprintf(path, PATH_BYTES, "%s/%s/calls.sqlite", store, day);
    if (access(path, F_OK) != 0)
        return NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        die(path, sqlite3_errmsg(db));
    sqlite3_busy_timeout(db, BUSY_MS);
    check_integrity(db, path);
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM sqlite_master", -1, &statement, NULL) != SQLITE_OK)
        die(path, sqlite3_errmsg(db));
    is_empty = sqlite3_step(statement) != SQLITE_ROW;
    sqlite3_finalize(statement);
    if (!is_empty)
        return db;
    sqlite3_close(db);
    return NULL;
}

int main(int argc, char **argv)
{
    bool is_query = argc == 4 && strcmp(argv[2], "--sql") == 0;
    bool want_ledger = argc > 2 && !is_query;
    struct dirent **days;
    int count;

    if (argc < 2) {
        fputs("usage: store_check STORE [COLUMN...|--sql QUERY]\n", stderr);
        return 2;
    }
    count = scandir(argv[1], &days, is_day, alphasort);
    if (count < 0)
        die(argv[1], "cannot be read");
    while (count-- > 0) { /* newest first */
        char path[PATH_BYTES];
        sqlite3 *db = open_day(path, argv[1], days[count]->d_name);

        if (db && is_query)
            print_rows(db, path, argv[3]);
        else if (db && want_ledger)
            want_ledger = !print_ledger(db, path, argv + 2, argc - 2);
        sqlite3_close(db);
        free(days[count]);
    }
    free(days);
    if (want_ledger)
        die(argv[1], "no ledger");
    if (argc == 2)
        puts("ok");
    return 0;
}
