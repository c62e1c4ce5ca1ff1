/*
 * syslog_place - where a syslog listens: udp://HOST[:PORT], tcp://HOST[:PORT], unix:///dev/log.
 *
 * Ownership  A plain value.
 * Thread     Pure functions.
 */
#ifndef PROBE_SYSLOG_SYSLOG_PLACE_H
#define PROBE_SYSLOG_SYSLOG_PLACE_H

#include "analyzer/base/resolve.h"
#include "analyzer/base/slice.h"

enum { SYSLOG_PORT = 514, SYSLOG_PATH_MAX = 107 };

enum syslog_way { SYSLOG_UDP, SYSLOG_TCP, SYSLOG_UNIX };

struct syslog_place {
    enum syslog_way way;
    char host[RESOLVE_HOST_MAX + 1]; /* of UNIX: the path */
    uint16_t port;
};

/* HOST, HOST:PORT, [ADDRESS]:PORT, a '/' at the end of it; without a port 514. */
bool syslog_place_read_host(struct syslog_place *place, struct slice text);
bool syslog_place_parse(struct syslog_place *place, struct slice url);

#endif
