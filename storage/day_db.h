/*
 * day_db - the SQLite database of one day: opened, brought to the newest schema, its errors named.
 *
 * Ownership  What an open hands out is closed with sqlite3_close_v2.
 * Thread     One thread a connection.
 * Errors     −errno; SQLite's own codes are translated by day_db_errno.
 */
#ifndef STORAGE_DAY_DB_H
#define STORAGE_DAY_DB_H

#include "analyzer/base/slice.h"

struct sqlite3;
struct sqlite3_stmt;

/* PRAGMA user_version of schema.sql. */
enum { DAY_DB_VERSION = 7 };

#define DAY_DB_FILE "calls.sqlite"

/* schema.sql and migrations/, embedded by the build. The steps end with a version 0. */
struct day_db_step {
    int to_version;
    const char *sql;
};
extern const char day_db_schema[];
extern const struct day_db_step day_db_steps[];

/* For the one process that writes: makes folder and database where there are none, and runs the
 * steps an older one needs. One that is damaged is set aside under another name (named in the log)
 * and begun anew. −EPROTO when it is of a newer version (named in the log). */
int day_db_open_write(struct sqlite3 **dbp, const char *store_dir, int32_t day);

/* What day_db_open_write does with a damaged one: it gets another name, and is named in the log. */
int day_db_set_aside(const char *store_dir, int32_t day);

/* For readers. −ENOENT when there is no database, or nothing in it yet. */
int day_db_open_read(struct sqlite3 **dbp, const char *store_dir, int32_t day);

/* Brings an open database to `version` by `steps`; an empty one by `schema`. */
int day_db_migrate(struct sqlite3 *db, const char *schema, const struct day_db_step *steps,
                   int version);

int day_db_set_cache(struct sqlite3 *db, int cache_kib);

/* Closed pages go to the database itself; the connection ends. */
void day_db_close(struct sqlite3 *db);

/* 0, or −errno with *sp untouched. The text is prepared to be used often. */
int day_db_prepare(struct sqlite3_stmt **sp, struct sqlite3 *db, struct slice sql);

/* The newest failure of the connection as a negative errno. */
int day_db_errno(struct sqlite3 *db);

/* Such an errno in words. */
const char *day_db_error_text(int err);

/* Of the library that it stands on, as that says it. */
const char *day_db_library_version(void);

#endif
