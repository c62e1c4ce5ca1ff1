/*
 * capture_filter - a filter in tcpdump's language, and where it stops making sense.
 *
 * libpcap says "syntax error" and not where. The place is found by asking it, word by word, whether
 * what was written so far could still become a filter.
 */
#ifndef PROBE_CAPTURE_CAPTURE_FILTER_H
#define PROBE_CAPTURE_CAPTURE_FILTER_H

#include "probe/capture/source.h"

#include <pcap/pcap.h>

/* Longer is refused: filters are written by people. */
enum { CAPTURE_FILTER_BYTES_MAX = 4096 };

/* Without an interface and without any privilege, as for an Ethernet. 0, or −EINVAL. */
int capture_filter_check(const char *filter, struct source_error *error);

/* Installs it on an activated capture. 0, or −EINVAL with the column and the word in *error. */
int capture_filter_install(pcap_t *pcap, const char *filter, struct source_error *error);

#endif
