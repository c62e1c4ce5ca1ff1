#include "storage/packets/chunk.h"
#include "storage/packets/pack.h"
#include "storage/packets/pack_bits.h"
#include "storage/packets/pack_stream.h"

struct unpacker {
    struct bit_reader bits;
    struct bytes bytes;
    struct bytes payload;
    bool has_payload;
    int64_t unit, now; /* now: of the newest entry, in units */
    uint8_t *at, *end; /* of the entries */
    size_t stream_count;
    struct unpacked *out;
    struct pack_stream streams[PACK_STREAMS_MAX];
};

/* A frame as it was, and how much of it comes back. */
struct frame_shape {
    uint32_t wire, captured, header;
    bool keeps; /* what follows the header is with the headers */
};

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t nanoseconds(const struct unpacker *u, int64_t time)
{
    return (int64_t)((uint64_t)time * (uint64_t)u->unit);
}

static int64_t get_time(struct unpacker *u)
{
    return plus(u->now, pack_unzigzag(pack_get_varint(&u->bytes)));
}

/* Room for an entry; NULL: there is none. */
static uint8_t *take_room(struct unpacker *u, size_t bytes)
{
    uint8_t *at = u->at;

    if (bytes > (size_t)(u->end - u->at))
        return NULL;
    u->at += bytes;
    return at;
}

/* The frame's entry with room for what is there of it; its data, or NULL. */
static uint8_t *begin_frame(struct unpacker *u, const struct frame_shape *f)
{
    bool whole = f->keeps || u->has_payload || f->captured == f->header;
    uint32_t there = whole ? f->captured : f->header;
    uint8_t *entry;

    if (f->captured > CHUNK_FRAME_MAX || f->header > f->captured)
        return NULL;
    entry = take_room(u, CHUNK_FRAME_HEADER_BYTES + (size_t)there);
    if (!entry)
        return NULL;
    chunk_put_frame(entry, 0, there, f->wire);
    u->out->frames++;
    u->out->cut_frames += !whole;
    return entry + CHUNK_FRAME_HEADER_BYTES;
}

static void set_time(struct unpacker *u, uint8_t *data, int64_t time)
{
    chunk_put_u64(data - 8, (uint64_t)nanoseconds(u, time));
    u->now = time;
}

/* What follows the header, as far as it is there. False: there is too little. */
static bool get_payload(struct unpacker *u, const struct frame_shape *f, uint8_t *data,
                        struct bytes *there)
{
    size_t bytes = f->captured - f->header;
    const uint8_t *from;

    *there = bytes_of(NULL, 0);
    if (bytes == 0 || (!f->keeps && !u->has_payload))
        return true;
    from = bytes_take(f->keeps ? &u->bytes : &u->payload, bytes);
    if (!from)
        return false;
    memcpy(data + f->header, from, bytes);
    *there = bytes_of(data + f->header, bytes);
    return true;
}

static void get_ids(struct unpacker *u, const struct pack_layout *l, uint8_t *header)
{
    for (int i = 0; i < l->layer_count; i++) {
        uint8_t *id = header + l->layers[i].ip + 4;

        if (!pack_is_v6(header, &l->layers[i]))
            pack_set_u16(
                id, (uint16_t)(pack_u16(id) + (uint64_t)pack_unzigzag(pack_get_varint(&u->bytes))));
    }
}

static void get_sequence(struct unpacker *u, const struct pack_stream *s, uint8_t *rtp)
{
    int64_t further = pack_unzigzag(pack_get_varint(&u->bytes));

    pack_set_u16(rtp + 2, (uint16_t)(pack_u16(rtp + 2) + (uint64_t)further));
    pack_set_u32(rtp + 4, (uint32_t)(pack_u32(rtp + 4) + (uint64_t)further * s->timestamp_step));
}

static void get_patch(struct unpacker *u, uint8_t *header, size_t header_bytes)
{
    uint32_t runs = pack_get_varint32(&u->bytes);
    size_t at = 0;

    for (uint32_t i = 0; i < runs && bytes_ok(&u->bytes); i++) {
        size_t skip = pack_get_varint32(&u->bytes), n = pack_get_varint32(&u->bytes);
        const uint8_t *from;

        if (skip > header_bytes - at || n > header_bytes - at - skip) {
            u->bytes.failed = true;
            return;
        }
        from = bytes_take(&u->bytes, n);
        if (from && n)
            memcpy(header + at + skip, from, n);
        at += skip + n;
    }
}

static void get_exceptions(struct unpacker *u, struct pack_stream *s, unsigned x, uint8_t *header)
{
    const struct pack_layout *l = &s->layout;

    if (x & PACK_X_IDS)
        get_ids(u, l, header);
    if (l->rtp && (x & PACK_X_SEQUENCE))
        get_sequence(u, s, header + l->rtp);
    if (l->rtp && (x & PACK_X_TIMESTAMP))
        pack_set_u32(header + l->rtp + 4,
                     (uint32_t)(pack_u32(header + l->rtp + 4) +
                                (uint64_t)pack_unzigzag(pack_get_varint(&u->bytes))));
    if (l->rtp && (x & PACK_X_MARKER))
        header[l->rtp + 1] = bytes_u8(&u->bytes);
    if (x & PACK_X_PATCH)
        get_patch(u, header, l->header_bytes);
}

