#include "analyzer/interval.h"

#include <math.h>
#include <string.h>

enum { VERSION = 1 };

/* What of an interval is there. A pause has this byte and its length alone. */
enum flag {
    FLAG_LOST = 1,
    FLAG_LATE = 2,
    FLAG_JITTER = 4,
    FLAG_MOS = 8,
    FLAG_LEVEL = 16,
    FLAG_SOUND = 32,   /* silence and clipping */
    FLAG_SECONDS = 64, /* a byte each */
    FLAG_PAUSE = 128,
    FLAGS_OF_INTERVAL = 127,
};

/* A field is a whole number of steps, of which it has `most`: more is damage. */
struct scale {
    double step;
    uint64_t most;
};
static const struct scale counts = { 1, INT32_MAX }, jitter_ms = { 0.01, 1000000000 },
                          mos = { 0.001, 5000 }, level_dbm0 = { 0.1, 2000 },
                          ratio = { 0.0001, 10000 };

struct interval interval_empty(void)
{
    return (struct interval){ .jitter_ms_max = NAN,
                              .mos_lq = NAN,
                              .level_dbm0 = NAN,
                              .silence_ratio = NAN,
                              .clipping_ratio = NAN };
}

static size_t put_varint(uint8_t *out, uint64_t value)
{
    size_t n = 0;

    for (; value >= 0x80; value >>= 7)
        out[n++] = (uint8_t)(value | 0x80);
    out[n++] = (uint8_t)value;
    return n;
}

static uint64_t take_varint(struct bytes *b)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = bytes_u8(b);

        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    b->failed = true;
    return 0;
}

/* Levels are negative: small ones of either sign take few bytes. */
static uint64_t zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static size_t put(uint8_t *out, double value, struct scale s)
{
    double n = round(value / s.step);

    n = n > 0 ? n : 0;
    return put_varint(out, n < (double)s.most ? (uint64_t)n : s.most);
}

static double take(struct bytes *b, struct scale s)
{
    uint64_t n = take_varint(b);

    if (n > s.most)
        b->failed = true;
    return b->failed ? 0 : (double)n * s.step;
}

static size_t put_level(uint8_t *out, double dbm0)
{
    double most = (double)level_dbm0.most;
    double n = round(dbm0 / level_dbm0.step);

    return put_varint(out, zigzag((int64_t)(n > most ? most : n < -most ? -most : n)));
}

static double take_level(struct bytes *b)
{
    uint64_t n = take_varint(b);

    if (n > 2 * level_dbm0.most)
        b->failed = true;
    return b->failed ? 0 : (double)unzigzag(n) * level_dbm0.step;
}

static bool has_seconds(const struct interval *i)
{
    static const uint8_t none[INTERVAL_S];

    return memcmp(i->unheard, none, sizeof none) != 0;
}

static size_t put_seconds(uint8_t *out, const uint8_t unheard[INTERVAL_S])
{
    for (size_t s = 0; s < INTERVAL_S; s++)
        out[s] = unheard[s] < INTERVAL_SHARE_STEPS ? unheard[s] : INTERVAL_SHARE_STEPS;
    return INTERVAL_S;
}

static void take_seconds(struct bytes *b, uint8_t unheard[INTERVAL_S])
{
    for (size_t s = 0; s < INTERVAL_S; s++) {
        unheard[s] = bytes_u8(b);
        b->failed |= unheard[s] > INTERVAL_SHARE_STEPS;
    }
}

size_t interval_pack_heading(uint8_t out[INTERVAL_HEADING_BYTES], int64_t start_time_ns)
{
    out[0] = VERSION;
    return 1 + put_varint(out + 1, start_time_ns > 0 ? (uint64_t)start_time_ns / 1000 : 0);
}

size_t interval_pack(uint8_t out[INTERVAL_PACKED_BYTES], const struct interval *i)
{
    uint8_t flags = 0;
    size_t n = 1;

    n += put(out + n, (double)i->packets, counts);
    if (i->lost > 0) {
        flags |= FLAG_LOST;
        n += put(out + n, (double)i->lost, counts);
    }
    if (i->late > 0) {
        flags |= FLAG_LATE;
        n += put(out + n, (double)i->late, counts);
    }
    if (!isnan(i->jitter_ms_max)) {
        flags |= FLAG_JITTER;
        n += put(out + n, i->jitter_ms_max, jitter_ms);
    }
    if (!isnan(i->mos_lq)) {
        flags |= FLAG_MOS;
        n += put(out + n, i->mos_lq, mos);
    }
    if (!isnan(i->level_dbm0)) {
        flags |= FLAG_LEVEL;
        n += put_level(out + n, i->level_dbm0);
    }
    if (!isnan(i->silence_ratio) && !isnan(i->clipping_ratio)) {
        flags |= FLAG_SOUND;
        n += put(out + n, i->silence_ratio, ratio);
        n += put(out + n, i->clipping_ratio, ratio);
    }
    if (has_seconds(i)) {
        flags |= FLAG_SECONDS;
        n += put_seconds(out + n, i->unheard);
    }
    out[0] = flags;
    return n;
}

