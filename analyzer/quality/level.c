/*
 * level - sums of squares by tables.
 *
 * An entry of a table is the square of what its code means, and the bit CLIPPED where that is the
 * end of the scale: one addition counts both. 16,384 samples (64 KiB) of 2^30 fit below that bit.
 */
#include "analyzer/quality/level.h"

#include <math.h>

#define CLIPPED_BIT 48
#define CLIPPED     (UINT64_C(1) << CLIPPED_BIT)
#define SQUARES     (CLIPPED - 1)

/* dBm0 of a sine at the end of A-law's scale, whose square is on average 1/2. */
#define OVERLOAD_DBM0 3.14

/* clang-format off */
/* ITU-T G.711, in the units of its tables: A-law to 4032 of 4096, µ-law to 8031 of 8159. All bits but
 * the sign's; A-law comes with every other bit inverted, µ-law with all. */
#define A_BITS(c)     (((c) ^ 0x55) & 0x7f)
#define A_PART(c)     (A_BITS(c) >> 4)
#define A_STEP(c)     (A_BITS(c) & 15)
#define A_VALUE(c)    (A_PART(c) == 0 ? 2 * A_STEP(c) + 1 \
                                      : (2 * A_STEP(c) + 33) << (A_PART(c) ? A_PART(c) - 1 : 0))
#define MU_BITS(c)    (~(c) & 0x7f)
#define MU_VALUE(c)   (((2 * (MU_BITS(c) & 15) + 33) << (MU_BITS(c) >> 4)) - 33)
#define ENTRY(v, end) ((uint64_t)(v) * (uint64_t)(v) + ((v) == (end) ? CLIPPED : 0))
#define A(c)          ENTRY(A_VALUE(c), 4032)
#define MU(c)         ENTRY(MU_VALUE(c), 8031)
#define FOUR(f, c)    f(c), f((c) + 1), f((c) + 2), f((c) + 3)
#define ROW(f, c)     FOUR(f, c), FOUR(f, (c) + 4), FOUR(f, (c) + 8), FOUR(f, (c) + 12)
#define HALF(f)       ROW(f, 0), ROW(f, 16), ROW(f, 32), ROW(f, 48), \
                      ROW(f, 64), ROW(f, 80), ROW(f, 96), ROW(f, 112)

static const uint64_t a_law[256] = { HALF(A), HALF(A) }; /* the sign does not matter */
static const uint64_t mu_law[256] = { HALF(MU), HALF(MU) };
/* clang-format on */

/* What makes 1 of A-law's full scale². */
static const double units[] = {
    [LEVEL_NONE] = 0,
    /* µ-law's end is 0.03 dB above A-law's: 10^0.003. */
    [LEVEL_PCMU] = 1.006931668851804 / (8159.0 * 8159.0),
    [LEVEL_PCMA] = 1.0 / (4096.0 * 4096.0),
    [LEVEL_L16] = 1.0 / (32768.0 * 32768.0),
};

/* Mean square of −50 dBm0, where A-law's full scale² is 1: 10^(−5.314) / 2. */
#define SILENT_BELOW 2.4264425008e-06

enum level_encoding level_encoding_of(struct slice codec)
{
    if (slice_ieq(codec, SLICE("PCMU")))
        return LEVEL_PCMU;
    if (slice_ieq(codec, SLICE("PCMA")))
        return LEVEL_PCMA;
    return slice_ieq(codec, SLICE("L16")) ? LEVEL_L16 : LEVEL_NONE;
}

enum { BLOCK = 16, LOOKED_AT = 4 };

/* Where in a block the k-th sample is that is looked at. */
static size_t place(unsigned k, unsigned phase)
{
    return 4 * (size_t)k + ((k + phase) & 3);
}

/* What does not fill a block. */
static uint64_t sum_rest(const uint64_t table[256], const uint8_t *at, size_t len, unsigned phase,
                         uint32_t *samples)
{
    uint64_t sum = 0;

    for (unsigned k = 0; k < LOOKED_AT && place(k, phase) < len; k++) {
        sum += table[at[place(k, phase)]];
        ++*samples;
    }
    return sum;
}

static inline uint64_t sum_blocks(const uint64_t table[256], const uint8_t *at, size_t blocks,
                                  size_t a, size_t b, size_t c, size_t d)
{
    uint64_t sum = 0;

    for (; blocks; blocks--, at += BLOCK)
        sum += table[at[a]] + table[at[b]] + table[at[c]] + table[at[d]];
    return sum;
}

