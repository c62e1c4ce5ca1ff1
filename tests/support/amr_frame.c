#include "tests/support/amr_frame.h"

enum { NO_REQUEST = 15, FRAMES_MAX = 3 };

/* Bits of speech by frame type; the one after the last mode is the SID. */
static const uint16_t narrow_bits[] = { 95, 103, 118, 134, 148, 159, 204, 244, 39 };
static const uint16_t wide_bits[] = { 132, 177, 253, 285, 317, 365, 397, 461, 477, 40 };

struct bits {
    uint8_t *bytes;
    unsigned at;
};

static void put(struct bits *b, unsigned value, unsigned count)
{
    while (count-- > 0) {
        unsigned bit = value >> count & 1;

        if (b->at % 8 == 0)
            b->bytes[b->at / 8] = 0;
        b->bytes[b->at / 8] = (uint8_t)(b->bytes[b->at / 8] | bit << (7 - b->at % 8));
        b->at++;
    }
}

static void fill(struct bits *b)
{
    b->at = (b->at + 7) / 8 * 8;
}

static uint16_t make(uint8_t *out, struct amr_form form, const uint8_t *types, int64_t frames,
                     struct rng *r)
{
    const uint16_t *sizes = form.wideband ? wide_bits : narrow_bits;
    struct bits b = { out, 0 };

    put(&b, NO_REQUEST, 4);
    if (form.aligned)
        put(&b, 0, 4);
    for (int64_t i = 0; i < frames; i++) {
        put(&b, i + 1 < frames, 1); /* another one follows */
        put(&b, types[i], 4);
        put(&b, 1, 1); /* not damaged */
        if (form.aligned)
            put(&b, 0, 2);
    }
    for (int64_t i = 0; i < frames; i++) {
        for (unsigned n = sizes[types[i]]; n > 0; n--)
            put(&b, rng_below(r, 2), 1);
        if (form.aligned)
            fill(&b);
    }
    fill(&b);
    return (uint16_t)(b.at / 8);
}

uint16_t amr_frame_make(uint8_t *out, struct amr_form form, int64_t frames, struct rng *r)
{
    unsigned top = form.wideband ? 8 : 7;
    uint8_t types[FRAMES_MAX];

    for (int64_t i = 0; i < frames; i++)
        types[i] = (uint8_t)(rng_below(r, 10) == 0 ? rng_below(r, top + 1) : top);
    return make(out, form, types, frames, r);
}

uint16_t amr_frame_sid(uint8_t *out, struct amr_form form, struct rng *r)
{
    uint8_t type = form.wideband ? 9 : 8;

    return make(out, form, &type, 1, r);
}
