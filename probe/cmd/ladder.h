/*
 * ladder - the SIP messages of a call drawn in a terminal: hosts as columns, arrows between them.
 *
 * Legs of one conversation stand in one ladder, each message with the letter of its call. What is
 * sent again is marked, and so is what was seen before at another point of its path.
 */
#ifndef PROBE_CMD_LADDER_H
#define PROBE_CMD_LADDER_H

#include "analyzer/base/strbuf.h"

enum { LADDER_CALLS_MAX = 16 };

/* The first is the one that was asked for. 0 or −errno (−ENOENT: no messages are stored). */
int ladder_draw(struct strbuf *out, const char *store_dir, const uint64_t *ids, size_t count);

#endif