size_t interval_pack_pause(uint8_t out[INTERVAL_PACKED_BYTES], uint32_t count)
{
    out[0] = FLAG_PAUSE;
    return 1 + put_varint(out + 1, count);
}

bool interval_read_series(struct interval_reader *r, struct slice packed)
{
    *r = (struct interval_reader){ bytes_of(packed.p, packed.len), 0, 0, INTERVALS_MAX };
    if (bytes_u8(&r->rest) != VERSION)
        return false;
    r->time_ns = (int64_t)(take_varint(&r->rest) % (INT64_MAX / 2000)) * 1000;
    return bytes_ok(&r->rest);
}

static void take_fields(struct bytes *b, uint8_t flags, struct interval *out)
{
    out->packets = (int64_t)take(b, counts);
    if (flags & FLAG_LOST)
        out->lost = (int64_t)take(b, counts);
    if (flags & FLAG_LATE)
        out->late = (int64_t)take(b, counts);
    if (flags & FLAG_JITTER)
        out->jitter_ms_max = take(b, jitter_ms);
    if (flags & FLAG_MOS)
        out->mos_lq = take(b, mos);
    if (flags & FLAG_LEVEL)
        out->level_dbm0 = take_level(b);
    if (flags & FLAG_SOUND) {
        out->silence_ratio = take(b, ratio);
        out->clipping_ratio = take(b, ratio);
    }
    if (flags & FLAG_SECONDS)
        take_seconds(b, out->unheard);
}

bool interval_next(struct interval_reader *r, struct interval *out, int64_t *time_ns)
{
    if (r->left == 0 || (r->empty == 0 && r->rest.len == 0))
        return false;
    *out = interval_empty();
    if (r->empty == 0) {
        uint8_t flags = bytes_u8(&r->rest);

        if (flags == FLAG_PAUSE)
            r->empty = take_varint(&r->rest);
        else if ((flags & ~FLAGS_OF_INTERVAL) == 0)
            take_fields(&r->rest, flags, out);
        if (!bytes_ok(&r->rest) || (flags & ~FLAGS_OF_INTERVAL && r->empty == 0)) {
            r->left = 0; /* nothing after damage can be told from it */
            return false;
        }
    }
    if (r->empty)
        r->empty--;
    r->left--;
    *time_ns = r->time_ns;
    r->time_ns += INTERVAL_S * INT64_C(1000000000);
    return true;
}

static void write_one(struct jsonw *j, const struct interval *i, int64_t time_ns)
{
    jsonw_object_open(j);
    jsonw_key(j, "t");
    jsonw_time(j, time_ns);
    jsonw_key(j, "packets");
    jsonw_int(j, i->packets);
    jsonw_key(j, "lost");
    jsonw_int(j, i->lost);
    jsonw_key(j, "late");
    jsonw_int(j, i->late);
    jsonw_key(j, "jitter_ms_max");
    jsonw_real(j, i->jitter_ms_max, 3);
    jsonw_key(j, "mos_lq");
    jsonw_real(j, i->mos_lq, 3);
    jsonw_key(j, "level_dbm0");
    jsonw_real(j, i->level_dbm0, 1);
    jsonw_key(j, "silence_ratio");
    jsonw_real(j, i->silence_ratio, 4);
    jsonw_key(j, "clipping_ratio");
    jsonw_real(j, i->clipping_ratio, 4);
    if (has_seconds(i)) {
        jsonw_key(j, "unheard");
        jsonw_array_open(j);
        for (size_t s = 0; s < INTERVAL_S; s++)
            jsonw_real(j, (double)i->unheard[s] / INTERVAL_SHARE_STEPS, 3);
        jsonw_array_close(j);
    }
    jsonw_object_close(j);
}

void interval_write_json(struct jsonw *j, struct slice packed)
{
    struct interval_reader r;
    struct interval i;
    int64_t time_ns;

    if (!packed.p) {
        jsonw_null(j);
        return;
    }
    if (packed.len && packed.p[0] == '[') { /* of an older version */
        jsonw_raw(j, packed);
        return;
    }
    jsonw_array_open(j);
    if (interval_read_series(&r, packed)) {
        while (interval_next(&r, &i, &time_ns))
            write_one(j, &i, time_ns);
    }
    jsonw_array_close(j);
}
