#include "analyzer/rtp/payload.h"

#include "analyzer/base/bytes.h"

#include <string.h>

enum {
    US_PER_MS = 1000,
    AMR_FRAME_US = 20 * US_PER_MS,
    /* RFC 4867 §4.1: as many frames as a second has. A packet of 64 KiB of headers is none. */
    AMR_FRAMES_MAX = 50,
    FRAMES_MAX = 100,
    OPUS_FRAME_BYTES_MAX = 1275,
    OPUS_PACKET_US_MAX = 120 * US_PER_MS,
    OPUS_DTX_BYTES = 2,
};

/* The value of one parameter of an fmtp line, "a=1; b=2"; absent when it is not there. */
static struct slice fmtp_value(struct slice fmtp, struct slice wanted)
{
    while (fmtp.len) {
        struct slice value = slice_cut(&fmtp, ';');
        struct slice name = slice_trim(slice_cut(&value, '='));

        if (slice_ieq(name, wanted))
            return value.p ? slice_trim(value) : SLICE("");
    }
    return SLICE_ABSENT;
}

/* RFC 4867 §8.1: any of these makes octets of another order; each alone implies octet-align. */
static enum payload_kind amr_kind(struct slice fmtp, enum payload_kind packed,
                                  enum payload_kind octets)
{
    struct slice channels = fmtp_value(fmtp, SLICE("channels"));

    if (fmtp_value(fmtp, SLICE("interleaving")).p ||
        slice_eq(fmtp_value(fmtp, SLICE("crc")), SLICE("1")) ||
        slice_eq(fmtp_value(fmtp, SLICE("robust-sorting")), SLICE("1")) ||
        (channels.p && !slice_eq(channels, SLICE("1"))))
        return PAYLOAD_PLAIN;
    return slice_eq(fmtp_value(fmtp, SLICE("octet-align")), SLICE("1")) ? octets : packed;
}

enum payload_kind payload_kind_of(struct slice codec, struct slice fmtp)
{
    static const struct {
        struct slice codec;
        enum payload_kind kind;
    } kinds[] = {
        { SLICE_INIT("opus"), PAYLOAD_OPUS },  { SLICE_INIT("G729"), PAYLOAD_G729 },
        { SLICE_INIT("G729A"), PAYLOAD_G729 }, { SLICE_INIT("G723"), PAYLOAD_G723 },
        { SLICE_INIT("iLBC"), PAYLOAD_ILBC },
    };

    if (slice_ieq(codec, SLICE("AMR")))
        return amr_kind(fmtp, PAYLOAD_AMR, PAYLOAD_AMR_OCTETS);
    if (slice_ieq(codec, SLICE("AMR-WB")))
        return amr_kind(fmtp, PAYLOAD_AMR_WB, PAYLOAD_AMR_WB_OCTETS);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (slice_ieq(codec, kinds[i].codec))
            return kinds[i].kind;
    }
    return PAYLOAD_PLAIN;
}

/* Bits of each frame type (RFC 4867 §3.6, TS 26.101 and 26.201). */
enum { RESERVED = UINT16_MAX };

struct amr_family {
    uint16_t bits[16];
    uint8_t sid; /* comfort noise; types below it are speech */
};

static const struct amr_family amr = {
    { 95, 103, 118, 134, 148, 159, 204, 244, 39, RESERVED, RESERVED, RESERVED, RESERVED, RESERVED,
      RESERVED, 0 },
    8,
};
static const struct amr_family amr_wb = {
    { 132, 177, 253, 285, 317, 365, 397, 461, 477, 40, RESERVED, RESERVED, RESERVED, RESERVED, 0,
      0 },
    9,
};

static void count_amr_frame(struct payload_info *out, const struct amr_family *f, unsigned type)
{
    out->duration_us += AMR_FRAME_US;
    if (type < f->sid) {
        out->mode = (uint8_t)type;
        out->frames++;
    } else if (type == f->sid) {
        out->noise = true;
    }
}

/* The six bits at bit `at` of the payload, which has them. */
static unsigned six_bits(const uint8_t *p, size_t at)
{
    unsigned two = (unsigned)p[at / 8] << 8 | (at % 8 > 2 ? p[at / 8 + 1] : 0u);

    return two >> (10 - at % 8) & 0x3f;
}

/* Four bits of request, six a frame (more follow, type, quality), then the frames' bits; for whole
 * octets the request has eight, the frames' headers eight, and each frame ends with an octet. */
