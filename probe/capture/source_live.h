/*
 * source_live - frames from a network interface, as they come.
 *
 * libpcap's ring in the kernel is the queue: blocks of frames are handed over when they are full or
 * block_timeout_ms old, so that a quiet interface costs nothing. Polling never waits; wait on
 * source_fd. Nothing is ever sent.
 *
 * An interface that goes down, or away, is waited for, and said once: the socket that was opened with
 * a privilege can be bound again without one.
 *
 * Errors  An interface that comes back as another kind of link.
 */
#ifndef PROBE_CAPTURE_SOURCE_LIVE_H
#define PROBE_CAPTURE_SOURCE_LIVE_H

#include "probe/capture/capture_filter.h"
#include "probe/capture/source.h"

enum source_live_stamps {
    SOURCE_LIVE_STAMPS_HOST,    /* by the system, when the packet reached it */
    SOURCE_LIVE_STAMPS_ADAPTER, /* by the adapter, where it can */
};

struct source_live_options {
    const char *interface;
    struct capture_filter filter;
    int ring_mib;         /* 1 to 2047 */
    int snap_bytes;       /* of a frame: what is kept */
    int block_timeout_ms; /* how long the kernel may gather frames */
    bool promiscuous;
    enum source_live_stamps stamps;
};

/* Everything but the interface: 256 MiB, 65535 bytes, 100 ms, promiscuous, a filter is wrapped. */
void source_live_options_default(struct source_live_options *options);

/* 0, or −errno with *sp untouched and *error filled in. A ring that cannot be had in full is made
 * smaller, which is logged, as are offloads that make other packets of what was on the wire. Needs
 * CAP_NET_RAW at this time only. */
int source_live_open(struct source **sp, const struct source_live_options *options,
                     struct source_error *error);

/* What the kernel gave for the ring, bytes. Of a source of this kind only. */
uint64_t source_live_ring_bytes(const struct source *s);

/* Of the library that it stands on, as that says it. */
const char *source_live_library_version(void);

#endif
