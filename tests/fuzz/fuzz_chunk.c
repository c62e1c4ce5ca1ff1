/*
 * fuzz_chunk - a stranger's bytes as a chunk, and as the entries of one.
 *
 * The first byte chooses: 0, the chunk as it is, which the checksum stops nearly always; 1, the same
 * with the checksum put right, so that LZ4 and the entries behind it are reached; else the entries.
 */
#include "storage/packets/chunk.h"

#include <stdlib.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OFFSET_CHECKSUM = 48 };

static void walk(const uint8_t *raw, size_t len)
{
    struct chunk_reader r = chunk_reader_of(raw, len);
    enum chunk_entry entry;
    volatile uint8_t last = 0;

    while ((entry = chunk_read(&r)) != CHUNK_END && entry != CHUNK_BROKEN) {
        if (entry == CHUNK_FRAME && r.frame.captured_bytes)
            last = r.frame.data[r.frame.captured_bytes - 1];
        if (entry != CHUNK_FRAME && r.message.text.len)
            last = (uint8_t)r.message.text.p[r.message.text.len - 1];
    }
    (void)last;
}

static void put_checksum_right(uint8_t *chunk, size_t size)
{
    struct chunk_header h;

    if (chunk_parse_header(bytes_of(chunk, size), &h) != CHUNK_OK ||
        size - CHUNK_HEADER_BYTES < h.payload_bytes)
        return;
    chunk_put_u64(chunk + OFFSET_CHECKSUM,
                  XXH3_64bits_withSeed(chunk + CHUNK_HEADER_BYTES, h.payload_bytes,
                                       XXH3_64bits(chunk, OFFSET_CHECKSUM)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *chunk, *raw;
    struct chunk_header h;

    if (size == 0)
        return 0;
    chunk = malloc(size); /* one byte more than is used, so never empty */
    raw = malloc(CHUNK_RAW_MAX);
    if (!chunk || !raw)
        abort();
    memcpy(chunk, data + 1, size - 1);
    if (data[0] > 1) {
        walk(chunk, size - 1);
    } else {
        if (data[0] == 1)
            put_checksum_right(chunk, size - 1);
        if (chunk_decode(bytes_of(chunk, size - 1), &h, raw) == CHUNK_OK) {
            /* In a block of its own length, where one byte too many is seen. */
            uint8_t *exact = malloc(h.raw_bytes);

            if (!exact)
                abort();
            memcpy(exact, raw, h.raw_bytes);
            walk(exact, h.raw_bytes);
            free(exact);
        }
    }
    free(raw);
    free(chunk);
    return 0;
}
