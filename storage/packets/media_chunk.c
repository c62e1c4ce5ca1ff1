#include "storage/packets/media_chunk.h"

#include "storage/packets/pack.h"
#include "storage/packets/packet_log.h"

#include <errno.h>
#include <stdlib.h>

enum { SHORT_HEAD = 4, HEAD = 28, PLACE = 4, PLACE_BYTES = 8 };

#define STANDS_APART UINT32_C(0x80000000)

struct media_encoder {
    struct packer *packer;
    struct packed packed;
    bool is_packed;
    struct chunk_header audio;
    uint8_t *audio_room; /* CHUNK_STORED_MAX, and what LZ4 wants for the worst */
    size_t audio_room_bytes;
};

int media_encoder_new(struct media_encoder **ep)
{
    struct media_encoder *e = calloc(1, sizeof *e);

    if (!e)
        return -ENOMEM;
    e->audio_room_bytes = CHUNK_HEADER_BYTES + chunk_bound(CHUNK_RAW_MAX);
    e->audio_room = malloc(e->audio_room_bytes);
    if (!e->audio_room || pack_new(&e->packer) != 0) {
        media_encoder_free(e);
        return -ENOMEM;
    }
    *ep = e;
    return 0;
}

void media_encoder_free(struct media_encoder *e)
{
    if (!e)
        return;
    pack_free(e->packer);
    free(e->audio_room);
    free(e);
}

size_t media_chunk_split(struct media_encoder *e, const struct chunk_header *h, const uint8_t *raw,
                         const uint8_t **audio)
{
    e->is_packed = pack_entries(e->packer, raw, h->raw_bytes, h->first_time, &e->packed) &&
                   HEAD + e->packed.packed_bytes < h->raw_bytes;
    if (!e->is_packed || e->packed.payload_bytes == 0)
        return 0;
    e->audio = *h;
    e->audio.kind = PACKET_AUDIO;
    e->audio.frames = e->packed.payload_frames;
    e->audio.raw_bytes = (uint32_t)e->packed.payload_bytes;
    *audio = e->audio_room;
    return chunk_encode(&e->audio, e->packed.payload, e->audio_room, e->audio_room_bytes);
}

/* Returns its bytes. */
static size_t put_head(const struct media_encoder *e, uint32_t segment, uint64_t offset, uint8_t *p)
{
    uint32_t packed_bytes = (uint32_t)e->packed.packed_bytes;

    if (e->packed.payload_bytes == 0) {
        chunk_put_u32(p, packed_bytes);
        return SHORT_HEAD;
    }
    chunk_put_u32(p, packed_bytes | STANDS_APART);
    chunk_put_u32(p + 4, segment);
    chunk_put_u32(p + 8, (uint32_t)offset);
    chunk_put_u32(p + 12, CHUNK_HEADER_BYTES + e->audio.payload_bytes);
    chunk_put_u64(p + 16, e->audio.checksum);
    chunk_put_u32(p + 24, (uint32_t)e->packed.payload_bytes);
    return HEAD;
}

size_t media_chunk_encode(struct media_encoder *e, struct chunk_header *h, const uint8_t *raw,
                          uint32_t audio_segment, uint64_t audio_offset, uint8_t *out, size_t room)
{
    uint8_t *payload = out + CHUNK_HEADER_BYTES;
    size_t head, n;

    if (!e->is_packed)
        return chunk_encode(h, raw, out, room);
    head = put_head(e, audio_segment, audio_offset, payload);
    n = chunk_compress(PACKET_SIP, e->packed.packed, e->packed.packed_bytes, payload + head,
                       room - CHUNK_HEADER_BYTES - head);
    h->encoding = n ? CHUNK_PACKED_LZ4 : CHUNK_PACKED;
    if (!n) {
        n = e->packed.packed_bytes;
        memcpy(payload + head, e->packed.packed, n);
    }
    h->payload_bytes = (uint32_t)(head + n);
    return chunk_seal(h, out);
}

/* What stands before the packed entries; false: not what is written. */
static bool read_head(struct bytes *b, uint32_t *packed_bytes, struct media_audio *audio)
{
    uint32_t first = bytes_u32(b);

    *audio = (struct media_audio){ .stored_bytes = 0 };
    *packed_bytes = first & ~STANDS_APART;
    if (first & STANDS_APART) {
        audio->segment = bytes_u32(b);
        audio->offset = bytes_u32(b);
        audio->stored_bytes = bytes_u32(b);
        audio->checksum = bytes_u64(b);
        audio->payload_bytes = bytes_u32(b);
        if (audio->stored_bytes <= CHUNK_HEADER_BYTES || audio->stored_bytes > CHUNK_STORED_MAX ||
            audio->payload_bytes == 0 || audio->payload_bytes > CHUNK_RAW_MAX)
            return false;
    }
    return bytes_ok(b) && *packed_bytes > 0 && *packed_bytes <= CHUNK_RAW_MAX;
}