static enum payload_parse parse_amr(struct payload_info *out, const struct amr_family *f,
                                    bool octets, struct slice payload)
{
    const uint8_t *p = (const uint8_t *)payload.p;
    size_t held = payload.len * 8, at = octets ? 8 : 4, speech = 0;
    unsigned frames = 0, head;

    do {
        unsigned type;

        if (at + (octets ? 8 : 6) > held)
            return PAYLOAD_PARSE_SHORT;
        head = six_bits(p, at);
        at += octets ? 8 : 6;
        type = head >> 1 & 15;
        if (f->bits[type] == RESERVED)
            return PAYLOAD_PARSE_MODE;
        if (++frames > AMR_FRAMES_MAX)
            return PAYLOAD_PARSE_LENGTH;
        speech += octets ? (f->bits[type] + 7u) / 8 * 8 : f->bits[type];
        count_amr_frame(out, f, type);
    } while (head >> 5);
    out->nothing = out->frames == 0 && !out->noise;
    if (at + speech > held)
        return PAYLOAD_PARSE_SHORT;
    return (at + speech + 7) / 8 == payload.len ? PAYLOAD_PARSE_OK : PAYLOAD_PARSE_LENGTH;
}

/* Of the 32 configurations of RFC 6716 table 2. */
static uint32_t opus_frame_us(unsigned config)
{
    static const uint32_t silk_us[] = { 10000, 20000, 40000, 60000 };
    static const uint32_t celt_us[] = { 2500, 5000, 10000, 20000 };

    if (config < 12)
        return silk_us[config & 3];
    return config < 16 ? silk_us[config & 1] : celt_us[config & 3];
}

static uint8_t opus_bandwidth(unsigned config)
{
    static const uint8_t by_four[] = { OPUS_NARROW, OPUS_MEDIUM, OPUS_WIDE,       0,
                                       OPUS_NARROW, OPUS_WIDE,   OPUS_SUPER_WIDE, OPUS_FULL };

    if (config >= 12 && config < 16)
        return config < 14 ? OPUS_SUPER_WIDE : OPUS_FULL;
    return by_four[config / 4];
}

/* One or two bytes (RFC 6716 §3.2.1). False: past the end. */
static bool opus_length(struct bytes *b, size_t *out)
{
    uint8_t first = bytes_u8(b);

    *out = first < 252 ? first : first + 4u * bytes_u8(b);
    return bytes_ok(b);
}

/* Code 3: any number of frames, padded (§3.2.5). */
static enum payload_parse opus_many(struct bytes *b, unsigned *frames)
{
    uint8_t head = bytes_u8(b), pad;
    size_t padding = 0, sum = 0, one;

    *frames = head & 0x3f;
    if (!bytes_ok(b))
        return PAYLOAD_PARSE_SHORT;
    if (*frames == 0)
        return PAYLOAD_PARSE_LENGTH;
    while (head & 0x40) {
        pad = bytes_u8(b);
        padding += pad == 255 ? 254 : pad;
        if (!bytes_ok(b))
            return PAYLOAD_PARSE_SHORT;
        if (pad != 255)
            break;
    }
    if (padding > b->len)
        return PAYLOAD_PARSE_SHORT;
    if (!(head & 0x80)) {
        sum = b->len - padding;
        return sum % *frames == 0 && sum / *frames <= OPUS_FRAME_BYTES_MAX ? PAYLOAD_PARSE_OK
                                                                           : PAYLOAD_PARSE_LENGTH;
    }
    for (unsigned i = 0; i + 1 < *frames; i++) {
        if (!opus_length(b, &one))
            return PAYLOAD_PARSE_SHORT;
        sum += one;
    }
    if (sum + padding > b->len)
        return PAYLOAD_PARSE_SHORT;
    return b->len - sum - padding <= OPUS_FRAME_BYTES_MAX ? PAYLOAD_PARSE_OK : PAYLOAD_PARSE_LENGTH;
}

static enum payload_parse opus_frames(struct bytes *b, unsigned code, unsigned *frames)
{
    size_t first = 0;

    *frames = code == 0 ? 1 : 2;
    if (code == 3)
        return opus_many(b, frames);
    if (code == 1 && b->len % 2)
        return PAYLOAD_PARSE_LENGTH;
    if (code == 2 && (!opus_length(b, &first) || first > b->len))
        return PAYLOAD_PARSE_SHORT;
    b->len -= first;
    return b->len / (code == 1 ? 2 : 1) <= OPUS_FRAME_BYTES_MAX ? PAYLOAD_PARSE_OK
                                                                : PAYLOAD_PARSE_LENGTH;
}