/* Which checksums are known in another way from now on. */
static unsigned get_sum_modes(struct unpacker *u, struct pack_stream *s)
{
    unsigned changed = bytes_u8(&u->bytes);

    for (unsigned f = 0; f < PACK_SUMS_MAX; f++) {
        if (changed >> f & 1)
            s->sums[f] = bytes_u8(&u->bytes);
        if (s->sums[f] >= PACK_SUM_MODES)
            u->bytes.failed = true;
    }
    return changed;
}

static void get_sum(struct unpacker *u, const struct pack_stream *s, bool changed, unsigned f,
                    uint8_t *header, const struct bytes *payload)
{
    size_t offset = pack_sum_offset(&s->layout, header, f);
    uint16_t sum = 0;

    if (offset == 0)
        return;
    if (s->sums[f] == PACK_SUM_TOLD || (s->sums[f] == PACK_SUM_SAME && changed))
        sum = bytes_u16(&u->bytes);
    else if (s->sums[f] == PACK_SUM_SAME)
        sum = pack_u16(s->last + offset);
    else if (!pack_sum_compute(&s->layout, header, payload->p, payload->len, f, &sum))
        sum = 0;
    pack_set_u16(header + offset, sum);
}

/* Inner ones first: outer ones cover them. */
static void get_sums(struct unpacker *u, const struct pack_stream *s, unsigned changed,
                     uint8_t *header, const struct bytes *payload)
{
    for (unsigned i = s->layout.layer_count; i-- > 0;) {
        get_sum(u, s, changed >> (2 * i + 1) & 1, 2 * i + 1, header, payload);
        get_sum(u, s, changed >> 2 * i & 1, 2 * i, header, payload);
    }
}

/* The next packet of a known stream. */
static bool get_packet(struct unpacker *u, struct pack_stream *s)
{
    unsigned x = bits_get(&u->bits, 1) ? 0 : bits_get(&u->bits, 8), changed = 0;
    struct frame_shape f = { .wire = s->wire_bytes,
                             .header = s->layout.header_bytes,
                             .keeps = s->layout.content == PACK_CONTENT_KEPT };
    struct bytes payload;
    int64_t late;
    uint8_t *data;

    if (x & PACK_X_WIRE)
        f.wire = (uint32_t)(f.wire + (uint64_t)pack_unzigzag(pack_get_varint(&u->bytes)));
    f.captured =
        x & PACK_X_CAPTURED ? pack_get_varint32(&u->bytes) : pack_predict_captured(s, f.wire);
    data = begin_frame(u, &f);
    if (!data)
        return false;
    pack_predict(s, f.wire, data);
    get_exceptions(u, s, x, data);
    if (x & PACK_X_SUMS)
        changed = get_sum_modes(u, s);
    if (!get_payload(u, &f, data, &payload))
        return false;
    get_sums(u, s, changed, data, &payload);
    late = pack_unzigzag(bits_get_rice(&u->bits, pack_time_bits(s)));
    set_time(u, data, plus(pack_due(s, data), late));
    pack_learn_time(s, u->now, late);
    pack_learn(s, data, f.captured, f.wire);
    return true;
}

static void get_layout(struct unpacker *u, struct pack_stream *s)
{
    struct pack_layout *l = &s->layout;

    l->header_bytes = (uint16_t)pack_get_varint(&u->bytes);
    l->rtp = (uint16_t)pack_get_varint(&u->bytes);
    l->content = bytes_u8(&u->bytes);
    l->layer_count = bytes_u8(&u->bytes);
    for (int i = 0; i < l->layer_count && i < PACK_LAYERS_MAX; i++) {
        l->layers[i].ip = (uint16_t)pack_get_varint(&u->bytes);
        l->layers[i].udp = (uint16_t)pack_get_varint(&u->bytes);
        s->sums[2 * i] = bytes_u8(&u->bytes);
        s->sums[2 * i + 1] = bytes_u8(&u->bytes);
        if (s->sums[2 * i] >= PACK_SUM_MODES || s->sums[2 * i + 1] >= PACK_SUM_MODES)
            u->bytes.failed = true;
    }
    if (!pack_layout_is_possible(l))
        u->bytes.failed = true;
}

/* A stream's first packet: all of its header. */
static bool get_new_stream(struct unpacker *u)
{
    struct pack_stream *s = &u->streams[u->stream_count];
    struct frame_shape f = { .wire = 0 };
    struct bytes payload;
    const uint8_t *header;
    uint8_t *data;
    int64_t time;

    if (u->stream_count == PACK_STREAMS_MAX)
        return false;
    *s = (struct pack_stream){ .packets = 0 };
    get_layout(u, s);
    s->interval = pack_get_varint32(&u->bytes) & PACK_INTERVAL_MAX;
    time = get_time(u);
    f.wire = pack_get_varint32(&u->bytes);
    f.captured = pack_get_varint32(&u->bytes);
    f.header = s->layout.header_bytes;
    f.keeps = s->layout.content == PACK_CONTENT_KEPT;
    header = bytes_take(&u->bytes, f.header);
    if (!header)
        return false;
    data = begin_frame(u, &f);
    if (!data)
        return false;
    memcpy(data, header, f.header);
    if (!get_payload(u, &f, data, &payload))
        return false;
    set_time(u, data, time);
    pack_begin(s, data, f.captured, f.wire, time);
    u->stream_count++;
    return true;
}

