/*
 * call_short - how a call's row is kept short: what can be told from its other columns, or stands in
 * most rows alike, takes a byte or none.
 *
 * A column of type ANY in schema.sql holds its field's value, or something of another type that
 * is short for it:
 *
 *   real as an integer     a whole number of its last decimal (MOS 4.409 is 4409)
 *   text as an integer     a row of `texts`, where texts that return stand once; 0 of a URI or a
 *                          number: the same as in the column that it mostly equals
 *   URI as a blob          what follows "sip:" and the user
 *   JSON as an integer     0: []
 *   JSON as a blob         packed by LZ4 with a dictionary
 *   time as an empty text  the time of the id, or of the column that it mostly equals
 *
 * Only a call that is over is shortened, but for texts: what a run that died left open is settled
 * in plain SQL. The view calls_shown has all of it in full, but for what is packed.
 *
 * Ownership  call_texts_open/close. Texts that are read belong to the statement.
 * Thread     The connection's.
 * Errors     −errno; an SQLite code from call_short_bind. A short form that is none is NULL.
 */
#ifndef STORAGE_CALL_SHORT_H
#define STORAGE_CALL_SHORT_H

#include "analyzer/record.h"

struct sqlite3;
struct sqlite3_stmt;
struct call_texts;

/* More texts than that in a day, or longer ones, stand in their rows. */
enum { CALL_TEXTS_MAX = 4096, CALL_TEXT_BYTES_MAX = 256 };

/* What a writer of calls knows of a day. *tp is NULL with 0 where the day's table was made by an older
 * version, which holds no short forms. */
int call_texts_open(struct call_texts **tp, struct sqlite3 *db);
void call_texts_close(struct call_texts *t);

/* After a rollback, which may have taken texts with it. */
int call_texts_reload(struct call_texts *t);

/* Binds the field's short form; false: it has none. *rc: an SQLite code. */
bool call_short_bind(struct call_texts *t, struct sqlite3_stmt *s, int at, size_t field,
                     const struct call_record *call, int *rc);

/* What a SELECT reads the column by; NULL: by its name. */
const char *call_short_expression(const char *column);

/* The functions that such an expression may name. */
int call_short_add_functions(struct sqlite3 *db);

/* The value of a real that is stored whole. */
double call_short_real(int64_t stored, unsigned decimals);

#endif
