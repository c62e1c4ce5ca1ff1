/*
 * source_live - frames from a network interface, as they come.
 *
 * libpcap's ring in the kernel is the queue: blocks of frames are handed over when they are full or
 * block_timeout_ms old, so that a quiet interface costs nothing. Polling never waits; wait on
 * source_fd. Nothing is ever sent.
 *
 * Errors  An interface that goes down is waited for and said once; one that goes away is an error.
 */
#ifndef PROBE_CAPTURE_SOURCE_LIVE_H
#define PROBE_CAPTURE_SOURCE_LIVE_H

#include "probe/capture/source.h"

struct source_live_options {
    const char *interface;
    const char *filter;   /* pcap-filter(7); NULL: everything */
    int ring_mib;         /* 1 to 2047 */
    int snap_bytes;       /* of a frame: what is kept */
    int block_timeout_ms; /* how long the kernel may gather frames */
    bool promiscuous;
};

/* Everything but the interface: 256 MiB, 65535 bytes, 100 ms, promiscuous. */
void source_live_options_default(struct source_live_options *options);

/* 0, or −errno with *sp untouched and *error filled in. A ring that cannot be had in full is made
 * smaller, which is logged. Needs CAP_NET_RAW at this time only. */
int source_live_open(struct source **sp, const struct source_live_options *options,
                     struct source_error *error);

#endif
