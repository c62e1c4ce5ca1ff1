/*
 * chunk - how the packets of a call lie in a segment.
 *
 * A segment is one chunk after the other; a chunk describes itself, so the index of a segment can
 * be made from the segment alone. All numbers are big-endian.
 *
 *      0  "ESCH"            32  frames
 *      4  version           36  link type (LINKTYPE_ of the pcap format)
 *      5  kind              40  bytes of the entries
 *      6  encoding          44  bytes of the payload: the entries, raw or compressed
 *      7  0                 48  XXH3 of the payload, seeded with the XXH3 of bytes 0 to 47
 *      8  id                56  payload
 *     16  time of the earliest entry, ns
 *     24  time of the latest entry, ns
 *
 * Version 1 has the encodings 0, the entries as they are, and 1, compressed with LZ4. Version 2 has 2
 * and 3 likewise, for media: what lies there is packed (media_chunk.h), and the payloads of its packets
 * may be a chunk of their own, of kind PACKET_AUDIO: version 1, its "entries" being those bytes.
 *
 * The entries, once decompressed:
 *
 *     frame    tag 1 << 24 | captured bytes (4), wire bytes (4), time ns (8), the bytes
 *     message  tag 2 << 24 (4), offset and length in the frame before it (4 + 4), source and
 *              destination (16 address, 2 port each): where a whole SIP message lies
 *     text     tag 3 << 24 | length (4), time ns (8), source and destination, the bytes: a message
 *              that lies in no frame as a whole, because several carried it
 *
 * What is to be forgotten leaves a gravestone: "ESCX", version and kind as above, the bytes of the
 * payload that stood here at 44, the XXH3 of bytes 0 to 47 at 48, all else 0; behind it as many bytes,
 * of no meaning.
 *
 * Entries lie in the order in which they were taken. The pieces of a packet are taken when it is
 * whole, so an entry can be older than those before it.
 *
 * Errors  Bytes of a file are a stranger's: every length is checked before it is used, and the
 *         reader has a name for each refusal.
 */
#ifndef STORAGE_PACKETS_CHUNK_H
#define STORAGE_PACKETS_CHUNK_H

#include "analyzer/base/addr.h"
#include "analyzer/base/bytes.h"

enum {
    CHUNK_VERSION = 1,
    CHUNK_VERSION_PACKED = 2,
    CHUNK_HEADER_BYTES = 56,
    CHUNK_FRAME_HEADER_BYTES = 16,
    CHUNK_MESSAGE_BYTES = 48,
    CHUNK_TEXT_HEADER_BYTES = 48,
    CHUNK_TEXT_MAX = 68 << 10,   /* a message of 64 KiB, and its headers */
    CHUNK_FRAME_MAX = 256 << 10, /* the largest snap length in use */
    CHUNK_RAW_MAX = 320 << 10,   /* such a frame and the messages in it */
    CHUNK_STORED_MAX = CHUNK_HEADER_BYTES + CHUNK_RAW_MAX,
};

enum chunk_encoding { CHUNK_RAW, CHUNK_LZ4, CHUNK_PACKED, CHUNK_PACKED_LZ4, CHUNK_ENCODINGS };

struct chunk_header {
    uint64_t id;
    int64_t first_time, last_time;
    uint32_t frames;
    uint32_t link_type;
    uint32_t raw_bytes;
    uint32_t payload_bytes;
    uint32_t cut_frames; /* not stored: those that decoding left without their payload */
    uint64_t checksum;
    uint8_t kind;     /* enum packet_kind */
    uint8_t encoding; /* enum chunk_encoding */
};

enum chunk_parse {
    CHUNK_OK,
    CHUNK_SHORT, /* cut off */
    CHUNK_BAD_MAGIC,
    CHUNK_BAD_VERSION,
    CHUNK_BAD_FIELD, /* a kind, an encoding or a size that no writer makes */
    CHUNK_BAD_CHECKSUM,
    CHUNK_BAD_LZ4,
    CHUNK_BAD_PACKING,
    CHUNK_NO_MEMORY,
    CHUNK_FORGOTTEN, /* a gravestone: kind and payload_bytes are told, so that a walk goes on */
};

