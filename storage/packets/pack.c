/*
 * Two looks at the entries: the first finds the streams and how far apart their packets are, the second
 * writes. What the second foretells comes from pack_stream.c, as it will when unpacking.
 */
#include "storage/packets/pack.h"

#include "storage/packets/chunk.h"
#include "storage/packets/pack_bits.h"
#include "storage/packets/pack_layout.h"

#include <errno.h>
#include <stdlib.h>

enum {
    /* Frames that differ in nothing but what stands before IP are as many streams: a mirror sees a packet
     * before and after a router. Where it differs each time (a tunnel that counts), it is patched. */
    LINKS_MAX = 4,
    KEPT_PLAIN = PACK_TEXT + 1, /* a frame that a message lies in: it stays whole */
    ENTRY_ROOM = 1024,          /* what any entry writes beside its own bytes */
    PATCH_GAP = 2,              /* bytes that are the same, but dearer to leave out */
};

/* A stream, as the first look finds it. */
struct pack_family {
    struct pack_layout layout;
    const uint8_t *header;
    int64_t newest, steps_time; /* of the intervals that count */
    uint32_t steps;
};

struct packer {
    struct bit_writer bits;
    struct byte_writer bytes, payload;
    uint32_t payload_frames;
    int64_t unit, now;
    size_t family_count, stream_count;
    size_t entries;
    struct pack_family families[PACK_STREAMS_MAX];
    struct pack_stream streams[PACK_STREAMS_MAX];
    int8_t stream_of[PACK_STREAMS_MAX]; /* of a family; -1: it has not begun */
    uint8_t code_of[CHUNK_RAW_MAX / CHUNK_FRAME_HEADER_BYTES + 1]; /* of each entry */
    uint8_t bits_room[CHUNK_RAW_MAX], bytes_room[CHUNK_RAW_MAX + ENTRY_ROOM];
    uint8_t payload_room[CHUNK_RAW_MAX], packed_room[2 * CHUNK_RAW_MAX + ENTRY_ROOM];
};

int pack_new(struct packer **pp)
{
    struct packer *p = malloc(sizeof *p);

    if (!p)
        return -ENOMEM;
    *pp = p;
    return 0;
}

void pack_free(struct packer *p)
{
    free(p);
}

static int find_family(const struct packer *p, const struct chunk_frame *f)
{
    int loose = 0, last = -1;

    for (size_t i = 0; i < p->family_count; i++) {
        const struct pack_family *family = &p->families[i];

        if (!pack_layout_fits(&family->layout, family->header, f))
            continue;
        if (pack_layout_same_link(&family->layout, family->header, f))
            return (int)i;
        loose++;
        last = (int)i;
    }
    return loose >= LINKS_MAX || p->family_count == PACK_STREAMS_MAX ? last : -1;
}

/* Pauses do not count: only what is at most twice the mean so far. */
static void note_interval(struct pack_family *family, int64_t time)
{
    int64_t step = (int64_t)((uint64_t)time - (uint64_t)family->newest);

    family->newest = time;
    if (step < 0 || step > PACK_INTERVAL_MAX ||
        (family->steps && step * family->steps > 2 * family->steps_time))
        return;
    family->steps_time += step;
    family->steps++;
}

static uint8_t code_frame(struct packer *p, const struct chunk_frame *f)
{
    int i = find_family(p, f);
    struct pack_family *family;

    if (i < 0) {
        if (p->family_count == PACK_STREAMS_MAX)
            return PACK_PLAIN;
        family = &p->families[p->family_count];
        *family = (struct pack_family){ .header = f->data, .newest = f->time_ns };
        if (!pack_layout_find(&family->layout, f))
            return PACK_PLAIN;
        return (uint8_t)p->family_count++;
    }
    note_interval(&p->families[i], f->time_ns);
    return (uint8_t)i;
}

