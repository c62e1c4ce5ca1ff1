/*
 * check_kpi - runs the statements of an SQL file on the database of a day: check_kpi FILE.sql DB.
 *
 * A row whose first column is called `wrong` is a difference, any other is printed as it is. Exits 1
 * where there was one, or where a statement fails.
 */
#include <sqlite3.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_BYTES_MAX = 1 << 16, DIFFERENCES_SHOWN = 20 };

static int on_row(void *ctx, int columns, char **values, char **names)
{
    unsigned *wrong = ctx;
    int is_wrong = columns > 0 && strcmp(names[0], "wrong") == 0;

    if (is_wrong && ++*wrong > DIFFERENCES_SHOWN)
        return 0;
    for (int i = 0; i < columns; i++)
        printf("%s%s %s", i ? ", " : "", names[i], values[i] ? values[i] : "null");
    putchar('\n');
    return 0;
}

static char *read_text(const char *path)
{
    char *text = calloc(1, FILE_BYTES_MAX);
    FILE *f = text ? fopen(path, "re") : NULL;

    if (!f || fread(text, 1, FILE_BYTES_MAX - 1, f) == 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(2);
    }
    fclose(f);
    return text;
}

int main(int argc, char **argv)
{
    char *sql, *why = NULL;
    unsigned wrong = 0;
    sqlite3 *db;
    int err;

    if (argc != 3) {
        fprintf(stderr, "usage: check_kpi FILE.sql DATABASE\n");
        return 2;
    }
    sql = read_text(argv[1]);
    err = sqlite3_open_v2(argv[2], &db, SQLITE_OPEN_READWRITE, NULL);
    if (err == SQLITE_OK)
        err = sqlite3_exec(db, sql, on_row, &wrong, &why);
    if (err != SQLITE_OK)
        fprintf(stderr, "%s: %s\n", argv[2], why ? why : sqlite3_errmsg(db));
    if (wrong > DIFFERENCES_SHOWN)
        printf("and %u more\n", wrong - DIFFERENCES_SHOWN);
    sqlite3_free(why);
    sqlite3_close(db);
    free(sql);
    return err != SQLITE_OK || wrong > 0;
}