const char *chunk_parse_text(enum chunk_parse result);

static inline void chunk_put_u32(uint8_t *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, 4);
}

static inline void chunk_put_u64(uint8_t *p, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(p, &v, 8);
}

enum chunk_tag { CHUNK_TAG_FRAME = 1, CHUNK_TAG_MESSAGE = 2, CHUNK_TAG_TEXT = 3 };

/* Inline: once a packet. */
static inline void chunk_put_frame(uint8_t *p, int64_t time_ns, uint32_t captured, uint32_t wire)
{
    chunk_put_u32(p, (uint32_t)CHUNK_TAG_FRAME << 24 | captured);
    chunk_put_u32(p + 4, wire);
    chunk_put_u64(p + 8, (uint64_t)time_ns);
}

void chunk_put_message(uint8_t *p, const struct addr *src, const struct addr *dst, uint32_t offset,
                       uint32_t bytes);

/* The header of a text entry; its bytes, at most CHUNK_TEXT_MAX, follow. */
void chunk_put_text(uint8_t *p, int64_t time_ns, const struct addr *src, const struct addr *dst,
                    uint32_t bytes);

/* Writes header and payload; entries that do not shrink are stored as they are. `h` says id, kind,
 * times, frames, link type and raw_bytes; the rest is filled in. `room` is at least
 * CHUNK_HEADER_BYTES + chunk_bound(raw_bytes). Returns the bytes written. */
size_t chunk_encode(struct chunk_header *h, const uint8_t *raw, uint8_t *out, size_t room);
size_t chunk_bound(size_t raw_bytes);

/* Writes the header of a payload that stands in `out` already; all of h but the checksum is said. */
size_t chunk_seal(struct chunk_header *h, uint8_t *out);

/* Compresses as the kind deserves: the bytes, or 0: it did not shrink. */
size_t chunk_compress(uint8_t kind, const uint8_t *from, size_t bytes, uint8_t *to, size_t room);
/* False: not what makes so many bytes. */
bool chunk_decompress(const uint8_t *from, size_t bytes, uint8_t *to, size_t to_bytes);

/* Writes the header that stands for a chunk that is forgotten. */
void chunk_put_gravestone(uint8_t out[CHUNK_HEADER_BYTES], uint8_t kind, uint32_t payload_bytes);

/* The header alone. On CHUNK_OK, payload_bytes and raw_bytes are at most CHUNK_RAW_MAX. */
enum chunk_parse chunk_parse_header(struct bytes b, struct chunk_header *h);

/* Header and payload against the checksum. b may go on behind the chunk. */
enum chunk_parse chunk_check(struct bytes b, struct chunk_header *h);

/* Checks, and unpacks the entries into raw (CHUNK_RAW_MAX bytes of room): h->raw_bytes of them. Of media
 * whose payload stands apart the headers alone (media_chunk_decode joins both). */
enum chunk_parse chunk_decode(struct bytes b, struct chunk_header *h, uint8_t *raw);

struct chunk_frame {
    int64_t time_ns;
    const uint8_t *data;
    uint32_t captured_bytes, wire_bytes;
};

struct chunk_message {
    int64_t time_ns; /* of the frame that it lies in, or that brought the rest of it */
    struct addr src, dst;
    struct slice text;
};

/* Walks the entries of a chunk. */
struct chunk_reader {
    struct bytes left;
    struct chunk_frame frame; /* the newest */
    struct chunk_message message;
};

/* A text is a message that stands alone: it belongs to no frame before it. */
enum chunk_entry { CHUNK_END, CHUNK_FRAME, CHUNK_MESSAGE, CHUNK_TEXT, CHUNK_BROKEN };

struct chunk_reader chunk_reader_of(const uint8_t *raw, size_t raw_bytes);

/* Fills in r->frame, or r->message for a message or text. After CHUNK_END or CHUNK_BROKEN: the same again. */
enum chunk_entry chunk_read(struct chunk_reader *r);

/* Of the library that it stands on, as that says it. */
const char *chunk_library_version(void);

#endif
