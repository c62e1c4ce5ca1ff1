/*
 * live_feed - what happens now, as JSON lines over STORE/live.sock, to whoever reads it.
 *
 * The probe's end of the live feed (docs/API.md). A reader that does not keep up loses lines and
 * is told how many; nobody is ever waited for.
 *
 * Ownership  live_feed_open/close. Lines are copied.
 * Thread     One; nothing in it blocks.
 * Errors     −EADDRINUSE: another probe serves this store. −ENAMETOOLONG: the store's path does not
 *            fit a socket's. −EEXIST: live.sock is there and no socket. A run goes on without.
 */
#ifndef PROBE_ENGINE_LIVE_FEED_H
#define PROBE_ENGINE_LIVE_FEED_H

#include "analyzer/base/slice.h"

enum { LIVE_FEED_READERS_MAX = 16, LIVE_FEED_BACKLOG_BYTES = 1 << 20 };

struct live_feed;

/* The socket file of a run that died is replaced. */
int live_feed_open(struct live_feed **fp, const char *store_dir);
void live_feed_close(struct live_feed *f);

/* Is it worth making a line? */
bool live_feed_has_readers(const struct live_feed *f);

/* One JSON object without its line end. */
void live_feed_publish(struct live_feed *f, struct slice json_line);

/* Lets readers in and sends what waits; about every 100 ms. */
void live_feed_poll(struct live_feed *f);

#endif