static enum payload_parse parse_opus(struct payload_info *out, struct slice payload)
{
    struct bytes b = bytes_of(payload.p, payload.len);
    uint8_t toc = bytes_u8(&b);
    enum payload_parse result;
    unsigned frames;

    if (!bytes_ok(&b))
        return PAYLOAD_PARSE_SHORT;
    result = opus_frames(&b, toc & 3, &frames);
    if (result != PAYLOAD_PARSE_OK)
        return result;
    out->duration_us = frames * opus_frame_us(toc >> 3);
    if (out->duration_us > OPUS_PACKET_US_MAX)
        return PAYLOAD_PARSE_LENGTH;
    if (payload.len <= OPUS_DTX_BYTES) {
        out->nothing = true;
        return PAYLOAD_PARSE_OK;
    }
    out->frames = (uint8_t)frames;
    out->mode = opus_bandwidth(toc >> 3);
    return PAYLOAD_PARSE_OK;
}

/* 10 bytes each; two behind the last are comfort noise (RFC 3551 §4.5.6). */
static enum payload_parse parse_g729(struct payload_info *out, struct slice payload)
{
    size_t frames = payload.len / 10, rest = payload.len % 10;

    if (payload.len == 0)
        return PAYLOAD_PARSE_SHORT;
    if ((rest != 0 && rest != 2) || frames > FRAMES_MAX)
        return PAYLOAD_PARSE_LENGTH;
    out->noise = rest == 2;
    out->frames = (uint8_t)frames;
    out->mode = frames ? 0 : PAYLOAD_NO_MODE;
    out->duration_us = (uint32_t)(frames + (rest == 2)) * 10 * US_PER_MS;
    return PAYLOAD_PARSE_OK;
}

/* The two lowest bits of a frame tell its length (RFC 3551 §4.5.3). */
static enum payload_parse parse_g723(struct payload_info *out, struct slice payload)
{
    static const size_t lengths[] = { 24, 20, 4, 1 };
    const uint8_t *p = (const uint8_t *)payload.p;
    size_t at = 0;
    unsigned count = 0;

    if (payload.len == 0)
        return PAYLOAD_PARSE_SHORT;
    for (; at < payload.len; at += lengths[p[at] & 3]) {
        unsigned type = p[at] & 3;

        if (++count > FRAMES_MAX)
            return PAYLOAD_PARSE_LENGTH;
        if (type == 3)
            return PAYLOAD_PARSE_MODE;
        if (payload.len - at < lengths[type])
            return PAYLOAD_PARSE_SHORT;
        out->duration_us += 30 * US_PER_MS;
        if (type == 2) {
            out->noise = true;
            continue;
        }
        out->mode = (uint8_t)(type == 0 ? G723_6300 : G723_5300);
        out->frames++;
    }
    return PAYLOAD_PARSE_OK;
}

/* RFC 3952 §3.1. 950 bytes would be either: nobody sends half a second. */
static enum payload_parse parse_ilbc(struct payload_info *out, struct slice payload)
{
    size_t len = payload.len, frame = len % 38 == 0 ? 38 : 50;

    if (len == 0)
        return PAYLOAD_PARSE_SHORT;
    if (len % frame || (len % 38 == 0 && len % 50 == 0) || len / frame > FRAMES_MAX)
        return PAYLOAD_PARSE_LENGTH;
    out->frames = (uint8_t)(len / frame);
    out->mode = (uint8_t)(frame == 38 ? ILBC_20_MS : ILBC_30_MS);
    out->duration_us = out->frames * (frame == 38 ? 20u : 30u) * US_PER_MS;
    return PAYLOAD_PARSE_OK;
}