/* The first look; false: the entries are not whole. */
static bool look(struct packer *p, const uint8_t *raw, size_t raw_bytes, int64_t first_time)
{
    struct chunk_reader r = chunk_reader_of(raw, raw_bytes);
    bool microseconds = first_time % 1000 == 0;
    enum chunk_entry entry;

    p->family_count = p->entries = 0;
    while ((entry = chunk_read(&r)) != CHUNK_END) {
        uint8_t *code = &p->code_of[p->entries++];

        if (entry == CHUNK_FRAME) {
            *code = code_frame(p, &r.frame);
            microseconds = microseconds && r.frame.time_ns % 1000 == 0;
        } else if (entry == CHUNK_MESSAGE) {
            *code = PACK_MESSAGE;
            if (p->entries > 1 && code[-1] < PACK_MESSAGE)
                code[-1] = KEPT_PLAIN;
        } else if (entry == CHUNK_TEXT) {
            *code = PACK_TEXT;
            microseconds = microseconds && r.message.time_ns % 1000 == 0;
        } else {
            return false;
        }
    }
    p->unit = microseconds ? 1000 : 1;
    return true;
}

/* Of a time that is whole in the unit. */
static int64_t units(const struct packer *p, int64_t time_ns)
{
    return p->unit == 1000 ? time_ns / 1000 : time_ns;
}

static void put_time(struct packer *p, int64_t time)
{
    pack_put_varint(&p->bytes, pack_zigzag((int64_t)((uint64_t)time - (uint64_t)p->now)));
    p->now = time;
}

/* What follows the header. */
static void put_payload(struct packer *p, const struct chunk_frame *f, size_t header, bool keeps)
{
    size_t n = f->captured_bytes - header;

    if (n == 0)
        return;
    pack_put(keeps ? &p->bytes : &p->payload, f->data + header, n);
    p->payload_frames += !keeps;
}

static void put_plain(struct packer *p, const struct chunk_frame *f, size_t header)
{
    bits_put(&p->bits, PACK_PLAIN, 1 + PACK_CODE_BITS);
    put_time(p, units(p, f->time_ns));
    pack_put_varint(&p->bytes, f->wire_bytes);
    pack_put_varint(&p->bytes, f->captured_bytes);
    pack_put_varint(&p->bytes, header);
    pack_put(&p->bytes, f->data, header);
    put_payload(p, f, header, false);
}

/* Can checksum f of the header be told by computing it? */
static bool is_right(const struct pack_layout *l, const struct chunk_frame *f, uint8_t *header,
                     unsigned sum)
{
    size_t offset = pack_sum_offset(l, header, sum);
    uint16_t computed;
    bool right = pack_sum_compute(l, header, f->data + l->header_bytes,
                                  f->captured_bytes - l->header_bytes, sum, &computed) &&
                 computed == pack_u16(f->data + offset);

    memcpy(header + offset, f->data + offset, 2);
    return right;
}

static void put_new_stream(struct packer *p, const struct pack_family *family,
                           const struct chunk_frame *f)
{
    struct pack_stream *s = &p->streams[p->stream_count++];
    const struct pack_layout *l = &family->layout;
    uint8_t header[PACK_HEADER_MAX];
    int64_t time = units(p, f->time_ns);

    *s = (struct pack_stream){ .layout = *l };
    if (family->steps)
        s->interval = family->steps_time / family->steps / p->unit;
    bits_put(&p->bits, PACK_NEW_STREAM, 1 + PACK_CODE_BITS);
    pack_put_varint(&p->bytes, l->header_bytes);
    pack_put_varint(&p->bytes, l->rtp);
    pack_put_u8(&p->bytes, l->content);
    pack_put_u8(&p->bytes, l->layer_count);
    memcpy(header, f->data, l->header_bytes);
    for (unsigned i = 0; i < l->layer_count; i++) {
        pack_put_varint(&p->bytes, l->layers[i].ip);
        pack_put_varint(&p->bytes, l->layers[i].udp);
        for (unsigned sum = 2 * i; sum < 2 * i + 2; sum++) {
            size_t offset = pack_sum_offset(l, header, sum);

            if (offset && is_right(l, f, header, sum))
                s->sums[sum] = PACK_SUM_RIGHT;
            else
                s->sums[sum] = PACK_SUM_SAME;
            pack_put_u8(&p->bytes, s->sums[sum]);
        }
    }
    pack_put_varint(&p->bytes, (uint64_t)s->interval);
    put_time(p, time);
    pack_put_varint(&p->bytes, f->wire_bytes);
    pack_put_varint(&p->bytes, f->captured_bytes);
    pack_put(&p->bytes, f->data, l->header_bytes);
    put_payload(p, f, l->header_bytes, l->content == PACK_CONTENT_KEPT);
    pack_begin(s, f->data, f->captured_bytes, f->wire_bytes, time);
}

