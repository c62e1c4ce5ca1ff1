/*
 * state_db - STORE/state.sqlite: what the web process knows and the probe does not.
 *
 * Deliveries, acknowledgements, silences, and the alerts that the web process raises itself. The
 * probe's alerts stay in the days' databases; here is only what people and receivers did about them.
 *
 * Ownership  state_db_open/close. One process at a time has it, by a lock on STORE/state.lock.
 * Thread     Any, between state_db_lock and state_db_unlock: one at a time, and briefly.
 * Errors     −errno; −EBUSY: another process has it; −EPROTO: made by a newer version.
 */
#ifndef PROBE_STATE_STATE_DB_H
#define PROBE_STATE_STATE_DB_H

#include "analyzer/base/slice.h"

enum { STATE_DB_VERSION = 2 };

struct state_db;
struct sqlite3;

int state_db_open(struct state_db **sp, const char *store_dir);
void state_db_close(struct state_db *s);

struct sqlite3 *state_db_lock(struct state_db *s);
void state_db_unlock(struct state_db *s);

/* −errno of SQLite's result. */
int state_db_errno(int rc);

#endif