enum payload_parse payload_parse(struct payload_info *out, enum payload_kind kind,
                                 struct slice payload)
{
    *out = (struct payload_info){ .mode = PAYLOAD_NO_MODE };
    switch (kind) {
    case PAYLOAD_AMR:
    case PAYLOAD_AMR_OCTETS:
        return parse_amr(out, &amr, kind == PAYLOAD_AMR_OCTETS, payload);
    case PAYLOAD_AMR_WB:
    case PAYLOAD_AMR_WB_OCTETS:
        return parse_amr(out, &amr_wb, kind == PAYLOAD_AMR_WB_OCTETS, payload);
    case PAYLOAD_OPUS:
        return parse_opus(out, payload);
    case PAYLOAD_G729:
        return parse_g729(out, payload);
    case PAYLOAD_G723:
        return parse_g723(out, payload);
    case PAYLOAD_ILBC:
        return parse_ilbc(out, payload);
    case PAYLOAD_PLAIN:
        break;
    }
    return PAYLOAD_PARSE_OK;
}

/* Headers of frames follow each other until one says that it is the last. */
static size_t amr_head_bytes(bool octets, struct slice payload)
{
    const uint8_t *p = (const uint8_t *)payload.p;
    size_t held = payload.len * 8, at = octets ? 8 : 4;

    for (unsigned frames = 0, more = 1; more && frames < AMR_FRAMES_MAX; frames++) {
        if (at + (octets ? 8 : 6) > held)
            return payload.len;
        more = six_bits(p, at) >> 5;
        at += octets ? 8 : 6;
    }
    return (at + 7) / 8;
}

static size_t opus_head_bytes(struct slice payload)
{
    struct bytes b = bytes_of(payload.p, payload.len);
    unsigned code = bytes_u8(&b) & 3, head;
    size_t length;

    if (payload.len <= OPUS_DTX_BYTES)
        return payload.len;
    if (code == 2)
        opus_length(&b, &length);
    if (code == 3) {
        head = bytes_u8(&b);
        while (head & 0x40 && bytes_ok(&b) && bytes_u8(&b) == 255) {
        }
        for (unsigned i = 1; head & 0x80 && i < (head & 0x3f) && bytes_ok(&b); i++)
            opus_length(&b, &length);
    }
    return bytes_ok(&b) ? payload.len - b.len : payload.len;
}

size_t payload_head_bytes(enum payload_kind kind, struct slice payload)
{
    if (payload.len == 0)
        return 0;
    switch (kind) {
    case PAYLOAD_AMR:
    case PAYLOAD_AMR_WB:
        return amr_head_bytes(false, payload);
    case PAYLOAD_AMR_OCTETS:
    case PAYLOAD_AMR_WB_OCTETS:
        return amr_head_bytes(true, payload);
    case PAYLOAD_OPUS:
        return opus_head_bytes(payload);
    case PAYLOAD_G723:
        return 1;
    case PAYLOAD_PLAIN:
    case PAYLOAD_G729: /* lengths alone */
    case PAYLOAD_ILBC:
        break;
    }
    return 0;
}

enum payload_parse payload_parse_cut(struct payload_info *out, enum payload_kind kind,
                                     struct slice front, size_t wire_bytes)
{
    enum { WHOLE_MAX = 1600, G723_LARGEST = 24 };
    uint8_t whole[WHOLE_MAX] = { 0 };
    size_t held = front.len < wire_bytes ? front.len : wire_bytes, head;

    *out = (struct payload_info){ .mode = PAYLOAD_NO_MODE };
    if (wire_bytes > sizeof whole)
        return PAYLOAD_PARSE_SHORT;
    if (held)
        memcpy(whole, front.p, held);
    head = kind == PAYLOAD_G723 && wire_bytes > G723_LARGEST
               ? wire_bytes
               : payload_head_bytes(kind, slice_of(whole, wire_bytes));
    if (head > held)
        return PAYLOAD_PARSE_SHORT;
    return payload_parse(out, kind, slice_of(whole, wire_bytes));
}

void payload_tally_add(struct payload_tally *t, const struct payload_info *p, size_t bytes)
{
    t->noise_packets += p->noise;
    if (p->mode >= PAYLOAD_MODES)
        return;
    t->frames[p->mode] += p->frames;
    t->speech_us += p->duration_us;
    t->bytes += bytes;
}

uint8_t payload_tally_mode(const struct payload_tally *t)
{
    uint8_t best = 0;

    for (uint8_t mode = 1; mode < PAYLOAD_MODES; mode++) {
        if (t->frames[mode] > t->frames[best])
            best = mode;
    }
    return t->frames[best] ? best : PAYLOAD_NO_MODE;
}

double payload_tally_bit_s(const struct payload_tally *t)
{
    return t->speech_us ? (double)t->bytes * 8e6 / (double)t->speech_us : 0;
}
