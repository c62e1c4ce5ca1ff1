/*
 * pcapng_blocks - the blocks of a pcapng file, little-endian, one after the other.
 *
 * Texts may be a stranger's: what is no UTF-8 and what controls a terminal becomes '?', and a text longer
 * than PCAPNG_TEXT_MAX is cut, at the end of a character.
 *
 * Ownership  Appends to the caller's buffer, whose `failed` says the rest.
 * Thread     Pure functions.
 * Source     draft-ietf-opsawg-pcapng: 3.5 (options), 4.1 (section header), 4.2 (interface), 4.3 (enhanced
 *            packet), 4.5 (name resolution)
 */
#ifndef STORAGE_EXPORT_PCAPNG_BLOCKS_H
#define STORAGE_EXPORT_PCAPNG_BLOCKS_H

#include "analyzer/base/addr.h"
#include "analyzer/base/strbuf.h"

/* An option has 16 bits for its length; nobody reads more than this. */
enum { PCAPNG_TEXT_MAX = 16 << 10, PCAPNG_NAME_MAX = 255 };

/* Absent texts are left out. */
void pcapng_add_section(struct strbuf *out, struct slice comment, struct slice application);

struct pcapng_interface {
    uint32_t link_type; /* a LINKTYPE_ of 16 bits */
    uint32_t snap_bytes;
    struct slice name, description;
};

/* Interfaces have the numbers 0, 1, … in the order in which they stand. Times are nanoseconds. */
void pcapng_add_interface(struct strbuf *out, const struct pcapng_interface *interface);

struct pcapng_packet {
    uint32_t interface;
    int64_t time_ns;
    uint32_t captured_bytes, wire_bytes;
    const uint8_t *data;
    struct slice comments; /* lines, each a comment of its own; absent: none */
};

void pcapng_add_packet(struct strbuf *out, const struct pcapng_packet *packet);

struct pcapng_name {
    struct addr addr; /* the port does not count */
    struct slice name;
};

/* Nothing when there are none. */
void pcapng_add_names(struct strbuf *out, const struct pcapng_name *names, size_t count);

#endif
