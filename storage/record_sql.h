/*
 * record_sql - records as rows: the statements, the binding and the reading of each record type.
 *
 * Made from the field tables of analyzer/record.h, so a field that is added there and in schema.sql
 * is stored and found again without a line of code here.
 *
 * Ownership  Text that is bound or read is not copied: it lives as long as the record, or until
 *            the statement's next step.
 */
#ifndef STORAGE_RECORD_SQL_H
#define STORAGE_RECORD_SQL_H

#include "analyzer/base/strbuf.h"
#include "analyzer/record.h"

struct call_texts;
struct sqlite3;
struct sqlite3_stmt;

/* A column that is not a field but made of fields. */
enum computed_column { COMPUTED_NONE, COMPUTED_CALL_ID_HASH, COMPUTED_LEDGER_ID };

struct record_table {
    const struct record_type *type;
    const char *name;
    const char *computed_name;
    uint8_t computed; /* enum computed_column */
};

enum { RECORD_TABLES = 14 };
extern const struct record_table record_sql_tables[RECORD_TABLES];

/* Its place in record_sql_tables; −1 when the type has no table. */
int record_sql_table_find(const struct record_type *type);

enum { RECORD_COLUMN_MAX = 64 };
/* The field's name as a column. */
void record_sql_column(const struct record_field *field, char out[RECORD_COLUMN_MAX]);

/* Unkeyed, so that it is the same in every process; who can choose Call-IDs gains nothing but a
 * longer look among their own, for the text is compared after. */
int64_t record_sql_call_id_hash(struct slice call_id);

/* The day folder where the record belongs: that of its id's time; of a call's stream, the call's;
 * of a ledger or a mirror's health, its start_time. */
int32_t record_sql_day(const struct record_type *type, const void *record);

/* "INSERT OR REPLACE INTO …" with a parameter for each column. */
void record_sql_insert(struct strbuf *out, const struct record_table *table);

/* Binds every parameter; 0 or an SQLite error code. texts: of the day, so that calls are kept short
 * (storage/call_short.h); NULL: in full. */
int record_sql_bind(struct sqlite3_stmt *insert, const struct record_table *table,
                    const void *record, struct call_texts *texts);

/* "SELECT <every field> FROM <table>"; a column that this database lacks is NULL. */
void record_sql_select(struct strbuf *out, const struct record_table *table, struct sqlite3 *db);

/* The row that a statement made by record_sql_select stands on. */
void record_sql_read(struct sqlite3_stmt *select, const struct record_type *type, void *record);

/* The same of some fields, by their places in the type's table; the others are unknown. */
void record_sql_select_some(struct strbuf *out, const struct record_table *table,
                            struct sqlite3 *db, const uint16_t *fields, size_t count);
void record_sql_read_some(struct sqlite3_stmt *select, const struct record_type *type,
                          const uint16_t *fields, size_t count, void *record);

#endif