/* The values of what came otherwise go to the bytes; `due` becomes what is in the frame. */
static unsigned put_ids(struct packer *p, const struct pack_layout *l, uint8_t *due,
                        const uint8_t *data)
{
    bool same = true;

    for (int i = 0; i < l->layer_count; i++) {
        const struct pack_layer *layer = &l->layers[i];

        same = same && (pack_is_v6(due, layer) ||
                        memcmp(due + layer->ip + 4, data + layer->ip + 4, 2) == 0);
    }
    if (same)
        return 0;
    for (int i = 0; i < l->layer_count; i++) {
        size_t id = (size_t)l->layers[i].ip + 4;

        if (pack_is_v6(due, &l->layers[i]))
            continue;
        pack_put_varint(&p->bytes,
                        pack_zigzag((int16_t)(pack_u16(data + id) - pack_u16(due + id))));
        memcpy(due + id, data + id, 2);
    }
    return PACK_X_IDS;
}

static unsigned put_rtp(struct packer *p, const struct pack_stream *s, uint8_t *due,
                        const uint8_t *data)
{
    int16_t further = (int16_t)(pack_u16(data + 2) - pack_u16(due + 2));
    unsigned x = 0;
    uint32_t timestamp;

    if (further) {
        pack_put_varint(&p->bytes, pack_zigzag(further));
        pack_set_u16(due + 2, pack_u16(data + 2));
        pack_set_u32(due + 4, pack_u32(due + 4) + (uint32_t)further * s->timestamp_step);
        x |= PACK_X_SEQUENCE;
    }
    timestamp = pack_u32(data + 4);
    if (timestamp != pack_u32(due + 4)) {
        pack_put_varint(&p->bytes, pack_zigzag((int32_t)(timestamp - pack_u32(due + 4))));
        pack_set_u32(due + 4, timestamp);
        x |= PACK_X_TIMESTAMP;
    }
    if (due[1] != data[1]) {
        pack_put_u8(&p->bytes, data[1]);
        due[1] = data[1];
        x |= PACK_X_MARKER;
    }
    return x;
}

/* Where a run of bytes that differ ends. */
static size_t run_end(const uint8_t *due, const uint8_t *data, size_t from, size_t end)
{
    size_t last = from;

    for (size_t i = from; i < end && i <= last + PATCH_GAP; i++) {
        if (due[i] != data[i])
            last = i;
    }
    return last + 1;
}

static unsigned put_patch(struct packer *p, uint8_t *due, const uint8_t *data, size_t n)
{
    uint16_t from[PACK_HEADER_MAX / 2], to[PACK_HEADER_MAX / 2];
    size_t runs = 0, at = 0;

    for (size_t i = 0; i < n; i++) {
        if (due[i] == data[i])
            continue;
        from[runs] = (uint16_t)i;
        i = run_end(due, data, i, n);
        to[runs++] = (uint16_t)i;
    }
    if (runs == 0)
        return 0;
    pack_put_varint(&p->bytes, runs);
    for (size_t i = 0; i < runs; i++) {
        size_t len = (size_t)to[i] - from[i];

        pack_put_varint(&p->bytes, from[i] - at);
        pack_put_varint(&p->bytes, len);
        pack_put(&p->bytes, data + from[i], len);
        at = to[i];
    }
    memcpy(due, data, n);
    return PACK_X_PATCH;
}

/* How each checksum is told from now on; `changed` has a bit for each that is told in another way. */
static unsigned choose_sums(const struct pack_stream *s, const struct chunk_frame *f,
                            uint8_t *header, uint8_t modes[PACK_SUMS_MAX])
{
    const struct pack_layout *l = &s->layout;
    unsigned changed = 0;

    for (unsigned sum = 0; sum < 2u * l->layer_count; sum++) {
        size_t offset = pack_sum_offset(l, header, sum);
        bool same, right;

        modes[sum] = s->sums[sum];
        if (offset == 0)
            continue;
        same = memcmp(s->last + offset, f->data + offset, 2) == 0;
        if (modes[sum] == PACK_SUM_SAME && same)
            continue;
        right = is_right(l, f, header, sum);
        if (right && modes[sum] == PACK_SUM_RIGHT)
            continue;
        if (!right && modes[sum] == PACK_SUM_TOLD)
            continue;
        if (right)
            modes[sum] = PACK_SUM_RIGHT;
        else /* one that is wrong may be the same from now on; when it is not, each is told */
            modes[sum] = modes[sum] == PACK_SUM_SAME ? PACK_SUM_TOLD : PACK_SUM_SAME;
        changed |= 1u << sum;
    }
    return changed;
}

