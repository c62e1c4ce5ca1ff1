/*
 * fuzz_pack - a stranger's bytes as packed entries.
 *
 * The first byte: bit 0, payloads stand apart (the second byte says how many); bit 1, they are there. What
 * can be unpacked is entries; those can be packed, and come back.
 */
#include "storage/packets/chunk.h"
#include "storage/packets/pack.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAYLOAD_STEP = 16 };

static uint8_t *room_of(size_t n)
{
    uint8_t *p = malloc(n ? n : 1);

    if (!p)
        abort();
    return p;
}

/* Every entry can be read; returns the earliest time. */
static int64_t walk(const uint8_t *raw, size_t len)
{
    struct chunk_reader r = chunk_reader_of(raw, len);
    int64_t first = INT64_MAX;
    enum chunk_entry entry;

    while ((entry = chunk_read(&r)) != CHUNK_END && entry != CHUNK_BROKEN) {
        if (entry == CHUNK_FRAME && r.frame.time_ns < first)
            first = r.frame.time_ns;
    }
    return first;
}

static void must_come_back(const uint8_t *raw, size_t len, int64_t first)
{
    uint8_t *again = room_of(len);
    struct unpacked out;
    struct packed packed;
    struct packer *p;

    if (pack_new(&p) != 0)
        abort();
    if (pack_entries(p, raw, len, first, &packed)) {
        const struct unpack_input in = { .packed = bytes_of(packed.packed, packed.packed_bytes),
                                         .payload = packed.payload_bytes ? packed.payload : NULL,
                                         .payload_bytes = packed.payload_bytes,
                                         .first_time = first };

        if (!unpack_entries(&in, again, len, &out) || out.raw_bytes != len ||
            memcmp(raw, again, len) != 0)
            abort();
    }
    pack_free(p);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct unpack_input in = { .first_time = 1700000000000000000 };
    uint8_t *packed, *payload, *raw;
    size_t payload_bytes;
    struct unpacked out;

    if (size < 2)
        return 0;
    payload_bytes = data[0] & 1 ? (size_t)data[1] * PAYLOAD_STEP : 0;
    if (payload_bytes > size - 2)
        payload_bytes = size - 2;
    payload = room_of(payload_bytes);
    packed = room_of(size - 2 - payload_bytes);
    raw = room_of(CHUNK_RAW_MAX);
    memcpy(payload, data + 2, payload_bytes);
    memcpy(packed, data + 2 + payload_bytes, size - 2 - payload_bytes);
    in.packed = bytes_of(packed, size - 2 - payload_bytes);
    if (data[0] & 2) {
        in.payload = payload;
        in.payload_bytes = payload_bytes;
    }
    if (unpack_entries(&in, raw, CHUNK_RAW_MAX, &out)) {
        uint8_t *exact = room_of(out.raw_bytes);

        memcpy(exact, raw, out.raw_bytes);
        must_come_back(exact, out.raw_bytes, walk(exact, out.raw_bytes));
        free(exact);
    }
    free(raw);
    free(packed);
    free(payload);
    return 0;
}
