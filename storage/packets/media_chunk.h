/*
 * media_chunk - media as it lies on the disk: a chunk of headers, packed, and one of what was said.
 *
 * The payload of a packed chunk (chunk.h, version 2), numbers big-endian:
 *
 *      0  bytes of the packed entries (pack.h), once decompressed; the highest bit: payloads stand
 *         apart, and where follows
 *      4  segment of the payloads' chunk          16  its checksum, which is its name
 *      8  its offset there                        24  bytes of the payloads
 *     12  its bytes, header and all
 *      4 or 28  the packed entries, with encoding 3 compressed with LZ4
 *
 * So the place of the payloads is known without the index, and from the checksum even when files were
 * moved. Their chunk is of kind PACKET_AUDIO, with the id and the times of this one.
 *
 * Crash order  The payloads' chunk is appended first, then this, then the row that points to both.
 * Ownership    media_encoder_new/free; what an encoder hands out is lent until its next chunk.
 * Thread       One thread an encoder.
 */
#ifndef STORAGE_PACKETS_MEDIA_CHUNK_H
#define STORAGE_PACKETS_MEDIA_CHUNK_H

#include "storage/packets/chunk.h"

struct media_encoder;

/* The chunk that the payloads of a chunk's packets are; stored_bytes 0: there is none. */
struct media_audio {
    uint32_t segment;
    uint64_t offset;
    uint32_t stored_bytes; /* header and all */
    uint32_t payload_bytes;
    uint64_t checksum;
};

int media_encoder_new(struct media_encoder **ep);
void media_encoder_free(struct media_encoder *e);

/* Packs the entries of a chunk; h says what chunk_encode wants. Returns the bytes of the payloads' chunk
 * in *audio, to be appended first; 0: there is none. */
size_t media_chunk_split(struct media_encoder *e, const struct chunk_header *h, const uint8_t *raw,
                         const uint8_t **audio);

/* Then this chunk, of the same entries; where the payloads went, if there were any. What cannot be packed
 * is encoded as chunk_encode does. `room` as there. Returns the bytes written. */
size_t media_chunk_encode(struct media_encoder *e, struct chunk_header *h, const uint8_t *raw,
                          uint32_t audio_segment, uint64_t audio_offset, uint8_t *out, size_t room);

/* Where the payloads of a chunk are that is whole. Any chunk may be asked. */
void media_chunk_audio(struct bytes b, const struct chunk_header *h, struct media_audio *audio);

/* What is in a whole chunk, wherever its payloads lie: two that are the same say the same. `stored`, the
 * chunk, is of no use afterwards. */
uint64_t media_chunk_content(uint8_t *stored, const struct chunk_header *h);

/* Is b, a chunk, the payloads of the chunk that said `audio`? CHUNK_BAD_FIELD: another one. */
enum chunk_parse media_chunk_check_audio(struct bytes b, const struct media_audio *audio);

/* Checks, and unpacks the entries into raw (CHUNK_RAW_MAX bytes of room). audio is the payloads' chunk, or
 * nothing; without it, or if it is not what it should be, frames end behind their headers, and
 * h->cut_frames counts them. h->raw_bytes: what is in raw. */
enum chunk_parse media_chunk_decode(struct bytes b, struct bytes audio, struct chunk_header *h,
                                    uint8_t *raw);

/* The same of a packed chunk that was checked. */
enum chunk_parse media_chunk_unpack(struct bytes b, struct bytes audio, struct chunk_header *h,
                                    uint8_t *raw);

#endif
