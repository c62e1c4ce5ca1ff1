/*
 * capture_filter - a filter in tcpdump's language: made wide enough, compiled, and explained.
 *
 * libpcap says "syntax error" and not where. The place is found by asking it, word by word, whether
 * what was written so far could still become a filter.
 */
#ifndef PROBE_CAPTURE_CAPTURE_FILTER_H
#define PROBE_CAPTURE_CAPTURE_FILTER_H

#include "probe/capture/filter_wrap.h"
#include "probe/capture/source.h"

#include <pcap/pcap.h>

/* Longer is refused: filters are written by people. */
enum { CAPTURE_FILTER_BYTES_MAX = 4096 };

struct capture_filter {
    const char *text; /* pcap-filter(7); NULL or empty: everything */
    bool wrap;        /* let fragments, VLANs and tunnels pass, see filter_wrap.h */
    struct filter_wrap_ports tunnel_ports;
    unsigned steps_max; /* of the program; 0: as many as the kernel takes */
};

/* Without an interface and without any privilege, as for an Ethernet. 0, or −EINVAL. */
int capture_filter_check(const char *filter, struct source_error *error);

/*
 * Compiles it for that capture. What cannot be wrapped there (a link type without VLANs, more than
 * the kernel takes) is wrapped less, or not at all. `told`: what it became, as text, appended; may
 * be NULL. 0 and *program, which pcap_freecode frees; or −EINVAL with the column and the word in
 * *error; or −ENOMEM.
 */
int capture_filter_compile(pcap_t *pcap, const struct capture_filter *filter,
                           struct bpf_program *program, struct strbuf *told,
                           struct source_error *error);

/* The same, installed on an activated capture and told in the log. */
int capture_filter_install(pcap_t *pcap, const struct capture_filter *filter, const char *interface,
                           struct source_error *error);

/* What it becomes on an Ethernet, as text. 0, or −EINVAL. */
int capture_filter_print(const struct capture_filter *filter, struct strbuf *out,
                         struct source_error *error);

#endif