static void put_sum_modes(struct packer *p, unsigned changed, const uint8_t modes[PACK_SUMS_MAX])
{
    pack_put_u8(&p->bytes, (uint8_t)changed);
    for (unsigned sum = 0; sum < PACK_SUMS_MAX; sum++) {
        if (changed >> sum & 1)
            pack_put_u8(&p->bytes, modes[sum]);
    }
}

/* In the order in which unpacking asks. */
static void put_sums(struct packer *p, const struct pack_stream *s, const struct chunk_frame *f,
                     unsigned changed)
{
    const struct pack_layout *l = &s->layout;

    for (unsigned i = l->layer_count; i-- > 0;) {
        for (unsigned part = 2; part-- > 0;) {
            unsigned sum = 2 * i + part;
            size_t offset = pack_sum_offset(l, f->data, sum);

            if (offset && (s->sums[sum] == PACK_SUM_TOLD ||
                           (s->sums[sum] == PACK_SUM_SAME && changed >> sum & 1)))
                pack_put(&p->bytes, f->data + offset, 2);
        }
    }
}

static void copy_sums(const struct pack_layout *l, uint8_t *to, const uint8_t *from)
{
    for (unsigned sum = 0; sum < 2u * l->layer_count; sum++) {
        size_t offset = pack_sum_offset(l, from, sum);

        if (offset)
            memcpy(to + offset, from + offset, 2);
    }
}

static void put_packet(struct packer *p, struct pack_stream *s, const struct chunk_frame *f)
{
    const struct pack_layout *l = &s->layout;
    uint8_t due[PACK_HEADER_MAX], modes[PACK_SUMS_MAX];
    struct byte_writer *bytes = &p->bytes;
    int64_t time = units(p, f->time_ns), late;
    unsigned x = 0, changed;

    pack_predict(s, f->wire_bytes, due);
    copy_sums(l, due, f->data);
    if (f->wire_bytes != s->wire_bytes) {
        x |= PACK_X_WIRE;
        pack_put_varint(bytes, pack_zigzag((int64_t)f->wire_bytes - s->wire_bytes));
    }
    if (f->captured_bytes != pack_predict_captured(s, f->wire_bytes)) {
        x |= PACK_X_CAPTURED;
        pack_put_varint(bytes, f->captured_bytes);
    }
    if (memcmp(due, f->data, l->header_bytes) != 0) {
        x |= put_ids(p, l, due, f->data);
        if (l->rtp)
            x |= put_rtp(p, s, due + l->rtp, f->data + l->rtp);
        x |= put_patch(p, due, f->data, l->header_bytes);
    }
    changed = choose_sums(s, f, due, modes);
    if (changed) {
        x |= PACK_X_SUMS;
        put_sum_modes(p, changed, modes);
        memcpy(s->sums, modes, 2u * l->layer_count);
    }
    bits_put(&p->bits, x ? x : 1, x ? 9 : 1);
    put_payload(p, f, l->header_bytes, l->content == PACK_CONTENT_KEPT);
    put_sums(p, s, f, changed);
    late = (int64_t)((uint64_t)time - (uint64_t)pack_due(s, f->data));
    bits_put_rice(&p->bits, pack_zigzag(late), pack_time_bits(s));
    pack_learn_time(s, time, late);
    pack_learn(s, f->data, f->captured_bytes, f->wire_bytes);
    p->now = time;
}

