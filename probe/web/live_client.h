/*
 * live_client - the web process's end of the live feed: JSON lines from STORE/live.sock.
 *
 * Ownership  The caller owns the descriptor; live_client_fini frees the line buffer.
 * Thread     One.
 * Errors     What is no line of JSON text (too long, broken UTF-8, no object) is left out and
 *            counted: one such message would close every browser's WebSocket.
 */
#ifndef PROBE_WEB_LIVE_CLIENT_H
#define PROBE_WEB_LIVE_CLIENT_H

#include "analyzer/base/slice.h"

enum { LIVE_LINE_MAX_BYTES = 64 * 1024 };

struct live_client {
    char *line; /* what has come of it */
    size_t len;
    bool skipping;    /* the rest of a line that is too long */
    uint64_t refused; /* lines left out */
};

/* Without the line end; lent for the call. */
typedef void (*live_line_fn)(void *ctx, struct slice line);

/* A non-blocking descriptor, or −errno: −ENOENT, −ECONNREFUSED when no probe is there. */
int live_client_connect(const char *store_dir);

int live_client_init(struct live_client *c);
void live_client_fini(struct live_client *c);

/* Forgets half a line; for a new connection. */
void live_client_reset(struct live_client *c);

/* Reads what is there. 0, −EPIPE at the end, −errno. */
int live_client_read(struct live_client *c, int fd, live_line_fn line, void *ctx);

/* The part of it that reads no descriptor. */
void live_client_feed(struct live_client *c, struct slice bytes, live_line_fn line, void *ctx);

#endif
