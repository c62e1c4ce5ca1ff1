/*
 * pcap_writer - a capture file, written front to back through one large buffer.
 *
 * Ownership  pcap_writer_open gives a writer that pcap_writer_close frees.
 * Errors     A write that fails is remembered: later frames go nowhere, pcap_writer_error and
 *            pcap_writer_close tell -errno.
 * Source     draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng
 */
#ifndef TESTS_SUPPORT_PCAP_WRITER_H
#define TESTS_SUPPORT_PCAP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pcap_writer_format {
    uint16_t link_type; /* LINKTYPE_ number */
    bool nanoseconds;   /* else microseconds */
    bool pcapng;
};

struct pcap_writer;

/* path "-" is standard output. 0 or -errno. */
int pcap_writer_open(struct pcap_writer **out, const char *path,
                     const struct pcap_writer_format *format);

/* The place for a frame of that many bytes (at most 65535), to be filled at once. */
uint8_t *pcap_writer_frame(struct pcap_writer *w, int64_t time_ns, size_t bytes);
/* The same of a frame that was wire_bytes long and of which only the first bytes were captured. */
uint8_t *pcap_writer_cut_frame(struct pcap_writer *w, int64_t time_ns, size_t bytes,
                               size_t wire_bytes);

int pcap_writer_error(const struct pcap_writer *w);
int pcap_writer_close(struct pcap_writer *w);

#endif
