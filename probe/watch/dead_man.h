/*
 * dead_man - whether the probe of a store still lives: the alert that no rule can raise.
 *
 * A live probe says on STORE/live.sock every second how it does. Who has not heard one for a minute, of a
 * probe that ran, raises `probe-silent`: critical where the run left STORE/RUNNING behind, so died
 * or hangs; info where it ended in order and is not back. The first line resolves it.
 *
 *   QUIET   it never ran, as far as we know
 *   ALIVE   a line came less than a minute ago
 *   SILENT  the alert is out
 *
 * Ownership  dead_man_start/stop; borrows the state_db and copies the rest.
 * Thread     Its own. dead_man_judge is pure.
 */
#ifndef PROBE_WATCH_DEAD_MAN_H
#define PROBE_WATCH_DEAD_MAN_H

#include "probe/state/state_db.h"

struct dead_man;

struct dead_man_options {
    const char *store_dir;
    struct state_db *state;
    int64_t silence_ms;      /* 0: a minute */
    void (*told)(void *ctx); /* there is something for the notifier; NULL: nobody cares */
    void *ctx;
};

int dead_man_start(struct dead_man **dp, const struct dead_man_options *options);
void dead_man_stop(struct dead_man *d);

enum dead_man_verdict { DEAD_MAN_FINE, DEAD_MAN_STOPPED, DEAD_MAN_SILENT };

/* silent_ms: since the last line, or since we began to listen; ran: a line was ever heard of it, or an
 * alert of before is still out; has_mark: STORE/RUNNING is there. */
enum dead_man_verdict dead_man_judge(int64_t silent_ms, int64_t silence_ms, bool ran,
                                     bool has_mark);

#endif
