#include "storage/packets/chunk.h"

#include "storage/packets/media_chunk.h"
#include "storage/packets/packet_log.h"

#include <lz4.h>
#include <xxhash.h>

/* How fast LZ4 skips ahead through what does not shrink. Media hardly does: on captured G.711, G.722
 * and G.729 an 8 costs a third to a half of the time of a 1 (108 ns a packet for 276) and 2 to 13 %
 * of size. Signalling shrinks to a quarter and is little, so it gets the time it needs. */
static const int acceleration[PACKET_KINDS] = {
    [PACKET_SIP] = 1, [PACKET_MEDIA] = 8, [PACKET_AUDIO] = 8
};

enum {
    OFFSET_PAYLOAD_BYTES = 44,
    OFFSET_CHECKSUM = 48,
    MAGIC = 0x45534348,            /* ESCH */
    MAGIC_GRAVESTONE = 0x45534358, /* ESCX */
};

const char *chunk_parse_text(enum chunk_parse result)
{
    static const char *const texts[] = {
        [CHUNK_OK] = "whole",
        [CHUNK_SHORT] = "cut off",
        [CHUNK_BAD_MAGIC] = "not a chunk",
        [CHUNK_BAD_VERSION] = "of another version",
        [CHUNK_BAD_FIELD] = "impossible header",
        [CHUNK_BAD_CHECKSUM] = "wrong checksum",
        [CHUNK_BAD_LZ4] = "cannot be decompressed",
        [CHUNK_BAD_PACKING] = "cannot be unpacked",
        [CHUNK_NO_MEMORY] = "not read, for want of memory",
        [CHUNK_FORGOTTEN] = "forgotten",
    };

    return (size_t)result < sizeof texts / sizeof texts[0] ? texts[result] : "unknown";
}

static void put_ends(uint8_t *p, const struct addr *src, const struct addr *dst)
{
    const struct addr *ends[2] = { src, dst };

    for (int i = 0; i < 2; i++, p += 18) {
        memcpy(p, ends[i]->ip, 16);
        p[16] = (uint8_t)(ends[i]->port >> 8);
        p[17] = (uint8_t)ends[i]->port;
    }
}

void chunk_put_message(uint8_t *p, const struct addr *src, const struct addr *dst, uint32_t offset,
                       uint32_t bytes)
{
    chunk_put_u32(p, (uint32_t)CHUNK_TAG_MESSAGE << 24);
    chunk_put_u32(p + 4, offset);
    chunk_put_u32(p + 8, bytes);
    put_ends(p + 12, src, dst);
}

void chunk_put_text(uint8_t *p, int64_t time_ns, const struct addr *src, const struct addr *dst,
                    uint32_t bytes)
{
    chunk_put_u32(p, (uint32_t)CHUNK_TAG_TEXT << 24 | bytes);
    chunk_put_u64(p + 4, (uint64_t)time_ns);
    put_ends(p + 12, src, dst);
}

size_t chunk_bound(size_t raw_bytes)
{
    return (size_t)LZ4_compressBound((int)raw_bytes);
}

static uint64_t checksum_of(const uint8_t *header, const uint8_t *payload, size_t payload_bytes)
{
    return XXH3_64bits_withSeed(payload, payload_bytes, XXH3_64bits(header, OFFSET_CHECKSUM));
}

static void put_header(uint8_t *p, const struct chunk_header *h)
{
    chunk_put_u32(p, MAGIC);
    p[4] = h->encoding >= CHUNK_PACKED ? CHUNK_VERSION_PACKED : CHUNK_VERSION;
    p[5] = h->kind;
    p[6] = h->encoding;
    p[7] = 0;
    chunk_put_u64(p + 8, h->id);
    chunk_put_u64(p + 16, (uint64_t)h->first_time);
    chunk_put_u64(p + 24, (uint64_t)h->last_time);
    chunk_put_u32(p + 32, h->frames);
    chunk_put_u32(p + 36, h->link_type);
    chunk_put_u32(p + 40, h->raw_bytes);
    chunk_put_u32(p + 44, h->payload_bytes);
}

size_t chunk_compress(uint8_t kind, const uint8_t *from, size_t bytes, uint8_t *to, size_t room)
{
    int n = LZ4_compress_fast((const char *)from, (char *)to, (int)bytes, (int)room,
                              acceleration[kind]);

    return n > 0 && (size_t)n < bytes ? (size_t)n : 0;
}