static struct bytes payload_of(struct bytes b, const struct chunk_header *h)
{
    return bytes_of(b.p + CHUNK_HEADER_BYTES, h->payload_bytes);
}

void media_chunk_audio(struct bytes b, const struct chunk_header *h, struct media_audio *audio)
{
    uint32_t packed_bytes;

    if (h->encoding >= CHUNK_PACKED) {
        b = payload_of(b, h);
        if (read_head(&b, &packed_bytes, audio))
            return;
    }
    *audio = (struct media_audio){ .stored_bytes = 0 };
}

uint64_t media_chunk_content(uint8_t *stored, const struct chunk_header *h)
{
    struct chunk_header same = *h;
    struct media_audio audio;

    media_chunk_audio(bytes_of(stored, CHUNK_HEADER_BYTES + (size_t)h->payload_bytes), h, &audio);
    if (audio.stored_bytes)
        memset(stored + CHUNK_HEADER_BYTES + PLACE, 0, PLACE_BYTES);
    chunk_seal(&same, stored);
    return same.checksum;
}

enum chunk_parse media_chunk_check_audio(struct bytes b, const struct media_audio *audio)
{
    struct chunk_header h;
    enum chunk_parse result = chunk_check(b, &h);

    if (result != CHUNK_OK)
        return result;
    return h.kind == PACKET_AUDIO && h.checksum == audio->checksum &&
                   h.raw_bytes == audio->payload_bytes
               ? CHUNK_OK
               : CHUNK_BAD_FIELD;
}

/* The payloads in a block to be freed; *payload NULL: they are not there. False: no memory. */
static bool read_audio(struct bytes b, const struct media_audio *audio, uint8_t **payload)
{
    struct chunk_header h;

    *payload = NULL;
    if (audio->stored_bytes == 0 || !b.p || media_chunk_check_audio(b, audio) != CHUNK_OK)
        return true;
    *payload = malloc(audio->payload_bytes);
    if (!*payload)
        return false;
    if (chunk_decode(b, &h, *payload) != CHUNK_OK) {
        free(*payload);
        *payload = NULL;
    }
    return true;
}

/* The packed entries, in a block to be freed if they were compressed. */
static enum chunk_parse read_packed(struct bytes b, const struct chunk_header *h,
                                    uint32_t packed_bytes, struct bytes *packed, uint8_t **block)
{
    *block = NULL;
    *packed = b;
    if (h->encoding == CHUNK_PACKED)
        return b.len == packed_bytes ? CHUNK_OK : CHUNK_BAD_PACKING;
    *block = malloc(packed_bytes);
    if (!*block)
        return CHUNK_NO_MEMORY;
    *packed = bytes_of(*block, packed_bytes);
    return chunk_decompress(b.p, b.len, *block, packed_bytes) ? CHUNK_OK : CHUNK_BAD_LZ4;
}

enum chunk_parse media_chunk_unpack(struct bytes b, struct bytes audio, struct chunk_header *h,
                                    uint8_t *raw)
{
    struct unpack_input in = { .first_time = h->first_time };
    struct media_audio place;
    struct unpacked out;
    uint8_t *block = NULL, *payload = NULL;
    uint32_t packed_bytes;
    enum chunk_parse result;

    b = payload_of(b, h);
    if (!read_head(&b, &packed_bytes, &place))
        return CHUNK_BAD_PACKING;
    result = read_packed(b, h, packed_bytes, &in.packed, &block);
    if (result != CHUNK_OK)
        goto free_block;
    result = CHUNK_NO_MEMORY;
    if (!read_audio(audio, &place, &payload))
        goto free_block;
    in.payload = payload;
    in.payload_bytes = payload ? place.payload_bytes : 0;
    result = CHUNK_BAD_PACKING;
    if (unpack_entries(&in, raw, h->raw_bytes, &out) &&
        (out.cut_frames > 0 || out.raw_bytes == h->raw_bytes)) {
        h->raw_bytes = (uint32_t)out.raw_bytes;
        h->cut_frames = out.cut_frames;
        result = CHUNK_OK;
    }

free_block:
    free(payload);
    free(block);
    return result;
}

enum chunk_parse media_chunk_decode(struct bytes b, struct bytes audio, struct chunk_header *h,
                                    uint8_t *raw)
{
    enum chunk_parse result = chunk_check(b, h);

    if (result != CHUNK_OK)
        return result;
    if (h->encoding >= CHUNK_PACKED)
        return media_chunk_unpack(b, audio, h, raw);
    return chunk_decode(b, h, raw);
}
