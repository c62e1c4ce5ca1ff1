/*
 * source_file - frames from a pcap or pcapng file, in the file's order.
 *
 * pcap of either byte order, micro- or nanoseconds, is read by libpcap; pcapng by pcapng.h. A file
 * that is damaged or ends too early gives what was whole before that.
 */
#ifndef PROBE_CAPTURE_SOURCE_FILE_H
#define PROBE_CAPTURE_SOURCE_FILE_H

#include "probe/capture/source.h"

/* "-" is the standard input. 0, or −errno with *sp untouched and *error filled in. */
int source_file_open(struct source **sp, const char *path, struct source_error *error);

#endif
