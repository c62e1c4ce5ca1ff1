/*
 * ladder - the SIP messages of a call drawn in a terminal: hosts as columns, arrows between them.
 */
#ifndef PROBE_CMD_LADDER_H
#define PROBE_CMD_LADDER_H

#include "analyzer/base/strbuf.h"

/* 0 or −errno (−ENOENT: no messages are stored). */
int ladder_draw(struct strbuf *out, const char *store_dir, uint64_t id);

#endif