/* place() once more, as constants: the hottest loop of all quality. */
static uint64_t sum_bytes(const uint64_t table[256], struct slice payload, unsigned phase,
                          uint32_t *samples)
{
    const uint8_t *at = (const uint8_t *)payload.p;
    size_t blocks = payload.len / BLOCK, rest = payload.len % BLOCK;
    uint64_t sum;

    *samples = (uint32_t)blocks * LOOKED_AT;
    switch (phase & 3) {
    case 0:
        sum = sum_blocks(table, at, blocks, 0, 5, 10, 15);
        break;
    case 1:
        sum = sum_blocks(table, at, blocks, 1, 6, 11, 12);
        break;
    case 2:
        sum = sum_blocks(table, at, blocks, 2, 7, 8, 13);
        break;
    default:
        sum = sum_blocks(table, at, blocks, 3, 4, 9, 14);
        break;
    }
    return rest ? sum + sum_rest(table, at + blocks * BLOCK, rest, phase, samples) : sum;
}

static uint64_t square_l16(const uint8_t *at)
{
    int32_t v = (int16_t)(uint16_t)(at[0] << 8 | at[1]);

    return (uint64_t)(uint32_t)(v * v) + (v >= 32767 || v <= -32767 ? CLIPPED : 0);
}

static uint64_t sum_l16(struct slice payload, unsigned phase, uint32_t *samples)
{
    const uint8_t *p = (const uint8_t *)payload.p;
    size_t count = payload.len / 2;
    uint64_t sum = 0;
    uint32_t n = 0;

    for (size_t i = place(0, phase); i < count; i = 4 * (size_t)n + ((n + phase) & 3)) {
        sum += square_l16(p + 2 * i);
        n++;
    }
    *samples = n;
    return sum;
}

enum level_heard level_measure(struct level_sum *to, enum level_encoding encoding,
                               struct slice payload, unsigned phase)
{
    uint32_t samples = 0;
    uint64_t sum = 0;
    double power;

    if (encoding == LEVEL_PCMU)
        sum = sum_bytes(mu_law, payload, phase, &samples);
    else if (encoding == LEVEL_PCMA)
        sum = sum_bytes(a_law, payload, phase, &samples);
    else if (encoding == LEVEL_L16)
        sum = sum_l16(payload, phase, &samples);
    if (samples == 0)
        return LEVEL_NOTHING;
    to->packets++;
    to->samples += samples;
    power = (double)(int64_t)(sum & SQUARES) * units[encoding];
    if (power < SILENT_BELOW * samples) {
        to->silent_packets++;
        return LEVEL_SILENCE;
    }
    to->clipped += (uint32_t)(sum >> CLIPPED_BIT);
    to->active_power += power;
    to->active_samples += samples;
    return LEVEL_SOUND;
}

void level_add(struct level_sum *to, const struct level_sum *from)
{
    to->active_power += from->active_power;
    to->packets += from->packets;
    to->silent_packets += from->silent_packets;
    to->samples += from->samples;
    to->clipped += from->clipped;
    to->active_samples += from->active_samples;
}

/* G.711's 256 codes at random: −3.97 dBm0 in both laws, and one in 128 is the end of the scale. */
#define RANDOM_DBM0    (-3.97)
#define RANDOM_CLIPPED (1.0 / 128)
enum { RANDOM_LEAST_SAMPLES = 2000 };

static double dbm0_of(const struct level_sum *s)
{
    return 10 * log10(2 * s->active_power / s->active_samples) + OVERLOAD_DBM0;
}

/* Within four standard deviations of so many samples. */
bool level_is_of_random_bytes(const struct level_sum *s)
{
    double clipped = s->samples ? (double)s->clipped / s->samples : 0;
    double chance = sqrt(RANDOM_CLIPPED * (1 - RANDOM_CLIPPED) / fmax(s->samples, 1));

    return s->samples >= RANDOM_LEAST_SAMPLES && s->silent_packets == 0 &&
           fabs(clipped - RANDOM_CLIPPED) < 4 * chance &&
           fabs(dbm0_of(s) - RANDOM_DBM0) < 4 * 8 / sqrt(s->samples);
}

double level_dbm0(const struct level_sum *s)
{
    return s->active_samples == 0 || level_is_of_random_bytes(s) ? NAN : dbm0_of(s);
}

double level_silence_ratio(const struct level_sum *s)
{
    return s->packets == 0 || level_is_of_random_bytes(s) ? NAN
                                                          : (double)s->silent_packets / s->packets;
}

double level_clipping_ratio(const struct level_sum *s)
{
    return s->samples == 0 || level_is_of_random_bytes(s) ? NAN : (double)s->clipped / s->samples;
}
