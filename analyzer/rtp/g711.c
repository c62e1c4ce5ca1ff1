#include "analyzer/rtp/g711.h"

enum {
    SIGN = 0x80,
    STEP = 0x0f,
    SEGMENT_SHIFT = 4,
    SEGMENT = 0x07,
    ALAW_INVERTED = 0x55, /* every other bit travels inverted */
    ULAW_BIAS = 33,       /* of the 14-bit scale */
};

/* Segments double the step; the first two of A-law have the same. Samples lie in mid-step. */
static int16_t expand_alaw(uint8_t code)
{
    unsigned c = code ^ ALAW_INVERTED, segment = c >> SEGMENT_SHIFT & SEGMENT;
    int value = (int)(c & STEP) * 2 + 1;

    if (segment)
        value = (value + 32) << (segment - 1);
    value *= 8; /* 13 bits to 16 */
    return (int16_t)(c & SIGN ? value : -value);
}

static int16_t expand_ulaw(uint8_t code)
{
    unsigned c = ~(unsigned)code & 0xff, segment = c >> SEGMENT_SHIFT & SEGMENT;
    int value = (((int)(c & STEP) * 2 + ULAW_BIAS) << segment) - ULAW_BIAS;

    value *= 4; /* 14 bits to 16 */
    return (int16_t)(c & SIGN ? -value : value);
}

enum g711_law g711_law_of(struct slice codec)
{
    if (slice_ieq(codec, SLICE("PCMU")))
        return G711_ULAW;
    return slice_ieq(codec, SLICE("PCMA")) ? G711_ALAW : G711_NONE;
}

void g711_expand(int16_t *out, enum g711_law law, struct slice codes)
{
    for (size_t i = 0; i < codes.len && law == G711_ALAW; i++)
        out[i] = expand_alaw((uint8_t)codes.p[i]);
    for (size_t i = 0; i < codes.len && law == G711_ULAW; i++)
        out[i] = expand_ulaw((uint8_t)codes.p[i]);
}