bool chunk_decompress(const uint8_t *from, size_t bytes, uint8_t *to, size_t to_bytes)
{
    return LZ4_decompress_safe((const char *)from, (char *)to, (int)bytes, (int)to_bytes) ==
           (int)to_bytes;
}

size_t chunk_seal(struct chunk_header *h, uint8_t *out)
{
    put_header(out, h);
    h->checksum = checksum_of(out, out + CHUNK_HEADER_BYTES, h->payload_bytes);
    chunk_put_u64(out + OFFSET_CHECKSUM, h->checksum);
    return CHUNK_HEADER_BYTES + (size_t)h->payload_bytes;
}

size_t chunk_encode(struct chunk_header *h, const uint8_t *raw, uint8_t *out, size_t room)
{
    uint8_t *payload = out + CHUNK_HEADER_BYTES;
    size_t n = chunk_compress(h->kind, raw, h->raw_bytes, payload, room - CHUNK_HEADER_BYTES);

    h->encoding = n ? CHUNK_LZ4 : CHUNK_RAW;
    h->payload_bytes = n ? (uint32_t)n : h->raw_bytes;
    if (!n)
        memcpy(payload, raw, h->raw_bytes);
    return chunk_seal(h, out);
}

void chunk_put_gravestone(uint8_t out[CHUNK_HEADER_BYTES], uint8_t kind, uint32_t payload_bytes)
{
    memset(out, 0, CHUNK_HEADER_BYTES);
    chunk_put_u32(out, MAGIC_GRAVESTONE);
    out[4] = CHUNK_VERSION;
    out[5] = kind;
    chunk_put_u32(out + OFFSET_PAYLOAD_BYTES, payload_bytes);
    chunk_put_u64(out + OFFSET_CHECKSUM, XXH3_64bits(out, OFFSET_CHECKSUM));
}

/* Byte for byte what was put, or it is none. */
static enum chunk_parse check_gravestone(const uint8_t *header, const struct chunk_header *h)
{
    uint8_t expected[CHUNK_HEADER_BYTES];

    if (h->kind >= PACKET_KINDS || h->payload_bytes == 0 || h->payload_bytes > CHUNK_RAW_MAX)
        return CHUNK_BAD_FIELD;
    chunk_put_gravestone(expected, h->kind, h->payload_bytes);
    return memcmp(header, expected, sizeof expected) == 0 ? CHUNK_FORGOTTEN : CHUNK_BAD_CHECKSUM;
}

static bool is_possible(const struct chunk_header *h, uint8_t version, uint8_t reserved)
{
    bool packed = version == CHUNK_VERSION_PACKED;

    if (h->kind >= PACKET_KINDS || h->encoding >= CHUNK_ENCODINGS || reserved != 0)
        return false;
    if (packed != (h->encoding >= CHUNK_PACKED) || (packed && h->kind != PACKET_MEDIA))
        return false;
    if (h->raw_bytes > CHUNK_RAW_MAX || h->payload_bytes > h->raw_bytes || h->raw_bytes == 0)
        return false;
    if (h->encoding == CHUNK_RAW && h->payload_bytes != h->raw_bytes)
        return false;
    return h->frames <= h->raw_bytes / (h->kind == PACKET_AUDIO ? 1 : CHUNK_FRAME_HEADER_BYTES);
}

enum chunk_parse chunk_parse_header(struct bytes b, struct chunk_header *h)
{
    const uint8_t *header = b.p;
    uint32_t magic = bytes_u32(&b);
    uint8_t version = bytes_u8(&b), reserved;

    h->kind = bytes_u8(&b);
    h->encoding = bytes_u8(&b);
    reserved = bytes_u8(&b);
    h->id = bytes_u64(&b);
    h->first_time = (int64_t)bytes_u64(&b);
    h->last_time = (int64_t)bytes_u64(&b);
    h->frames = bytes_u32(&b);
    h->link_type = bytes_u32(&b);
    h->raw_bytes = bytes_u32(&b);
    h->payload_bytes = bytes_u32(&b);
    h->checksum = bytes_u64(&b);
    h->cut_frames = 0;
    if (!bytes_ok(&b))
        return CHUNK_SHORT;
    if (magic != MAGIC && magic != MAGIC_GRAVESTONE)
        return CHUNK_BAD_MAGIC;
    if (version != CHUNK_VERSION && version != CHUNK_VERSION_PACKED)
        return CHUNK_BAD_VERSION;
    if (magic == MAGIC_GRAVESTONE)
        return check_gravestone(header, h);
    return is_possible(h, version, reserved) ? CHUNK_OK : CHUNK_BAD_FIELD;
}

