/*
 * date_watch - what time other hosts say it is: the Date headers of their messages, against packet
 * time.
 *
 * One host's clock may be wrong; that many agree on another time than the probe's says that the
 * probe's is. A header is looked for once in DATE_WATCH_LOOK_S a host, so it costs next to nothing.
 *
 * Ownership  Embedded by value; zeroed is empty but for the key.
 * Thread     Analysis thread only.
 * Time       Of the packets.
 * Bounded    DATE_WATCH_HOSTS; of two hosts that share a place the one that was there first stays
 *            until it is silent for DATE_WATCH_SILENT_S.
 * Source     RFC 3261 §20.17
 */
#ifndef ANALYZER_PEER_DATE_WATCH_H
#define ANALYZER_PEER_DATE_WATCH_H

#include "analyzer/base/siphash.h"
#include "analyzer/datagram.h"
#include "analyzer/sip/sip_msg.h"

enum {
    DATE_WATCH_HOSTS = 256,
    DATE_WATCH_LOOK_S = 10,
    DATE_WATCH_SILENT_S = 600,
    DATE_WATCH_HOSTS_MIN = 3, /* that must agree before anything is said */
};

struct date_host {
    uint8_t ip[16];
    int64_t looked_ns, said_ns; /* said_ns 0: it never said */
    int64_t offset_ns;          /* its clock less packet time */
};

struct date_watch {
    struct siphash_key key;
    struct date_host hosts[DATE_WATCH_HOSTS];
};

void date_watch_message(struct date_watch *w, const struct sip_msg *msg, const struct datagram *d);

/* Median of the hosts that said what time it is lately; false: too few. *hosts is set either way. */
bool date_watch_read(const struct date_watch *w, int64_t now_ns, double *offset_ms, size_t *hosts);

#endif
