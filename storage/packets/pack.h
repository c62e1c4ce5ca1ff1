/*
 * pack - the entries of a media chunk, rearranged so that headers cost almost nothing.
 *
 * What a frame's headers will be is foretold from the stream's packet before (pack_stream.h), so that most
 * of them are two bits and the time by which they were early or late. Payloads lie one behind the other,
 * apart, so that they can be stored and forgotten on their own. Byte-exact on the way back: every field,
 * the order and the times. What fits no foretelling is kept as it is.
 *
 * Packed entries are, numbers being varints (pack_bits.h):
 *
 *     entries, 1 byte of flags, bytes of the bits, bytes of the bytes, the bits, the bytes, and
 *     with PACK_FLAG_INLINE the payload
 *
 * Flag 1: times are in µs, else ns. Of each entry the bits hold
 *
 *     1                the packet of the stream whose turn it is, most likely, or
 *     0 and six bits   0 to 31: a packet of that stream; or enum pack_code
 *
 *     and of a packet of a known stream
 *
 *     1                everything as foretold, or
 *     0 and eight bits the exceptions (enum pack_exception), the values being in the bytes; then
 *     Rice             by how much it was late, zigzag (pack_stream.h says with how many lower bits)
 *
 * docs/STORE.md has all of it.
 *
 * Ownership  pack_new/free; what it packed is lent until the next pack.
 * Thread     One thread an instance.
 */
#ifndef STORAGE_PACKETS_PACK_H
#define STORAGE_PACKETS_PACK_H

#include "analyzer/base/bytes.h"

enum { PACK_FLAG_MICROSECONDS = 1, PACK_FLAG_INLINE = 2, PACK_FLAGS = 4, PACK_CODE_BITS = 6 };

/* What is no packet of a known stream. */
enum pack_code {
    PACK_NEW_STREAM = 32, /* its first packet: the layout and the header as they are */
    PACK_PLAIN,           /* a frame of no stream */
    PACK_MESSAGE,
    PACK_TEXT,
};

enum pack_exception {
    PACK_X_WIRE = 1,
    PACK_X_CAPTURED = 2,
    PACK_X_IDS = 4,
    PACK_X_SEQUENCE = 8,
    PACK_X_TIMESTAMP = 16,
    PACK_X_MARKER = 32, /* and the payload type */
    PACK_X_PATCH = 64,  /* other bytes */
    PACK_X_SUMS = 128,  /* another way to know checksums */
};

/* Less payload than this stays with the headers: a sixtieth of a second of G.711. */
enum { PACK_INLINE_MAX = 128 };

struct packer;

int pack_new(struct packer **pp);
void pack_free(struct packer *p);

struct packed {
    const uint8_t *packed, *payload;
    size_t packed_bytes, payload_bytes; /* payload_bytes 0: none that stands apart */
    uint32_t payload_frames;            /* that have some of it */
};

/* The entries of a chunk (chunk.h) whose earliest time is first_time. False: they cannot be packed, or do
 * not become less. */
bool pack_entries(struct packer *p, const uint8_t *raw, size_t raw_bytes, int64_t first_time,
                  struct packed *out);

struct unpack_input {
    struct bytes packed;
    const uint8_t *payload; /* NULL: it is not there any more */
    size_t payload_bytes;
    int64_t first_time;
};

struct unpacked {
    size_t raw_bytes;
    uint32_t frames;
    uint32_t cut_frames; /* that end behind their headers, because their payload is not there */
};

/*
 * The entries again, into `raw`; without the payload, frames that had some end behind their headers. A
 * UDP checksum that was right cannot be told then, and is 0 ("none"). False: not what pack_entries made.
 */
bool unpack_entries(const struct unpack_input *in, uint8_t *raw, size_t room, struct unpacked *out);

#endif
