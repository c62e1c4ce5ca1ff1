/*
 * state_db - STORE/state.sqlite: what the web process knows and the probe does not.
 *
 * Deliveries, acknowledgements, silences, and the alerts that the web process raises itself. The
 * probe's alerts stay in the days' databases; here is only what people and receivers did about them.
 *
 * Ownership  state_db_open/close. One process at a time has it, by a lock on STORE/state.lock.
 * Thread     Any, between state_db_lock and state_db_unlock: one at a time, and briefly. The lock may be
 *            taken again by who has it, so what takes it may be called in the middle of a transaction.
 * Errors     −errno; −EBUSY: another process has it; −EPROTO: made by a newer version.
 */
#ifndef PROBE_STATE_STATE_DB_H
#define PROBE_STATE_STATE_DB_H

#include "analyzer/base/slice.h"

enum { STATE_DB_VERSION = 2 };

struct state_db;
struct sqlite3;
struct sqlite3_stmt;

/* A database of an older version is brought up to this one, all of it or nothing. */
int state_db_open(struct state_db **sp, const char *store_dir);
void state_db_close(struct state_db *s);

struct sqlite3 *state_db_lock(struct state_db *s);
void state_db_unlock(struct state_db *s);

/* A transaction; the lock is held from begin to commit or rollback, which it takes either way. An
 * error of begin is one without the lock, one of commit has rolled back. */
int state_db_begin(struct state_db *s);
int state_db_commit(struct state_db *s);
void state_db_rollback(struct state_db *s);

/* −errno of SQLite's result; 0 also for a row, or no more rows. */
int state_db_errno(int rc);

/* A text that SQLite copies; an absent one is the empty text. */
void state_db_bind_slice(struct sqlite3_stmt *s, int at, struct slice text);
/* Lent until the statement moves on; NULL is the empty text. */
struct slice state_db_column_slice(struct sqlite3_stmt *s, int at);

#endif