static void put_frame(struct packer *p, const struct chunk_frame *f, uint8_t code)
{
    int guess, stream;
    struct pack_layout l;

    if (code == KEPT_PLAIN) {
        put_plain(p, f, f->captured_bytes);
    } else if (code == PACK_PLAIN) {
        put_plain(p, f, pack_layout_find(&l, f) ? l.header_bytes : 0);
    } else if (p->stream_of[code] < 0) {
        p->stream_of[code] = (int8_t)p->stream_count;
        put_new_stream(p, &p->families[code], f);
    } else {
        stream = p->stream_of[code];
        guess = pack_guess(p->streams, p->stream_count, p->now);
        if (guess == stream)
            bits_put(&p->bits, 1, 1);
        else
            bits_put(&p->bits, (uint32_t)stream, 1 + PACK_CODE_BITS);
        put_packet(p, &p->streams[stream], f);
    }
}

static void put_message(struct packer *p, const uint8_t *entry)
{
    bits_put(&p->bits, PACK_MESSAGE, 1 + PACK_CODE_BITS);
    pack_put(&p->bytes, entry + 4, CHUNK_MESSAGE_BYTES - 4);
}

static void put_text(struct packer *p, const uint8_t *entry, int64_t time_ns, size_t len)
{
    bits_put(&p->bits, PACK_TEXT, 1 + PACK_CODE_BITS);
    put_time(p, units(p, time_ns));
    pack_put_varint(&p->bytes, len);
    pack_put(&p->bytes, entry + 12, CHUNK_TEXT_HEADER_BYTES - 12 + len);
}

static void put_entries(struct packer *p, const uint8_t *raw, size_t raw_bytes)
{
    struct chunk_reader r = chunk_reader_of(raw, raw_bytes);

    for (size_t i = 0; i < p->entries; i++) {
        const uint8_t *entry = r.left.p;

        switch (chunk_read(&r)) {
        case CHUNK_FRAME:
            put_frame(p, &r.frame, p->code_of[i]);
            break;
        case CHUNK_MESSAGE:
            put_message(p, entry);
            break;
        case CHUNK_TEXT:
            put_text(p, entry, r.message.time_ns, r.message.text.len);
            break;
        case CHUNK_END:
        case CHUNK_BROKEN:
            return;
        }
    }
    bits_close(&p->bits);
}

static void begin(struct packer *p, int64_t first_time)
{
    p->stream_count = 0;
    memset(p->stream_of, -1, sizeof p->stream_of);
    p->now = units(p, first_time);
    p->payload_frames = 0;
    p->bits = (struct bit_writer){ .p = p->bits_room, .end = p->bits_room + sizeof p->bits_room };
    p->bytes =
        (struct byte_writer){ .p = p->bytes_room, .end = p->bytes_room + sizeof p->bytes_room };
    p->payload = (struct byte_writer){ .p = p->payload_room,
                                       .end = p->payload_room + sizeof p->payload_room };
}

bool pack_entries(struct packer *p, const uint8_t *raw, size_t raw_bytes, int64_t first_time,
                  struct packed *out)
{
    struct byte_writer to = { .p = p->packed_room, .end = p->packed_room + sizeof p->packed_room };
    size_t bits, bytes, payload;
    bool is_inline;

    if (raw_bytes > CHUNK_RAW_MAX || !look(p, raw, raw_bytes, first_time))
        return false;
    begin(p, first_time);
    put_entries(p, raw, raw_bytes);
    bits = (size_t)(p->bits.p - p->bits_room);
    bytes = (size_t)(p->bytes.p - p->bytes_room);
    payload = (size_t)(p->payload.p - p->payload_room);
    is_inline = payload > 0 && payload < PACK_INLINE_MAX;
    pack_put_varint(&to, p->entries);
    pack_put_u8(&to, (uint8_t)((p->unit == 1000 ? PACK_FLAG_MICROSECONDS : 0) |
                               (is_inline ? PACK_FLAG_INLINE : 0)));
    pack_put_varint(&to, bits);
    pack_put_varint(&to, bytes);
    pack_put(&to, p->bits_room, bits);
    pack_put(&to, p->bytes_room, bytes);
    if (is_inline)
        pack_put(&to, p->payload_room, payload);
    *out = (struct packed){ .packed = p->packed_room,
                            .payload = p->payload_room,
                            .packed_bytes = (size_t)(to.p - p->packed_room),
                            .payload_bytes = is_inline ? 0 : payload,
                            .payload_frames = is_inline ? 0 : p->payload_frames };
    return !p->bits.failed && !p->bytes.failed && !p->payload.failed && !to.failed &&
           out->packed_bytes + out->payload_bytes < raw_bytes;
}