static bool get_plain(struct unpacker *u)
{
    int64_t time = get_time(u);
    struct frame_shape f = { .keeps = false };
    struct bytes payload;
    const uint8_t *header;
    uint8_t *data;

    f.wire = pack_get_varint32(&u->bytes);
    f.captured = pack_get_varint32(&u->bytes);
    f.header = pack_get_varint32(&u->bytes);
    header = bytes_take(&u->bytes, f.header);
    if (!header)
        return false;
    data = begin_frame(u, &f);
    if (!data)
        return false;
    if (f.header)
        memcpy(data, header, f.header);
    set_time(u, data, time);
    return get_payload(u, &f, data, &payload);
}

static bool get_message(struct unpacker *u)
{
    uint8_t *entry = take_room(u, CHUNK_MESSAGE_BYTES);
    const uint8_t *from = bytes_take(&u->bytes, CHUNK_MESSAGE_BYTES - 4);

    if (!entry || !from)
        return false;
    chunk_put_u32(entry, (uint32_t)CHUNK_TAG_MESSAGE << 24);
    memcpy(entry + 4, from, CHUNK_MESSAGE_BYTES - 4);
    return true;
}

static bool get_text(struct unpacker *u)
{
    int64_t time = get_time(u);
    uint32_t len = pack_get_varint32(&u->bytes);
    size_t rest = CHUNK_TEXT_HEADER_BYTES - 12 + (size_t)len; /* the addresses, and the text */
    const uint8_t *from = bytes_take(&u->bytes, rest);
    uint8_t *entry = take_room(u, 12 + rest);

    if (!entry || !from || len > CHUNK_TEXT_MAX)
        return false;
    chunk_put_u32(entry, (uint32_t)CHUNK_TAG_TEXT << 24 | len);
    chunk_put_u64(entry + 4, (uint64_t)nanoseconds(u, time));
    memcpy(entry + 12, from, rest);
    u->now = time;
    return true;
}

static bool get_entry(struct unpacker *u)
{
    int guess = pack_guess(u->streams, u->stream_count, u->now);
    uint32_t code;

    if (bits_get(&u->bits, 1))
        return guess >= 0 && get_packet(u, &u->streams[guess]);
    code = bits_get(&u->bits, PACK_CODE_BITS);
    if (code < u->stream_count)
        return get_packet(u, &u->streams[code]);
    switch (code) {
    case PACK_NEW_STREAM:
        return get_new_stream(u);
    case PACK_PLAIN:
        return get_plain(u);
    case PACK_MESSAGE:
        return get_message(u);
    case PACK_TEXT:
        return get_text(u);
    default:
        return false;
    }
}

/* The sections; how many entries follow. */
static uint64_t get_sections(struct unpacker *u, const struct unpack_input *in)
{
    struct bytes b = in->packed;
    uint64_t entries = pack_get_varint(&b);
    uint8_t flags = bytes_u8(&b);
    uint64_t bits_bytes = pack_get_varint(&b), bytes_bytes = pack_get_varint(&b);
    const uint8_t *bits = bytes_take(&b, bits_bytes), *bytes = bytes_take(&b, bytes_bytes);

    u->bytes.failed = true;
    if (!bytes || !bits || flags >= PACK_FLAGS)
        return 0;
    u->bits = (struct bit_reader){ .p = bits, .end = bits + bits_bytes };
    u->bytes = bytes_of(bytes, bytes_bytes);
    u->unit = flags & PACK_FLAG_MICROSECONDS ? 1000 : 1;
    u->now = in->first_time / u->unit;
    u->has_payload = in->payload || (flags & PACK_FLAG_INLINE);
    if (flags & PACK_FLAG_INLINE)
        u->payload = b;
    else if (in->payload)
        u->payload = bytes_of(in->payload, in->payload_bytes);
    return entries;
}

bool unpack_entries(const struct unpack_input *in, uint8_t *raw, size_t room, struct unpacked *out)
{
    struct unpacker u;
    uint64_t entries;

    u.at = raw;
    u.end = raw + room;
    u.stream_count = 0;
    u.out = out;
    u.payload = bytes_of(NULL, 0);
    *out = (struct unpacked){ .raw_bytes = 0 };
    /* Each entry takes room, so a lie about their number ends soon. */
    for (entries = get_sections(&u, in); entries > 0; entries--) {
        if (!get_entry(&u) || !bytes_ok(&u.bytes) || u.bits.failed)
            return false;
    }
    out->raw_bytes = (size_t)(u.at - raw);
    return bytes_ok(&u.bytes) && u.bytes.len == 0 && u.payload.len == 0;
}
