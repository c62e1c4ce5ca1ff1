#include "analyzer/interval.h"

#include <math.h>

enum { VERSION = 1, VARINT_BYTES = 10 };

/* What of an interval is there. A pause has this byte and its length alone. */
enum flag {
    FLAG_LOST = 1,
    FLAG_LATE = 2,
    FLAG_JITTER = 4,
    FLAG_MOS = 8,
    FLAG_LEVEL = 16,
    FLAG_SOUND = 32, /* silence and clipping */
    FLAG_PAUSE = 128,
};

static const double jitter_step_ms = 0.01, mos_step = 0.001, level_step_db = 0.1,
                    ratio_step = 0.0001;

struct interval interval_empty(void)
{
    return (struct interval){ 0, 0, 0, NAN, NAN, NAN, NAN, NAN };
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

static uint64_t steps(double value, double step)
{
    double n = value / step;

    return n > 0 ? (uint64_t)llround(fmin(n, 1e9)) : 0;
}

static int64_t count_of(uint64_t value)
{
    return value > INT32_MAX ? INT32_MAX : (int64_t)value;
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

    n += put_varint(out + n, (uint64_t)i->packets);
    if (i->lost > 0) {
        flags |= FLAG_LOST;
        n += put_varint(out + n, (uint64_t)i->lost);
    }
    if (i->late > 0) {
        flags |= FLAG_LATE;
        n += put_varint(out + n, (uint64_t)i->late);
    }
    if (!isnan(i->jitter_ms_max)) {
        flags |= FLAG_JITTER;
        n += put_varint(out + n, steps(i->jitter_ms_max, jitter_step_ms));
    }
    if (!isnan(i->mos_lq)) {
        flags |= FLAG_MOS;
        n += put_varint(out + n, steps(i->mos_lq, mos_step));
    }
    if (!isnan(i->level_dbm0)) {
        flags |= FLAG_LEVEL;
        n += put_varint(out + n, zigzag(llround(i->level_dbm0 / level_step_db)));
    }
    if (!isnan(i->silence_ratio)) {
        flags |= FLAG_SOUND;
        n += put_varint(out + n, steps(i->silence_ratio, ratio_step));
        n += put_varint(out + n, steps(i->clipping_ratio, ratio_step));
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
    out->packets = count_of(take_varint(b));
    if (flags & FLAG_LOST)
        out->lost = count_of(take_varint(b));
    if (flags & FLAG_LATE)
        out->late = count_of(take_varint(b));
    if (flags & FLAG_JITTER)
        out->jitter_ms_max = (double)take_varint(b) * jitter_step_ms;
    if (flags & FLAG_MOS)
        out->mos_lq = (double)take_varint(b) * mos_step;
    if (flags & FLAG_LEVEL)
        out->level_dbm0 = (double)unzigzag(take_varint(b)) * level_step_db;
    if (flags & FLAG_SOUND) {
        out->silence_ratio = (double)take_varint(b) * ratio_step;
        out->clipping_ratio = (double)take_varint(b) * ratio_step;
    }
}

bool interval_next(struct interval_reader *r, struct interval *out, int64_t *time_ns)
{
    if (r->left == 0 || (r->empty == 0 && r->rest.len == 0))
        return false;
    *out = interval_empty();
    if (r->empty == 0) {
        uint8_t flags = bytes_u8(&r->rest);

        if (flags & FLAG_PAUSE)
            r->empty = take_varint(&r->rest);
        else
            take_fields(&r->rest, flags, out);
        if (!bytes_ok(&r->rest) || (flags & FLAG_PAUSE && r->empty == 0))
            return false;
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
