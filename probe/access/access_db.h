/*
 * access_db - STORE/access.sqlite: users, their sessions and tokens.
 *
 * A database of its own, beside state.sqlite, and the one that several processes write: `earshot user`
 * and `earshot token` work while a server runs, also when it does not answer any more, which is when an
 * admin who has locked himself out needs them. Changes are rare and short, and SQLite's own locks keep
 * them apart; a server sees by access_db_stamp that another process has changed something.
 *
 * Ownership  access_db_open/close.
 * Thread     One at a time.
 * Errors     −errno as state_db_errno has them; −EPROTO: made by a newer version.
 */
#ifndef PROBE_ACCESS_ACCESS_DB_H
#define PROBE_ACCESS_ACCESS_DB_H

#include "analyzer/base/slice.h"

enum { ACCESS_DB_VERSION = 1 };

struct access_db;
struct sqlite3_stmt;

/* Made when it is not there, 0600, for the owner of the store; −ENOENT: there is no store. */
int access_db_open(struct access_db **dp, const char *store_dir);
void access_db_close(struct access_db *d);

/* A number that changes when another process has changed something. */
int64_t access_db_stamp(struct access_db *d);

/* Nothing else writes from begin to end; err: what became of it so far, 0: it is kept. Returns err, or
 * why it could not be kept. */
int access_db_begin(struct access_db *d);
int access_db_end(struct access_db *d, int err);

int access_db_prepare(struct access_db *d, struct sqlite3_stmt **s, const char *sql);
/* Runs a statement that gives no rows, and ends it. How many rows it changed, or −errno. */
int access_db_run(struct access_db *d, struct sqlite3_stmt *s);
int64_t access_db_last_id(struct access_db *d);

void access_db_bind_key(struct sqlite3_stmt *s, int at, const unsigned char *key);
/* False: it is none. */
bool access_db_column_key(struct sqlite3_stmt *s, int at, unsigned char *key);
void access_db_column_text(struct sqlite3_stmt *s, int at, char *out, size_t room);

#endif
