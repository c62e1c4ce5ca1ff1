/*
 * overview_write - an overview as docs/API.md has it, each figure with how many calls it rests on and the filter
 * that finds them.
 */
#ifndef PROBE_WEB_OVERVIEW_WRITE_H
#define PROBE_WEB_OVERVIEW_WRITE_H

#include "probe/web/observed.h"
#include "probe/web/overview.h"

struct overview_view {
    struct jsonw *j;
    struct overview o;
    struct observed observed;
    uint64_t all;        /* key of the row of all calls */
    struct strbuf texts; /* of a record that is being written */
    bool failed;
};

/* stats: the newest of the feed, while a probe is live; empty: none. */
void overview_write(struct overview_view *v, bool live, struct slice stats);

#endif