enum chunk_parse chunk_check(struct bytes b, struct chunk_header *h)
{
    enum chunk_parse result = chunk_parse_header(b, h);
    const uint8_t *header, *payload;

    if (result != CHUNK_OK)
        return result;
    header = bytes_take(&b, CHUNK_HEADER_BYTES);
    payload = bytes_take(&b, h->payload_bytes);
    if (!bytes_ok(&b))
        return CHUNK_SHORT;
    return checksum_of(header, payload, h->payload_bytes) == h->checksum ? CHUNK_OK
                                                                         : CHUNK_BAD_CHECKSUM;
}

enum chunk_parse chunk_decode(struct bytes b, struct chunk_header *h, uint8_t *raw)
{
    enum chunk_parse result = chunk_check(b, h);
    const uint8_t *payload;

    if (result != CHUNK_OK)
        return result;
    if (h->encoding >= CHUNK_PACKED)
        return media_chunk_unpack(b, bytes_of(NULL, 0), h, raw);
    payload = b.p + CHUNK_HEADER_BYTES;
    if (h->encoding == CHUNK_RAW) {
        memcpy(raw, payload, h->raw_bytes);
        return CHUNK_OK;
    }
    return chunk_decompress(payload, h->payload_bytes, raw, h->raw_bytes) ? CHUNK_OK
                                                                          : CHUNK_BAD_LZ4;
}

struct chunk_reader chunk_reader_of(const uint8_t *raw, size_t raw_bytes)
{
    struct chunk_reader r = { .left = bytes_of(raw, raw_bytes) };

    return r;
}

static bool read_frame(struct chunk_reader *r, uint32_t captured)
{
    struct chunk_frame f = { .captured_bytes = captured };

    f.wire_bytes = bytes_u32(&r->left);
    f.time_ns = (int64_t)bytes_u64(&r->left);
    f.data = bytes_take(&r->left, captured);
    if (!bytes_ok(&r->left) || captured > CHUNK_FRAME_MAX)
        return false;
    r->frame = f;
    return true;
}

static bool read_addr(struct bytes *b, struct addr *a)
{
    const uint8_t *ip = bytes_take(b, 16);

    if (!ip)
        return false;
    *a = addr_v6(ip, 0);
    a->port = bytes_u16(b);
    return true;
}

static bool read_message(struct chunk_reader *r)
{
    uint32_t offset = bytes_u32(&r->left), len = bytes_u32(&r->left);

    if (!read_addr(&r->left, &r->message.src) || !read_addr(&r->left, &r->message.dst) ||
        !bytes_ok(&r->left))
        return false;
    if (!r->frame.data || offset > r->frame.captured_bytes ||
        len > r->frame.captured_bytes - offset)
        return false;
    r->message.time_ns = r->frame.time_ns;
    r->message.text = slice_of(r->frame.data + offset, len);
    return true;
}

static bool read_text(struct chunk_reader *r, uint32_t len)
{
    const uint8_t *text;

    r->message.time_ns = (int64_t)bytes_u64(&r->left);
    if (!read_addr(&r->left, &r->message.src) || !read_addr(&r->left, &r->message.dst))
        return false;
    text = bytes_take(&r->left, len);
    if (!bytes_ok(&r->left) || len > CHUNK_TEXT_MAX)
        return false;
    r->message.text = slice_of(text, len);
    return true;
}

enum chunk_entry chunk_read(struct chunk_reader *r)
{
    enum chunk_entry entry = CHUNK_BROKEN;
    uint32_t tag;

    if (bytes_ok(&r->left) && r->left.len == 0)
        return CHUNK_END;
    tag = bytes_u32(&r->left);
    if (tag >> 24 == CHUNK_TAG_FRAME && read_frame(r, tag & 0xffffff))
        entry = CHUNK_FRAME;
    else if (tag == (uint32_t)CHUNK_TAG_MESSAGE << 24 && read_message(r))
        entry = CHUNK_MESSAGE;
    else if (tag >> 24 == CHUNK_TAG_TEXT && read_text(r, tag & 0xffffff))
        entry = CHUNK_TEXT;
    if (entry == CHUNK_BROKEN)
        r->left.failed = true;
    return entry;
}

const char *chunk_library_version(void)
{
    return LZ4_versionString();
}
