/*
 * watch_target - a server whose certificate is to be watched: "sip.example.org:5061".
 *
 * Thread  Pure.
 */
#ifndef PROBE_WATCH_WATCH_TARGET_H
#define PROBE_WATCH_WATCH_TARGET_H

#include "analyzer/base/resolve.h"

struct watch_target {
    char host[RESOLVE_HOST_MAX + 1]; /* a name, or an address without brackets */
    uint16_t port;
    bool is_name; /* and is asked for (SNI) */
};

/* NAME:PORT, ADDRESS:PORT, [ADDRESS]:PORT. False: it is none of these. */
bool watch_target_parse(struct watch_target *out, struct slice text);

#endif
